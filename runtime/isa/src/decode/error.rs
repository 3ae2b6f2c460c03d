//! Why bytes are not a program.

use crate::raw::Field;
use core::fmt;

/// What is wrong with which slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The 8-byte slot, counted from 0.
    pub slot: u32,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// No instruction at all.
    Empty,
    /// The input is not a whole number of slots, or more of them than can be counted.
    Length {
        /// Bytes given.
        bytes: usize,
    },
    /// No instruction has this opcode.
    UnknownOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// A field that this instruction does not use, or not with this value.
    Reserved {
        /// The field.
        field: Field,
        /// What it holds.
        value: i64,
    },
    /// A field of the second slot of a 64-bit immediate that must be zero.
    SecondSlot {
        /// The field.
        field: Field,
        /// What it holds.
        value: i64,
    },
    /// A register above `r10`.
    BadRegister {
        /// The field.
        field: Field,
        /// The number.
        value: u8,
    },
    /// A 64-bit immediate whose second slot is missing.
    Truncated,
    /// A `src_reg` that gives a call or 64-bit immediate a meaning that is not supported.
    UnsupportedPseudo {
        /// The opcode.
        opcode: u8,
        /// The meaning.
        src: u8,
    },
    /// An atomic operation that does not exist, or not in this size.
    UnknownAtomic {
        /// The operation.
        imm: i32,
        /// Bytes of the access.
        bytes: u32,
    },
    /// A jump, call or function reference to a slot that does not exist.
    TargetOutOfRange {
        /// The slot.
        target: i64,
    },
    /// A jump, call or function reference to the second half of a 64-bit immediate.
    TargetInsideWide {
        /// The slot.
        target: u32,
    },
    /// A jump from one subprogram into another.
    JumpAcrossSubprogs {
        /// The slot it jumps to.
        target: u32,
    },
    /// The last instruction of a subprogram is neither `exit` nor a jump.
    FallsThrough,
    /// Subprograms do not form a partition (never of [`decode`](crate::decode), which derives them).
    BadSubprogs,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}: ", self.slot)?;
        self.kind.fmt(f)
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DecodeErrorKind as K;
        match self {
            K::Empty => write!(f, "the program has no instruction"),
            K::Length { bytes } => write!(f, "{bytes} bytes are not a whole, countable number of 8-byte slots"),
            K::UnknownOpcode { opcode } => write!(f, "opcode {opcode:#04x} is not known"),
            K::Reserved { field, value } => write!(f, "{field} is {value}, which is reserved for this instruction"),
            K::SecondSlot { field, value } => {
                write!(f, "{field} of the second slot of this 64-bit immediate is {value}, want 0")
            }
            K::BadRegister { field, value } => write!(f, "{field} is {value}, the last register is 10"),
            K::Truncated => write!(f, "the second slot of this 64-bit immediate is missing"),
            K::UnsupportedPseudo { opcode, src } => {
                write!(f, "src_reg {src} of opcode {opcode:#04x} is not supported")
            }
            K::UnknownAtomic { imm, bytes } => write!(f, "there is no atomic operation {imm:#x} on {bytes} bytes"),
            K::TargetOutOfRange { target } => write!(f, "refers to slot {target}, which does not exist"),
            K::TargetInsideWide { target } => {
                write!(f, "refers to slot {target}, the second half of a 64-bit immediate")
            }
            K::JumpAcrossSubprogs { target } => write!(f, "jumps to slot {target} of another function"),
            K::FallsThrough => write!(f, "the function's last instruction is neither exit nor a jump"),
            K::BadSubprogs => write!(f, "no function starts here"),
        }
    }
}

impl std::error::Error for DecodeError {}
