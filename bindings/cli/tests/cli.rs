//! The command as other programs call it: JSON keys, exit codes, bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn stingless(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stingless")).args(args).current_dir(root()).output().expect("the command starts")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Exit code and the JSON document on standard output.
fn json(args: &[&str]) -> (i32, Value) {
    let out = stingless(args);
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{args:?}: {e}: {text}{}", String::from_utf8_lossy(&out.stderr)));
    (out.status.code().expect("no signal"), value)
}

/// A file with assembled code.
fn raw(name: &str, text: &str) -> String {
    let code = stingless::isa::assemble(text).expect("the test's program");
    file(name, &stingless::isa::encode(&code).expect("it has an encoding"))
}

fn file(name: &str, bytes: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("a temporary file");
    path.display().to_string()
}

#[test]
fn raw_code_runs_in_every_engine_with_maps_and_data() {
    let code = "r6 = r1\n *(u32 *)(r10 - 4) = 0\n r1 = map[0] ll\n r2 = r10\n r2 += -4\n call 1\n if r0 == 0 goto out\n\
                r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n r0 = r1\n exit\nout: r0 = 0\n exit";
    let path = raw("map.bin", code);
    for engine in ["interp", "checked", "jit"] {
        let (code, doc) = json(&[
            "run",
            "--raw",
            "--json",
            "--engine",
            engine,
            "--map",
            "array:4:8:2",
            "--map-init",
            "0:00000000:2900000000000000",
            "--data",
            "0102",
            &path,
        ]);
        assert_eq!((code, &doc["retval"], &doc["retval_hex"]), (0, &Value::from(42), &Value::from("0x2a")), "{engine}");
        assert_eq!(doc["maps"]["map0"][0], serde_json::json!(["00000000", "2a00000000000000"]));
        assert_eq!((&doc["data_out"], &doc["trap"], &doc["engine"]), (&"0102".into(), &Value::Null, &engine.into()));
        assert!(doc["ns_per_run"].as_f64().is_some_and(|ns| ns > 0.0));
    }
}

#[test]
fn memory_of_raw_comes_back_changed() {
    let path = raw("store.bin", "if r2 < 2 goto out\n *(u8 *)(r1 + 1) = 9\nout: r0 = r2\n exit");
    let (_, doc) = json(&["run", "--raw", "--json", "--data", "010203", &path]);
    assert_eq!((&doc["data_out"], &doc["retval"]), (&"010903".into(), &Value::from(3)));
}

#[test]
fn a_rejected_program_has_a_report_and_exit_code_1() {
    let path = raw("bad.bin", "r0 = *(u64 *)(r1 + 0)\n exit");
    let (code, doc) = json(&["check", "--raw", "--json", &path]);
    let program = &doc["objects"][0]["programs"][0];
    assert_eq!((code, &program["verdict"]), (1, &"reject".into()));
    let error = &program["error"];
    assert_eq!((&error["class"], &error["insn"]), (&"bounds".into(), &Value::from(0)));
    assert!(error["code"].as_str().is_some_and(|c| c.starts_with("stingless::E")));
    for key in ["kind", "file", "line", "column", "message", "secondary", "cause", "help", "signature", "path"] {
        assert!(error.get(key).is_some(), "no key {key}");
    }
    assert_eq!(stingless(&["run", "--raw", &path]).status.code(), Some(1));
}

#[test]
fn an_object_is_checked_program_by_program() {
    let (code, doc) = json(&["check", "--json", "plugins/filter.bpf.o", "plugins/bad_limit.bpf.o"]);
    assert_eq!(code, 1);
    let good = &doc["objects"][0]["programs"][0];
    assert_eq!(
        (&good["verdict"], &good["type"], &good["error"]),
        (&"accept".into(), &"http/request".into(), &Value::Null)
    );
    assert!(good["insns_processed"].as_u64() >= good["insns"].as_u64().map(|n| n / 2));
    let bad = &doc["objects"][1]["programs"][0]["error"];
    assert_eq!((&bad["class"], &bad["line"]), (&"null".into(), &Value::from(25)));
    assert!(bad["file"].as_str().is_some_and(|f| f.ends_with("plugins/bad_limit.bpf.c")));
}

