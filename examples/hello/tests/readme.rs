//! What the README shows is what is in the tree.

use std::path::{Path, PathBuf};

use stingless::{Bytes, Ctx, Engine, Linker, Verdict};

#[repr(C)]
#[derive(Ctx)]
#[ctx(hook = "http/request", verdict = Verdict, helpers = [stingless_helpers_linux::BASE])]
struct Request<'a> {
    #[ctx(read)]
    client_ip: u32,
    #[ctx(read, write)]
    status: u32,
    #[ctx(data)]
    path: Bytes<'a>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The text between a fence that opens with this word and the next one.
fn block<'r>(readme: &'r str, fence: &str) -> &'r str {
    let (_, rest) = readme.split_once(&format!("```{fence}\n")).expect("the README has such a block");
    rest.split_once("```").expect("a block ends").0
}

#[test]
fn the_plugin_is_the_committed_one() {
    let source = read("examples/hello/plugins/hello.bpf.c");
    let (_, code) = source.split_once('\n').expect("a licence line comes first");
    assert_eq!(block(&read("README.md"), "c"), code);
}

#[test]
fn the_host_is_the_example() {
    let readme = read("README.md");
    let example = read("examples/hello/src/main.rs");
    for line in block(&readme, "rust").lines().filter(|l| l.contains("bpf_call_1!") || l.contains("#[ctx(")) {
        assert!(example.contains(line.split(" //").next().unwrap_or(line).trim_end()), "the example has `{line}`");
    }
}

#[test]
fn the_rejection_is_what_the_verifier_says() {
    let mut linker = Linker::new(&Engine::default());
    linker.hook::<Request<'_>>().expect("the hook");
    let object = stingless::from_file(root().join("examples/hello/plugins/hello_bad.bpf.o")).expect("a good object");
    let error = linker.load(&object).expect_err("NULL may be followed");
    let report = stingless::verifier::render(error.report().expect("the verifier refused"), None);
    let report = format!("{}\n", report.trim_end());
    if std::env::var_os("STINGLESS_BLESS").is_some() {
        let readme = read("README.md");
        let blessed = readme.replace(block(&readme, "text"), &report);
        std::fs::write(root().join("README.md"), blessed).expect("README is writable");
        return;
    }
    assert_eq!(block(&read("README.md"), "text"), report);
}
