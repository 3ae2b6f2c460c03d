//! User ring buffers.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use stingless_abi::MapKind;

use super::{Random, errno, map};
use crate::maps::raw::RingRegion;
use crate::maps::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, Map, MapError, UserRing};
use crate::sync::Ordering::SeqCst;

fn ring(size: u32) -> (Map, UserRing) {
    let map = map(MapKind::UserRingbuf, 0, 0, size);
    let ring = map.user_ring().unwrap();
    (map, ring)
}

fn region(map: &Map) -> &RingRegion {
    map.core().ring_of(MapKind::UserRingbuf).unwrap().region()
}

/// What a program that drains with these flags sees, and what the helper returns; it stops at a sample `stop`.
fn drain(map: &Map, flags: u64, stop: &[u8]) -> (Vec<Vec<u8>>, i64) {
    let mut seen = Vec::new();
    let count = map.core().drain(flags, |window, len| {
        let mut bytes = vec![0; len as usize];
        window.load(&mut bytes);
        let stops = bytes == stop;
        seen.push(bytes);
        Ok::<bool, Infallible>(stops)
    });
    (seen, count.unwrap())
}

#[test]
fn samples_come_in_order_once_submitted() {
    let (map, ring) = ring(4096);
    let (mut a, b, c) = (ring.reserve(3).unwrap(), ring.reserve(8).unwrap(), ring.reserve(0).unwrap());
    c.submit();
    assert_eq!(drain(&map, 0, b"-"), (vec![], 0), "the first one is busy");
    a.copy_from_slice(b"one");
    a.submit();
    assert_eq!(drain(&map, 0, b"-"), (vec![b"one".to_vec()], 1));
    drop(b);
    assert_eq!(drain(&map, 0, b"-"), (vec![vec![]], 1), "a discarded one is not counted");
    assert_eq!((ring.waiting(), drain(&map, 0, b"-").1), (0, 0));
    for text in [&b"x"[..], b"stop", b"later"] {
        ring.push(text).unwrap();
    }
    assert_eq!(drain(&map, 0, b"stop"), (vec![b"x".to_vec(), b"stop".to_vec()], 2));
    assert_eq!(drain(&map, 0, b"stop"), (vec![b"later".to_vec()], 1));
}

#[test]
fn samples_may_fill_the_ring() {
    let (map, ring) = ring(4096);
    let too_long = ring.reserve(4096 - 7);
    assert!(matches!(too_long, Err(MapError::Size { found: 4089, want: 4088, .. })), "{too_long:?}");
    ring.push(&[7; 4096 - 8]).unwrap();
    assert_eq!(errno(ring.push(b"")), libc::ENOSPC);
    assert_eq!(drain(&map, 0, b"-"), (vec![vec![7; 4096 - 8]], 1));
    (0..512).for_each(|_| ring.push(b"").unwrap());
    assert_eq!(errno(ring.push(b"")), libc::ENOSPC);
    assert_eq!(drain(&map, 0, b"-").1, 512);
}

#[test]
fn samples_wrap_around_in_one_piece() {
    let (map, ring) = ring(4096);
    let mut random = Random(9);
    let mut waiting = std::collections::VecDeque::new();
    for n in 0..20_000u64 {
        let sample: Vec<u8> = (0..random.below(700)).map(|i| (i + n) as u8).collect();
        match ring.push(&sample) {
            Ok(()) => waiting.push_back(sample),
            Err(e) => assert_eq!(e.errno(), libc::ENOSPC),
        }
        if random.below(3) == 0 {
            let (seen, count) = drain(&map, 0, b"-");
            assert_eq!(count, waiting.len() as i64);
            assert!(seen.into_iter().eq(waiting.drain(..)));
        }
    }
}

#[test]
fn broken_heads_and_positions_are_told() {
    let broken = |break_it: fn(&RingRegion)| {
        let (map, ring) = ring(8192);
        ring.push(&[1; 16]).unwrap();
        break_it(region(&map));
        let out = drain(&map, 0, b"-");
        assert!(out.0.is_empty());
        out.1
    };
    let einval = -i64::from(libc::EINVAL);
    assert_eq!(broken(|r| r.producer().position.store(12, SeqCst)), einval, "no multiple of 8");
    assert_eq!(broken(|r| r.head(0).store(17, SeqCst)), einval, "longer than what was produced");
    assert_eq!(broken(|r| r.head(0).store(u32::MAX, SeqCst)), einval);
    let long = |r: &RingRegion| {
        r.producer().position.store(1 << 40, SeqCst);
        r.head(0).store(8185, SeqCst);
    };
    assert_eq!(broken(long), -i64::from(libc::E2BIG), "longer than the ring");
    assert_eq!(broken(|r| r.consumer().position.store(1 << 20, SeqCst)), 0, "nothing is left");
}

