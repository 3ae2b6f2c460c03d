//! `stingless check --report F.html`: one page, with nothing outside of it, for people who would rather look than read.

mod escape;
mod graph;
mod source;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use stingless::verifier::{PathEnd, Trace, TracePath, render};

use escape::{clip, html, visible};
use source::Lines;

const CSS: &str = include_str!("page.css");
const JS: &str = include_str!("page.js");

/// Programs on one page, at most.
const MAX_PROGRAMS: usize = 64;
/// Bytes of a page behind which programs are told without their steps and graphs.
const MAX_BYTES: usize = 12 << 20;
/// Functions whose graphs are drawn, at most.
const MAX_FUNCTIONS: usize = 24;
/// Instructions that are listed, at most.
const MAX_INSNS: usize = 2_000;

/// One program on the page.
pub(crate) enum Item {
    /// It was verified.
    Traced(Box<Trace>),
    /// It, or its whole file, never came that far.
    Failed { name: String, error: String },
}

/// A page that grows.
pub(crate) struct Page {
    contents: String,
    body: String,
    data: Vec<Value>,
    accepted: usize,
    rejected: usize,
    left_out: usize,
}

impl Page {
    pub(crate) fn new() -> Page {
        Page { contents: String::new(), body: String::new(), data: Vec::new(), accepted: 0, rejected: 0, left_out: 0 }
    }

    /// Adds what became of a program of a file.
    pub(crate) fn add(&mut self, file: &Path, item: &Item) {
        let id = self.data.len();
        let (name, ok) = match item {
            Item::Traced(trace) => (trace.program.as_str(), trace.error.is_none()),
            Item::Failed { name, .. } => (name.as_str(), false),
        };
        if ok {
            self.accepted += 1;
        } else {
            self.rejected += 1;
        }
        if id >= MAX_PROGRAMS {
            self.left_out += 1;
            return;
        }
        let file = file.display().to_string();
        let badge = badge(ok);
        let _ = write!(
            self.contents,
            "<li>{badge} <a href=\"#p{id}\">{}</a> <small>{}</small></li>",
            html(&clip(name, 80)),
            html(&clip(&file, 120))
        );
        let _ = write!(self.body, "<section class=\"program\" id=\"p{id}\" data-p=\"{id}\" tabindex=\"-1\">");
        let _ = write!(self.body, "<h2>{} {badge}</h2>", html(name));
        match item {
            Item::Traced(trace) => self.traced(&file, trace),
            Item::Failed { error, .. } => {
                let _ = write!(
                    self.body,
                    "<p class=\"meta\">{}</p><pre class=\"report\">{}</pre>",
                    html(&file),
                    html(error)
                );
                self.data.push(Value::Null);
            }
        }
        self.body.push_str("</section>");
    }

    fn traced(&mut self, file: &str, trace: &Trace) {
        let _ = write!(
            self.body,
            "<p class=\"meta\">{} · section <code>{}</code> · hook <code>{}</code> · {} instructions · {} examined · {} states \
             kept · {} walked</p>",
            html(file),
            html(&trace.section),
            html(&trace.hook),
            trace.insns.last().map_or(0, |i| i.slot + 1),
            trace.stats.insns_processed,
            trace.stats.states,
            plural(trace.walked, "path")
        );
        let files = source::files(trace);
        if let Some(error) = &trace.error {
            let source = error.primary.file.as_ref().and_then(|f| std::fs::read_to_string(f).ok());
            let _ = write!(self.body, "<pre class=\"report\">{}</pre>", html(&render(error, source.as_deref())));
        }
        for note in &trace.refinements {
            let told = format!("{}: {}", crate::report::place(note), note.message);
            let _ = write!(self.body, "<p class=\"meta\">{}</p>", html(&told));
        }
        let size = self.body.len() + self.data.iter().map(|v| v.as_str().map_or(0, str::len)).sum::<usize>();
        if size > MAX_BYTES {
            self.body
                .push_str("<p class=\"left\">The page is full: paths and graphs of this program are left out.</p>");
            self.data.push(Value::Null);
            return;
        }
        self.body.push_str(&steps(trace, &files));
        self.body.push_str(&graphs(trace));
        self.body.push_str(&listing(trace));
        // As text, so that its size is known and it is written once.
        self.data.push(Value::from(escape::json(&data(trace, &files))));
    }

