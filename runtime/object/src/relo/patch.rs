//! The answer, put into the instruction.

use stingless_isa::{Insn, Operand, Size, Width};

use super::value::Change;

/// The instruction with the host's number in it.
pub(super) fn patched(insn: Insn, to: &Change) -> Result<Insn, String> {
    let insn = match insn {
        Insn::Alu { op, width, dst, src: Operand::Imm(imm) } => {
            expected(to, i64::from(imm) as u64)?;
            Insn::Alu { op, width, dst, src: Operand::Imm(immediate(to.now, width)?) }
        }
        Insn::LoadImm { dst, value } => {
            expected(to, value)?;
            Insn::LoadImm { dst, value: to.now }
        }
        Insn::Load { size, signed, dst, base, off } => {
            let (off, size) = access(to, off, size)?;
            if signed && size == Size::DW {
                return Err(resized(to, "a load that extends the sign"));
            }
            Insn::Load { size, signed, dst, base, off }
        }
        Insn::Store { size, base, off, src } => {
            let (off, size) = access(to, off, size)?;
            Insn::Store { size, base, off, src }
        }
        Insn::Atomic { op, size, base, off, src } => {
            let (off, size) = access(to, off, size)?;
            if !matches!(size, Size::W | Size::DW) {
                return Err(resized(to, "an atomic operation"));
            }
            Insn::Atomic { op, size, base, off, src }
        }
        Insn::LoadAcquire { size, dst, base, off } => {
            let (off, size) = access(to, off, size)?;
            Insn::LoadAcquire { size, dst, base, off }
        }
        Insn::StoreRelease { size, base, off, src } => {
            let (off, size) = access(to, off, size)?;
            Insn::StoreRelease { size, base, off, src }
        }
        Insn::Alu { src: Operand::Reg(_), .. }
        | Insn::Unary { .. }
        | Insn::LoadRef { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => return Err("the instruction holds no number that could be replaced".into()),
    };
    Ok(insn)
}

/// The compiler wrote what the plugin's types say: else the two do not mean the same.
fn expected(to: &Change, found: u64) -> Result<(), String> {
    match to.was {
        Some(was) if was != found => {
            Err(format!("the instruction holds {}, the plugin's types say {}", found as i64, was as i64))
        }
        Some(_) | None => Ok(()),
    }
}

/// A number as the instruction can hold it: a 64-bit operation extends the sign of its 32 bits.
fn immediate(value: u64, width: Width) -> Result<i32, String> {
    let fits = match width {
        Width::W64 => i32::try_from(value as i64).is_ok(),
        Width::W32 => u32::try_from(value).is_ok() || i32::try_from(value as i64).is_ok(),
    };
    if fits { Ok(value as i32) } else { Err(format!("the host's {value} does not fit the instruction")) }
}

/// Offset and size of an access.
fn access(to: &Change, off: i16, size: Size) -> Result<(i16, Size), String> {
    expected(to, i64::from(off) as u64)?;
    let new =
        i16::try_from(to.now).map_err(|_| format!("the host's offset {} does not fit the instruction", to.now))?;
    let Some((was, now)) = to.bytes.filter(|(was, now)| was != now) else { return Ok((new, size)) };
    if !to.resizable {
        return Err(format!(
            "the field has {now} bytes in the host and {was} in the plugin, and is no unsigned number in both: \
             read it with BPF_CORE_READ_BITFIELD or bpf_core_field_size"
        ));
    }
    if size.bytes() != was {
        return Err(format!("an access of {} bytes to a field of {was} cannot be resized to {now}", size.bytes()));
    }
    let size = match now {
        1 => Size::B,
        2 => Size::H,
        4 => Size::W,
        8 => Size::DW,
        _ => return Err(resized(to, "an access")),
    };
    Ok((new, size))
}

fn resized(to: &Change, what: &str) -> String {
    let (was, now) = to.bytes.unwrap_or((0, 0));
    format!("{what} of {was} bytes cannot become one of {now}, which the host's field has")
}
