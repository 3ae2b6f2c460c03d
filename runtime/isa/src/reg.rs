//! Registers.

use core::fmt;

/// A BPF register. Always in `0..=10`, so indexing a register file of eleven cannot fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

impl Reg {
    /// Return value.
    pub const R0: Reg = Reg(0);
    /// First argument; the context at entry.
    pub const R1: Reg = Reg(1);
    /// Second argument.
    pub const R2: Reg = Reg(2);
    /// Third argument.
    pub const R3: Reg = Reg(3);
    /// Fourth argument.
    pub const R4: Reg = Reg(4);
    /// Fifth argument.
    pub const R5: Reg = Reg(5);
    /// First register that calls preserve.
    pub const R6: Reg = Reg(6);
    /// Preserved across calls.
    pub const R7: Reg = Reg(7);
    /// Preserved across calls.
    pub const R8: Reg = Reg(8);
    /// Preserved across calls.
    pub const R9: Reg = Reg(9);
    /// Read-only frame pointer: one past the highest byte of the frame.
    pub const FP: Reg = Reg(10);
    /// How many registers there are.
    pub const COUNT: usize = 11;
    /// The five argument registers in order.
    pub const ARGS: [Reg; 5] = [Reg(1), Reg(2), Reg(3), Reg(4), Reg(5)];

    /// Returns `None` for an encoding that names no register (11..=15).
    #[must_use]
    pub const fn new(raw: u8) -> Option<Reg> {
        if raw <= 10 { Some(Reg(raw)) } else { None }
    }

    /// The register's number, always below [`Reg::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The four bits that name this register in an instruction.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// All registers, `r0` to `r10`.
    pub fn all() -> impl Iterator<Item = Reg> {
        (0..=10).map(Reg)
    }
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
