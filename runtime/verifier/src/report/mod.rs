//! Rejections, for people: stable codes, the place in the C source, and the causal chain.

mod advice;
mod causes;
mod codes;
mod ctext;
mod render;
mod replay;
mod trace;

pub(crate) use causes::Blame;
pub use codes::{Kind, Row};
pub use render::render;
pub(crate) use trace::{START, Trace};

use stingless_isa::disasm_insn;
use stingless_object::Unit;

use crate::cfg::Cfg;
use crate::error::{Note, VerifierError};

/// Completes an error with what the failing path tells: causes, a suggestion, the decisions that lead there. `path` is
/// the instructions from the entry to the one that failed.
pub(crate) fn explain(unit: &Unit, cfg: &Cfg, path: &[u32], kind: Kind, blame: Blame, error: &mut VerifierError) {
    let Some(&at) = path.last() else { return };
    let replay = replay::Replay::of(unit, path);
    let scene = causes::Scene { unit, cfg, replay, kind, blame, at: at as usize };
    for (step, message) in scene.events() {
        if path[step] != at {
            error.secondary.push(Note::at(unit, path[step] as usize, message));
        }
    }
    error.path = scene.decisions();
    if error.help.is_none() {
        error.help = scene.advice();
    }
    if let Some(proto) = scene.helper().filter(|_| blame.argument.is_some()) {
        error.signature = Some(proto.c_signature());
    }
    scene.rename(&mut error.primary.message);
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
            bug: matches!(kind, Kind::Bug),
        })
    }

    /// Adds what was required and what was known.
    #[must_use]
    pub(crate) fn cause(mut self: Box<Self>, cause: impl Into<String>) -> Box<VerifierError> {
        self.cause = Some(cause.into());
        self
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
