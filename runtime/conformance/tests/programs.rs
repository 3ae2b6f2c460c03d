//! Every program of the corpus: in each engine as its source says, the same 64 bits of `r0`, bytes and maps in each; and
//! the same in the live kernel, where it may be asked.

use stingless::abi::Limits;
use stingless::verifier::VerifierError;
use stingless::{Config, EngineKind, Error, from_file};
use stingless_conformance::kernel::{Caps, KernelProgram, UnitError, available, with_caps};
use stingless_conformance::programs::{Expect, Host, Kernel, Outcome, Program, Reject, judge, run_live};
use stingless_object::{Env, Object};

fn corpus() -> Vec<Program> {
    Program::all().unwrap_or_else(|err| panic!("{err}"))
}

fn load(program: &Program) -> Object {
    from_file(&program.object).unwrap_or_else(|err| panic!("{}: {err}", program.name))
}

/// Hooks that the live kernel has.
fn is_linux(expect: &Expect) -> bool {
    matches!(expect.hook.as_str(), "xdp" | "tc" | "socket_filter")
}

fn outcome(program: &Program, object: &Object, kind: EngineKind) -> Result<Outcome, String> {
    let host = Host::new(kind).map_err(|err| err.to_string())?;
    host.run(object, &program.expect).map_err(|err| match &err {
        Error::Verifier { report, .. } => format!("refused: {err}\n      {:?}", report.cause),
        _ => format!("failed: {err}"),
    })
}

/// One program in every engine; complaints, and the outcome of the first engine.
fn everywhere(program: &Program, object: &Object, wrong: &mut Vec<String>) -> Option<Outcome> {
    let mut first: Option<Outcome> = None;
    for kind in EngineKind::ALL {
        let name = format!("{} ({})", program.name, kind.key());
        match outcome(program, object, kind) {
            Ok(out) => {
                let complaints = judge(&program.expect, &out);
                wrong.extend(complaints.iter().map(|c| format!("{name}: {c}")));
                if out.trace != program.expect.trace {
                    wrong.push(format!("{name}: printed {:?}, want {:?}", out.trace, program.expect.trace));
                }
                match &first {
                    Some(first) if *first != out => wrong.push(format!("{name}: {out:?}\n    the first: {first:?}")),
                    Some(_) => {}
                    None => first = Some(out),
                }
            }
            Err(err) => wrong.push(format!("{name}: {err}")),
        }
    }
    first
}

