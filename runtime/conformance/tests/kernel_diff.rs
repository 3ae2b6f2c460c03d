//! Random programs: our verdicts and values against the live kernel's.
//!
//! `STINGLESS_SOAK=1` for the full count, `STINGLESS_DIFF_SEED`, `STINGLESS_DIFF_COUNT` for others;
//! `STINGLESS_DIFF_DUMP=DIR` keeps the programs on which the sides differ; `STINGLESS_DIFF_FILE=FILE` judges one text.

use std::path::Path;

use stingless::EngineKind;
use stingless_conformance::accepted::{Body, bodies, mutant, raw_program};
use stingless_conformance::diff::{Case, Judge, Table, Verdicts, class, count, program};
use stingless_conformance::kernel::available;
use stingless_conformance::programs::Host;
use stingless_object::Unit;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn dump(name: &str, text: &str) {
    if let Ok(dir) = std::env::var("STINGLESS_DIFF_DUMP") {
        std::fs::write(Path::new(&dir).join(name), text).unwrap();
    }
}

fn print(title: &str, table: &Table) {
    println!("{title}:");
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    rows.iter().for_each(|(row, (n, example))| println!("  {n:6} {row}   [{example}]"));
}

/// The verdicts under root's rules.
fn as_root(v: &Verdicts, name: &str, loose: &mut Table, strict: &mut Table) {
    match (&v.privileged, &v.root) {
        (Ok(()), Err(theirs)) => count(loose, class(theirs), name),
        (Err(ours), Ok(())) => count(strict, class(ours), name),
        (Ok(()), Ok(())) | (Err(_), Err(_)) => {}
    }
}

/// Half of the programs are of their own, half start from what clang made.
#[test]
fn random_programs_get_the_same_verdicts_and_values() {
    if !available() {
        return;
    }
    let judge = Judge::new().unwrap();
    compare(&judge, |seed| {
        let hook = if seed % 4 == 0 { "socket_filter" } else { "xdp" };
        judge.case(&format!("{seed}.{hook}"), hook, &program(seed, hook == "xdp"))
    });
}

/// Programs that the kernel knows, changed a little.
#[test]
fn mutated_clang_output_gets_the_same_verdicts_and_values() {
    if !available() {
        return;
    }
    let judge = Judge::new().unwrap();
    let host = Host::new(EngineKind::Interp).unwrap();
    let known = |b: &Body| {
        hook_of(&b.unit).is_some() && b.unit.maps.iter().all(|m| m.frozen.is_none() && m.spec.special.is_empty())
    };
    let bodies: Vec<Body> = bodies(&host).unwrap().into_iter().filter(known).collect();
    assert!(bodies.len() >= 20, "{} programs to start from", bodies.len());
    compare(&judge, |seed| {
        let (body, unit) = mutant(&bodies, seed)?;
        let hook = hook_of(&unit)?;
        raw_program(&unit).ok()?;
        Some(judge.case_of(&format!("{seed}.{}.{hook}", body.name.replace(':', ".")), hook, unit))
    });
}

/// The hook, if the live kernel has it and its context is the same.
fn hook_of(unit: &Unit) -> Option<&'static str> {
    ["xdp", "socket_filter"].into_iter().find(|name| unit.hook.name == *name)
}

/// Asks both sides about a seed's program, for many seeds.
fn compare(judge: &Judge, case_of: impl Fn(u64) -> Option<Case>) {
    let soak = std::env::var_os("STINGLESS_SOAK").is_some();
    let first = number("STINGLESS_DIFF_SEED", 1);
    let total = number("STINGLESS_DIFF_COUNT", if soak { 50_000 } else { 700 });
    let (mut both, mut neither, mut no_text, mut unasked) = (0, 0, 0, 0);
    let [mut agreed, mut loose, mut loose_root, mut strict, mut strict_root] = [(); 5].map(|()| Table::new());
    let mut wrong = Vec::new();
    for seed in first..first + total {
        let Some(case) = case_of(seed) else {
            no_text += 1;
            continue;
        };
        let (name, text) = (case.name.clone(), case.text.clone());
        // Whoever hangs leaves its name and text behind.
        dump("now", &format!("; {name}\n{text}"));
        let v = judge.verdicts(&case);
        if v.root == Err("not asked".to_owned()) {
            unasked += 1;
            continue;
        }
        match (&v.untrusted, &v.no_perfmon) {
            (Ok(()), Ok(())) => both += 1,
            (Err(ours), Err(theirs)) => {
                neither += 1;
                count(&mut agreed, format!("{} / {}", &class(ours)[..40.min(class(ours).len())], class(theirs)), &name);
            }
            (Ok(()), Err(theirs)) => {
                let root = if v.root.is_ok() { "root accepts" } else { "root too" };
                count(&mut loose, format!("{} ({root})", class(theirs)), &name);
                dump(&format!("loose.{name}"), &text);
            }
            (Err(ours), Ok(())) => {
                count(&mut strict, class(ours), &name);
                dump(&format!("strict.{name}"), &text);
            }
        }
        as_root(&v, &name, &mut loose_root, &mut strict_root);
        if v.untrusted.is_ok() {
            for difference in judge.differences(&case, v.root.is_ok()) {
                dump(&format!("wrong.{name}"), &text);
                wrong.push(format!("{name}: {difference}"));
            }
        }
    }
    println!(
        "{total} programs: {both} accepted by both, {neither} by neither, {unasked} not asked, {no_text} no programs"
    );
    if std::env::var_os("STINGLESS_DIFF_AGREED").is_some() {
        print("refused by both", &agreed);
    }
    print("accepted here, refused by the live kernel without CAP_PERFMON", &loose);
    print("refused here, accepted by the live kernel without CAP_PERFMON", &strict);
    print("accepted here for root, refused by the live kernel for root", &loose_root);
    print("refused here for root, accepted by the live kernel for root", &strict_root);
    assert!(wrong.is_empty(), "{} differences:\n  {}", wrong.len(), wrong.join("\n  "));
    assert!(both > 0 && neither > 0, "the programs are all of one kind");
}

/// For looking into one program: prints all verdicts and what differs.
#[test]
fn one_file() {
    let Ok(paths) = std::env::var("STINGLESS_DIFF_FILE") else { return };
    let judge = Judge::new().unwrap();
    for path in paths.split(',') {
        let text = std::fs::read_to_string(path).unwrap();
        let hook = if path.ends_with("socket_filter") { "socket_filter" } else { "xdp" };
        let Some(case) = judge.case(path, hook, &text) else {
            println!("{path}: no program: {:?}", stingless_isa::assemble(&text).err());
            continue;
        };
        println!("{path}: {:#?}", judge.verdicts(&case));
        judge.differences(&case, true).iter().for_each(|d| println!("  {d}"));
    }
}
