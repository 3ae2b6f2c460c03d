//! Random programs in assembler text: mostly sound ones of the shapes that people write, with mistakes mixed in.

use crate::random::Random;

/// Bytes of a value of map 0, an array, and of map 1, a hash.
pub(super) const VALUE: i64 = 48;
/// Bytes of stack that programs use.
const STACK: i64 = 64;
/// Bytes of the packet that the prologue checks.
const HEAD: i64 = 14;

/// What a register is believed to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Number,
    Ctx,
    Packet,
    End,
    Value,
    Frame,
}

/// A program being written.
struct Writer<'r> {
    random: &'r mut Random,
    lines: Vec<String>,
    held: [Held; 11],
    /// Slots of 8 bytes below `r10` that were written, and by what.
    slots: [Held; 8],
    labels: u32,
    /// Bodies of subprograms, to follow.
    subs: Vec<Vec<String>>,
    xdp: bool,
    depth: u32,
    /// Where a failed check goes.
    out: String,
}

/// The text of a seed's program; `xdp`, or else `socket_filter`.
#[must_use]
pub fn program(seed: u64, xdp: bool) -> String {
    let mut random = Random::new(seed);
    let mut writer = Writer {
        random: &mut random,
        lines: Vec::new(),
        held: [Held::Nothing; 11],
        slots: [Held::Nothing; 8],
        labels: 0,
        subs: Vec::new(),
        xdp,
        depth: 0,
        out: "out".into(),
    };
    writer.held[1] = Held::Ctx;
    writer.held[10] = Held::Frame;
    writer.prologue();
    let fragments = 3 + writer.below(9);
    for _ in 0..fragments {
        writer.fragment();
    }
    writer.ending();
    let subs = std::mem::take(&mut writer.subs);
    let mut lines = std::mem::take(&mut writer.lines);
    lines.extend(subs.into_iter().flatten());
    if random.bits().is_multiple_of(3) {
        mutate(&mut random, &mut lines);
    }
    lines.join("\n")
}

const CONDS: [&str; 11] = ["==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&"];
const OPS: [&str; 13] = ["+=", "-=", "*=", "/=", "+=", "|=", "&=", "^=", "<<=", ">>=", "s>>=", "+=", "&="];
const SIZES: [(&str, i64); 4] = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8)];

