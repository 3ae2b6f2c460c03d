//! A program together with the proof that its hook is a context type's: what makes a call safe.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::caller::HostState;
use crate::hook::Ctx;
use crate::vm::{Program, Trap};

/// A program that takes contexts of type `H`.
pub(crate) struct Typed<H> {
    program: Arc<Program>,
    _hook: PhantomData<fn(H)>,
}

impl<H> Clone for Typed<H> {
    fn clone(&self) -> Self {
        Typed { program: self.program.clone(), _hook: PhantomData }
    }
}

impl<H: Ctx> Typed<H> {
    /// `None` where the program's hook is another one: whole rows are compared, for the layout is what a call rests on.
    pub(crate) fn new(program: Arc<Program>) -> Option<Typed<H>> {
        (**program.hook() == H::def().hook).then_some(Typed { program, _hook: PhantomData })
    }

    /// Runs the program on a context.
    #[inline]
    pub(crate) fn call(&self, ctx: &mut H::Of<'_>, host: &HostState, deadline: Option<Duration>) -> Result<u64, Trap> {
        let args = H::regs(ctx);
        // SAFETY: `new` compared the program's hook with `H::def()`, and `H: Ctx` promises that `regs` gives what that
        // hook's entry asks for, of a context borrowed exclusively until this call returns. `host` is a `HostState`, as
        // every `CallCx::host_state` expects.
        unsafe { self.program.run(args, std::ptr::from_ref(host).cast(), deadline) }
    }
}

impl<H> Typed<H> {
    pub(crate) fn program(&self) -> &Arc<Program> {
        &self.program
    }
}
