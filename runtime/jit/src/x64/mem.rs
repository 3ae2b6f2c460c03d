//! Loads, stores, atomics, packet loads. One BPF load is one machine load.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use stingless_abi::PacketBase;
use stingless_isa::{AtomicOp, Operand, Reg, Size, Width};

use crate::machine::{Mem, Origin, PacketLoad};
use crate::x64::emit::{R10, R11, RAX, Src, X64, machine};

/// `lock op [mem], src`.
macro_rules! locked {
    ($self:ident, $op:ident, $width:expr, $base:expr, $off:expr, $src:expr) => {
        match $width {
            Width::W64 => dynasm!($self.ops; .arch x64; lock $op QWORD [Rq($base) + $off], Rq($src)),
            Width::W32 => dynasm!($self.ops; .arch x64; lock $op DWORD [Rq($base) + $off], Rd($src)),
        }
    };
}

impl X64 {
    pub(super) fn emit_load(&mut self, dst: Reg, mem: Mem, signed: bool) {
        let (d, b, off) = (machine(dst), machine(mem.base), mem.off);
        match (mem.size, signed) {
            (Size::B, false) => dynasm!(self.ops; .arch x64; movzx Rd(d), BYTE [Rq(b) + off]),
            (Size::H, false) => dynasm!(self.ops; .arch x64; movzx Rd(d), WORD [Rq(b) + off]),
            (Size::W, false) => dynasm!(self.ops; .arch x64; mov Rd(d), DWORD [Rq(b) + off]),
            (Size::B, true) => dynasm!(self.ops; .arch x64; movsx Rq(d), BYTE [Rq(b) + off]),
            (Size::H, true) => dynasm!(self.ops; .arch x64; movsx Rq(d), WORD [Rq(b) + off]),
            (Size::W, true) => dynasm!(self.ops; .arch x64; movsxd Rq(d), DWORD [Rq(b) + off]),
            (Size::DW, _) => dynasm!(self.ops; .arch x64; mov Rq(d), QWORD [Rq(b) + off]),
        }
    }

    pub(super) fn emit_store(&mut self, mem: Mem, src: Operand) {
        let (b, off) = (machine(mem.base), mem.off);
        match (mem.size, self.operand(src, R11)) {
            (Size::B, Src::Reg(s)) => dynasm!(self.ops; .arch x64; mov BYTE [Rq(b) + off], Rb(s)),
            (Size::H, Src::Reg(s)) => dynasm!(self.ops; .arch x64; mov WORD [Rq(b) + off], Rw(s)),
            (Size::W, Src::Reg(s)) => dynasm!(self.ops; .arch x64; mov DWORD [Rq(b) + off], Rd(s)),
            (Size::DW, Src::Reg(s)) => dynasm!(self.ops; .arch x64; mov QWORD [Rq(b) + off], Rq(s)),
            (Size::B, Src::Imm(i)) => dynasm!(self.ops; .arch x64; mov BYTE [Rq(b) + off], i as i8),
            (Size::H, Src::Imm(i)) => dynasm!(self.ops; .arch x64; mov WORD [Rq(b) + off], i as i16),
            (Size::W, Src::Imm(i)) => dynasm!(self.ops; .arch x64; mov DWORD [Rq(b) + off], i),
            (Size::DW, Src::Imm(i)) => dynasm!(self.ops; .arch x64; mov QWORD [Rq(b) + off], i),
        }
    }

    pub(super) fn emit_atomic(&mut self, op: AtomicOp, width: Width, mem: Mem, src: Reg) {
        let (b, off, s) = (machine(mem.base), mem.off, machine(src));
        match op {
            AtomicOp::Add => locked!(self, add, width, b, off, s),
            AtomicOp::Or => locked!(self, or, width, b, off, s),
            AtomicOp::And => locked!(self, and, width, b, off, s),
            AtomicOp::Xor => locked!(self, xor, width, b, off, s),
            AtomicOp::FetchAdd => locked!(self, xadd, width, b, off, s),
            AtomicOp::Xchg => match width {
                Width::W64 => dynasm!(self.ops; .arch x64; xchg QWORD [Rq(b) + off], Rq(s)),
                Width::W32 => dynasm!(self.ops; .arch x64; xchg DWORD [Rq(b) + off], Rd(s)),
            },
            AtomicOp::Cmpxchg => {
                locked!(self, cmpxchg, width, b, off, s);
                if width == Width::W32 {
                    // On success the machine leaves the accumulator's upper half alone.
                    dynasm!(self.ops; .arch x64; mov eax, eax);
                }
            }
            AtomicOp::FetchOr | AtomicOp::FetchAnd | AtomicOp::FetchXor => self.fetch_loop(op, width, mem, src),
        }
    }

