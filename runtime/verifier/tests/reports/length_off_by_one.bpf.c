#include "report.h"

SEC("raw") long prog(__u8 *data, __u64 len)
{
    __u64 sum = 0;
    for (__u64 i = 0; i <= len && i < 64; i++)
        sum += data[i];
    return sum;
}

/* report
class bounds
error[stingless::E0031]: bytes up to 1 are accessed through `data`, but only 0 are known to be there
 --> ./length_off_by_one.bpf.c:7:16
  |
3 | SEC("raw") long prog(__u8 *data, __u64 len)
  | ------------------------------------------- `data` is given by the caller
...
7 |         sum += data[i];
  |                ^^^^^^^
  |
  = cause: the offset is 0, 0 bytes are known to be there
  = help: check the length before the access: `if (i >= len) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
