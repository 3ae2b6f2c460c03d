//! Sockets of the host: looked up, looked into, given back.

use stingless::{
    AnySocket, Caller, CtxArg, FullSocketPtr, HeldSocket, KernelSocketPtr, ListenerPtr, Mem, Socket, SocketCommonPtr,
    SocketInfo, SocketPtr, TcpSocketPtr,
};

use crate::errno::{EINVAL, ENOENT, EOPNOTSUPP};
use crate::skb::edit;

/// Bytes of the two forms of `struct bpf_sock_tuple`: IPv4's and IPv6's.
const TUPLES: [usize; 2] = [12, 36];
/// Bytes of a TCP header without options.
const TCP_HEADER: usize = 20;
const TCP: u32 = 6;
const UDP: u32 = 17;
const AF_UNIX: u32 = 1;
const AF_INET6: u32 = 10;
// States of TCP.
const TIME_WAIT: u32 = 6;
const LISTEN: u32 = 10;
const NEW_SYN_RECV: u32 = 12;

/// What a program looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'q> {
    /// The protocol's number: 6 for TCP, 17 for UDP.
    pub protocol: u8,
    /// A `struct bpf_sock_tuple`: 12 bytes of IPv4, or 36 of IPv6. Source is the peer.
    pub tuple: &'q [u8],
    /// The network namespace as the program gave it: negative as 32 bits for its own.
    pub netns: u64,
    /// Sockets in their handshake are asked for, too.
    pub partial: bool,
}

type Look = dyn Fn(&Query<'_>) -> Option<SocketInfo> + Send + Sync;

/// A host's sockets: give them to [`Linker::host`](stingless::Linker::host). Without them look-ups find nothing.
pub struct Sockets {
    look: Box<Look>,
    numbered: Option<Box<Numbered>>,
}

type Numbered = dyn Fn(u64) -> Option<SocketInfo> + Send + Sync;

impl Sockets {
    /// Sockets are looked up by this function. The program sees the socket as it was then.
    #[must_use]
    pub fn new(look: impl Fn(&Query<'_>) -> Option<SocketInfo> + Send + Sync + 'static) -> Sockets {
        Sockets { look: Box::new(look), numbered: None }
    }

    /// This function gives the socket of a number that is in a map of sockets: one that the host put in, or
    /// [`SocketInfo::id`] of one that a program did. Without it, look-ups in such maps find nothing.
    #[must_use]
    pub fn numbered(mut self, find: impl Fn(u64) -> Option<SocketInfo> + Send + Sync + 'static) -> Sockets {
        self.numbered = Some(Box::new(find));
        self
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sockets")
    }
}

/// The socket of a number in a map.
pub(crate) fn numbered(caller: &Caller<'_>, number: u64) -> Option<SocketInfo> {
    caller.try_host::<Sockets>().and_then(|sockets| sockets.numbered.as_ref()?(number))
}

/// What a look-up finds: nothing where tuple, namespace or flags are such as Linux refuses.
fn look<const CLASS: u32>(
    caller: &mut Caller<'_>,
    tuple: &Mem<'_>,
    (netns, flags): (u64, u64),
    (protocol, partial): (u8, bool),
) -> HeldSocket<CLASS> {
    let own = (netns as u32 as i32) < 0;
    if flags != 0 || !TUPLES.contains(&tuple.len()) || !own && netns > i32::MAX as u64 {
        return HeldSocket::NULL;
    }
    let bytes = tuple.to_vec();
    let query = Query { protocol, tuple: &bytes, netns, partial };
    match caller.try_host::<Sockets>().and_then(|sockets| (sockets.look)(&query)) {
        Some(found) => HeldSocket::hold(caller, found),
        None => HeldSocket::NULL,
    }
}

stingless::bpf_call_5! {
    /// Looks a TCP socket up, connected or listening: a reference that `bpf_sk_release` gives back on every path, or NULL.
    #[id = 84]
    pub fn bpf_sk_lookup_tcp(caller, _ctx: CtxArg, tuple: Mem, netns: u64, flags: u64) -> SocketPtr {
        look(caller, &tuple, (netns, flags), (6, false))
    }
}

stingless::bpf_call_5! {
    /// Looks a UDP socket up. See `bpf_sk_lookup_tcp`.
    #[id = 85]
    pub fn bpf_sk_lookup_udp(caller, _ctx: CtxArg, tuple: Mem, netns: u64, flags: u64) -> SocketPtr {
        look(caller, &tuple, (netns, flags), (17, false))
    }
}

stingless::bpf_call_5! {
    /// Looks a TCP socket up, one in the middle of its handshake too. See `bpf_sk_lookup_tcp`.
    #[id = 99]
    pub fn bpf_skc_lookup_tcp(caller, _ctx: CtxArg, tuple: Mem, netns: u64, flags: u64) -> SocketCommonPtr {
        look(caller, &tuple, (netns, flags), (6, true))
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

stingless::bpf_call_1! {
    /// The full socket that a socket is, or NULL. Released with it.
    #[id = 95]
    #[effects(no_trap)]
    pub fn bpf_sk_fullsock(_caller, sk: AnySocket) -> FullSocketPtr {
        sk.full()
    }
}

stingless::bpf_call_1! {
    /// What TCP knows of a socket; NULL for other sockets. There as long as the socket is held.
    #[id = 96]
    #[effects(no_trap)]
    pub fn bpf_tcp_sock(_caller, sk: AnySocket) -> TcpSocketPtr {
        sk.tcp()
    }
}

stingless::bpf_call_1! {
    /// The socket that listens for a socket, or NULL. There until the run ends, and not to be released.
    #[id = 98]
    pub fn bpf_get_listener_sock(caller, sk: AnySocket) -> ListenerPtr {
        sk.listener(caller)
    }
}

/// Whether a socket is full, of that protocol, and IPv6's where that is asked.
fn is(sk: AnySocket<'_>, protocol: u32, ipv6: bool) -> bool {
    let info = sk.info();
    !info.partial && info.sock.protocol == protocol && (!ipv6 || info.sock.family == AF_INET6)
}

stingless::bpf_call_1! {
    /// A full TCP socket of IPv6, as the kernel's own type, or NULL. Programs do not look into it; it is released as what it was.
    #[id = 136]
    #[effects(no_trap)]
    pub fn bpf_skc_to_tcp6_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(is(sk, TCP, true))
    }
}

stingless::bpf_call_1! {
    /// A full TCP socket, as the kernel's own type, or NULL. Programs do not look into it; it is released as what it was.
    #[id = 137]
    #[effects(no_trap)]
    pub fn bpf_skc_to_tcp_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(is(sk, TCP, false))
    }
}

stingless::bpf_call_1! {
    /// A TCP socket past its end, as the kernel's own type, or NULL. Programs do not look into it; it is released as what it was.
    #[id = 138]
    #[effects(no_trap)]
    pub fn bpf_skc_to_tcp_timewait_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(sk.info().partial && sk.info().sock.state == TIME_WAIT)
    }
}

stingless::bpf_call_1! {
    /// A TCP socket in its handshake, as the kernel's own type, or NULL. Programs do not look into it; it is released as what it was.
    #[id = 139]
    #[effects(no_trap)]
    pub fn bpf_skc_to_tcp_request_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(sk.info().partial && sk.info().sock.state == NEW_SYN_RECV)
    }
}

