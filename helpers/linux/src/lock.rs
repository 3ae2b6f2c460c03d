//! Spin locks in map values, sections, exceptions.

use stingless::{HelperError, HelperResult, SpinLock};

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

stingless::bpf_call_0! {
    /// Enters a read-side section, which must be left before the program ends. A run is one in itself: nothing that it has
    /// looked up goes before it ends.
    #[kfunc]
    #[effects(no_trap, read_enter)]
    pub fn bpf_rcu_read_lock(_caller) -> () {}
}

stingless::bpf_call_0! {
    /// Leaves a read-side section.
    #[kfunc]
    #[effects(no_trap, read_leave)]
    pub fn bpf_rcu_read_unlock(_caller) -> () {}
}

stingless::bpf_call_0! {
    /// Counts one more reason not to be preempted, to be taken back before the program ends. Hosts are preempted all the
    /// same: no plugin can tell, for what it shares with others it shares under locks and atomics.
    #[kfunc]
    #[effects(no_trap, preempt_off)]
    pub fn bpf_preempt_disable(_caller) -> () {}
}

stingless::bpf_call_0! {
    /// Counts one less.
    #[kfunc]
    #[effects(no_trap, preempt_on)]
    pub fn bpf_preempt_enable(_caller) -> () {}
}

stingless::bpf_call_1! {
    /// Ends the program from however deep. Its result is what its callback for exceptions (`__exception_cb`) makes of the
    /// cookie, or the cookie where there is none.
    #[kfunc]
    #[effects(throws)]
    pub fn bpf_throw(_caller, cookie: u64) -> HelperResult<()> {
        Err(HelperError::exception(cookie))
    }
}
