//! Mistakes that people made in the world, written anew, and what a reader who knows expects of the report: `mistakes/*.bpf.c`
//! has for each program its class (`// expect: null`), the line at fault (`// <- here`) and the lines of which one at least
//! is to be told as the cause (`// <- why`; a name after it says whose line it is, where a function is shared). Compiled
//! twice, as compilers move what programs say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use stingless::abi::{Limits, Trust};
use stingless::{EngineKind, from_file};
use stingless_conformance::programs::Host;
use stingless_object::Object;
use stingless_verifier::{VerifierError, render, verify};

/// What is expected of one program.
#[derive(Debug, Default)]
struct Want {
    class: String,
    here: BTreeSet<u32>,
    why: BTreeSet<u32>,
    /// The line with its name.
    start: u32,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mistakes")
}

/// Names of the sources without `.bpf.c`, with their text.
fn sources() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder()).unwrap_or_else(|e| panic!("{}: {e}", folder().display()));
    let names = entries.filter_map(|e| Some(e.ok()?.file_name().to_str()?.strip_suffix(".bpf.c")?.to_owned()));
    let read = |name: String| {
        let path = folder().join(format!("{name}.bpf.c"));
        (name, std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    };
    let mut sources: Vec<_> = names.map(read).collect();
    sources.sort();
    sources
}

/// The name of the program whose first line this is.
fn program(line: &str) -> Option<&str> {
    line.strip_prefix("SEC(\"")?.split_once("\") int ")?.1.split_once('(').map(|(name, _)| name)
}

fn wanted(source: &str) -> BTreeMap<String, Want> {
    let mut all: BTreeMap<String, Want> = BTreeMap::new();
    let mut class = None;
    for (line, number) in source.lines().zip(1..) {
        class = line.strip_prefix("// expect: ").or(class);
        if let (Some(name), Some(class)) = (program(line), class.take_if(|_| program(line).is_some())) {
            all.insert(name.to_owned(), Want { class: class.to_owned(), start: number, ..Want::default() });
        }
    }
    let mut own = None;
    for (line, number) in source.lines().zip(1..) {
        own = program(line).or(own);
        for mark in line.split("<- ").skip(1) {
            let mut words = mark.split_whitespace();
            let what = words.next();
            let name = words.next().filter(|w| all.contains_key(*w)).or(own).expect("a mark is a program's");
            let want = all.get_mut(name).unwrap_or_else(|| panic!("line {number}: nothing is expected of `{name}`"));
            match what {
                Some("here") => want.here.insert(number),
                Some("why") => want.why.insert(number),
                other => panic!("line {number}: mark {other:?}"),
            };
        }
    }
    all
}

/// The rejection of each program of an object that is rejected.
fn rejections(host: &Host, object: &Object) -> BTreeMap<String, Box<VerifierError>> {
    let mut all = BTreeMap::new();
    for (at, program) in object.programs().iter().enumerate() {
        let unit = host.linker.unit(object, at).unwrap_or_else(|e| panic!("{}: {e}", program.name));
        // A loop without a bound need not be walked a million steps to be told.
        // Mistakes to the ranges: a second opinion may find that one does no harm.
        let limits = Limits { work: 200_000, refinements: 0, ..Limits::default() };
        if let Err(error) = verify(unit, Trust::Untrusted, &limits) {
            all.insert(program.name.to_string(), error);
        }
    }
    all
}

/// What is told amiss.
#[derive(Default)]
struct Score {
    programs: u32,
    class: u32,
    line: u32,
    cause: u32,
    /// Programs whose cause is another line.
    caused: u32,
    amiss: Vec<String>,
}

impl Score {
    fn add(&mut self, name: &str, want: &Want, told: Option<&VerifierError>) {
        self.programs += 1;
        self.caused += u32::from(!want.why.is_empty());
        let Some(error) = told else {
            self.amiss.push(format!("{name}: accepted"));
            return;
        };
        assert!(!error.is_bug(), "{name}: {error}");
        let class = error.class.key() == want.class;
        let line = error.primary.line.is_some_and(|l| want.here.contains(&l));
        let cause = error.secondary.iter().any(|n| n.line.is_some_and(|l| want.why.contains(&l)));
        self.class += u32::from(class);
        self.line += u32::from(line);
        self.cause += u32::from(cause && !want.why.is_empty());
        if !class || !line || !(cause || want.why.is_empty()) {
            self.amiss.push(format!("{name}: want {want:?}\n{}", render(error, None)));
        }
    }
}

fn percent(part: u32, of: u32) -> f64 {
    f64::from(part) * 100.0 / f64::from(of.max(1))
}

#[test]
fn mistakes_are_told_as_people_would_tell_them() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let mut score = Score::default();
    for (file, source) in sources() {
        let wanted = wanted(&source);
        assert!(wanted.values().all(|w| !w.here.is_empty()), "{file}: a program without a line");
        for level in ["O2", "O1"] {
            let told = rejections(&host, &from_file(folder().join(format!("{file}.{level}.o"))).unwrap());
            for (name, want) in &wanted {
                score.add(&format!("{file} {name} -{level}"), want, told.get(name).map(|e| &**e));
            }
        }
    }
    let [class, line, cause] =
        [percent(score.class, score.programs), percent(score.line, score.programs), percent(score.cause, score.caused)];
    let figures = format!("{} reports: class {class:.1} %, line {line:.1} %, cause {cause:.1} %", score.programs);
    println!("{figures}");
    let amiss = score.amiss.join("\n");
    assert!(score.programs >= 400 && class >= 98.0 && line >= 98.0 && cause >= 95.0, "{figures}\n{amiss}");
}

