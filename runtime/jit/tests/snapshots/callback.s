; A callback has an entry of its own; nothing can trap here, so entries are light.
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
; entry 0x90, tail entry 0x0, 280 bytes of stack
; 0xa8: Helper(1)
; 0x15: calls Helper(1)
;      f3 0f 1e fa 48 81 ec 08 00 00 00
;   r1 = func pc+4 ll
;      48 8d 3d 5e 00 00 00
;   call 1
;      4d 89 e1 ff 15 8d 00 00 00
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
;      c9 c3 cc f3 0f 1e fa 41 54 4d 89 cc e8 b2 ff ff ff 41 5c c3 cc cc cc cc
;      cc cc cc cc cc cc cc cc cc cc cc f3 0f 1e fa 41 54 4d 89 cc e8 62 ff ff
;      ff 41 5c c3 cc cc cc cc cc cc cc 00 00 00 00 00 00 00 00
