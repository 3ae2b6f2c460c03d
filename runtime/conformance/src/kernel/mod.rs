//! The live Linux kernel as an oracle: maps, programs and test runs through `bpf()`.
//!
//! Where the system refuses `bpf()` ([`available`] says so once, loudly), tests that compare with it go on without it.

mod btf;
mod caps;
mod kfunc;
mod map;
mod prog;
mod run;
mod sys;
mod unit;

pub use btf::FuncBtf;
pub use caps::{Caps, with_caps};
pub use kfunc::kfuncs;
pub use map::KernelMap;
pub use prog::{KernelProg, LoadError, Source};
pub use run::{TestRun, TestRunResult};
pub use unit::{KernelProgram, UnitError};

use std::io::{self, Write as _};
use std::sync::OnceLock;

use stingless_abi::{MapKind, MapSpec};

/// Whether this process may create maps and load programs; says so on standard error, once, if it may not.
pub fn available() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| match KernelMap::create(&MapSpec::new("probe", MapKind::Array, 4, 8, 1)) {
        Ok(_) => true,
        Err(err) => {
            // Not `eprintln`: the test harness would swallow it where the test passes.
            let _ = writeln!(io::stderr(), "NOT TESTED: no comparison with the live kernel, bpf() says: {err}");
            false
        }
    })
}
