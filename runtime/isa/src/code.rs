//! A run of instructions with its subprograms.

use crate::insn::Insn;

/// One subprogram: a half-open range of instructions. The first one of a [`Code`] is the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subprog {
    /// Index of the first instruction.
    pub start: u32,
    /// One past the last instruction.
    pub end: u32,
    /// The symbol's name; empty where none is known.
    pub name: String,
}

/// Instructions, indexed by instruction, with the subprograms they form.
///
/// Invariants, kept by [`Code::new`]: subprograms are sorted, not empty and cover all instructions; every jump
/// target, `Callee::Local` and `Ref::Func` is in range; local calls and function references name the start of a
/// subprogram; jumps stay in their subprogram; every subprogram ends with an instruction that does not fall through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    insns: Box<[Insn]>,
    slots: Box<[u32]>,
    subprogs: Box<[Subprog]>,
}

impl Code {
    /// The instructions.
    #[must_use]
    pub fn insns(&self) -> &[Insn] {
        &self.insns
    }

    /// How many instructions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.insns.len()
    }

    /// Never true: a program has at least one instruction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.insns.is_empty()
    }

    /// The subprograms in order of their start; the entry first.
    #[must_use]
    pub fn subprogs(&self) -> &[Subprog] {
        &self.subprogs
    }

    /// The 8-byte slot of an instruction, as Linux and clang count. `insn == len()` gives the total.
    #[must_use]
    pub fn slot_of(&self, insn: usize) -> u32 {
        self.slots[insn]
    }

    /// The instruction that starts at a slot, if one does.
    #[must_use]
    pub fn insn_at(&self, slot: u32) -> Option<usize> {
        self.slots.binary_search(&slot).ok().filter(|&i| i < self.insns.len())
    }

    /// Index of the subprogram that holds an instruction.
    #[must_use]
    pub fn subprog_of(&self, insn: usize) -> usize {
        self.subprogs.partition_point(|s| s.start as usize <= insn).saturating_sub(1)
    }
}

/// Why instructions do not form a [`Code`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeError {
    /// No instruction at all.
    Empty,
    /// A jump, call or function reference leaves the code, or lands where no instruction starts.
    TargetOutOfRange {
        /// Instruction that jumps.
        insn: u32,
        /// Instruction index it names.
        target: u32,
    },
    /// A jump crosses from one subprogram into another.
    JumpAcrossSubprogs {
        /// Instruction that jumps.
        insn: u32,
        /// Instruction index it names.
        target: u32,
    },
    /// A subprogram's last instruction is neither `exit` nor a jump.
    FallsThrough {
        /// The last instruction.
        insn: u32,
    },
    /// A given subprogram table is not sorted, starts late, has an empty range, or misses a call's target.
    BadSubprogs {
        /// Instruction index where it goes wrong.
        insn: u32,
    },
}

impl Code {
    /// Makes code of instructions, deriving subprograms from local calls and function references.
    ///
    /// # Errors
    /// Whatever breaks an invariant of [`Code`].
    pub fn new(insns: Vec<Insn>) -> Result<Code, CodeError> {
        let starts = Self::derived_starts(&insns)?;
        Self::with_subprogs(insns, starts.into_iter().map(|s| (s, String::new())).collect())
    }

    /// Makes code of instructions and the start and name of each subprogram.
    ///
    /// # Errors
    /// Whatever breaks an invariant of [`Code`].
    pub fn with_subprogs(insns: Vec<Insn>, starts: Vec<(u32, String)>) -> Result<Code, CodeError> {
        let len = insns.len() as u32;
        if len == 0 {
            return Err(CodeError::Empty);
        }
        let mut slots = Vec::with_capacity(insns.len() + 1);
        let mut slot = 0;
        for insn in &insns {
            slots.push(slot);
            slot += insn.slots();
        }
        slots.push(slot);
        let code = Code { subprogs: Self::ranges(starts, len)?.into(), slots: slots.into(), insns: insns.into() };
        code.check()?;
        Ok(code)
    }

    fn derived_starts(insns: &[Insn]) -> Result<Vec<u32>, CodeError> {
        let mut starts = vec![0];
        for (at, insn) in insns.iter().enumerate() {
            if let Some(target) = insn.callee_start() {
                if target as usize >= insns.len() {
                    return Err(CodeError::TargetOutOfRange { insn: at as u32, target });
                }
                starts.push(target);
            }
        }
        starts.sort_unstable();
        starts.dedup();
        Ok(starts)
    }

    fn ranges(starts: Vec<(u32, String)>, len: u32) -> Result<Vec<Subprog>, CodeError> {
        if starts.first().is_none_or(|s| s.0 != 0) {
            return Err(CodeError::BadSubprogs { insn: 0 });
        }
        let ends: Vec<u32> = starts.iter().skip(1).map(|s| s.0).chain([len]).collect();
        let mut out = Vec::with_capacity(starts.len());
        for ((start, name), end) in starts.into_iter().zip(ends) {
            if start >= end {
                return Err(CodeError::BadSubprogs { insn: start });
            }
            out.push(Subprog { start, end, name });
        }
        Ok(out)
    }

    fn check(&self) -> Result<(), CodeError> {
        for sub in &self.subprogs {
            for at in sub.start..sub.end {
                let insn = &self.insns[at as usize];
                if let Some(target) = insn.target() {
                    if target as usize >= self.insns.len() {
                        return Err(CodeError::TargetOutOfRange { insn: at, target });
                    }
                    if target < sub.start || target >= sub.end {
                        return Err(CodeError::JumpAcrossSubprogs { insn: at, target });
                    }
                }
                if let Some(target) = insn.callee_start() {
                    if target as usize >= self.insns.len() {
                        return Err(CodeError::TargetOutOfRange { insn: at, target });
                    }
                    if self.subprogs.binary_search_by_key(&target, |s| s.start).is_err() {
                        return Err(CodeError::BadSubprogs { insn: target });
                    }
                }
            }
            let last = sub.end - 1;
            if self.insns[last as usize].falls_through() {
                return Err(CodeError::FallsThrough { insn: last });
            }
        }
        Ok(())
    }
}

impl core::fmt::Display for CodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            CodeError::Empty => write!(f, "the program has no instruction"),
            CodeError::TargetOutOfRange { insn, target } => {
                write!(f, "instruction {insn} refers to instruction {target}, which does not exist")
            }
            CodeError::JumpAcrossSubprogs { insn, target } => {
                write!(f, "instruction {insn} jumps to instruction {target} of another function")
            }
            CodeError::FallsThrough { insn } => {
                write!(f, "the function's last instruction {insn} is neither exit nor a jump")
            }
            CodeError::BadSubprogs { insn } => {
                write!(f, "no function starts at instruction {insn}")
            }
        }
    }
}

impl std::error::Error for CodeError {}
