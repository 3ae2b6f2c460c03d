//! Random operations against `std::collections::HashMap`, and the table of errors.

use std::collections::HashMap;

use stingless_abi::map::{BPF_ANY, BPF_EXIST, BPF_NOEXIST, F_NO_PREALLOC, F_ZERO_SEED};
use stingless_abi::{MapKind, MapSpec};

use super::{Random, errno};
use crate::maps::Map;

fn key(n: u64, size: u32) -> Vec<u8> {
    let mut bytes = vec![0xa5; size as usize];
    bytes.iter_mut().zip(n.to_le_bytes()).for_each(|(to, from)| *to = from);
    bytes
}

fn expected_errno(model: &HashMap<Vec<u8>, Vec<u8>>, key: &[u8], flags: u64, capacity: usize) -> i32 {
    match (flags, model.contains_key(key)) {
        (BPF_NOEXIST, true) => libc::EEXIST,
        (BPF_EXIST, false) => libc::ENOENT,
        (BPF_ANY | BPF_NOEXIST, false) if model.len() == capacity => libc::E2BIG,
        (BPF_ANY | BPF_NOEXIST | BPF_EXIST, _) => 0,
        _ => libc::EINVAL,
    }
}

fn run_model(key_size: u32, value_size: u32, capacity: u32, flags: u32, seed: u64) {
    let mut spec = MapSpec::new("model", MapKind::Hash, key_size, value_size, capacity);
    spec.flags = flags;
    let map = Map::create(&spec).unwrap();
    let mut model: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut random = Random(seed);
    let keys = (u64::from(capacity) * 3 / 2 + 2).min(1 << (8 * key_size.min(7)));
    for step in 0..6000 {
        let key = key(random.below(keys), key_size);
        match random.below(10) {
            0..5 => {
                let value: Vec<u8> = (0..value_size).map(|_| random.next() as u8).collect();
                let flags = [BPF_ANY, BPF_ANY, BPF_NOEXIST, BPF_EXIST, 3, 4][random.below(6) as usize];
                let want = expected_errno(&model, &key, flags, capacity as usize);
                assert_eq!(errno(map.update(&key, &value, flags)), want, "step {step}, flags {flags}");
                if want == 0 {
                    model.insert(key, value);
                }
            }
            5..7 => {
                let want = if model.remove(&key).is_some() { 0 } else { libc::ENOENT };
                assert_eq!(errno(map.delete(&key)), want, "step {step}");
            }
            _ => assert_eq!(map.lookup(&key).unwrap(), model.get(&key).cloned(), "step {step}"),
        }
        assert_eq!(map.len(), model.len());
    }
    assert_same(&map, &model);
}

fn assert_same(map: &Map, model: &HashMap<Vec<u8>, Vec<u8>>) {
    let by_keys: HashMap<_, _> = map.iter().unwrap().collect();
    assert_eq!(&by_keys, model);
    assert_eq!(map.keys().unwrap().len(), model.len());
    let mut by_next = HashMap::new();
    let mut at = None;
    while let Some(key) = map.next_key(at.as_deref()).unwrap() {
        by_next.insert(key.clone(), map.lookup(&key).unwrap().unwrap());
        at = Some(key);
        assert!(by_next.len() <= model.len());
    }
    assert_eq!(&by_next, model);
}

#[test]
fn hash_agrees_with_the_model() {
    for (n, &(key, value)) in
        [(4, 8), (8, 8), (16, 4), (1, 1), (3, 5), (5, 13), (12, 40), (20, 7), (64, 100), (512, 9)].iter().enumerate()
    {
        for capacity in [1, 2, 7, 64, 500] {
            run_model(key, value, capacity, [0, F_NO_PREALLOC, F_ZERO_SEED][n % 3], 77 + n as u64);
        }
    }
}

#[test]
fn capacity_holds_exactly() {
    for capacity in [1, 2, 3, 6, 7, 100, 4096] {
        let map = Map::create(&MapSpec::new("exact", MapKind::Hash, 4, 8, capacity)).unwrap();
        let typed = map.typed::<u32, u64>().unwrap();
        (0..capacity).for_each(|i| typed.insert(i * 7919, u64::from(i)).unwrap());
        assert_eq!(errno(typed.insert(u32::MAX, 0)), libc::E2BIG);
        assert_eq!(map.len(), capacity as usize);
        typed.insert(0, 99).unwrap();
        assert!(typed.remove(&0).unwrap());
        typed.insert(u32::MAX, 1).unwrap();
        assert_eq!(errno(typed.insert(0, 0)), libc::E2BIG);
        (1..capacity).for_each(|i| assert_eq!(typed.get(&(i * 7919)), Some(u64::from(i))));
    }
}

#[test]
fn array_agrees_with_linux() {
    let map = Map::create(&MapSpec::new("array", MapKind::Array, 4, 5, 3)).unwrap();
    let at = |n: u32| n.to_ne_bytes();
    assert_eq!(map.lookup(&at(2)).unwrap(), Some(vec![0; 5]));
    assert_eq!(map.lookup(&at(3)).unwrap(), None);
    for (index, flags, want) in [
        (0, BPF_ANY, 0),
        (2, BPF_EXIST, 0),
        (1, BPF_NOEXIST, libc::EEXIST),
        (3, BPF_ANY, libc::E2BIG),
        (3, BPF_NOEXIST, libc::E2BIG),
        (0, 3, libc::EINVAL),
        (0, 4, libc::EINVAL),
        (3, u64::MAX, libc::EINVAL),
    ] {
        assert_eq!(errno(map.update(&at(index), b"hello", flags)), want, "index {index}, flags {flags}");
    }
    assert_eq!(map.lookup(&at(2)).unwrap().unwrap(), b"hello");
    assert_eq!(map.lookup(&at(1)).unwrap().unwrap(), [0; 5]);
    assert_eq!(errno(map.delete(&at(0))), libc::EINVAL);
    assert_eq!(map.keys().unwrap().len(), 3);
    assert_eq!(map.next_key(Some(&at(9))).unwrap().unwrap(), at(0));
    assert_eq!(map.next_key(Some(&at(1))).unwrap().unwrap(), at(2));
    assert_eq!(map.next_key(Some(&at(2))).unwrap(), None);
}

#[test]
fn errors_name_the_map_and_both_values() {
    let map = Map::create(&MapSpec::new("hits", MapKind::Hash, 4, 8, 1)).unwrap();
    assert_eq!(map.lookup(&[0; 8]).unwrap_err().to_string(), "map `hits`: key has 8 bytes, map takes 4");
    assert_eq!(map.update(&[0; 4], &[0; 3], 0).unwrap_err().to_string(), "map `hits`: value has 3 bytes, map takes 8");
    assert_eq!(map.typed::<u64, u64>().unwrap_err().to_string(), "map `hits`: key has 8 bytes, map takes 4");
    let refused = Map::create(&MapSpec::new("hits", MapKind::Array, 8, 8, 1)).unwrap_err();
    assert_eq!(refused.to_string(), "map `hits`: key_size is 8, must be 4");
    let huge = Map::create(&MapSpec::new("huge", MapKind::Array, 4, i32::MAX as u32, u32::MAX)).unwrap_err();
    assert_eq!(huge.errno(), libc::E2BIG);
}
