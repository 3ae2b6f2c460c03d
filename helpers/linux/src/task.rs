//! The thread that runs a program, and its machine.

use std::os::unix::fs::MetadataExt as _;

use rustix::process::{getgid, getpid, getuid};
use rustix::thread::gettid;
use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};
use stingless::{MapArg, MemOut, NonEmptyOut};

use crate::errno::{E2BIG, EAGAIN, EINVAL, ENOENT, EPERM};
use crate::map::CGROUPS;
use crate::misc::nanoseconds;

stingless::bpf_call_0! {
    /// The thread that runs the program: process in the high half, thread in the low one.
    #[id = 14]
    #[effects(no_trap)]
    pub fn bpf_get_current_pid_tgid(_caller) -> u64 {
        let [process, thread] = ids();
        u64::from(process) << 32 | u64::from(thread)
    }
}

fn ids() -> [u32; 2] {
    [getpid().as_raw_pid() as u32, gettid().as_raw_pid() as u32]
}

stingless::bpf_call_0! {
    /// Group and user that the program runs as: group in the high half.
    #[id = 15]
    #[effects(no_trap)]
    pub fn bpf_get_current_uid_gid(_caller) -> u64 {
        u64::from(getgid().as_raw()) << 32 | u64::from(getuid().as_raw())
    }
}

stingless::bpf_call_2! {
    /// Name of the thread that runs the program, shortened to the room there is, NUL-terminated. Returns 0.
    #[id = 16]
    #[effects(no_packet, no_trap)]
    pub fn bpf_get_current_comm(_caller, buf: NonEmptyOut) -> i64 {
        let mut buf = buf;
        let name = rustix::thread::name().unwrap_or_default();
        let bytes = name.as_bytes();
        // What is behind the name is zero already.
        let room = buf.len() - 1;
        buf.write(0, &bytes[..bytes.len().min(room)]);
        0
    }
}

stingless::bpf_call_4! {
    /// Thread and process, as the process namespace with this device and inode numbers them. Returns 0, or `-EINVAL`
    /// (and zeroes) where it is another than the host's, or `nsdata_len` is not 8.
    #[id = 120]
    #[effects(no_packet, no_trap)]
    pub fn bpf_get_ns_current_pid_tgid(_caller, dev: u64, ino: u64, nsdata: NonEmptyOut) -> i64 {
        let mut nsdata = nsdata;
        let own = std::fs::metadata("/proc/self/ns/pid").is_ok_and(|ns| (ns.dev(), ns.ino()) == (dev, ino));
        if nsdata.len() != 8 || !own {
            return EINVAL;
        }
        let [process, thread] = ids();
        nsdata.set(0, thread);
        nsdata.set(4, process);
        0
    }
}

stingless::bpf_call_2! {
    /// Whether the current task is under a control group. `-E2BIG` for an index beyond the map, `-EAGAIN` otherwise: the
    /// host keeps no groups.
    #[id = 37]
    #[effects(no_trap)]
    pub fn bpf_current_task_under_cgroup(_caller, map: MapArg<CGROUPS>, index: u32) -> i64 {
        if index < map.max_entries() { EAGAIN } else { E2BIG }
    }
}

stingless::bpf_call_0! {
    /// Number of the memory node: 0.
    #[id = 42]
    #[effects(no_trap)]
    pub fn bpf_get_numa_node_id(_caller) -> i64 {
        0
    }
}

/// Ticks a second, as most kernels are built.
const HZ: u64 = 250;

stingless::bpf_call_0! {
    /// Ticks of 4 ms since boot.
    #[id = 118]
    #[effects(no_trap)]
    pub fn bpf_jiffies64(_caller) -> u64 {
        nanoseconds(ClockId::Monotonic) / (1_000_000_000 / HZ)
    }
}

stingless::bpf_call_0! {
    /// As `bpf_ktime_get_ns`, as of the last tick: quicker.
    #[id = 160]
    #[effects(no_trap)]
    pub fn bpf_ktime_get_coarse_ns(_caller) -> u64 {
        nanoseconds(ClockId::MonotonicCoarse)
    }
}

stingless::bpf_call_0! {
    /// Nanoseconds since 1970 without leap seconds (`CLOCK_TAI`).
    #[id = 208]
    #[effects(no_trap)]
    pub fn bpf_ktime_get_tai_ns(_caller) -> u64 {
        // Kernels that have no such clock are older than programs that ask for it.
        let now = clock_gettime_dynamic(DynamicClockId::Tai);
        now.map_or(0, |now| (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64))
    }
}

stingless::bpf_call_0! {
    /// The address of the kernel's own record of the task: there is none, 0.
    #[id = 35]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_get_current_task(_caller) -> u64 {
        0
    }
}

stingless::bpf_call_0! {
    /// Number of the control group of the thread that runs the program: 0, the host keeps none.
    #[id = 80]
    #[effects(no_trap)]
    pub fn bpf_get_current_cgroup_id(_caller) -> u64 {
        0
    }
}

stingless::bpf_call_1! {
    /// Ancestor, at a level, of the control group of the thread that runs the program: 0, the host keeps none.
    #[id = 123]
    #[effects(no_trap)]
    pub fn bpf_get_current_ancestor_cgroup_id(_caller, _ancestor_level: i32) -> u64 {
        0
    }
}

stingless::bpf_call_1! {
    /// Sends a signal to the process: no plugin signals its host, `-EPERM`.
    #[id = 109]
    #[effects(no_trap)]
    pub fn bpf_send_signal(_caller, _sig: u32) -> i64 {
        EPERM
    }
}

stingless::bpf_call_1! {
    /// Sends a signal to the thread: no plugin signals its host, `-EPERM`.
    #[id = 117]
    #[effects(no_trap)]
    pub fn bpf_send_signal_thread(_caller, _sig: u32) -> i64 {
        EPERM
    }
}

stingless::bpf_call_3! {
    /// The processor's last branches: the host does not record them, `-ENOENT`, or `-EINVAL` where there are flags.
    #[id = 176]
    #[effects(no_packet, no_trap, gpl_only)]
    pub fn bpf_get_branch_snapshot(_caller, _entries: MemOut, flags: u64) -> i64 {
        if flags != 0 { EINVAL } else { ENOENT }
    }
}
