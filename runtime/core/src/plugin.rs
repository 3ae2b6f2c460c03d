//! A program as a typed function.

use std::sync::Arc;
use std::time::Duration;

use stingless_abi::TrapKind;

use crate::collection::{Collection, Generation};
use crate::error::{Error, Result};
use crate::hook::{Ctx, FromVerdict};
use crate::sys::typed::Typed;
use crate::vm::{Program, Trap};

/// A loaded program of hook `H`: call it from any thread, as often as you like.
pub struct Plugin<H> {
    pub(crate) generation: Arc<Generation>,
    typed: Typed<H>,
}

impl<H> Clone for Plugin<H> {
    fn clone(&self) -> Self {
        Plugin { generation: self.generation.clone(), typed: self.typed.clone() }
    }
}

impl<H: Ctx> Plugin<H> {
    pub(crate) fn new(generation: Arc<Generation>, program: Arc<Program>) -> Result<Plugin<H>> {
        match Typed::new(program.clone()) {
            Some(typed) => Ok(Plugin { generation, typed }),
            None => Err(Error::HookMismatch {
                program: program.name().to_owned(),
                want: H::def().hook.name.to_string(),
                found: program.hook().name.to_string(),
            }),
        }
    }

    /// Runs the program within the engine's deadline.
    ///
    /// # Errors
    /// A trap: a helper failed, the deadline passed.
    pub fn call(&self, ctx: &mut H::Of<'_>) -> Result<H::Verdict, Trap> {
        self.call_within(ctx, self.deadline())
    }

    /// Runs the program within `deadline` of thread CPU time; `None` for no bound.
    ///
    /// # Errors
    /// A trap: a helper failed, the deadline passed.
    pub fn call_within(&self, ctx: &mut H::Of<'_>, deadline: Option<Duration>) -> Result<H::Verdict, Trap> {
        let r0 = self.call_raw(ctx, deadline)?;
        H::Verdict::from_r0(r0).ok_or_else(|| {
            let text = format!("r0 is {r0:#x}, outside of the hook's verdicts");
            Trap::of_program(TrapKind::Obligation, text, self.name())
        })
    }

    /// Runs the program and returns all 64 bits of `r0`.
    ///
    /// # Errors
    /// A trap: a helper failed, the deadline passed.
    pub fn call_raw(&self, ctx: &mut H::Of<'_>, deadline: Option<Duration>) -> Result<u64, Trap> {
        self.typed.call(ctx, &self.generation.host, deadline)
    }
}

impl<H> Plugin<H> {
    /// The program's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.typed.program().name()
    }

    /// Thread CPU time that [`Plugin::call`] allows.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.generation.linker.engine.limits().deadline
    }

    /// Native stack bytes that a call may take.
    #[must_use]
    pub fn stack_bytes(&self) -> u32 {
        self.typed.program().stack_bytes()
    }

    /// The programs and maps this one was loaded with.
    #[must_use]
    pub fn collection(&self) -> Collection {
        Collection { generation: self.generation.clone() }
    }
}

impl<H> std::fmt::Debug for Plugin<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({})", self.name())
    }
}
