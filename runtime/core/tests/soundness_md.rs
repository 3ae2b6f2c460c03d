//! `docs/soundness.md` names, for each numbered invariant, the tests that show it: no invariant without a row, no test that
//! is not there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Numbers of the invariants that a file states at its top.
fn invariants(text: &str) -> BTreeSet<u32> {
    let doc = text.lines().take_while(|l| l.starts_with("//!")).map(|l| l.trim_start_matches("//!").trim_start());
    let listed = doc.skip_while(|l| !l.contains("nvariants") && !l.contains("leans on the following"));
    listed.filter_map(|l| l.split_once(". ")?.0.parse().ok()).collect()
}

/// Functions behind `#[test]`.
fn tests(text: &str, out: &mut BTreeSet<String>) {
    let mut behind = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") {
            behind = true;
        } else if let Some(name) = line.strip_prefix("fn ").filter(|_| behind) {
            out.insert(name.split('(').next().unwrap_or_default().to_owned());
            behind = false;
        }
    }
}

#[test]
fn every_invariant_has_a_row_and_every_test_exists() {
    let root = root();
    let page = std::fs::read_to_string(root.join("docs/soundness.md")).expect("docs/soundness.md");
    let mut files = Vec::new();
    for dir in ["runtime", "helpers", "bindings", "examples"] {
        sources(&root.join(dir), &mut files);
    }
    let (mut known, mut wrong) = (BTreeSet::new(), String::new());
    for path in files {
        let file = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        tests(&text, &mut known);
        for number in invariants(&text) {
            if !page.contains(&format!("| {file} | {number} |")) {
                wrong += &format!("{file}: invariant {number} has no row\n");
            }
        }
    }
    let rows = page.lines().filter(|l| l.starts_with("| ") && !l.contains("|---"));
    for cell in rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next()) {
        for name in cell.split('`').skip(1).step_by(2).filter(|n| n.contains('_') && !["compile_fail"].contains(n)) {
            if !known.contains(name) {
                wrong += &format!("there is no test `{name}`\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
