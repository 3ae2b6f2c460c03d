; A helper that cannot trap: the entry only pins the VmCtx.
r1 = 5
call 1
exit
;; x64
; entry 0x30, tail entry 0x0, 168 bytes of stack
; 0x48: Helper(1)
; 0x14: calls Helper(1)
;      f3 0f 1e fa 48 81 ec 08 00 00 00
;   r1 = 5
;      40 bf 05 00 00 00
;   call 1
;      4d 89 e1 ff 15 2e 00 00 00
;   exit
;      48 81 c4 08 00 00 00 c3 cc cc cc cc cc cc cc cc cc cc cc cc cc cc f3 0f
;      1e fa 41 54 4d 89 cc e8 c2 ff ff ff 41 5c c3 cc cc cc cc cc cc cc 00 00
;      00 00 00 00 00 00
