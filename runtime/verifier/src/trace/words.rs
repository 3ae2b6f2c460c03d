//! What a state knows, in words: registers and stack of the current frame, by place.

use std::collections::BTreeMap;

use stingless_isa::Reg;
use stingless_object::Unit;

use crate::domain::Scalar;
use crate::region::Region;
use crate::state::{Byte, Slot, State};
use crate::value::{Kind, Value, range_text};

/// A place of a frame: a register, a stack slot by its offset from `r10`, or what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A register but `r10`.
    Reg(u8),
    /// Stack bytes, from this offset on.
    Stack(i64),
    /// References and locks that are held.
    Held,
}

impl Place {
    /// The place as a reader sees it.
    pub(crate) fn label(self) -> String {
        match self {
            Place::Reg(reg) => format!("r{reg}"),
            Place::Stack(off) => format!("stack{off}"),
            Place::Held => "held".to_owned(),
        }
    }
}

/// What is known of each place of the current frame; places that hold nothing are left out.
pub(crate) fn places(unit: &Unit, state: &State) -> BTreeMap<Place, String> {
    let frame = state.frame();
    let mut out = BTreeMap::new();
    for reg in Reg::all().filter(|&r| r != Reg::FP) {
        let value = frame.regs[reg.index()];
        if !value.is_uninit() {
            out.insert(Place::Reg(reg.index() as u8), words(unit, state, &value));
        }
    }
    for (index, slot) in frame.stack.slots().iter().enumerate() {
        let base = -8 * (index as i64 + 1);
        if let Some((off, text)) = slot_words(unit, state, slot, base) {
            out.insert(Place::Stack(off), text);
        }
    }
    let held =
        state.held.iter().map(|h| format!("the reference of instruction {}", unit.code.slot_of(h.insn as usize)));
    let lock = state.lock.iter().map(|l| format!("the lock of instruction {}", unit.code.slot_of(l.insn as usize)));
    let held: Vec<String> = held.chain(lock).collect();
    if !held.is_empty() {
        out.insert(Place::Held, held.join(", "));
    }
    out
}

fn slot_words(unit: &Unit, state: &State, slot: &Slot, base: i64) -> Option<(i64, String)> {
    if slot.len != 0 {
        let size = if slot.len == 8 { String::new() } else { format!(" ({} bytes)", slot.len) };
        return Some((base + i64::from(slot.at), words(unit, state, &slot.value) + &size));
    }
    let first = slot.bytes.iter().position(|b| *b != Byte::Invalid)?;
    let written = slot.bytes.iter().filter(|b| **b != Byte::Invalid).count();
    let zero = slot.bytes.iter().all(|b| matches!(b, Byte::Zero | Byte::Invalid));
    let bytes = if written == 1 { "1 byte".to_owned() } else { format!("{written} bytes") };
    let what = if zero { "zero" } else { "written, any value" };
    Some((base + first as i64, format!("{bytes}, {what}")))
}

/// A value in words, with its range in C terms.
fn words(unit: &Unit, state: &State, value: &Value) -> String {
    let region = match value.kind {
        Kind::Uninit => return "nothing".to_owned(),
        Kind::Scalar => return number(&value.num),
        Kind::Ptr(region) => region,
    };
    let map_name = |map: u32| unit.maps.get(map as usize).map_or("?", |m| &m.spec.name);
    let own = state.depth() as u8 - 1;
    let base = match region {
        Region::Stack(frame) if frame == own => "stack".to_owned(),
        Region::Stack(_) => "the caller's stack".to_owned(),
        Region::Ctx => "ctx".to_owned(),
        Region::Data(_) => "data".to_owned(),
        Region::DataEnd(_) => "data_end".to_owned(),
        Region::DataMeta(_) => "data_meta".to_owned(),
        Region::Linked => "the input".to_owned(),
        Region::MapValue(map) => format!("value of `{}`", map_name(map)),
        Region::MapPtr(map) => format!("map `{}`", map_name(map)),
        Region::MapKey(map) => format!("key of `{}`", map_name(map)),
        other => other.noun().trim_start_matches("a pointer to ").to_owned(),
    };
    let mut text = base + &offset(value);
    if region.has_learned_range() {
        let known = state.reach(region, value.id).unwrap_or(0);
        text += &format!(" ({known} bytes checked)");
    }
    if value.nullable {
        text += ", or NULL";
    }
    text
}

/// ` + 8`, ` - 16`, ` + 8..=72`.
fn offset(value: &Value) -> String {
    match value.fixed_off() {
        Some(0) => String::new(),
        Some(off) if off < 0 => format!(" - {}", off.unsigned_abs()),
        Some(off) => format!(" + {off}"),
        None => format!(" + {}..={}", value.min_off(), value.max_off()),
    }
}

/// A number's range; how it is aligned, where that says more.
fn number(num: &Scalar) -> String {
    let text = range_text(num);
    let multiple = [8, 4, 2].into_iter().find(|&n| num.as_constant().is_none() && num.align_known(n));
    match multiple {
        Some(n) => format!("{text}, a multiple of {n}"),
        None if text == "any number" && num.s32_min() != i32::MIN => {
            format!("{text}, as int {}..={}", num.s32_min(), num.s32_max())
        }
        None => text,
    }
}
