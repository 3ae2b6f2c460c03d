//! Returns.

use stingless_isa::Reg;

use super::{Machine, Next, Stepped};
use crate::state::State;
use crate::value::Value;

impl Machine<'_> {
    pub(super) fn exit(&mut self, state: &mut State) -> Stepped {
        let r0 = *state.reg(Reg::R0);
        let Some(frame) = state.pop() else {
            if self.env.unit.hook.verdict.is_some() && !self.env.is_function {
                self.rely(r0.node);
            }
            return Ok(Next::End);
        };
        if frame.callback.is_some() {
            self.rely(r0.node);
            if frame.lent != 0 {
                state.end_loan(frame.lent);
            }
            // The helper may call back again, or return: the call is looked at once more.
            return Ok(Next::Goto(frame.call_site));
        }
        self.back(state, r0);
        Ok(Next::Goto(frame.call_site + 1))
    }

    /// What a caller finds after a call.
    pub(super) fn back(&mut self, state: &mut State, r0: Value) {
        if !fault!(32) {
            state.clear_args();
        }
        state.set(Reg::R0, r0);
    }
}
