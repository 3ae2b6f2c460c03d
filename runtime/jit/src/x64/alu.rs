//! Arithmetic, moves, byte swaps. The semantics are those of `AluOp::eval` and `UnaryOp::eval`.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use stingless_isa::{AluOp, Operand, Reg, UnaryOp, Width};

use crate::machine::Origin;
use crate::x64::emit::{R9, R10, R11, RAX, RCX, RDX, Src, X64, machine};

/// A two-operand instruction that takes registers and immediates in both widths.
macro_rules! two_operand {
    ($self:ident, $op:ident, $width:expr, $dst:expr, $src:expr) => {
        match ($width, $src) {
            (Width::W64, Src::Reg(s)) => dynasm!($self.ops; .arch x64; $op Rq($dst), Rq(s)),
            (Width::W32, Src::Reg(s)) => dynasm!($self.ops; .arch x64; $op Rd($dst), Rd(s)),
            (Width::W64, Src::Imm(i @ -128..=127)) => dynasm!($self.ops; .arch x64; $op Rq($dst), BYTE i as i8),
            (Width::W32, Src::Imm(i @ -128..=127)) => dynasm!($self.ops; .arch x64; $op Rd($dst), BYTE i as i8),
            (Width::W64, Src::Imm(i)) => dynasm!($self.ops; .arch x64; $op Rq($dst), DWORD i),
            (Width::W32, Src::Imm(i)) => dynasm!($self.ops; .arch x64; $op Rd($dst), DWORD i),
        }
    };
}
pub(super) use two_operand;

/// A shift by a constant or by `cl`.
macro_rules! shift {
    ($self:ident, $op:ident, $width:expr, $dst:expr, $count:expr) => {
        match ($width, $count) {
            (Width::W64, Some(n)) => dynasm!($self.ops; .arch x64; $op Rq($dst), n),
            (Width::W64, None) => dynasm!($self.ops; .arch x64; $op Rq($dst), cl),
            (Width::W32, Some(n)) => dynasm!($self.ops; .arch x64; $op Rd($dst), n),
            (Width::W32, None) => dynasm!($self.ops; .arch x64; $op Rd($dst), cl),
        }
    };
}

