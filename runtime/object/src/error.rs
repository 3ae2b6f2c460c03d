//! Why bytes are not an object.

use core::fmt;

use crate::btf::BtfErrorKind;

/// What a load may use, whatever the bytes say (design: "Budgets for loading one object"). Each is passed at the
/// number and refused one beyond.
pub mod budget {
    /// Bytes of an object file.
    pub const FILE: usize = 16 << 20;
    /// ELF sections.
    pub const SECTIONS: usize = 4096;
    /// ELF symbols.
    pub const SYMBOLS: usize = 65_536;
    /// Relocation records that are looked at, over all sections.
    pub const RELOCATIONS: usize = 1 << 20;
    /// Bytes of one section's or symbol's name.
    pub const NAME: usize = 4096;
    /// Bytes of all symbols' names together.
    pub const NAMES: usize = FILE;
    /// Bytes of a `.BTF` section.
    pub const BTF: usize = 4 << 20;
    /// BTF types, `void` not counted.
    pub const TYPES: usize = 65_536;
    /// Bytes of a host's type information, which is a kernel's perhaps.
    pub const HOST_BTF: usize = 64 << 20;
    /// Types of a host.
    pub const HOST_TYPES: usize = 1 << 20;
    /// How deep a host's types nest by value: Linux has some beyond 32.
    pub const HOST_TYPE_DEPTH: u32 = 64;
    /// How deep BTF types nest by value: arrays, structs, unions, typedefs and qualifiers.
    pub const TYPE_DEPTH: u32 = 32;
    /// Instructions, over all functions.
    pub const INSNS: usize = 1_000_000;
    /// Maps that an object defines.
    pub const MAPS: usize = 4096;
    /// Bytes of global variables, over all sections, `.bss` included.
    pub const DATA: u64 = 64 << 20;
    /// Bytes of source lines' text that one linked program carries; lines beyond have no text.
    pub const LINE_TEXT: usize = 8 << 20;
}

/// What is wrong with an object, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectError {
    /// Section, empty where the file as a whole is meant.
    pub section: String,
    /// Byte offset in the section, or in the file where there is none.
    pub offset: u64,
    /// What is wrong.
    pub kind: ObjectErrorKind,
}

/// What is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectErrorKind {
    /// More of something than is ever loaded.
    Budget {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
        /// How much was found.
        found: u64,
    },
    /// The file does not start as ELF files do.
    NotElf,
    /// A 32-bit ELF file.
    Class32,
    /// A big-endian object: plugins run on little-endian machines only.
    BigEndian,
    /// Code for another machine.
    Machine {
        /// `e_machine`; BPF is 247.
        found: u16,
    },
    /// Linked already, or no object at all.
    FileType {
        /// `e_type`; a relocatable object is 1.
        found: u16,
    },
    /// A table leaves the file, or an index its table.
    Malformed {
        /// What it is.
        what: &'static str,
        /// What it says.
        found: u64,
        /// What is there: an index or size must be below it.
        limit: u64,
    },
    /// A name that is not UTF-8, or does not end.
    Name {
        /// What is named.
        what: &'static str,
    },
    /// A section's form that is not understood.
    Unsupported {
        /// What it is.
        what: &'static str,
    },
    /// Code that is not a whole number of 8-byte instruction slots.
    CodeLength {
        /// Bytes.
        bytes: u64,
    },
    /// A map's definition.
    Map {
        /// The map.
        map: String,
        /// What is wrong with it.
        problem: MapProblem,
    },
    /// A file that was to have type information.
    NoTypes,
    /// Type information.
    Btf(BtfErrorKind),
}