impl Writer<'_> {
    fn below(&mut self, n: u64) -> u64 {
        self.random.bits() % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn either(&mut self, a: usize, b: usize) -> usize {
        if self.chance(50) { a } else { b }
    }

    fn emit(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!(".L{}", self.labels)
    }

    /// A register that holds such a thing; one that may be any is picked now and then.
    fn find(&mut self, what: Held) -> Option<usize> {
        let fits: Vec<usize> = (0..10).filter(|&r| self.held[r] == what).collect();
        let n = fits.len() as u64;
        if n == 0 { None } else { Some(fits[self.below(n) as usize]) }
    }

    /// A register with a number, made where there is none.
    fn number(&mut self) -> usize {
        match self.find(Held::Number) {
            Some(reg) if self.chance(85) => reg,
            Some(_) | None => self.source(),
        }
    }

    /// A register to overwrite: seldom one that holds the only pointer of its kind.
    fn target(&mut self) -> usize {
        for _ in 0..8 {
            let reg = self.below(10) as usize;
            if matches!(self.held[reg], Held::Nothing | Held::Number) {
                return reg;
            }
        }
        0
    }

    fn prologue(&mut self) {
        self.emit("r6 = r1");
        self.held[6] = Held::Ctx;
        self.clear_stack();
        if self.xdp && self.chance(85) {
            self.load_packet();
        }
        if self.chance(75) {
            self.lookup();
        }
    }

    /// Zeros in all slots, mostly: else few reads of the stack are sound.
    fn clear_stack(&mut self) {
        if self.chance(15) {
            return;
        }
        for slot in 1..=STACK / 8 {
            self.emit(format!("*(u64 *)(r10 - {}) = 0", 8 * slot));
        }
        self.slots = [Held::Number; 8];
    }

    fn load_packet(&mut self) {
        let n = HEAD + self.below(8) as i64;
        let out = self.out.clone();
        for line in ["r7 = *(u32 *)(r6 + 0)", "r8 = *(u32 *)(r6 + 4)", "r2 = r7"] {
            self.emit(line);
        }
        self.emit(format!("r2 += {n}"));
        self.emit(format!("if r2 > r8 goto {out}"));
        (self.held[7], self.held[8], self.held[2]) = (Held::Packet, Held::End, Held::Nothing);
    }

    fn lookup(&mut self) {
        let map = self.below(2);
        let key = self.below(5);
        if self.chance(50) {
            self.emit(format!("*(u32 *)(r10 - 4) = {key}"));
        } else {
            let reg = self.number();
            self.emit(format!("*(u32 *)(r10 - 4) = r{reg}"));
        }
        self.slots[0] = Held::Nothing;
        for line in ["r2 = r10", "r2 += -4"] {
            self.emit(line);
        }
        self.emit(format!("r1 = map[{map}] ll"));
        self.call("call 1");
        let out = self.out.clone();
        if self.chance(96) {
            self.emit(format!("if r0 == 0 goto {out}"));
        }
        self.emit("r9 = r0");
        (self.held[0], self.held[9]) = (Held::Value, Held::Value);
    }

    fn call(&mut self, line: &str) {
        self.emit(line);
        for reg in 1..6 {
            self.held[reg] = Held::Nothing;
        }
        self.held[0] = Held::Number;
    }

    fn fragment(&mut self) {
        match self.below(24) {
            0 => drop(self.source()),
            1..=3 => self.arithmetic(),
            4 | 5 => self.bound(),
            6..=8 => self.diamond(),
            9..=12 => self.use_value(),
            13 | 14 => self.use_packet(),
            15 | 16 => self.use_stack(),
            17 => self.spill(),
            18 => self.fill(),
            19 => self.copy(),
            20 => self.atomic(),
            21 => self.repeat(),
            22 => self.function(),
            _ => self.helper(),
        }
    }

    /// A number in a register.
    fn source(&mut self) -> usize {
        let dst = self.target();
        let (size, bytes) = SIZES[self.below(4) as usize];
        let off = self.below(6) as i64 * bytes;
        let packet = self.find(Held::Packet);
        let value = self.find(Held::Value);
        match (self.below(6), packet, value) {
            (0, ..) => {
                let n = self.constant();
                self.emit(format!("r{dst} = {n}"));
            }
            (1 | 2, Some(p), _) => {
                let at = self.below((HEAD - bytes + 1) as u64);
                self.emit(format!("r{dst} = *({size} *)(r{p} + {at})"));
            }
            (3 | 4, _, Some(v)) => self.emit(format!("r{dst} = *({size} *)(r{v} + {off})")),
            (5, ..) if self.depth == 0 => {
                let (at, size) = if self.xdp { (16, "u32") } else { (0, "u32") };
                self.emit(format!("r{dst} = *({size} *)(r6 + {at})"));
            }
            _ => {
                self.call("call 7");
                return 0;
            }
        }
        self.held[dst] = Held::Number;
        dst
    }

    fn constant(&mut self) -> i64 {
        match self.below(6) {
            0..=2 => self.below(70) as i64,
            3 => -(self.below(70) as i64),
            4 => [0x7fff_ffff, -0x8000_0000, 0xff, 0xffff, 0x1_0000, VALUE][self.below(6) as usize],
            _ => i64::from(self.random.bits() as i32 >> self.below(31)),
        }
    }

    fn arithmetic(&mut self) {
        let dst = self.number();
        let op = OPS[self.below(13) as usize];
        let w = if self.chance(40) { "w" } else { "r" };
        if self.chance(50) {
            let src = self.number();
            self.emit(format!("{w}{dst} {op} {w}{src}"));
            return;
        }
        let n = match op {
            "<<=" | ">>=" | "s>>=" => self.below(32) as i64,
            "/=" | "%=" => 1 + self.below(60) as i64,
            _ => self.constant(),
        };
        self.emit(format!("{w}{dst} {op} {n}"));
    }

    /// A number's limit, so that it fits something of about the size of a value.
    fn limit(&mut self) -> i64 {
        match self.below(4) {
            0 => VALUE - 8 + self.below(10) as i64,
            1 => 1 << self.below(6),
            2 => self.below(64) as i64,
            _ => VALUE - 1 - self.below(8) as i64,
        }
    }

    fn bound(&mut self) {
        let reg = self.number();
        self.bounded(reg);
    }

    fn bounded(&mut self, reg: usize) {
        let n = if self.chance(70) { self.below(24) as i64 } else { self.limit() };
        let out = self.out.clone();
        let w = if self.chance(30) { "w" } else { "r" };
        match self.below(8) {
            0 | 1 => {
                let mask = [1, 3, 7, 15, 31, 63, n][self.below(7) as usize];
                self.emit(format!("r{reg} &= {mask}"));
            }
            2..=5 => self.emit(format!("if {w}{reg} > {n} goto {out}")),
            6 => {
                self.emit(format!("if {w}{reg} s> {n} goto {out}"));
                self.emit(format!("if {w}{reg} s< 0 goto {out}"));
            }
            _ => {
                let over = self.label();
                self.emit(format!("if {w}{reg} < {n} goto {over}"));
                self.emit(format!("r{reg} = {}", self.lines.len() % 9));
                self.emit(format!("{over}:"));
            }
        }
    }

    fn condition(&mut self) -> String {
        let a = self.number();
        let cond = CONDS[self.below(11) as usize];
        let w = if self.chance(30) { "w" } else { "r" };
        if self.chance(40) {
            let b = self.number();
            format!("if {w}{a} {cond} {w}{b}")
        } else {
            let n = self.constant();
            format!("if {w}{a} {cond} {n}")
        }
    }

    /// Two ways that meet again with different numbers: what pruning must tell apart, or may not.
    fn diamond(&mut self) {
        let times = 1 + self.below(3);
        let changed = self.number();
        for _ in 0..times {
            let (other, join) = (self.label(), self.label());
            let condition = self.condition();
            self.emit(format!("{condition} goto {other}"));
            self.change(changed);
            self.emit(format!("goto {join}"));
            self.emit(format!("{other}:"));
            self.change(changed);
            self.emit(format!("{join}:"));
        }
        if self.chance(60) {
            self.access_value_at(changed);
        }
    }

    fn change(&mut self, reg: usize) {
        let from = self.find(Held::Number).unwrap_or(reg);
        let n = self.constant();
        match self.below(6) {
            0 | 1 => self.emit(format!("r{reg} = {}", n % 60)),
            2 => self.emit(format!("r{reg} = r{from}")),
            3 => self.emit(format!("r{reg} += {}", n % 16)),
            4 => self.emit(format!("r{reg} &= {}", n & 63)),
            _ => {}
        }
    }

    fn use_value(&mut self) {
        let reg = self.number();
        if self.chance(85) {
            self.bounded(reg);
        }
        self.access_value_at(reg);
    }

    fn access_value_at(&mut self, num: usize) {
        let Some(value) = self.find(Held::Value) else { return self.lookup() };
        let ptr = (1..6).find(|&r| r != num && r != value).unwrap_or(5);
        let (size, bytes) = SIZES[self.below(4) as usize];
        let off = if self.chance(80) { 0 } else { self.below(VALUE as u64) as i64 - bytes };
        self.emit(format!("r{ptr} = r{value}"));
        if self.chance(90) {
            self.emit(format!("r{ptr} += r{num}"));
        } else {
            self.emit(format!("r{ptr} -= r{num}"));
        }
        self.held[ptr] = Held::Nothing;
        if self.chance(60) {
            let dst = self.target();
            self.emit(format!("r{dst} = *({size} *)(r{ptr} + {off})"));
            self.held[dst] = Held::Number;
        } else {
            let src = self.number();
            self.emit(format!("*({size} *)(r{ptr} + {off}) = r{src}"));
        }
    }

    fn use_packet(&mut self) {
        let (Some(packet), Some(end)) = (self.find(Held::Packet), self.find(Held::End)) else {
            return self.load_or_skb();
        };
        let num = self.number();
        if self.chance(85) {
            self.bounded(num);
        }
        if num == 3 || num == 4 {
            return;
        }
        let (ptr, tip) = (3, 4);
        let (size, bytes) = SIZES[self.below(4) as usize];
        let reach = bytes + self.below(5) as i64 - 1;
        let off = self.below(4) as i64 - 1;
        let out = self.out.clone();
        self.emit(format!("r{ptr} = r{packet}"));
        self.emit(format!("r{ptr} += r{num}"));
        self.emit(format!("r{tip} = r{ptr}"));
        self.emit(format!("r{tip} += {reach}"));
        let cond = if self.chance(80) { ">" } else { ">=" };
        self.emit(format!("if r{tip} {cond} r{end} goto {out}"));
        let dst = [0, 1, 2, 5][self.below(4) as usize];
        let verb = self.chance(70);
        if verb {
            self.emit(format!("r{dst} = *({size} *)(r{ptr} + {})", off.max(0)));
            self.held[dst] = Held::Number;
        } else {
            self.emit(format!("*({size} *)(r{ptr} + {}) = 1", off.max(0)));
        }
        (self.held[3], self.held[4]) = (Held::Nothing, Held::Nothing);
    }

    fn load_or_skb(&mut self) {
        if self.depth > 0 {
            return;
        }
        if self.xdp {
            return self.load_packet();
        }
        let n = self.below(20);
        self.call(&format!("r0 = *(u16 *)skb[{n}]"));
    }

    fn use_stack(&mut self) {
        let num = self.number();
        let (size, bytes) = SIZES[self.below(4) as usize];
        let slot = -(bytes * (1 + self.below((STACK / bytes) as u64) as i64));
        match self.below(4) {
            0 => self.emit(format!("*({size} *)(r10 {slot}) = r{num}").replace("r10 -", "r10 - ")),
            1 => {
                let dst = self.target();
                self.emit(format!("r{dst} = *({size} *)(r10 - {})", -slot));
                self.held[dst] = Held::Number;
            }
            _ => {
                self.bounded(num);
                if num == 5 {
                    return;
                }
                self.emit("r5 = r10");
                self.emit(format!("r5 += r{num}"));
                let low = -STACK - 32 + self.below(9) as i64 * 8;
                self.emit(format!("r5 += {low}"));
                self.emit(format!("*(u8 *)(r5 + 0) = {}", self.lines.len() % 3));
                self.held[5] = Held::Nothing;
            }
        }
        if slot % 8 == 0 || bytes < 8 {
            self.slots[((-slot - 1) / 8) as usize] = Held::Nothing;
        }
    }

    fn spill(&mut self) {
        let any: Vec<usize> = (0..=10).filter(|&r| self.held[r] != Held::Nothing).collect();
        let reg = any[self.below(any.len() as u64) as usize];
        let slot = self.below(8) as usize;
        self.slots[slot] = self.held[reg];
        let (size, bytes) =
            if self.held[reg] == Held::Number && self.chance(40) { SIZES[self.below(3) as usize] } else { SIZES[3] };
        let off = 8 * (slot as i64 + 1) - bytes * self.below((8 / bytes) as u64) as i64;
        self.emit(format!("*({size} *)(r10 - {off}) = r{reg}"));
    }

    fn fill(&mut self) {
        let full: Vec<usize> = (0..8).filter(|&s| self.slots[s] != Held::Nothing).collect();
        if full.is_empty() {
            return self.spill();
        }
        let slot = full[self.below(full.len() as u64) as usize];
        let dst = self.target();
        let (size, _) = if self.slots[slot] == Held::Number { SIZES[self.below(4) as usize] } else { SIZES[3] };
        self.emit(format!("r{dst} = *({size} *)(r10 - {})", 8 * (slot + 1)));
        self.held[dst] = self.slots[slot];
    }

    fn copy(&mut self) {
        let src = self.number();
        let dst = self.target();
        let w = if self.chance(25) { "w" } else { "r" };
        self.emit(format!("{w}{dst} = {w}{src}"));
        self.held[dst] = Held::Number;
        if self.chance(60) {
            let n = self.below(20) as i64 - 8;
            self.emit(format!("{w}{dst} += {n}"));
        }
        if self.chance(60) {
            let reg = self.either(src, dst);
            self.bounded(reg);
        }
        if self.chance(50) {
            let reg = self.either(src, dst);
            self.access_value_at(reg);
        }
    }

    fn atomic(&mut self) {
        let num = self.number();
        let base = if self.chance(50) { self.find(Held::Value) } else { None };
        let (base, off) = match base {
            Some(value) => (format!("r{value}"), self.below(6) as i64 * 8),
            None => ("r10".to_owned(), -8 * (1 + self.below(8) as i64)),
        };
        let line = match self.below(4) {
            0 => format!("lock *(u64 *)({base} + {off}) += r{num}"),
            1 => format!("r{num} = atomic_fetch_or((u64 *)({base} + {off}), r{num})"),
            2 => format!("w{num} = xchg32_32({base} + {off}, w{num})"),
            _ => format!("lock *(u32 *)({base} + {off}) &= w{num}"),
        };
        self.emit(line.replace("+ -", "- "));
    }

    /// A loop of few turns, or one that `may_goto` ends.
    fn repeat(&mut self) {
        let again = self.label();
        let done = self.label();
        let num = self.number();
        let counter = self.target();
        if counter == num {
            return;
        }
        self.emit(format!("r{counter} = 0"));
        self.held[counter] = Held::Number;
        self.emit(format!("{again}:"));
        let turns = 2 + self.below(12);
        let may = self.chance(30);
        if may {
            self.emit(format!("may_goto {done}"));
        }
        self.change(num);
        self.arithmetic_in_place(num);
        self.emit(format!("r{counter} += 1"));
        let step = if may && self.chance(50) { "goto".to_owned() } else { format!("if r{counter} < {turns} goto") };
        self.emit(format!("{step} {again}"));
        self.emit(format!("{done}:"));
        if self.chance(70) {
            let reg = self.either(num, counter);
            self.access_value_at(reg);
        }
    }

    fn arithmetic_in_place(&mut self, reg: usize) {
        let op = OPS[self.below(8) as usize];
        let n = 1 + self.below(20);
        self.emit(format!("r{reg} {op} {n}"));
    }

    /// A call of a function: its own, or through `bpf_loop`.
    fn function(&mut self) {
        if self.depth > 1 {
            return;
        }
        let name = format!("f{}_{}", self.depth, self.labels);
        self.labels += 1;
        if self.chance(35) {
            return self.looped(&name);
        }
        let (a, v) = (self.number(), self.find(Held::Value));
        self.emit(format!("r1 = r{a}"));
        let args = match v {
            Some(v) if v != 1 => {
                self.emit(format!("r2 = r{v}"));
                [Held::Nothing, Held::Number, Held::Value]
            }
            Some(_) | None => {
                self.emit("r2 = r10");
                self.emit("r2 += -16");
                self.emit("*(u64 *)(r2 + 0) = 5");
                self.slots[1] = Held::Number;
                [Held::Nothing, Held::Number, Held::Frame]
            }
        };
        self.body(&name, &args, false);
        self.call(&format!("call {name}"));
    }

    fn looped(&mut self, name: &str) {
        let n = self.below(20);
        for line in ["r3 = r10", "r3 += -16", "*(u64 *)(r3 + 0) = 3", "r4 = 0"] {
            self.emit(line);
        }
        if self.chance(60) {
            self.emit(format!("r1 = {n}"));
        } else {
            let reg = self.find(Held::Number).filter(|&r| !(1..5).contains(&r)).unwrap_or(10);
            self.emit(if reg == 10 { format!("r1 = {n}") } else { format!("r1 = r{reg}") });
            // Few turns: the live kernel takes its time for many.
            self.emit("r1 &= 31");
        }
        self.emit(format!("r2 = func {name} ll"));
        self.body(name, &[Held::Nothing, Held::Number, Held::Frame], true);
        self.call("call 181");
        self.emit("r1 = *(u64 *)(r10 - 16)");
        self.held[1] = Held::Number;
        self.slots[1] = Held::Number;
        if self.chance(60) {
            self.access_value_at(1);
        }
    }

    /// The body of a function, written with the same fragments. In one, `r2` may be the address of 8 bytes of a caller.
    fn body(&mut self, name: &str, args: &[Held], callback: bool) {
        let outer = (std::mem::take(&mut self.lines), self.held, self.slots, self.out.clone());
        self.held = [Held::Nothing; 11];
        self.held[..args.len()].copy_from_slice(args);
        self.held[10] = Held::Frame;
        self.slots = [Held::Nothing; 8];
        self.depth += 1;
        self.out = self.label();
        self.emit(format!("{name}:"));
        self.clear_stack();
        let frame = self.held[2] == Held::Frame;
        self.held[2] = if frame { Held::Nothing } else { self.held[2] };
        if frame {
            self.emit("r6 = r2");
            self.emit("r7 = *(u64 *)(r6 + 0)");
            self.held[7] = Held::Number;
        }
        for _ in 0..1 + self.below(4) {
            self.fragment();
        }
        if frame && self.held[7] == Held::Number {
            self.change(7);
            self.emit("*(u64 *)(r6 + 0) = r7");
        }
        self.function_ending(callback);
        let body = std::mem::replace(&mut self.lines, outer.0);
        (self.held, self.slots, self.out) = (outer.1, outer.2, outer.3);
        self.depth -= 1;
        self.subs.push(body);
    }

    fn function_ending(&mut self, callback: bool) {
        let reg = self.number();
        if reg != 0 {
            self.emit(format!("r0 = r{reg}"));
        }
        if callback {
            self.emit("r0 &= 1");
        }
        self.last_exit();
    }

    /// The exit, and the one where failed checks go.
    fn last_exit(&mut self) {
        self.emit("exit");
        let jump = format!("goto {}", self.out);
        if self.lines.iter().any(|l| l.ends_with(&jump)) {
            let label = format!("{}:", self.out);
            self.emit(label);
            self.emit("r0 = 1");
            self.emit("exit");
        }
    }

    fn helper(&mut self) {
        match self.below(5) {
            0 if self.xdp && self.depth == 0 => {
                let n = self.below(9) as i64 - 4;
                self.emit("r1 = r6");
                self.emit(format!("r2 = {n}"));
                self.call("call 44");
                if self.chance(85) {
                    self.load_packet();
                }
            }
            1 => self.record(),
            2 => self.update(),
            _ => self.lookup(),
        }
    }

    fn record(&mut self) {
        let done = self.label();
        let num = self.number();
        let keep = if num == 9 { 7 } else { 9 };
        self.emit(format!("*(u64 *)(r10 - 64) = r{num}"));
        self.slots[7] = Held::Number;
        for line in ["r1 = map[2] ll", "r2 = 24", "r3 = 0"] {
            self.emit(line);
        }
        self.call("call 131");
        self.emit(format!("if r0 == 0 goto {done}"));
        self.emit(format!("r{keep} = r0"));
        self.emit("r1 = *(u64 *)(r10 - 64)");
        let off = self.below(24);
        self.emit(format!("*(u8 *)(r{keep} + {off}) = r1"));
        self.emit(format!("r1 = r{keep}"));
        self.emit("r2 = 0");
        if self.chance(95) {
            self.call("call 132");
        }
        self.emit(format!("{done}:"));
        (self.held[keep], self.held[0]) = (Held::Nothing, Held::Nothing);
        for reg in 1..6 {
            self.held[reg] = Held::Nothing;
        }
    }

    fn update(&mut self) {
        let num = self.number();
        for at in 2..8 {
            self.emit(format!("*(u64 *)(r10 - {}) = r{num}", 8 * at));
            self.slots[at - 1] = Held::Number;
        }
        self.emit(format!("*(u32 *)(r10 - 8) = {}", self.lines.len() % 7));
        self.slots[0] = Held::Nothing;
        let map = self.below(2);
        for line in ["r2 = r10", "r2 += -8", "r3 = r10", "r3 += -64", "r4 = 0"] {
            self.emit(line);
        }
        self.emit(format!("r1 = map[{map}] ll"));
        self.call("call 2");
    }

    fn ending(&mut self) {
        let reg = self.number();
        if reg != 0 {
            self.emit(format!("r0 = r{reg}"));
        }
        self.last_exit();
    }
}

