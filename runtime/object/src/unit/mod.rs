//! One program, ready to be verified: pure data, no host behind it.

mod raw;

pub use raw::{RawError, RawErrorKind, RawMap, RawSpec};

use std::sync::Arc;

use stingless_abi::{HookDef, MapSpec, ProtoTable};
use stingless_isa::Code;

/// One program with all that its proof needs. Made by `link` or [`Unit::from_code`] alone.
///
/// References in `code` are indices: `Ref::Map(i)` and `Ref::MapValue { map: i, .. }` into `maps`,
/// `Callee::Helper(id)` into `protos`, `Insn::Poison(i)` into `poison`. No `Ref::Symbol`, `Callee::Symbol` or
/// `Callee::Kfunc` is left that could be resolved.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unit {
    /// The program's name (the C function's).
    pub name: String,
    /// Section it came from; empty for raw code.
    pub section: String,
    /// Instructions.
    pub code: Code,
    /// Maps that the code names.
    pub maps: Vec<UnitMap>,
    /// Helpers of the linker, allowed by the hook or not.
    pub protos: ProtoTable,
    /// The hook.
    pub hook: Arc<HookDef>,
    /// One per subprogram of `code`, in its order.
    pub funcs: Vec<FuncInfo>,
    /// C source lines, sorted by instruction; empty without `.BTF.ext`.
    pub lines: Vec<LineInfo>,
    /// Reasons of `Insn::Poison`.
    pub poison: Vec<Poison>,
    /// The licence is GPL-compatible: GPL-only helpers may be called.
    pub gpl: bool,
    /// The subprogram that `bpf_throw` hands its number to, and whose result is then the program's; without one, the
    /// number is the result.
    pub exception_callback: Option<usize>,
}

/// A map as a program sees it.
#[derive(Clone, Debug)]
pub struct UnitMap {
    /// Shape.
    pub spec: MapSpec,
    /// Index in the table that the maps were created from (the object's, or the raw program's).
    pub origin: u32,
    /// Contents that can never change again (`.rodata`, frozen maps that programs may only read): loads fold to constants.
    pub frozen: Option<Arc<[u8]>>,
}

/// What is known of a subprogram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FuncInfo {
    /// Name; empty where unknown.
    pub name: String,
    /// Global functions are verified once, from their arguments' types alone; static ones in line at each call.
    pub global: bool,
    /// Arguments of a global function, from BTF; for others empty.
    pub args: Vec<FuncArg>,
    /// Names of its parameters, from BTF, for whoever explains; empty where unknown.
    pub params: Vec<String>,
    /// Its BTF type is known.
    pub typed: bool,
    /// Its result is a number (`int`, `u64`, ...), as far as its type is known; global void functions leave `r0` unset.
    pub returns_scalar: bool,
}

/// A global function's argument, from its BTF type and `btf_decl_tag`s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FuncArg {
    /// A number.
    Scalar,
    /// The hook's context (`struct xdp_md *`, or tagged `arg:ctx`).
    Ctx,
    /// Pointer to `size` bytes, readable and writable.
    Mem {
        /// Bytes, from the pointee's BTF type.
        size: u32,
        /// May be NULL (the default in Linux; `arg:nonnull` clears it).
        nullable: bool,
    },
    /// A type that cannot be checked: calling the function is an error that says why.
    Unsupported(String),
}

/// Where an instruction comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// First instruction of the range.
    pub insn: u32,
    /// Path as the compiler wrote it.
    pub file: Arc<str>,
    /// Text of the line, as kept in BTF.
    pub text: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1; 0 where unknown.
    pub column: u32,
}

/// Why an instruction cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// What the reference named (`bpf_foo`, `struct task_struct::pid`).
    pub symbol: String,
    /// Why it has no value here.
    pub kind: PoisonKind,
}

/// Kinds of unresolved reference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoisonKind {
    /// No helper has this name.
    UnknownFunction,
    /// No variable has this name.
    UnknownVariable,
    /// A weak symbol without a definition was called.
    Weak,
    /// A CO-RE relocation found no match.
    CoRe(String),
    /// The object refers to something that cannot be expressed here.
    Unsupported(String),
}

impl core::fmt::Display for Poison {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if !self.symbol.is_empty() {
            write!(f, "`{}`: ", self.symbol)?;
        }
        match &self.kind {
            PoisonKind::UnknownFunction => write!(f, "no helper has this name"),
            PoisonKind::UnknownVariable => write!(f, "no variable has this name, and no value was given for it"),
            PoisonKind::Weak => write!(f, "it is weak and not there: its address must be tested before it is called"),
            PoisonKind::CoRe(why) | PoisonKind::Unsupported(why) => f.write_str(why),
        }
    }
}

impl Unit {
    /// A unit of code that no object describes: `--raw`, `--spec`, tests. Functions are static, lines unknown.
    #[must_use]
    pub fn from_code(
        name: impl Into<String>,
        code: Code,
        maps: Vec<UnitMap>,
        protos: ProtoTable,
        hook: Arc<HookDef>,
    ) -> Unit {
        let funcs = code.subprogs().iter().map(|s| FuncInfo { name: s.name.clone(), ..FuncInfo::default() }).collect();
        Unit {
            name: name.into(),
            section: String::new(),
            code,
            maps,
            protos,
            hook,
            funcs,
            lines: Vec::new(),
            poison: Vec::new(),
            gpl: false,
            exception_callback: None,
        }
    }

    /// What lookups in a map of maps give, as an index into `maps`: not a live map, but the shape of all that may be in
    /// it. It stands right behind the map of maps.
    #[must_use]
    pub fn inner_of(&self, map: u32) -> Option<u32> {
        let inner = self.maps.get(map as usize)?.spec.inner.as_deref()?;
        let next = map.checked_add(1)?;
        (self.maps.get(next as usize)?.spec == *inner).then_some(next)
    }

    /// The source line of an instruction: that of the last record at or before it.
    #[must_use]
    pub fn line_of(&self, insn: usize) -> Option<&LineInfo> {
        let after = self.lines.partition_point(|l| l.insn as usize <= insn);
        let line = self.lines.get(after.checked_sub(1)?)?;
        let sub = &self.code.subprogs()[self.code.subprog_of(insn)];
        (line.insn >= sub.start).then_some(line)
    }
}
