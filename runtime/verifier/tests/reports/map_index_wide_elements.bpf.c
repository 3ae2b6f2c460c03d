#include "report.h"

struct hist { __u64 slots[16]; };
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct hist);
} hists SEC(".maps");

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, slot = ctx->rx_queue_index;
    struct hist *hist = bpf_map_lookup_elem(&hists, &key);
    if (!hist)
        return 1;
    if (slot > 16)
        slot = 16;
    hist->slots[slot]++;
    return 2;
}
/* report
class bounds
error[stingless::E0030]: the value of map `hists` has 128 bytes, the access may end at 136
  --> ./map_index_wide_elements.bpf.c:19:22
   |
14 |     struct hist *hist = bpf_map_lookup_elem(&hists, &key);
   |                         --------------------------------- `hist` comes from `bpf_map_lookup_elem`
...
19 |     hist->slots[slot]++;
   |                      ^^
   |
   = cause: the offset is 128
   = path: line 15: `if (!hist)` goes on at line 17
           line 17: `if (slot > 16)` goes on at line 19
   = note: program `prog`; more about this: stingless check --explain E0030
*/
