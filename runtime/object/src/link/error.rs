//! Why a program cannot be linked.

use core::fmt;
use std::sync::Arc;

use stingless_abi::MapShapeError;
use stingless_isa::{CodeError, DecodeErrorKind};

use crate::error::ObjectError;

/// Why one program cannot be linked; the object's other programs are not concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// The program.
    pub program: Arc<str>,
    /// Where; `None` for what concerns the program as a whole.
    pub at: Option<Box<Place>>,
    /// Why.
    pub kind: LinkErrorKind,
}

/// A place in an object's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Section of the object.
    pub section: Arc<str>,
    /// Function; empty where it has no name.
    pub function: Arc<str>,
    /// 8-byte slot in the section, as `llvm-objdump -d` counts.
    pub slot: u32,
    /// C file and line, where the object says.
    pub line: Option<(Arc<str>, u32)>,
}

/// Why a program cannot be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkErrorKind {
    /// The object has no program with this index.
    NoProgram {
        /// The index.
        index: usize,
        /// How many programs there are.
        count: usize,
    },
    /// A slot is no instruction.
    Decode(DecodeErrorKind),
    /// A relocation of an instruction that takes none.
    Relocation,
    /// Functions do not form a program; positions are instructions, after linking.
    Code(CodeError),
    /// A map of a kind that this runtime does not have.
    MapKind {
        /// The map.
        map: String,
        /// Linux's number.
        kind: u32,
    },
    /// A map of an impossible shape.
    MapShape(MapShapeError),
    /// More instructions than a program may have.
    Instructions {
        /// How many are allowed.
        limit: usize,
        /// How many there are, at least.
        found: usize,
    },
    /// CO-RE relocations that take too long.
    CoreWork {
        /// Steps that are taken.
        limit: u64,
    },
    /// The hook's types are malformed.
    HookTypes(ObjectError),
    /// A value for a global variable that is of another size.
    GlobalSize {
        /// The variable.
        name: String,
        /// Its bytes.
        want: u32,
        /// Bytes given.
        found: usize,
    },
    /// A value for a `__kconfig` variable that its type cannot hold.
    Kconfig {
        /// The variable.
        name: String,
        /// Its C type.
        ty: String,
        /// What was given.
        value: String,
    },
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program `{}`: ", self.program)?;
        if let Some(at) = &self.at {
            write!(f, "slot {} of section `{}`", at.slot, at.section)?;
            if !at.function.is_empty() {
                write!(f, ", function `{}`", at.function)?;
            }
            if let Some((file, line)) = &at.line {
                write!(f, " ({file}:{line})")?;
            }
            write!(f, ": ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for LinkError {}

impl fmt::Display for LinkErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use LinkErrorKind as K;
        match self {
            K::NoProgram { index, count } => write!(f, "there is no program {index}, the object has {count}"),
            K::Decode(kind) => kind.fmt(f),
            K::Relocation => write!(f, "a relocation of an instruction that is neither a call nor a 64-bit immediate"),
            K::Code(err) => err.fmt(f),
            K::MapKind { map, kind } => write!(f, "map `{map}` is of kind {kind}, which is not supported"),
            K::MapShape(err) => err.fmt(f),
            K::Instructions { limit, found } => write!(f, "{found} instructions, at most {limit} are loaded"),
            K::CoreWork { limit } => write!(f, "CO-RE relocations take more than {limit} steps"),
            K::HookTypes(err) => write!(f, "the hook's own types: {err}"),
            K::GlobalSize { name, want, found } => {
                write!(f, "variable `{name}` has {want} bytes, its value has {found}")
            }
            K::Kconfig { name, ty, value } => write!(f, "`{ty} {name}` cannot hold {value}"),
        }
    }
}
