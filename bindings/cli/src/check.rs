//! `stingless check`.

use std::path::Path;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use stingless::verifier::{Kind, verify_traced};
use stingless::{Linker, LoadedEach};

use crate::args::{self, CheckArgs};
use crate::page::{Item, Page};
use crate::{Failure, Outcome, hooks, input, report};

pub(crate) fn check(args: &CheckArgs) -> Result<Outcome, Failure> {
    if let Some(code) = &args.explain {
        return explain(code);
    }
    if let Some(spec) = &args.spec {
        return crate::spec::check(spec, args.trust);
    }
    let engine = args::engine("interp", 0, None, args.trust)?;
    let mut linker = hooks::linker(&engine)?;
    input::configure(&mut linker, &args.link, args.raw.raw)?;
    let mut objects = Vec::new();
    let mut outcome = Outcome::Ok;
    let mut page = args.report.as_ref().map(|_| Page::new());
    if let Some(path) = &args.report {
        // Before minutes of work are in vain.
        std::fs::write(path, "").map_err(|e| Failure(format!("--report {}: {e}", path.display())))?;
    }
    // Hidden where standard error is no terminal; one file is done before it would be seen.
    let bar = if args.files.len() > 1 { ProgressBar::new(args.files.len() as u64) } else { ProgressBar::hidden() };
    for file in &args.files {
        if let Some(page) = &mut page {
            trace(page, &linker, file, args);
        }
        let loaded = input::load(&linker, file, args.hook.as_deref(), &args.raw, &args.link);
        if loaded.is_err() && (file.is_dir() || std::fs::File::open(file).is_err()) {
            outcome = Outcome::Unread;
        } else if outcome == Outcome::Ok && !matches!(&loaded, Ok(l) if wanted_refused(l, args).next().is_none()) {
            outcome = Outcome::Refused;
        }
        if args.json {
            objects.push(document(file, &loaded, args));
        } else {
            bar.suspend(|| print(file, &loaded, args));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        out!("{}", json!({ "objects": objects }));
    }
    if let (Some(page), Some(path)) = (page, &args.report) {
        std::fs::write(path, page.finish()).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(outcome)
}

/// Puts the programs of a file on the page.
fn trace(page: &mut Page, linker: &Linker, file: &Path, args: &CheckArgs) {
    let units = match input::units(linker, file, args.hook.as_deref(), (&args.raw, &args.link)) {
        Ok(units) => units,
        Err(Failure(error)) => return page.add(file, &Item::Failed { name: file.display().to_string(), error }),
    };
    for (name, unit) in units.into_iter().filter(|(name, _)| args.program.as_deref().is_none_or(|n| n == name)) {
        let item = match unit {
            Ok(unit) => Item::Traced(Box::new(verify_traced(&unit, args.trust.into(), linker.limits()))),
            Err(e) => Item::Failed { name, error: Failure::from(e.in_file(file)).0 },
        };
        page.add(file, &item);
    }
}

fn explain(code: &str) -> Result<Outcome, Failure> {
    let Some(kind) = Kind::from_code(code) else {
        let row = |kind: Kind| format!("  {}  {}", bare(kind.row().code), kind.row().title);
        let known: Vec<String> = Kind::all().map(row).collect();
        return Err(Failure(format!("no code `{code}`; there are:\n{}", known.join("\n"))));
    };
    let row = kind.row();
    let (bad, good) = kind.examples();
    out!("{} ({}, class {}): {}\n", row.code, row.name, row.class.key(), row.title);
    out!("{}\n", kind.explain().trim_end());
    out!("refused:   {bad}\naccepted:  {good}");
    Ok(Outcome::Ok)
}

/// `E0012` of `stingless::E0012`.
fn bare(code: &str) -> &str {
    code.rsplit("::").next().unwrap_or(code)
}

fn wanted_refused<'l>(loaded: &'l LoadedEach, args: &'l CheckArgs) -> impl Iterator<Item = &'l stingless::Refused> {
    loaded.refused.iter().filter(|r| args.program.as_deref().is_none_or(|n| n == r.info.name))
}

fn document(file: &Path, loaded: &Result<LoadedEach, Failure>, args: &CheckArgs) -> Value {
    let file = file.display().to_string();
    match loaded {
        Ok(l) => json!({
            "file": file, "error": null, "programs": report::programs(l, args.program.as_deref()),
        }),
        Err(Failure(text)) => json!({ "file": file, "error": text, "programs": [] }),
    }
}

fn print(file: &Path, loaded: &Result<LoadedEach, Failure>, args: &CheckArgs) {
    let loaded = match loaded {
        Ok(l) => l,
        Err(Failure(text)) => {
            out!("error: {text}");
            return;
        }
    };
    let wanted = |name: &str| args.program.as_deref().is_none_or(|n| n == name);
    for info in loaded.collection.infos().iter().filter(|i| wanted(&i.name)) {
        out!(
            "{}: {} ({}): ok, {} instructions, {} examined, {} states, {:.0} us",
            file.display(),
            info.name,
            info.hook,
            info.insns,
            info.stats.insns_processed,
            info.stats.states,
            info.verify_time.as_secs_f64() * 1e6
        );
        for note in &info.refinements {
            out!("  {}: {}", report::place(note), note.message);
        }
    }
    for refused in wanted_refused(loaded, args) {
        out!("{}: {}: rejected", file.display(), refused.info.name);
        out!("{}", report::text(&refused.error));
        let lineless = refused.error.report().is_some_and(|r| r.primary.line.is_none());
        if lineless && !args.raw.raw {
            out!("note: the object has no line information: compile with `-g`, and reports show the lines of C");
        }
    }
}
