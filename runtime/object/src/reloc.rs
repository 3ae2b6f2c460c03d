//! What instructions refer to: relocations, and calls that the assembler resolved within a section.

use std::collections::BTreeSet;

use stingless_isa::RawInsn;

use crate::elf::{Elf, Place, R_BPF_64_32, R_BPF_64_64, Reloc, Section, Symbol};
use crate::error::{ObjectError, ObjectErrorKind};
use crate::maps::Maps;

/// What an instruction refers to. Symbols are indices of the ELF table: their names are kept once, by the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// Function, by index.
    Func(u32),
    /// Map, by index.
    Map(u32),
    /// A byte of a section of global variables.
    Data { map: u32, offset: u32 },
    /// An `extern ... __kconfig` variable, by index, and a byte offset into it.
    Kconfig { var: u32, offset: u32 },
    /// Something that the object does not define.
    Extern { symbol: u32, weak: bool },
    /// Something that a program cannot refer to; symbol 0 has no name.
    Unsupported { symbol: u32, why: Why },
}

/// Why a program cannot refer to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    TwoRelocations,
    Relocation { kind: u32, opcode: u8 },
    NotCode,
    NoInstruction,
    OutsideSection { slot: i64 },
    NoFunction { slot: u32 },
    NoSection,
    NoGlobals,
    OutsideData { offset: i64, size: u64 },
}

impl core::fmt::Display for Why {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Why::TwoRelocations => write!(f, "two relocations apply to one instruction"),
            Why::Relocation { kind, opcode } => {
                write!(f, "relocation type {kind} does not apply to opcode {opcode:#04x}")
            }
            Why::NotCode => write!(f, "it is called, but is not code"),
            Why::NoInstruction => write!(f, "it refers to no instruction"),
            Why::OutsideSection { slot } => write!(f, "slot {slot} is outside the section"),
            Why::NoFunction { slot } => write!(f, "no function starts at slot {slot} of its section"),
            Why::NoSection => write!(f, "it is in no section"),
            Why::NoGlobals => write!(f, "its section holds neither code, maps nor global variables"),
            Why::OutsideData { offset, size } => {
                write!(f, "offset {offset} is outside its section, which has {size} bytes")
            }
        }
    }
}

/// A reference before functions are known: code is named by section and slot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawTarget {
    Code { section: u32, slot: u32, symbol: u32 },
    Known(Target),
}

/// One instruction that refers to something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    /// Slot in its section.
    pub(crate) slot: u32,
    pub(crate) target: RawTarget,
}

const LDDW: u8 = 0x18;
const CALL: u8 = 0x85;
/// `src_reg` of a call of a function in the same code.
const PSEUDO_CALL: u8 = 1;
/// `src_reg` of a 64-bit immediate that is a function in the same code.
const PSEUDO_FUNC: u8 = 4;

/// The slot of a section's code as fields; the caller knows that it exists.
fn raw(code: &[u8], slot: usize) -> RawInsn {
    code[slot * 8..].first_chunk().map_or(RawInsn::default(), |b| RawInsn::from_bytes(*b))
}

const fn unsupported(symbol: u32, why: Why) -> RawTarget {
    RawTarget::Known(Target::Unsupported { symbol, why })
}

/// All references of a section of code, in order of their slot, one per slot.
pub(crate) fn sites(elf: &Elf<'_>, index: u32, maps: &Maps) -> Result<Vec<Site>, ObjectError> {
    let section = &elf.sections[index as usize];
    let mut sites: Vec<Site> = Vec::with_capacity(section.relocs.len());
    for reloc in &section.relocs {
        let limit = section.data.len() as u64;
        if reloc.offset >= limit || reloc.offset % 8 != 0 {
            let kind = ObjectErrorKind::Malformed { what: "a relocation's offset", found: reloc.offset, limit };
            return Err(ObjectError::new(section.name, reloc.offset, kind));
        }
        let slot = (reloc.offset / 8) as u32;
        let target = match sites.last() {
            Some(last) if last.slot == slot => {
                sites.pop();
                unsupported(reloc.symbol, Why::TwoRelocations)
            }
            Some(_) | None => relocated(elf, section, *reloc, maps),
        };
        sites.push(Site { slot, target });
    }
    resolved_by_assembler(section.data, index, &mut sites);
    Ok(sites)
}

