//! Why it failed, told along the path: where the values at fault were made, where they were last checked, which branch
//! left the check out.

use stingless_abi::{Arg, ArgKind, ObjectAction, RefClass, Ret};
use stingless_isa::{Callee, Cond, Insn, Operand, Ref, Reg};
use stingless_object::Unit;

use super::replay::{Compared, How, Indexed, Replay, Vid};
use super::{Kind, ctext};
use crate::cfg::Cfg;
use crate::error::Note;
use crate::obligation::Obligation;
use crate::usage::{CLOBBERED, Usage};

/// What a failed obligation was about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blame {
    /// The register at fault.
    pub(crate) reg: Option<Reg>,
    /// The other operand, where there are two.
    pub(crate) other: Option<Reg>,
    /// For a call, which argument of it, from 0.
    pub(crate) argument: Option<u8>,
    /// The byte of the stack, from `r10` of the current frame, that was found not to be written.
    pub(crate) stack: Option<i64>,
    /// The instruction that made the object on the stack that it was about.
    pub(crate) made: Option<u32>,
}

impl Blame {
    /// What a failure of this obligation is about.
    pub(crate) fn of(obligation: &Obligation) -> Blame {
        let reg = |reg| Blame { reg: Some(reg), ..Blame::default() };
        let both = |dst, src| match src {
            Operand::Reg(src) => Blame { reg: Some(dst), other: Some(src), ..Blame::default() },
            Operand::Imm(_) => reg(dst),
        };
        match *obligation {
            Obligation::Set(r) | Obligation::Writable(r) | Obligation::Number(r) => reg(r),
            Obligation::Arith { dst, src, .. } | Obligation::Comparable { dst, src, .. } => both(dst, src),
            Obligation::Access { base, .. } | Obligation::Extendable { base, .. } => reg(base),
            Obligation::Storable { value, .. } => reg(value),
            Obligation::PacketLoad { .. } => reg(Reg::R6),
            Obligation::Argument(ref a) => Blame { argument: Some(a.index), ..reg(a.reg) },
            Obligation::Return => reg(Reg::R0),
            Obligation::Callable(_) | Obligation::Unheld | Obligation::Resolved(_) => Blame::default(),
        }
    }
}

/// A failure, with all that its path tells.
pub(super) struct Scene<'a> {
    pub(super) unit: &'a Unit,
    pub(super) cfg: &'a Cfg,
    pub(super) replay: Replay<'a>,
    pub(super) kind: Kind,
    pub(super) blame: Blame,
    /// The instruction that failed.
    pub(super) at: usize,
}

/// A step and what happened there.
pub(super) type Event = (usize, String);

