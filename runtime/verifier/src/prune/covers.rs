//! Does an old state cover a current one: is whatever was proved from the old one on proved of the current one too?
//!
//! Links of the old state are claims that values are equal. The current state must make the same claims, under one
//! consistent renaming: leaving that out is the classic unsound prune. Values that the current state links more than the
//! old one does are fine.

use stingless_isa::Size;

use crate::liveness::Liveness;
use crate::precision::{NodeId, Nodes};
use crate::state::{Byte, Frame, Slot, Stack, State};
use crate::value::{Kind, Value};
use stingless_object::Unit;

/// How numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Numbers that no proof relied on match any number. Only against states whose marks are final.
    Loose,
    /// All numbers must lie within the old ones.
    Within,
    /// All numbers must be equal.
    Exact,
}

/// Two nodes: a mark on the first, now or later, is a mark on the second.
pub(crate) type NodePair = (NodeId, NodeId);

/// What a comparison finds out. It is empty before each; the memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Old link, current link, and how much further the current one's base is from the old one's.
    ids: Vec<(u32, u32, i64)>,
    /// What to link when the old state covers the current one.
    pub(crate) pairs: Vec<NodePair>,
}

/// Compares two states at one instruction.
pub(crate) struct Comparison<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) live: &'a Liveness,
    pub(crate) nodes: &'a Nodes,
    /// Unwritten stack bytes may be read.
    pub(crate) leaky: bool,
    pub(crate) mode: Mode,
    /// What it found out so far.
    pub(crate) found: Scratch,
    /// Values and slots that were looked at.
    pub(crate) looked: u64,
}

impl<'a> Comparison<'a> {
    /// A comparison that has compared nothing.
    pub(crate) fn new(unit: &'a Unit, live: &'a Liveness, nodes: &'a Nodes, leaky: bool, mode: Mode) -> Self {
        Comparison { unit, live, nodes, leaky, mode, found: Scratch::default(), looked: 0 }
    }

    /// The same with memory that an earlier comparison used.
    pub(crate) fn reusing(mut self, mut found: Scratch) -> Self {
        found.ids.clear();
        found.pairs.clear();
        self.found = found;
        self
    }

    /// Whether `old` covers `now`, both before instruction `at`. `old` was cleaned when it was kept.
    pub(crate) fn covers(&mut self, old: &State, now: &State, at: usize) -> bool {
        if !same_chain(old, now) || old.held.len() != now.held.len() && !fault!(58) {
            return false;
        }
        if old.length_id != 0 {
            self.found.ids.push((old.length_id, now.length_id, 0));
        }
        for (index, (a, b)) in old.frames().iter().zip(now.frames()).enumerate() {
            // The old state may have fewer calls back left to it than the current one.
            if a.iterations > b.iterations {
                return false;
            }
            // Marks that are not final come from a loop of callbacks: only within the same loop does it bound the run.
            let in_callback = old.frame_at(index + 1).is_some_and(|f| f.callback.is_some());
            if self.mode == Mode::Within && in_callback && a.instance != b.instance {
                return false;
            }
            // Nor does a turn of `may_goto` that one call of a function paid for stand for one of its next call.
            if self.mode == Mode::Within && a.turns > 0 && a.serial != b.serial && !fault!(121) {
                return false;
            }
            let (regs, slots) = match old.frame_at(index + 1) {
                None => (self.live.live_regs(at), self.live.live_slots(at)),
                Some(above) => {
                    let call = above.call_site as usize;
                    (self.live.live_regs_under(self.unit, call), self.live.live_slots_under(call))
                }
            };
            if !self.frame(a, b, regs, slots) {
                return false;
            }
        }
        self.rest(old, now)
    }

    fn frame(&mut self, old: &Frame, now: &Frame, regs: u16, slots: u64) -> bool {
        for (i, (a, b)) in old.regs.iter().zip(&now.regs).enumerate().take(10) {
            if regs & 1 << i != 0 && !self.value(a, b) {
                return false;
            }
        }
        if !self.objects(old, now) {
            return false;
        }
        old.stack.slots().iter().enumerate().all(|(i, slot)| {
            let live = i >= 64 || slots & 1 << i != 0;
            fault!(54) || !live || self.slot(i, slot, &now.stack)
        })
    }

