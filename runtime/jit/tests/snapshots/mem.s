; One BPF load is one machine load; r10 is rbp.
r0 = *(u8 *)(r1 + 3)
r0 = *(s32 *)(r1 - 4)
*(u16 *)(r10 - 8) = 0x1234
*(u64 *)(r10 - 16) = r1
lock *(u64 *)(r1 + 0) += r2
w2 = atomic_fetch_or((u32 *)(r1 + 8), w2)
w0 = cmpxchg32_32(r1 + 8, w0, w3)
r5 = load_acquire((u64 *)(r1 + 16))
store_release((u8 *)(r10 - 1), w5)
exit
;; x64
; entry 0x0, tail entry 0x0, 528 bytes of stack
;      f3 0f 1e fa 55 48 89 e5 48 81 ec 00 02 00 00
;   r0 = *(u8 *)(r1 + 3)
;      40 0f b6 84 27 03 00 00 00
;   r0 = *(s32 *)(r1 - 4)
;      48 63 84 27 fc ff ff ff
;   *(u16 *)(r10 - 8) = 4660
;      66 40 c7 84 25 f8 ff ff ff 34 12
;   *(u64 *)(r10 - 16) = r1
;      48 89 bc 25 f0 ff ff ff
;   lock *(u64 *)(r1 + 0) += r2
;      f0 48 01 b4 27 00 00 00 00
;   w2 = atomic_fetch_or((u32 *)(r1 + 8), w2)
;      49 89 c2 40 8b 84 27 08 00 00 00 49 89 c3 49 09 f3 f0 44 0f b1 9c 27 08
;      00 00 00 0f 85 ea ff ff ff 48 89 c6 4c 89 d0
;   w0 = cmpxchg32_32(r1 + 8, w0, w3)
;      f0 40 0f b1 94 27 08 00 00 00 89 c0
;   r5 = load_acquire((u64 *)(r1 + 16))
;      4c 8b 84 27 10 00 00 00
;   store_release((u8 *)(r10 - 1), w5)
;      44 88 84 25 ff ff ff ff
;   exit
;      c9 c3 cc cc cc cc cc cc cc
