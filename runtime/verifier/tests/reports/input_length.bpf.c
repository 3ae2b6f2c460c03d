#include "report.h"

SEC("raw") int prog(__u8 *data, __u64 len)
{
    if (len < 4)
        return 0;
    return data[4];
}

/* report
class bounds
error[stingless::E0031]: bytes up to 5 are accessed through `data`, but only 4 are known to be there
 --> ./input_length.bpf.c:7:12
  |
3 | SEC("raw") int prog(__u8 *data, __u64 len)
  | ------------------------------------------ `data` is given by the caller
...
5 |     if (len < 4)
  |         --- `len` is last checked here
...
7 |     return data[4];
  |            ^^^^^^^
  |
  = cause: the offset is 4, 4 bytes are known to be there
  = path: line 5: `if (len < 4)` goes on at line 7
  = help: check the length before the access: `if (len < 5) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
