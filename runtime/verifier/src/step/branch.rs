//! Branches: what each outcome teaches.

use stingless_isa::{AluOp, Cond, Operand, Reg, Width};

use super::alu::operand;
use super::{Machine, Next, Stepped};
use crate::check::{Fail, NullTest, bug, null_test, same_base};
use crate::domain::{Branch, Scalar};
use crate::precision::NodeId;
use crate::region::Region;
use crate::state::State;
use crate::value::Value;
use stingless_abi::limits::MAX_PACKET_OFFSET;

/// Offsets of pointers whose comparison is looked at stay below this.
const FAR: i128 = 1 << 29;

impl Machine<'_> {
    pub(super) fn branch(
        &mut self,
        state: &mut State,
        at: usize,
        cond: Cond,
        width: Width,
        (dst, src): (Reg, Operand),
        target: u32,
    ) -> Stepped {
        self.name_compared(state, dst, src);
        let (a, b) = (*state.reg(dst), operand(state, src));
        let null = null_test(cond, width, &a, &b).map(|t| (a, t));
        let null = null.or_else(|| null_test(cond, width, &b, &a).map(|t| (b, t)));
        let outcome = if a.is_scalar() && b.is_scalar() {
            self.numbers(state, cond, width, (dst, a), (src, b))?
        } else if let Some((ptr, test)) = null {
            let zero = if a.is_scalar() { &a } else { &b };
            self.rely(zero.node);
            null_outcome(state, cond, &ptr, test)
        } else if a.is_ptr() && b.is_ptr() && width == Width::W64 {
            self.pointers(state, cond, &a, &b)
        } else {
            Outcome::Both(Box::new(state.clone()))
        };
        Ok(match outcome {
            Outcome::One(taken) => {
                self.collector.decided(at, taken);
                if taken { Next::Goto(target) } else { Next::Fall }
            }
            Outcome::Both(taken) => {
                self.collector.both(at);
                Next::Fork { now: at as u32 + 1, later: target, state: taken }
            }
        })
    }

    /// Compares two numbers.
    fn numbers(
        &mut self,
        state: &mut State,
        cond: Cond,
        width: Width,
        (dst, a): (Reg, Value),
        (src, b): (Operand, Value),
    ) -> Result<Outcome, Box<Fail>> {
        if let Some(outcome) = same_number(cond, &a, &b, src == Operand::Reg(dst)) {
            self.rely(a.node);
            self.rely(b.node);
            return Ok(Outcome::One(outcome));
        }
        let split = Scalar::branch(cond, width, a.num, b.num);
        let outcome = match (split.taken, split.fallthrough) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return bug("a branch has no outcome"),
            (Some((x, y)), Some((p, q))) => {
                let mut taken = Box::new(state.clone());
                let [on, off] = self.sources(cond, width, (dst, &a), (src, &b), &split);
                self.learn_numbers(&mut taken, (dst, a, x), (src, b, y), on);
                self.learn_lengths(&mut taken, cond, width, (a, x), (b, y));
                self.learn_numbers(state, (dst, a, p), (src, b, q), off);
                self.learn_lengths(state, negated(cond), width, (a, p), (b, q));
                return Ok(Outcome::Both(taken));
            }
        };
        self.rely(a.node);
        self.rely(b.node);
        // What holds for certain may still tell how long memory is.
        let holds = if outcome { cond } else { negated(cond) };
        self.learn_lengths(state, holds, width, (a, a.num), (b, b.num));
        Ok(Outcome::One(outcome))
    }

    /// Compares two pointers.
    fn pointers(&mut self, state: &mut State, cond: Cond, a: &Value, b: &Value) -> Outcome {
        if let Some(outcome) = compared_offsets(cond, a, b).or_else(|| compared_with_end(state, cond, a, b)) {
            return Outcome::One(outcome);
        }
        let mut taken = Box::new(state.clone());
        self.learn_reach(&mut taken, cond, a, b);
        self.learn_reach(state, negated(cond), a, b);
        // What equals a pointer that is not NULL is not NULL.
        if cond == Cond::Eq {
            learn_equal(&mut taken, a, b);
        } else if cond == Cond::Ne {
            learn_equal(state, a, b);
        }
        Outcome::Both(taken)
    }

    /// Gives a number that is compared with the memory's length a link, to hang on what that teaches.
    fn name_compared(&mut self, state: &mut State, dst: Reg, src: Operand) {
        let (length, Operand::Reg(src)) = (state.length_id, src) else { return };
        if length == 0 {
            return;
        }
        for (one, other) in [(dst, src), (src, dst)] {
            let value = *state.reg(one);
            if value.is_scalar() && value.id == 0 && state.reg(other).is_scalar() && state.reg(other).id == length {
                let id = self.fresh_id();
                state.set(one, Value { id, off: 0, ..value });
            }
        }
    }

    /// Sets both sides of a comparison, and what is linked with them, to what the outcome leaves.
    fn learn_numbers(
        &mut self,
        state: &mut State,
        (dst, a, x): (Reg, Value, Scalar),
        (src, b, y): (Operand, Value, Scalar),
        sources: [NodeId; 2],
    ) {
        if x != a.num {
            self.narrow(state, dst, &a, x, sources[0]);
        }
        if let (Operand::Reg(src), true) = (src, y != b.num) {
            self.narrow(state, src, &b, y, sources[1]);
        }
    }

    /// The nodes of what the narrowed bounds of both sides depend on, where the branch is taken and where it is not.
    ///
    /// Where a comparison leaves the same bounds of any number, the bounds before it have no part in them. But where the
    /// number is linked, others are narrowed with it, and that they are equal counts.
    fn sources(
        &mut self,
        cond: Cond,
        width: Width,
        (dst, a): (Reg, &Value),
        (src, b): (Operand, &Value),
        split: &Branch,
    ) -> [[NodeId; 2]; 2] {
        let both = self.nodes.derive(a.source(), b.source());
        if both == 0 || src == Operand::Reg(dst) {
            return [[both; 2]; 2];
        }
        if a.source() == 0 || a.id != 0 {
            return [[if a.source() == 0 { b.source() } else { both }, both]; 2];
        }
        let bare = Scalar::branch(cond, width, Scalar::unknown(), b.num);
        let of = |bare: Option<(Scalar, Scalar)>, narrowed: Option<(Scalar, Scalar)>| {
            let same = bare.is_some_and(|bare| narrowed.is_some_and(|n| n.0 == bare.0));
            [if same { b.source() } else { both }, both]
        };
        [of(bare.taken, split.taken), of(bare.fallthrough, split.fallthrough)]
    }

    /// Sets a register to a narrower number, and all numbers of its link.
    pub(crate) fn narrow(&mut self, state: &mut State, reg: Reg, old: &Value, num: Scalar, node: NodeId) {
        // Narrowing one side may have narrowed the other, where both have one link.
        let now = state.reg(reg).num;
        let num = now.intersect(&num).unwrap_or(num);
        state.set(reg, Value { num, node, ..*old });
        if old.id == 0 {
            return;
        }
        let (id, off) = (old.base(), old.off);
        let nodes = &mut self.nodes;
        let mut rely = false;
        state.update_all(
            |v| v.is_scalar() && v.base() == id || v.id == id && v.region().is_some_and(Region::has_learned_range),
            |v| {
                let delta = if v.is_ptr() { -i64::from(off) } else { i64::from(v.off) - i64::from(off) };
                let low = old.is_low() || v.is_scalar() && v.is_low();
                if low && v.num.umax() > u64::from(u32::MAX) {
                    // Its low half is known, not it.
                    return;
                }
                let width = if low { Width::W32 } else { Width::W64 };
                let delta = if fault!(48) { 0 } else { delta };
                let moved = Scalar::alu(AluOp::Add, width, num, Scalar::constant(delta as u64));
                let Some(narrowed) = v.num.intersect(&moved) else { return };
                if narrowed == v.num {
                    return;
                }
                v.num = narrowed;
                if v.is_ptr() {
                    rely = true;
                } else {
                    v.node = nodes.derive(v.node, node);
                }
            },
        );
        if rely {
            // A pointer's offset counts in full.
            self.rely(node);
        }
        if id == state.length_id && !old.is_low() {
            let least = Scalar::alu(AluOp::Sub, Width::W64, num, Scalar::constant(i64::from(off) as u64)).umin();
            self.rely(node);
            state.learn(Region::Linked, 0, u32::try_from(least).unwrap_or(u32::MAX));
        }
    }

    /// `x + c <= length` teaches that `x + c` bytes are there.
    fn learn_lengths(&mut self, state: &mut State, cond: Cond, width: Width, a: (Value, Scalar), b: (Value, Scalar)) {
        if state.length_id == 0 {
            return;
        }
        let id = state.length_id;
        let strict = i128::from(matches!(cond, Cond::Lt | Cond::Gt | Cond::Slt | Cond::Sgt));
        let (low, high) = match cond {
            Cond::Lt | Cond::Le | Cond::Slt | Cond::Sle => (a, b),
            Cond::Gt | Cond::Ge | Cond::Sgt | Cond::Sge => (b, a),
            Cond::Eq if a.0.id == id => (b, a),
            Cond::Eq => (a, b),
            Cond::Ne | Cond::Set => return,
        };
        if high.0.id != id || low.0.id == 0 || low.0.base() == id || low.0.is_low() {
            return;
        }
        let signed = matches!(cond, Cond::Slt | Cond::Sle | Cond::Sgt | Cond::Sge);
        if !comparable_as_integers(width, signed, &low) || !comparable_as_integers(width, signed, &high) {
            return;
        }
        // low = x + low.off and high = length + high.off, as integers.
        let bytes = i128::from(low.0.off) + strict - i128::from(high.0.off) + i128::from(fault!(110));
        if let Ok(bytes) = u32::try_from(bytes) {
            self.rely(low.0.node);
            self.rely(high.0.node);
            state.learn(Region::Linked, low.0.id, bytes);
        }
    }

    /// What a comparison of two pointers teaches of the data between them.
    fn learn_reach(&mut self, state: &mut State, cond: Cond, a: &Value, b: &Value) {
        let (strict, low, high) = match cond {
            Cond::Lt => (1, a, b),
            Cond::Le | Cond::Eq => (0, a, b),
            Cond::Gt => (1, b, a),
            Cond::Ge => (0, b, a),
            Cond::Ne | Cond::Set | Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle => return,
        };
        self.learn_order(state, low, high, strict);
        if cond == Cond::Eq {
            self.learn_order(state, high, low, 0);
        }
    }

    /// `low + strict <= high`, as addresses.
    fn learn_order(&mut self, state: &mut State, low: &Value, high: &Value, strict: i128) {
        let (Some(region), Some(end)) = (low.region(), high.region()) else {
            return;
        };
        let ends = match (region, end) {
            (Region::Data(n), Region::DataEnd(m)) => n == m,
            (Region::DataMeta(n), Region::Data(m)) => n == m && high.fixed_off() == Some(0),
            (_, _) => false,
        };
        if ends {
            if is_near(low) {
                learn_bytes(state, region, low.id, i128::from(low.off) + strict + i128::from(fault!(70)));
            }
            return;
        }
        if let (Region::DataEnd(n), Region::Data(m), true) = (region, end, is_near(high))
            && n == m
            && let Ok(bytes) = u32::try_from(i128::from(high.off) + 1 - strict)
        {
            state.learn_beyond(n, high.id, bytes);
            return;
        }
        // base + x + a <= base + length + b. The memory is there, so that base + length does not wrap.
        let length = state.length_id != 0 && high.id == state.length_id;
        let near = low.min_off() > -FAR && low.max_off() < FAR;
        let named = low.id != high.id && (low.id != 0 || low.num.as_constant() == Some(0));
        if region == Region::Linked && end == Region::Linked && length && near && named {
            learn_bytes(state, region, low.id, i128::from(low.off) + strict - i128::from(high.off));
        }
    }
}

