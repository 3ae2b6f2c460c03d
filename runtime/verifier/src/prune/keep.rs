//! Makes a state fit to be kept: forgets what is dead, and gives every number a node of its own.

use crate::domain::Scalar;
use crate::liveness::Liveness;
use crate::precision::Nodes;
use crate::region::Region;
use crate::state::{Frame, Slot, State};
use crate::value::Value;
use stingless_object::Unit;

/// `r10`, which is always there.
const FP: u16 = 1 << 10;

/// Forgets what no continuation reads.
pub(crate) fn clean(state: &mut State, at: usize, unit: &Unit, live: &Liveness) {
    let depth = state.depth();
    for index in 0..depth {
        let (regs, slots) = match state.frame_at(index + 1) {
            None => (live.live_regs(at), live.live_slots(at)),
            Some(above) => {
                let call = above.call_site as usize;
                (live.live_regs_under(unit, call), live.live_slots_under(call))
            }
        };
        let dead = |frame: &Frame| {
            frame.regs.iter().enumerate().any(|(i, v)| (regs | FP) & 1 << i == 0 && !v.is_uninit())
                || frame
                    .stack
                    .slots()
                    .iter()
                    .enumerate()
                    .any(|(i, s)| i < 64 && slots & 1 << i == 0 && *s != Slot::EMPTY && !s.is_object())
        };
        if !state.frame_at(index).is_some_and(dead) {
            continue;
        }
        let Some(frame) = state.frame_at_mut(index) else { continue };
        for (i, value) in frame.regs.iter_mut().enumerate() {
            if (regs | FP) & 1 << i == 0 {
                *value = Value::UNINIT;
            }
        }
        for (i, slot) in frame.stack.slots_mut().iter_mut().enumerate() {
            if i < 64 && slots & 1 << i == 0 && !slot.is_object() {
                *slot = Slot::EMPTY;
            }
        }
    }
    forget_reaches(state);
    forget_links(state);
    rebase_links(state);
}

/// Lets the first holder of each link be its base, so that the rounds of a loop look alike.
fn rebase_links(state: &mut State) {
    let mut seen: Vec<(u32, i32)> = Vec::new();
    for value in state.values().filter(|v| v.is_scalar() && v.id != 0 && !v.is_low() && v.id != state.length_id) {
        if !seen.iter().any(|s| s.0 == value.id) {
            seen.push((value.id, value.off));
        }
    }
    for (id, shift) in seen.into_iter().filter(|s| s.1 != 0) {
        if state.values().any(|v| v.is_ptr() && v.id == id) {
            continue;
        }
        // Other distances that would not fit keep the base where it is.
        if state.values().any(|v| v.is_scalar() && v.base() == id && v.off.checked_sub(shift).is_none()) {
            continue;
        }
        state.update_all(|v| v.is_scalar() && v.base() == id, |v| v.off -= shift);
        for reach in state.reaches.iter_mut().filter(|r| r.var == id) {
            // old base + bytes <= length; the new base is the old one plus the shift. Both are integers below it.
            reach.bytes = match u32::try_from(shift).ok().and_then(|s| reach.bytes.checked_sub(s)) {
                Some(bytes) => bytes,
                None => {
                    reach.var = u32::MAX;
                    0
                }
            };
        }
        state.reaches.retain(|r| r.var != u32::MAX);
    }
}

/// Drops what was learned of data that no pointer leads to any more, and of variable parts that nobody has.
fn forget_reaches(state: &mut State) {
    if state.reaches.is_empty() {
        return;
    }
    let regions: Vec<Region> = state.values().filter_map(Value::region).filter(|r| r.has_learned_range()).collect();
    let ids: Vec<u32> = state.values().filter(|v| !v.is_uninit()).map(|v| v.id).filter(|&id| id != 0).collect();
    let data = |r: Region| if let Region::DataEnd(n) = r { Region::Data(n) } else { r };
    state.reaches.retain(|r| regions.contains(&data(r.region)) && (r.var == 0 || ids.contains(&r.var)));
}

/// Drops the links of numbers that nothing else has.
fn forget_links(state: &mut State) {
    let base = |v: &Value| if v.is_scalar() { v.base() } else { v.id };
    let mut ids: Vec<u32> = state.values().filter(|v| !v.is_uninit()).map(base).filter(|&id| id != 0).collect();
    if ids.is_empty() {
        return;
    }
    ids.extend(state.reaches.iter().map(|r| r.var));
    // What is named here is never alone.
    ids.extend([state.length_id; 2]);
    ids.sort_unstable();
    let single = |id: u32| {
        let first = ids.partition_point(|&x| x < id);
        ids.get(first + 1) != Some(&id)
    };
    state.update_all(
        |v| v.is_scalar() && v.id != 0 && single(v.base()),
        |v| {
            v.id = 0;
            v.off = 0;
        },
    );
}

