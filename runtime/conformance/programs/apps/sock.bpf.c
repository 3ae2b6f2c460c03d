// Socket filters: packet loads and the length that is kept.
// hook: socket_filter
// levels: O2.v3 O1.v1
#include "app.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

// program: keep_udp
// run: data=4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0035 0008 0000 -> 96
// run: data=4500 001c 0000 0000 40 06 0000 01020304 05060708 0035 0035 0008 0000 -> 0
SEC("socket") int keep_udp(struct __sk_buff *skb)
{
	return load_byte(skb, 9) == 17 ? 96 : 0;
}

// program: keep_port
// run: data=4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0035 0008 0000 -> 53
SEC("socket") int keep_port(struct __sk_buff *skb)
{
	__u32 off = (load_byte(skb, 0) & 15) * 4;

	return load_half(skb, off + 2);
}

// program: keep_address
// run: data=4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0035 0008 0000 -> 0x01020304
SEC("socket") int keep_address(struct __sk_buff *skb)
{
	return load_word(skb, 12);
}

// A load behind the end ends the program with 0.
// program: load_too_far
// run: data=4500 001c 0000 0000 40 11 0000 01020304 05060708 -> 0
SEC("socket") int load_too_far(struct __sk_buff *skb)
{
	return load_word(skb, 1000) + 7;
}

// program: keep_length
// run: data=inc30 -> 30
SEC("socket") int keep_length(struct __sk_buff *skb)
{
	return skb->len;
}
