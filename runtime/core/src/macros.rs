//! `bpf_call_0!` .. `bpf_call_5!`: the kernel's `BPF_CALL_n`, for Rust.

/// Defines a helper without arguments. See [`bpf_call_1!`](crate::bpf_call_1).
#[macro_export]
macro_rules! bpf_call_0 { ($($t:tt)*) => { $crate::__bpf_call! { 0, $($t)* } }; }

/// Defines a helper with one argument register.
///
/// ```
/// stingless::bpf_call_1! {
///     /// Twice its argument.
///     #[id = 1000]
///     pub fn twice(_caller, x: u64) -> u64 { x.wrapping_mul(2) }
/// }
/// use stingless::Helper;
/// assert_eq!(twice::proto().c_signature(), "__u64 twice(__u64 x)");
/// ```
///
/// The number in the macro's name counts argument *registers*: [`Mem`](crate::Mem) takes two (pointer and length).
/// A wrong number does not compile:
///
/// ```compile_fail
/// stingless::bpf_call_1! {
///     /// Two registers, said to be one.
///     #[id = 1001]
///     fn sum(_caller, data: stingless::Mem) -> u64 { data.len() as u64 }
/// }
/// ```
///
/// A handle to plugin memory cannot outlive the call:
///
/// ```compile_fail
/// stingless::bpf_call_2! {
///     /// Would let the helper keep plugin memory.
///     #[id = 1002]
///     fn keep(_caller, data: stingless::Mem<'static>) -> u64 { data.len() as u64 }
/// }
/// ```
///
/// After `#[id = N]` may stand `#[effects(gpl_only, invalidates_packet, no_trap, ...)]`. With `#[kfunc]` in its place the
/// helper has no number of its own: plugins call it by name (`extern __u64 twice(__u64 x) __ksym;`).
///
/// ```
/// stingless::bpf_call_1! {
///     /// Three times its argument.
///     #[kfunc]
///     pub fn thrice(_caller, x: u64) -> u64 { x.wrapping_mul(3) }
/// }
/// use stingless::Helper;
/// assert_eq!(thrice::proto().id, stingless::abi::kfunc_id("thrice"));
/// ```
#[macro_export]
macro_rules! bpf_call_1 { ($($t:tt)*) => { $crate::__bpf_call! { 1, $($t)* } }; }

/// Defines a helper with two argument registers. See [`bpf_call_1!`](crate::bpf_call_1).
#[macro_export]
macro_rules! bpf_call_2 { ($($t:tt)*) => { $crate::__bpf_call! { 2, $($t)* } }; }

/// Defines a helper with three argument registers. See [`bpf_call_1!`](crate::bpf_call_1).
#[macro_export]
macro_rules! bpf_call_3 { ($($t:tt)*) => { $crate::__bpf_call! { 3, $($t)* } }; }

/// Defines a helper with four argument registers. See [`bpf_call_1!`](crate::bpf_call_1).
#[macro_export]
macro_rules! bpf_call_4 { ($($t:tt)*) => { $crate::__bpf_call! { 4, $($t)* } }; }

/// Defines a helper with five argument registers. See [`bpf_call_1!`](crate::bpf_call_1).
#[macro_export]
macro_rules! bpf_call_5 { ($($t:tt)*) => { $crate::__bpf_call! { 5, $($t)* } }; }

