//! An object: what a file of bytes defines. Knows no host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::btf::{Btf, BtfError, Ext, TypeId};
use crate::elf::Elf;
use crate::error::{ObjectError, ObjectErrorKind};
use crate::func::{Func, func_types, functions};
use crate::license::license;
use crate::maps::{GlobalDef, KconfigVar, MapDef, Maps, initialisers};
use crate::reloc::{Target, is_code};

/// A program that an object defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDef {
    /// Name of the C function.
    pub name: Arc<str>,
    /// What `SEC()` says, without a leading `?`; `.text` for functions without.
    pub section: Arc<str>,
    /// Loaded with the rest of the object: false where `SEC()` starts with `?`, libbpf's mark of programs that are
    /// loaded only when they are asked for.
    pub autoload: bool,
    /// `__weak`.
    pub weak: bool,
    /// `__hidden`.
    pub hidden: bool,
    /// 8-byte instruction slots of the function alone.
    pub slots: u32,
    /// Its function.
    pub(crate) func: u32,
}

/// An object file, parsed: the same bytes give an equal object on every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    programs: Vec<ProgramDef>,
    maps: Vec<MapDef>,
    globals: Vec<GlobalDef>,
    license: String,
    btf: Option<Arc<Btf>>,
    /// Names of sections of code, by ELF index.
    pub(crate) sections: Vec<Arc<str>>,
    /// Symbols that code refers to without the object defining them, by ELF index: name, and whether BTF says that it is
    /// a function.
    pub(crate) symbols: BTreeMap<u32, (Box<str>, bool)>,
    pub(crate) funcs: Vec<Func>,
    pub(crate) kconfig: Option<u32>,
    pub(crate) kconfig_vars: Vec<KconfigVar>,
}

impl Object {
    /// Reads an ELF file as clang writes it for `-target bpf`.
    ///
    /// # Errors
    /// What is malformed, and where. What only one program refers to in vain is that program's error at
    /// [`link`](crate::link), and no error of the object.
    pub fn parse(data: &[u8]) -> Result<Object, ObjectError> {
        let elf = Elf::parse(data)?;
        let (btf, ext) = type_info(&elf)?;
        let mut maps = Maps::parse(&elf, btf.as_deref())?;
        let funcs = functions(&elf, &maps, btf.as_deref(), &ext)?;
        let at = |section: u32, byte: u64| {
            let slot = u32::try_from(byte / 8).ok().filter(|_| byte.is_multiple_of(8))?;
            let index = funcs.binary_search_by_key(&(section, slot), |f| (f.section, f.start)).ok()?;
            Some(funcs[index].name.clone())
        };
        initialisers(&mut maps, &elf, at)?;
        let sections = elf.sections.iter().map(|s| if is_code(s) { s.name.into() } else { "".into() });
        let sections: Vec<Arc<str>> = sections.collect();
        let symbols = symbols(&elf, &funcs, btf.as_deref());
        Ok(Object {
            programs: programs(&funcs, &sections),
            maps: maps.defs,
            globals: maps.globals,
            license: license(&elf)?,
            btf,
            sections,
            symbols,
            funcs,
            kconfig: maps.kconfig,
            kconfig_vars: maps.kconfig_vars,
        })
    }

    /// Its programs, in order of section and place.
    #[must_use]
    pub fn programs(&self) -> &[ProgramDef] {
        &self.programs
    }

