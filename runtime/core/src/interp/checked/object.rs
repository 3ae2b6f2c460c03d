//! Objects on the stack that only helpers touch, tracked as they come and go.

use stingless_abi::{MemUse, ObjectAction, ObjectKind, Proto, RefClass};
use stingless_verifier::Access;

use crate::interp::checked::{Checked, broken};
use crate::interp::{Site, Stop};

fn overlaps(object: &(u64, ObjectKind), addr: u64, len: u64) -> bool {
    addr < object.0 + u64::from(object.1.row().size) && addr + len > object.0
}

impl Checked {
    /// An argument that is, or becomes, an object.
    pub(super) fn check_object(&mut self, addr: u64, kind: ObjectKind, action: ObjectAction) -> Result<(), Stop> {
        let size = u64::from(kind.row().size);
        let frame = self.frames.iter_mut().rfind(|f| f.holds(addr)).ok_or_else(|| broken("not on the stack"))?;
        if !addr.is_multiple_of(8) || frame.top - addr < size {
            return Err(broken(format!("{size} aligned bytes of stack are needed")));
        }
        let depth = frame.top - addr;
        let range = (frame.bytes - depth) as usize..(frame.bytes - depth + size) as usize;
        match action {
            ObjectAction::Make => {
                if frame.objects.iter().any(|o| overlaps(o, addr, size) && o.1.row().held) {
                    return Err(broken("an object that is still in use is there"));
                }
                frame.objects.retain(|o| !overlaps(o, addr, size));
                frame.objects.push((addr, kind));
                frame.init[range.clone()].fill(false);
                frame.spilled[range].fill(false);
                if kind.row().held {
                    self.held.push((addr, RefClass::Object(kind)));
                }
            }
            ObjectAction::Step | ObjectAction::Destroy => {
                let at = frame.objects.iter().position(|&o| o == (addr, kind));
                let at = at.ok_or_else(|| broken(format!("no live `struct {}` is there", kind.row().c_struct)))?;
                if action == ObjectAction::Destroy {
                    frame.objects.swap_remove(at);
                    self.held.retain(|&h| h != (addr, RefClass::Object(kind)));
                }
            }
        }
        Ok(())
    }

    /// The element that an iterator gave is part of it.
    pub(super) fn check_element(&self, proto: &Proto, args: [u64; 5], addr: u64, size: u32) -> Result<(), Stop> {
        let object = proto.steps().map(|arg| args[arg]);
        let inside =
            self.frames.iter().flat_map(|f| &f.objects).any(|o| {
                Some(o.0) == object && addr >= o.0 && addr + u64::from(size) <= o.0 + u64::from(o.1.row().size)
            });
        if inside { Ok(()) } else { Err(broken("the element is not part of its iterator")) }
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
        let Some(object) = frame.objects.iter().find(|o| overlaps(o, addr, len)).copied() else { return Ok(()) };
        let row = object.1.row();
        if how == MemUse::Write && !row.held {
            frame.objects.retain(|o| !overlaps(o, addr, len));
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
