#include "report.h"

struct locked { struct bpf_spin_lock lock; __u32 n; };
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct locked);
} guarded SEC(".maps");

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0;
    struct locked *l = bpf_map_lookup_elem(&guarded, &key);
    if (!l)
        return 1;
    bpf_spin_lock(&l->lock);
    if (l->n > 100)
        return 1;
    l->n++;
    bpf_spin_unlock(&l->lock);
    return 2;
}
/* report
class lock
error[stingless::E0120]: the program leaves while it holds a lock
  --> ./lock_kept.bpf.c:23:1
   |
17 |     bpf_spin_lock(&l->lock);
   |     ----------------------- `bpf_spin_lock` takes the lock here
...
23 | }
   | ^
   |
   = path: line 15: `if (!l)` goes on at line 17
           line 18: `if (l->n > 100)` goes on at line 23
   = help: give it back before leaving, on the way out of line 18: `bpf_spin_unlock(&l->lock);`
   = note: program `prog`; more about this: stingless check --explain E0120
*/
