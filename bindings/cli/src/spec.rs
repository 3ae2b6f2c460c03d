//! `--spec`: programs as JSON lines, one JSON line of answers each.
//!
//! A program must not be able to take the others' answers along: a worker process does the work, and one that dies or
//! hangs is replaced; its program gets the verdict `bug`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::{Value, json};
use stingless::abi::MapSpec;
use stingless::{Error, LoadedEach, MapError, RawMapDef, RawProgram};

use crate::args::{self, RunArgs, TrustArg};
use crate::hooks::{self, Input};
use crate::{Failure, Outcome, hex, raw, report};

/// How long one program may take, load and all runs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A row of the file; fields that only explain are ignored.
#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    #[serde(default)]
    prog_type: Option<String>,
    insns: Vec<String>,
    #[serde(default)]
    maps: Vec<RowMap>,
    #[serde(default)]
    btf: Option<String>,
    #[serde(default)]
    func_info: Option<Vec<(u32, u32)>>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    license: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RowMap {
    #[serde(rename = "type")]
    kind: Value,
    key: u32,
    value: u32,
    max: u32,
    #[serde(default)]
    flags: u32,
    #[serde(default)]
    init: Vec<(String, String)>,
    #[serde(default)]
    freeze: bool,
    #[serde(default)]
    init_self: Vec<String>,
    #[serde(default)]
    btf_key: u32,
    #[serde(default)]
    btf_val: u32,
}

/// What the worker is asked for.
struct Ask<'a> {
    engines: Vec<&'a str>,
    trust: TrustArg,
    deadline_ms: Option<u64>,
}

pub(crate) fn run(file: &Path, args: &RunArgs) -> Result<Outcome, Failure> {
    engines(&args.engines)?;
    let mut extra = vec!["--engines".to_owned(), args.engines.clone()];
    if let Some(ms) = args.deadline_ms {
        extra.extend(["--deadline-ms".to_owned(), ms.to_string()]);
    }
    supervise(file, args.trust, &extra)
}

pub(crate) fn check(file: &Path, trust: TrustArg) -> Result<Outcome, Failure> {
    supervise(file, trust, &["--engines".to_owned(), String::new()])
}

fn engines(list: &str) -> Result<Vec<&str>, Failure> {
    let names: Vec<&str> = list.split(',').map(str::trim).filter(|n| !n.is_empty()).collect();
    for name in &names {
        stingless::EngineKind::from_key(name)?;
    }
    Ok(names)
}

/// A worker process with the lines that it prints.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Worker {
    fn start(trust: TrustArg, extra: &[String]) -> Result<Worker, Failure> {
        let trust = match trust {
            TrustArg::Untrusted => "untrusted",
            TrustArg::Privileged => "privileged",
        };
        let mut child = Command::new(std::env::current_exe()?)
            .args(["run", "--spec-worker", "--trust", trust])
            .args(extra)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure("the worker has no pipes".into()));
        };
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Worker { child, stdin, lines })
    }

    /// The answer to one line; `None` when the worker died or took too long.
    fn ask(&mut self, line: &str) -> Option<String> {
        writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush()).ok()?;
        self.lines.recv_timeout(PATIENCE).ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Either it is gone already, or it must go.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn supervise(file: &Path, trust: TrustArg, extra: &[String]) -> Result<Outcome, Failure> {
    let text = String::from_utf8_lossy(&crate::input::read(file)?).into_owned();
    let mut worker = Worker::start(trust, extra)?;
    let mut outcome = Outcome::Ok;
    let rows = || text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    // On a terminal's standard error alone: answers go to standard output.
    let progress = ProgressBar::new(rows().count() as u64);
    for (number, line) in rows() {
        let answer = match worker.ask(line) {
            Some(answer) => answer,
            None => {
                worker = Worker::start(trust, extra)?;
                bug(line, number + 1).to_string()
            }
        };
        if answer.contains("\"verdict\":\"bug\"") {
            outcome = Outcome::Refused;
        }
        progress.suspend(|| out!("{answer}"));
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(outcome)
}

fn bug(line: &str, number: usize) -> Value {
    let name = serde_json::from_str::<Value>(line).ok().and_then(|v| v["name"].as_str().map(str::to_owned));
    let message = format!("line {number}: the process died or took more than {} s", PATIENCE.as_secs());
    json!({
        "name": name, "verdict": "bug", "error": { "kind": "bug", "insn": null, "message": message },
        "verify_us": null, "insns_processed": null, "runs": {},
    })
}

pub(crate) fn worker(args: &RunArgs) -> Result<Outcome, Failure> {
    let ask = Ask { engines: engines(&args.engines)?, trust: args.trust, deadline_ms: args.deadline_ms };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match serde_json::from_str::<Row>(&line) {
            Ok(row) => answer(&row, &ask)?,
            Err(e) => json!({
                "name": null, "verdict": "reject", "error": { "kind": "row", "insn": null, "message": e.to_string() },
                "verify_us": null, "insns_processed": null, "runs": {},
            }),
        };
        out!("{answer}");
    }
    Ok(Outcome::Ok)
}