    /// Objects on the stack are the same, in the same states; how many elements an iterator gave does not matter.
    ///
    /// Whoever comes back to a state whose exploration is not finished must have got on with the very same iterator: only
    /// then does it bound the run.
    fn objects(&mut self, old: &Frame, now: &Frame) -> bool {
        if fault!(89) || old.objects.is_empty() && now.objects.is_empty() {
            return true;
        }
        let kept = old.objects.iter().all(|a| {
            now.objects.iter().find(|b| b.off == a.off).is_some_and(|b| {
                a.kind == b.kind
                    && a.active == b.active
                    && (self.mode != Mode::Within || !a.active || a.id == b.id)
                    && (a.reference == 0) == (b.reference == 0)
                    && self.id(a.id, b.id)
                    && (a.reference == 0 || self.id(a.reference, b.reference))
            })
        });
        // What the old state has none of may be overwritten there, where that is no error.
        kept && now.objects.iter().all(|b| {
            let new = !old.objects.iter().any(|a| a.off == b.off);
            !new || self.mode != Mode::Exact && b.reference == 0
        })
    }

    /// References, the lock and what was learned of data.
    fn rest(&mut self, old: &State, now: &State) -> bool {
        for (a, b) in old.held.iter().zip(&now.held) {
            if a.class != b.class || !self.id(a.id, b.id) {
                return false;
            }
        }
        match (old.lock, now.lock) {
            (None, None) => {}
            (Some(a), Some(b)) if a.map == b.map && self.id(a.id, b.id) => {}
            (_, _) => return false,
        }
        if old.sections != now.sections {
            return false;
        }
        old.reaches.iter().all(|r| {
            let link = if r.var == 0 {
                Some((0, 0))
            } else {
                self.found.ids.iter().find(|p| p.0 == r.var).map(|p| (p.1, p.2))
            };
            // Nobody who matters has that variable part: the old state went on without it.
            let Some((var, shift)) = link else { return true };
            // The old base is the current one plus the shift, and both are integers below the end.
            let wanted = i64::from(r.bytes) + shift;
            let fits = |bytes: u32| match self.mode {
                Mode::Exact => i64::from(bytes) == wanted,
                Mode::Loose | Mode::Within => fault!(57) || i64::from(bytes) >= wanted,
            };
            shift >= 0 && now.reach(r.region, var).is_some_and(fits)
        })
    }

    fn value(&mut self, old: &Value, now: &Value) -> bool {
        self.looked += 1;
        match (old.kind, now.kind) {
            (Kind::Uninit, _) => self.mode != Mode::Exact || now.is_uninit(),
            (Kind::Scalar, Kind::Scalar) => self.number(old, now),
            (Kind::Ptr(a), Kind::Ptr(b)) => {
                a == b
                    && (fault!(56) || old.nullable == now.nullable)
                    && (fault!(59) || old.off == now.off)
                    && (old.reference == 0) == (now.reference == 0)
                    && self.number_within(old, now)
                    && (old.id == 0 || self.id(old.id, now.id))
                    && (old.reference == 0 || self.id(old.reference, now.reference))
            }
            (Kind::Scalar, Kind::Ptr(_) | Kind::Uninit) | (Kind::Ptr(_), Kind::Scalar | Kind::Uninit) => false,
        }
    }

    fn number_within(&self, old: &Value, now: &Value) -> bool {
        match self.mode {
            Mode::Exact => now.num == old.num,
            Mode::Loose | Mode::Within => now.num.is_subset_of(&old.num),
        }
    }

    fn number(&mut self, old: &Value, now: &Value) -> bool {
        if self.mode == Mode::Loose && (fault!(51) || !self.nodes.is_precise(old.node)) {
            return true;
        }
        if !self.number_within(old, now) {
            return false;
        }
        if old.source() == 0 {
            // Any number, and no other's equal: nothing can have relied on it, and nothing has to.
            return true;
        }
        let shift = i64::from(now.off) - i64::from(old.off);
        if old.id != 0 && !(old.is_low() == now.is_low() && self.link(old.base(), now.base(), shift)) {
            return false;
        }
        self.found.pairs.push((old.node, now.node));
        true
    }

