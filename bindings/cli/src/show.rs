//! `disasm`, `headers`, `helpers`, `hooks`: what is in an object, and what a plugin may use.

use std::path::Path;

use serde_json::{Value, json};
use stingless::abi::{HookDef, header};
use stingless::isa::{Code, disasm_insn};
use stingless::{Engine, Linker};

use crate::args::{DisasmArgs, HeadersArgs, ListArgs};
use crate::{Failure, Outcome, hooks, input};

fn linker() -> Result<Linker, Failure> {
    hooks::linker(&Engine::default())
}

/// One instruction of a listing.
struct Line {
    slot: u32,
    text: String,
    source: Option<(String, u32, String)>,
}

/// A program of a listing.
struct Listing {
    name: String,
    section: String,
    lines: Vec<Line>,
}

pub(crate) fn disasm(args: &DisasmArgs) -> Result<Outcome, Failure> {
    let listings = if args.raw.raw { vec![raw_listing(&args.file)?] } else { object_listings(args)? };
    if listings.is_empty() {
        return Err(Failure(format!("{}: no such program", args.file.display())));
    }
    if args.json {
        out!("{}", json!({ "programs": listings.iter().map(document).collect::<Vec<_>>() }));
    } else {
        listings.iter().for_each(print);
    }
    Ok(Outcome::Ok)
}

fn raw_listing(file: &Path) -> Result<Listing, Failure> {
    let code = stingless::isa::decode(&input::read(file)?)?;
    let lines = lines_of(&code, |_| None);
    Ok(Listing { name: file.display().to_string(), section: String::new(), lines })
}

fn lines_of(code: &Code, source: impl Fn(usize) -> Option<(String, u32, String)>) -> Vec<Line> {
    let line = |at: usize| Line { slot: code.slot_of(at), text: disasm_insn(code, at), source: source(at) };
    (0..code.len()).map(line).collect()
}

fn object_listings(args: &DisasmArgs) -> Result<Vec<Listing>, Failure> {
    let object = input::object(&args.file)?;
    let mut linker = linker()?;
    input::configure(&mut linker, &args.link, false)?;
    let mut listings = Vec::new();
    for (at, program) in object.programs().iter().enumerate() {
        if args.program.as_deref().is_some_and(|name| *name != *program.name) {
            continue;
        }
        let unit = linker.unit(&object, at).map_err(|e| Failure::from(e.in_file(&args.file)))?;
        let source = |at| unit.line_of(at).map(|l| (l.file.to_string(), l.line, l.text.trim().to_owned()));
        let lines = lines_of(&unit.code, source);
        listings.push(Listing { name: program.name.to_string(), section: program.section.to_string(), lines });
    }
    Ok(listings)
}

fn document(listing: &Listing) -> Value {
    let insn = |l: &Line| {
        let (file, line, source) = match &l.source {
            Some((file, line, text)) => (Some(file), Some(line), Some(text)),
            None => (None, None, None),
        };
        json!({ "insn": l.slot, "text": l.text, "file": file, "line": line, "source": source })
    };
    json!({
        "name": listing.name, "section": listing.section,
        "insns": listing.lines.iter().map(insn).collect::<Vec<_>>(),
    })
}

fn print(listing: &Listing) {
    out!("{} <{}>:", listing.section, listing.name);
    let mut last = None;
    for line in &listing.lines {
        let source = line.source.as_ref().map(|(file, number, text)| format!("; {file}:{number}  {text}"));
        if source.is_some() && source != last {
            out!("{}", source.as_deref().unwrap_or_default());
        }
        last = source;
        out!("{:8}:  {}", line.slot, line.text);
    }
    out!("");
}

fn header_of(linker: &Linker, hook: &HookDef) -> String {
    header::c_header(hook, linker.helper_rows().filter(|p| hook.helpers.has(p.id)))
}

/// `http/request` -> `http_request.h`.
fn file_name(hook: &HookDef) -> String {
    format!("{}.h", hook.name.replace('/', "_"))
}

