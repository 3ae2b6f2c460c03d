//! Helpers: what a host offers to plugins. One item gives name, number, prototype, C declaration, entry and doc.

use std::fmt;
use std::sync::Arc;

use stingless_abi::{Effects, Proto, Ret, Section};

pub(crate) use crate::vm::HelperError;

/// What a helper's body may return instead of a bare value: `Err` traps.
pub type HelperResult<T = u64> = Result<T, HelperError>;

/// A result that a helper's body may have.
pub trait IntoRet {
    /// What the verifier may assume of `r0`.
    const RET: Ret;
    /// C type in headers.
    const C_TYPE: &'static str;

    /// The 64 bits of `r0`.
    ///
    /// # Errors
    /// Whatever the body returned as an error.
    fn into_ret(self) -> HelperResult;
}

macro_rules! int_ret {
    ($($ty:ty, $c:literal, $min:expr, $max:expr;)*) => {
        $(impl IntoRet for $ty {
            const RET: Ret = Ret::Scalar { min: $min, max: $max };
            const C_TYPE: &'static str = $c;

            fn into_ret(self) -> HelperResult {
                // Sign-extension is meant: that is what the range says of signed types.
                Ok(self as i64 as u64)
            }
        })*
    };
}

int_ret! {
    u64, "__u64", i64::MIN, i64::MAX;
    i64, "long", i64::MIN, i64::MAX;
    u32, "__u32", 0, u32::MAX as i64;
    i32, "int", i32::MIN as i64, i32::MAX as i64;
    u16, "__u16", 0, u16::MAX as i64;
    u8, "__u8", 0, u8::MAX as i64;
    bool, "_Bool", 0, 1;
}

impl IntoRet for () {
    const RET: Ret = Ret::Void;
    const C_TYPE: &'static str = "void";

    fn into_ret(self) -> HelperResult {
        Ok(0)
    }
}

impl<T: IntoRet> IntoRet for HelperResult<T> {
    const RET: Ret = T::RET;
    const C_TYPE: &'static str = T::C_TYPE;

    fn into_ret(self) -> HelperResult {
        self.and_then(IntoRet::into_ret)
    }
}

/// A `__u32` of which a proof knows nothing, not even that its upper half is 0: what Linux says of most of its helpers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyNumber(pub u32);

impl IntoRet for AnyNumber {
    const RET: Ret = Ret::Scalar { min: i64::MIN, max: i64::MAX };
    const C_TYPE: &'static str = "__u32";

    fn into_ret(self) -> HelperResult {
        Ok(self.0.into())
    }
}

/// 0 or a negative errno, as most of Linux's helpers return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i64);

impl IntoRet for Errno {
    const RET: Ret = Ret::Scalar { min: -4095, max: 0 };
    const C_TYPE: &'static str = "long";

    fn into_ret(self) -> HelperResult {
        Ok(self.0.clamp(-4095, 0) as u64)
    }
}

/// A count or a negative errno: `-4095..=i32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountOrErrno(pub i64);

impl IntoRet for CountOrErrno {
    const RET: Ret = Ret::Scalar { min: -4095, max: i32::MAX as i64 };
    const C_TYPE: &'static str = "long";

    fn into_ret(self) -> HelperResult {
        Ok(self.0.clamp(-4095, i32::MAX.into()) as u64)
    }
}

/// What a helper does beside returning, as attributes of `bpf_call_n!` say it.
#[doc(hidden)]
#[must_use]
pub fn effects(attributes: &[&str]) -> Effects {
    let mut e = Effects { may_trap: true, ..Effects::default() };
    for a in attributes {
        match *a {
            "no_trap" => e.may_trap = false,
            "gpl_only" => e.gpl_only = true,
            "invalidates_packet" => e.invalidates_packet = true,
            "tail_call" => e.tail_call = true,
            "locks" => e.lock = Some(true),
            "unlocks" => e.lock = Some(false),
            "releases_arg1" => e.releases = Some(0),
            "throws" => e.throws = true,
            "writes_map" => e.writes_map = true,
            "no_packet" => e.no_packet = true,
            "read_enter" => e.section = Some(Section::ReadEnter),
            "read_leave" => e.section = Some(Section::ReadLeave),
            "preempt_off" => e.section = Some(Section::PreemptOff),
            "preempt_on" => e.section = Some(Section::PreemptOn),
            // The macro hands on identifiers only; an unknown one is a typing error that must not pass.
            other => unreachable!("unknown helper attribute `{other}`"),
        }
    }
    e
}

/// A helper as the linker keeps it: prototype, entry, environment.
#[derive(Clone)]
pub struct HelperRow {
    pub(crate) proto: Arc<Proto>,
    pub(crate) run: crate::vm::HelperRow,
}

impl HelperRow {
    /// The prototype.
    #[must_use]
    pub fn proto(&self) -> &Arc<Proto> {
        &self.proto
    }
}

impl fmt::Debug for HelperRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HelperRow({} {})", self.proto.id, self.proto.name)
    }
}

/// Anything that names helpers: one helper, or a set of them.
pub trait HelperSource {
    /// Adds the rows.
    fn add_rows(&self, rows: &mut Vec<HelperRow>);
}

/// A set of helpers with a name, made by [`helpers!`](crate::helpers).
#[derive(Clone, Copy)]
pub struct Helpers {
    sources: &'static [&'static (dyn HelperSource + Sync)],
}

impl Helpers {
    /// A set of these.
    #[must_use]
    pub const fn new(sources: &'static [&'static (dyn HelperSource + Sync)]) -> Helpers {
        Helpers { sources }
    }
}

impl HelperSource for Helpers {
    fn add_rows(&self, rows: &mut Vec<HelperRow>) {
        for source in self.sources {
            source.add_rows(rows);
        }
    }
}

impl HelperSource for Vec<HelperRow> {
    fn add_rows(&self, rows: &mut Vec<HelperRow>) {
        rows.extend(self.iter().cloned());
    }
}
