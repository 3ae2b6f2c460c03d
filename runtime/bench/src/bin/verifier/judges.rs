//! Who judges a program: this verifier, the live kernel, the `prevail` crate.

use std::time::Duration;

use stingless_abi::{Limits, Trust};
use stingless_conformance::kernel::{KernelMap, KernelProg, KernelProgram};
use stingless_verifier::verify;

use crate::alloc::peak_of;
use crate::corpus::Case;

/// CPU time of this thread.
pub(crate) fn cpu() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock is written to a local of the right type.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// What one judge says of a program, and what that took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Why it is refused; empty if it is not.
    pub(crate) refused: Option<String>,
    /// Instructions examined.
    pub(crate) insns: Option<u64>,
    /// States kept, and at most at a time.
    pub(crate) states: Option<(u64, u64)>,
    /// The most bytes held at a time.
    pub(crate) bytes: Option<u64>,
    /// CPU seconds of each round.
    pub(crate) times: Vec<f64>,
}

impl Verdict {
    /// The lower quartile of the times.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 4).copied()
    }
}

/// One round of this verifier.
pub(crate) fn ours(case: &Case, verdict: &mut Verdict) {
    let limits = Limits::default();
    let judge = |trust| {
        let unit = case.unit.clone();
        let start = cpu();
        let (out, bytes) = peak_of(|| verify(unit, trust, &limits));
        (out, (cpu() - start).as_secs_f64(), bytes)
    };
    let (mut out, mut seconds, mut bytes) = judge(Trust::Untrusted);
    if out.is_err() {
        // The kernel is asked as root: it gets the profile that is alike, where the default one refuses.
        (out, seconds, bytes) = judge(Trust::Privileged);
    }
    verdict.times.push(seconds);
    verdict.bytes = Some(bytes as u64);
    match out {
        Ok(verified) => {
            let stats = verified.stats();
            verdict.insns = Some(stats.insns_processed);
            verdict.states = Some((stats.states, stats.peak_states));
        }
        Err(error) => verdict.refused = Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

/// A program's maps in the live kernel, for as many rounds as are wanted.
pub(crate) struct Kernel {
    maps: Vec<KernelMap>,
}

impl Kernel {
    /// Creates the maps and asks the kernel once.
    pub(crate) fn new(case: &Case, verdict: &mut Verdict) -> Option<Kernel> {
        let (object, at, env) = case.live.as_ref()?;
        match KernelProgram::load(object, *at, env) {
            Ok(loaded) => Some(Kernel { maps: loaded.maps }),
            Err(error) => {
                verdict.refused = Some(error.to_string().lines().next().unwrap_or_default().to_owned());
                None
            }
        }
    }

    /// One round. The kernel prints how long its verifier took, by the clock: at most the CPU time of the call counts.
    pub(crate) fn round(&self, case: &Case, verdict: &mut Verdict) {
        let Some((object, ..)) = &case.live else { return };
        let used: Vec<&KernelMap> = case.unit.maps.iter().map(|m| &self.maps[m.origin as usize]).collect();
        let start = cpu();
        let Ok(loaded) = KernelProg::load_unit(&case.unit, object.license(), &used) else { return };
        let most = (cpu() - start).as_secs_f64();
        let number = |word: &str, after: bool| {
            let words: Vec<&str> = loaded.log.split_whitespace().collect();
            let at = words.iter().position(|w| *w == word)?;
            words.get(if after { at + 1 } else { at.wrapping_sub(1) })?.parse::<u64>().ok()
        };
        verdict.insns = number("processed", true);
        verdict.states = number("total_states", true).zip(number("peak_states", true));
        if let Some(micros) = number("usec", false) {
            verdict.times.push((micros as f64 / 1e6).min(most));
        }
    }
}

/// What the child process prints before its figures.
pub(crate) const CHILD: &str = "--prevail-child";

/// The `prevail` crate, in a process of its own: it may panic, and take any time and memory.
pub(crate) fn prevail(case: &Case, verdict: &mut Verdict) {
    let Some(path) = &case.path else { return };
    let Ok(own) = std::env::current_exe() else { return };
    let out = std::process::Command::new(own).arg(CHILD).arg(path).arg(&case.section).arg(&case.function).output();
    let Ok(out) = out else { return };
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let words: Vec<&str> = text.lines().last().unwrap_or_default().splitn(4, ' ').collect();
    match words.as_slice() {
        ["accepted" | "refused", seconds, kilobytes, rest @ ..] => {
            verdict.times.extend(seconds.parse::<f64>());
            verdict.bytes = kilobytes.parse::<u64>().ok().map(|k| k << 10);
            verdict.refused = (words[0] == "refused").then(|| rest.join(" "));
        }
        _ => {
            let said = String::from_utf8_lossy(&out.stderr).lines().next().unwrap_or_default().to_owned();
            let said = if said.is_empty() { out.status.to_string() } else { said };
            verdict.refused = Some(format!("cannot be loaded: {said}"));
        }
    }
}
