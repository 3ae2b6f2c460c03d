//! Many threads on one map.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use stingless_abi::MapKind;
use stingless_abi::map::{BPF_ANY, BPF_NOEXIST};

use super::{Program, Random, map};
use crate::sys::epoch;

/// Time that each of these tests runs its threads; `make soak` runs them longer.
fn span() -> Duration {
    let factor = if std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") { 25 } else { 1 };
    Duration::from_millis(400) * factor
}

/// Runs `work` on `threads` threads until the time is over.
fn race(threads: usize, work: impl Fn(usize, &dyn Fn() -> bool) + Sync) {
    let end = Instant::now() + span();
    let stop = AtomicBool::new(false);
    let go_on = || !stop.load(Relaxed) && Instant::now() < end;
    std::thread::scope(|scope| {
        for n in 0..threads {
            let (work, go_on) = (&work, &go_on);
            scope.spawn(move || work(n, go_on));
        }
    });
}

/// Writers that outrun a preempted reader use the reserve up, and slots are then reused under it: allowed, but not
/// what these tests look at. So a writer waits, outside of any call, for the calls that run now, once in a while.
fn let_readers_catch_up(changes: &mut u32) {
    *changes += 1;
    if *changes == 100 {
        *changes = 0;
        let grace = epoch::Grace::begin();
        while !grace.passed() {
            std::thread::yield_now();
        }
    }
}

/// Every value is the key twice: a reader that sees another pair got parts of two elements, or another key's element.
fn pair(key: u32) -> u64 {
    u64::from(key) << 32 | u64::from(key)
}

#[test]
fn readers_see_their_own_keys_element_only() {
    for kind in [MapKind::Hash, MapKind::LruHash] {
        let map = map(kind, 4, 8, 64);
        let program = Program::new(&map);
        race(4, |n, go_on| {
            let (mut random, mut changes) = (Random(n as u64 + 1), 0);
            while go_on() {
                if n < 2 {
                    let_readers_catch_up(&mut changes);
                }
                let _call = epoch::enter();
                let key = random.below(96) as u32;
                match (n, random.below(3)) {
                    (0 | 1, 0) => assert!(program.delete(key) <= 0),
                    (0 | 1, _) => assert!(program.update(key, pair(key), BPF_ANY) <= 0),
                    _ => {
                        let Some(value) = program.lookup(key) else { continue };
                        // The pointer stays good until the call ends, whatever the writers do.
                        for _ in 0..20 {
                            assert_eq!(value.load(Relaxed), pair(key));
                            std::hint::spin_loop();
                        }
                    }
                }
            }
        });
        assert!(map.len() <= 64);
        assert_eq!(map.keys().unwrap().len(), map.len());
        let typed = map.typed::<u32, u64>().unwrap();
        assert!(typed.iter().unwrap().all(|(key, value)| value == pair(key)));
        assert_eq!(map.forced_reuses(), 0);
    }
}

#[test]
fn host_readers_never_see_parts_of_two_elements() {
    let map = map(MapKind::Hash, 8, 64, 8);
    race(3, |n, go_on| {
        let mut random = Random(n as u64 + 1);
        while go_on() {
            let key = random.below(4).to_ne_bytes();
            if n == 0 {
                let word = random.next() as u8;
                map.update(&key, &[word; 64], BPF_ANY).unwrap();
                let _long_call = epoch::enter();
                // Uses the reserve up, so that slots are reused at once.
                (0..1500u64).for_each(|i| map.update(&key, &[i as u8; 64], BPF_ANY).unwrap());
            } else if let Some(value) = map.lookup(&key).unwrap() {
                assert!(value.iter().all(|byte| *byte == value[0]), "{value:?}");
            }
        }
    });
}

