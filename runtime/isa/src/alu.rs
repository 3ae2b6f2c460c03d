//! The operations and their one semantics (`eval`). Section numbers are those of RFC 9669; the bits and names of
//! each operation are in the table of `opcode.rs`.

/// Operation width of ALU and branch instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// The low 32 bits; an ALU result zero-extends.
    W32,
    /// All 64 bits.
    W64,
}

impl Width {
    /// Bits: 32 or 64.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Width::W32 => 32,
            Width::W64 => 64,
        }
    }

    /// Keeps the bits of this width.
    #[must_use]
    pub const fn truncate(self, v: u64) -> u64 {
        match self {
            Width::W32 => v as u32 as u64,
            Width::W64 => v,
        }
    }
}

/// Size of a memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// 1 byte.
    B,
    /// 2 bytes.
    H,
    /// 4 bytes.
    W,
    /// 8 bytes.
    DW,
}

impl Size {
    /// Bytes: 1, 2, 4 or 8.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Size::B => 1,
            Size::H => 2,
            Size::W => 4,
            Size::DW => 8,
        }
    }

    /// The size of that many bytes, if there is one.
    #[must_use]
    pub const fn from_bytes(bytes: u32) -> Option<Size> {
        match bytes {
            1 => Some(Size::B),
            2 => Some(Size::H),
            4 => Some(Size::W),
            8 => Some(Size::DW),
            _ => None,
        }
    }

    /// Keeps the bits of this size.
    #[must_use]
    pub const fn truncate(self, v: u64) -> u64 {
        match self {
            Size::B => v as u8 as u64,
            Size::H => v as u16 as u64,
            Size::W => v as u32 as u64,
            Size::DW => v,
        }
    }

    /// Sign-extends the bits of this size to 64.
    #[must_use]
    pub const fn sign_extend(self, v: u64) -> u64 {
        match self {
            Size::B => v as i8 as i64 as u64,
            Size::H => v as i16 as i64 as u64,
            Size::W => v as i32 as i64 as u64,
            Size::DW => v,
        }
    }
}

/// Two-operand arithmetic and moves (section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AluOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// Unsigned `/`; by zero gives 0.
    Div,
    /// Signed `/`; by zero gives 0, `MIN / -1` gives `MIN`.
    Sdiv,
    /// Unsigned `%`; by zero keeps the dividend.
    Mod,
    /// Signed `%` with the sign of the dividend; by zero keeps the dividend, `MIN % -1` gives 0.
    Smod,
    /// `|`
    Or,
    /// `&`
    And,
    /// `^`
    Xor,
    /// `<<`, the count masked to the width.
    Lsh,
    /// Logical `>>`, the count masked to the width.
    Rsh,
    /// Arithmetic `s>>`, the count masked to the width.
    Arsh,
    /// Move.
    Mov,
    /// Move of the low 8 bits, sign-extended to the width.
    Movsx8,
    /// Move of the low 16 bits, sign-extended to the width.
    Movsx16,
    /// Move of the low 32 bits, sign-extended to 64.
    Movsx32,
}

impl AluOp {
    /// Every operation.
    pub const ALL: [AluOp; 17] = [
        AluOp::Add,
        AluOp::Sub,
        AluOp::Mul,
        AluOp::Div,
        AluOp::Sdiv,
        AluOp::Mod,
        AluOp::Smod,
        AluOp::Or,
        AluOp::And,
        AluOp::Xor,
        AluOp::Lsh,
        AluOp::Rsh,
        AluOp::Arsh,
        AluOp::Mov,
        AluOp::Movsx8,
        AluOp::Movsx16,
        AluOp::Movsx32,
    ];

    /// `a op b` in the given width. `b` is the register's value, or the immediate sign-extended to 64 bits.
    #[must_use]
    pub const fn eval(self, width: Width, a: u64, b: u64) -> u64 {
        match width {
            Width::W64 => self.eval64(a, b),
            Width::W32 => self.eval32(a as u32, b as u32) as u64,
        }
    }

