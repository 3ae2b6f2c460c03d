//! Random programs that end, touch only what they may, and put everything they compute into memory and R0: what engines are
//! compared on.
//!
//! `r0`..`r7` hold numbers, `r8` counts the turns of the loop round the body, `r9` points to the memory of [`MEM`] bytes.

use stingless_isa::{AluOp, AtomicOp, Callee, Code, Cond, Insn, Operand, Reg, Size, UnaryOp, Width};

/// Bytes of memory that a program is to be given.
pub const MEM: usize = 256;
/// Bytes at the start of the memory that bodies touch; the registers go behind.
const AREA: u64 = 128;
/// Registers that hold numbers.
const NUMBERS: u8 = 8;
/// Slots of 8 bytes that bodies touch on the stack.
const SLOTS: u64 = 8;
const TURNS: i32 = 3;

/// A sequence of numbers that a seed determines (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A constant of one of the shapes that matter: small, at an edge, any.
    pub fn constant(&mut self) -> u64 {
        let any = self.bits();
        match self.below(4) {
            0 => any % 70,
            1 => self.pick(&[u64::MAX, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 63, (1 << 63) - 1, u32::MAX.into()]),
            2 => any as i32 as u64,
            _ => any,
        }
    }
}

fn reg(n: u8) -> Reg {
    Reg::new(n).unwrap_or(Reg::R0)
}

fn mov(dst: u8, src: Operand) -> Insn {
    Insn::Alu { op: AluOp::Mov, width: Width::W64, dst: reg(dst), src }
}

fn store(base: Reg, off: i16, src: Operand) -> Insn {
    Insn::Store { size: Size::DW, base, off, src }
}

/// The random program of a seed. The same seed gives the same program everywhere.
///
/// # Panics
/// If the generator makes what is no program, which would be its bug.
#[must_use]
pub fn program(seed: u64) -> Code {
    let mut random = Random::new(seed);
    let mut insns = vec![mov(9, Operand::Reg(Reg::R1)), mov(8, Operand::Imm(TURNS))];
    for n in 0..NUMBERS {
        insns.push(Insn::LoadImm { dst: reg(n), value: random.constant() });
    }
    for slot in 1..=SLOTS as i16 {
        insns.push(store(Reg::FP, -8 * slot, Operand::Reg(reg(random.below(8) as u8))));
    }
    let start = insns.len();
    let items = 8 + random.below(40) as usize;
    let mut begins = Vec::new();
    for _ in 0..items {
        begins.push(insns.len() as u32);
        item(&mut random, &mut insns);
    }
    begins.push(insns.len() as u32);
    aim(&mut random, &mut insns[start..], start, &begins);
    insns.push(Insn::Alu { op: AluOp::Sub, width: Width::W64, dst: reg(8), src: Operand::Imm(1) });
    let (cond, width) = (Cond::Ne, Width::W64);
    insns.push(Insn::Branch { cond, width, dst: reg(8), src: Operand::Imm(0), target: start as u32 });
    epilogue(&mut insns);
    let sub = insns.len() as u32;
    for insn in &mut insns {
        if let Insn::Call(callee) = insn {
            *callee = Callee::Local(sub);
        }
    }
    subprogram(&mut random, &mut insns);
    Code::new(insns).unwrap_or_else(|e| panic!("seed {seed}: {e}"))
}

/// One thing that a body does. Jumps get their targets later, calls theirs at the end.
fn item(random: &mut Random, insns: &mut Vec<Insn>) {
    let (dst, src) = (reg(random.below(8) as u8), reg(random.below(8) as u8));
    let width = random.pick(&[Width::W32, Width::W64]);
    let insn = match random.below(16) {
        0..=5 => alu(random, width, dst, src),
        6 => unary(random, width, dst),
        7 => Insn::LoadImm { dst, value: random.constant() },
        8 | 9 => memory(random, dst, src),
        10 => atomic(random, src),
        11..=13 => {
            let src = if random.below(2) == 0 { Operand::Reg(src) } else { Operand::Imm(random.constant() as i32) };
            Insn::Branch { cond: random.pick(&Cond::ALL), width, dst, src, target: 0 }
        }
        14 => Insn::MayGoto { target: 0 },
        _ => {
            insns.push(Insn::Call(Callee::Local(0)));
            // The call spoilt these.
            let spoilt = (1..=5).map(|n| Insn::LoadImm { dst: reg(n), value: random.constant() });
            insns.extend(spoilt.collect::<Vec<_>>());
            return;
        }
    };
    insns.push(insn);
}

fn alu(random: &mut Random, width: Width, dst: Reg, src: Reg) -> Insn {
    let op = random.pick(&AluOp::ALL);
    let width = if op == AluOp::Movsx32 { Width::W64 } else { width };
    let moves = matches!(op, AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32);
    let src = if moves || random.below(3) != 0 { Operand::Reg(src) } else { Operand::Imm(random.constant() as i32) };
    Insn::Alu { op, width, dst, src }
}

