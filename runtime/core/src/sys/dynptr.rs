//! Dynptrs: views of memory that live on the plugin's stack, as helpers see them.
//!
//! Layout, 16 bytes: address (0: no view), length and flags, offset. The address is that of a map value's or a record's
//! first byte, or of the native context whose packet it is. Only this file writes these words: what it reads back leads to
//! memory that is live as long as the verifier lets the dynptr be.

use stingless_abi::{Arg as ArgRow, ArgKind, DynptrUse, Entry, FieldKind, ObjectAction, ObjectKind, Ret};

use super::args::{Arg, Scope};
use super::mem::{Mem, MemMut};
use crate::caller::Caller;
use crate::helper::IntoRet;
use crate::maps::MapCore;

/// Most bytes of a view (Linux `DYNPTR_MAX_SIZE`).
const MAX_SIZE: u64 = (1 << 24) - 1;
/// Flags beside the length.
const READ_ONLY: u32 = 1 << 31;
const XDP: u32 = 1 << 24;
const SKB: u32 = 2 << 24;
const META: u32 = 4 << 24;
const PACKET: u32 = XDP | SKB | META;

const EFAULT: i64 = -14;
const EINVAL: i64 = -22;
const ERANGE: i64 = -34;
const E2BIG: i64 = -7;

/// A pointer into a dynptr's memory, or NULL. `WRITABLE` says whether the plugin may write there.
#[derive(Clone, Copy, Debug)]
pub struct ViewPtr<const WRITABLE: bool, const SIZE_ARG: u8>(u64);

impl<const WRITABLE: bool, const SIZE_ARG: u8> IntoRet for ViewPtr<WRITABLE, SIZE_ARG> {
    const RET: Ret = Ret::ViewOrNull { size_arg: SIZE_ARG, writable: WRITABLE };
    const C_TYPE: &'static str = "void *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}

/// The words of a dynptr.
#[derive(Clone, Copy)]
struct Words {
    data: u64,
    flags: u32,
    size: u32,
    offset: u32,
}

/// A dynptr that a helper was given.
pub struct DynptrMem<'c> {
    mem: MemMut<'c>,
}

impl<'c> DynptrMem<'c> {
    fn words(&self) -> Words {
        let (data, size) = (self.mem.get::<u64>(0).unwrap_or(0), self.mem.get::<u32>(8).unwrap_or(0));
        let offset = self.mem.get::<u32>(12).unwrap_or(0);
        Words { data, flags: size & !(MAX_SIZE as u32), size: size & MAX_SIZE as u32, offset }
    }

    fn put(&mut self, words: Words) {
        self.mem.set(0, words.data);
        self.mem.set(8, words.size | words.flags);
        self.mem.set(12, words.offset);
    }

    /// Makes it a view of nothing.
    pub fn set_null(&mut self) {
        self.put(Words { data: 0, flags: 0, size: 0, offset: 0 });
    }

