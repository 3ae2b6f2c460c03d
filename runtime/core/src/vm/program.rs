//! A program bound to live maps and helpers: what a run executes.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use stingless_abi::MapKind;
use stingless_abi::limits::MAX_TAIL_CALLS;
use stingless_isa::{Callee, Insn};
use stingless_jit::Target;
use stingless_object::Unit;
use stingless_verifier::{Access, Assumed, Facts, Verified};

use crate::engine::EngineKind;
use crate::sys::entry::{HelperFn, trap_exit_address};
use crate::sys::publish::Image;
use crate::vm::Release;

/// What execution needs of a live map.
pub(crate) trait LiveMap: Send + Sync {
    /// The value of `Ref::Map`: what helpers receive as the map argument. Its provenance is exposed.
    fn address(&self) -> u64;
    /// Address of the first value's first byte (`Ref::MapValue`); 0 for kinds without. Its provenance is exposed.
    fn value_base(&self) -> u64;
    /// Whether a lookup may have given this address as a map: false for all but maps of maps.
    fn has_inner(&self, _address: u64) -> bool {
        false
    }
    /// The program at an index of a prog array; `None` for other kinds and empty slots.
    fn tail_target(&self, index: u32) -> Option<Arc<Program>>;
    /// Who takes back what programs hold of the map at `address` (records of a ring buffer), which is this one or a map
    /// that a lookup may have given; `None` for kinds that lend nothing.
    fn lender(self: Arc<Self>, _address: u64) -> Option<Arc<dyn Release>> {
        None
    }
}

/// One helper, ready to be called.
#[derive(Clone)]
pub(crate) struct HelperRow {
    /// Its `extern "C"` function: a trampoline.
    pub(crate) entry: HelperFn,
    /// Word that `CallCx::env` gives it; 0 for rows without an environment.
    pub(crate) env: u64,
    /// What `env` points into, kept alive as long as a program can call it.
    pub(crate) keep: Option<Arc<dyn Any + Send + Sync>>,
}

/// Why a program may run.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// It is proved.
    Verified(Arc<Verified>),
    /// A test says so.
    Assumed(Arc<Assumed>),
    /// A test says so, and claims facts, to see that false ones are noticed.
    #[cfg(test)]
    Claimed(Arc<Assumed>, Arc<Facts>),
}

/// Settings of a program's runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Tail calls of one run.
    pub(crate) tail_calls: u32,
    /// Reading stack that nobody wrote breaks an obligation (`Trust::Untrusted`).
    pub(crate) strict: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { tail_calls: MAX_TAIL_CALLS, strict: true }
    }
}

/// A program with its maps and helpers, not yet given an engine.
pub(crate) struct Build {
    /// Why it may run.
    pub(crate) proof: Proof,
    /// Live maps, one per map of the unit.
    pub(crate) maps: Box<[Arc<dyn LiveMap>]>,
    /// Helpers by number: at least those that the code calls.
    pub(crate) helpers: BTreeMap<u32, HelperRow>,
    /// Settings.
    pub(crate) settings: Settings,
}

/// Why a program cannot be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Not as many live maps as the unit names.
    Maps {
        /// Maps that the unit names.
        want: usize,
        /// Maps given.
        found: usize,
    },
    /// The code calls a helper that was not given.
    Helper {
        /// Instruction index.
        insn: u32,
        /// The helper's number.
        id: u32,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Maps { want, found } => write!(f, "the program names {want} maps, {found} are there"),
            BuildError::Helper { insn, id } => write!(f, "instruction {insn} calls helper {id}, which is not there"),
        }
    }
}

impl std::error::Error for BuildError {}

impl Build {
    /// Checks that everything the code refers to is there.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let unit = self.proof.unit();
        if unit.maps.len() != self.maps.len() {
            return Err(BuildError::Maps { want: unit.maps.len(), found: self.maps.len() });
        }
        for (at, insn) in unit.code.insns().iter().enumerate() {
            if let Insn::Call(Callee::Helper(id)) = insn
                && self.proof.reached(at)
                && !self.helpers.contains_key(id)
            {
                return Err(BuildError::Helper { insn: at as u32, id: *id });
            }
        }
        Ok(())
    }

    /// Whether a run may look up elements that others can delete and reuse. A tail call may lead to any map.
    fn reclaims(&self) -> bool {
        let kinds = self.proof.unit().maps.iter().map(|m| m.spec.kind);
        kinds.into_iter().any(|kind| kind.reclaims() || kind == MapKind::ProgArray)
    }

    /// What a literal of the compiled text must hold. `Text` targets belong to the publisher.
    pub(crate) fn resolve(&self, target: Target) -> Option<u64> {
        match target {
            Target::Map(map) => Some(self.maps.get(map as usize)?.address()),
            Target::MapValue { map, off } => Some(self.maps.get(map as usize)?.value_base().wrapping_add(off.into())),
            Target::Helper(id) => Some((self.helpers.get(&id)?.entry as *const ()).expose_provenance() as u64),
            Target::HelperEnv(id) => Some(self.helpers.get(&id)?.env),
            Target::TrapExit => Some(trap_exit_address()),
            Target::Text { .. } => None,
        }
    }
}

