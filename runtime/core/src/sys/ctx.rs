//! What a hook's context is to a call.

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{Entry, HelperSet, HookDef, Rights};

use crate::hook::{FromVerdict, HookParts};

/// A context type: made by `#[derive(Ctx)]`, or one of the built-in ones.
///
/// ```
/// use stingless::{Bytes, Ctx, Verdict};
///
/// /// What a `http/request` plugin sees. Field order is ABI.
/// #[repr(C)]
/// #[derive(Ctx)]
/// #[ctx(hook = "http/request", verdict = Verdict)]
/// struct Request<'a> {
///     #[ctx(read)]
///     client_ip: u32,
///     #[ctx(read, write)]
///     status: u32,
///     #[ctx(data)]
///     path: Bytes<'a>,
///     note: String, // no right: plugins do not see it
/// }
/// let hook = Request::def().hook;
/// let layout = hook.ctx().unwrap();
/// assert_eq!((layout.name.as_ref(), layout.size), ("stingless_request", 24));
/// assert_eq!(layout.fields[2].name, "path");
/// assert_eq!((layout.fields[3].name.as_ref(), layout.fields[3].off), ("path_end", 16));
/// ```
///
/// A writable field must be a plain number:
///
/// ```compile_fail
/// #[repr(C)]
/// #[derive(stingless::Ctx)]
/// #[ctx(hook = "x", verdict = u64)]
/// struct Bad { #[ctx(read, write)] flag: bool }
/// ```
///
/// # Safety
/// `def` describes the native layout of `Of`, and `regs` gives the registers that `def`'s entry asks for.
pub unsafe trait Ctx {
    /// The type with a given lifetime: what [`Plugin::call`](crate::Plugin::call) takes.
    type Of<'a>;
    /// What programs return.
    type Verdict: FromVerdict;

    /// The hook.
    fn def() -> HookParts;

    /// `r1` to `r5` at entry.
    #[doc(hidden)]
    fn regs(ctx: &mut Self::Of<'_>) -> [u64; 5];

    /// Sets a scalar field by its name; `false` where there is none of that name. For tools that know no type.
    fn set(ctx: &mut Self::Of<'_>, field: &str, value: u64) -> bool;

    /// Names and values of the scalar fields. For tools that know no type.
    fn values(ctx: &Self::Of<'_>) -> Vec<(&'static str, u64)>;
}

/// The hook `raw`: `r1` = memory, `r2` = its length in bytes. Returns any number.
#[derive(Clone, Copy, Debug)]
pub struct Raw;

// SAFETY: `Entry::Mem` asks for the address and the length of memory that may be read and written, which a
// `&mut [u8]` gives for as long as it is borrowed.
unsafe impl Ctx for Raw {
    type Of<'a> = &'a mut [u8];
    type Verdict = u64;

    fn def() -> HookParts {
        let hook = HookDef {
            name: "raw".into(),
            sections: Cow::Owned(vec!["raw".into(), "raw/*".into()]),
            linux_type: 0,
            types: Default::default(),
            entry: Entry::Mem { rights: Rights::READ_WRITE },
            verdict: None,
            verdicts: Cow::Owned(Vec::new()),
            helpers: HelperSet::All,
            packet_loads: false,
            btf: Arc::from([]),
        };
        HookParts { hook, helpers: Vec::new() }
    }

    fn regs(ctx: &mut Self::Of<'_>) -> [u64; 5] {
        [ctx.as_mut_ptr().expose_provenance() as u64, ctx.len() as u64, 0, 0, 0]
    }

    fn set(_: &mut Self::Of<'_>, _: &str, _: u64) -> bool {
        false
    }

    fn values(_: &Self::Of<'_>) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}
