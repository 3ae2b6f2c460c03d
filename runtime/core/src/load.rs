//! Loading: link, create maps, verify, compile, publish; all or nothing of one collection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use stingless_abi::{HookDef, MapSpec, ProtoTable, Trust};
use stingless_isa::{Callee, Insn};
use stingless_object::{Env, LinkError, MapDef, Object, ProgramDef, Unit};
use stingless_verifier::{Verified, verify};

use crate::collection::{Collection, Generation, LoadedEach, ProgramInfo, Refused};
use crate::error::{Error, Result};
use crate::helper::HelperRow;
use crate::linker::Linker;
use crate::maps::Map;
use crate::vm::{Builder, Program, bind_prog_arrays};

/// One load in progress.
pub(crate) struct Load<'l> {
    linker: &'l Linker,
    protos: ProtoTable,
    /// Maps to be used in place of new ones, by name, with their layouts: those that a reload carries over.
    carried: BTreeMap<String, (Map, String)>,
    /// What keys and values of each map look like.
    layouts: BTreeMap<String, String>,
    /// One per map of the object; `None` for kinds that are not there, which fails only programs that use them.
    maps: Vec<Option<Map>>,
    tail_calls: Vec<(usize, u32, String)>,
    /// The hook of every program, whatever its section says.
    forced: Option<Arc<HookDef>>,
    verified: Vec<(Verified, ProgramInfo)>,
    refused: Vec<Refused>,
}