/// Byte swaps have the width of the class that they are encoded in.
fn unary(random: &mut Random, width: Width, dst: Reg) -> Insn {
    let op = random.pick(&UnaryOp::ALL);
    let width = match op {
        UnaryOp::Neg => width,
        UnaryOp::Le16 | UnaryOp::Le32 | UnaryOp::Le64 | UnaryOp::Be16 | UnaryOp::Be32 | UnaryOp::Be64 => Width::W32,
        UnaryOp::Bswap16 | UnaryOp::Bswap32 | UnaryOp::Bswap64 => Width::W64,
    };
    Insn::Unary { op, width, dst }
}

/// A place in the area or on the stack, aligned to the size where that is asked for.
fn place(random: &mut Random, size: Size, aligned: bool) -> (Reg, i16) {
    let bytes = u64::from(size.bytes());
    let (base, low, span) =
        if random.below(2) == 0 { (reg(9), 0, AREA) } else { (Reg::FP, -8 * SLOTS as i16, 8 * SLOTS) };
    let step = if aligned { bytes } else { 1 };
    (base, low + (random.below((span - bytes) / step + 1) * step) as i16)
}

fn memory(random: &mut Random, dst: Reg, src: Reg) -> Insn {
    let size = random.pick(&[Size::B, Size::H, Size::W, Size::DW]);
    let ordered = random.below(8) == 0;
    let (base, off) = place(random, size, ordered);
    match (random.below(2), ordered) {
        (0, false) => Insn::Load { size, signed: size != Size::DW && random.below(3) == 0, dst, base, off },
        (0, true) => Insn::LoadAcquire { size, dst, base, off },
        (_, true) => Insn::StoreRelease { size, base, off, src },
        (_, false) => {
            let src = if random.below(3) == 0 { Operand::Imm(random.constant() as i32) } else { Operand::Reg(src) };
            Insn::Store { size, base, off, src }
        }
    }
}

fn atomic(random: &mut Random, src: Reg) -> Insn {
    let size = random.pick(&[Size::W, Size::DW]);
    let (base, off) = place(random, size, true);
    Insn::Atomic { op: random.pick(&AtomicOp::ALL), size, base, off, src }
}

/// Lets the jumps of a body go ahead to where an item begins.
fn aim(random: &mut Random, body: &mut [Insn], start: usize, begins: &[u32]) {
    for (at, insn) in body.iter_mut().enumerate() {
        let ahead = begins.partition_point(|&b| b as usize <= start + at);
        let to = begins[ahead..][random.below((begins.len() - ahead).min(6) as u64) as usize];
        if let Insn::Branch { target, .. } | Insn::MayGoto { target } = insn {
            *target = to;
        }
    }
}

/// Registers and stack go behind the area, and all of it into R0.
fn epilogue(insns: &mut Vec<Insn>) {
    for n in 0..NUMBERS {
        insns.push(store(reg(9), AREA as i16 + 8 * i16::from(n), Operand::Reg(reg(n))));
    }
    for slot in 1..=SLOTS as i16 {
        insns.push(Insn::Load { size: Size::DW, signed: false, dst: reg(1), base: Reg::FP, off: -8 * slot });
        insns.push(store(reg(9), AREA as i16 + 64 + 8 * (slot - 1), Operand::Reg(reg(1))));
        insns.push(Insn::Alu { op: AluOp::Mul, width: Width::W64, dst: reg(0), src: Operand::Imm(31) });
        insns.push(Insn::Alu { op: AluOp::Add, width: Width::W64, dst: reg(0), src: Operand::Reg(reg(1)) });
    }
    insns.push(Insn::Exit);
}

/// A function of `r1`..`r5` that uses the registers it must give back, and a frame of its own.
fn subprogram(random: &mut Random, insns: &mut Vec<Insn>) {
    insns.push(mov(0, Operand::Imm(random.bits() as i32)));
    for n in 6..=9 {
        insns.push(mov(n, Operand::Reg(reg(n - 5))));
    }
    insns.push(store(Reg::FP, -8, Operand::Reg(Reg::R5)));
    for n in (1..=9).chain([5, 0]) {
        let insn = alu(random, Width::W64, reg(0), reg(n));
        insns.push(insn);
    }
    insns.push(Insn::Load { size: Size::DW, signed: false, dst: reg(1), base: Reg::FP, off: -8 });
    insns.push(Insn::Alu { op: AluOp::Xor, width: Width::W64, dst: reg(0), src: Operand::Reg(reg(1)) });
    insns.push(Insn::Exit);
}
