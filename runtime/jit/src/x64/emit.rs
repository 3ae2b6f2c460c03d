//! The text being written: labels, literals, constants, what goes out of line.

use std::collections::HashMap;

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use stingless_abi::TrapKind;
use stingless_isa::{Operand, Reg};

use crate::CompileError;
use crate::blob::{CallSite, CodeBlob, Reloc, Site, Target};
use crate::machine::Origin;
use crate::plan::Plan;
use crate::x64::entry::Layout;

/// `rax`: BPF `r0`.
pub(super) const RAX: u8 = 0;
/// `rcx`: BPF `r4`, and the shift count.
pub(super) const RCX: u8 = 1;
/// `rdx`: BPF `r3`, and the upper half of dividends.
pub(super) const RDX: u8 = 2;
/// `rsi`: BPF `r2`.
pub(super) const RSI: u8 = 6;
/// `rdi`: BPF `r1`.
pub(super) const RDI: u8 = 7;
/// Scratch outside of calls.
pub(super) const R9: u8 = 9;
/// Scratch.
pub(super) const R10: u8 = 10;
/// Scratch.
pub(super) const R11: u8 = 11;

/// The machine register of each BPF register.
const MACHINE: [u8; Reg::COUNT] = [RAX, RDI, RSI, RDX, RCX, 8, 3, 13, 14, 15, 5];

/// The machine register that holds a BPF register.
pub(super) fn machine(reg: Reg) -> u8 {
    MACHINE[reg.index()]
}

/// A second operand, ready for an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Src {
    /// A machine register.
    Reg(u8),
    /// An immediate that may stand in the code.
    Imm(i32),
}

/// Out-of-line code: a budget was used up.
pub(super) struct Cold {
    /// Where it begins.
    pub(super) start: DynamicLabel,
    /// Where it goes on afterwards.
    pub(super) back: DynamicLabel,
    /// The instruction that was charged.
    pub(super) insn: u32,
}

/// One program's text under way.
pub(crate) struct X64 {
    pub(super) ops: VecAssembler<X64Relocation>,
    /// Labels of instructions that are jumped to.
    pub(super) labels: Vec<Option<DynamicLabel>>,
    /// Labels of subprograms' first bytes.
    pub(super) subs: Vec<DynamicLabel>,
    /// Labels of the entries of subprograms that are called back.
    pub(super) callbacks: Vec<Option<DynamicLabel>>,
    /// The frame of the current subprogram.
    pub(super) layout: Layout,
    pub(super) cold: Vec<Cold>,
    /// The shared slow path of deadline checks, once something needs it.
    pub(super) check: Option<DynamicLabel>,
    pub(super) offsets: Vec<u32>,
    /// Offset of the first subprogram.
    pub(super) tail_entry: u32,
    literals: Vec<(Target, DynamicLabel)>,
    literal_of: HashMap<Target, DynamicLabel>,
    calls: Vec<CallSite>,
    sites: Vec<Site>,
}

impl X64 {
    pub(super) fn with_plan(plan: &Plan) -> X64 {
        let mut ops = VecAssembler::new(0);
        // A label at most every few instructions, some ten bytes each: reserving saves the growing.
        ops.reserve_ops(plan.targets.len() * 12);
        let labels = plan.targets.iter().map(|&t| t.then(|| ops.new_dynamic_label())).collect();
        let subs = plan.frames.iter().map(|_| ops.new_dynamic_label()).collect();
        let callbacks = plan.callbacks.iter().map(|&c| c.then(|| ops.new_dynamic_label())).collect();
        X64 {
            ops,
            labels,
            subs,
            callbacks,
            layout: Layout::default(),
            cold: Vec::new(),
            check: None,
            offsets: Vec::with_capacity(plan.targets.len()),
            tail_entry: 0,
            literals: Vec::new(),
            literal_of: HashMap::new(),
            calls: Vec::new(),
            sites: Vec::new(),
        }
    }

    /// Bytes so far. [`X64::assemble`] refuses texts for which this wraps.
    pub(super) fn offset(&self) -> u32 {
        self.ops.offset().0 as u32
    }

