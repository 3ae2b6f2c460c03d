//! Every opcode on every kind of pointer: programs that get such a pointer and do one thing with it, now and then at a place
//! that is wrong by a hair.

use stingless_isa::{AluOp, AtomicOp, Code, Cond, Insn, Operand, Reg, Size, UnaryOp, Width, assemble};

use crate::random::Random;

/// Programs for a hook that leave a pointer in `r7` and numbers in `r0`, `r3`, `r4`, and go on at the placeholder. The maps
/// are those of `fragments::maps`.
const POINTERS: [(&str, &str, &str); 7] = [
    ("xdp", "r7 = r10\nr7 += -40\n", ""),
    ("xdp", "r7 = *(u32 *)(r6 + 0)\nr2 = *(u32 *)(r6 + 4)\nr1 = r7\nr1 += 16\nif r1 > r2 goto out\n", ""),
    ("xdp", "r1 = map[0] ll\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto out\nr7 = r0\n", ""),
    (
        "xdp",
        "r1 = map[2] ll\nr2 = 16\nr3 = 0\ncall 131\nif r0 == 0 goto out\nr7 = r0\nr1 = 0\n*(u64 *)(r7 + 0) = r1\n\
         *(u64 *)(r7 + 8) = r1\n",
        "r1 = r7\nr2 = 0\ncall 132\n",
    ),
    (
        "xdp",
        "r1 = map[0] ll\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto out\nr7 = r0\ncall 7\nif r0 > 9 goto here\nr7 = r10\n\
         r7 += -40\nhere:\n",
        "",
    ),
    ("tc", "r7 = r6\n", ""),
    ("xdp", "r7 = r6\n", ""),
];

/// The number of programs that [`opcode`] has.
#[must_use]
pub fn opcodes() -> u64 {
    (POINTERS.len() * accesses().len() + numbers().len()) as u64
}

/// Hook and code of one of them, with places and numbers of a seed.
///
/// # Panics
/// If the text is no program: a mistake made here.
#[must_use]
pub fn opcode(n: u64, seed: u64) -> (&'static str, Code) {
    let (accesses, numbers) = (accesses(), numbers());
    let at = n as usize;
    if at < numbers.len() {
        let (hook, get, end) = POINTERS[2];
        return (hook, program(hook, (get, end, ENDING), numbers[at], (n, seed)));
    }
    let at = at - numbers.len();
    let (hook, get, end) = POINTERS[at % POINTERS.len()];
    (hook, program(hook, (get, end, ENDING), accesses[at / POINTERS.len()], (n, seed)))
}

/// What a program does in the end.
const ENDING: &str = "r0 = 2\nexit\n";

/// Every access of every kind of pointer that a hook has, by number.
#[must_use]
pub fn accesses_of(tc: bool) -> Vec<(Insn, usize)> {
    let here = |at: &usize| POINTERS[*at].1 != "r7 = r6\n" || POINTERS[*at].0 == if tc { "tc" } else { "xdp" };
    let pointers: Vec<usize> = (0..POINTERS.len()).filter(here).collect();
    accesses().into_iter().flat_map(|insn| pointers.iter().map(move |&at| (insn, at)).collect::<Vec<_>>()).collect()
}

/// A program that does one of these and goes on with `rest`, which finds the context in `r6`.
///
/// # Panics
/// If `rest` is no text that can follow.
#[must_use]
pub fn access_then((insn, pointer): (Insn, usize), tc: bool, rest: &str, seed: u64) -> Code {
    let (_, get, end) = POINTERS[pointer];
    // The packet's fields have their places in the hook's context.
    let moved = get.replace("(r6 + 0)", "(r6 + 76)").replace("(r6 + 4)", "(r6 + 80)");
    let (hook, get) = if tc { ("tc", &*moved) } else { ("xdp", get) };
    program(hook, (get, end, rest), insn, (pointer as u64, seed))
}

