//! What the proof leaves behind for the engines: a contract. The checked interpreter tests each at run time, as it is
//! exported here and nothing else.
//!
//! Path exploration prunes: a path that a kept state covers is not walked on, and a number that no proof relied on may then
//! have a value that no walked path had. So a fact has one of three sources, and holds for the reason that stands there:
//!
//! 1. *The exploration's skeleton* ([`Facts::access`], [`Facts::ctx_off`], [`Facts::call_map`], [`Facts::value_off`],
//!    [`Facts::text_len`], [`Facts::reached`], [`Facts::branch`], [`Facts::stack_depth`], [`Facts::longest_path`]). A state covers another only
//!    where both have the same kinds of pointers to the same things, with offsets within, and every branch that a number
//!    decides marks that number precise. So what a run does here, some walked path did.
//! 2. *Numbers that were precise at the instruction* ([`Facts::precise`]). They are exported only if each walked path that
//!    came by marked them at that instruction: a covering state then has the run's number in its own. Joined over all paths.
//! 3. *The linear pass* ([`Facts::linear`]): joined over all ways through the control-flow graph, of which it leaves out only
//!    what source 1 says no run takes.
//!
//! What else engines ask (is a divisor zero, is an upper half) is computed from these by the methods of [`Facts`], so that a
//! test of the numbers is a test of the answers.

mod linear;
mod operands;
mod state;
#[cfg(test)]
mod tests;

use stingless_abi::{ArgKind, Proto};
use stingless_isa::{Reg, Width};

use crate::domain::Scalar;

pub(crate) use linear::operands as linear_operands;
pub(crate) use operands::Writer;
pub use operands::{Operands, Side};

use std::collections::BTreeMap;

/// What the base of a memory access points to, on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The stack of this or a calling frame.
    Stack,
    /// The context: lowered through its layout.
    Ctx,
    /// A data region of the context, or length-linked memory.
    Data,
    /// A value of the unit's map with this index.
    MapValue(u32),
    /// Other host memory of known size (ring-buffer records, a global function's memory argument).
    Mem,
    /// Several of the above on different paths (never with `Ctx`).
    Mixed,
}

/// All facts of a verified unit. Vectors run over instructions unless said otherwise.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// What each memory instruction (atomics and packet loads included) touches; `None` for others and dead ones.
    pub access: Vec<Option<Access>>,
    /// For [`Access::Ctx`]: the offset accessed as the plugin sees it, that is the base's constant offset into the context
    /// plus the instruction's own. The same on every path, and required: an engine lowers by it.
    pub ctx_off: Vec<Option<i32>>,
    /// For [`Access::MapValue`]: the least and the greatest offset of the first byte accessed, from the start of the value.
    /// Source 1: offsets of pointers are compared in full.
    pub value_off: Vec<Option<(u32, u32)>>,
    /// Map argument of each helper call, by index into the unit's maps, where it is one map on every path.
    pub call_map: Vec<Option<u32>>,
    /// Optional arguments (bit `i` is `r<i>`) that some path to a helper call leaves unset, by the call's instruction; not
    /// there where none is. Required, not a matter of speed: engines pass 0 for them, whatever the register holds.
    pub unset_args: BTreeMap<u32, u8>,
    /// How many bytes of a text argument may be read, by the call's instruction and the argument's place (from 0): the
    /// fewest of all paths. Source 1. Required: engines pass them, see [`Facts::passed`].
    pub text_len: BTreeMap<(u32, u8), u32>,
    /// Whether any run can reach the instruction.
    pub reached: Vec<bool>,
    /// Branches that always jump (`Some(true)`) or never do (`Some(false)`).
    pub branch: Vec<Option<bool>>,
    /// Stack bytes below `r10` that each subprogram (in order) touches.
    pub stack_depth: Vec<u32>,
    /// Upper bound on the instructions of a run; `None` where converging loops make it unknown.
    pub longest_path: Option<u64>,
    /// Numbers added to pointers, where every path marked them precise there. Source 2.
    pub precise: Operands,
    /// Numbers that instructions read. Source 3.
    pub linear: Operands,
}

impl Facts {
    /// What engines pass to a helper, by argument register, whatever the registers hold: 0 for optional arguments that a
    /// path leaves unset, the lengths of texts, of which nothing may be read where there is no proof.
    #[must_use]
    pub fn passed(facts: Option<&Facts>, insn: u32, proto: &Proto) -> [Option<u32>; 5] {
        let unset = facts.and_then(|f| f.unset_args.get(&insn)).copied().unwrap_or(0);
        let mut passed = Reg::ARGS.map(|reg| (unset & 1 << reg.index() != 0).then_some(0));
        for (place, arg) in (0..).zip(proto.args.iter()) {
            if let ArgKind::Text { len } = arg.kind
                && let Some(register) = passed.get_mut(usize::from(len))
            {
                *register = Some(facts.and_then(|f| f.text_len.get(&(insn, place))).copied().unwrap_or(0));
            }
        }
        passed
    }

    /// What is known of the register on a side of an instruction, from both sources; any number where nothing is.
    #[must_use]
    pub fn operand(&self, insn: usize, side: Side) -> Scalar {
        match (self.linear.get(insn, side), self.precise.get(insn, side)) {
            (Some(a), Some(b)) => a.intersect(b).unwrap_or(*a),
            (Some(one), None) | (None, Some(one)) => *one,
            (None, None) => Scalar::unknown(),
        }
    }

    /// The one number that the register holds.
    #[must_use]
    pub fn constant(&self, insn: usize, side: Side) -> Option<u64> {
        self.operand(insn, side).as_constant()
    }

    /// The register's upper half is zero.
    #[must_use]
    pub fn upper_zero(&self, insn: usize, side: Side) -> bool {
        self.operand(insn, side).fits_u32()
    }

    /// The right operand is not zero in that width: a division by it needs no check.
    #[must_use]
    pub fn nonzero(&self, insn: usize, width: Width) -> bool {
        let num = self.operand(insn, Side::Src);
        match width {
            Width::W64 => !num.contains(0),
            Width::W32 => num.u32_min() > 0,
        }
    }

    /// The right operand is below the width in bits: a shift by it needs no mask.
    #[must_use]
    pub fn shift_in_range(&self, insn: usize, width: Width) -> bool {
        self.operand(insn, Side::Src).umax() < u64::from(width.bits())
    }
}

/// Figures of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Instructions examined, over all paths (Linux `processed N insns`).
    pub insns_processed: u64,
    /// States kept for pruning.
    pub states: u64,
    /// States kept at the same time, at most.
    pub peak_states: u64,
}