impl<'l> Load<'l> {
    pub(crate) fn new(linker: &'l Linker) -> Load<'l> {
        Load {
            linker,
            protos: linker.protos(),
            carried: BTreeMap::new(),
            layouts: BTreeMap::new(),
            maps: Vec::new(),
            tail_calls: Vec::new(),
            forced: None,
            verified: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Takes every program as one of this hook.
    pub(crate) fn hook(mut self, hook: Option<Arc<HookDef>>) -> Self {
        self.forced = hook;
        self
    }

    /// Uses these maps where the object has one of the same name and shape.
    pub(crate) fn carry(mut self, maps: BTreeMap<String, (Map, String)>) -> Self {
        self.carried = maps;
        self
    }

    /// Links and verifies each program of an object, and creates its maps.
    pub(crate) fn object(mut self, object: &Object) -> Result<Self> {
        let limits = self.linker.engine.limits();
        over("programs", limits.programs as u64, object.programs().len() as u64)?;
        let mut bytes = 0u64;
        for (at, def) in object.maps().iter().enumerate() {
            if let Some(spec) = &def.spec {
                bytes = bytes.saturating_add(Map::bytes_for(spec)? as u64);
                over("map_bytes", limits.map_bytes as u64, bytes)?;
            }
            self.maps.push(self.create(object, at, def)?);
            self.layouts.insert(def.name.clone(), object.layout(at));
            self.tail_calls.extend(def.programs.iter().map(|(index, name)| (at, *index, name.to_string())));
        }
        self.nest(object)?;
        for (at, program) in object.programs().iter().enumerate() {
            let mut info = ProgramInfo::new(&program.name, &program.section);
            info.autoload = program.autoload;
            let linked = self.hook_of(program).and_then(|hook| self.link(object, at, hook));
            let proved = linked.and_then(|unit| self.prove(unit, &mut info));
            self.keep(info, proved);
        }
        Ok(self)
    }

    /// One program, linked and no more.
    pub(crate) fn unit_of(&self, object: &Object, at: usize) -> Result<Unit> {
        let program = object.programs().get(at);
        let hook = program.and_then(|p| self.hook_of(p).ok()).or_else(|| self.linker.hooks.first().cloned());
        let hook = hook.ok_or_else(|| Error::NotFound { what: "hook", name: String::new(), known: Vec::new() })?;
        self.link(object, at, hook)
    }

    /// Verifies one unit that was made without an object, with its maps and the prog-array slots that hold it.
    pub(crate) fn unit(mut self, unit: Unit, maps: Vec<Map>, own_slots: Vec<(usize, u32)>) -> Self {
        self.maps = maps.into_iter().map(Some).collect();
        let mut info = ProgramInfo::new(&unit.name, &unit.section);
        self.tail_calls = own_slots.into_iter().map(|(map, index)| (map, index, unit.name.clone())).collect();
        let proved = self.prove(unit, &mut info);
        self.keep(info, proved);
        self
    }

    fn keep(&mut self, info: ProgramInfo, proved: Result<Verified>) {
        match proved {
            Ok(v) => self.verified.push((v, info)),
            Err(error) => self.refused.push(Refused { info, error }),
        }
    }

    fn create(&self, object: &Object, at: usize, def: &MapDef) -> Result<Option<Map>> {
        let Some(spec) = &def.spec else { return Ok(None) };
        // The bytes of a frozen map are folded into code: it is always made anew.
        if let Some((live, layout)) = self.carried.get(&def.name).filter(|_| !def.frozen) {
            same_shape(live, spec)?;
            same_layout(&def.name, layout, &object.layout(at))?;
            return Ok(Some(live.clone()));
        }
        let map = Map::create(spec)?;
        // The hook does not matter to the contents of maps: any will do.
        if let Some(hook) = self.forced.as_ref().or(self.linker.hooks.first()) {
            let contents = object.contents(at, &self.env(hook.clone()));
            let contents = contents.map_err(|kind| {
                let program = def.name.as_str().into();
                Error::Link { file: None, source: Box::new(LinkError { program, at: None, kind }) }
            })?;
            if let Some(data) = contents {
                map.update(&[0; 4], &data, 0)?;
            }
        }
        if def.frozen {
            map.freeze()?;
        }
        Ok(Some(map))
    }

    /// Puts maps into maps of maps, as the object says. Those that are carried over hold what they hold.
    fn nest(&self, object: &Object) -> Result<()> {
        let fresh = |def: &&MapDef| def.frozen || !self.carried.contains_key(&def.name);
        for (at, def) in object.maps().iter().enumerate().filter(|(_, def)| fresh(def)) {
            for (key, inner) in &def.inner_maps {
                if let (Some(outer), Some(Some(inner))) = (&self.maps[at], self.maps.get(*inner as usize)) {
                    outer.set_map(&key.to_le_bytes(), inner, 0)?;
                }
            }
        }
        Ok(())
    }

    fn env(&self, hook: Arc<HookDef>) -> Env {
        let mut env = Env::new(self.protos.clone(), hook);
        env.globals.extend(self.linker.globals.clone());
        env.kconfig.extend(self.linker.kconfig.clone());
        env.types.clone_from(&self.linker.types);
        env
    }

    fn hook_of(&self, program: &ProgramDef) -> Result<Arc<HookDef>> {
        if let Some(hook) = &self.forced {
            return Ok(hook.clone());
        }
        self.linker.hooks.iter().find(|h| h.matches(&program.section)).cloned().ok_or_else(|| Error::NoHook {
            program: program.name.to_string(),
            section: program.section.to_string(),
            known: self.linker.hooks.iter().map(|h| h.name.to_string()).collect(),
        })
    }

    fn link(&self, object: &Object, at: usize, hook: Arc<HookDef>) -> Result<Unit> {
        stingless_object::link(object, at, &self.env(hook))
            .map_err(|source| Error::Link { file: None, source: Box::new(source) })
    }

    fn prove(&self, unit: Unit, info: &mut ProgramInfo) -> Result<Verified> {
        let engine = &self.linker.engine;
        info.hook = unit.hook.name.to_string();
        info.insns = unit.code.slot_of(unit.code.len());
        let start = Instant::now();
        let result = verify(unit, engine.trust(), engine.limits());
        info.verify_time = start.elapsed();
        match result {
            Ok(v) => {
                info.stats = v.stats();
                info.refinements = v.refinements().to_vec();
                Ok(v)
            }
            Err(report) => {
                info.stats = report.stats;
                Err(Error::Verifier { file: None, report })
            }
        }
    }

    /// All programs, or the first error.
    ///
    /// Programs of `SEC("?..")` are there for hosts that ask for them by name: that one of them is refused fails nothing.
    pub(crate) fn strict(mut self) -> Result<Collection> {
        if let Some(at) = self.refused.iter().position(|r| r.info.autoload) {
            return Err(self.refused.swap_remove(at).error);
        }
        Ok(self.each()?.collection)
    }

    /// Those that are proved, and why the others are not there.
    pub(crate) fn each(self) -> Result<LoadedEach> {
        let linker = Arc::new(self.linker.clone());
        let host = Arc::new(self.linker.host.clone());
        let (verified, infos): (Vec<_>, Vec<_>) = self.verified.into_iter().unzip();
        let programs: BTreeMap<String, Arc<Program>> =
            build(&linker, verified, &self.maps)?.into_iter().map(|p| (p.name().to_owned(), Arc::new(p))).collect();
        for (map, index, name) in &self.tail_calls {
            // A target that was refused leaves its slot empty: the call falls through, as in Linux.
            if let Some(target) = programs.get(name)
                && let Some(map) = &self.maps[*map]
            {
                crate::vm::set_program(map, *index, target)?;
            }
        }
        let maps = self.maps.into_iter().flatten().map(|m| (m.spec().name.clone(), m)).collect();
        let generation = Generation { linker, programs, infos, maps, layouts: self.layouts, host };
        Ok(LoadedEach { collection: Collection { generation: Arc::new(generation) }, refused: self.refused })
    }
}

/// Compiles and publishes proved programs as one image.
fn build(linker: &Linker, verified: Vec<Verified>, maps: &[Option<Map>]) -> Result<Vec<Program>> {
    let engine = &linker.engine;
    let strict = engine.trust() == Trust::Untrusted;
    let mut builder = Builder::new(engine.kind(), engine.limits().clone(), strict);
    let mut used_by = Vec::with_capacity(verified.len());
    for v in verified {
        let used: Vec<Map> = v.unit().maps.iter().filter_map(|m| maps[m.origin as usize].clone()).collect();
        let rows = rows_of(linker, &v);
        builder.add(v, &used, &rows);
        used_by.push(used);
    }
    let programs = builder.finish()?;
    for (program, used) in programs.iter().zip(&used_by) {
        bind_prog_arrays(program, used)?;
    }
    Ok(programs)
}

/// The helpers that a program calls.
fn rows_of(linker: &Linker, verified: &Verified) -> BTreeMap<u32, HelperRow> {
    let mut rows = BTreeMap::new();
    for insn in verified.unit().code.insns() {
        if let Insn::Call(Callee::Helper(id)) = insn
            && let Some(row) = linker.helpers.get(id)
        {
            rows.insert(*id, row.clone());
        }
    }
    rows
}

fn over(limit: &'static str, max: u64, found: u64) -> Result<()> {
    if found > max { Err(Error::Limit { limit, max, found }) } else { Ok(()) }
}

/// A carried map serves a new object only if their shapes and BTF types are equal.
fn same_shape(live: &Map, want: &MapSpec) -> Result<()> {
    let have = live.spec();
    let map = want.name.clone();
    let differs = [
        ("type", have.kind.row().name.to_owned(), want.kind.row().name.to_owned()),
        ("key_size", have.key_size.to_string(), want.key_size.to_string()),
        ("value_size", have.value_size.to_string(), want.value_size.to_string()),
        ("max_entries", have.max_entries.to_string(), want.max_entries.to_string()),
        ("flags", format!("{:#x}", have.flags), format!("{:#x}", want.flags)),
        ("spin locks and timers", format!("{:?}", have.special), format!("{:?}", want.special)),
        ("inner map", inside(have), inside(want)),
    ];
    match differs.into_iter().find(|(_, have, want)| have != want) {
        Some((field, found, want)) => Err(Error::MapMismatch { map, field, want, found }),
        None => Ok(()),
    }
}

/// The shape of the maps in a map of maps, names aside.
fn inside(spec: &MapSpec) -> String {
    let inner = spec.inner.as_ref();
    let words = |s: &MapSpec| {
        let name = s.kind.row().name;
        format!("{name} {} {} {} {:#x} {}", s.key_size, s.value_size, s.max_entries, s.flags, s.extra)
    };
    inner.map_or_else(String::new, |s| words(s))
}

/// Same sizes are not enough: a carried map's keys and values must look alike too.
fn same_layout(map: &str, live: &str, want: &str) -> Result<()> {
    if live == want {
        return Ok(());
    }
    let (map, found, want) = (map.to_owned(), live.to_owned(), want.to_owned());
    Err(Error::MapMismatch { map, field: "layout", want, found })
}
