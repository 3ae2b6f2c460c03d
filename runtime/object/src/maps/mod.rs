//! Maps that an object defines: in `.maps`, in the older `maps`, and one per section of global variables.

mod definition;
mod legacy;
mod relocs;

use std::collections::BTreeMap;
use std::sync::Arc;

use stingless_abi::{MapKind, MapSpec};

use crate::btf::{Btf, Kind, TypeId};
use crate::elf::{Elf, Place, Symbol, SymbolKind};
use crate::error::{MapProblem, ObjectError, ObjectErrorKind, budget, within};

pub(crate) use relocs::initialisers;

/// A map that an object defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapDef {
    /// Name of the variable, or of the section for global variables.
    pub name: String,
    /// Section that defines it.
    pub section: String,
    /// Linux's number of its kind, whether this runtime has it or not.
    pub kind: u32,
    /// Its shape; `None` where this runtime does not have the kind. Programs that use it fail to link.
    pub spec: Option<MapSpec>,
    /// What it is made of.
    pub source: MapSource,
    /// Bytes of the first value before the first program runs: see [`Object::contents`](crate::Object::contents).
    pub contents: Contents,
    /// Nothing changes it once it is filled: `.rodata` and `.kconfig`.
    pub frozen: bool,
    /// Programs that a prog array holds from the start: (key, name).
    pub programs: Vec<(u32, Arc<str>)>,
    /// Maps that a map of maps holds from the start: (key, index of the map).
    pub inner_maps: Vec<(u32, u32)>,
    /// Shape of the maps in a map of maps.
    pub inner: Option<Box<MapDef>>,
}

/// How a map was defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapSource {
    /// A struct in `.maps`, described by BTF.
    Btf,
    /// A `struct bpf_map_def` in `maps`.
    Legacy,
    /// A section of global variables.
    Data,
    /// The `extern ... __kconfig` variables.
    Kconfig,
}

/// What a map holds from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Nothing, or zeros.
    Empty,
    /// The bytes of a data section.
    Bytes(Arc<[u8]>),
}

/// A global variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalDef {
    /// Name.
    pub name: String,
    /// Index of the map that holds its section.
    pub map: u32,
    /// Byte offset in the section.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
    /// Its BTF type, 0 where unknown.
    pub ty: TypeId,
}

/// An `extern ... __kconfig` variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KconfigVar {
    pub(crate) name: String,
    pub(crate) offset: u32,
    pub(crate) ty: TypeId,
    pub(crate) size: u32,
    pub(crate) weak: bool,
}

/// All maps, and the way from a symbol to its map.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    pub(crate) defs: Vec<MapDef>,
    /// Definitions by (section, byte offset).
    pub(crate) at: BTreeMap<(u32, u64), u32>,
    /// Sections of global variables.
    pub(crate) data: BTreeMap<u32, u32>,
    pub(crate) globals: Vec<GlobalDef>,
    /// The map of `__kconfig` variables, if there are any.
    pub(crate) kconfig: Option<u32>,
    pub(crate) kconfig_vars: Vec<KconfigVar>,
    /// Those variables by ELF symbol.
    pub(crate) kconfig_at: BTreeMap<u32, u32>,
    /// Where `.maps` arrays of initial values are: (map, byte offset in the section, length).
    values: Vec<(u32, u64, u64)>,
}

pub(crate) fn error(section: &str, offset: u64, map: &str, problem: MapProblem) -> ObjectError {
    ObjectError::new(section, offset, ObjectErrorKind::Map { map: map.to_owned(), problem })
}

impl Maps {
    /// Finds every map of an object.
    pub(crate) fn parse(elf: &Elf<'_>, btf: Option<&Btf>) -> Result<Maps, ObjectError> {
        let mut maps = Maps::default();
        for (section, index) in elf.sections.iter().zip(0..) {
            if !section.exec && (section.name == "maps" || section.name.starts_with("maps/")) {
                maps.legacy(elf, index, btf)?;
            }
        }
        if let Some((index, section)) = elf.section(".maps").filter(|(_, s)| !s.exec && s.size > 0) {
            let none = || error(section.name, 0, "", MapProblem::NoBtf);
            maps.definitions(elf, index, btf.ok_or_else(none)?)?;
        }
        maps.globals(elf, btf)?;
        if let Some(btf) = btf {
            maps.kconfig(elf, btf)?;
        }
        Ok(maps)
    }

    fn push(&mut self, def: MapDef) -> Result<u32, ObjectError> {
        let (section, index) = (def.section.clone(), self.defs.len());
        self.defs.push(def);
        within("maps", self.defs.len() as u64, budget::MAPS as u64).map_err(|k| ObjectError::new(&section, 0, k))?;
        Ok(index as u32)
    }

    /// One map per section of global variables.
    fn globals(&mut self, elf: &Elf<'_>, btf: Option<&Btf>) -> Result<(), ObjectError> {
        let mut total = 0u64;
        for (section, index) in elf.sections.iter().zip(0..) {
            if section.exec || !is_data(section.name) || section.size == 0 || !(section.progbits || section.nobits) {
                continue;
            }
            let err = |kind| ObjectError::new(section.name, 0, kind);
            if section.compressed {
                return Err(err(ObjectErrorKind::Unsupported { what: "a compressed section" }));
            }
            total = total.saturating_add(section.size);
            within("bytes of global variables", total, budget::DATA).map_err(err)?;
            let frozen = section.name.starts_with(".rodata");
            // Within the budget, so it fits.
            let mut spec = MapSpec::new(section.name, MapKind::Array, 4, section.size as u32, 1);
            if frozen {
                spec.flags = stingless_abi::map::F_RDONLY_PROG;
            }
            let contents = if section.nobits { Contents::Empty } else { Contents::Bytes(section.data.into()) };
            let def = MapDef::new(section.name, section.name, MapSource::Data, spec);
            let map = self.push(MapDef { contents, frozen, ..def })?;
            self.data.insert(index, map);
        }
        self.variables(elf, btf)
    }