    /// Whether it is a view of nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.words().data == 0
    }

    /// Whether what it is a view of may not be written.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        !self.is_null() && self.words().flags & READ_ONLY != 0
    }

    /// Bytes of the view; `None` of nothing.
    #[must_use]
    pub fn size(&self) -> Option<u32> {
        (!self.is_null()).then(|| self.words().size)
    }

    /// Narrows the view to its bytes `start..end`. 0 or a negative errno.
    pub fn adjust(&mut self, start: u32, end: u32) -> i64 {
        let words = self.words();
        if words.data == 0 || start > end {
            return EINVAL;
        }
        if end > words.size {
            return ERANGE;
        }
        self.put(Words { size: end - start, offset: words.offset + start, ..words });
        0
    }

    /// Start of the memory that `offset` counts from, and its bytes.
    fn whole(&self, caller: &Caller<'_>) -> Option<(u64, u64)> {
        let words = self.words();
        match words.flags & PACKET {
            0 => Some((words.data, u64::from(words.offset) + u64::from(words.size))),
            META => metadata(caller, words.data),
            _ => packet(caller, words.data),
        }
    }

    /// Address of the view's bytes `off..off + len`.
    fn range(&self, caller: &Caller<'_>, off: u32, len: u64) -> Result<u64, i64> {
        let words = self.words();
        if words.data == 0 {
            return Err(EINVAL);
        }
        if len > words.size.into() || u64::from(off) > u64::from(words.size) - len {
            return Err(E2BIG);
        }
        let from = u64::from(words.offset) + u64::from(off);
        // A packet may have shrunk since.
        let gone = if words.flags & SKB != 0 { EFAULT } else { EINVAL };
        let (start, bytes) = self.whole(caller).ok_or(gone)?;
        if from + len > bytes { Err(gone) } else { Ok(start + from) }
    }

    /// The view's bytes `off..off + len`.
    ///
    /// # Errors
    /// A negative errno: no view, or not all of them are there.
    pub fn bytes(&self, caller: &Caller<'_>, off: u32, len: u64) -> Result<Mem<'c>, i64> {
        let at = self.range(caller, off, len)?;
        // SAFETY: `range` found them inside of what the words lead to, which is live (see the head of this file) and, as
        // plugin memory, accessed by atomics and plugins alone.
        Ok(unsafe { Mem::new(at, len) })
    }

    /// The same, to write.
    ///
    /// # Errors
    /// As for [`DynptrMem::bytes`], or it may not be written.
    pub fn bytes_mut(&mut self, caller: &Caller<'_>, off: u32, len: u64) -> Result<MemMut<'c>, i64> {
        if self.is_null() || self.is_read_only() {
            return Err(EINVAL);
        }
        let at = self.range(caller, off, len)?;
        // SAFETY: as in `bytes`; what may not be written is marked so when the dynptr is made.
        Ok(unsafe { MemMut::new(at, len) })
    }

    /// Whether flags of a write are the packet's business (Linux `bpf_skb_store_bytes`).
    #[must_use]
    pub fn takes_flags(&self) -> bool {
        self.words().flags & SKB != 0
    }

    /// A pointer to the view's bytes for the plugin, or NULL; of packets only where `packets` says so.
    #[must_use]
    pub fn view<const WRITABLE: bool, const SIZE_ARG: u8>(
        &self,
        caller: &Caller<'_>,
        (off, len): (u32, u64),
        packets: bool,
    ) -> ViewPtr<WRITABLE, SIZE_ARG> {
        let refused = WRITABLE && self.is_read_only() || !packets && self.words().flags & PACKET != 0;
        ViewPtr(if refused { 0 } else { self.range(caller, off, len).unwrap_or(0) })
    }
}

/// Start and length of the packet of the running program's context.
fn packet(caller: &Caller<'_>, ctx: u64) -> Option<(u64, u64)> {
    between(caller, ctx, FieldKind::DataStart { region: 0 }, FieldKind::DataEnd { region: 0 })
}

/// Start and length of the metadata in front of it.
fn metadata(caller: &Caller<'_>, ctx: u64) -> Option<(u64, u64)> {
    between(caller, ctx, FieldKind::DataMeta { region: 0 }, FieldKind::DataStart { region: 0 })
}

/// What lies between two pointers of the running program's context.
fn between(caller: &Caller<'_>, ctx: u64, start: FieldKind, end: FieldKind) -> Option<(u64, u64)> {
    let Entry::Ctx(layout) = &caller.hook().entry else { return None };
    let pointer = |kind| {
        let field = layout.fields.iter().find(|f| f.kind == kind)?;
        // SAFETY: the address is that of the run's native context (only dynptrs that are made of a context have it, from
        // a proved context argument), whose row says that a pointer lies there.
        let word = unsafe { Mem::new(ctx + u64::from(field.native_off), 8) };
        word.get::<u64>(0)
    };
    let (start, end) = (pointer(start)?, pointer(end)?);
    Some((start, end.checked_sub(start)?))
}

macro_rules! dynptr_args {
    ($($(#[$doc:meta])* $name:ident, $c:literal, $kind:expr, $fresh:literal;)*) => {
        $(
            $(#[$doc])*
            pub struct $name<'c>(DynptrMem<'c>);

            impl<'c> std::ops::Deref for $name<'c> {
                type Target = DynptrMem<'c>;

                fn deref(&self) -> &DynptrMem<'c> {
                    &self.0
                }
            }

            impl<'c> std::ops::DerefMut for $name<'c> {
                fn deref_mut(&mut self) -> &mut DynptrMem<'c> {
                    &mut self.0
                }
            }

            // SAFETY: one register, declared as 16 bytes of stack that are or become a dynptr; those that become one are
            // a view of nothing until a method of this file says otherwise.
            unsafe impl<'c> Arg<'c> for $name<'c> {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    out.push(ArgRow { name: name.into(), c_type: $c.into(), kind: $kind });
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved that many bytes of stack at that address, the plugin's own, for this call.
                    let mut mem = unsafe { MemMut::new(regs[at], ObjectKind::DynptrLocal.row().size.into()) };
                    if $fresh {
                        mem.fill(0);
                    }
                    $name(DynptrMem { mem })
                }
            }
        )*
    };
}

