//! What programs see through the doors, one thread.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;

use stingless_abi::MapKind;
use stingless_abi::map::{BPF_ANY, BPF_EXIST, BPF_NOEXIST};

use super::{Program, map, map_with};
use crate::maps::MapCore;
use crate::sys::epoch;

#[test]
fn the_address_of_a_map_leads_back_to_it() {
    let map = map(MapKind::Hash, 4, 8, 1);
    let addr = map.core().runtime_addr();
    // SAFETY: the map lives until the end of the test.
    let back = unsafe { MapCore::from_runtime_addr(addr) };
    assert!(std::ptr::eq(back, &raw const **map.core()));
}

#[test]
fn programs_and_host_see_the_same_array() {
    let map = map(MapKind::Array, 4, 8, 3);
    let (program, host) = (Program::new(&map), map.typed::<u32, u64>().unwrap());
    program.lookup(1).unwrap().store(7, Relaxed);
    assert_eq!(host.get(&1), Some(7));
    host.insert(2, 9).unwrap();
    assert_eq!(program.get(2), Some(9));
    assert_eq!(program.get(3), None);
    assert_eq!(map.core().value_addr(), Some(std::ptr::from_ref(program.lookup(0).unwrap()) as u64));
    let errno = |n: i32| -i64::from(n);
    assert_eq!(program.update(3, 0, BPF_ANY), errno(libc::E2BIG));
    assert_eq!(program.update(0, 0, BPF_NOEXIST), errno(libc::EEXIST));
    assert_eq!(program.update(0, 0, 3), errno(libc::EINVAL));
    assert_eq!(program.delete(0), errno(libc::EINVAL));
}

#[test]
fn programs_get_linux_numbers_from_a_hash() {
    let map = map(MapKind::Hash, 4, 8, 2);
    let program = Program::new(&map);
    let errno = |n: i32| -i64::from(n);
    assert_eq!(program.get(1), None);
    assert_eq!(program.update(1, 10, BPF_EXIST), errno(libc::ENOENT));
    assert_eq!(program.update(1, 10, BPF_NOEXIST), 0);
    assert_eq!(program.update(1, 11, BPF_NOEXIST), errno(libc::EEXIST));
    assert_eq!(program.update(1, 12, BPF_ANY), 0);
    assert_eq!(program.update(2, 20, BPF_ANY), 0);
    assert_eq!(program.update(3, 30, BPF_ANY), errno(libc::E2BIG));
    assert_eq!(program.update(3, 30, 8), errno(libc::EINVAL));
    assert_eq!(program.delete(3), errno(libc::ENOENT));
    assert_eq!((program.get(1), program.get(2), program.get(3)), (Some(12), Some(20), None));
    assert_eq!(program.delete(1), 0);
    assert_eq!(program.update(3, 30, BPF_ANY), 0);
}

#[test]
fn unaligned_keys_and_values_are_read_byte_by_byte() {
    let map = map(MapKind::Hash, 12, 5, 4);
    let bytes: Vec<u8> = (1..32).collect();
    for (key, value) in [(0, 12), (1, 13), (3, 17), (8, 20)] {
        let (at, of) = (&bytes[key..key + 12], &bytes[value..value + 5]);
        // SAFETY: both slices have the sizes of the map.
        assert_eq!(unsafe { map.core().prog_update(at.as_ptr(), of.as_ptr(), BPF_ANY) }, 0);
        assert_eq!(map.lookup(at).unwrap().unwrap(), of);
    }
}

#[test]
fn an_update_replaces_the_element_and_leaves_the_old_one_to_its_readers() {
    for kind in [MapKind::Hash, MapKind::LruHash] {
        let map = map(kind, 4, 8, 4);
        let program = Program::new(&map);
        let _call = epoch::enter();
        program.update(1, 10, BPF_ANY);
        let old = program.lookup(1).unwrap();
        program.update(1, 11, BPF_ANY);
        assert_eq!((old.load(Relaxed), program.get(1)), (10, Some(11)));
        program.delete(1);
        // Fewer changes than the reserve has slots: nothing that this call could see is reused.
        for n in 0..100 {
            program.update(1, 1000 + n, BPF_ANY);
            program.delete(1);
        }
        assert_eq!(old.load(Relaxed), 10);
        assert_eq!(map.forced_reuses(), 0);
    }
}

