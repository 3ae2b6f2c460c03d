//! Helper arguments: each type says which registers it takes, what the verifier must prove of them, and how the
//! trampoline turns them into a Rust value.

use std::marker::PhantomData;

use stingless_abi::{Arg as ArgRow, ArgKind, CallbackKind, MapKind, MapKinds, MemLen, MemUse, RefClass};

use super::entry::HelperFn;
use super::mem::{Mem, MemMut};
use crate::helper::HelperRow;
use crate::maps::MapCore;

/// A helper that `bpf_call_n!` defined.
///
/// # Safety
/// `ENTRY` treats its registers exactly as `proto` declares them.
pub unsafe trait Helper {
    /// The entry.
    #[doc(hidden)]
    const ENTRY: HelperFn;

    /// The prototype.
    fn proto() -> std::sync::Arc<stingless_abi::Proto>;

    /// The row that a linker keeps.
    #[doc(hidden)]
    #[must_use]
    fn row() -> HelperRow {
        let run = crate::vm::HelperRow { entry: Self::ENTRY, env: 0, keep: None };
        HelperRow { proto: Self::proto(), run }
    }
}

/// How long a helper's arguments live: to the end of its body.
#[doc(hidden)]
#[derive(Debug)]
pub struct Scope(());

impl Scope {
    /// A scope that ends with the variable it is in.
    #[must_use]
    pub fn new() -> Scope {
        Scope(())
    }
}

impl Default for Scope {
    fn default() -> Self {
        Scope::new()
    }
}

/// A type that a helper may take: one or two argument registers.
///
/// # Safety
/// `describe` declares exactly the registers that `take` reads, with kinds that make `take` sound once proved.
pub unsafe trait Arg<'c>: Sized {
    /// Argument registers: 1, or 2 for memory with a length.
    const REGS: usize;

    /// Appends one row per register.
    fn describe(name: &'static str, out: &mut Vec<ArgRow>);

    /// Reads registers `at..at + REGS`.
    ///
    /// # Safety
    /// The registers hold what the verifier proved of an argument declared by `describe`, in the call `call`.
    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self;
}

fn row(name: &'static str, c_type: &'static str, kind: ArgKind) -> ArgRow {
    ArgRow { name: name.into(), c_type: c_type.into(), kind }
}

macro_rules! scalar_args {
    ($($ty:ty, $c:literal;)*) => {
        $(
            // SAFETY: one register, declared as a number; every 64 bits are a valid number.
            unsafe impl<'c> Arg<'c> for $ty {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    out.push(row(name, $c, ArgKind::Scalar));
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    regs[at] as $ty
                }
            }
        )*
    };
}

scalar_args! {
    u64, "__u64"; i64, "long"; u32, "__u32"; i32, "int"; u16, "__u16"; u8, "__u8";
}

/// A one-register argument that is a number to the helper, whatever the verifier proves of it.
macro_rules! register_args {
    ($($(#[$doc:meta])* $name:ident, $c:literal, $kind:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name(pub u64);

            // SAFETY: one register, declared with the kind; the helper gets bare bits, never a Rust reference.
            unsafe impl<'c> Arg<'c> for $name {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    out.push(row(name, $c, $kind));
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    $name(regs[at])
                }
            }
        )*
    };
}

register_args! {
    /// Any initialised value (Linux `ARG_ANYTHING`).
    Anything, "__u64", ArgKind::Anything;
    /// Read only where another argument asks for it; 0 where it was not set.
    Optional, "__u64", ArgKind::Optional;
    /// The hook's context, or NULL; the helper sees which, no more.
    CtxOrNull, "void *", ArgKind::CtxOrNull;
    /// A number that the verifier knows.
    ConstScalar, "__u64", ArgKind::ConstScalar;
}

/// Address of something that only code in this folder dereferences.
macro_rules! address_args {
    ($($(#[$doc:meta])* $name:ident, $c:literal, $kind:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name<'c> {
                pub(crate) addr: u64,
                _call: PhantomData<&'c Scope>,
            }

            // SAFETY: one register, declared with the kind; the address leaves this type only inside core.
            unsafe impl<'c> Arg<'c> for $name<'c> {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    out.push(row(name, $c, $kind));
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    $name { addr: regs[at], _call: PhantomData }
                }
            }
        )*
    };
}

