//! Spin locks in map values, at run time: mutual exclusion, and no way out of a program leaves one taken.

use std::time::Duration;

use stingless::abi::{MapKind, MapSpec, SpecialField, SpecialKind};
use stingless::{Config, EngineKind, Map, RawMapDef, RawProgram};
use stingless_conformance::programs::{Host, Run, call};
use stingless_isa::{assemble, encode};

const LOCK_AT: u32 = 4;

fn spec(kind: MapKind) -> MapSpec {
    let mut spec = MapSpec::new("values", kind, 4, 16, 1);
    spec.special.push(SpecialField { kind: SpecialKind::SpinLock, off: LOCK_AT });
    spec
}

fn load(host: &Host, kind: MapKind, text: &str) -> stingless::Collection {
    let insns = encode(&assemble(text).unwrap()).unwrap();
    let map = RawMapDef { spec: spec(kind), init: Vec::new(), freeze: false, own_slots: Vec::new() };
    let raw = RawProgram {
        name: "p".into(),
        insns,
        maps: vec![map],
        btf: None,
        func_info: Vec::new(),
        hook: "xdp".into(),
        gpl: true,
    };
    let loaded = host.linker.load_raw(&raw).unwrap();
    assert!(loaded.refused.is_empty(), "{:?}", loaded.refused);
    loaded.collection
}

fn value(map: &Map) -> Vec<u8> {
    map.lookup(&[0; 4]).unwrap().unwrap()
}

/// Two counters that are always equal under the lock, counted up by several threads.
const COUNTS: &str = "
    r6 = map[0][0] ll
    r1 = r6
    r1 += 4
    call 93
    r1 = *(u32 *)(r6 + 0)
    r2 = *(u64 *)(r6 + 8)
    r1 += 1
    r2 += 1
    *(u32 *)(r6 + 0) = r1
    *(u64 *)(r6 + 8) = r2
    r1 = r6
    r1 += 4
    call 94
    r0 = 0
    exit";

#[test]
fn counters_under_a_lock_lose_nothing() {
    for kind in EngineKind::ALL {
        let host = Host::new(kind).unwrap();
        let loaded = load(&host, MapKind::Array, COUNTS);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        call(&loaded, "xdp", "p", &Run { data: vec![0; 64], ..Run::default() }).unwrap();
                    }
                });
            }
        });
        let value = value(loaded.map("values").unwrap());
        assert_eq!(value[..4], 600u32.to_le_bytes(), "{kind:?}");
        assert_eq!(value[8..], 600u64.to_le_bytes(), "{kind:?}");
    }
}

/// Under the lock the host sees both counters before they are counted up or after it, of an array and of a hash; and not the
/// lock itself.
#[test]
fn the_host_looks_at_values_under_their_lock() {
    let host = Host::new(EngineKind::Jit).unwrap();
    let loaded = load(&host, MapKind::Array, COUNTS);
    let map = loaded.map("values").unwrap();
    std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            for _ in 0..2000 {
                call(&loaded, "xdp", "p", &Run { data: vec![0; 64], ..Run::default() }).unwrap();
            }
        });
        while !runs.is_finished() {
            let value = map.lookup_locked(&[0; 4]).unwrap().unwrap();
            assert_eq!(value[..4], value[8..12]);
            assert_eq!(value[4..8], [0; 4]);
        }
    });
    assert_eq!(map.lookup_locked(&[9; 4]).unwrap(), None);
    let hash = Map::create(&spec(MapKind::Hash)).unwrap();
    assert_eq!(hash.lookup_locked(&[7; 4]).unwrap(), None);
    hash.update(&[7; 4], &[5; 16], 0).unwrap();
    let mut want = [5; 16];
    want[4..8].fill(0);
    assert_eq!(hash.lookup_locked(&[7; 4]).unwrap().unwrap(), want);
    let plain = Map::create(&MapSpec::new("plain", MapKind::Hash, 4, 16, 1)).unwrap();
    assert_eq!(plain.lookup_locked(&[7; 4]).unwrap_err().errno(), libc::EINVAL);
}

/// A loop that runs into the deadline while it holds the lock: the next call finds it free.
#[test]
fn a_lock_is_free_after_a_trap() {
    let text = "
        r6 = map[0][0] ll
        r1 = r6
        r1 += 4
        call 93
        again:
        r1 = *(u64 *)(r6 + 8)
        may_goto out
        if r1 == 0 goto again
        out:
        r1 = r6
        r1 += 4
        call 94
        r0 = 0
        exit";
    for kind in EngineKind::ALL {
        let host = Host::with(Config::new().engine(kind).deadline(Some(Duration::from_micros(1)))).unwrap();
        let loaded = load(&host, MapKind::Array, text);
        let map = loaded.map("values").unwrap();
        let run = Run { data: vec![0; 64], ..Run::default() };
        let trap = call(&loaded, "xdp", "p", &run).unwrap_err().to_string();
        assert!(trap.contains("CPU time"), "{kind:?}: {trap}");
        // With the lock still taken, this would be busy; and the program would trap for it.
        let mut value = [0u8; 16];
        value[8] = 1;
        map.update(&[0; 4], &value, 4).unwrap();
        call(&loaded, "xdp", "p", &run).unwrap();
    }
}

/// What is copied into a value leaves the lock alone: a lock that is held stays so, a new element's is free.
#[test]
fn copies_leave_the_lock_alone() {
    for kind in [MapKind::Array, MapKind::Hash] {
        let map = Map::create(&spec(kind)).unwrap();
        for flags in [0, 4] {
            map.update(&[0; 4], &[0xff; 16], flags).unwrap();
            let read = map.lookup(&[0; 4]).unwrap().unwrap();
            assert_eq!(read[..4], [0xff; 4], "{kind:?}");
            assert_eq!(read[4..8], [0; 4], "{kind:?}: the lock");
            assert_eq!(read[8..], [0xff; 8], "{kind:?}");
        }
    }
    let plain = Map::create(&MapSpec::new("plain", MapKind::Array, 4, 16, 1)).unwrap();
    assert!(plain.update(&[0; 4], &[0; 16], 4).is_err(), "no lock to take");
}

#[test]
fn kinds_without_locks_say_so() {
    let refused = |kind| Map::create(&spec(kind)).is_err();
    assert!([MapKind::PercpuArray, MapKind::PercpuHash, MapKind::LruHash].into_iter().all(refused));
    let mut two = spec(MapKind::Array);
    two.special.push(SpecialField { kind: SpecialKind::SpinLock, off: 8 });
    assert!(Map::create(&two).is_err(), "two locks in one value");
}
