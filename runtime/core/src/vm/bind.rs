//! From proofs to programs: what a load ends with.

use std::collections::BTreeMap;
use std::sync::Arc;

use stingless_abi::{HookDef, Limits, MapKind};
use stingless_jit::{CodeBlob, Options, compile};
use stingless_verifier::Verified;

use crate::error::{Error, Result};
use crate::helper::HelperRow;
use crate::maps::{Map, MapCore, MapError, ProgTarget};
use crate::sys::publish::ImageBuilder;
use crate::vm::{Build, EngineKind, LiveMap, Program, Proof, Release, Settings};

impl LiveMap for MapCore {
    fn address(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }

    fn value_base(&self) -> u64 {
        self.value_addr().unwrap_or(0)
    }

    fn has_inner(&self, address: u64) -> bool {
        MapCore::has_inner(self, address)
    }

    fn tail_target(&self, index: u32) -> Option<Arc<Program>> {
        self.program(index)?.program.clone().downcast().ok()
    }

    fn lender(self: Arc<Self>, address: u64) -> Option<Arc<dyn Release>> {
        let map = if self.address() == address { self } else { self.inner_at(address)? };
        (map.spec().kind == MapKind::Ringbuf).then_some(map as Arc<dyn Release>)
    }
}

impl Release for MapCore {
    fn release(&self, key: u64) {
        self.ring_commit(key, true, 0);
    }

    fn give_back(&self, key: u64, keep: bool, flags: u64) {
        self.ring_commit(key, !keep, flags);
    }
}

/// Binds proved programs to maps and helpers, and publishes their code as one image.
pub(crate) struct Builder {
    engine: EngineKind,
    limits: Limits,
    strict: bool,
    parts: Vec<Build>,
}

impl Builder {
    pub(crate) fn new(engine: EngineKind, limits: Limits, strict: bool) -> Builder {
        Builder { engine, limits, strict, parts: Vec::new() }
    }

    /// Adds a program with its maps, in the unit's order, and the helpers that it calls.
    pub(crate) fn add(&mut self, verified: Verified, maps: &[Map], helpers: &BTreeMap<u32, HelperRow>) {
        let settings = Settings { tail_calls: self.limits.tail_calls, strict: self.strict };
        self.parts.push(Build {
            proof: Proof::Verified(Arc::new(verified)),
            maps: maps.iter().map(|m| m.core().clone() as Arc<dyn LiveMap>).collect(),
            helpers: helpers.iter().map(|(&id, row)| (id, row.run.clone())).collect(),
            settings,
        });
    }

    /// The programs, in the order in which they were added.
    ///
    /// # Errors
    /// Code that cannot be compiled or published.
    pub(crate) fn finish(self) -> Result<Vec<Program>> {
        let mut programs = match self.engine {
            EngineKind::Jit => self.compiled(),
            EngineKind::Interp => self.interpreted(false),
            EngineKind::Checked => self.interpreted(true),
        }?;
        programs.iter_mut().zip(1..).for_each(|(program, id)| program.id = id);
        Ok(programs)
    }

    fn interpreted(self, checked: bool) -> Result<Vec<Program>> {
        self.parts.into_iter().map(|parts| Program::interpreted(parts, checked).map_err(Error::Build)).collect()
    }

    fn compiled(self) -> Result<Vec<Program>> {
        let mut image = ImageBuilder::default();
        let mut bytes = 0;
        let mut indices = Vec::with_capacity(self.parts.len());
        let mut stacks = Vec::with_capacity(self.parts.len());
        for parts in &self.parts {
            let blob = self.blob(parts)?;
            bytes += blob.text.len() as u64;
            if bytes > self.limits.code_bytes as u64 {
                return Err(Error::Limit { limit: "code_bytes", max: self.limits.code_bytes as u64, found: bytes });
            }
            stacks.push(blob.stack_bytes);
            indices.push(image.add(blob, &|target| parts.resolve(target)).map_err(Error::Publish)?);
        }
        let image = image.publish().map_err(Error::Publish)?;
        let bound = self.parts.into_iter().zip(indices.into_iter().zip(stacks));
        bound.map(|(parts, (at, stack))| Program::compiled(parts, &image, at, stack).map_err(Error::Build)).collect()
    }

    fn blob(&self, parts: &Build) -> Result<CodeBlob> {
        let Proof::Verified(verified) = &parts.proof else { unreachable!("`add` takes proofs alone") };
        let mut options = Options::default();
        options.deadline_checks = needs_deadline(verified, &self.limits);
        options.zero_stack = !self.strict;
        options.limits = self.limits.clone();
        options.env_helpers = parts.helpers.iter().filter(|(_, row)| row.keep.is_some()).map(|(&id, _)| id).collect();
        compile(verified, &options)
            .map_err(|source| Error::Compile { program: verified.unit().name.clone(), source: Box::new(source) })
    }
}

/// A run that is proved to be short carries no checks at all.
fn needs_deadline(verified: &Verified, limits: &Limits) -> bool {
    let short = verified.facts().longest_path.is_some_and(|steps| steps <= limits.unchecked_steps);
    limits.deadline.is_some() && !short
}

impl Program {
    /// The program's name.
    pub(crate) fn name(&self) -> &str {
        &self.unit().name
    }

    /// Its number in its collection: what the host reads from a prog array.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Its hook.
    pub(crate) fn hook(&self) -> &Arc<HookDef> {
        &self.unit().hook
    }

    /// Whether a run may hold a pointer to an element that another thread deletes.
    pub(crate) fn needs_epoch(&self) -> bool {
        self.reclaims
    }
}

/// Puts a program into a slot of a prog array.
pub(crate) fn set_program(map: &Map, index: u32, program: &Arc<Program>) -> Result<()> {
    let target = ProgTarget { hook: program.hook().name.as_ref().into(), id: program.id(), program: program.clone() };
    map.core().set_program(index, target, 0).map_err(|source| prog_array(program, source))
}

fn prog_array(program: &Program, source: MapError) -> Error {
    Error::ProgArray { program: program.name().to_owned(), source: Box::new(source) }
}

/// Says of each prog array that a program names which hook its programs are for.
pub(crate) fn bind_prog_arrays(program: &Program, maps: &[Map]) -> Result<()> {
    for map in maps.iter().filter(|m| m.spec().kind == MapKind::ProgArray) {
        map.core().bind_hook(&program.hook().name.as_ref().into()).map_err(|source| prog_array(program, source))?;
    }
    Ok(())
}
