//! Units of assembler text, with prototypes of Linux's helpers as far as the tests call them.

#![allow(dead_code, reason = "each test crate uses its part")]

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{
    Arg, ArgKind, CallbackKind, CtxField, CtxLayout, DataRegion, DynptrUse, Effects, Entry, FieldKind, HelperSet,
    HookDef, Limits, MapKind, MapKinds, MapSpec, MemLen, MemUse, NativeOp, ObjectAction, ObjectKind, Partial, Proto,
    ProtoTable, RefClass, Ret, Rights, Trust, VerdictRange, kfunc_id,
};
use stingless_isa::{Code, assemble};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::{Verified, VerifierError, verify};

/// A helper's row.
fn row(id: u32, name: &'static str, args: &[ArgKind], ret: Ret, effects: Effects) -> Arc<Proto> {
    let args: Vec<Arg> = args
        .iter()
        .map(|&kind| {
            let (c_type, name) = declared(kind);
            Arg { name: name.into(), c_type: c_type.into(), kind }
        })
        .collect();
    let ret_type = Cow::Borrowed("long");
    Arc::new(Proto { id, name: name.into(), args: args.into(), ret, c_ret: ret_type, effects, doc: "".into() })
}

/// Type and name of an argument in C.
fn declared(kind: ArgKind) -> (&'static str, &'static str) {
    match kind {
        ArgKind::Ctx | ArgKind::CtxOrNull => ("void *", "ctx"),
        ArgKind::Map(_) => ("void *", "map"),
        ArgKind::MapKey => ("const void *", "key"),
        ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } | ArgKind::MapValueOrNull => ("const void *", "value"),
        ArgKind::Mem { .. } | ArgKind::ConstStr | ArgKind::Acquired(_) | ArgKind::HostObject(_) => ("void *", "data"),
        ArgKind::Len { .. } | ArgKind::ConstScalar => ("u64", "size"),
        ArgKind::Callback(_) => ("void *", "callback"),
        ArgKind::CallbackCtx => ("void *", "callback_ctx"),
        ArgKind::Object { .. } => ("void *", "it"),
        ArgKind::SpinLock => ("struct bpf_spin_lock *", "lock"),
        ArgKind::Dynptr(_) | ArgKind::DynptrClone => ("struct bpf_dynptr *", "ptr"),
        ArgKind::LastingMem | ArgKind::Buffer => ("void *", "data"),
        ArgKind::Text { .. } => ("const char *", "text"),
        ArgKind::Anything | ArgKind::Optional | ArgKind::Scalar => ("u64", "flags"),
    }
}

const TABLES: MapKinds =
    MapKinds::of(&[MapKind::Hash, MapKind::Array, MapKind::PercpuHash, MapKind::PercpuArray, MapKind::LruHash]);
const RING: ArgKind = ArgKind::Map(MapKind::Ringbuf.bit());
const NONE: Effects = Effects {
    may_trap: false,
    invalidates_packet: false,
    gpl_only: false,
    releases: None,
    tail_call: false,
    lock: None,
    throws: false,
    writes_map: false,
    no_packet: false,
    section: None,
};

/// A function of iterators over numbers; `more` are the arguments behind the iterator.
fn iterator(name: &'static str, action: ObjectAction, more: &[ArgKind], ret: Ret) -> Arc<Proto> {
    let args = [&[ArgKind::Object { kind: ObjectKind::IterNum, action }], more].concat();
    row(kfunc_id(name), name, &args, ret, NONE)
}

/// Text with calls of functions by name in the assembler's words.
pub(crate) fn named(text: &str) -> String {
    let names = ["bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy"];
    names.iter().fold(text.to_owned(), |t, n| t.replace(&format!("call {n}\n"), &format!("call {}\n", kfunc_id(n))))
}

const fn mem(access: MemUse) -> ArgKind {
    ArgKind::Mem { access, len: MemLen::Next, nullable: false }
}

const LONG_OUT: ArgKind =
    ArgKind::Mem { access: MemUse::Write, len: MemLen::Fixed { size: 8, align: 8 }, nullable: false };
const U32: Ret = Ret::Scalar { min: 0, max: u32::MAX as i64 };