fn answer(row: &Row, ask: &Ask<'_>) -> Result<Value, Failure> {
    // Without engines the verdict alone is asked for: any will do.
    let first = ask.engines.first().copied().unwrap_or("interp");
    let (verdict, error, info) = match load(row, first, ask) {
        Ok(loaded) => match loaded.refused.first() {
            Some(r) => ("reject", Some(error_of(&r.error)), Some(r.info.clone())),
            None => ("accept", None, loaded.collection.infos().first().cloned()),
        },
        Err(Load::Map(e)) => ("map-reject", Some(simple("map", &e.to_string())), None),
        Err(Load::Program(e)) => ("reject", Some(error_of(&e)), None),
        Err(Load::Row(Failure(text))) => ("reject", Some(simple("row", &text)), None),
    };
    let mut runs = serde_json::Map::new();
    if verdict == "accept" {
        for engine in &ask.engines {
            runs.insert((*engine).to_owned(), run_in(row, engine, ask)?);
        }
    }
    Ok(json!({
        "name": row.name, "verdict": verdict, "error": error,
        "verify_us": info.as_ref().map(|i| i.verify_time.as_secs_f64() * 1e6),
        "insns_processed": info.as_ref().map(|i| i.stats.insns_processed), "runs": runs,
    }))
}

fn simple(kind: &str, message: &str) -> Value {
    json!({ "kind": kind, "insn": null, "message": message })
}

fn error_of(e: &Error) -> Value {
    let report = report::error(e);
    json!({ "kind": report["kind"], "insn": report["insn"], "message": report["message"], "code": report["code"] })
}

/// Why a row did not load.
enum Load {
    /// A map cannot be had.
    Map(Box<MapError>),
    /// The program is refused before the verifier sees it.
    Program(Error),
    /// The row itself is wrong.
    Row(Failure),
}

fn load(row: &Row, engine: &str, ask: &Ask<'_>) -> Result<LoadedEach, Load> {
    let engine = args::engine(engine, 0, ask.deadline_ms, ask.trust).map_err(Load::Row)?;
    let linker = hooks::linker(&engine).map_err(Load::Row)?;
    let program = program(row).map_err(Load::Row)?;
    linker.load_raw(&program).map_err(|e| match e {
        Error::Map(e) => Load::Map(e),
        other => Load::Program(other),
    })
}

fn program(row: &Row) -> Result<RawProgram, Failure> {
    let maps = row.maps.iter().enumerate().map(|(at, m)| map(at, m)).collect::<Result<Vec<_>, _>>()?;
    Ok(RawProgram {
        name: row.name.clone(),
        insns: insns(&row.insns)?,
        maps,
        btf: row.btf.as_deref().map(|text| hex::decode("btf", text)).transpose()?,
        func_info: row.func_info.clone().unwrap_or_default(),
        hook: hook_name(row).to_owned(),
        gpl: row.license.as_deref().is_some_and(raw::is_gpl),
    })
}

