//! Entries with their landings, prologues and epilogues.
//!
//! ```text
//! entry that can trap            frame of a subprogram with r10, may_goto or tail calls
//!   return address                 return address
//!   rbp rbx r12 r13 r14 r15        rbp of the caller
//!   previous entry_sp            <- rbp = r10
//!   landing        <- entry_sp     BPF stack
//!   (alignment)                    may_goto counter, r1 across a tail call's look-up
//!   return address of the body     saved registers of r6..=r9
//! ```
//! Bodies preserve `rbx rbp r12..r15`, so a body is at the same time what tail calls jump to, what subprograms call and, for
//! a program that never needs its `VmCtx`, the entry for hosts.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use stingless_abi::{limits, vmctx};
use stingless_isa::Reg;

use crate::machine::Charge;
use crate::plan::{Frame, Plan};
use crate::x64::emit::{X64, machine};

/// Native bytes of an entry with a landing: return address, six registers, previous `entry_sp`, landing, alignment.
pub(super) const ENTRY_BYTES: u32 = 8 + 6 * 8 + 8 + 8 + 8;

/// Where things stand in a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// `rbp` is set up; else registers are pushed.
    rbp: bool,
    /// Bytes below `rbp`, or of alignment.
    size: i32,
    /// Saved machine registers; offset from `rbp` where that is set up.
    saves: Vec<(u8, i32)>,
    /// Offset of the hidden counter from `rbp`.
    pub(super) may_goto: i32,
    /// Offset of the saved `r1` from `rbp`.
    pub(super) tail_ctx: i32,
}

impl Layout {
    pub(super) fn new(frame: &Frame) -> Layout {
        let rbp = frame.fp || frame.may_goto || frame.tail_call;
        let mut below = frame.stack as i32;
        let mut slot = |wanted: bool| {
            below += if wanted { 8 } else { 0 };
            -below
        };
        let may_goto = slot(frame.may_goto);
        let tail_ctx = slot(frame.tail_call);
        let saves: Vec<(u8, i32)> = frame.saves.iter().map(|&r: &Reg| (machine(r), slot(rbp))).collect();
        let odd_pushes = saves.len() % 2 == 1;
        let size = if rbp {
            (below as u32).next_multiple_of(16) as i32
        } else if frame.calls && !odd_pushes {
            8
        } else {
            0
        };
        Layout { rbp, size, saves, may_goto, tail_ctx }
    }

    /// Bytes of the frame, the return address and the caller's `rbp` included.
    pub(super) fn bytes(&self) -> u32 {
        let pushed = if self.rbp { 8 } else { 8 * self.saves.len() as u32 };
        8 + pushed + self.size as u32
    }
}

impl X64 {
    pub(super) fn prologue(&mut self, sub: usize, frame: &Frame, charge: Option<Charge>) {
        self.layout = Layout::new(frame);
        self.pad();
        let label = self.subs[sub];
        self.ops.dynamic_label(label);
        if sub == 0 {
            self.tail_entry = self.offset();
            self.endbr();
        }
        let Layout { rbp, size, saves, may_goto, .. } = self.layout.clone();
        if rbp {
            dynasm!(self.ops; .arch x64; push rbp; mov rbp, rsp);
        }
        for &(reg, _) in saves.iter().filter(|_| !rbp) {
            dynasm!(self.ops; .arch x64; push Rq(reg));
        }
        if size > 0 {
            dynasm!(self.ops; .arch x64; sub rsp, DWORD size);
        }
        for &(reg, off) in saves.iter().filter(|_| rbp) {
            dynasm!(self.ops; .arch x64; mov QWORD [rbp + off], Rq(reg));
        }
        if frame.zero && frame.stack > 0 {
            self.zero_stack(frame.stack);
        }
        if frame.may_goto {
            dynasm!(self.ops; .arch x64; mov QWORD [rbp + may_goto], DWORD limits::MAY_GOTO_BUDGET as i32);
        }
        if let Some(charge) = charge {
            self.pay(charge);
        }
    }

    fn zero_stack(&mut self, bytes: u32) {
        let again = self.ops.new_dynamic_label();
        dynasm!(self.ops; .arch x64
            ; lea r10, [rbp - bytes as i32]
            ; =>again
            ; mov QWORD [r10], 0
            ; add r10, 8
            ; cmp r10, rbp
            ; jne =>again
        );
    }

    /// Gives the frame back; `rax` and the argument registers stay.
    pub(super) fn leave(&mut self) {
        let Layout { rbp, size, saves, .. } = self.layout.clone();
        if rbp {
            for &(reg, off) in &saves {
                dynasm!(self.ops; .arch x64; mov Rq(reg), QWORD [rbp + off]);
            }
            dynasm!(self.ops; .arch x64; leave);
            return;
        }
        if size > 0 {
            dynasm!(self.ops; .arch x64; add rsp, DWORD size);
        }
        for &(reg, _) in saves.iter().rev() {
            dynasm!(self.ops; .arch x64; pop Rq(reg));
        }
    }

    /// The address of a subprogram's entry, as helpers call it.
    pub(super) fn emit_load_func(&mut self, dst: Reg, sub: usize) {
        let ops = &mut self.ops;
        let entry = *self.callbacks[sub].get_or_insert_with(|| ops.new_dynamic_label());
        dynasm!(self.ops; .arch x64; lea Rq(machine(dst)), [=>entry]);
    }

    /// Entries for hosts and for helpers that call back; gives the offset of the former.
    pub(super) fn put_entries(&mut self, plan: &Plan) -> u32 {
        for sub in 0..self.subs.len() {
            if let Some(label) = self.callbacks[sub] {
                self.pad();
                self.ops.dynamic_label(label);
                self.put_entry(self.subs[sub], plan.traps);
            }
        }
        if !plan.uses_vm {
            return self.tail_entry;
        }
        self.pad();
        let entry = self.offset();
        self.put_entry(self.subs[0], plan.traps);
        entry
    }

    fn put_entry(&mut self, body: DynamicLabel, landing: bool) {
        self.endbr();
        if landing {
            self.put_landing(body);
        } else {
            dynasm!(self.ops; .arch x64; push r12; mov r12, r9; call =>body; pop r12; ret);
        }
    }

    /// The frame that `stingless_abi::vmctx` describes. A trap arrives at the landing with `r12` set and everything below
    /// `entry_sp` gone; a normal exit drops the landing's address and falls into it.
    fn put_landing(&mut self, body: DynamicLabel) {
        let landing = self.ops.new_dynamic_label();
        dynasm!(self.ops; .arch x64
            ; push rbp
            ; push rbx
            ; push r12
            ; push r13
            ; push r14
            ; push r15
            ; mov r12, r9
            ; push QWORD [r12 + vmctx::ENTRY_SP]
            ; lea r10, [=>landing]
            ; push r10
            ; mov QWORD [r12 + vmctx::ENTRY_SP], rsp
            ; sub rsp, 8
            ; call =>body
            ; add rsp, 16
            ; =>landing
            ; pop QWORD [r12 + vmctx::ENTRY_SP]
            ; pop r15
            ; pop r14
            ; pop r13
            ; pop r12
            ; pop rbx
            ; pop rbp
            ; ret
        );
    }
}
