//! `bpf_perf_event_output`: bytes for the host.

use stingless::abi::MapKind;
use stingless::{CtxArg, MapArg, Mem, NonEmptyOut};

use crate::errno::{E2BIG, EFAULT, EINVAL, ENOENT};
use crate::hooks::{SkBuff, SocketFilter, Xdp};

/// What a program sent.
#[derive(Clone, Copy, Debug)]
pub struct Event<'e> {
    /// Name of the map that it sent it through.
    pub map: &'e str,
    /// The index in the map: the execution slot, where the program asked for its own.
    pub index: u32,
    /// What it gave, and behind it as much of the packet as it asked for.
    pub data: &'e [u8],
}

/// Where the host wants events: give it to [`Linker::host`](stingless::Linker::host). Without one nobody listens, and
/// programs get `-ENOENT`.
pub struct Events(Box<dyn Fn(Event<'_>) + Send + Sync>);

impl Events {
    /// Events go to this function.
    #[must_use]
    pub fn new(sink: impl Fn(Event<'_>) + Send + Sync + 'static) -> Events {
        Events(Box::new(sink))
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

const BUFFERS: u64 = MapKind::PerfEventArray.bit().0;
/// The index in the flags; all ones: this CPU's.
const INDEX: u64 = 0xffff_ffff;
/// How much of the packet is appended.
const PACKET: u64 = 0xf_ffff << 32;

stingless::bpf_call_5! {
    /// Sends bytes to the host. The low half of `flags` is the map's index or `BPF_F_CURRENT_CPU`, bits 32 to 51 how many
    /// bytes of the packet are appended. Returns 0, `-EINVAL`, `-EFAULT` (no such packet bytes), `-E2BIG` (no such index)
    /// or `-ENOENT` (nobody listens).
    #[id = 25]
    #[effects(no_packet, gpl_only)]
    pub fn bpf_perf_event_output(caller, ctx: CtxArg, map: MapArg<BUFFERS>, flags: u64, data: Mem) -> i64 {
        if flags & !(INDEX | PACKET) != 0 {
            return EINVAL;
        }
        let len = ((flags & PACKET) >> 32) as usize;
        let own = |data: &stingless::Packet<'_>| data.get(0, len).map(<[u8]>::to_vec);
        let packet = ctx
            .with::<Xdp<'_>, _>(caller, |xdp| own(&xdp.data))
            .or_else(|| ctx.with::<SkBuff<'_>, _>(caller, |skb| own(&skb.data)))
            .or_else(|| ctx.with::<SocketFilter<'_>, _>(caller, |skb| own(&skb.data)));
        let Some(packet) = packet.flatten() else { return EFAULT };
        let index = if flags & INDEX == INDEX { caller.slot() } else { (flags & INDEX) as u32 };
        if index >= map.max_entries() {
            return E2BIG;
        }
        let Some(events) = caller.try_host::<Events>() else { return ENOENT };
        let mut bytes = data.to_vec();
        bytes.extend(packet);
        (events.0)(Event { map: map.name(), index, data: &bytes });
        0
    }
}

/// A counter of the machine at an index: no host lends one. `-EINVAL`, `-E2BIG` (no such index) or `-ENOENT`.
fn counter(caller: &stingless::Caller<'_>, map: &MapArg<'_, BUFFERS>, flags: u64) -> i64 {
    if flags & !INDEX != 0 {
        return EINVAL;
    }
    let index = if flags & INDEX == INDEX { caller.slot() } else { flags as u32 };
    if index >= map.max_entries() { E2BIG } else { ENOENT }
}

stingless::bpf_call_2! {
    /// Reads a counter of the machine. The host lends none: `-ENOENT`, `-E2BIG` for an index beyond the map, or `-EINVAL`.
    #[id = 22]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_perf_event_read(caller, map: MapArg<BUFFERS>, flags: u64) -> i64 {
        counter(caller, &map, flags)
    }
}

stingless::bpf_call_4! {
    /// Reads a counter of the machine and how long it ran. See `bpf_perf_event_read`; zeroes what it would fill.
    #[id = 55]
    #[effects(no_packet, no_trap, gpl_only)]
    pub fn bpf_perf_event_read_value(caller, map: MapArg<BUFFERS>, flags: u64, buf: NonEmptyOut) -> i64 {
        if buf.len() != 24 { EINVAL } else { counter(caller, &map, flags) }
    }
}
