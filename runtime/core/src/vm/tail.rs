//! Tail calls: from a map's address and an index to the next program.

use std::sync::Arc;

use crate::vm::{Program, Record};

/// The program at `index` of the prog array whose live object is at `map`, if the run may still make a tail call.
/// `made` is how many it has made.
pub(crate) fn tail_target(record: &Record<'_>, made: u32, map: u64, index: u64) -> Option<Arc<Program>> {
    if made >= record.root.settings().tail_calls {
        return None;
    }
    let array = record.programs().flat_map(Program::maps).find(|m| m.address() == map)?;
    // Linux truncates the index to 32 bits.
    array.tail_target(index as u32)
}
