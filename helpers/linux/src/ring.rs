//! Ring buffers.

use stingless::abi::{MapKind, MapKinds};
use stingless::{CallbackCtx, ConstScalar, DrainCallback, Errno, HelperResult, MapArg, Mem, Record, RecordPtr};

const RING: u64 = MapKinds::of(&[MapKind::Ringbuf]).0;
const USER_RING: u64 = MapKinds::of(&[MapKind::UserRingbuf]).0;

stingless::bpf_call_4! {
    /// Copies bytes into a record of their own. Returns 0 or a negative errno.
    #[id = 130]
    #[effects(no_packet, no_trap)]
    pub fn bpf_ringbuf_output(_caller, ring: MapArg<RING>, data: Mem, flags: u64) -> Errno {
        ring.ring_output(&data, flags)
    }
}

stingless::bpf_call_3! {
    /// Reserves a record of `size` bytes: a pointer that must be submitted or discarded on every path, or NULL.
    #[id = 131]
    #[effects(no_trap)]
    pub fn bpf_ringbuf_reserve(caller, ring: MapArg<RING>, size: ConstScalar, flags: u64) -> RecordPtr {
        ring.ring_reserve(caller, size.0, flags)
    }
}

stingless::bpf_call_2! {
    /// Hands a reserved record to the consumer.
    #[id = 132]
    #[effects(no_trap, releases_arg1)]
    pub fn bpf_ringbuf_submit(caller, record: Record, flags: u64) -> () {
        record.submit(caller, flags);
    }
}

stingless::bpf_call_2! {
    /// Gives a reserved record back: the consumer does not see it.
    #[id = 133]
    #[effects(no_trap, releases_arg1)]
    pub fn bpf_ringbuf_discard(caller, record: Record, flags: u64) -> () {
        record.discard(caller, flags);
    }
}

stingless::bpf_call_2! {
    /// Reads a figure of the ring: 0 = bytes not consumed yet, 1 = size, 2 = consumer position, 3 = producer position.
    #[id = 134]
    #[effects(no_trap)]
    pub fn bpf_ringbuf_query(_caller, ring: MapArg<RING>, what: u64) -> u64 {
        ring.ring_query(what)
    }
}

stingless::bpf_call_4! {
    /// Calls `callback_fn` with each sample of a user ring buffer that is ready, until it returns 1. Returns how many samples
    /// were drained, at most 128 K; `-EBUSY` while another call drains, `-EINVAL` for flags and for samples that are broken,
    /// `-E2BIG` for those that are too long.
    #[id = 209]
    pub fn bpf_user_ringbuf_drain(
        caller,
        map: MapArg<USER_RING>,
        callback_fn: DrainCallback,
        ctx: CallbackCtx,
        flags: u64
    ) -> HelperResult<i64> {
        map.drain(caller, callback_fn, ctx, flags)
    }
}