#[test]
fn one_call_drains_at_a_time_and_flags_are_checked() {
    let (map, ring) = ring(4096);
    ring.push(b"a").unwrap();
    ring.push(b"b").unwrap();
    let inner = |_: &[u8]| drain(&map, 0, b"-").1;
    let mut found = Vec::new();
    let count = map.core().drain(0, |_, _| {
        found.push(inner(b""));
        Ok::<bool, Infallible>(false)
    });
    assert_eq!((count, found), (Ok(2), vec![-i64::from(libc::EBUSY); 2]));
    assert_eq!(drain(&map, 4, b"-").1, -i64::from(libc::EINVAL));
    assert_eq!(errno(map.ring()), libc::EINVAL, "programs write to the other kind");
    assert_eq!(errno(super::map(MapKind::Ringbuf, 0, 0, 4096).user_ring()), libc::EINVAL);
}

/// A callback that traps ends the drain; its sample is gone, and others may drain.
#[test]
fn a_sample_that_traps_is_gone() {
    let (map, ring) = ring(4096);
    ring.push(b"bad").unwrap();
    ring.push(b"good").unwrap();
    assert_eq!(map.core().drain(0, |_, _| Err("trapped")), Err("trapped"));
    assert_eq!(drain(&map, 0, b"-"), (vec![b"good".to_vec()], 1));
}

#[test]
fn a_drain_ends_at_linuxs_limit() {
    let (map, ring) = ring(2 << 20);
    (0..(128 << 10) + 5).for_each(|_| ring.push(b"").unwrap());
    assert_eq!(map.core().drain(0, |_, _| Ok::<bool, Infallible>(false)), Ok(128 << 10));
    assert_eq!(map.core().drain(0, |_, _| Ok::<bool, Infallible>(false)), Ok(5));
}

#[test]
fn producers_wait_for_room() {
    let (map, ring) = ring(4096);
    ring.push(&[1; 4000]).unwrap();
    let start = Instant::now();
    let late = ring.reserve_blocking(200, Some(Duration::from_millis(20)));
    assert!(matches!(late, Err(MapError::NoSpace { .. })) && start.elapsed() >= Duration::from_millis(20));
    let thread = std::thread::spawn(move || {
        for n in 0..2000u32 {
            let mut sample = ring.reserve_blocking(200, None).unwrap();
            sample[..4].copy_from_slice(&n.to_ne_bytes());
            sample.submit();
        }
    });
    assert_eq!(drain(&map, BPF_RB_NO_WAKEUP, b"-").1, 1);
    let mut next = 0u32;
    while next < 2000 {
        for sample in drain(&map, BPF_RB_FORCE_WAKEUP, b"-").0 {
            assert_eq!(sample[..4], next.to_ne_bytes());
            next += 1;
        }
        std::thread::yield_now();
    }
    thread.join().unwrap();
}

#[test]
fn many_producers_lose_nothing() {
    let (map, ring) = ring(1 << 13);
    let threads: Vec<_> = (0..3u64)
        .map(|id| {
            let ring = ring.clone();
            std::thread::spawn(move || {
                for n in 0..3000u64 {
                    let mut sample = ring.reserve_blocking(16, None).unwrap();
                    sample[..8].copy_from_slice(&id.to_ne_bytes());
                    sample[8..].copy_from_slice(&n.to_ne_bytes());
                    sample.submit();
                }
            })
        })
        .collect();
    let mut next = [0u64; 3];
    while next.iter().sum::<u64>() < 9000 {
        for sample in drain(&map, 0, b"-").0 {
            let word = |at: usize| u64::from_ne_bytes(sample[at..at + 8].try_into().unwrap());
            assert_eq!(word(8), next[word(0) as usize]);
            next[word(0) as usize] += 1;
        }
        std::thread::yield_now();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