    /// Index of the program with this name.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<usize> {
        self.programs.iter().position(|p| &*p.name == name)
    }

    /// Its maps: those it declares, then one per section of global variables.
    #[must_use]
    pub fn maps(&self) -> &[MapDef] {
        &self.maps
    }

    /// Index of the map with this name.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<usize> {
        self.maps.iter().position(|m| m.name == name)
    }

    /// Its global variables.
    #[must_use]
    pub fn globals(&self) -> &[GlobalDef] {
        &self.globals
    }

    /// The global variable with this name.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<&GlobalDef> {
        self.globals.iter().find(|g| g.name == name)
    }

    /// The licence it states, empty where it states none.
    #[must_use]
    pub fn license(&self) -> &str {
        &self.license
    }

    /// What a map's keys and values look like, as text: a map of another object may take this one's place if its
    /// [`MapSpec`](stingless_abi::MapSpec) and its layout are equal. Empty where the object does not say.
    ///
    /// For a section of global variables: each one's name, place and shape, in order.
    #[must_use]
    pub fn layout(&self, map: usize) -> String {
        let Some(spec) = self.maps.get(map).and_then(|m| m.spec.as_ref()) else { return String::new() };
        let shape = |ty: TypeId| match (&self.btf, ty) {
            (Some(btf), 1..) => btf.shape(ty),
            (Some(_) | None, _) => String::new(),
        };
        let inner = spec.inner.as_ref().map(|i| format!(" of {} -> {}", shape(i.btf.0), shape(i.btf.1)));
        if spec.btf != (0, 0) || inner.is_some() {
            return format!("{} -> {}{}", shape(spec.btf.0), shape(spec.btf.1), inner.unwrap_or_default());
        }
        let mut globals: Vec<&GlobalDef> = self.globals.iter().filter(|g| g.map as usize == map).collect();
        globals.sort_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
        let globals = globals.iter().map(|g| format!("{}:{}@{}+{}", g.name, shape(g.ty), g.offset, g.size));
        globals.collect::<Vec<_>>().join(",")
    }

    /// Name of a symbol that the object does not define, empty where it has none.
    pub(crate) fn symbol_name(&self, symbol: u32) -> &str {
        self.symbols.get(&symbol).map_or("", |s| &s.0)
    }

    /// Whether such a symbol is a function.
    pub(crate) fn symbol_is_function(&self, symbol: u32) -> bool {
        self.symbols.get(&symbol).is_some_and(|s| s.1)
    }

    /// Its type information.
    #[must_use]
    pub fn btf(&self) -> Option<&Arc<Btf>> {
        self.btf.as_ref()
    }
}

fn type_info(elf: &Elf<'_>) -> Result<(Option<Arc<Btf>>, Ext), ObjectError> {
    let err = |section: &'static str| {
        move |err: BtfError| ObjectError::new(section, err.offset, ObjectErrorKind::Btf(err.kind))
    };
    let Some((_, section)) = elf.section(".BTF") else { return Ok((None, Ext::default())) };
    if section.compressed {
        return Err(ObjectError::new(".BTF", 0, ObjectErrorKind::Unsupported { what: "a compressed section" }));
    }
    let btf = Btf::parse(section.data).map_err(err(".BTF"))?;
    let ext = match elf.section(".BTF.ext") {
        Some((_, section)) => Ext::parse(section.data, &btf).map_err(err(".BTF.ext"))?,
        None => Ext::default(),
    };
    Ok((Some(Arc::new(btf)), ext))
}

/// What poison will need to know.
fn symbols(elf: &Elf<'_>, funcs: &[Func], btf: Option<&Btf>) -> BTreeMap<u32, (Box<str>, bool)> {
    let named = |target: &Target| match *target {
        Target::Extern { symbol, .. } | Target::Unsupported { symbol, .. } => Some(symbol),
        Target::Func(_) | Target::Map(_) | Target::Data { .. } | Target::Kconfig { .. } => None,
    };
    let functions = func_types(btf);
    let used: BTreeSet<u32> = funcs.iter().flat_map(|f| &f.targets).filter_map(named).collect();
    let symbol = |index: u32| {
        let name = elf.symbols.get(index as usize)?.name;
        Some((index, (name.into(), functions.contains_key(name))))
    };
    used.into_iter().filter_map(symbol).collect()
}

/// Programs are the global functions outside `.text`; where there are none, those in it.
fn programs(funcs: &[Func], sections: &[Arc<str>]) -> Vec<ProgramDef> {
    let of = |text: bool| {
        let fits =
            move |f: &&Func| f.global && !f.name.is_empty() && (&*sections[f.section as usize] == ".text") == text;
        (0..).zip(funcs).filter(move |(_, f)| fits(f)).map(|(func, f)| ProgramDef {
            name: f.name.clone(),
            section: sections[f.section as usize]
                .strip_prefix('?')
                .map_or_else(|| sections[f.section as usize].clone(), Arc::from),
            autoload: !sections[f.section as usize].starts_with('?'),
            weak: f.weak,
            hidden: f.hidden,
            slots: f.end - f.start,
            func,
        })
    };
    let programs: Vec<ProgramDef> = of(false).collect();
    if programs.is_empty() { of(true).collect() } else { programs }
}
