//! Collects what exploration exports: see `facts` for the conditions.

use std::collections::BTreeMap;

use crate::check::{Fail, bug, fail};
use crate::domain::Scalar;
use crate::facts::{Access, Facts, Operands, Side, Writer};
use crate::report::Kind;

/// What is known of a branch's outcomes so far.
#[derive(Clone, Copy, Debug, Default)]
struct Outcomes {
    taken: bool,
    fell: bool,
}

/// What is known of a helper call's map so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallMap {
    Unseen,
    One(u32),
    Several,
}

/// Numbers that every path marked precise where an instruction adds them to a pointer.
#[derive(Debug)]
struct Relied {
    /// Indices into `numbers`, from 2; 0 for no path so far, [`NOT_ALL`] for a path that did not.
    at: Vec<u32>,
    numbers: Vec<(Side, Scalar)>,
}

const NOT_ALL: u32 = 1;

impl Relied {
    fn add(&mut self, at: usize, side: Side, num: &Scalar) {
        let index = &mut self.at[at];
        match *index {
            0 => {
                self.numbers.push((side, *num));
                *index = self.numbers.len() as u32 + 1;
            }
            NOT_ALL => {}
            seen => match self.numbers.get_mut(seen as usize - 2) {
                Some((was, all)) if *was == side => {
                    if !num.is_subset_of(all) {
                        *all = all.join(num);
                    }
                }
                Some(_) | None => *index = NOT_ALL,
            },
        }
    }

    fn into_operands(self) -> Operands {
        let mut out = Writer::new(self.at.len());
        for (at, index) in self.at.iter().enumerate() {
            if let Some((side, num)) = index.checked_sub(2).and_then(|i| self.numbers.get(i as usize)) {
                out.set(at, *side, num);
            }
        }
        out.finish()
    }
}

/// A call of a subprogram, by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallEdge {
    pub(crate) caller: usize,
    pub(crate) callee: usize,
    pub(crate) insn: usize,
}

/// Collects what exploration exports.
#[derive(Debug)]
pub(crate) struct Collector {
    access: Vec<Option<Access>>,
    ctx_off: Vec<Option<i32>>,
    value_off: Vec<Option<(u32, u32)>>,
    relied: Relied,
    call_map: Vec<CallMap>,
    reached: Vec<bool>,
    branch: Vec<Outcomes>,
    stack: Vec<u32>,
    edges: Vec<CallEdge>,
    tail_calls: Vec<bool>,
    /// Optional arguments that a path leaves unset, by the call.
    unset: BTreeMap<u32, u8>,
    /// Bytes of text arguments that every path may read.
    text: BTreeMap<(u32, u8), u32>,
    converges: bool,
}

impl Collector {
    /// Nothing seen of a code with that many instructions and subprograms.
    pub(crate) fn new(insns: usize, subprogs: usize) -> Collector {
        Collector {
            access: vec![None; insns],
            ctx_off: vec![None; insns],
            value_off: vec![None; insns],
            relied: Relied { at: vec![0; insns], numbers: Vec::new() },
            call_map: vec![CallMap::Unseen; insns],
            reached: vec![false; insns],
            branch: vec![Outcomes::default(); insns],
            stack: vec![0; subprogs],
            edges: Vec::new(),
            tail_calls: vec![false; subprogs],
            unset: BTreeMap::new(),
            text: BTreeMap::new(),
            converges: false,
        }
    }

    /// A path reaches an instruction.
    pub(crate) fn reach(&mut self, at: usize) {
        self.reached[at] = true;
    }

    /// An instruction accesses memory; for the context, at that virtual offset.
    pub(crate) fn access(&mut self, at: usize, access: Access, ctx_off: Option<i32>) -> Result<(), Box<Fail>> {
        let joined = match self.access[at] {
            None => access,
            Some(seen) if seen == access => access,
            Some(Access::Ctx) => return mixed("the context on one path and other memory on another"),
            Some(_) if access == Access::Ctx => return mixed("other memory on one path and the context on another"),
            Some(_) => Access::Mixed,
        };
        self.access[at] = Some(joined);
        if access == Access::Ctx {
            match (self.ctx_off[at], ctx_off) {
                (_, None) => return bug("a context access at no known offset"),
                (Some(a), Some(b)) if a != b => {
                    return mixed("different fields of the context on different paths");
                }
                (_, Some(off)) => self.ctx_off[at] = Some(off),
            }
        }
        Ok(())
    }