/// `any` uses no context field: it runs as `xdp`.
fn hook_name(row: &Row) -> &str {
    match row.prog_type.as_deref() {
        None | Some("any") => "xdp",
        Some(hook) => hook,
    }
}

/// 16 hex digits a slot; `HEX*N` is N of them.
fn insns(slots: &[String]) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(slots.len() * 8);
    for slot in slots {
        let (text, times) = match slot.split_once('*') {
            Some((text, times)) => (text, hex::number("insns", times)? as usize),
            None => (slot.as_str(), 1),
        };
        let one = hex::decode("insns", text)?;
        if one.len() != 8 || times > 2_000_000 {
            return Err(Failure(format!("insns: `{slot}` is no slot of 8 bytes")));
        }
        (0..times).for_each(|_| bytes.extend_from_slice(&one));
    }
    Ok(bytes)
}

fn map(at: usize, m: &RowMap) -> Result<RawMapDef, Failure> {
    let kind = match &m.kind {
        Value::String(name) => raw::kind(name),
        other => other.as_u64().and_then(|n| raw::kind(&n.to_string())),
    };
    let kind = kind.ok_or_else(|| Failure(format!("map {at}: no map type {} here", m.kind)))?;
    let mut spec = MapSpec::new(raw::map_name(at), kind, m.key, m.value, m.max);
    spec.flags = m.flags;
    spec.btf = (m.btf_key, m.btf_val);
    let init = m.init.iter().map(|(k, v)| Ok((hex::decode("init", k)?, hex::decode("init", v)?)));
    let own_slots = m.init_self.iter().map(|key| {
        let bytes = hex::decode("init_self", key)?;
        let bytes = bytes.try_into().map_err(|_| Failure(format!("init_self: `{key}` is no key of 4 bytes")))?;
        Ok(u32::from_le_bytes(bytes))
    });
    Ok(RawMapDef {
        spec,
        init: init.collect::<Result<_, Failure>>()?,
        freeze: m.freeze,
        own_slots: own_slots.collect::<Result<_, Failure>>()?,
    })
}

fn run_in(row: &Row, engine: &str, ask: &Ask<'_>) -> Result<Value, Failure> {
    let loaded = match load(row, engine, ask) {
        Ok(loaded) => loaded,
        Err(Load::Map(e)) => return Ok(json!({ "error": e.to_string() })),
        Err(Load::Program(e)) => return Ok(json!({ "error": e.to_string() })),
        Err(Load::Row(Failure(text))) => return Ok(json!({ "error": text })),
    };
    let Some(info) = loaded.collection.infos().first() else {
        return Ok(json!({ "error": "accepted by one engine's load and refused by another's" }));
    };
    let data = match &row.data {
        Some(text) => hex::decode("data", text)?,
        None => (0..64).collect(),
    };
    // Every engine sees the same random numbers, so that their answers can be compared.
    stingless_helpers_linux::seed_random(1);
    let input = Input { data, ctx: Vec::new(), repeat: 1 };
    let run = (hooks::named(&info.hook)?.run)(&loaded.collection, &info.name, &input)?;
    let maps: serde_json::Map<String, Value> = (0..row.maps.len())
        .filter_map(|at| loaded.collection.map(&raw::map_name(at)).ok().map(|m| (at.to_string(), report::elements(m))))
        .collect();
    let (retval, trap) = match &run.result {
        Ok(r0) => (Some(*r0), None),
        Err(t) => (None, Some(report::trap(t))),
    };
    Ok(json!({ "retval": retval, "maps": maps, "data_out": hex::encode(&run.data), "trap": trap }))
}
