//! `docs/unsafe.md` lists every unsafe block, impl, function and trait of the product with the words that justify it. The
//! test fails where words are missing, where unsafe code stands outside of the places that architecture.md 5 allows,
//! and where the page is not what the sources say (`make bless` rewrites it).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Where unsafe code may stand, by path from the repository's root, and why.
const PLACES: &[(&str, &str)] = &[
    (
        "runtime/core/src/sys/",
        "entries and traps, publishing, raw memory, the thread's `VmCtx`, epochs, mappings, handles",
    ),
    ("runtime/core/src/maps/raw.rs", "map regions: words and windows over memory that others write"),
    ("runtime/core/src/macros.rs", "what `bpf_call_n!` expands to: entries over the trampoline"),
    ("runtime/derive/src/", "what `#[derive(Ctx)]` expands to: the layout it computed is the struct's"),
    ("runtime/conformance/", "test-only: runs `Assumed` programs, calls `bpf()`"),
    ("bindings/", "the C interface; macro expansions of the Python and Lua bindings; the CLI's own system calls"),
    ("helpers/pack/", "the exported table of a helper pack"),
    ("examples/", "loadable-extension entry points"),
];
/// Directories that hold no sources of the product.
const SKIPPED: &[&str] = &["target", ".git", "fuzz", "bench", "node_modules"];
/// Lines above an unsafe keyword in which its justification stands.
const REACH: usize = 14;

struct Entry {
    file: String,
    what: String,
    why: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    for entry in entries {
        let path = entry.expect("a directory entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            sources(&path, out);
        } else if name.ends_with(".rs") {
            out.push(path);
        }
    }
}

/// A line without its comment and without what stands in quotes.
fn code_of(line: &str) -> String {
    let line = line.replace("'\"'", "");
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            c if !quoted => out.push(c),
            _ => {}
        }
    }
    out
}

/// What a line's unsafe keyword introduces, in words; `None` for fn pointer types and attributes.
fn kind(code: &str) -> Option<String> {
    let mut rest = code;
    while let Some(at) = rest.find("unsafe") {
        let before = rest[..at].chars().next_back();
        let after = rest[at + 6..].trim_start();
        rest = &rest[at + 6..];
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '[') || after.starts_with(['_', '(']) {
            continue;
        }
        if after.starts_with('{') {
            return Some("block".to_owned());
        }
        // The ABI's name was in quotes and is gone.
        let after = after.strip_prefix("extern").map_or(after, str::trim_start);
        for word in ["fn", "impl", "trait"] {
            let Some(name) = after.strip_prefix(word).filter(|n| n.starts_with([' ', '<'])) else { continue };
            let name = name.trim().split(['(', '{']).next().unwrap_or_default().trim();
            return Some(format!("{word} {name}"));
        }
    }
    None
}

/// The words that justify line `at`: a `SAFETY:` comment or a `# Safety` section just above.
fn justification(lines: &[&str], at: usize) -> Option<String> {
    let from = at.saturating_sub(REACH);
    let marked = (from..=at).rev().find(|&i| lines[i].contains("SAFETY:") || lines[i].trim() == "/// # Safety")?;
    let mut words = Vec::new();
    for (i, line) in lines.iter().enumerate().take(at + 1).skip(marked) {
        let text = line.trim();
        let Some(comment) = text.find("//").map(|p| text[p..].trim_start_matches(['/', '!']).trim()) else { break };
        if i > marked && (comment.is_empty() || !text.starts_with("//")) {
            break;
        }
        words.push(comment.trim_start_matches("SAFETY:").trim_start_matches("# Safety").trim());
    }
    let words = words.join(" ").trim().to_owned();
    (!words.is_empty()).then_some(words)
}

/// Name of the function around line `at`.
fn function(lines: &[&str], at: usize) -> String {
    let named = lines[..=at].iter().rev().find_map(|line| {
        let code = code_of(line);
        let name = code.split_once("fn ").filter(|(before, _)| !before.ends_with(|c: char| c.is_alphanumeric()))?.1;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        (end > 0).then(|| name[..end].to_owned())
    });
    named.unwrap_or_else(|| "the module".to_owned())
}