/// What is wrong with a map's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapProblem {
    /// A `.maps` section in an object without BTF.
    NoBtf,
    /// BTF names a map that is no symbol of the section.
    NoSymbol,
    /// A definition is not a struct, or leaves its section.
    NotADefinition,
    /// A member that is not understood.
    UnknownMember {
        /// Its name.
        member: String,
    },
    /// A member that is not declared as it should be.
    BadMember {
        /// Its name.
        member: String,
        /// How it should be declared.
        want: &'static str,
    },
    /// Two members, or two declarations, that do not agree.
    Conflict {
        /// The member.
        member: &'static str,
        /// What is said first.
        first: u32,
        /// What is said then.
        second: u32,
    },
    /// The old `maps` section does not divide into definitions.
    Stride {
        /// Bytes of the section.
        bytes: u64,
        /// Symbols in it.
        symbols: u64,
    },
    /// Bytes behind an old definition that mean something to somebody else.
    Trailing,
    /// An initialiser that refers to something that is neither a program nor a map.
    Initialiser {
        /// What it refers to.
        symbol: String,
    },
}

impl ObjectError {
    pub(crate) fn file(offset: u64, kind: ObjectErrorKind) -> ObjectError {
        ObjectError { section: String::new(), offset, kind }
    }

    pub(crate) fn new(section: &str, offset: u64, kind: ObjectErrorKind) -> ObjectError {
        ObjectError { section: section.to_owned(), offset, kind }
    }
}

/// Refuses `found` of something beyond its budget.
pub(crate) fn within(what: &'static str, found: u64, limit: u64) -> Result<(), ObjectErrorKind> {
    if found <= limit { Ok(()) } else { Err(ObjectErrorKind::Budget { what, limit, found }) }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.section.is_empty() {
            write!(f, "offset {:#x} of the file: {}", self.offset, self.kind)
        } else {
            write!(f, "offset {:#x} of section `{}`: {}", self.offset, self.section, self.kind)
        }
    }
}

impl std::error::Error for ObjectError {}

impl fmt::Display for ObjectErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ObjectErrorKind as K;
        match self {
            K::Budget { what, limit, found } => write!(f, "{found} {what}, at most {limit} are loaded"),
            K::NotElf => write!(f, "not an ELF file"),
            K::Class32 => write!(f, "a 32-bit ELF file, want 64 bits"),
            K::BigEndian => write!(f, "a big-endian object (target bpfeb), want little-endian (target bpfel)"),
            K::Machine { found } => write!(
                f,
                "code for ELF machine {found}{}, want 247 (BPF): compile with `clang -target bpf`",
                machine(*found)
            ),
            K::FileType { found } => write!(f, "ELF file type {found}, want 1 (relocatable object)"),
            K::Malformed { what, found, limit } => write!(f, "{what} is {found}, must be below {limit}"),
            K::Name { what } => write!(f, "the name of {what} is not UTF-8, or does not end"),
            K::Unsupported { what } => write!(f, "{what} is not supported"),
            K::CodeLength { bytes } => write!(f, "{bytes} bytes of code are not a whole number of 8-byte slots"),
            K::Map { map, problem } if map.is_empty() => write!(f, "maps: {problem}"),
            K::Map { map, problem } => write!(f, "map `{map}`: {problem}"),
            K::NoTypes => write!(f, "no section `.BTF`"),
            K::Btf(kind) => kind.fmt(f),
        }
    }
}

/// What people call a machine that they compile for by mistake.
fn machine(number: u16) -> &'static str {
    match number {
        62 => " (x86-64)",
        183 => " (arm64)",
        243 => " (RISC-V)",
        _ => "",
    }
}

impl fmt::Display for MapProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use MapProblem as P;
        match self {
            P::NoBtf => write!(f, "defined in `.maps`, but the object has no BTF (compile with -g)"),
            P::NoSymbol => write!(f, "named in BTF, but no symbol of the section"),
            P::NotADefinition => write!(f, "its type is not a struct within the section"),
            P::UnknownMember { member } => write!(f, "member `{member}` is not known"),
            P::BadMember { member, want } => write!(f, "member `{member}` must be declared as {want}"),
            P::Conflict { member, first, second } => write!(f, "{member} is {first} and {second} at once"),
            P::Stride { bytes, symbols } => {
                write!(f, "{bytes} bytes do not divide into {symbols} definitions of at least 20 bytes")
            }
            P::Trailing => write!(f, "bytes behind the five numbers of its definition are not zero"),
            P::Initialiser { symbol } => write!(f, "is initialised with `{symbol}`, which is no function or map"),
        }
    }
}
