//! The seam between what is compiled and the machine it is compiled for.

use stingless_abi::TrapKind;
use stingless_isa::{AluOp, AtomicOp, Cond, Operand, Reg, Size, UnaryOp, Width};

use crate::blob::{CodeBlob, Target};
use crate::plan::{Frame, Plan};
use crate::{CompileError, Options};

/// Where a memory operand lies, context accesses lowered already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mem {
    pub(crate) base: Reg,
    pub(crate) off: i32,
    pub(crate) size: Size,
}

/// Steps to subtract from the budget, for the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Instructions that may have run since the last charge, or may run until the next.
    pub(crate) steps: u32,
    /// The instruction to name when the budget is used up.
    pub(crate) insn: u32,
}

/// A jump's destination, and what a back-edge pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Goto {
    pub(crate) target: u32,
    pub(crate) charge: Option<Charge>,
}

/// A comparison of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compare {
    pub(crate) cond: Cond,
    pub(crate) width: Width,
    pub(crate) dst: Reg,
    pub(crate) src: Operand,
}

/// A call of a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HelperCall {
    pub(crate) insn: u32,
    pub(crate) id: u32,
    /// It may trap: store `at` first.
    pub(crate) may_trap: bool,
    /// Its row has an environment: store it first.
    pub(crate) env: bool,
    /// Numbers to pass, by argument register.
    pub(crate) passed: [Option<u32>; 5],
}

/// `LD_ABS` and `LD_IND` in native terms: `r6` points to a context with pointers to the packet's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketLoad {
    pub(crate) size: Size,
    pub(crate) index: Option<Reg>,
    pub(crate) off: i32,
    /// Native offset of the pointer to the first byte.
    pub(crate) data: i32,
    /// Native offset of the pointer past the last byte.
    pub(crate) data_end: i32,
}

/// Who chose a constant: a plugin's are blinded where the host asks for it, the compiler's own are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An immediate of the program.
    Plugin,
    /// An index, a kind, a layout's offset.
    Compiler,
}

/// What a machine must be able to do: one method per class of instruction, called in the order of the code.
///
/// A machine decides registers and encodings and nothing else: which accesses are the context's, which code is dead, where
/// deadlines are charged and who can trap is decided before.
pub(crate) trait Machine: Sized {
    /// Native bytes of an entry down to the first frame.
    const ENTRY_BYTES: u32;
    /// Native bytes that a frame needs below itself to call something that is not a subprogram.
    const CALL_BYTES: u32;

    /// Native bytes of a frame, its return address included.
    fn frame_bytes(frame: &Frame) -> u32;

    /// An empty text for a program.
    fn new(plan: &Plan, options: &Options) -> Self;
    /// Starts a subprogram: label and prologue. The first one is what tail calls jump to.
    fn begin(&mut self, sub: usize, frame: &Frame, charge: Option<Charge>);
    /// Ends a subprogram: what was put out of line.
    fn end(&mut self);
    /// The next instruction begins here.
    fn bind(&mut self, insn: u32);

    /// `nonzero` says that `src` is known not to be zero in that width.
    fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand, nonzero: bool);
    fn unary(&mut self, op: UnaryOp, width: Width, dst: Reg);
    fn load_imm(&mut self, dst: Reg, value: u64, origin: Origin);
    /// Loads a literal that publishing fills in.
    fn load_target(&mut self, dst: Reg, target: Target);
    /// Loads the address of a subprogram's entry for callbacks.
    fn load_func(&mut self, dst: Reg, sub: usize);

    fn load(&mut self, dst: Reg, mem: Mem, signed: bool);
    fn store(&mut self, mem: Mem, src: Operand);
    fn load_acquire(&mut self, dst: Reg, mem: Mem);
    fn store_release(&mut self, mem: Mem, src: Reg);
    fn atomic(&mut self, op: AtomicOp, mem: Mem, src: Reg);
    fn packet_load(&mut self, load: PacketLoad);

    fn jump(&mut self, to: Goto);
    fn branch(&mut self, compare: Compare, to: Goto);
    fn may_goto(&mut self, to: Goto);

    fn call_helper(&mut self, call: HelperCall);
    fn call_local(&mut self, sub: usize);
    /// Calls the helper whose number is in a register; any other number traps.
    fn call_reg(&mut self, insn: u32, reg: Reg, helpers: &[HelperCall]);
    fn tail_call(&mut self, insn: u32);
    fn exit(&mut self);
    fn trap(&mut self, insn: u32, kind: TrapKind);
    /// Code that a proof says is never reached: stops the process if it is.
    fn unreachable(&mut self);

    /// Entries, literals, and the bytes.
    fn finish(self, plan: &Plan) -> Result<CodeBlob, CompileError>;
}