#[test]
fn specs_are_answered_line_by_line_and_outlive_bad_rows() {
    let spec = concat!(
        r#"{"name":"ok","prog_type":"any","insns":["b700000007000000","9500000000000000"],"maps":[]}"#,
        "\n",
        r#"{"name":"leak","insns":["bf10000000000000","9500000000000000"]}"#,
        "\n",
        r#"{"name":"map","insns":["b700000000000000","9500000000000000"],"maps":[{"type":"array","key":4,"value":8,"max":0}]}"#,
        "\n",
        "not json\n",
    );
    let path = file("spec.jsonl", spec.as_bytes());
    let out = stingless(&["run", "--spec", &path, "--engines", "interp,checked,jit"]);
    assert_eq!(out.status.code(), Some(0));
    let lines: Vec<Value> =
        String::from_utf8_lossy(&out.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let verdicts: Vec<&str> = lines.iter().filter_map(|l| l["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["accept", "reject", "map-reject", "reject"]);
    for engine in ["interp", "checked", "jit"] {
        assert_eq!(lines[0]["runs"][engine]["retval"], 7, "{engine}");
        assert_eq!(lines[0]["runs"][engine]["trap"], Value::Null);
    }
    assert_eq!(lines[2]["error"]["kind"], "map");
    let check = stingless(&["check", "--spec", &path]);
    assert!(String::from_utf8_lossy(&check.stdout).lines().all(|l| l.contains(r#""runs":{}"#)));
}

#[test]
fn bad_usage_says_what_is_there() {
    let says = |args: &[&str], words: &[&str]| {
        let out = stingless(args);
        let text = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {text}");
        words.iter().for_each(|w| assert!(text.contains(w), "{args:?} does not say `{w}`: {text}"));
    };
    let good = raw("good.bin", "r0 = 0\n exit");
    says(&["run", "/nonexistent.o"], &["/nonexistent.o"]);
    says(&["check", "/nonexistent.o"], &[]);
    says(&["run", "--raw", &good, "--engine", "jit-hardened"], &["jit-hardened", "not available"]);
    says(&["run", "--raw", &good, "--harden", "2"], &["harden", "2"]);
    says(&["run", "--raw", &good, "--type", "xpd"], &["xpd", "xdp"]);
    says(&["run", "--raw", &good, "--map", "blob:4:4:1"], &["blob"]);
    says(&["run", "--raw", &good, "--map", "array:4:4"], &["TYPE:KEY:VALUE:MAX"]);
    says(&["run", "--raw", &good, "--data", "0g"], &["0g"]);
    says(&["run", "plugins/filter.bpf.o", "--program", "fliter"], &["fliter", "filter"]);
    says(&["run", "plugins/filter.bpf.o", "--ctx", "color=1"], &["color", "client_ip"]);
    says(&["check", "--explain", "E9999"], &["E9999", "E0020  memory is accessed through a pointer that may be NULL"]);
    says(&["check", "plugins"], &["plugins: a folder"]);
    says(&["check", "plugins/filter.bpf.o", "--report", "/nonexistent/r.html"], &["/nonexistent/r.html"]);
}

#[test]
fn broken_objects_are_named_with_the_place() {
    let object = std::fs::read(root().join("plugins/filter.bpf.o")).expect("a committed object");
    for len in [0, 3, 40, 64, object.len() / 2, object.len() - 1] {
        let path = file(&format!("cut{len}.o"), &object[..len]);
        let out = stingless(&["check", &path]);
        let text = String::from_utf8_lossy(&out.stdout);
        assert_ne!(out.status.code(), Some(0), "{len} bytes: {text}");
        assert!(text.contains(&path), "{len} bytes: {text}");
    }
}

#[test]
fn files_that_are_no_objects_are_told_what_they_are() {
    let says = |path: &str, words: &str| {
        let out = stingless(&["check", path]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.code() == Some(1) && text.contains(path) && text.contains(words), "{path}: {text}");
    };
    says(&file("empty.o", b""), "the file is empty");
    says(&file("words.o", b"int main;"), "not an ELF file: give an object");
    says(&file("bare.o", b"\x7fELF"), "");
}

#[test]
fn both_profiles_of_trust_are_there() {
    // Bytes of the stack that were never written: 0 for Linux's root, refused for others.
    let path = raw("trust.bin", "r0 = *(u64 *)(r10 - 8)\n exit");
    for (trust, wanted) in [("untrusted", 1), ("privileged", 0)] {
        let (code, doc) = json(&["check", "--raw", "--json", "--trust", trust, &path]);
        assert_eq!(code, wanted, "{trust}: {doc}");
    }
    assert_eq!(stingless(&["check", "--raw", "--trust", "root", &path]).status.code(), Some(2));
}

#[test]
fn several_files_are_answered_in_order_and_the_worst_one_counts() {
    let bad = raw("several.bin", "r0 = r3\n exit");
    let (code, doc) =
        json(&["check", "--json", "plugins/filter.bpf.o", &bad, "/nonexistent.o", "plugins/bad_limit.bpf.o"]);
    let objects = doc["objects"].as_array().expect("objects");
    let files: Vec<&str> = objects.iter().filter_map(|o| o["file"].as_str()).collect();
    assert_eq!((code, files), (2, vec!["plugins/filter.bpf.o", &*bad, "/nonexistent.o", "plugins/bad_limit.bpf.o"]));
    assert!(objects[1]["error"].is_string() && objects[2]["error"].is_string() && objects[0]["error"].is_null());
}

#[test]
fn codes_are_explained_and_tables_listed() {
    let text = |args: &[&str]| String::from_utf8(stingless(args).stdout).expect("UTF-8");
    assert!(text(&["check", "--explain", "E0020"]).contains("NULL"));
    assert!(text(&["check", "--explain", "E0020"]).contains("refused:   __u64 *c"));
    assert!(text(&["check", "--explain", "stingless::E0020"]).contains("NULL"));
    assert!(text(&["helpers"]).contains("bpf_map_lookup_elem"));
    assert!(text(&["hooks"]).contains("struct xdp_md"));
    assert!(text(&["headers", "http/request"]).contains("struct stingless_request {"));
    let disasm = text(&["disasm", "plugins/filter.bpf.o"]);
    assert!(disasm.contains("filter.bpf.c:") && disasm.contains("exit"), "{disasm}");
    let (_, doc) = json(&["helpers", "--json"]);
    assert!(doc["helpers"].as_array().is_some_and(|h| h.len() > 20));
    let (_, doc) = json(&["disasm", "--json", "plugins/filter.bpf.o"]);
    assert!(doc["programs"][0]["insns"].as_array().is_some_and(|i| !i.is_empty()));
}

#[test]
fn headers_are_the_committed_ones() {
    for name in ["request", "response"] {
        let out = stingless(&["headers", &format!("http/{name}")]);
        let path = root().join(format!("plugins/include/stingless/http_{name}.h"));
        let committed = std::fs::read_to_string(&path).expect("a committed header");
        assert!(String::from_utf8_lossy(&out.stdout) == committed, "{} is out of date: make bless", path.display());
    }
}

const OBJECTS: &str = "runtime/object/tests/data";

fn check_reason(args: &[&str]) -> String {
    let (_, doc) = json(args);
    doc["objects"][0]["programs"][0]["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// `--btf` names the types that an object is relocated against, in another object or in raw BTF.
#[test]
fn types_of_the_host_come_from_a_file() {
    let (plugin, host) = (format!("{OBJECTS}/relo.o"), format!("{OBJECTS}/relo_host.o"));
    let run = |more: &[&str]| {
        let args = [&["run", "--json", "--program", "comm_size", "--data", "00", &plugin], more].concat();
        json(&args)
    };
    let (code, doc) = run(&["--btf", &host]);
    assert_eq!((code, &doc["retval"]), (0, &Value::from(32)), "{doc}");
    let bytes = std::fs::read(root().join(&host)).expect("the test's object");
    let start = bytes.windows(5).position(|w| w == [0x9f, 0xeb, 1, 0, 24]).expect("types");
    let (_, doc) = run(&["--btf", &file("types.btf", &bytes[start..])]);
    assert_eq!(doc["retval"], Value::from(32), "{doc}");

    let check = ["check", "--json", "--program", "gone_offset", &plugin];
    let why = check_reason(&[&check[..], &["--btf", &host]].concat());
    assert!(why.contains("the host's `struct task` has no field `gone`"), "{why}");
    assert!(check_reason(&check).contains("the host has no type `struct task`"));
    let missing = stingless(&["check", "--btf", "no such file", &plugin]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no such file"));
}

#[test]
fn configuration_values_come_from_options_and_a_file() {
    let object = format!("{OBJECTS}/data.o");
    let config = file("config", b"# CONFIG_OTHER is not set\nCONFIG_MISSING=0x10\nCONFIG_SMALL=-3\n");
    let run = |more: &[&str]| {
        json(&[&["run", "--json", "--data", "00", "--program", "config_missing", &object], more].concat())
    };
    assert_eq!(run(&["--kconfig", "CONFIG_MISSING=7"]).1["retval"], Value::from(7));
    assert_eq!(run(&["--kconfig-file", &config]).1["retval"], Value::from(16));
    let both = ["--kconfig-file", &config, "--kconfig", "CONFIG_MISSING=8"];
    assert_eq!(run(&both).1["retval"], Value::from(8), "an option comes before the file");
    assert_eq!(run(&[]).0, 1, "a value that is not there is refused where it is read");
    for bad in ["CONFIG_MISSING", "CONFIG_MISSING=what"] {
        let out = stingless(&["check", "--kconfig", bad, &object]);
        assert_eq!(out.status.code(), Some(2), "{bad}");
    }
}

/// What is no object, no program, or not the one asked for, is told in one sentence; nothing is accepted by silence.
#[test]
fn files_without_a_program_are_told() {
    let object = std::fs::read(root().join("plugins/rate_limit.bpf.o")).expect("an object");
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = object.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("empty.o", Vec::new(), "the file is empty"),
        ("text.o", b"int main(void) { return 0; }".to_vec(), "not an ELF file: give an object"),
        ("zeros.o", vec![0; 3_000_000], "not an ELF file"),
        ("cut40.o", object[..40].to_vec(), "cut off: 40 bytes, the header of an ELF file alone has 64"),
        ("cut700.o", object[..700].to_vec(), "must be below 700"),
        ("x86.o", with(18, &[62, 0]), "code for ELF machine 62 (x86-64), want 247 (BPF)"),
        ("big.o", with(5, &[2]), "big-endian"),
        ("bits32.o", with(4, &[1]), "a 32-bit ELF file"),
        ("far.o", with(40, &[0xff; 8]), "the section table"),
    ];
    for (name, bytes, want) in cases {
        let path = file(name, &bytes);
        let (code, told) = json(&["check", "--json", &path]);
        let error = told["objects"][0]["error"].as_str().unwrap_or_else(|| panic!("{name}: {told}"));
        assert!(error.contains(want) && error.contains(&path), "{name}: {error}");
        assert_eq!((code, &told["objects"][0]["programs"]), (1, &serde_json::json!([])), "{name}");
        let text = String::from_utf8(stingless(&["check", &path]).stdout).expect("UTF-8");
        assert_eq!(text, format!("error: {error}\n"));
    }
    let (code, told) = json(&["check", "--json", "--program", "nope", "plugins/rate_limit.bpf.o"]);
    let error = told["objects"][0]["error"].as_str().expect("an error");
    assert!(code == 2 && error.contains("no program `nope`; there are: "), "{code} {error}");
}

/// Without line information instructions stand in for lines, without types maps cannot be told: both say what to do.
#[test]
fn objects_without_line_information_are_told_by_instruction() {
    let path = raw("lineless.bin", "r0 = *(u64 *)(r1 + 0)\n exit");
    let (code, told) = json(&["check", "--json", "--raw", &path]);
    let error = &told["objects"][0]["programs"][0]["error"];
    assert_eq!((code, &error["insn"], &error["line"], &error["file"]), (1, &0.into(), &Value::Null, &Value::Null));
    let text = String::from_utf8(stingless(&["check", "--raw", &path]).stdout).expect("UTF-8");
    assert!(text.contains("by instruction") && text.contains("r0 = *(u64 *)(r1 + 0)"), "{text}");
}
