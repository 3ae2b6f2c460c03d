//! Assembler for the syntax of uBPF, in which the conformance suite is written: `ldxw %r0, [%r1+4]`, `jne32 %r1, 5, +2`.
//!
//! It exists for those files alone; plugins and the project's own tests use LLVM's syntax
//! ([`stingless_isa::assemble`]). Names and bits come from the instruction table of `stingless-isa`. `exit` is the
//! label of the first `exit` where no other is defined.

mod line;

use core::fmt;
use std::collections::BTreeMap;
use stingless_isa::{Code, CodeError, Insn};

/// What is wrong with which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
    /// Line of the given text, counted from 1; the last one where the program as a whole is wrong.
    pub line: usize,
    /// What is wrong.
    pub kind: AsmErrorKind,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsmErrorKind {
    /// No instruction has that name.
    Mnemonic(String),
    /// So many operands are wanted, so many are there.
    Operands {
        /// The instruction.
        mnemonic: String,
        /// Wanted.
        want: usize,
        /// Found.
        found: usize,
    },
    /// Something else should stand here.
    Expected {
        /// What should.
        want: &'static str,
        /// What does.
        found: String,
    },
    /// A label that is nowhere defined.
    UnknownLabel(String),
    /// A label that is defined twice.
    DuplicateLabel(String),
    /// A distance that leads to no instruction.
    NoSuchSlot(i64),
    /// The instructions do not form a program.
    Code(CodeError),
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AsmErrorKind as K;
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            K::Mnemonic(name) => write!(f, "there is no instruction `{name}`"),
            K::Operands { mnemonic, want, found } => {
                write!(f, "`{mnemonic}` takes {want} operands, found {found}")
            }
            K::Expected { want, found } => write!(f, "expected {want}, found `{found}`"),
            K::UnknownLabel(name) => write!(f, "label `{name}` is not defined"),
            K::DuplicateLabel(name) => write!(f, "label `{name}` is defined twice"),
            K::NoSuchSlot(slot) => write!(f, "no instruction starts at slot {slot}"),
            K::Code(err) => err.fmt(f),
        }
    }
}

impl std::error::Error for AsmError {}

/// Where a jump or call goes.
enum Goal {
    Label(String),
    /// Slots from the next one.
    Relative(i64),
}

struct Fixup {
    insn: usize,
    line: usize,
    goal: Goal,
}

/// Assembles a program; subprograms have no names.
///
/// # Errors
/// The first line that is no instruction or goes nowhere, and what breaks an invariant of [`Code`].
pub fn assemble(text: &str) -> Result<Code, AsmError> {
    let mut insns: Vec<Insn> = Vec::new();
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    let mut fixups = Vec::new();
    let mut first_exit = None;
    let mut last = 1;
    for (at, full) in text.lines().enumerate() {
        let line = at + 1;
        let fail = |kind| AsmError { line, kind };
        let text = full.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        last = line;
        if let Some(name) = text.strip_suffix(':') {
            if labels.insert(name.to_owned(), insns.len()).is_some() {
                return Err(fail(AsmErrorKind::DuplicateLabel(name.to_owned())));
            }
            continue;
        }
        let (insn, goal) = line::parse(text).map_err(fail)?;
        if insn == Insn::Exit {
            first_exit.get_or_insert(insns.len());
        }
        fixups.extend(goal.map(|goal| Fixup { insn: insns.len(), line, goal }));
        insns.push(insn);
    }
    if let Some(at) = first_exit {
        labels.entry("exit".to_owned()).or_insert(at);
    }
    resolve(&mut insns, fixups, &labels)?;
    Code::new(insns).map_err(|err| AsmError { line: last, kind: AsmErrorKind::Code(err) })
}

