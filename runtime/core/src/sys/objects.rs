//! Objects on the plugin's stack that only helpers touch, as helpers see them: words that outlive the call.

use stingless_abi::{Arg as ArgRow, ArgKind, ObjectAction, ObjectKind, Ret};

use super::args::{Arg, Scope};
use super::mem::MemMut;
use crate::helper::IntoRet;

/// The memory of an object. What it means is its helpers' business; no plugin code can have written it since it was made.
pub struct ObjectMem<'c> {
    mem: MemMut<'c>,
}

impl ObjectMem<'_> {
    /// The number at byte `off`. What the helper that made the object did not write is 0.
    ///
    /// # Panics
    /// If it is not all inside.
    #[must_use]
    pub fn get<T: super::mem::Number>(&self, off: usize) -> T {
        self.mem.get(off).unwrap_or_else(|| panic!("byte {off} is not in the object"))
    }

    /// Sets the number at byte `off`.
    ///
    /// # Panics
    /// If it is not all inside.
    pub fn set<T: super::mem::Number>(&mut self, off: usize, value: T) {
        self.mem.write(off, &value.to_bytes()[..T::SIZE]);
    }

    /// A pointer to the element at byte `off`, which the plugin may read until the iterator is destroyed.
    ///
    /// # Panics
    /// If it is not all inside.
    #[must_use]
    pub fn element(&self, off: usize) -> ElementPtr {
        assert!(off + 4 <= self.mem.len(), "byte {off} is not in the object");
        ElementPtr(self.mem.raw().0 + off as u64)
    }
}

/// A pointer to the 32-bit number that an iterator stands at; see [`ObjectMem::element`].
#[derive(Clone, Copy, Debug)]
pub struct ElementPtr(u64);

impl ElementPtr {
    /// There is no element left.
    pub const NULL: ElementPtr = ElementPtr(0);
}

impl IntoRet for ElementPtr {
    const RET: Ret = Ret::ElementOrNull { size: 4 };
    const C_TYPE: &'static str = "int *";

    fn into_ret(self) -> crate::HelperResult {
        Ok(self.0)
    }
}

macro_rules! object_args {
    ($($(#[$doc:meta])* $name:ident, $c:literal, $kind:ident, $action:ident;)*) => {
        $(
            $(#[$doc])*
            pub struct $name<'c>(ObjectMem<'c>);

            impl<'c> std::ops::Deref for $name<'c> {
                type Target = ObjectMem<'c>;

                fn deref(&self) -> &ObjectMem<'c> {
                    &self.0
                }
            }

            impl<'c> std::ops::DerefMut for $name<'c> {
                fn deref_mut(&mut self) -> &mut ObjectMem<'c> {
                    &mut self.0
                }
            }

            // SAFETY: one register, declared as an object of the kind; its memory is the row's size.
            unsafe impl<'c> Arg<'c> for $name<'c> {
                const REGS: usize = 1;

                fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
                    let kind = ArgKind::Object { kind: ObjectKind::$kind, action: ObjectAction::$action };
                    out.push(ArgRow { name: name.into(), c_type: $c.into(), kind });
                }

                unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
                    // SAFETY: the verifier proved that many bytes of stack at that address, the plugin's own, for this call.
                    let mut mem = unsafe { MemMut::new(regs[at], ObjectKind::$kind.row().size.into()) };
                    if matches!(ObjectAction::$action, ObjectAction::Make) {
                        mem.fill(0);
                    }
                    $name(ObjectMem { mem })
                }
            }
        )*
    };
}

object_args! {
    /// A `struct bpf_iter_num` to make.
    NewIterNum, "struct bpf_iter_num *", IterNum, Make;
    /// A `struct bpf_iter_num` to step.
    IterNum, "struct bpf_iter_num *", IterNum, Step;
    /// A `struct bpf_iter_num` to destroy.
    OldIterNum, "struct bpf_iter_num *", IterNum, Destroy;
}
