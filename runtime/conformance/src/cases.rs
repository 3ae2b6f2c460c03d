//! Small programs with the verdict of each judge, where keeping and breaking a rule does not fit one text with a hole
//! (`crate::rules`): assembler text in `cases/`, judged by both of our profiles and by the live kernel with and without `CAP_PERFMON`.
//!
//! A case starts with `=== its name`. Lines before the first instruction describe it:
//!
//! ```text
//! hook xdp                          the hook; xdp where nothing is said
//! map array 4 16 1 [lock=0] [flags=0x80] [frozen=0011..]     map[0], map[1] ...; after a map of maps, the shape of its maps
//! fn f ctx mem:8 mem?:8 int -> int  a global function; `-> void` for none
//! exception f                       the callback for exceptions
//! want ok                           our untrusted profile: `ok`, or the kind of the rejection
//! root ok                           our privileged profile, where it differs
//! linux no                          Linux without CAP_PERFMON, where it differs from `want`
//! linux-root no                     Linux for root, where it differs from `root`
//! why ...                           why the two differ; needed where they do
//! ```

use std::fmt;
use std::path::Path;

use stingless_abi::{Limits, MapKind, MapSpec, SpecialField, SpecialKind, Trust};
use stingless_isa::assemble;
use stingless_object::{FuncArg, Unit, UnitMap};
use stingless_verifier::verify;

use crate::kernel::{Caps, KernelMap, KernelProg, with_caps};
use crate::programs::Host;

/// One program and what is expected of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    hook: String,
    maps: Vec<UnitMap>,
    funcs: Vec<(String, Vec<FuncArg>, bool)>,
    want: Verdict,
    root: Verdict,
    linux: bool,
    linux_root: bool,
    why: bool,
    exception: Option<String>,
    text: String,
}

/// `ok`, or the kind of a rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Refused(String),
}

impl Verdict {
    fn parse(text: &str) -> Verdict {
        if text == "ok" { Verdict::Ok } else { Verdict::Refused(text.to_owned()) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Ok => f.write_str("ok"),
            Verdict::Refused(kind) => f.write_str(kind),
        }
    }
}

/// The cases of a table.
///
/// # Panics
/// If the table is not as the module says: a mistake of whoever wrote it.
#[must_use]
pub fn parse(table: &str) -> Vec<Case> {
    let blocks = table.split("\n=== ").skip(1);
    blocks.map(block).collect()
}

fn block(text: &str) -> Case {
    let (name, body) = text.split_once('\n').unwrap_or((text, ""));
    let mut case = Case {
        name: name.trim().to_owned(),
        hook: "xdp".into(),
        maps: Vec::new(),
        funcs: Vec::new(),
        want: Verdict::Ok,
        root: Verdict::Ok,
        linux: true,
        linux_root: true,
        why: false,
        exception: None,
        text: String::new(),
    };
    let (mut root, mut linux, mut linux_root) = (None, None, None);
    for line in body.lines() {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "hook" => rest.clone_into(&mut case.hook),
            "map" => {
                let next = map(rest, case.maps.len());
                if let Some(outer) = case.maps.last_mut().filter(|m| m.spec.kind.holds_maps()) {
                    outer.spec.inner = Some(Box::new(next.spec.clone()));
                }
                case.maps.push(next);
            }
            "fn" => case.funcs.push(function(rest)),
            "want" => case.want = Verdict::parse(rest),
            "root" => root = Some(Verdict::parse(rest)),
            "linux" => linux = Some(rest == "ok"),
            "linux-root" => linux_root = Some(rest == "ok"),
            "why" => case.why = true,
            // The assembler knows numbers.
            "call" if rest.starts_with("bpf_") => {
                case.text += &format!(" call {}\n", stingless_abi::kfunc_id(rest));
            }
            "exception" => case.exception = Some(rest.to_owned()),
            _ => {
                case.text.push_str(line);
                case.text.push('\n');
            }
        }
    }
    case.root = root.unwrap_or_else(|| case.want.clone());
    case.linux = linux.unwrap_or(case.want == Verdict::Ok);
    case.linux_root = linux_root.unwrap_or(case.root == Verdict::Ok);
    case
}

fn number(text: &str) -> u32 {
    let parsed = text.strip_prefix("0x").map_or_else(|| text.parse(), |hex| u32::from_str_radix(hex, 16));
    parsed.unwrap_or_else(|_| panic!("no number: {text}"))
}

fn map(text: &str, index: usize) -> UnitMap {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [kind, key, value, entries, more @ ..] = &words[..] else { panic!("a map of too few words: {text}") };
    let kind = MapKind::from_name(kind).unwrap_or_else(|| panic!("no kind of map: {kind}"));
    let mut spec = MapSpec::new(format!("m{index}"), kind, number(key), number(value), number(entries));
    let mut frozen = None;
    for word in more {
        match word.split_once('=') {
            Some(("lock", off)) => {
                spec.special.push(SpecialField { kind: SpecialKind::SpinLock, off: number(off) });
            }
            Some(("flags", flags)) => spec.flags = number(flags),
            Some(("frozen", hex)) => {
                let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                frozen = Some((0..hex.len() / 2).map(|i| byte(2 * i)).collect());
            }
            Some(_) | None => panic!("a map with {word}"),
        }
    }
    UnitMap { spec, origin: index as u32, frozen }
}

