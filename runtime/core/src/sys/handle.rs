//! Objects of the host that a plugin borrows: a helper lends one, another takes it back, and the verifier sees to it that
//! every path gives back what it took. The plugin holds a number that means nothing outside of its run.

use std::marker::PhantomData;

use stingless_abi::object::KERNEL_SOCK;
use stingless_abi::{Arg as ArgRow, ArgKind, ObjectLayout, RefClass, Ret};

use super::args::{Arg, Scope};

/// What a helper returns that lends an object of class `CLASS`, a number that the host chooses: see
/// [`Caller::lend`](crate::Caller::lend).
#[derive(Clone, Copy, Debug)]
pub struct Lent<const CLASS: u32>(pub(crate) u64);

impl<const CLASS: u32> Lent<CLASS> {
    /// Nothing was lent.
    pub const NULL: Lent<CLASS> = Lent(0);
}

impl<const CLASS: u32> crate::helper::IntoRet for Lent<CLASS> {
    const RET: Ret = {
        // A key is no address: programs do not look behind it.
        assert!(ObjectLayout::of(CLASS).is_none() && CLASS != KERNEL_SOCK, "the number is one of the sockets'");
        Ret::AcquiredOrNull { class: RefClass::Host(CLASS), size_arg: None }
    };
    const C_TYPE: &'static str = "void *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}

/// An object of class `CLASS` that the plugin borrowed and still has. A helper with `#[effects(releases_arg1)]` takes it
/// back with [`Caller::take_back`](crate::Caller::take_back); others look at it with
/// [`Caller::lent`](crate::Caller::lent).
#[derive(Clone, Copy, Debug)]
pub struct Handle<'c, const CLASS: u32> {
    pub(crate) key: u64,
    _call: PhantomData<&'c Scope>,
}

// SAFETY: one register, declared as a reference of this class; the bits are looked up among what the run holds, and are
// never dereferenced.
unsafe impl<'c, const CLASS: u32> Arg<'c> for Handle<'c, CLASS> {
    const REGS: usize = 1;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        let kind = ArgKind::Acquired(RefClass::Host(CLASS));
        out.push(ArgRow { name: name.into(), c_type: "void *".into(), kind });
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        Handle { key: regs[at], _call: PhantomData }
    }
}
