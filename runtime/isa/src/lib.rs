//! What a BPF instruction is: types, the one table of encodings, one semantics, assembler and disassembler.
#![forbid(unsafe_code)]

mod alu;
mod code;
mod insn;

mod reg;

pub use code::{Code, CodeError, Subprog};
pub use insn::{Callee, Insn, Operand, Ref};
pub use alu::{AluOp, AtomicOp, Cond, Size, UnaryOp, Width};
pub use reg::Reg;