const fn object(kind: ObjectKind, action: ObjectAction) -> ArgKind {
    ArgKind::Object { kind, action }
}

dynptr_args! {
    /// A dynptr that becomes a view of a map value.
    NewDynptrLocal, "struct bpf_dynptr *", object(ObjectKind::DynptrLocal, ObjectAction::Make), true;
    /// A dynptr that becomes a view of a ring-buffer record.
    NewDynptrRingbuf, "struct bpf_dynptr *", object(ObjectKind::DynptrRingbuf, ObjectAction::Make), true;
    /// A dynptr that becomes a view of an XDP frame.
    NewDynptrXdp, "struct bpf_dynptr *", object(ObjectKind::DynptrXdp, ObjectAction::Make), true;
    /// A dynptr that becomes a view of a socket buffer.
    NewDynptrSkb, "struct bpf_dynptr *", object(ObjectKind::DynptrSkb, ObjectAction::Make), true;
    /// A dynptr that becomes a view of the metadata in front of a socket buffer's packet.
    NewDynptrSkbMeta, "struct bpf_dynptr *", object(ObjectKind::DynptrSkbMeta, ObjectAction::Make), true;
    /// A view of a ring-buffer record, handed back.
    OldDynptrRingbuf, "struct bpf_dynptr *", object(ObjectKind::DynptrRingbuf, ObjectAction::Destroy), false;
    /// A dynptr to read.
    Dynptr, "const struct bpf_dynptr *", ArgKind::Dynptr(DynptrUse::Read), false;
    /// A dynptr to write through.
    DynptrMut, "const struct bpf_dynptr *", ArgKind::Dynptr(DynptrUse::Write), false;
    /// A dynptr whose view changes.
    DynptrAdjust, "const struct bpf_dynptr *", ArgKind::Dynptr(DynptrUse::Adjust), false;
    /// A dynptr that becomes a copy of the one given before.
    NewDynptrClone, "struct bpf_dynptr *", ArgKind::DynptrClone, false;
}

impl NewDynptrLocal<'_> {
    /// Makes it a view of these bytes of a map value. 0 or a negative errno.
    pub fn set(&mut self, data: &LastingMem<'_>) -> i64 {
        let (addr, len) = data.0.raw();
        if len > MAX_SIZE {
            return E2BIG;
        }
        self.put(Words { data: addr, flags: 0, size: len as u32, offset: 0 });
        0
    }
}

impl NewDynptrXdp<'_> {
    /// Makes it a view of the frame. 0 or a negative errno.
    pub fn set(&mut self, caller: &Caller<'_>, ctx: super::args::CtxArg<'_>) -> i64 {
        self.set_packet(caller, ctx.addr, XDP)
    }
}

impl NewDynptrSkb<'_> {
    /// Makes it a view of the packet, as the hook lets programs access it. 0 or a negative errno.
    pub fn set(&mut self, caller: &Caller<'_>, ctx: super::args::CtxArg<'_>) -> i64 {
        let writable = caller.hook().ctx().and_then(|l| l.regions.first()).is_some_and(|r| r.rights.write);
        self.set_packet(caller, ctx.addr, if writable { SKB } else { SKB | READ_ONLY })
    }
}

