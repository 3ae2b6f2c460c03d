//! Mutants of the corpus: what clang made of C, with a few instructions changed. Most slips of a compiler, a linker or a
//! person are near such programs, and so are most mistakes of a verifier.

use stingless::from_file;
use stingless_isa::{AluOp, AtomicOp, Callee, Code, Cond, Insn, Operand, Ref, Reg, Size, Width};
use stingless_object::Unit;

use crate::programs::{Host, Program};
use crate::random::Random;

/// A program of the corpus.
#[derive(Clone, Debug)]
pub struct Body {
    /// File and function.
    pub name: String,
    /// The program.
    pub unit: Unit,
}

/// Instructions of a body, at most: larger ones cost more than they teach.
const LARGEST: usize = 400;

/// Every program of the corpus that links.
///
/// # Errors
/// What cannot be read.
pub fn bodies(host: &Host) -> Result<Vec<Body>, String> {
    let mut all = Vec::new();
    for program in Program::all()? {
        let object = from_file(&program.object).map_err(|e| format!("{}: {e}", program.name))?;
        for (at, found) in object.programs().iter().enumerate() {
            let Ok(unit) = host.linker.unit(&object, at) else { continue };
            let foreign = |i: &Insn| {
                matches!(
                    i,
                    Insn::Poison(_)
                        | Insn::LoadRef { target: Ref::Symbol(_), .. }
                        | Insn::Call(Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
                )
            };
            // The shape of inner maps is left behind with the object.
            let of_maps = unit.maps.iter().any(|m| m.spec.kind.row().name.ends_with("_of_maps"));
            if unit.code.len() <= LARGEST && !of_maps && !unit.code.insns().iter().any(foreign) {
                all.push(Body { name: format!("{}:{}", program.name, found.name), unit });
            }
        }
    }
    Ok(all)
}

/// The mutant of a seed, and the body it comes from; `None` where a change left no program.
#[must_use]
pub fn mutant(bodies: &[Body], seed: u64) -> Option<(&Body, Unit)> {
    let mut random = Random::new(seed);
    let body = &bodies[random.below(bodies.len() as u64) as usize];
    let other = &bodies[random.below(bodies.len() as u64) as usize];
    let mut insns = body.unit.code.insns().to_vec();
    for _ in 0..random.pick(&[1, 1, 1, 1, 2, 2, 3]) {
        change(&mut random, &mut insns, other, body.unit.maps.len());
    }
    let code = Code::new(insns).ok()?;
    let mut unit =
        Unit::from_code(&body.name, code, body.unit.maps.clone(), body.unit.protos.clone(), body.unit.hook.clone());
    unit.gpl = true;
    Some((body, unit))
}

/// One change.
fn change(random: &mut Random, insns: &mut Vec<Insn>, other: &Body, maps: usize) {
    let at = random.below(insns.len() as u64) as usize;
    match random.below(10) {
        0 => remove(insns, at),
        1 => {
            let copy = insns[at];
            insert(insns, at, copy);
        }
        2 => drop_check(random, insns),
        3 => splice(random, insns, at, other, maps),
        4 | 5 => numbers(random, &mut insns[at]),
        6 => registers(random, &mut insns[at]),
        7 => swapped(&mut insns[at]),
        8 => conditions(random, insns),
        _ => operations(random, &mut insns[at]),
    }
}

/// Takes an instruction out; jumps to it go to the next one.
fn remove(insns: &mut Vec<Insn>, at: usize) {
    if insns.len() < 2 || at + 1 == insns.len() {
        return;
    }
    insns.remove(at);
    for insn in insns.iter_mut() {
        if let Some(target) = insn.index_mut().filter(|t| **t > at as u32) {
            *target -= 1;
        }
    }
}

/// Puts an instruction in; jumps to the place go to it.
fn insert(insns: &mut Vec<Insn>, at: usize, new: Insn) {
    for insn in insns.iter_mut() {
        if let Some(target) = insn.index_mut().filter(|t| **t > at as u32) {
            *target += 1;
        }
    }
    insns.insert(at, new);
    // The copy of a jump backwards or to itself is moved like any other.
    if let Some(target) = insns[at].index_mut().filter(|t| **t > at as u32) {
        *target += 1;
    }
}

/// Leaves a comparison out.
fn drop_check(random: &mut Random, insns: &mut Vec<Insn>) {
    let checks: Vec<usize> = (0..insns.len()).filter(|&i| matches!(insns[i], Insn::Branch { .. })).collect();
    if !checks.is_empty() {
        remove(insns, random.pick(&checks));
    }
}

/// Puts a few instructions of another program in.
fn splice(random: &mut Random, insns: &mut Vec<Insn>, at: usize, other: &Body, maps: usize) {
    let theirs = other.unit.code.insns();
    let from = random.below(theirs.len() as u64) as usize;
    let fits = |i: &&Insn| match i {
        Insn::LoadRef { target: Ref::Map(map) | Ref::MapValue { map, .. }, .. } => (*map as usize) < maps,
        Insn::LoadRef { target: Ref::Func(_) | Ref::Symbol(_), .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(Callee::Local(_) | Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
        | Insn::Exit
        | Insn::Poison(_) => false,
        Insn::Alu { .. }
        | Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::Load { .. }
        | Insn::Store { .. }
        | Insn::Atomic { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::PacketLoad { .. }
        | Insn::Call(Callee::Helper(_)) => true,
    };
    let run: Vec<Insn> = theirs[from..].iter().take(1 + random.below(5) as usize).take_while(fits).copied().collect();
    for insn in run.into_iter().rev() {
        insert(insns, at, insn);
    }
}

fn near(random: &mut Random, old: i64) -> i64 {
    match random.below(6) {
        0 => old + 1,
        1 => old - 1,
        2 => old ^ (1 << random.below(16)),
        3 => old + random.pick(&[-8, -4, 4, 8]),
        4 => -old,
        _ => random.constant() as i32 as i64,
    }
}

/// Another immediate or displacement.
fn numbers(random: &mut Random, insn: &mut Insn) {
    match insn {
        Insn::Alu { src: Operand::Imm(imm), .. }
        | Insn::Branch { src: Operand::Imm(imm), .. }
        | Insn::PacketLoad { off: imm, .. } => *imm = near(random, (*imm).into()) as i32,
        Insn::Store { src: Operand::Imm(imm), .. } if random.below(2) == 0 => {
            *imm = near(random, (*imm).into()) as i32;
        }
        Insn::Load { off, .. }
        | Insn::Store { off, .. }
        | Insn::Atomic { off, .. }
        | Insn::LoadAcquire { off, .. }
        | Insn::StoreRelease { off, .. } => *off = near(random, (*off).into()) as i16,
        Insn::LoadImm { value, .. } => *value = random.constant(),
        Insn::LoadRef { target: Ref::MapValue { off, .. }, .. } => *off = near(random, (*off).into()) as u32,
        Insn::Alu { .. }
        | Insn::Unary { .. }
        | Insn::LoadRef { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => {}
    }
}

/// Another register on one side.
fn registers(random: &mut Random, insn: &mut Insn) {
    let new = Reg::new(random.below(10) as u8).unwrap_or(Reg::R0);
    let second = random.below(2) == 0;
    match insn {
        Insn::Alu { dst, src, .. } | Insn::Branch { dst, src, .. } => {
            if second {
                *src = Operand::Reg(new);
            } else {
                *dst = new;
            }
        }
        Insn::Load { dst, base, .. } | Insn::LoadAcquire { dst, base, .. } => *(if second { base } else { dst }) = new,
        Insn::Store { base, src, .. } => {
            if second {
                *src = Operand::Reg(new);
            } else {
                *base = new;
            }
        }
        Insn::Atomic { base, src, .. } | Insn::StoreRelease { base, src, .. } => {
            *(if second { base } else { src }) = new;
        }
        Insn::Unary { dst, .. } | Insn::LoadImm { dst, .. } | Insn::LoadRef { dst, .. } => *dst = new,
        Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => {}
    }
}

/// Operands the other way round.
fn swapped(insn: &mut Insn) {
    match insn {
        Insn::Alu { dst, src: Operand::Reg(src), .. }
        | Insn::Branch { dst, src: Operand::Reg(src), .. }
        | Insn::Store { base: dst, src: Operand::Reg(src), .. }
        | Insn::Load { dst, base: src, .. }
        | Insn::LoadAcquire { dst, base: src, .. }
        | Insn::Atomic { base: dst, src, .. }
        | Insn::StoreRelease { base: dst, src, .. } => std::mem::swap(dst, src),
        Insn::Alu { .. }
        | Insn::Branch { .. }
        | Insn::Store { .. }
        | Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => {}
    }
}

/// Another comparison, its other width, or another place to go.
fn conditions(random: &mut Random, insns: &mut [Insn]) {
    let checks: Vec<usize> = (0..insns.len()).filter(|&i| matches!(insns[i], Insn::Branch { .. })).collect();
    if checks.is_empty() {
        return;
    }
    let at = random.pick(&checks);
    let count = insns.len() as u64;
    if let Insn::Branch { cond, width, target, .. } = &mut insns[at] {
        match random.below(4) {
            0 => *width = other_width(*width),
            1 => *target = random.below(count) as u32,
            _ => *cond = random.pick(&Cond::ALL),
        }
    }
}

const fn other_width(width: Width) -> Width {
    match width {
        Width::W32 => Width::W64,
        Width::W64 => Width::W32,
    }
}

/// Another operation, width or size.
fn operations(random: &mut Random, insn: &mut Insn) {
    let second = random.below(2) == 0;
    match insn {
        Insn::Alu { op, width, .. } => {
            if second {
                *width = other_width(*width);
            } else {
                *op = random.pick(&AluOp::ALL);
            }
        }
        Insn::Load { size, signed, .. } => {
            if second {
                *signed = !*signed;
            } else {
                *size = random.pick(&Size::ALL);
            }
        }
        Insn::Store { size, .. } | Insn::LoadAcquire { size, .. } | Insn::StoreRelease { size, .. } => {
            *size = random.pick(&Size::ALL);
        }
        Insn::Atomic { op, size, .. } => {
            if second {
                *size = random.pick(&[Size::W, Size::DW]);
            } else {
                *op = random.pick(&AtomicOp::ALL);
            }
        }
        Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => {}
    }
}
