//! Memory: does an access stay inside, and is it allowed?

use stingless_abi::{CtxError, FieldKind, MapSpec, ObjectLayout};
use stingless_isa::{Reg, Size};

use super::{Check, Checker, Fail, bug, fail, fail_because, needing};
use crate::domain::Scalar;
use crate::obligation::Mode;
use crate::refine::Need;
use crate::region::{Region, View};
use crate::report::Kind;
use crate::state::{Byte, Slot};
use crate::value::{Value, range_text};

/// The bytes that an access touches, from a pointer on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Displacement of the first byte.
    pub(crate) off: i64,
    /// Bytes, at most. At least 1.
    pub(crate) bytes: i64,
    /// The size of an instruction's access; `None` for a helper's.
    pub(crate) size: Option<Size>,
}

impl Span {
    /// An instruction's access.
    pub(crate) fn of_insn(off: i16, size: Size) -> Span {
        Span { off: i64::from(off), bytes: i64::from(size.bytes()), size: Some(size) }
    }

    /// A helper's access.
    pub(crate) fn of_helper(bytes: i64) -> Span {
        Span { off: 0, bytes, size: None }
    }
}

/// The least offset of an access, and one past the greatest.
fn reach_of(ptr: &Value, span: Span) -> (i128, i128) {
    (ptr.min_off() + i128::from(span.off), ptr.max_off() + i128::from(span.off) + i128::from(span.bytes))
}

/// Whether an access stays within `0..limit`.
fn is_inside(ptr: &Value, span: Span, limit: u32) -> bool {
    let (first, end) = reach_of(ptr, span);
    (first >= 0 || fault!(38)) && end <= i128::from(limit) + i128::from(fault!(39))
}

