//! Rules of the verifier, each with a program that keeps it and a neighbour that breaks it: text files in `rules/`.
//!
//! ```text
//! hook xdp                                  of the file's rules; a rule may say its own
//! maps array 4 16 4; hash 4 8 8; ringbuf 0 0 4096
//! let key = *(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4
//! rule stack-init: bytes are written before they are read
//!   text *(u32 *)(r10 - 8) = 1; r0 = *(u32 *)(r10 - @); exit
//!   ok 8
//!   bad uninit-stack 4
//!   but bad privileged+root: policy, bytes that nobody wrote are read as 0
//! ```
//!
//! `;` and the end of a line separate instructions; a line that is indented more than `ok` goes on. `@` in the text is what
//! `ok` and `bad` say, `$name` what `let` says. `func f int ctx scalar dynptr mem:8 mem?:8` makes a function global, with its
//! result and arguments; `maps array 4 16 1 lock@0` has a lock in the value; `license none` drops the GPL. Both programs
//! are judged by both of our profiles and by the live kernel with and without `CAP_PERFMON`: all accept the first, all
//! refuse the second, but for what `but` lists (`oracle::Known`).

mod run;

pub use run::run;

use std::path::{Path, PathBuf};

use stingless::Linker;
use stingless_abi::{MapKind, MapSpec, SpecialField, SpecialKind};
use stingless_isa::assemble;
use stingless_object::{FuncArg, Unit, UnitMap};

use crate::oracle::{Known, Side};

/// A rule.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// Its name: file and name.
    pub name: String,
    /// In words.
    pub words: String,
    /// Name of the hook.
    pub hook: String,
    /// Maps, by index.
    pub maps: Vec<MapSpec>,
    /// Global functions.
    pub funcs: Vec<Func>,
    /// GPL-only helpers may be called.
    pub gpl: bool,
    /// The program that passes.
    pub ok: String,
    /// The program that does not.
    pub bad: String,
    /// Short name of our reason.
    pub kind: String,
    /// Who says otherwise.
    pub known: Vec<Known>,
}

/// A global function.
#[derive(Clone, Debug)]
pub struct Func {
    name: String,
    returns_scalar: bool,
    args: Vec<FuncArg>,
}

/// Where the rules are.
#[must_use]
pub fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// All rules of all files.
///
/// # Errors
/// A file that cannot be read, or the line that says nothing.
pub fn all() -> Result<Vec<Rule>, String> {
    let entries = std::fs::read_dir(dir()).map_err(|e| e.to_string())?;
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "rules"));
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{stem}: {e}"))?;
        out.extend(parse(&stem, &text)?);
    }
    Ok(out)
}

/// Reads a file.
///
/// # Errors
/// The line that says nothing, in words.
pub fn parse(file: &str, text: &str) -> Result<Vec<Rule>, String> {
    let mut reader = Reader { file, head: Rule { gpl: true, ..Rule::default() }, ..Reader::default() };
    let mut statement = String::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split_once('#').map_or(line, |(code, _)| code);
        if line.trim().is_empty() {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        if depth > 2 {
            statement.push(';');
            statement += line.trim();
            continue;
        }
        reader
            .statement(&std::mem::take(&mut statement))
            .map_err(|e| format!("{file}, before line {}: {e}", at + 1))?;
        line.trim().clone_into(&mut statement);
    }
    reader.statement(&statement).and_then(|()| reader.finish()).map_err(|e| format!("{file}, at the end: {e}"))?;
    Ok(reader.done)
}

#[derive(Default)]
struct Reader<'a> {
    file: &'a str,
    /// What every rule of the file starts from.
    head: Rule,
    rule: Option<Rule>,
    lets: Vec<(String, String)>,
    text: String,
    done: Vec<Rule>,
}