    /// The label of an instruction that is jumped to.
    pub(super) fn label(&mut self, insn: u32) -> DynamicLabel {
        let ops = &mut self.ops;
        *self.labels[insn as usize].get_or_insert_with(|| ops.new_dynamic_label())
    }

    /// The label of the 8-byte literal that holds a target.
    pub(super) fn literal(&mut self, target: Target) -> DynamicLabel {
        if let Some(&label) = self.literal_of.get(&target) {
            return label;
        }
        let label = self.ops.new_dynamic_label();
        self.literal_of.insert(target, label);
        self.literals.push((target, label));
        label
    }

    /// The address just written is a return address that traps may be looked up by.
    pub(super) fn site(&mut self, insn: u32, trap: Option<TrapKind>) {
        let at = self.offset();
        self.sites.push(Site { at, insn, trap });
    }

    /// Puts a constant into a register. The one door for constants that have a register of their own.
    pub(super) fn constant(&mut self, dst: u8, value: u64, _origin: Origin) {
        if value == 0 {
            dynasm!(self.ops; .arch x64; xor Rd(dst), Rd(dst));
        } else if let Ok(v) = u32::try_from(value) {
            dynasm!(self.ops; .arch x64; mov Rd(dst), v as i32);
        } else if let Ok(v) = i32::try_from(value as i64) {
            dynasm!(self.ops; .arch x64; mov Rq(dst), DWORD v);
        } else {
            dynasm!(self.ops; .arch x64; mov Rq(dst), QWORD value as i64);
        }
    }

    /// The second operand of an instruction. The one door for a program's immediates that stand in instructions: whoever
    /// must not let one into the code puts it into `scratch` here.
    pub(super) fn operand(&mut self, src: Operand, _scratch: u8) -> Src {
        match src {
            Operand::Reg(reg) => Src::Reg(machine(reg)),
            Operand::Imm(imm) => Src::Imm(imm),
        }
    }

    /// Loads a literal that publishing fills in.
    pub(super) fn load_literal(&mut self, dst: u8, target: Target) {
        let label = self.literal(target);
        dynasm!(self.ops; .arch x64; mov Rq(dst), [=>label]);
    }

    /// Calls what a literal holds.
    pub(super) fn call_literal(&mut self, target: Target) {
        let label = self.literal(target);
        self.calls.push(CallSite { at: self.offset(), target });
        dynasm!(self.ops; .arch x64; call QWORD [=>label]);
    }

    pub(super) fn ud2(&mut self) {
        dynasm!(self.ops; .arch x64; ud2);
    }

    pub(super) fn ret(&mut self) {
        dynasm!(self.ops; .arch x64; ret);
    }

    /// Marks the target of an indirect branch (`endbr64`).
    pub(super) fn endbr(&mut self) {
        dynasm!(self.ops; .arch x64; .bytes [0xf3, 0x0f, 0x1e, 0xfa]);
    }

    /// Fills with `int3` up to the next multiple of 16.
    pub(super) fn pad(&mut self) {
        self.ops.align(16, 0xcc);
    }

    /// Slow paths, entries, literals; then the blob.
    pub(super) fn assemble(mut self, plan: &Plan) -> Result<CodeBlob, CompileError> {
        let entry = self.put_entries(plan);
        self.put_check();
        self.ops.align(8, 0xcc);
        let mut relocs = Vec::with_capacity(self.literals.len());
        for (target, label) in std::mem::take(&mut self.literals) {
            relocs.push(Reloc { at: self.offset(), target });
            self.ops.dynamic_label(label);
            self.ops.extend([0; 8]);
        }
        if i32::try_from(self.ops.offset().0).is_err() {
            return Err(CompileError::TooLarge);
        }
        let X64 { ops, tail_entry, calls, sites, offsets, .. } = self;
        let text = ops.finalize().map_err(|e| CompileError::Assembler { message: e.to_string() })?;
        Ok(CodeBlob { text, entry, tail_entry, relocs, calls, sites, stack_bytes: 0, offsets })
    }
}