fn program(hook: &str, (get, end, rest): (&str, &str, &str), mut insn: Insn, (n, seed): (u64, u64)) -> Code {
    let mut random = Random::new(seed << 32 | n);
    // In `tc` the mark; of 8 bytes, the time stamp.
    let field = match (hook, displacement(&mut insn)) {
        ("tc", Some((_, Size::DW))) => 152,
        ("tc", _) => 8,
        (_, _) => 12,
    };
    place(&mut random, &mut insn, field);
    if let (0, Some((off, _))) = (seed, displacement(&mut insn)) {
        *off = if get == "r7 = r6\n" { field } else { 0 };
    }
    let (a, b) = (random.constant(), random.constant());
    let text = format!(
        "r6 = r1\nr1 = 1\n*(u64 *)(r10 - 8) = r1\n*(u32 *)(r10 - 4) = r1\n*(u64 *)(r10 - 32) = r1\n*(u64 *)(r10 - 40) = r1\n\
         {get}r0 = 5\nr3 = {a} ll\nr4 = {b} ll\nr9 = 77\nr3 = 0\nr4 = 0\nr0 = 0\n{end}out:\n{rest}"
    );
    let mut insns = assemble(&text).unwrap_or_else(|e| panic!("{e}\n{text}")).insns().to_vec();
    let holder = |i: &Insn| matches!(i, Insn::Alu { dst, src: Operand::Imm(77), .. } if dst.index() == 9);
    if let Some(at) = insns.iter().position(holder) {
        if let Insn::Branch { target, .. } = &mut insn {
            *target = at as u32 + 2;
        }
        insns[at] = insn;
    }
    Code::new(insns).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Puts an access at a place: mostly a good one; and gives an operand another number.
fn place(random: &mut Random, insn: &mut Insn, field: i16) {
    let at = |random: &mut Random, size: Size| {
        let size = i64::from(size.bytes());
        let good = random.pick(&[0, 0, field.into(), 8 / size * size, 16 - size]);
        (if random.below(5) == 0 { good + random.pick(&[-1, 1, 4, 16]) } else { good }) as i16
    };
    if let Some((off, size)) = displacement(insn) {
        *off = at(random, size);
    }
    match insn {
        Insn::Alu { op, width, src: Operand::Imm(imm), .. } => {
            *imm = match op {
                AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => random.below(u64::from(width.bits()) + 2) as i32,
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
                | AluOp::Mov
                | AluOp::Movsx8
                | AluOp::Movsx16
                | AluOp::Movsx32 => random.constant() as i32,
            };
        }
        Insn::Branch { src: Operand::Imm(imm), .. } => *imm = random.constant() as i32,
        Insn::Alu { .. }
        | Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::Load { .. }
        | Insn::Store { .. }
        | Insn::Atomic { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => {}
    }
}

/// Displacement and size of an access.
fn displacement(insn: &mut Insn) -> Option<(&mut i16, Size)> {
    if let Insn::Load { size, off, .. }
    | Insn::Store { size, off, .. }
    | Insn::Atomic { size, off, .. }
    | Insn::LoadAcquire { size, off, .. }
    | Insn::StoreRelease { size, off, .. } = insn
    {
        Some((off, *size))
    } else {
        None
    }
}

/// Every access, through `r7`.
fn accesses() -> Vec<Insn> {
    let (base, off, dst, src) = (Reg::R7, 0, Reg::R4, Reg::R3);
    let mut all = Vec::new();
    for size in Size::ALL {
        all.push(Insn::Load { size, signed: false, dst, base, off });
        if size != Size::DW {
            all.push(Insn::Load { size, signed: true, dst, base, off });
        }
        all.push(Insn::Store { size, base, off, src: Operand::Reg(src) });
        all.push(Insn::Store { size, base, off, src: Operand::Imm(9) });
        all.push(Insn::LoadAcquire { size, dst, base, off });
        all.push(Insn::StoreRelease { size, base, off, src });
    }
    for op in AtomicOp::ALL {
        all.extend([Size::W, Size::DW].map(|size| Insn::Atomic { op, size, base, off, src }));
    }
    all
}

/// Every operation and comparison of numbers.
fn numbers() -> Vec<Insn> {
    let dst = Reg::R3;
    let mut all = Vec::new();
    for width in [Width::W32, Width::W64] {
        for src in [Operand::Reg(Reg::R4), Operand::Imm(1)] {
            all.extend(AluOp::ALL.map(|op| Insn::Alu { op, width, dst, src }));
            all.extend(Cond::ALL.map(|cond| Insn::Branch { cond, width, dst, src, target: 0 }));
        }
    }
    // Byte swaps have the width of the class that they are encoded in; one of these has an encoding.
    for width in [Width::W32, Width::W64] {
        all.extend(UnaryOp::ALL.map(|op| Insn::Unary { op, width, dst }));
    }
    all
}
