//! Arithmetic: on numbers, and on pointers.

use stingless_isa::{AluOp, Operand, Reg, UnaryOp, Width};

use super::Machine;
use crate::check::{Fail, bug, data_length};
use crate::domain::Scalar;
use crate::facts::Side;
use crate::precision::NodeId;
use crate::region::Region;
use crate::state::State;
use crate::value::{LOW, Value};

impl Machine<'_> {
    pub(super) fn alu(
        &mut self,
        state: &mut State,
        at: usize,
        (op, width): (AluOp, Width),
        dst: Reg,
        src: Operand,
    ) -> Result<(), Box<Fail>> {
        let a = *state.reg(dst);
        let b = operand(state, src);
        let value = match op {
            AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => self.moved(state, op, width, src, b),
            AluOp::Sub | AluOp::Xor if src == Operand::Reg(dst) && a.is_scalar() => Value::constant(0),
            AluOp::Add | AluOp::Sub if width == Width::W64 && (a.is_ptr() || b.is_ptr()) => {
                self.relies_on(at, &a, (&b, src));
                self.pointer(state, op, (a, dst), (b, src))?
            }
            AluOp::Add
            | AluOp::Sub
            | AluOp::Mul
            | AluOp::Div
            | AluOp::Sdiv
            | AluOp::Mod
            | AluOp::Smod
            | AluOp::Or
            | AluOp::And
            | AluOp::Xor
            | AluOp::Lsh
            | AluOp::Rsh
            | AluOp::Arsh => {
                self.collector.relied_on_nothing(at);
                if a.is_scalar() && b.is_scalar() {
                    self.arith(op, width, a, b)
                } else {
                    // Linux-root rules, or a distance within a data region: a pointer as a number.
                    match width {
                        Width::W64 => Value::unknown(),
                        Width::W32 => Value::scalar(Scalar::from_range(0, u32::MAX.into())),
                    }
                }
            }
        };
        state.set(dst, value);
        Ok(())
    }

    pub(super) fn unary(&mut self, state: &mut State, op: UnaryOp, width: Width, dst: Reg) {
        let a = *state.reg(dst);
        let value = if !a.is_scalar() {
            Value::unknown()
        } else if op == UnaryOp::Le64 {
            a
        } else {
            let num = Scalar::unary(op, width, a.num);
            let bare = a.source() == 0 || num == Scalar::unary(op, width, Scalar::unknown());
            Value { node: if bare { 0 } else { a.node }, ..Value::scalar(num) }
        };
        state.set(dst, value);
    }

    /// Gives the number in a register a link, so that copies of it can be told to be equal.
    pub(super) fn linked(&mut self, state: &mut State, reg: Reg) -> Value {
        let value = *state.reg(reg);
        // Constants are told to be equal without a link, but a loop that is widened forgets what they were.
        let needless = value.as_constant().is_some() && state.length_id == 0;
        if !value.is_scalar() || value.id != 0 || needless {
            return value;
        }
        let value = Value { id: self.fresh_id(), off: 0, ..value };
        state.set(reg, value);
        value
    }

    /// The same for a number that is to be the variable part of a pointer: its link must hold in full.
    fn named(&mut self, state: &mut State, reg: Reg) -> Value {
        let value = *state.reg(reg);
        if value.is_low() {
            state.set(reg, Value { id: 0, off: 0, ..value });
        }
        self.linked(state, reg)
    }

    fn moved(&mut self, state: &mut State, op: AluOp, width: Width, src: Operand, b: Value) -> Value {
        if !b.is_scalar() {
            return if op == AluOp::Mov && width == Width::W64 { b } else { Value::unknown() };
        }
        if let (Operand::Reg(src), true) = (src, keeps_value(op, width, &b.num)) {
            return self.linked(state, src);
        }
        let num = Scalar::alu(op, width, b.num, b.num);
        let any = Scalar::unknown();
        let bare = b.source() == 0 || num == Scalar::alu(op, width, any, any);
        Value { node: if bare { 0 } else { b.node }, ..Value::scalar(num) }
    }

    /// `a op b` of numbers. A constant that is added keeps the link.
    fn arith(&mut self, op: AluOp, width: Width, a: Value, b: Value) -> Value {
        let num = Scalar::alu(op, width, a.num, b.num);
        let (id, off) = link_after(op, width, &a, &b);
        let node = if id == 0 { self.source_of(op, width, (&a, &b), &num) } else { self.nodes.derive(a.node, b.node) };
        Value { id, off, node, ..Value::scalar(num) }
    }

    /// The node of what the bounds of `a op b` without a link depend on.
    ///
    /// Where the operation gives the same bounds for any number on the left, no kept number has a part in them through
    /// that side: whatever a run has there in its stead, its result is within. So a mark need not go on to it. A mask, a
    /// shift and a 32-bit operation bound numbers that nothing else bounds.
    fn source_of(&mut self, op: AluOp, width: Width, (a, b): (&Value, &Value), num: &Scalar) -> NodeId {
        let any = Scalar::unknown();
        if (a.source(), b.source()) == (0, 0) || *num == Scalar::alu(AluOp::Mov, width, any, any) {
            return 0;
        }
        let masks = match width {
            Width::W64 => matches!(op, AluOp::And | AluOp::Rsh | AluOp::Arsh | AluOp::Div | AluOp::Mod | AluOp::Or),
            Width::W32 => a.num.low_arc().is_full() || matches!(op, AluOp::And | AluOp::Rsh | AluOp::Mod),
        };
        let bare = a.source() == 0 || masks && *num == Scalar::alu(op, width, any, b.num);
        self.nodes.derive(if bare { 0 } else { a.node }, b.source())
    }

    /// Tells the collector of the number that is added to a pointer; `pointer` relies on it.
    fn relies_on(&mut self, at: usize, a: &Value, (b, src): (&Value, Operand)) {
        match (a.is_scalar(), b.is_scalar(), src) {
            (false, true, Operand::Reg(_)) => self.collector.relied(at, Side::Src, &b.num),
            (true, false, _) => self.collector.relied(at, Side::Dst, &a.num),
            (_, _, _) => self.collector.relied_on_nothing(at),
        }
    }

    /// The length of a data region: a number with a link of its own, of which it is known that as many bytes are there.
    fn length_of(&mut self, state: &mut State, region: Region) -> Value {
        let id = self.fresh_id();
        state.learn(region, id, 0);
        Value { id, ..Value::scalar(Scalar::from_range(0, i64::MAX as u64)) }
    }

    /// A pointer plus or minus a number.
    fn pointer(
        &mut self,
        state: &mut State,
        op: AluOp,
        (a, dst): (Value, Reg),
        (b, src): (Value, Operand),
    ) -> Result<Value, Box<Fail>> {
        if op == AluOp::Sub
            && let Some(region) = data_length(&a, &b)
        {
            return Ok(self.length_of(state, region));
        }
        if a.is_ptr() && b.is_ptr() {
            return Ok(Value::unknown());
        }
        let (ptr, num, num_reg) = match (a.is_ptr(), src) {
            (true, Operand::Reg(src)) => (a, b, Some(src)),
            (true, Operand::Imm(_)) => (a, b, None),
            (false, _) => (b, a, Some(dst)),
        };
        self.rely(num.node);
        let minus = op == AluOp::Sub;
        if let Some(c) = num.as_constant() {
            let c = if minus { (c as i64).wrapping_neg() } else { c as i64 };
            let Some(off) = i32::try_from(c).ok().and_then(|c| ptr.off.checked_add(c)) else {
                return bug("the offset of a pointer leaves its bounds");
            };
            return Ok(Value { off, ..ptr });
        }
        let sum = Scalar::alu(op, Width::W64, ptr.num, num.num);
        if !ptr.region().is_some_and(|r| r.has_learned_range()) {
            return Ok(Value { num: sum, ..ptr });
        }
        if !minus && ptr.num.as_constant() == Some(0) && ptr.id == 0 {
            // The variable part is that number: it shares its name.
            let num = num_reg.map_or(num, |reg| self.named(state, reg));
            let off = ptr.off.checked_add(num.off).filter(|o| o.abs() < 1 << 29);
            if let (Some(off), true) = (off, num.id != 0) {
                let base = Scalar::alu(AluOp::Sub, Width::W64, num.num, Scalar::constant(i64::from(num.off) as u64));
                if base.smin() > -(1 << 29) {
                    return Ok(Value { num: base, off, id: num.id, ..ptr });
                }
            }
        }
        Ok(self.further(state, &ptr, sum, &num.num, minus))
    }

    /// A pointer with a learned range that has a variable part already, moved by one more number.
    ///
    /// What was known to lie behind the old variable part lies behind the new one, less the greatest step.
    fn further(&mut self, state: &mut State, ptr: &Value, sum: Scalar, step: &Scalar, minus: bool) -> Value {
        let id = if fault!(105) { ptr.id } else { self.fresh_id() };
        let moved = Value { num: sum, id, ..*ptr };
        let Some(region) = ptr.region() else { return moved };
        let step = if minus { Scalar::neg(Width::W64, *step) } else { *step };
        let known = if region == Region::Linked && ptr.id == state.length_id {
            state.reach(region, ptr.id).or(Some(0))
        } else {
            state.reach(region, ptr.id)
        };
        let (Some(known), true) = (known, step.smin() > -(1 << 29) && step.smax() < 1 << 29) else {
            return moved;
        };
        // base + var + known <= end, and the new variable part is var + off + step.
        let Ok(bytes) = u32::try_from(i64::from(known) - i64::from(ptr.off) - step.smax()) else {
            return moved;
        };
        let num = Scalar::alu(AluOp::Add, Width::W64, sum, Scalar::constant(i64::from(ptr.off) as u64));
        if num.smin() <= -(1 << 29) {
            return moved;
        }
        state.learn(region, id, bytes);
        Value { num, off: 0, ..moved }
    }
}

