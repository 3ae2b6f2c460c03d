//! Why an operation failed, small enough for the paths that programs take.

use stingless_abi::MapKind;

use super::error::MapError;
use crate::sync::Arc;

/// `ENOTSUPP` of Linux.
pub(crate) const ENOTSUPP: i32 = 524;

/// A failure without the names that [`MapError`] adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No room for another element.
    Full,
    /// As `Full`, of a trie: Linux has another number for it.
    NoSpace,
    /// An index at or beyond the capacity.
    Index(u32),
    /// The element exists.
    Exists,
    /// The element does not exist.
    NotFound,
    /// Flags that the operation does not take.
    Flags(u64),
    /// Every slot is in somebody's hands.
    NoSlot,
    /// Somebody holds this for too long.
    Busy(&'static str),
    /// The kind does not take this operation.
    Operation(&'static str, i32),
    /// The map's flags forbid it.
    Denied(&'static str, &'static str),
}

impl Fault {
    /// With the map's name, kind and capacity.
    pub(crate) fn name(self, map: &Arc<str>, kind: MapKind, entries: u32) -> MapError {
        let map = map.clone();
        match self {
            Fault::Full => MapError::Full { map, entries },
            Fault::NoSpace => MapError::NoSpace { map, entries },
            Fault::Index(index) => MapError::Index { map, index, entries },
            Fault::Exists => MapError::Exists { map },
            Fault::NotFound => MapError::NotFound { map },
            Fault::Flags(flags) => MapError::Flags { map, flags },
            Fault::NoSlot => MapError::NoMemory { map, bytes: 0 },
            Fault::Busy(what) => MapError::Busy { map, what },
            Fault::Operation(op, errno) => MapError::Operation { map, kind, op, errno },
            Fault::Denied(op, why) => MapError::Denied { map, op, why },
        }
    }

    /// What a program gets: Linux's number, negative.
    pub(crate) fn negative(self) -> i64 {
        let errno = match self {
            Fault::Full | Fault::Index(_) => libc::E2BIG,
            Fault::NoSpace => libc::ENOSPC,
            Fault::Exists => libc::EEXIST,
            Fault::NotFound => libc::ENOENT,
            Fault::Flags(_) => libc::EINVAL,
            Fault::NoSlot => libc::ENOMEM,
            Fault::Busy(_) => libc::EBUSY,
            Fault::Operation(_, errno) => errno,
            Fault::Denied(..) => libc::EPERM,
        };
        -i64::from(errno)
    }
}
