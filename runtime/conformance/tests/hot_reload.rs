//! Hot reload under calls: no call fails, none sees parts of two generations, state is kept, memory stays flat.
//!
//! Each generation writes its mark twice: the entry from its read-only data, the tail-called target as a constant of its
//! code. `STINGLESS_SOAK=1` runs the full counts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use stingless::{Bytes, Collection, Config, EngineKind, Object, Slot, from_file};
use stingless_conformance::programs::event::{Event, EventVerdict};
use stingless_conformance::programs::{Host, dir};

const THREADS: usize = 8;

fn soak() -> bool {
    std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1")
}

fn object(name: &str) -> Object {
    from_file(dir().join(format!("{name}.bpf.o"))).unwrap_or_else(|err| panic!("{err}"))
}

fn calls(loaded: &Collection) -> u64 {
    loaded.map("calls").unwrap().typed::<u32, u64>().unwrap().get(&0).unwrap()
}

/// Resident memory of this process, bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// What the callers saw.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    failed: AtomicU64,
    mixed: AtomicU64,
    a: AtomicU64,
    b: AtomicU64,
}

fn call_until(slot: &Slot<Event<'static>>, stop: &AtomicBool, seen: &Seen) {
    while !stop.load(Ordering::Relaxed) {
        let mut event = Event { kind: 1, level: 0, text: Bytes::new(b"x"), note: "" };
        let ok = slot.call(&mut event) == Ok(EventVerdict::Pass);
        seen.calls.fetch_add(1, Ordering::Relaxed);
        let count = match (ok, event.level) {
            (false, _) => &seen.failed,
            (true, 0xaaaa) => &seen.a,
            (true, 0xbbbb) => &seen.b,
            (true, _) => &seen.mixed,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Calls from all threads while `swap` runs `swaps` times; gives what was seen and memory after a tenth and at the end.
fn under_load(slot: &Slot<Event<'static>>, swaps: u64, mut swap: impl FnMut(u64)) -> (Seen, u64, u64) {
    let (stop, seen) = (AtomicBool::new(false), Seen::default());
    let (mut early, mut late) = (0, 0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| call_until(slot, &stop, &seen));
        }
        // The first generation is called too.
        while seen.calls.load(Ordering::Relaxed) < 100 {
            std::thread::yield_now();
        }
        for round in 0..swaps {
            swap(round);
            if round == swaps / 10 {
                early = resident();
            }
        }
        late = resident();
        // Whatever the machine's load, each thread gets its turn.
        let enough = Instant::now() + Duration::from_secs(10);
        while seen.calls.load(Ordering::Relaxed) < 1000 && Instant::now() < enough {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
    });
    (seen, early, late)
}

fn judge(name: &str, swaps: u64, (seen, early, late): &(Seen, u64, u64), slack: u64) {
    let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
    println!(
        "{name}: {swaps} swaps under {} calls from {THREADS} threads ({} of A, {} of B): {} failed, {} mixed; \
         resident {} KiB, then {} KiB",
        count(&seen.calls),
        count(&seen.a),
        count(&seen.b),
        count(&seen.failed),
        count(&seen.mixed),
        early / 1024,
        late / 1024
    );
    assert!(count(&seen.calls) >= 1000, "the callers stand still");
    assert_eq!((count(&seen.failed), count(&seen.mixed)), (0, 0));
    assert!(count(&seen.a) > 0 && count(&seen.b) > 0, "both generations were called");
    assert!(*late < early + slack, "{name}: memory grew from {early} to {late} bytes");
}

fn start(kind: EngineKind) -> (Host, Slot<Event<'static>>) {
    // Callers on few processors wait for each other: their deadline is not what is tested.
    let host = Host::with(Config::new().engine(kind).deadline(None)).unwrap();
    let first = host.linker.load(&object("swap_a")).unwrap();
    let slot = host.linker.engine().slot(first.plugin::<Event<'static>>("entry").unwrap());
    (host, slot)
}

/// Every engine: two loaded versions, swapped.
#[test]
fn a_thousand_swaps_of_loaded_versions() {
    let swaps = if soak() { 100_000 } else { 1_000 };
    for kind in EngineKind::ALL {
        let (host, slot) = start(kind);
        let mut next = host.linker.load(&object("swap_b")).unwrap();
        let seen = under_load(&slot, swaps, |_| {
            next = slot.swap(&next).unwrap_or_else(|err| panic!("{err}"));
            std::thread::sleep(Duration::from_micros(300));
        });
        judge(kind.key(), swaps, &seen, 4 << 20);
    }
}

/// Whole reloads: link, verify, compile, publish, carry the map over.
#[test]
fn reloads_keep_the_state() {
    let reloads = if soak() { 10_000 } else { 200 };
    let (_host, slot) = start(EngineKind::Jit);
    let (a, b) = (object("swap_a"), object("swap_b"));
    let seen = under_load(&slot, reloads, |round| {
        slot.reload(if round % 2 == 0 { &b } else { &a }).unwrap_or_else(|err| panic!("{err}"));
    });
    judge("reload", reloads, &seen, 8 << 20);
    let counted = calls(&slot.plugin().collection());
    assert_eq!(counted, seen.0.calls.load(Ordering::Relaxed), "each call is counted in the one map that all share");
}

/// What does not load never serves, and disturbs nobody.
#[test]
fn refused_reloads_under_load() {
    let (_host, slot) = start(EngineKind::Jit);
    let (good, bad) = (object("swap_b"), [object("swap_shape"), object("bad_event_write"), object("xdp_pass")]);
    let seen = under_load(&slot, 60, |round| match bad.get(round as usize % 4) {
        Some(bad) => assert!(slot.reload(bad).is_err()),
        None => slot.reload(&good).unwrap_or_else(|err| panic!("{err}")),
    });
    judge("refused", 60, &seen, 8 << 20);
}
