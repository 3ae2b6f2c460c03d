//! Random programs around the rules of the verifier: about as many right ones as wrong ones by a hair.
//!
//! `r9` is the input memory, `r8` its length, `r7` a map value where one was found; the rest are numbers and copies.

use std::fmt::Write as _;

/// A sequence of numbers that a seed determines (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const CONDS: [&str; 11] = ["==", "!=", ">", ">=", "<", "<=", "&", "s>", "s>=", "s<", "s<="];
const OPS: [&str; 10] = ["+=", "-=", "*=", "|=", "&=", "^=", "<<=", ">>=", "s>>=", "%="];

pub(crate) struct Generator {
    random: Random,
    text: String,
    labels: u32,
    value: bool,
    slots: Vec<u64>,
    subprog: bool,
    callback: bool,
}

/// The text of the program of a seed.
pub(crate) fn program(seed: u64) -> String {
    let mut g = Generator {
        random: Random(seed),
        text: String::new(),
        labels: 0,
        value: false,
        slots: Vec::new(),
        subprog: false,
        callback: false,
    };
    g.text += "r9 = r1\nr8 = r2\nr0 = 0\nr3 = 1\nr4 = 2\nr5 = 3\nr6 = 0\n";
    let parts = 4 + g.random.below(14);
    for _ in 0..parts {
        g.part(0);
    }
    g.text += "out:\nr0 = r6\nexit\n";
    if g.subprog {
        g.text += "sub:\nr0 = *(u64 *)(r1 + 0)\nr2 &= 7\nr3 = r1\nr3 += r2\n*(u8 *)(r3 + 0) = 9\nr0 += r2\nexit\n";
    }
    if g.callback {
        let step = g.random.pick(&["r3 += 1", "r3 = 5", "r3 ^= 8", "r3 = r1\nr3 &= 7"]);
        let _ = write!(g.text, "cb:\nr3 = *(u64 *)(r2 + 0)\n{step}\n*(u64 *)(r2 + 0) = r3\nr0 = r1\nr0 &= 1\nexit\n");
    }
    g.text
}

impl Generator {
    fn line(&mut self, text: &str) {
        self.text += text;
        self.text.push('\n');
    }

