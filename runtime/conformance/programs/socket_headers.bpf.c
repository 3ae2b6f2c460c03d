// Packet loads at negative offsets in a socket filter, whose packet begins with its network header.
// hook: socket_filter
// run: data=inc64 ctx=cb:0 -> 0x1002
// run: data=inc64 ctx=cb:0xfff00000 -> 0x1000
// run: data=inc64 ctx=cb:0xfff0003f -> 0x103f
// run: data=inc64 ctx=cb:0xfff00040 -> 0
// run: data=inc64 ctx=cb:0xffdfffff -> 0
// run: data=inc64 ctx=cb:0xfffff000 -> 0
// run: data=inc64 ctx=cb:62 -> 0x103e
#include "corpus.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

#define NET (-0x100000)
#define LINK (-0x200000)

SEC("socket") int entry(struct __sk_buff *skb)
{
	if (!skb->cb[0])
		return 0x1000 + load_byte(skb, NET + 2);
	return 0x1000 + load_byte(skb, skb->cb[0]);
}
