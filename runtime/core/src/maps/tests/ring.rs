//! Ring buffers.

use std::time::{Duration, Instant};

use stingless_abi::MapKind;

use super::{Random, errno, map};
use crate::maps::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, Map};

fn ring(size: u32) -> Map {
    map(MapKind::Ringbuf, 0, 0, size)
}

fn output(map: &Map, bytes: &[u8], flags: u64) -> i64 {
    // SAFETY: the slice is readable.
    unsafe { map.core().ring_output(bytes.as_ptr(), bytes.len() as u64, flags) }
}

fn reserve(map: &Map, size: u64) -> u64 {
    map.core().ring_reserve(size, 0) as u64
}

fn write(sample: u64, bytes: &[u8]) {
    // SAFETY: the tests reserve what they write.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), sample as *mut u8, bytes.len()) };
}

#[test]
fn records_come_in_order_of_reservation_once_submitted() {
    let map = ring(4096);
    let mut consumer = map.ring().unwrap();
    let (a, b, c) = (reserve(&map, 3), reserve(&map, 8), reserve(&map, 1));
    for (sample, text) in [(a, &b"one"[..]), (b, b"discards"), (c, b"2")] {
        write(sample, text);
    }
    let mut seen = Vec::new();
    map.core().ring_commit(c, false, 0);
    assert_eq!(consumer.consume(|record| seen.push(record.to_vec())), 0, "the first one is busy");
    map.core().ring_commit(a, false, 0);
    assert_eq!(consumer.consume(|record| seen.push(record.to_vec())), 1);
    map.core().ring_commit(b, true, 0);
    assert_eq!(consumer.consume(|record| seen.push(record.to_vec())), 1);
    assert_eq!(seen, [b"one".to_vec(), b"2".to_vec()]);
    assert_eq!(map.core().ring_query(0), 0);
    assert_eq!(map.core().ring_query(2), 16 + 16 + 16);
}

#[test]
fn room_is_counted_as_linux_does() {
    let map = ring(4096);
    assert_eq!(reserve(&map, 4096 - 8), 0, "one record may not fill the ring");
    assert_eq!(reserve(&map, u64::from(u32::MAX)), 0);
    assert_eq!(reserve(&map, u64::MAX), 0);
    assert_eq!(map.core().ring_reserve(8, 1) as u64, 0, "flags");
    let sample = reserve(&map, 4096 - 16);
    assert_ne!(sample, 0);
    assert_eq!(reserve(&map, 0), 0);
    map.core().ring_commit(sample, false, 0);
    assert_eq!(output(&map, b"x", 0), -i64::from(libc::EAGAIN));
    assert_eq!(output(&map, b"x", 4), -i64::from(libc::EINVAL));
    let mut consumer = map.ring().unwrap();
    assert_eq!(consumer.consume(|record| assert_eq!(record.len(), 4096 - 16)), 1);
    assert_eq!(output(&map, b"x", 0), 0);
    assert_eq!(consumer.lost(), 3);
    assert_eq!([0, 1, 2, 3, 9].map(|what| map.core().ring_query(what)), [16, 4096, 4088, 4104, 0]);
}

#[test]
fn a_reserved_record_is_never_overwritten() {
    let map = ring(4096);
    let mut consumer = map.ring().unwrap();
    assert_eq!(output(&map, &[1; 1000], 0), 0);
    let held = reserve(&map, 100);
    write(held, &[7; 100]);
    let more = (0..100).take_while(|_| output(&map, &[2; 500], 0) == 0).count();
    assert_eq!(consumer.consume(|_| ()), 1);
    let again = (0..100).take_while(|_| output(&map, &[3; 500], 0) == 0).count();
    assert!(more > 0 && again > 0);
    map.core().ring_commit(held, false, 0);
    let mut first = None;
    assert_eq!(consumer.consume(|record| first = first.take().or(Some(record.to_vec()))), 1 + more + again);
    assert_eq!(first.unwrap(), [7; 100]);
}