    const fn eval64(self, a: u64, b: u64) -> u64 {
        match self {
            AluOp::Add => a.wrapping_add(b),
            AluOp::Sub => a.wrapping_sub(b),
            AluOp::Mul => a.wrapping_mul(b),
            AluOp::Div => match a.checked_div(b) {
                Some(q) => q,
                None => 0,
            },
            AluOp::Sdiv => {
                if b == 0 {
                    0
                } else {
                    (a as i64).wrapping_div(b as i64) as u64
                }
            }
            AluOp::Mod => match a.checked_rem(b) {
                Some(r) => r,
                None => a,
            },
            AluOp::Smod => {
                if b == 0 {
                    a
                } else {
                    (a as i64).wrapping_rem(b as i64) as u64
                }
            }
            AluOp::Or => a | b,
            AluOp::And => a & b,
            AluOp::Xor => a ^ b,
            AluOp::Lsh => a.wrapping_shl(b as u32),
            AluOp::Rsh => a.wrapping_shr(b as u32),
            AluOp::Arsh => (a as i64).wrapping_shr(b as u32) as u64,
            AluOp::Mov => b,
            AluOp::Movsx8 => b as i8 as i64 as u64,
            AluOp::Movsx16 => b as i16 as i64 as u64,
            AluOp::Movsx32 => b as i32 as i64 as u64,
        }
    }

    const fn eval32(self, a: u32, b: u32) -> u32 {
        match self {
            AluOp::Add => a.wrapping_add(b),
            AluOp::Sub => a.wrapping_sub(b),
            AluOp::Mul => a.wrapping_mul(b),
            AluOp::Div => match a.checked_div(b) {
                Some(q) => q,
                None => 0,
            },
            AluOp::Sdiv => {
                if b == 0 {
                    0
                } else {
                    (a as i32).wrapping_div(b as i32) as u32
                }
            }
            AluOp::Mod => match a.checked_rem(b) {
                Some(r) => r,
                None => a,
            },
            AluOp::Smod => {
                if b == 0 {
                    a
                } else {
                    (a as i32).wrapping_rem(b as i32) as u32
                }
            }
            AluOp::Or => a | b,
            AluOp::And => a & b,
            AluOp::Xor => a ^ b,
            AluOp::Lsh => a.wrapping_shl(b),
            AluOp::Rsh => a.wrapping_shr(b),
            AluOp::Arsh => (a as i32).wrapping_shr(b) as u32,
            AluOp::Mov | AluOp::Movsx32 => b,
            AluOp::Movsx8 => b as i8 as i32 as u32,
            AluOp::Movsx16 => b as i16 as i32 as u32,
        }
    }
}

/// One-operand arithmetic (sections 4.1, 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// Two's complement negation.
    Neg,
    /// To little-endian: keeps the low 16 bits (the machine is little-endian).
    Le16,
    /// To little-endian: keeps the low 32 bits.
    Le32,
    /// To little-endian: nothing.
    Le64,
    /// To big-endian: swaps the low 16 bits, zeroes the rest.
    Be16,
    /// To big-endian: swaps the low 32 bits, zeroes the rest.
    Be32,
    /// To big-endian: swaps all 64 bits.
    Be64,
    /// Unconditional swap of the low 16 bits, zeroes the rest.
    Bswap16,
    /// Unconditional swap of the low 32 bits, zeroes the rest.
    Bswap32,
    /// Unconditional swap of all 64 bits.
    Bswap64,
}

impl UnaryOp {
    /// Every operation.
    pub const ALL: [UnaryOp; 10] = [
        UnaryOp::Neg,
        UnaryOp::Le16,
        UnaryOp::Le32,
        UnaryOp::Le64,
        UnaryOp::Be16,
        UnaryOp::Be32,
        UnaryOp::Be64,
        UnaryOp::Bswap16,
        UnaryOp::Bswap32,
        UnaryOp::Bswap64,
    ];

    /// `op a` in the given width (which matters for `Neg` alone).
    #[must_use]
    pub const fn eval(self, width: Width, a: u64) -> u64 {
        match self {
            UnaryOp::Neg => width.truncate(a.wrapping_neg()),
            UnaryOp::Le16 => a as u16 as u64,
            UnaryOp::Le32 => a as u32 as u64,
            UnaryOp::Le64 => a,
            UnaryOp::Be16 | UnaryOp::Bswap16 => (a as u16).swap_bytes() as u64,
            UnaryOp::Be32 | UnaryOp::Bswap32 => (a as u32).swap_bytes() as u64,
            UnaryOp::Be64 | UnaryOp::Bswap64 => a.swap_bytes(),
        }
    }
}

