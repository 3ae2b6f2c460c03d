//! Sockets of the host. It has none to show yet: lookups find nothing, and what a program does with one it found is
//! checked all the same.

use stingless::{CtxArg, Mem, Socket, SocketPtr};

/// Address families by the length of a tuple: IPv4's and IPv6's.
const TUPLES: [usize; 2] = [12, 36];

/// What a lookup finds: nothing.
fn look(tuple: &Mem<'_>) -> SocketPtr {
    // Linux refuses other lengths the same way.
    let _ = TUPLES.contains(&tuple.len());
    SocketPtr::NULL
}

stingless::bpf_call_5! {
    /// Looks a TCP socket up, connected or listening: a reference that `bpf_sk_release` gives back on every path, or NULL.
    #[id = 84]
    #[effects(no_trap)]
    pub fn bpf_sk_lookup_tcp(_caller, _ctx: CtxArg, tuple: Mem, _netns: u64, _flags: u64) -> SocketPtr {
        look(&tuple)
    }
}

stingless::bpf_call_5! {
    /// Looks a UDP socket up. See `bpf_sk_lookup_tcp`.
    #[id = 85]
    #[effects(no_trap)]
    pub fn bpf_sk_lookup_udp(_caller, _ctx: CtxArg, tuple: Mem, _netns: u64, _flags: u64) -> SocketPtr {
        look(&tuple)
    }
}

stingless::bpf_call_5! {
    /// Looks a TCP socket up, one in the middle of its handshake too. See `bpf_sk_lookup_tcp`.
    #[id = 99]
    #[effects(no_trap)]
    pub fn bpf_skc_lookup_tcp(_caller, _ctx: CtxArg, tuple: Mem, _netns: u64, _flags: u64) -> SocketPtr {
        look(&tuple)
    }
}

stingless::bpf_call_1! {
    /// Gives a socket back. Returns 0.
    #[id = 86]
    #[effects(no_trap, releases_arg1)]
    pub fn bpf_sk_release(caller, sock: Socket) -> i64 {
        sock.release(caller);
        0
    }
}
