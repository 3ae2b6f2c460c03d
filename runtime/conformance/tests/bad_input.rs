//! Bad input, row by row: each gets an error that names file, program, C line and both values; the host goes on; nothing
//! stays held.

use std::time::{Duration, Instant};

use stingless::abi::TrapKind;
use stingless::{Bytes, Collection, Config, EngineKind, Error, Object, Plugin, Raw, Trap, from_file};
use stingless_conformance::programs::event::{Event, EventVerdict};
use stingless_conformance::programs::{Host, Program, dir};
use stingless_conformance::random::Random;
use stingless_helpers_linux::{SkBuff, Xdp};

fn object(name: &str) -> Object {
    from_file(dir().join(format!("{name}.bpf.o"))).unwrap_or_else(|err| panic!("{err}"))
}

/// The line of a source that says `TRAP`, from 1.
fn trap_line(name: &str) -> u32 {
    let text = std::fs::read_to_string(dir().join(format!("{name}.bpf.c"))).unwrap();
    text.lines().zip(1..).find(|(l, _)| l.contains("/* TRAP */")).unwrap().1
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not said: {text}");
    }
}

fn event(kind: u32, level: u32) -> Event<'static> {
    Event { kind, level, text: Bytes::new(b""), note: "" }
}

/// The host still does its work.
fn goes_on(host: &Host) {
    let program = Program::named("map_array").unwrap_or_else(|err| panic!("{err}"));
    host.run(&object("map_array"), &program.expect).unwrap_or_else(|err| panic!("the host does not go on: {err}"));
}

fn in_every_engine(test: impl Fn(&Host)) {
    for kind in EngineKind::ALL {
        let host = Host::new(kind).unwrap();
        test(&host);
        goes_on(&host);
    }
}

#[test]
fn truncated_objects_are_refused_by_name() {
    let host = Host::new(EngineKind::Jit).unwrap();
    let whole = std::fs::read(dir().join("tail_call.bpf.o")).unwrap();
    let path = std::env::temp_dir().join(format!("stingless-truncated-{}.bpf.o", std::process::id()));
    for len in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        std::fs::write(&path, &whole[..len]).unwrap();
        let err = match from_file(&path) {
            Err(err) => err,
            // The section table is at the end: nothing shorter can be whole.
            Ok(_) => panic!("{len} of {} bytes are an object", whole.len()),
        };
        has(&err.to_string(), &[&path.display().to_string()]);
    }
    std::fs::remove_file(&path).unwrap();
    goes_on(&host);
}

/// Mutants of every object: parsed, linked, verified and, where accepted, run, without a panic.
#[test]
fn hostile_objects_break_nothing() {
    let rounds = if std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") { 2_000 } else { 12 };
    let host = Host::with(Config::new().deadline(Some(Duration::from_millis(20)))).unwrap();
    let (mut parsed, mut accepted, mut all) = (0, 0, 0);
    for program in Program::all().unwrap() {
        let bytes = std::fs::read(&program.object).unwrap();
        // Its whole budget is what this one is about.
        for seed in (0..rounds).filter(|_| program.name != "bad_loop_counter") {
            let mut random = Random::new(seed ^ bytes.len() as u64);
            let mut mutant = bytes.clone();
            for _ in 0..1 + random.bits() % 4 {
                let at = random.bits() as usize % mutant.len();
                mutant[at] = random.bits() as u8;
            }
            all += 1;
            let Ok(object) = Object::parse(&mutant) else { continue };
            parsed += 1;
            let Ok(loaded) = host.linker.load_each(&object) else { continue };
            accepted += loaded.collection.programs().count();
            run_all(&loaded.collection);
        }
    }
    println!("{all} mutants, {parsed} parsed, {accepted} programs accepted and run");
    assert!(parsed > 0 && accepted > 0);
    goes_on(&host);
}

fn run_all(loaded: &Collection) {
    let names: Vec<String> = loaded.programs().map(str::to_owned).collect();
    for name in names {
        if let Ok(plugin) = loaded.plugin::<Event>(&name) {
            // A trap is an answer too.
            let _ = plugin.call_raw(&mut event(1, 2), plugin.deadline());
        }
    }
}

