//! What registers and stack bytes are, as bits, beside the abstract state of one path.
//!
//! Invariants, for every run that starts in the state where the shadow began and takes the path up to here:
//!
//! 1. There are values for the gates' inputs that satisfy all [`Shadow::claims`] and [`Gates::lemmas`] and give each number
//!    in [`Terms`] its value in that run; and each pointer the distance from its region's base, modulo 2^64. (Claims on
//!    inputs alone, of which there may be no use, are satisfied by any run: an input is a number of the run.)
//! 2. A term is that of the register or byte only while that is of the same kind: what turned from a pointer into a number
//!    without being written (a reference that was given up, in root's profile) has none.
//! 3. Each term and each claim comes with a node that reaches the nodes of all kept numbers it depends on.

use ahash::AHashMap;
use stingless_abi::limits::MAX_PACKET_OFFSET;
use stingless_isa::{Reg, Width};

use super::blast::{self, Bits};
use super::gates::{Bit, Gates};
use crate::domain::Scalar;
use crate::precision::{NodeId, Nodes};
use crate::region::Region;
use crate::state::{Byte, State};
use crate::value::{Kind, Value};

/// A number, or the distance of a pointer from its base.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) kind: Kind,
    pub(super) bits: Bits,
    pub(super) node: NodeId,
}

/// A byte on the stack: part `index` of a term.
#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    index: u8,
    bits: [Bit; 8],
    node: NodeId,
}

/// What a frame holds, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub(super) regs: [Option<Term>; Reg::COUNT],
    /// By offset from `r10`.
    bytes: AHashMap<i64, Part>,
}

/// Something that holds on the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) bit: Bit,
    pub(super) node: NodeId,
}

/// The terms of a path.
#[derive(Debug)]
pub(super) struct Shadow {
    pub(super) gates: Gates,
    pub(super) frames: Vec<Terms>,
    pub(super) claims: Vec<Claim>,
    /// What numbers with a link are counted from, by the link.
    bases: AHashMap<u32, Bits>,
    /// Lengths of data regions; they change when a helper moves the data.
    lengths: AHashMap<u8, Bits>,
}

impl Shadow {
    /// Of a state with so many frames, nothing is known but what the state says.
    pub(super) fn new(frames: usize, limit: usize) -> Shadow {
        Shadow {
            gates: Gates::new(limit),
            frames: vec![Terms::default(); frames],
            claims: Vec::new(),
            bases: AHashMap::new(),
            lengths: AHashMap::new(),
        }
    }

    /// The term of a register of the current frame.
    pub(super) fn reg(&mut self, state: &State, reg: Reg, nodes: &mut Nodes) -> Term {
        let value = *state.reg(reg);
        if let Some(known) = known(&value) {
            return known;
        }
        let top = self.frames.len() - 1;
        if let Some(term) = self.frames[top].regs[reg.index()].as_ref().filter(|t| t.kind == value.kind) {
            let node = nodes.derive(term.node, value.node);
            return Term { node, ..term.clone() };
        }
        let term = self.fresh(&value, state.length_id);
        self.frames[top].regs[reg.index()] = Some(term.clone());
        term
    }