impl Checker<'_> {
    /// `span` from `ptr` on lies in memory that allows the access.
    pub(crate) fn access(&self, ptr: &Value, span: Span, mode: Mode, reg: Reg) -> Check {
        let Some(region) = ptr.region() else {
            let what = if ptr.as_constant() == Some(0) { "NULL".to_owned() } else { range_text(&ptr.num) };
            let kind = if ptr.as_constant() == Some(0) { Kind::NullDeref } else { Kind::NotAPointer };
            return fail(kind, format!("{reg} is used as an address, but it is a number ({what}) and no pointer"));
        };
        if ptr.nullable && !fault!(37) {
            return fail(Kind::NullDeref, format!("{reg} is {} that may be NULL", ptr.noun()));
        }
        match region {
            Region::Stack(frame) => self.stack(ptr, usize::from(frame), span, mode, reg),
            Region::Ctx => self.ctx(ptr, span, mode, reg),
            Region::Data(_) | Region::DataMeta(_) | Region::Linked => self.learned(ptr, region, span, mode, reg),
            Region::MapValue(map) => self.map_value(ptr, map, span, mode, reg),
            Region::MapKey(map) => {
                if mode.writes() || mode.is_atomic() {
                    return fail(Kind::ReadOnly, "a map's key may only be read, and not atomically");
                }
                let Some(map) = self.env.unit.maps.get(map as usize) else {
                    return bug("a key of a map that is not there");
                };
                self.within((ptr, reg), span, map.spec.key_size, "the key", Kind::MemBounds)
            }
            Region::Mem(bytes) => {
                self.aligned_if_atomic(ptr, span, mode)?;
                self.within((ptr, reg), span, bytes, "the memory", Kind::MemBounds)
            }
            Region::ArgMem(bytes) | Region::ArgData(bytes) => {
                if mode.is_atomic() {
                    return fail(Kind::Misaligned, "memory of an argument is not aligned as atomic operations need");
                }
                self.within((ptr, reg), span, bytes, "the argument's memory", Kind::MemBounds)
            }
            Region::Element(bytes) => {
                if mode.writes() || mode.is_atomic() {
                    return fail(Kind::ReadOnly, "an iterator's element may only be read, and not atomically");
                }
                self.within((ptr, reg), span, bytes, "the element", Kind::MemBounds)
            }
            Region::View(view) => self.view(ptr, view, span, mode, reg),
            Region::Gone => fail(
                Kind::ReferenceReleased,
                format!("{reg} points into an object on the stack that was destroyed or overwritten"),
            ),
            Region::Stale => fail(
                Kind::PacketStale,
                format!("{reg} points into data that a helper may have moved: load the pointer again"),
            ),
            Region::Host(object) => self.host_object(ptr, object.class, span, mode, reg),
            Region::DataEnd(_) | Region::MapPtr(_) | Region::Func(_) | Region::Dynptr(_) => {
                fail(Kind::WrongPointer, format!("{reg} is {}, which may not be accessed", region.noun()))
            }
        }
    }

    /// A field of a host object.
    fn host_object(&self, ptr: &Value, class: u32, span: Span, mode: Mode, reg: Reg) -> Check {
        let (Some(layout), Some(size), Some(fixed)) = (ObjectLayout::of(class), span.size, ptr.fixed_off()) else {
            return fail(Kind::WrongPointer, format!("{reg} is {}, which may not be accessed", ptr.noun()));
        };
        if mode != Mode::Read && !fault!(85) {
            return fail(
                Kind::ReadOnly,
                format!("{reg} is {}, which may only be read, and not atomically", ptr.noun()),
            );
        }
        let off = fixed + span.off;
        if layout.load(off, size).is_some() || fault!(86) {
            return Ok(());
        }
        let message =
            format!("`struct {}` as {reg} shows it has no field of {} bytes at offset {off}", layout.name, span.bytes);
        fail(Kind::CtxAccess, message)
    }

    /// Part of what a dynptr is a view of.
    fn view(&self, ptr: &Value, view: View, span: Span, mode: Mode, reg: Reg) -> Check {
        if mode.writes() && !view.writable && !fault!(92) {
            return fail(Kind::ReadOnly, format!("{reg} points into a dynptr's memory, which may only be read"));
        }
        if mode.is_atomic() {
            return fail(Kind::Misaligned, "a dynptr's memory is not aligned as atomic operations need");
        }
        self.within((ptr, reg), span, view.bytes + u32::from(fault!(93)), "that part of the dynptr", Kind::MemBounds)
    }

    /// The access through `reg` stays within `0..limit`.
    fn within(&self, (ptr, reg): (&Value, Reg), span: Span, limit: u32, what: &str, kind: Kind) -> Check {
        needing(self.inside(ptr, span, limit, what, kind), || range_need(ptr, reg, span, (0, limit.into())))
    }

    fn inside(&self, ptr: &Value, span: Span, limit: u32, what: &str, kind: Kind) -> Check {
        if is_inside(ptr, span, limit) {
            return Ok(());
        }
        let (first, end) = reach_of(ptr, span);
        if end >= 1 << 29 {
            return fail_because(
                Kind::UnboundedOffset,
                format!("the offset into {what} has no bound; {what} has {limit} bytes"),
                format!("the offset is {}", range_text(&ptr.num)),
            );
        }
        let known = format!("the offset is {}", offset_text(ptr, span.off));
        if first < 0 {
            return fail_because(kind, format!("the access may start {} bytes before {what}", -first), known);
        }
        fail_because(kind, format!("{what} has {limit} bytes, the access may end at {end}"), known)
    }

    fn map_value(&self, ptr: &Value, map: u32, span: Span, mode: Mode, reg: Reg) -> Check {
        let Some(map) = self.env.unit.maps.get(map as usize) else {
            return bug("a value of a map that is not there");
        };
        let spec = &map.spec;
        if mode.reads() && !spec.prog_reads() {
            return fail(Kind::ReadOnly, format!("programs may not read values of map `{}`", spec.name));
        }
        if mode.writes() && !spec.prog_writes() && !fault!(66) {
            return fail(
                Kind::ReadOnly,
                format!("{reg} points to a value of map `{}`, which programs may only read", spec.name),
            );
        }
        self.aligned_if_atomic(ptr, span, mode)?;
        if !is_inside(ptr, span, spec.value_size) {
            let what = format!("the value of map `{}`", spec.name);
            return self.within((ptr, reg), span, spec.value_size, &what, Kind::MapValueBounds);
        }
        self.special(ptr, spec, span)
    }

    /// No special field of the value is touched.
    fn special(&self, ptr: &Value, spec: &MapSpec, span: Span) -> Check {
        let first = ptr.min_off() + i128::from(span.off);
        let end = ptr.max_off() + i128::from(span.off) + i128::from(span.bytes);
        for field in &spec.special {
            let (from, to) = (i128::from(field.off), i128::from(field.off) + i128::from(field.kind.size()));
            if first < to && end > from && !fault!(65) {
                return fail(
                    Kind::SpecialField,
                    format!(
                        "the access may touch bytes {from}..{to} of the value of map `{}`, which only helpers may",
                        spec.name
                    ),
                );
            }
        }
        Ok(())
    }

    /// Data whose extent is learned from comparisons.
    fn learned(&self, ptr: &Value, region: Region, span: Span, mode: Mode, reg: Reg) -> Check {
        let Some(rights) = self.rights(region) else {
            return bug("no rights are known of a data region");
        };
        if mode.is_atomic() {
            return fail(Kind::WrongPointer, format!("atomic operations are not allowed on {}", ptr.noun()));
        }
        if mode.reads() && !rights.read || mode.writes() && !rights.write {
            let verb = if mode.reads() { "read" } else { "written" };
            return fail(Kind::ReadOnly, format!("{reg} is {}, which may not be {verb}", ptr.noun()));
        }
        let first = ptr.min_off() + i128::from(span.off);
        let end = ptr.max_off() + i128::from(span.off) + i128::from(span.bytes);
        let whole = i128::from(self.state.reach(region, 0).unwrap_or(0));
        let from_var = i128::from(ptr.off) + i128::from(span.off) + i128::from(span.bytes);
        let var = if ptr.id == 0 { None } else { self.state.reach(region, ptr.id) };
        if first >= 0 && (end <= whole || var.is_some_and(|v| from_var <= i128::from(v))) {
            return Ok(());
        }
        let known = format!("the offset is {}, {whole} bytes are known to be there", offset_text(ptr, span.off));
        if first < 0 {
            let before = fail_because(
                Kind::PacketBounds,
                format!("the access may start {} bytes before the start of the data", -first),
                known,
            );
            return needing(before, || range_need(ptr, reg, span, (0, i64::MAX)));
        }
        let message = if ptr.num.as_constant().is_some() {
            format!("bytes up to {end} are accessed through {reg}, but only {whole} are known to be there")
        } else {
            format!(
                "{} bytes at a variable offset are accessed through {reg}, without a check against the end",
                span.bytes
            )
        };
        let need = Need::Reach { reg, bytes: span.off + span.bytes };
        needing(fail_because(Kind::PacketBounds, message, known), || Some(need))
    }

    fn ctx(&self, ptr: &Value, span: Span, mode: Mode, reg: Reg) -> Check {
        let Some(layout) = self.env.unit.hook.ctx() else {
            return bug("a context pointer in a hook without a context");
        };
        let Some(size) = span.size else {
            return fail(
                Kind::WrongPointer,
                format!("{reg} is the context pointer, a helper's memory must be elsewhere"),
            );
        };
        if mode.is_atomic() {
            return fail(Kind::CtxAccess, "atomic operations are not allowed on the context");
        }
        let Some(fixed) = ptr.fixed_off() else {
            return fail(Kind::CtxModified, "the context is accessed at a variable offset");
        };
        let off = fixed + span.off;
        let bytes = span.bytes;
        match layout.access(off, size, mode == Mode::Write && !fault!(71)) {
            Ok((field, _)) if field.is_for(&self.env.unit.section) => Ok(()),
            Ok((field, _)) => fail(
                Kind::CtxDenied,
                format!(
                    "field `{}` of `struct {}` is for programs of section `{}`",
                    field.name,
                    layout.name,
                    field.sections.join("` or `")
                ),
            ),
            Err(CtxError::NoField) => {
                fail(Kind::CtxAccess, format!("`struct {}` has no field of {bytes} bytes at offset {off}", layout.name))
            }
            Err(why) => {
                let name = layout.field_at(off).map_or("?", |f| &f.name);
                if why == CtxError::Denied {
                    let verb = if mode == Mode::Write { "written" } else { "read" };
                    return fail(
                        Kind::CtxDenied,
                        format!("field `{name}` of `struct {}` may not be {verb}", layout.name),
                    );
                }
                fail(
                    Kind::CtxAccess,
                    format!(
                        "field `{name}` of `struct {}` does not take an access of {bytes} bytes at offset {off}",
                        layout.name
                    ),
                )
            }
        }
    }

    fn aligned_if_atomic(&self, ptr: &Value, span: Span, mode: Mode) -> Check {
        if !mode.is_atomic() || fault!(72) || aligned(ptr, span.off, span.bytes) {
            return Ok(());
        }
        fail(Kind::Misaligned, format!("an atomic access of {} bytes must be aligned to as many", span.bytes))
    }

    fn stack(&self, ptr: &Value, frame: usize, span: Span, mode: Mode, reg: Reg) -> Check {
        let limit = i128::from(self.env.limits.stack);
        let first = ptr.min_off() + i128::from(span.off);
        let end = ptr.max_off() + i128::from(span.off) + i128::from(span.bytes);
        if first < -limit || end > 8 * i128::from(fault!(75)) {
            let message = match span.size {
                None if first >= -limit && ptr.num.as_constant().is_some() => {
                    format!("{reg} has {} bytes to the end of the stack frame, {} are needed", -first, span.bytes)
                }
                Some(_) | None => {
                    format!(
                        "the stack has {limit} bytes below r10, the access through {reg} may touch bytes {first}..{end}"
                    )
                }
            };
            let outside =
                fail_because(Kind::StackBounds, message, format!("the offset is {}", offset_text(ptr, span.off)));
            return needing(outside, || range_need(ptr, reg, span, (-i64::from(self.env.limits.stack), 0)));
        }
        if let Some(size) = span.size
            && !aligned(ptr, span.off, i64::from(size.bytes()))
        {
            let misaligned = fail(
                Kind::StackMisaligned,
                format!(
                    "a stack access of {} bytes at offset {} is not aligned",
                    span.bytes,
                    offset_text(ptr, span.off)
                ),
            );
            return needing(misaligned, || Some(Need::Aligned { reg, off: span.off, n: size.bytes() }));
        }
        // Within i64: both are within the frame.
        if !fault!(76) {
            self.no_object(frame, (first as i64, end as i64), mode, span.size.is_none())?;
        }
        if !mode.reads() {
            return Ok(());
        }
        // A plain load of all of a spilled pointer is how it is filled again.
        let place_known = ptr.num.as_constant().is_some();
        let loads = matches!(mode, Mode::Read | Mode::Acquire) && span.size.is_some() && place_known;
        let fills = loads && span.size == Some(Size::DW);
        if place_known && span.size.is_some_and(|size| size != Size::DW) {
            self.no_part_of_a_pointer(frame, first as i64)?;
        }
        self.stack_readable(frame, fills, (first as i64, end as i64))
    }

    /// A load of less than a slot does not find a spilled pointer there: it would be a part of it. (For root too, as in
    /// Linux.)
    fn no_part_of_a_pointer(&self, frame: usize, off: i64) -> Check {
        let slot = self.state.frame_at(frame).and_then(|f| f.stack.slot(off));
        if !slot.is_some_and(Slot::has_ptr) {
            return Ok(());
        }
        fail(
            Kind::SpillCorrupted,
            format!("the stack byte at offset {off} belongs to a spilled pointer, which would be read as a number"),
        )
        .map_err(|f: Box<Fail>| at_byte(f, off))
    }

    /// Every byte of the range was written, and none belongs to a pointer that would be read as a number.
    fn stack_readable(&self, frame: usize, fills: bool, (first, end): (i64, i64)) -> Check {
        let Some(stack) = self.state.frame_at(frame).map(|f| &f.stack) else {
            return bug("a pointer to the stack of a frame that is gone");
        };
        if self.privileged() || fault!(43) {
            return Ok(());
        }
        let mut off = first;
        while off < end {
            let Some(slot) = stack.slot(off) else {
                return uninit(off);
            };
            match stack.byte(off) {
                Byte::Invalid => return uninit(off),
                // A released reference was spilled there. Loading it gives nothing that may be read.
                Byte::Spill if slot.value.is_uninit() && !fills => return uninit(off),
                Byte::Spill if slot.has_ptr() && !fills && !fault!(44) => {
                    return fail(
                        Kind::SpillCorrupted,
                        format!(
                            "the stack byte at offset {off} belongs to a spilled pointer, which would be read as a number"
                        ),
                    )
                    .map_err(|f: Box<Fail>| at_byte(f, off));
                }
                // Refused before.
                Byte::Spill | Byte::Misc | Byte::Zero | Byte::Object => {}
            }
            off += 1;
        }
        Ok(())
    }

    /// A sign-extending load gives a number: fields that are pointers do not take one.
    pub(super) fn extendable(&self, base: Reg, off: i16, size: Size) -> Check {
        let ptr = self.state.reg(base);
        let (Some(Region::Ctx), Some(fixed), Some(layout)) = (ptr.region(), ptr.fixed_off(), self.env.unit.hook.ctx())
        else {
            return Ok(());
        };
        match layout.access(fixed + i64::from(off), size, false) {
            Ok((field, _)) if !matches!(field.kind, FieldKind::Scalar { .. }) => {
                fail(Kind::CtxAccess, format!("field `{}` is a pointer and takes no sign-extending load", field.name))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Storing `value` at `base + off` gives no pointer away.
    pub(super) fn storable(&self, value: Reg, base: Reg, off: i16, size: Size) -> Check {
        let (stored, ptr) = (self.state.reg(value), self.state.reg(base));
        let Some(region) = stored.region() else {
            return Ok(());
        };
        let Some(Region::Stack(frame)) = ptr.region() else {
            if fault!(45) || self.privileged() && region != Region::Stale && stored.reference == 0 {
                return Ok(());
            }
            return fail(
                Kind::PointerLeak,
                format!("{value} is {}; it may be stored on the stack only, not through {}", stored.noun(), ptr.noun()),
            );
        };
        if size != Size::DW || !aligned(ptr, i64::from(off), 8) {
            return fail(
                Kind::SpillMisaligned,
                format!("{value} is {}; it is spilled in 8 aligned bytes only", stored.noun()),
            );
        }
        if ptr.num.as_constant().is_none() {
            return fail(
                Kind::StackVariable,
                format!("{value} is {}; its place on the stack must be fixed", stored.noun()),
            );
        }
        // A function's own frame is gone when its caller looks; of other frames' addresses, Linux says the same.
        if matches!(region, Region::Stack(_)) && usize::from(frame) + 1 != self.state.depth() {
            return fail(
                Kind::PointerLeak,
                "a pointer to the stack is stored on a caller's stack, where it could outlive what it points to",
            );
        }
        Ok(())
    }
}

fn uninit(off: i64) -> Check {
    let message = format!("the stack byte at offset {off} is read but was never written on this path");
    fail(Kind::UninitStack, message).map_err(|f: Box<Fail>| at_byte(f, off))
}

/// The same failure, blamed on a byte of the stack.
fn at_byte(mut fail: Box<Fail>, off: i64) -> Box<Fail> {
    fail.blame.stack = Some(off);
    fail
}

/// Whether base + offset is a multiple of `n`, for bases that are multiples of 8.
fn aligned(ptr: &Value, off: i64, n: i64) -> bool {
    (i64::from(ptr.off) + off) % n == 0 && ptr.num.align_known(n as u64)
}

/// Whether a pointer is known to be a multiple of `n` bytes from its base.
pub(super) fn is_aligned(ptr: &Value, n: u32) -> bool {
    n <= 1 || n <= 8 && n.is_power_of_two() && aligned(ptr, 0, i64::from(n))
}

/// How far a pointer must be from its base so that an access stays within some bytes of its region. A variable part that
/// is known is not at fault.
fn range_need(ptr: &Value, reg: Reg, span: Span, (from, to): (i64, i64)) -> Option<Need> {
    ptr.num.as_constant().is_none().then_some(())?;
    let (first, last) = (from - span.off, to.saturating_sub(span.off).saturating_sub(span.bytes));
    (first <= last).then_some(Need::Number { reg, first, last })
}

/// The range of a pointer's offset plus a displacement.
fn offset_text(ptr: &Value, off: i64) -> String {
    let fixed = i64::from(ptr.off) + off;
    match ptr.num.as_constant() {
        Some(c) => format!("{}", (c as i64).wrapping_add(fixed)),
        None => {
            let total = Scalar::alu(
                stingless_isa::AluOp::Add,
                stingless_isa::Width::W64,
                ptr.num,
                Scalar::constant(fixed as u64),
            );
            range_text(&total)
        }
    }
}
