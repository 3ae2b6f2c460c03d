//! Objects on the stack that only helpers touch, tracked as they come and go.

use stingless_abi::{ArgKind, MemUse, ObjectAction, ObjectKind, Proto, RefClass, Rights};
use stingless_isa::Size;
use stingless_verifier::Access;

use crate::interp::checked::region::{Frame, Kind, Object};
use crate::interp::checked::{Checked, broken};
use crate::interp::{Site, Stop};

impl Object {
    fn overlaps(&self, addr: u64, len: u64) -> bool {
        addr < self.addr + u64::from(self.kind.row().size) && addr + len > self.addr
    }
}

/// The class of what must be given up with an object of this kind.
fn class(kind: ObjectKind) -> RefClass {
    RefClass::Object(kind)
}

impl Checked {
    /// An argument that is, or becomes, an object.
    pub(super) fn check_object(&mut self, addr: u64, kind: ObjectKind, action: ObjectAction) -> Result<(), Stop> {
        match action {
            ObjectAction::Make => {
                self.objects_made += 1;
                self.make(Object { addr, kind, group: self.objects_made })
            }
            ObjectAction::Step => self.object(addr, |k| k == kind).map(drop),
            ObjectAction::Destroy => {
                let object = self.object(addr, |k| k == kind)?;
                self.held.retain(|&h| h != (object.group, class(kind)));
                if let ObjectKind::DynptrRingbuf = kind {
                    let record = self.raw.load(addr, Size::DW);
                    self.regions.remove_at(record);
                }
                for frame in &mut self.frames {
                    frame.objects.retain(|o| o.group != object.group);
                }
                Ok(())
            }
        }
    }

    /// The frame whose aligned bytes an object of a kind may have.
    fn frame_for(&mut self, addr: u64, kind: ObjectKind) -> Result<&mut Frame, Stop> {
        let size = u64::from(kind.row().size);
        let frame = self.frames.iter_mut().rfind(|f| f.holds(addr)).ok_or_else(|| broken("not on the stack"))?;
        if addr.is_multiple_of(8) && frame.top - addr >= size {
            return Ok(frame);
        }
        Err(broken(format!("{size} aligned bytes of stack are needed")))
    }

    fn make(&mut self, object: Object) -> Result<(), Stop> {
        let Object { addr, kind, group } = object;
        let size = u64::from(kind.row().size);
        let frame = self.frame_for(addr, kind)?;
        if frame.objects.iter().any(|o| o.overlaps(addr, size) && o.kind.row().held) {
            return Err(broken("an object that is still in use is there"));
        }
        let depth = frame.top - addr;
        let range = (frame.bytes - depth) as usize..(frame.bytes - depth + size) as usize;
        frame.objects.retain(|o| !o.overlaps(addr, size));
        frame.objects.push(object);
        frame.init[range.clone()].fill(false);
        frame.spilled[range].fill(false);
        let held = (group, class(kind));
        if kind.row().held && !self.held.contains(&held) {
            self.held.push(held);
        }
        Ok(())
    }

    /// The live object that begins at an address.
    fn object(&self, addr: u64, wanted: impl Fn(ObjectKind) -> bool) -> Result<Object, Stop> {
        let mut all = self.frames.iter().flat_map(|f| &f.objects).chain(&self.lent);
        let found = all.find(|o| o.addr == addr && wanted(o.kind)).copied();
        found.ok_or_else(|| broken("no live object of the kind that is asked for is there"))
    }

    /// A helper lends a dynptr to its callback: it and what it is a view of are there until that returns.
    pub(super) fn lend(&mut self, addr: u64) {
        self.objects_made += 1;
        self.lent.push(Object { addr, kind: ObjectKind::DynptrLocal, group: self.objects_made });
        let (sample, size) = (self.raw.load(addr, Size::DW), self.raw.load(addr + 8, Size::W) & 0x00ff_ffff);
        self.regions.add(sample, size, Kind::Lent(self.objects_made), Rights::READ_WRITE);
    }

