//! Mistakes that people make, and what they are told. Each `tests/reports/*.bpf.c` ends with the report on the object
//! beside it; `make bless` compiles the sources and rewrites the reports, whose diff is to be reviewed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stingless_abi::{
    Arg, ArgKind, Effects, HookDef, Limits, MemLen, MemUse, Proto, ProtoTable, Ret, Trust, VerdictRange,
};
use stingless_object::{Env, Object, link};
use stingless_verifier::{VerifierError, render, verify};
use support::{raw_hook, socket_filter_hook, xdp_hook};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports")
}

fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap_or_else(|e| panic!("{}: {e}", folder().display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.to_string_lossy().ends_with(".bpf.c"));
    files.sort();
    files
}

/// The helpers of the other tests, with the declarations that people know, and some more.
fn protos() -> ProtoTable {
    let names = |id: u32| -> &[&str] {
        match id {
            6 => &["fmt", "fmt_size"],
            44 => &["xdp_md", "delta"],
            105 => &["buf", "buf_len", "flags", "res"],
            130 => &["ringbuf", "data", "size", "flags"],
            131 => &["ringbuf", "size", "flags"],
            132 | 133 => &["data", "flags"],
            181 => &["nr_loops", "callback_fn", "callback_ctx", "flags"],
            _ => &[],
        }
    };
    let table = support::protos();
    let named = table.iter().map(|p| {
        let mut proto = (**p).clone();
        for (arg, name) in proto.args.to_mut().iter_mut().zip(names(p.id)) {
            arg.name = (*name).into();
        }
        Arc::new(proto)
    });
    let len = ArgKind::Len { zero_ok: true };
    let buf = ArgKind::Mem { access: MemUse::Write, len: MemLen::Next, nullable: false };
    let arg = |name: &'static str, c_type: &'static str, kind| Arg { name: name.into(), c_type: c_type.into(), kind };
    let load_bytes = Proto {
        id: 189,
        name: "bpf_xdp_load_bytes".into(),
        args: vec![
            arg("xdp_md", "struct xdp_buff *", ArgKind::Ctx),
            arg("offset", "u32", ArgKind::Anything),
            arg("buf", "void *", buf),
            arg("len", "u32", len),
        ]
        .into(),
        ret: Ret::ANY,
        c_ret: "long".into(),
        effects: Effects::default(),
        doc: "".into(),
    };
    ProtoTable::new(named.chain([Arc::new(load_bytes)]))
}

fn hook(section: &str) -> HookDef {
    match section {
        "xdp" => HookDef { verdict: Some(VerdictRange { min: 0, max: 4 }), ..xdp_hook() },
        "raw" => raw_hook(),
        "socket" => socket_filter_hook(),
        other => panic!("no hook for section {other}"),
    }
}

/// The rejection of the program in the object beside a source.
fn rejection(source: &Path) -> Box<VerifierError> {
    rejected(&source.with_extension("o")).unwrap_or_else(|| panic!("{}: accepted", source.display()))
}

/// The rejection of the program in an object, if it is rejected.
fn rejected(object: &Path) -> Option<Box<VerifierError>> {
    let bytes = fs::read(object).unwrap_or_else(|e| panic!("{}: {e}", object.display()));
    let object = Object::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", object.display()));
    let hook = hook(&object.programs()[0].section);
    let unit = link(&object, 0, &Env::new(protos(), Arc::new(hook))).unwrap_or_else(|e| panic!("{e}"));
    // A loop without a bound need not be walked a million steps to be told.
    // Mistakes to the ranges: a second opinion may find that one does no harm (a length compared as a number).
    let limits = Limits { work: 200_000, refinements: 0, ..Limits::default() };
    verify(unit, Trust::Untrusted, &limits).err()
}

/// The source and the report at its end.
fn split(text: &str) -> (&str, &str) {
    let Some((code, report)) = text.split_once(MARK) else { return (text, "") };
    (code, report.trim_end_matches("*/\n"))
}

const MARK: &str = "/* report\n";