fn look_at(file: &str, text: &str, found: &mut Vec<Entry>, wrong: &mut String) {
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(kind) = kind(&code_of(line)) else { continue };
        let what = if kind == "block" { format!("in `{}`", function(&lines, at)) } else { format!("`unsafe {kind}`") };
        if !file.contains("/tests/") && !PLACES.iter().any(|(place, _)| file.starts_with(place)) {
            let _ = writeln!(wrong, "{file}:{}: unsafe code has no place here", at + 1);
        }
        match justification(&lines, at) {
            Some(why) => found.push(Entry { file: file.to_owned(), what, why }),
            None => drop(writeln!(wrong, "{file}:{}: {what} has no SAFETY comment", at + 1)),
        }
    }
}

fn page(found: &[Entry]) -> String {
    let mut page = String::from(
        "# Unsafe code\n\nGenerated from the sources (`make bless`); the test `unsafe_md` fails when a justification is \
         missing or this page is stale.\nEvery other crate is `#![forbid(unsafe_code)]`.\n\n| place | what for |\n|---|---|\n",
    );
    for (place, why) in PLACES {
        let _ = writeln!(page, "| `{place}` | {why} |");
    }
    let mut file = "";
    for entry in found {
        if entry.file != file {
            file = &entry.file;
            let count = found.iter().filter(|e| e.file == file).count();
            let _ = write!(page, "\n## {file} ({count})\n\n");
        }
        let _ = writeln!(page, "- {}: {}", entry.what, entry.why);
    }
    let _ = writeln!(page, "\n{} in all.", found.len());
    page
}

#[test]
fn every_unsafe_block_says_why_and_is_listed() {
    let root = root();
    let mut files = Vec::new();
    for dir in ["runtime", "bindings", "helpers", "examples"] {
        sources(&root.join(dir), &mut files);
    }
    files.sort();
    let (mut found, mut wrong) = (Vec::new(), String::new());
    for path in files {
        let file = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        look_at(&file, &text, &mut found, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
    // What tests do is their own affair; the page is about the product.
    found.retain(|e| !e.file.contains("/tests/") && !e.file.ends_with("tests.rs") && !e.file.contains("conformance"));
    let (want, at) = (page(&found), root.join("docs/unsafe.md"));
    if std::env::var_os("STINGLESS_BLESS").is_some() {
        std::fs::create_dir_all(root.join("docs")).expect("docs/ can be made");
        std::fs::write(&at, &want).expect("docs/unsafe.md can be written");
    }
    let have = std::fs::read_to_string(&at).unwrap_or_default();
    assert!(have == want, "docs/unsafe.md is stale: run `make bless` and read the diff");
}

#[test]
fn the_reader_of_sources_reads_as_it_should() {
    assert_eq!(kind("let x = unsafe { y };").as_deref(), Some("block"));
    assert_eq!(kind("unsafe impl Send for Image {}").as_deref(), Some("impl Send for Image"));
    assert_eq!(kind("pub(crate) unsafe fn new() -> Raw {").as_deref(), Some("fn new"));
    assert_eq!(kind(&code_of("unsafe extern \"C\" fn f(a: u64) {")).as_deref(), Some("fn f"));
    for none in ["#[unsafe(naked)]", "#![deny(unsafe_code)]", "type F = unsafe extern fn(u64);", "an_unsafe {"] {
        assert_eq!(kind(&code_of(none)), None, "{none}");
    }
    assert_eq!(code_of("a(\"unsafe {\") // unsafe {"), "a() ");
    let lines = ["// SAFETY: it is", "// live.", "let x = 1 +", "    unsafe { y };"];
    assert_eq!(justification(&lines, 3).as_deref(), Some("it is live."));
    assert_eq!(justification(&lines[2..], 1), None);
}