/// Comparisons of branches (section 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cond {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// Unsigned `>`
    Gt,
    /// Unsigned `>=`
    Ge,
    /// Unsigned `<`
    Lt,
    /// Unsigned `<=`
    Le,
    /// `&` is not zero
    Set,
    /// Signed `>`
    Sgt,
    /// Signed `>=`
    Sge,
    /// Signed `<`
    Slt,
    /// Signed `<=`
    Sle,
}

impl Cond {
    /// Every comparison.
    pub const ALL: [Cond; 11] = [
        Cond::Eq,
        Cond::Ne,
        Cond::Gt,
        Cond::Ge,
        Cond::Lt,
        Cond::Le,
        Cond::Set,
        Cond::Sgt,
        Cond::Sge,
        Cond::Slt,
        Cond::Sle,
    ];

    /// Whether `a cond b` holds in the given width. `b` is the register's value, or the immediate sign-extended.
    #[must_use]
    pub const fn eval(self, width: Width, a: u64, b: u64) -> bool {
        let (a, b) = (width.truncate(a), width.truncate(b));
        let (sa, sb) = match width {
            Width::W32 => (a as u32 as i32 as i64, b as u32 as i32 as i64),
            Width::W64 => (a as i64, b as i64),
        };
        match self {
            Cond::Eq => a == b,
            Cond::Ne => a != b,
            Cond::Gt => a > b,
            Cond::Ge => a >= b,
            Cond::Lt => a < b,
            Cond::Le => a <= b,
            Cond::Set => a & b != 0,
            Cond::Sgt => sa > sb,
            Cond::Sge => sa >= sb,
            Cond::Slt => sa < sb,
            Cond::Sle => sa <= sb,
        }
    }
}

/// Atomic read-modify-write operations (section 5.3). All are sequentially consistent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtomicOp {
    /// `+=`
    Add,
    /// `|=`
    Or,
    /// `&=`
    And,
    /// `^=`
    Xor,
    /// `+=`, the old value goes to `src`.
    FetchAdd,
    /// `|=`, the old value goes to `src`.
    FetchOr,
    /// `&=`, the old value goes to `src`.
    FetchAnd,
    /// `^=`, the old value goes to `src`.
    FetchXor,
    /// Exchange, the old value goes to `src`.
    Xchg,
    /// Stores `src` if memory equals `r0`; the old value goes to `r0`, zero-extended.
    Cmpxchg,
}

impl AtomicOp {
    /// Every operation.
    pub const ALL: [AtomicOp; 10] = [
        AtomicOp::Add,
        AtomicOp::Or,
        AtomicOp::And,
        AtomicOp::Xor,
        AtomicOp::FetchAdd,
        AtomicOp::FetchOr,
        AtomicOp::FetchAnd,
        AtomicOp::FetchXor,
        AtomicOp::Xchg,
        AtomicOp::Cmpxchg,
    ];

    /// Whether the old value is written to a register.
    #[must_use]
    pub const fn fetches(self) -> bool {
        !matches!(self, AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor)
    }

    /// The new memory value for old value `mem`, operand `src` and `r0` (used by `Cmpxchg`), all truncated to `size`.
    #[must_use]
    pub const fn eval(self, size: Size, mem: u64, src: u64, r0: u64) -> u64 {
        let (mem, src) = (size.truncate(mem), size.truncate(src));
        size.truncate(match self {
            AtomicOp::Add | AtomicOp::FetchAdd => mem.wrapping_add(src),
            AtomicOp::Or | AtomicOp::FetchOr => mem | src,
            AtomicOp::And | AtomicOp::FetchAnd => mem & src,
            AtomicOp::Xor | AtomicOp::FetchXor => mem ^ src,
            AtomicOp::Xchg => src,
            AtomicOp::Cmpxchg => {
                if mem == size.truncate(r0) {
                    src
                } else {
                    mem
                }
            }
        })
    }
}
