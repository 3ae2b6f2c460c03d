//! Where a program wants its packet to go.
//!
//! As in Linux, the helpers note the target for the thread, and the verdict says that there is one: a host that is given
//! `XDP_REDIRECT` or `TC_ACT_REDIRECT` takes the note with [`Redirect::take`].

use std::cell::RefCell;

use stingless::abi::{MapKind, MapKinds};
use stingless::{Caller, CtxArg, MapArg, MemOrNull};

use crate::errno::EINVAL;
use crate::hooks::SkBuff;

/// Where a packet is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// To whom.
    pub target: Target,
    /// The helper's flags.
    pub flags: u64,
}

/// To whom a packet is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An interface, by number.
    Interface(u32),
    /// The interface at the other end, in its namespace.
    Peer(u32),
    /// An interface, the link layer's addresses filled in by the host; the next hop as the program gave it
    /// (`struct bpf_redir_neigh`), empty for the route's own.
    Neighbour {
        /// The interface.
        interface: u32,
        /// The next hop.
        next_hop: Vec<u8>,
    },
    /// What a map has at an index.
    Map {
        /// Name of the map.
        map: String,
        /// Its kind.
        kind: MapKind,
        /// The index.
        index: u32,
        /// What it has there: an interface, a queue, or a CPU's queue size.
        value: u32,
    },
    /// All that a map has.
    Broadcast {
        /// Name of the map.
        map: String,
    },
}

thread_local! {
    static NOTED: RefCell<Option<Redirect>> = const { RefCell::new(None) };
}

impl Redirect {
    /// Takes what the last program on this thread noted: once, and only where its verdict says so.
    #[must_use]
    pub fn take() -> Option<Redirect> {
        NOTED.take()
    }
}

fn note(target: Target, flags: u64) {
    NOTED.set(Some(Redirect { target, flags }));
}

/// `BPF_PROG_TYPE_XDP`.
const XDP: u32 = 6;
const XDP_ABORTED: u64 = 0;
const XDP_REDIRECT: u64 = 4;
const TC_SHOT: u64 = 2;
const TC_REDIRECT: u64 = 7;
/// The packet arrives there, instead of leaving.
const INGRESS: u64 = 1;
/// To every interface of the map.
const BROADCAST: u64 = 1 << 3;
/// But not to the one it came from.
const EXCLUDE_INGRESS: u64 = 1 << 4;
/// Verdicts that `bpf_redirect_map` may give where there is no target.
const FALLBACK: u64 = 3;

stingless::bpf_call_2! {
    /// Sends the packet to an interface: return what this returns. In `xdp` flags are 0, in `tc` `BPF_F_INGRESS` may be.
    #[id = 23]
    #[effects(no_trap)]
    pub fn bpf_redirect(caller, ifindex: u32, flags: u64) -> u64 {
        let (allowed, refused, redirected) =
            if caller.linux_type() == XDP { (0, XDP_ABORTED, XDP_REDIRECT) } else { (INGRESS, TC_SHOT, TC_REDIRECT) };
        if flags & !allowed != 0 {
            return refused;
        }
        note(Target::Interface(ifindex), flags);
        redirected
    }
}

stingless::bpf_call_2! {
    /// Sends the packet to the interface at the other end of `ifindex`: return what this returns. Flags are 0.
    #[id = 155]
    #[effects(no_trap)]
    pub fn bpf_redirect_peer(_caller, ifindex: u32, flags: u64) -> u64 {
        if flags != 0 {
            return TC_SHOT;
        }
        note(Target::Peer(ifindex), flags);
        TC_REDIRECT
    }
}

/// Bytes of `struct bpf_redir_neigh`.
const NEIGH: usize = 20;

stingless::bpf_call_4! {
    /// Sends the packet to an interface, whose link layer the host fills in; `params` is a `struct bpf_redir_neigh` or
    /// NULL. Return what this returns. Flags are 0.
    #[id = 152]
    #[effects(no_packet, no_trap)]
    pub fn bpf_redirect_neigh(_caller, ifindex: u32, params: MemOrNull, flags: u64) -> u64 {
        if !params.is_empty() && params.len() < NEIGH || flags != 0 {
            return TC_SHOT;
        }
        note(Target::Neighbour { interface: ifindex, next_hop: params.to_vec() }, flags);
        TC_REDIRECT
    }
}

/// Kinds that packets are redirected to.
const TARGETS: u64 = MapKinds::of(&[MapKind::Devmap, MapKind::DevmapHash, MapKind::Cpumap, MapKind::Xskmap]).0;

stingless::bpf_call_3! {
    /// Sends the packet to what a map has at an index: return what this returns, `XDP_REDIRECT`, or the verdict in the low
    /// bits of `flags` where there is nothing. With `BPF_F_BROADCAST` to all that an interface map has.
    #[id = 51]
    #[effects(no_trap)]
    pub fn bpf_redirect_map(_caller, map: MapArg<TARGETS>, key: u32, flags: u64) -> u64 {
        let many = matches!(map.kind(), MapKind::Devmap | MapKind::DevmapHash);
        let allowed = FALLBACK | if many { BROADCAST | EXCLUDE_INGRESS } else { 0 };
        if flags & !allowed != 0 {
            return XDP_ABORTED;
        }
        let target = if flags & BROADCAST != 0 {
            Target::Broadcast { map: map.name().to_owned() }
        } else {
            let Some(value) = map.handle_at(key) else { return flags & FALLBACK };
            Target::Map { map: map.name().to_owned(), kind: map.kind(), index: key, value }
        };
        note(target, flags);
        XDP_REDIRECT
    }
}

/// Who takes copies of packets: give it to [`Linker::host`](stingless::Linker::host). Without one there is no interface.
pub struct Clones(CloneSink);

type CloneSink = Box<dyn Fn(u32, u64, &[u8]) -> bool + Send + Sync>;

impl Clones {
    /// The function is given the interface's number, the flags and the packet; `false`: there is no such interface.
    #[must_use]
    pub fn new(sink: impl Fn(u32, u64, &[u8]) -> bool + Send + Sync + 'static) -> Clones {
        Clones(Box::new(sink))
    }
}

impl std::fmt::Debug for Clones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clones")
    }
}

fn clone(caller: &Caller<'_>, skb: CtxArg<'_>, interface: u32, flags: u64) -> Option<bool> {
    let sink = caller.try_host::<Clones>()?;
    let packet = skb.with::<SkBuff<'_>, _>(caller, |skb| skb.data.as_slice().to_vec())?;
    Some((sink.0)(interface, flags, &packet))
}

stingless::bpf_call_3! {
    /// Sends a copy of the packet to an interface; the flag `BPF_F_INGRESS` lets it arrive there. Returns 0 or `-EINVAL`.
    #[id = 13]
    #[effects(invalidates_packet)]
    pub fn bpf_clone_redirect(caller, skb: CtxArg, ifindex: u32, flags: u64) -> i64 {
        if flags & !INGRESS != 0 {
            return EINVAL;
        }
        if clone(caller, skb, ifindex, flags) == Some(true) { 0 } else { EINVAL }
    }
}
