// Packet loads at negative offsets: from the network header, which is behind 14 bytes here, and from the link layer's.
// hook: tc
// run: data=inc64 ctx=mark:0 -> 0x1010
// run: data=inc64 ctx=mark:1 -> 0x1c0d
// run: data=inc64 ctx=mark:2,priority:0xfff00000 -> 0x100e
// run: data=inc64 ctx=mark:2,priority:0xfff00031 -> 0x103f
// run: data=inc64 ctx=mark:2,priority:0xfff00032 -> 0
// run: data=inc64 ctx=mark:2,priority:0xffffffff -> 0
// run: data=inc64 ctx=mark:2,priority:0xfffff000 -> 0
// run: data=inc64 ctx=mark:2,priority:0xffe00000 -> 0x1000
// run: data=inc64 ctx=mark:2,priority:0xffe0003f -> 0x103f
// run: data=inc64 ctx=mark:2,priority:0xffe00040 -> 0
// run: data=inc64 ctx=mark:2,priority:0xffefffff -> 0
// run: data=inc64 ctx=mark:2,priority:0xffdfffff -> 0
// run: data=inc64 ctx=mark:2,priority:0x80000000 -> 0
// run: data=inc64 ctx=mark:2,priority:0x7fffffff -> 0
// run: data=inc64 ctx=mark:3,priority:0xffefffff -> 0x1f10
// run: data=inc64 ctx=mark:3,priority:0xfffffffe -> 0x1001
// run: data=inc64 ctx=mark:3,priority:0xffdffffe -> 0x1001
// run: data=inc64 ctx=mark:4,priority:0xfff0002e -> 0x3c3d4e3f
// run: data=inc64 ctx=mark:4,priority:0xfff0002f -> 0
#include "corpus.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

#define NET (-0x100000)
#define LINK (-0x200000)

SEC("tc") int entry(struct __sk_buff *skb)
{
	switch (skb->mark) {
	case 0:
		return 0x1000 + load_byte(skb, NET + 2);
	case 1:
		return 0x1000 + load_half(skb, LINK + 12);
	case 2:
		return 0x1000 + load_byte(skb, skb->priority);
	case 3:
		return 0x1000 + load_half(skb, skb->priority + 2);
	default:
		return 0x1000 + load_word(skb, skb->priority);
	}
}
