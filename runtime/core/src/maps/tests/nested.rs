//! Maps of maps: shapes, and how long what was taken out lives.

use std::sync::Arc;

use stingless_abi::map::{BPF_ANY, BPF_EXIST, BPF_NOEXIST, F_RDONLY, F_RDONLY_PROG};
use stingless_abi::{MapKind, MapSpec, SpecialField, SpecialKind};

use super::{errno, map, map_with};
use crate::maps::{Map, MapError};
use crate::sys::epoch;

fn outer(kind: MapKind, inner: MapSpec, entries: u32) -> Map {
    let mut spec = MapSpec::new("outer", kind, 4, 4, entries);
    spec.inner = Some(Box::new(inner));
    Map::create(&spec).unwrap()
}

fn inner(kind: MapKind) -> MapSpec {
    MapSpec::new("inner", kind, 4, 8, 4)
}

const KINDS: [MapKind; 2] = [MapKind::ArrayOfMaps, MapKind::HashOfMaps];

#[test]
fn maps_go_in_and_out_by_key() {
    for kind in KINDS {
        let outer = outer(kind, inner(MapKind::Array), 2);
        let (a, b) = (map(MapKind::Array, 4, 8, 4), map(MapKind::Array, 4, 8, 4));
        let key = |n: u32| n.to_le_bytes();
        assert!(outer.inner_map(&key(0)).unwrap().is_none());
        outer.set_map(&key(0), &a, BPF_ANY).unwrap();
        outer.set_map(&key(1), &b, BPF_ANY).unwrap();
        assert_eq!((outer.len(), outer.keys().unwrap()), (2, vec![key(0).to_vec(), key(1).to_vec()]));
        assert_eq!(outer.next_key(Some(&key(0))).unwrap(), Some(key(1).to_vec()));
        assert_eq!(outer.next_key(Some(&key(1))).unwrap(), None);
        a.update(&key(3), &[7; 8], BPF_ANY).unwrap();
        assert_eq!(outer.inner_map(&key(0)).unwrap().unwrap().lookup(&key(3)).unwrap(), Some(vec![7; 8]));
        assert_eq!(errno(outer.set_map(&key(1), &a, BPF_NOEXIST)), libc::EEXIST);
        outer.set_map(&key(1), &a, BPF_EXIST).unwrap();
        assert_eq!(errno(outer.set_map(&key(5), &a, BPF_ANY)), libc::E2BIG, "{kind:?}");
        assert_eq!(errno(outer.set_map(&key(1), &a, 8)), libc::EINVAL);
        outer.delete(&key(1)).unwrap();
        assert_eq!(errno(outer.delete(&key(1))), libc::ENOENT);
        assert_eq!(errno(outer.update(&key(0), &[0; 4], BPF_ANY)), libc::EBADF, "a number is no map");
        assert_eq!(errno(outer.lookup(&key(0))), libc::EINVAL);
        assert_eq!(errno(outer.inner_map(&[0; 2])), libc::EINVAL);
        assert_eq!(errno(a.set_map(&key(0), &b, BPF_ANY)), libc::EINVAL, "an array holds no maps");
    }
}

#[test]
fn only_maps_of_the_shape_go_in() {
    let arrays = outer(MapKind::ArrayOfMaps, inner(MapKind::Array), 1);
    let hashes = outer(MapKind::HashOfMaps, inner(MapKind::Hash), 1);
    let refused = |outer: &Map, other: &Map| match outer.set_map(&[0; 4], other, BPF_ANY) {
        Err(MapError::Inner { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&arrays, &map(MapKind::Hash, 4, 8, 4)), "type");
    assert_eq!(refused(&arrays, &map(MapKind::Array, 4, 16, 4)), "value_size");
    assert_eq!(refused(&hashes, &map(MapKind::Hash, 8, 8, 4)), "key_size");
    assert_eq!(refused(&arrays, &map(MapKind::Array, 4, 8, 5)), "max_entries");
    assert_eq!(refused(&arrays, &map_with(MapKind::Array, 4, 8, 4, F_RDONLY_PROG)), "flags");
    let mut locked = MapSpec::new("m", MapKind::Hash, 4, 8, 4);
    locked.special = vec![SpecialField { kind: SpecialKind::SpinLock, off: 0 }];
    assert_eq!(refused(&hashes, &Map::create(&locked).unwrap()), "special fields");
    hashes.set_map(&[0; 4], &map(MapKind::Hash, 4, 8, 400), BPF_ANY).expect("a hash of another capacity");
    let why = arrays.set_map(&[0; 4], &map(MapKind::Array, 4, 8, 5), BPF_ANY).unwrap_err().to_string();
    assert_eq!(why, "map `outer`: max_entries of map `m` is 5, maps in it have 4");
}

#[test]
fn shapes_that_cannot_be() {
    let bad = |kind: MapKind, inner: Option<MapSpec>| {
        let mut spec = MapSpec::new("outer", kind, 4, 4, 1);
        spec.inner = inner.map(Box::new);
        assert!(matches!(Map::create(&spec), Err(MapError::Shape(e)) if e.field == "inner map"), "{spec:?}");
    };
    bad(MapKind::ArrayOfMaps, None);
    bad(MapKind::Array, Some(inner(MapKind::Array)));
    bad(MapKind::ArrayOfMaps, Some(MapSpec::new("i", MapKind::ProgArray, 4, 4, 1)));
    let nested =
        MapSpec { inner: Some(Box::new(inner(MapKind::Array))), ..MapSpec::new("i", MapKind::ArrayOfMaps, 4, 4, 1) };
    bad(MapKind::HashOfMaps, Some(nested));
    let lock = SpecialField { kind: SpecialKind::SpinLock, off: 0 };
    bad(MapKind::ArrayOfMaps, Some(MapSpec { special: vec![lock], ..inner(MapKind::Array) }));
    let mut spec = MapSpec::new("outer", MapKind::ArrayOfMaps, 4, 4, 1);
    spec.inner = Some(Box::new(MapSpec::new("i", MapKind::Array, 3, 8, 1)));
    assert!(matches!(Map::create(&spec), Err(MapError::Shape(e)) if e.field == "key_size"));
    let read_only = MapSpec { flags: F_RDONLY, inner: Some(Box::new(inner(MapKind::Hash))), ..spec };
    let outer = Map::create(&read_only).unwrap();
    assert_eq!(errno(outer.set_map(&[0; 4], &map(MapKind::Hash, 4, 8, 1), BPF_ANY)), libc::EPERM);
}

/// A map that a running call may have looked up outlives its place and its handles.
#[test]
fn a_map_in_use_outlives_its_place() {
    for kind in KINDS {
        let outer = outer(kind, inner(MapKind::Array), 1);
        let used = map(MapKind::Array, 4, 8, 4);
        let alive = Arc::downgrade(used.core());
        let address = used.core().runtime_addr();
        outer.set_map(&[0; 4], &used, BPF_ANY).unwrap();
        drop(used);
        {
            let _call = epoch::enter();
            outer.set_map(&[0; 4], &map(MapKind::Array, 4, 8, 4), BPF_ANY).unwrap();
            outer.delete(&[0; 4]).unwrap();
            assert!(alive.upgrade().is_some() && outer.core().has_inner(address), "{kind:?}");
        }
        // Others' calls of the same process may be running: the next changes let go what they can.
        let gone = (0..10_000).any(|_| {
            outer.set_map(&[0; 4], &map(MapKind::Array, 4, 8, 4), BPF_ANY).unwrap();
            std::thread::yield_now();
            alive.upgrade().is_none()
        });
        assert!(gone, "{kind:?}");
    }
}
