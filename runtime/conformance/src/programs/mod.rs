//! The project's own programs in C (`programs/*.bpf.c`, objects committed): what each says of itself, and what comes of
//! it in our engines and in the live kernel.

mod apps;
pub mod event;
mod expect;
mod live;
mod run;

pub use apps::{App, apps};
pub use expect::{Element, Expect, Kernel, Reject, Run, Sample, UNSAID, bytes};
pub use live::{Judged, judge, run_live};
pub use run::{Host, Outcome, RunOut, call, contents, push};

use std::path::{Path, PathBuf};

/// A program of the corpus.
#[derive(Clone, Debug)]
pub struct Program {
    /// Name of the file, without endings.
    pub name: String,
    /// The object.
    pub object: PathBuf,
    /// What it says of itself.
    pub expect: Expect,
}

/// The corpus' folder.
#[must_use]
pub fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

impl Program {
    /// The program with this name.
    ///
    /// # Errors
    /// The file that cannot be read, or the line that says nothing.
    pub fn named(name: &str) -> Result<Program, String> {
        let source = dir().join(format!("{name}.bpf.c"));
        let text = std::fs::read_to_string(&source).map_err(|err| format!("{}: {err}", source.display()))?;
        let expect = Expect::parse(&text).map_err(|err| format!("{}: {err}", source.display()))?;
        Ok(Program { name: name.to_owned(), object: dir().join(format!("{name}.bpf.o")), expect })
    }

    /// All programs, by name.
    ///
    /// # Errors
    /// As [`Program::named`].
    pub fn all() -> Result<Vec<Program>, String> {
        let files = std::fs::read_dir(dir()).map_err(|err| err.to_string())?;
        let names = files.filter_map(|f| Some(f.ok()?.file_name().to_str()?.strip_suffix(".bpf.c")?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.iter().map(|name| Program::named(name)).collect()
    }
}