impl X64 {
    pub(super) fn emit_alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand, nonzero: bool) {
        let d = machine(dst);
        match op {
            AluOp::Add => two_operand!(self, add, width, d, self.operand(src, R11)),
            AluOp::Sub => two_operand!(self, sub, width, d, self.operand(src, R11)),
            AluOp::Or => two_operand!(self, or, width, d, self.operand(src, R11)),
            AluOp::And => two_operand!(self, and, width, d, self.operand(src, R11)),
            AluOp::Xor => two_operand!(self, xor, width, d, self.operand(src, R11)),
            AluOp::Mul => {
                let src = self.operand(src, R11);
                self.multiply(width, d, src);
            }
            AluOp::Div => self.divide((false, false), width, d, src, nonzero),
            AluOp::Sdiv => self.divide((true, false), width, d, src, nonzero),
            AluOp::Mod => self.divide((false, true), width, d, src, nonzero),
            AluOp::Smod => self.divide((true, true), width, d, src, nonzero),
            AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => match src {
                Operand::Imm(count) => self.shift(op, width, d, Some((count as u32 & (width.bits() - 1)) as i8)),
                Operand::Reg(count) => self.shift_by(op, width, d, machine(count)),
            },
            AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => match src {
                Operand::Imm(imm) => self.constant(d, op.eval(width, 0, imm as i64 as u64), Origin::Plugin),
                Operand::Reg(src) => self.extend(op, width, d, machine(src)),
            },
        }
    }

    fn multiply(&mut self, width: Width, d: u8, src: Src) {
        match (width, src) {
            (Width::W64, Src::Reg(s)) => dynasm!(self.ops; .arch x64; imul Rq(d), Rq(s)),
            (Width::W64, Src::Imm(i)) => dynasm!(self.ops; .arch x64; imul Rq(d), Rq(d), DWORD i),
            (Width::W32, Src::Reg(s)) => dynasm!(self.ops; .arch x64; imul Rd(d), Rd(s)),
            (Width::W32, Src::Imm(i)) => dynasm!(self.ops; .arch x64; imul Rd(d), Rd(d), DWORD i),
        }
    }

    pub(super) fn mov(&mut self, width: Width, d: u8, s: u8) {
        match width {
            Width::W64 => dynasm!(self.ops; .arch x64; mov Rq(d), Rq(s)),
            Width::W32 => dynasm!(self.ops; .arch x64; mov Rd(d), Rd(s)),
        }
    }

    fn extend(&mut self, op: AluOp, width: Width, d: u8, s: u8) {
        match (op, width) {
            (AluOp::Movsx8, Width::W64) => dynasm!(self.ops; .arch x64; movsx Rq(d), Rb(s)),
            (AluOp::Movsx8, Width::W32) => dynasm!(self.ops; .arch x64; movsx Rd(d), Rb(s)),
            (AluOp::Movsx16, Width::W64) => dynasm!(self.ops; .arch x64; movsx Rq(d), Rw(s)),
            (AluOp::Movsx16, Width::W32) => dynasm!(self.ops; .arch x64; movsx Rd(d), Rw(s)),
            (AluOp::Movsx32, Width::W64) => dynasm!(self.ops; .arch x64; movsxd Rq(d), Rd(s)),
            (_, width) => self.mov(width, d, s),
        }
    }

    fn shift(&mut self, op: AluOp, width: Width, d: u8, count: Option<i8>) {
        if count == Some(0) {
            // The upper half still has to go where the width is 32.
            self.mov(width, d, d);
        } else if op == AluOp::Lsh {
            shift!(self, shl, width, d, count);
        } else if op == AluOp::Rsh {
            shift!(self, shr, width, d, count);
        } else {
            shift!(self, sar, width, d, count);
        }
    }

    /// The count goes through `cl`; the machine masks it to the width as BPF does.
    fn shift_by(&mut self, op: AluOp, width: Width, d: u8, count: u8) {
        if count == RCX && d != RCX {
            self.shift(op, width, d, None);
        } else if d == RCX {
            dynasm!(self.ops; .arch x64; mov r10, rcx);
            if count != RCX {
                dynasm!(self.ops; .arch x64; mov ecx, Rd(count));
            }
            self.shift(op, width, R10, None);
            dynasm!(self.ops; .arch x64; mov rcx, r10);
        } else {
            dynasm!(self.ops; .arch x64; mov r11, rcx; mov ecx, Rd(count));
            self.shift(op, width, d, None);
            dynasm!(self.ops; .arch x64; mov rcx, r11);
        }
    }

    /// Division and remainder, with the divisor in `r11`. The cases in which the machine would fault come first.
    fn divide(&mut self, (signed, rem): (bool, bool), width: Width, d: u8, src: Operand, nonzero: bool) {
        match src {
            Operand::Imm(0) => self.by_zero(rem, width, d),
            Operand::Imm(-1) if signed => self.by_minus_one(rem, width, d),
            Operand::Imm(imm) => {
                self.constant(R11, width.truncate(imm as i64 as u64), Origin::Plugin);
                self.quotient(signed, rem, width, d);
            }
            Operand::Reg(src) => {
                let (fine, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
                self.mov(width, R11, machine(src));
                if !nonzero {
                    let nonzero = self.ops.new_dynamic_label();
                    dynasm!(self.ops; .arch x64; test r11, r11; jnz =>nonzero);
                    self.by_zero(rem, width, d);
                    dynasm!(self.ops; .arch x64; jmp =>done; =>nonzero);
                }
                if signed {
                    let minus_one = Src::Imm(-1);
                    self.cmp(width, R11, minus_one);
                    dynasm!(self.ops; .arch x64; jne =>fine);
                    self.by_minus_one(rem, width, d);
                    dynasm!(self.ops; .arch x64; jmp =>done);
                }
                dynasm!(self.ops; .arch x64; =>fine);
                self.quotient(signed, rem, width, d);
                dynasm!(self.ops; .arch x64; =>done);
            }
        }
    }

    fn by_zero(&mut self, rem: bool, width: Width, d: u8) {
        match (rem, width) {
            (false, _) => self.constant(d, 0, Origin::Compiler),
            (true, Width::W32) => self.mov(Width::W32, d, d),
            (true, Width::W64) => {}
        }
    }

    fn by_minus_one(&mut self, rem: bool, width: Width, d: u8) {
        if rem {
            self.constant(d, 0, Origin::Compiler);
        } else {
            self.negate(width, d);
        }
    }

    /// `d = d / r11` or `d % r11` for a divisor that cannot fault. `rax` and `rdx` are kept in `r10` and `r9`.
    fn quotient(&mut self, signed: bool, rem: bool, width: Width, d: u8) {
        if d != RAX {
            dynasm!(self.ops; .arch x64; mov r10, rax);
        }
        if d != RDX {
            dynasm!(self.ops; .arch x64; mov r9, rdx);
        }
        self.mov(width, RAX, d);
        match (signed, width) {
            (false, Width::W64) => dynasm!(self.ops; .arch x64; xor edx, edx; div r11),
            (false, Width::W32) => dynasm!(self.ops; .arch x64; xor edx, edx; div r11d),
            (true, Width::W64) => dynasm!(self.ops; .arch x64; cqo; idiv r11),
            (true, Width::W32) => dynasm!(self.ops; .arch x64; cdq; idiv r11d),
        }
        let result = if rem { RDX } else { RAX };
        if result != d {
            self.mov(Width::W64, d, result);
        }
        if d != RAX {
            self.mov(Width::W64, RAX, R10);
        }
        if d != RDX {
            self.mov(Width::W64, RDX, R9);
        }
    }

    fn negate(&mut self, width: Width, d: u8) {
        match width {
            Width::W64 => dynasm!(self.ops; .arch x64; neg Rq(d)),
            Width::W32 => dynasm!(self.ops; .arch x64; neg Rd(d)),
        }
    }

    pub(super) fn emit_unary(&mut self, op: UnaryOp, width: Width, dst: Reg) {
        let d = machine(dst);
        match op {
            UnaryOp::Neg => self.negate(width, d),
            UnaryOp::Le16 => dynasm!(self.ops; .arch x64; movzx Rd(d), Rw(d)),
            UnaryOp::Le32 => self.mov(Width::W32, d, d),
            UnaryOp::Le64 => {}
            UnaryOp::Be16 | UnaryOp::Bswap16 => dynasm!(self.ops; .arch x64; bswap Rd(d); shr Rd(d), 16),
            UnaryOp::Be32 | UnaryOp::Bswap32 => dynasm!(self.ops; .arch x64; bswap Rd(d)),
            UnaryOp::Be64 | UnaryOp::Bswap64 => dynasm!(self.ops; .arch x64; bswap Rq(d)),
        }
    }
}
