// Packet loads of classic BPF; outside of the packet the program ends with 0.
// hook: socket_filter
// run: data=inc64 -> 0x1214223c
// run: data=inc16 -> 0
#include "corpus.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

SEC("socket") int loads(struct __sk_buff *skb)
{
	__u32 word = load_word(skb, 16);			/* 10111213 */
	__u32 half = load_half(skb, 1);				/* 0102 */
	__u32 byte = load_byte(skb, skb->len == 64 ? 60 : 60);	/* 3c */

	return (word << 16) + (half << 8 | 0x22 << 8) + byte;
}