#[doc(hidden)]
#[macro_export]
macro_rules! __bpf_call {
    ($n:literal,
     $(#[doc = $doc:expr])*
     #[kfunc]
     $(#[effects($($effect:ident),* $(,)?)])?
     $vis:vis fn $name:ident $($rest:tt)*
    ) => {
        $crate::__bpf_call! {
            $n,
            $(#[doc = $doc])*
            #[id = $crate::abi::kfunc_id(stringify!($name))]
            $(#[effects($($effect),*)])?
            $vis fn $name $($rest)*
        }
    };
    ($n:literal,
     $(#[doc = $doc:expr])*
     #[id = $id:expr]
     $(#[effects($($effect:ident),* $(,)?)])?
     $vis:vis fn $name:ident($caller:ident $(, $arg:ident : $ty:ty)* $(,)?) -> $ret:ty $body:block
    ) => {
        $(#[doc = $doc])*
        #[allow(non_camel_case_types, reason = "helpers carry their C name")]
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        const _: () = {
            const REGISTERS: usize = 0 $(+ <$ty as $crate::Arg<'_>>::REGS)*;
            assert!(REGISTERS == $n, "the number in bpf_call_n! counts argument registers: Mem takes two");

            fn body($caller: &mut $crate::Caller<'_> $(, $arg: $ty)*) -> $ret $body

            /// # Safety
            /// Called by engines alone, with arguments that keep `proto()` and the `vm` of the call in progress.
            unsafe extern "C" fn entry(r1: u64, r2: u64, r3: u64, r4: u64, r5: u64, vm: *mut $crate::VmCtx) -> u64 {
                // SAFETY: the verifier proved the arguments against `proto()`, and `vm` is the call's own record.
                unsafe {
                    $crate::__private::trampoline(vm, |call| {
                        let scope = $crate::__private::Scope::new();
                        let regs = [r1, r2, r3, r4, r5];
                        let mut next = 0usize;
                        let _ = (&scope, &regs, &mut next);
                        $(
                            let at = next;
                            next += <$ty as $crate::Arg<'_>>::REGS;
                            let $arg: $ty = <$ty as $crate::Arg<'_>>::take(&scope, &regs, at);
                        )*
                        let _ = next;
                        let mut caller = $crate::Caller::new(call.reborrow());
                        $crate::IntoRet::into_ret(body(&mut caller $(, $arg)*))
                    })
                }
            }

            // SAFETY: `entry` reads its registers exactly as `proto` declares them, both from the same list of types.
            unsafe impl $crate::Helper for $name {
                const ENTRY: $crate::__private::HelperFn = entry;

                fn proto() -> ::std::sync::Arc<$crate::abi::Proto> {
                    let mut args = ::std::vec::Vec::new();
                    $(<$ty as $crate::Arg<'_>>::describe(stringify!($arg), &mut args);)*
                    ::std::sync::Arc::new($crate::abi::Proto {
                        id: $id,
                        name: stringify!($name).into(),
                        args: args.into(),
                        ret: <$ret as $crate::IntoRet>::RET,
                        c_ret: <$ret as $crate::IntoRet>::C_TYPE.into(),
                        effects: $crate::__private::effects(&[$($(stringify!($effect)),*)?]),
                        doc: concat!($($doc, "\n"),*).trim().into(),
                    })
                }
            }

            impl $crate::HelperSource for $name {
                fn add_rows(&self, rows: &mut ::std::vec::Vec<$crate::HelperRow>) {
                    rows.push(<$name as $crate::Helper>::row());
                }
            }
        };
    };
}

/// A named set of helpers: `pub static BASE: Helpers = helpers![bpf_map_lookup_elem, OTHER_SET];`
#[macro_export]
macro_rules! helpers {
    ($($source:expr),* $(,)?) => { $crate::Helpers::new(&[$(&$source),*]) };
}

/// Defines the verdicts of a hook: an enum whose values are the low 32 bits of `r0`, consecutive.
///
/// ```
/// stingless::verdict! {
///     /// What to do with a request.
///     pub enum Action { /** Go on. */ Allow = 0, /** Refuse. */ Block = 1 }
/// }
/// ```
#[macro_export]
macro_rules! verdict {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        $vis enum $name { $($(#[$vmeta])* $variant = $value),* }

        impl $crate::FromVerdict for $name {
            const RANGE: ::core::option::Option<$crate::abi::VerdictRange> = {
                let values: &[i32] = &[$($value),*];
                let mut at = 1;
                while at < values.len() {
                    assert!(values[at] == values[at - 1] + 1, "verdicts are consecutive and in order");
                    at += 1;
                }
                ::core::option::Option::Some($crate::abi::VerdictRange { min: values[0], max: values[values.len() - 1] })
            };

            fn names() -> ::std::vec::Vec<(i32, &'static str)> {
                ::std::vec![$(($value, stringify!($variant))),*]
            }

            fn from_r0(r0: u64) -> ::core::option::Option<Self> {
                match r0 as u32 as i32 { $($value => ::core::option::Option::Some($name::$variant),)* _ => ::core::option::Option::None }
            }
        }
    };
}

/// Exports helpers from a `cdylib`: a pack that any host loads with [`Linker::pack`](crate::Linker::pack).
///
/// Each helper takes numbers, [`Mem`](crate::Mem), [`MemMut`](crate::MemMut) and their kin. It sees no
/// [`Caller`](crate::Caller): a pack has no part in the host's state. Give it once per library.
#[macro_export]
macro_rules! helper_pack {
    ($(
        $(#[doc = $doc:expr])*
        #[id = $id:expr]
        fn $name:ident($($arg:ident : $ty:ty),* $(,)?) -> $ret:ty $body:block
    )*) => {
        static __STINGLESS_HOST: ::std::sync::OnceLock<&'static $crate::__private::PackHost> =
            ::std::sync::OnceLock::new();

        $(
            $(#[doc = $doc])*
            #[allow(non_snake_case, reason = "helpers carry their C name")]
            mod $name {
                #[allow(unused_imports, reason = "a body may use anything that stands beside it")]
                use super::*;

                fn body($($arg: $ty),*) -> $ret $body

                /// # Safety
                /// Called by the host's engines alone, with arguments that keep `proto` and the `call` in progress.
                pub(super) unsafe extern "C" fn entry(
                    r1: u64, r2: u64, r3: u64, r4: u64, r5: u64, call: *mut $crate::VmCtx,
                ) -> u64 {
                    let Some(host) = __STINGLESS_HOST.get() else { return 0 };
                    // SAFETY: the host proved the arguments against `proto`, and `call` is the call in progress.
                    unsafe {
                        $crate::__private::pack_trampoline(host, call, |scope| {
                            let regs = [r1, r2, r3, r4, r5];
                            let mut next = 0usize;
                            let _ = (scope, &regs, &mut next);
                            $(
                                let at = next;
                                next += <$ty as $crate::Arg<'_>>::REGS;
                                let $arg: $ty = <$ty as $crate::Arg<'_>>::take(scope, &regs, at);
                            )*
                            let _ = next;
                            $crate::IntoRet::into_ret(body($($arg),*))
                        })
                    }
                }

                pub(super) fn proto() -> $crate::abi::Proto {
                    let mut args = ::std::vec::Vec::new();
                    $(<$ty as $crate::Arg<'_>>::describe(stringify!($arg), &mut args);)*
                    $crate::abi::Proto {
                        id: $id,
                        name: stringify!($name).into(),
                        args: args.into(),
                        ret: <$ret as $crate::IntoRet>::RET,
                        c_ret: <$ret as $crate::IntoRet>::C_TYPE.into(),
                        effects: $crate::__private::effects(&[]),
                        doc: concat!($($doc, "\n"),*).trim().into(),
                    }
                }
            }
        )*

        /// The pack's table, for the host that loads this library.
        ///
        /// # Safety
        /// `host` is a host's table, which lives as long as the process.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn stingless_helper_pack(
            host: *const $crate::__private::PackHost,
        ) -> *const $crate::__private::PackTable {
            static TABLE: ::std::sync::OnceLock<usize> = ::std::sync::OnceLock::new();
            // SAFETY: the caller's promise.
            if let Some(host) = unsafe { host.as_ref() } {
                let _ = __STINGLESS_HOST.set(host);
            }
            let table = TABLE.get_or_init(|| {
                let rows = ::std::vec![$(($name::proto(), $name::entry as $crate::__private::HelperFn)),*];
                $crate::__private::pack_table(rows).expose_provenance()
            });
            ::core::ptr::with_exposed_provenance(*table)
        }
    };
}
