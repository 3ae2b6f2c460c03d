//! One slot to one instruction, by instruction class.

use super::{DecodeErrorKind as Kind, Decoder};
use crate::alu::{Size, Width};
use crate::insn::{Callee, Insn, Operand, Ref};
use crate::opcode::{self, ALU, ATOMIC, COND, OP_MASK, SRC_REG, UNARY, class, mode, pseudo};
use crate::raw::{Field, RawInsn};
use crate::reg::Reg;

fn reg(field: Field, value: u8) -> Result<Reg, Kind> {
    Reg::new(value).ok_or(Kind::BadRegister { field, value })
}

fn zero(field: Field, value: impl Into<i64>) -> Result<(), Kind> {
    match value.into() {
        0 => Ok(()),
        value => Err(Kind::Reserved { field, value }),
    }
}

fn unknown<T>(raw: RawInsn) -> Result<T, Kind> {
    Err(Kind::UnknownOpcode { opcode: raw.opcode })
}

/// The second operand of ALU and branch instructions: whichever of `src_reg` and `imm` is unused must be zero.
fn operand(raw: RawInsn) -> Result<Operand, Kind> {
    if raw.opcode & SRC_REG != 0 {
        zero(Field::Imm, raw.imm)?;
        Ok(Operand::Reg(reg(Field::Src, raw.src)?))
    } else {
        zero(Field::Src, raw.src)?;
        Ok(Operand::Imm(raw.imm))
    }
}

impl<F: Fn(u32) -> Option<u32>> Decoder<'_, F> {
    pub(super) fn insn(&self, slot: u32) -> Result<Insn, Kind> {
        let raw = self.raw(slot);
        match raw.opcode & class::MASK {
            class::LD if raw.opcode == opcode::LDDW => self.wide(slot, raw),
            class::LD => packet_load(raw),
            class::LDX => load(raw),
            class::ST => store_imm(raw),
            class::STX => store_reg(raw),
            class::ALU => alu(raw, Width::W32),
            class::ALU64 => alu(raw, Width::W64),
            _ => self.jump(slot, raw),
        }
    }

    /// Section 5.4.
    fn wide(&self, slot: u32, raw: RawInsn) -> Result<Insn, Kind> {
        let second = self.raw(slot + 1);
        let dst = reg(Field::Dst, raw.dst)?;
        zero(Field::Off, raw.off)?;
        let fields = [
            (Field::Opcode, i64::from(second.opcode)),
            (Field::Dst, second.dst.into()),
            (Field::Src, second.src.into()),
            (Field::Off, second.off.into()),
        ];
        let second_zero = |field, value| if value == 0 { Ok(()) } else { Err(Kind::SecondSlot { field, value }) };
        fields.into_iter().try_for_each(|(field, value)| second_zero(field, value))?;
        if let Some(symbol) = (self.symbol_at)(slot) {
            return Ok(Insn::LoadRef { dst, target: Ref::Symbol(symbol) });
        }
        let high_zero = || second_zero(Field::Imm, second.imm.into());
        let target = match raw.src {
            pseudo::NUMBER => {
                let value = u64::from(raw.imm as u32) | u64::from(second.imm as u32) << 32;
                return Ok(Insn::LoadImm { dst, value });
            }
            pseudo::MAP_FD | pseudo::MAP_IDX => high_zero().map(|()| Ref::Map(raw.imm as u32))?,
            pseudo::MAP_VALUE | pseudo::MAP_IDX_VALUE => Ref::MapValue { map: raw.imm as u32, off: second.imm as u32 },
            pseudo::FUNC => high_zero().and_then(|()| self.target(slot, raw.imm)).map(Ref::Func)?,
            src => return Err(Kind::UnsupportedPseudo { opcode: raw.opcode, src }),
        };
        Ok(Insn::LoadRef { dst, target })
    }

    /// Section 4.3.
    fn jump(&self, slot: u32, raw: RawInsn) -> Result<Insn, Kind> {
        match raw.opcode {
            opcode::JA => {
                zero_all(raw, &[Field::Dst, Field::Src, Field::Imm])?;
                Ok(Insn::Jump { target: self.target(slot, raw.off.into())?, long: false })
            }
            opcode::JA32 => {
                zero_all(raw, &[Field::Dst, Field::Src, Field::Off])?;
                Ok(Insn::Jump { target: self.target(slot, raw.imm)?, long: true })
            }
            opcode::CALL => self.call(slot, raw),
            opcode::CALLX => call_register(raw),
            opcode::EXIT => {
                zero_all(raw, &[Field::Dst, Field::Src, Field::Off, Field::Imm])?;
                Ok(Insn::Exit)
            }
            opcode::JCOND => {
                zero_all(raw, &[Field::Dst, Field::Src, Field::Imm])?;
                Ok(Insn::MayGoto { target: self.target(slot, raw.off.into())? })
            }
            _ => self.branch(slot, raw),
        }
    }

    fn branch(&self, slot: u32, raw: RawInsn) -> Result<Insn, Kind> {
        let Some(row) = COND.iter().find(|row| row.bits == raw.opcode & OP_MASK) else {
            return unknown(raw);
        };
        let width = if raw.opcode & class::MASK == class::JMP { Width::W64 } else { Width::W32 };
        let dst = reg(Field::Dst, raw.dst)?;
        let src = operand(raw)?;
        Ok(Insn::Branch { cond: row.op, width, dst, src, target: self.target(slot, raw.off.into())? })
    }

    /// Sections 4.3.1 and 4.3.2. A kfunc's `off` would name the BTF of a kernel module: there are none here.
    fn call(&self, slot: u32, raw: RawInsn) -> Result<Insn, Kind> {
        zero_all(raw, &[Field::Dst, Field::Off])?;
        if let Some(symbol) = (self.symbol_at)(slot) {
            return Ok(Insn::Call(Callee::Symbol(symbol)));
        }
        Ok(Insn::Call(match raw.src {
            pseudo::CALL_HELPER => Callee::Helper(raw.imm as u32),
            pseudo::CALL_LOCAL => Callee::Local(self.target(slot, raw.imm)?),
            pseudo::CALL_KFUNC => Callee::Kfunc(raw.imm),
            src => return Err(Kind::UnsupportedPseudo { opcode: raw.opcode, src }),
        }))
    }
}

