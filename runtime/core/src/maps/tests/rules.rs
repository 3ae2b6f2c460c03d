//! Access flags, freezing, prog arrays, LRU: rules of one thread.

use std::sync::Arc;

use stingless_abi::map::{BPF_ANY, F_RDONLY, F_RDONLY_PROG, F_WRONLY};
use stingless_abi::{MapKind, MapSpec};

use super::{Program, errno, map, map_with};
use crate::maps::{Map, MapError, ProgTarget};

const KEY: [u8; 4] = [0; 4];

#[test]
fn access_flags_bind_their_side_only() {
    for kind in [MapKind::Array, MapKind::Hash] {
        let read_only = map_with(kind, 4, 8, 1, F_RDONLY);
        assert_eq!(errno(read_only.update(&KEY, &[1; 8], BPF_ANY)), libc::EPERM);
        assert_eq!(errno(read_only.delete(&KEY)), libc::EPERM);
        assert_eq!(errno(read_only.freeze()), libc::EPERM);
        assert_eq!(Program::new(&read_only).update(0, 5, BPF_ANY), 0);
        assert_eq!(read_only.lookup(&KEY).unwrap(), Some(5u64.to_ne_bytes().to_vec()));

        let write_only = map_with(kind, 4, 8, 1, F_WRONLY);
        write_only.update(&KEY, &6u64.to_ne_bytes(), BPF_ANY).unwrap();
        assert_eq!(errno(write_only.lookup(&KEY)), libc::EPERM);
        assert_eq!(errno(write_only.next_key(None)), libc::EPERM);
        assert_eq!(errno(write_only.keys()), libc::EPERM);
        assert_eq!(Program::new(&write_only).get(0), Some(6));

        let constant = map_with(kind, 4, 8, 1, F_RDONLY_PROG);
        assert_eq!(Program::new(&constant).update(0, 5, BPF_ANY), -i64::from(libc::EPERM));
        assert_eq!(Program::new(&constant).delete(0), -i64::from(libc::EPERM));
        constant.update(&KEY, &[7; 8], BPF_ANY).unwrap();
    }
}

#[test]
fn frozen_maps_refuse_the_host_and_take_programs() {
    let map = map(MapKind::Hash, 4, 8, 2);
    map.update(&KEY, &[1; 8], BPF_ANY).unwrap();
    map.freeze().unwrap();
    assert!(map.is_frozen());
    assert_eq!(map.freeze().unwrap_err().to_string(), "map `m`: the map is frozen already");
    assert_eq!(
        map.update(&KEY, &[2; 8], BPF_ANY).unwrap_err().to_string(),
        "map `m`: update is denied, the map is frozen"
    );
    assert_eq!(errno(map.delete(&KEY)), libc::EPERM);
    assert_eq!(Program::new(&map).update(1, 3, BPF_ANY), 0);
    assert_eq!(map.len(), 2);
}

#[test]
fn lru_never_fails_and_keeps_what_is_used() {
    for capacity in [1, 2, 10, 1000] {
        let map = map(MapKind::LruHash, 4, 8, capacity);
        let program = Program::new(&map);
        assert_eq!(program.update(u32::MAX, 42, BPF_ANY), 0);
        for n in 0..capacity * 5 + 100 {
            if capacity > 1 {
                assert_eq!(program.get(u32::MAX), Some(42), "capacity {capacity}, {n} later");
            }
            assert_eq!(program.update(n, n.into(), BPF_ANY), 0);
            assert!(map.lookup(&n.to_ne_bytes()).unwrap().is_some(), "the newest is there");
            assert!(map.len() <= capacity as usize);
        }
        assert_eq!(map.len(), capacity as usize);
        assert_eq!(map.keys().unwrap().len(), capacity as usize);
    }
}

#[test]
fn lru_host_reads_are_no_use() {
    let map = map(MapKind::LruHash, 4, 8, 4);
    let typed = map.typed::<u32, u64>().unwrap();
    (0..4).for_each(|n| typed.insert(n, 0).unwrap());
    (4..8).for_each(|n| {
        let _ = typed.get(&0);
        typed.insert(n, 0).unwrap();
    });
    assert_eq!(typed.get(&0), None);
}