    /// Sets or forgets what is in a register of the current frame.
    pub(super) fn set(&mut self, reg: Reg, term: Option<Term>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.regs[reg.index()] = term;
        }
    }

    /// Forgets what callers lose across a call.
    pub(super) fn clobber(&mut self) {
        for reg in Reg::ARGS {
            self.set(reg, None);
        }
        self.set(Reg::R0, None);
    }

    /// Adds what holds.
    pub(super) fn claim(&mut self, bit: Bit, node: NodeId) {
        if bit != Bit::ONE {
            self.claims.push(Claim { bit, node });
        }
    }

    /// A term of which the path tells nothing: what the state knows of the value holds of it.
    pub(super) fn fresh(&mut self, value: &Value, length: u32) -> Term {
        let bits = match value.kind {
            Kind::Scalar => self.number(value),
            Kind::Ptr(region) => {
                let named = region.has_learned_range() && value.id != 0;
                let part = Value { kind: Kind::Scalar, off: 0, id: if named { value.id } else { 0 }, ..*value };
                let part = if named && value.id == length { self.base(length) } else { self.number(&part) };
                blast::add(&mut self.gates, &part, &blast::constant(i64::from(value.off) as u64, 64))
            }
            Kind::Uninit => self.input(),
        };
        Term { kind: value.kind, bits, node: value.node }
    }

    fn input(&mut self) -> Bits {
        (0..64).map(|_| self.gates.input()).collect()
    }

    /// The base of a link.
    pub(super) fn base(&mut self, id: u32) -> Bits {
        if let Some(bits) = self.bases.get(&id) {
            return bits.clone();
        }
        let bits = self.input();
        self.bases.insert(id, bits.clone());
        bits
    }

    fn number(&mut self, value: &Value) -> Bits {
        let known = value.num.tnum();
        let bits = if value.id == 0 {
            let bits = self.input();
            settle(&bits, &value.num)
        } else {
            let base = self.base(value.base());
            let sum = blast::add(&mut self.gates, &base, &blast::constant(i64::from(value.off) as u64, 64));
            let sum = if value.is_low() { blast::zero_extended(&sum[..32]) } else { sum };
            for (at, &bit) in sum.iter().enumerate().filter(|(at, _)| known.mask() >> at & 1 == 0) {
                let bit = if known.value() >> at & 1 != 0 { bit } else { bit.not() };
                self.claim(bit, value.node);
            }
            sum
        };
        self.within(&bits, &value.num, value.node);
        bits
    }

    /// The bounds of a number hold.
    fn within(&mut self, bits: &[Bit], num: &Scalar, node: NodeId) {
        let (arc, low) = (num.arc(), num.low_arc());
        if !arc.is_full() {
            let bit = blast::in_arc(&mut self.gates, bits, arc.base(), arc.span());
            self.claim(bit, node);
        }
        if !low.is_full() {
            let bit = blast::in_arc(&mut self.gates, &bits[..32], low.base(), low.span());
            self.claim(bit, node);
        }
    }

    /// How many bytes a region has whose range is learned: the distance of its end from its start.
    pub(super) fn length(&mut self, region: Region, length: u32) -> Option<Bits> {
        match region {
            Region::Data(n) => {
                if let Some(bits) = self.lengths.get(&n) {
                    return Some(bits.clone());
                }
                // Below 2^62: memory is not as large.
                let mut bits = self.input();
                bits[62..].fill(Bit::ZERO);
                self.lengths.insert(n, bits.clone());
                Some(bits)
            }
            Region::Linked if length != 0 => {
                let bits = self.base(length);
                for &bit in &bits[62..] {
                    self.claim(bit.not(), 0);
                }
                Some(bits)
            }
            _ => None,
        }
    }

    /// Data moved.
    pub(super) fn moved(&mut self) {
        self.lengths.clear();
    }

    /// Writes `bytes` bytes of a term to a frame's stack.
    pub(super) fn write(&mut self, frame: usize, off: i64, bytes: u32, term: &Term) {
        let Some(frame) = self.frames.get_mut(frame) else { return };
        for index in 0..bytes as u8 {
            let from = 8 * usize::from(index);
            let mut bits = [Bit::ZERO; 8];
            bits.copy_from_slice(&term.bits[from..from + 8]);
            frame.bytes.insert(off + i64::from(index), Part { kind: term.kind, index, bits, node: term.node });
        }
    }

    /// Reads `bytes` bytes of a frame's stack that are known to be `value`.
    pub(super) fn read(&self, frame: usize, off: i64, bytes: u32, value: &Value, nodes: &mut Nodes) -> Option<Term> {
        let frame = self.frames.get(frame)?;
        let (mut bits, mut node) = (Vec::with_capacity(64), value.node);
        for index in 0..bytes as u8 {
            let part = frame.bytes.get(&(off + i64::from(index))).filter(|p| p.kind == value.kind)?;
            // Of a pointer, all bytes in order.
            if !matches!(value.kind, Kind::Scalar) && (part.index != index || bytes != 8) {
                return None;
            }
            bits.extend(part.bits);
            node = nodes.derive(node, part.node);
        }
        Some(Term { kind: value.kind, bits: blast::zero_extended(&bits), node })
    }

    /// Forgets some bytes of a frame's stack, or all.
    pub(super) fn forget(&mut self, frame: usize, range: Option<std::ops::Range<i64>>) {
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.bytes.retain(|off, _| range.as_ref().is_some_and(|r| !r.contains(off)));
        }
    }

    /// Forgets what a call may have written: all bytes but those whose spilled value is as it was.
    ///
    /// Whatever a helper or a function writes, its step takes the spilled values there away.
    pub(super) fn forget_written(&mut self, before: &State, after: &State) {
        for (depth, frame) in self.frames.iter_mut().enumerate() {
            let (Some(old), Some(new)) = (before.frame_at(depth), after.frame_at(depth)) else { continue };
            frame.bytes.retain(|&off, _| {
                let spilled = old.stack.byte(off) == Byte::Spill && new.stack.byte(off) == Byte::Spill;
                spilled && old.stack.slot(off) == new.stack.slot(off)
            });
        }
    }

    /// The result of an operation on terms, with what the state knows of it.
    pub(super) fn result(&mut self, bits: &[Bit], value: &Value, node: NodeId) -> Term {
        Term { kind: value.kind, bits: settle(bits, &value.num), node }
    }

    /// Where a pointer stands on the axis of its region, if it is one whose pointers may be compared: at its start or
    /// behind, and so near that comparing addresses compares distances.
    pub(super) fn position(&mut self, state: &State, reg: Reg, nodes: &mut Nodes) -> Option<(Region, Bits)> {
        let value = *state.reg(reg);
        if value.nullable {
            return None;
        }
        // As the ranges have it: what is further is compared with no end.
        let far = |region| if region == Region::Linked { FAR } else { i128::from(MAX_PACKET_OFFSET) + 1 };
        let near = |region| value.min_off() >= 0 && value.max_off() < far(region);
        match value.region()? {
            region @ (Region::Data(_) | Region::Linked) if near(region) => {
                Some((region, self.reg(state, reg, nodes).bits))
            }
            Region::DataEnd(n) if value.fixed_off() == Some(0) => {
                let length = self.length(Region::Data(n), 0)?;
                Some((Region::Data(n), length))
            }
            Region::Linked if value.id == state.length_id && value.off == 0 => {
                let length = self.length(Region::Linked, state.length_id)?;
                Some((Region::Linked, length))
            }
            _ => None,
        }
    }

    /// Compares two numbers.
    pub(super) fn compare(&mut self, cond: stingless_isa::Cond, width: Width, a: &[Bit], b: &[Bit]) -> Bit {
        blast::cond(&mut self.gates, cond, width, a, b)
    }
}

/// Distances from its start in which no memory's addresses wrap.
const FAR: i128 = 1 << 29;

/// The term of a value that is known.
pub(super) fn known(value: &Value) -> Option<Term> {
    let constant = match value.kind {
        Kind::Scalar => value.num.as_constant()?,
        Kind::Ptr(_) => value.fixed_off()? as u64,
        Kind::Uninit => return None,
    };
    Some(Term { kind: value.kind, bits: blast::constant(constant, 64), node: value.node })
}

/// A number's bits, those that are known as constants.
fn settle(bits: &[Bit], num: &Scalar) -> Bits {
    let known = num.tnum();
    let bit = |(at, &bit): (usize, &Bit)| {
        if known.mask() >> at & 1 == 0 { Bit::of(known.value() >> at & 1 != 0) } else { bit }
    };
    bits.iter().enumerate().map(bit).collect()
}
