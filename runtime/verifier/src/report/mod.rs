//! Rejections, for people: stable codes, the place in the C source, and the causal chain.

mod advice;
mod budget;
mod causes;
mod codes;
mod ctext;
mod end_check;
mod ended;
mod leaving;
mod namer;
mod places;
mod render;
mod replay;

pub(crate) use budget::spent;
pub(crate) use causes::Blame;
pub use codes::{Kind, Row};
pub(crate) use namer::Namer;
pub use render::render;

use stingless_isa::disasm_insn;
use stingless_object::Unit;

use crate::cfg::Cfg;
use crate::error::{Class, Note, VerifierError};

/// Completes an error with what the failing path tells: causes, a suggestion, the decisions that lead there. `path` is
/// the instructions from the entry to the one that failed.
pub(crate) fn explain(unit: &Unit, cfg: &Cfg, path: &[u32], kind: Kind, blame: Blame, error: &mut VerifierError) {
    let Some(&at) = path.last() else { return };
    if kind.row().class == Class::LoopOrBudget {
        // The way round and round tells nothing; where the loop is does.
        if kind == Kind::InfiniteLoop {
            at_statement(unit, cfg, at as usize, error);
        } else {
            error.secondary.extend(loop_of(unit, cfg, at as usize));
        }
        error.help = error.help.take().or_else(|| Some(ENDLESS.to_owned()));
        return;
    }
    let replay = replay::Replay::of(unit, path);
    let scene = causes::Scene { unit, cfg, replay, kind, blame, at: at as usize };
    for (step, message) in scene.events() {
        let note = Note::at(unit, path[step] as usize, message);
        if path[step] != at && !error.secondary.iter().any(|n| (n.slot, &n.message) == (note.slot, &note.message)) {
            error.secondary.push(note);
        }
    }
    error.path = scene.decisions();
    if error.help.is_none() {
        error.help = scene.advice(error.cause.as_deref());
    }
    error.secondary.extend(scene.callers());
    if let Some(proto) = scene.helper().filter(|_| blame.argument.is_some()) {
        error.signature = Some(proto.c_signature());
    }
    retell(&scene, error);
    if let Some(left) = scene.callback_end().filter(|_| kind == Kind::ReferenceLeak) {
        let message = std::mem::take(&mut error.primary.message);
        let ends = Note { message: "it is still held here".to_owned(), ..error.primary.clone() };
        error.secondary.push(ends);
        error.primary = Note::at(unit, path[left] as usize, message);
    }
}

const ENDLESS: &str = "give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, \
                       whose body is verified once";

/// A loop that never ends is told at its `for` or `while`.
fn at_statement(unit: &Unit, cfg: &Cfg, at: usize, error: &mut VerifierError) {
    let statement = budget::statement(unit, cfg, at);
    if unit.line_of(statement).map(|l| l.line) != unit.line_of(at).map(|l| l.line) {
        let message = "the loop never ends: it comes back to where it was with nothing changed";
        let back = std::mem::replace(&mut error.primary, Note::at(unit, statement, message));
        error.secondary.push(Note { message: "it comes back here".to_owned(), ..back });
    }
}

/// The loop that holds an instruction.
fn loop_of(unit: &Unit, cfg: &Cfg, at: usize) -> Option<Note> {
    let entry = cfg.loops()[cfg.loop_of(at)? as usize].entry as usize;
    let inside = Note::at(unit, entry, "the loop begins here");
    (unit.line_of(entry).map(|l| l.line) != unit.line_of(at).map(|l| l.line)).then_some(inside)
}

/// The sentence and its cause in the program's own words.
fn retell(scene: &causes::Scene<'_>, error: &mut VerifierError) {
    if let Some(ended) = scene.given_back() {
        let (kind, sentence) = scene.end_sentence(&ended);
        let row = kind.row();
        (error.code, error.kind, error.class) = (row.code, row.name, row.class);
        error.primary.message = sentence;
        return;
    }
    if scene.kind == Kind::ReferenceLeak
        && let Some(told) = scene.object_left(&error.primary.message)
    {
        error.primary.message = told;
        return;
    }
    if scene.kind == Kind::ReferenceLeak
        && let Some((name, helper)) = scene.leaked_name()
    {
        error.primary.message = format!("{name}, acquired by `{helper}`, is not given back on this path");
        return;
    }
    if let Some(row) = scene.other_row() {
        (error.code, error.kind, error.class) = (row.code, row.name, row.class);
        let argument = scene.blame.argument.map_or(0, |a| a + 1);
        let what = if scene.kind == Kind::HelperArg {
            "is NULL on this path"
        } else {
            "points to memory with a pointer in it: its address would leave the program"
        };
        error.primary.message = scene.rename(&format!("argument {argument} ({}) {what}", scene.register()));
        return;
    }
    if let Some(byte) = scene.unwritten_byte().filter(|_| scene.kind == Kind::UninitStack) {
        let text = format!("byte {byte} of what {{}} points to is read but was never written on this path");
        let reg = scene.blame.reg.map(|r| r.to_string()).unwrap_or_default();
        error.primary.message = scene.rename(&text.replace("{}", &reg));
        return;
    }
    if let Some(name) = scene.read_here().filter(|_| scene.kind == Kind::UninitStack) {
        error.primary.message = format!("{name} is read but was never written on this path");
        return;
    }
    if let Some((pointer, index)) = scene.added().filter(|_| scene.kind == Kind::UnboundedOffset) {
        let index = scene.index_text(index);
        let pointer = scene.name_of(pointer, "a pointer");
        error.primary.message = format!("{index} is added to {pointer}, but has no bound on both sides");
        return;
    }
    error.primary.message = scene.rename(&error.primary.message);
    error.cause = error.cause.take().map(|cause| scene.rename(&cause));
}

impl Note {
    /// A note on an instruction of a unit, with its C line where `.BTF.ext` has one, else its own text.
    pub(crate) fn at(unit: &Unit, insn: usize, message: impl Into<String>) -> Note {
        let line = unit.line_of(insn);
        Note {
            slot: unit.code.slot_of(insn),
            file: line.map(|l| l.file.to_string()),
            line: line.map(|l| l.line),
            column: line.map(|l| l.column).filter(|&c| c != 0),
            text: Some(line.map_or_else(|| disasm_insn(&unit.code, insn), |l| l.text.to_string())),
            message: message.into(),
        }
    }
}

impl VerifierError {
    /// A rejection of `unit` at instruction index `insn`. The message is one sentence in the source's terms,
    /// lower case, without a full stop.
    pub(crate) fn new(unit: &Unit, insn: usize, kind: Kind, message: impl Into<String>) -> Box<VerifierError> {
        let row = kind.row();
        Box::new(VerifierError {
            code: row.code,
            class: row.class,
            kind: row.name,
            program: unit.name.clone(),
            primary: Note::at(unit, insn, message),
            secondary: Vec::new(),
            cause: None,
            help: None,
            signature: None,
            path: Vec::new(),
            stats: crate::facts::Stats::default(),
            bug: matches!(kind, Kind::Bug),
        })
    }

    /// Adds a suggestion to paste.
    #[must_use]
    pub(crate) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<VerifierError> {
        self.help = Some(help.into());
        self
    }

    /// Adds a place along the causal chain; the oldest comes first.
    #[must_use]
    pub(crate) fn note(
        mut self: Box<Self>,
        unit: &Unit,
        insn: usize,
        message: impl Into<String>,
    ) -> Box<VerifierError> {
        self.secondary.push(Note::at(unit, insn, message));
        self
    }
}
