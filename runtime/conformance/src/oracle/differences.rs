//! Differences that are known, as data: who says otherwise than expected, and why.

use super::{Verdict, Verdicts, Who};

/// Why a judge says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A bug of ours, open.
    Ours,
    /// A bug of Linux.
    Linux,
    /// The rules differ by intention.
    Policy,
    /// We refuse what could be proved.
    Precision,
    /// We prove what Linux does not.
    Beyond,
}

impl Reason {
    /// The reason with this name.
    #[must_use]
    pub fn named(key: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|r| r.key() == key)
    }

    /// All of them.
    pub const ALL: [Reason; 5] = [Reason::Ours, Reason::Linux, Reason::Policy, Reason::Precision, Reason::Beyond];

    /// Its name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Reason::Ours => "ours",
            Reason::Linux => "linux",
            Reason::Policy => "policy",
            Reason::Precision => "precision",
            Reason::Beyond => "beyond",
        }
    }
}

/// Whether a program should pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It should.
    Ok,
    /// It should not.
    Bad,
}

/// A known difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Of which program of a pair.
    pub side: Side,
    /// Who says otherwise.
    pub who: Vec<Who>,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub words: String,
}

impl Known {
    /// Reads `ok root+no_perfmon: policy, words`; `roots` are root and our counterpart, `live` is the kernel, `all` all.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn parse(text: &str) -> Result<Known, String> {
        let (head, why) = text.split_once(':').ok_or("a difference without `:`")?;
        let (reason, words) = why.split_once(',').ok_or("a difference without `reason, words`")?;
        let (side, who) = head.trim().split_once(' ').ok_or("a difference without `ok` or `bad`")?;
        let side = match side {
            "ok" => Side::Ok,
            "bad" => Side::Bad,
            _ => return Err(format!("`{side}` is neither `ok` nor `bad`")),
        };
        let judge = |key: &str| Who::named(key.trim()).ok_or_else(|| format!("no judge `{key}`"));
        let reason = Reason::named(reason.trim()).ok_or_else(|| format!("no reason `{reason}`"))?;
        let who = match who {
            "all" => Who::ALL.to_vec(),
            "roots" => vec![Who::Privileged, Who::Root],
            "live" => vec![Who::NoPerfmon, Who::Root],
            _ => who.split('+').map(judge).collect::<Result<_, _>>()?,
        };
        Ok(Known { side, who, reason, words: words.trim().to_owned() })
    }

    /// Whether it speaks of this judge.
    #[must_use]
    pub fn is_of(&self, side: Side, who: Who) -> bool {
        self.side == side && self.who.contains(&who)
    }
}

/// What the judges say against expectation and list; empty if nothing is.
#[must_use]
pub fn surprises(side: Side, verdicts: &Verdicts, known: &[Known]) -> Vec<String> {
    let mut out = Vec::new();
    for (who, verdict) in verdicts.iter() {
        let listed = known.iter().any(|k| k.is_of(side, who));
        if (verdict.is_ok() == (side == Side::Ok)) == listed {
            let more = if listed { " (a difference that is listed and not there)" } else { "" };
            out.push(format!("{}: {}{more}", who.key(), words(verdict)));
        }
    }
    out
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Ok(n) => format!("accepts after {n} instructions"),
        Err(refusal) => format!("refuses: {} {}", refusal.kind, refusal.words),
    }
}