#[test]
fn mistakes_are_told_as_the_files_say() {
    let mut wrong = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let (code, wanted) = split(&text);
        // Column by column what the object's own line information says: the source is not asked.
        let Some(error) = rejected(&file.with_extension("o")) else {
            wrong.push(format!("{}: accepted", file.display()));
            continue;
        };
        let found = format!("class {}\n{}\n", error.class.key(), render(&error, None));
        if found == wanted {
            continue;
        }
        if std::env::var_os("STINGLESS_BLESS").is_some() {
            fs::write(&file, format!("{code}{MARK}{found}*/\n")).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        } else {
            wrong.push(format!("{}\n--- wanted\n{wanted}--- found\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The report of a program without line information: instructions stand in for lines.
#[test]
fn instructions_are_shown_where_lines_are_not_known() {
    let text = "r6 = r1\n r1 = 7\n call 5\n r0 = r1\n exit";
    let error = support::reject(support::unit(text, vec![], raw_hook()), "uninit-register");
    let wanted = "\
error[stingless::E0010]: r1 is read but was never set on this path
 --> program test, by instruction:3:1
  |
2 | call 5
  | ------ this call does not keep r1: only r6 to r9 survive a call
3 | r0 = r1
  | ^^^^^^^
  |
  = note: program `test`; more about this: stingless check --explain E0010";
    assert_eq!(render(&error, None), wanted);
}

/// The file on disk is shown if it is the one that was compiled, and else what the object remembers of it.
#[test]
fn a_source_is_shown_if_it_is_the_one_that_was_compiled() {
    let file = folder().join("null_only_on_one_path.bpf.c");
    let error = rejection(&file);
    let source = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let shown = render(&error, Some(&source));
    assert!(shown.contains("11 |     v->hits = key;") && !shown.contains("8 |         if (!v)"), "{shown}");
    let edited = source.replacen("v->hits", "w->hits", 1);
    assert_eq!(render(&error, Some(&edited)), render(&error, None));
}

#[test]
fn every_report_points_at_a_line_and_most_tell_the_cause() {
    let errors: Vec<_> = sources().iter().map(|f| rejection(f)).collect();
    assert!(errors.iter().all(|e| e.primary.line.is_some() && !e.is_bug()));
    let told = errors.iter().filter(|e| !e.secondary.is_empty()).count();
    assert!(told * 10 >= errors.len() * 7, "{told} of {} have a causal line", errors.len());
}

/// The check that a report says to paste, if it is one.
fn pasted(error: &VerifierError) -> Option<&str> {
    let help = error.help.as_deref()?;
    let from = ["`if (", "`__u64 i = ", "`asm volatile("].iter().find_map(|start| help.find(start))? + 1;
    help[from..].split('`').next()
}

/// What cannot be pasted in front of the line as it stands: the check belongs into a loop or its condition, into a macro,
/// into a function that returns nothing; the variable for what was read once must be used by hand, and so the pointer that
/// was compared; an iterator is to be destroyed before leaving; or there is a second mistake.
const BY_HAND: &[&str] = &[
    "iterator_index",
    "map_index_reloaded",
    "null_inlined",
    "null_macro",
    "packet_compare_wrong_type",
    "packet_strlen",
    "packet_udp_length",
    "packet_vlan_loop",
];

/// A source with a check in front of a line; in braces where the line is all that an `if` or a loop has.
fn with_check(code: &str, line: u32, check: &str) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let at = line as usize - 1;
    let alone = at > 0 && lines[at - 1].trim_end().ends_with(')') && !lines[at - 1].starts_with("SEC");
    let fixed = if alone { format!("{{ {check} {} }}", lines[at]) } else { format!("{check}\n{}", lines[at]) };
    let mut out = lines;
    out[at] = &fixed;
    out.join("\n")
}

#[test]
fn what_reports_say_to_paste_makes_programs_pass() {
    let clang = |args: &[&str]| std::process::Command::new("clang-19").args(args).output();
    if clang(&["--version"]).is_err() {
        eprintln!("NOTE: NO CLANG-19 HERE: WHAT REPORTS SAY TO PASTE WAS NOT TRIED (.ci/setup test installs it)");
        return;
    }
    let (mut tried, mut wrong) = (0, Vec::new());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for file in sources() {
        let name = file.file_name().map(|n| n.to_string_lossy().replace(".bpf.c", "")).unwrap_or_default();
        let error = rejection(&file);
        let Some(check) = pasted(&error).filter(|_| !BY_HAND.contains(&&*name)) else { continue };
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let source = target.join(format!("{name}.c"));
        let object = target.join(format!("{name}.o"));
        let line = error.primary.line.expect("a line");
        fs::write(&source, with_check(split(&text).0, line, check)).unwrap_or_else(|e| panic!("{e}"));
        let out = clang(&[
            "-target",
            "bpf",
            "-mcpu=v3",
            "-g",
            "-O2",
            "-w",
            "-I",
            &folder().display().to_string(),
            "-c",
            &source.display().to_string(),
            "-o",
            &object.display().to_string(),
        ])
        .expect("it ran before");
        tried += 1;
        if !out.status.success() {
            wrong.push(format!("{name}: `{check}` does not compile: {}", String::from_utf8_lossy(&out.stderr)));
        } else if let Some(error) = rejected(&object) {
            wrong.push(format!("{name}: with `{check}` in front of line {line}:\n{}", render(&error, None)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried >= 40, "only {tried} reports have a check to paste");
}
