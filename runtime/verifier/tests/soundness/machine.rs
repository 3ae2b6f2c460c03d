//! A plain interpreter that trusts nothing: every access is looked up in a list of regions, every stack byte must have
//! been written, and every exported fact must hold.

use stingless_abi::MapKind;
use stingless_isa::{AtomicOp, Callee, Insn, Operand, Ref, Reg, Size};
use stingless_verifier::{Access, Side, Verified};

/// Bytes of a map value.
pub(crate) const VALUE: usize = 16;
const FRAME: u64 = 512;

/// Where the regions lie: nothing may depend on it.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) mem: u64,
    pub(crate) stack: u64,
    pub(crate) value: u64,
    pub(crate) map: u64,
}

struct Frame {
    saved: [u64; 5],
    back: usize,
    callback: Option<(u64, u64)>,
}

/// One run.
pub(crate) struct Machine<'a> {
    verified: &'a Verified,
    layout: Layout,
    regs: [u64; 11],
    mem: Vec<u8>,
    stack: Vec<(u8, bool)>,
    /// One value a map.
    pub(crate) values: Vec<[u8; VALUE]>,
    frames: Vec<Frame>,
    random: u64,
    steps: u64,
}

type Run<T> = Result<T, String>;

impl<'a> Machine<'a> {
    pub(crate) fn new(verified: &'a Verified, layout: Layout, mem: &[u8], random: u64) -> Machine<'a> {
        let maps = verified.unit().maps.len();
        let mut regs = [0xdead_beef_dead_beef; 11];
        regs[1] = layout.mem;
        regs[2] = mem.len() as u64;
        regs[10] = layout.stack + 8 * FRAME;
        Machine {
            verified,
            layout,
            regs,
            mem: mem.to_vec(),
            stack: vec![(0xa5, false); 8 * FRAME as usize],
            values: (0..maps).map(|m| [m as u8 * 3 + 1; VALUE]).collect(),
            frames: Vec::new(),
            random,
            steps: 0,
        }
    }

    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 33
    }

    /// Runs to the end; the error is a broken promise of the verifier.
    pub(crate) fn run(&mut self) -> Run<u64> {
        let insns = self.verified.unit().code.insns();
        let bound = self.verified.facts().longest_path;
        let mut at = 0;
        loop {
            self.steps += 1;
            if bound.is_none() && self.steps > 20_000 {
                // As long as it goes: nothing was promised.
                return Ok(0);
            }
            if bound.is_some_and(|b| self.steps > b) {
                return Err(format!("{} steps, the bound is {bound:?}", self.steps));
            }
            if !self.verified.facts().reached[at] {
                return Err(format!("instruction {at} is reached"));
            }
            self.operands(at, &insns[at])?;
            match self.step(at, &insns[at]).map_err(|e| format!("at {at}: {e}"))? {
                Some(next) => at = next,
                None => return Ok(self.regs[0]),
            }
        }
    }

    /// The exported numbers have the register's.
    fn operands(&self, at: usize, insn: &Insn) -> Run<()> {
        let facts = self.verified.facts();
        for side in Side::ALL {
            let Some(reg) = side.register(insn) else { continue };
            let found = self.regs[reg.index()];
            for table in [&facts.linear, &facts.precise] {
                if table.get(at, side).is_some_and(|num| !num.contains(found)) {
                    return Err(format!("at {at}: {reg} is {found:#x}, the fact is {:?}", table.get(at, side)));
                }
            }
        }
        Ok(())
    }

    fn operand(&self, src: Operand) -> u64 {
        match src {
            Operand::Reg(r) => self.regs[r.index()],
            Operand::Imm(i) => i64::from(i) as u64,
        }
    }

