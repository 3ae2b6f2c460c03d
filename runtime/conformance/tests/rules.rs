//! Every rule from both sides, by four judges: `rules/*.rules`. `STINGLESS_RULE=text` takes those whose name has the text,
//! and prints what the judges say.

use std::collections::BTreeSet;

use stingless::EngineKind;
use stingless_abi::Limits;
use stingless_conformance::kernel::available;
use stingless_conformance::oracle::{Side, Who, of_unit, surprises};
use stingless_conformance::programs::Host;
use stingless_conformance::rules::{Rule, all, run};

fn chosen() -> Vec<Rule> {
    let all = all().unwrap_or_else(|e| panic!("{e}"));
    let wanted = std::env::var("STINGLESS_RULE").unwrap_or_default();
    all.into_iter().filter(|r| r.name.contains(&wanted)).collect()
}

fn judged(host: &Host, rule: &Rule, side: Side) -> Vec<String> {
    let unit = match rule.unit(&host.linker, side) {
        Ok(unit) => unit,
        Err(e) => return vec![e],
    };
    let verdicts = of_unit(&unit, &Limits { examined_insns: 200_000, ..Limits::default() });
    if std::env::var_os("STINGLESS_RULE").is_some() {
        println!("{} {side:?}: {verdicts:#?}", rule.name);
    }
    let mut wrong = surprises(side, &verdicts, &rule.known);
    if let (Side::Bad, Some(Err(refusal))) = (side, verdicts.of(Who::Untrusted))
        && refusal.kind != rule.kind
    {
        wrong.push(format!("want {}, found {}: {}", rule.kind, refusal.kind, refusal.words));
    }
    wrong
}

#[test]
fn rules_hold_on_both_sides() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let (rules, mut wrong, mut differences) = (chosen(), Vec::new(), 0);
    for rule in &rules {
        differences += rule.known.len();
        for side in [Side::Ok, Side::Bad] {
            wrong.extend(judged(&host, rule, side).iter().map(|w| format!("{} {side:?}: {w}", rule.name)));
        }
    }
    println!("{} rules, {differences} known differences, live kernel: {}", rules.len(), available());
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}

#[test]
fn what_keeps_a_rule_runs_alike_everywhere() {
    let hosts: Vec<(EngineKind, Host)> = EngineKind::ALL.map(|kind| (kind, Host::new(kind).unwrap())).into();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for rule in chosen() {
        // Functions' types and fields of values are not in raw programs.
        if !rule.funcs.is_empty() || rule.maps.iter().any(|m| !m.special.is_empty()) {
            continue;
        }
        let ours = |k: &stingless_conformance::oracle::Known| k.is_of(Side::Ok, Who::Untrusted);
        if rule.known.iter().any(ours) {
            continue;
        }
        match run(&rule, &hosts, available()) {
            Ok((differences, runs)) => {
                compared += runs;
                wrong.extend(differences.iter().map(|d| format!("{}: {d}", rule.name)));
            }
            Err(e) => wrong.push(format!("{}: {e}", rule.name)),
        }
    }
    println!("{compared} runs compared with the live kernel");
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// Rules are not one text with other numbers: without its numbers, a pair is like few others.
#[test]
fn there_are_three_hundred_rules_that_differ_in_more_than_numbers() {
    let plain = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '-', "");
    let all = all().unwrap_or_else(|e| panic!("{e}"));
    let shapes: BTreeSet<String> =
        all.iter().map(|r| format!("{}|{}|{}", r.kind, plain(&r.ok), plain(&r.bad))).collect();
    let kinds: BTreeSet<&str> = all.iter().map(|r| r.kind.as_str()).collect();
    println!("{} rules, {} shapes, {} kinds of rejection: {kinds:?}", all.len(), shapes.len(), kinds.len());
    assert!(all.len() >= 400 && shapes.len() >= 300 && kinds.len() >= 30, "{} {}", shapes.len(), kinds.len());
}