    fn number(&mut self) -> &'static str {
        self.random.pick(&["r0", "r3", "r4", "r5", "r6"])
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!("l{}", self.labels)
    }

    fn constant(&mut self) -> i64 {
        match self.random.below(5) {
            0 => self.random.below(16) as i64,
            1 => self.random.pick(&[-1, 7, 8, 15, 16, 255, -8, 0x7fff_ffff, -0x8000_0000]),
            2 => -(self.random.below(9) as i64),
            3 => self.random.bits() as i32 as i64,
            _ => self.random.below(64) as i64,
        }
    }

    fn part(&mut self, depth: u32) {
        match self.random.below(22) {
            0..=3 => self.arithmetic(),
            4..=5 => self.read_memory(),
            6..=7 => self.guarded_memory(),
            8..=9 => self.diamond(depth),
            10..=11 => self.stack(),
            12 => self.lookup(),
            13..=14 => self.use_value(),
            15 => self.counted_loop(depth),
            16 => self.random_number(),
            17 => self.call(),
            18 => self.array(),
            19 => self.call_back(),
            _ => self.input_loop(depth),
        }
    }

    fn arithmetic(&mut self) {
        let (dst, src, wide) = (self.number(), self.number(), self.random.below(2) == 0);
        let (mut dst, mut src) = (dst.to_owned(), src.to_owned());
        if !wide {
            dst = dst.replace('r', "w");
            src = src.replace('r', "w");
        }
        let op = self.random.pick(&OPS);
        let count = self.random.below(if wide { 64 } else { 32 });
        let c = self.constant();
        let line = match self.random.below(4) {
            0 => format!("{dst} = {src}"),
            1 => format!("{dst} {op} {src}"),
            _ if op.contains("<<") || op.contains(">>") => format!("{dst} {op} {count}"),
            _ if op == "%=" => format!("{dst} {op} {}", c.unsigned_abs().clamp(1, 1000)),
            _ => format!("{dst} {op} {c}"),
        };
        self.line(&line);
    }

    fn random_number(&mut self) {
        self.line("call 7");
        self.line("r3 = r0\nr4 = r0\nr5 = 1");
        if self.random.below(2) == 0 {
            let mask = self.random.pick(&[1, 7, 8, 15, 16, 31]);
            self.line(&format!("r4 &= {mask}"));
        }
    }

    fn read_memory(&mut self) {
        let (n, dst) = (self.random.below(24), self.number());
        let off = n.saturating_sub(self.random.below(9));
        let size = self.random.pick(&["u8", "u16", "u32", "u64", "s8", "s16", "s32"]);
        self.line(&format!("if r8 < {n} goto out"));
        self.line(&format!("{dst} = *({size} *)(r9 + {off})"));
    }

    /// `if (x + c > len) out; *(mem + x + d)`
    fn guarded_memory(&mut self) {
        let (x, c) = (self.random.pick(&["r3", "r4", "r6"]), self.random.below(10));
        let d = c.saturating_sub(self.random.below(3));
        if self.random.below(3) > 0 {
            let mask = self.random.pick(&[7, 15, 63, 0xffff]);
            self.line(&format!("{x} &= {mask}"));
        }
        let (reg, cond) = (self.random.pick(&["r5", "w5"]), self.random.pick(&[">", ">=", ">"]));
        self.line(&format!("r5 = {x}\nr5 += {c}"));
        let len = if reg == "w5" { "w8" } else { "r8" };
        if self.random.below(2) == 0 {
            self.line(&format!("r5 = {x}\nr5 += {c}"));
        }
        self.line(&format!("if {reg} {cond} {len} goto out"));
        self.line(&format!("r5 = r9\nr5 += {x}"));
        let store = self.random.below(3) == 0;
        if store {
            self.line(&format!("*(u8 *)(r5 + {d}) = 1"));
        } else {
            self.line(&format!("r6 = *(u8 *)(r5 + {d})"));
        }
        self.line("r5 = 1");
    }

    fn condition(&mut self) -> String {
        let (a, wide, cond) = (self.number(), self.random.below(2) == 0, self.random.pick(&CONDS));
        let right = if self.random.below(3) == 0 { self.number().to_owned() } else { self.constant().to_string() };
        if wide {
            format!("{a} {cond} {right}")
        } else {
            format!("{} {cond} {}", a.replace('r', "w"), right.replace('r', "w"))
        }
    }

    fn diamond(&mut self, depth: u32) {
        if depth > 2 {
            return self.arithmetic();
        }
        let (label, cond) = (self.label(), self.condition());
        self.line(&format!("if {cond} goto {label}"));
        let value = self.value;
        let slots = self.slots.clone();
        for _ in 0..1 + self.random.below(3) {
            self.part(depth + 1);
        }
        self.value = value;
        self.slots = slots;
        self.line(&format!("{label}:"));
    }

    fn stack(&mut self) {
        let (reg, slot) = (self.number(), 8 * (1 + self.random.below(4)));
        let size = self.random.pick(&[("u64", 8), ("u64", 8), ("u32", 4), ("u16", 2), ("u8", 1)]);
        let inner = size.1 * self.random.below(8 / size.1);
        let off = slot - inner;
        let known = self.slots.contains(&slot);
        match self.random.below(6) {
            0 if known && self.random.below(2) == 0 => self.line(&format!("lock *(u64 *)(r10 - {slot}) += {reg}")),
            0 if known => self.line(&format!("{reg} = atomic_fetch_add((u64 *)(r10 - {slot}), {reg})")),
            1 | 2 if known => self.line(&format!("{reg} = *({} *)(r10 - {off})", size.0)),
            3 if known => {
                let mask = self.random.pick(&[7, 3, 15]);
                self.line(&format!("r5 = r6\nr5 &= {mask}\nr4 = r10\nr4 += -{slot}\nr4 += r5"));
                let store = self.random.below(2) == 0;
                self.line(if store { "*(u8 *)(r4 + 0) = 3" } else { "r6 = *(u8 *)(r4 + 0)" });
                self.line("r4 = 1");
            }
            _ => {
                self.line(&format!("*({} *)(r10 - {off}) = {reg}", size.0));
                if size.1 == 8 {
                    self.slots.push(slot);
                }
            }
        }
    }

    fn lookup(&mut self) {
        self.line(
            "*(u32 *)(r10 - 44) = r6\nr2 = r10\nr2 += -44\nr1 = map[0] ll\ncall 1\nr7 = r0\nr3 = 1\nr4 = 2\nr5 = 3",
        );
        if self.random.below(8) > 0 {
            self.line("if r7 == 0 goto out");
        }
        self.line("r0 = 0");
        self.value = true;
    }

    fn array(&mut self) {
        let key = self.random.below(4);
        self.line(&format!("*(u32 *)(r10 - 52) = {key}"));
        if self.random.below(2) == 0 {
            let (label, cond) = (self.label(), self.condition());
            let other = self.random.below(4);
            self.line(&format!("if {cond} goto {label}\n*(u32 *)(r10 - 52) = {other}\n{label}:"));
        }
        self.line("r2 = r10\nr2 += -52\nr1 = map[1] ll\ncall 1\nr7 = r0\nr3 = 1\nr4 = 2\nr5 = 3");
        self.line("r6 = *(u64 *)(r7 + 0)\nr0 = 0");
        self.value = true;
    }

    fn use_value(&mut self) {
        if !self.value {
            return self.arithmetic();
        }
        let x = self.random.pick(&["r3", "r4", "r6"]);
        match self.random.below(4) {
            0 => {
                let mask = self.random_mask();
                self.line(&format!("{x} &= {mask}"));
            }
            1 => {
                let bound = self.random_mask();
                self.line(&format!("if {x} > {bound} goto out"));
            }
            2 => {
                let bound = self.random_mask();
                let w = x.replace('r', "w");
                self.line(&format!("if {w} s> {bound} goto out\nif {w} s< 0 goto out"));
            }
            _ => {}
        }
        let size = self.random.pick(&["u8", "u16", "u64"]);
        let off = self.random.below(10);
        if self.random.below(3) == 0 {
            self.line("*(u64 *)(r10 - 64) = r7\nr5 = *(u64 *)(r10 - 64)");
        } else {
            self.line("r5 = r7");
        }
        self.line(&format!("r5 += {x}"));
        match self.random.below(3) {
            0 => self.line(&format!("*({size} *)(r5 + {off}) = r6")),
            _ => self.line(&format!("r6 = *({size} *)(r5 + {off})")),
        }
        self.line("r5 = 3");
    }

    fn random_mask(&mut self) -> u64 {
        self.random.pick(&[3, 7, 8, 15, 6])
    }

    fn counted_loop(&mut self, depth: u32) {
        if depth > 1 {
            return self.arithmetic();
        }
        let (label, turns) = (self.label(), 1 + self.random.below(5));
        let slot = 72 + 8 * u64::from(depth);
        self.line(&format!("*(u64 *)(r10 - {slot}) = 0\n{label}:"));
        let (value, slots) = (self.value, self.slots.clone());
        for _ in 0..1 + self.random.below(3) {
            self.part(depth + 1);
        }
        self.value = value;
        self.slots = slots;
        self.line(&format!("r5 = *(u64 *)(r10 - {slot})\nr5 += 1\n*(u64 *)(r10 - {slot}) = r5"));
        self.line(&format!("if r5 < {turns} goto {label}"));
    }

    /// A loop over the input with a step, a bound and an access that may or may not fit together.
    fn input_loop(&mut self, depth: u32) {
        if depth > 1 {
            return self.read_memory();
        }
        let (label, leave) = (self.label(), self.label());
        let step = self.random.pick(&[1, 1, 2, 8]);
        let (size, bytes) = self.random.pick(&[("u8", 1), ("u8", 1), ("u16", 2), ("u64", 8)]);
        let start = self.random.pick(&[0, 0, 1, 4]);
        let ahead = bytes + self.random.pick(&[0, 0, 0, 1]) - self.random.pick(&[0, 0, 0, 1]);
        let cond = self.random.pick(&[">", ">", ">="]);
        let guard = format!("r5 = r4\nr5 += {ahead}\nif r5 {cond} r8 goto {leave}");
        self.line(&format!("r4 = {start}\n{label}:\nmay_goto {leave}"));
        if self.random.below(8) > 0 {
            self.line(&guard);
        }
        self.line(&format!("r5 = r9\nr5 += r4\nr3 = *({size} *)(r5 + 0)\nr6 += r3\nr4 += {step}\nr5 = 1"));
        if self.random.below(3) == 0 {
            let skip = self.label();
            self.line(&format!("if r3 == 7 goto {skip}\nr6 ^= 3\n{skip}:"));
        }
        match self.random.below(3) {
            0 => self.line(&format!("if r4 < r8 goto {label}")),
            1 => self.line(&format!("if r4 < 9 goto {label}")),
            _ => self.line(&format!("goto {label}")),
        }
        self.line(&format!("{leave}:\nr3 = 1\nr4 = 2\nr5 = 3"));
    }

    fn call(&mut self) {
        self.subprog = true;
        let slot = self.random.pick(&[8_u64, 16, 24]);
        if !self.slots.contains(&slot) {
            self.line(&format!("*(u64 *)(r10 - {slot}) = 5"));
            self.slots.push(slot);
        }
        self.line(&format!("r1 = r10\nr1 += -{slot}\nr2 = r6\ncall sub\nr6 = r0\nr3 = 1\nr4 = 2\nr5 = 3"));
    }

    fn call_back(&mut self) {
        self.callback = true;
        let (turns, first) = (self.random.below(6), self.random.pick(&[0, 1, 8]));
        self.line(&format!("*(u64 *)(r10 - 32) = {first}"));
        self.line(&format!("r1 = {turns}\nr2 = func cb ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall 181"));
        self.line("r6 = *(u64 *)(r10 - 32)\nr3 = 1\nr4 = 2\nr5 = 3");
        self.slots.push(32);
    }
}
