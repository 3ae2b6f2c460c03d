// flags: -O2 -g -target bpf -mcpu=v3
// hook: xdp
// run: data=inc64 -> 0x1063
// map .bss: 5/4 0/4 99/8
#include "corpus.h"

__u32 word;
__u64 wide;

SEC("xdp") int atomics(struct xdp_md *ctx)
{
	__u32 was;

	__sync_fetch_and_add(&word, 6);
	was = __sync_fetch_and_or(&word, 1);		/* 6 -> 7 */
	was += __sync_fetch_and_and(&word, 5);		/* 7 -> 5: was 13 */
	was += __sync_fetch_and_xor(&word, 9);		/* 5 -> 12: was 18 */
	was += __sync_val_compare_and_swap(&word, 12, 5);	/* 12 -> 5: was 30 */
	was += __sync_val_compare_and_swap(&word, 12, 77);	/* stays 5: was 35 */
	wide = 0;
	__sync_fetch_and_add(&wide, 99);
	return (was == 35) << 12 | __sync_lock_test_and_set(&wide, 99);
}
