//! Maps, iteration over them, tail calls.

use stingless::abi::{MapKind, MapKinds};
use stingless::{Anything, CallbackCtx, CtxArg, Errno, ForEachCallback, HelperResult, Key, MapArg, ValueIn, ValuePtr};

/// Kinds with elements that programs look up by key.
const KEYED: u64 =
    MapKinds::of(&[MapKind::Hash, MapKind::Array, MapKind::LruHash, MapKind::PercpuHash, MapKind::PercpuArray]).0;
/// Kinds that programs iterate over.
const ITERABLE: u64 = KEYED;
/// Prog arrays.
const PROGRAMS: u64 = MapKinds::of(&[MapKind::ProgArray]).0;

stingless::bpf_call_2! {
    /// Looks a key up. Returns a pointer to the value, valid until the program returns, or NULL.
    #[id = 1]
    #[effects(no_trap)]
    pub fn bpf_map_lookup_elem(_caller, map: MapArg<KEYED>, key: Key) -> ValuePtr {
        map.lookup(key)
    }
}

stingless::bpf_call_4! {
    /// Adds or replaces an element. Flags: `BPF_ANY` 0, `BPF_NOEXIST` 1, `BPF_EXIST` 2; with `BPF_F_LOCK` 4 a value that
    /// is there is written over in place, under its spin lock. Returns 0 or a negative errno.
    #[id = 2]
    #[effects(no_trap, writes_map)]
    pub fn bpf_map_update_elem(_caller, map: MapArg<KEYED>, key: Key, value: ValueIn, flags: Anything) -> Errno {
        map.update(key, value, flags.0)
    }
}

stingless::bpf_call_2! {
    /// Deletes an element. Returns 0 or a negative errno.
    #[id = 3]
    #[effects(no_trap, writes_map)]
    pub fn bpf_map_delete_elem(_caller, map: MapArg<KEYED>, key: Key) -> Errno {
        map.delete(key)
    }
}

stingless::bpf_call_3! {
    /// Leaves this program for the one in slot `index` of a prog array, and does not come back. Where the slot is empty,
    /// out of range, or 33 tail calls were made already, the program goes on behind the call.
    #[id = 12]
    #[effects(no_trap, tail_call)]
    pub fn bpf_tail_call(_caller, _ctx: CtxArg, _map: MapArg<PROGRAMS>, _index: u32) -> () {
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
