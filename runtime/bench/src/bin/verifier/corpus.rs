//! The programs: the project's own objects, generated ones, and shared workloads.

use std::path::{Path, PathBuf};
use std::process::Command;

use stingless::Object;
use stingless_conformance::programs::Host;
use stingless_object::{Env, Unit};

/// A program to be judged.
pub(crate) struct Case {
    /// Object and program.
    pub(crate) name: String,
    /// Where it comes from: `own`, `large`, `gen`, `shared`, `straight`.
    pub(crate) group: &'static str,
    /// The file, for peers that read files.
    pub(crate) path: Option<PathBuf>,
    /// Section and function in it.
    pub(crate) section: String,
    pub(crate) function: String,
    /// The program, linked by our linker.
    pub(crate) unit: Unit,
    /// What links it, and its object and place, for the live kernel.
    pub(crate) live: Option<(Object, usize, Env)>,
}

/// Large programs of `c/large`, with the sizes that they are built in.
const LARGE: [(&str, &[u32]); 10] = [
    ("states", &[16, 64, 256, 600]),
    ("diamonds", &[16, 256, 2000]),
    ("counted", &[8, 16, 40]),
    ("loops", &[20, 100, 190]),
    ("spills", &[16, 24, 32]),
    ("options", &[10, 40, 120]),
    ("hashes", &[8, 64, 200]),
    ("lookups", &[16, 64, 160]),
    ("frames", &[10, 50, 180]),
    ("strings", &[10, 40, 160]),
];

/// Blocks of the generated straight programs, as in the shared benchmark.
const GENERATED: [&str; 6] = ["g10", "g500", "g2k", "g5k", "g10k", "g50k"];

/// Straight code without a branch: additions.
const STRAIGHT: [u32; 3] = [680, 13_000, 999_998];

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All programs whose name or group contains `only`.
pub(crate) fn all(only: &str) -> Vec<Case> {
    let host = Host::new(stingless::EngineKind::Interp).expect("the house's own hooks and helpers");
    let out = here().join("target/verifier");
    std::fs::create_dir_all(&out).expect("a folder in target");
    let mut cases = Vec::new();
    for dir in ["../conformance/programs", "../conformance/programs/net", "../../plugins", "c"] {
        objects(&here().join(dir)).iter().for_each(|path| load(&host, path, "own", &mut cases));
    }
    match clang() {
        Some(clang) => {
            large(&clang, &out).iter().for_each(|path| load(&host, path, "large", &mut cases));
            shared(&clang, &out).iter().for_each(|(path, group)| load(&host, path, group, &mut cases));
        }
        None => println!("NOTE: no clang here: only committed objects are verified"),
    }
    straight(&host, &mut cases);
    hostile(&host, &mut cases);
    cases.retain(|c| only.is_empty() || c.name.contains(only) || c.group == only);
    cases
}

fn objects(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "o")).collect();
    all.sort();
    all
}

/// Every program of an object that our linker links.
fn load(host: &Host, path: &Path, group: &'static str, cases: &mut Vec<Case>) {
    let Ok(object) = stingless::from_file(path) else { return };
    let file = path.file_name().unwrap_or_default().to_string_lossy().replace(".bpf.o", "").replace(".o", "");
    for (at, program) in object.programs().iter().enumerate() {
        let Ok(unit) = host.linker.unit(&object, at) else { continue };
        let env = Env::new(host.linker.protos(), unit.hook.clone());
        cases.push(Case {
            name: format!("{file}:{}", program.name),
            group,
            path: Some(path.to_owned()),
            section: program.section.to_string(),
            function: program.name.to_string(),
            unit,
            live: Some((object.clone(), at, env)),
        });
    }
}

/// A clang that knows BPF.
fn clang() -> Option<String> {
    let asked = std::env::var("CLANG").unwrap_or_else(|_| "clang-19".to_owned());
    Command::new(&asked).arg("--version").output().ok().filter(|o| o.status.success()).map(|_| asked)
}

