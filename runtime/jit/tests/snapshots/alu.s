; Fixed registers of the machine: shift counts go through cl, divisions through rax and rdx.
r0 = 7
r1 = -1
r2 = 0x123456789abcdef0 ll
w0 += w1
r0 *= 100
r2 <<= r3
r4 >>= r5
w6 s>>= 3
r0 /= r3
r3 %= 10
w7 s%= w8
r0 = be16 r0
r9 = (s8)r1
exit
;; x64
; entry 0x0, tail entry 0x0, 32 bytes of stack
;      f3 0f 1e fa 40 53 41 55 41 57
;   r0 = 7
;      40 b8 07 00 00 00
;   r1 = -1
;      48 c7 c7 ff ff ff ff
;   r2 = 1311768467463790320 ll
;      48 be f0 de bc 9a 78 56 34 12
;   w0 += w1
;      40 01 f8
;   r0 *= 100
;      48 69 c0 64 00 00 00
;   r2 <<= r3
;      49 89 cb 40 89 d1 48 d3 e6 4c 89 d9
;   r4 >>= r5
;      49 89 ca 44 89 c1 49 d3 ea 4c 89 d1
;   w6 s>>= 3
;      40 c1 fb 03
;   r0 /= r3
;      49 89 d3 4d 85 db 0f 85 08 00 00 00 40 31 c0 e9 0e 00 00 00 49 89 d1 48
;      89 c0 31 d2 49 f7 f3 4c 89 ca
;   r3 %= 10
;      41 bb 0a 00 00 00 49 89 c2 48 89 d0 31 d2 49 f7 f3 4c 89 d0
;   w7 s%= w8
;      45 89 f3 4d 85 db 0f 85 08 00 00 00 45 89 ed e9 2b 00 00 00 41 81 fb ff
;      ff ff ff 0f 85 08 00 00 00 45 31 ed e9 16 00 00 00 49 89 c2 49 89 d1 44
;      89 e8 99 41 f7 fb 49 89 d5 4c 89 d0 4c 89 ca
;   r0 = be16 r0
;      40 0f c8 40 c1 e8 10
;   r9 = (s8)r1
;      4c 0f be ff
;   exit
;      41 5f 41 5d 40 5b c3 cc cc
