//! Sizes and alignments, computed once at parse time, without recursion.

use super::types::{BtfErrorKind as E, Composite, Kind, Type, TypeId};

/// Size and alignment of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes; `None` for `void`, functions, and types that are declared only.
    pub(super) size: Option<u32>,
    /// Natural alignment in bytes, at least 1.
    pub(super) align: u32,
    /// How deep it nests, 1 for a type without parts.
    height: u32,
}

#[derive(Clone, Copy)]
enum State {
    New,
    Open,
    Done(Layout),
}

/// The layout of every type, or the first type that has none though it must.
pub(super) fn layouts(types: &[Type], depth: u32) -> Result<Vec<Layout>, (TypeId, E)> {
    let mut states = vec![State::New; types.len()];
    let mut stack = Vec::new();
    for root in 0..types.len() as TypeId {
        stack.push((root, 0));
        while let Some((id, next)) = stack.pop() {
            match states[id as usize] {
                State::Done(_) => continue,
                State::Open if next == 0 => return Err((id, E::Recursive { id })),
                State::Open | State::New => {}
            }
            states[id as usize] = State::Open;
            match part(&types[id as usize].kind, next) {
                Some(child) => {
                    stack.push((id, next + 1));
                    match states[child as usize] {
                        State::Done(_) => {}
                        State::Open => return Err((child, E::Recursive { id: child })),
                        State::New => stack.push((child, 0)),
                    }
                }
                None => states[id as usize] = State::Done(finish(types, &states, id, depth)?),
            }
        }
    }
    // Every type was a root, so all are done.
    let done = |s| if let State::Done(layout) = s { layout } else { Layout { size: None, align: 1, height: 1 } };
    Ok(states.into_iter().map(done).collect())
}

/// The `n`th type that a type holds by value.
fn part(kind: &Kind, n: usize) -> Option<TypeId> {
    match kind {
        Kind::Array { elem, .. } => (n == 0).then_some(*elem),
        Kind::Struct(c) | Kind::Union(c) => c.members.get(n).map(|m| m.ty),
        Kind::Typedef(t) | Kind::Volatile(t) | Kind::Const(t) | Kind::Restrict(t) | Kind::TypeTag(t) => {
            (n == 0).then_some(*t)
        }
        Kind::Var { ty, .. } => (n == 0).then_some(*ty),
        Kind::Void
        | Kind::Int { .. }
        | Kind::Ptr(_)
        | Kind::Enum { .. }
        | Kind::Fwd { .. }
        | Kind::Func { .. }
        | Kind::FuncProto { .. }
        | Kind::Datasec { .. }
        | Kind::Float { .. }
        | Kind::DeclTag { .. } => None,
    }
}

fn finish(types: &[Type], states: &[State], id: TypeId, depth: u32) -> Result<Layout, (TypeId, E)> {
    let of = |t: TypeId| match states[t as usize] {
        State::Done(layout) => layout,
        State::New | State::Open => Layout { size: None, align: 1, height: 1 },
    };
    let sized = |size: u32| Layout { size: Some(size), align: size.clamp(1, 16).next_power_of_two(), height: 1 };
    let unsized_ = Layout { size: None, align: 1, height: 1 };
    let bad = (id, E::BadSize { id });
    let layout = match &types[id as usize].kind {
        Kind::Int { size, .. } | Kind::Enum { size, .. } | Kind::Float { size } => sized(*size),
        Kind::Ptr(_) => sized(8),
        Kind::Datasec { size, .. } => Layout { align: 8, ..sized(*size) },
        Kind::Array { elem, len, .. } => {
            let elem = of(*elem);
            let size = elem.size.and_then(|s| s.checked_mul(*len)).ok_or(bad)?;
            Layout { size: Some(size), align: elem.align, height: elem.height + 1 }
        }
        Kind::Struct(c) | Kind::Union(c) => composite(c, id, of)?,
        Kind::Typedef(t) | Kind::Volatile(t) | Kind::Const(t) | Kind::Restrict(t) | Kind::TypeTag(t) => {
            Layout { height: of(*t).height + 1, ..of(*t) }
        }
        Kind::Var { ty, .. } => Layout { height: of(*ty).height + 1, ..of(*ty) },
        Kind::Void | Kind::Fwd { .. } | Kind::Func { .. } | Kind::FuncProto { .. } | Kind::DeclTag { .. } => unsized_,
    };
    if layout.height > depth {
        return Err((id, E::TooDeep { id }));
    }
    Ok(layout)
}

fn composite(c: &Composite, id: TypeId, of: impl Fn(TypeId) -> Layout) -> Result<Layout, (TypeId, E)> {
    let mut layout = Layout { size: Some(c.size), align: 1, height: 1 };
    for (m, member) in c.members.iter().zip(0..) {
        let part = of(m.ty);
        let size = part.size.ok_or((id, E::BadSize { id }))?;
        let bits = if m.bits == 0 { u64::from(size) * 8 } else { m.bits.into() };
        if u64::from(m.bit_offset) + bits > u64::from(c.size) * 8 {
            return Err((id, E::MemberOutside { id, member }));
        }
        layout.align = layout.align.max(part.align);
        layout.height = layout.height.max(part.height + 1);
    }
    Ok(layout)
}
