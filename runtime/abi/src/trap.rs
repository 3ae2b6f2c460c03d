//! Why a run stopped before its `exit`.

macro_rules! trap_kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $key:literal;)*) => {
        /// Kind of a trap. Numbers are ABI ([`VmCtx::trap`](crate::VmCtx)), 0 is no trap; keys are the JSON names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum TrapKind { $($(#[$doc])* $name = $number,)* }

        impl TrapKind {
            /// Every kind.
            pub const ALL: &'static [TrapKind] = &[$(TrapKind::$name,)*];

            /// The stable name in JSON and messages.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(TrapKind::$name => $key,)* }
            }

            /// The kind of a number found in a [`VmCtx`](crate::VmCtx).
            #[must_use]
            pub const fn from_number(n: u32) -> Option<TrapKind> {
                match n { $($number => Some(TrapKind::$name),)* _ => None }
            }
        }
    };
}

trap_kinds! {
    /// The call used up its deadline.
    Deadline = 1, "deadline";
    /// A helper returned an error.
    Helper = 2, "helper";
    /// A helper panicked.
    Panic = 3, "panic";
    /// Thread out of execution slots, or native stack exhausted by nesting.
    Resources = 4, "resources";
    /// Checked interpreter: an access outside of the memory given to the program.
    Memory = 5, "memory";
    /// Checked interpreter: a broken obligation of an instruction or helper call.
    Obligation = 6, "obligation";
    /// Checked interpreter: an exported fact that does not hold. Always a bug of the verifier.
    Fact = 7, "fact";
    /// The plugin called `bpf_throw`.
    Throw = 8, "throw";
    /// An unresolved reference was reached (only an `Assumed` program can).
    Poison = 9, "poison";
}
