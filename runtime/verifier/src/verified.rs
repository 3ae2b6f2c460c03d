//! The door: a [`Unit`] goes in, a [`Verified`] or a report comes out.

use stingless_object::Unit;

use crate::error::Note;
use crate::facts::{Facts, Stats};

/// A unit plus the facts proved of it. Only `verify` makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(crate) unit: Unit,
    pub(crate) facts: Facts,
    pub(crate) stats: Stats,
    pub(crate) refinements: Vec<Note>,
}

impl Verified {
    /// The unit, unchanged.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// What was proved.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it took.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What ranges alone did not prove, and a solver did: where, and what holds there. Empty for most programs.
    #[must_use]
    pub fn refinements(&self) -> &[Note] {
        &self.refinements
    }
}

/// A unit that nobody proved. For conformance tests of engines; running one is unsafe.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Assumed {
    unit: Unit,
}

impl Assumed {
    /// Takes the unit as it is.
    #[must_use]
    pub fn new(unit: Unit) -> Assumed {
        Assumed { unit }
    }

    /// The unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.unit
    }
}
