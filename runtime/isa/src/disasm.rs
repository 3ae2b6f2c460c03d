//! Instructions to text, in the syntax of LLVM's BPF back end.
//!
//! What LLVM has no words for (references to maps by index, kfuncs by id, symbols, poison) is written as
//! `name[index]`; the assembler reads all of it back.

use crate::alu::{AluOp, AtomicOp, Size, UnaryOp, Width};
use crate::code::Code;
use crate::insn::{Callee, Insn, Operand, Ref};
use crate::reg::Reg;
use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

/// A whole program as text that [`assemble`](crate::assemble) turns into the same code: one instruction a line, labels
/// before what is jumped to. A subprogram keeps its name if it is a label, not taken yet, and does not begin with
/// `.L`; places without a name are called `.L` and their slot.
#[must_use]
pub fn disasm(code: &Code) -> String {
    let labels = labels(code);
    let called: BTreeSet<u32> = code.insns().iter().filter_map(Insn::callee_start).collect();
    let label = |target: u32| labels.get(&target).cloned().unwrap_or_default();
    let mut out = String::new();
    for (at, insn) in code.insns().iter().enumerate() {
        let at = at as u32;
        if let Some(name) = labels.get(&at) {
            let starts = code.subprogs().binary_search_by_key(&at, |sub| sub.start).is_ok();
            if starts && at != 0 && !called.contains(&at) {
                out.push_str(&format!(".type {name},@function\n"));
            }
            out.push_str(&format!("{name}:\n"));
        }
        out.push_str("    ");
        let written = write_insn(&mut out, insn, &label);
        debug_assert!(written.is_ok(), "a String takes all text");
        out.push('\n');
    }
    out
}

/// One instruction of a program, its targets relative to the next slot (`goto +3`), as LLVM prints them.
///
/// # Panics
/// If `at` is not below `code.len()`.
#[must_use]
pub fn disasm_insn(code: &Code, at: usize) -> String {
    let next = i64::from(code.slot_of(at)) + 1;
    let mut out = String::new();
    let relative = |target: u32| format!("{:+}", i64::from(code.slot_of(target as usize)) - next);
    let written = write_insn(&mut out, &code.insns()[at], &relative);
    debug_assert!(written.is_ok(), "a String takes all text");
    out
}

/// The name of every place that is a subprogram's start or jumped to.
fn labels(code: &Code) -> BTreeMap<u32, String> {
    let mut labels = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for sub in code.subprogs() {
        let usable = is_label(&sub.name) && !sub.name.starts_with(".L") && taken.insert(sub.name.as_str());
        if usable {
            labels.insert(sub.start, sub.name.clone());
        }
    }
    let unnamed = code.subprogs().iter().skip(1).map(|sub| sub.start);
    for place in unnamed.chain(code.insns().iter().filter_map(Insn::target)).chain(
        // A function reference to the entry needs a label there too.
        code.insns().iter().filter_map(Insn::callee_start),
    ) {
        labels.entry(place).or_insert_with(|| format!(".L{}", code.slot_of(place as usize)));
    }
    labels
}

/// Whether the assembler reads this as one word.
fn is_label(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(word)
}

/// A register with the letter of its width, or an immediate.
struct Op(Width, Operand);

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Operand::Reg(reg) => write!(f, "{}{}", self.0.letter(), reg.bits()),
            Operand::Imm(imm) => write!(f, "{imm}"),
        }
    }
}

const fn reg(width: Width, reg: Reg) -> Op {
    Op(width, Operand::Reg(reg))
}

/// `(r1 + 8)`.
struct Address(Reg, i16);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.1 < 0 { '-' } else { '+' };
        write!(f, "({} {sign} {})", self.0, self.1.unsigned_abs())
    }
}

/// Registers of less than 8 bytes are written `w` where LLVM does.
const fn width_of(size: Size) -> Width {
    if matches!(size, Size::DW) { Width::W64 } else { Width::W32 }
}

