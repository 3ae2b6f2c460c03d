//! Who calls whom. A reference to a function counts as a call: the helper that is given it makes it.

use stingless_isa::Insn;
use stingless_object::Unit;

use crate::error::VerifierError;
use crate::report::Kind;

/// One call, or one reference to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallEdge {
    /// The instruction.
    pub(crate) insn: u32,
    /// Index of the subprogram called.
    pub(crate) callee: u32,
    /// A function reference, for a helper to call.
    pub(crate) callback: bool,
}

/// The call graph. It has no cycle.
#[derive(Debug)]
pub(crate) struct CallGraph {
    edges: Box<[CallEdge]>,
    edge_from: Box<[u32]>,
    bottom_up: Box<[u32]>,
}

impl CallGraph {
    /// # Errors
    /// Recursion, and subprograms that nobody calls.
    pub(super) fn build(unit: &Unit) -> Result<CallGraph, Box<VerifierError>> {
        let mut edges = Vec::new();
        let mut edge_from = vec![0];
        for sub in unit.code.subprogs() {
            for at in sub.start..sub.end {
                edges.extend(edge_of(unit, at));
            }
            edge_from.push(edges.len() as u32);
        }
        let mut graph = CallGraph { edges: edges.into(), edge_from: edge_from.into(), bottom_up: [].into() };
        graph.order(unit)?;
        Ok(graph)
    }

    /// Calls and references that a subprogram makes, in order of their instructions.
    pub(crate) fn of(&self, subprog: usize) -> &[CallEdge] {
        &self.edges[self.edge_from[subprog] as usize..self.edge_from[subprog + 1] as usize]
    }

    /// Subprograms, callees before their callers; the entry (0) comes last.
    pub(crate) fn bottom_up(&self) -> &[u32] {
        &self.bottom_up
    }

    /// Refuses chains of calls that are deeper than `frames`, whether a path takes them or not (as Linux does).
    pub(crate) fn within(&self, unit: &Unit, frames: usize) -> Result<(), Box<VerifierError>> {
        let mut depth = vec![1usize; self.edge_from.len() - 1];
        // Callers come before their callees.
        for &caller in self.bottom_up.iter().rev() {
            for edge in self.of(caller as usize) {
                let new = depth[caller as usize] + 1;
                if new > frames {
                    let message = format!("a chain of {new} frames is called, the limit is {frames}");
                    return Err(VerifierError::new(unit, edge.insn as usize, Kind::TooManyFrames, message));
                }
                let known = &mut depth[edge.callee as usize];
                *known = new.max(*known);
            }
        }
        Ok(())
    }

    /// Walks from the entry; fills `bottom_up`.
    fn order(&mut self, unit: &Unit) -> Result<(), Box<VerifierError>> {
        let subs = unit.code.subprogs();
        let mut on_path = vec![false; subs.len()];
        let mut seen = vec![false; subs.len()];
        let mut order = Vec::with_capacity(subs.len());
        // The callback for exceptions is called by nobody in the program. The entry comes last.
        let mut roots: Vec<u32> = vec![0];
        roots.extend(unit.exception_callback.filter(|&at| at > 0 && at < subs.len()).map(|at| at as u32));
        let mut path: Vec<(u32, usize)> = Vec::new();
        loop {
            if path.is_empty() {
                let Some(root) = roots.pop() else { break };
                if seen[root as usize] {
                    continue;
                }
                (on_path[root as usize], seen[root as usize]) = (true, true);
                path.push((root, 0));
            }
            let Some((sub, next)) = path.last_mut() else { break };
            let caller = *sub as usize;
            let Some(&edge) = self.of(caller).get(*next) else {
                on_path[caller] = false;
                order.push(caller as u32);
                path.pop();
                continue;
            };
            *next += 1;
            let callee = edge.callee as usize;
            if on_path[callee] {
                return Err(self.recursion(unit, edge, &path));
            }
            if !seen[callee] {
                (on_path[callee], seen[callee]) = (true, true);
                path.push((edge.callee, 0));
            }
        }
        if let Some(dead) = seen.iter().position(|s| !s) {
            let message = format!("nothing calls function {}", name(unit, dead));
            return Err(VerifierError::new(unit, subs[dead].start as usize, Kind::UnreachableCode, message));
        }
        self.bottom_up = order.into();
        Ok(())
    }

    /// The error for an edge that closes a cycle with the path of the walk.
    fn recursion(&self, unit: &Unit, closing: CallEdge, path: &[(u32, usize)]) -> Box<VerifierError> {
        let message = format!("function {} calls itself", name(unit, closing.callee as usize));
        let mut error = VerifierError::new(unit, closing.insn as usize, Kind::Recursion, message);
        let from = path.iter().position(|&(sub, _)| sub == closing.callee).unwrap_or(0);
        // The last one of the path makes the closing call, which is the primary place.
        for &(caller, next) in &path[from..path.len() - 1] {
            let edge = self.of(caller as usize)[next - 1];
            let note = format!("{} calls {}", name(unit, caller as usize), name(unit, edge.callee as usize));
            error = error.note(unit, edge.insn as usize, note);
        }
        error.help("write it as a loop with a bound")
    }
}

fn name(unit: &Unit, subprog: usize) -> String {
    let known = unit.funcs.get(subprog).map(|f| f.name.as_str()).filter(|n| !n.is_empty());
    match known {
        Some(name) => format!("`{name}`"),
        None => format!("at instruction {}", unit.code.slot_of(unit.code.subprogs()[subprog].start as usize)),
    }
}

fn edge_of(unit: &Unit, at: u32) -> Option<CallEdge> {
    let insn = &unit.code.insns()[at as usize];
    let target = insn.callee_start()?;
    let callback = matches!(insn, Insn::LoadRef { .. });
    Some(CallEdge { insn: at, callee: unit.code.subprog_of(target as usize) as u32, callback })
}