/// Puts instruction indices where labels and distances stood.
fn resolve(insns: &mut [Insn], fixups: Vec<Fixup>, labels: &BTreeMap<String, usize>) -> Result<(), AsmError> {
    let mut next = 0;
    let mut slots = Vec::with_capacity(insns.len());
    for insn in &*insns {
        slots.push(next);
        next += i64::from(insn.slots());
    }
    for Fixup { insn, line, goal } in fixups {
        let found = match goal {
            Goal::Label(name) => labels.get(&name).copied().ok_or(AsmErrorKind::UnknownLabel(name)),
            Goal::Relative(distance) => {
                let slot = slots[insn] + 1 + distance;
                slots.binary_search(&slot).map_err(|_| AsmErrorKind::NoSuchSlot(slot))
            }
        };
        let index = found.map_err(|kind| AsmError { line, kind })?;
        if let Some(target) = insns[insn].index_mut() {
            *target = index as u32;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::assemble;

    #[test]
    fn the_same_program_in_both_syntaxes() {
        let ubpf = "
            lddw %r1, 0x1122334455667788   # comment
            mov32 %r2, 0xffffffff
            stxdw [%r10-8], %r1
            lock fetch add32 [%r10-8], %r2
            lock cmpxchg [%r10 - 8], %r1
            lock xor [%r10-8], %r1
            ldxsw %r3, [%r10-8]
            stb [%r10-1], 0x12
            movsx832 %r3, %r2
            movsx3264 %r3, %r2
            sdiv %r3, -3
            swap16 %r3
            be32 %r3
            neg32 %r3
            jsgt32 %r3, 5, +1
            jset %r3, %r2, exit
            call local func
            call 5
            call %r2
            ja32 out
            out:
            exit
            func:
            exit";
        let llvm = "
            r1 = 0x1122334455667788 ll
            w2 = 0xffffffff
            *(u64 *)(r10 - 8) = r1
            w2 = atomic_fetch_add((u32 *)(r10 - 8), w2)
            r0 = cmpxchg_64(r10 - 8, r0, r1)
            lock *(u64 *)(r10 - 8) ^= r1
            r3 = *(s32 *)(r10 - 8)
            *(u8 *)(r10 - 1) = 0x12
            w3 = (s8)w2
            r3 = (s32)r2
            r3 s/= -3
            r3 = bswap16 r3
            r3 = be32 r3
            w3 = -w3
            if w3 s> 5 goto +1
            if r3 & r2 goto .Lexit
            call .Lfunc
            call 5
            callx r2
            gotol .Lexit
            .Lexit: exit
            .Lfunc: exit";
        assert_eq!(assemble(ubpf).unwrap(), stingless_isa::assemble(llvm).unwrap());
    }

    #[test]
    fn bad_lines_are_refused_by_number() {
        let cases = [
            ("mov32 %r0, 2147483648\nexit", "line 1: expected a decimal number of 32 bits, found `2147483648`"),
            ("mov32 %r0, 0x100000000\nexit", "line 1: expected a hexadecimal number of 32 bits, found `0x100000000`"),
            ("exit\nja nowhere", "line 2: label `nowhere` is not defined"),
            ("ldxq %r0, [%r1]", "line 1: there is no instruction `ldxq`"),
            ("ldxsdw %r0, [%r1]", "line 1: there is no instruction `ldxsdw`"),
            ("ldxb %r0, %r1", "line 1: expected an address such as [%r1+8], found `%r1`"),
            ("ldxb %r0, [%r1+0x10000]", "line 1: expected an offset of 16 bits, found `+0x10000`"),
            ("lddw %r0", "line 1: `lddw` takes 2 operands, found 1"),
            ("exit 1", "line 1: `exit` takes 0 operands, found 1"),
            ("or %r0, %r50", "line 1: expected a register %r0 to %r10, found `%r50`"),
            ("lock or [%r10-8]", "line 1: `lock or` takes 2 operands, found 1"),
            ("lock", "line 1: there is no instruction `lock`"),
            ("lock fetch xchg [%r10-8], %r1", "line 1: there is no instruction `lock fetch xchg`"),
            ("movsx832 %r0, 5", "line 1: expected a register %r0 to %r10, found `5`"),
            ("ja +3\nexit", "line 1: no instruction starts at slot 4"),
            ("a:\na:\nexit", "line 2: label `a` is defined twice"),
            ("mov %r0, 1", "line 1: the function's last instruction 0 is neither exit nor a jump"),
        ];
        for (text, want) in cases {
            assert_eq!(assemble(text).unwrap_err().to_string(), want, "{text}");
        }
    }
}
