//! Every operation in machine code against its one semantics, in every combination of registers.
#![cfg(target_arch = "x86_64")]

use stingless_conformance::exec::{Image, vm};
use stingless_conformance::jit::{Bench, spoiling_refill};
use stingless_isa::{AluOp, Code, Cond, Insn, Operand, Reg, Size, UnaryOp, Width};

const EDGES: [u64; 16] = [
    0,
    1,
    2,
    7,
    31,
    0x7f,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x0123_4567_89ab_cdef,
    i64::MAX as u64,
    i64::MIN as u64,
    u64::MAX,
];

const IMMEDIATES: [i32; 14] = [0, 1, 2, -1, 7, 31, 32, 63, 64, 0x7f, 0x80, -128, i32::MAX, i32::MIN];

/// `r0`..`r9` and whether the branch was taken.
type Regs = [u64; 11];

fn reg(n: u8) -> Reg {
    Reg::new(n).unwrap()
}

fn load(dst: u8, base: Reg, off: i16) -> Insn {
    Insn::Load { size: Size::DW, signed: false, dst: reg(dst), base, off }
}

fn store(base: Reg, off: i16, src: Operand) -> Insn {
    Insn::Store { size: Size::DW, base, off, src }
}

/// A program that fills all registers from `r1[0..10]`, runs `middle`, and puts all registers back. `middle` keeps its
/// outcome in the stack at -88.
fn probe(middle: &[Insn]) -> Vec<Insn> {
    let mut insns = vec![store(Reg::FP, -8, Operand::Reg(Reg::R1)), store(Reg::FP, -88, Operand::Imm(0))];
    for n in [0, 2, 3, 4, 5, 6, 7, 8, 9, 1] {
        insns.push(load(n, Reg::R1, i16::from(n) * 8));
    }
    insns.extend_from_slice(middle);
    for n in 0..10 {
        insns.push(store(Reg::FP, -176 + i16::from(n) * 8, Operand::Reg(reg(n))));
    }
    insns.push(load(1, Reg::FP, -8));
    for n in 0..10 {
        insns.push(load(0, Reg::FP, -176 + n * 8));
        insns.push(store(Reg::R1, n * 8, Operand::Reg(Reg::R0)));
    }
    insns.push(load(0, Reg::FP, -88));
    insns.push(store(Reg::R1, 80, Operand::Reg(Reg::R0)));
    insns.push(Insn::Exit);
    insns
}

fn image(middle: &[Insn], checked: bool) -> Image {
    let bench = Bench::new(Code::new(probe(middle)).unwrap());
    if checked { bench.checked().image() } else { bench.image() }
}

fn run(image: &Image, mut regs: Regs) -> Regs {
    let mut vm = vm();
    vm.budget = 0;
    vm.out_of_budget = spoiling_refill as *const () as u64;
    // SAFETY: a probe touches `regs` and its stack alone.
    unsafe { image.call([regs.as_mut_ptr() as u64, 0, 0, 0, 0], &mut vm) };
    regs
}

/// Registers that all differ, so that a wrong or spoilt one shows.
fn distinct() -> Regs {
    let mut regs = [0; 11];
    for (n, r) in regs.iter_mut().enumerate().take(10) {
        *r = 0x1111_1111_1111_1111 * (n as u64 + 1);
    }
    regs
}

/// Runs one instruction with values in its registers and compares all registers.
fn check(image: &Image, inputs: &[(usize, u64)], outputs: &[(usize, u64)], what: &dyn std::fmt::Debug) {
    let mut regs = distinct();
    for &(n, value) in inputs {
        regs[n] = value;
    }
    let mut want = regs;
    for &(n, value) in outputs {
        want[n] = value;
    }
    let found = run(image, regs);
    assert!(found == want, "{what:?} with {inputs:x?}:\nfound {found:x?}\n want {want:x?}");
}

#[test]
fn alu_on_every_pair_of_registers() {
    for op in AluOp::ALL {
        for width in [Width::W32, Width::W64] {
            for (d, s) in (0..100).map(|n| (n / 10, n % 10)) {
                alu_pair(op, width, d, s);
            }
        }
    }
}

