//! Calls: subprograms, helpers, callbacks, tail calls; and the way back.

use std::sync::Arc;

use stingless_abi::limits::MAY_GOTO_BUDGET;
use stingless_abi::{ArgKind, CallbackKind, Proto, TrapKind};
use stingless_isa::{Callee, Reg};
use stingless_verifier::Facts;

use crate::interp::memory::Memory;
use crate::interp::turn::{Caller, Turn};
use crate::interp::{Machine, Outcome, Site, Start, Stop};
use crate::sys::call::CallCx;
use crate::vm::{CallBack, Program, Trapped};

impl<M: Memory> Turn<'_, '_, M> {
    /// Makes a call; an outcome ends the activation.
    pub(crate) fn call(&mut self, callee: Callee) -> Result<Option<Outcome>, Stop> {
        match callee {
            Callee::Local(target) => self.call_local(target as usize).map(|()| None),
            Callee::Helper(id) => self.call_helper(id),
            Callee::Reg(reg) if self.program.proof().is_assumed() => self.call_helper(self.reg(reg) as u32),
            Callee::Reg(_) => Err(Stop::new(TrapKind::Poison, "a call through a register is never proved")),
            Callee::Kfunc(id) => Err(Stop::new(TrapKind::Poison, format!("kfunc {id} was never resolved"))),
            Callee::Symbol(id) => Err(Stop::new(TrapKind::Poison, format!("function {id} was never resolved"))),
        }
    }

    fn call_local(&mut self, target: usize) -> Result<(), Stop> {
        let [.., r6, r7, r8, r9, fp] = self.regs;
        let caller = Caller { back_to: self.pc + 1, saved: [r6, r7, r8, r9], fp, may_goto: self.may_goto };
        self.pc = target;
        let frame = self.frame()?;
        self.callers.push(caller);
        self.set(Reg::FP, frame.top);
        self.may_goto = MAY_GOTO_BUDGET;
        self.machine.mem.enter(self.site(), frame)
    }

    /// `exit`: back to the caller, or the end of the activation.
    pub(crate) fn exit(&mut self) -> Result<Option<Outcome>, Stop> {
        let r0 = self.reg(Reg::R0);
        if self.callers.is_empty() {
            self.pay()?;
            self.machine.mem.exit(self.site(), self.start, r0)?;
            return Ok(Some(Outcome::Exit(r0)));
        }
        let frame = self.machine.stack.pop();
        self.machine.mem.leave(frame);
        self.resume();
        Ok(None)
    }

    /// Goes on in the caller; its callee's frame is gone.
    fn resume(&mut self) {
        let Some(caller) = self.callers.pop() else { return };
        self.regs[6..10].copy_from_slice(&caller.saved);
        self.set(Reg::FP, caller.fp);
        self.may_goto = caller.may_goto;
        self.pc = caller.back_to;
    }

    fn call_helper(&mut self, id: u32) -> Result<Option<Outcome>, Stop> {
        let Some(row) = self.program.helper(id) else {
            return Err(Stop::new(TrapKind::Poison, format!("helper {id} is not there")));
        };
        let proto = self.program.unit().protos.get(id).map(|p| &**p);
        let [_, r1, r2, r3, r4, r5, ..] = self.regs;
        let mut args = [r1, r2, r3, r4, r5];
        if let Some(proto) = proto {
            let passed = Facts::passed(self.program.facts(), self.pc as u32, proto);
            for (register, number) in args.iter_mut().zip(passed) {
                *register = number.map_or(*register, u64::from);
            }
        }
        self.machine.mem.before_call(self.site(), proto, args)?;
        self.cx.set_at(self.pc);
        let r0 = if proto.is_some_and(|p| p.effects.tail_call) {
            if let Some(next) = self.cx.tail_call(r2, r3) {
                return self.tail_call(next, [r1, 0, 0, 0, 0]);
            }
            NO_TAIL_TARGET
        } else {
            let kind = proto.and_then(callback_kind);
            let mut back = Back { machine: self.machine, program: self.program, kind, site: self.pc };
            self.cx.call_helper(row, args, &mut back)?
        };
        self.machine.mem.after_call(self.site(), proto, args, r0)?;
        self.set(Reg::R0, r0);
        self.pc += 1;
        Ok(None)
    }

    /// Leaves the current frame for another program.
    fn tail_call(&mut self, next: Arc<Program>, args: [u64; 5]) -> Result<Option<Outcome>, Stop> {
        self.pay()?;
        if self.callers.is_empty() {
            return Ok(Some(Outcome::Tail(next, args)));
        }
        let frame = self.machine.stack.pop();
        self.machine.mem.leave(frame);
        let depth = self.cx.tail_depth() - 1;
        let r0 = self.machine.activate(self.cx, &next, 0, args, Start::Tail)?;
        self.cx.tail_return(depth);
        self.set(Reg::R0, r0);
        self.resume();
        Ok(None)
    }
}

/// `r0` after a tail call that falls through: what compiled code has there too, since `vm.tail_call` returned it.
const NO_TAIL_TARGET: u64 = 0;

/// How a helper calls back, if it does.
fn callback_kind(proto: &Proto) -> Option<CallbackKind> {
    proto.args.iter().find_map(|arg| match arg.kind {
        ArgKind::Callback(kind) => Some(kind),
        ArgKind::Anything
        | ArgKind::Optional
        | ArgKind::Scalar
        | ArgKind::ConstScalar
        | ArgKind::Ctx
        | ArgKind::CtxOrNull
        | ArgKind::MapValueOut { .. }
        | ArgKind::MapValueOrNull
        | ArgKind::Map(_)
        | ArgKind::MapKey
        | ArgKind::MapValue(_)
        | ArgKind::Mem { .. }
        | ArgKind::Len { .. }
        | ArgKind::ConstStr
        | ArgKind::CallbackCtx
        | ArgKind::Acquired(_)
        | ArgKind::HostObject(_)
        | ArgKind::SpinLock
        | ArgKind::Dynptr(_)
        | ArgKind::DynptrClone
        | ArgKind::LastingMem
        | ArgKind::Buffer
        | ArgKind::Text { .. }
        | ArgKind::Object { .. } => None,
    })
}

/// The interpreter while it waits for a helper: callbacks run here.
struct Back<'b, M> {
    machine: &'b mut Machine<M>,
    program: &'b Program,
    kind: Option<CallbackKind>,
    site: usize,
}

impl<M: Memory> CallBack for Back<'_, M> {
    fn call_back(&mut self, cx: &mut CallCx<'_>, entry: u64, args: [u64; 4]) -> Result<u64, Trapped> {
        let subs = self.program.unit().code.subprogs();
        let starts = subs.iter().any(|s| u64::from(s.start) == entry);
        let Some(kind) = self.kind.filter(|_| starts) else {
            return Err(cx.trap(TrapKind::Obligation, format!("{entry:#x} is no callback of the plugin")));
        };
        let [r1, r2, r3, r4] = args;
        let args = [r1, r2, r3, r4, 0];
        let site = Site { program: self.program, at: self.site };
        match self.machine.mem.callback(site, kind, args) {
            Ok(()) => self.machine.activate(cx, self.program, entry as usize, args, Start::Callback(kind)),
            Err(Stop::Pending(trapped)) => Err(trapped),
            Err(Stop::Raise(raise)) => Err(cx.trap(raise.0, raise.1)),
        }
    }
}
