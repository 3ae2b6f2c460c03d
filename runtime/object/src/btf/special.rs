//! Fields of map values that plain accesses may not touch, found by the name of their type.

use stingless_abi::{SpecialField, SpecialKind};

use super::{Btf, BtfErrorKind, Kind, TypeId};

/// Fields that one value may have: Linux allows one of each kind.
const MAX_FIELDS: usize = 64;
/// Parts that are looked at in one value.
const MAX_VISITS: u32 = 4096;

/// Type tags of pointers that only helpers may touch.
const POINTERS: [&str; 4] = ["kptr", "kptr_untrusted", "percpu_kptr", "uptr"];

impl Btf {
    /// The spin locks, timers and the like in a value of this type, however deep, in order of their offset.
    ///
    /// # Errors
    /// More of them than are ever tracked: such a type cannot be a map's value.
    pub fn special_fields(&self, id: TypeId) -> Result<Vec<SpecialField>, BtfErrorKind> {
        let mut found = Vec::new();
        let mut visits = 0;
        let mut work = vec![(id, 0u32)];
        while let Some((id, off)) = work.pop() {
            let id = self.resolve(id);
            visits += 1;
            let limit = MAX_FIELDS as u64;
            let too_many =
                |found| Err(BtfErrorKind::Budget { what: "spin locks and timers in one value", limit, found });
            if found.len() > MAX_FIELDS || visits > MAX_VISITS {
                return too_many(found.len().max(MAX_FIELDS + 1) as u64);
            }
            if !self.special.get(id as usize).copied().unwrap_or(false) {
                continue;
            }
            if let Some(kind) = self.special_kind(id) {
                found.push(SpecialField { kind, off });
                continue;
            }
            match self.kind(id) {
                // Offsets stay within the value's size, which fits `u32`.
                Kind::Struct(c) | Kind::Union(c) => {
                    work.extend(c.members.iter().rev().map(|m| (m.ty, off + m.bit_offset / 8)));
                }
                Kind::Array { len, .. } if *len as usize > MAX_FIELDS => return too_many((*len).into()),
                Kind::Array { elem, len, .. } => {
                    let size = self.size_of(*elem).unwrap_or(0);
                    work.extend((0..*len).rev().map(|i| (*elem, off + i * size)));
                }
                _ => {}
            }
        }
        found.sort_by_key(|f| f.off);
        Ok(found)
    }

    fn special_kind(&self, id: TypeId) -> Option<SpecialKind> {
        let ty = self.get(id)?;
        match &ty.kind {
            Kind::Struct(c) => {
                let named = |kind: &SpecialKind| self.is_string(ty.name, kind.c_name()) && c.size == kind.size();
                SpecialKind::STRUCTS.into_iter().find(named)
            }
            Kind::Ptr(to) => self.is_kernel_pointer(*to).then_some(SpecialKind::KernelPointer),
            _ => None,
        }
    }

    /// Whether a pointer to this type is tagged as one that the kernel owns; tags come first, and one after another.
    fn is_kernel_pointer(&self, mut to: TypeId) -> bool {
        for _ in 0..MAX_FIELDS {
            let Some(ty) = self.get(to) else { return false };
            let Kind::TypeTag(next) = &ty.kind else { return false };
            if POINTERS.iter().any(|name| self.is_string(ty.name, name)) {
                return true;
            }
            to = *next;
        }
        false
    }

    /// Which types hold a special field. Nesting is bounded, so is the number of rounds.
    pub(super) fn holding_special(&self) -> Vec<bool> {
        let mut holds: Vec<bool> = (0..self.types.len() as TypeId).map(|id| self.special_kind(id).is_some()).collect();
        let mut grown = holds.contains(&true);
        while grown {
            grown = false;
            for id in 0..self.types.len() {
                let now = holds[id] || self.parts(id as TypeId).any(|t| holds[t as usize]);
                grown |= now != holds[id];
                holds[id] = now;
            }
        }
        holds
    }

    fn parts(&self, id: TypeId) -> impl Iterator<Item = TypeId> {
        let kind = self.kind(id);
        let members = match kind {
            Kind::Struct(c) | Kind::Union(c) => &c.members[..],
            _ => &[],
        };
        let one = match kind {
            Kind::Array { elem, .. } => Some(*elem),
            _ => kind.modified(),
        };
        members.iter().map(|m| m.ty).chain(one)
    }
}
