//! Objects on the stack that only helpers touch: each program of `programs/objects/*.bpf.c` says by its name what becomes
//! of it here and in the live kernel (`objects.h`); what is accepted gives the same in every engine and there.
//!
//! `STINGLESS_OBJECTS_DIR` tries other objects, `STINGLESS_OBJECTS_SHOW=1` prints the rejections of both sides.

use std::path::{Path, PathBuf};

use stingless::abi::{Limits, Trust};
use stingless::{EngineKind, from_file};
use stingless_conformance::kernel::{Caps, KernelProgram, TestRun, available, with_caps};
use stingless_conformance::programs::{Host, Run, Sample, call, push};
use stingless_object::{Env, Object};
use stingless_verifier::{VerifierError, verify};

fn objects() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/objects");
    let dir = std::env::var_os("STINGLESS_OBJECTS_DIR").map_or(own, PathBuf::from);
    let entries = std::fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "o"));
    files.sort();
    files
}

/// What a name promises.
struct Promise {
    /// Accepted here; else the kind of rejection.
    ours: Result<(), String>,
    /// Accepted by Linux.
    linux: bool,
}

fn promise(name: &str) -> Promise {
    let kind = |rest: &str| Err(rest.split("__").next().unwrap_or("").replace('_', "-"));
    match name.split_once('_') {
        Some(("ok", _)) => Promise { ours: Ok(()), linux: true },
        Some(("more", _)) => Promise { ours: Ok(()), linux: false },
        // Root may read what was never written.
        Some(("bad", rest)) => Promise { ours: kind(rest), linux: rest.starts_with("uninit_stack") },
        Some(("strict", rest)) => Promise { ours: kind(rest), linux: true },
        _ => panic!("{name} promises nothing"),
    }
}

fn hook(section: &str) -> &str {
    if section == "socket" { "socket_filter" } else { section }
}

/// Our verdict, with Linux's rules for root and with those for untrusted plugins.
fn verdicts(host: &Host, object: &Object, at: usize) -> [Result<(), Box<VerifierError>>; 2] {
    [Trust::Untrusted, Trust::Privileged].map(|trust| {
        let unit = host.linker.unit(object, at).unwrap();
        verify(unit, trust, &Limits { examined_insns: 200_000, ..Limits::default() }).map(drop)
    })
}

fn judge(name: &str, ours: &Result<(), Box<VerifierError>>) -> Option<String> {
    match (promise(name).ours, ours) {
        (Ok(()), Ok(())) => None,
        (Err(want), Err(error)) if error.kind == want && !error.is_bug() => None,
        (Ok(()), Err(error)) => Some(format!("{name}: refused: {error} {:?}", error.cause)),
        (Err(want), Ok(())) => Some(format!("{name}: accepted, want {want}")),
        (Err(want), Err(error)) => Some(format!("{name}: {} instead of {want}: {error}", error.kind)),
    }
}

fn live(host: &Host, object: &Object, at: usize) -> Result<KernelProgram, String> {
    let hook = host.linker.hook_named(hook(&object.programs()[at].section)).unwrap().clone();
    let env = Env::new(host.linker.protos(), hook);
    with_caps(Caps::Full, || KernelProgram::load(object, at, &env).map_err(|e| e.to_string())).unwrap()
}

#[test]
fn each_program_is_judged_as_its_name_says() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let kernel = available();
    let show = std::env::var_os("STINGLESS_OBJECTS_SHOW").is_some();
    let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0, 0);
    for path in objects() {
        let object = from_file(&path).unwrap();
        for at in 0..object.programs().len() {
            let name = &object.programs()[at].name;
            let rules = if name.starts_with("bad_uninit_stack") { 1 } else { 2 };
            for ours in verdicts(&host, &object, at).into_iter().take(rules) {
                wrong.extend(judge(name, &ours));
                if show && let Err(error) = ours {
                    println!("{name}: {}", stingless_verifier::render(&error, None));
                }
            }
            if promise(name).ours.is_ok() {
                accepted += 1
            } else {
                refused += 1
            }
            if !kernel {
                continue;
            }
            match (live(&host, &object, at), promise(name).linux) {
                (Ok(_), true) => {}
                (Err(theirs), false) => {
                    if show {
                        println!("  the kernel: {theirs}");
                    }
                }
                (Ok(_), false) => wrong.push(format!("{name}: the kernel accepts it")),
                (Err(theirs), true) => wrong.push(format!("{name}: the kernel says {theirs}")),
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
    assert!(accepted >= 25 && refused >= 25);
}

/// What stands in the user ring buffer of a program that runs.
fn samples() -> Vec<Sample> {
    let sample = |len: u8| (len..len * 2).collect::<Vec<u8>>();
    [(8, true), (1, false), (24, true), (0, true), (13, true)].map(|(len, submitted)| (sample(len), submitted)).into()
}

/// What is accepted gives the same in every engine, and in the live kernel.
#[test]
fn what_is_accepted_gives_the_same_everywhere() {
    let (mut wrong, mut runs) = (Vec::new(), 0);
    let inputs = [(0..64).collect::<Vec<u8>>(), vec![0xab; 200]];
    for path in objects() {
        let object = from_file(&path).unwrap();
        let hosts: Vec<(EngineKind, Host)> = EngineKind::ALL.map(|k| (k, Host::new(k).unwrap())).into();
        let loaded: Vec<_> = hosts.iter().map(|(k, h)| (k.key(), h.linker.load_each(&object).unwrap())).collect();
        for (at, program) in object.programs().iter().enumerate() {
            if promise(&program.name).ours.is_err() {
                continue;
            }
            let live = (available() && promise(&program.name).linux).then(|| live(&hosts[0].1, &object, at).unwrap());
            for input in &inputs {
                let run = Run { data: input.clone(), ..Run::default() };
                let mut outcomes = Vec::new();
                for (engine, each) in &loaded {
                    each.collection.map("bytes").unwrap().update(&[0; 4], &[0; 64], 0).unwrap();
                    // Programs that leave some leave all.
                    let requests = each.collection.map("requests").ok();
                    if let Some(requests) = requests.filter(|r| r.user_ring().unwrap().waiting() == 0) {
                        push(requests, &samples()).unwrap();
                    }
                    let out = call(&each.collection, hook(&program.section), &program.name, &run);
                    outcomes.push((*engine, out.map(|o| (o.r0 as u32, o.data)).map_err(|e| e.to_string())));
                }
                if let Some(live) = &live {
                    live.map("bytes").unwrap().update(&[0; 4], &[0; 64], 0).unwrap();
                    if let Some(requests) = live.map("requests") {
                        requests.push_samples(&samples()).unwrap();
                    }
                    let out = TestRun { data: input, ctx: &[] }.run(&live.prog);
                    outcomes.push(("kernel", out.map(|o| (o.retval, o.data)).map_err(|e| e.to_string())));
                }
                runs += outcomes.len();
                let first = &outcomes[0].1;
                if first.is_err() || outcomes.iter().any(|(_, o)| o != first) {
                    wrong.push(format!("{}: {outcomes:02x?}", program.name));
                }
            }
        }
    }
    println!("{runs} runs");
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}
