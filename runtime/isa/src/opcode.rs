//! The one table: operation <-> bits <-> name <-> C operator. Decoder, encoder, assembler, disassembler and every
//! name printed elsewhere read it; nobody writes an opcode twice. Section numbers are those of RFC 9669.

use crate::alu::{AluOp, AtomicOp, Cond, Size, UnaryOp, Width};

/// Instruction classes, the low three bits (section 3.2).
pub(crate) mod class {
    pub(crate) const MASK: u8 = 0x07;
    pub(crate) const LD: u8 = 0x00;
    pub(crate) const LDX: u8 = 0x01;
    pub(crate) const ST: u8 = 0x02;
    pub(crate) const STX: u8 = 0x03;
    pub(crate) const ALU: u8 = 0x04;
    pub(crate) const JMP: u8 = 0x05;
    pub(crate) const JMP32: u8 = 0x06;
    pub(crate) const ALU64: u8 = 0x07;
}

/// The source bit of ALU and jump instructions: set when the operand is a register (section 4).
pub(crate) const SRC_REG: u8 = 0x08;
/// The four operation bits of ALU and jump instructions (section 4).
pub(crate) const OP_MASK: u8 = 0xf0;
/// The two size bits of loads and stores (section 5).
pub(crate) const SIZE_MASK: u8 = 0x18;
/// The three mode bits of loads and stores (section 5).
pub(crate) const MODE_MASK: u8 = 0xe0;

/// Modes of loads and stores (section 5).
pub(crate) mod mode {
    pub(crate) const IMM: u8 = 0x00;
    pub(crate) const ABS: u8 = 0x20;
    pub(crate) const IND: u8 = 0x40;
    pub(crate) const MEM: u8 = 0x60;
    pub(crate) const MEMSX: u8 = 0x80;
    pub(crate) const ATOMIC: u8 = 0xc0;
}

/// Negation (section 4.1).
pub(crate) const NEG: u8 = 0x80;
/// Byte swaps (section 4.2).
pub(crate) const END: u8 = 0xd0;

/// `lddw`, the 64-bit immediate in two slots (section 5.4).
pub(crate) const LDDW: u8 = mode::IMM | 0x18 | class::LD;
/// `goto`, 16-bit offset (section 4.3).
pub(crate) const JA: u8 = class::JMP;
/// `gotol`, 32-bit offset in `imm` (section 4.3).
pub(crate) const JA32: u8 = class::JMP32;
/// `call` (section 4.3.1).
pub(crate) const CALL: u8 = 0x80 | class::JMP;
/// Call of the function in a register: clang emits it, no standard defines it.
pub(crate) const CALLX: u8 = 0x80 | SRC_REG | class::JMP;
/// `exit` (section 4.3).
pub(crate) const EXIT: u8 = 0x90 | class::JMP;
/// `may_goto` when `src_reg` is 0 (Linux `BPF_JCOND`, `BPF_MAY_GOTO`).
pub(crate) const JCOND: u8 = 0xe0 | class::JMP;

/// `src_reg` of `lddw` (section 5.4 and Linux `BPF_PSEUDO_*`).
pub(crate) mod pseudo {
    pub(crate) const NUMBER: u8 = 0;
    pub(crate) const MAP_FD: u8 = 1;
    pub(crate) const MAP_VALUE: u8 = 2;
    pub(crate) const FUNC: u8 = 4;
    pub(crate) const MAP_IDX: u8 = 5;
    pub(crate) const MAP_IDX_VALUE: u8 = 6;
    /// `src_reg` of `call` (section 4.3.1).
    pub(crate) const CALL_HELPER: u8 = 0;
    pub(crate) const CALL_LOCAL: u8 = 1;
    pub(crate) const CALL_KFUNC: u8 = 2;
}

/// `imm` of an atomic load with acquire order (Linux 6.15, LLVM 21; all four sizes).
pub(crate) const LOAD_ACQ: i32 = 0x100;
/// `imm` of an atomic store with release order.
pub(crate) const STORE_REL: i32 = 0x110;