    /// The whole page.
    pub(crate) fn finish(&self) -> String {
        let programs = self.data.iter().map(|v| v.as_str().unwrap_or("null")).collect::<Vec<_>>().join(",\n");
        let left = match self.left_out {
            0 => String::new(),
            n => format!("<p class=\"left\">{n} more programs are left out: a page shows {MAX_PROGRAMS}.</p>"),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>stingless check: {} accepted, {} rejected</title><style>\n{CSS}</style></head>\n<body>\
             <a class=\"skip\" href=\"#main\">Skip to the programs</a>\
             <header><h1>stingless check</h1><p>{} accepted, {} rejected</p>\
             <button type=\"button\" id=\"theme\" aria-pressed=\"false\">Light / dark</button></header>\n\
             <nav aria-label=\"Programs\"><ol>{}</ol>{left}</nav>\n<main id=\"main\">{}</main>\n{LEGEND}\
             <script type=\"application/json\" id=\"data\">[{programs}]</script>\n<script>\n{JS}</script></body></html>\n",
            self.accepted, self.rejected, self.accepted, self.rejected, self.contents, self.body
        )
    }
}

const LEGEND: &str = "<footer><p>Keys, with the cursor in a program: <kbd>←</kbd> <kbd>→</kbd> step, <kbd>Home</kbd> \
    <kbd>End</kbd> first and last step, <kbd>[</kbd> <kbd>]</kbd> other path. Ranges are what the verifier knows, not what one \
    run has. A block that was explored 3× was entered with 3 states; pruned means that a state which was explored before \
    covers what comes after.</p></footer>\n";

fn plural(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn badge(ok: bool) -> &'static str {
    if ok { "<span class=\"badge ok\">accepted</span>" } else { "<span class=\"badge bad\">rejected</span>" }
}

/// The steps of a path beside the source.
fn steps(trace: &Trace, files: &[Lines]) -> String {
    if trace.paths.is_empty() {
        return String::new();
    }
    let mut out =
        String::from("<div class=\"bar\" role=\"toolbar\" aria-label=\"Steps\"><label>Path <select class=\"path\">");
    for (index, path) in trace.paths.iter().enumerate() {
        let _ = write!(out, "<option value=\"{index}\">{}</option>", html(&path_label(trace, index, path)));
    }
    out.push_str("</select></label>");
    for (class, label, sign) in
        [("first", "first step", "|◀"), ("prev", "step back", "◀"), ("next", "step", "▶"), ("last", "last step", "▶|")]
    {
        let _ = write!(
            out,
            "<button type=\"button\" class=\"{class}\" aria-label=\"{label}\" title=\"{label}\">{sign}</button>"
        );
    }
    out.push_str(
        "<input type=\"range\" class=\"at\" min=\"0\" value=\"0\" aria-label=\"step\"><output class=\"count\"></output></div>",
    );
    let more = trace.walked.saturating_sub(trace.paths.len() as u64);
    if more > 0 {
        let _ = write!(
            out,
            "<p class=\"left\">{} walked, {more} of them not in this list: they take no branch in a way that these do not.</p>",
            plural(trace.walked, "path")
        );
    }
    let _ = write!(
        out,
        "<div class=\"cols\"><div class=\"code\">{}</div><aside class=\"state\"><h4>Before this instruction</h4>\
         <p class=\"insn\"></p><p class=\"gapnote left\"></p><table class=\"regs\"><thead><tr><th>place</th><th>name</th>\
         <th>what is known</th></tr></thead><tbody></tbody></table></aside></div>",
        source::tables(trace, files)
    );
    out
}

