//! Values of sockets.

use stingless::abi::MapKind;
use stingless::{AnySocket, Errno, MapArg, ValueInOrNull, ValuePtrMaybe};

use crate::errno::ENOENT;

const STORAGE: u64 = MapKind::SkStorage.bit().0;
/// `BPF_SK_STORAGE_GET_F_CREATE`.
const CREATE: u64 = 1;

/// The number of a full socket; `None` for others.
fn id(sk: AnySocket<'_>) -> Option<u32> {
    let info = sk.info();
    (!info.partial && info.id != 0).then_some(info.id)
}

stingless::bpf_call_4! {
    /// The value that a full socket has in the map, or NULL. With `BPF_SK_STORAGE_GET_F_CREATE` 1, a socket that has none
    /// gets one, made of `value` or of zeroes.
    #[id = 107]
    #[effects(no_packet, no_trap)]
    pub fn bpf_sk_storage_get(
        _caller,
        map: MapArg<STORAGE>,
        sk: AnySocket,
        value: ValueInOrNull,
        flags: u64
    ) -> ValuePtrMaybe {
        match id(sk) {
            Some(id) if flags <= CREATE => map.storage(id, value, flags == CREATE),
            Some(_) | None => ValuePtrMaybe::NULL,
        }
    }
}

stingless::bpf_call_2! {
    /// Takes a socket's value away. Returns 0, or `-ENOENT` where it has none.
    #[id = 108]
    #[effects(no_trap)]
    pub fn bpf_sk_storage_delete(_caller, map: MapArg<STORAGE>, sk: AnySocket) -> Errno {
        id(sk).map_or(Errno(ENOENT), |id| map.storage_delete(id))
    }
}
