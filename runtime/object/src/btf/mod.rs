//! BTF, the type information of BPF objects: parsed, validated, and asked for names, sizes and declarations.
//!
//! Invariants after [`Btf::parse`]: every reference names a type that exists and may stand there; by value, types
//! nest at most 32 deep and never contain themselves; members lie in their struct. So following typedefs,
//! qualifiers and members ends without a count of steps.

mod ext;
mod fmt;
mod host;
mod layout;
mod parse;
mod shape;
mod special;
mod types;

pub(crate) use ext::{CoreRelo, Ext, FuncRecord, LineRecord, func_at};
pub use host::HostTypes;
pub(crate) use host::essential;
pub use types::{BtfError, BtfErrorKind, Composite, EnumValue, Kind, Linkage, Member, Param, SectionVar, Type, TypeId};

use std::borrow::Cow;

use crate::error::budget;
use layout::Layout;

/// Bytes of a name in messages.
const BRIEF: usize = 64;

/// The types of an object.
#[derive(Clone, PartialEq, Eq)]
pub struct Btf {
    types: Box<[Type]>,
    layouts: Box<[Layout]>,
    strings: Box<[u8]>,
    /// Declaration tags: (target, component + 1 or 0, the tag's type), sorted.
    tags: Box<[(TypeId, u32, TypeId)]>,
    /// By type: holds a spin lock or timer.
    special: Box<[bool]>,
}

impl core::fmt::Debug for Btf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Btf({} types)", self.types.len() - 1)
    }
}

impl Btf {
    /// Reads the bytes of a `.BTF` section.
    ///
    /// # Errors
    /// Whatever is malformed, and whatever exceeds 4 MiB, 65,536 types or 32 levels.
    pub fn parse(data: &[u8]) -> Result<Btf, BtfError> {
        Btf::parse_within(data, budget::BTF, budget::TYPES, budget::TYPE_DEPTH)
    }

    /// Reads bytes of types within other budgets.
    fn parse_within(data: &[u8], most_bytes: usize, most_types: usize, depth: u32) -> Result<Btf, BtfError> {
        let parts = parse::parts(data, most_bytes as u64)?;
        let (types, offsets) = parse::types(&parts, most_types as u64)?;
        let at = |id: TypeId| offsets.get(id as usize).copied().unwrap_or(0).into();
        for (id, ty) in (0..).zip(&types) {
            check(&types, parts.strings.len(), id, ty).map_err(|kind| BtfError { offset: at(id), kind })?;
        }
        let layouts = layout::layouts(&types, depth).map_err(|(id, kind)| BtfError { offset: at(id), kind })?;
        let mut tags: Vec<_> = (0..)
            .zip(&types)
            .filter_map(|(id, ty)| match ty.kind {
                Kind::DeclTag { target, component } => Some((target, component.map_or(0, |c| c + 1), id)),
                _ => None,
            })
            .collect();
        tags.sort_unstable();
        let (types, layouts, strings) = (types.into(), layouts.into(), parts.strings.into());
        let mut btf = Btf { types, layouts, strings, tags: tags.into(), special: Box::default() };
        btf.special = btf.holding_special().into();
        Ok(btf)
    }

