//! What a BPF instruction is: types, the one table of encodings, one semantics, assembler and disassembler.
#![forbid(unsafe_code)]

mod alu;
mod code;
mod decode;
mod encode;
mod insn;
mod opcode;
mod raw;
mod reg;

pub use alu::{AluOp, AtomicOp, Cond, Size, UnaryOp, Width};
pub use code::{Code, CodeError, Subprog};
pub use decode::{DecodeError, DecodeErrorKind, Slots, decode, decode_insns, decode_slots};
pub use encode::{EncodeError, EncodeErrorKind, encode};
pub use insn::{Callee, Insn, Operand, Ref};
pub use raw::{Field, RawInsn};
pub use reg::Reg;
