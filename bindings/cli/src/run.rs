//! `stingless run`.

use serde_json::{Value, json};
use stingless::{LoadedEach, ProgramInfo};

use crate::args::{self, RunArgs};
use crate::hooks::{self, Input, Run};
use crate::{Failure, Outcome, hex, input, report};

pub(crate) fn run(args: &RunArgs) -> Result<Outcome, Failure> {
    if args.spec_worker {
        return crate::spec::worker(args);
    }
    if let Some(spec) = &args.spec {
        return crate::spec::run(spec, args);
    }
    let Some(file) = &args.file else { return Err(Failure("no FILE given".into())) };
    let engine = args::engine(&args.engine, args.harden, args.deadline_ms, args.trust)?;
    let mut linker = hooks::linker(&engine)?;
    input::configure(&mut linker, &args.link, args.raw.raw)?;
    let loaded = input::load(&linker, file, args.hook.as_deref(), &args.raw, &args.link)?;
    let Some(info) = choose(&loaded, args.program.as_deref())? else { return refused(&loaded, args) };
    let row = hooks::named(&info.hook)?;
    let outcome = (row.run)(&loaded.collection, &info.name, &input_of(args)?)?;
    show(args, &loaded, info, &outcome);
    Ok(if outcome.result.is_ok() { Outcome::Ok } else { Outcome::Refused })
}

/// The program to run: by name, or the only one; `None` where that one was refused.
fn choose<'l>(loaded: &'l LoadedEach, name: Option<&str>) -> Result<Option<&'l ProgramInfo>, Failure> {
    let good = loaded.collection.infos();
    let all = || good.iter().chain(loaded.refused.iter().map(|r| &r.info));
    let names: Vec<&str> = all().map(|i| i.name.as_str()).collect();
    let wanted = match (name, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => name,
        (Some(name), names) => {
            return Err(Failure(format!("no program named `{name}` (there are: {})", names.join(", "))));
        }
        (None, [only]) => only,
        (None, []) => return Err(Failure("the object has no program".into())),
        (None, names) => {
            return Err(Failure(format!("say which program with --program (there are: {})", names.join(", "))));
        }
    };
    Ok(good.iter().find(|i| i.name == wanted))
}

fn refused(loaded: &LoadedEach, args: &RunArgs) -> Result<Outcome, Failure> {
    let wanted = |name: &str| args.program.as_deref().is_none_or(|n| n == name);
    for r in loaded.refused.iter().filter(|r| wanted(&r.info.name)) {
        if args.json {
            out!("{}", json!({ "program": r.info.name, "engine": args.engine, "error": report::error(&r.error) }));
        } else {
            eprint!("{}", report::text(&r.error));
        }
    }
    Ok(Outcome::Refused)
}

fn input_of(args: &RunArgs) -> Result<Input, Failure> {
    let data = match (&args.data, &args.data_file) {
        (Some(text), _) => hex::decode("--data", text)?,
        (None, Some(path)) => input::read(path)?,
        (None, None) => Vec::new(),
    };
    let ctx = args.ctx.iter().map(|pair| match pair.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Failure(format!("--ctx {pair}: must be NAME=VALUE"))),
    });
    Ok(Input { data, ctx: ctx.collect::<Result<_, _>>()?, repeat: args.repeat })
}

fn show(args: &RunArgs, loaded: &LoadedEach, info: &ProgramInfo, run: &Run) {
    if args.json {
        out!("{}", document(args, loaded, info, run));
        return;
    }
    match &run.result {
        Ok(r0) => out!("{}: r0 = {r0} ({r0:#x}), {:.1} ns per run", info.name, run.ns),
        Err(trap) => out!("{trap}"),
    }
    for (name, map) in loaded.collection.maps() {
        let rows = report::elements(map);
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        out!("map {name} ({}, {} elements)", map.spec().kind.row().name, rows.len());
        for row in rows.iter().take(20) {
            out!("  {} -> {}", row[0].as_str().unwrap_or_default(), row[1].as_str().unwrap_or_default());
        }
        if rows.len() > 20 {
            out!("  ... {} more (--json has all)", rows.len() - 20);
        }
    }
    if !run.data.is_empty() && run.data.len() <= 256 {
        out!("data {}", hex::encode(&run.data));
    }
}

fn document(args: &RunArgs, loaded: &LoadedEach, info: &ProgramInfo, run: &Run) -> Value {
    let ctx: serde_json::Map<String, Value> = run.ctx.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect();
    let (retval, trap) = match &run.result {
        Ok(r0) => (Some(*r0), None),
        Err(t) => (None, Some(report::trap(t))),
    };
    json!({
        "program": info.name, "engine": args.engine, "retval": retval,
        "retval_hex": retval.map(|r| format!("{r:#x}")), "data_out": hex::encode(&run.data), "ctx_out": ctx,
        "ns_per_run": run.ns, "maps": report::maps(&loaded.collection), "trap": trap,
    })
}
