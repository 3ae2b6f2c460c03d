//! Each limit at n, which passes, and at n + 1, which does not.

use std::fmt::Write as _;
use std::time::Duration;

use stingless::abi::limits::{MAX_FRAMES, MAX_LOOPS, MAX_STACK, MAX_TAIL_CALLS};
use stingless::abi::{Limits, MapKind, MapSpec, TrapKind};
use stingless::{Bytes, Config, EngineKind, Error, Raw, RawMapDef, RawProgram, from_file};
use stingless_conformance::programs::event::{Event, EventVerdict};
use stingless_conformance::programs::{Host, Run, call, dir};
use stingless_isa::{assemble, encode};

fn host(limits: Limits) -> Host {
    Host::with(Config::new().limits(limits)).unwrap()
}

fn raw(text: &str, maps: Vec<RawMapDef>) -> RawProgram {
    let code = assemble(text).unwrap_or_else(|err| panic!("{err}"));
    let insns = encode(&code).unwrap_or_else(|err| panic!("{err}"));
    RawProgram { name: "limit".into(), insns, maps, btf: None, func_info: vec![], hook: "raw".into(), gpl: true }
}

/// What a program returns in each engine, the same in all; or the short name of why it is refused.
fn verdict(limits: &Limits, program: &RawProgram) -> Result<u64, &'static str> {
    let mut answers = Vec::new();
    for kind in EngineKind::ALL {
        let host = Host::with(Config::new().engine(kind).limits(limits.clone())).unwrap();
        let loaded = host.linker.load_raw(program).unwrap_or_else(|err| panic!("{err}"));
        answers.push(match loaded.refused.first().map(|r| &r.error) {
            Some(Error::Verifier { report, .. }) => Err(report.kind),
            Some(other) => panic!("{other}"),
            None => {
                Ok(call(&loaded.collection, "raw", "limit", &Run::default()).unwrap_or_else(|err| panic!("{err}")).r0)
            }
        });
    }
    assert!(answers.windows(2).all(|w| w[0] == w[1]), "{answers:?}");
    answers[0]
}

fn straight(insns: usize) -> RawProgram {
    let mut text = "r0 = 0\n".repeat(insns - 1);
    text.push_str("exit");
    raw(&text, vec![])
}

#[test]
fn instructions_of_an_unprivileged_program() {
    let limits = Limits::unprivileged();
    assert_eq!(limits.program_insns, 4096, "BPF_MAXINSNS");
    assert_eq!(verdict(&limits, &straight(4096)), Ok(0));
    assert_eq!(verdict(&limits, &straight(4097)), Err("program-too-large"));
    assert_eq!(verdict(&Limits::default(), &straight(4097)), Ok(0));
}

/// A loop of `rounds`, each of three instructions, and three more: all of them examined.
fn counting(rounds: u32) -> RawProgram {
    raw(&format!("r0 = 0\nagain:\nr0 += 1\nif r0 != {rounds} goto again\nexit"), vec![])
}

/// What the verifier examines of a program.
fn examined(program: &RawProgram) -> u64 {
    let loaded = host(Limits::default()).linker.load_raw(program).unwrap();
    assert!(loaded.refused.is_empty());
    loaded.collection.infos()[0].stats.insns_processed
}

#[test]
fn examined_instructions() {
    assert_eq!(Limits::default().examined_insns, 1_000_000, "BPF_COMPLEXITY_LIMIT_INSNS");
    let program = counting(1000);
    let n = examined(&program);
    assert_eq!(n, 2002, "the first, two a round, and the last");
    assert_eq!(verdict(&Limits { examined_insns: n, ..Limits::default() }, &program), Ok(1000));
    assert_eq!(verdict(&Limits { examined_insns: n - 1, ..Limits::default() }, &program), Err("budget"));
}

/// The million itself: 499,999 rounds examine exactly that many.
#[test]
fn a_million_examined_instructions() {
    let host = host(Limits::default());
    let load = |rounds| {
        let loaded = host.linker.load_raw(&counting(rounds)).unwrap();
        let refused = loaded.refused.first().map(|r| r.error.report().map(|report| report.kind));
        (refused, loaded.collection.infos().first().map(|i| i.stats.insns_processed))
    };
    assert_eq!(load(499_999), (None, Some(1_000_000)));
    assert_eq!(load(500_000).0, Some(Some("budget")));
}

#[test]
fn stack_bytes_of_a_chain() {
    assert_eq!(MAX_STACK, 512, "MAX_BPF_STACK");
    let alone =
        |off: u32| raw(&format!("r1 = 7\n*(u64 *)(r10 - {off}) = r1\nr0 = *(u64 *)(r10 - {off})\nexit"), vec![]);
    assert_eq!(verdict(&Limits::default(), &alone(512)), Ok(7));
    assert!(matches!(verdict(&Limits::default(), &alone(520)), Err("stack-bounds" | "stack-too-deep")));
    let chain = |a: u32, b: u32| {
        raw(
            &format!(
                "r1 = 7\n*(u64 *)(r10 - {a}) = r1\ncall f\nr0 += 1\nexit\nf:\nr1 = 8\n*(u64 *)(r10 - {b}) = r1\nr0 = *(u64 *)(r10 - {b})\nexit"
            ),
            vec![],
        )
    };
    assert_eq!(verdict(&Limits::default(), &chain(256, 256)), Ok(9));
    assert_eq!(verdict(&Limits::default(), &chain(256, 264)), Err("stack-too-deep"));
    assert_eq!(verdict(&Limits::default(), &chain(400, 400)), Err("stack-too-deep"));
    let tighter = Limits { stack: 256, ..Limits::default() };
    assert_eq!(verdict(&tighter, &alone(256)), Ok(7));
    assert!(verdict(&tighter, &alone(264)).is_err());
}

