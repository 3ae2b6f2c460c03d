//! What BTF says: types, by id.

use core::fmt;

/// Id of a type in its [`Btf`](super::Btf); 0 is `void`.
pub type TypeId = u32;

/// A type. Numbers of kinds and fields are those of Linux's `include/uapi/linux/btf.h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Offset of its name in the string table; the name is empty for anonymous types.
    pub name: u32,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Type 0.
    Void,
    /// `BTF_KIND_INT`.
    Int {
        /// Bytes.
        size: u32,
        /// Bits that count, from `offset` on.
        bits: u8,
        /// First bit that counts.
        offset: u8,
        /// Signed.
        signed: bool,
        /// A character.
        is_char: bool,
        /// A truth value.
        is_bool: bool,
    },
    /// `BTF_KIND_PTR`.
    Ptr(TypeId),
    /// `BTF_KIND_ARRAY`.
    Array {
        /// Type of an element.
        elem: TypeId,
        /// Type of an index.
        index: TypeId,
        /// Elements; 0 for a flexible array.
        len: u32,
    },
    /// `BTF_KIND_STRUCT`.
    Struct(Composite),
    /// `BTF_KIND_UNION`.
    Union(Composite),
    /// `BTF_KIND_ENUM` and `BTF_KIND_ENUM64`.
    Enum {
        /// Bytes.
        size: u32,
        /// Values are signed.
        signed: bool,
        /// Names and values; the value of a signed enumeration is sign-extended.
        values: Box<[EnumValue]>,
        /// `BTF_KIND_ENUM64`.
        wide: bool,
    },
    /// `BTF_KIND_FWD`: declared, not defined.
    Fwd {
        /// Of a union, else of a struct.
        is_union: bool,
    },
    /// `BTF_KIND_TYPEDEF`.
    Typedef(TypeId),
    /// `BTF_KIND_VOLATILE`.
    Volatile(TypeId),
    /// `BTF_KIND_CONST`.
    Const(TypeId),
    /// `BTF_KIND_RESTRICT`.
    Restrict(TypeId),
    /// `BTF_KIND_FUNC`.
    Func {
        /// Its `FuncProto`.
        proto: TypeId,
        /// Linkage.
        linkage: Linkage,
    },
    /// `BTF_KIND_FUNC_PROTO`.
    FuncProto {
        /// What it returns.
        ret: TypeId,
        /// Parameters; a last one without name and of type 0 stands for `...`.
        params: Box<[Param]>,
    },
    /// `BTF_KIND_VAR`.
    Var {
        /// Its type.
        ty: TypeId,
        /// Linkage.
        linkage: Linkage,
    },
    /// `BTF_KIND_DATASEC`: the variables of a section. Clang leaves sizes and offsets 0.
    Datasec {
        /// Bytes.
        size: u32,
        /// Variables.
        vars: Box<[SectionVar]>,
    },
    /// `BTF_KIND_FLOAT`.
    Float {
        /// Bytes.
        size: u32,
    },
    /// `BTF_KIND_DECL_TAG`; the name is the tag.
    DeclTag {
        /// What is tagged.
        target: TypeId,
        /// Member or parameter, `None` for the target itself.
        component: Option<u32>,
    },
    /// `BTF_KIND_TYPE_TAG`; the name is the tag.
    TypeTag(TypeId),
}

/// A struct or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// Bytes.
    pub size: u32,
    /// Members in order.
    pub members: Box<[Member]>,
}

/// A member of a struct or union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Offset of its name in the string table.
    pub name: u32,
    /// Its type.
    pub ty: TypeId,
    /// Offset in bits.
    pub bit_offset: u32,
    /// Bits of a bit field, 0 for other members.
    pub bits: u8,
}

/// One name of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// Offset of its name in the string table.
    pub name: u32,
    /// Its value.
    pub value: u64,
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Offset of its name in the string table.
    pub name: u32,
    /// Its type.
    pub ty: TypeId,
}

/// A variable of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionVar {
    /// Its `Var` (or `Func`, for externs).
    pub ty: TypeId,
    /// Byte offset in the section.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}

/// Who sees a function or variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// This object alone.
    Static,
    /// Every object.
    Global,
    /// Defined elsewhere.
    Extern,
}

impl Linkage {
    pub(super) fn new(raw: u32) -> Option<Linkage> {
        match raw {
            0 => Some(Linkage::Static),
            1 => Some(Linkage::Global),
            2 => Some(Linkage::Extern),
            _ => None,
        }
    }
}