/// Adds calls and function references without a relocation: distances within the section.
fn resolved_by_assembler(code: &[u8], section: u32, sites: &mut Vec<Site>) {
    let known: BTreeSet<u32> = sites.iter().map(|s| s.slot).collect();
    let mut slot = 0;
    while slot < code.len() / 8 {
        let insn = raw(code, slot);
        let local = match insn.opcode {
            CALL => insn.src == PSEUDO_CALL,
            LDDW => insn.src == PSEUDO_FUNC,
            _ => false,
        };
        if local && !known.contains(&(slot as u32)) {
            let to = slot as i64 + 1 + i64::from(insn.imm);
            let target = match u32::try_from(to) {
                Ok(slot) => RawTarget::Code { section, slot, symbol: 0 },
                Err(_) => unsupported(0, Why::OutsideSection { slot: to }),
            };
            sites.push(Site { slot: slot as u32, target });
        }
        slot += if insn.opcode == LDDW { 2 } else { 1 };
    }
    sites.sort_by_key(|s| s.slot);
}

fn relocated(elf: &Elf<'_>, section: &Section<'_>, reloc: Reloc, maps: &Maps) -> RawTarget {
    let insn = raw(section.data, (reloc.offset / 8) as usize);
    match (insn.opcode, reloc.kind) {
        (CALL, R_BPF_64_32) => callee(elf, reloc.symbol, insn.imm),
        (LDDW, R_BPF_64_64) => address(elf, reloc.symbol, insn.imm, maps),
        (opcode, kind) => unsupported(reloc.symbol, Why::Relocation { kind, opcode }),
    }
}

/// A call: the immediate is the distance in slots from one past the symbol.
fn callee(elf: &Elf<'_>, index: u32, imm: i32) -> RawTarget {
    let symbol = &elf.symbols[index as usize];
    match symbol.place {
        Place::Undefined => RawTarget::Known(Target::Extern { symbol: index, weak: symbol.weak }),
        Place::Section(section) if is_code(&elf.sections[section as usize]) => {
            code(section, index, signed(symbol.value).saturating_add((i64::from(imm) + 1) * 8))
        }
        Place::Section(_) | Place::Other => unsupported(index, Why::NotCode),
    }
}

/// Offsets beyond 63 bits are outside of everything, and stay so.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn code(section: u32, symbol: u32, at: i64) -> RawTarget {
    match u32::try_from(at / 8) {
        Ok(slot) if at >= 0 && at % 8 == 0 => RawTarget::Code { section, slot, symbol },
        Ok(_) | Err(_) => unsupported(symbol, Why::NoInstruction),
    }
}

/// An address: the immediate is an addend in bytes.
fn address(elf: &Elf<'_>, index: u32, imm: i32, maps: &Maps) -> RawTarget {
    let symbol = &elf.symbols[index as usize];
    let at = signed(symbol.value).saturating_add(imm.into());
    let place = match symbol.place {
        Place::Undefined => return RawTarget::Known(undefined(index, symbol, imm, maps)),
        Place::Section(place) => place,
        Place::Other => return unsupported(index, Why::NoSection),
    };
    let section = &elf.sections[place as usize];
    if is_code(section) {
        return code(place, index, at);
    }
    let offset = u64::try_from(at).ok();
    if let Some(&map) = offset.and_then(|offset| maps.at.get(&(place, offset))) {
        return RawTarget::Known(Target::Map(map));
    }
    let Some(&map) = maps.data.get(&place) else {
        return unsupported(index, Why::NoGlobals);
    };
    match offset.filter(|&o| o <= section.size).and_then(|o| u32::try_from(o).ok()) {
        Some(offset) => RawTarget::Known(Target::Data { map, offset }),
        None => unsupported(index, Why::OutsideData { offset: at, size: section.size }),
    }
}

fn undefined(index: u32, symbol: &Symbol<'_>, imm: i32, maps: &Maps) -> Target {
    let weak = symbol.weak;
    let Some(&var) = maps.kconfig_at.get(&index) else { return Target::Extern { symbol: index, weak } };
    let size = maps.kconfig_vars[var as usize].size;
    match u32::try_from(imm) {
        Ok(offset) if offset <= size => Target::Kconfig { var, offset },
        Ok(_) | Err(_) => {
            let why = Why::OutsideData { offset: imm.into(), size: size.into() };
            Target::Unsupported { symbol: index, why }
        }
    }
}

/// Whether a section holds instructions.
pub(crate) fn is_code(section: &Section<'_>) -> bool {
    section.exec && section.progbits && section.size > 0
}
