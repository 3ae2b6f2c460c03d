//! What can go wrong with a map, in words and as Linux's number.

use std::fmt;
use std::sync::Arc;

use stingless_abi::{MapKind, MapShapeError};

/// An operation that a map refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// The shape is not allowed for the kind.
    Shape(MapShapeError),
    /// More bytes than there are addresses.
    TooBig {
        /// Map.
        map: Arc<str>,
        /// Capacity asked for.
        entries: u32,
        /// Bytes of a value.
        value_size: u32,
    },
    /// The system gave no memory.
    NoMemory {
        /// Map.
        map: Arc<str>,
        /// Bytes asked for; 0 when an element was wanted.
        bytes: usize,
    },
    /// A key or value of the wrong size.
    Size {
        /// Map.
        map: Arc<str>,
        /// `key` or `value`.
        what: &'static str,
        /// Bytes given.
        found: usize,
        /// Bytes that the map takes.
        want: usize,
    },
    /// An index at or beyond the capacity, on update.
    Index {
        /// Map.
        map: Arc<str>,
        /// Index given.
        index: u32,
        /// Capacity.
        entries: u32,
    },
    /// No room for another element.
    Full {
        /// Map.
        map: Arc<str>,
        /// Capacity.
        entries: u32,
    },
    /// No room for another prefix.
    NoSpace {
        /// Map.
        map: Arc<str>,
        /// Capacity.
        entries: u32,
    },
    /// `BPF_NOEXIST`, and the element exists.
    Exists {
        /// Map.
        map: Arc<str>,
    },
    /// The element does not exist.
    NotFound {
        /// Map.
        map: Arc<str>,
    },
    /// Flags that the operation does not take.
    Flags {
        /// Map.
        map: Arc<str>,
        /// Flags given.
        flags: u64,
    },
    /// The kind has no such operation, or takes it from programs only.
    Operation {
        /// Map.
        map: Arc<str>,
        /// Its kind.
        kind: MapKind,
        /// The operation.
        op: &'static str,
        /// Linux's number for it.
        errno: i32,
    },
    /// The map's flags, or `freeze`, forbid it.
    Denied {
        /// Map.
        map: Arc<str>,
        /// The operation.
        op: &'static str,
        /// Why.
        why: &'static str,
    },
    /// `freeze` of a map that is frozen.
    Frozen {
        /// Map.
        map: Arc<str>,
    },
    /// Somebody else holds what is needed: a lock for about a second, or the consumer's place.
    Busy {
        /// Map.
        map: Arc<str>,
        /// What is held.
        what: &'static str,
    },
    /// A map that may not stand in this map of maps.
    Inner {
        /// Map of maps.
        map: Arc<str>,
        /// The other map.
        inner: String,
        /// What differs.
        field: &'static str,
        /// What the other map has.
        found: String,
        /// What maps in it must have.
        want: String,
    },
    /// A program that may not stand in this prog array.
    Program {
        /// Map.
        map: Arc<str>,
        /// Hook of the program.
        found: String,
        /// Hook of the programs in the array.
        want: String,
    },
}

impl MapError {
    /// Linux's error number, positive.
    #[must_use]
    pub fn errno(&self) -> i32 {
        match self {
            MapError::Shape(_)
            | MapError::Size { .. }
            | MapError::Flags { .. }
            | MapError::Program { .. }
            | MapError::Inner { .. } => libc::EINVAL,
            MapError::TooBig { .. } | MapError::Index { .. } | MapError::Full { .. } => libc::E2BIG,
            MapError::NoMemory { .. } => libc::ENOMEM,
            MapError::NoSpace { .. } => libc::ENOSPC,
            MapError::Exists { .. } => libc::EEXIST,
            MapError::NotFound { .. } => libc::ENOENT,
            MapError::Operation { errno, .. } => *errno,
            MapError::Denied { .. } | MapError::Frozen { .. } => libc::EPERM,
            MapError::Busy { .. } => libc::EBUSY,
        }
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MapError::Shape(e) => e.fmt(f),
            MapError::TooBig { map, entries, value_size } => {
                write!(
                    f,
                    "map `{map}`: {entries} entries with values of {value_size} bytes do not fit an address space"
                )
            }
            MapError::NoMemory { map, bytes: 0 } => write!(f, "map `{map}`: no free slot for an element"),
            MapError::NoMemory { map, bytes } => write!(f, "map `{map}`: the system has no {bytes} bytes of memory"),
            MapError::Size { map, what, found, want } => {
                write!(f, "map `{map}`: {what} has {found} bytes, map takes {want}")
            }
            MapError::Index { map, index, entries } => {
                write!(f, "map `{map}`: index {index}, map has {entries} entries")
            }
            MapError::Full { map, entries } | MapError::NoSpace { map, entries } => {
                write!(f, "map `{map}`: all {entries} entries are taken")
            }
            MapError::Exists { map } => write!(f, "map `{map}`: the element exists"),
            MapError::NotFound { map } => write!(f, "map `{map}`: no such element"),
            MapError::Flags { map, flags } => write!(f, "map `{map}`: flags {flags:#x} are not valid here"),
            MapError::Operation { map, kind, op, .. } => {
                write!(f, "map `{map}`: kind {} does not take {op}", kind.row().name)
            }
            MapError::Denied { map, op, why } => write!(f, "map `{map}`: {op} is denied, the map is {why}"),
            MapError::Frozen { map } => write!(f, "map `{map}`: the map is frozen already"),
            MapError::Busy { map, what } => write!(f, "map `{map}`: {what} is held by somebody else"),
            MapError::Inner { map, inner, field, found, want } => {
                write!(f, "map `{map}`: {field} of map `{inner}` is {found}, maps in it have {want}")
            }
            MapError::Program { map, found, want } => {
                write!(f, "map `{map}`: program is for hook {found}, the array holds programs for {want}")
            }
        }
    }
}

impl std::error::Error for MapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            MapError::Shape(e) => Some(e),
            _ => None,
        }
    }
}
