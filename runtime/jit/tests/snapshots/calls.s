; A helper that may trap needs `at` and an entry with a landing; r6 is given back.
r6 = r1
r1 = map[0] ll
call 2
if r0 == 0 goto out
r1 = r6
call sub
out:
r0 = 0
exit
sub:
*(u64 *)(r10 - 8) = r1
call 1
exit
;; x64
; entry 0x60, tail entry 0x0, 696 bytes of stack
; 0xb0: Map(0)
; 0xb8: Helper(2)
; 0xc0: Helper(1)
; 0x1f: calls Helper(2)
; 0x56: calls Helper(1)
;      f3 0f 1e fa 40 53
;   r6 = r1
;      48 89 fb
;   r1 = map[0] ll
;      48 8b 3d a0 00 00 00
;   call 2
;      41 c7 84 24 3c 00 00 00 02 00 00 00 4d 89 e1 ff 15 93 00 00 00
;   if r0 == 0 goto +2
;      48 81 f8 00 00 00 00 0f 84 08 00 00 00
;   r1 = r6
;      48 89 df
;   call pc+2
;      e8 06 00 00 00
;   r0 = 0
;      40 31 c0
;   exit
;      40 5b c3 55 48 89 e5 48 81 ec 00 02 00 00
;   *(u64 *)(r10 - 8) = r1
;      48 89 bc 25 f8 ff ff ff
;   call 1
;      4d 89 e1 ff 15 64 00 00 00
;   exit
;      c9 c3 cc cc f3 0f 1e fa 55 53 41 54 41 55 41 56 41 57 4d 89 cc 41 ff b4
;      24 00 00 00 00 4c 8d 15 17 00 00 00 41 52 49 89 a4 24 00 00 00 00 48 83
;      ec 08 e8 6d ff ff ff 48 83 c4 10 41 8f 84 24 00 00 00 00 41 5f 41 5e 41
;      5d 41 5c 5b 5d c3 cc cc cc cc cc cc 00 00 00 00 00 00 00 00 00 00 00 00
;      00 00 00 00 00 00 00 00 00 00 00 00