#[test]
fn an_unknown_helper_is_named_with_its_line() {
    in_every_engine(|host| {
        let err = host.linker.load(&object("bad_helper")).unwrap_err().in_file(&dir().join("bad_helper.bpf.o"));
        has(&err.to_string(), &["bad_helper.bpf.o", "`bad`", "12345", "bad_helper.bpf.c:9"]);
        let err = host.linker.load(&object("bad_ksym")).unwrap_err().in_file(&dir().join("bad_ksym.bpf.o"));
        has(&err.to_string(), &["bad_ksym.bpf.o", "`bad`", "nobody_has_this", "bad_ksym.bpf.c:10"]);
    });
}

#[test]
fn a_helper_that_the_hook_does_not_allow_is_named_with_the_hook() {
    in_every_engine(|host| {
        let err =
            host.linker.load(&object("bad_helper_hook")).unwrap_err().in_file(&dir().join("bad_helper_hook.bpf.o"));
        has(
            &err.to_string(),
            &["bad_helper_hook.bpf.o", "`bad`", "bpf_xdp_adjust_head", "tc", "bad_helper_hook.bpf.c:7"],
        );
    });
}

#[test]
fn objects_that_do_not_load_say_why() {
    for program in Program::all().unwrap() {
        let Some(want) = &program.expect.error else { continue };
        in_every_engine(|host| {
            let err = host.linker.load(&object(&program.name)).unwrap_err();
            assert!(err.to_string().contains(want.as_str()), "{}: {err}, want {want}", program.name);
        });
    }
}

#[test]
fn a_map_of_another_shape_is_refused_with_both() {
    in_every_engine(|host| {
        let loaded = host.linker.load(&object("swap_a")).unwrap();
        let slot = host.linker.engine().slot(loaded.plugin::<Event>("entry").unwrap());
        let err = slot.reload(&object("swap_shape")).unwrap_err();
        has(&err.to_string(), &["`calls`", "value_size", "8", "16"]);
        let mut e = event(0, 0);
        slot.call(&mut e).unwrap();
        assert_eq!(e.level, 0xaaaa, "the old one keeps serving");
    });
}

#[test]
fn a_context_of_another_hook_is_refused_with_both() {
    in_every_engine(|host| {
        let loaded = host.linker.load(&object("xdp_pass")).unwrap();
        let err = loaded.plugin::<SkBuff<'_>>("pass").unwrap_err();
        assert!(
            matches!(&err, Error::HookMismatch { program, want, found } if program == "pass" && want == "tc" && found == "xdp"),
            "{err}"
        );
        has(&err.to_string(), &["`pass`", "`tc`", "`xdp`"]);
        assert!(loaded.plugin::<Raw>("pass").is_err() && loaded.plugin::<Event>("pass").is_err());
        assert!(loaded.plugin::<Xdp<'_>>("pass").is_ok());
    });
}

#[test]
fn a_prog_array_takes_programs_of_one_hook() {
    in_every_engine(|host| {
        let loaded = host.linker.load(&object("tail_call")).unwrap();
        loaded.set_tail_call("programs", 2, "entry").unwrap();
        let both = host.linker.load(&object("many_programs")).unwrap();
        assert!(both.plugin::<SkBuff<'_>>("fourth").is_ok());
        let err = host.linker.load(&object("odd_prog_array")).unwrap_err();
        has(&err.to_string(), &["`other`", "tc", "xdp"]);
    });
}

#[test]
fn a_loop_without_end_is_refused_at_its_line() {
    in_every_engine(|host| {
        let err = host.linker.load(&object("bad_loop")).unwrap_err().in_file(&dir().join("bad_loop.bpf.o"));
        has(&err.to_string(), &["bad_loop.bpf.o", "`bad`", "bad_loop.bpf.c:8"]);
        assert_eq!(err.report().unwrap().kind, "infinite-loop");
    });
}

fn load(host: &Host, name: &str, program: &str) -> (Collection, Plugin<Event<'static>>) {
    let loaded = host.linker.load(&object(name)).unwrap_or_else(|err| panic!("{name}: {err}"));
    let plugin = loaded.plugin::<Event<'static>>(program).unwrap();
    (loaded, plugin)
}

/// The trap of a call, which must name program, instruction and C line.
fn trap(plugin: &Plugin<Event<'static>>, kind: u32, want: TrapKind, line: Option<u32>) -> Trap {
    let trap = plugin.call(&mut event(kind, 1)).unwrap_err();
    assert_eq!(trap.kind, want, "{trap}");
    assert_eq!(trap.program, plugin.name());
    assert!(trap.insn.is_some(), "{trap}");
    let at = trap.line.as_ref().unwrap_or_else(|| panic!("no line: {trap}"));
    assert!(line.is_none_or(|l| l == at.line) && at.file.ends_with(".bpf.c"), "{trap}, want line {line:?}");
    trap
}

/// Panics that a test asks for are not news.
fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str().is_none_or(|text| !text.starts_with("event_fail was asked to panic")) {
                tell(panic);
            }
        }));
    });
}

