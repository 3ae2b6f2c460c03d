//! What a host knows of its network: routes and the size of packets.

use stingless::{CtxArg, InOut, NonEmptyMut};

use crate::errno::{EAFNOSUPPORT, EINVAL, ENODEV};
use crate::hooks::{SkBuff, Xdp};

/// A host's routes and interfaces: give them to [`Linker::host`](stingless::Linker::host). Without them there is no
/// interface, and programs get `-ENODEV`.
#[derive(Default)]
pub struct Routes {
    lookup: Option<Lookup>,
    mtu: Option<Mtu>,
}

type Lookup = Box<dyn Fn(&mut [u8; FIB], u32) -> i64 + Send + Sync>;
type Mtu = Box<dyn Fn(u32) -> Option<u32> + Send + Sync>;

impl Routes {
    /// No route and no interface.
    #[must_use]
    pub fn new() -> Routes {
        Routes::default()
    }

    /// Routes are looked up by this function: it is given a `struct bpf_fib_lookup` to fill in, with the helper's flags,
    /// and returns a `BPF_FIB_LKUP_RET_*` or a negative errno.
    #[must_use]
    pub fn lookup(mut self, lookup: impl Fn(&mut [u8; FIB], u32) -> i64 + Send + Sync + 'static) -> Routes {
        self.lookup = Some(Box::new(lookup));
        self
    }

    /// This function says how long an interface's packets may be, without the link layer's header; `None`: there is none
    /// of this number.
    #[must_use]
    pub fn mtu(mut self, mtu: impl Fn(u32) -> Option<u32> + Send + Sync + 'static) -> Routes {
        self.mtu = Some(Box::new(mtu));
        self
    }
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Routes")
    }
}

/// Bytes of `struct bpf_fib_lookup`.
pub const FIB: usize = 64;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// Every flag of `bpf_fib_lookup`.
const FIB_FLAGS: u32 = 0x3f;

stingless::bpf_call_4! {
    /// Looks a route up: `params` is a `struct bpf_fib_lookup` to fill in. Returns a `BPF_FIB_LKUP_RET_*`, `-EINVAL`,
    /// `-EAFNOSUPPORT`, or `-ENODEV` where the host has no such interface.
    #[id = 69]
    #[effects(no_packet, gpl_only)]
    pub fn bpf_fib_lookup(caller, _ctx: CtxArg, params: NonEmptyMut, flags: u32) -> i64 {
        let mut params = params;
        if params.len() < FIB || flags & !FIB_FLAGS != 0 {
            return EINVAL;
        }
        let mut bytes = [0; FIB];
        params.read(0, &mut bytes);
        if !matches!(bytes[0], AF_INET | AF_INET6) {
            return EAFNOSUPPORT;
        }
        let Some(lookup) = caller.try_host::<Routes>().and_then(|r| r.lookup.as_ref()) else { return ENODEV };
        let result = lookup(&mut bytes, flags);
        params.write(0, &bytes);
        result
    }
}

/// The packet is too long.
const FRAG_NEEDED: i64 = 1;
/// Segments are checked, not the whole.
const SEGMENTS: u64 = 1;
/// Bytes of the link layer's header.
const LINK: i64 = 14;
/// `BPF_PROG_TYPE_XDP`.
const XDP: u32 = 6;

stingless::bpf_call_5! {
    /// Whether the packet, `len_diff` bytes longer, may be sent on an interface (0: its own): 0, or 1 for too long. A
    /// length in `mtu_len` (without the link layer's header) stands for the packet's; afterwards it is the interface's
    /// most. Returns `-EINVAL` for flags, `-ENODEV` where the host has no such interface.
    #[id = 163]
    #[effects(no_packet)]
    pub fn bpf_check_mtu(caller, ctx: CtxArg, ifindex: u32, mtu_len: InOut<u32>, len_diff: i32, flags: u64) -> i64 {
        let mut mtu_len = mtu_len;
        let given = i64::from(mtu_len.get());
        let xdp = caller.linux_type() == XDP;
        let segments = flags & SEGMENTS != 0 && (len_diff != 0 || given != 0);
        if flags & !(if xdp { 0 } else { SEGMENTS }) != 0 || segments {
            return EINVAL;
        }
        let own = ctx
            .with::<Xdp<'_>, _>(caller, |xdp| (xdp.ingress_ifindex, xdp.data.len()))
            .or_else(|| ctx.with::<SkBuff<'_>, _>(caller, |skb| (skb.ifindex, skb.data.len())));
        let Some((interface, len)) = own else { return EINVAL };
        let mtu = caller.try_host::<Routes>().and_then(|r| r.mtu.as_ref());
        let Some(mtu) = mtu.and_then(|mtu| mtu(if ifindex == 0 { interface } else { ifindex })) else { return ENODEV };
        let len = if given != 0 { given + LINK } else { len as i64 } + i64::from(len_diff);
        mtu_len.set(mtu);
        if len <= i64::from(mtu) + LINK { 0 } else { FRAG_NEEDED }
    }
}