/// Writes one instruction; `target` gives the text of an instruction index that is jumped to, called or referred to.
/// Of a text that begins with a sign, calls and references make `pc+3`.
///
/// # Errors
/// Those of `out`.
pub fn write_insn(out: &mut dyn fmt::Write, insn: &Insn, target: &dyn Fn(u32) -> String) -> fmt::Result {
    match *insn {
        Insn::Alu { op, width, dst, src } => write_alu(out, op, width, dst, src),
        Insn::Unary { op: UnaryOp::Neg, width, dst } => {
            let dst = reg(width, dst);
            write!(out, "{dst} = -{dst}")
        }
        Insn::Unary { op, width: _, dst } => write!(out, "{dst} = {} {dst}", op.name()),
        Insn::LoadImm { dst, value } => write!(out, "{dst} = {value} ll"),
        Insn::LoadRef { dst, target: what } => write_ref(out, dst, what, target),
        Insn::Load { size, signed, dst, base, off } => {
            write!(out, "{dst} = *({} *){}", size.c_type(signed), Address(base, off))
        }
        Insn::Store { size, base, off, src } => {
            write!(out, "*({} *){} = {}", size.c_type(false), Address(base, off), Op(Width::W64, src))
        }
        Insn::Atomic { op, size, base, off, src } => write_atomic(out, op, size, Address(base, off), src),
        Insn::LoadAcquire { size, dst, base, off } => {
            let dst = reg(width_of(size), dst);
            write!(out, "{dst} = load_acquire(({} *){})", size.c_type(false), Address(base, off))
        }
        Insn::StoreRelease { size, base, off, src } => {
            let src = reg(width_of(size), src);
            write!(out, "store_release(({} *){}, {src})", size.c_type(false), Address(base, off))
        }
        Insn::PacketLoad { size, index: None, off } => write!(out, "r0 = *({} *)skb[{off}]", size.c_type(false)),
        Insn::PacketLoad { size, index: Some(index), off } => match off {
            0 => write!(out, "r0 = *({} *)skb[{index}]", size.c_type(false)),
            off if off < 0 => {
                write!(out, "r0 = *({} *)skb[{index} - {}]", size.c_type(false), off.unsigned_abs())
            }
            off => write!(out, "r0 = *({} *)skb[{index} + {off}]", size.c_type(false)),
        },
        Insn::Jump { target: to, long } => write!(out, "{} {}", if long { "gotol" } else { "goto" }, target(to)),
        Insn::Branch { cond, width, dst, src, target: to } => {
            write!(out, "if {} {} {} goto {}", reg(width, dst), cond.sign(), Op(width, src), target(to))
        }
        Insn::MayGoto { target: to } => write!(out, "may_goto {}", target(to)),
        Insn::Call(callee) => write_call(out, callee, target),
        Insn::Exit => out.write_str("exit"),
        Insn::Poison(reason) => write!(out, "poison[{reason}]"),
    }
}

fn write_alu(out: &mut dyn fmt::Write, op: AluOp, width: Width, dst: Reg, src: Operand) -> fmt::Result {
    let (dst, src) = (reg(width, dst), Op(width, src));
    if op.is_movsx() { write!(out, "{dst} = ({}){src}", op.sign()) } else { write!(out, "{dst} {}= {src}", op.sign()) }
}

fn write_atomic(out: &mut dyn fmt::Write, op: AtomicOp, size: Size, at: Address, src: Reg) -> fmt::Result {
    let width = width_of(size);
    let (src, r0, c_type, bits) = (reg(width, src), reg(width, Reg::R0), size.c_type(false), size.bytes() * 8);
    // LLVM spells the 32-bit exchanges `xchg32_32`, the 64-bit ones `xchg_64`.
    let width_name = if size == Size::DW { "_64".to_owned() } else { format!("{bits}_{bits}") };
    let inner = format!("{} {} {}", at.0, if at.1 < 0 { '-' } else { '+' }, at.1.unsigned_abs());
    match op {
        AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => {
            write!(out, "lock *({c_type} *){at} {}= {src}", op.sign())
        }
        AtomicOp::FetchAdd | AtomicOp::FetchOr | AtomicOp::FetchAnd | AtomicOp::FetchXor => {
            write!(out, "{src} = atomic_{}(({c_type} *){at}, {src})", op.name())
        }
        AtomicOp::Xchg => write!(out, "{src} = xchg{width_name}({inner}, {src})"),
        AtomicOp::Cmpxchg => write!(out, "{r0} = cmpxchg{width_name}({inner}, {r0}, {src})"),
    }
}

/// A label, or `pc+3`: a bare number would be a helper.
fn place(text: String) -> String {
    if text.starts_with(['+', '-']) { format!("pc{text}") } else { text }
}

fn write_ref(out: &mut dyn fmt::Write, dst: Reg, what: Ref, target: &dyn Fn(u32) -> String) -> fmt::Result {
    match what {
        Ref::Map(map) => write!(out, "{dst} = map[{map}] ll"),
        Ref::MapValue { map, off } => write!(out, "{dst} = map[{map}][{off}] ll"),
        Ref::Func(func) => write!(out, "{dst} = func {} ll", place(target(func))),
        Ref::Symbol(symbol) => write!(out, "{dst} = symbol[{symbol}] ll"),
    }
}

fn write_call(out: &mut dyn fmt::Write, callee: Callee, target: &dyn Fn(u32) -> String) -> fmt::Result {
    match callee {
        Callee::Helper(id) => write!(out, "call {}", id as i32),
        Callee::Kfunc(id) => write!(out, "call kfunc[{id}]"),
        Callee::Local(func) => write!(out, "call {}", place(target(func))),
        Callee::Symbol(symbol) => write!(out, "call symbol[{symbol}]"),
        Callee::Reg(reg) => write!(out, "callx {reg}"),
    }
}
