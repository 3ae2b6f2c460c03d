//! Why a program does not compile.

use std::fmt;

use stingless_abi::CtxError;
use stingless_isa::Size;

/// Why there is no machine code. Places are slots, as Linux and clang count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileError {
    /// An instruction names a helper that the unit's table lacks.
    UnknownHelper {
        /// Slot.
        slot: u32,
        /// Number of the helper.
        id: u32,
    },
    /// A reference or call that linking should have resolved or poisoned.
    Unresolved {
        /// Slot.
        slot: u32,
    },
    /// The call of an address in a register, in a program that is not a conformance test.
    IndirectCall {
        /// Slot.
        slot: u32,
    },
    /// An instruction writes `r10`.
    WritesFramePointer {
        /// Slot.
        slot: u32,
    },
    /// A context access that the layout refuses: a fact that does not fit the hook.
    Ctx {
        /// Slot.
        slot: u32,
        /// Byte offset in the plugin's view.
        off: i64,
        /// Bytes accessed.
        size: Size,
        /// What the layout says.
        error: CtxError,
    },
    /// A form that has no meaning on what it touches (an atomic on the context, a sign-extending load of a pointer field).
    CtxForm {
        /// Slot.
        slot: u32,
        /// Byte offset in the plugin's view.
        off: i64,
    },
    /// A fact that lowering cannot do without is not there.
    MissingFact {
        /// Slot.
        slot: u32,
        /// Its name in `Facts`.
        fact: &'static str,
    },
    /// `LD_ABS` or `LD_IND` under a hook whose context has no data region 0.
    NoPacket {
        /// Slot.
        slot: u32,
        /// Name of the hook.
        hook: String,
    },
    /// An access relative to `r10` lies outside of the frame that was proved.
    OutsideFrame {
        /// Slot.
        slot: u32,
        /// Byte offset from `r10`.
        off: i32,
        /// Bytes of the frame.
        frame: u32,
    },
    /// The native frames of the deepest call chain take more than the limit.
    NativeStack {
        /// Bytes that they take.
        bytes: u64,
        /// Bytes allowed.
        limit: u32,
    },
    /// The machine code does not fit the 2 GiB that its relative jumps reach.
    TooLarge,
    /// The assembler contradicts us: always our bug.
    Assembler {
        /// Its words.
        message: String,
    },
}

impl CompileError {
    /// Whether this is our bug and neither the program's nor a limit.
    #[must_use]
    pub fn is_bug(&self) -> bool {
        match self {
            CompileError::Ctx { .. }
            | CompileError::CtxForm { .. }
            | CompileError::MissingFact { .. }
            | CompileError::OutsideFrame { .. }
            | CompileError::WritesFramePointer { .. }
            | CompileError::IndirectCall { .. }
            | CompileError::Assembler { .. } => true,
            CompileError::UnknownHelper { .. }
            | CompileError::Unresolved { .. }
            | CompileError::NoPacket { .. }
            | CompileError::NativeStack { .. }
            | CompileError::TooLarge => false,
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::UnknownHelper { slot, id } => {
                write!(f, "instruction {slot} calls helper {id}, which is not known")
            }
            CompileError::Unresolved { slot } => {
                write!(f, "instruction {slot} refers to something that was not resolved")
            }
            CompileError::IndirectCall { slot } => write!(f, "instruction {slot} calls an address in a register"),
            CompileError::WritesFramePointer { slot } => write!(f, "instruction {slot} writes the frame pointer r10"),
            CompileError::Ctx { slot, off, size, error } => {
                write!(f, "instruction {slot} accesses {} bytes of the context at {off}: {error:?}", size.bytes())
            }
            CompileError::CtxForm { slot, off } => {
                write!(f, "instruction {slot} accesses the context at {off} in a form that the field does not have")
            }
            CompileError::MissingFact { slot, fact } => write!(f, "instruction {slot} comes without the fact `{fact}`"),
            CompileError::NoPacket { slot, hook } => {
                write!(f, "instruction {slot} loads from the packet, and hook `{hook}` has none")
            }
            CompileError::OutsideFrame { slot, off, frame } => {
                write!(f, "instruction {slot} accesses r10{off:+}, outside of the proved frame of {frame} bytes")
            }
            CompileError::NativeStack { bytes, limit } => {
                write!(f, "native frames of the deepest call chain take {bytes} bytes, the limit is {limit}")
            }
            CompileError::TooLarge => write!(f, "the machine code is larger than 2 GiB"),
            CompileError::Assembler { message } => write!(f, "the assembler refuses its input: {message}"),
        }
    }
}

impl std::error::Error for CompileError {}
