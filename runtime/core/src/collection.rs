//! What a load gives: programs and maps that live and die together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stingless_verifier::Stats;

use crate::Linker;
use crate::caller::HostState;
use crate::error::{Error, Result};
use crate::hook::Ctx;
use crate::maps::Map;
use crate::plugin::Plugin;
use crate::vm::Program;

/// One generation of an object: all its programs and maps.
pub(crate) struct Generation {
    pub(crate) linker: Arc<Linker>,
    pub(crate) programs: BTreeMap<String, Arc<Program>>,
    pub(crate) infos: Vec<ProgramInfo>,
    pub(crate) maps: BTreeMap<String, Map>,
    /// What keys and values of each map look like, by name.
    pub(crate) layouts: BTreeMap<String, String>,
    pub(crate) host: Arc<HostState>,
}

/// The programs and maps of an object, loaded. Cheap to clone.
#[derive(Clone)]
pub struct Collection {
    pub(crate) generation: Arc<Generation>,
}

impl Collection {
    /// A program, as a typed function.
    ///
    /// # Errors
    /// No such program, or one of another hook.
    pub fn plugin<H: Ctx>(&self, name: &str) -> Result<Plugin<H>> {
        let program = self.program(name)?;
        Plugin::new(self.generation.clone(), program.clone())
    }

    /// A map, by name.
    ///
    /// # Errors
    /// No such map.
    pub fn map(&self, name: &str) -> Result<&Map> {
        self.generation.maps.get(name).ok_or_else(|| Error::NotFound {
            what: "map",
            name: name.to_owned(),
            known: self.generation.maps.keys().cloned().collect(),
        })
    }

    /// All maps with their names.
    pub fn maps(&self) -> impl Iterator<Item = (&str, &Map)> {
        self.generation.maps.iter().map(|(n, m)| (n.as_str(), m))
    }

    /// What is known of each program, in the object's order.
    #[must_use]
    pub fn infos(&self) -> &[ProgramInfo] {
        &self.generation.infos
    }

    /// Names of the programs.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        self.generation.programs.keys().map(String::as_str)
    }

    /// Puts a program into a slot of a prog array.
    ///
    /// # Errors
    /// No such program or map, or a program of another hook than those already there.
    pub fn set_tail_call(&self, map: &str, index: u32, program: &str) -> Result<()> {
        let target = self.program(program)?;
        crate::vm::set_program(self.map(map)?, index, target)
    }

    pub(crate) fn program(&self, name: &str) -> Result<&Arc<Program>> {
        self.generation.programs.get(name).ok_or_else(|| Error::NotFound {
            what: "program",
            name: name.to_owned(),
            known: self.generation.programs.keys().cloned().collect(),
        })
    }
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collection")
            .field("programs", &self.generation.programs.keys())
            .field("maps", &self.generation.maps.keys())
            .finish()
    }
}

/// What is known of a program from loading it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProgramInfo {
    /// Name.
    pub name: String,
    /// Section of the object; empty for raw code.
    pub section: String,
    /// Not of a section that starts with `?` (libbpf's sign for "only if asked for").
    pub autoload: bool,
    /// Name of the hook; empty where none was found.
    pub hook: String,
    /// Length in 8-byte slots.
    pub insns: u32,
    /// What the proof took.
    pub stats: Stats,
    /// What ranges alone did not prove, and a solver did: where, and what holds there. Empty for most programs.
    pub refinements: Vec<stingless_verifier::Note>,
    /// How long the proof took.
    pub verify_time: Duration,
}

impl ProgramInfo {
    pub(crate) fn new(name: &str, section: &str) -> ProgramInfo {
        ProgramInfo {
            name: name.to_owned(),
            section: section.to_owned(),
            autoload: true,
            hook: String::new(),
            insns: 0,
            stats: Stats::default(),
            refinements: Vec::new(),
            verify_time: Duration::ZERO,
        }
    }
}

/// A program that did not load.
#[derive(Debug)]
pub struct Refused {
    /// What is known of it.
    pub info: ProgramInfo,
    /// Why.
    pub error: Error,
}

/// What [`Linker::load_each`](crate::Linker::load_each) gives.
#[derive(Debug)]
pub struct LoadedEach {
    /// The programs that loaded, with all maps.
    pub collection: Collection,
    /// The others.
    pub refused: Vec<Refused>,
}
