#include "report.h"

SEC("raw") int prog(__u8 *data, __u64 len)
{
    int sum = 0;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 64; i++)
        sum += data[i];
    return sum;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 1 are accessed through `data`, but only 0 are known to be there
 --> ./input_loop.bpf.c:8:16
  |
3 | SEC("raw") int prog(__u8 *data, __u64 len)
  | ------------------------------------------ `data` is given by the caller
...
8 |         sum += data[i];
  |                ^^^^^^^
  |
  = cause: the offset is 0, 0 bytes are known to be there
  = help: check the length before the access: `if (i >= len) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
