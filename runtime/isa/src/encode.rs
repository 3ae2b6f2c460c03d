//! Instructions to bytes.

use crate::alu::{AluOp, AtomicOp, Size, UnaryOp, Width};
use crate::code::Code;
use crate::insn::{Callee, Insn, Operand, Ref};
use crate::opcode::{self, SRC_REG, class, mode, pseudo};
use crate::raw::RawInsn;
use crate::reg::Reg;
use core::fmt;

/// Why an instruction has no encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The 8-byte slot it would start at.
    pub slot: u32,
    /// What is wrong.
    pub kind: EncodeErrorKind,
}

/// Why an instruction has no encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The instruction set has no such instruction, only the type has.
    NoForm {
        /// What does not exist.
        what: &'static str,
    },
    /// A jump further than its offset can say.
    TooFar {
        /// The slot it jumps to.
        target: u32,
        /// Slots to jump over, which must fit 16 bits (`gotol`, calls and function references: 32).
        distance: i64,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}: ", self.slot)?;
        match self.kind {
            EncodeErrorKind::NoForm { what } => write!(f, "there is no encoding of {what}"),
            EncodeErrorKind::TooFar { target, distance } => {
                write!(f, "slot {target} is {distance} slots away, more than this instruction can jump")
            }
        }
    }
}

impl std::error::Error for EncodeError {}

type Encoded = Result<RawInsn, EncodeErrorKind>;

fn no_form<T>(what: &'static str) -> Result<T, EncodeErrorKind> {
    Err(EncodeErrorKind::NoForm { what })
}

/// Encodes a program as little-endian 8-byte slots. What [`decode`](crate::decode) makes of the result is the same
/// code, without names and with subprograms derived anew. Map references are written with `src_reg` 1 and 2 and
/// `callx` with the register in `dst_reg`, whichever of their forms they were decoded from.
///
/// # Errors
/// Symbols, [`Insn::Poison`], a form that only the types can express (a 16-bit `atomic_fetch_add`, say), and a jump
/// too long for its offset.
pub fn encode(code: &Code) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(code.slot_of(code.len()) as usize * 8);
    for (at, insn) in code.insns().iter().enumerate() {
        let slot = code.slot_of(at);
        let site = Site { code, slot };
        let (raw, second) = site.insn(insn).map_err(|kind| EncodeError { slot, kind })?;
        bytes.extend_from_slice(&raw.to_bytes());
        if let Some(imm) = second {
            bytes.extend_from_slice(&RawInsn { imm, ..RawInsn::default() }.to_bytes());
        }
    }
    Ok(bytes)
}

/// Where an instruction stands: what makes its offsets relative.
struct Site<'a> {
    code: &'a Code,
    slot: u32,
}

impl Site<'_> {
    /// The slot and, for the two-slot forms, the `imm` of the second one.
    fn insn(&self, insn: &Insn) -> Result<(RawInsn, Option<i32>), EncodeErrorKind> {
        let one = |raw: Encoded| raw.map(|raw| (raw, None));
        match *insn {
            Insn::Alu { op, width, dst, src } => one(alu(op, width, dst, src)),
            Insn::Unary { op, width, dst } => one(unary(op, width, dst)),
            Insn::LoadImm { dst, value } => Ok((wide(dst, pseudo::NUMBER, value as i32), Some((value >> 32) as i32))),
            Insn::LoadRef { dst, target } => self.load_ref(dst, target),
            Insn::Load { size, signed, dst, base, off } => one(load(size, signed, dst, base, off)),
            Insn::Store { size, base, off, src } => Ok((store(size, base, off, src), None)),
            Insn::Atomic { op, size, base, off, src } => one(atomic(op, size, base, off, src)),
            Insn::LoadAcquire { size, dst, base, off } => Ok((ordered(size, dst, base, off, opcode::LOAD_ACQ), None)),
            Insn::StoreRelease { size, base, off, src } => Ok((ordered(size, base, src, off, opcode::STORE_REL), None)),
            Insn::PacketLoad { size, index, off } => one(packet_load(size, index, off)),
            Insn::Jump { target, long } => one(self.jump(target, long)),
            Insn::Branch { cond, width, dst, src, target } => {
                let raw = RawInsn { dst: dst.bits(), off: self.near(target)?, ..RawInsn::default() };
                Ok((with_operand(raw, cond.row().bits | width.jmp_class(), src), None))
            }
            Insn::MayGoto { target } => {
                let off = self.near(target)?;
                Ok((RawInsn { opcode: opcode::JCOND, off, ..RawInsn::default() }, None))
            }
            Insn::Call(callee) => one(self.call(callee)),
            Insn::Exit => Ok((RawInsn { opcode: opcode::EXIT, ..RawInsn::default() }, None)),
            Insn::Poison(_) => no_form("an instruction that linking left unresolved"),
        }
    }

    fn load_ref(&self, dst: Reg, target: Ref) -> Result<(RawInsn, Option<i32>), EncodeErrorKind> {
        match target {
            Ref::Map(map) => Ok((wide(dst, pseudo::MAP_FD, map as i32), Some(0))),
            Ref::MapValue { map, off } => Ok((wide(dst, pseudo::MAP_VALUE, map as i32), Some(off as i32))),
            Ref::Func(func) => Ok((wide(dst, pseudo::FUNC, self.far(func)?), Some(0))),
            Ref::Symbol(_) => no_form("an unresolved symbol's address"),
        }
    }

    fn jump(&self, target: u32, long: bool) -> Encoded {
        Ok(if long {
            RawInsn { opcode: opcode::JA32, imm: self.far(target)?, ..RawInsn::default() }
        } else {
            RawInsn { opcode: opcode::JA, off: self.near(target)?, ..RawInsn::default() }
        })
    }

    fn call(&self, callee: Callee) -> Encoded {
        let raw = RawInsn { opcode: opcode::CALL, ..RawInsn::default() };
        Ok(match callee {
            Callee::Helper(id) => RawInsn { src: pseudo::CALL_HELPER, imm: id as i32, ..raw },
            Callee::Kfunc(id) => RawInsn { src: pseudo::CALL_KFUNC, imm: id, ..raw },
            Callee::Local(target) => RawInsn { src: pseudo::CALL_LOCAL, imm: self.far(target)?, ..raw },
            Callee::Reg(reg) => RawInsn { opcode: opcode::CALLX, dst: reg.bits(), ..raw },
            Callee::Symbol(_) => return no_form("a call of an unresolved symbol"),
        })
    }

    /// Slots between the next one and the target.
    fn distance(&self, target: u32) -> (u32, i64) {
        let target = self.code.slot_of(target as usize);
        (target, i64::from(target) - i64::from(self.slot) - 1)
    }

    fn near(&self, target: u32) -> Result<i16, EncodeErrorKind> {
        let (target, distance) = self.distance(target);
        i16::try_from(distance).map_err(|_| EncodeErrorKind::TooFar { target, distance })
    }

    fn far(&self, target: u32) -> Result<i32, EncodeErrorKind> {
        let (target, distance) = self.distance(target);
        i32::try_from(distance).map_err(|_| EncodeErrorKind::TooFar { target, distance })
    }
}

