//! Why text is not a program.

use crate::code::CodeError;
use core::fmt;

/// What is wrong at which place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// What is wrong.
    pub kind: AsmErrorKind,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsmErrorKind {
    /// Something else should stand here.
    Expected {
        /// What should.
        want: &'static str,
        /// What does.
        found: String,
    },
    /// A number that its field cannot hold.
    Range {
        /// The number.
        value: i128,
        /// The smallest that fits.
        min: i128,
        /// The largest that fits.
        max: i128,
    },
    /// The words make sense, the instruction does not exist.
    NoForm {
        /// What does not exist.
        what: &'static str,
    },
    /// A label that is nowhere defined.
    UnknownLabel {
        /// Its name.
        name: String,
    },
    /// A label that is defined twice.
    DuplicateLabel {
        /// Its name.
        name: String,
        /// Line of the first one.
        first_line: u32,
    },
    /// A distance that leads out of the program or into the middle of an instruction.
    NoSuchSlot {
        /// The slot it leads to.
        slot: i64,
    },
    /// The instructions do not form a program.
    Code(CodeError),
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AsmErrorKind as K;
        write!(f, "line {} column {}: ", self.line, self.column)?;
        match &self.kind {
            K::Expected { want, found } => write!(f, "expected {want}, found {found}"),
            K::Range { value, min, max } => write!(f, "{value} is not in {min}..={max}"),
            K::NoForm { what } => write!(f, "there is no {what}"),
            K::UnknownLabel { name } => write!(f, "label `{name}` is not defined"),
            K::DuplicateLabel { name, first_line } => {
                write!(f, "label `{name}` is defined already, on line {first_line}")
            }
            K::NoSuchSlot { slot } => write!(f, "no instruction starts at slot {slot}"),
            K::Code(err) => err.fmt(f),
        }
    }
}

impl std::error::Error for AsmError {}