#[test]
fn records_wrap_around_in_one_piece() {
    let map = ring(4096);
    let mut consumer = map.ring().unwrap();
    let mut random = Random(5);
    let mut waiting = std::collections::VecDeque::new();
    for n in 0..20_000u64 {
        let record: Vec<u8> = (0..random.below(700)).map(|i| (i + n) as u8).collect();
        if output(&map, &record, 0) == 0 {
            waiting.push_back(record);
        }
        if random.below(3) == 0 {
            consumer.consume(|record| assert_eq!(record, waiting.pop_front().unwrap()));
        }
    }
    consumer.consume(|record| assert_eq!(record, waiting.pop_front().unwrap()));
    assert!(waiting.is_empty());
}

#[test]
fn one_consumer_at_a_time() {
    let map = ring(4096);
    let first = map.ring().unwrap();
    assert_eq!(errno(map.ring()), libc::EBUSY);
    drop(first);
    map.ring().unwrap();
}

#[test]
fn foreign_addresses_are_no_records() {
    let map = ring(4096);
    let sample = reserve(&map, 8);
    for wrong in [0, 8, sample - 8, sample + 4, sample + 4096, u64::MAX] {
        map.core().ring_commit(wrong, false, 0);
    }
    assert_eq!(map.ring().unwrap().consume(|_| ()), 0);
    map.core().ring_commit(sample, false, 0);
    assert_eq!(map.ring().unwrap().consume(|_| ()), 1);
}

#[test]
fn poll_waits_wakes_and_gives_up() {
    let map = ring(4096);
    let mut consumer = map.ring().unwrap();
    let start = Instant::now();
    assert_eq!(consumer.poll(Some(Duration::from_millis(20)), |_| ()), 0);
    assert!(start.elapsed() >= Duration::from_millis(20));
    let producer = map.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        output(&producer, b"quiet", BPF_RB_NO_WAKEUP);
        std::thread::sleep(Duration::from_millis(50));
        output(&producer, b"loud", BPF_RB_FORCE_WAKEUP);
    });
    let mut seen = 0;
    while seen < 2 {
        seen += consumer.poll(None, |_| ());
    }
    thread.join().unwrap();
}

#[test]
fn many_producers_lose_and_mix_nothing() {
    const PRODUCERS: u64 = 4;
    const EACH: u64 = 5_000;
    let map = ring(1 << 14);
    let mut consumer = map.ring().unwrap();
    let threads: Vec<_> = (0..PRODUCERS)
        .map(|id| {
            let map = map.clone();
            std::thread::spawn(move || produce(&map, id, EACH))
        })
        .collect();
    let mut next = [0; PRODUCERS as usize];
    let mut left = PRODUCERS * EACH;
    while left > 0 {
        left -= consumer.poll(None, |record| {
            let words: Vec<u64> = record.chunks(8).map(|w| u64::from_ne_bytes(w.try_into().unwrap())).collect();
            let (id, n) = (words[0], words[1]);
            assert_eq!(n, next[id as usize], "producer {id}");
            assert!(words[2..].iter().all(|&word| word == n ^ id));
            next[id as usize] += 1;
        }) as u64;
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(next, [EACH; PRODUCERS as usize]);
}

fn produce(map: &Map, id: u64, each: u64) {
    let mut random = Random(id + 1);
    for n in 0..each {
        let extra = random.below(20);
        let record: Vec<u8> =
            [id, n].into_iter().chain((0..extra).map(|_| n ^ id)).flat_map(u64::to_ne_bytes).collect();
        loop {
            let sample = reserve(map, record.len() as u64);
            if sample == 0 {
                std::thread::yield_now();
                continue;
            }
            write(sample, &record);
            let discard = random.below(4) == 0;
            map.core().ring_commit(sample, discard, 0);
            if !discard {
                break;
            }
        }
    }
}
