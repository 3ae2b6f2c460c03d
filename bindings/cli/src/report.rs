//! What is told of programs: JSON with stable keys, and text for people.

use serde_json::{Value, json};
use stingless::verifier::{Note, VerifierError};
use stingless::{Collection, Error, LoadedEach, Map, ProgramInfo, Refused, Trap};

use crate::hex;

/// A place in the source.
fn note(note: &Note) -> Value {
    json!({ "insn": note.slot, "file": note.file, "line": note.line, "column": note.column, "message": note.message })
}

/// A place in the source in few words: the line, or the instruction where that is not known.
pub(crate) fn place(note: &Note) -> String {
    match (&note.file, note.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        _ => format!("instruction {}", note.slot),
    }
}

/// A verifier's report as JSON.
fn verifier(report: &VerifierError) -> Value {
    let p = &report.primary;
    json!({
        "code": report.code, "class": report.class.key(), "kind": report.kind, "insn": p.slot, "file": p.file,
        "line": p.line, "column": p.column, "message": p.message,
        "secondary": report.secondary.iter().map(note).collect::<Vec<_>>(),
        "cause": report.cause, "help": report.help, "signature": report.signature,
        "path": report.path.iter().map(note).collect::<Vec<_>>(),
    })
}

/// Any error of a program as JSON, with the keys of a verifier's report.
pub(crate) fn error(e: &Error) -> Value {
    match e.report() {
        Some(report) => verifier(report),
        None => json!({
            "code": null, "class": class(e), "kind": kind(e), "insn": null, "file": null, "line": null,
            "column": null, "message": e.to_string(), "secondary": [], "cause": null, "help": null,
            "signature": null, "path": [],
        }),
    }
}

/// Short stable name of an error that is no verifier's.
pub(crate) fn kind(e: &Error) -> &'static str {
    match e {
        Error::Verifier { report, .. } => report.kind,
        Error::Io { .. } => "io",
        Error::Object { .. } => "object",
        Error::Link { .. } => "link",
        Error::Raw { .. } => "raw",
        Error::Compile { .. } => "compile",
        Error::Map(_) => "map",
        Error::NoHook { .. } => "no-hook",
        Error::HookMismatch { .. } | Error::ProgArray { .. } => "hook-mismatch",
        Error::Limit { .. } => "limit",
        _ => "other",
    }
}

fn class(e: &Error) -> &'static str {
    match e {
        Error::Raw { .. } => "encoding",
        Error::Link { .. }
        | Error::Map(_)
        | Error::NoHook { .. }
        | Error::HookMismatch { .. }
        | Error::ProgArray { .. } => "env",
        Error::Limit { .. } => "loop-or-budget",
        _ => "other",
    }
}

/// One program of `check --json`.
fn program(info: &ProgramInfo, error: Option<Value>) -> Value {
    json!({
        "name": info.name, "section": info.section, "type": info.hook,
        "verdict": if error.is_none() { "accept" } else { "reject" },
        "insns": info.insns, "insns_processed": info.stats.insns_processed, "states": info.stats.states,
        "verify_us": info.verify_time.as_secs_f64() * 1e6, "error": error,
        "refinements": info.refinements.iter().map(note).collect::<Vec<_>>(),
    })
}

/// All programs of a load, those that were refused behind the others.
pub(crate) fn programs(loaded: &LoadedEach, only: Option<&str>) -> Vec<Value> {
    let wanted = |info: &&ProgramInfo| only.is_none_or(|name| name == info.name);
    let accepted = loaded.collection.infos().iter().filter(wanted).map(|info| program(info, None));
    let refused = loaded.refused.iter().filter(|r| wanted(&&r.info));
    accepted.chain(refused.map(|r: &Refused| program(&r.info, Some(error(&r.error))))).collect()
}

/// A trap as JSON.
pub(crate) fn trap(trap: &Trap) -> Value {
    json!({
        "kind": trap.kind.key(), "insn": trap.insn, "line": trap.line.as_ref().map(|l| l.line),
        "message": trap.message,
    })
}

/// A map's elements as [[key, value]] in hex, sorted by key.
pub(crate) fn elements(map: &Map) -> Value {
    let mut rows: Vec<(Vec<u8>, Vec<u8>)> = map.iter().map(Iterator::collect).unwrap_or_default();
    rows.sort();
    rows.iter().map(|(k, v)| json!([hex::encode(k), hex::encode(v)])).collect()
}

/// All maps by name.
pub(crate) fn maps(collection: &Collection) -> Value {
    let maps = collection.maps().map(|(name, map)| (name.to_owned(), elements(map)));
    Value::Object(maps.collect())
}

/// An error for people: a rustc-style report where the verifier refused.
pub(crate) fn text(e: &Error) -> String {
    match e.report() {
        Some(report) => {
            // Where the source is at hand its lines are shown, else those that the object keeps.
            let source = report.primary.file.as_ref().and_then(|f| std::fs::read_to_string(f).ok());
            stingless::verifier::render(report, source.as_deref())
        }
        None => format!("error: {e}\n"),
    }
}
