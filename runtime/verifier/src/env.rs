//! What does not change while a program is explored.

use stingless_abi::{Limits, Trust};
use stingless_object::Unit;

use crate::cfg::Cfg;

/// What does not change while a program is explored.
pub(crate) struct Env<'a> {
    /// The program.
    pub(crate) unit: &'a Unit,
    /// Its control flow.
    pub(crate) cfg: &'a Cfg,
    /// Whose it is.
    pub(crate) trust: Trust,
    /// What it may use.
    pub(crate) limits: &'a Limits,
    /// The paths are logged, to explain a failure.
    pub(crate) trace: bool,
    /// What cannot be proved of a number is put to a solver.
    pub(crate) refine: bool,
    /// Loops that do not converge are widened where proofs rely on numbers, too.
    pub(crate) widens_all: bool,
    /// A global function is explored on its own, not the program.
    pub(crate) is_function: bool,
    /// The global function's result is a number.
    pub(crate) function_returns: bool,
    /// Whether a subprogram, or one that it calls, may move the data of the context.
    pub(crate) moves_data: &'a [bool],
    /// Whether a subprogram, or one that it calls, may throw.
    pub(crate) throws: &'a [bool],
}