/// An arithmetic operation: `bits | source | class`, with `off` telling the signed and extending forms apart.
pub(crate) struct AluRow {
    pub(crate) op: AluOp,
    pub(crate) bits: u8,
    pub(crate) off: i16,
    name: &'static str,
    sign: &'static str,
}

const fn alu(op: AluOp, bits: u8, off: i16, name: &'static str, sign: &'static str) -> AluRow {
    AluRow { op, bits, off, name, sign }
}

/// Section 4.1. A sign goes before `=`; that of a sign-extending move is the type it casts from.
pub(crate) const ALU: [AluRow; 17] = [
    alu(AluOp::Add, 0x00, 0, "add", "+"),
    alu(AluOp::Sub, 0x10, 0, "sub", "-"),
    alu(AluOp::Mul, 0x20, 0, "mul", "*"),
    alu(AluOp::Div, 0x30, 0, "div", "/"),
    alu(AluOp::Sdiv, 0x30, 1, "sdiv", "s/"),
    alu(AluOp::Mod, 0x90, 0, "mod", "%"),
    alu(AluOp::Smod, 0x90, 1, "smod", "s%"),
    alu(AluOp::Or, 0x40, 0, "or", "|"),
    alu(AluOp::And, 0x50, 0, "and", "&"),
    alu(AluOp::Xor, 0xa0, 0, "xor", "^"),
    alu(AluOp::Lsh, 0x60, 0, "lsh", "<<"),
    alu(AluOp::Rsh, 0x70, 0, "rsh", ">>"),
    alu(AluOp::Arsh, 0xc0, 0, "arsh", "s>>"),
    alu(AluOp::Mov, 0xb0, 0, "mov", ""),
    alu(AluOp::Movsx8, 0xb0, 8, "movsx8", "s8"),
    alu(AluOp::Movsx16, 0xb0, 16, "movsx16", "s16"),
    alu(AluOp::Movsx32, 0xb0, 32, "movsx32", "s32"),
];

impl AluOp {
    pub(crate) const fn row(self) -> &'static AluRow {
        &ALU[self as usize]
    }

    /// The name, as RFC 9669 spells it in lower case: `add`, `sdiv`, `movsx8`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The C operator (`+`, `s/`), empty for `mov`, the source type (`s8`) for sign-extending moves.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        self.row().sign
    }

    /// The operation of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<AluOp> {
        ALU.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// Whether this is one of the sign-extending moves.
    #[must_use]
    pub const fn is_movsx(self) -> bool {
        matches!(self, AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32)
    }

    /// Whether the encoding has this operation in that width with that kind of operand: sign-extending moves take
    /// a register only, and the one from 32 bits exists in 64 bits only (section 4.1).
    #[must_use]
    pub const fn exists(self, width: Width, register: bool) -> bool {
        match self {
            AluOp::Movsx8 | AluOp::Movsx16 => register,
            AluOp::Movsx32 => register && matches!(width, Width::W64),
            AluOp::Add
            | AluOp::Sub
            | AluOp::Mul
            | AluOp::Div
            | AluOp::Sdiv
            | AluOp::Mod
            | AluOp::Smod
            | AluOp::Or
            | AluOp::And
            | AluOp::Xor
            | AluOp::Lsh
            | AluOp::Rsh
            | AluOp::Arsh
            | AluOp::Mov => true,
        }
    }
}

/// A one-operand operation. `width` is the only class a byte swap is encoded in; negation has both.
pub(crate) struct UnaryRow {
    pub(crate) op: UnaryOp,
    pub(crate) bits: u8,
    pub(crate) width: Option<Width>,
    pub(crate) imm: i32,
    name: &'static str,
}

const fn swap(op: UnaryOp, source: u8, width: Width, imm: i32, name: &'static str) -> UnaryRow {
    UnaryRow { op, bits: END | source, width: Some(width), imm, name }
}

