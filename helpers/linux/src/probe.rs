//! Reads of addresses that nobody vouches for. A plugin shares the host's address space, so that none of them is ever
//! followed: every read fails as one of an address that is not there does, and the destination is zeroed.

use stingless::{Anything, MemOut};

use crate::errno::EFAULT;

stingless::bpf_call_3! {
    /// Reads memory of the process: always `-EFAULT`, and zeroes.
    #[id = 112]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_probe_read_user(_caller, _dst: MemOut, _unsafe_ptr: Anything) -> i64 {
        EFAULT
    }
}

stingless::bpf_call_3! {
    /// Reads memory of the kernel: always `-EFAULT`, and zeroes.
    #[id = 113]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_probe_read_kernel(_caller, _dst: MemOut, _unsafe_ptr: Anything) -> i64 {
        EFAULT
    }
}

stingless::bpf_call_3! {
    /// Reads a string of the process: always `-EFAULT`, and zeroes.
    #[id = 114]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_probe_read_user_str(_caller, _dst: MemOut, _unsafe_ptr: Anything) -> i64 {
        EFAULT
    }
}

stingless::bpf_call_3! {
    /// Reads a string of the kernel: always `-EFAULT`, and zeroes.
    #[id = 115]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_probe_read_kernel_str(_caller, _dst: MemOut, _unsafe_ptr: Anything) -> i64 {
        EFAULT
    }
}