fn zero_all(raw: RawInsn, fields: &[Field]) -> Result<(), Kind> {
    fields.iter().try_for_each(|&field| {
        zero(
            field,
            match field {
                Field::Opcode => i64::from(raw.opcode),
                Field::Dst => raw.dst.into(),
                Field::Src => raw.src.into(),
                Field::Off => raw.off.into(),
                Field::Imm => raw.imm.into(),
            },
        )
    })
}

/// clang 19 names the register in `dst_reg`, older ones in `imm`.
fn call_register(raw: RawInsn) -> Result<Insn, Kind> {
    zero_all(raw, &[Field::Src, Field::Off])?;
    let callee = match u8::try_from(raw.imm).ok().and_then(Reg::new) {
        Some(named) if raw.dst == 0 => named,
        Some(_) | None => {
            zero(Field::Imm, raw.imm)?;
            reg(Field::Dst, raw.dst)?
        }
    };
    Ok(Insn::Call(Callee::Reg(callee)))
}

/// Sections 4.1 and 4.2.
fn alu(raw: RawInsn, width: Width) -> Result<Insn, Kind> {
    let bits = raw.opcode & OP_MASK;
    if bits == opcode::NEG || bits == opcode::END {
        return unary(raw, width);
    }
    if !ALU.iter().any(|row| row.bits == bits) {
        return unknown(raw);
    }
    let dst = reg(Field::Dst, raw.dst)?;
    let src = operand(raw)?;
    let register = matches!(src, Operand::Reg(_));
    match ALU.iter().find(|row| row.bits == bits && row.off == raw.off && row.op.exists(width, register)) {
        Some(row) => Ok(Insn::Alu { op: row.op, width, dst, src }),
        None => Err(Kind::Reserved { field: Field::Off, value: raw.off.into() }),
    }
}