impl Scene<'_> {
    /// The value at fault.
    pub(super) fn culprit(&self) -> Option<Vid> {
        self.blame.reg.map(|reg| self.replay.reg(reg))
    }

    /// The pointer, index and factors of the access at fault.
    pub(super) fn indexed(&self) -> Option<Indexed> {
        self.culprit().and_then(|vid| self.replay.indexed(vid))
    }

    /// The places along the causal chain, oldest first.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = match self.kind {
            Kind::UninitRegister | Kind::NoReturnValue => self.unset(),
            Kind::UninitStack if self.given_back().is_some() => {
                self.given_back().map(|e| self.end_event(&e)).into_iter().collect()
            }
            Kind::ReferenceReleased => self.culprit().map_or(Vec::new(), |vid| self.released(vid)),
            Kind::UninitStack => {
                let skipped = self.unwritten();
                let written = if skipped.is_empty() { self.partly_written() } else { None };
                skipped.into_iter().chain(written).chain(self.handed_over()).collect()
            }
            Kind::LockHeld | Kind::LockMissing => self.locked().into_iter().collect(),
            Kind::LockArg => self.argument_events().into_iter().chain(self.locked()).collect(),
            Kind::SectionOpen | Kind::SectionMissing => self.in_section().into_iter().collect(),
            Kind::HelperArg | Kind::FunctionArg => self.argument_events(),
            Kind::CallbackReturn => {
                let made = self.culprit().map_or(Vec::new(), |vid| self.origin(vid));
                made.into_iter().chain(self.handed_over()).collect()
            }
            Kind::SpillCorrupted => self.stored_pointer().into_iter().collect(),
            Kind::StackVariable => self.varying(),
            Kind::CtxModified | Kind::CtxAccess => self.out_of_bounds(),
            Kind::PacketStale => self.moved(),
            Kind::ReferenceLeak | Kind::IteratorState | Kind::DynptrState if self.blame.made.is_some() => {
                self.object().into_iter().collect()
            }
            Kind::IteratorState | Kind::DynptrState => match self.no_object() {
                events if events.is_empty() => self.overwritten().into_iter().collect(),
                events => events,
            },
            Kind::ReferenceLeak => self.held(),
            Kind::MapValueBounds
            | Kind::PacketBounds
            | Kind::MemBounds
            | Kind::StackBounds
            | Kind::UnboundedOffset
            | Kind::UnboundedLength
            | Kind::SpecialField
            | Kind::Misaligned => self.out_of_bounds(),
            _ => self.culprit().map_or(Vec::new(), |vid| self.origin(vid)),
        };
        // A constant on the line at fault is there for all to see.
        let here = self.unit.line_of(self.at).map(|l| l.line);
        events.retain(|e| {
            let line = self.unit.line_of(self.replay.path[e.0] as usize).map(|l| l.line);
            line.is_none() || line != here || !e.1.contains(" is set to ")
        });
        events.sort_by_key(|e| e.0);
        events.dedup();
        events
    }

    /// An argument of the wrong kind: where it comes from, or the memory that it points to.
    fn argument_events(&self) -> Vec<Event> {
        let Some(vid) = self.culprit() else { return Vec::new() };
        match self.origin(vid) {
            events if events.is_empty() => self.on_the_stack().into_iter().collect(),
            events => events,
        }
    }

    /// Where the object on the stack was made.
    fn object(&self) -> Option<Event> {
        let step = self.replay.path.iter().rposition(|&at| Some(at) == self.blame.made)?;
        let name = self.helper_at(self.replay.path[step] as usize).map_or("a helper", |p| &p.name);
        Some((step, format!("it is made here by `{name}`")))
    }

    /// What destroyed an object on the stack, or which branch left its making out.
    fn no_object(&self) -> Vec<Event> {
        let acts = |at: usize, wanted| {
            let proto = self.helper_at(at)?;
            let acts = |a: &Arg| matches!(a.kind, ArgKind::Object { action, .. } if action == wanted);
            proto.args.iter().any(acts).then_some(proto)
        };
        let (_, before) = self.replay.path.split_last().unwrap_or((&0, &[]));
        for (step, &at) in before.iter().enumerate().rev() {
            if let Some(proto) = acts(at as usize, ObjectAction::Destroy) {
                return vec![(step, format!("`{}` destroys it here", proto.name))];
            }
        }
        self.skipping_branch("it is made", |_, at| acts(at, ObjectAction::Make).is_some())
    }

    /// The helper that an instruction calls.
    pub(super) fn helper_at(&self, at: usize) -> Option<&stingless_abi::Proto> {
        let Insn::Call(Callee::Helper(id)) = self.unit.code.insns()[at] else { return None };
        self.unit.protos.get(id).map(|p| &**p)
    }

    fn origin(&self, vid: Vid) -> Vec<Event> {
        let mut events: Vec<Event> = self.made(self.replay.root(vid)).into_iter().collect();
        if let How::Callback(..) = self.replay.value(self.replay.root(vid)).how {
            events.extend(self.handed_over());
        }
        let told = !self.replay.is_pointer(self.replay.root(vid)) || self.is_about_null();
        if let Some(compared) = self.replay.last_compared(vid).filter(|_| told) {
            events.push(self.checked(vid, compared));
        } else if told {
            events.extend(self.checked_before(vid));
            events.extend(self.operands(vid));
            events.extend(self.unchecked(vid));
        }
        events
    }

    /// What a sum of two numbers was computed of, where they were checked one by one.
    fn operands(&self, vid: Vid) -> Vec<Event> {
        let How::Alu { left, right, .. } = self.replay.value(self.replay.root(vid)).how else { return Vec::new() };
        let sides = [left, right].into_iter().filter(|&side| !self.replay.is_pointer(self.replay.root(side)));
        let checked = sides.filter_map(|side| Some(self.checked(side, self.replay.last_compared(side)?)));
        checked.collect()
    }

    pub(super) fn is_about_null(&self) -> bool {
        matches!(self.kind, Kind::NullDeref | Kind::NullArgument | Kind::NullArithmetic)
    }

    /// The branch whose other side checks a value that this path does not check, by the names on the lines.
    fn unchecked(&self, vid: Vid) -> Vec<Event> {
        let Some(name) = self.name(self.replay.root(vid)) else { return Vec::new() };
        let word = name.trim_matches('`').to_owned();
        self.skipping_branch(&format!("{name} is checked"), |compared, at| {
            let Insn::Branch { dst, .. } = self.unit.code.insns()[at] else { return false };
            let named = self.unit.line_of(at).is_some_and(|l| ctext::mentions(&l.text, &word));
            named || self.replay.holders(compared, vid) & 1 << dst.index() != 0
        })
    }

    /// Where a value was made, in words.
    pub(super) fn made(&self, vid: Vid) -> Option<Event> {
        let made = self.replay.value(vid);
        let name = self.name_or(vid, "this");
        let message = match made.how {
            How::Entry(_) if self.is_function() && self.is_about_null() => {
                format!("{name} is an argument: as far as its type says, callers may pass NULL")
            }
            How::Entry(Reg::R1) if self.unit.hook.ctx().is_some() => {
                format!("{} is the context", self.name_or(vid, "`ctx`"))
            }
            How::Entry(_) => format!("{} is given by the caller", self.name(vid)?),
            How::Callback(id, _) => format!("{name} is given by `{}`", self.unit.protos.get(id)?.name),
            How::Unset | How::Frame(..) | How::Ref(Ref::Map(_) | Ref::Func(_) | Ref::Symbol(_)) => return None,
            How::Ref(Ref::MapValue { map, .. }) => {
                format!("{name} is in `{}`", self.unit.maps.get(map as usize)?.spec.name)
            }
            How::Lost => "this call leaves r1 to r5 unset".to_owned(),
            How::Const(c) => format!("{name} is set to {c} here"),
            How::Helper(id) => self.result_of(&name, id)?,
            How::Function => format!("{name} is what the function returned"),
            How::Load { .. } if self.replay.is_pointer(vid) => format!("{name} is loaded from the context"),
            How::Load { .. } => format!("{name} is loaded here"),
            How::Filled(id) => format!("`{}` writes it here", self.unit.protos.get(id)?.name),
            How::Alu { .. } | How::Unary(_) => format!("{name} is computed here"),
        };
        Some((made.step, message))
    }

    fn result_of(&self, name: &str, id: u32) -> Option<String> {
        let proto = self.unit.protos.get(id)?;
        let null = self.is_about_null();
        Some(match proto.ret {
            Ret::Void => format!("`{}` returns nothing", proto.name),
            Ret::Scalar { .. } => format!("{name} is what `{}` returned", proto.name),
            _ if !null => format!("{name} comes from `{}`", proto.name),
            Ret::MapValueOrNull | Ret::MapValueMaybe => {
                format!("{name} comes from `{}`: NULL if there is no such element", proto.name)
            }
            Ret::AcquiredOrNull { class: RefClass::Host(_), .. } | Ret::HostOrNull { .. } => {
                format!("{name} comes from `{}`: NULL if there is none", proto.name)
            }
            Ret::AcquiredOrNull { .. } => format!("{name} comes from `{}`: NULL if there is no room", proto.name),
            Ret::ElementOrNull { .. } => {
                format!("{name} comes from `{}`: NULL if there is no element left", proto.name)
            }
            Ret::ViewOrNull { .. } => {
                format!("{name} comes from `{}`: NULL if the dynptr has fewer bytes, or may not be written", proto.name)
            }
        })
    }

    /// What the program calls a value: in backquotes, from the line that made it.
    pub(super) fn name(&self, vid: Vid) -> Option<String> {
        let made = self.replay.value(vid);
        if let How::Entry(reg) | How::Callback(_, reg) = made.how {
            return self.parameter(made.step, reg).map(quoted);
        }
        let line = self.unit.line_of(self.replay.path[made.step] as usize)?;
        let column = Some(line.column).filter(|&c| c != 0);
        // What is assigned is what the result points to.
        let before = column.and_then(|c| line.text.get(..c as usize - 1)).unwrap_or("");
        if matches!(made.how, How::Helper(_)) && before.trim_end().ends_with('*') {
            return None;
        }
        let loaded = || ctext::place(&line.text, column).filter(|_| matches!(made.how, How::Load { .. }));
        let stepped = || ctext::stepped(&line.text, column);
        ctext::assigned(&line.text, column).or_else(stepped).or_else(loaded).map(|n| quoted(n.to_owned()))
    }

    /// The name of what a value was computed of.
    pub(super) fn name_of(&self, vid: Vid, other: &str) -> String {
        self.name_or(self.replay.root(vid), other)
    }

    pub(super) fn name_or(&self, vid: Vid, other: &str) -> String {
        self.name(vid).unwrap_or_else(|| other.to_owned())
    }

    /// The name of a parameter of the function that begins at a step.
    pub(super) fn parameter(&self, step: usize, reg: Reg) -> Option<String> {
        let at = *self.replay.path.get(step)? as usize;
        let place = reg.index().checked_sub(1)?;
        let known = self.unit.funcs.get(self.unit.code.subprog_of(at)).and_then(|f| f.params.get(place));
        if let Some(name) = known.filter(|n| !n.is_empty()) {
            return Some(name.clone());
        }
        let text = &self.unit.line_of(at)?.text;
        ctext::parameters(text).get(place).filter(|n| !n.is_empty()).map(|n| (*n).to_owned())
    }

    /// Whether the path is that of a global function, verified on its own.
    pub(super) fn is_function(&self) -> bool {
        self.replay.path.first().is_some_and(|&at| at != 0)
    }

    /// Said of a check whose line does not have what is checked: clang gives the branches that it joins one line.
    fn joined(&self, name: &str, compared: Compared) -> &'static str {
        let line = self.unit.line_of(self.replay.path[compared.step] as usize);
        let named = |text: &str| text.contains(name.trim_matches('`')) || text.contains("for (");
        match line {
            Some(line) if name.starts_with('`') && !named(&line.text) => {
                ": the compiler joined its check with this one"
            }
            Some(_) | None => "",
        }
    }

    fn checked(&self, vid: Vid, compared: Compared) -> Event {
        let name = self.name_of(vid, "it");
        let pointer = self.replay.is_pointer(self.replay.root(vid));
        let message = match self.null_outcome(&compared).filter(|_| pointer) {
            Some(true) => format!("here {name} is found to be NULL"),
            Some(false) => format!("here {name} is found not to be NULL"),
            None => format!("{name} is last checked here{}", self.joined(&name, compared)),
        };
        (compared.step, message)
    }

    /// For a comparison with 0: whether the path is the one of equality.
    fn null_outcome(&self, compared: &Compared) -> Option<bool> {
        let zero = self.replay.value(compared.right).how == How::Const(0);
        match compared.cond {
            Cond::Eq => Some(compared.taken),
            Cond::Ne => Some(!compared.taken),
            Cond::Gt | Cond::Ge | Cond::Lt | Cond::Le | Cond::Set | Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle => {
                None
            }
        }
        .filter(|_| zero)
    }

    /// Whether the path found the value to be NULL.
    pub(super) fn found_null(&self, vid: Vid) -> bool {
        self.replay.last_compared(vid).and_then(|c| self.null_outcome(&c)) == Some(true)
    }

    fn out_of_bounds(&self) -> Vec<Event> {
        let Some(vid) = self.culprit() else { return Vec::new() };
        let mut events = Vec::new();
        match self.replay.indexed(vid) {
            Some(indexed) => {
                events.extend(self.made(self.replay.root(indexed.pointer)));
                events.extend(self.origin(indexed.index));
            }
            None => {
                let root = self.replay.root(vid);
                events.extend(self.made(root));
                events.extend(self.counted());
                if let Some((_, index)) = self.added() {
                    events.extend(self.origin(index));
                }
                if let Some(compared) = self.replay.last_compared(root).filter(|_| self.kind == Kind::PacketBounds) {
                    events.push(self.checked(root, compared));
                }
            }
        }
        if let Some(length) = self.length() {
            events.extend(self.origin(length));
        }
        events.extend(self.length_checked().filter(|_| self.kind == Kind::PacketBounds));
        if events.is_empty() && self.is_argument() {
            events.extend(self.on_the_stack());
        }
        events
    }

    /// Whether it is an argument that is at fault, of a helper or of a function.
    fn is_argument(&self) -> bool {
        matches!(self.unit.code.insns()[self.at], Insn::Call(_))
    }

    /// A pointer that is stored where its place varies: what makes it vary.
    fn varying(&self) -> Vec<Event> {
        let base = self.base_register().map(|reg| self.replay.reg(reg)).or_else(|| self.culprit());
        base.and_then(|vid| self.replay.indexed(vid)).map_or(Vec::new(), |i| self.origin(i.index))
    }

    /// For an addition at fault: the pointer and the number.
    pub(super) fn added(&self) -> Option<(Vid, Vid)> {
        let (a, b) = (self.replay.reg(self.blame.reg?), self.replay.reg(self.blame.other?));
        match (self.replay.is_pointer(a), self.replay.is_pointer(b)) {
            (true, false) => Some((a, b)),
            (false, true) => Some((b, a)),
            (_, _) => None,
        }
    }

    /// The value of the length that goes with the memory argument at fault.
    pub(super) fn length(&self) -> Option<Vid> {
        let (_, len) = self.memory_argument()?;
        Some(self.replay.reg(*Reg::ARGS.get(len)?))
    }

    /// For a helper's call: the places of the memory argument at fault and of its length.
    pub(super) fn memory_argument(&self) -> Option<(usize, usize)> {
        use stingless_abi::MemLen;
        let index = usize::from(self.blame.argument?);
        let proto = self.helper()?;
        match proto.args.get(index)?.kind {
            ArgKind::Mem { len: MemLen::Next, .. } => Some((index, index + 1)),
            ArgKind::Len { .. } => Some((index.checked_sub(1)?, index)),
            _ => None,
        }
    }

    /// The helper that the failing instruction calls.
    pub(super) fn helper(&self) -> Option<&stingless_abi::Proto> {
        self.helper_at(self.at)
    }

    /// The name of whoever the failing instruction calls.
    fn callee_name(&self) -> Option<&str> {
        if let Insn::Call(Callee::Local(target)) = self.unit.code.insns()[self.at] {
            return self.unit.funcs.get(self.unit.code.subprog_of(target as usize)).map(|f| f.name.as_str());
        }
        self.helper().map(|proto| &*proto.name)
    }

    /// Why a register holds nothing.
    fn unset(&self) -> Vec<Event> {
        let (Some(reg), Some(vid)) = (self.blame.reg, self.culprit()) else { return Vec::new() };
        let made = self.replay.value(vid);
        match made.how {
            How::Lost => vec![(made.step, format!("this call does not keep {reg}: only r6 to r9 survive a call"))],
            How::Helper(id) if self.returns_nothing(id) => self.made(vid).into_iter().collect(),
            How::Unset => self.skipping_branch("it is set", |_, at| {
                let insn = &self.unit.code.insns()[at];
                let usage = Usage::of(insn, &self.unit.protos);
                let call = matches!(insn, Insn::Call(_));
                usage.writes & 1 << reg.index() != 0 && (!call || reg == Reg::R0 || CLOBBERED & 1 << reg.index() == 0)
            }),
            _ => self.released(vid),
        }
    }

    fn returns_nothing(&self, id: u32) -> bool {
        self.unit.protos.get(id).is_some_and(|p| p.ret == Ret::Void)
    }

    /// A pointer that the path has ended: every copy of it is gone.
    fn released(&self, vid: Vid) -> Vec<Event> {
        let ended = self.ended(vid);
        let whole = ended.map_or(self.replay.root(vid), |e| e.whole);
        let mut events: Vec<Event> = self.casts(vid, whole).into_iter().filter_map(|vid| self.made(vid)).collect();
        events.extend(ended.map(|e| self.end_event(&e)));
        events
    }

    /// Which branch left out the store to a stack byte.
    fn unwritten(&self) -> Vec<Event> {
        let Some(byte) = self.blame.stack else { return Vec::new() };
        let Some(How::Frame(frame, _)) = self.culprit().map(|vid| self.replay.value(vid).how) else {
            return Vec::new();
        };
        // A function that was called may have left it out, too.
        self.skipping_branch_in(true, "it is written", |compared, at| {
            let Insn::Store { base, off, size, .. } = self.unit.code.insns()[at] else { return false };
            let How::Frame(of, from) = self.replay.value(compared.held(base)).how else { return false };
            let first = from + i64::from(off);
            of == frame && (first..first + i64::from(size.bytes())).contains(&byte)
        })
    }

    /// The last branch of the path whose other side leads to an instruction that `does` what is missing, before the one
    /// that failed.
    fn skipping_branch(&self, what: &str, does: impl Fn(&Compared, usize) -> bool) -> Vec<Event> {
        self.skipping_branch_in(false, what, does)
    }

    /// The same, in any function of the path if `anywhere`, else in the one that failed.
    fn skipping_branch_in(&self, anywhere: bool, what: &str, does: impl Fn(&Compared, usize) -> bool) -> Vec<Event> {
        let subprog = self.unit.code.subprog_of(self.at);
        for compared in self.replay.compared.iter().rev() {
            let branch = self.replay.path[compared.step] as usize;
            if !anywhere && self.unit.code.subprog_of(branch) != subprog {
                continue;
            }
            let succs = self.cfg.succs(self.unit, branch);
            let other = if compared.taken { succs.fall } else { succs.taken };
            if other.is_some_and(|other| self.reaches(other, |at| does(compared, at))) {
                return vec![(compared.step, format!("where this goes the other way, {what}"))];
            }
        }
        Vec::new()
    }

    /// Whether some path from `from` passes an instruction that `does`, and does not pass the failing one before.
    pub(super) fn reaches(&self, from: u32, does: impl Fn(usize) -> bool) -> bool {
        let mut seen = std::collections::BTreeSet::from([from]);
        let mut todo = vec![from];
        while let Some(at) = todo.pop() {
            if at as usize == self.at || seen.len() > 4096 {
                continue;
            }
            if does(at as usize) {
                return true;
            }
            let succs = self.cfg.succs(self.unit, at as usize);
            todo.extend(succs.fall.into_iter().chain(succs.taken).filter(|&s| seen.insert(s)));
        }
        false
    }

    /// A packet pointer: where it was loaded, and what moved the packet since.
    fn moved(&self) -> Vec<Event> {
        let operands = self.blame.reg.into_iter().chain(self.blame.other);
        let mut events = Vec::new();
        for root in operands.map(|reg| self.replay.root(self.replay.reg(reg))) {
            let calls = self.replay.calls_from(self.replay.value(root).step);
            let mover = calls.filter(|(_, p, _)| p.may_move_packet() || p.effects.tail_call).last();
            let Some((step, proto, _)) = mover.filter(|_| self.replay.is_pointer(root)) else { continue };
            events.extend(self.made(root));
            events.push((step, format!("`{}` may move the data: pointers taken before are stale", proto.name)));
        }
        events
    }

    /// Where the reference that is still held was acquired.
    fn held(&self) -> Vec<Event> {
        let Some((step, vid)) = self.leaked() else { return Vec::new() };
        let How::Helper(id) = self.replay.value(vid).how else { return Vec::new() };
        let proto = self.unit.protos.get(id);
        let what = proto.map_or("it", |p| &p.name);
        vec![(step, format!("{} is acquired here by `{what}`", self.name_or(vid, "the reference")))]
    }

    /// What the program calls the reference that is still held, and who gave it.
    pub(super) fn leaked_name(&self) -> Option<(String, &str)> {
        let (_, vid) = self.leaked().filter(|_| self.blame.made.is_none())?;
        let How::Helper(id) = self.replay.value(vid).how else { return None };
        Some((self.name_or(vid, "the reference"), &self.unit.protos.get(id)?.name))
    }

    /// A row that says better what is wrong than the obligation that broke: the path knows more than the state.
    pub(super) fn other_row(&self) -> Option<&'static super::Row> {
        let argument = self.blame.argument.is_some();
        let root = self.culprit().map(|vid| self.replay.root(vid));
        let null = root.is_some_and(|root| self.replay.is_pointer(root) && self.found_null(root));
        match self.kind {
            // A number that was a pointer before it was found to be NULL.
            Kind::HelperArg if null => Some(Kind::NullArgument.row()),
            // Whoever is given the memory would see the address.
            Kind::SpillCorrupted if argument => Some(Kind::PointerLeak.row()),
            _ => None,
        }
    }

    /// The first reference of the path that is neither given back nor NULL.
    pub(super) fn leaked(&self) -> Option<(usize, Vid)> {
        let acquired =
            (0..self.replay.values()).map(|vid| (vid, self.replay.value(vid))).filter(|(_, m)| match m.how {
                How::Helper(id) => {
                    self.unit.protos.get(id).is_some_and(|p| matches!(p.ret, Ret::AcquiredOrNull { .. }))
                }
                _ => false,
            });
        for (vid, made) in acquired {
            let released = self.replay.calls_from(made.step).any(|(_, proto, args)| {
                proto.effects.releases.is_some_and(|arg| self.replay.root(args[usize::from(arg)]) == vid)
            });
            if !released && !self.found_null(vid) {
                return Some((made.step, vid));
            }
        }
        None
    }

    /// Says registers by the names that the program gives to what they hold.
    pub(super) fn rename(&self, message: &str) -> String {
        let Some(line) = self.unit.line_of(self.at) else { return message.to_owned() };
        let helper = self.callee_name().and_then(|name| ctext::arguments(&line.text, name));
        if let Some(args) = helper {
            let named = args.iter().zip(Reg::ARGS).filter(|(arg, _)| !arg.is_empty());
            return named
                .fold(message.to_owned(), |m, (arg, reg)| replace_word(&m, &reg.to_string(), &format!("`{arg}`")));
        }
        let (Some(reg), Some(vid)) = (self.blame.reg, self.culprit()) else { return message.to_owned() };
        let accessed = || ctext::pointer(&line.text, line.column).map(|n| quoted(n.to_owned()));
        let accesses = self.access().is_some();
        let name = self.name(self.replay.root(vid)).or_else(|| accessed().filter(|_| accesses));
        name.map_or_else(|| message.to_owned(), |name| replace_word(message, &reg.to_string(), &name))
    }

    /// The call that took a reference back.
    pub(super) fn release_of(&self, root: Vid) -> Option<(usize, &stingless_abi::Proto, [Vid; 5])> {
        self.replay.calls_from(self.replay.value(root).step).find(|(_, proto, args)| {
            proto.effects.releases.is_some_and(|arg| self.replay.root(args[usize::from(arg)]) == root)
        })
    }

    /// The byte that was found unwritten, counted from where the argument points.
    pub(super) fn unwritten_byte(&self) -> Option<i64> {
        self.blame.argument?;
        match self.replay.value(self.culprit()?).how {
            How::Frame(_, off) => Some(self.blame.stack? - off),
            _ => None,
        }
    }

    /// The decisions of the path, the last ones. Several in a row on one line are one to the reader.
    pub(super) fn decisions(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        for compared in self.replay.compared.iter().rev() {
            let note = self.decision(compared);
            let again =
                notes.last().is_some_and(|n| n.line.is_some() && (n.line, &n.message) == (note.line, &note.message));
            if notes.len() == MAX_DECISIONS {
                break;
            }
            if !again {
                notes.push(note);
            }
        }
        notes.reverse();
        notes
    }

    fn decision(&self, compared: &Compared) -> Note {
        let at = self.replay.path[compared.step] as usize;
        let after = &self.replay.path[compared.step + 1..];
        let own = self.unit.line_of(at).map(|l| l.line);
        let lines = after.iter().take(MAX_AHEAD).filter_map(|&next| self.unit.line_of(next as usize));
        let message = match lines.map(|l| l.line).find(|&l| Some(l) != own) {
            Some(line) => format!("goes on at line {line}"),
            None if own.is_some() => "goes on".to_owned(),
            None if compared.taken => {
                let next = after.first().map_or(at, |&n| n as usize);
                format!("jumps to instruction {}", self.unit.code.slot_of(next))
            }
            None => "does not jump".to_owned(),
        };
        Note::at(self.unit, at, message)
    }
}

/// Instructions after a branch that are looked at for the line where it goes on.
const MAX_AHEAD: usize = 32;

/// Decisions that a report keeps.
const MAX_DECISIONS: usize = 16;

/// Replaces a word where it stands alone.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let end = at + word.len();
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '`');
        let alone = !joined(rest[..at].chars().next_back()) && !joined(rest[end..].chars().next());
        out.push_str(&rest[..at]);
        out.push_str(if alone { by } else { word });
        rest = &rest[end..];
    }
    out + rest
}

fn quoted(name: String) -> String {
    format!("`{name}`")
}