fn nested(frames: usize) -> RawProgram {
    let mut text = String::from("r0 = 0\n");
    for level in 1..frames {
        let _ = write!(text, "call f{level}\nr0 += 1\nexit\nf{level}:\nr0 = 0\n");
    }
    text.push_str("r0 += 1\nexit");
    raw(&text, vec![])
}

#[test]
fn frames_of_a_chain() {
    assert_eq!(MAX_FRAMES, 8, "MAX_CALL_FRAMES");
    assert_eq!(verdict(&Limits::default(), &nested(8)), Ok(8));
    assert_eq!(verdict(&Limits::default(), &nested(9)), Err("too-many-frames"));
    let fewer = Limits { frames: 3, ..Limits::default() };
    assert_eq!(verdict(&fewer, &nested(3)), Ok(3));
    assert_eq!(verdict(&fewer, &nested(4)), Err("too-many-frames"));
}

fn with_maps(count: usize) -> RawProgram {
    let mut text = String::new();
    for index in 0..count {
        let _ = writeln!(text, "r1 = map[{index}] ll");
    }
    text.push_str("r0 = 1\nexit");
    let map = |i| RawMapDef {
        spec: MapSpec::new(format!("m{i}"), MapKind::Array, 4, 8, 1),
        init: vec![],
        freeze: false,
        own_slots: vec![],
    };
    raw(&text, (0..count).map(map).collect())
}

#[test]
fn maps_of_a_program() {
    assert_eq!(Limits::default().maps, 64, "MAX_USED_MAPS");
    assert_eq!(verdict(&Limits::default(), &with_maps(64)), Ok(1));
    assert_eq!(verdict(&Limits::default(), &with_maps(65)), Err("too-many-maps"));
}

/// A program that counts its runs in memory and calls itself: the call that is not made falls through.
#[test]
fn tail_calls_of_a_run() {
    assert_eq!(MAX_TAIL_CALLS, 33, "MAX_TAIL_CALL_CNT");
    for kind in EngineKind::ALL {
        for calls in [33, 5] {
            let limits = Limits { tail_calls: calls, ..Limits::default() };
            let host = Host::with(Config::new().engine(kind).limits(limits)).unwrap();
            let loaded = host.linker.load(&from_file(dir().join("tail_call_limit.bpf.o")).unwrap()).unwrap();
            let run = Run { data: vec![0; 64], ..Run::default() };
            let runs = call(&loaded, "xdp", "again", &run).unwrap().r0;
            assert_eq!(runs, u64::from(calls) + 1, "{}: the first run and each tail call", kind.key());
            assert_eq!(call(&loaded, "xdp", "again", &run).unwrap().r0, 2 * runs, "each call counts anew");
        }
    }
}

/// All iterations that `bpf_loop` takes, in machine code, and one more.
#[test]
fn iterations_of_a_loop() {
    assert_eq!(MAX_LOOPS, 1 << 23, "BPF_MAX_LOOPS");
    let looping =
        |n: u32| raw(&format!("r1 = {n}\nr2 = func f ll\nr3 = 0\nr4 = 0\ncall 181\nexit\nf:\nr0 = 0\nexit"), vec![]);
    let host = host(Limits { deadline: None, ..Limits::default() });
    let run = |n| {
        let loaded = host.linker.load_raw(&looping(n)).unwrap();
        assert!(loaded.refused.is_empty(), "{}", loaded.refused[0].error);
        loaded.collection.plugin::<Raw>("limit").unwrap().call(&mut [0u8; 0].as_mut_slice()).unwrap()
    };
    assert_eq!(run(1 << 23), 1 << 23);
    assert_eq!(run((1 << 23) + 1) as i64, -7, "E2BIG");
}

#[test]
fn the_deadline_of_a_call() {
    let object = from_file(dir().join("trap_deadline.bpf.o")).unwrap();
    for kind in EngineKind::ALL {
        let host = Host::with(Config::new().engine(kind)).unwrap();
        let plugin = host.linker.load(&object).unwrap().plugin::<Event<'_>>("slow").unwrap();
        let event = |kind| Event { kind, level: 0, text: Bytes::new(b""), note: "" };
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(plugin.call_within(&mut event(0), day).unwrap(), EventVerdict::Pass);
        let stopped = plugin.call_within(&mut event(1000), Some(Duration::from_millis(1))).unwrap_err();
        assert_eq!(stopped.kind, TrapKind::Deadline, "{}: {stopped}", kind.key());
    }
}

#[test]
fn quotas_of_a_collection() {
    let object = from_file(dir().join("many_programs.bpf.o")).unwrap();
    assert_eq!(object.programs().len(), 4);
    assert!(host(Limits { programs: 4, ..Limits::default() }).linker.load(&object).is_ok());
    let err = host(Limits { programs: 3, ..Limits::default() }).linker.load(&object).unwrap_err();
    assert!(matches!(err, Error::Limit { limit: "programs", max: 3, found: 4 }), "{err}");

    let object = from_file(dir().join("map_array.bpf.o")).unwrap();
    let bytes = host(Limits::default()).linker.load(&object).unwrap().map("counts").unwrap().bytes();
    assert!(host(Limits { map_bytes: bytes, ..Limits::default() }).linker.load(&object).is_ok());
    let err = host(Limits { map_bytes: bytes - 1, ..Limits::default() }).linker.load(&object).unwrap_err();
    assert!(matches!(err, Error::Limit { limit: "map_bytes", .. }), "{err}");
}
