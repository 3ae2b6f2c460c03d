//! The hook that the corpus' own host defines, and its helpers.

use stingless::{Bytes, HelperResult, verdict};

verdict! {
    /// What becomes of an event.
    pub enum EventVerdict {
        /// It goes on.
        Pass = 0,
        /// It is refused.
        Deny = 1,
        /// There are too many.
        Limit = 2,
    }
}

/// An event of the test's host.
#[repr(C)]
#[derive(Debug, stingless::Ctx)]
#[ctx(hook = "test/event", verdict = EventVerdict,
      helpers = [stingless_helpers_linux::BASE, event_limit, event_fail, event_twice])]
pub struct Event<'a> {
    /// Kind.
    #[ctx(read)]
    pub kind: u32,
    /// Level, which programs may change.
    #[ctx(read, write)]
    pub level: u32,
    /// Text.
    #[ctx(data)]
    pub text: Bytes<'a>,
    /// Programs do not see this.
    pub note: &'static str,
}

/// State of the host.
#[derive(Debug)]
pub struct Limits(pub Vec<u64>);

stingless::bpf_call_1! {
    /// A limit of the host.
    #[id = 1000]
    pub fn event_limit(caller, which: u64) -> u64 {
        caller.host::<Limits>().0.get(which as usize).copied().unwrap_or(0)
    }
}

stingless::bpf_call_1! {
    /// Fails: 0 not at all, 1 by a panic, 2 and more by an error that says the number.
    #[id = 1001]
    pub fn event_fail(caller, how: u64) -> HelperResult {
        match how {
            0 => Ok(0),
            1 => panic!("event_fail was asked to panic"),
            _ => Err(caller.error(format!("event_fail was asked to fail with {how}, 0 is allowed"))),
        }
    }
}

stingless::bpf_call_1! {
    /// Twice a number; programs call it by its name.
    #[id = 1002]
    pub fn event_twice(_caller, x: u64) -> u64 {
        x.wrapping_mul(2)
    }
}
