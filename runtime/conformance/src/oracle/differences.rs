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

/// What Linux says where it refuses and we do not, shortened, and why; with `docs/kernel-differences.md`.
const WORDS: [(&str, Reason, &str); 14] = [
    ("prohibited for !root", Reason::Policy, "guard against speculation for loaders without CAP_PERFMON"),
    ("pointer comparison prohibited", Reason::Policy, "pointers are not compared without CAP_PERFMON"),
    ("pointer -= pointer prohibited", Reason::Policy, "nor subtracted"),
    ("attempt to corrupt spilled pointer", Reason::Policy, "the slot's other bytes are no longer readable here"),
    ("jumps is too complex", Reason::Beyond, "convergence, and speculated turns of loops"),
    ("too large. Processed", Reason::Beyond, "convergence, and speculated turns of loops"),
    ("infinite loop detected", Reason::Beyond, "convergence, and speculated turns of loops"),
    ("old state:", Reason::Beyond, "convergence, and speculated turns of loops"),
    ("math between", Reason::Beyond, "ranges of quotients, remainders, shifts"),
    ("min value is negative", Reason::Beyond, "ranges of quotients, remainders, shifts"),
    ("max value is outside", Reason::Beyond, "ranges of quotients, remainders, shifts"),
    ("unbounded memory access", Reason::Beyond, "ranges of quotients, remainders, shifts"),
    ("offset is outside of the packet", Reason::Beyond, "a small variable offset lies in what was checked"),
    ("cannot use helper", Reason::Policy, "helpers that need CAP_PERFMON"),
];

/// Why the kernel refuses what we accept, as far as its words tell.
#[must_use]
pub fn reason(who: Who, words: &str) -> Option<(Reason, &'static str)> {
    let row = WORDS.iter().find(|(part, ..)| words.contains(part))?;
    // As root there is no speculation to guard against.
    (who == Who::NoPerfmon || row.1 != Reason::Policy).then_some((row.1, row.2))
}

/// Verdicts of the kernel that are other than ours, neither listed nor told by their words.
#[must_use]
pub fn unexplained(side: Side, verdicts: &Verdicts, known: &[Known]) -> Vec<String> {
    let mut out = Vec::new();
    for (who, verdict) in verdicts.iter() {
        let listed = known.iter().any(|k| k.is_of(side, who));
        let told = who.is_live() && verdict.as_ref().is_err_and(|r| reason(who, &r.words).is_some());
        // What one level is refused for another may not be: a listed difference need not be there.
        if verdict.is_ok() != (side == Side::Ok) && !listed && !told {
            out.push(format!("{}: {}", who.key(), words(verdict)));
        }
    }
    out
}
