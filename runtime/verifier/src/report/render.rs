//! A rejection as text, in the manner of rustc.

use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet};

use super::ctext;
use crate::error::{Note, VerifierError};

/// Decisions of the path that the text shows: the last ones.
const SHOWN: usize = 8;

/// The report as text, without colours. `source` is the text of the primary place's file, where it can be had; without
/// it, and where it does not say what the line information says, the lines kept in the object are shown.
///
/// ```text
/// error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
///   --> count.bpf.c:21:5
///    |
/// 19 |     __u64 *v = bpf_map_lookup_elem(&hits, &key);
///    |                -------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
/// ...
/// 21 |     *v += 1;
///    |     ^^
///    |
///    = help: check it before its use: `if (!v) return 0;`
/// ```
#[must_use]
pub fn render(error: &VerifierError, source: Option<&str>) -> String {
    let mut group =
        Level::ERROR.primary_title(error.primary.message.as_str()).id(error.code).elements(Vec::<Element<'_>>::new());
    for snippet in snippets(error, source) {
        group = group.element(snippet);
    }
    for (name, text) in footers(error) {
        group = group.element(Level::NOTE.with_name(Some(name)).message(text));
    }
    let text = Renderer::plain().term_width(120).render(&[group]);
    if source.is_some() { text } else { without_gaps(&text, error) }
}

/// Lines that are not known are no empty lines: `...` stands for them.
fn without_gaps(text: &str, error: &VerifierError) -> String {
    let known = |n: u32| std::iter::once(&error.primary).chain(&error.secondary).any(|m| m.line.unwrap_or(m.slot) == n);
    let mut out: Vec<&str> = Vec::new();
    for line in text.lines() {
        let number = line.trim_end().strip_suffix('|').and_then(|l| l.trim().parse().ok());
        let shown = if number.is_some_and(|n| !known(n)) { "..." } else { line };
        if shown != "..." || out.last() != Some(&"...") {
            out.push(shown);
        }
    }
    out.join("\n")
}

/// The lines below the code: name and text.
fn footers(error: &VerifierError) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if let Some(cause) = &error.cause {
        out.push(("cause", cause.clone()));
    }
    if let Some(signature) = &error.signature {
        out.push(("helper", signature.clone()));
    }
    if !error.path.is_empty() {
        out.push(("path", path_text(&error.path)));
    }
    if let Some(help) = &error.help {
        out.push(("help", help.clone()));
    }
    if error.bug {
        out.push(("note", "this is a bug of the verifier, not of the program: please report it".to_owned()));
    }
    let code = error.code.rsplit("::").next().unwrap_or(error.code);
    out.push(("note", format!("program `{}`; more about this: stingless check --explain {code}", error.program)));
    out
}

fn path_text(path: &[Note]) -> String {
    let from = path.len().saturating_sub(SHOWN);
    let mut lines: Vec<String> = Vec::new();
    if from > 0 {
        lines.push(format!("{from} earlier decisions"));
    }
    for note in &path[from..] {
        let text = note.text.as_deref().unwrap_or("").trim();
        lines.push(match note.line {
            Some(line) => format!("line {line}: `{text}` {}", note.message),
            None => format!("instruction {}: `{text}` {}", note.slot, note.message),
        });
    }
    lines.join("\n")
}

/// A note with its label; the primary one has none, its message is the title.
struct Mark<'a> {
    note: &'a Note,
    label: Option<&'a str>,
}

impl Mark<'_> {
    fn line(&self) -> usize {
        // Without line information, slots stand in for lines.
        self.note.line.unwrap_or(self.note.slot) as usize
    }

    fn text(&self) -> &str {
        self.note.text.as_deref().unwrap_or("")
    }
}

/// One snippet per file, the primary one first.
fn snippets<'a>(
    error: &'a VerifierError,
    source: Option<&'a str>,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let primary = Mark { note: &error.primary, label: None };
    let others = error.secondary.iter().map(|note| Mark { note, label: Some(note.message.as_str()) });
    let mut files: Vec<(Option<&str>, Vec<Mark<'a>>)> = Vec::new();
    for mark in std::iter::once(primary).chain(others) {
        let file = mark.note.file.as_deref();
        match files.iter_mut().find(|(f, _)| *f == file) {
            Some((_, marks)) => marks.push(mark),
            None => files.push((file, vec![mark])),
        }
    }
    let mut out = Vec::new();
    for (index, (file, marks)) in files.into_iter().enumerate() {
        let path = file.map_or_else(|| format!("program {}, by instruction", error.program), str::to_owned);
        let given = source.filter(|s| index == 0 && file.is_some() && agrees(s, &marks));
        match given {
            Some(text) => out.push(whole(text, path, &marks)),
            None => out.extend(runs(path, marks)),
        }
    }
    out
}

/// Whether a source text has the lines that the line information speaks of.
fn agrees(source: &str, marks: &[Mark<'_>]) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    marks.iter().all(|m| lines.get(m.line().wrapping_sub(1)).is_some_and(|l| l.trim() == m.text().trim()))
}

fn whole<'a>(source: &'a str, path: String, marks: &[Mark<'a>]) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut starts = vec![0];
    starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
    let mut snippet = Snippet::source(source).line_start(1).path(path);
    for mark in marks {
        let start = starts.get(mark.line() - 1).copied().unwrap_or(0);
        let line = source[start..].lines().next().unwrap_or("");
        snippet = snippet.annotation(annotation(mark, start, line));
    }
    snippet
}

/// Snippets of the lines that are known, one for each run of lines that follow one another. The primary line's comes
/// first: its path has the place.
fn runs<'a>(path: String, mut marks: Vec<Mark<'a>>) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    marks.sort_by_key(Mark::line);
    let first = marks.first().map_or(1, Mark::line);
    let last = marks.last().map_or(1, Mark::line);
    let mut text = String::new();
    let mut starts = Vec::new();
    // Lines between are not known: they are left empty, and folded away.
    for line in first..=last {
        starts.push(text.len());
        if let Some(mark) = marks.iter().find(|m| m.line() == line) {
            text.push_str(mark.text());
        }
        text.push('\n');
    }
    let mut snippet = Snippet::source(text).line_start(first).path(path);
    for mark in &marks {
        snippet = snippet.annotation(annotation(mark, starts[mark.line() - first], mark.text()));
    }
    vec![snippet]
}

fn annotation<'a>(mark: &Mark<'a>, start: usize, line: &str) -> annotate_snippets::Annotation<'a> {
    let span = ctext::span(line, mark.note.column);
    let kind = if mark.label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    kind.span(start + span.start..start + span.end).label(mark.label)
}
