//! Closures as helpers: the row's environment is the closure.

use std::sync::Arc;

use stingless_abi::{Arg as ArgRow, Proto, VmCtx};

use super::args::Arg;
use super::entry::trampoline;
use crate::caller::Caller;
use crate::helper::{HelperRow, IntoRet, effects};

/// A closure that can be a helper: its arguments are up to five numbers after the caller.
pub trait HelperFn<Args>: Send + Sync + 'static {
    /// Appends the argument rows.
    #[doc(hidden)]
    fn describe(args: &mut Vec<ArgRow>);

    /// The result's row and C type.
    #[doc(hidden)]
    fn ret() -> (stingless_abi::Ret, &'static str);

    /// Calls it with argument registers.
    #[doc(hidden)]
    fn invoke(&self, caller: &mut Caller<'_>, regs: &[u64; 5]) -> crate::HelperResult;
}

/// A number that fits an argument register.
pub trait HelperArg: for<'c> Arg<'c> + 'static {
    /// Reads the register.
    #[doc(hidden)]
    fn of(reg: u64) -> Self;
}

macro_rules! helper_arg {
    ($($ty:ty),*) => {
        $(impl HelperArg for $ty {
            fn of(reg: u64) -> Self {
                reg as $ty
            }
        })*
    };
}

helper_arg!(u64, i64, u32, i32, u16, u8);

macro_rules! helper_fn {
    ($($arg:ident $at:literal $name:literal),*) => {
        impl<Func, Res, $($arg),*> HelperFn<(Res, $($arg,)*)> for Func
        where
            Func: Fn(&mut Caller<'_>, $($arg),*) -> Res + Send + Sync + 'static,
            Res: IntoRet,
            $($arg: HelperArg,)*
        {
            fn describe(args: &mut Vec<ArgRow>) {
                $(<$arg as Arg<'_>>::describe($name, args);)*
                // A function without arguments pushes nothing.
                let _ = args;
            }

            fn ret() -> (stingless_abi::Ret, &'static str) {
                (Res::RET, Res::C_TYPE)
            }

            fn invoke(&self, caller: &mut Caller<'_>, regs: &[u64; 5]) -> crate::HelperResult {
                let _ = regs;
                self(caller, $($arg::of(regs[$at])),*).into_ret()
            }
        }
    };
}

helper_fn!();
helper_fn!(A 0 "a");
helper_fn!(A 0 "a", B 1 "b");
helper_fn!(A 0 "a", B 1 "b", C 2 "c");
helper_fn!(A 0 "a", B 1 "b", C 2 "c", D 3 "d");
helper_fn!(A 0 "a", B 1 "b", C 2 "c", D 3 "d", E 4 "e");

/// The row of a closure.
pub(crate) fn row<Args, F: HelperFn<Args>>(id: u32, name: &str, f: F) -> HelperRow {
    let mut args = Vec::new();
    F::describe(&mut args);
    let (ret, c_ret) = F::ret();
    let proto = Proto {
        id,
        name: name.to_owned().into(),
        args: args.into(),
        ret,
        c_ret: c_ret.into(),
        effects: effects(&[]),
        doc: "A closure of the host.".into(),
    };
    let env = Arc::new(f);
    let env_addr = Arc::as_ptr(&env).expose_provenance() as u64;
    let run = crate::vm::HelperRow { entry: entry::<Args, F>, env: env_addr, keep: Some(env) };
    HelperRow { proto: Arc::new(proto), run }
}

/// # Safety
/// Called by engines alone, with arguments that keep the row's prototype, `vm.env` the row's own, and the `vm` of the
/// call in progress.
unsafe extern "C" fn entry<Args, F: HelperFn<Args>>(
    r1: u64,
    r2: u64,
    r3: u64,
    r4: u64,
    r5: u64,
    vm: *mut VmCtx,
) -> u64 {
    // SAFETY: `vm` is the call's record, which outlives the call; rows with an environment have it stored there right
    // before the call.
    let env = unsafe { (*vm).env };
    // SAFETY: `env` is the `Arc<F>` of the row made by `row::<Args, F>` together with this entry; the program keeps
    // the row, so the closure lives at least as long as the call.
    let f: &F = unsafe { &*std::ptr::with_exposed_provenance::<F>(env as usize) };
    // SAFETY: `vm` is the call's own record.
    unsafe { trampoline(vm, |call| f.invoke(&mut Caller::new(call.reborrow()), &[r1, r2, r3, r4, r5])) }
}
