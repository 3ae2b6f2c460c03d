//! What the linear pass knows at one place: numbers in registers, and in the stack where a constant offset names the bytes.

use stingless_abi::limits::MAX_STACK;
use stingless_isa::{AluOp, Operand, Reg, Size, Width};

use crate::domain::Scalar;

/// Slots that are remembered at a time: what is stored beyond is forgotten, so that one step costs no more than this.
const MAX_SLOTS: usize = 64;

/// Registers that are tracked; `r10` is always the frame's top.
const REGS: usize = Reg::COUNT - 1;

/// What a register or a slot holds. A pointer is a number of which nothing is known, unless it points to this frame's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One of these 64-bit numbers.
    Num(Scalar),
    /// `r10` plus this.
    Frame(i32),
}

impl Value {
    pub(super) const ANY: Value = Value::Num(Scalar::unknown());

    /// As a number.
    pub(super) const fn num(&self) -> Scalar {
        match self {
            Value::Num(num) => *num,
            Value::Frame(_) => Scalar::unknown(),
        }
    }

    fn join(&self, other: &Value) -> Value {
        match (self, other) {
            (a, b) if a == b => *a,
            (Value::Num(a), Value::Num(b)) => Value::Num(a.join(b)),
            (Value::Num(_) | Value::Frame(_), _) => Value::ANY,
        }
    }
}

/// How far a loop's header goes when something moved: farther each time, so that the third time is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Exactly as far as the paths that meet.
    Join,
    /// To the next power of two.
    Power,
    /// To a zero upper half, or to anything.
    Half,
}

impl Stage {
    fn widened(self, old: &Value, met: Value) -> Value {
        let (Value::Num(a), Value::Num(b)) = (old, &met) else { return met };
        match self {
            Stage::Join => met,
            _ if a == b => met,
            Stage::Power => Value::Num(Scalar::widen(a, b)),
            Stage::Half if b.fits_u32() => Value::Num(Scalar::from_size(Size::W)),
            Stage::Half => Value::ANY,
        }
    }
}

/// Bytes `off..off + size` below `r10` hold the low `size` bytes of `value`, which has no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    off: i16,
    size: i16,
    value: Value,
}

/// Registers and stack at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    regs: [Value; REGS],
    /// In order of their offsets; none overlaps another.
    slots: Vec<Slot>,
}

impl State {
    /// Nothing is known.
    pub(super) fn unknown() -> State {
        State { regs: [Value::ANY; REGS], slots: Vec::new() }
    }

    pub(super) fn get(&self, reg: Reg) -> Value {
        self.regs.get(reg.index()).copied().unwrap_or(Value::Frame(0))
    }

    pub(super) fn set(&mut self, reg: Reg, value: Value) {
        if let Some(slot) = self.regs.get_mut(reg.index()) {
            *slot = value;
        }
    }

    /// The number that an operand is; immediates are sign-extended.
    pub(super) fn operand(&self, src: Operand) -> Scalar {
        match src {
            Operand::Reg(reg) => self.get(reg).num(),
            Operand::Imm(imm) => Scalar::constant(i64::from(imm) as u64),
        }
    }

    /// `r0` to `r5` after a call.
    pub(super) fn clobber(&mut self) {
        self.regs[..=5].fill(Value::ANY);
    }

