//! Spin locks in map values.

use stingless::{HelperResult, SpinLock};

stingless::bpf_call_1! {
    /// Takes the spin lock of a map value. One at a time, with no other helper called until it is given back.
    #[id = 93]
    #[effects(locks)]
    pub fn bpf_spin_lock(caller, lock: SpinLock) -> HelperResult<()> {
        lock.lock(caller)
    }
}

stingless::bpf_call_1! {
    /// Gives a spin lock back.
    #[id = 94]
    #[effects(no_trap, unlocks)]
    pub fn bpf_spin_unlock(caller, lock: SpinLock) -> () {
        lock.unlock(caller);
    }
}