    /// Fetching logic has no instruction: compare and exchange until nobody came between.
    fn fetch_loop(&mut self, op: AtomicOp, width: Width, mem: Mem, src: Reg) {
        let again = self.ops.new_dynamic_label();
        let off = mem.off;
        dynasm!(self.ops; .arch x64; mov r10, rax);
        let kept = |reg: Reg| if machine(reg) == RAX { R10 } else { machine(reg) };
        let (b, s) = (kept(mem.base), kept(src));
        match width {
            Width::W64 => dynasm!(self.ops; .arch x64; mov rax, QWORD [Rq(b) + off]),
            Width::W32 => dynasm!(self.ops; .arch x64; mov eax, DWORD [Rq(b) + off]),
        }
        dynasm!(self.ops; .arch x64; =>again; mov r11, rax);
        match op {
            AtomicOp::FetchOr => dynasm!(self.ops; .arch x64; or r11, Rq(s)),
            AtomicOp::FetchAnd => dynasm!(self.ops; .arch x64; and r11, Rq(s)),
            AtomicOp::FetchXor
            | AtomicOp::Add
            | AtomicOp::Or
            | AtomicOp::And
            | AtomicOp::Xor
            | AtomicOp::FetchAdd
            | AtomicOp::Xchg
            | AtomicOp::Cmpxchg => dynasm!(self.ops; .arch x64; xor r11, Rq(s)),
        }
        locked!(self, cmpxchg, width, b, off, R11);
        dynasm!(self.ops; .arch x64; jne =>again);
        if machine(src) != RAX {
            self.mov(Width::W64, machine(src), RAX);
            self.mov(Width::W64, RAX, R10);
        }
    }

    /// Makes an offset in `eax`, whose sign was tested, one from the packet's start, in `rax`: negative ones count from a
    /// header, or mean nothing. `r9` is free.
    fn negative_offset(&mut self, network: Option<i32>, out: DynamicLabel) {
        let Some(network) = network else {
            dynasm!(self.ops; .arch x64; js =>out);
            return;
        };
        let (link, found) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops; .arch x64
            ; jns =>found
            ; add eax, -PacketBase::NETWORK
            ; js =>link
            ; mov r9d, DWORD [rbx + network]
            ; add rax, r9
            ; jmp =>found
            ; =>link
            ; add eax, PacketBase::NETWORK - PacketBase::LINK
            ; js =>out
            ; =>found
        );
    }

    /// Bounds, load, network order; a load out of bounds returns 0 from the function, as Linux's does. The offset is a
    /// 32-bit number; what remains of it is zero-extended before it becomes part of an address.
    pub(super) fn emit_packet_load(&mut self, load: PacketLoad) {
        let (out, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let size = load.size.bytes() as i32;
        dynasm!(self.ops; .arch x64
            ; mov r10, QWORD [rbx + load.data]
            ; mov r11, QWORD [rbx + load.data_end]
            ; sub r11, r10
        );
        match load.index {
            None => self.constant(RAX, u64::from(load.off as u32), Origin::Plugin),
            Some(index) => {
                self.mov(Width::W32, RAX, machine(index));
                let off = self.operand(Operand::Imm(load.off), super::emit::R9);
                crate::x64::alu::two_operand!(self, add, Width::W32, RAX, off);
            }
        }
        dynasm!(self.ops; .arch x64; test eax, eax);
        self.negative_offset(load.network, out);
        dynasm!(self.ops; .arch x64
            ; lea r9, [rax + size]
            ; cmp r9, r11
            ; ja =>out
        );
        match load.size {
            Size::B => dynasm!(self.ops; .arch x64; movzx eax, BYTE [r10 + rax]),
            Size::H => dynasm!(self.ops; .arch x64; movzx eax, WORD [r10 + rax]; bswap eax; shr eax, 16),
            Size::W | Size::DW => dynasm!(self.ops; .arch x64; mov eax, DWORD [r10 + rax]; bswap eax),
        }
        dynasm!(self.ops; .arch x64; jmp =>done; =>out; xor eax, eax);
        self.leave();
        self.ret();
        dynasm!(self.ops; .arch x64; =>done);
    }
}
