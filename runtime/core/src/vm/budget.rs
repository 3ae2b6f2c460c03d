//! The deadline: steps are counted down, and only when they run out is the clock read.

use std::time::Duration;

use crate::sys::clock::thread_cpu_ns;

/// Steps before the clock is read for the first time, which is when the call's time begins to count: a few microseconds.
const FIRST_STEPS: i64 = 1024;
/// Steps that a callback costs beside its instructions: the way through the helper and back.
pub(crate) const CALLBACK_STEPS: u64 = 16;
/// How often the clock should be read: nanoseconds of thread CPU time between two looks.
const LOOK_EVERY_NS: u64 = 100_000;
const MIN_STEPS: i64 = 64;
const MAX_STEPS: i64 = 1 << 22;

/// What a call may still use. The clock is read lazily: a short call never does (reading it is a system call).
#[derive(Debug)]
pub(crate) struct Budget {
    allowed: Option<Duration>,
    /// Thread CPU time, in nanoseconds, at which the call ends; unknown before the first look.
    ends: Option<u64>,
    last_look: u64,
    granted: i64,
}

impl Budget {
    /// A budget of thread CPU time; `None` for no bound. Gives the first number of steps too.
    pub(crate) fn new(allowed: Option<Duration>) -> (Budget, i64) {
        let granted = if allowed.is_some() { FIRST_STEPS } else { i64::MAX };
        (Budget { allowed, ends: None, last_look: 0, granted }, granted)
    }

    /// The next number of steps, or the time that was allowed when it is used up.
    pub(crate) fn refill(&mut self) -> Result<i64, Duration> {
        let Some(allowed) = self.allowed else { return Ok(i64::MAX) };
        let now = thread_cpu_ns();
        let Some(ends) = self.ends else {
            self.ends = Some(now.saturating_add(allowed.as_nanos().min(u64::MAX.into()) as u64));
            self.last_look = now;
            return Ok(self.granted);
        };
        if now >= ends {
            return Err(allowed);
        }
        // Aim at one look in LOOK_EVERY_NS, or at the deadline if that is nearer.
        let took = (now - self.last_look).max(1);
        let want = LOOK_EVERY_NS.min(ends - now);
        let steps = (u128::from(want) * self.granted as u128 / u128::from(took)).min(MAX_STEPS as u128) as i64;
        self.last_look = now;
        self.granted = steps.clamp(MIN_STEPS, self.granted.saturating_mul(8).max(MIN_STEPS));
        Ok(self.granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_bound_it_never_ends() {
        let (mut budget, first) = Budget::new(None);
        assert_eq!(first, i64::MAX);
        assert_eq!(budget.refill(), Ok(i64::MAX));
    }

    #[test]
    fn it_ends_after_the_time_allowed() {
        let allowed = Duration::from_millis(3);
        let (mut budget, _) = Budget::new(Some(allowed));
        let start = thread_cpu_ns();
        let mut looks = 0;
        while budget.refill().is_ok() {
            looks += 1;
            std::hint::black_box((0..500u64).sum::<u64>());
        }
        let used = thread_cpu_ns() - start;
        assert!(looks > 1 && used >= 3_000_000, "{looks} looks, {used} ns");
    }
}
