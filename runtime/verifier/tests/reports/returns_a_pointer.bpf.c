#include "report.h"

SEC("raw") long prog(__u8 *data, __u64 len)
{
    return (long)data;
}

/* report
class provenance
error[stingless::E0051]: the program returns a pointer to the input memory
 --> ./returns_a_pointer.bpf.c:5:5
  |
3 | SEC("raw") long prog(__u8 *data, __u64 len)
  | ------------------------------------------- `data` is given by the caller
...
5 |     return (long)data;
  |     ^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0051
*/
