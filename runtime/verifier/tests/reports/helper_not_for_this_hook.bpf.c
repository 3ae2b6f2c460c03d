#include "report.h"

SEC("socket") int prog(struct __sk_buff *skb)
{
    return bpf_xdp_adjust_head((void *)skb, 4);
}
/* report
class env
error[stingless::E0141]: helper `bpf_xdp_adjust_head` (number 44) is not allowed in hook `socket_filter`
 --> ./helper_not_for_this_hook.bpf.c:5:12
  |
5 |     return bpf_xdp_adjust_head((void *)skb, 4);
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0141
*/