fn path_label(trace: &Trace, index: usize, path: &TracePath) -> String {
    let line = |insn: u32| {
        let insn = &trace.insns[insn as usize];
        insn.line.map_or_else(|| format!("instruction {}", insn.slot), |l| format!("line {l}"))
    };
    let last = path.steps.last().map(|s| line(s.insn)).unwrap_or_default();
    let steps = path.steps.len() as u64 + path.left_out.map_or(0, |l| l.0);
    match path.end {
        PathEnd::Failed => format!("the path that fails at {last} ({steps} steps)"),
        PathEnd::Covered(at) => format!("path {}: covered at {} ({steps} steps)", index + 1, line(at)),
        PathEnd::Dead => format!("path {}: no run goes on at {last} ({steps} steps)", index + 1),
        _ => format!("path {}: returns at {last} ({steps} steps)", index + 1),
    }
}

fn graphs(trace: &Trace) -> String {
    if trace.blocks.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<h3>Control flow</h3><p class=\"key\"><span class=\"k path\">on the chosen path</span> <span class=\"k dead\">never \
         walked</span> <span class=\"k looped\">in a loop</span></p>",
    );
    for (index, function) in trace.functions.iter().enumerate().take(MAX_FUNCTIONS) {
        let (svg, left) = graph::svg(trace, index as u32);
        let name = if function.name.is_empty() { &trace.program } else { &function.name };
        let _ = write!(
            out,
            "<figure><figcaption>{}</figcaption><div class=\"scroll\" tabindex=\"0\">{svg}</div>",
            html(name)
        );
        if left > 0 {
            let _ =
                write!(out, "<p class=\"left\">{left} of its blocks are left out: those that were explored least.</p>");
        }
        out.push_str("</figure>");
    }
    let more = trace.functions.len().saturating_sub(MAX_FUNCTIONS);
    if more > 0 {
        let _ = write!(out, "<p class=\"left\">The graphs of {more} more functions are left out.</p>");
    }
    out
}

fn listing(trace: &Trace) -> String {
    let mut out = String::from(
        "<details><summary>Instructions</summary><table class=\"asm\"><thead><tr><th>slot</th><th>instruction</th><th>line</th>\
         <th>examined</th><th>pruned</th></tr></thead><tbody>",
    );
    for (index, insn) in trace.insns.iter().enumerate().take(MAX_INSNS) {
        let _ = write!(
            out,
            "<tr data-i=\"{index}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            insn.slot,
            html(&insn.text),
            insn.line.map(|l| l.to_string()).unwrap_or_default(),
            insn.explored,
            insn.pruned
        );
    }
    out.push_str("</tbody></table>");
    let more = trace.insns.len().saturating_sub(MAX_INSNS);
    if more > 0 {
        let _ = write!(out, "<p class=\"left\">{more} more instructions are left out.</p>");
    }
    out + "</details>"
}

/// What the script reads: instructions as `[slot, text, "file:line"]`, blocks as `[start, end]`, paths as
/// `{end, steps: [[instruction, depth, [[place, name, value], ...]], ...]}`.
fn data(trace: &Trace, files: &[Lines]) -> Value {
    let line = |file: Option<&str>, line: Option<u32>| {
        let index = files.iter().position(|f| Some(f.file.as_str()) == file)?;
        Some(format!("{index}:{}", line?))
    };
    let insns = trace.insns.iter().map(|i| json!([i.slot, visible(&i.text), line(i.file.as_deref(), i.line)]));
    let blocks = trace.blocks.iter().map(|b| json!([b.start, b.end]));
    let paths = trace.paths.iter().map(|p| {
        let steps = p.steps.iter().map(|s| {
            let changes = s
                .changes
                .iter()
                .map(|c| json!([c.place, c.name.as_deref().map(visible), c.value.as_deref().map(visible)]));
            json!([s.insn, s.depth, changes.collect::<Vec<_>>()])
        });
        json!({ "failed": p.end == PathEnd::Failed, "left": p.left_out, "steps": steps.collect::<Vec<_>>() })
    });
    json!({
        "insns": insns.collect::<Vec<_>>(), "blocks": blocks.collect::<Vec<_>>(), "paths": paths.collect::<Vec<_>>(),
    })
}
