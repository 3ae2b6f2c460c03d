#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    __u64 n = v->hits, seed = 1;
#pragma clang loop unroll(disable)
    for (__u64 i = 0; i < n; i++)
        seed = seed * 31 + bpf_get_prandom_u32();
    return seed & 1;
}
/* report
class loop-or-budget
error[stingless::E0111]: the program is too complex: more than 200000 steps of work
  --> ./loop_bound_from_map.bpf.c:11:5
   |
11 |     for (__u64 i = 0; i < n; i++)
   |     ^^^                       --- each time round `i` is 2549, then 2550
   |
   = cause: the loop does not converge: `n` is 2550..=18446744073709551615, then 2551..=18446744073709551615, `i` is 2549, then 2550; examined most: line 11 (42 %), line 12 (42 %), line 13 (14 %)
   = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
   = note: program `prog`; more about this: stingless check --explain E0111
*/
