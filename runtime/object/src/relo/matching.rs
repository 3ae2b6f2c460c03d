//! The plugin's path, followed through a type of the host.

use core::fmt;

use super::compat::Pair;
use super::spec::{Spec, Step};
use super::value::Question;
use super::{Exhausted, Work};
use crate::btf::{Btf, Kind, TypeId, essential};

/// Why a path cannot be followed, as the end of a sentence about the host's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// No such member, or value of an enumeration.
    None { what: &'static str, name: String },
    /// A member of another kind.
    Type { name: String, found: String, want: String },
    /// An index where there is no array.
    NoArray { found: String },
    /// An index beyond an array.
    Index { index: u32, len: u32 },
    /// Something without a size.
    Size,
    /// Not of the kind at all.
    Whole { want: &'static str },
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::None { what, name } => write!(f, "has no {what} `{name}`"),
            Miss::Type { name, found, want } => {
                write!(f, "has `{name}` of type `{found}`, which is not compatible with the plugin's `{want}`")
            }
            Miss::NoArray { found } => write!(f, "has `{found}` where the plugin has an array"),
            Miss::Index { index, len } => write!(f, "has an array of {len}, element {index} is wanted"),
            Miss::Size => write!(f, "has a part of unknown size"),
            Miss::Whole { want } => write!(f, "{want}"),
        }
    }
}

type Found<T> = Result<Result<T, Miss>, Exhausted>;

/// Follows a path of the plugin's types through the host's type `root`.
pub(super) fn find(
    work: &mut Work,
    (local, spec): (&Btf, &Spec),
    host: &Btf,
    root: TypeId,
    q: Question,
) -> Found<Spec> {
    work.spend(1)?;
    let pair = Pair { local, host };
    if q.is_of_type() {
        let (fits, want) = if q == Question::TypeMatches {
            (pair.matches(work, spec.root, root)?, "does not match the plugin's type")
        } else {
            (pair.compatible(work, spec.root, root)?, "is not compatible with the plugin's type")
        };
        return Ok(if fits { Ok(Spec::whole(root)) } else { Err(Miss::Whole { want }) });
    }
    if q.is_of_enum() {
        return value(work, (local, spec), host, root);
    }
    let mut walk = Walk { pair, work, at: root, spec: Spec::whole(root) };
    for (nth, step) in spec.steps.iter().enumerate() {
        let moved = match step.name {
            Some(name) => walk.member(step, name)?,
            None => walk.element(step.index, nth > 0),
        };
        if let Err(miss) = moved {
            return Ok(Err(miss));
        }
    }
    Ok(Ok(walk.spec))
}

/// The value of an enumeration with the plugin's name, flavours aside.
fn value(work: &mut Work, (local, spec): (&Btf, &Spec), host: &Btf, root: TypeId) -> Found<Spec> {
    let ty = host.resolve(root);
    let Kind::Enum { values, .. } = host.kind(ty) else { return Ok(Err(Miss::Whole { want: "is no enumeration" })) };
    let name = spec.steps.first().and_then(|s| s.name).unwrap_or(0);
    let wanted = essential(local.name_bytes(name));
    for (value, index) in values.iter().zip(0..) {
        let found = essential(host.name_bytes(value.name));
        work.name(found)?;
        if found == wanted {
            let step = Step { ty, index, name: Some(value.name) };
            return Ok(Ok(Spec { root, steps: vec![step], bit_offset: 0 }));
        }
    }
    Ok(Err(Miss::None { what: "value", name: local.brief(name).to_owned() }))
}

/// A walk through the host's type.
struct Walk<'a, 'w> {
    pair: Pair<'a>,
    work: &'w mut Work,
    /// Where it has come to.
    at: TypeId,
    spec: Spec,
}

impl Walk<'_, '_> {
    /// Goes to an element; the first index is of the object itself, not of an array in it.
    fn element(&mut self, index: u32, of_array: bool) -> Result<(), Miss> {
        let host = self.pair.host;
        let mut ty = host.resolve(self.at);
        if of_array {
            let Kind::Array { elem, len, .. } = host.kind(ty) else {
                return Err(Miss::NoArray { found: host.declare_briefly(ty) });
            };
            if index >= *len && !self.spec.is_flexible(host, *len) {
                return Err(Miss::Index { index, len: *len });
            }
            ty = host.resolve(*elem);
        }
        self.spec.element(host, ty, index).map_err(|_| Miss::Size)?;
        self.at = ty;
        Ok(())
    }

    /// Goes to the member of the plugin's step, wherever the host's type has it.
    fn member(&mut self, step: &Step, name: u32) -> Found<()> {
        let Pair { local, host } = self.pair;
        let wanted = local.name_bytes(name);
        let top = host.resolve(self.at);
        let Some((offset, ty, index)) = self.search(top, wanted, 0)? else {
            return Ok(Err(Miss::None { what: "field", name: local.brief(name).to_owned() }));
        };
        let member_of = |btf: &Btf, ty, index: u32| match btf.kind(ty) {
            Kind::Struct(c) | Kind::Union(c) => c.members.get(index as usize).copied(),
            _ => None,
        };
        let (Some(mine), Some(theirs)) = (member_of(local, step.ty, step.index), member_of(host, ty, index)) else {
            return Ok(Err(Miss::Size));
        };
        if !self.pair.fields(self.work, mine.ty, theirs.ty)? {
            let name = local.brief(name).to_owned();
            let (found, want) = (host.declare_briefly(theirs.ty), local.declare_briefly(mine.ty));
            return Ok(Err(Miss::Type { name, found, want }));
        }
        self.spec.bit_offset += offset;
        self.spec.steps.push(Step { ty, index, name: Some(theirs.name) });
        self.at = theirs.ty;
        Ok(Ok(()))
    }

    /// The first member of that name, in anonymous structs and unions too: its offset in bits, its struct and number
    /// there. Types nest at most 32 deep.
    fn search(&mut self, ty: TypeId, name: &[u8], base: u64) -> Result<Option<(u64, TypeId, u32)>, Exhausted> {
        let host = self.pair.host;
        let (Kind::Struct(c) | Kind::Union(c)) = host.kind(ty) else { return Ok(None) };
        for (member, index) in c.members.iter().zip(0..) {
            let offset = base + u64::from(member.bit_offset);
            let found = host.name_bytes(member.name);
            self.work.name(found)?;
            if found.is_empty() {
                if let Some(inner) = self.search(host.resolve(member.ty), name, offset)? {
                    return Ok(Some(inner));
                }
            } else if found == name {
                return Ok(Some((offset, ty, index)));
            }
        }
        Ok(None)
    }
}
