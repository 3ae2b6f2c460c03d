//! The clock of deadlines.

/// CPU time of the calling thread, in nanoseconds.
pub(crate) fn thread_cpu_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live timespec of this frame that the call fills in; nothing else is touched.
    let rc = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    debug_assert_eq!(rc, 0, "Linux has this clock since 2.6.12");
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