address_args! {
    /// What a helper hands on to its callback: pointer to the stack, or NULL.
    CallbackCtx, "void *", ArgKind::CallbackCtx;
    /// Callback of `bpf_loop`'s kind.
    LoopCallback, "void *", ArgKind::Callback(CallbackKind::Loop);
    /// Callback of `bpf_for_each_map_elem`'s kind.
    ForEachCallback, "void *", ArgKind::Callback(CallbackKind::ForEachMapElem);
    /// The hook's context.
    CtxArg, "void *", ArgKind::Ctx;
    /// A key of the map argument.
    Key, "const void *", ArgKind::MapKey;
    /// A value of the map argument, to read.
    ValueIn, "const void *", ArgKind::MapValue(MemUse::Read);
    /// A value of the map argument, to read, or NULL.
    ValueInOrNull, "const void *", ArgKind::MapValueOrNull;
    /// Room for a value of the map argument; what it is of maps of the kinds `Bloom` alone, is a value to read.
    ValueOut, "void *", ArgKind::MapValueOut { reads: MapKind::BloomFilter.bit() };
    /// A ring-buffer record, handed over.
    Record, "void *", ArgKind::Acquired(RefClass::RingbufRecord);
    /// A socket that the program holds.
    Socket, "void *", ArgKind::Acquired(RefClass::Host(stingless_abi::object::SOCK_COMMON));
    /// The spin lock of a map value.
    SpinLock, "struct bpf_spin_lock *", ArgKind::SpinLock;
    /// A NUL-terminated string in frozen memory.
    ConstStr, "const char *", ArgKind::ConstStr;
}

impl CtxArg<'_> {
    /// The context's address: a pointer to the native struct of the hook.
    #[must_use]
    pub fn addr(&self) -> u64 {
        self.addr
    }
}

/// A map of one of the kinds `KINDS` (bits of [`MapKinds`]).
#[derive(Clone, Copy)]
pub struct MapArg<'c, const KINDS: u64> {
    pub(crate) map: &'c MapCore,
}

// SAFETY: one register, declared as a map of these kinds: the verifier proves that it is one of the unit's maps, whose
// run-time value is the address of a `MapCore` that the program keeps alive for longer than any call.
unsafe impl<'c, const KINDS: u64> Arg<'c> for MapArg<'c, KINDS> {
    const REGS: usize = 1;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        out.push(row(name, "void *", ArgKind::Map(MapKinds(KINDS))));
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: see the impl.
        MapArg { map: unsafe { MapCore::from_runtime_addr(regs[at]) } }
    }
}

macro_rules! mem_args {
    ($($ty:ident, $c:literal, $access:expr;)*) => {
        $(
            // SAFETY: two registers, declared as memory of that use and its length; the handle copies and ends with the call.
            unsafe impl<'c> Arg<'c> for $ty<'c> {
                const REGS: usize = 2;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    out.push(row(name, $c, ArgKind::Mem { access: $access, len: MemLen::Next, nullable: false }));
                    out.push(ArgRow {
                        name: format!("{name}_len").into(),
                        c_type: "__u64".into(),
                        kind: ArgKind::Len { zero_ok: true },
                    });
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved that many bytes at that address for this call.
                    unsafe { $ty::new(regs[at], regs[at + 1]) }
                }
            }
        )*
    };
}

mem_args! {
    Mem, "const void *", MemUse::Read;
    MemMut, "void *", MemUse::ReadWrite;
}

/// Memory to read that has at least one byte (Linux `ARG_CONST_SIZE`).
pub struct NonEmpty<'c>(Mem<'c>);

impl<'c> std::ops::Deref for NonEmpty<'c> {
    type Target = Mem<'c>;

    fn deref(&self) -> &Mem<'c> {
        &self.0
    }
}

// SAFETY: as `Mem`, with a length that is proved not to be 0.
unsafe impl<'c> Arg<'c> for NonEmpty<'c> {
    const REGS: usize = 2;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        let start = out.len();
        <Mem<'c> as Arg<'c>>::describe(name, out);
        if let Some(len) = out.get_mut(start + 1) {
            len.kind = ArgKind::Len { zero_ok: false };
        }
    }

    unsafe fn take(scope: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: passed on to the caller.
        NonEmpty(unsafe { <Mem<'c> as Arg<'c>>::take(scope, regs, at) })
    }
}

/// Text in memory that the plugin may read, up to the end of which the helper reads, or NULL. As many bytes are there as the
/// proof found: register `LEN` (from 0, behind the last argument; each text has its own) says it, and engines set it.
pub struct Text<'c, const LEN: usize>(Mem<'c>);

impl<'c, const LEN: usize> Text<'c, LEN> {
    /// What is there of it to be read; `None` for NULL.
    #[must_use]
    pub fn get(&self) -> Option<Mem<'c>> {
        (self.0.raw().0 != 0).then_some(self.0)
    }
}

