//! Small system calls behind safe functions.

use std::io;
use std::time::Duration;

use crate::sync::AtomicU32;

/// Two random words from the kernel.
pub(crate) fn random_key() -> io::Result<[u64; 2]> {
    let mut bytes = [0u8; 16];
    let mut have = 0;
    while have < bytes.len() {
        let rest = &mut bytes[have..];
        // SAFETY: the buffer is valid for `rest.len()` bytes.
        let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(got) {
            Ok(n) => have += n,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    let (a, b) = bytes.split_at(8);
    let word = |half: &[u8]| half.iter().rev().fold(0u64, |acc, &byte| acc << 8 | u64::from(byte));
    Ok([word(a), word(b)])
}

/// Sleeps while `word` holds `expected`, at most for `timeout`; wakes spuriously too.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    let spec = timeout.map(|t| libc::timespec {
        tv_sec: libc::time_t::try_from(t.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: t.subsec_nanos().into(),
    });
    let spec = spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `word` and `spec` live across the call; FUTEX_WAIT reads both and writes neither.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, spec) };
}

/// Wakes everybody who sleeps on `word`.
pub(crate) fn futex_wake_all(word: &AtomicU32) {
    // SAFETY: FUTEX_WAKE uses the address as a key only.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// A full memory barrier on every thread of this process that is running (`membarrier`, private expedited).
/// `false` where the kernel refuses it.
pub(crate) fn barrier_everywhere() -> bool {
    // SAFETY: the command takes no pointer.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0 }
}

/// Registers this process for [`barrier_everywhere`]; `false` where the kernel refuses it.
pub(crate) fn register_barrier() -> bool {
    // SAFETY: the command takes no pointer.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 }
}
