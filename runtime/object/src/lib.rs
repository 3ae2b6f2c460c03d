//! ELF bytes -> [`Object`] -> [`Unit`]: deterministic, knows no host.
//!
//! [`Object::parse`] reads what clang writes: programs, maps, global variables, type and line information. It fails
//! only for what is wrong with the file as a whole. [`link`] makes one program of it ready to be verified, given an
//! [`Env`]: the hook, the helpers, values of variables. What a program refers to in vain becomes
//! [`Insn::Poison`](stingless_isa::Insn::Poison), an error only where it is reached.
#![forbid(unsafe_code)]

pub mod btf;
mod elf;
mod error;
mod func;
mod license;
mod link;
mod maps;
mod object_file;
mod relo;
mod reloc;
mod unit;

pub use error::{MapProblem, ObjectError, ObjectErrorKind, budget};
pub use license::is_gpl_compatible;
pub use link::{Env, KconfigError, KconfigValue, LinkError, LinkErrorKind, Place, link};
pub use maps::{Contents, GlobalDef, MapDef, MapSource};
pub use object_file::{Object, ProgramDef};
pub use unit::{
    FuncArg, FuncInfo, LineInfo, Poison, PoisonKind, RawError, RawErrorKind, RawMap, RawSpec, Unit, UnitMap,
};
