//! What a function's BTF type says of its arguments.

use std::collections::BTreeSet;

use stingless_abi::HookDef;
use stingless_isa::{Callee, Insn};

use crate::btf::{Btf, Kind, TypeId};
use crate::unit::{FuncArg, FuncInfo};

/// Registers that carry arguments.
const MAX_ARGS: usize = 5;

/// Starts of the subprograms that calls name. A function whose address is taken and that is never called is run by a
/// helper, with the arguments that the helper passes: it is not verified from the types of its own.
pub(crate) fn called(insns: &[Insn]) -> BTreeSet<u32> {
    insns.iter().filter_map(|i| if let Insn::Call(Callee::Local(start)) = i { Some(*start) } else { None }).collect()
}

/// The description of the function with this name and type; arguments for global functions only.
pub(crate) fn func_info(name: &str, global: bool, btf: Option<&Btf>, ty: TypeId, hook: &HookDef) -> FuncInfo {
    let mut info = FuncInfo { name: name.to_owned(), ..FuncInfo::default() };
    let Some(btf) = btf else { return info };
    let Some(Kind::Func { proto, .. }) = btf.get(ty).map(|t| &t.kind) else { return info };
    let Some(Kind::FuncProto { ret, params }) = btf.get(*proto).map(|t| &t.kind) else { return info };
    (info.typed, info.returns_scalar) = (true, is_scalar(btf.resolved(*ret)));
    info.params = params.iter().take(MAX_ARGS).map(|p| btf.string(p.name).to_owned()).collect();
    // Without types a function can only be verified where it is called.
    info.global = global;
    if global {
        let args = params.iter().enumerate().map(|(i, p)| match u32::try_from(i) {
            Ok(index) if i < MAX_ARGS => arg(btf, ty, index, p.ty, hook),
            Ok(_) | Err(_) => unsupported("arguments beyond the fifth"),
        });
        info.args = args.take(MAX_ARGS + 1).collect();
    }
    info
}

fn is_scalar(kind: &Kind) -> bool {
    matches!(kind, Kind::Int { size: 1..=8, .. } | Kind::Enum { .. })
}

fn unsupported(why: impl Into<String>) -> FuncArg {
    FuncArg::Unsupported(why.into())
}

fn arg(btf: &Btf, func: TypeId, index: u32, ty: TypeId, hook: &HookDef) -> FuncArg {
    let (mut ctx, mut nonnull) = (false, false);
    // Nobody writes more tags on one argument; what is not read makes the argument no more than memory.
    for tag in btf.tags(func, Some(index)).take(16) {
        match tag {
            "arg:ctx" => ctx = true,
            "arg:nonnull" => nonnull = true,
            // What pointers to memory are without a tag.
            "arg:nullable" => {}
            _ if tag.starts_with("arg:") => return unsupported(format!("the tag `{tag}`")),
            _ => {}
        }
    }
    let kind = btf.resolved(ty);
    if let Kind::Ptr(target) = kind {
        return if ctx || is_context(btf, *target, hook) { FuncArg::Ctx } else { memory(btf, *target, nonnull) };
    }
    if is_scalar(kind) && !ctx {
        FuncArg::Scalar
    } else {
        unsupported(format!("the type `{}`", btf.declare_briefly(ty)))
    }
}

/// Whether a pointer's target is the struct of the hook's context.
fn is_context(btf: &Btf, target: TypeId, hook: &HookDef) -> bool {
    let target = btf.resolve(target);
    let is_struct = matches!(btf.get(target).map(|t| &t.kind), Some(Kind::Struct(_) | Kind::Fwd { is_union: false }));
    is_struct && hook.ctx().is_some_and(|layout| layout.name == btf.name(target))
}

fn memory(btf: &Btf, target: TypeId, nonnull: bool) -> FuncArg {
    match btf.size_of(target) {
        Some(size) if size > 0 => FuncArg::Mem { size, nullable: !nonnull },
        Some(_) | None => {
            unsupported(format!("a pointer to `{}`, whose size is not known", btf.declare_briefly(target)))
        }
    }
}