impl Proof {
    /// The program's unit.
    pub(crate) fn unit(&self) -> &Unit {
        match self {
            Proof::Verified(v) => v.unit(),
            Proof::Assumed(a) => a.unit(),
            #[cfg(test)]
            Proof::Claimed(a, _) => a.unit(),
        }
    }

    /// What was proved; nothing of an assumed program.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        match self {
            Proof::Verified(v) => Some(v.facts()),
            Proof::Assumed(_) => None,
            #[cfg(test)]
            Proof::Claimed(_, facts) => Some(facts),
        }
    }

    /// Whether a call through a register is what a test wants.
    pub(crate) fn is_assumed(&self) -> bool {
        !matches!(self, Proof::Verified(_))
    }

    fn reached(&self, at: usize) -> bool {
        self.facts().and_then(|f| f.reached.get(at)).copied().unwrap_or(true)
    }
}

/// Machine code of a program: two addresses in an image that it keeps alive.
struct Compiled {
    /// Address of the entry for hosts.
    entry: u64,
    /// Address of the entry for tail calls.
    tail_entry: u64,
    /// Native stack bytes that a call chain may take.
    stack_bytes: u32,
    _image: Arc<Image>,
}

/// A program that can run.
pub(crate) struct Program {
    parts: Build,
    /// Its number in its collection, from 1; 0 outside of one.
    pub(super) id: u32,
    /// See `needs_epoch`: a tail call may lead to any program, so it counts too.
    pub(super) reclaims: bool,
    engine: EngineKind,
    compiled: Option<Compiled>,
}

impl Program {
    /// A program for an interpreter: `checked` or not.
    pub(crate) fn interpreted(parts: Build, checked: bool) -> Result<Program, BuildError> {
        parts.check()?;
        let engine = if checked { EngineKind::Checked } else { EngineKind::Interp };
        Ok(Program { id: 0, reclaims: parts.reclaims(), parts, engine, compiled: None })
    }

    /// A program whose blob was added to the image's builder as number `index`, resolved by these same parts.
    pub(crate) fn compiled(
        parts: Build,
        image: &Arc<Image>,
        index: usize,
        stack_bytes: u32,
    ) -> Result<Program, BuildError> {
        parts.check()?;
        let (entry, tail_entry) = image.entries(index);
        let compiled = Some(Compiled { entry, tail_entry, stack_bytes, _image: image.clone() });
        Ok(Program { id: 0, reclaims: parts.reclaims(), parts, engine: EngineKind::Jit, compiled })
    }

    /// The unit.
    pub(crate) fn unit(&self) -> &Unit {
        self.parts.proof.unit()
    }

    /// Why it may run.
    pub(crate) fn proof(&self) -> &Proof {
        &self.parts.proof
    }

    /// What was proved; `None` for an assumed program.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.parts.proof.facts()
    }

    /// The fact about a memory instruction.
    pub(crate) fn access(&self, at: usize) -> Option<Access> {
        self.facts().and_then(|f| *f.access.get(at)?)
    }

    /// The live maps, in the unit's order.
    pub(crate) fn maps(&self) -> &[Arc<dyn LiveMap>] {
        &self.parts.maps
    }

    /// The helper with this number.
    pub(crate) fn helper(&self, id: u32) -> Option<&HelperRow> {
        self.parts.helpers.get(&id)
    }

    /// Settings.
    pub(crate) fn settings(&self) -> Settings {
        self.parts.settings
    }

    /// The engine.
    pub(crate) fn engine(&self) -> EngineKind {
        self.engine
    }

    /// Address of the compiled entry for hosts.
    pub(crate) fn entry(&self) -> Option<u64> {
        self.compiled.as_ref().map(|c| c.entry)
    }

    /// Native stack bytes that a call may take; 0 in interpreters, which use little beside the plugin's own 512.
    pub(crate) fn stack_bytes(&self) -> u32 {
        self.compiled.as_ref().map_or(0, |c| c.stack_bytes)
    }

    /// Address of the compiled entry for tail calls.
    pub(crate) fn tail_entry(&self) -> Option<u64> {
        self.compiled.as_ref().map(|c| c.tail_entry)
    }
}