fn function(text: &str) -> (String, Vec<FuncArg>, bool) {
    let (head, result) = text.split_once("->").unwrap_or((text, "int"));
    let mut words = head.split_whitespace();
    let name = words.next().unwrap_or_default().to_owned();
    let args = words.map(|word| match word.split_once(':') {
        Some(("mem", size)) => FuncArg::Mem { size: number(size), nullable: false },
        Some(("mem?", size)) => FuncArg::Mem { size: number(size), nullable: true },
        None if word == "int" => FuncArg::Scalar,
        None if word == "ctx" => FuncArg::Ctx,
        Some(_) | None => panic!("an argument {word}"),
    });
    (name, args.collect(), result.trim() == "int")
}

/// The cases of all files, in order of the files' names.
///
/// # Panics
/// If a file cannot be read, or says nothing.
#[must_use]
pub fn all() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = std::fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    let text = |file| std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{e}"));
    files.iter().flat_map(|file| parse(&text(file))).collect()
}

impl Case {
    /// Its program.
    ///
    /// # Panics
    /// If the text is no program.
    #[must_use]
    pub fn unit(&self, host: &Host) -> Unit {
        let code = assemble(&self.text).unwrap_or_else(|e| panic!("{}: {e}\n{}", self.name, self.text));
        let hook = host.linker.hook_named(&self.hook).unwrap().clone();
        let mut unit = Unit::from_code("p", code, self.maps.clone(), host.linker.protos(), hook);
        unit.gpl = true;
        if let Some(name) = &self.exception {
            unit.exception_callback = unit.funcs.iter().position(|f| f.name == *name);
        }
        for (name, args, returns) in &self.funcs {
            let info = unit.funcs.iter_mut().find(|f| f.name == *name);
            let info = info.unwrap_or_else(|| panic!("{}: no function {name}", self.name));
            info.global = true;
            info.args.clone_from(args);
            info.returns_scalar = *returns;
        }
        unit
    }

    /// All four verdicts as the table would say them, for whoever writes one.
    ///
    /// # Panics
    /// If the text is no program.
    #[must_use]
    pub fn verdicts(&self, host: &Host) -> [String; 4] {
        let unit = self.unit(host);
        let ours = |trust| match verify(unit.clone(), trust, &limits()) {
            Ok(_) => "ok".to_owned(),
            Err(e) => format!("{} ({e})", e.kind),
        };
        let theirs = |caps| match unit.hook.linux_type {
            0 => "not asked".to_owned(),
            _ => self.kernel(&unit, caps).map_or_else(|e| format!("no ({e})"), |()| "ok".to_owned()),
        };
        [ours(Trust::Untrusted), ours(Trust::Privileged), theirs(Caps::NoPerfmon), theirs(Caps::Full)]
    }

    /// What differs from what the table says; the live kernel is asked where `live`.
    ///
    /// # Panics
    /// If the text is no program.
    #[must_use]
    pub fn judge(&self, host: &Host, live: bool) -> Vec<String> {
        let unit = self.unit(host);
        // Hooks of the host's own are none of Linux's.
        let live = live && unit.hook.linux_type != 0;
        let mut out = Vec::new();
        for (want, trust, who) in
            [(&self.want, Trust::Untrusted, "untrusted"), (&self.root, Trust::Privileged, "privileged")]
        {
            let (found, words) = match verify(unit.clone(), trust, &limits()) {
                Ok(_) => (Verdict::Ok, String::new()),
                Err(e) => (Verdict::Refused(e.kind.to_string()), format!(" ({e})")),
            };
            if found != *want {
                out.push(format!("{}: {who}: {found}{words}, wanted {want}", self.name));
            }
        }
        let differs = self.linux != (self.want == Verdict::Ok) || self.linux_root != (self.root == Verdict::Ok);
        if differs && !self.why {
            out.push(format!("{}: differs from Linux without a reason", self.name));
        }
        if live {
            for (want, caps) in [(self.linux, Caps::NoPerfmon), (self.linux_root, Caps::Full)] {
                let found = self.kernel(&unit, caps);
                if found.is_ok() != want {
                    out.push(format!(
                        "{}: Linux ({caps:?}): {found:?}, wanted {}",
                        self.name,
                        if want { "ok" } else { "no" }
                    ));
                }
            }
        }
        out
    }

    fn kernel(&self, unit: &Unit, caps: Caps) -> Result<(), String> {
        let maps: Vec<KernelMap> =
            unit.maps.iter().map(|m| kernel_map(m).unwrap_or_else(|e| panic!("{}: {e}", self.name))).collect();
        let refs: Vec<&KernelMap> = maps.iter().collect();
        let load = || KernelProg::load_unit(unit, "GPL", &refs).map(drop).map_err(|e| e.to_string());
        with_caps(caps, load).unwrap()
    }
}

fn limits() -> Limits {
    Limits { examined_insns: 100_000, ..Limits::default() }
}

fn kernel_map(map: &UnitMap) -> std::io::Result<KernelMap> {
    let made = KernelMap::create(&map.spec)?;
    if let Some(bytes) = &map.frozen {
        made.update(&[0; 4], bytes, 0)?;
        made.freeze()?;
    }
    Ok(made)
}