fn target(hook: &str, id: u32) -> ProgTarget {
    ProgTarget { hook: hook.into(), id, program: Arc::new(id) }
}

#[test]
fn prog_arrays_hold_programs_of_one_hook() {
    let map = map(MapKind::ProgArray, 4, 4, 2);
    let core = map.core();
    core.set_program(0, target("xdp", 11), BPF_ANY).unwrap();
    core.set_program(0, target("xdp", 12), BPF_ANY).unwrap();
    let refused = core.set_program(1, target("tc", 13), BPF_ANY).unwrap_err();
    assert_eq!(refused.to_string(), "map `m`: program is for hook tc, the array holds programs for xdp");
    assert_eq!(refused.errno(), libc::EINVAL);
    assert_eq!(errno(core.set_program(2, target("xdp", 1), BPF_ANY)), libc::E2BIG);
    assert_eq!(errno(core.set_program(0, target("xdp", 1), 1)), libc::EINVAL);
    assert_eq!(errno(core.bind_hook(&"tc".into())), libc::EINVAL);
    assert_eq!(map.lookup(&KEY).unwrap().unwrap(), 12u32.to_ne_bytes());
    assert_eq!(map.lookup(&[1, 0, 0, 0]).unwrap(), None);
    assert_eq!(core.program(0).unwrap().id, 12);
    assert!(core.program(1).is_none() && core.program(2).is_none());
    assert_eq!(map.keys().unwrap(), [KEY.to_vec()]);
    assert_eq!(errno(map.update(&KEY, &[0; 4], BPF_ANY)), libc::EBADF);
    assert_eq!(errno(map.delete(&[1, 0, 0, 0])), libc::ENOENT);
    assert_eq!(errno(map.delete(&[2, 0, 0, 0])), libc::E2BIG);
    map.delete(&KEY).unwrap();
    assert_eq!(map.len(), 0);
}

#[test]
fn prog_arrays_are_cleared_with_the_last_host_handle() {
    let map = map(MapKind::ProgArray, 4, 4, 2);
    let program = Arc::new(5u32);
    let held_by_program = map.core().clone();
    let entry = ProgTarget { hook: "xdp".into(), id: 1, program: program.clone() };
    held_by_program.set_program(1, entry, BPF_ANY).unwrap();
    let second = map.clone();
    drop(map);
    assert_eq!(Arc::strong_count(&program), 2);
    let running = held_by_program.program(1).unwrap();
    drop(second);
    assert!(held_by_program.program(1).is_none());
    assert_eq!(running.program.downcast_ref::<u32>(), Some(&5));
    drop(running);
    assert_eq!(Arc::strong_count(&program), 1);
}

#[test]
fn other_kinds_refuse_by_name() {
    let ring = map(MapKind::Ringbuf, 0, 0, 4096);
    for error in [
        ring.lookup(&KEY).unwrap_err(),
        ring.update(&KEY, &KEY, 0).unwrap_err(),
        ring.delete(&KEY).unwrap_err(),
        ring.next_key(None).unwrap_err(),
        ring.keys().unwrap_err(),
    ] {
        assert_eq!(error.errno(), 524, "{error}");
    }
    let hash = map(MapKind::Hash, 4, 8, 1);
    assert_eq!(hash.ring().unwrap_err().to_string(), "map `m`: kind hash does not take ring buffer operations");
    assert!(matches!(hash.core().bind_hook(&"xdp".into()), Err(MapError::Operation { .. })));
}

#[test]
fn sizes_are_known_before_the_map_is_made() {
    for (kind, key, value, entries) in [
        (MapKind::Array, 4, 8, 1000),
        (MapKind::Hash, 16, 40, 777),
        (MapKind::LruHash, 4, 8, 1),
        (MapKind::PercpuArray, 4, 8, 3),
        (MapKind::PercpuHash, 4, 8, 3),
        (MapKind::Ringbuf, 0, 0, 8192),
        (MapKind::ProgArray, 4, 4, 10),
    ] {
        let spec = MapSpec::new("m", kind, key, value, entries);
        assert_eq!(Map::bytes_for(&spec).unwrap(), Map::create(&spec).unwrap().bytes(), "{kind:?}");
    }
}