/// A check that a report says to paste, and the line (from 1) in front of which it goes.
fn pasted(error: &VerifierError, source: &str, want: &Want) -> Option<(String, u32)> {
    let help = error.help.as_deref().filter(|_| !leaves_by_the_brace(error))?;
    let statements = [
        "`if (",
        "`__u64 i = ",
        "`bpf_ringbuf_d",
        "`asm volatile(",
        "`bpf_sk_release(",
        "`bpf_spin_unlock(",
        "`bpf_rcu_read_unlock(",
        "`bpf_iter_num_destroy(",
        "`__builtin_memset(",
    ];
    let from = statements.iter().filter_map(|start| help.find(start)).min()? + 1;
    let check = help[from..].split('`').next()?.to_owned();
    if !check.ends_with(';') {
        return None;
    }
    if let Some(line) = help.split("before line ").nth(1).and_then(|rest| rest.split(':').next()?.parse().ok()) {
        return Some((check, line));
    }
    let Some(name) = check.strip_prefix("__builtin_memset(&").and_then(|c| c.split(',').next()) else {
        return Some((check, error.primary.line?));
    };
    // Behind the declaration.
    let declares = |line: &str| line.contains(&format!(" {name};")) || line.contains(&format!("}} {name}"));
    let own = source.lines().zip(1u32..).skip(want.start as usize);
    let declared = own.map(|(line, number)| (declares(line), number)).find(|d| d.0)?.1;
    Some((check, declared + 1))
}

/// A source with checks in front of lines; in braces where the line is all that an `if` or a loop has.
fn with_checks(source: &str, checks: &BTreeMap<u32, String>) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let fixed = |(line, number): (&&str, u32)| {
        let Some(check) = checks.get(&number) else { return (*line).to_owned() };
        let before = lines[number as usize - 2].split("//").next().unwrap_or("").trim_end();
        let alone = before.ends_with(')') && !before.starts_with("SEC") && !before.starts_with("static");
        if alone {
            format!("{{ {check} {} }}", line.split("//").next().unwrap_or(""))
        } else {
            format!("{check} {line}")
        }
    };
    lines.iter().zip(1..).map(fixed).collect::<Vec<_>>().join("\n")
}

/// What cannot be pasted in front of the line as it stands, and why.
const BY_HAND: &[(&str, &str)] = &[
    ("depth_in_the_map", "the variable for what was read once is to be used in the line"),
    ("held_over_a_tail_call", "what stands behind the call is then to go"),
    ("lookup_in_a_helper_function", "the function at fault returns nothing: `return;`"),
];

/// Whether all ways out of the program are one for the compiler: the report names the line that leads there, and what is
/// to be pasted there.
fn leaves_by_the_brace(error: &VerifierError) -> bool {
    error.primary.text.as_deref().is_some_and(|text| text.trim_start().starts_with('}'))
}

#[test]
fn what_reports_say_to_paste_makes_programs_pass() {
    let clang = |args: &[&str]| std::process::Command::new("clang-19").args(args).output();
    if clang(&["--version"]).is_err() {
        eprintln!("NOTE: NO CLANG-19 HERE: WHAT REPORTS SAY TO PASTE WAS NOT TRIED (.ci/setup test installs it)");
        return;
    }
    let host = Host::new(EngineKind::Interp).unwrap();
    let include = folder().join("../../../plugins/include");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (mut tried, mut wrong) = (0, Vec::new());
    for (file, source) in sources() {
        let told = rejections(&host, &from_file(folder().join(format!("{file}.O2.o"))).unwrap());
        let wanted = wanted(&source);
        let by_hand = |name: &str| BY_HAND.iter().any(|row| row.0 == name);
        let mut checks: BTreeMap<u32, String> = BTreeMap::new();
        let mut names = Vec::new();
        for (name, want) in wanted.iter().filter(|(name, _)| !by_hand(name)) {
            let Some((check, line)) = told.get(name).and_then(|e| pasted(e, &source, want)) else { continue };
            checks.insert(line, check);
            names.push(name);
        }
        let path = target.join(format!("{file}.pasted.c"));
        let object = target.join(format!("{file}.pasted.o"));
        std::fs::write(&path, with_checks(&source, &checks)).unwrap();
        let (folder, include) = (folder().display().to_string(), include.display().to_string());
        let (path, out) = (path.display().to_string(), object.display().to_string());
        let flags =
            ["-target", "bpf", "-mcpu=v3", "-g", "-O2", "-w", "-I", &folder, "-I", &include, "-c", &path, "-o", &out];
        let compiled = clang(&flags).expect("it ran before");
        if !compiled.status.success() {
            wrong.push(String::from_utf8_lossy(&compiled.stderr).into_owned());
            continue;
        }
        let left = rejections(&host, &from_file(&object).unwrap());
        tried += names.len();
        for name in names {
            if let Some(error) = left.get(name) {
                let said = told[name].help.as_deref().unwrap_or("");
                wrong.push(format!("{file} {name}: after «{said}»:\n{}", render(error, None)));
            }
        }
    }
    println!("{tried} suggestions pasted");
    assert!(wrong.is_empty(), "{} of {tried} do not help:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried >= 60, "only {tried} reports have something to paste");
    assert!(BY_HAND.iter().all(|row| !row.1.is_empty()));
}