fn records(loaded: &Collection) -> Vec<u64> {
    let mut out = Vec::new();
    let take = |r: &[u8]| out.push(u64::from_le_bytes(r.try_into().unwrap_or_default()));
    loaded.map("events").unwrap().ring().unwrap().consume(take);
    out
}

#[test]
fn a_helper_that_fails_or_panics_traps_and_what_was_held_is_given_back() {
    quiet();
    in_every_engine(|host| {
        let (loaded, plugin) = load(host, "trap_helper", "fail");
        let line = Some(trap_line("trap_helper"));
        // More often than the ring has room for, if records stayed held: a discarded one goes when its turn comes.
        for round in 0..600 {
            if round % 100 == 0 {
                assert_eq!(records(&loaded), [0; 0], "records of traps are discarded");
            }
            let panicked = trap(&plugin, 1, TrapKind::Panic, line);
            has(&panicked.to_string(), &["`fail`", "trap_helper.bpf.c", "event_fail was asked to panic"]);
            let failed = trap(&plugin, 7, TrapKind::Helper, line);
            has(&failed.to_string(), &["`fail`", "trap_helper.bpf.c", "asked to fail with 7, 0 is allowed"]);
        }
        assert_eq!(plugin.call(&mut event(0, 5)).unwrap(), EventVerdict::Pass);
        assert_eq!(records(&loaded), [5]);
    });
}

#[test]
fn a_helper_that_fails_in_a_callback_traps_through_it() {
    quiet();
    in_every_engine(|host| {
        let (loaded, plugin) = load(host, "trap_callback", "fail");
        let map = loaded.map("h").unwrap();
        for key in 1u32..4 {
            map.update(&key.to_le_bytes(), &1u64.to_le_bytes(), 0).unwrap();
        }
        let line = Some(trap_line("trap_callback"));
        trap(&plugin, 1, TrapKind::Panic, line);
        trap(&plugin, 9, TrapKind::Helper, line);
        assert_eq!(plugin.call(&mut event(0, 0)).unwrap(), EventVerdict::Pass, "three elements, not two");
        assert!(map.iter().unwrap().all(|(_, v)| v == 2u64.to_le_bytes()), "the walk was whole once");
        map.delete(&3u32.to_le_bytes()).unwrap();
        assert_eq!(plugin.call(&mut event(0, 0)).unwrap(), EventVerdict::Limit);
    });
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place for the answer.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut t) }, 0);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

#[test]
fn a_plugin_over_its_deadline_is_stopped_and_what_was_held_is_given_back() {
    let deadline = Duration::from_millis(30);
    for kind in EngineKind::ALL {
        let host = Host::with(Config::new().engine(kind).deadline(Some(deadline))).unwrap();
        let (loaded, plugin) = load(&host, "trap_deadline", "slow");
        let (before, start) = (cpu(), Instant::now());
        let stopped = trap(&plugin, 1 << 20, TrapKind::Deadline, None);
        let took = cpu() - before;
        has(&stopped.to_string(), &["`slow`", "trap_deadline.bpf.c", "deadline"]);
        assert!(took >= deadline, "{}: stopped after {took:?}", kind.key());
        // The promise is 1 ms; a loaded machine and a build without optimisation get more.
        assert!(took < deadline + Duration::from_millis(50), "{}: stopped after {took:?}", kind.key());
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(plugin.call(&mut event(0, 9)).unwrap(), EventVerdict::Pass);
        assert_eq!(records(&loaded), [9], "the stopped call's record is discarded");
        let (_, plugin) = load(&host, "trap_may_goto", "spin");
        // Machine code goes through all rounds in less than the deadline.
        let stopped = plugin.call_within(&mut event(u32::MAX, 0), Some(Duration::from_micros(500))).unwrap_err();
        assert_eq!(stopped.kind, TrapKind::Deadline, "{stopped}");
        assert_eq!(plugin.call(&mut event(1000, 0)).unwrap(), EventVerdict::Pass);
        goes_on(&host);
    }
}
