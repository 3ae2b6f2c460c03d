//! The files of `programs/apps`: verdicts of four judges, values in every engine and in the live kernel.
//!
//! `STINGLESS_APP=text` takes the files whose name has the text. `STINGLESS_FILL=1` prints the values that the live kernel
//! gives for runs that say `?`.

use stingless_abi::Limits;
use stingless_conformance::kernel::available;
use stingless_conformance::oracle::{Bench, Loaded, Side, Who, unexplained};
use stingless_conformance::programs::{App, Expect, Kernel, UNSAID, apps, judge};

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

#[test]
fn programs_of_many_kinds_are_judged_and_run_alike() {
    // What is accepted is accepted soon, and what is too complex need not take long.
    let bench = Bench::new(Limits { examined_insns: 120_000, ..Limits::default() }).unwrap();
    let wanted = std::env::var("STINGLESS_APP").unwrap_or_default();
    let (mut wrong, mut count, mut sources) = (Vec::new(), 0, std::collections::BTreeSet::new());
    for app in apps().unwrap_or_else(|e| panic!("{e}")).iter().filter(|a| a.name.contains(&wanted)) {
        let loaded = match bench.load(&app.object) {
            Ok(loaded) => loaded,
            Err(e) => {
                wrong.push(format!("{}: {e}", app.name));
                continue;
            }
        };
        for expect in &app.programs {
            count += 1;
            sources.insert((app.name.split('.').next().map(str::to_owned), expect.program.clone()));
            let name = format!("{}/{}", app.name, expect.program.as_deref().unwrap_or_default());
            wrong.extend(one(&loaded, app, expect).iter().map(|w| format!("{name}: {w}")));
        }
    }
    println!("{} programs, {count} with their levels, live kernel: {}", sources.len(), available());
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}