/// Sections 4.1 (negation) and 4.2 (byte swaps; `bits` holds the source bit, which names the byte order).
pub(crate) const UNARY: [UnaryRow; 10] = [
    UnaryRow { op: UnaryOp::Neg, bits: NEG, width: None, imm: 0, name: "neg" },
    swap(UnaryOp::Le16, 0, Width::W32, 16, "le16"),
    swap(UnaryOp::Le32, 0, Width::W32, 32, "le32"),
    swap(UnaryOp::Le64, 0, Width::W32, 64, "le64"),
    swap(UnaryOp::Be16, SRC_REG, Width::W32, 16, "be16"),
    swap(UnaryOp::Be32, SRC_REG, Width::W32, 32, "be32"),
    swap(UnaryOp::Be64, SRC_REG, Width::W32, 64, "be64"),
    swap(UnaryOp::Bswap16, 0, Width::W64, 16, "bswap16"),
    swap(UnaryOp::Bswap32, 0, Width::W64, 32, "bswap32"),
    swap(UnaryOp::Bswap64, 0, Width::W64, 64, "bswap64"),
];

impl UnaryOp {
    pub(crate) const fn row(self) -> &'static UnaryRow {
        &UNARY[self as usize]
    }

    /// The name: `neg`, `be16`, `bswap32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The operation of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<UnaryOp> {
        UNARY.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// The class a byte swap is encoded in; `None` for negation, which exists in both.
    #[must_use]
    pub const fn class_width(self) -> Option<Width> {
        self.row().width
    }
}

/// A comparison.
pub(crate) struct CondRow {
    pub(crate) op: Cond,
    pub(crate) bits: u8,
    name: &'static str,
    sign: &'static str,
}

const fn cond(op: Cond, bits: u8, name: &'static str, sign: &'static str) -> CondRow {
    CondRow { op, bits, name, sign }
}

/// Section 4.3.
pub(crate) const COND: [CondRow; 11] = [
    cond(Cond::Eq, 0x10, "jeq", "=="),
    cond(Cond::Ne, 0x50, "jne", "!="),
    cond(Cond::Gt, 0x20, "jgt", ">"),
    cond(Cond::Ge, 0x30, "jge", ">="),
    cond(Cond::Lt, 0xa0, "jlt", "<"),
    cond(Cond::Le, 0xb0, "jle", "<="),
    cond(Cond::Set, 0x40, "jset", "&"),
    cond(Cond::Sgt, 0x60, "jsgt", "s>"),
    cond(Cond::Sge, 0x70, "jsge", "s>="),
    cond(Cond::Slt, 0xc0, "jslt", "s<"),
    cond(Cond::Sle, 0xd0, "jsle", "s<="),
];

impl Cond {
    pub(crate) const fn row(self) -> &'static CondRow {
        &COND[self as usize]
    }

    /// The name: `jeq`, `jsgt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The C operator, with `s` before it for signed comparisons.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        self.row().sign
    }

    /// The comparison of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Cond> {
        COND.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// The comparison of that [`sign`](Self::sign).
    #[must_use]
    pub fn from_sign(sign: &str) -> Option<Cond> {
        COND.iter().find(|row| row.sign == sign).map(|row| row.op)
    }
}

/// An atomic read-modify-write.
pub(crate) struct AtomicRow {
    pub(crate) op: AtomicOp,
    pub(crate) imm: i32,
    name: &'static str,
    sign: &'static str,
}

const fn atomic(op: AtomicOp, imm: i32, name: &'static str, sign: &'static str) -> AtomicRow {
    AtomicRow { op, imm, name, sign }
}

/// Section 5.3. Operations without a C operator are written as functions.
pub(crate) const ATOMIC: [AtomicRow; 10] = [
    atomic(AtomicOp::Add, 0x00, "add", "+"),
    atomic(AtomicOp::Or, 0x40, "or", "|"),
    atomic(AtomicOp::And, 0x50, "and", "&"),
    atomic(AtomicOp::Xor, 0xa0, "xor", "^"),
    atomic(AtomicOp::FetchAdd, 0x01, "fetch_add", ""),
    atomic(AtomicOp::FetchOr, 0x41, "fetch_or", ""),
    atomic(AtomicOp::FetchAnd, 0x51, "fetch_and", ""),
    atomic(AtomicOp::FetchXor, 0xa1, "fetch_xor", ""),
    atomic(AtomicOp::Xchg, 0xe1, "xchg", ""),
    atomic(AtomicOp::Cmpxchg, 0xf1, "cmpxchg", ""),
];

