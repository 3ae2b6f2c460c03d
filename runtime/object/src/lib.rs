//! ELF bytes -> Object -> [`Unit`]: deterministic, knows no host.
#![forbid(unsafe_code)]

mod unit;

pub use unit::{FuncArg, FuncInfo, LineInfo, Poison, PoisonKind, Unit, UnitMap};