fn wide(dst: Reg, src: u8, imm: i32) -> RawInsn {
    RawInsn { opcode: opcode::LDDW, dst: dst.bits(), src, off: 0, imm }
}

fn with_operand(raw: RawInsn, opcode: u8, src: Operand) -> RawInsn {
    match src {
        Operand::Reg(src) => RawInsn { opcode: opcode | SRC_REG, src: src.bits(), ..raw },
        Operand::Imm(imm) => RawInsn { opcode, imm, ..raw },
    }
}

fn alu(op: AluOp, width: Width, dst: Reg, src: Operand) -> Encoded {
    if !op.exists(width, matches!(src, Operand::Reg(_))) {
        return no_form("a sign-extending move of an immediate, or from 32 bits to 32");
    }
    let raw = RawInsn { dst: dst.bits(), off: op.row().off, ..RawInsn::default() };
    Ok(with_operand(raw, op.row().bits | width.alu_class(), src))
}

fn unary(op: UnaryOp, width: Width, dst: Reg) -> Encoded {
    let row = op.row();
    if row.width.is_some_and(|only| only != width) {
        return no_form("a byte swap of the other class");
    }
    Ok(RawInsn { opcode: row.bits | width.alu_class(), dst: dst.bits(), src: 0, off: 0, imm: row.imm })
}

fn load(size: Size, signed: bool, dst: Reg, base: Reg, off: i16) -> Encoded {
    if signed && size == Size::DW {
        return no_form("a sign-extending load of 8 bytes");
    }
    let mode = if signed { mode::MEMSX } else { mode::MEM };
    Ok(RawInsn { opcode: mode | size.row().bits | class::LDX, dst: dst.bits(), src: base.bits(), off, imm: 0 })
}

fn store(size: Size, base: Reg, off: i16, src: Operand) -> RawInsn {
    let raw = RawInsn { opcode: mode::MEM | size.row().bits, dst: base.bits(), src: 0, off, imm: 0 };
    match src {
        Operand::Reg(src) => RawInsn { opcode: raw.opcode | class::STX, src: src.bits(), ..raw },
        Operand::Imm(imm) => RawInsn { opcode: raw.opcode | class::ST, imm, ..raw },
    }
}

fn atomic(op: AtomicOp, size: Size, base: Reg, off: i16, src: Reg) -> Encoded {
    if size < Size::W {
        return no_form("an atomic read-modify-write of less than 4 bytes");
    }
    Ok(ordered(size, base, src, off, op.row().imm))
}

fn ordered(size: Size, dst: Reg, src: Reg, off: i16, imm: i32) -> RawInsn {
    let opcode = mode::ATOMIC | size.row().bits | class::STX;
    RawInsn { opcode, dst: dst.bits(), src: src.bits(), off, imm }
}

fn packet_load(size: Size, index: Option<Reg>, off: i32) -> Encoded {
    if size == Size::DW {
        return no_form("a packet load of 8 bytes");
    }
    let mode = if index.is_some() { mode::IND } else { mode::ABS };
    let opcode = mode | size.row().bits | class::LD;
    Ok(RawInsn { opcode, dst: 0, src: index.map_or(0, Reg::bits), off: 0, imm: off })
}
