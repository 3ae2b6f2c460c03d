; A callback has an entry of its own, with a landing: a trap below it must not skip the frames of the helper that calls back.
r1 = func each ll
call 1
r0 = 0
exit
.type each,@function
each:
may_goto out
r0 = r1
exit
out:
r0 = 1
exit
;; x64
; entry 0xc0, tail entry 0x0, 280 bytes of stack
; 0x110: Helper(1)
; 0x15: calls Helper(1)
;      f3 0f 1e fa 48 81 ec 08 00 00 00
;   r1 = func pc+4 ll
;      48 8d 3d 5e 00 00 00
;   call 1
;      4d 89 e1 ff 15 f5 00 00 00
;   r0 = 0
;      40 31 c0
;   exit
;      48 81 c4 08 00 00 00 c3 cc cc cc cc cc cc cc cc cc cc 55 48 89 e5 48 81
;      ec 10 00 00 00 48 c7 85 f8 ff ff ff 00 00 80 00
;   may_goto +2
;      48 81 bd f8 ff ff ff 00 00 00 00 0f 84 10 00 00 00 48 81 ad f8 ff ff ff
;      01 00 00 00
;   r0 = r1
;      48 89 f8
;   exit
;      c9 c3
;   r0 = 1
;      40 b8 01 00 00 00
;   exit
;      c9 c3 cc f3 0f 1e fa 55 53 41 54 41 55 41 56 41 57 4d 89 cc 41 ff b4 24
;      00 00 00 00 4c 8d 15 17 00 00 00 41 52 49 89 a4 24 00 00 00 00 48 83 ec
;      08 e8 8d ff ff ff 48 83 c4 10 41 8f 84 24 00 00 00 00 41 5f 41 5e 41 5d
;      41 5c 5b 5d c3 cc cc cc cc cc cc f3 0f 1e fa 55 53 41 54 41 55 41 56 41
;      57 4d 89 cc 41 ff b4 24 00 00 00 00 4c 8d 15 17 00 00 00 41 52 49 89 a4
;      24 00 00 00 00 48 83 ec 08 e8 0d ff ff ff 48 83 c4 10 41 8f 84 24 00 00
;      00 00 41 5f 41 5e 41 5d 41 5c 5b 5d c3 cc cc cc cc cc cc 00 00 00 00 00
;      00 00 00
