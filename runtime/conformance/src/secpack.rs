//! The pack of hostile and tricky programs (`secpack.jsonl` of [`corpus::dir`](crate::corpus::dir)): rows, and running one
//! through the host's API.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use stingless::abi::{MapKind, MapSpec};
use stingless::{Error, Linker, RawMapDef, RawProgram};

use crate::programs::{Outcome, Run, RunOut, call, contents};

/// A row of the pack.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name.
    pub name: String,
    /// What the default profile must say: `accept`, `reject` or `map-reject`.
    pub expect: String,
    /// The other verdict is sound too.
    pub policy_alt: bool,
    /// Low halves of `r0` that are right; empty for any.
    pub retvals: Vec<u64>,
    /// The packet.
    pub data: Vec<u8>,
    /// Why the row is there.
    pub why: String,
    /// The program; `None` where a map is of a kind that nobody has.
    pub program: Option<RawProgram>,
}

/// What came of a row in one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It ran: value, packet, maps.
    Ran(Box<(RunOut, Outcome)>),
    /// It was accepted, and trapped.
    Trapped(String),
    /// It was refused.
    Refused(String),
    /// A map was refused.
    MapRefused(String),
}

impl Answer {
    /// The verdict, as rows say it.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self {
            Answer::Ran(_) | Answer::Trapped(_) => "accept",
            Answer::Refused(_) => "reject",
            Answer::MapRefused(_) => "map-reject",
        }
    }
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    (0..text.len() / 2).filter_map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()).collect()
}

/// `HEX` or `HEX*N`.
fn slots(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    let (slot, times) = text.split_once('*').unwrap_or((text, "1"));
    hex(&slot.into()).repeat(times.parse().unwrap_or(0))
}

fn list<T>(value: &Value, each: impl FnMut(&Value) -> T) -> Vec<T> {
    value.as_array().map(|a| a.iter().map(each).collect()).unwrap_or_default()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap_or(0) as u32
}

fn map(row: &Value, index: usize) -> Option<RawMapDef> {
    let kind = MapKind::from_name(row["type"].as_str()?)?;
    let [key, value, max] = ["key", "value", "max"].map(|field| number(&row[field]));
    let mut spec = MapSpec::new(format!("map{index}"), kind, key, value, max);
    spec.flags = number(&row["flags"]);
    spec.btf = (number(&row["btf_key"]), number(&row["btf_val"]));
    Some(RawMapDef {
        spec,
        init: list(&row["init"], |e| (hex(&e[0]), hex(&e[1]))),
        freeze: row["freeze"].as_bool().unwrap_or(false),
        own_slots: list(&row["init_self"], |k| hex(k).iter().rev().fold(0, |n, &b| n << 8 | u32::from(b))),
    })
}

impl Row {
    /// Reads a row.
    #[must_use]
    pub fn parse(row: &Value) -> Row {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let maps = row["maps"].as_array().map(|m| m.iter().enumerate().map(|(i, m)| map(m, i)).collect());
        let hook = match row["prog_type"].as_str() {
            Some("any") | None => "xdp",
            Some(hook) => hook,
        };
        let program = maps.unwrap_or(Some(Vec::new())).map(|maps| RawProgram {
            name: text("name"),
            insns: list(&row["insns"], slots).concat(),
            maps,
            btf: row["btf"].as_str().map(|_| hex(&row["btf"])),
            func_info: list(&row["func_info"], |r| (number(&r[0]), number(&r[1]))),
            hook: hook.to_owned(),
            gpl: row["license"].as_str().is_none_or(stingless::is_gpl_compatible),
        });
        let given = [&row["expect_retval"], &row["policy_alt_retval"]];
        let mut retvals: Vec<u64> = given.iter().filter_map(|v| v.as_u64()).collect();
        retvals.extend(list(&row["expect_retval_any"], |v| v.as_u64().unwrap_or(u64::MAX)));
        let data = if row["data"].is_string() { hex(&row["data"]) } else { (0..64).collect() };
        Row {
            name: text("name"),
            expect: text("expect"),
            policy_alt: !row["policy_alt"].is_null(),
            retvals,
            data,
            why: text("why"),
            program,
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// The file is not there, or a line is no JSON.
    pub fn all(dir: &Path) -> Result<Vec<Row>, String> {
        let text = std::fs::read_to_string(dir.join("secpack.jsonl")).map_err(|err| err.to_string())?;
        text.lines().map(|l| serde_json::from_str(l).map(|v| Row::parse(&v)).map_err(|err| err.to_string())).collect()
    }

    /// Loads and runs the program; also, how long the load took.
    #[must_use]
    pub fn run(&self, linker: &Linker) -> (Answer, Duration) {
        let Some(program) = &self.program else { return (Answer::MapRefused("no such kind".into()), Duration::ZERO) };
        let start = std::time::Instant::now();
        let loaded = linker.load_raw(program);
        let took = start.elapsed();
        (self.answer(loaded, program), took)
    }

    fn answer(&self, loaded: Result<stingless::LoadedEach, Error>, program: &RawProgram) -> Answer {
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(err @ Error::Map(_)) => return Answer::MapRefused(err.to_string()),
            Err(err) => return Answer::Refused(err.to_string()),
        };
        if let Some(refused) = loaded.refused.first() {
            return Answer::Refused(refused.error.to_string());
        }
        let run = Run { data: self.data.clone(), ..Run::default() };
        // Every engine sees the same random numbers.
        stingless_helpers_linux::seed_random(1);
        let ran = call(&loaded.collection, &program.hook, &program.name, &run);
        match ran.and_then(|out| Ok((out, contents(&loaded.collection)?))) {
            Ok(ran) => Answer::Ran(Box::new(ran)),
            Err(err) => Answer::Trapped(err.to_string()),
        }
    }
}
