//! Places along the causal chain that are not the making of a value: stores to the stack, calls, locks.

use stingless_isa::{Callee, Insn};

use super::causes::{Event, Scene};
use super::replay::How;
use crate::error::Note;

impl Scene<'_> {
    /// Where the stack memory at fault was written last, if any of it was: another byte of it is missing.
    pub(super) fn partly_written(&self) -> Option<Event> {
        let byte = self.blame.stack?;
        let How::Frame(frame, base) = self.replay.value(self.culprit()?).how else { return None };
        let base = if self.blame.argument.is_some() { base } else { byte.min(base) };
        // The nearest store to it within the same variable, as far as one can tell.
        let near = |off: i64| off >= base - 64 && off < byte + 256;
        let stores = self.replay.written.iter().filter(|w| w.frame == frame && near(w.off));
        let nearest = stores.min_by_key(|w| ((w.off - byte).abs(), std::cmp::Reverse(w.step)))?;
        Some((nearest.step, format!("this is written, byte {} of it is not", byte - base.min(nearest.off))))
    }

    /// Where a stack pointer is handed to the function that fails.
    pub(super) fn handed_over(&self) -> Option<Event> {
        let call = self.replay.calling()?;
        let step = self.replay.path.iter().rposition(|&at| at == call)?;
        let what = match self.helper_at(call as usize) {
            Some(proto) => format!("`{}` calls it from here", proto.name),
            None => "the function is called from here".to_owned(),
        };
        Some((step, what))
    }

    /// Where the pointer was stored that stands in the memory at fault.
    pub(super) fn stored_pointer(&self) -> Option<Event> {
        let byte = self.blame.stack?;
        let over = |off: i64, len: i64| (off..off + len).contains(&byte);
        let store = self.replay.written.iter().rev().find(|w| over(w.off, w.len))?;
        Some((store.step, "a pointer is stored here".to_owned()))
    }

    /// The register at fault, for a message.
    pub(super) fn register(&self) -> String {
        self.blame.reg.map(|r| r.to_string()).unwrap_or_default()
    }

    /// Where the lock was taken, or given back.
    pub(super) fn locked(&self) -> Option<Event> {
        let calls = self.replay.calls_from(0).filter(|(_, p, _)| p.effects.lock.is_some());
        let (step, proto, _) = calls.last()?;
        let what = if proto.effects.lock == Some(true) { "takes the lock here" } else { "gives the lock back here" };
        Some((step, format!("`{}` {what}", proto.name)))
    }

    /// Where a global function that was verified on its own is called.
    pub(super) fn callers(&self) -> Option<Note> {
        let start = *self.replay.path.first().filter(|_| self.is_function())?;
        let calls = |insn: &Insn| matches!(insn, Insn::Call(Callee::Local(target)) if *target == start);
        let at = self.unit.code.insns().iter().position(calls)?;
        let what = "called here; a global function is verified for all that its arguments' types allow";
        Some(Note::at(self.unit, at, what))
    }
}
