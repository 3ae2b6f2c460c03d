//! Units of raw slots: maps by index, functions by record.

mod common;

use common::{bytes, env};
use stingless_abi::{MapKind, MapSpec, SpecialKind};
use stingless_isa::{Insn, RawInsn, Ref};
use stingless_object::btf::Kind;
use stingless_object::{Object, RawErrorKind, RawMap, RawSpec};

fn slots(insns: &[(u8, u8, u8, i32)]) -> Vec<u8> {
    insns.iter().flat_map(|&(opcode, dst, src, imm)| RawInsn { opcode, dst, src, off: 0, imm }.to_bytes()).collect()
}

const EXIT: (u8, u8, u8, i32) = (0x95, 0, 0, 0);
const SECOND: (u8, u8, u8, i32) = (0, 0, 0, 0);

fn spec(insns: &[(u8, u8, u8, i32)], maps: Vec<MapSpec>) -> RawSpec {
    let env = env();
    RawSpec {
        name: "raw".into(),
        insns: slots(insns),
        maps: maps.into_iter().map(|spec| RawMap { spec, frozen: None }).collect(),
        btf: None,
        func_info: Vec::new(),
        hook: env.hook,
        protos: env.protos,
        gpl: true,
    }
}

/// The types of `maps.o`, and the id of one of them.
fn types(name: &str, fits: fn(&Kind) -> bool) -> (Vec<u8>, u32) {
    let bytes = bytes("maps");
    let start = bytes.windows(8).position(|w| w == [0x9f, 0xeb, 1, 0, 24, 0, 0, 0]).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[start + at..start + at + 4].try_into().unwrap());
    let len = 24 + word(16) + word(20);
    let object = Object::parse(&bytes).unwrap();
    let id = object.btf().unwrap().find(name, fits).unwrap();
    (bytes[start..start + len as usize].to_vec(), id)
}

#[test]
fn maps_are_named_by_index() {
    let load = |src, index| [(0x18, 1, src, index), SECOND, (0xb7, 0, 0, 0), EXIT];
    let array = || vec![MapSpec::new("map0", MapKind::Array, 4, 8, 1)];
    let unit = spec(&load(1, 0), array()).link().unwrap();
    assert_eq!(common::refs(&unit), [Ref::Map(0)]);
    assert!(unit.gpl);
    let unit = spec(&load(2, 0), array()).link().unwrap();
    assert_eq!(common::refs(&unit), [Ref::MapValue { map: 0, off: 0 }]);
    for src in [1, 2] {
        let err = spec(&load(src, 1), array()).link().unwrap_err();
        assert_eq!(err.kind, RawErrorKind::MapIndex { index: 1, count: 1 });
    }
    let err = spec(&[EXIT], vec![MapSpec::new("map0", MapKind::Array, 4, 0, 1)]).link().unwrap_err();
    assert!(matches!(err.kind, RawErrorKind::MapShape(_)), "{err}");
    let err = spec(&[], vec![]).link().unwrap_err();
    assert!(matches!(err.kind, RawErrorKind::Decode(_)), "{err}");
}

#[test]
fn types_tell_spin_locks() {
    let (btf, value) = types("value", |k| matches!(k, Kind::Struct(_)));
    let (_, key) = types("__u32", |k| matches!(k, Kind::Typedef(_)));
    let with = |types, size| {
        let mut map = MapSpec::new("map0", MapKind::Hash, 4, size, 1);
        map.btf = types;
        RawSpec { btf: Some(btf.clone()), ..spec(&[(0xb7, 0, 0, 0), EXIT], vec![map]) }.link()
    };
    let unit = with((key, value), 48).unwrap();
    let kinds: Vec<_> = unit.maps[0].spec.special.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [SpecialKind::SpinLock, SpecialKind::Timer, SpecialKind::Timer]);
    for (types, size) in [((key, value), 40), ((key, 60_000), 48), ((value, value), 48)] {
        assert!(matches!(with(types, size).unwrap_err().kind, RawErrorKind::MapTypes { .. }));
    }
}

#[test]
fn records_name_functions() {
    let (btf, func) = types("second", |k| matches!(k, Kind::Func { .. }));
    // call +1; exit; r0 = 0; exit
    let insns = [(0x85, 0, 1, 1), EXIT, (0xb7, 0, 0, 0), EXIT];
    let with = |records: &[(u32, u32)]| {
        RawSpec { btf: Some(btf.clone()), func_info: records.to_vec(), ..spec(&insns, vec![]) }.link()
    };
    let unit = with(&[(0, func), (2, func)]).unwrap();
    assert_eq!(common::funcs(&unit), ["second", "second"]);
    assert!(unit.funcs[1].global && !unit.funcs[0].global);
    assert_eq!(unit.code.insns()[0], Insn::Call(stingless_isa::Callee::Local(2)));
    for bad in [&[(1, func)][..], &[(0, 1)], &[(2, func), (0, func)], &[(0, 60_000)], &[(9, func)]] {
        assert!(matches!(with(bad).unwrap_err().kind, RawErrorKind::FuncInfo { .. }), "{bad:?}");
    }
    let without = RawSpec { func_info: vec![(0, func)], ..spec(&insns, vec![]) }.link();
    assert!(matches!(without.unwrap_err().kind, RawErrorKind::FuncInfo { .. }));
}
