//! Text that helpers read up to its end, wherever that is: how much of it is there to be read.

use super::{Check, Checker};
use crate::obligation::Argument;
use crate::region::Region;
use crate::state::Byte;
use crate::value::Value;
use stingless_abi::MemUse;

impl Checker<'_> {
    /// A pointer to memory of which at least one byte may be read, or NULL.
    pub(super) fn text(&self, arg: &Argument, value: &Value) -> Check {
        if value.as_constant() == Some(0) {
            return Ok(());
        }
        self.memory(arg, &Value { nullable: false, ..*value }, MemUse::Read, 1)
    }

    /// How many bytes may be read from a text on, wherever within its bounds the pointer points: at least 1, as
    /// [`Checker::text`] has proved. Monotone: where a state covers another, the other has no fewer.
    pub(crate) fn readable(&self, ptr: &Value) -> u32 {
        let (first, last) = (ptr.min_off(), ptr.max_off());
        let end = match ptr.region() {
            Some(Region::Stack(frame)) => self.readable_stack(usize::from(frame), first),
            Some(Region::MapValue(map)) => self.env.unit.maps.get(map as usize).map_or(0, |map| {
                let special = map.spec.special.iter().map(|f| i128::from(f.off)).filter(|&off| off > last).min();
                special.unwrap_or(i128::from(map.spec.value_size))
            }),
            Some(Region::MapKey(map)) => {
                self.env.unit.maps.get(map as usize).map_or(0, |map| i128::from(map.spec.key_size))
            }
            Some(Region::Mem(bytes) | Region::ArgMem(bytes) | Region::ArgData(bytes) | Region::Element(bytes)) => {
                i128::from(bytes)
            }
            Some(Region::View(view)) => i128::from(view.bytes),
            Some(region @ (Region::Data(_) | Region::DataMeta(_) | Region::Linked)) => {
                let whole = i128::from(self.state.reach(region, 0).unwrap_or(0));
                // Counted from the variable part on: as if that were where the region ends.
                let var = if ptr.id == 0 { None } else { self.state.reach(region, ptr.id) };
                let from_var = var.map(|bytes| last + i128::from(bytes) - i128::from(ptr.off));
                from_var.map_or(whole, |end| end.max(whole))
            }
            Some(
                Region::Ctx
                | Region::DataEnd(_)
                | Region::MapPtr(_)
                | Region::Host(_)
                | Region::Func(_)
                | Region::Stale
                | Region::Gone,
            )
            | None => 0,
        };
        u32::try_from(end - last + i128::from(fault!(122))).unwrap_or(0)
    }

    /// The offset where what may be read of a frame from `first` on ends.
    fn readable_stack(&self, frame: usize, first: i128) -> i128 {
        let Some(frame) = self.state.frame_at(frame) else { return first };
        let Ok(first) = i64::try_from(first) else { return first };
        let is_readable = |off: &i64| {
            let slot = frame.stack.slot(*off);
            let number = match frame.stack.byte(*off) {
                Byte::Invalid | Byte::Object => false,
                Byte::Misc | Byte::Zero => true,
                Byte::Spill => slot.is_some_and(|s| s.value.is_scalar()),
            };
            (number || self.privileged()) && frame.object_in(*off, off + 1).is_none()
        };
        i128::from((first..0).find(|off| !is_readable(off)).unwrap_or(0))
    }
}