/// Whether a pointer into data is so near its start that adding does not wrap, and its variable part has a name.
fn is_near(ptr: &Value) -> bool {
    let near = ptr.min_off() > -FAR && ptr.max_off() <= i128::from(MAX_PACKET_OFFSET);
    near && (ptr.num.as_constant() == Some(0) || ptr.id != 0)
}

/// The outcome of comparing a pointer into data with the data's end, as far as an earlier comparison told: clang repeats
/// one where two ways met, and what was set on one of them counts on the outcome.
fn compared_with_end(state: &State, cond: Cond, a: &Value, b: &Value) -> Option<bool> {
    let (ptr, n, cond) = match (a.region()?, b.region()?) {
        (Region::Data(m), Region::DataEnd(n)) if m == n => (a, n, cond),
        (Region::DataEnd(n), Region::Data(m)) if m == n => (b, n, turned(cond)),
        (_, _) => return None,
    };
    if !is_near(ptr) {
        return None;
    }
    // ptr + inside <= end; and ptr + 1 > end + outside.
    let inside = state.reach(Region::Data(n), ptr.id).map(|r| i64::from(r) - i64::from(ptr.off));
    let outside = state.beyond(n, ptr.id).map(|b| i64::from(ptr.off) - i64::from(b));
    let (le, lt) = (inside.is_some_and(|i| i >= 0), inside.is_some_and(|i| i >= 1));
    let (gt, ge) = (outside.is_some_and(|o| o >= 0), outside.is_some_and(|o| o >= -1));
    let known = |yes: bool, no: bool| if yes { Some(true) } else { no.then_some(false) };
    match cond {
        Cond::Gt => known(gt, le),
        Cond::Ge => known(ge, lt),
        Cond::Lt => known(lt, ge),
        Cond::Le => known(le, gt),
        Cond::Eq => known(false, lt || gt),
        Cond::Ne => known(lt || gt, false),
        Cond::Set | Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle => None,
    }
}

