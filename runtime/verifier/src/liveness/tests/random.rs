//! Random programs. Registers are checked against the definition (a path to a read without a write in between), slots
//! and registers against runs: what is said to be dead is scrambled, and nothing that the run shows may change.

use std::collections::BTreeMap;

use stingless_isa::{AluOp, Callee, Insn, Operand, Reg, Size, Width};
use stingless_object::Unit;

use super::*;
use crate::testing::{LOOKUP, UPDATE};

/// SplitMix64: the same programs on every machine.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// One line of a program over few registers and slots, so that they meet often.
fn line(rng: &mut Rng, callees: &[&str], labels: u64) -> String {
    let reg = |rng: &mut Rng| rng.pick(&["r0", "r1", "r2", "r3", "r6", "r7"]);
    let off = |rng: &mut Rng| rng.pick(&[-8, -16, -24, -4, -12]);
    let size = |rng: &mut Rng| rng.pick(&["u8", "u32", "u64", "u64", "u64"]);
    let base = |rng: &mut Rng| rng.pick(&["r10", "r10", "r10", "r1", "r2", "r6"]);
    match rng.below(19) {
        0 => format!("{} = {}", reg(rng), rng.below(20)),
        1 => format!("{} = {}", reg(rng), reg(rng)),
        2 => format!("{} += {}", reg(rng), reg(rng)),
        3 => format!("{} += {}", reg(rng), off(rng)),
        4 | 5 => format!("{} = r10", reg(rng)),
        6 => format!("r2 = r10\n r2 += {}", off(rng)),
        7 | 8 => format!("*({} *)({} + {}) = {}", size(rng), base(rng), off(rng), reg(rng)),
        9 | 10 => format!("{} = *({} *)({} + {})", reg(rng), size(rng), base(rng), off(rng)),
        11 => "r1 = map[0] ll".to_owned(),
        12 => format!("call {}", rng.pick(&[LOOKUP, UPDATE, 105])),
        13 if !callees.is_empty() => format!("call {}", rng.pick(callees)),
        // A frame's address goes to memory, its own or the caller's, and comes back.
        16 => "r6 = r10\n *(u64 *)(r10 - 24) = r6".to_owned(),
        17 => "r2 = *(u64 *)(r10 - 24)\n r7 = *(u64 *)(r2 - 16)".to_owned(),
        18 => "*(u64 *)(r1 - 24) = r2".to_owned(),
        13 | 14 => format!("if {} < {} goto l{}", reg(rng), rng.below(20), rng.below(labels)),
        _ => format!("r3 = r10\n r3 += {}", off(rng)),
    }
}

fn function(rng: &mut Rng, name: &str, callees: &[&str]) -> String {
    let labels = 3;
    let mut text = format!("{name}:\n");
    for label in 0..labels {
        text += &format!("{name}_l{label}:\n");
        for _ in 0..2 + rng.below(5) {
            text += &format!(" {}\n", line(rng, callees, labels).replace(" goto l", &format!(" goto {name}_l")));
        }
    }
    text + " exit\n"
}

fn program(rng: &mut Rng) -> String {
    let main = function(rng, "main", &["f", "g"]);
    let f = function(rng, "f", &["g"]);
    let g = function(rng, "g", &[]);
    // All three are called, whatever the dice say.
    format!("r1 = 5\n call f\n r1 = r10\n call g\n{main}{f}{g}")
}

/// A run. Addresses of frames are far from numbers that programs make.
struct Run<'a> {
    unit: &'a Unit,
    live: &'a Liveness,
    regs: [u64; 11],
    saved: Vec<(usize, [u64; 11])>,
    memory: BTreeMap<u64, u8>,
    at: usize,
    /// All that can be seen: instructions, loaded values, what helpers and stores elsewhere are given, the result.
    trace: Vec<u64>,
}

const TOP: u64 = 0x7f31_2200_0000_0000;
const FRAME: u64 = 0x1000;

