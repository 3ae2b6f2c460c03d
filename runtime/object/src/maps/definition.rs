//! Maps of the `.maps` section: a struct whose members' *types* say what the map is.

use std::collections::BTreeMap;

use stingless_abi::{MapKind, MapSpec};

use super::{MapDef, MapSource, Maps, error};
use crate::btf::{Btf, Kind, TypeId};
use crate::elf::{Elf, Symbol, SymbolKind};
use crate::error::{MapProblem, ObjectError, ObjectErrorKind};

/// Entries of a map that says none: more than any machine that we run on has CPUs.
const MAX_CPUS: u32 = 512;

/// What the members say.
#[derive(Default)]
struct Raw {
    kind: u32,
    key_size: Option<u32>,
    value_size: Option<u32>,
    max_entries: u32,
    flags: u32,
    pin_by_name: bool,
    btf: (TypeId, TypeId),
    extra: u32,
    /// Byte offset of the array of initial values.
    values: Option<u32>,
    /// The struct that describes the maps in it.
    inner: Option<TypeId>,
}

impl Maps {
    /// Reads the section's variables in the order that BTF lists them.
    pub(super) fn definitions(&mut self, elf: &Elf<'_>, index: u32, btf: &Btf) -> Result<(), ObjectError> {
        let section = &elf.sections[index as usize];
        let symbols: BTreeMap<&str, &Symbol<'_>> =
            elf.symbols_in(index).filter(|s| s.kind != SymbolKind::Section).map(|s| (s.name, s)).collect();
        let datasec = btf.find(".maps", |k| matches!(k, Kind::Datasec { .. })).and_then(|id| btf.get(id));
        let Some(Kind::Datasec { vars, .. }) = datasec.map(|t| &t.kind) else {
            return Err(error(section.name, 0, "", MapProblem::NoBtf));
        };
        for var in vars {
            let Some(Kind::Var { ty, .. }) = btf.get(var.ty).map(|t| &t.kind) else { continue };
            let name = btf.name(var.ty);
            let symbol = symbols.get(name).ok_or_else(|| error(section.name, 0, name, MapProblem::NoSymbol))?;
            let at = symbol.value;
            let err = |problem| error(section.name, at, name, problem);
            let size = btf.size_of(*ty).unwrap_or(0);
            if at.checked_add(size.into()).is_none_or(|end| end > section.size) {
                return Err(err(MapProblem::NotADefinition));
            }
            let raw = members(btf, *ty, 0).map_err(err)?;
            let values = raw.values;
            let def = define(raw, name, section.name, btf)?;
            let map = self.push(def)?;
            self.at.insert((index, at), map);
            if let Some(offset) = values {
                // The array has no length: it ends where the variable does.
                self.values.push((map, at + u64::from(offset), symbol.size.saturating_sub(offset.into())));
            }
        }
        Ok(())
    }
}

/// Reads a definition. `depth` is 1 for the maps in a map of maps.
fn members(btf: &Btf, ty: TypeId, depth: u32) -> Result<Raw, MapProblem> {
    let Kind::Struct(c) = btf.resolved(ty) else { return Err(MapProblem::NotADefinition) };
    let mut raw = Raw::default();
    for m in &c.members {
        let name = btf.string(m.name);
        let number = || {
            number(btf, m.ty)
                .ok_or_else(|| MapProblem::BadMember { member: name.to_owned(), want: "__uint(name, value)" })
        };
        match name {
            "type" => raw.kind = number()?,
            "max_entries" => raw.max_entries = number()?,
            "map_flags" => raw.flags = number()?,
            "map_extra" => raw.extra = number()?,
            // Where memory is taken from is the host's business.
            "numa_node" => _ = number()?,
            "pinning" => {
                let pinning = number()?;
                let want = "__uint(pinning, LIBBPF_PIN_NONE) or __uint(pinning, LIBBPF_PIN_BY_NAME)";
                if pinning > 1 {
                    return Err(MapProblem::BadMember { member: name.to_owned(), want });
                }
                raw.pin_by_name = pinning == 1;
            }
            "key_size" => size("key_size", &mut raw.key_size, number()?)?,
            "value_size" => size("value_size", &mut raw.value_size, number()?)?,
            "key" => raw.btf.0 = pointee(btf, m.ty, name, "key_size", &mut raw.key_size)?,
            "value" => raw.btf.1 = pointee(btf, m.ty, name, "value_size", &mut raw.value_size)?,
            "values" if depth == 0 => {
                let want = "__array(values, int ()) or __array(values, struct { .. })";
                raw.inner = values(btf, m.ty).ok_or(MapProblem::BadMember { member: name.to_owned(), want })?;
                raw.values = Some(m.bit_offset / 8);
                size("value_size", &mut raw.value_size, 4)?;
            }
            _ => return Err(MapProblem::UnknownMember { member: name.to_owned() }),
        }
    }
    Ok(raw)
}

fn size(member: &'static str, slot: &mut Option<u32>, found: u32) -> Result<(), MapProblem> {
    match *slot {
        Some(first) if first != found => Err(MapProblem::Conflict { member, first, second: found }),
        Some(_) | None => {
            *slot = Some(found);
            Ok(())
        }
    }
}