impl Reader<'_> {
    fn statement(&mut self, text: &str) -> Result<(), String> {
        let (key, value) = text.split_once(' ').map_or((text, ""), |(k, v)| (k, v.trim()));
        let expanded = self.expand(value);
        match key {
            "" => {}
            "let" => {
                let (name, what) = value.split_once('=').ok_or("`let` without `=`")?;
                let what = self.expand(what.trim());
                self.lets.push((format!("${}", name.trim()), what));
                // The longest first, where one begins another.
                self.lets.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            }
            "rule" => {
                self.finish()?;
                let (name, words) = value.split_once(':').ok_or("a rule without words")?;
                let name = format!("{}/{}", self.file, name.trim());
                self.rule = Some(Rule { name, words: words.trim().to_owned(), ..self.head.clone() });
                self.text = "@".into();
            }
            "text" => self.text = expanded,
            "ok" => self.rule()?.ok = self.filled(&expanded),
            "bad" => {
                let (kind, code) = expanded.split_once([' ', ';']).unwrap_or((&expanded, ""));
                let bad = self.filled(code.trim());
                let rule = self.rule()?;
                (rule.kind, rule.bad) = (kind.to_owned(), bad);
            }
            "but" => {
                let known = Known::parse(&expanded)?;
                self.rule()?.known.push(known);
            }
            "func" => {
                let func = func(value)?;
                self.rule()?.funcs.push(func);
            }
            "hook" => value.clone_into(&mut self.either().hook),
            "maps" => self.either().maps = maps(value)?,
            "license" => self.either().gpl = value == "GPL",
            _ => return Err(format!("`{key}` says nothing")),
        }
        Ok(())
    }

    fn rule(&mut self) -> Result<&mut Rule, String> {
        self.rule.as_mut().ok_or_else(|| "no rule yet".to_owned())
    }

    fn either(&mut self) -> &mut Rule {
        self.rule.as_mut().unwrap_or(&mut self.head)
    }

    fn expand(&self, text: &str) -> String {
        self.lets.iter().fold(text.to_owned(), |text, (name, what)| text.replace(name, what))
    }

    /// One instruction a line, labels on lines of their own.
    fn filled(&self, code: &str) -> String {
        self.text.replace('@', code).split(';').map(str::trim).filter(|l| !l.is_empty()).fold(
            String::new(),
            |mut out, line| {
                out += line;
                out.push('\n');
                out
            },
        )
    }

    fn finish(&mut self) -> Result<(), String> {
        let Some(rule) = self.rule.take() else { return Ok(()) };
        if rule.ok.is_empty() || rule.bad.is_empty() || rule.hook.is_empty() {
            return Err(format!("{}: no hook, or not both programs", rule.name));
        }
        if self.done.iter().any(|r| r.name == rule.name) {
            return Err(format!("{}: a name that is taken", rule.name));
        }
        self.done.push(rule);
        Ok(())
    }
}

fn maps(text: &str) -> Result<Vec<MapSpec>, String> {
    let parts = text.split(';').map(str::trim).filter(|p| !p.is_empty());
    parts.enumerate().map(|(at, part)| map(at, part)).collect()
}

fn map(at: usize, text: &str) -> Result<MapSpec, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let kind = words.first().and_then(|w| MapKind::from_name(w)).ok_or_else(|| format!("no map kind in `{text}`"))?;
    let number = |i: usize| words.get(i).and_then(|w| w.parse::<u32>().ok()).ok_or_else(|| format!("`{text}`: sizes"));
    let mut spec = MapSpec::new(format!("m{at}"), kind, number(1)?, number(2)?, number(3)?);
    for word in words.get(4..).unwrap_or_default() {
        let (name, n) = word.split_once('@').ok_or_else(|| format!("`{word}` says nothing of a map"))?;
        let n = n.parse().map_err(|_| format!("`{word}` has no number"))?;
        match name {
            "lock" => spec.special.push(SpecialField { kind: SpecialKind::SpinLock, off: n }),
            "timer" => spec.special.push(SpecialField { kind: SpecialKind::Timer, off: n }),
            "flags" => spec.flags = n,
            _ => return Err(format!("`{word}` says nothing of a map")),
        }
    }
    Ok(spec)
}

