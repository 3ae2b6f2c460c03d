//! Maps of the older `maps` section: `struct bpf_map_def`, five 32-bit numbers, perhaps with zeros behind.

use stingless_abi::{MapKind, MapSpec};

use super::{MapDef, MapSource, Maps, error};
use crate::btf::{Btf, Kind};
use crate::elf::{Elf, Symbol, SymbolKind};
use crate::error::{MapProblem, ObjectError, ObjectErrorKind};

/// Bytes of the five numbers: kind, key size, value size, entries, flags.
const DEF: usize = 20;

impl Maps {
    pub(super) fn legacy(&mut self, elf: &Elf<'_>, index: u32, btf: Option<&Btf>) -> Result<(), ObjectError> {
        let section = &elf.sections[index as usize];
        let mut symbols: Vec<&Symbol<'_>> =
            elf.symbols_in(index).filter(|s| s.kind != SymbolKind::Section && !s.name.is_empty()).collect();
        symbols.sort_by_key(|s| s.value);
        symbols.dedup_by_key(|s| s.value);
        let (bytes, count) = (section.data.len(), symbols.len());
        if count == 0 {
            return Ok(());
        }
        let stride = bytes / count;
        if stride < DEF || !bytes.is_multiple_of(count) {
            let problem = MapProblem::Stride { bytes: bytes as u64, symbols: count as u64 };
            return Err(error(section.name, 0, "", problem));
        }
        for symbol in symbols {
            let err = |problem| error(section.name, symbol.value, symbol.name, problem);
            let start = usize::try_from(symbol.value).ok().filter(|s| s.is_multiple_of(stride));
            let def = start.and_then(|s| section.data.get(s..)?.get(..stride));
            let (numbers, rest) = def.ok_or_else(|| err(MapProblem::NotADefinition))?.split_at(DEF);
            if rest.iter().any(|&b| b != 0) {
                return Err(err(MapProblem::Trailing));
            }
            let word = |n: usize| numbers[n * 4..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
            let kind = MapKind::from_number(word(0));
            let mut spec = MapSpec::new(symbol.name, kind.unwrap_or(MapKind::Array), word(1), word(2), word(3));
            spec.flags = word(4);
            if let Some(btf) = btf {
                types(&mut spec, btf)?;
            }
            let def = MapDef::new(symbol.name, section.name, MapSource::Legacy, spec);
            let spec = def.spec.filter(|_| kind.is_some());
            let map = self.push(MapDef { kind: word(0), spec, ..def })?;
            self.at.insert((index, symbol.value), map);
        }
        Ok(())
    }
}

/// `BPF_ANNOTATE_KV_PAIR`: a struct `____btf_map_NAME` with members `key` and `value`.
fn types(spec: &mut MapSpec, btf: &Btf) -> Result<(), ObjectError> {
    let name = format!("____btf_map_{}", spec.name);
    let Some(pair) = btf.find(&name, |k| matches!(k, Kind::Struct(_))) else { return Ok(()) };
    let of = |member, size| btf.member(pair, member).map(|m| m.ty).filter(|&t| btf.size_of(t) == Some(size));
    if let (Some(key), Some(value)) = (of("key", spec.key_size), of("value", spec.value_size)) {
        spec.btf = (key, value);
        spec.special =
            btf.special_fields(value).map_err(|kind| ObjectError::new(".BTF", 0, ObjectErrorKind::Btf(kind)))?;
    }
    Ok(())
}
