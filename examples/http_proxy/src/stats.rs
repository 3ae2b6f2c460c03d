//! Latencies of a run: few enough to keep them all.

use std::time::Duration;

/// Latencies, sorted when asked.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    ns: Vec<u64>,
}

impl Latencies {
    /// Adds one.
    pub fn push(&mut self, latency: Duration) {
        self.ns.push(latency.as_nanos().try_into().unwrap_or(u64::MAX));
    }

    /// Adds all of another run.
    pub fn merge(&mut self, other: Latencies) {
        self.ns.extend(other.ns);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ns.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ns.is_empty()
    }

    /// The latency that `percent` of all do not exceed (nearest rank); zero where there is none.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        let mut sorted = self.ns.clone();
        sorted.sort_unstable();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        Duration::from_nanos(sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut l = Latencies::default();
        assert_eq!(l.percentile(50.0), Duration::ZERO);
        for ns in (1..=200).rev() {
            l.push(Duration::from_nanos(ns));
        }
        assert_eq!(l.percentile(50.0), Duration::from_nanos(100));
        assert_eq!(l.percentile(99.0), Duration::from_nanos(198));
        assert_eq!(l.percentile(100.0), Duration::from_nanos(200));
        assert_eq!(l.percentile(0.0), Duration::from_nanos(1));
    }
}
