//! A frame's stack, byte by byte.
//!
//! Invariants:
//!
//! 1. Slot `i` holds the bytes at `r10 - 8 * (i + 1)` and the 7 above; in a slot, byte 0 has the lowest address.
//! 2. A slot has at most one spilled value; its bytes are `at .. at + len` and all of kind [`Byte::Spill`], and no other
//!    byte of the slot is. A spilled pointer has `len` 8. A spilled number is zero-extended from `len` bytes.
//! 3. Slots beyond the end of the vector were never written.
//! 4. That bytes of kind [`Byte::Zero`] are 0 depends on no kept number but those that the slot's `zeros` reaches.

use stingless_isa::{AluOp, Size, Width};

use crate::domain::Scalar;
use crate::precision::{NodeId, Nodes};
use crate::value::{Kind, Value};

/// Bytes of a slot.
const SLOT: usize = 8;

/// What is known of a byte of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Byte {
    /// Never written, or not to be read any more.
    Invalid,
    /// Some number.
    Misc,
    /// 0. Whoever relies on it relies on the slot's [`Slot::zeros`].
    Zero,
    /// Part of the slot's spilled value.
    Spill,
    /// Part of an object that only helpers touch; all bytes of the slot are. See [`Object`](super::Object).
    Object,
}

/// Eight bytes of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// What each byte is, lowest address first.
    pub(crate) bytes: [Byte; SLOT],
    /// First byte of the spilled value.
    pub(crate) at: u8,
    /// Bytes of the spilled value; 0 if there is none.
    pub(crate) len: u8,
    /// The spilled value; uninitialised if there is none.
    pub(crate) value: Value,
    /// Where the bytes that are 0 came from, for precision.
    pub(crate) zeros: NodeId,
}

impl Slot {
    /// Never written.
    pub(crate) const EMPTY: Slot = Slot { bytes: [Byte::Invalid; SLOT], at: 0, len: 0, value: Value::UNINIT, zeros: 0 };

    /// Whether the slot holds a spilled pointer.
    pub(crate) fn has_ptr(&self) -> bool {
        self.len != 0 && self.value.is_ptr()
    }

    /// Forgets the spilled value; its bytes become what may still be known of them.
    pub(crate) fn degrade(&mut self, nodes: &mut Nodes, leaky: bool) {
        if self.len == 0 {
            return;
        }
        let kind = match self.value.kind {
            Kind::Ptr(_) | Kind::Uninit => {
                if leaky {
                    Byte::Misc
                } else {
                    Byte::Invalid
                }
            }
            Kind::Scalar if self.value.as_constant() == Some(0) => {
                self.zero_from(self.value.node, nodes);
                Byte::Zero
            }
            Kind::Scalar => Byte::Misc,
        };
        let (from, to) = (usize::from(self.at), usize::from(self.at + self.len));
        self.bytes[from..to].fill(kind);
        (self.at, self.len, self.value) = (0, 0, Value::UNINIT);
    }

    /// More bytes are about to be 0 because of a number.
    fn zero_from(&mut self, node: NodeId, nodes: &mut Nodes) {
        self.zeros = if self.has_zero() { nodes.derive(self.zeros, node) } else { node };
    }

    /// Whether a byte is known to be 0, apart from the spilled value.
    pub(crate) fn has_zero(&self) -> bool {
        self.bytes.contains(&Byte::Zero)
    }

    /// The known value of a byte: zero, or part of a spilled constant.
    fn known_byte(&self, at: usize) -> Option<u8> {
        match self.bytes[at] {
            Byte::Zero => Some(0),
            Byte::Spill => self.value.as_constant().map(|c| (c >> (8 * (at - usize::from(self.at)))) as u8),
            Byte::Misc | Byte::Invalid | Byte::Object => None,
        }
    }

    /// Whether the slot is part of an object that only helpers touch.
    pub(crate) fn is_object(&self) -> bool {
        self.bytes[0] == Byte::Object
    }
}

/// A range of stack bytes that something touches: relative to the frame's `r10`, negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Least first byte.
    pub(crate) first: i64,
    /// One past the greatest last byte.
    pub(crate) end: i64,
    /// Bytes that are touched for certain, from `first` on; 0 where the place varies.
    pub(crate) certain: i64,
}

/// A frame's stack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    slots: Vec<Slot>,
}

/// Slot and byte of an offset from `r10`, which is negative.
fn place(off: i64) -> (usize, usize) {
    let below = (-off) as usize;
    let slot = (below - 1) / SLOT;
    (slot, SLOT * (slot + 1) - below)
}

