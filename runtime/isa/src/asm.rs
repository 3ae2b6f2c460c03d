//! Text to instructions, in the syntax of LLVM's BPF back end: `r0 = *(u32 *)(r1 + 4)`, `if w1 s> 5 goto out`.
//!
//! One instruction a line; `name:` labels what follows; `;`, `#` and `//` begin a comment. Numbers after `goto` count
//! slots from the next one and need a sign. A label that is called, referred to, or named in `.type name,@function`
//! starts a subprogram of that name; one that begins with `.L` names no subprogram.

mod error;
mod lex;
mod line;
mod value;

pub use error::{AsmError, AsmErrorKind};

use crate::code::{Code, CodeError};
use crate::insn::Insn;
use line::{Goal, Line, Statement};
use std::collections::BTreeMap;

/// Assembles a program.
///
/// # Errors
/// The first line that is no instruction, or refers to a label or slot that does not exist; and what breaks an
/// invariant of [`Code`].
///
/// ```
/// let code = stingless_isa::assemble("
///     r0 = 10
/// again:
///     r0 += -1        ; counts down
///     if r0 != 0 goto again
///     exit
/// ")?;
/// assert_eq!(code.len(), 4);
/// # Ok::<(), stingless_isa::AsmError>(())
/// ```
pub fn assemble(text: &str) -> Result<Code, AsmError> {
    let mut program = Program::default();
    for (at, line) in text.lines().enumerate() {
        program.line(at as u32 + 1, line)?;
    }
    program.finish()
}

/// Where something was written.
#[derive(Clone, Copy, Default)]
struct Place {
    line: u32,
    column: u32,
}

impl Place {
    fn error(self, kind: AsmErrorKind) -> AsmError {
        AsmError { line: self.line, column: self.column, kind }
    }
}

struct Label {
    name: String,
    insn: u32,
    line: u32,
}

struct Fixup {
    insn: u32,
    goal: Goal,
    place: Place,
}

#[derive(Default)]
struct Program {
    insns: Vec<Insn>,
    places: Vec<Place>,
    /// In order of the text, so that the first of several names of a subprogram is kept.
    labels: Vec<Label>,
    by_name: BTreeMap<String, usize>,
    fixups: Vec<Fixup>,
    functions: Vec<(String, Place)>,
}

impl Program {
    fn line(&mut self, number: u32, text: &str) -> Result<(), AsmError> {
        let mut line = Line::new(number, text)?;
        while let Some((name, place)) = line.label() {
            let label = Label { name: name.to_owned(), insn: self.insns.len() as u32, line: number };
            if let Some(first) = self.by_name.insert(label.name.clone(), self.labels.len()) {
                let first_line = self.labels[first].line;
                return Err(place.error(AsmErrorKind::DuplicateLabel { name: label.name, first_line }));
            }
            self.labels.push(label);
        }
        if line.at_end() {
            return Ok(());
        }
        let place = line.place();
        match line.statement()? {
            Statement::Insn(insn, goal) => {
                if let Some((goal, place)) = goal {
                    self.fixups.push(Fixup { insn: self.insns.len() as u32, goal, place });
                }
                self.insns.push(insn);
                self.places.push(place);
            }
            Statement::Function(name) => self.functions.push((name, place)),
        }
        line.end()
    }

    fn finish(mut self) -> Result<Code, AsmError> {
        self.resolve()?;
        let mut starts = vec![0];
        starts.extend(self.insns.iter().filter_map(Insn::callee_start));
        for (name, place) in &self.functions {
            starts.push(self.label(name, *place)?);
        }
        starts.sort_unstable();
        starts.dedup();
        let named = starts.into_iter().map(|start| (start, self.name_of(start))).collect();
        let places = self.places;
        Code::with_subprogs(self.insns, named).map_err(|err| {
            let at = match err {
                CodeError::Empty => 0,
                CodeError::TargetOutOfRange { insn, .. }
                | CodeError::JumpAcrossSubprogs { insn, .. }
                | CodeError::FallsThrough { insn }
                | CodeError::BadSubprogs { insn } => insn,
            };
            let last = places.last().copied().unwrap_or(Place { line: 1, column: 1 });
            places.get(at as usize).copied().unwrap_or(last).error(AsmErrorKind::Code(err))
        })
    }

    /// Puts instruction indices where labels and distances stood.
    fn resolve(&mut self) -> Result<(), AsmError> {
        let mut slots = Vec::with_capacity(self.insns.len());
        let mut next = 0;
        for insn in &self.insns {
            slots.push(next);
            next += insn.slots();
        }
        for fixup in std::mem::take(&mut self.fixups) {
            let index = match fixup.goal {
                Goal::Label(name) => self.label(&name, fixup.place)?,
                Goal::Relative(distance) => {
                    let slot = i64::from(slots[fixup.insn as usize]) + 1 + distance;
                    let found = u32::try_from(slot).ok().and_then(|slot| slots.binary_search(&slot).ok());
                    found.ok_or_else(|| fixup.place.error(AsmErrorKind::NoSuchSlot { slot }))? as u32
                }
            };
            if let Some(target) = self.insns[fixup.insn as usize].index_mut() {
                *target = index;
            }
        }
        Ok(())
    }

    fn label(&self, name: &str, place: Place) -> Result<u32, AsmError> {
        match self.by_name.get(name) {
            Some(&at) => Ok(self.labels[at].insn),
            None => Err(place.error(AsmErrorKind::UnknownLabel { name: name.to_owned() })),
        }
    }

    fn name_of(&self, insn: u32) -> String {
        let named = |label: &&Label| label.insn == insn && !label.name.starts_with(".L");
        self.labels.iter().find(named).map(|label| label.name.clone()).unwrap_or_default()
    }
}
