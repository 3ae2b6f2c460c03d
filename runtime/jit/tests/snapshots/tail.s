; A tail call keeps r1 across the look-up, gives the frame back and jumps.
r3 = 1
call 12
r0 = 2
exit
;; x64
; entry 0x60, tail entry 0x0, 184 bytes of stack
;      f3 0f 1e fa 55 48 89 e5 48 81 ec 10 00 00 00
;   r3 = 1
;      40 ba 01 00 00 00
;   call 12
;      41 c7 84 24 3c 00 00 00 01 00 00 00 48 89 bd f8 ff ff ff 48 89 f7 89 d6
;      4c 89 e2 41 ff 94 24 28 00 00 00 48 85 c0 0f 84 0a 00 00 00 48 8b bd f8
;      ff ff ff c9 ff e0
;   r0 = 2
;      40 b8 02 00 00 00
;   exit
;      c9 c3 cc cc cc cc cc cc cc cc cc cc cc cc cc f3 0f 1e fa 55 53 41 54 41
;      55 41 56 41 57 4d 89 cc 41 ff b4 24 00 00 00 00 4c 8d 15 17 00 00 00 41
;      52 49 89 a4 24 00 00 00 00 48 83 ec 08 e8 6d ff ff ff 48 83 c4 10 41 8f
;      84 24 00 00 00 00 41 5f 41 5e 41 5d 41 5c 5b 5d c3 cc cc cc cc cc cc
