//! Proves obligations on an abstract state. Never changes the state.

mod access;
mod args;
mod compare;
mod function;
mod object;
mod text;

use stingless_abi::{ArgKind, Entry, ObjectKind, Proto, RefClass, Rights, Section, Trust};
use stingless_isa::{AluOp, Callee, Operand, Reg, Width};

use crate::domain::Scalar;
use crate::env::Env;
use crate::obligation::Obligation;
use crate::refine::Need;
use crate::region::Region;
use crate::report::{Blame, Kind};
use crate::state::State;
use crate::value::{Value, range_text};

pub(crate) use access::Span;
pub(crate) use args::words_read;
pub(crate) use compare::{NullTest, data_length, null_test, same_base, same_data};

/// Why an obligation cannot be proved.
#[derive(Clone, Debug)]
pub(crate) struct Fail {
    /// The rejection.
    pub(crate) kind: Kind,
    /// One sentence in the source's terms.
    pub(crate) message: String,
    /// What was required and what was known.
    pub(crate) cause: Option<String>,
    /// A suggestion.
    pub(crate) help: Option<String>,
    /// What it was about, for the report.
    pub(crate) blame: Blame,
    /// What would make it hold, where that is a matter of numbers.
    pub(crate) need: Option<Need>,
}

impl Fail {
    /// The same failure, blamed on an obligation.
    pub(crate) fn of(mut self: Box<Self>, obligation: &Obligation) -> Box<Fail> {
        let (of, own) = (Blame::of(obligation), self.blame);
        // A call of a function is one obligation, whichever argument fails.
        let (reg, argument) = (of.reg.or(own.reg), of.argument.or(own.argument));
        self.blame = Blame { reg, argument, stack: own.stack, made: own.made, ..of };
        self
    }
}

/// A failure that is a matter of numbers.
pub(crate) fn needing<T>(check: Result<T, Box<Fail>>, need: impl FnOnce() -> Option<Need>) -> Result<T, Box<Fail>> {
    check.map_err(|mut fail| {
        fail.need = need();
        fail
    })
}

/// What proving gives.
pub(crate) type Check = Result<(), Box<Fail>>;

/// A failure with its sentence.
pub(crate) fn fail<T>(kind: Kind, message: impl Into<String>) -> Result<T, Box<Fail>> {
    Err(Box::new(Fail { kind, message: message.into(), cause: None, help: None, blame: Blame::default(), need: None }))
}

/// A failure with its sentence and what was known.
pub(crate) fn fail_because<T>(
    kind: Kind,
    message: impl Into<String>,
    cause: impl Into<String>,
) -> Result<T, Box<Fail>> {
    Err(Box::new(Fail {
        kind,
        message: message.into(),
        cause: Some(cause.into()),
        help: None,
        blame: Blame::default(),
        need: None,
    }))
}

/// Makes, steps or ends an iterator of numbers, which waits for nothing: also under a lock, as in Linux.
fn counts(proto: &Proto) -> bool {
    proto.args.iter().any(|a| matches!(a.kind, ArgKind::Object { kind: ObjectKind::IterNum, .. }))
}

/// Constants that no operation has a use for. Only where they are reached, as in Linux: dead code may hold them.
fn constant_operand(op: AluOp, width: Width, imm: i32) -> Check {
    let shifts = matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh);
    if shifts && !(0..width.bits() as i32).contains(&imm) {
        return fail(Kind::Unsupported, format!("a shift by {imm} of a number of {} bits", width.bits()));
    }
    let divides = matches!(op, AluOp::Div | AluOp::Sdiv | AluOp::Mod | AluOp::Smod);
    if divides && imm == 0 { fail(Kind::Unsupported, "a division by the constant 0") } else { Ok(()) }
}

/// An inconsistency of ours.
pub(crate) fn bug<T>(message: impl Into<String>) -> Result<T, Box<Fail>> {
    fail(Kind::Bug, message)
}