/// Linux's helpers, as far as the tests call them.
pub(crate) fn protos() -> ProtoTable {
    use ArgKind::{Acquired, Anything, Callback, CallbackCtx, ConstScalar, Ctx, Len, Map, MapKey, MapValue, SpinLock};
    use ArgKind::{Dynptr, LastingMem};
    use ObjectAction::{Destroy, Make};
    let made = |action| ArgKind::Object { kind: ObjectKind::DynptrRingbuf, action };
    const LOCAL: ArgKind = ArgKind::Object { kind: ObjectKind::DynptrLocal, action: ObjectAction::Make };
    let table = Map(TABLES);
    let record = RefClass::RingbufRecord;
    let reserve = Ret::AcquiredOrNull { class: record, size_arg: Some(1) };
    let any_map = Map(MapKinds(u64::MAX));
    let strto = [mem(MemUse::Read), Len { zero_ok: false }, Anything, LONG_OUT];
    let releases = Effects { releases: Some(0), ..NONE };
    let linux = [
        row(1, "bpf_map_lookup_elem", &[table, MapKey], Ret::MapValueOrNull, NONE),
        row(2, "bpf_map_update_elem", &[table, MapKey, MapValue(MemUse::Read), Anything], Ret::ANY, NONE),
        row(3, "bpf_map_delete_elem", &[table, MapKey], Ret::ANY, NONE),
        row(5, "bpf_ktime_get_ns", &[], Ret::ANY, NONE),
        row(
            6,
            "bpf_trace_printk",
            &[mem(MemUse::Read), Len { zero_ok: false }],
            Ret::ANY,
            Effects { gpl_only: true, ..NONE },
        ),
        row(7, "bpf_get_prandom_u32", &[], U32, NONE),
        row(8, "bpf_get_smp_processor_id", &[], U32, NONE),
        row(
            12,
            "bpf_tail_call",
            &[Ctx, Map(MapKind::ProgArray.bit()), Anything],
            Ret::Void,
            Effects { tail_call: true, ..NONE },
        ),
        row(44, "bpf_xdp_adjust_head", &[Ctx, Anything], Ret::ANY, Effects { invalidates_packet: true, ..NONE }),
        row(93, "bpf_spin_lock", &[SpinLock], Ret::Void, Effects { lock: Some(true), ..NONE }),
        row(94, "bpf_spin_unlock", &[SpinLock], Ret::Void, Effects { lock: Some(false), ..NONE }),
        row(105, "bpf_strtol", &strto, Ret::ANY, NONE),
        row(106, "bpf_strtoul", &strto, Ret::ANY, NONE),
        row(130, "bpf_ringbuf_output", &[RING, mem(MemUse::Read), Len { zero_ok: true }, Anything], Ret::ANY, NONE),
        row(131, "bpf_ringbuf_reserve", &[RING, ConstScalar, Anything], reserve, NONE),
        row(132, "bpf_ringbuf_submit", &[Acquired(record), Anything], Ret::Void, releases),
        row(133, "bpf_ringbuf_discard", &[Acquired(record), Anything], Ret::Void, releases),
        row(134, "bpf_ringbuf_query", &[RING, Anything], Ret::ANY, NONE),
        row(
            164,
            "bpf_for_each_map_elem",
            &[any_map, Callback(CallbackKind::ForEachMapElem), CallbackCtx, Anything],
            Ret::ANY,
            NONE,
        ),
        row(197, "bpf_dynptr_from_mem", &[LastingMem, Len { zero_ok: true }, Anything, LOCAL], Ret::ANY, NONE),
        row(198, "bpf_ringbuf_reserve_dynptr", &[RING, Anything, Anything, made(Make)], Ret::ANY, NONE),
        row(199, "bpf_ringbuf_submit_dynptr", &[made(Destroy), Anything], Ret::Void, NONE),
        row(
            201,
            "bpf_dynptr_read",
            &[mem(MemUse::Write), Len { zero_ok: true }, Dynptr(DynptrUse::Read), Anything, Anything],
            Ret::ANY,
            NONE,
        ),
        row(
            203,
            "bpf_dynptr_data",
            &[Dynptr(DynptrUse::Read), Anything, ConstScalar],
            Ret::ViewOrNull { size_arg: 2, writable: true },
            NONE,
        ),
        iterator("bpf_iter_num_new", ObjectAction::Make, &[Anything, Anything], Ret::ANY),
        iterator("bpf_iter_num_next", ObjectAction::Step, &[], Ret::ElementOrNull { size: 4 }),
        iterator("bpf_iter_num_destroy", ObjectAction::Destroy, &[], Ret::Void),
        row(181, "bpf_loop", &[Anything, Callback(CallbackKind::Loop), CallbackCtx, Anything], Ret::ANY, NONE),
    ];
    ProtoTable::new(linux.into_iter().chain(calling_back()))
}

/// None of Linux's: they change something, and call back.
fn calling_back() -> [Arc<Proto>; 4] {
    use ArgKind::{Acquired, Callback, CallbackCtx, Ctx, Len};
    let record = Acquired(RefClass::RingbufRecord);
    let dynptr = ArgKind::Object { kind: ObjectKind::DynptrRingbuf, action: ObjectAction::Destroy };
    [
        row(
            1 << 24,
            "fill_and_call",
            &[mem(MemUse::Write), Len { zero_ok: true }, Callback(CallbackKind::Loop), CallbackCtx],
            Ret::ANY,
            NONE,
        ),
        row(
            (1 << 24) + 1,
            "move_and_call",
            &[Ctx, Callback(CallbackKind::Loop), CallbackCtx],
            Ret::ANY,
            Effects { invalidates_packet: true, ..NONE },
        ),
        row(
            (1 << 24) + 2,
            "submit_and_call",
            &[record, Callback(CallbackKind::Loop), CallbackCtx],
            Ret::ANY,
            Effects { releases: Some(0), ..NONE },
        ),
        row(
            (1 << 24) + 3,
            "submit_dynptr_and_call",
            &[dynptr, Callback(CallbackKind::Loop), CallbackCtx],
            Ret::ANY,
            NONE,
        ),
    ]
}