/// The value of an operand; immediates are sign-extended.
pub(super) fn operand(state: &State, src: Operand) -> Value {
    match src {
        Operand::Reg(reg) => *state.reg(reg),
        Operand::Imm(imm) => Value::constant(i64::from(imm) as u64),
    }
}

/// Whether a move leaves all 64 bits as they are.
fn keeps_value(op: AluOp, width: Width, num: &Scalar) -> bool {
    let max = match (op, width) {
        (AluOp::Mov, Width::W64) => return true,
        (AluOp::Movsx8, _) => 0x7f,
        (AluOp::Movsx16, _) => 0x7fff,
        (AluOp::Movsx32, Width::W64) => 0x7fff_ffff,
        (_, Width::W32) => 0xffff_ffff,
        (_, Width::W64) => return false,
    };
    num.umax() <= max
}

/// The link of `a op b`: kept where a constant is added; where the sum may wrap at 32 bits, of the low half.
fn link_after(op: AluOp, width: Width, a: &Value, b: &Value) -> (u32, i32) {
    let (Some(c), true) = (b.num.as_constant(), a.id != 0) else {
        return (0, 0);
    };
    let c = match op {
        AluOp::Add => c as i64,
        AluOp::Sub => (c as i64).wrapping_neg(),
        _ => return (0, 0),
    };
    let Ok(step) = i32::try_from(c) else {
        return (0, 0);
    };
    let Some(off) = a.off.checked_add(step) else {
        return (0, 0);
    };
    let (least, most) = (i128::from(a.num.umin()) + i128::from(step), i128::from(a.num.umax()) + i128::from(step));
    let wraps = (least < 0 || most > i128::from(u32::MAX)) && !fault!(47);
    match width {
        Width::W32 if wraps => (a.id | LOW, off),
        // A low half that leaves 32 bits is one no more.
        Width::W64 if wraps && a.is_low() => (0, 0),
        Width::W32 | Width::W64 => (a.id, off),
    }
}
