//! Rejections, for people: stable codes, the place in the C source, and the causal chain.

mod codes;

pub use codes::{Kind, Row};

use stingless_object::Unit;

use crate::error::{Note, VerifierError};

impl Note {
    /// A note on an instruction of a unit, with its C line where `.BTF.ext` has one.
    pub(crate) fn at(unit: &Unit, insn: usize, message: impl Into<String>) -> Note {
        let line = unit.line_of(insn);
        Note {
            slot: unit.code.slot_of(insn),
            file: line.map(|l| l.file.to_string()),
            line: line.map(|l| l.line),
            column: line.map(|l| l.column).filter(|&c| c != 0),
            text: line.map(|l| l.text.to_string()),
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