// SAFETY: one register, declared as text whose length engines pass in register `LEN`: the verifier proves that as many
// bytes may be read at that address, or it is NULL. Linkers refuse prototypes where `LEN` is an argument's register, or
// another text's. The handle copies and ends with the call.
unsafe impl<'c, const LEN: usize> Arg<'c> for Text<'c, LEN> {
    const REGS: usize = 1;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        const { assert!(LEN < 5, "a text's length is in one of five registers") };
        out.push(row(name, "const char *", ArgKind::Text { len: LEN as u8 }));
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        let len = if regs[at] == 0 { 0 } else { regs[LEN] };
        // SAFETY: see the impl.
        Text(unsafe { Mem::new(regs[at], len) })
    }
}

/// Memory that the helper fills entirely; it may be uninitialised before. Unwritten bytes are zeroed.
pub struct MemOut<'c>(MemMut<'c>);

impl<'c> std::ops::Deref for MemOut<'c> {
    type Target = MemMut<'c>;

    fn deref(&self) -> &MemMut<'c> {
        &self.0
    }
}

impl<'c> std::ops::DerefMut for MemOut<'c> {
    fn deref_mut(&mut self) -> &mut MemMut<'c> {
        &mut self.0
    }
}

// SAFETY: as `MemMut`, but declared as write-only; it is zeroed first, so that the plugin finds no stale host bytes.
unsafe impl<'c> Arg<'c> for MemOut<'c> {
    const REGS: usize = 2;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        out.push(row(name, "void *", ArgKind::Mem { access: MemUse::Write, len: MemLen::Next, nullable: false }));
        out.push(ArgRow {
            name: format!("{name}_len").into(),
            c_type: "__u64".into(),
            kind: ArgKind::Len { zero_ok: true },
        });
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: the verifier proved that many writable bytes at that address for this call.
        let mut mem = unsafe { MemMut::new(regs[at], regs[at + 1]) };
        mem.fill(0);
        MemOut(mem)
    }
}

/// What a helper takes beside [`Mem`] and its kin: the same registers under other rules.
macro_rules! mem_variants {
    ($($(#[$doc:meta])* $name:ident($inner:ident), $c:literal, $access:expr, nullable: $nullable:expr, zero_ok: $zero:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $name<'c>($inner<'c>);

            impl<'c> std::ops::Deref for $name<'c> {
                type Target = $inner<'c>;

                fn deref(&self) -> &$inner<'c> {
                    &self.0
                }
            }

            impl<'c> std::ops::DerefMut for $name<'c> {
                fn deref_mut(&mut self) -> &mut $inner<'c> {
                    &mut self.0
                }
            }

            // SAFETY: two registers, declared as memory of that use and its length (NULL has length 0); the handle copies
            // and ends with the call. What is only written is zeroed first.
            unsafe impl<'c> Arg<'c> for $name<'c> {
                const REGS: usize = 2;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    let kind = ArgKind::Mem { access: $access, len: MemLen::Next, nullable: $nullable };
                    out.push(row(name, $c, kind));
                    out.push(ArgRow {
                        name: format!("{name}_len").into(),
                        c_type: "__u64".into(),
                        kind: ArgKind::Len { zero_ok: $zero },
                    });
                }

                // SAFETY: see the impl.
                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved that many bytes at that address for this call, or a length of 0.
                    let mem = unsafe { $inner::new(regs[at], regs[at + 1]) };
                    $name(Prepare::prepared(mem, $access))
                }
            }
        )*
    };
}

/// Zeroes what the plugin has not written: it finds no stale host bytes.
trait Prepare {
    fn prepared(self, access: MemUse) -> Self;
}

impl Prepare for Mem<'_> {
    fn prepared(self, _: MemUse) -> Self {
        self
    }
}

impl Prepare for MemMut<'_> {
    fn prepared(mut self, access: MemUse) -> Self {
        if access == MemUse::Write {
            self.fill(0);
        }
        self
    }
}

mem_variants! {
    /// Memory to read, or NULL with length 0.
    MemOrNull(Mem), "const void *", MemUse::Read, nullable: true, zero_ok: true;
    /// Memory that the helper fills entirely, of at least one byte (Linux `ARG_PTR_TO_UNINIT_MEM`, `ARG_CONST_SIZE`).
    NonEmptyOut(MemMut), "void *", MemUse::Write, nullable: false, zero_ok: false;
    /// Memory that the helper fills entirely, or NULL with length 0.
    MemOutOrNull(MemMut), "void *", MemUse::Write, nullable: true, zero_ok: true;
    /// Memory to read and write, of at least one byte.
    NonEmptyMut(MemMut), "void *", MemUse::ReadWrite, nullable: false, zero_ok: false;
}

/// `N` bytes to read, anywhere (Linux `ARG_PTR_TO_FIXED_SIZE_MEM`).
pub struct Fixed<'c, const N: usize>(Mem<'c>);

