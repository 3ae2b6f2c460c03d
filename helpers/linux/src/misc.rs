//! Time, random numbers, loops.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use stingless::abi::limits::MAX_LOOPS;
use stingless::{AnyNumber, CallbackCtx, HelperResult, LoopCallback};

pub(crate) fn nanoseconds(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

stingless::bpf_call_0! {
    /// Nanoseconds since boot, suspended time left out (`CLOCK_MONOTONIC`).
    #[id = 5]
    #[effects(no_trap)]
    pub fn bpf_ktime_get_ns(_caller) -> u64 {
        nanoseconds(ClockId::Monotonic)
    }
}

stingless::bpf_call_0! {
    /// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`).
    #[id = 125]
    #[effects(no_trap)]
    pub fn bpf_ktime_get_boot_ns(_caller) -> u64 {
        nanoseconds(ClockId::Boottime)
    }
}

thread_local! {
    /// State of this thread's generator; 0 before the first use.
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

/// Starts this thread's random numbers anew from a seed: for runs that must be reproducible.
pub fn seed_random(seed: u64) {
    RANDOM.with(|state| state.set(seed | 1));
}

/// SplitMix64 (Steele, Lea, Flood 2014): as good as Linux's, whose helper is not cryptographic either.
fn next_random() -> u64 {
    RANDOM.with(|state| {
        let mut s = state.get();
        if s == 0 {
            let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64);
            // The cell's address tells threads apart that start in the same nanosecond.
            s = time ^ (std::ptr::from_ref(state).addr() as u64).rotate_left(32) | 1;
        }
        s = s.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(s);
        let mut z = s;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

stingless::bpf_call_0! {
    /// A pseudo-random 32-bit number.
    #[id = 7]
    #[effects(no_trap)]
    pub fn bpf_get_prandom_u32(_caller) -> AnyNumber {
        AnyNumber((next_random() >> 32) as u32)
    }
}

stingless::bpf_call_0! {
    /// Number of the execution slot: what Linux's CPU number is to per-CPU maps.
    #[id = 8]
    #[effects(no_trap)]
    pub fn bpf_get_smp_processor_id(caller) -> u32 {
        caller.slot()
    }
}

stingless::bpf_call_4! {
    /// Calls `callback(0, ctx)`, `callback(1, ctx)` .. until it returns 1 or `count` calls were made. Returns how many
    /// were, `-E2BIG` for more than 1 << 23, `-EINVAL` for flags.
    #[id = 181]
    pub fn bpf_loop(caller, count: u32, callback: LoopCallback, ctx: CallbackCtx, flags: u64) -> HelperResult<i64> {
        if flags != 0 {
            return Ok(-22);
        }
        if count > MAX_LOOPS {
            return Ok(-7);
        }
        for index in 0..count {
            if caller.call_loop(callback, index.into(), ctx)? != 0 {
                return Ok(i64::from(index) + 1);
            }
        }
        Ok(count.into())
    }
}
