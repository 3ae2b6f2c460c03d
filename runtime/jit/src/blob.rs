//! What compiling gives: position-independent bytes and what the publisher must fill in.

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
    /// Sites sorted by offset.
    pub sites: Vec<Site>,
    /// Native stack bytes that a call chain may take.
    pub stack_bytes: u32,
    /// Machine code offset of each BPF instruction, for listings.
    pub offsets: Vec<u32>,
}

/// Like [`CodeBlob`], of a program that nobody proved.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct AssumedBlob(pub CodeBlob);
