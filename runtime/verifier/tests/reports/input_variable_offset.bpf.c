#include "report.h"

SEC("raw") int prog(__u8 *data, __u64 len)
{
    if (len < 8)
        return 0;
    return data[data[0]];
}
/* report
class bounds
error[stingless::E0031]: 1 bytes at a variable offset are accessed through `data`, without a check against the end
 --> ./input_variable_offset.bpf.c:7:12
  |
3 | SEC("raw") int prog(__u8 *data, __u64 len)
  | ------------------------------------------ `data` is given by the caller
...
5 |     if (len < 8)
  |         --- `len` is last checked here
...
7 |     return data[data[0]];
  |            ^^^^^-------^
  |                 |
  |                 `data[0]` is loaded here
  |
  = cause: the offset is 0..=255, 8 bytes are known to be there
  = path: line 5: `if (len < 8)` goes on at line 7
  = help: check the length before the access: `if (len < data[0] + 1) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
