#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
#pragma clang loop unroll(disable)
    for (int i = 0; i < 4; i++) {
        __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
        if (!e)
            continue;
        *e = bpf_ktime_get_ns();
        if (*e & 1)
            break;
        bpf_ringbuf_submit(e, 0);
    }
    return 2;
}
/* report
class reference
error[stingless::E0060]: `e`, acquired by `bpf_ringbuf_reserve`, is not given back on this path
  --> ./ringbuf_leak_in_loop.bpf.c:15:5
   |
 7 |         __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
   |                    ---------------------------------- `e` is acquired here by `bpf_ringbuf_reserve`
...
15 |     return 2;
   |     ^^^^^^
   |
   = path: 3 earlier decisions
           line 8: `if (!e)` goes on at line 10
           line 11: `if (*e & 1)` goes on at line 13
           line 6: `for (int i = 0; i < 4; i++) {` goes on at line 7
           line 8: `if (!e)` goes on at line 10
           line 11: `if (*e & 1)` goes on at line 13
           line 6: `for (int i = 0; i < 4; i++) {` goes on at line 7
           line 8: `if (!e)` goes on at line 10
           line 11: `if (*e & 1)` goes on at line 15
   = help: give it back before `e` gets another value in line 10
   = note: program `prog`; more about this: stingless check --explain E0060
*/