/// `__uint(name, n)` is a pointer to an array of n; `__ulong(name, n)` an enumeration whose only name is n.
fn number(btf: &Btf, ty: TypeId) -> Option<u32> {
    match btf.resolved(ty) {
        Kind::Ptr(target) => match btf.resolved(*target) {
            Kind::Array { len, .. } => Some(*len),
            _ => None,
        },
        Kind::Enum { values, .. } => u32::try_from(values.first()?.value).ok(),
        _ => None,
    }
}

/// `__type(name, t)` is a pointer to t.
fn pointee(
    btf: &Btf,
    ty: TypeId,
    name: &str,
    member: &'static str,
    slot: &mut Option<u32>,
) -> Result<TypeId, MapProblem> {
    let bad = || MapProblem::BadMember { member: name.to_owned(), want: "__type(name, a type with a size)" };
    let Kind::Ptr(target) = btf.resolved(ty) else { return Err(bad()) };
    size(member, slot, btf.size_of(*target).ok_or_else(bad)?)?;
    Ok(*target)
}

/// `__array(values, t)` is an array of pointers to t: functions, or a struct that describes the maps in this one.
fn values(btf: &Btf, ty: TypeId) -> Option<Option<TypeId>> {
    let Kind::Array { elem, .. } = btf.resolved(ty) else { return None };
    let Kind::Ptr(target) = btf.resolved(*elem) else { return None };
    match btf.resolved(*target) {
        Kind::FuncProto { .. } => Some(None),
        Kind::Struct(_) => Some(Some(*target)),
        _ => None,
    }
}

/// Room for values of sockets, in bytes.
const STORAGE_BYTES: u32 = 4 << 20;
/// Least and most sockets that have room for a value.
const STORAGE_SOCKETS: (u32, u32) = (64, 4096);

impl MapDef {
    /// The map's shape, with as many elements as a host says (by the map's name). A map that says none, and of which the
    /// host says none, has one for each CPU: that is what programs leave to their loaders.
    #[must_use]
    pub fn sized(&self, entries: &BTreeMap<String, u32>) -> Option<MapSpec> {
        let mut spec = self.spec.clone()?;
        match entries.get(&self.name) {
            Some(&entries) if spec.kind.is_ring() => spec.max_entries = ring_bytes(entries),
            Some(&entries) => spec.max_entries = entries,
            None if spec.max_entries == 0 && !spec.kind.is_ring() => spec.max_entries = MAX_CPUS,
            None => {}
        }
        Some(spec)
    }
}

/// Bytes of a ring, which are a power of two and whole pages: the next that are, as loaders of Linux have it.
fn ring_bytes(asked: u32) -> u32 {
    asked.checked_next_power_of_two().map_or(asked, |bytes| bytes.max(4096))
}

fn define(raw: Raw, name: &str, section: &str, btf: &Btf) -> Result<MapDef, ObjectError> {
    let kind = MapKind::from_number(raw.kind);
    let (key_size, value_size) = (raw.key_size.unwrap_or(0), raw.value_size.unwrap_or(0));
    // A kind that is not known takes the whole shape with it, below.
    let mut spec = MapSpec::new(name, kind.unwrap_or(MapKind::Array), key_size, value_size, raw.max_entries);
    spec.flags = raw.flags;
    if spec.kind.is_ring() && spec.max_entries != 0 {
        spec.max_entries = ring_bytes(spec.max_entries);
    }
    if kind == Some(MapKind::SkStorage) && spec.max_entries == 0 {
        // Linux has no limit; here room is made beforehand: for that many sockets, or fewer with large values.
        spec.max_entries = (STORAGE_BYTES / value_size.max(1)).clamp(STORAGE_SOCKETS.0, STORAGE_SOCKETS.1);
    }
    spec.pin_by_name = raw.pin_by_name;
    spec.btf = raw.btf;
    if raw.btf.1 != 0 {
        spec.special =
            btf.special_fields(raw.btf.1).map_err(|kind| ObjectError::new(".BTF", 0, ObjectErrorKind::Btf(kind)))?;
    }
    if kind == Some(MapKind::BloomFilter) && raw.extra < 16 {
        spec.extra = raw.extra;
    } else if raw.extra != 0 && kind.is_some() {
        let problem = MapProblem::BadMember { member: "map_extra".to_owned(), want: "0 for this kind of map" };
        return Err(error(section, 0, name, problem));
    }
    let inner = match raw.inner {
        Some(ty) => {
            let inner = members(btf, ty, 1).map_err(|p| error(section, 0, name, p))?;
            Some(Box::new(define(inner, &format!("{name}.inner"), section, btf)?))
        }
        None => None,
    };
    // An inner map of a kind that is not there takes the outer one with it.
    let whole = inner.as_ref().is_none_or(|inner| inner.spec.is_some());
    if kind.is_some_and(MapKind::holds_maps) {
        spec.inner = inner.as_ref().and_then(|inner| inner.spec.clone()).map(Box::new);
    }
    let def = MapDef::new(name, section, MapSource::Btf, spec);
    let spec = def.spec.filter(|_| kind.is_some() && whole);
    Ok(MapDef { kind: raw.kind, inner, spec, ..def })
}
