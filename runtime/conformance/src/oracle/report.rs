//! What the oracle found, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Verdict, Verdicts, Who};

/// How the verdicts on a program relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Accepted by all that were asked.
    Accepted,
    /// Refused by all that were asked.
    Refused,
    /// As root it passes in both worlds, for untrusted loaders in neither.
    Trust,
    /// One of our profiles accepts what its counterpart in Linux refuses.
    Looser,
    /// One of our profiles refuses what its counterpart in Linux accepts.
    Stricter,
    /// As root it passes in both worlds; Linux refuses it without `CAP_PERFMON` for reasons that are listed.
    Guarded,
    /// Only our profiles were asked.
    OursAlone,
}

impl Class {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Class::Accepted => "accepted by all",
            Class::Refused => "refused by all",
            Class::Trust => "by trust alone",
            Class::Looser => "looser than Linux",
            Class::Stricter => "stricter than Linux",
            Class::Guarded => "guarded by Linux without CAP_PERFMON",
            Class::OursAlone => "kernel not asked",
        }
    }

    /// Of some verdicts.
    #[must_use]
    pub fn of(verdicts: &Verdicts) -> Class {
        let is = |who| verdicts.of(who).map(Result::is_ok);
        let (Some(no_perfmon), Some(root)) = (is(Who::NoPerfmon), is(Who::Root)) else { return Class::OursAlone };
        let (untrusted, privileged) = (is(Who::Untrusted) == Some(true), is(Who::Privileged) == Some(true));
        let told = |who, v: &Verdict| v.as_ref().is_err_and(|r| super::reason(who, &r.words).is_some());
        if untrusted && privileged && root && verdicts.of(Who::NoPerfmon).is_some_and(|v| told(Who::NoPerfmon, v)) {
            return Class::Guarded;
        }
        match (untrusted, no_perfmon, privileged, root) {
            (false, true, _, _) | (_, _, false, true) => Class::Stricter,
            (true, false, _, _) | (_, _, true, false) => Class::Looser,
            (true, true, true, true) => Class::Accepted,
            (false, false, false, false) => Class::Refused,
            (false, false, true, true) | (true, true, false, false) => Class::Trust,
        }
    }
}

/// One program.
#[derive(Clone, Debug)]
pub struct Row {
    /// File and program.
    pub name: String,
    /// Verdicts.
    pub verdicts: Verdicts,
    /// Differences of values: returned, bytes, maps.
    pub values: Vec<String>,
    /// Runs that were compared.
    pub runs: usize,
}

/// All programs.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In their order.
    pub rows: Vec<Row>,
}

fn cell(verdict: Option<&Verdict>) -> String {
    match verdict {
        None => "-".into(),
        Some(Ok(n)) => n.to_string(),
        Some(Err(refusal)) if refusal.kind.is_empty() => "refused".into(),
        Some(Err(refusal)) => refusal.kind.clone(),
    }
}

