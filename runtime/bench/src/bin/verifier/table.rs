//! How figures are printed.

use crate::Row;
use crate::judges::Verdict;

/// The head of the table.
pub(crate) fn head() {
    println!(
        "CPU time of verification: lower quartiles of interleaved rounds. Linux: its own `verification time`, and\n\
         at most the CPU time of the system call; it contains the JIT where a program calls functions. (x): theirs / ours. Examined\n\
         instructions, states kept (at most at a time), most bytes held.\n"
    );
    println!(
        "{:34}{:>7} {:>9} {:>9}{:>8} {:>10}{:>8}  {:>8} {:>8} {:>13} {:>13} {:>8}",
        "program", "insns", "ours", "Linux", "(x)", "prevail", "(x)", "examined", "Linux", "states", "Linux", "bytes"
    );
}

/// A time with as many digits as mean something.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} us", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// Bytes in the unit that fits.
pub(crate) fn bytes(n: u64) -> String {
    if n < 10 << 20 { format!("{} KB", n >> 10) } else { format!("{} MB", n >> 20) }
}

fn ratio(ours: &Verdict, theirs: &Verdict) -> String {
    match (ours.seconds(), theirs.seconds()) {
        (Some(a), Some(b)) => format!("{:.2}", b / a),
        (_, _) => "-".to_owned(),
    }
}

fn cell(v: &Verdict) -> String {
    v.seconds().map_or_else(|| "-".to_owned(), time)
}

/// A program's line, and why somebody refuses it.
pub(crate) fn line(row: &Row) {
    let (ours, kernel, prevail) = (&row.ours, &row.kernel, &row.prevail);
    let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let states = |v: &Verdict| v.states.map_or_else(|| "-".to_owned(), |(all, peak)| format!("{all} ({peak})"));
    println!(
        "{:34}{:>7} {:>9} {:>9}{:>8} {:>10}{:>8}  {:>8} {:>8} {:>13} {:>13} {:>8}",
        row.case.name,
        slots(row),
        cell(ours),
        cell(kernel),
        ratio(ours, kernel),
        cell(prevail),
        ratio(ours, prevail),
        number(ours.insns),
        number(kernel.insns),
        states(ours),
        states(kernel),
        ours.bytes.map_or_else(|| "-".to_owned(), bytes),
    );
    for (who, verdict) in [("refused here", ours), ("refused by Linux", kernel), ("prevail", prevail)] {
        if let Some(why) = verdict.refused.as_ref().filter(|_| who != "prevail" || ours.refused.is_none()) {
            println!("    {who}: {}", &why[..why.floor_char_boundary(110)]);
        }
    }
}

/// Instructions as Linux counts them.
pub(crate) fn slots(row: &Row) -> usize {
    let code = &row.case.unit.code;
    code.slot_of(code.len() - 1) as usize + 1
}

/// A program's figures as one line of JSON.
pub(crate) fn json(row: &Row) {
    let figures = |v: &Verdict| {
        serde_json::json!({
            "seconds": v.seconds(), "refused": v.refused, "examined": v.insns, "states": v.states.map(|s| s.0),
            "peak_states": v.states.map(|s| s.1), "bytes": v.bytes,
        })
    };
    let line = serde_json::json!({
        "program": row.case.name, "group": row.case.group, "insns": slots(row),
        "ours": figures(&row.ours), "linux": figures(&row.kernel), "prevail": figures(&row.prevail),
    });
    println!("{line}");
}
