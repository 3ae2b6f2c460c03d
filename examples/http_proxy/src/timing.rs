//! How long calls take, as a histogram that any thread adds to: a mean says little where a thread is preempted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of a doubling: a bucket is at most 25 % wide.
const STEPS: usize = 4;
/// Doublings: up to some 18 minutes.
const DOUBLINGS: usize = 40;

/// A histogram of durations.
#[derive(Debug)]
pub struct Timing {
    buckets: [AtomicU64; STEPS * DOUBLINGS],
    sum: AtomicU64,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing { buckets: [const { AtomicU64::new(0) }; STEPS * DOUBLINGS], sum: AtomicU64::new(0) }
    }
}

impl Timing {
    /// Adds one.
    pub fn add(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(ns)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(ns, Ordering::Relaxed);
    }

    /// How many were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).sum()
    }

    /// Their sum in nanoseconds.
    #[must_use]
    pub fn sum_ns(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// The nanoseconds that `percent` of all do not exceed, up to a bucket's width; 0 where there is none.
    #[must_use]
    pub fn percentile_ns(&self, percent: f64) -> u64 {
        let counts: Vec<u64> = self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).collect();
        let rank = (percent / 100.0 * counts.iter().sum::<u64>() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let reached = counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        reached.map_or(0, upper)
    }
}

/// The bucket of a number of nanoseconds: its highest bit, and the two below.
fn bucket(ns: u64) -> usize {
    if ns < STEPS as u64 {
        return ns as usize;
    }
    let doubling = ns.ilog2() as usize;
    let step = (ns >> (doubling - 2)) as usize & (STEPS - 1);
    ((doubling - 1) * STEPS + step).min(STEPS * DOUBLINGS - 1)
}

/// The greatest number of nanoseconds of a bucket.
fn upper(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let (doubling, step) = (bucket / STEPS + 1, bucket % STEPS);
    (((STEPS + step + 1) as u64) << (doubling - 2)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_a_bucket_that_ends_at_or_just_above_it() {
        for ns in (0..5000).chain([1 << 20, (1 << 30) + 12345]) {
            let end = upper(bucket(ns));
            assert!(end >= ns && end <= ns + ns / 4, "{ns} {end}");
            assert!(bucket(ns) == 0 || upper(bucket(ns) - 1) < ns, "{ns}");
        }
        assert_eq!(bucket(u64::MAX), STEPS * DOUBLINGS - 1);
    }

    #[test]
    fn percentiles_are_upper_ends_of_buckets() {
        let t = Timing::default();
        assert_eq!(t.percentile_ns(50.0), 0);
        for _ in 0..99 {
            t.add(Duration::from_nanos(100));
        }
        t.add(Duration::from_millis(1));
        assert!((100..125).contains(&t.percentile_ns(50.0)) && (100..125).contains(&t.percentile_ns(99.0)));
        assert!(t.percentile_ns(100.0) >= 1_000_000);
        assert_eq!((t.count(), t.sum_ns()), (100, 99 * 100 + 1_000_000));
    }
}
