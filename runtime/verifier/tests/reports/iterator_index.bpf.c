#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct value *v = bpf_map_lookup_elem(&table, &(__u32){ 0 });
    struct bpf_iter_num it;
    int *i, sum = 0;
    if (!v)
        return 0;
    bpf_iter_num_new(&it, 0, 40);
    while ((i = bpf_iter_num_next(&it)))
        sum += v->data[*i];
    bpf_iter_num_destroy(&it);
    return sum & 1;
}

/* report
class bounds
error[stingless::E0035]: `*i` is added to `v`, but has no bound on both sides
  --> ./iterator_index.bpf.c:12:16
   |
 5 |     struct value *v = bpf_map_lookup_elem(&table, &(__u32){ 0 });
   |                       ------------------------------------------ `v` comes from `bpf_map_lookup_elem`
...
12 |         sum += v->data[*i];
   |                ^^^^^^^^--^
   |                        |
   |                        `sum` is loaded here
   |
   = cause: the offset is -2147483648..=2147483647
   = path: line 8: `if (!v)` goes on at line 10
           line 11: `while ((i = bpf_iter_num_next(&it)))` goes on at line 12
   = help: check both ends, or make it unsigned: `if ((*i) < 0 || (*i) > 39) { bpf_iter_num_destroy(&it); return 0; }`
   = note: program `prog`; more about this: stingless check --explain E0035
*/