    /// The variables of those sections, and what is special in them.
    fn variables(&mut self, elf: &Elf<'_>, btf: Option<&Btf>) -> Result<(), ObjectError> {
        let mut types = BTreeMap::new();
        for (id, ty) in (0..).zip(btf.map_or(&[][..], Btf::types)) {
            if let (Kind::Var { ty: of, .. }, Some(btf)) = (&ty.kind, btf) {
                types.insert(btf.string(btf.types()[id as usize].name), *of);
            }
        }
        for symbol in &elf.symbols {
            let Place::Section(section) = symbol.place else { continue };
            let Some(&map) = self.data.get(&section) else { continue };
            if !matches!(symbol.kind, SymbolKind::Object | SymbolKind::NoType) || symbol.size == 0 {
                continue;
            }
            let def = &mut self.defs[map as usize];
            let Some(spec) = def.spec.as_mut() else { continue };
            let limit = u64::from(spec.value_size);
            if symbol.value.checked_add(symbol.size).is_none_or(|end| end > limit) {
                let kind = ObjectErrorKind::Malformed { what: "a variable's offset", found: symbol.value, limit };
                return Err(ObjectError::new(&def.section, symbol.value, kind));
            }
            let (offset, size) = (symbol.value as u32, symbol.size as u32);
            let ty = types.get(symbol.name).copied().unwrap_or(0);
            if let Some(btf) = btf.filter(|b| b.size_of(ty) == Some(size)) {
                let fields = btf.special_fields(ty);
                let fields = fields.map_err(|k| ObjectError::new(".BTF", 0, ObjectErrorKind::Btf(k)))?;
                spec.special.extend(fields.into_iter().map(|mut f| {
                    f.off += offset;
                    f
                }));
            }
            self.globals.push(GlobalDef { name: symbol.name.to_owned(), map, offset, size, ty });
        }
        for def in &mut self.defs {
            if let Some(spec) = &mut def.spec {
                spec.special.sort_by_key(|f| f.off);
                spec.special.dedup();
            }
        }
        Ok(())
    }

    /// The map that stands for the kernel's configuration: variables one after another, each aligned to its size.
    fn kconfig(&mut self, elf: &Elf<'_>, btf: &Btf) -> Result<(), ObjectError> {
        let Some(section) = btf.find(".kconfig", |k| matches!(k, Kind::Datasec { .. })) else { return Ok(()) };
        let Some(Kind::Datasec { vars, .. }) = btf.get(section).map(|t| &t.kind) else { return Ok(()) };
        let undefined: BTreeMap<&str, (u32, &Symbol<'_>)> = (0..)
            .zip(&elf.symbols)
            .filter(|(_, s)| s.place == Place::Undefined && !s.name.is_empty())
            .map(|(i, s)| (s.name, (i, s)))
            .collect();
        let mut end = 0u32;
        for var in vars {
            let Some(Kind::Var { ty, .. }) = btf.get(var.ty).map(|t| &t.kind) else { continue };
            let bad = || error(".BTF", 0, ".kconfig", MapProblem::NotADefinition);
            let size = btf.size_of(*ty).filter(|&s| s <= 4096).ok_or_else(bad)?;
            let name = btf.name(var.ty);
            let Some(&(index, symbol)) = undefined.get(name) else { continue };
            let offset = end.next_multiple_of(btf.align_of(*ty));
            end = offset + size;
            within("bytes of global variables", end.into(), budget::DATA)
                .map_err(|k| ObjectError::new(".BTF", 0, k))?;
            let (name, weak) = (name.to_owned(), symbol.weak);
            self.kconfig_at.insert(index, self.kconfig_vars.len() as u32);
            self.kconfig_vars.push(KconfigVar { name, offset, ty: *ty, size, weak });
        }
        if end > 0 {
            let mut spec = MapSpec::new(".kconfig", MapKind::Array, 4, end, 1);
            spec.flags = stingless_abi::map::F_RDONLY_PROG;
            let def = MapDef::new(".kconfig", ".kconfig", MapSource::Kconfig, spec);
            self.kconfig = Some(self.push(MapDef { frozen: true, ..def })?);
        }
        Ok(())
    }
}

impl MapDef {
    fn new(name: &str, section: &str, source: MapSource, spec: MapSpec) -> MapDef {
        MapDef {
            name: name.to_owned(),
            section: section.to_owned(),
            kind: spec.kind as u32,
            spec: Some(spec),
            source,
            contents: Contents::Empty,
            frozen: false,
            programs: Vec::new(),
            inner_maps: Vec::new(),
            inner: None,
        }
    }
}

/// Whether a section holds global variables, by libbpf's names.
pub(crate) fn is_data(section: &str) -> bool {
    [".rodata", ".data", ".bss"]
        .iter()
        .any(|base| section.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
