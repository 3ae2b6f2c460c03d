//! Can all of some bits be 1 at once? Gates become clauses, and a SAT solver looks for an answer, within a budget that
//! counts what it does and no time.
//!
//! The solver is not believed. Whatever it learned on its way to "no" is checked by [`Proof`](super::proof::Proof): each
//! clause must follow from those before it by unit propagation alone, and so must the contradiction at the end. A "yes"
//! comes with values for the inputs, which the caller may look at; it proves nothing.

use std::cell::Cell;

use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, Var, clause, lbool};

use super::gates::{Bit, Gate, Gates};
use super::proof::{Clauses, Proof};

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// They cannot: every assignment was ruled out, and the proof of it was checked.
    No,
    /// They can, with these values of gates; those that do not matter are missing.
    Yes(Vec<Option<bool>>),
    /// The budget ran out.
    Unknown,
}

/// Decisions for each conflict that the budget allows.
const DECISIONS: u64 = 50;

/// Looks at clauses, the solver's and those of the check of its proof, that cost what a conflict costs.
const LOOKS: u64 = 1_000;

/// Literals of learned clauses for each conflict that the budget allows.
const LITERALS: u64 = 200;

/// What the solver tells on its way.
struct Tally {
    conflicts: u64,
    most: u64,
    decisions: Cell<u64>,
    learned: Clauses,
}

impl Callbacks for Tally {
    fn on_new_clause(&mut self, clause: &[Lit], _: clause::Kind) {
        self.conflicts += 1;
        self.learned.push(clause.iter().map(|l| l.var().idx() << 1 | u32::from(!l.sign())));
    }

    fn stop(&self) -> bool {
        // Asked at each decision.
        self.decisions.set(self.decisions.get() + 1);
        self.conflicts >= self.most
            || self.decisions.get() > self.most.saturating_mul(DECISIONS)
            || self.learned.literals() as u64 > self.most.saturating_mul(LITERALS)
    }
}

/// A question as clauses.
struct Question {
    /// The variable of each gate, plus 1; 0 for those that do not matter.
    vars: Vec<u32>,
    count: u32,
    clauses: Clauses,
}

impl Question {
    /// The gates that some bits depend on, as clauses, and each of the bits.
    fn of(gates: &Gates, wanted: &[Bit]) -> Question {
        let mut question = Question { vars: vec![0; gates.all().len()], count: 0, clauses: Clauses::default() };
        let mut todo: Vec<usize> = wanted.iter().map(|b| b.gate()).collect();
        while let Some(gate) = todo.pop() {
            if std::mem::replace(&mut question.vars[gate], 1) == 0 {
                match gates.all()[gate] {
                    Gate::Input => {}
                    Gate::And(a, b) | Gate::Xor(a, b) => todo.extend([a.gate(), b.gate()]),
                }
            }
        }
        for var in question.vars.iter_mut().filter(|v| **v != 0) {
            question.count += 1;
            *var = question.count;
        }
        for (at, gate) in gates.all().iter().enumerate() {
            if question.vars[at] != 0 {
                question.define(at, gate);
            }
        }
        for &bit in wanted {
            let literal = question.literal(bit);
            question.clauses.push([literal]);
        }
        question
    }

    fn literal(&self, bit: Bit) -> u32 {
        (self.vars[bit.gate()] - 1) << 1 | u32::from(bit.negated())
    }

    fn define(&mut self, at: usize, gate: &Gate) {
        let out = (self.vars[at] - 1) << 1;
        match *gate {
            // The constant.
            Gate::Input if at == 0 => self.clauses.push([out ^ 1]),
            Gate::Input => {}
            Gate::And(a, b) => {
                let (a, b) = (self.literal(a), self.literal(b));
                self.clauses.push([out ^ 1, a]);
                self.clauses.push([out ^ 1, b]);
                self.clauses.push([out, a ^ 1, b ^ 1]);
            }
            Gate::Xor(a, b) => {
                let (a, b) = (self.literal(a), self.literal(b));
                self.clauses.push([out ^ 1, a, b]);
                self.clauses.push([out ^ 1, a ^ 1, b ^ 1]);
                self.clauses.push([out, a ^ 1, b]);
                self.clauses.push([out, a, b ^ 1]);
            }
        }
    }
}

/// Whether all of `wanted` can be 1 at once, found with at most so many conflicts, and what it took: the conflicts and a
/// part for the size.
pub(super) fn solve(gates: &Gates, wanted: &[Bit], conflicts: u64) -> (Answer, u64) {
    if gates.is_full() {
        return (Answer::Unknown, 0);
    }
    if wanted.contains(&Bit::ZERO) {
        return (Answer::No, 0);
    }
    let wanted: Vec<Bit> = wanted.iter().copied().filter(|&b| b != Bit::ONE).collect();
    let question = Question::of(gates, &wanted);
    let tally = Tally { conflicts: 0, most: conflicts, decisions: Cell::new(0), learned: Clauses::default() };
    let mut solver = Solver::new(SolverOpts::default(), tally);
    let vars: Vec<Var> = (0..question.count).map(|_| solver.new_var_default()).collect();
    let mut clause = Vec::new();
    let mut open = true;
    for literals in question.clauses.iter() {
        clause.clear();
        clause.extend(literals.iter().map(|&l| Lit::new(vars[(l >> 1) as usize], l & 1 == 0)));
        open = open && solver.add_clause_reuse(&mut clause);
    }
    let result = if open { solver.solve_limited(&[]) } else { lbool::FALSE };
    let used = solver.cb().conflicts + solver.cb().decisions.get() / DECISIONS;
    let cost = used + question.clauses.count() as u64 / 100 + solver.num_propagations() / LOOKS;
    if result == lbool::FALSE {
        let mut proof = Proof::new(question.count as usize, conflicts.saturating_mul(LOOKS));
        let proved = proof.refutes(&question.clauses, &solver.cb().learned);
        return (if proved { Answer::No } else { Answer::Unknown }, cost + proof.looks() / LOOKS);
    }
    if result != lbool::TRUE {
        return (Answer::Unknown, cost);
    }
    let value = |&var: &u32| {
        let value = solver.value_var(vars[var.checked_sub(1)? as usize]);
        if value == lbool::TRUE { Some(true) } else { (value == lbool::FALSE).then_some(false) }
    };
    (Answer::Yes(question.vars.iter().map(value).collect()), cost)
}