    /// All types by id; the first one is `void`.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The type with this id.
    #[must_use]
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id as usize)
    }

    pub(crate) fn kind(&self, id: TypeId) -> &Kind {
        self.get(id).map_or(&Kind::Void, |t| &t.kind)
    }

    /// The string at an offset of the string table, as far as it is UTF-8 and at most 4,096 bytes long.
    #[must_use]
    pub fn string(&self, offset: u32) -> &str {
        Self::valid(self.bytes_at(offset, budget::NAME))
    }

    /// The start of a string, for messages.
    pub(crate) fn brief(&self, offset: u32) -> &str {
        Self::valid(self.bytes_at(offset, BRIEF))
    }

    fn valid(bytes: &[u8]) -> &str {
        match core::str::from_utf8(bytes) {
            Ok(s) => s,
            Err(err) => core::str::from_utf8(&bytes[..err.valid_up_to()]).unwrap_or(""),
        }
    }

    /// A string that need not be UTF-8, such as a line of C.
    pub(crate) fn text(&self, offset: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes_at(offset, budget::NAME))
    }

    /// A name's bytes, at most 4,096.
    pub(crate) fn name_bytes(&self, offset: u32) -> &[u8] {
        self.bytes_at(offset, budget::NAME)
    }

    fn bytes_at(&self, offset: u32, most: usize) -> &[u8] {
        let rest = self.strings.get(offset as usize..).unwrap_or(&[]);
        let window = &rest[..rest.len().min(most)];
        window.split(|&b| b == 0).next().unwrap_or(&[])
    }

    /// Whether the string at an offset is this one: does not look further than it is long.
    fn is_string(&self, offset: u32, name: &str) -> bool {
        self.strings
            .get(offset as usize..)
            .and_then(|s| s.strip_prefix(name.as_bytes()))
            .is_some_and(|rest| rest.first() == Some(&0))
    }

    /// The name of a type, empty where it has none.
    #[must_use]
    pub fn name(&self, id: TypeId) -> &str {
        self.get(id).map_or("", |t| self.string(t.name))
    }

    /// The first type of that name whose kind fits.
    #[must_use]
    pub fn find(&self, name: &str, fits: impl Fn(&Kind) -> bool) -> Option<TypeId> {
        (0..).zip(&self.types).find(|(_, t)| fits(&t.kind) && self.is_string(t.name, name)).map(|(id, _)| id)
    }

    /// Bytes of a type; `None` for functions, `void`, and types that are only declared.
    #[must_use]
    pub fn size_of(&self, id: TypeId) -> Option<u32> {
        self.layouts.get(id as usize)?.size
    }

    /// Natural alignment in bytes.
    #[must_use]
    pub fn align_of(&self, id: TypeId) -> u32 {
        self.layouts.get(id as usize).map_or(1, |l| l.align)
    }

    /// The type below typedefs, qualifiers and type tags.
    #[must_use]
    pub fn resolve(&self, id: TypeId) -> TypeId {
        let mut id = id;
        while let Some(below) = self.kind(id).modified() {
            id = below;
        }
        id
    }

    /// What a type is below typedefs, qualifiers and type tags.
    #[must_use]
    pub fn resolved(&self, id: TypeId) -> &Kind {
        self.kind(self.resolve(id))
    }

    /// The `btf_decl_tag`s of a type, or of one of its members or parameters.
    pub fn tags(&self, id: TypeId, component: Option<u32>) -> impl Iterator<Item = &str> {
        let key = (id, component.map_or(0, |c| c.saturating_add(1)));
        let start = self.tags.partition_point(|t| (t.0, t.1) < key);
        self.tags[start..].iter().take_while(move |t| (t.0, t.1) == key).map(|t| self.name(t.2))
    }

    /// The member of a struct or union with this name.
    #[must_use]
    pub fn member(&self, id: TypeId, name: &str) -> Option<&Member> {
        match self.resolved(id) {
            Kind::Struct(c) | Kind::Union(c) => c.members.iter().find(|m| self.is_string(m.name, name)),
            _ => None,
        }
    }
}

/// Checks a type's references and names.
fn check(types: &[Type], strings: usize, id: TypeId, ty: &Type) -> Result<(), BtfErrorKind> {
    let name = |name: u32| {
        if (name as usize) < strings || name == 0 { Ok(()) } else { Err(BtfErrorKind::BadName { id, name }) }
    };
    let bad = |target| Err(BtfErrorKind::BadReference { id, target });
    // What a pointer or typedef may name: everything but variables, sections, functions and declaration tags.
    let is_type = |target: TypeId| match types.get(target as usize).map(|t| &t.kind) {
        None | Some(Kind::Var { .. } | Kind::Datasec { .. } | Kind::Func { .. } | Kind::DeclTag { .. }) => bad(target),
        Some(_) => Ok(()),
    };
    name(ty.name)?;
    match &ty.kind {
        Kind::Void | Kind::Int { .. } | Kind::Fwd { .. } | Kind::Float { .. } => Ok(()),
        Kind::Ptr(t)
        | Kind::Typedef(t)
        | Kind::Volatile(t)
        | Kind::Const(t)
        | Kind::Restrict(t)
        | Kind::TypeTag(t)
        | Kind::Var { ty: t, .. } => is_type(*t),
        Kind::Array { elem, index, .. } => is_type(*elem).and_then(|()| is_type(*index)),
        Kind::Struct(c) | Kind::Union(c) => {
            c.members.iter().try_for_each(|m| name(m.name).and_then(|()| is_type(m.ty)))
        }
        Kind::Enum { values, .. } => values.iter().try_for_each(|v| name(v.name)),
        Kind::Func { proto, .. } => match types.get(*proto as usize).map(|t| &t.kind) {
            Some(Kind::FuncProto { .. }) => Ok(()),
            Some(_) | None => bad(*proto),
        },
        Kind::FuncProto { ret, params } => {
            is_type(*ret)?;
            params.iter().try_for_each(|p| name(p.name).and_then(|()| is_type(p.ty)))
        }
        Kind::Datasec { vars, .. } => vars.iter().try_for_each(|v| match types.get(v.ty as usize).map(|t| &t.kind) {
            Some(Kind::Var { .. } | Kind::Func { .. }) => Ok(()),
            Some(_) | None => bad(v.ty),
        }),
        Kind::DeclTag { target, .. } => match types.get(*target as usize).map(|t| &t.kind) {
            None | Some(Kind::Void | Kind::DeclTag { .. }) => bad(*target),
            Some(_) => Ok(()),
        },
    }
}
