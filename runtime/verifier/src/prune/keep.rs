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
                    .any(|(i, s)| i < 64 && slots & 1 << i == 0 && *s != Slot::EMPTY)
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
            if i < 64 && slots & 1 << i == 0 {
                *slot = Slot::EMPTY;
            }
        }
    }
    forget_reaches(state);
    forget_links(state);
}

/// Drops what was learned of data that no pointer leads to any more, and of variable parts that nobody has.
fn forget_reaches(state: &mut State) {
    if state.reaches.is_empty() {
        return;
    }
    let regions: Vec<Region> = state.values().filter_map(Value::region).filter(|r| r.has_learned_range()).collect();
    let ids: Vec<u32> = state.values().filter(|v| !v.is_uninit()).map(|v| v.id).filter(|&id| id != 0).collect();
    state.reaches.retain(|r| regions.contains(&r.region) && (r.var == 0 || ids.contains(&r.var)));
}

/// Drops the links of numbers that nothing else has.
fn forget_links(state: &mut State) {
    let mut ids: Vec<u32> = state.values().filter(|v| !v.is_uninit()).map(|v| v.id).filter(|&id| id != 0).collect();
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
        |v| v.is_scalar() && v.id != 0 && single(v.id),
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
        let needed = state.frame_at(index).is_some_and(|f| f.regs.iter().chain(f.stack.values()).any(bare));
        if !needed {
            continue;
        }
        if let Some(frame) = state.frame_at_mut(index) {
            for value in frame.regs.iter_mut().chain(frame.stack.values_mut()).filter(|v| bare(v)) {
                value.node = nodes.keep(value.node);
            }
        }
    }
}

/// Makes numbers that differ from those of an earlier visit unknown, where no proof relied on them.
///
/// A loop that converges then does so at once; it is sound because the widened state covers the other.
pub(crate) fn widen(state: &mut State, earlier: &State, nodes: &Nodes) {
    for index in 0..state.depth() {
        let Some(old) = earlier.frame_at(index) else { return };
        let differs =
            |a: &Value, b: &Value| a.is_scalar() && b.is_scalar() && a.num != b.num && !nodes.is_precise(b.node);
        let Some(frame) = state.frame_at(index) else { return };
        let any = frame.regs.iter().zip(&old.regs).any(|(a, b)| differs(a, b))
            || frame
                .stack
                .slots()
                .iter()
                .zip(old.stack.slots())
                .any(|(a, b)| same_place(a, b) && differs(&a.value, &b.value));
        if !any {
            continue;
        }
        let Some(frame) = state.frame_at_mut(index) else { return };
        for (a, b) in frame.regs.iter_mut().zip(&old.regs) {
            if differs(a, b) {
                *a = Value { node: a.node, ..Value::unknown() };
            }
        }
        for (a, b) in frame.stack.slots_mut().iter_mut().zip(old.stack.slots()) {
            if same_place(a, b) && differs(&a.value, &b.value) {
                let max = u64::MAX >> (64 - 8 * u32::from(a.len));
                a.value = Value { node: a.value.node, ..Value::scalar(Scalar::from_range(0, max)) };
            }
        }
    }
}

fn same_place(a: &Slot, b: &Slot) -> bool {
    a.len != 0 && a.at == b.at && a.len == b.len
}
