#include "report.h"

struct node { __u64 next; __u64 pad[5]; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct node *n = bpf_map_lookup_elem(&table, &key);
    if (!n)
        return 1;
    struct node *next = (void *)n->next;
    return next->next & 1;
}
/* report
class type
error[stingless::E0040]: `next` is used as an address, but it is a number (any number) and no pointer
  --> ./pointer_kept_in_map.bpf.c:12:12
   |
11 |     struct node *next = (void *)n->next;
   |                                 ------- `next` is loaded here
12 |     return next->next & 1;
   |            ^^^^^^^^^^
   |
   = path: line 9: `if (!n)` goes on at line 11
   = note: program `prog`; more about this: stingless check --explain E0040
*/
