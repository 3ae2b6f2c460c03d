//! Moves a state over an instruction whose obligations were proved. Never fails for a program's reason: what fails here
//! is our bug.

mod alu;
mod atomic;
mod branch;
mod call;
mod exit;
mod load;
mod object;
mod store;

use stingless_isa::{Insn, Operand, Ref, Reg};

use crate::check::{Fail, bug};
use crate::collect::Collector;
use crate::env::Env;
use crate::precision::{NodeId, Nodes};
use crate::region::Region;
use crate::state::State;
use crate::value::Value;

/// Where a path goes on.
#[derive(Debug)]
pub(crate) enum Next {
    /// At the next instruction.
    Fall,
    /// At an instruction.
    Goto(u32),
    /// At one instruction, and later from another state at another one.
    Fork {
        /// Where this state goes on.
        now: u32,
        /// Where the other one does.
        later: u32,
        /// The other one.
        state: Box<State>,
    },
    /// Nowhere: the run is over.
    End,
}

/// What a step gives.
pub(crate) type Stepped = Result<Next, Box<Fail>>;

/// What steps share along all paths.
pub(crate) struct Machine<'a> {
    pub(crate) env: &'a Env<'a>,
    /// Where numbers came from.
    pub(crate) nodes: Nodes,
    /// What is exported.
    pub(crate) collector: Collector,
    next_id: u32,
}

impl<'a> Machine<'a> {
    /// A machine without a past.
    pub(crate) fn new(env: &'a Env<'a>, collector: Collector) -> Machine<'a> {
        // The first ids are those of the maps' direct values.
        let next_id = env.unit.maps.len() as u32 + 1;
        Machine { env, nodes: Nodes::new(), collector, next_id }
    }

    /// An id that nothing has yet.
    pub(crate) fn fresh_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Lends the collector to another machine.
    pub(crate) fn take_collector(&mut self) -> Collector {
        std::mem::replace(&mut self.collector, Collector::new(0, 0))
    }

    /// Records that a proof relies on a number.
    pub(crate) fn rely(&mut self, node: NodeId) {
        self.nodes.mark(node);
    }

    /// Moves `state` over the instruction at `at`.
    pub(crate) fn step(&mut self, state: &mut State, at: usize) -> Stepped {
        match self.env.unit.code.insns()[at] {
            Insn::Alu { op, width, dst, src } => self.alu(state, at, (op, width), dst, src)?,
            Insn::Unary { op, width, dst } => self.unary(state, op, width, dst),
            Insn::LoadImm { dst, value } => state.set(dst, Value::constant(value)),
            Insn::LoadRef { dst, target } => {
                let value = self.reference(target)?;
                state.set(dst, value);
            }
            Insn::Load { size, signed, dst, base, off } => {
                let value = self.load(state, at, (base, off), size)?;
                state.set(dst, self.extended(value, size, signed));
            }
            Insn::LoadAcquire { size, dst, base, off } => {
                let value = self.load(state, at, (base, off), size)?;
                state.set(dst, value);
            }
            Insn::Store { size, base, off, src } => self.store(state, at, (base, off), size, src)?,
            Insn::StoreRelease { size, base, off, src } => {
                self.store(state, at, (base, off), size, Operand::Reg(src))?;
            }
            Insn::Atomic { op, size, base, off, src } => self.atomic(state, at, op, size, (base, off), src)?,
            Insn::PacketLoad { size, .. } => return self.packet_load(state, at, size),
            Insn::Jump { target, .. } => return Ok(Next::Goto(target)),
            Insn::Branch { cond, width, dst, src, target } => {
                return self.branch(state, at, cond, width, (dst, src), target);
            }
            Insn::MayGoto { target } => {
                self.collector.converges();
                if fault!(62) {
                    return Ok(Next::Goto(target));
                }
                // Leaving first shows which numbers count, before those of the loop are widened.
                let mut on = Box::new(state.clone());
                let frame = on.frame_mut();
                frame.turns = frame.turns.saturating_add(1);
                return Ok(Next::Fork { now: target, later: at as u32 + 1, state: on });
            }
            Insn::Call(callee) => return self.call(state, at, callee),
            Insn::Exit => return self.exit(state),
            Insn::Poison(_) if fault!(112) => {
                (0..10).filter_map(Reg::new).for_each(|reg| state.set(reg, Value::unknown()));
            }
            Insn::Poison(_) => return bug("an unresolved reference was passed"),
        }
        Ok(Next::Fall)
    }

    fn reference(&mut self, target: Ref) -> Result<Value, Box<Fail>> {
        match target {
            Ref::Map(map) => Ok(Value::ptr(Region::MapPtr(map))),
            Ref::MapValue { map, off } => {
                let Ok(off) = i32::try_from(off) else {
                    return bug("an offset into a map value is too large");
                };
                Ok(Value { off, id: map + 1, ..Value::ptr(Region::MapValue(map)) })
            }
            Ref::Func(start) => Ok(Value::ptr(Region::Func(start))),
            Ref::Symbol(_) => bug("an unresolved symbol was passed"),
        }
    }
}
