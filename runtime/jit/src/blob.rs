//! What compiling gives: position-independent bytes and what the publisher must fill in.
//!
//! The publisher fills in the literals, and may turn calls through one into direct calls ([`direct_call`]); both only before
//! the bytes are executable. It maps texts at multiples of 16.
//!
//! # The tail entry
//! Code that makes a tail call has given its own frame back and *jumps* to the target's tail entry: `r1` (the context) in
//! `rdi`, the `VmCtx` pinned in `r12`, `rsp` as at the jumping function's own first byte. The target returns to whoever called
//! the function that jumped, with the callee-saved registers as it found them.

use stingless_abi::TrapKind;

/// What an 8-byte literal of the text must hold once the place is known. Hosts' addresses stand nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Address of the live map (the helper argument) of the unit's map with this index.
    Map(u32),
    /// Address of the value area of the unit's map with this index, plus `off`.
    MapValue {
        /// Index into the unit's maps.
        map: u32,
        /// Bytes.
        off: u32,
    },
    /// Entry address of the helper with this number.
    Helper(u32),
    /// Environment of the helper with this number (0 where its row has none).
    HelperEnv(u32),
    /// Address of byte `off` of this text (function pointers of callbacks).
    Text {
        /// Byte offset.
        off: u32,
    },
    /// `trap_exit` of core: `extern "C" fn(*mut VmCtx, TrapKind as u32) -> !`.
    TrapExit,
}

/// A literal to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reloc {
    /// Byte offset of the 8-byte little-endian literal in the text.
    pub at: u32,
    /// What it must hold.
    pub target: Target,
}

/// Which instruction a return address belongs to, for traps raised below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Byte offset in the text, one past the machine instruction.
    pub at: u32,
    /// The BPF instruction.
    pub insn: u32,
    /// The kind of trap that the code itself raises there, if it does.
    pub trap: Option<TrapKind>,
}

/// A call through a literal: six bytes, `call [rip + literal]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// Byte offset of the instruction in the text.
    pub at: u32,
    /// What the literal holds.
    pub target: Target,
}

/// The six bytes of a direct call at address `at` to `target`, for the place of a [`CallSite`]; `None` where `target` is out of
/// reach (2 GiB).
#[must_use]
pub fn direct_call(at: u64, target: u64) -> Option<[u8; 6]> {
    // `addr32 call rel32`: the prefix has no effect and makes up the length, so that return addresses stay.
    let distance = target.wrapping_sub(at.wrapping_add(6)) as i64;
    let [a, b, c, d] = i32::try_from(distance).ok()?.to_le_bytes();
    Some([0x67, 0xe8, a, b, c, d])
}

/// Machine code of one program: position-independent, nothing patched in yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodeBlob {
    /// Code, then the literal pool.
    pub text: Vec<u8>,
    /// Byte offset of the entry for hosts (the ABI of [`stingless_abi::vmctx`], with a landing where it can trap).
    pub entry: u32,
    /// Byte offset of the entry that tail calls jump to: arguments in ABI registers, the caller's frame already gone.
    pub tail_entry: u32,
    /// Literals to fill in.
    pub relocs: Vec<Reloc>,
    /// Calls that may become direct ones, sorted by offset.
    pub calls: Vec<CallSite>,
    /// Sites sorted by offset.
    pub sites: Vec<Site>,
    /// Native stack bytes of the deepest call chain, from the host's return address on: callbacks with their entries included,
    /// and what tail calls from subprograms leave behind; without what helpers take themselves.
    pub stack_bytes: u32,
    /// Machine code offset of each BPF instruction, for listings.
    pub offsets: Vec<u32>,
}

/// Like [`CodeBlob`], of a program that nobody proved.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct AssumedBlob(pub CodeBlob);