/// One small mistake somewhere.
fn mutate(random: &mut Random, lines: &mut Vec<String>) {
    let at = (random.bits() % lines.len() as u64) as usize;
    let line = lines[at].clone();
    if line.ends_with(':') || line == "exit" {
        return;
    }
    let digit = |from: &str, to: u64| line.replacen(from, &format!("r{to}"), 1);
    match random.bits() % 6 {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, line),
        2 => {
            let reg = format!("r{}", random.bits() % 10);
            lines[at] = digit(&reg, random.bits() % 11);
        }
        3 => lines[at] = line.replace("u32", "u64").replace("u8", "u16"),
        4 => lines[at] = line.replace(" > ", " >= ").replace(" < ", " <= ").replace("s>", ">"),
        _ => lines[at] = shifted(&line, random),
    }
}

/// The line with its last number moved a little.
fn shifted(line: &str, random: &mut Random) -> String {
    let end = line.trim_end_matches(')').len();
    let start = line[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    match line[start..end].parse::<i64>() {
        Ok(n) if !line.contains("goto +") && line[..start].ends_with(' ') => {
            let step = [1, 2, 4, 8][(random.bits() % 4) as usize];
            format!("{}{}{}", &line[..start], n + step, &line[end..])
        }
        Ok(_) | Err(_) => line.to_owned(),
    }
}