stingless::bpf_call_1! {
    /// A UDP socket of IPv6, as the kernel's own type, or NULL. Programs do not look into it; it is released as what it was.
    #[id = 140]
    #[effects(no_trap)]
    pub fn bpf_skc_to_udp6_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(is(sk, UDP, true))
    }
}

stingless::bpf_call_1! {
    /// A full socket of this machine's own addresses (`AF_UNIX`), as the kernel's own type, or NULL. See `bpf_skc_to_tcp_sock`.
    #[id = 178]
    #[effects(no_trap)]
    pub fn bpf_skc_to_unix_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(!sk.info().partial && sk.info().sock.family == AF_UNIX)
    }
}

stingless::bpf_call_1! {
    /// A socket of multipath TCP, as the kernel's own type: hosts have none, NULL.
    #[id = 196]
    #[effects(no_trap)]
    pub fn bpf_skc_to_mptcp_sock(_caller, sk: AnySocket) -> KernelSocketPtr {
        sk.kernel(false)
    }
}

/// Whether a socket answers to SYN cookies.
fn listens(sk: AnySocket<'_>, th: &Mem<'_>) -> bool {
    let sock = &sk.info().sock;
    th.len() >= TCP_HEADER && sock.protocol == TCP && sock.state == LISTEN && !sk.info().partial
}

stingless::bpf_call_5! {
    /// Whether an ACK carries a cookie of the listening socket. The host makes none: `-ENOENT`, or `-EINVAL` for a socket
    /// that does not listen.
    #[id = 100]
    #[effects(no_trap)]
    pub fn bpf_tcp_check_syncookie(_caller, sk: AnySocket, _iph: Mem, th: Mem) -> i64 {
        if listens(sk, &th) { ENOENT } else { EINVAL }
    }
}

stingless::bpf_call_5! {
    /// A cookie for a SYN. The host makes none: `-EOPNOTSUPP`, or `-EINVAL` for a socket that does not listen.
    #[id = 110]
    #[effects(no_trap)]
    pub fn bpf_tcp_gen_syncookie(_caller, sk: AnySocket, _iph: Mem, th: Mem) -> i64 {
        if listens(sk, &th) { EOPNOTSUPP } else { EINVAL }
    }
}

stingless::bpf_call_3! {
    /// Says which socket gets the packet: the host finds it in `SkBuff::assigned`. Returns 0, or `-EINVAL` where there are
    /// flags.
    #[id = 124]
    pub fn bpf_sk_assign(caller, ctx: CtxArg, sk: AnySocket, flags: u64) -> i64 {
        if flags != 0 {
            return EINVAL;
        }
        edit(caller, ctx, |skb| {
            skb.assigned = Some(Box::new(sk.info().clone()));
            0
        })
    }
}
