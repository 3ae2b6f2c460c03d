#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16] = {};
    __u32 key = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    __u64 len = v->hits;
    if ((__u32)len > sizeof(buf))
        return 1;
    bpf_ringbuf_output(&events, buf, len, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0036]: the length in `len` may be negative
  --> ./length_truncated.bpf.c:13:5
   |
10 |     __u64 len = v->hits;
   |                 ------- `len` is loaded here
11 |     if ((__u32)len > sizeof(buf))
   |         ---------- `len` is last checked here
...
13 |     bpf_ringbuf_output(&events, buf, len, 0);
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = cause: `len` is any number
   = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
   = path: line 8: `if (!v)` goes on at line 10
           line 11: `if ((__u32)len > sizeof(buf))` goes on at line 13
   = help: check it before the call: `if (len < 0 || len > sizeof(buf)) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0036
*/