impl<const N: usize> Fixed<'_, N> {
    /// A copy of the bytes.
    #[must_use]
    pub fn get(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read(0, &mut bytes);
        bytes
    }
}

// SAFETY: one register, declared as readable memory of `N` bytes; the handle copies and ends with the call.
unsafe impl<'c, const N: usize> Arg<'c> for Fixed<'c, N> {
    const REGS: usize = 1;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        let len = MemLen::Fixed { size: N as u32, align: 1 };
        out.push(row(name, "const void *", ArgKind::Mem { access: MemUse::Read, len, nullable: false }));
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: the verifier proved `N` readable bytes at that address for this call.
        Fixed(unsafe { Mem::new(regs[at], N as u64) })
    }
}

/// A number of fixed size that the helper reads and writes.
pub struct InOut<'c, T> {
    mem: MemMut<'c>,
    _type: PhantomData<T>,
}

/// A number of fixed size that the helper writes (`long *res`).
pub struct Out<'c, T> {
    mem: MemMut<'c>,
    _type: PhantomData<T>,
}

macro_rules! out_args {
    ($($ty:ty, $c:literal;)*) => {
        $(
            impl Out<'_, $ty> {
                /// Writes the result.
                pub fn set(&mut self, value: $ty) {
                    self.mem.write(0, &value.to_ne_bytes());
                }
            }

            // SAFETY: one register, declared as writable memory of the type's size and alignment. Zeroed first.
            unsafe impl<'c> Arg<'c> for Out<'c, $ty> {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    let size = size_of::<$ty>() as u32;
                    let kind = ArgKind::Mem { access: MemUse::Write, len: MemLen::Fixed { size, align: size }, nullable: false };
                    out.push(row(name, $c, kind));
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved `size_of` writable bytes at that address for this call.
                    let mut mem = unsafe { MemMut::new(regs[at], size_of::<$ty>() as u64) };
                    mem.fill(0);
                    Out { mem, _type: PhantomData }
                }
            }
        )*
    };
}

out_args! { u64, "__u64 *"; i64, "long *"; u32, "__u32 *"; i32, "int *"; u16, "__u16 *"; }

macro_rules! in_out_args {
    ($($ty:ty, $c:literal;)*) => {
        $(
            impl InOut<'_, $ty> {
                /// The number given.
                #[must_use]
                pub fn get(&self) -> $ty {
                    self.mem.get(0).unwrap_or_default()
                }

                /// Writes the result.
                pub fn set(&mut self, value: $ty) {
                    self.mem.write(0, &value.to_ne_bytes());
                }
            }

            // SAFETY: one register, declared as initialised writable memory of the type's size and alignment.
            unsafe impl<'c> Arg<'c> for InOut<'c, $ty> {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    let size = size_of::<$ty>() as u32;
                    let len = MemLen::Fixed { size, align: size };
                    out.push(row(name, $c, ArgKind::Mem { access: MemUse::ReadWrite, len, nullable: false }));
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved `size_of` readable and writable bytes at that address for this call.
                    let mem = unsafe { MemMut::new(regs[at], size_of::<$ty>() as u64) };
                    InOut { mem, _type: PhantomData }
                }
            }
        )*
    };
}

in_out_args! { u32, "__u32 *"; }

/// The pointer to a map value, or NULL, that a lookup returns.
#[derive(Clone, Copy, Debug)]
pub struct ValuePtr(pub(crate) u64);

impl crate::helper::IntoRet for ValuePtr {
    const RET: stingless_abi::Ret = stingless_abi::Ret::MapValueOrNull;
    const C_TYPE: &'static str = "void *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}

/// The pointer to a map value, or NULL, where no key is sure to be there.
#[derive(Clone, Copy, Debug)]
pub struct ValuePtrMaybe(pub(crate) u64);

impl ValuePtrMaybe {
    /// There is none.
    pub const NULL: ValuePtrMaybe = ValuePtrMaybe(0);
}

impl crate::helper::IntoRet for ValuePtrMaybe {
    const RET: stingless_abi::Ret = stingless_abi::Ret::MapValueMaybe;
    const C_TYPE: &'static str = "void *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}

/// A fresh ring-buffer record whose size is the constant in the helper's second argument, or NULL.
#[derive(Clone, Copy, Debug)]
pub struct RecordPtr(pub(crate) u64);

impl crate::helper::IntoRet for RecordPtr {
    const RET: stingless_abi::Ret =
        stingless_abi::Ret::AcquiredOrNull { class: RefClass::RingbufRecord, size_arg: Some(1) };
    const C_TYPE: &'static str = "void *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}
