//! The bars, and whether they are met here.

use crate::Row;
use crate::judges::Verdict;
use crate::table::{bytes, slots, time};

fn met(yes: bool) -> &'static str {
    if yes { "met   " } else { "MISSED" }
}

/// Seconds of both where both accept.
fn pairs<'a>(rows: &'a [Row], theirs: impl Fn(&'a Row) -> &'a Verdict + 'a) -> Vec<(&'a Row, f64, f64)> {
    let both = rows.iter().filter_map(|row| {
        let them = theirs(row);
        let accepted = row.ours.refused.is_none() && them.refused.is_none();
        Some((row, row.ours.seconds()?, them.seconds()?)).filter(|_| accepted)
    });
    both.collect()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Compares with one peer, whose time is to be `times` ours at least.
fn against(name: &str, pairs: &[(&Row, f64, f64)], times: f64) {
    if pairs.is_empty() {
        return println!("        {name}: no program that both accept");
    }
    let (ours, theirs) = pairs.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.1, sum.1 + p.2));
    let middle = median(pairs.iter().map(|p| p.2 / p.1).collect());
    println!("{}  {name}, median of {} programs: x{middle:.2}, to be x{times}", met(middle >= times), pairs.len());
    println!(
        "{}  {name}, total: {} against {} here: x{:.2}, to be x{times}",
        met(theirs / ours >= times),
        time(theirs),
        time(ours),
        theirs / ours
    );
    let mut worst: Vec<_> = pairs.iter().filter(|p| p.2 / p.1 < times).collect();
    worst.sort_by(|a, b| (a.2 - a.1 * times).total_cmp(&(b.2 - b.1 * times)));
    for (row, a, b) in worst.iter().take(8) {
        println!("          loses: {} ({} against {}, x{:.2})", row.case.name, time(*b), time(*a), b / a);
    }
    println!("          {} of {} are below the bar", worst.len(), pairs.len());
}

/// Prints every bar.
pub(crate) fn print(rows: &[Row]) {
    println!();
    let kernel = pairs(rows, |r| &r.kernel);
    against("Linux's CPU time", &kernel, 1.0);
    let large: Vec<_> = kernel.iter().filter(|p| p.0.kernel.insns.unwrap_or(0) >= 10_000).copied().collect();
    against("Linux's CPU time, 10,000 examined and more", &large, 1.0);
    against("prevail's CPU time", &pairs(rows, |r| &r.prevail), 20.0);
    examined(&kernel);
    for (insns, most) in [(680, 0.3e-3), (13_000, 10e-3)] {
        // Straight code, and the generated program of about that size.
        for row in rows.iter().filter(|r| slots(r) * 10 >= insns * 9 && slots(r) * 9 <= insns * 10) {
            if !["straight", "gen"].contains(&row.case.group) {
                continue;
            }
            let Some(seconds) = row.ours.seconds() else { continue };
            println!(
                "{}  {} ({}): {}, to be {}",
                met(seconds <= most),
                row.case.name,
                slots(row),
                time(seconds),
                time(most)
            );
        }
    }
    if let Some(row) = rows.iter().max_by_key(|r| r.ours.bytes) {
        let most = row.ours.bytes.unwrap_or(0);
        println!("{}  most memory: {} ({}), to be 256 MB", met(most <= 256 << 20), bytes(most), row.case.name);
    }
    if let Some(row) = rows.iter().max_by(|a, b| a.ours.seconds().partial_cmp(&b.ours.seconds()).expect("numbers")) {
        let seconds = row.ours.seconds().unwrap_or(0.0);
        println!("{}  longest: {} ({}), to be about 2 s", met(seconds <= 2.5), time(seconds), row.case.name);
    }
}

/// Compares how much was examined.
fn examined(pairs: &[(&Row, f64, f64)]) {
    let counts = pairs.iter().filter_map(|(row, ..)| Some((row, row.ours.insns?, row.kernel.insns?)));
    let counts: Vec<_> = counts.collect();
    let (ours, theirs) = counts.iter().fold((0, 0), |sum, c| (sum.0 + c.1, sum.1 + c.2));
    println!("{}  examined instructions: {theirs} by Linux, {ours} here", met(ours <= theirs));
    let mut worse: Vec<_> = counts.iter().filter(|c| c.1 > c.2 + c.2 / 4).collect();
    worse.sort_by_key(|c| std::cmp::Reverse(c.1 - c.2));
    for (row, a, b) in worse.iter().take(8) {
        println!("          more: {} ({b} by Linux, {a} here)", row.case.name);
    }
    let seconds: f64 = pairs.iter().map(|p| p.1).sum();
    println!("        {:.3} us per examined instruction", seconds * 1e6 / ours.max(1) as f64);
}
