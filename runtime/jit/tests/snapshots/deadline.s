; A loop that pays for its steps, the slow path out of line.
; options: deadline
r0 = 0
again:
r0 += 1
if r0 != r1 goto again
exit
;; x64
; entry 0x80, tail entry 0x0, 168 bytes of stack
;      f3 0f 1e fa 48 81 ec 08 00 00 00 49 81 ac 24 08 00 00 00 04 00 00 00 0f
;      88 2f 00 00 00
;   r0 = 0
;      40 31 c0
;   r0 += 1
;      48 83 c0 01
;   if r0 != r1 goto -2
;      48 3b c7 0f 84 17 00 00 00 49 81 ac 24 08 00 00 00 02 00 00 00 0f 89 e1
;      ff ff ff e9 1e 00 00 00
;   exit
;      48 81 c4 08 00 00 00 c3 41 c7 84 24 3c 00 00 00 00 00 00 00 e8 73 00 00
;      00 e9 bb ff ff ff 41 c7 84 24 3c 00 00 00 02 00 00 00 e8 5d 00 00 00 e9
;      a8 ff ff ff cc cc cc cc cc cc cc cc f3 0f 1e fa 55 53 41 54 41 55 41 56
;      41 57 4d 89 cc 41 ff b4 24 00 00 00 00 4c 8d 15 17 00 00 00 41 52 49 89
;      a4 24 00 00 00 00 48 83 ec 08 e8 4d ff ff ff 48 83 c4 10 41 8f 84 24 00
;      00 00 00 41 5f 41 5e 41 5d 41 5c 5b 5d c3 cc cc cc cc cc cc 50 57 56 52
;      51 41 50 48 83 ec 08 4c 89 e7 41 ff 94 24 20 00 00 00 48 83 c4 08 41 58
;      59 5a 5e 5f 58 c3 cc cc cc cc cc cc
