//! Every hostile or tricky program of the pack through the host's API, in every engine: no security failure, no wrong
//! value, no two engines that differ.

use std::time::Duration;

use stingless::EngineKind;
use stingless_conformance::corpus;
use stingless_conformance::programs::Host;
use stingless_conformance::secpack::{Answer, Row};

/// Programs that are safe and refused nevertheless, and why.
const TOO_STRICT: &[(&str, &str)] = &[];
/// More would make the default profile a nuisance.
const MOST_TOO_STRICT: usize = 20;
/// A load that takes longer is a failure, in a build without optimisation too.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the answers of one row, one for each engine, do wrong.
fn complaints(row: &Row, answers: &[(EngineKind, Answer, Duration)], strict: &mut Vec<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let (_, first, _) = &answers[0];
    for (kind, answer, took) in answers {
        let name = format!("{} ({})", row.name, kind.key());
        if answer != first {
            wrong.push(format!("{name}: {answer:x?}, and {first:x?} elsewhere"));
        }
        if *took > PATIENCE {
            wrong.push(format!("{name}: the load took {took:?}"));
        }
        if let Answer::Trapped(trap) = answer {
            wrong.push(format!("{name}: {trap}"));
        }
        if let Answer::Ran(ran) = answer {
            let low = ran.0.r0 & 0xffff_ffff;
            if !row.retvals.is_empty() && !row.retvals.contains(&low) {
                wrong.push(format!("{name}: r0 is {:#x}, want {:x?}", ran.0.r0, row.retvals));
            }
        }
    }
    let verdict = first.verdict();
    if verdict == row.expect || row.policy_alt {
        return wrong;
    }
    match (row.expect.as_str(), first) {
        ("accept", Answer::Refused(why) | Answer::MapRefused(why)) => strict.push(format!("{}: {why}", row.name)),
        (expect, _) => wrong.push(format!("{}: SECURITY: {verdict}, must be {expect}: {}", row.name, row.why)),
    }
    wrong
}

#[test]
fn the_pack_in_every_engine() {
    let Some(dir) = corpus::dir() else { return };
    let rows = Row::all(&dir).unwrap_or_else(|err| panic!("{err}"));
    let hosts = EngineKind::ALL.map(|kind| (kind, Host::new(kind).unwrap()));
    let (mut wrong, mut strict) = (Vec::new(), Vec::new());
    let (mut accepted, mut alternatives) = (0, Vec::new());
    for row in &rows {
        let answers: Vec<_> = hosts
            .iter()
            .map(|(kind, host)| {
                let (answer, took) = row.run(&host.linker);
                (*kind, answer, took)
            })
            .collect();
        accepted += usize::from(answers[0].1.verdict() == "accept");
        if row.policy_alt && answers[0].1.verdict() != row.expect {
            alternatives.push(format!("{} ({})", row.name, answers[0].1.verdict()));
        }
        wrong.extend(complaints(row, &answers, &mut strict));
    }
    println!("{} programs, {accepted} accepted; the other sound verdict for {alternatives:?}", rows.len());
    println!("too strict: {strict:#?}");
    let unexplained = strict.iter().filter(|s| !TOO_STRICT.iter().any(|(name, _)| s.starts_with(&format!("{name}: "))));
    wrong.extend(unexplained.map(|s| format!("too strict, without a reason in the table: {s}")));
    let fixed = TOO_STRICT.iter().filter(|(name, _)| !strict.iter().any(|s| s.starts_with(&format!("{name}: "))));
    wrong.extend(fixed.map(|(name, _)| format!("{name}: in the table of the too strict, and accepted")));
    assert!(rows.len() >= 252, "{} rows", rows.len());
    assert!(strict.len() <= MOST_TOO_STRICT, "{} programs are refused without need", strict.len());
    assert!(wrong.is_empty(), "{} complaints:\n  {}", wrong.len(), wrong.join("\n  "));
}