#[test]
fn every_program_does_as_it_says_in_every_engine() {
    let mut wrong = Vec::new();
    let programs: Vec<Program> = corpus().into_iter().filter(|p| !p.expect.runs.is_empty()).collect();
    for program in &programs {
        everywhere(program, &load(program), &mut wrong);
    }
    assert!(programs.len() >= 60, "the corpus has {} programs that run", programs.len());
    assert!(wrong.is_empty(), "{} complaints:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// Compares with the live kernel: values, verdicts, packet bytes, context fields, maps, records.
#[test]
fn the_live_kernel_agrees() {
    if !available() {
        return;
    }
    let mut wrong = Vec::new();
    let mut compared = 0;
    for program in corpus().iter().filter(|p| !p.expect.runs.is_empty() && is_linux(&p.expect)) {
        if program.expect.kernel == Kernel::No {
            continue;
        }
        let object = load(program);
        let host = Host::new(EngineKind::Jit).unwrap();
        let live = match run_live(&host, &object, &program.expect) {
            Ok(live) => live,
            Err(err) => {
                wrong.push(format!("{} (kernel): {err}", program.name));
                continue;
            }
        };
        compared += 1;
        wrong.extend(judge(&program.expect, &live).iter().map(|c| format!("{} (kernel): {c}", program.name)));
        if let Some(ours) = everywhere(program, &object, &mut wrong) {
            wrong.extend(differences(&ours, &live).iter().map(|d| format!("{}: {d}", program.name)));
        }
    }
    println!("compared with the live kernel: {compared} programs");
    assert!(compared >= 20, "{compared} programs compared");
    assert!(wrong.is_empty(), "{} complaints:\n  {}", wrong.len(), wrong.join("\n  "));
}

fn differences(ours: &Outcome, live: &Outcome) -> Vec<String> {
    let mut out = Vec::new();
    for (at, (a, b)) in ours.runs.iter().zip(&live.runs).enumerate() {
        if a.r0 as u32 != b.r0 as u32 || a.data != b.data {
            out.push(format!("run {at}: {a:02x?}\n    kernel: {b:02x?}"));
        }
        out.extend(
            b.ctx
                .iter()
                .filter(|(n, v)| a.ctx.get(*n) != Some(v))
                .map(|(n, v)| format!("run {at}: {n} is {v} in the kernel")),
        );
    }
    if ours.maps != live.maps || ours.rings != live.rings {
        out.push(format!(
            "maps {:02x?} {:02x?}\n    kernel: {:02x?} {:02x?}",
            ours.maps, ours.rings, live.maps, live.rings
        ));
    }
    out
}

/// The report of the refusal, or what came instead.
fn refusal(program: &Program, object: &Object) -> Result<Box<VerifierError>, String> {
    // A tenth of the default budget: what is wrong is found long before, or it is the budget itself.
    let limits = Limits { examined_insns: 100_000, ..Limits::default() };
    let host = Host::with(Config::new().limits(limits)).map_err(|err| err.to_string())?;
    match host.linker.load(object) {
        Ok(_) => Err("accepted".into()),
        Err(Error::Verifier { report, .. }) => Ok(report),
        Err(other) => Err(format!("{}: {other}", program.name)),
    }
}

fn refused_as(want: &Reject, report: &VerifierError) -> Result<(), String> {
    let place = want.line.is_none() || report.primary.line == want.line;
    let file = report.primary.file.as_deref().is_some_and(|f| f.ends_with(".bpf.c"));
    if report.class.key() == want.class && place && (file || want.line.is_none()) && !report.is_bug() {
        return Ok(());
    }
    Err(format!("want {want:?}, found {} at line {:?}: {report}", report.class.key(), report.primary.line))
}

#[test]
fn every_bad_program_is_refused_with_its_class_and_line() {
    let mut wrong = Vec::new();
    let mut refused = 0;
    for program in corpus() {
        let Some(want) = &program.expect.reject else { continue };
        refused += 1;
        let result = refusal(&program, &load(&program)).and_then(|report| refused_as(want, &report));
        wrong.extend(result.err().map(|err| format!("{}: {err}", program.name)));
    }
    assert!(refused >= 30, "the corpus has {refused} bad programs");
    assert!(wrong.is_empty(), "{} complaints:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// What we refuse the live kernel refuses from untrusted loaders too.
#[test]
fn the_live_kernel_refuses_the_bad_programs() {
    if !available() {
        return;
    }
    let mut wrong = Vec::new();
    for program in corpus() {
        if program.expect.reject.is_none() || !is_linux(&program.expect) || program.expect.kernel == Kernel::No {
            continue;
        }
        let object = load(&program);
        let host = Host::new(EngineKind::Jit).unwrap();
        let hook = host.linker.hook_named(&program.expect.hook).unwrap().clone();
        let env = Env::new(host.linker.protos(), hook);
        let refused = |caps| {
            let load = || KernelProgram::load(&object, 0, &env).map(drop);
            matches!(with_caps(caps, load), Ok(Err(UnitError::Load(_))))
        };
        if !refused(Caps::NoPerfmon) {
            wrong.push(format!("{}: accepted without CAP_PERFMON", program.name));
        }
        if refused(Caps::Full) != (program.expect.kernel == Kernel::Same) {
            wrong.push(format!("{}: with all capabilities not as `kernel:` says", program.name));
        }
    }
    assert!(wrong.is_empty(), "{} complaints:\n  {}", wrong.len(), wrong.join("\n  "));
}
