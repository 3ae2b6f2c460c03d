//! Where the conformance data is, and reading all of it.
//!
//! The data is not part of the repository. Where it is absent, [`dir`] says so on standard error and its users go on;
//! the project's own tests stand without it.

use crate::data_file::Case;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The data's folder: `STINGLESS_CONFORMANCE`, else `shared/conformance` beside the repository. `None`, said loudly, if
/// there is no such folder.
#[must_use]
pub fn dir() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let dir = std::env::var_os("STINGLESS_CONFORMANCE").map_or(beside, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    // Not `eprintln`: the test harness would swallow it where the test passes. A closed stderr is no reason to fail.
    let _ = writeln!(
        io::stderr(),
        "NOT TESTED: there is no conformance data at {} (STINGLESS_CONFORMANCE overrides)",
        dir.display()
    );
    None
}

/// The programs that every engine must run, sorted by name; of [`dir`]'s data.
///
/// # Errors
/// Those of the file system.
pub fn positive(dir: &Path) -> io::Result<Vec<Case>> {
    read(&dir.join("bpf_conformance"))
}

/// The files that assembler, decoder or runner must object to, sorted by name; of [`dir`]'s data.
///
/// # Errors
/// Those of the file system.
pub fn negative(dir: &Path) -> io::Result<Vec<Case>> {
    read(&dir.join("bpf_conformance/negative"))
}

fn read(dir: &Path) -> io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if let (Some("data"), Some(name)) = (path.extension().and_then(|e| e.to_str()), path.file_stem()) {
            cases.push(Case::parse(&name.to_string_lossy(), &std::fs::read_to_string(&path)?));
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}
