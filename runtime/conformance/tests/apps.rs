//! The files of `programs/apps`: verdicts of four judges, values in every engine and in the live kernel.
//!
//! `STINGLESS_APP=text` takes the files whose name has the text. `STINGLESS_FILL=1` prints the values that the live kernel
//! gives for runs that say `?`.

use std::collections::BTreeSet;

use stingless_abi::Limits;
use stingless_conformance::kernel::available;
use stingless_conformance::oracle::{Bench, Loaded, Side, Who, unexplained};
use stingless_conformance::programs::{App, Expect, Kernel, Program, UNSAID, apps, dir, judge};

/// One program; what is wrong.
fn one(loaded: &Loaded<'_>, app: &App, expect: &Expect) -> Vec<String> {
    let program = expect.program.clone().unwrap_or_default();
    let Some(at) = loaded.object.program(&program) else { return vec!["no such program".into()] };
    let (unit, verdicts) = match loaded.verdicts(at) {
        Ok(found) => found,
        Err(e) => return vec![e],
    };
    let side = if expect.reject.is_some() { Side::Bad } else { Side::Ok };
    let mut wrong = unexplained(side, &verdicts, &expect.known);
    if let Some(want) = &expect.reject {
        match verdicts.of(Who::Untrusted) {
            Some(Err(found)) if found.kind == want.class => {}
            found => wrong.push(format!("want {}, found {found:?}", want.class)),
        }
        return wrong;
    }
    if expect.runs.is_empty() || !verdicts.of(Who::Untrusted).is_some_and(Result::is_ok) {
        return wrong;
    }
    let live = expect.kernel == Kernel::Same && verdicts.of(Who::Root).is_some_and(Result::is_ok);
    match loaded.values(&unit, expect, live) {
        Ok((differences, outcomes)) => {
            wrong.extend(differences);
            if let (true, Some(last)) = (std::env::var_os("STINGLESS_FILL").is_some(), outcomes.last()) {
                for (at, (run, out)) in expect.runs.iter().zip(&last.runs).enumerate() {
                    if run.r0 == UNSAID {
                        println!("FILL {} {program} {at} {}", app.name, out.r0 as u32);
                    }
                }
            }
            wrong.extend(outcomes.first().map(|out| judge(expect, out)).unwrap_or_default());
        }
        Err(e) => wrong.push(e),
    }
    wrong
}

/// Every file's share of the programs: loading and unloading kernel programs is waiting, so shares run side by side.
const SHARES: usize = 4;

fn share(number: usize) {
    // What is accepted is accepted soon, and what is too complex need not take long.
    let bench = Bench::new(Limits { examined_insns: 120_000, ..Limits::default() }).unwrap();
    let wanted = std::env::var("STINGLESS_APP").unwrap_or_default();
    let (mut wrong, mut count) = (Vec::new(), 0);
    let apps = apps().unwrap_or_else(|e| panic!("{e}"));
    for (_, app) in apps.iter().enumerate().filter(|(at, a)| at % SHARES == number && a.name.contains(&wanted)) {
        let loaded = match bench.load(&app.object) {
            Ok(loaded) => loaded,
            Err(e) => {
                wrong.push(format!("{}: {e}", app.name));
                continue;
            }
        };
        for expect in &app.programs {
            count += 1;
            let name = format!("{}/{}", app.name, expect.program.as_deref().unwrap_or_default());
            wrong.extend(one(&loaded, app, expect).iter().map(|w| format!("{name}: {w}")));
        }
    }
    println!("{count} programs with their levels, live kernel: {}", available());
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}

#[test]
fn programs_are_judged_and_run_alike_first_share() {
    share(0);
}

#[test]
fn programs_are_judged_and_run_alike_second_share() {
    share(1);
}

#[test]
fn programs_are_judged_and_run_alike_third_share() {
    share(2);
}

#[test]
fn programs_are_judged_and_run_alike_last_share() {
    share(3);
}

#[test]
fn the_corpus_has_at_least_three_hundred_programs() {
    let apps = apps().unwrap_or_else(|e| panic!("{e}"));
    let name = |a: &App, e: &Expect| (a.name.split('.').next().map(str::to_owned), e.program.clone());
    let sources: BTreeSet<_> = apps.iter().flat_map(|a| a.programs.iter().map(|e| name(a, e))).collect();
    let single = Program::all().unwrap_or_else(|e| panic!("{e}")).len();
    // Those of `net/` say nothing of themselves; `net_programs` judges them.
    let net = dir().join("net");
    let files = std::fs::read_dir(net).unwrap().map(|f| f.unwrap().path());
    let texts = files.filter(|f| f.extension().is_some_and(|e| e == "c")).map(|f| std::fs::read_to_string(f).unwrap());
    let plain =
        |t: String| t.matches("SEC(\"xdp").count() + t.matches("SEC(\"tc").count() + t.matches("SEC(\"socket").count();
    let net: usize = texts.map(plain).sum();
    println!("{} in apps/, {net} in net/, {single} alone", sources.len());
    assert!(sources.len() >= 160 && sources.len() + single + net >= 300);
}