impl<'a> Run<'a> {
    fn new(unit: &'a Unit, live: &'a Liveness) -> Run<'a> {
        let mut regs = [0; 11];
        (regs[1], regs[2], regs[10]) = (3, 11, TOP);
        Run { unit, live, regs, saved: Vec::new(), memory: BTreeMap::new(), at: 0, trace: Vec::new() }
    }

    fn in_frames(&self, address: u64) -> bool {
        (self.regs[10].saturating_sub(512)..TOP).contains(&address)
    }

    fn read(&self, address: u64, len: u64) -> u64 {
        (0..len).rev().fold(0, |value, i| {
            let byte = address.wrapping_add(i);
            let known = if self.in_frames(byte) { self.memory.get(&byte).copied() } else { None };
            value << 8 | u64::from(known.unwrap_or(0))
        })
    }

    fn write(&mut self, address: u64, len: u64, value: u64) {
        for i in 0..len {
            let byte = address.wrapping_add(i);
            if self.in_frames(byte) {
                self.memory.insert(byte, (value >> (8 * i)) as u8);
            }
        }
    }

    fn operand(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Reg(reg) => self.regs[reg.index()],
            Operand::Imm(imm) => imm as i64 as u64,
        }
    }

    fn address(&self, base: Reg, off: i16) -> u64 {
        self.regs[base.index()].wrapping_add(off as i64 as u64)
    }

    /// Scrambles whatever is said to be dead, in every frame.
    fn scramble(&mut self, rng: &mut Rng) {
        let (regs, slots) = (self.live.live_regs(self.at), self.live.live_slots(self.at));
        let fp = self.regs[10];
        Self::scramble_frame(&mut self.memory, &mut self.regs, fp, regs, slots, rng);
        for (call, saved) in &mut self.saved {
            let (regs, slots) = (self.live.live_regs_under(self.unit, *call), self.live.live_slots_under(*call));
            let fp = saved[10];
            Self::scramble_frame(&mut self.memory, saved, fp, regs, slots, rng);
        }
    }

    fn scramble_frame(
        memory: &mut BTreeMap<u64, u8>,
        values: &mut [u64; 11],
        fp: u64,
        regs: u16,
        slots: u64,
        rng: &mut Rng,
    ) {
        for (i, value) in values.iter_mut().enumerate().take(10) {
            if regs & 1 << i == 0 {
                *value = rng.next();
            }
        }
        for slot in (0..64).filter(|i| slots & 1 << i == 0) {
            for byte in 0..8 {
                memory.insert(fp - 8 * (slot + 1) + byte, rng.next() as u8);
            }
        }
    }

    /// One step. Says whether the run goes on.
    fn step(&mut self) -> bool {
        let insn = self.unit.code.insns()[self.at];
        self.trace.push(self.at as u64);
        self.at += 1;
        match insn {
            Insn::Alu { op, width, dst, src } => {
                self.regs[dst.index()] = op.eval(width, self.regs[dst.index()], self.operand(src));
            }
            Insn::LoadRef { dst, .. } => self.regs[dst.index()] = 1,
            Insn::Load { size, dst, base, off, .. } => {
                let value = self.read(self.address(base, off), size.bytes().into());
                self.trace.push(value);
                self.regs[dst.index()] = value;
            }
            Insn::Store { size, base, off, src } => self.store(self.address(base, off), size, self.operand(src)),
            Insn::Branch { cond, width, dst, src, target, .. } => {
                if cond.eval(width, self.regs[dst.index()], self.operand(src)) {
                    self.at = target as usize;
                }
            }
            Insn::Call(Callee::Helper(id)) => self.helper(id),
            Insn::Call(Callee::Local(target)) => {
                let call = self.at - 1;
                self.saved.push((call, self.regs));
                self.regs[0] = 0;
                (6..10).for_each(|i| self.regs[i] = 0);
                self.regs[10] -= FRAME;
                self.at = target as usize;
            }
            Insn::Exit => return self.exit(),
            other => panic!("the generator makes no {other:?}"),
        }
        true
    }

    fn store(&mut self, address: u64, size: Size, value: u64) {
        if !self.in_frames(address) {
            self.trace.extend([address, size.truncate(value)]);
        }
        self.write(address, size.bytes().into(), value);
    }

    fn exit(&mut self) -> bool {
        let r0 = self.regs[0];
        let Some((call, saved)) = self.saved.pop() else {
            self.trace.push(r0);
            return false;
        };
        // The frame is gone; the next one at its place starts with other bytes.
        let fp = self.regs[10];
        self.memory.retain(|&address, _| address >= fp);
        self.regs = saved;
        self.clobber(r0);
        self.at = call + 1;
        true
    }

    fn clobber(&mut self, r0: u64) {
        (1..6).for_each(|i| self.regs[i] = 0);
        self.regs[0] = r0;
    }

    /// Key of 4 bytes, value of 48 bytes, string and number, as the prototypes say.
    fn helper(&mut self, id: u32) {
        let regs = self.regs;
        let see = |run: &Self, address: u64, len: u64| {
            (0..len).fold(0u64, |h, i| h.wrapping_mul(31).wrapping_add(run.read(address.wrapping_add(i), 1)))
        };
        let seen = match id {
            LOOKUP => see(self, regs[2], 4),
            UPDATE => see(self, regs[2], 4) ^ see(self, regs[3], 48) ^ regs[4],
            105 => see(self, regs[1], regs[2].min(600)) ^ regs[3],
            other => panic!("helper {other}"),
        };
        if id == 105 {
            self.write(regs[4], 8, 77);
        }
        self.trace.push(seen);
        self.clobber(seen & 0xff);
    }
}

