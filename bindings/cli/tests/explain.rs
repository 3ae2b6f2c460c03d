//! What `--explain` shows is compiled and judged: of each pair the first is refused with that very code, the second accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const EXAMPLES: &str = include_str!("../../../runtime/verifier/src/report/examples.md");

/// What stands before every example.
const PRELUDE: &str = r#"
#include <stingless/bpf.h>
#include <stingless/http_request.h>
struct ethhdr { __u8 h_dest[6], h_source[6]; __u16 h_proto; };
struct event { __u32 n; __u8 body[12]; };
struct value {
    struct bpf_spin_lock lock;
    __u32 n;
    __u64 counter, saved, address;
    __u8 bytes[16], data[40];
};
struct unknown;
static volatile int stop;
#define MAP(name, kind, k, v, n, ...) \
    struct { __uint(type, kind); __uint(max_entries, n); __type(key, k); __type(value, v); __VA_ARGS__ } name SEC(".maps");
MAP(table, BPF_MAP_TYPE_HASH, __u32, struct value, 8)
MAP(counters, BPF_MAP_TYPE_HASH, __u32, __u64, 8)
MAP(settings, BPF_MAP_TYPE_HASH, __u32, __u64, 8, __uint(map_flags, BPF_F_RDONLY_PROG);)
MAP(progs, BPF_MAP_TYPE_PROG_ARRAY, __u32, __u32, 4)
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } rb SEC(".maps");
#define F(name, result) static __noinline int name(int n) { return (result) * 3 + 1; }
"#;

const LICENCE: &str = "char LICENSE[] SEC(\"license\") = \"GPL\";\n";

/// A program whose body is an example, behind what it takes for granted.
fn body(before: &str, text: &str) -> String {
    format!(
        "{LICENCE}SEC(\"xdp\") int prog(struct xdp_md *ctx)\n{{\n    __u32 key = ctx->rx_queue_index, n = ctx->ingress_ifindex, \
         len = bpf_get_prandom_u32();\n    __u64 sum = 0;\n    {before}\n    {text}\n    return sum & 1;\n}}\n"
    )
}

/// A program that uses so many maps.
fn maps(count: usize) -> String {
    let define = |i| format!("MAP(m{i}, BPF_MAP_TYPE_HASH, __u32, struct event, 1)\n");
    let look = |i| format!("if (!bpf_map_lookup_elem(&m{i}, &key)) return 0;");
    let (defined, looked): (String, String) = (0..count).map(|i| (define(i), look(i))).unzip();
    defined + &body("", &looked)
}

fn count(text: &str) -> usize {
    text.split(' ').next().and_then(|n| n.parse().ok()).expect("a number")
}

/// The source that holds an example.
fn source(scene: &str, text: &str) -> String {
    let value = "struct value *v = bpf_map_lookup_elem(&table, &key); if (!v) return 0;";
    let packet = "void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;";
    let record = "struct event *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0); if (!e) return 0;";
    let calls = |call: &str| body("", &format!("sum += {call};"));
    let program = match scene {
        "body" => body("", text),
        "value" => body(value, text),
        "packet" => body(packet, text),
        "record" => body(record, text),
        "buf" => body("char buf[16] = {};", text),
        "top" => format!("{LICENCE}{text}\n"),
        "licence" => format!("{text}\n"),
        "function" => format!("{text}\n{}", calls("f(n)")),
        "callback" => format!("{text}\n{}", calls("bpf_loop(4, step, (void *)0, 0)")),
        "maps" => maps(count(text)),
        other => panic!("no scene `{other}`"),
    };
    format!("{PRELUDE}{program}")
}

/// The code of an example in assembler, if it is one.
fn assembled(scene: &str, text: &str) -> Option<Vec<u8>> {
    let text = match scene {
        "asm" => text.replace(';', "\n"),
        "long" => "r0 = 0\n".repeat(count(text) - 1) + "exit",
        _ => return None,
    };
    let code = stingless::isa::assemble(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
    Some(stingless::isa::encode(&code).expect("it has an encoding"))
}

/// Code, scene, what is refused, what is accepted.
fn examples() -> Vec<(&'static str, &'static str, [&'static str; 2])> {
    let example = |text: &'static str| {
        let (head, rest) = text.split_once('\n').expect("a heading");
        let (code, scene) = head.split_once(' ').unwrap_or((head, "body"));
        let mut lines = rest.lines().map(str::trim);
        let mut line = || lines.next().unwrap_or_else(|| panic!("E{code}: two lines"));
        (code, scene, [line(), line()])
    };
    EXAMPLES.split("# E").skip(1).map(example).collect()
}

/// The code with which each file's program is refused; `None` where it is accepted.
fn judged(files: &[PathBuf], raw: bool) -> BTreeMap<PathBuf, Option<String>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stingless"));
    command.arg("check").arg("--json").args(raw.then_some("--raw")).args(files);
    let out = command.output().expect("the command starts");
    let errors = String::from_utf8_lossy(&out.stderr);
    let told: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {errors}"));
    let judge = |(file, object): (&PathBuf, &Value)| {
        let error = &object["programs"][0]["error"];
        let code = match (&object["error"], error) {
            (Value::Null, Value::Null) => None,
            (Value::Null, error) => Some(error["code"].as_str().map_or_else(|| error.to_string(), str::to_owned)),
            (failed, _) => Some(format!("{failed}: {errors}")),
        };
        (file.clone(), code)
    };
    files.iter().zip(told["objects"].as_array().expect("objects")).map(judge).collect()
}

#[test]
fn what_explain_shows_is_judged_as_it_says() {
    if Command::new("clang-19").arg("--version").output().is_err() {
        eprintln!("NOTE: NO CLANG-19 HERE: THE EXAMPLES OF --explain WERE NOT TRIED (.ci/setup test installs it)");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explained");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (mut raw, mut sources) = (Vec::new(), Vec::new());
    let mut wanted: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    for (code, scene, sides) in examples().into_iter().filter(|e| e.1 != "none") {
        for (side, text) in ["refused", "accepted"].iter().zip(sides) {
            let (name, bytes) = match assembled(scene, text) {
                Some(bytes) => (format!("{code}.{side}.bin"), bytes),
                None => (format!("{code}.{side}.bpf.c"), source(scene, text).into_bytes()),
            };
            let path = folder.join(&name);
            std::fs::write(&path, bytes).expect("a file");
            if name.ends_with(".c") {
                sources.push(path.clone())
            } else {
                raw.push(path.clone())
            }
            wanted.insert(path, (*side == "refused").then(|| format!("stingless::E{code}")));
        }
    }
    let mut found = judged(&raw, true);
    found.extend(judged(&sources, false));
    let wrong = wanted.iter().filter(|(path, want)| found.get(*path) != Some(*want));
    let wrong: Vec<String> =
        wrong.map(|(path, want)| format!("{}: want {want:?}, found {:?}", path.display(), found.get(path))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(wanted.len() >= 124, "only {} examples", wanted.len());
}

/// Only those have no program.
#[test]
fn examples_without_a_program_are_few() {
    let none: Vec<&str> = examples().iter().filter(|e| e.1 == "none").map(|e| e.0).collect();
    assert_eq!(none, ["0112", "0999"]);
}