/// Proves obligations on one state.
pub(crate) struct Checker<'a> {
    pub(crate) env: &'a Env<'a>,
    pub(crate) state: &'a State,
    /// Arguments, as bits, of which it is proved that as many bytes are there as their length says.
    pub(crate) given: u16,
}

impl Checker<'_> {
    /// Proves one obligation.
    pub(crate) fn prove(&self, obligation: &Obligation) -> Check {
        match *obligation {
            Obligation::Set(reg) => self.set(reg),
            Obligation::Writable(reg) if reg == Reg::FP => {
                fail(Kind::FramePointerWrite, "r10 is the frame pointer and may not be written")
            }
            Obligation::Writable(_) => Ok(()),
            Obligation::Arith { op, width, dst, src } => self.arith(op, width, dst, src),
            Obligation::Number(reg) => self.number(reg),
            Obligation::Access { base, off, size, mode } => {
                self.access(self.state.reg(base), Span::of_insn(off, size), mode, base)
            }
            Obligation::Storable { value, base, off, size } => self.storable(value, base, off, size),
            Obligation::Extendable { base, off, size } => self.extendable(base, off, size),
            Obligation::Comparable { cond, width, dst, src } => self.comparable(cond, width, dst, src),
            Obligation::PacketLoad { index: _ } => self.packet_load(),
            Obligation::Callable(callee) => self.callable(callee),
            Obligation::Argument(ref argument) => self.argument(argument),
            Obligation::Unheld => self.unheld(),
            Obligation::Return => self.returns(),
            Obligation::Resolved(reason) => self.resolved(reason),
        }
    }

    /// Linux-root rules apply.
    pub(crate) fn privileged(&self) -> bool {
        self.env.trust == Trust::Privileged
    }

    fn set(&self, reg: Reg) -> Check {
        if self.state.reg(reg).is_uninit() {
            return fail(Kind::UninitRegister, format!("{reg} is read but was never set on this path"));
        }
        Ok(())
    }

    fn number(&self, reg: Reg) -> Check {
        self.set(reg)?;
        let value = self.state.reg(reg);
        if value.is_ptr() && !self.privileged() {
            return fail(Kind::PointerLeak, format!("{reg} must be a number here, but holds {}", value.noun()));
        }
        Ok(())
    }

    /// The value of an operand; immediates are sign-extended.
    pub(crate) fn operand(&self, src: Operand) -> Value {
        match src {
            Operand::Reg(reg) => *self.state.reg(reg),
            Operand::Imm(imm) => Value::constant(i64::from(imm) as u64),
        }
    }

    fn arith(&self, op: AluOp, width: Width, dst: Reg, src: Operand) -> Check {
        if let Operand::Imm(imm) = src {
            constant_operand(op, width, imm)?;
        }
        let (a, b) = (self.state.reg(dst), self.operand(src));
        if op == AluOp::Mov && width == Width::W64 {
            return Ok(());
        }
        let moves = matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32);
        if !b.is_ptr() && (moves || !a.is_ptr()) {
            return Ok(());
        }
        if moves {
            return self.leaky_unless_privileged("a pointer is truncated to a number");
        }
        match (op, width) {
            (AluOp::Add, Width::W64) if !(a.is_ptr() && b.is_ptr()) => {
                let (ptr, num) = if a.is_ptr() { (a, &b) } else { (&b, a) };
                needing(self.offset(ptr, num, false), || {
                    offset_need(if a.is_ptr() { src } else { Operand::Reg(dst) }, false)
                })
            }
            // As in Linux: compilers move the stack pointer by adding.
            (AluOp::Sub, Width::W64) if matches!(a.region(), Some(Region::Stack(_))) && !b.is_ptr() => fail(
                Kind::PointerArithmetic,
                "nothing is subtracted from a pointer to the stack: add a negative number",
            ),
            (AluOp::Sub, Width::W64) if a.is_ptr() && !b.is_ptr() => {
                needing(self.offset(a, &b, true), || offset_need(src, true))
            }
            (AluOp::Sub, Width::W64 | Width::W32) if same_data(a, &b) => Ok(()),
            (AluOp::Sub, Width::W32) => {
                self.leaky_unless_privileged("a 32-bit difference would tell where memory lies")
            }
            (AluOp::Sub, Width::W64) if a.is_ptr() => {
                self.leaky_unless_privileged("the difference of two pointers would tell where memory lies")
            }
            (_, _) => fail(
                Kind::PointerArithmetic,
                match a.is_ptr() {
                    true => format!("`{}=` is not allowed on {dst}, {}", symbol(op), a.noun()),
                    false => format!("`{}=` is not allowed with {}", symbol(op), b.noun()),
                },
            ),
        }
    }

    fn leaky_unless_privileged(&self, message: &str) -> Check {
        if self.privileged() { Ok(()) } else { fail(Kind::PointerArithmetic, message) }
    }

    /// A pointer plus or minus a number.
    fn offset(&self, ptr: &Value, num: &Value, minus: bool) -> Check {
        let Some(region) = ptr.region() else {
            return bug("an offset is added to something that is no pointer");
        };
        if ptr.nullable && !fault!(36) {
            return fail(Kind::NullArithmetic, format!("arithmetic on {}, which may be NULL", ptr.noun()));
        }
        if region == Region::Stale {
            return fail(Kind::PacketStale, "arithmetic on a pointer into data that a helper may have moved");
        }
        if !region.takes_offsets() {
            // As in Linux: clang adds 0 to a map's address where an array of maps has one element.
            if matches!(region, Region::MapPtr(_)) && num.as_constant() == Some(0) {
                return Ok(());
            }
            return fail(Kind::PointerArithmetic, format!("arithmetic on {}", ptr.noun()));
        }
        let limit = i128::from(stingless_abi::limits::MAX_POINTER_OFFSET);
        let delta = if minus { Scalar::neg(Width::W64, num.num) } else { num.num };
        let (least, most) = (i128::from(delta.smin()), i128::from(delta.smax()));
        let known = delta.as_constant().is_some();
        if least <= -limit || known && most >= limit {
            let kind = if known { Kind::PointerOffset } else { Kind::UnboundedOffset };
            return fail_because(
                kind,
                format!("the offset added to {} must be more than -{limit} and less than {limit}", ptr.noun()),
                format!("the offset is {}", range_text(&delta)),
            );
        }
        let total = i128::from(ptr.off) + i128::from(ptr.num.smin()) + least;
        let fixed = if known { i128::from(ptr.off) + least } else { i128::from(ptr.off) };
        if total <= -limit || fixed.abs() >= limit {
            return fail(
                Kind::PointerOffset,
                format!("{} would be {total} bytes from its start, the limit is {limit}", ptr.noun()),
            );
        }
        Ok(())
    }

    fn packet_load(&self) -> Check {
        if !self.env.unit.hook.packet_loads {
            return fail(Kind::Unsupported, format!("hook `{}` has no packet to load from", self.env.unit.hook.name));
        }
        let in_callback = self.state.frames().iter().any(|f| f.callback.is_some());
        self.gives_numbers("a failing packet load returns 0")?;
        let in_program = self.state.depth() == 1 && !self.env.is_function;
        if (in_program || in_callback) && self.env.unit.hook.verdict.is_some_and(|v| v.min > 0 || v.max < 0) {
            return fail(Kind::ReturnRange, "a failing packet load returns 0, which the hook does not allow");
        }
        let ctx = self.state.reg(Reg::R6);
        if ctx.region() != Some(Region::Ctx) || ctx.fixed_off() != Some(0) {
            return fail(
                Kind::WrongPointer,
                format!("packet loads need the context in r6, which holds {}", ctx.noun()),
            );
        }
        Ok(())
    }

    /// What leaves a function with a number stands in none whose type has another result, as in Linux.
    fn gives_numbers(&self, why: &str) -> Check {
        let subprog = self.state.frame().subprog as usize;
        let other = subprog != 0 && self.env.unit.funcs.get(subprog).is_some_and(|f| f.typed && !f.returns_scalar);
        if other || self.env.is_function && !self.env.function_returns {
            return fail(Kind::Unsupported, format!("{why}: not allowed in a function without a result"));
        }
        Ok(())
    }

    fn callable(&self, callee: Callee) -> Check {
        match callee {
            Callee::Helper(id) => self.helper(id),
            Callee::Local(target) => {
                let subprog = self.env.unit.code.subprog_of(target as usize);
                if self.env.unit.exception_callback == Some(subprog) {
                    return fail(Kind::Unsupported, "the callback for exceptions is called directly");
                }
                if !self.env.unit.funcs.get(subprog).is_some_and(|f| f.global) {
                    return Ok(());
                }
                if self.state.lock.is_some() {
                    let message = "a global function is called while a lock is held: make it static";
                    return fail(Kind::LockHeld, message);
                }
                // It is proved on its own, and knows of nothing that its callers hold.
                let throws = self.env.throws.get(subprog).copied().unwrap_or(true) && !fault!(100);
                if throws { self.throws_below() } else { Ok(()) }
            }
            Callee::Kfunc(id) => fail(Kind::UnknownHelper, format!("kernel function {id} is not available")),
            Callee::Symbol(_) => fail(Kind::Unresolved, "a function that was not resolved is called"),
            Callee::Reg(reg) => fail(Kind::Unsupported, format!("calls through a register ({reg}) are not allowed")),
        }
    }

    fn helper(&self, id: u32) -> Check {
        let Some(proto) = self.env.unit.protos.get(id) else {
            return fail(Kind::UnknownHelper, format!("there is no helper number {id}"));
        };
        let hook = &self.env.unit.hook;
        if !hook.helpers.has(id) {
            return fail(
                Kind::HelperNotAllowed,
                format!("helper `{}` (number {id}) is not allowed in hook `{}`", proto.name, hook.name),
            );
        }
        if proto.effects.gpl_only && !self.env.unit.gpl {
            return fail(
                Kind::GplOnly,
                format!("helper `{}` is for programs with a GPL-compatible licence", proto.name),
            );
        }
        if self.state.lock.is_some() && proto.effects.lock != Some(false) && !counts(proto) && !fault!(63) {
            return fail(Kind::LockHeld, format!("helper `{}` is called while a lock is held", proto.name));
        }
        self.section(proto)?;
        let calls_back = proto.args.iter().any(|a| matches!(a.kind, ArgKind::Callback(_)));
        if calls_back && self.state.depth() >= self.env.limits.frames {
            return fail(
                Kind::TooManyFrames,
                format!(
                    "the callback would be frame {} of its chain, the limit is {}",
                    self.state.depth() + 1,
                    self.env.limits.frames
                ),
            );
        }
        if proto.effects.throws {
            return self.throws();
        }
        if proto.effects.tail_call {
            self.gives_numbers("what a tail call runs returns a number")?;
            self.unheld()?;
            if self.state.frames().iter().any(|f| f.callback.is_some()) {
                return fail(Kind::TailCallStack, format!("`{}` is called from a callback", proto.name));
            }
        }
        Ok(())
    }

    /// A helper that enters or leaves a section is called where that may be.
    fn section(&self, proto: &Proto) -> Check {
        let Some(section) = proto.effects.section else { return Ok(()) };
        if self.state.sections.after(section).is_some() {
            return Ok(());
        }
        match section {
            Section::ReadEnter | Section::PreemptOff => {
                fail(Kind::SectionOpen, format!("`{}` is called inside of the section that it enters", proto.name))
            }
            Section::ReadLeave | Section::PreemptOn => {
                fail(Kind::SectionMissing, format!("`{}` is called outside of the section that it leaves", proto.name))
            }
        }
    }

    /// A global function that may throw is called here.
    fn throws_below(&self) -> Check {
        if self.in_exception() {
            return fail(Kind::Unsupported, "the callback for exceptions calls a function that may throw");
        }
        if self.state.frames().iter().any(|f| f.callback.is_some()) {
            return fail(Kind::Unsupported, "a callback calls a function that may throw");
        }
        self.unheld()
    }

    /// The program has thrown, and its callback runs.
    fn in_exception(&self) -> bool {
        let outermost = self.state.frames().first().map(|f| f.subprog as usize);
        self.env.unit.exception_callback.is_some() && outermost == self.env.unit.exception_callback
    }

    /// The program may end here, from however deep, with the number in `r1`.
    fn throws(&self) -> Check {
        if !fault!(99) {
            self.unheld()?;
        }
        if self.in_exception() {
            return fail(Kind::Unsupported, "the callback for exceptions throws");
        }
        // As in Linux: the helper that calls back would not come to its end.
        if self.state.frames().iter().any(|f| f.callback.is_some()) {
            return fail(Kind::Unsupported, "a callback throws");
        }
        let cookie = self.state.reg(Reg::R1);
        match self.env.unit.hook.verdict {
            // Without a callback for exceptions the number is what the program returns.
            Some(v) if self.env.unit.exception_callback.is_none() => {
                let thrown =
                    self.number_within(cookie, v.min, v.max, Kind::ReturnRange, "what is thrown, and so returned, is");
                needing(thrown, || Some(Need::Low { reg: Reg::R1, first: v.min, last: v.max }))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A helper that changes a map is given one that programs may write.
    pub(crate) fn map_takes_writes(&self, proto: &Proto) -> Check {
        if !proto.effects.writes_map {
            return Ok(());
        }
        let arg = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::Map(_)));
        let Some(Region::MapPtr(map)) = arg.and_then(|(_, reg)| self.state.reg(reg).region()) else {
            return bug("a helper changes no map");
        };
        match self.env.unit.maps.get(map as usize) {
            Some(map) if !map.spec.prog_writes() => fail(
                Kind::ReadOnly,
                format!("`{}` changes map `{}`, which programs may only read", proto.name, map.spec.name),
            ),
            Some(_) => Ok(()),
            None => bug("a map that is not there"),
        }
    }

    /// A helper that gives a lock back is given the one that is held.
    pub(crate) fn lock_matches(&self, proto: &Proto) -> Check {
        if proto.effects.lock != Some(false) {
            return Ok(());
        }
        let Some(lock) = self.state.lock else {
            return fail(Kind::LockMissing, format!("`{}` is called, but no lock is held", proto.name));
        };
        let arg = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::SpinLock));
        let given = arg.map(|(_, reg)| self.state.reg(reg));
        if given.is_some_and(|v| v.region() == Some(Region::MapValue(lock.map)) && (fault!(119) || v.id == lock.id)) {
            return Ok(());
        }
        fail(Kind::LockArg, format!("`{}` is given another lock than the one that is held", proto.name))
    }

    fn unheld(&self) -> Check {
        if let Some(held) = self.state.held.first().filter(|_| !fault!(64)) {
            let slot = self.env.unit.code.slot_of(held.insn as usize);
            let message = match held.class {
                RefClass::Object(kind) => return self.object_leaks(kind, held.insn),
                RefClass::RingbufRecord | RefClass::Host(_) => {
                    format!("the reference acquired at instruction {slot} is not released on this path")
                }
            };
            return fail(Kind::ReferenceLeak, message);
        }
        if self.state.lock.is_some() {
            return fail(Kind::LockHeld, "the program leaves while it holds a lock");
        }
        if fault!(114) {
            return Ok(());
        }
        if self.state.sections.read {
            return fail(Kind::SectionOpen, "the program leaves inside of a read-side section");
        }
        if self.state.sections.preempt > 0 {
            return fail(Kind::SectionOpen, "the program leaves while preemption is off");
        }
        Ok(())
    }

    fn resolved(&self, reason: u32) -> Check {
        if fault!(112) {
            return Ok(());
        }
        match self.env.unit.poison.get(reason as usize) {
            Some(poison) => fail(Kind::Unresolved, format!("an unresolved reference is reached: {poison}")),
            None => fail(Kind::Unresolved, "a reference that could not be resolved is reached"),
        }
    }

    fn returns(&self) -> Check {
        let r0 = self.state.reg(Reg::R0);
        let frame = self.state.frame();
        if frame.callback.is_some() {
            return needing(self.callback_returns(r0), || Some(Need::Number { reg: Reg::R0, first: 0, last: 1 }));
        }
        if self.state.depth() > 1 {
            return match r0.region() {
                // As in Linux, whoever's stack it is.
                Some(Region::Stack(_)) if !fault!(73) => {
                    fail(Kind::WrongPointer, "a function returns a pointer to the stack")
                }
                Some(_) | None => Ok(()),
            };
        }
        self.unheld()?;
        if self.env.is_function && !self.env.function_returns {
            return Ok(());
        }
        if r0.is_uninit() {
            return fail(Kind::NoReturnValue, "r0, the return value, was never set on this path");
        }
        if r0.is_ptr() && !fault!(46) && (self.env.is_function || !self.privileged()) {
            return fail(Kind::PointerLeak, format!("the program returns {}", r0.noun()));
        }
        match self.env.unit.hook.verdict {
            Some(v) if !self.env.is_function => {
                let returned = self.number_within(r0, v.min, v.max, Kind::ReturnRange, "the program returns");
                needing(returned, || Some(Need::Low { reg: Reg::R0, first: v.min, last: v.max }))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn callback_returns(&self, r0: &Value) -> Check {
        if !r0.is_scalar() {
            return fail(Kind::CallbackReturn, format!("the callback returns {}, it must return 0 or 1", r0.noun()));
        }
        if r0.num.umax() > 1 && !fault!(61) {
            return fail(
                Kind::CallbackReturn,
                format!("the callback returns {}, it must return 0 or 1", range_text(&r0.num)),
            );
        }
        Ok(())
    }

    fn number_within(&self, value: &Value, min: i32, max: i32, kind: Kind, what: &str) -> Check {
        if value.is_uninit() {
            return fail(Kind::NoReturnValue, "r0, the return value, was never set on this path");
        }
        if !value.is_scalar() {
            return fail(kind, format!("{what} {}", value.noun()));
        }
        if !fault!(77) && (value.num.s32_min() < min || value.num.s32_max() > max) {
            return fail_because(
                kind,
                format!("{what} {}, allowed is {min}..={max}", range_text(&value.num)),
                format!("the low 32 bits are {}..={}", value.num.s32_min(), value.num.s32_max()),
            );
        }
        Ok(())
    }

    /// Rights on the memory of a region, as the hook grants them.
    pub(crate) fn rights(&self, region: Region) -> Option<Rights> {
        match (region, &self.env.unit.hook.entry) {
            (Region::Data(n) | Region::DataMeta(n), Entry::Ctx(layout)) => {
                layout.regions.get(usize::from(n)).map(|r| r.rights)
            }
            (Region::Linked, Entry::Mem { rights }) => Some(*rights),
            (_, _) => None,
        }
    }
}

/// What a number that is added to a pointer, or taken from it, must be.
fn offset_need(num: Operand, minus: bool) -> Option<Need> {
    let Operand::Reg(reg) = num else { return None };
    let limit = stingless_abi::limits::MAX_POINTER_OFFSET;
    let (first, last) = if minus { (1 - limit, limit - 1) } else { (1 - limit, i64::MAX) };
    Some(Need::Number { reg, first, last })
}

/// The operator of an operation.
fn symbol(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "+",
        AluOp::Sub => "-",
        AluOp::Mul => "*",
        AluOp::Div => "/",
        AluOp::Sdiv => "s/",
        AluOp::Mod => "%",
        AluOp::Smod => "s%",
        AluOp::Or => "|",
        AluOp::And => "&",
        AluOp::Xor => "^",
        AluOp::Lsh => "<<",
        AluOp::Rsh => ">>",
        AluOp::Arsh => "s>>",
        AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => "",
    }
}
