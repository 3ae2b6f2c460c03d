//! Maps, iteration over them, tail calls.

use crate::sock::numbered;
use stingless::abi::{MapKind, MapKinds};
use stingless::{
    Anything, CallbackCtx, CtxArg, Errno, ForEachCallback, HelperResult, Key, MapArg, ValueIn, ValueOut, ValuePtr,
    ValuePtrMaybe,
};

/// Kinds that programs iterate over.
const ITERABLE: u64 = MapKinds::of(&[
    MapKind::Hash,
    MapKind::Array,
    MapKind::LruHash,
    MapKind::PercpuHash,
    MapKind::PercpuArray,
    MapKind::LruPercpuHash,
])
.0;
/// Kinds with elements that programs change by key.
const KEYED: u64 = ITERABLE | MapKind::LpmTrie.bit().0;
/// Kinds with elements that programs delete by key.
const DELETED: u64 = KEYED | SOCKETS;
/// Kinds with elements that programs look up by key.
const FOUND: u64 = KEYED
    | SOCKETS
    | MapKinds::of(&[MapKind::Devmap, MapKind::DevmapHash, MapKind::Xskmap, MapKind::ArrayOfMaps, MapKind::HashOfMaps])
        .0;
/// Kinds of sockets.
const SOCKETS: u64 = MapKinds::of(&[MapKind::Sockmap, MapKind::Sockhash]).0;
/// Kinds with elements that programs put in by key.
const PUT: u64 = KEYED | SOCKETS;
/// Kinds with a value for each execution slot.
const PER_SLOT: u64 = MapKinds::of(&[MapKind::PercpuArray, MapKind::PercpuHash, MapKind::LruPercpuHash]).0;
/// Kinds whose values have no keys.
const PUSHED: u64 = MapKinds::of(&[MapKind::Queue, MapKind::Stack, MapKind::BloomFilter]).0;
const POPPED: u64 = MapKinds::of(&[MapKind::Queue, MapKind::Stack]).0;
/// Control groups.
pub(crate) const CGROUPS: u64 = MapKind::CgroupArray.bit().0;
/// Prog arrays.
const PROGRAMS: u64 = MapKinds::of(&[MapKind::ProgArray]).0;

stingless::bpf_call_2! {
    /// Looks a key up. Returns a pointer to the value, valid until the program returns, or NULL. In a map of sockets it is a
    /// socket, which `bpf_sk_release` gives back on every path.
    #[id = 1]
    #[effects(no_trap)]
    pub fn bpf_map_lookup_elem(caller, map: MapArg<FOUND>, key: Key) -> ValuePtr {
        if MapKinds(SOCKETS).has(map.kind()) { map.lookup_socket(caller, key, numbered) } else { map.lookup(key) }
    }
}

stingless::bpf_call_4! {
    /// Adds or replaces an element. Flags: `BPF_ANY` 0, `BPF_NOEXIST` 1, `BPF_EXIST` 2; with `BPF_F_LOCK` 4 a value that
    /// is there is written over in place, under its spin lock. The value of a map of sockets is a socket. Returns 0 or a
    /// negative errno.
    #[id = 2]
    #[effects(no_trap, writes_map)]
    pub fn bpf_map_update_elem(_caller, map: MapArg<PUT>, key: Key, value: ValueIn, flags: Anything) -> Errno {
        if MapKinds(SOCKETS).has(map.kind()) {
            return map.update_socket(key, value, flags.0);
        }
        map.update(key, value, flags.0)
    }
}

stingless::bpf_call_2! {
    /// Deletes an element. Returns 0 or a negative errno.
    #[id = 3]
    #[effects(no_trap, writes_map)]
    pub fn bpf_map_delete_elem(_caller, map: MapArg<DELETED>, key: Key) -> Errno {
        map.delete(key)
    }
}

stingless::bpf_call_3! {
    /// As `bpf_map_lookup_elem`, the value that execution slot `cpu` has. NULL where there is no such slot.
    #[id = 195]
    #[effects(no_trap)]
    pub fn bpf_map_lookup_percpu_elem(_caller, map: MapArg<PER_SLOT>, key: Key, cpu: u32) -> ValuePtrMaybe {
        map.lookup_slot(key, cpu)
    }
}

stingless::bpf_call_3! {
    /// Adds a value to a queue, a stack or a bloom filter. With `BPF_EXIST` a full queue or stack loses its oldest value.
    /// Returns 0 or a negative errno.
    #[id = 87]
    #[effects(no_trap, writes_map)]
    pub fn bpf_map_push_elem(_caller, map: MapArg<PUSHED>, value: ValueIn, flags: u64) -> Errno {
        map.push(value, flags)
    }
}

stingless::bpf_call_2! {
    /// Takes the next value of a queue or a stack. Returns 0, or `-ENOENT` and zeroes.
    #[id = 88]
    #[effects(no_packet, no_trap, writes_map)]
    pub fn bpf_map_pop_elem(_caller, map: MapArg<POPPED>, value: ValueOut) -> Errno {
        map.next(value, true)
    }
}

stingless::bpf_call_2! {
    /// Copies the next value of a queue or a stack (`-ENOENT` and zeroes for none); asks a bloom filter whether it has the
    /// value: 0 for probably, `-ENOENT` for no.
    #[id = 89]
    #[effects(no_packet, no_trap)]
    pub fn bpf_map_peek_elem(_caller, map: MapArg<PUSHED>, value: ValueOut) -> Errno {
        map.next(value, false)
    }
}

stingless::bpf_call_3! {
    /// Leaves this program for the one in slot `index` of a prog array, and does not come back. Where the slot is empty,
    /// out of range, or 33 tail calls were made already, the program goes on behind the call.
    #[id = 12]
    #[effects(no_trap, tail_call)]
    pub fn bpf_tail_call(_caller, _ctx: CtxArg, _map: MapArg<PROGRAMS>, _index: Anything) -> () {
        // Engines act on the `tail_call` effect and never get here.
    }
}

stingless::bpf_call_4! {
    /// Calls `callback` for each element until it returns 1. Returns how many it was called for, or a negative errno.
    #[id = 164]
    pub fn bpf_for_each_map_elem(
        caller,
        map: MapArg<ITERABLE>,
        callback: ForEachCallback,
        ctx: CallbackCtx,
        flags: u64
    ) -> HelperResult<i64> {
        if flags != 0 {
            return Ok(-22);
        }
        map.for_each(caller, callback, ctx)
    }
}

/// Kinds that programs may ask for the number of elements: all but those whose elements are not theirs.
const COUNTED: u64 = FOUND
    | DELETED
    | PUSHED
    | PROGRAMS
    | CGROUPS
    | MapKinds::of(&[MapKind::Ringbuf, MapKind::Cpumap, MapKind::PerfEventArray]).0;
const HASHES: u64 = MapKinds::of(&[MapKind::Hash, MapKind::LruHash, MapKind::PercpuHash, MapKind::LruPercpuHash]).0;

stingless::bpf_call_1! {
    /// How many elements a hash map has; 0 for other kinds.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_map_sum_elem_count(_caller, map: MapArg<COUNTED>) -> i64 {
        if MapKinds(HASHES).has(map.kind()) { map.elements() as i64 } else { 0 }
    }
}