/// The hook without a context: `r1` is memory, `r2` its length.
pub(crate) fn raw_hook() -> HookDef {
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
        btf: Arc::new([]),
    }
}

fn field(name: &'static str, off: u32, kind: FieldKind, native: NativeOp) -> CtxField {
    CtxField { name: name.into(), off, size: 4, rights: Rights::READ, kind, native, native_off: off * 2 }
}

fn data_layout(name: &'static str, size: u32, mut fields: Vec<CtxField>) -> CtxLayout {
    fields.sort_by_key(|f| f.off);
    let rights = if name == "xdp_md" { Rights::READ_WRITE } else { Rights::READ };
    CtxLayout { name: name.into(), size, fields: fields.into(), regions: vec![DataRegion { rights }].into() }
}

/// Linux's `struct xdp_md`.
pub(crate) fn xdp_hook() -> HookDef {
    let number = FieldKind::Scalar { partial: Partial::Loads };
    let fields = vec![
        field("data", 0, FieldKind::DataStart { region: 0 }, NativeOp::Pointer),
        field("data_end", 4, FieldKind::DataEnd { region: 0 }, NativeOp::Pointer),
        field("data_meta", 8, FieldKind::DataMeta { region: 0 }, NativeOp::Pointer),
        field("ingress_ifindex", 12, number, NativeOp::Plain),
        field("rx_queue_index", 16, number, NativeOp::Plain),
        field("egress_ifindex", 20, number, NativeOp::Zero),
    ];
    HookDef {
        name: "xdp".into(),
        linux_type: 6,
        types: Default::default(),
        entry: Entry::Ctx(data_layout("xdp_md", 24, fields)),
        ..raw_hook()
    }
}

/// The part of Linux's `struct __sk_buff` that the tests read.
pub(crate) fn socket_filter_hook() -> HookDef {
    let number = FieldKind::Scalar { partial: Partial::Loads };
    let fields = vec![field("len", 0, number, NativeOp::Plain), field("mark", 8, number, NativeOp::Plain)];
    let xdp_only = HelperSet::Only(Arc::new(protos().iter().map(|p| p.id).filter(|&id| id != 44).collect()));
    HookDef {
        name: "socket_filter".into(),
        linux_type: 1,
        types: Default::default(),
        entry: Entry::Ctx(data_layout("__sk_buff", 192, fields)),
        helpers: xdp_only,
        packet_loads: true,
        ..raw_hook()
    }
}

/// A hook that takes 0 to 3.
pub(crate) fn verdict_hook() -> HookDef {
    HookDef { verdict: Some(VerdictRange { min: 0, max: 3 }), ..xdp_hook() }
}

/// A map of a unit.
pub(crate) fn map(kind: MapKind, key: u32, value: u32, max: u32) -> UnitMap {
    UnitMap { spec: MapSpec::new("m", kind, key, value, max), origin: 0, frozen: None }
}

/// A unit of code.
pub(crate) fn unit_of(code: Code, maps: Vec<UnitMap>, hook: HookDef) -> Unit {
    Unit::from_code("test", code, maps, protos(), Arc::new(hook))
}

/// A unit of assembler text. Panics on text that does not assemble: a mistake in the test.
pub(crate) fn unit(text: &str, maps: Vec<UnitMap>, hook: HookDef) -> Unit {
    match assemble(text) {
        Ok(code) => unit_of(code, maps, hook),
        Err(e) => panic!("the test's program does not assemble: {e}\n{text}"),
    }
}

/// Verifies a unit for an untrusted plugin, within the default limits.
pub(crate) fn check(unit: Unit) -> Result<Verified, Box<VerifierError>> {
    verify(unit, Trust::Untrusted, &Limits::default())
}

/// The program is accepted.
#[track_caller]
pub(crate) fn accept(unit: Unit) -> Verified {
    match check(unit) {
        Ok(v) => v,
        Err(e) => panic!("refused: {e}\n  {:?}", e.cause),
    }
}

/// The program is refused for the reason of that name.
#[track_caller]
pub(crate) fn reject(unit: Unit, kind: &str) -> Box<VerifierError> {
    match check(unit) {
        Ok(_) => panic!("accepted, expected {kind}"),
        Err(e) => {
            assert_eq!(e.kind, kind, "{e}\n  {:?}", e.cause);
            e
        }
    }
}