impl AtomicOp {
    pub(crate) const fn row(self) -> &'static AtomicRow {
        &ATOMIC[self as usize]
    }

    /// The name: `add`, `fetch_add`, `cmpxchg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The C operator; empty where there is none (every fetching form).
    #[must_use]
    pub const fn sign(self) -> &'static str {
        self.row().sign
    }

    /// The operation of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<AtomicOp> {
        ATOMIC.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// The operation of that [`sign`](Self::sign).
    #[must_use]
    pub fn from_sign(sign: &str) -> Option<AtomicOp> {
        ATOMIC.iter().find(|row| !row.sign.is_empty() && row.sign == sign).map(|row| row.op)
    }
}

/// The size of a memory access.
pub(crate) struct SizeRow {
    pub(crate) size: Size,
    pub(crate) bits: u8,
    suffix: &'static str,
    unsigned: &'static str,
    signed: &'static str,
}

const fn size(size: Size, bits: u8, suffix: &'static str, unsigned: &'static str, signed: &'static str) -> SizeRow {
    SizeRow { size, bits, suffix, unsigned, signed }
}

/// Section 5.
pub(crate) const SIZE: [SizeRow; 4] = [
    size(Size::B, 0x10, "b", "u8", "s8"),
    size(Size::H, 0x08, "h", "u16", "s16"),
    size(Size::W, 0x00, "w", "u32", "s32"),
    size(Size::DW, 0x18, "dw", "u64", "s64"),
];

impl Size {
    /// Every size, the smallest first.
    pub const ALL: [Size; 4] = [Size::B, Size::H, Size::W, Size::DW];

    pub(crate) const fn row(self) -> &'static SizeRow {
        &SIZE[self as usize]
    }

    pub(crate) fn from_opcode(opcode: u8) -> Option<Size> {
        SIZE.iter().find(|row| row.bits == opcode & SIZE_MASK).map(|row| row.size)
    }

    /// The suffix of the size in RFC 9669's names: `b`, `h`, `w`, `dw`.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        self.row().suffix
    }

    /// The size of that [`suffix`](Self::suffix).
    #[must_use]
    pub fn from_suffix(suffix: &str) -> Option<Size> {
        SIZE.iter().find(|row| row.suffix == suffix).map(|row| row.size)
    }

    /// The C type: `u8` .. `u64`, or `s8` .. `s64`.
    #[must_use]
    pub const fn c_type(self, signed: bool) -> &'static str {
        if signed { self.row().signed } else { self.row().unsigned }
    }

    /// The size of a [C type](Self::c_type), and whether it is signed.
    #[must_use]
    pub fn from_c_type(name: &str) -> Option<(Size, bool)> {
        let row = SIZE.iter().find(|row| row.unsigned == name || row.signed == name)?;
        Some((row.size, row.signed == name))
    }
}

impl Width {
    /// Both widths.
    pub const ALL: [Width; 2] = [Width::W32, Width::W64];

    pub(crate) const fn alu_class(self) -> u8 {
        match self {
            Width::W32 => class::ALU,
            Width::W64 => class::ALU64,
        }
    }

    pub(crate) const fn jmp_class(self) -> u8 {
        match self {
            Width::W32 => class::JMP32,
            Width::W64 => class::JMP,
        }
    }

    /// The letter before a register's number in assembly: `w` or `r`.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Width::W32 => 'w',
            Width::W64 => 'r',
        }
    }
}

/// `row()` indexes by discriminant, so each table must list its operations in the order of their enum.
const _: () = {
    let mut i = 0;
    while i < 17 {
        assert!(ALU[i].op as usize == i);
        assert!(i >= 10 || UNARY[i].op as usize == i && ATOMIC[i].op as usize == i);
        assert!(i >= 11 || COND[i].op as usize == i);
        assert!(i >= 4 || SIZE[i].size as usize == i);
        i += 1;
    }
};