    /// The innermost callback that was lent a dynptr returns: its copies end with it.
    pub(super) fn end_loan(&mut self) {
        let Some(Object { group, .. }) = self.lent.pop() else { return };
        self.regions.remove(|kind| kind == Kind::Lent(group));
        for frame in &mut self.frames {
            frame.objects.retain(|o| o.group != group);
        }
    }

    /// The live dynptr that begins at an address.
    pub(super) fn dynptr_at(&self, addr: u64) -> Result<Object, Stop> {
        self.object(addr, |kind| !kind.row().iterator)
    }

    /// A dynptr becomes a copy of the one that the helper is given.
    pub(super) fn check_clone(&mut self, site: Site<'_>, proto: &Proto, args: [u64; 5], addr: u64) -> Result<(), Stop> {
        let original = proto.args.iter().position(|a| matches!(a.kind, ArgKind::Dynptr(_)));
        let original = original.ok_or_else(|| broken("there is no dynptr to copy"))?;
        let original = self.dynptr_at(args[original])?;
        // What a global function is given is its caller's to give up: its copies of that are views like any other.
        let from = self.frames.iter().position(|f| f.holds(original.addr));
        let is_global = |f: &Frame| site.program.unit().funcs.get(f.sub).is_some_and(|info| info.global);
        let given = from.is_some_and(|at| self.frames[at + 1..].iter().any(is_global));
        let kind = if given && original.kind.row().held { ObjectKind::DynptrLocal } else { original.kind };
        self.make(Object { addr, kind, ..original })
    }

    /// The element that an iterator gave is part of it.
    pub(super) fn check_element(&self, proto: &Proto, args: [u64; 5], addr: u64, size: u32) -> Result<(), Stop> {
        let object = proto.steps().map(|arg| args[arg]);
        let inside = self.frames.iter().flat_map(|f| &f.objects).any(|o| {
            let end = o.addr + u64::from(o.kind.row().size);
            Some(o.addr) == object && addr >= o.addr && addr + u64::from(size) <= end
        });
        if inside { Ok(()) } else { Err(broken("the element is not part of its iterator")) }
    }

    /// What a dynptr is a view of becomes memory of the program.
    pub(super) fn list_views(&mut self, proto: &Proto, args: [u64; 5]) {
        const MAKES_RECORD: ArgKind = ArgKind::Object { kind: ObjectKind::DynptrRingbuf, action: ObjectAction::Make };
        for (arg, addr) in proto.args.iter().zip(args).filter(|(a, _)| a.kind == MAKES_RECORD) {
            debug_assert_eq!(arg.kind, MAKES_RECORD);
            let (record, size) = (self.raw.load(addr, Size::DW), self.raw.load(addr + 8, Size::W) & 0x00ff_ffff);
            if record != 0 {
                self.regions.add(record, size, Kind::Held(class(ObjectKind::DynptrRingbuf)), Rights::READ_WRITE);
            }
        }
    }

    /// A pointer into a dynptr's memory leads to that many bytes of the program's memory.
    pub(super) fn check_view(&self, addr: u64, size: u64) -> Result<(), Stop> {
        if size == 0 || self.regions.find(addr, size).is_some() {
            return Ok(());
        }
        Err(broken("what the dynptr is a view of is not there"))
    }

    /// An access of the stack stays off objects; reads of elements apart, which do not go to the stack by the proof.
    pub(super) fn off_objects(
        &mut self,
        site: Site<'_>,
        frame: usize,
        addr: u64,
        len: u64,
        how: MemUse,
    ) -> Result<(), Stop> {
        let frame = &mut self.frames[frame];
        let Some(object) = frame.objects.iter().find(|o| o.overlaps(addr, len)).copied() else { return Ok(()) };
        let row = object.kind.row();
        if how == MemUse::Write && !row.held {
            frame.objects.retain(|o| !o.overlaps(addr, len));
            return Ok(());
        }
        let element = how == MemUse::Read && row.iterator && site.program.access(site.at) != Some(Access::Stack);
        if element {
            // The helper wrote it.
            let from = (frame.bytes - (frame.top - addr)) as usize;
            frame.init[from..from + len as usize].fill(true);
            return Ok(());
        }
        Err(broken(format!("{how:?} of {len} bytes of a `struct {}`", row.c_struct)))
    }
}