fn func(text: &str) -> Result<Func, String> {
    let mut words = text.split_whitespace();
    let name = words.next().ok_or("a function without a name")?.to_owned();
    let returns_scalar = words.next().ok_or("a function without a result")? == "int";
    let arg = |word: &str| {
        let size = |n: &str| n.parse().map_err(|_| format!("`{word}` has no size"));
        match word.split_once(':') {
            None if word == "ctx" => Ok(FuncArg::Ctx),
            None if word == "scalar" => Ok(FuncArg::Scalar),
            None if word == "dynptr" => Ok(FuncArg::Dynptr),
            Some(("mem", n)) => Ok(FuncArg::Mem { size: size(n)?, nullable: false }),
            Some(("mem?", n)) => Ok(FuncArg::Mem { size: size(n)?, nullable: true }),
            _ => Err(format!("`{word}` is no argument")),
        }
    };
    Ok(Func { name, returns_scalar, args: words.map(arg).collect::<Result<_, _>>()? })
}

impl Rule {
    /// One of its programs.
    ///
    /// # Errors
    /// The text is no program, or there is no such hook.
    pub fn unit(&self, linker: &Linker, side: Side) -> Result<Unit, String> {
        let text = match side {
            Side::Ok => &self.ok,
            Side::Bad => &self.bad,
        };
        let code = assemble(text).map_err(|e| format!("{e} in\n{text}"))?;
        let maps = self.maps.iter().zip(0..).map(|(spec, origin)| UnitMap { spec: spec.clone(), origin, frozen: None });
        let hook = linker.hook_named(&self.hook).map_err(|e| e.to_string())?.clone();
        let mut unit = Unit::from_code(&self.name, code, maps.collect(), linker.protos(), hook);
        unit.gpl = self.gpl;
        for func in &self.funcs {
            let at = unit.code.subprogs().iter().position(|s| s.name == func.name);
            let info =
                at.and_then(|at| unit.funcs.get_mut(at)).ok_or_else(|| format!("no function `{}`", func.name))?;
            (info.global, info.returns_scalar, info.args) = (true, func.returns_scalar, func.args.clone());
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "hook xdp\nlet one = r0 = 1\nlet why = policy, words\n";

    #[test]
    fn a_rule_is_read() {
        let text = "maps array 4 16 1 lock@8\nrule a: words\n  text $one; @;\n    exit # why\n  ok r2 = 2\n  bad null-deref r3 = 3\n  but bad live: $why\n";
        let rules = parse("f", &format!("{HEAD}{text}")).unwrap();
        let rule = &rules[0];
        assert_eq!((rule.name.as_str(), rule.kind.as_str(), rule.words.as_str()), ("f/a", "null-deref", "words"));
        assert_eq!((rule.ok.as_str(), rule.bad.as_str()), ("r0 = 1\nr2 = 2\nexit\n", "r0 = 1\nr3 = 3\nexit\n"));
        assert_eq!(rule.maps[0].special[0].off, 8);
        assert!(rule.known[0].is_of(Side::Bad, crate::oracle::Who::Root) && rule.known[0].words == "words");
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for text in [
            "rule a: words\n  ok exit\n",
            "rule a words\n",
            "ok exit\n",
            "rule a: words\n  ok exit\n  bad k exit\nrule a: again\n  ok exit\n  bad k exit\n",
            "rule a: words\n  maps nothing 4 4 4\n",
            "rule a: words\n  but bad everyone: policy, words\n",
            "rule a: words\n  but bad root: because, words\n",
            "rule a: words\n  says exit\n",
        ] {
            assert!(parse("f", &format!("{HEAD}{text}")).is_err(), "{text}");
        }
    }
}