/// Compiles a source, unless that was done since it changed; `None` with a line where it cannot be.
fn compile(clang: &str, source: &Path, object: PathBuf, args: &[String]) -> Option<PathBuf> {
    let time = |p: &Path| std::fs::metadata(p).and_then(|m| m.modified()).ok();
    if time(&object).is_some_and(|built| time(source).is_some_and(|s| s < built)) {
        return Some(object);
    }
    let mut command = Command::new(clang);
    command.args(["-O2", "-g", "-target", "bpf", "-Wno-everything"]).args(args).arg("-c").arg(source);
    command.arg("-I").arg(here().join("../../plugins/include")).arg("-I").arg(here().join("c/large"));
    command.arg("-I").arg(here().join("../../../shared/bench/src"));
    let run = command.arg("-o").arg(&object).output().ok()?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        println!("NOTE: {} does not compile: {}", object.display(), said.lines().next().unwrap_or_default());
        return None;
    }
    Some(object)
}

fn large(clang: &str, out: &Path) -> Vec<PathBuf> {
    let sizes = LARGE.iter().flat_map(|(name, sizes)| sizes.iter().map(move |n| (name, n)));
    let built = sizes.filter_map(|(name, n)| {
        let source = here().join(format!("c/large/{name}.bpf.c"));
        compile(clang, &source, out.join(format!("{name}.{n}.bpf.o")), &[format!("-DN={n}"), "-mcpu=v3".to_owned()])
    });
    built.collect()
}

/// The generated programs and the workloads of the shared benchmark, each inside a program of type xdp that hands it the
/// value of a map as memory.
fn shared(clang: &str, out: &Path) -> Vec<(PathBuf, &'static str)> {
    let bench = here().join("../../../shared/bench");
    if !bench.is_dir() {
        println!("NOTE: ../shared/bench is not here: its programs are left out");
        return Vec::new();
    }
    let generated = out.join("gen");
    let _ = std::fs::create_dir_all(&generated);
    if !generated.join("g50k.c").is_file() {
        let script = std::fs::canonicalize(bench.join("gen.py")).unwrap_or_default();
        if !Command::new("python3").arg(script).current_dir(out).status().is_ok_and(|s| s.success()) {
            println!("NOTE: gen.py does not run: the generated programs are left out");
        }
    }
    let generated = GENERATED.iter().map(|name| (generated.join(format!("{name}.c")), "gen"));
    let sources = std::fs::read_dir(bench.join("src")).into_iter().flatten().flatten().map(|e| e.path());
    let mut works: Vec<PathBuf> = sources.filter(|p| p.extension().is_some_and(|e| e == "c")).collect();
    works.sort();
    let all = generated.chain(works.into_iter().map(|p| (p, "shared"))).filter(|(p, _)| p.is_file());
    all.filter_map(|(source, group)| {
        let source = std::fs::canonicalize(source).ok()?;
        let name = source.file_stem()?.to_string_lossy().into_owned();
        let (mut args, cpu) = (
            vec![format!("-DSOURCE=\"{}\"", source.display())],
            if group == "gen" && name != "g50k" { "v3" } else { "v4" },
        );
        args.push(format!("-mcpu={cpu}"));
        let wrapper = here().join("c/large/wrapped.c");
        Some((compile(clang, &wrapper, out.join(format!("{name}.bpf.o")), &args)?, group))
    })
    .collect()
}

fn straight(host: &Host, cases: &mut Vec<Case>) {
    for adds in STRAIGHT {
        let code = stingless_isa::assemble(&format!("r0 = 1\n{}exit", "r0 += r0\n".repeat(adds as usize - 2)));
        let (Ok(code), Ok(hook)) = (code, host.linker.hook_named("raw")) else { continue };
        let name = format!("{adds} additions");
        let unit = Unit::from_code(&name, code, Vec::new(), host.linker.protos(), hook.clone());
        let (section, function) = (String::new(), String::new());
        cases.push(Case { name, group: "straight", path: None, section, function, unit, live: None });
    }
}

fn hostile(host: &Host, cases: &mut Vec<Case>) {
    let Ok(hook) = host.linker.hook_named("raw") else { return };
    for (name, text) in crate::hostile::all() {
        let code = match stingless_isa::assemble(&text) {
            Ok(code) => code,
            Err(e) => {
                println!("NOTE: {name} is no program: {e}");
                continue;
            }
        };
        let unit = Unit::from_code(name, code, Vec::new(), host.linker.protos(), hook.clone());
        let (section, function) = (String::new(), String::new());
        cases.push(Case { name: name.to_owned(), group: "hostile", path: None, section, function, unit, live: None });
    }
}