/// Writes one header per hook of the house's own into a folder; Linux's contexts are in `bpf.h`.
pub(crate) fn write_headers(folder: &Path) -> Result<(), Failure> {
    let linker = linker()?;
    for hook in linker.hooks().iter().filter(|h| h.linux_type == 0 && h.ctx().is_some()) {
        std::fs::write(folder.join(file_name(hook)), header_of(&linker, hook))?;
    }
    Ok(())
}

pub(crate) fn headers(args: &HeadersArgs) -> Result<Outcome, Failure> {
    let linker = linker()?;
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder.join("stingless"))?;
        std::fs::write(folder.join("stingless/bpf.h"), input::BPF_H)?;
        write_headers(&folder.join("stingless"))?;
        eprintln!("wrote {}: compile with -I {}", folder.join("stingless").display(), folder.display());
        return Ok(Outcome::Ok);
    }
    let hooks: Vec<&HookDef> = match &args.hook {
        Some(name) => vec![linker.hook_named(name)?],
        None => linker.hooks().iter().map(|h| &**h).collect(),
    };
    if args.json {
        let rows = hooks.iter().map(|h| json!({ "hook": h.name, "header": header_of(&linker, h) }));
        out!("{}", json!({ "headers": rows.collect::<Vec<_>>() }));
    } else {
        hooks.iter().for_each(|h| outn!("{}", header_of(&linker, h)));
    }
    Ok(Outcome::Ok)
}

pub(crate) fn helpers(args: &ListArgs) -> Result<Outcome, Failure> {
    let linker = linker()?;
    let allowed = |id| -> Vec<String> {
        linker.hooks().iter().filter(|h| h.helpers.has(id)).map(|h| h.name.to_string()).collect()
    };
    if args.json {
        let rows = linker.helper_rows().map(|p| {
            json!({
                "id": p.id, "name": p.name, "declaration": p.c_signature(), "doc": p.doc,
                "gpl_only": p.effects.gpl_only, "hooks": allowed(p.id),
            })
        });
        out!("{}", json!({ "helpers": rows.collect::<Vec<_>>() }));
        return Ok(Outcome::Ok);
    }
    for p in linker.helper_rows() {
        let gpl = if p.effects.gpl_only { "  [GPL only]" } else { "" };
        out!("{:5}  {}{gpl}", p.id, p.c_signature());
        p.doc.lines().for_each(|l| out!("       {}", l.trim()));
        out!("       hooks: {}", allowed(p.id).join(", "));
    }
    Ok(Outcome::Ok)
}

pub(crate) fn hooks(args: &ListArgs) -> Result<Outcome, Failure> {
    let linker = linker()?;
    let about = |hook: &HookDef| hooks::named(&hook.name).map(|row| row.about).unwrap_or_default();
    if args.json {
        let rows = linker.hooks().iter().map(|h| {
            let fields = h.ctx().map(|c| c.fields.iter().map(field).collect::<Vec<_>>());
            json!({
                "name": h.name, "about": about(h), "sections": h.sections, "linux_type": h.linux_type,
                "context": h.ctx().map(|c| c.name.to_string()), "fields": fields,
                "verdicts": h.verdicts.iter().map(|(v, n)| json!({ "value": v, "name": n })).collect::<Vec<_>>(),
            })
        });
        out!("{}", json!({ "hooks": rows.collect::<Vec<_>>() }));
        return Ok(Outcome::Ok);
    }
    for hook in linker.hooks() {
        out!("{}: {}", hook.name, about(hook));
        out!("    SEC: {}", hook.sections.join(", "));
        if !hook.verdicts.is_empty() {
            let verdicts: Vec<String> = hook.verdicts.iter().map(|(v, n)| format!("{n} = {v}")).collect();
            out!("    returns {}", verdicts.join(", "));
        }
        if let Some(layout) = hook.ctx() {
            header::c_struct(layout).lines().for_each(|l| out!("    {l}"));
        }
    }
    Ok(Outcome::Ok)
}

fn field(f: &stingless::abi::CtxField) -> Value {
    json!({ "name": f.name, "offset": f.off, "size": f.size, "read": f.rights.read, "write": f.rights.write })
}
