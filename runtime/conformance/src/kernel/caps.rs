//! Capability states, so that the live kernel judges as it does for untrusted plugins.

use std::io;

/// What the thread that loads programs may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caps {
    /// Everything that this process may.
    Full,
    /// `CAP_BPF` and `CAP_NET_ADMIN`, and neither `CAP_PERFMON` nor `CAP_SYS_ADMIN`: no pointer leaks, no uninitialised
    /// stack, hardening against speculation.
    NoPerfmon,
}

const CAP_NET_ADMIN: u32 = 12;
const CAP_BPF: u32 = 39;
/// `_LINUX_CAPABILITY_VERSION_3`.
const VERSION: u32 = 0x2008_0522;

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

/// Effective, permitted and inheritable sets: low words, then high words.
#[repr(C)]
struct Sets {
    words: [u32; 6],
}

/// Runs `work` on a thread of its own with these capabilities; other threads keep theirs.
///
/// # Errors
/// The system does not let the thread reduce its capabilities.
///
/// # Panics
/// If `work` panics.
pub fn with_caps<T: Send>(caps: Caps, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let on_thread = move || {
        if caps == Caps::NoPerfmon {
            reduce()?;
        }
        Ok(work())
    };
    std::thread::scope(|scope| match scope.spawn(on_thread).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

fn reduce() -> io::Result<()> {
    let mut header = Header { version: VERSION, pid: 0 };
    let low = 1 << CAP_NET_ADMIN;
    let high = 1 << (CAP_BPF - 32);
    let sets = Sets { words: [low, low, 0, high, high, 0] };
    // SAFETY: both structs are as `capset(2)` says for this version; it changes the calling thread alone.
    let r = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, &raw const sets) };
    if r < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
