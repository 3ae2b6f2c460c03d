//! When two types are alike enough.
//!
//! Three relations, from loose to strict: a *field's* types (what is read is a pointer, a number, a struct), *compatible*
//! types (`bpf_core_type_exists`), and *matching* ones (`bpf_core_type_matches`: every member is there).

use super::{Exhausted, Work};
use crate::btf::{Btf, Composite, EnumValue, Kind, TypeId, essential};

/// How deep the two stricter relations go.
const DEPTH: u32 = 32;

/// A type of the plugin's, and one of the host's.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) local: &'a Btf,
    pub(super) host: &'a Btf,
}

/// Whether two types are of one kind; narrow and wide enumerations are.
pub(super) fn same_kind(a: &Kind, b: &Kind) -> bool {
    a.number() == b.number() || matches!((a, b), (Kind::Enum { .. }, Kind::Enum { .. }))
}

/// Numbers whose bits start elsewhere than at 0 are how old compilers wrote bit fields.
fn starts_at_zero(kind: &Kind) -> bool {
    !matches!(kind, Kind::Int { offset: 1.., .. })
}

impl<'a> Pair<'a> {
    /// The kinds below typedefs and qualifiers.
    fn kinds(self, local: TypeId, host: TypeId) -> (&'a Kind, &'a Kind) {
        (self.local.resolved(local), self.host.resolved(host))
    }

    /// Whether a field of the one type may be read where the other is expected.
    pub(super) fn fields(self, work: &mut Work, local: TypeId, host: TypeId) -> Result<bool, Exhausted> {
        let (mut local, mut host) = (local, host);
        loop {
            work.spend(1)?;
            let (l, h) = self.kinds(local, host);
            let composite = |k: &Kind| matches!(k, Kind::Struct(_) | Kind::Union(_));
            if composite(l) && composite(h) {
                return Ok(true);
            }
            if !same_kind(l, h) {
                return Ok(false);
            }
            return match (l, h) {
                (Kind::Ptr(_) | Kind::Float { .. }, _) => Ok(true),
                (Kind::Fwd { .. } | Kind::Enum { .. }, _) => {
                    let names = (self.local.essential_name(self.local.resolve(local)), self.essential_host(host));
                    work.name(names.0)?;
                    Ok(names.0.is_empty() || names.1.is_empty() || names.0 == names.1)
                }
                (Kind::Int { .. }, _) => Ok(starts_at_zero(l) && starts_at_zero(h)),
                (Kind::Array { elem: l, .. }, Kind::Array { elem: h, .. }) => {
                    (local, host) = (*l, *h);
                    continue;
                }
                _ => Ok(false),
            };
        }
    }

