//! Initial values of prog arrays and maps of maps: relocations of the `.maps` section.

use std::sync::Arc;

use super::{Maps, error};
use crate::elf::{Elf, Place, R_BPF_64_64, R_BPF_64_ABS64, Symbol, SymbolKind};
use crate::error::{MapProblem, ObjectError};

/// Fills in the initial values. `program` names the function at a place in a section.
pub(crate) fn initialisers(
    maps: &mut Maps,
    elf: &Elf<'_>,
    program: impl Fn(u32, u64) -> Option<Arc<str>>,
) -> Result<(), ObjectError> {
    let Some((_, section)) = elf.section(".maps").filter(|(_, s)| !s.exec) else { return Ok(()) };
    let mut values = maps.values.clone();
    values.sort_unstable_by_key(|v| v.1);
    for reloc in &section.relocs {
        let symbol = &elf.symbols[reloc.symbol as usize];
        let after = values.partition_point(|v| v.1 <= reloc.offset);
        let slot = after.checked_sub(1).map(|i| values[i]).filter(|v| reloc.offset - v.1 < v.2);
        let Some((map, start, _)) = slot else {
            return Err(unknown(section.name, reloc.offset, "", symbol));
        };
        let bad = |maps: &Maps| unknown(section.name, reloc.offset, &maps.defs[map as usize].name, symbol);
        if !matches!(reloc.kind, R_BPF_64_ABS64 | R_BPF_64_64) || (reloc.offset - start) % 8 != 0 {
            return Err(bad(maps));
        }
        let key = u32::try_from((reloc.offset - start) / 8).map_err(|_| bad(maps))?;
        let Place::Section(place) = symbol.place else { return Err(bad(maps)) };
        // The addend of a record against a section stands in the bytes that are relocated.
        let addend = usize::try_from(reloc.offset).ok().and_then(|at| section.data.get(at..)?.first_chunk());
        let addend = if symbol.kind == SymbolKind::Section { addend.map_or(0, |b| u64::from_le_bytes(*b)) } else { 0 };
        let at = symbol.value.checked_add(addend).ok_or_else(|| bad(maps))?;
        if let Some(target) = program(place, at) {
            maps.defs[map as usize].programs.push((key, target));
        } else if let Some(&inner) = maps.at.get(&(place, at)) {
            maps.defs[map as usize].inner_maps.push((key, inner));
        } else {
            return Err(bad(maps));
        }
    }
    Ok(())
}

fn unknown(section: &str, offset: u64, map: &str, symbol: &Symbol<'_>) -> ObjectError {
    error(section, offset, map, MapProblem::Initialiser { symbol: symbol.name.to_owned() })
}