#[test]
fn no_update_of_distinct_keys_is_lost() {
    const THREADS: u32 = 4;
    const KEYS: u32 = 200;
    for kind in [MapKind::Hash, MapKind::Array] {
        let map = map(kind, 4, 8, THREADS * KEYS);
        let program = Program::new(&map);
        let host = map.typed::<u32, u64>().unwrap();
        race(THREADS as usize, |n, go_on| {
            let mut mine = vec![0u64; KEYS as usize];
            let mut random = Random(n as u64 + 9);
            let base = n as u32 * KEYS;
            while go_on() {
                let _call = epoch::enter();
                let at = random.below(KEYS.into()) as u32;
                assert_eq!(host.get(&(base + at)).unwrap_or(0), mine[at as usize]);
                let value = if kind == MapKind::Hash && random.below(4) == 0 {
                    let _ = program.delete(base + at);
                    0
                } else {
                    let value = random.next() | 1;
                    assert_eq!(program.update(base + at, value, BPF_ANY), 0);
                    value
                };
                mine[at as usize] = value;
            }
            let live = |at: u32| host.get(&(base + at)).unwrap_or(0);
            assert!((0..KEYS).all(|at| live(at) == mine[at as usize]));
        });
    }
}

#[test]
fn capacity_holds_under_contention() {
    let map = map(MapKind::Hash, 4, 8, 16);
    let program = Program::new(&map);
    let inserted = std::sync::atomic::AtomicI64::new(0);
    race(4, |n, go_on| {
        let mut random = Random(n as u64 + 3);
        while go_on() {
            let _call = epoch::enter();
            let key = random.below(40) as u32;
            if random.below(2) == 0 {
                inserted.fetch_add(i64::from(program.update(key, 1, BPF_NOEXIST) == 0), Relaxed);
            } else {
                inserted.fetch_sub(i64::from(program.delete(key) == 0), Relaxed);
            }
            assert!(map.len() <= 16);
        }
    });
    assert_eq!(map.len() as i64, inserted.load(Relaxed));
    assert_eq!(map.keys().unwrap().len(), map.len());
}

#[test]
fn lru_takes_every_insert_under_contention() {
    let map = map(MapKind::LruHash, 4, 8, 128);
    let program = Program::new(&map);
    race(4, |n, go_on| {
        let mut random = Random(n as u64 + 5);
        while go_on() {
            let _call = epoch::enter();
            let key = random.below(100_000) as u32;
            assert_eq!(program.update(key, pair(key), BPF_ANY), 0);
            assert!(map.len() <= 128);
            // The newest is never the victim of its own insertion, but may be that of another thread's.
            let _ = program.get(key);
        }
    });
    let typed = map.typed::<u32, u64>().unwrap();
    assert!(typed.iter().unwrap().all(|(key, value)| value == pair(key)));
    assert_eq!(map.len(), 128);
    assert_eq!(map.keys().unwrap().len(), 128);
}

/// One bucket: every key beyond the sixth stands in the chain, where readers race with unlinking.
#[test]
fn keys_that_stay_are_always_found_in_a_crowded_bucket() {
    let map = map(MapKind::Hash, 4, 8, 40);
    let core = map.core();
    let crowded = super::crowd(core, 30);
    let program = Program::new(&map);
    crowded.iter().for_each(|&key| assert_eq!(program.update(key, pair(key), BPF_ANY), 0));
    race(3, |n, go_on| {
        let (mut random, mut changes) = (Random(n as u64 + 5), 0);
        while go_on() {
            if n == 0 {
                let_readers_catch_up(&mut changes);
            }
            let _call = epoch::enter();
            let at = random.below(30) as usize;
            let key = crowded[at];
            if n > 0 {
                let found = program.get(key);
                assert!(at % 2 == 1 || found == Some(pair(key)), "key {at} of the bucket: {found:?}");
            } else if at % 2 == 1 {
                let _ = program.delete(key);
                assert_eq!(program.update(key, pair(key), BPF_ANY), 0);
            } else {
                assert_eq!(program.update(key, pair(key), BPF_ANY), 0);
            }
        }
    });
    assert_eq!(map.len(), 30);
}