/// Maps are known where the program says so; here every key has 4 bytes and every value 48.
fn run(unit: &Unit, live: &Liveness, scramble_at: Option<usize>, seed: u64) -> Vec<u64> {
    let mut run = Run::new(unit, live);
    for step in 0..120 {
        if scramble_at == Some(step) {
            run.scramble(&mut Rng(seed));
        }
        if !run.step() {
            break;
        }
    }
    run.trace
}

/// Programs whose runs add two pointers, or pass a map's kind of argument that is not one, are still compared: the
/// analysis is conservative about them.
#[test]
fn scrambling_what_is_dead_changes_nothing() {
    let mut scrambled = 0;
    let mut dead = 0u64;
    for seed in 0..500 {
        let mut rng = Rng(seed);
        let text = program(&mut rng);
        let unit = unit(&text);
        let Ok(cfg) = Cfg::build(&unit) else { continue };
        let live = Liveness::compute(&unit, &cfg);
        let plain = run(&unit, &live, None, 0);
        dead += (0..unit.code.len()).map(|at| u64::from(live.live_slots(at).count_zeros())).sum::<u64>();
        for step in 0..plain.len().min(40) {
            let other = run(&unit, &live, Some(step), seed ^ step as u64);
            assert_eq!(plain, other, "seed {seed}, scrambled before step {step}:\n{text}");
            scrambled += 1;
        }
    }
    assert!(scrambled > 10_000 && dead > 500_000, "{scrambled} runs, {dead} dead slots");
}

/// `r` is live at `at` if a path leads to a read of it without a write before: all paths are walked.
fn live_by_definition(unit: &Unit, cfg: &Cfg, live: &Liveness, from: usize, reg: usize) -> bool {
    let mut seen = vec![false; unit.code.len()];
    let mut todo = vec![from];
    while let Some(at) = todo.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let usage = crate::usage::Usage::of(&unit.code.insns()[at], &unit.protos);
        let reads = match unit.code.insns()[at] {
            Insn::Call(Callee::Local(callee)) => usage.reads & live.live_regs(callee as usize),
            _ => usage.reads,
        };
        if reads & 1 << reg != 0 {
            return true;
        }
        if usage.writes & 1 << reg == 0 {
            let succs = cfg.succs(unit, at);
            todo.extend(succs.fall.into_iter().chain(succs.taken).map(|s| s as usize));
        }
    }
    false
}

#[test]
fn registers_are_live_exactly_where_a_path_reads_them() {
    for seed in 0..300 {
        let text = program(&mut Rng(seed));
        let unit = unit(&text);
        let Ok(cfg) = Cfg::build(&unit) else { continue };
        let live = Liveness::compute(&unit, &cfg);
        for at in 0..unit.code.len() {
            for reg in 0..11 {
                let wanted = live_by_definition(&unit, &cfg, &live, at, reg);
                assert_eq!(live.live_regs(at) & 1 << reg != 0, wanted, "seed {seed} r{reg} before {at}:\n{text}");
            }
        }
    }
}

#[test]
fn a_million_instructions_are_solved_quickly() {
    let n = 1_000_000u32;
    let mov = |dst, src| Insn::Alu { op: AluOp::Mov, width: Width::W64, dst, src };
    let mut insns = vec![mov(Reg::R0, Operand::Imm(0)), mov(Reg::R6, Operand::Reg(Reg::FP))];
    insns.extend((2..n - 1).map(|at| match at % 3 {
        0 => Insn::Branch {
            cond: stingless_isa::Cond::Eq,
            width: Width::W64,
            dst: Reg::R0,
            src: Operand::Imm(1),
            target: if at % 2 == 0 { at - 1 } else { at + 1 },
        },
        1 => Insn::Store { size: Size::DW, base: Reg::R6, off: -8 * (at % 60) as i16 - 8, src: Operand::Imm(0) },
        _ => Insn::Load { size: Size::DW, signed: false, dst: Reg::R0, base: Reg::FP, off: -8 * (at % 61) as i16 - 8 },
    }));
    insns.push(Insn::Exit);
    let mut unit = unit("exit");
    unit.code = stingless_isa::Code::new(insns).unwrap();
    let cfg = Cfg::build(&unit).unwrap();
    let live = Liveness::compute(&unit, &cfg);
    assert_eq!(live.live_regs(n as usize - 1), 1);
}