#[test]
fn a_call_that_outlasts_the_reserve_is_counted() {
    let map = map(MapKind::Hash, 4, 8, 4);
    let program = Program::new(&map);
    {
        let _call = epoch::enter();
        for n in 0..6000 {
            assert_eq!(program.update(1, n, BPF_ANY), 0);
        }
        assert_eq!(program.get(1), Some(5999));
    }
    assert!(map.forced_reuses() > 0);
}

#[test]
fn without_a_call_nothing_is_forced() {
    let map = map(MapKind::Hash, 4, 8, 4);
    let program = Program::new(&map);
    // Other tests' calls end soon, but not at once.
    for n in 0..20_000 {
        let _call = epoch::enter();
        assert_eq!(program.update(n as u32 % 4, n, BPF_ANY), 0);
        if n % 64 == 0 {
            std::thread::yield_now();
        }
    }
    assert_eq!(map.len(), 4);
}

#[test]
fn for_each_visits_all_and_may_change_the_map() {
    for kind in [MapKind::Array, MapKind::Hash, MapKind::LruHash] {
        let map = map(kind, 4, 8, 100);
        let program = Program::new(&map);
        (0..100).for_each(|i| assert_eq!(program.update(i, u64::from(i), BPF_ANY), 0));
        let _call = epoch::enter();
        let mut keys = Vec::new();
        let calls = map.core().for_each(|key, _| {
            // SAFETY: keys have 4 bytes, aligned as slots and the array's index are.
            let key = unsafe { key.cast::<u32>().read() };
            keys.push(key);
            if kind != MapKind::Array {
                assert_eq!(program.delete(key), 0);
            }
            ControlFlow::Continue(())
        });
        keys.sort_unstable();
        assert_eq!((calls, keys), (100, (0..100).collect()));
        assert_eq!(map.core().for_each(|_, _| ControlFlow::Break(())), i64::from(kind == MapKind::Array));
    }
    let ring = map(MapKind::Ringbuf, 0, 0, 4096);
    assert_eq!(ring.core().for_each(|_, _| ControlFlow::Continue(())), -i64::from(libc::EINVAL));
}

#[test]
fn per_cpu_values_are_per_thread() {
    for kind in [MapKind::PercpuArray, MapKind::PercpuHash] {
        let map = map_with(kind, 4, 4, 2, 0);
        let slots = epoch::slot_count() as usize;
        assert_eq!(map.host_value_size(), 8 * slots);
        let all: Vec<u8> = (0..slots as u64).flat_map(|n| (100 + n).to_le_bytes()).collect();
        map.update(&[1, 0, 0, 0], &all, BPF_ANY).unwrap();
        let program = Program::new(&map);
        let mine = std::thread::spawn(move || {
            let _call = epoch::enter();
            let slot = u64::from(epoch::slot().unwrap());
            assert_eq!(program.get(1), Some(100 + slot));
            assert_eq!(program.update(1, 7, BPF_ANY), 0);
            assert_eq!(program.get(1), Some(7));
            slot
        });
        let mine = mine.join().unwrap();
        let now = map.lookup(&[1, 0, 0, 0]).unwrap().unwrap();
        for (n, value) in now.chunks(8).enumerate() {
            let want = if n as u64 == mine { 7 } else { 100 + n as u64 };
            assert_eq!(value, want.to_le_bytes());
        }
    }
}

#[test]
fn per_cpu_hash_elements_begin_as_zero_elsewhere() {
    let map = map(MapKind::PercpuHash, 4, 8, 2);
    let program = Program::new(&map);
    let _call = epoch::enter();
    for round in 1..4 {
        assert_eq!(program.update(5, round, BPF_NOEXIST), 0);
        let all = map.lookup(&[5, 0, 0, 0]).unwrap().unwrap();
        let values: Vec<u64> = all.chunks(8).map(|v| u64::from_le_bytes(v.try_into().unwrap())).collect();
        assert_eq!(values.iter().sum::<u64>(), round);
        assert_eq!(program.update(5, 0, BPF_NOEXIST), -i64::from(libc::EEXIST));
        assert_eq!(program.delete(5), 0);
    }
}