fn unary(raw: RawInsn, width: Width) -> Result<Insn, Kind> {
    let bits = raw.opcode & (OP_MASK | SRC_REG);
    let mut forms =
        UNARY.iter().filter(|row| row.bits == bits && row.width.is_none_or(|only| only == width)).peekable();
    if forms.peek().is_none() {
        return unknown(raw);
    }
    let dst = reg(Field::Dst, raw.dst)?;
    zero_all(raw, &[Field::Src, Field::Off])?;
    match forms.find(|row| row.imm == raw.imm) {
        Some(row) => Ok(Insn::Unary { op: row.op, width, dst }),
        None => Err(Kind::Reserved { field: Field::Imm, value: raw.imm.into() }),
    }
}

fn size(raw: RawInsn) -> Result<Size, Kind> {
    Size::from_opcode(raw.opcode).ok_or(Kind::UnknownOpcode { opcode: raw.opcode })
}

/// Section 5.5.
fn packet_load(raw: RawInsn) -> Result<Insn, Kind> {
    let (size, mode) = (size(raw)?, raw.opcode & opcode::MODE_MASK);
    if size == Size::DW || (mode != mode::ABS && mode != mode::IND) {
        return unknown(raw);
    }
    zero_all(raw, &[Field::Dst, Field::Off])?;
    let index = if mode == mode::IND {
        Some(reg(Field::Src, raw.src)?)
    } else {
        zero(Field::Src, raw.src)?;
        None
    };
    Ok(Insn::PacketLoad { size, index, off: raw.imm })
}

/// Sections 5.1 and 5.2.
fn load(raw: RawInsn) -> Result<Insn, Kind> {
    let size = size(raw)?;
    let signed = match raw.opcode & opcode::MODE_MASK {
        mode::MEM => false,
        mode::MEMSX if size != Size::DW => true,
        _ => return unknown(raw),
    };
    zero(Field::Imm, raw.imm)?;
    Ok(Insn::Load { size, signed, dst: reg(Field::Dst, raw.dst)?, base: reg(Field::Src, raw.src)?, off: raw.off })
}

/// Section 5.1.
fn store_imm(raw: RawInsn) -> Result<Insn, Kind> {
    if raw.opcode & opcode::MODE_MASK != mode::MEM {
        return unknown(raw);
    }
    zero(Field::Src, raw.src)?;
    Ok(Insn::Store { size: size(raw)?, base: reg(Field::Dst, raw.dst)?, off: raw.off, src: Operand::Imm(raw.imm) })
}

/// Sections 5.1 and 5.3.
fn store_reg(raw: RawInsn) -> Result<Insn, Kind> {
    match raw.opcode & opcode::MODE_MASK {
        mode::MEM => {
            zero(Field::Imm, raw.imm)?;
            let src = Operand::Reg(reg(Field::Src, raw.src)?);
            Ok(Insn::Store { size: size(raw)?, base: reg(Field::Dst, raw.dst)?, off: raw.off, src })
        }
        mode::ATOMIC => atomic(raw),
        _ => unknown(raw),
    }
}

fn atomic(raw: RawInsn) -> Result<Insn, Kind> {
    let (size, off) = (size(raw)?, raw.off);
    let (dst, src) = (reg(Field::Dst, raw.dst)?, reg(Field::Src, raw.src)?);
    if raw.imm == opcode::LOAD_ACQ {
        return Ok(Insn::LoadAcquire { size, dst, base: src, off });
    }
    if raw.imm == opcode::STORE_REL {
        return Ok(Insn::StoreRelease { size, base: dst, off, src });
    }
    match ATOMIC.iter().find(|row| row.imm == raw.imm) {
        Some(row) if size >= Size::W => Ok(Insn::Atomic { op: row.op, size, base: dst, off, src }),
        Some(_) | None => Err(Kind::UnknownAtomic { imm: raw.imm, bytes: size.bytes() }),
    }
}
