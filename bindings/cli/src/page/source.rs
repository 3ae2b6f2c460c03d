//! The lines of C that a program was compiled from: from the file where it is the one that was compiled, else those that the
//! object keeps.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stingless::verifier::{Note, Trace};

use super::escape::html;

/// Lines of a file that are shown, at most.
const MAX_LINES: usize = 1_500;
/// Lines of a file round those that are known, where the whole file is at hand.
const AROUND: u32 = 4;
/// The largest source file that is read.
const MAX_FILE: u64 = 4 << 20;

/// The lines of one file that a program has to do with.
pub(super) struct Lines {
    pub(super) file: String,
    pub(super) lines: BTreeMap<u32, String>,
    pub(super) left_out: usize,
}

/// All files of a program, the one with the program's entry first.
pub(super) fn files(trace: &Trace) -> Vec<Lines> {
    let mut out: Vec<Lines> = Vec::new();
    let mut add = |file: &str, line: u32, text: &str| {
        let at = out.iter().position(|l| l.file == file).unwrap_or_else(|| {
            out.push(Lines { file: file.to_owned(), lines: BTreeMap::new(), left_out: 0 });
            out.len() - 1
        });
        out[at].lines.insert(line, text.to_owned());
    };
    for insn in &trace.insns {
        if let (Some(file), Some(line), Some(text)) = (&insn.file, insn.line, &insn.source)
            && line > 0
        {
            add(file, line, text);
        }
    }
    out.iter_mut().for_each(complete);
    out
}

/// Adds the lines between those that are known, where the file on disk agrees with them; cuts what is too long.
fn complete(known: &mut Lines) {
    let small = std::fs::metadata(&known.file).is_ok_and(|m| m.is_file() && m.len() <= MAX_FILE);
    let text = if small { std::fs::read_to_string(&known.file).unwrap_or_default() } else { String::new() };
    let lines: Vec<&str> = text.lines().collect();
    let agrees = |(n, t): (&u32, &String)| lines.get(*n as usize - 1).is_some_and(|l| l.trim() == t.trim());
    if !lines.is_empty() && known.lines.iter().all(agrees) {
        let first = known.lines.keys().next().map_or(1, |n| n.saturating_sub(AROUND).max(1));
        let last = known.lines.keys().next_back().map_or(0, |n| (n + AROUND).min(lines.len() as u32));
        for n in first..=last {
            known.lines.entry(n).or_insert_with(|| lines[n as usize - 1].to_owned());
        }
    }
    while known.lines.len() > MAX_LINES {
        known.lines.pop_last();
        known.left_out += 1;
    }
}

/// The files as tables, a row for each line, with the notes of the report below theirs.
pub(super) fn tables(trace: &Trace, files: &[Lines]) -> String {
    let mut out = String::new();
    for (index, file) in files.iter().enumerate() {
        let _ = write!(out, "<h4 class=\"file\">{}</h4><table class=\"src\"><tbody>", html(&file.file));
        let mut before = None;
        for (&n, text) in &file.lines {
            if before.is_some_and(|b| b + 1 < n) {
                out.push_str("<tr class=\"gap\"><td>⋯</td><td></td><td></td></tr>");
            }
            before = Some(n);
            let primary = trace.error.as_ref().is_some_and(|e| is_at(&e.primary, &file.file, n));
            let class = if primary { " class=\"primary\"" } else { "" };
            let _ = write!(
                out,
                "<tr data-l=\"{index}:{n}\"{class}><td class=\"n\">{n}</td><td class=\"c\">{}</td><td class=\"s\"></td></tr>",
                html(&text.replace('\t', "    "))
            );
            notes(trace, &file.file, n, &mut out);
        }
        out.push_str("</tbody></table>");
        if file.left_out > 0 {
            let _ = write!(out, "<p class=\"left\">{} more lines are left out.</p>", file.left_out);
        }
    }
    out
}

fn notes(trace: &Trace, file: &str, line: u32, out: &mut String) {
    let Some(error) = &trace.error else { return };
    let mut note = |class: &str, mark: &str, text: &str| {
        let _ = write!(
            out,
            "<tr class=\"note {class}\"><td></td><td colspan=\"2\"><span>{mark} {}</span></td></tr>",
            html(text)
        );
    };
    for secondary in error.secondary.iter().filter(|n| is_at(n, file, line)) {
        note("second", "•", &secondary.message);
    }
    if is_at(&error.primary, file, line) {
        note("first", "✖", &error.primary.message);
    }
}

fn is_at(note: &Note, file: &str, line: u32) -> bool {
    note.file.as_deref() == Some(file) && note.line == Some(line)
}
