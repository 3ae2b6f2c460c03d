//! What a pointer may point to.

use stingless_abi::{ObjectKind, ObjectLayout, RefClass};

use crate::facts::Access;

/// A region of memory, or another thing that a pointer stands for. Two pointers with equal regions have the same base
/// address, except where noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Region {
    /// Frame `n` of the call chain, 0 is the entry's; the base is one past the frame's highest byte.
    Stack(u8),
    /// The hook's context.
    Ctx,
    /// Data region `n` of the context, from its start.
    Data(u8),
    /// One past the end of data region `n`. Never dereferenced.
    DataEnd(u8),
    /// Start of the metadata in front of data region `n`.
    DataMeta(u8),
    /// Length-linked memory: the entry's `r1`, whose length is the number that carries its link.
    Linked,
    /// A value of the unit's map with this index; the base differs from lookup to lookup.
    MapValue(u32),
    /// The map object itself. Never dereferenced.
    MapPtr(u32),
    /// The key that a callback is given, of the unit's map with this index. Read only.
    MapKey(u32),
    /// A record of this many bytes, aligned to 8. Bases differ.
    Mem(u32),
    /// A global function's memory argument of this many bytes, not aligned. Bases differ.
    ArgMem(u32),
    /// The same, where the caller may have passed a part of the packet: stale once the packet moves.
    ArgData(u32),
    /// A host object: what its class has a layout for may be read.
    Host(HostObject),
    /// A subprogram, by the index of its first instruction.
    Func(u32),
    /// Was a pointer into data that a helper may have moved: good for nothing.
    Stale,
    /// The element of this many bytes that an iterator on the stack stands at: part of the iterator, read only.
    Element(u32),
    /// Was a pointer into an object on the stack that is gone: not NULL, and good for nothing.
    Gone,
    /// Part of what a dynptr is a view of. Bases differ.
    View(View),
    /// A dynptr that somebody else made: lent to a callback, or a global function's argument. Never dereferenced, and not
    /// given up; the pointer's `id` names it.
    Dynptr(ObjectKind),
}

/// A host object, and how the program came by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostObject {
    /// Its class.
    pub(crate) class: u32,
    /// How.
    pub(crate) origin: Origin,
}

/// How a program came by a host object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// A helper acquired it: it is given back. Where it is NULL, there is nothing to give back.
    Acquired,
    /// It is an acquired one, seen in another way: NULL says nothing of that one.
    Same,
    /// It is there as long as the context, or the run: not the program's to give back.
    Lent,
}

/// What a pointer into a dynptr's memory may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct View {
    /// Bytes that are there.
    pub(crate) bytes: u32,
    /// They may be written.
    pub(crate) writable: bool,
    /// They belong to a packet, which may move.
    pub(crate) packet: bool,
}

impl Region {
    /// Whether numbers may be added to pointers into the region.
    pub(crate) const fn takes_offsets(self) -> bool {
        match self {
            Region::Stack(_)
            | Region::Ctx
            | Region::Data(_)
            | Region::DataMeta(_)
            | Region::Linked
            | Region::MapValue(_)
            | Region::MapKey(_)
            | Region::Mem(_)
            | Region::ArgMem(_)
            | Region::ArgData(_)
            | Region::Element(_)
            | Region::View(_) => true,
            Region::DataEnd(_)
            | Region::MapPtr(_)
            | Region::Host(_)
            | Region::Func(_)
            | Region::Stale
            | Region::Gone
            | Region::Dynptr(_) => false,
        }
    }

    /// Whether how much may be accessed is learned from comparisons.
    pub(crate) const fn has_learned_range(self) -> bool {
        matches!(self, Region::Data(_) | Region::DataMeta(_) | Region::Linked)
    }

    /// Whether a helper that moves data makes pointers into the region stale.
    pub(crate) const fn moves(self) -> bool {
        matches!(
            self,
            Region::Data(_)
                | Region::DataEnd(_)
                | Region::DataMeta(_)
                | Region::ArgData(_)
                | Region::View(View { packet: true, .. })
        )
    }

    /// How the accesses of engines see the region; `None` where no access is ever allowed.
    pub(crate) const fn access(self) -> Option<Access> {
        match self {
            Region::Stack(_) => Some(Access::Stack),
            Region::Ctx => Some(Access::Ctx),
            Region::Data(_) | Region::DataMeta(_) | Region::Linked => Some(Access::Data),
            Region::MapValue(map) => Some(Access::MapValue(map)),
            Region::MapKey(_) | Region::Mem(_) | Region::ArgMem(_) | Region::ArgData(_) => Some(Access::Mem),
            // Whatever memory the host's object is made of.
            Region::Element(_) | Region::View(_) | Region::Host(_) => Some(Access::Mixed),
            Region::DataEnd(_)
            | Region::MapPtr(_)
            | Region::Func(_)
            | Region::Stale
            | Region::Gone
            | Region::Dynptr(_) => None,
        }
    }

    /// Whether a pointer of this region may be a released reference's.
    pub(crate) const fn of_class(class: RefClass, size: Option<u32>) -> Region {
        match (class, size) {
            (RefClass::RingbufRecord | RefClass::Host(_) | RefClass::Object(_), Some(bytes)) => Region::Mem(bytes),
            (RefClass::RingbufRecord | RefClass::Object(_), None) => Region::Mem(0),
            (RefClass::Host(class), None) => Region::Host(HostObject { class, origin: Origin::Acquired }),
        }
    }

    /// The region in the words of a message.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Region::Stack(_) => "a pointer to the stack",
            Region::Ctx => "the context pointer",
            Region::Data(_) => "a pointer to packet data",
            Region::DataEnd(_) => "the pointer to the end of the data",
            Region::DataMeta(_) => "a pointer to packet metadata",
            Region::Linked => "a pointer to the input memory",
            Region::MapValue(_) => "a pointer to a map value",
            Region::MapPtr(_) => "a pointer to a map",
            Region::MapKey(_) => "a pointer to a map key",
            Region::Mem(_) => "a pointer to a record",
            Region::ArgMem(_) | Region::ArgData(_) => "a pointer to an argument's memory",
            Region::Host(object) => match ObjectLayout::of(object.class) {
                Some(layout) => layout.noun,
                None => "a pointer to a host object",
            },
            Region::Func(_) => "a pointer to a function",
            Region::Stale => "a pointer into data that may have moved",
            Region::Element(_) => "a pointer to an iterator's element",
            Region::Gone => "a pointer into an object that is gone",
            Region::View(_) => "a pointer into a dynptr's memory",
            Region::Dynptr(_) => "a pointer to a dynptr",
        }
    }
}
