//! What tests need: units of assembled text, with a few helpers and maps.

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{
    Arg, ArgKind, CallbackKind, Effects, Entry, HelperSet, HookDef, MapKind, MapKinds, MapSpec, MemLen, MemUse, Proto,
    ProtoTable, RefClass, Ret, Rights,
};
use stingless_object::{Unit, UnitMap};

/// Number of `bpf_map_lookup_elem`.
pub(crate) const LOOKUP: u32 = 1;
/// Number of `bpf_map_update_elem`.
pub(crate) const UPDATE: u32 = 2;
/// Number of `bpf_loop`.
pub(crate) const LOOP: u32 = 181;

/// A unit of text in LLVM's syntax: hook `raw`, map 0 an array of 48 bytes with `u32` keys, map 1 a ring buffer.
pub(crate) fn unit(text: &str) -> Unit {
    let code = stingless_isa::assemble(text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    let maps = vec![
        map(MapSpec::new("counters", MapKind::Array, 4, 48, 16), 0),
        map(MapSpec::new("events", MapKind::Ringbuf, 0, 0, 4096), 1),
    ];
    Unit::from_code("test", code, maps, protos(), Arc::new(raw_hook()))
}

fn map(spec: MapSpec, origin: u32) -> UnitMap {
    UnitMap { spec, origin, frozen: None }
}

fn raw_hook() -> HookDef {
    HookDef {
        name: "raw".into(),
        sections: Cow::Borrowed(&[]),
        linux_type: 0,
        types: Default::default(),
        entry: Entry::Mem { rights: Rights::READ_WRITE },
        verdict: None,
        verdicts: Cow::Borrowed(&[]),
        helpers: HelperSet::All,
        packet_loads: false,
        btf: Arc::from([]),
    }
}

/// A few of Linux's helpers.
pub(crate) fn protos() -> ProtoTable {
    let keyed = ArgKind::Map(MapKinds::of(&[MapKind::Array, MapKind::Hash, MapKind::LruHash]));
    let ring = ArgKind::Map(MapKinds::of(&[MapKind::Ringbuf]));
    let bytes = |access| ArgKind::Mem { access, len: MemLen::Next, nullable: false };
    let len = ArgKind::Len { zero_ok: false };
    let record = ArgKind::Acquired(RefClass::RingbufRecord);
    let reserve = Ret::AcquiredOrNull { class: RefClass::RingbufRecord, size_arg: Some(1) };
    let release = Effects { releases: Some(0), ..Effects::default() };
    let none = Effects::default();
    let looped = [ArgKind::Scalar, ArgKind::Callback(CallbackKind::Loop), ArgKind::CallbackCtx, ArgKind::Scalar];
    let number = ArgKind::Mem { access: MemUse::Write, len: MemLen::Fixed { size: 8, align: 8 }, nullable: false };
    let update = [keyed, ArgKind::MapKey, ArgKind::MapValue(MemUse::Read), ArgKind::Scalar];
    let strtol = [bytes(MemUse::Read), len, ArgKind::Scalar, number];
    ProtoTable::new(
        [
            proto(LOOKUP, "bpf_map_lookup_elem", &[keyed, ArgKind::MapKey], Ret::MapValueOrNull, none),
            proto(UPDATE, "bpf_map_update_elem", &update, Ret::ERRNO, none),
            proto(5, "bpf_ktime_get_ns", &[], Ret::ANY, none),
            proto(105, "bpf_strtol", &strtol, Ret::ANY, none),
            proto(131, "bpf_ringbuf_reserve", &[ring, ArgKind::ConstScalar, ArgKind::Scalar], reserve, none),
            proto(132, "bpf_ringbuf_submit", &[record, ArgKind::Scalar], Ret::Void, release),
            proto(LOOP, "bpf_loop", &looped, Ret::ANY, none),
        ]
        .map(Arc::new),
    )
}

fn proto(id: u32, name: &'static str, args: &[ArgKind], ret: Ret, effects: Effects) -> Proto {
    let args: Vec<Arg> = args.iter().map(|&kind| Arg { name: "arg".into(), c_type: "__u64".into(), kind }).collect();
    Proto { id, name: name.into(), args: args.into(), ret, c_ret: "long".into(), effects, doc: "".into() }
}
