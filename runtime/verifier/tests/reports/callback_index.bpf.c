#include "report.h"

struct acc {
    struct value *v;
    __u32 n;
};

static long step(__u32 i, struct acc *acc)
{
    acc->v->data[i] = 1;
    return 0;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct acc acc = {};
    acc.v = bpf_map_lookup_elem(&table, &key);
    if (!acc.v)
        return 1;
    bpf_loop(64, step, &acc, 0);
    return 2;
}

/* report
class bounds
error[stingless::E0035]: the offset into the value of map `table` has no bound; the value of map `table` has 48 bytes
  --> ./callback_index.bpf.c:10:5
   |
10 |     acc->v->data[i] = 1;
   |     ---------------^^^^
   |     |
   |     `i` is given by `bpf_loop`
...
18 |     acc.v = bpf_map_lookup_elem(&table, &key);
   |             --------------------------------- `acc.v` comes from `bpf_map_lookup_elem`
...
21 |     bpf_loop(64, step, &acc, 0);
   |     --------------------------- `bpf_loop` calls it from here
   |
   = cause: the offset is 0..=4294967295
   = path: line 19: `if (!acc.v)` goes on at line 21
   = help: check it before its use: `if (i > 39) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0035
*/