    /// Whether the old id may stand for the new one, as it did before.
    fn id(&mut self, old: u32, now: u32) -> bool {
        self.link(old, now, 0)
    }

    /// The same for links, whose bases may be apart.
    fn link(&mut self, old: u32, now: u32, shift: i64) -> bool {
        if now == 0 {
            return false;
        }
        match self.found.ids.iter().find(|p| p.0 == old) {
            Some(&(_, known, apart)) => fault!(50) || known == now && apart == shift,
            None => {
                self.found.ids.push((old, now, shift));
                true
            }
        }
    }

    fn slot(&mut self, index: usize, old: &Slot, now: &Stack) -> bool {
        self.looked += 1;
        let empty = Slot::EMPTY;
        let slot = now.slots().get(index).unwrap_or(&empty);
        // Where nothing relied on the zeros, any number will do.
        let open = self.mode == Mode::Loose && !self.nodes.is_precise(old.zeros);
        if !open && old.has_zero() && slot.has_zero() {
            self.found.pairs.push((old.zeros, slot.zeros));
        }
        for (a, b) in old.bytes.iter().zip(&slot.bytes) {
            let a = if *a == Byte::Zero && open { &Byte::Misc } else { a };
            let fits = match a {
                Byte::Invalid if !self.leaky => true,
                // Read as any number.
                Byte::Invalid => match b {
                    Byte::Invalid | Byte::Misc | Byte::Zero => true,
                    Byte::Spill => slot.value.is_scalar(),
                    Byte::Object => false,
                },
                Byte::Misc => match b {
                    Byte::Misc | Byte::Zero => true,
                    Byte::Spill => fault!(55) || slot.value.is_scalar(),
                    Byte::Invalid => self.leaky,
                    Byte::Object => false,
                },
                // Compared with the objects.
                Byte::Object => *b == Byte::Object,
                Byte::Zero => match b {
                    Byte::Zero => true,
                    Byte::Misc if fault!(104) => true,
                    Byte::Spill if slot.value.as_constant() == Some(0) => {
                        self.found.pairs.push((old.zeros, slot.value.node));
                        true
                    }
                    Byte::Spill | Byte::Misc | Byte::Invalid | Byte::Object => false,
                },
                // Below.
                Byte::Spill => true,
            };
            if !fits || self.mode == Mode::Exact && a != b {
                return false;
            }
        }
        old.len == 0 || self.spilled(index, old, slot, now)
    }

    fn spilled(&mut self, index: usize, old: &Slot, slot: &Slot, now: &Stack) -> bool {
        let (from, to) = (usize::from(old.at), usize::from(old.at + old.len));
        if slot.at == old.at && slot.len == old.len {
            return self.value(&old.value, &slot.value);
        }
        let readable = slot.bytes[from..to].iter().all(|b| match b {
            Byte::Misc | Byte::Zero => true,
            Byte::Spill => slot.value.is_scalar(),
            Byte::Invalid => self.leaky,
            Byte::Object => false,
        });
        if self.mode == Mode::Exact || !readable || !old.value.is_scalar() {
            return false;
        }
        let Some(size) = Size::from_bytes(u32::from(old.len)) else {
            return false;
        };
        let off = i64::from(old.at) - 8 * (index as i64 + 1);
        let (value, zeros) = now.read(off, size);
        let covers = self.value(&old.value, &value);
        if zeros != 0 {
            self.found.pairs.push((old.value.node, zeros));
        }
        covers
    }
}

/// Whether two states have the same call chain.
fn same_chain(a: &State, b: &State) -> bool {
    a.depth() == b.depth()
        && a.frames()
            .iter()
            .zip(b.frames())
            .all(|(x, y)| x.call_site == y.call_site && x.subprog == y.subprog && x.callback == y.callback)
}