/// Gives numbers their own nodes: all of the current frame, and those of callers that have none.
pub(crate) fn renode(state: &mut State, nodes: &mut Nodes) {
    let top = state.depth() - 1;
    for index in 0..=top {
        let bare = |v: &Value| v.is_scalar() && (index == top || v.node == 0);
        let zeros = |s: &Slot| s.has_zero() && (index == top || s.zeros == 0);
        let needed = state
            .frame_at(index)
            .is_some_and(|f| f.regs.iter().chain(f.stack.values()).any(bare) || f.stack.slots().iter().any(zeros));
        if !needed {
            continue;
        }
        if let Some(frame) = state.frame_at_mut(index) {
            for value in frame.regs.iter_mut().chain(frame.stack.values_mut()).filter(|v| bare(v)) {
                value.node = nodes.keep(value.node);
            }
            for slot in frame.stack.slots_mut().iter_mut().filter(|s| zeros(s)) {
                slot.zeros = nodes.keep(slot.zeros);
            }
        }
    }
}

/// How far numbers that differ from those of an earlier visit are widened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Widening {
    /// Those that no proof relied on become unknown, as in Linux.
    Imprecise,
    /// The others grow past the bound that moved, too. A proof may then fail that unrolling finds.
    All,
}

/// Widens numbers that differ from those of an earlier visit, so that a loop converges. Whether a number that a proof
/// relied on was among them.
///
/// It is sound because the widened state covers the other.
pub(crate) fn widen(state: &mut State, earlier: &State, nodes: &Nodes, widening: Widening) -> bool {
    let mut relied = false;
    for index in 0..state.depth() {
        let Some(old) = earlier.frame_at(index) else { break };
        let differs = |a: &Value, b: &Value| {
            let open = widening == Widening::All || !nodes.is_precise(b.node);
            a.is_scalar() && b.is_scalar() && a.num != b.num && open
        };
        let Some(frame) = state.frame_at(index) else { break };
        let slots = || frame.stack.slots().iter().zip(old.stack.slots());
        let any = frame.regs.iter().zip(&old.regs).any(|(a, b)| differs(a, b))
            || slots().any(|(a, b)| same_place(a, b) && differs(&a.value, &b.value));
        if !any {
            continue;
        }
        let Some(frame) = state.frame_at_mut(index) else { break };
        for (a, b) in frame.regs.iter_mut().zip(&old.regs).filter(|(a, b)| differs(a, b)) {
            relied |= grow(a, b, 8, nodes);
        }
        for (a, b) in frame.stack.slots_mut().iter_mut().zip(old.stack.slots()) {
            if same_place(a, b) && differs(&a.value, &b.value) {
                relied |= grow(&mut a.value, &b.value, a.len, nodes);
            }
        }
    }
    relied
}

/// Widens a number of `bytes` bytes, zero-extended; whether a proof relied on it.
fn grow(value: &mut Value, old: &Value, bytes: u8, nodes: &Nodes) -> bool {
    let relied = nodes.is_precise(old.node);
    let any = Scalar::from_range(0, u64::MAX >> (64 - 8 * u32::from(bytes)));
    let num = if relied { outgrown(&old.num, &value.num).intersect(&any).unwrap_or(any) } else { any };
    // The links stay where something may hang on them: they are claims that still hold.
    let (id, off) = if relied { (value.id, value.off) } else { (0, 0) };
    *value = Value { node: value.node, id, off, ..Value::scalar(num) };
    relied
}

/// What holds `new`, with the bound that moved since `old` gone. Counters stay on their side of zero.
fn outgrown(old: &Scalar, new: &Scalar) -> Scalar {
    if old.smin() < 0 || new.smin() < 0 {
        return Scalar::unknown();
    }
    let least = if new.umin() < old.umin() { 0 } else { old.umin() };
    let most = if new.umax() > old.umax() { roomy(new.umax()) } else { old.umax() };
    Scalar::from_range(least, most)
}

/// A bound at or above `most`, of few: a number that is masked or compared once a round stays within the one that its
/// mask or bound fits in, and a counter gets past all of them soon.
fn roomy(most: u64) -> u64 {
    let bits = 64 - most.leading_zeros();
    match bits {
        0..=12 => (1 << bits.next_multiple_of(2)) - 1,
        13..=16 => (1 << 16) - 1,
        17..=32 => (1 << 32) - 1,
        33.. => i64::MAX as u64,
    }
}

fn same_place(a: &Slot, b: &Slot) -> bool {
    a.len != 0 && a.at == b.at && a.len == b.len
}
