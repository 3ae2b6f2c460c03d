//! Objects on the plugin's stack that only helpers touch, as helpers see them: words that outlive the call.

use std::marker::PhantomData;

use stingless_abi::{Arg as ArgRow, ArgKind, ObjectAction, ObjectKind, Ret};

use super::args::{Arg, Scope};
use super::mem::{Mem, MemMut};
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

/// As many 64-bit words of memory as the plugin says, at most `MOST`, to read; or NULL.
pub struct Words<'c, const MOST: u32> {
    addr: u64,
    count: u32,
    _call: PhantomData<&'c Scope>,
}

impl<const MOST: u32> Words<'_, MOST> {
    /// How many the plugin says there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.addr == 0
    }

    /// The words; `None` of NULL, and of more than `MOST`.
    #[must_use]
    pub fn to_vec(&self) -> Option<Vec<u64>> {
        if self.addr == 0 || self.count > MOST {
            return None;
        }
        // SAFETY: `take` had it from a register that was proved to point to that many words, where they are at most `MOST`.
        let mem = unsafe { Mem::new(self.addr, u64::from(self.count) * 8) };
        (0..self.count as usize).map(|at| mem.get(at * 8)).collect()
    }
}

// SAFETY: two registers, declared as words and a number; only `to_vec` reads them, as far as was proved.
unsafe impl<'c, const MOST: u32> Arg<'c> for Words<'c, MOST> {
    const REGS: usize = 2;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        let kind = ArgKind::Words { most: MOST };
        out.push(ArgRow { name: name.into(), c_type: "const __u64 *".into(), kind });
        out.push(ArgRow { name: "nr_words".into(), c_type: "__u32".into(), kind: ArgKind::Scalar });
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        Words { addr: regs[at], count: regs[at + 1] as u32, _call: PhantomData }
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
    /// A `struct bpf_iter_bits` to make.
    NewIterBits, "struct bpf_iter_bits *", IterBits, Make;
    /// A `struct bpf_iter_bits` to step.
    IterBits, "struct bpf_iter_bits *", IterBits, Step;
    /// A `struct bpf_iter_bits` to destroy.
    OldIterBits, "struct bpf_iter_bits *", IterBits, Destroy;
}
