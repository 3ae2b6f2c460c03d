//! What a BPF instruction is: types, the one table of encodings, one semantics, assembler and disassembler.
//!
//! ```
//! let code = stingless_isa::assemble("r0 = 2\n r0 += 40\n exit")?;
//! let bytes = stingless_isa::encode(&code).unwrap();
//! assert_eq!(stingless_isa::decode(&bytes).unwrap(), code);
//! assert_eq!(stingless_isa::disasm_insn(&code, 1), "r0 += 40");
//! # Ok::<(), stingless_isa::AsmError>(())
//! ```
#![forbid(unsafe_code)]

mod alu;
mod asm;
mod code;
mod decode;
mod disasm;
mod encode;
mod insn;
mod opcode;
mod raw;
mod reg;

pub use alu::{AluOp, AtomicOp, Cond, Size, UnaryOp, Width};
pub use asm::{AsmError, AsmErrorKind, assemble};
pub use code::{Code, CodeError, Subprog};
pub use decode::{DecodeError, DecodeErrorKind, Slots, decode, decode_insns, decode_slots};
pub use disasm::{disasm, disasm_insn, write_insn};
pub use encode::{EncodeError, EncodeErrorKind, encode};
pub use insn::{Callee, Insn, Operand, Ref};
pub use raw::{Field, RawInsn};
pub use reg::Reg;