    /// `dst = dst op src`.
    pub(super) fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand) {
        let value = match (op, src) {
            (AluOp::Mov, Operand::Reg(from)) if width == Width::W64 => self.get(from),
            (AluOp::Sub | AluOp::Xor, Operand::Reg(same)) if same == dst => Value::Num(Scalar::constant(0)),
            (_, _) => {
                let num = self.operand(src);
                match (self.get(dst), num.as_constant()) {
                    (Value::Frame(off), Some(c)) if width == Width::W64 => moved(op, off, c),
                    (old, _) => Value::Num(Scalar::alu(op, width, old.num(), num)),
                }
            }
        };
        self.set(dst, value);
    }

    /// What a load of `size` bytes at `off` leaves, zero-extended.
    pub(super) fn load(&self, off: i32, size: Size) -> Value {
        let bytes = size.bytes() as i16;
        match self.slots.iter().find(|s| i32::from(s.off) == off && s.size >= bytes) {
            Some(slot) if slot.size == bytes => slot.value,
            Some(slot) => {
                let kept = Scalar::constant(size.truncate(u64::MAX));
                Value::Num(Scalar::alu(AluOp::And, Width::W64, slot.value.num(), kept))
            }
            None => Value::Num(Scalar::from_size(size)),
        }
    }

    /// A store of `size` bytes at `off`.
    pub(super) fn store(&mut self, off: i32, size: Size, value: Value) {
        let bytes = size.bytes() as i32;
        self.forget(off, bytes.into());
        let value = match (value, size) {
            (value, Size::DW) => value,
            (value, Size::B | Size::H | Size::W) => {
                let kept = Scalar::constant(size.truncate(u64::MAX));
                Value::Num(Scalar::alu(AluOp::And, Width::W64, value.num(), kept))
            }
        };
        let within = off >= -(MAX_STACK as i32) && off + bytes <= 0;
        if !within || value == Value::Num(Scalar::from_size(size)) || self.slots.len() >= MAX_SLOTS {
            return;
        }
        let slot = Slot { off: off as i16, size: bytes as i16, value };
        let at = self.slots.partition_point(|s| s.off < slot.off);
        self.slots.insert(at, slot);
    }

    /// Any of the bytes from `off` on may have changed.
    pub(super) fn forget(&mut self, off: i32, bytes: i64) {
        let (from, to) = (i64::from(off), i64::from(off) + bytes);
        self.slots.retain(|s| i64::from(s.off + s.size) <= from || to <= i64::from(s.off));
    }

    /// Any byte of the stack may have changed.
    pub(super) fn forget_all(&mut self) {
        self.slots.clear();
    }

    /// Takes in what comes by another way; says whether anything changed.
    pub(super) fn meet(&mut self, other: &State, stage: Stage) -> bool {
        let mut changed = false;
        let mut meet = |old: &mut Value, new: &Value| {
            let met = old.join(new);
            if met != *old {
                *old = stage.widened(old, met);
                changed = true;
            }
        };
        for (old, new) in self.regs.iter_mut().zip(&other.regs) {
            meet(old, new);
        }
        let before = self.slots.len();
        let mut theirs = other.slots.iter().peekable();
        self.slots.retain_mut(|slot| {
            while theirs.next_if(|t| t.off < slot.off).is_some() {}
            match theirs.peek() {
                Some(t) if (t.off, t.size) == (slot.off, slot.size) => {
                    meet(&mut slot.value, &t.value);
                    true
                }
                Some(_) | None => false,
            }
        });
        changed | (self.slots.len() != before)
    }
}

/// A pointer to the stack, moved by a constant; far from the stack it is any number.
fn moved(op: AluOp, off: i32, c: u64) -> Value {
    let c = c as i64;
    let to = match op {
        AluOp::Add => i64::from(off).checked_add(c),
        AluOp::Sub => i64::from(off).checked_sub(c),
        AluOp::Mul
        | AluOp::Div
        | AluOp::Sdiv
        | AluOp::Mod
        | AluOp::Smod
        | AluOp::Or
        | AluOp::And
        | AluOp::Xor
        | AluOp::Lsh
        | AluOp::Rsh
        | AluOp::Arsh
        | AluOp::Mov
        | AluOp::Movsx8
        | AluOp::Movsx16
        | AluOp::Movsx32 => None,
    };
    let near = to.and_then(|to| i32::try_from(to).ok()).filter(|to| to.unsigned_abs() < 1 << 20);
    // The result of anything else is computed from an address, of which nothing is known.
    near.map_or(Value::ANY, Value::Frame)
}
