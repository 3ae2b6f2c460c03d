#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    __u64 saved[6] = { (__u64)ctx };
    bpf_map_update_elem(&table, &key, saved, 0);
    return 2;
}
/* report
class provenance
error[stingless::E0051]: argument 3 (`saved`) points to memory with a pointer in it: its address would leave the program
 --> ./pointer_to_map.bpf.c:7:5
  |
6 |     __u64 saved[6] = { (__u64)ctx };
  |                      -------------- a pointer is stored here
7 |     bpf_map_update_elem(&table, &key, saved, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0051
*/
