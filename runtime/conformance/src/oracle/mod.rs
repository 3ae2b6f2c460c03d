//! Four judges for one program: our two profiles and the live kernel, without `CAP_PERFMON` and as root.

mod compare;
mod differences;
mod report;

pub use compare::{Bench, Loaded};
pub use differences::{Known, Reason, Side, reason, surprises, unexplained};
pub use report::{Class, Report, Row};

use stingless_abi::{Limits, Trust};
use stingless_isa::{AluOp, Insn, UnaryOp};
use stingless_object::{Env, Object, Unit};
use stingless_verifier::{VerifierError, verify};

use crate::kernel::{Caps, KernelMap, KernelProg, KernelProgram, available, with_caps};

/// A judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Our rules for untrusted plugins.
    Untrusted,
    /// Our rules that follow Linux's for root.
    Privileged,
    /// The live kernel without `CAP_PERFMON`.
    NoPerfmon,
    /// The live kernel as root.
    Root,
}

impl Who {
    /// All of them, in the order of tables.
    pub const ALL: [Who; 4] = [Who::Untrusted, Who::Privileged, Who::NoPerfmon, Who::Root];

    /// Its short name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Who::Untrusted => "untrusted",
            Who::Privileged => "privileged",
            Who::NoPerfmon => "no_perfmon",
            Who::Root => "root",
        }
    }

    /// The judge with this name.
    #[must_use]
    pub fn named(key: &str) -> Option<Who> {
        Who::ALL.into_iter().find(|w| w.key() == key)
    }

    /// Whether it is the live kernel.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Who::NoPerfmon | Who::Root)
    }

    const fn caps(self) -> Caps {
        match self {
            Who::NoPerfmon => Caps::NoPerfmon,
            Who::Untrusted | Who::Privileged | Who::Root => Caps::Full,
        }
    }
}

/// What a judge says: instructions processed, or why it refuses.
pub type Verdict = Result<u64, Refusal>;

/// Why a program is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Our short name of the reason; empty for the kernel.
    pub kind: String,
    /// In words.
    pub words: String,
}

/// What all judges say. The kernel is not there where `bpf()` is refused.
#[derive(Clone, Debug, Default)]
pub struct Verdicts(Vec<(Who, Verdict)>);

impl Verdicts {
    /// What one says; `None` if it was not asked.
    #[must_use]
    pub fn of(&self, who: Who) -> Option<&Verdict> {
        self.0.iter().find(|(w, _)| *w == who).map(|(_, v)| v)
    }

    /// Those that were asked.
    pub fn iter(&self) -> impl Iterator<Item = (Who, &Verdict)> {
        self.0.iter().map(|(w, v)| (*w, v))
    }
}

/// One of our profiles.
pub fn ours(unit: &Unit, trust: Trust, limits: &Limits) -> Verdict {
    let refusal = |e: Box<VerifierError>| Refusal { kind: e.kind.to_string(), words: e.to_string() };
    verify(unit.clone(), trust, limits).map(|v| v.stats().insns_processed).map_err(refusal)
}

fn refused(words: impl ToString) -> Refusal {
    Refusal { kind: String::new(), words: words.to_string() }
}

/// Whether the live kernel is spared this program without `CAP_PERFMON`: Linux 6.18 dies of a number in [-1, 0] that is
/// masked in a loop (`x & 1 ? K : 0` by clang), when its stack of states is full (`maybe_fork_scalars`).
#[must_use]
pub fn spared(unit: &Unit) -> bool {
    let insns = unit.code.insns();
    let makes_sign = |i: &Insn| matches!(i, Insn::Unary { op: UnaryOp::Neg, .. } | Insn::Alu { op: AluOp::Arsh, .. });
    let masks = |i: &Insn| matches!(i, Insn::Alu { op: AluOp::And | AluOp::Or, .. });
    insns.iter().any(makes_sign) && insns.iter().any(masks)
}

fn both_profiles(unit: &Unit, limits: &Limits) -> Vec<(Who, Verdict)> {
    let of = |trust| ours(unit, trust, limits);
    vec![(Who::Untrusted, of(Trust::Untrusted)), (Who::Privileged, of(Trust::Privileged))]
}

/// Instructions without a frame of maps: what a rule or a random program is.
///
/// # Panics
/// If the kernel refuses a map, or a thread may not reduce its capabilities.
#[must_use]
pub fn of_unit(unit: &Unit, limits: &Limits) -> Verdicts {
    let mut all = both_profiles(unit, limits);
    let license = if unit.gpl { "GPL" } else { "Proprietary" };
    for who in [Who::NoPerfmon, Who::Root] {
        if unit.hook.linux_type == 0 || !available() || (who == Who::NoPerfmon && spared(unit)) {
            continue;
        }
        let maps: Vec<KernelMap> = unit
            .maps
            .iter()
            .map(|m| KernelMap::create(&m.spec).unwrap_or_else(|e| panic!("map `{}`: {e}", m.spec.name)))
            .collect();
        let refs: Vec<&KernelMap> = maps.iter().collect();
        let load = || KernelProg::load_unit(unit, license, &refs).map_err(refused).and_then(|prog| processed(&prog));
        all.push((who, with_caps(who.caps(), load).expect("threads may give up capabilities")));
    }
    Verdicts(all)
}

/// A program of an object, linked by our linker for all.
///
/// # Errors
/// It cannot be linked.
///
/// # Panics
/// If a thread may not reduce its capabilities.
pub fn of_object(object: &Object, at: usize, env: &Env, unit: &Unit, limits: &Limits) -> Verdicts {
    let mut all = both_profiles(unit, limits);
    for who in [Who::NoPerfmon, Who::Root] {
        if unit.hook.linux_type == 0 || !available() || (who == Who::NoPerfmon && spared(unit)) {
            continue;
        }
        let load = || KernelProgram::load(object, at, env).map_err(refused).and_then(|p| processed(&p.prog));
        all.push((who, with_caps(who.caps(), load).expect("threads may give up capabilities")));
    }
    Verdicts(all)
}

fn processed(prog: &KernelProg) -> Verdict {
    prog.verified_insns().map(u64::from).map_err(refused)
}