fn alu_pair(op: AluOp, width: Width, d: u8, s: u8) {
    let insn = Insn::Alu { op, width, dst: reg(d), src: Operand::Reg(reg(s)) };
    let image = image(&[insn], false);
    let (d, s) = (usize::from(d), usize::from(s));
    for a in EDGES {
        for b in EDGES.into_iter().filter(|&b| d != s || b == a) {
            check(&image, &[(d, a), (s, b)], &[(d, op.eval(width, a, b))], &insn);
        }
    }
}

#[test]
fn alu_with_immediates() {
    for op in AluOp::ALL {
        for (width, d) in (0..20).map(|n| (if n < 10 { Width::W32 } else { Width::W64 }, n % 10)) {
            for imm in IMMEDIATES {
                let insn = Insn::Alu { op, width, dst: reg(d), src: Operand::Imm(imm) };
                let image = image(&[insn], false);
                for a in EDGES {
                    let want = op.eval(width, a, imm as i64 as u64);
                    check(&image, &[(d.into(), a)], &[(d.into(), want)], &insn);
                }
            }
        }
    }
}

#[test]
fn unary_on_every_register() {
    for op in UnaryOp::ALL {
        for (width, d) in (0..20).map(|n| (if n < 10 { Width::W32 } else { Width::W64 }, n % 10)) {
            let insn = Insn::Unary { op, width, dst: reg(d) };
            let image = image(&[insn], false);
            for a in EDGES {
                check(&image, &[(d.into(), a)], &[(d.into(), op.eval(width, a))], &insn);
            }
        }
    }
}

#[test]
fn constants_of_every_length() {
    for d in 0..10 {
        for value in EDGES.into_iter().chain([0xffff_ffff_8000_0000, 0xffff_ffff_7fff_ffff]) {
            let insn = Insn::LoadImm { dst: reg(d), value };
            check(&image(&[insn], false), &[], &[(d.into(), value)], &insn);
        }
    }
}

/// `middle` of a probe whose branch goes ahead, or back where each jump pays for the deadline.
fn branching(insn: impl Fn(u32) -> Insn, back: bool) -> Vec<Insn> {
    // 12 instructions come before the middle.
    let taken = store(Reg::FP, -88, Operand::Imm(1));
    if back {
        let jump = |target| Insn::Jump { target, long: false };
        vec![jump(15), taken, jump(16), insn(13)]
    } else {
        vec![insn(14), Insn::Jump { target: 15, long: true }, taken]
    }
}

fn branch_pair(cond: Cond, width: Width, d: u8, s: u8, back: bool) {
    let insn = |target| Insn::Branch { cond, width, dst: reg(d), src: Operand::Reg(reg(s)), target };
    let image = image(&branching(insn, back), back);
    let (d, s) = (usize::from(d), usize::from(s));
    for a in EDGES {
        for b in EDGES.into_iter().filter(|&b| d != s || b == a) {
            let taken = u64::from(cond.eval(width, a, b));
            check(&image, &[(d, a), (s, b)], &[(10, taken)], &(insn(0), back));
        }
    }
}

#[test]
fn branches_on_every_pair_of_registers() {
    for cond in Cond::ALL {
        for width in [Width::W32, Width::W64] {
            for (d, s) in (0..100).map(|n| (n / 10, n % 10)) {
                branch_pair(cond, width, d, s, false);
            }
            for (d, s) in [(0, 1), (4, 3), (9, 5), (6, 6)] {
                branch_pair(cond, width, d, s, true);
            }
        }
    }
}

#[test]
fn branches_on_immediates() {
    for cond in Cond::ALL {
        for (width, d) in [(Width::W32, 0), (Width::W64, 0), (Width::W32, 9), (Width::W64, 9), (Width::W64, 2)] {
            for (imm, back) in IMMEDIATES.into_iter().flat_map(|imm| [(imm, false), (imm, true)]) {
                let insn = |target| Insn::Branch { cond, width, dst: reg(d), src: Operand::Imm(imm), target };
                let image = image(&branching(insn, back), back);
                for a in EDGES {
                    let taken = u64::from(cond.eval(width, a, imm as i64 as u64));
                    check(&image, &[(d.into(), a)], &[(10, taken)], &(insn(0), back));
                }
            }
        }
    }
}