impl Stack {
    /// The slots that were ever written, from `r10` downwards.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slots, to change.
    pub(crate) fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots
    }

    /// The spilled values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().filter(|s| s.len != 0).map(|s| &s.value)
    }

    /// The spilled values, to change.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.slots.iter_mut().filter(|s| s.len != 0).map(|s| &mut s.value)
    }

    /// What is known of the byte at an offset.
    pub(crate) fn byte(&self, off: i64) -> Byte {
        let (slot, at) = place(off);
        self.slots.get(slot).map_or(Byte::Invalid, |s| s.bytes[at])
    }

    /// The slot that holds an offset, if it was ever written.
    pub(crate) fn slot(&self, off: i64) -> Option<&Slot> {
        self.slots.get(place(off).0)
    }

    fn slot_mut(&mut self, slot: usize) -> &mut Slot {
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, Slot::EMPTY);
        }
        &mut self.slots[slot]
    }

    /// Writes a value of `size` bytes at an aligned offset. Pointers take 8 bytes.
    pub(crate) fn write(&mut self, off: i64, size: Size, value: Value, nodes: &mut Nodes, leaky: bool) {
        let (slot, at) = place(off);
        let slot = self.slot_mut(slot);
        let len = size.bytes() as usize;
        let spill = (usize::from(slot.at), usize::from(slot.at + slot.len));
        if fault!(40) && slot.len > len as u8 {
            return;
        }
        let disjoint = slot.len != 0 && (at >= spill.1 || at + len <= spill.0);
        let stored = stored(value, size);
        if disjoint && stored.as_constant() == Some(0) {
            // One spilled value a slot: a zero need not be one.
            slot.zero_from(stored.node, nodes);
            slot.bytes[at..at + len].fill(Byte::Zero);
            return;
        }
        slot.degrade(nodes, leaky);
        slot.bytes[at..at + len].fill(Byte::Spill);
        (slot.at, slot.len, slot.value) = (at as u8, len as u8, stored);
    }

    /// Writes unknown numbers, or zeros that are relied on, to some or all of the bytes of a range.
    pub(crate) fn scribble(&mut self, range: Touched, zero: bool, nodes: &mut Nodes, leaky: bool) {
        for off in range.first..range.end {
            let (slot, at) = place(off);
            let slot = self.slot_mut(slot);
            slot.degrade(nodes, leaky);
            let certain = off - range.first < range.certain;
            slot.bytes[at] = match (slot.bytes[at], certain) {
                (_, true) if zero => Byte::Zero,
                (_, true) => Byte::Misc,
                (Byte::Zero, false) if zero => Byte::Zero,
                (Byte::Invalid, false) => Byte::Invalid,
                // Objects in the range were destroyed before.
                (Byte::Misc | Byte::Zero | Byte::Spill | Byte::Object, false) => Byte::Misc,
            };
        }
    }

    /// Makes `bytes` bytes at an aligned offset part of an object, or the program's own again: never written.
    pub(crate) fn occupy(&mut self, off: i64, bytes: i64, object: bool) {
        let kind = if object { Byte::Object } else { Byte::Invalid };
        for at in (off..off + bytes).step_by(SLOT) {
            *self.slot_mut(place(at).0) = Slot { bytes: [kind; SLOT], ..Slot::EMPTY };
        }
    }

    /// Reads `size` bytes at an aligned offset, zero-extended.
    ///
    /// Bytes that were never written, and parts of pointers, read as any number: whoever cares has asked before. A second
    /// node that the number depends on comes with it; 0 for none.
    pub(crate) fn read(&self, off: i64, size: Size) -> (Value, NodeId) {
        let (slot, at) = place(off);
        let bytes = at..at + size.bytes() as usize;
        let zeros = self.slots.get(slot).filter(|s| s.bytes[bytes].contains(&Byte::Zero)).map_or(0, |s| s.zeros);
        let value = self.read_value(off, size);
        // Any number depends on nothing.
        (value, if value.as_constant().is_some() && !fault!(103) { zeros } else { 0 })
    }

    fn read_value(&self, off: i64, size: Size) -> Value {
        let (index, at) = place(off);
        let Some(slot) = self.slots.get(index) else {
            return Value::scalar(Scalar::from_size(size));
        };
        let len = size.bytes() as usize;
        if slot.len != 0 && usize::from(slot.at) == at && usize::from(slot.len) == len {
            return slot.value;
        }
        if let Some(c) = (at..at + len).rev().try_fold(0_u64, |acc, i| Some(acc << 8 | u64::from(slot.known_byte(i)?)))
        {
            let spilled = slot.bytes[at..at + len].contains(&Byte::Spill);
            return Value { node: if spilled { slot.value.node } else { 0 }, ..Value::constant(c) };
        }
        let inside = (at..at + len).all(|i| slot.bytes[i] == Byte::Spill);
        if inside && slot.value.is_scalar() {
            // The lower part of a number that has no more bits is that number, its link included.
            if usize::from(slot.at) == at && slot.value.num.umax() <= size.truncate(u64::MAX) {
                return slot.value;
            }
            return Value {
                node: slot.value.node,
                ..Value::scalar(part(slot.value.num, at - usize::from(slot.at), size))
            };
        }
        Value::scalar(Scalar::from_size(size))
    }

    /// The nodes of the numbers in a range, for whoever relies on their values.
    pub(crate) fn nodes_in(&self, off: i64, bytes: i64) -> impl Iterator<Item = NodeId> {
        let slots = (off..off + bytes).filter_map(|o| self.slot(o));
        slots.flat_map(|s| [(s.len != 0).then_some(s.value.node), s.has_zero().then_some(s.zeros)]).flatten()
    }
}

/// What is stored of a value: numbers lose what does not fit, and their link with it.
fn stored(value: Value, size: Size) -> Value {
    if size == Size::DW || !value.is_scalar() || fault!(42) {
        return value;
    }
    let max = size.truncate(u64::MAX);
    if value.num.umax() <= max {
        return value;
    }
    let num = Scalar::alu(AluOp::And, Width::W64, value.num, Scalar::constant(max));
    Value { num, id: 0, off: 0, ..value }
}

/// `size` bytes of a number, from byte `skip` on.
fn part(num: Scalar, skip: usize, size: Size) -> Scalar {
    if fault!(41) {
        return num;
    }
    let shifted = Scalar::alu(AluOp::Rsh, Width::W64, num, Scalar::constant(8 * skip as u64));
    Scalar::alu(AluOp::And, Width::W64, shifted, Scalar::constant(size.truncate(u64::MAX)))
}
