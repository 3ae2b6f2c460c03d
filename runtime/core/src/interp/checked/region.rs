//! Live memory of a run, by address.

use std::collections::BTreeMap;

use stingless_abi::{CtxLayout, FieldKind, ObjectKind, ObjectLayout, RefClass, Rights};

use crate::interp::Site;
use crate::interp::stack::FrameMem;

/// What a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stack frame (kept in the list of frames, not in [`Regions`]).
    Stack,
    /// A data region of the context, or the memory that the hook passes.
    Data,
    /// A value of the map whose live object has this address.
    MapValue(u64),
    /// Memory of a reference held.
    Held(RefClass),
    /// A key that a helper lends to a callback.
    Key,
    /// What the dynptr of this number is a view of, lent to a callback.
    Lent(u64),
    /// An object of the host that is there as long as the one held at this address; 0: until the run ends.
    Object(u64),
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Stack => "the stack",
            Kind::Data => "the data",
            Kind::MapValue(_) => "a map value",
            Kind::Held(_) => "a record",
            Kind::Key => "a key",
            Kind::Lent(_) => "a sample",
            Kind::Object(_) => "an object of the host",
        }
    }
}

/// One region; its start is its key in [`Regions`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    /// One past the last byte.
    pub(crate) end: u64,
    /// What it is.
    pub(crate) kind: Kind,
    /// What the program may do.
    pub(crate) rights: Rights,
}

/// Regions that do not overlap, by start.
#[derive(Debug, Default)]
pub(crate) struct Regions(BTreeMap<u64, Region>);

impl Regions {
    /// Adds a region; one that starts at the same byte is replaced. Empty ones are not kept.
    pub(crate) fn add(&mut self, start: u64, len: u64, kind: Kind, rights: Rights) {
        if len > 0 {
            self.0.insert(start, Region { end: start.saturating_add(len), kind, rights });
        }
    }

    /// Removes the regions of some kinds.
    pub(crate) fn remove(&mut self, gone: impl Fn(Kind) -> bool) {
        self.0.retain(|_, region| !gone(region.kind));
    }

    /// Removes the region that starts at a byte.
    pub(crate) fn remove_at(&mut self, start: u64) {
        self.0.remove(&start);
    }

    /// The region that holds all of `len` bytes at `addr`, with its start.
    pub(crate) fn find(&self, addr: u64, len: u64) -> Option<(u64, Region)> {
        self.below(addr).filter(|(_, r)| addr.checked_add(len).is_some_and(|end| end <= r.end))
    }

    /// The region that starts last at or before `addr`.
    pub(crate) fn below(&self, addr: u64) -> Option<(u64, Region)> {
        self.0.range(..=addr).next_back().map(|(&start, &region)| (start, region))
    }
}

/// An object on the stack that only helpers touch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    /// Its lowest address.
    pub(crate) addr: u64,
    /// What it is.
    pub(crate) kind: ObjectKind,
    /// Shared with its copies alone.
    pub(crate) group: u64,
}

/// A live stack frame.
#[derive(Debug)]
pub(crate) struct Frame {
    /// One past the highest byte.
    pub(crate) top: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Which bytes were written, lowest first.
    pub(crate) init: Vec<bool>,
    /// Which bytes belong to a pointer that was stored, lowest first.
    pub(crate) spilled: Vec<bool>,
    /// Which registers hold a value, by bit.
    pub(crate) regs: u16,
    /// Which registers hold a pointer that is not NULL, by bit.
    pub(crate) ptrs: u16,
    /// Objects that only helpers touch.
    pub(crate) objects: Vec<Object>,
    /// Index of the subprogram.
    pub(crate) sub: usize,
    /// The subprogram's proved depth, where there are facts.
    pub(crate) proved_depth: Option<u32>,
}

impl Frame {
    pub(crate) fn new(site: Site<'_>, memory: FrameMem, (regs, ptrs): (u16, u16)) -> Frame {
        let FrameMem { top, bytes } = memory;
        let sub = site.program.unit().code.subprog_of(site.at);
        let proved_depth = site.program.facts().and_then(|f| f.stack_depth.get(sub)).copied();
        let none = vec![false; bytes as usize];
        Frame { top, bytes, init: none.clone(), spilled: none, regs, ptrs, objects: Vec::new(), sub, proved_depth }
    }

    /// Whether a byte is the frame's.
    pub(crate) fn holds(&self, addr: u64) -> bool {
        addr < self.top && self.top - addr <= self.bytes
    }
}

/// Start, end and rights of each data region, metadata included; `native` reads a pointer of the native context.
pub(crate) fn data_of(layout: &CtxLayout, native: impl Fn(u64) -> u64) -> Vec<(u64, u64, Rights)> {
    let pointer = |kind: FieldKind| layout.fields.iter().find(|f| f.kind == kind).map(|f| native(f.native_off.into()));
    let mut out = Vec::new();
    for (at, region) in layout.regions.iter().enumerate() {
        let number = at as u8;
        let start = pointer(FieldKind::DataStart { region: number });
        let end = pointer(FieldKind::DataEnd { region: number });
        let (Some(start), Some(end)) = (start, end) else { continue };
        if let Some(meta) = pointer(FieldKind::DataMeta { region: number }) {
            out.push((meta, start, region.rights));
        }
        out.push((start, end, region.rights));
    }
    out
}

/// Where the native context has pointers to objects of the host, and how long those are.
pub(crate) fn objects_of(layout: &CtxLayout) -> impl Iterator<Item = (u64, u64)> {
    layout.fields.iter().filter_map(|f| match f.kind {
        FieldKind::Object { class } => Some((f.native_off.into(), ObjectLayout::of(class)?.size.into())),
        FieldKind::Scalar { .. }
        | FieldKind::DataStart { .. }
        | FieldKind::DataEnd { .. }
        | FieldKind::DataMeta { .. } => None,
    })
}
