//! One interpreter, generic over how memory is reached: [`Trusted`] for proved programs, [`Checked`] tests every
//! obligation and every fact while it runs.
//!
//! Helpers are called through `CallCx::call_helper`, so that a trap in one returns here. Frames of subprograms are memory
//! of the run's [`Stack`], zeroed when entered. Tail calls replace the activation, as architecture.md 6 says.

mod alu;
mod branch;
mod call;
mod checked;
mod memory;
mod stack;
mod turn;

use std::sync::Arc;

use stingless_abi::{CallbackKind, TrapKind};

use crate::sys::call::CallCx;
use crate::sys::raw::Raw;
use crate::vm::{Program, Trapped};

use checked::Checked;
use memory::{Memory, Trusted};
use stack::Stack;
use turn::Turn;

/// Frames that may be live at the same time over all activations of a run, callbacks included. A verified chain has
/// at most `Limits::frames`; this stops assumed programs that recurse.
const MAX_LIVE_FRAMES: usize = 256;

/// Why execution stops early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A trap of the interpreter itself, not yet in the `VmCtx`.
    Raise(Box<(TrapKind, String)>),
    /// A trap that is pending in the `VmCtx` already.
    Pending(Trapped),
}

impl Stop {
    /// A trap with words.
    pub(crate) fn new(kind: TrapKind, message: impl Into<String>) -> Stop {
        Stop::Raise(Box::new((kind, message.into())))
    }
}

impl From<Trapped> for Stop {
    fn from(trapped: Trapped) -> Self {
        Stop::Pending(trapped)
    }
}

/// Where an instruction stands.
#[derive(Clone, Copy)]
pub(crate) struct Site<'p> {
    /// The program.
    pub(crate) program: &'p Program,
    /// Index of the instruction.
    pub(crate) at: usize,
}

/// How an activation begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// The host's call.
    Entry,
    /// A tail call: `r1` alone is passed on.
    Tail,
    /// A helper's callback.
    Callback(CallbackKind),
    /// The callback for exceptions: `r1` is what was thrown.
    Exception,
}

/// How an activation ends.
enum Outcome {
    /// `exit` with `r0`.
    Exit(u64),
    /// A tail call from its first frame: this program takes its place.
    Tail(Arc<Program>, [u64; 5]),
}

/// What one run's activations share.
pub(crate) struct Machine<M> {
    mem: M,
    stack: Stack,
    /// Arguments of the host's call: the context, or memory and its length.
    args: [u64; 5],
}

/// Runs a program that is trusted.
pub(crate) fn run_trusted(raw: Raw, cx: &mut CallCx<'_>, program: &Program, args: [u64; 5]) -> Result<u64, Trapped> {
    let mut machine = Machine { mem: Trusted::new(raw), stack: Stack::default(), args };
    machine.activate(cx, program, 0, args, Start::Entry)
}

/// Runs a program with every obligation and fact tested.
pub(crate) fn run_checked(raw: Raw, cx: &mut CallCx<'_>, program: &Program, args: [u64; 5]) -> Result<u64, Trapped> {
    let mut machine = Machine { mem: Checked::new(raw, program, args), stack: Stack::default(), args };
    machine.activate(cx, program, 0, args, Start::Entry)
}

/// Runs the callback for exceptions, at instruction `at`, of a program that threw `cookie` and is trusted.
pub(crate) fn catch_trusted(
    raw: Raw,
    cx: &mut CallCx<'_>,
    program: &Program,
    args: [u64; 5],
    (at, cookie): (usize, u64),
) -> Result<u64, Trapped> {
    let mut machine = Machine { mem: Trusted::new(raw), stack: Stack::default(), args };
    machine.activate(cx, program, at, [cookie, 0, 0, 0, 0], Start::Exception)
}

/// The same with every obligation and fact tested.
pub(crate) fn catch_checked(
    raw: Raw,
    cx: &mut CallCx<'_>,
    program: &Program,
    args: [u64; 5],
    (at, cookie): (usize, u64),
) -> Result<u64, Trapped> {
    let mut machine = Machine { mem: Checked::new(raw, program, args), stack: Stack::default(), args };
    machine.activate(cx, program, at, [cookie, 0, 0, 0, 0], Start::Exception)
}

impl<M: Memory> Machine<M> {
    /// Runs from instruction `pc` until the activation's first frame exits, following tail calls.
    fn activate(
        &mut self,
        cx: &mut CallCx<'_>,
        program: &Program,
        pc: usize,
        args: [u64; 5],
        start: Start,
    ) -> Result<u64, Trapped> {
        let mut outcome = self.execute(cx, program, pc, args, start)?;
        loop {
            match outcome {
                Outcome::Exit(r0) => return Ok(r0),
                Outcome::Tail(next, args) => outcome = self.execute(cx, &next, 0, args, Start::Tail)?,
            }
        }
    }

    /// Runs one program from instruction `pc`; its frames are gone afterwards.
    fn execute(
        &mut self,
        cx: &mut CallCx<'_>,
        program: &Program,
        pc: usize,
        args: [u64; 5],
        start: Start,
    ) -> Result<Outcome, Trapped> {
        let floor = self.stack.depth();
        let mut turn = Turn::new(self, cx, program, pc, args);
        let result = turn.begin(start).and_then(|()| turn.walk());
        let at = turn.at();
        while self.stack.depth() > floor {
            self.mem.leave(self.stack.pop());
        }
        result.map_err(|stop| match stop {
            Stop::Pending(trapped) => trapped,
            Stop::Raise(raise) => {
                cx.set_at(at);
                cx.trap(raise.0, raise.1)
            }
        })
    }
}
