//! Programs that nobody proved: conformance tests and fuzzers run them in each engine.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ptr::null;
use std::sync::Arc;
use std::time::Duration;

use stingless_jit::{AssumedBlob, CompileError, Options, compile_assumed};
use stingless_verifier::Assumed;

use crate::sys::entry::HelperFn;
use crate::sys::publish::publish;
use crate::vm::{Build, BuildError, EngineKind, HelperRow, Program, Proof, Settings, Trap};

/// Why an assumed program did not give a value.
#[doc(hidden)]
#[derive(Debug)]
pub enum AssumedError {
    /// It could not be bound to its helpers.
    Build(BuildError),
    /// It could not be compiled.
    Compile(CompileError),
    /// Its code could not be published.
    Publish(io::Error),
    /// It trapped.
    Trap(Trap),
}

impl fmt::Display for AssumedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssumedError::Build(e) => e.fmt(f),
            AssumedError::Compile(e) => e.fmt(f),
            AssumedError::Publish(e) => e.fmt(f),
            AssumedError::Trap(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for AssumedError {}

/// A program without maps that nobody proved, bound to an engine: what benchmarks call again and again.
#[doc(hidden)]
pub struct AssumedProgram(Program);

impl AssumedProgram {
    /// Binds a program to its helpers and compiles it where the engine does.
    ///
    /// # Errors
    /// See [`AssumedError`].
    pub fn new(
        engine: EngineKind,
        assumed: Assumed,
        helpers: &[(u32, HelperFn)],
        deadline_checks: bool,
    ) -> Result<AssumedProgram, AssumedError> {
        let rows = helpers.iter().map(|&(id, entry)| (id, HelperRow { entry, env: 0, keep: None }));
        let parts = Build {
            proof: Proof::Assumed(Arc::new(assumed)),
            maps: Box::new([]),
            helpers: rows.collect::<BTreeMap<_, _>>(),
            settings: Settings { strict: false, ..Settings::default() },
        };
        bind(engine, parts, deadline_checks).map(AssumedProgram)
    }

    /// Runs it with `r1` = address and `r2` = length of `mem`.
    ///
    /// # Errors
    /// In the checked interpreter any access outside of `mem` and the stack is a trap.
    ///
    /// # Safety
    /// The program does nothing that its caller would not do itself: it is a test's. In the checked interpreter that is true
    /// of every program whose helpers are sound for any arguments.
    pub unsafe fn run(&self, mem: &mut [u8], deadline: Option<Duration>) -> Result<u64, Trap> {
        let len = mem.len() as u64;
        let addr = if mem.is_empty() { 0 } else { mem.as_mut_ptr().expose_provenance() as u64 };
        // SAFETY: `mem` is borrowed for the call and its provenance exposed; the rest is the caller's promise.
        unsafe { self.0.run([addr, len, 0, 0, 0], null(), deadline) }
    }
}

/// Runs a program without maps that nobody proved, once, with `r1` = address and `r2` = length of `mem`.
///
/// # Errors
/// See [`AssumedError`] and [`AssumedProgram::run`].
///
/// # Safety
/// As for [`AssumedProgram::run`].
#[doc(hidden)]
pub unsafe fn run_assumed(
    engine: EngineKind,
    assumed: Assumed,
    helpers: &[(u32, HelperFn)],
    mem: &mut [u8],
    deadline: Option<Duration>,
) -> Result<u64, AssumedError> {
    let program = AssumedProgram::new(engine, assumed, helpers, deadline.is_some())?;
    // SAFETY: passed on to the caller.
    unsafe { program.run(mem, deadline) }.map_err(AssumedError::Trap)
}

fn bind(engine: EngineKind, parts: Build, deadline_checks: bool) -> Result<Program, AssumedError> {
    match engine {
        EngineKind::Interp => Program::interpreted(parts, false).map_err(AssumedError::Build),
        EngineKind::Checked => Program::interpreted(parts, true).map_err(AssumedError::Build),
        EngineKind::Jit => {
            let Proof::Assumed(assumed) = &parts.proof else { unreachable!("made by `run_assumed`") };
            let mut options = Options::default();
            options.deadline_checks = deadline_checks;
            let AssumedBlob(blob) = compile_assumed(assumed, &options).map_err(AssumedError::Compile)?;
            let stack = blob.stack_bytes;
            let image = publish(blob, &|target| parts.resolve(target)).map_err(AssumedError::Publish)?;
            Program::compiled(parts, &image, 0, stack).map_err(AssumedError::Build)
        }
    }
}
