//! Places along the causal chain that are not the making of a value: stores to the stack, calls, locks.

use stingless_abi::{Arg, ArgKind, Entry, ObjectAction, Section};
use stingless_isa::{AluOp, Callee, Insn, Reg};

use super::causes::{Event, Scene};
use super::replay::{How, Vid, Written};
use super::{Kind, ctext};
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

    /// The variable or member that the failing line reads.
    pub(super) fn read_here(&self) -> Option<String> {
        let line = self.unit.line_of(self.at)?;
        let place = ctext::place(&line.text, Some(line.column).filter(|&c| c != 0))?;
        Some(format!("`{place}`"))
    }

    /// Where the lock was taken, or given back.
    pub(super) fn locked(&self) -> Option<Event> {
        let calls = self.replay.calls_from(0).filter(|(_, p, _)| p.effects.lock.is_some());
        let (step, proto, _) = calls.last()?;
        let what = if proto.effects.lock == Some(true) { "takes the lock here" } else { "gives the lock back here" };
        Some((step, format!("`{}` {what}", proto.name)))
    }

    /// Where the section was entered, or left, last.
    pub(super) fn in_section(&self) -> Option<Event> {
        let enters = |s: Section| matches!(s, Section::ReadEnter | Section::PreemptOff);
        let reads = |s: Section| matches!(s, Section::ReadEnter | Section::ReadLeave);
        let wanted = self.kind == Kind::SectionOpen;
        let own = self.helper().and_then(|p| p.effects.section);
        let same = |s: Section| own.is_none_or(|own| reads(own) == reads(s));
        let calls = self.replay.calls_from(0).filter_map(|(step, p, _)| Some((step, p, p.effects.section?)));
        let (step, proto, _) = calls.filter(|c| enters(c.2) == wanted && same(c.2)).last()?;
        let what = if wanted { "enters the section here" } else { "has left the section here" };
        Some((step, format!("`{}` {what}", proto.name)))
    }

    /// The memory on the stack that an argument points to: where it was written last.
    pub(super) fn on_the_stack(&self) -> Option<Event> {
        let How::Frame(frame, off) = self.replay.value(self.culprit()?).how else { return None };
        let within = |w: &&Written| w.frame == frame && w.off <= off + 16 && off < w.off + w.len + 16;
        let store = self.replay.written.iter().rev().find(within)?;
        Some((store.step, "it points to this memory on the stack".to_owned()))
    }

    /// The counter of a loop whose turns were walked one by one, in an address at fault: on each, it is a constant.
    pub(super) fn counted(&self) -> Option<Event> {
        let mut vid = self.culprit()?;
        while let How::Alu { op: AluOp::Add, left, right, .. } = self.replay.value(vid).how {
            let step = self.replay.value(right).step;
            if let (How::Const(_), Some(line)) =
                (self.replay.value(right).how, self.unit.line_of(self.replay.path[step] as usize))
                && let Some(name) = ctext::counter(&line.text)
            {
                return Some((step, format!("`{name}` is counted here: one of its turns reaches too far")));
            }
            vid = left;
        }
        None
    }

    /// A store of the program's own over the object on the stack at fault.
    pub(super) fn overwritten(&self) -> Option<Event> {
        let How::Frame(frame, off) = self.replay.value(self.culprit()?).how else { return None };
        let over = |w: &&Written| w.frame == frame && w.off < off + 8 && w.off + w.len > off;
        let store = self.replay.written.iter().rev().find(over)?;
        Some((store.step, "this writes over it: it is no object of a helper's any more".to_owned()))
    }

    /// Where a value that was read again was checked: what the memory held then says nothing of what it holds now.
    pub(super) fn checked_before(&self, vid: Vid) -> Option<Event> {
        let place = |vid| match self.replay.value(self.replay.root(vid)).how {
            How::Load { base, off, .. } => Some((self.replay.root(base), off)),
            _ => None,
        };
        let own = place(vid)?;
        let other = |v: Vid| self.replay.root(v) != self.replay.root(vid) && place(v) == Some(own);
        let compared = self.replay.compared.iter().rev().find(|c| other(c.left) || other(c.right))?;
        let before = if other(compared.left) { compared.left } else { compared.right };
        let name = self.name_or(self.replay.root(before), "it");
        Some((
            compared.step,
            format!("{name} is checked here, and read again afterwards: it may be another number then"),
        ))
    }

    /// Where the length of the memory that the program was given was compared last.
    pub(super) fn length_checked(&self) -> Option<Event> {
        let Entry::Mem { .. } = self.unit.hook.entry else { return None };
        let is = |vid| self.replay.value(self.replay.root(vid)).how == How::Entry(Reg::R2);
        let compared = self.replay.compared.iter().rev().find(|c| is(c.left) || is(c.right))?;
        let name = self.parameter(0, Reg::R2).unwrap_or_else(|| "the length".to_owned());
        Some((compared.step, format!("`{name}` is last checked here")))
    }

    /// What was acquired in a callback is missed where the callback returns: the step, if the path went on from there.
    pub(super) fn callback_end(&self) -> Option<usize> {
        let acquired = match self.blame.made {
            Some(made) => self.replay.path.iter().rposition(|&at| at == made)?,
            None => self.leaked()?.0,
        };
        let inside = |&&(entered, left): &&(usize, usize)| entered <= acquired && acquired < left;
        self.replay.callbacks.iter().find(inside).map(|&(_, left)| left)
    }

    /// The sentence for an object on the stack that is still there, by the program's own names.
    pub(super) fn object_left(&self, message: &str) -> Option<String> {
        let made = self.blame.made? as usize;
        let maker = self.helper_at(made)?;
        let (what, rest) = message.split_once(" made at instruction ")?;
        let (_, rest) = rest.split_once(" is not ")?;
        let makes = |a: &Arg| matches!(a.kind, ArgKind::Object { action: ObjectAction::Make, .. });
        let place = maker.args.iter().position(makes)?;
        let line = self.unit.line_of(made);
        let name = line.and_then(|l| Some((*ctext::arguments(&l.text, &maker.name)?.get(place)?).to_owned()));
        let name = name.map(|n| n.trim_start_matches('&').to_owned()).filter(|n| !n.is_empty());
        Some(match name {
            Some(name) => format!("`{name}`, {what} made by `{}`, is not {rest}", maker.name),
            None => format!("{what} made by `{}` is not {rest}", maker.name),
        })
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