/// `b cond a` for `a cond b`.
const fn turned(cond: Cond) -> Cond {
    match cond {
        Cond::Gt => Cond::Lt,
        Cond::Ge => Cond::Le,
        Cond::Lt => Cond::Gt,
        Cond::Le => Cond::Ge,
        Cond::Sgt => Cond::Slt,
        Cond::Sge => Cond::Sle,
        Cond::Slt => Cond::Sgt,
        Cond::Sle => Cond::Sge,
        Cond::Eq | Cond::Ne | Cond::Set => cond,
    }
}

/// Two pointers turned out to be equal.
fn learn_equal(state: &mut State, a: &Value, b: &Value) {
    for (open, known) in [(a, b), (b, a)] {
        if open.nullable && never_null(known) {
            state.resolve_null(open.id, false);
        }
    }
}

/// Whether a pointer is NULL on no host. Where a data region may be empty, its ends may be.
fn never_null(value: &Value) -> bool {
    let zero = Value::constant(0);
    null_test(Cond::Eq, Width::W64, value, &zero) == Some(NullTest::Never)
}

/// What a branch does.
enum Outcome {
    /// Jumps always, or never.
    One(bool),
    /// Either; this is the state where it jumps.
    Both(Box<State>),
}

/// Compares a pointer with NULL.
fn null_outcome(state: &mut State, cond: Cond, ptr: &Value, test: NullTest) -> Outcome {
    if test == NullTest::Never {
        return Outcome::One(cond == Cond::Ne);
    }
    let mut taken = Box::new(state.clone());
    if ptr.nullable {
        taken.resolve_null(ptr.id, cond == Cond::Eq);
        state.resolve_null(ptr.id, cond != Cond::Eq);
    }
    Outcome::Both(taken)
}