    fn essential_host(self, id: TypeId) -> &'a [u8] {
        self.host.essential_name(self.host.resolve(id))
    }

    /// Whether the host's type may be called the plugin's.
    pub(super) fn compatible(self, work: &mut Work, local: TypeId, host: TypeId) -> Result<bool, Exhausted> {
        let (l, h) = (self.local.kind(local), self.host.kind(host));
        Ok(same_kind(l, h) && self.compatible_below(work, local, host, DEPTH)?)
    }

    fn compatible_below(self, work: &mut Work, local: TypeId, host: TypeId, depth: u32) -> Result<bool, Exhausted> {
        let (mut local, mut host) = (local, host);
        for left in (0..depth).rev() {
            work.spend(1)?;
            let (l, h) = self.kinds(local, host);
            if !same_kind(l, h) {
                return Ok(false);
            }
            match (l, h) {
                (Kind::Void | Kind::Struct(_) | Kind::Union(_) | Kind::Enum { .. } | Kind::Fwd { .. }, _) => {
                    return Ok(true);
                }
                (Kind::Int { .. }, _) => return Ok(starts_at_zero(l) && starts_at_zero(h)),
                (Kind::Ptr(l), Kind::Ptr(h)) | (Kind::Array { elem: l, .. }, Kind::Array { elem: h, .. }) => {
                    (local, host) = (*l, *h);
                }
                (Kind::FuncProto { ret: l, params: lp }, Kind::FuncProto { ret: h, params: hp }) => {
                    if lp.len() != hp.len() {
                        return Ok(false);
                    }
                    for (a, b) in lp.iter().zip(hp) {
                        if !self.compatible_below(work, a.ty, b.ty, left)? {
                            return Ok(false);
                        }
                    }
                    (local, host) = (*l, *h);
                }
                _ => return Ok(false),
            }
        }
        // Deeper than is ever looked at.
        Ok(false)
    }

    /// Whether the host's type has all that the plugin's has.
    pub(super) fn matches(self, work: &mut Work, local: TypeId, host: TypeId) -> Result<bool, Exhausted> {
        self.matches_below(work, (local, host), false, DEPTH)
    }

    fn names(self, work: &mut Work, local: u32, host: u32) -> Result<bool, Exhausted> {
        let names = (essential(self.local.name_bytes(local)), essential(self.host.name_bytes(host)));
        work.name(names.0)?;
        work.name(names.1)?;
        Ok(names.0 == names.1)
    }

    fn matches_below(
        self,
        work: &mut Work,
        (local, host): (TypeId, TypeId),
        behind_pointer: bool,
        depth: u32,
    ) -> Result<bool, Exhausted> {
        let (mut local, mut host, mut behind) = (local, host, behind_pointer);
        for left in (0..depth).rev() {
            (local, host) = (self.local.resolve(local), self.host.resolve(host));
            let name = |btf: &Btf, id| btf.get(id).map_or(0, |t| t.name);
            if !self.names(work, name(self.local, local), name(self.host, host))? {
                return Ok(false);
            }
            let (l, h) = self.kinds(local, host);
            match (l, h) {
                (Kind::Ptr(l), Kind::Ptr(h)) => (local, host, behind) = (*l, *h, true),
                (Kind::Array { elem: l, len: n, .. }, Kind::Array { elem: h, len: m, .. }) if n == m => {
                    (local, host) = (*l, *h);
                }
                (Kind::FuncProto { ret: l, params: lp }, Kind::FuncProto { ret: h, params: hp })
                    if lp.len() == hp.len() =>
                {
                    for (a, b) in lp.iter().zip(hp) {
                        if !self.matches_below(work, (a.ty, b.ty), behind, left)? {
                            return Ok(false);
                        }
                    }
                    (local, host) = (*l, *h);
                }
                (Kind::Struct(l), Kind::Struct(h)) | (Kind::Union(l), Kind::Union(h)) => {
                    return if behind { Ok(true) } else { self.members(work, l, h, left) };
                }
                (Kind::Enum { size: a, values: l, .. }, Kind::Enum { size: b, values: h, .. }) => {
                    return Ok(a == b && self.values(work, l, h)?);
                }
                _ => return Ok(alike(l, h, behind)),
            }
        }
        Ok(false)
    }

    fn members(self, work: &mut Work, local: &Composite, host: &Composite, left: u32) -> Result<bool, Exhausted> {
        if local.members.len() > host.members.len() {
            return Ok(false);
        }
        for l in &local.members {
            let mut found = false;
            for h in &host.members {
                if self.names(work, l.name, h.name)? && self.matches_below(work, (l.ty, h.ty), false, left)? {
                    found = true;
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether each name of one enumeration is one of the other.
    fn values(self, work: &mut Work, local: &[EnumValue], host: &[EnumValue]) -> Result<bool, Exhausted> {
        if local.len() > host.len() {
            return Ok(false);
        }
        for l in local {
            let mut found = false;
            for h in host {
                if self.names(work, l.name, h.name)? {
                    found = true;
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Matching types that have no parts. Behind a pointer, a struct matches its declaration.
fn alike(local: &Kind, host: &Kind, behind_pointer: bool) -> bool {
    match (local, host) {
        (Kind::Void, Kind::Void) => true,
        (Kind::Fwd { is_union: a }, Kind::Fwd { is_union: b }) => a == b,
        (Kind::Fwd { is_union: false }, Kind::Struct(_)) | (Kind::Struct(_), Kind::Fwd { is_union: false }) => {
            behind_pointer
        }
        (Kind::Fwd { is_union: true }, Kind::Union(_)) | (Kind::Union(_), Kind::Fwd { is_union: true }) => {
            behind_pointer
        }
        (Kind::Int { size: a, signed: s, .. }, Kind::Int { size: b, signed: t, .. }) => a == b && s == t,
        _ => false,
    }
}