    /// An instruction accesses a map value, at one of these offsets.
    pub(crate) fn value_off(&mut self, at: usize, least: i128, most: i128) {
        let (least, most) = (u32::try_from(least).unwrap_or(0), u32::try_from(most).unwrap_or(u32::MAX));
        let (a, b) = self.value_off[at].unwrap_or((least, most));
        self.value_off[at] = Some((a.min(least), b.max(most)));
    }

    /// An instruction adds a number to a pointer, which marks it precise.
    pub(crate) fn relied(&mut self, at: usize, side: Side, num: &Scalar) {
        self.relied.add(at, side, num);
    }

    /// An instruction that may add a number to a pointer does something else on this path.
    pub(crate) fn relied_on_nothing(&mut self, at: usize) {
        self.relied.at[at] = NOT_ALL;
    }

    /// A helper is called, with that map.
    pub(crate) fn call(&mut self, at: usize, map: Option<u32>) {
        self.call_map[at] = match (self.call_map[at], map) {
            (CallMap::Unseen, Some(map)) => CallMap::One(map),
            (CallMap::One(a), Some(b)) if a == b => CallMap::One(a),
            (_, _) => CallMap::Several,
        };
    }

    /// A helper is called with these optional arguments (bit = register) not set.
    pub(crate) fn unset(&mut self, at: usize, regs: u8) {
        if regs != 0 {
            *self.unset.entry(at as u32).or_default() |= regs;
        }
    }

    /// A helper is called, and may read that many bytes of the text in its argument `place`.
    pub(crate) fn text(&mut self, at: usize, place: u8, bytes: u32) {
        let fewest = self.text.entry((at as u32, place)).or_insert(bytes);
        *fewest = bytes.min(*fewest);
    }

    /// A branch has one outcome on this path.
    pub(crate) fn decided(&mut self, at: usize, taken: bool) {
        if taken {
            self.branch[at].taken = true;
        } else {
            self.branch[at].fell = true;
        }
    }

    /// A branch has both outcomes.
    pub(crate) fn both(&mut self, at: usize) {
        self.branch[at] = Outcomes { taken: true, fell: true };
    }

    /// A subprogram touches that many bytes below its `r10`.
    pub(crate) fn stack(&mut self, subprog: usize, bytes: u32) {
        if let Some(depth) = self.stack.get_mut(subprog) {
            *depth = (*depth).max(bytes);
        }
    }

    /// A subprogram is called.
    pub(crate) fn called(&mut self, caller: usize, callee: usize, insn: usize) {
        let edge = CallEdge { caller, callee, insn };
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    /// A subprogram may leave for another program.
    pub(crate) fn tail_call(&mut self, subprog: usize) {
        if let Some(seen) = self.tail_calls.get_mut(subprog) {
            *seen = true;
        }
    }

    /// A loop may converge on a state that is not finished: no path length is known.
    pub(crate) fn converges(&mut self) {
        self.converges = true;
    }

    /// The calls that were seen.
    pub(crate) fn edges(&self) -> &[CallEdge] {
        &self.edges
    }

    /// Bytes below `r10` that a subprogram touches.
    pub(crate) fn stack_of(&self, subprog: usize) -> u32 {
        self.stack.get(subprog).copied().unwrap_or(0)
    }

    /// Whether a subprogram may leave for another program.
    pub(crate) fn tail_calls(&self, subprog: usize) -> bool {
        self.tail_calls.get(subprog).copied().unwrap_or(false)
    }

    /// The facts; `longest` is that of the explored paths.
    pub(crate) fn into_facts(self, longest: Option<u64>) -> Facts {
        let branch = self
            .branch
            .iter()
            .map(|o| match (o.taken, o.fell) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                (true, true) | (false, false) => None,
            })
            .collect();
        let call_map = self
            .call_map
            .iter()
            .map(|m| match m {
                CallMap::One(map) => Some(*map),
                CallMap::Unseen | CallMap::Several => None,
            })
            .collect();
        let value_off = self.value_off.iter().zip(&self.access);
        let value_off = value_off.map(|(off, access)| off.filter(|_| matches!(access, Some(Access::MapValue(_)))));
        Facts {
            value_off: value_off.collect(),
            precise: self.relied.into_operands(),
            linear: Operands::default(),
            access: self.access,
            ctx_off: self.ctx_off,
            call_map,
            unset_args: self.unset,
            text_len: self.text,
            reached: self.reached,
            branch,
            stack_depth: self.stack,
            longest_path: if self.converges { None } else { longest },
        }
    }
}

fn mixed<T>(what: &str) -> Result<T, Box<Fail>> {
    fail(Kind::MixedPointers, format!("this instruction accesses {what}"))
}