impl Kind {
    /// Number of the kind.
    #[must_use]
    pub const fn number(&self) -> u32 {
        match self {
            Kind::Void => 0,
            Kind::Int { .. } => 1,
            Kind::Ptr(_) => 2,
            Kind::Array { .. } => 3,
            Kind::Struct(_) => 4,
            Kind::Union(_) => 5,
            Kind::Enum { wide: false, .. } => 6,
            Kind::Fwd { .. } => 7,
            Kind::Typedef(_) => 8,
            Kind::Volatile(_) => 9,
            Kind::Const(_) => 10,
            Kind::Restrict(_) => 11,
            Kind::Func { .. } => 12,
            Kind::FuncProto { .. } => 13,
            Kind::Var { .. } => 14,
            Kind::Datasec { .. } => 15,
            Kind::Float { .. } => 16,
            Kind::DeclTag { .. } => 17,
            Kind::TypeTag(_) => 18,
            Kind::Enum { wide: true, .. } => 19,
        }
    }

    /// The type below a typedef, qualifier or tag.
    #[must_use]
    pub const fn modified(&self) -> Option<TypeId> {
        match *self {
            Kind::Typedef(t) | Kind::Volatile(t) | Kind::Const(t) | Kind::Restrict(t) | Kind::TypeTag(t) => Some(t),
            Kind::Void
            | Kind::Int { .. }
            | Kind::Ptr(_)
            | Kind::Array { .. }
            | Kind::Struct(_)
            | Kind::Union(_)
            | Kind::Enum { .. }
            | Kind::Fwd { .. }
            | Kind::Func { .. }
            | Kind::FuncProto { .. }
            | Kind::Var { .. }
            | Kind::Datasec { .. }
            | Kind::Float { .. }
            | Kind::DeclTag { .. } => None,
        }
    }
}

/// What is wrong with type information, and at which byte of the section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BtfError {
    /// Byte offset in `.BTF` or `.BTF.ext`.
    pub offset: u64,
    /// What is wrong.
    pub kind: BtfErrorKind,
}

/// What is wrong with type information.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BtfErrorKind {
    /// More than is ever loaded.
    Budget {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
        /// How much was found.
        found: u64,
    },
    /// The section ends early.
    Truncated {
        /// What is missing.
        what: &'static str,
        /// Bytes it needs.
        want: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The first two bytes are not BTF's.
    Magic {
        /// What they are.
        found: u16,
    },
    /// A field that may only have certain values.
    Field {
        /// The field.
        what: &'static str,
        /// What it is.
        found: u64,
    },
    /// A number of a kind that does not exist.
    UnknownKind {
        /// The type.
        id: TypeId,
        /// The number.
        kind: u32,
    },
    /// A reference to a type that does not exist, or is of the wrong kind.
    BadReference {
        /// The type that refers.
        id: TypeId,
        /// What it names.
        target: TypeId,
    },
    /// A name outside the string table, not UTF-8, or too long.
    BadName {
        /// The type.
        id: TypeId,
        /// The offset it names.
        name: u32,
    },
    /// A type that contains itself.
    Recursive {
        /// The type.
        id: TypeId,
    },
    /// A type that nests deeper than is allowed.
    TooDeep {
        /// The type.
        id: TypeId,
    },
    /// An array, struct or variable whose size does not fit, or is not known.
    BadSize {
        /// The type.
        id: TypeId,
    },
    /// A member that leaves its struct.
    MemberOutside {
        /// The struct.
        id: TypeId,
        /// Number of the member.
        member: u32,
    },
}

impl fmt::Display for BtfErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use BtfErrorKind as K;
        match self {
            K::Budget { what, limit, found } => write!(f, "{found} {what}, at most {limit} are loaded"),
            K::Truncated { what, want, found } => write!(f, "{what} needs {want} bytes, {found} are there"),
            K::Magic { found: 0x9feb } => write!(f, "big-endian type information, want little-endian"),
            K::Magic { found } => write!(f, "magic number {found:#06x}, want 0xeb9f"),
            K::Field { what, found } => write!(f, "{what} is {found:#x}, which is not understood"),
            K::UnknownKind { id, kind } => write!(f, "type {id} is of kind {kind}, the last one known is 19"),
            K::BadReference { id, target } => write!(f, "type {id} refers to type {target}, which cannot be meant"),
            K::BadName { id, name } => write!(f, "type {id} has its name at string {name}, which is no name"),
            K::Recursive { id } => write!(f, "type {id} contains itself"),
            K::TooDeep { id } => write!(f, "type {id} nests too deep"),
            K::BadSize { id } => write!(f, "type {id} has no size, or one beyond 32 bits"),
            K::MemberOutside { id, member } => write!(f, "member {member} of type {id} leaves it"),
        }
    }
}

impl fmt::Display for BtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {:#x}: {}", self.offset, self.kind)
    }
}

impl std::error::Error for BtfError {}