    fn step(&mut self, at: usize, insn: &Insn) -> Run<Option<usize>> {
        match *insn {
            Insn::Alu { op, width, dst, src } => {
                let b = self.operand(src);
                self.regs[dst.index()] = op.eval(width, self.regs[dst.index()], b);
            }
            Insn::Unary { op, width, dst } => self.regs[dst.index()] = op.eval(width, self.regs[dst.index()]),
            Insn::LoadImm { dst, value } => self.regs[dst.index()] = value,
            Insn::LoadRef { dst, target } => {
                self.regs[dst.index()] = match target {
                    Ref::Map(m) => self.layout.map + u64::from(m) * 64,
                    Ref::MapValue { map, off } => self.value_at(map) + u64::from(off),
                    Ref::Func(start) => u64::from(start),
                    Ref::Symbol(_) => return Err("a symbol".into()),
                }
            }
            Insn::Load { size, signed, dst, base, off } => {
                let raw = self.load(at, self.address(base, off), size)?;
                self.regs[dst.index()] = if signed { size.sign_extend(raw) } else { raw };
            }
            Insn::Store { size, base, off, src } => {
                let value = self.operand(src);
                self.store(at, self.address(base, off), size, value)?;
            }
            Insn::Atomic { op, size, base, off, src } => self.atomic(at, op, size, (base, off), src)?,
            Insn::Jump { target, .. } => return Ok(Some(target as usize)),
            Insn::Branch { cond, width, dst, src, target } => {
                let taken = cond.eval(width, self.regs[dst.index()], self.operand(src));
                if self.verified.facts().branch[at].is_some_and(|b| b != taken) {
                    return Err(format!("the branch goes the other way: taken {taken}"));
                }
                return Ok(Some(if taken { target as usize } else { at + 1 }));
            }
            Insn::Call(Callee::Local(target)) => {
                self.enter(at + 1, None)?;
                return Ok(Some(target as usize));
            }
            Insn::Call(Callee::Helper(id)) => return self.helper(at, id),
            Insn::Exit => return Ok(self.leave()),
            Insn::MayGoto { target } => {
                if self.next_random().is_multiple_of(12) {
                    return Ok(Some(target as usize));
                }
            }
            Insn::LoadAcquire { .. }
            | Insn::StoreRelease { .. }
            | Insn::PacketLoad { .. }
            | Insn::Call(Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
            | Insn::Poison(_) => return Err("an instruction that is not generated".into()),
        }
        Ok(Some(at + 1))
    }

    fn address(&self, base: Reg, off: i16) -> u64 {
        self.regs[base.index()].wrapping_add(i64::from(off) as u64)
    }

    fn enter(&mut self, back: usize, callback: Option<(u64, u64)>) -> Run<()> {
        if self.frames.len() >= 7 {
            return Err("too many frames".into());
        }
        let saved = [self.regs[6], self.regs[7], self.regs[8], self.regs[9], self.regs[10]];
        self.frames.push(Frame { saved, back, callback });
        self.regs[10] -= FRAME;
        let from = (self.regs[10] - FRAME - self.layout.stack) as usize;
        self.stack[from..from + FRAME as usize].fill((0xa5, false));
        for reg in [0, 6, 7, 8, 9] {
            self.regs[reg] = 0xdead_beef_dead_beef;
        }
        Ok(())
    }

    fn leave(&mut self) -> Option<usize> {
        let frame = self.frames.pop()?;
        let [r6, r7, r8, r9, r10] = frame.saved;
        (self.regs[6], self.regs[7], self.regs[8], self.regs[9], self.regs[10]) = (r6, r7, r8, r9, r10);
        for reg in 1..=5 {
            self.regs[reg] = 0xdead_beef_dead_beef;
        }
        if let Some((left, ctx)) = frame.callback {
            if left > 0 && self.regs[0] == 0 {
                return self.call_back(frame.back, left - 1, ctx).ok();
            }
            self.regs[0] = 5;
        }
        Some(frame.back)
    }

    fn call_back(&mut self, back: usize, left: u64, ctx: u64) -> Run<usize> {
        // The callback's start is kept in the call's r2, which the generator always sets right before.
        let start = self.callback_start(back - 1)?;
        self.enter(back, Some((left, ctx)))?;
        self.regs[1] = left;
        self.regs[2] = ctx;
        Ok(start)
    }

    fn callback_start(&self, call: usize) -> Run<usize> {
        let insns = self.verified.unit().code.insns();
        insns[..call]
            .iter()
            .rev()
            .find_map(|i| match i {
                Insn::LoadRef { target: Ref::Func(start), .. } => Some(*start as usize),
                _ => None,
            })
            .ok_or_else(|| "no callback".into())
    }

    fn helper(&mut self, at: usize, id: u32) -> Run<Option<usize>> {
        let args = self.regs;
        for reg in 1..=5 {
            self.regs[reg] = 0xdead_beef_dead_beef;
        }
        match id {
            1 => {
                let map = ((args[1] - self.layout.map) / 64) as u32;
                if self.verified.facts().call_map[at].is_some_and(|m| m != map) {
                    return Err(format!("another map: {map}"));
                }
                let key = self.load_at(args[2], 4)?;
                let spec = &self.verified.unit().maps[map as usize].spec;
                let there = match spec.kind {
                    MapKind::Array => key < u64::from(spec.max_entries),
                    _ => self.next_random().is_multiple_of(2),
                };
                self.regs[0] = if there { self.value_at(map) } else { 0 };
            }
            7 => self.regs[0] = self.next_random() & 0xffff_ffff,
            181 => {
                if args[1] == 0 {
                    self.regs[0] = 0;
                    return Ok(Some(at + 1));
                }
                let next = self.call_back(at + 1, args[1].min(20) - 1, args[3])?;
                return Ok(Some(next));
            }
            _ => return Err("a helper that is not generated".into()),
        }
        Ok(Some(at + 1))
    }

    fn value_at(&self, map: u32) -> u64 {
        self.layout.value + u64::from(map) * 4096
    }

    fn atomic(&mut self, at: usize, op: AtomicOp, size: Size, (base, off): (Reg, i16), src: Reg) -> Run<()> {
        let addr = self.address(base, off);
        let old = self.load(at, addr, size)?;
        let new = op.eval(size, old, self.regs[src.index()], self.regs[0]);
        self.store(at, addr, size, new)?;
        match op {
            AtomicOp::Cmpxchg => self.regs[0] = old,
            _ if op.fetches() => self.regs[src.index()] = old,
            _ => {}
        }
        Ok(())
    }

    fn load(&mut self, at: usize, addr: u64, size: Size) -> Run<u64> {
        self.kind(at, addr)?;
        self.load_at(addr, u64::from(size.bytes()))
    }

    fn load_at(&mut self, addr: u64, bytes: u64) -> Run<u64> {
        let mut value = 0;
        for i in (0..bytes).rev() {
            value = value << 8 | u64::from(self.byte(addr + i)?);
        }
        Ok(value)
    }

    /// The exported kind of an access is that of the region.
    fn kind(&self, at: usize, addr: u64) -> Run<()> {
        let found = if addr.wrapping_sub(self.layout.stack) < 8 * FRAME {
            Access::Stack
        } else if addr.wrapping_sub(self.layout.mem) < 0x1000 {
            Access::Data
        } else {
            Access::MapValue((addr.wrapping_sub(self.layout.value) / 4096) as u32)
        };
        if let (Access::MapValue(map), Some((least, most))) = (found, self.verified.facts().value_off[at]) {
            let off = addr - self.value_at(map);
            if !(u64::from(least)..=u64::from(most)).contains(&off) {
                return Err(format!("access at {off} of a value, the fact is {least}..={most}"));
            }
        }
        match self.verified.facts().access[at] {
            Some(Access::Mixed) => Ok(()),
            Some(known) if known == found => Ok(()),
            known => Err(format!("access {found:?}, the fact is {known:?}")),
        }
    }

    fn byte(&self, addr: u64) -> Run<u8> {
        let off = addr.wrapping_sub(self.layout.stack);
        if off < 8 * FRAME {
            let (byte, written) = self.stack[off as usize];
            return if written { Ok(byte) } else { Err(format!("stack byte {off} was never written")) };
        }
        if let Some(&byte) = self.mem.get(addr.wrapping_sub(self.layout.mem) as usize) {
            return Ok(byte);
        }
        self.value_byte(addr).map(|(m, i)| self.values[m][i])
    }

    fn value_byte(&self, addr: u64) -> Run<(usize, usize)> {
        let off = addr.wrapping_sub(self.layout.value);
        let (map, byte) = ((off / 4096) as usize, (off % 4096) as usize);
        if map < self.values.len() && byte < VALUE { Ok((map, byte)) } else { Err(format!("address {addr:#x}")) }
    }

    fn store(&mut self, at: usize, addr: u64, size: Size, value: u64) -> Run<()> {
        self.kind(at, addr)?;
        for i in 0..u64::from(size.bytes()) {
            let byte = (value >> (8 * i)) as u8;
            let off = (addr + i).wrapping_sub(self.layout.stack);
            let mem = (addr + i).wrapping_sub(self.layout.mem) as usize;
            if off < 8 * FRAME {
                if off < self.regs[10] - FRAME - self.layout.stack {
                    return Err("a store below the frame".into());
                }
                self.stack[off as usize] = (byte, true);
            } else if mem < self.mem.len() {
                self.mem[mem] = byte;
            } else {
                let (m, i) = self.value_byte(addr + i)?;
                self.values[m][i] = byte;
            }
        }
        Ok(())
    }

    /// What a host sees of the run.
    pub(crate) fn outcome(&self) -> (Vec<u8>, Vec<[u8; VALUE]>) {
        (self.mem.clone(), self.values.clone())
    }
}
