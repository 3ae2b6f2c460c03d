//! A path through a type, as a record writes it: `0:1:3`.

use super::value::Question;
use crate::btf::{Btf, CoreRelo, Kind, TypeId};

/// Numbers in one path; libbpf's `BPF_CORE_SPEC_MAX_LEN`.
pub(super) const MAX_STEPS: usize = 64;

/// One step that a host's type must be able to follow. Anonymous structs and unions are no steps: the host may have
/// others, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// A struct or union for a member, the element's type for an index.
    pub(super) ty: TypeId,
    /// Number of the member, of the element, or of the name in an enumeration.
    pub(super) index: u32,
    /// What is named, as an offset of its types' strings; `None` for an element.
    pub(super) name: Option<u32>,
}

/// A path, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) root: TypeId,
    /// Empty for questions about a type as a whole.
    pub(super) steps: Vec<Step>,
    /// Bits from the start of the first object.
    pub(super) bit_offset: u64,
}

impl Spec {
    /// A type as a whole.
    pub(super) fn whole(root: TypeId) -> Spec {
        Spec { root, steps: Vec::new(), bit_offset: 0 }
    }

    /// Reads a record of the plugin's.
    pub(super) fn parse(btf: &Btf, relo: &CoreRelo, question: Question) -> Result<Spec, String> {
        let bad = |why: &str| format!("its path `{}` {why}", btf.brief(relo.access));
        let numbers = numbers(btf.name_bytes(relo.access)).ok_or_else(|| bad("is not a list of at most 64 numbers"))?;
        if btf.get(relo.ty).is_none() {
            return Err(format!("the object has no type {}", relo.ty));
        }
        let mut spec = Spec::whole(relo.ty);
        if question.is_of_type() {
            return if numbers == [0] { Ok(spec) } else { Err(bad("must be 0")) };
        }
        if question.is_of_enum() {
            let ty = btf.resolve(relo.ty);
            let Kind::Enum { values, .. } = btf.kind(ty) else { return Err(bad("is of no enumeration")) };
            let [index] = numbers[..] else { return Err(bad("must be one number")) };
            let value = values.get(index as usize).ok_or_else(|| bad("is beyond the last value"))?;
            spec.steps.push(Step { ty, index, name: Some(value.name) });
            return Ok(spec);
        }
        spec.field(btf, &numbers).map_err(bad)?;
        Ok(spec)
    }

    fn field(&mut self, btf: &Btf, numbers: &[u32]) -> Result<(), &'static str> {
        let (&first, rest) = numbers.split_first().ok_or("is empty")?;
        let mut ty = btf.resolve(self.root);
        self.element(btf, ty, first)?;
        for &index in rest {
            ty = match btf.kind(ty) {
                Kind::Struct(c) | Kind::Union(c) => {
                    let member = c.members.get(index as usize).ok_or("names a member that is not there")?;
                    self.bit_offset += u64::from(member.bit_offset);
                    if !btf.name_bytes(member.name).is_empty() {
                        self.steps.push(Step { ty, index, name: Some(member.name) });
                    }
                    btf.resolve(member.ty)
                }
                Kind::Array { elem, len, .. } => {
                    if index >= *len && !self.is_flexible(btf, *len) {
                        return Err("leaves an array");
                    }
                    let elem = btf.resolve(*elem);
                    self.element(btf, elem, index)?;
                    elem
                }
                _ => return Err("goes into what has no parts"),
            };
        }
        Ok(())
    }

    /// Goes to an element of an array of `ty`.
    pub(super) fn element(&mut self, btf: &Btf, ty: TypeId, index: u32) -> Result<(), &'static str> {
        let size = btf.size_of(ty).ok_or("is of a type whose size is not known")?;
        self.steps.push(Step { ty, index, name: None });
        // At most 64 such terms, each below 2^67 / 8: no path gets near the end of 64 bits without leaving an array.
        self.bit_offset = u64::from(index)
            .checked_mul(u64::from(size) * 8)
            .and_then(|bits| self.bit_offset.checked_add(bits))
            .ok_or("is too far")?;
        Ok(())
    }

    /// Whether an array is as long as its memory: the last member of its struct, declared without a length.
    pub(super) fn is_flexible(&self, btf: &Btf, len: u32) -> bool {
        let Some(Step { ty, index, name: Some(_) }) = self.steps.last() else { return false };
        let (Kind::Struct(c) | Kind::Union(c)) = btf.kind(*ty) else { return false };
        len == 0 && *index as usize + 1 == c.members.len()
    }
}

fn numbers(path: &[u8]) -> Option<Vec<u32>> {
    let text = core::str::from_utf8(path).ok()?;
    let all: Option<Vec<u32>> = text.split(':').take(MAX_STEPS + 1).map(|n| n.parse().ok()).collect();
    all.filter(|all| all.len() <= MAX_STEPS)
}