impl Report {
    /// The table, and how many programs are of which class.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::new();
        let wide = self.rows.iter().map(|r| r.name.len()).max().unwrap_or(0).max(7);
        let _ = write!(out, "{:wide$}", "program");
        for who in Who::ALL {
            let _ = write!(out, "  {:>18}", who.key());
        }
        out += "  runs  class\n";
        for row in &self.rows {
            let _ = write!(out, "{:wide$}", row.name);
            for who in Who::ALL {
                let _ = write!(out, "  {:>18}", cell(row.verdicts.of(who)));
            }
            let _ = writeln!(out, "  {:>4}  {}", row.runs, Class::of(&row.verdicts).words());
            for (who, verdict) in row.verdicts.iter() {
                if let Err(refusal) = verdict {
                    let _ = writeln!(out, "    {}: {}", who.key(), refusal.words.lines().next().unwrap_or_default());
                }
            }
            for value in &row.values {
                let _ = writeln!(out, "    VALUE: {value}");
            }
        }
        out += "\n";
        for (class, n) in self.by_class() {
            let _ = writeln!(out, "{n:6} {}", class.words());
        }
        let (ours, theirs) = self.processed();
        let values = self.rows.iter().filter(|r| !r.values.is_empty()).count();
        let _ = writeln!(out, "{values:6} with other values");
        let _ = writeln!(out, "instructions processed where both accept as root: {ours} here, {theirs} by the kernel");
        out
    }

    /// Programs by class.
    #[must_use]
    pub fn by_class(&self) -> BTreeMap<Class, usize> {
        let mut out = BTreeMap::new();
        self.rows.iter().for_each(|row| *out.entry(Class::of(&row.verdicts)).or_default() += 1);
        out
    }

    /// Instructions processed, here and by the kernel, over the programs that both accept as root.
    #[must_use]
    pub fn processed(&self) -> (u64, u64) {
        let both = |row: &Row| match (row.verdicts.of(Who::Privileged), row.verdicts.of(Who::Root)) {
            (Some(Ok(a)), Some(Ok(b))) => Some((*a, *b)),
            _ => None,
        };
        self.rows.iter().filter_map(both).fold((0, 0), |(a, b), (x, y)| (a + x, b + y))
    }

    /// The same content for machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let verdict = |v: &Verdict| match v {
            Ok(n) => json!({ "accepted": true, "insns_processed": n }),
            Err(r) => json!({ "accepted": false, "kind": r.kind, "words": r.words }),
        };
        let row = |row: &Row| {
            let verdicts: serde_json::Map<String, Value> =
                row.verdicts.iter().map(|(who, v)| (who.key().to_owned(), verdict(v))).collect();
            let class = Class::of(&row.verdicts).words();
            json!({ "name": row.name, "class": class, "verdicts": verdicts, "runs": row.runs, "values": row.values })
        };
        let classes: serde_json::Map<String, Value> =
            self.by_class().into_iter().map(|(c, n)| (c.words().to_owned(), n.into())).collect();
        json!({ "programs": self.rows.iter().map(row).collect::<Vec<_>>(), "classes": classes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::*;

    fn verdicts(accepts: [bool; 4], words: &str) -> Verdicts {
        let one = |(who, ok): (Who, bool)| {
            let refusal = Refusal { kind: String::new(), words: words.into() };
            (who, if ok { Ok(10) } else { Err(refusal) })
        };
        Verdicts(Who::ALL.into_iter().zip(accepts).map(one).collect())
    }

    #[test]
    fn classes_compare_each_profile_with_its_counterpart() {
        // untrusted, privileged, no_perfmon, root
        for (accepts, class) in [
            ([true, true, true, true], Class::Accepted),
            ([false, false, false, false], Class::Refused),
            ([false, true, false, true], Class::Trust),
            ([true, true, false, false], Class::Looser),
            ([true, true, false, true], Class::Looser),
            ([false, true, true, true], Class::Stricter),
            ([false, false, false, true], Class::Stricter),
        ] {
            assert_eq!(Class::of(&verdicts(accepts, "bad")), class, "{accepts:?}");
        }
        let guarded = verdicts([true, true, false, true], "R2 .. prohibited for !root");
        assert_eq!(Class::of(&guarded), Class::Guarded);
        assert_eq!(Class::of(&Verdicts::default()), Class::OursAlone);
    }

    #[test]
    fn tables_and_json_say_the_same() {
        let row = |name: &str, accepts| Row {
            name: name.into(),
            verdicts: verdicts(accepts, "why not"),
            values: vec!["run 0".into()],
            runs: 2,
        };
        let report = Report { rows: vec![row("a/x", [true; 4]), row("a/y", [false; 4])] };
        let table = report.table();
        for part in
            ["a/x", "VALUE: run 0", "     1 accepted by all", "     1 refused by all", "why not", "10 here, 10 by"]
        {
            assert!(table.contains(part), "{part} is not in\n{table}");
        }
        let json = report.json();
        assert_eq!(json["programs"][1]["verdicts"]["root"]["words"], "why not");
        assert_eq!((&json["classes"]["accepted by all"], &json["programs"][0]["runs"]), (&1.into(), &2.into()));
    }
}
