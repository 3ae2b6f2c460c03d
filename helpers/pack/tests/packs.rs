//! Packs in Rust and in C, loaded and called in every engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use stingless::{Config, Engine, EngineKind, Linker, Raw, RawProgram};

/// The library of this package: beside the test, or one folder up where `cargo build` puts it.
fn rust_pack() -> PathBuf {
    let exe = std::env::current_exe().expect("the test has a path");
    let places = exe.ancestors().skip(1).take(2).map(|folder| folder.join("libstingless_helpers_pack.so"));
    let found = places.filter_map(|path| Some((std::fs::metadata(&path).ok()?.modified().ok()?, path))).max();
    found.expect("cargo built the library with the test").1
}

fn c_pack(source: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{source}-{}.so", std::process::id()));
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(folder.join("include"))
        .arg(folder.join("tests/c").join(source))
        .arg("-o")
        .arg(&out)
        .status()
        .expect("a C compiler is needed for the tests");
    assert!(status.success(), "{source} compiles without warnings");
    out
}

fn linker(kind: EngineKind, pack: &Path) -> Linker {
    let mut linker = Linker::new(&Engine::new(Config::new().engine(kind)).expect("defaults"));
    linker.hook::<Raw>().expect("raw");
    linker.pack(pack).expect("the pack loads");
    linker
}

/// Runs assembled code on memory.
fn run(linker: &Linker, text: &str, mem: &mut [u8]) -> Result<u64, String> {
    let code = stingless::isa::assemble(text).map_err(|e| e.to_string())?;
    let program = RawProgram {
        name: "test".into(),
        insns: stingless::isa::encode(&code).map_err(|e| e.to_string())?,
        maps: Vec::new(),
        btf: None,
        func_info: Vec::new(),
        hook: "raw".into(),
        gpl: false,
    };
    let mut loaded = linker.load_raw(&program).map_err(|e| e.to_string())?;
    if let Some(refused) = loaded.refused.pop() {
        return Err(refused.error.to_string());
    }
    let plugin = loaded.collection.plugin::<Raw>("test").map_err(|e| e.to_string())?;
    let mut ctx = mem;
    plugin.call(&mut ctx).map_err(|e| e.to_string())
}

const CRC: &str = "if r2 < 9 goto short\n r2 = 9\n call 3000\n exit\nshort: r0 = 0\n exit";

#[test]
fn a_pack_in_rust_computes_and_traps_in_every_engine() {
    for kind in EngineKind::ALL {
        let linker = linker(kind, &rust_pack());
        assert_eq!(run(&linker, CRC, &mut b"123456789".to_vec()), Ok(0xcbf4_3926), "{kind:?}");
        let day = "r1 = 2000\n r2 = 2\n r3 = 29\n call 3001\n exit";
        assert_eq!(run(&linker, day, &mut []), Ok(11_016), "{kind:?}");
        let bad = "r1 = 2001\n r2 = 2\n r3 = 29\n call 3001\n exit";
        let error = run(&linker, bad, &mut []).expect_err("2001 has no such day");
        assert!(error.contains("there is no date 2001-2-29"), "{kind:?}: {error}");
        assert_eq!(run(&linker, day, &mut []), Ok(11_016), "the host goes on, {kind:?}");
    }
}

#[test]
fn a_pack_in_c_computes_and_traps_in_every_engine() {
    let pack = c_pack("pack.c");
    for kind in EngineKind::ALL {
        let linker = linker(kind, &pack);
        assert_eq!(run(&linker, "r1 = 40\n r2 = 2\n call 4000\n exit", &mut []), Ok(42), "{kind:?}");
        assert_eq!(run(&linker, "call 4002\n exit", &mut []), Ok(7), "{kind:?}");
        let sum = "if r2 != 4 goto other\n call 4001\n exit\nother: r0 = 0\n exit";
        assert_eq!(run(&linker, sum, &mut [1, 2, 3, 255]), Ok(261), "{kind:?}");
        let error = run(&linker, "r1 = -1\n r2 = 2\n call 4000\n exit", &mut []).expect_err("overflow");
        assert!(error.contains("the sum is above 64 bits"), "{kind:?}: {error}");
    }
}

#[test]
fn unproved_arguments_of_a_pack_are_refused() {
    let linker = linker(EngineKind::Jit, &rust_pack());
    let error = run(&linker, "r2 = 100\n call 3000\n exit", &mut [0; 8]).expect_err("100 bytes are not proved");
    assert!(error.contains("stingless::E"), "{error}");
}

#[test]
fn what_is_no_pack_is_refused_by_name() {
    let engine = Engine::default();
    let fail = |path: &Path| Linker::new(&engine).pack(path).map(|_| ()).expect_err("no pack").to_string();
    let old = fail(&c_pack("old.c"));
    assert!(old.contains("version 99") && old.contains("version 1"), "{old}");
    let absent = fail(Path::new("/nonexistent/pack.so"));
    assert!(absent.contains("/nonexistent/pack.so"), "{absent}");
}

/// The C header's structs are the Rust table's, byte for byte.
#[test]
fn the_header_and_the_table_have_the_same_sizes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = folder.join(format!("sizes-{}.c", std::process::id()));
    let (helper, arg, pack, host) = stingless::pack_sizes();
    let text = format!(
        "#include \"stingless_helper.h\"\n\
         _Static_assert(sizeof(struct stingless_helper) == {helper}, \"helper\");\n\
         _Static_assert(sizeof(struct stingless_arg) == {arg}, \"arg\");\n\
         _Static_assert(sizeof(struct stingless_pack) == {pack}, \"pack\");\n\
         _Static_assert(sizeof(struct stingless_host) == {host}, \"host\");\n"
    );
    std::fs::write(&source, text).expect("a temporary file");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let status = Command::new("cc").arg("-fsyntax-only").arg("-I").arg(include).arg(&source).status().expect("cc");
    assert!(status.success());
}