fn learn_bytes(state: &mut State, region: Region, var: u32, bytes: i128) {
    if let Ok(bytes) = u32::try_from(bytes) {
        state.learn(region, var, bytes);
    }
}

/// Whether comparing the value compares its link's base plus its distance, as integers that do not wrap.
///
/// The base is the value minus the distance, modulo 2^64; it is not negative, and the value is compared in full.
fn comparable_as_integers(width: Width, signed: bool, (value, num): &(Value, Scalar)) -> bool {
    let (least, most) = (i128::from(num.umin()), i128::from(num.umax()));
    let off = i128::from(value.off);
    let no_wrap = least - off >= 0 && most - off <= i128::from(u64::MAX);
    let limit = match (width, signed) {
        (Width::W64, false) => i128::from(u64::MAX),
        (Width::W64, true) => i128::from(i64::MAX),
        (Width::W32, false) => i128::from(u32::MAX),
        (Width::W32, true) => i128::from(i32::MAX),
    };
    no_wrap && most <= limit
}

/// The condition of the other outcome.
const fn negated(cond: Cond) -> Cond {
    match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::Gt => Cond::Le,
        Cond::Ge => Cond::Lt,
        Cond::Lt => Cond::Ge,
        Cond::Le => Cond::Gt,
        // What a missing bit teaches is known to the numbers alone.
        Cond::Set => Cond::Set,
        Cond::Sgt => Cond::Sle,
        Cond::Sge => Cond::Slt,
        Cond::Slt => Cond::Sge,
        Cond::Sle => Cond::Sgt,
    }
}

/// The outcome of comparing a number with itself.
fn same_number(cond: Cond, a: &Value, b: &Value, same_reg: bool) -> Option<bool> {
    if !same_reg && (a.id == 0 || a.id != b.id || a.off != b.off && !fault!(49)) {
        return None;
    }
    match cond {
        Cond::Eq | Cond::Ge | Cond::Le | Cond::Sge | Cond::Sle => Some(true),
        Cond::Ne | Cond::Gt | Cond::Lt | Cond::Sgt | Cond::Slt => Some(false),
        Cond::Set => None,
    }
}

/// The outcome of comparing two pointers with one base, as far as their offsets tell.
fn compared_offsets(cond: Cond, a: &Value, b: &Value) -> Option<bool> {
    if !same_base(a, b) || [a, b].iter().any(|v| v.min_off() <= -FAR || v.max_off() >= FAR) {
        return None;
    }
    let total = |v: &Value| {
        let off = Scalar::constant(i64::from(v.off) as u64);
        Scalar::alu(AluOp::Add, Width::W64, v.num, off)
    };
    // Addresses do not wrap: they are in the order of their offsets.
    let cond = match cond {
        Cond::Gt => Cond::Sgt,
        Cond::Ge => Cond::Sge,
        Cond::Lt => Cond::Slt,
        Cond::Le => Cond::Sle,
        Cond::Eq | Cond::Ne | Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle => cond,
        Cond::Set => return None,
    };
    let split = Scalar::branch(cond, Width::W64, total(a), total(b));
    match (split.taken, split.fallthrough) {
        (Some(_), None) => Some(true),
        (None, Some(_)) => Some(false),
        (Some(_), Some(_)) | (None, None) => None,
    }
}
