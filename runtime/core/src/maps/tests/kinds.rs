//! Kinds that are built on others: tries against a walk over all prefixes, queues, bloom filters, maps of handles.

use std::collections::BTreeMap;

use stingless_abi::map::{BPF_ANY, BPF_EXIST, BPF_NOEXIST, F_NO_PREALLOC};
use stingless_abi::{MapKind, MapSpec};

use super::{Random, errno};
use crate::maps::Map;

/// Whether the first `len` bits are equal.
fn agree(a: &[u8], b: &[u8], len: u32) -> bool {
    (0..len as usize).all(|bit| (a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1 == 0)
}

/// The walk over all prefixes: the longest that is no longer than the key and agrees with it.
fn longest(model: &BTreeMap<(u32, [u8; 4]), u64>, len: u32, data: [u8; 4]) -> Option<u64> {
    let found = model.iter().filter(|((l, d), _)| *l <= len && agree(d, &data, *l));
    found.max_by_key(|((l, _), _)| *l).map(|(_, value)| *value)
}

#[test]
fn tries_find_the_longest_prefix() {
    let mut spec = MapSpec::new("trie", MapKind::LpmTrie, 8, 8, 40);
    spec.flags = F_NO_PREALLOC;
    let map = Map::create(&spec).unwrap();
    let mut model = BTreeMap::new();
    let mut random = Random(7);
    for step in 0..4000 {
        let len = random.below(33) as u32;
        let data = std::array::from_fn(|_| [0, 0x80, 0xff, 0x41][random.below(4) as usize]);
        let key = [len.to_le_bytes(), data].concat();
        let cut = u32::from_be_bytes(data) & u32::MAX.checked_shl(32 - len).unwrap_or(0);
        let place = (len, cut.to_be_bytes());
        match random.below(4) {
            0 if model.len() < 40 || model.contains_key(&place) => {
                let value = random.next();
                map.update(&key, &value.to_le_bytes(), BPF_ANY).unwrap();
                model.insert(place, value);
            }
            0 => assert_eq!(errno(map.update(&key, &[0; 8], BPF_ANY)), libc::ENOSPC, "step {step}"),
            1 => {
                let want = if model.remove(&place).is_some() { 0 } else { libc::ENOENT };
                assert_eq!(errno(map.delete(&key)), want, "step {step}");
            }
            _ => {
                let want = longest(&model, len, data).map(|v| v.to_le_bytes().to_vec());
                assert_eq!(map.lookup(&key).unwrap(), want, "step {step}: {len} {data:?}");
            }
        }
    }
    assert_eq!(map.len(), model.len());
    let long = [33u32.to_le_bytes(), [0; 4]].concat();
    assert_eq!(errno(map.update(&long, &[0; 8], BPF_ANY)), libc::EINVAL);
    assert_eq!(map.lookup(&long).unwrap(), None);
}

#[test]
fn queues_keep_order_and_stacks_turn_it_round() {
    for (kind, order) in [(MapKind::Queue, [2, 3]), (MapKind::Stack, [3, 2])] {
        let map = Map::create(&MapSpec::new("fifo", kind, 0, 1, 2)).unwrap();
        map.update(&[], &[1], BPF_ANY).unwrap();
        map.update(&[], &[2], BPF_ANY).unwrap();
        assert_eq!(errno(map.update(&[], &[3], BPF_ANY)), libc::E2BIG);
        assert_eq!(errno(map.update(&[], &[3], BPF_NOEXIST)), libc::EINVAL);
        map.update(&[], &[3], BPF_EXIST).unwrap();
        assert_eq!(map.len(), 2, "the oldest made room");
        for want in order {
            assert_eq!(map.lookup(&[]).unwrap(), Some(vec![want]), "{kind:?}");
            assert_eq!(map.pop().unwrap(), Some(vec![want]), "{kind:?}");
        }
        assert_eq!(map.pop().unwrap(), None);
        assert_eq!(errno(map.delete(&[])), libc::EINVAL);
    }
}

#[test]
fn bloom_filters_forget_nothing() {
    let map = Map::create(&MapSpec::new("bloom", MapKind::BloomFilter, 0, 8, 1000)).unwrap();
    let has = |n: u64| {
        let mut value = n.to_le_bytes();
        map.lookup_into(&[], &mut value).unwrap()
    };
    for n in 0..1000u64 {
        map.update(&[], &n.to_le_bytes(), BPF_ANY).unwrap();
    }
    assert!((0..1000).all(has));
    let strangers = (1000..11000).filter(|&n| has(n)).count();
    assert!(strangers < 1000, "{strangers} of 10000 that are not there are said to be");
}

#[test]
fn handles_take_indices_and_no_writes_of_programs() {
    let spec = MapSpec::new("devs", MapKind::Devmap, 4, 4, 3);
    assert!(!spec.prog_writes() && spec.prog_reads());
    let map = Map::create(&spec).unwrap();
    map.update(&1u32.to_ne_bytes(), &[9, 0, 0, 0], BPF_ANY).unwrap();
    assert_eq!(errno(map.update(&3u32.to_ne_bytes(), &[9; 4], BPF_ANY)), libc::E2BIG);
    assert_eq!(errno(map.update(&1u32.to_ne_bytes(), &[9; 4], BPF_NOEXIST)), libc::EEXIST);
    assert_eq!(map.lookup(&0u32.to_ne_bytes()).unwrap(), None);
    assert_eq!(map.keys().unwrap(), [1u32.to_ne_bytes()]);
    map.delete(&0u32.to_ne_bytes()).unwrap();
    assert_eq!(errno(map.delete(&3u32.to_ne_bytes())), libc::EINVAL);
}