impl NewDynptrSkbMeta<'_> {
    /// Makes it a view of the metadata. 0 or a negative errno.
    pub fn set(&mut self, caller: &Caller<'_>, ctx: super::args::CtxArg<'_>) -> i64 {
        match metadata(caller, ctx.addr) {
            Some((_, len)) if len <= MAX_SIZE => {
                self.put(Words { data: ctx.addr, flags: META, size: len as u32, offset: 0 });
                0
            }
            Some(_) | None => EINVAL,
        }
    }
}

impl DynptrMem<'_> {
    fn set_packet(&mut self, caller: &Caller<'_>, ctx: u64, flags: u32) -> i64 {
        match packet(caller, ctx) {
            Some((_, len)) if len <= MAX_SIZE => {
                self.put(Words { data: ctx, flags, size: len as u32, offset: 0 });
                0
            }
            Some(_) | None => EINVAL,
        }
    }
}

impl NewDynptrClone<'_> {
    /// Makes it a copy. 0 or a negative errno.
    pub fn set(&mut self, original: &DynptrMem<'_>) -> i64 {
        self.put(original.words());
        if original.is_null() { EINVAL } else { 0 }
    }
}

impl NewDynptrRingbuf<'_> {
    /// Reserves a record of `size` bytes and makes it a view of that. 0 or a negative errno.
    pub(super) fn reserve(&mut self, caller: &mut Caller<'_>, ring: &MapCore, size: u64, flags: u64) -> i64 {
        if flags != 0 {
            return EINVAL;
        }
        if size > MAX_SIZE {
            return E2BIG;
        }
        let record = super::map_args::reserve(ring, caller, size, flags);
        if record == 0 {
            return EINVAL;
        }
        self.put(Words { data: record, flags: 0, size: size as u32, offset: 0 });
        0
    }
}

impl OldDynptrRingbuf<'_> {
    /// Hands the record to the consumer, or gives it back.
    pub fn release(&mut self, caller: &mut Caller<'_>, submit: bool, flags: u64) {
        let record = self.words().data;
        self.set_null();
        if record != 0 {
            caller.cx().give_back(record, submit, flags);
        }
    }
}

/// Bytes of a map value, which live as long as the program runs.
pub struct LastingMem<'c>(MemMut<'c>);

// SAFETY: two registers, declared as a map value's memory and its length.
unsafe impl<'c> Arg<'c> for LastingMem<'c> {
    const REGS: usize = 2;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        out.push(ArgRow { name: name.into(), c_type: "void *".into(), kind: ArgKind::LastingMem });
        out.push(ArgRow { name: "size".into(), c_type: "__u32".into(), kind: ArgKind::Len { zero_ok: true } });
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: the verifier proved that many readable and writable bytes of a map value at that address.
        LastingMem(unsafe { MemMut::new(regs[at], regs[at + 1]) })
    }
}

/// Memory that the helper may use as it likes, or none, and its length, a constant. What is there is zeroed: the plugin
/// finds no stale bytes.
pub struct Buffer {
    len: u64,
}

impl Buffer {
    /// The length.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

// SAFETY: two registers, declared as memory of that many bytes or NULL, and a constant.
unsafe impl Arg<'_> for Buffer {
    const REGS: usize = 2;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        out.push(ArgRow { name: name.into(), c_type: "void *".into(), kind: ArgKind::Buffer });
        out.push(ArgRow { name: "size".into(), c_type: "__u32".into(), kind: ArgKind::ConstScalar });
    }

    unsafe fn take(_: &Scope, regs: &[u64; 5], at: usize) -> Self {
        if regs[at] != 0 {
            // SAFETY: the verifier proved that many writable bytes at that address for this call.
            unsafe { MemMut::new(regs[at], regs[at + 1]) }.fill(0);
        }
        Buffer { len: regs[at + 1] }
    }
}
