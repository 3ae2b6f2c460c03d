#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 room[16] = {};
    bpf_dynptr_from_mem(room, sizeof(room), 0, &p);
    return 2;
}

/* report
class helper-arg
error[stingless::E0070]: argument 1 is a pointer to the stack, a pointer to a map value is expected
 --> ./dynptr_stack_memory.bpf.c:7:5
  |
6 |     __u8 room[16] = {};
  |          -------- it points to this memory on the stack
7 |     bpf_dynptr_from_mem(room, sizeof(room), 0, &p);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_dynptr_from_mem(void *data, u64 size, u64 flags, void *it)
  = note: program `prog`; more about this: stingless check --explain E0070
*/
