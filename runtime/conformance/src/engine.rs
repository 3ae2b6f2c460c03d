//! What an engine must do to take part, and how its answers are judged.

use crate::data_file::{Case, CaseError};
use core::ffi::c_void;
use core::fmt;
use stingless_isa::Code;

/// Something that runs programs nobody verified: an interpreter, a compiler's output, another machine.
///
/// A new engine is one implementation. The program starts with R1 = address and R2 = length of `mem`. Helpers are
/// those of [`HELPERS`]; [`Callee::Reg`](stingless_isa::Callee::Reg) calls the one whose number is in the register.
pub trait Engine {
    /// Name in reports.
    fn name(&self) -> &'static str;

    /// Runs a program and returns R0.
    ///
    /// # Errors
    /// The engine's own words for why the program was refused or did not end well.
    fn run(&mut self, code: &Code, mem: &mut [u8]) -> Result<u64, String>;
}

/// A helper in the ABI that all engines share: five registers and the call's context.
pub type Helper = extern "C" fn(u64, u64, u64, u64, u64, *mut c_void) -> u64;

/// Number of the helper that the suite calls uBPF's unwind function.
pub const UNWIND: u32 = 5;

/// The helpers that programs of the suite call, by number.
pub const HELPERS: [(u32, Helper); 1] = [(UNWIND, unwind)];

/// Returns its first argument. uBPF ends a program whose unwind function returned 0; the suite calls it with -1 only,
/// to see that the program goes on.
pub extern "C" fn unwind(r1: u64, _: u64, _: u64, _: u64, _: u64, _: *mut c_void) -> u64 {
    r1
}

/// What came of one case on one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the file expects.
    Passed,
    /// Assembler or decoder refused it: no engine saw it.
    Refused(CaseError),
    /// The engine failed where a result, or another error, was expected.
    EngineError(String),
    /// Another value in R0.
    WrongValue {
        /// The file's.
        want: u64,
        /// The engine's.
        found: u64,
    },
    /// The file expects an error and the engine returned a value.
    MissedError {
        /// The error's text.
        want: String,
        /// The engine's value.
        found: u64,
    },
    /// The file expects neither a value nor an error.
    NoExpectation,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => write!(f, "passed"),
            Outcome::Refused(err) => write!(f, "refused: {err}"),
            Outcome::EngineError(err) => write!(f, "engine: {err}"),
            Outcome::WrongValue { want, found } => write!(f, "r0 is {found:#x}, want {want:#x}"),
            Outcome::MissedError { want, found } => write!(f, "r0 is {found:#x}, want the error `{want}`"),
            Outcome::NoExpectation => write!(f, "the file expects neither a value nor an error"),
        }
    }
}

/// Runs one case and judges the answer.
pub fn run_case(engine: &mut dyn Engine, case: &Case) -> Outcome {
    let code = match &case.code {
        Ok(code) => code,
        Err(err) => return Outcome::Refused(err.clone()),
    };
    let mut mem = case.mem.clone();
    let answer = engine.run(code, &mut mem);
    match (answer, &case.error, case.result) {
        (Err(err), Some(want), _) if err.contains(want.as_str()) => Outcome::Passed,
        (Err(err), _, _) => Outcome::EngineError(err),
        (Ok(found), Some(want), _) => Outcome::MissedError { want: want.clone(), found },
        (Ok(found), None, Some(want)) if found == want => Outcome::Passed,
        (Ok(found), None, Some(want)) => Outcome::WrongValue { want, found },
        (Ok(_), None, None) => Outcome::NoExpectation,
    }
}

/// Runs all cases: each with its outcome, in order.
pub fn run_all<'a>(engine: &mut dyn Engine, cases: &'a [Case]) -> Vec<(&'a Case, Outcome)> {
    cases.iter().map(|case| (case, run_case(engine, case))).collect()
}

/// A line for each outcome that is not `Passed`, with engine and case; empty if there is none.
#[must_use]
pub fn failures(engine: &str, outcomes: &[(&Case, Outcome)]) -> String {
    let bad = outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Passed);
    bad.map(|(case, outcome)| format!("{engine}: {}: {outcome}\n", case.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers what it was made with, whatever the program.
    struct Fixed(Result<u64, String>);

    impl Engine for Fixed {
        fn name(&self) -> &'static str {
            "fixed"
        }

        fn run(&mut self, _: &Code, mem: &mut [u8]) -> Result<u64, String> {
            mem.fill(0);
            self.0.clone()
        }
    }

    #[test]
    fn answers_are_judged() {
        let judge = |answer, end| {
            let case = Case::parse("case", &format!("-- asm\nmov %r0, 7\nexit\n-- mem\n01\n{end}"));
            let outcome = run_case(&mut Fixed(answer), &case);
            assert_eq!(case.mem, [1], "each run has its own copy");
            outcome
        };
        let boom = || Err("boom at 3".to_owned());
        assert_eq!(judge(Ok(7), "-- result\n7"), Outcome::Passed);
        assert_eq!(judge(Ok(1 << 63 | 7), "-- result\n7"), Outcome::WrongValue { want: 7, found: 1 << 63 | 7 });
        assert_eq!(judge(boom(), "-- result\n7"), Outcome::EngineError("boom at 3".into()));
        assert_eq!(judge(boom(), "-- error\nboom"), Outcome::Passed);
        assert_eq!(judge(boom(), "-- error\nbang"), Outcome::EngineError("boom at 3".into()));
        assert_eq!(judge(Ok(7), "-- error\nboom"), Outcome::MissedError { want: "boom".into(), found: 7 });
        assert_eq!(judge(Ok(7), ""), Outcome::NoExpectation);
    }

    #[test]
    fn failures_name_engine_and_case() {
        let cases = [Case::parse("good", "-- asm\nexit\n-- result\n7"), Case::parse("empty", "")];
        let mut engine = Fixed(Ok(7));
        let outcomes = run_all(&mut engine, &cases);
        let want = "fixed: empty: refused: neither `-- asm` nor `-- raw` holds an instruction\n";
        assert_eq!(failures(engine.name(), &outcomes), want);
    }
}
