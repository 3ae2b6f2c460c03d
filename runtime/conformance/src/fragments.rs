//! Random `xdp` programs put together from fragments as clang writes them: packets behind bound checks, map values behind
//! NULL checks, stack, loops, subprograms, callbacks, ring-buffer records. Now and then a fragment is wrong by a hair, so
//! that verifiers have to tell.
//!
//! `r6` is the context, `r10 - 8` the accumulator that everything flows into; other registers live within a fragment.

use std::fmt::Write as _;

use stingless::abi::{MapKind, MapSpec};
use stingless::{RawMapDef, RawProgram};
use stingless_isa::{assemble, encode};

use crate::random::Random;

/// The maps of every program: array, hash, ring buffer.
#[must_use]
pub fn maps() -> Vec<RawMapDef> {
    let spec = |name: &str, kind, key, value, max| MapSpec::new(name, kind, key, value, max);
    let specs = [
        spec("array", MapKind::Array, 4, 16, 4),
        spec("hash", MapKind::Hash, 4, 8, 16),
        spec("ring", MapKind::Ringbuf, 0, 0, 4096),
    ];
    specs.map(|spec| RawMapDef { spec, init: vec![], freeze: false, own_slots: vec![] }).into()
}

/// A program being written.
struct Writer {
    random: Random,
    text: String,
    /// Subprograms, which follow the program.
    subs: String,
    labels: u32,
    /// One in so many chances to be wrong is taken; 0: none.
    wrong: u64,
}

/// Accumulator.
const ACC: &str = "*(u64 *)(r10 - 8)";

macro_rules! line {
    ($w:expr, $($arg:tt)*) => {
        // Writing to a string cannot fail.
        { let _ = writeln!($w.text, $($arg)*); }
    };
}

impl Writer {
    fn label(&mut self) -> u32 {
        self.labels += 1;
        self.labels
    }

    /// Whether to be wrong here.
    fn slip(&mut self) -> bool {
        self.wrong > 0 && self.random.below(self.wrong) == 0
    }

    fn size(&mut self) -> (&'static str, u64) {
        self.random.pick(&[("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8)])
    }

    /// Lets a register flow into the accumulator; spoils `r5`.
    fn absorb(&mut self, reg: &str) {
        let op = self.random.pick(&["+=", "^=", "-=", "|=", "*="]);
        line!(self, "r5 = {ACC}\nr5 {op} {reg}\n{ACC} = r5");
    }

    fn alu(&mut self) {
        line!(self, "r1 = {ACC}\nr2 = {}", self.random.constant() as i32);
        for _ in 0..1 + self.random.below(5) {
            let (dst, src) = self.random.pick(&[("1", "2"), ("2", "1"), ("1", "1")]);
            let width = self.random.pick(&["r", "w"]);
            let op = self.random.pick(&["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "s/=", "s%=", "="]);
            let shift = self.random.pick(&["<<=", ">>=", "s>>="]);
            match self.random.below(5) {
                0 => line!(self, "{width}{dst} {shift} {}", self.random.below(32)),
                1 => line!(self, "{width}{src} &= 31\n{width}{dst} {shift} {width}{src}"),
                2 => line!(self, "r{dst} = {} r{dst}", self.random.pick(&["bswap32", "be16", "le32", "-"])),
                3 => line!(self, "{width}{dst} = (s{}){width}{src}", self.random.pick(&["8", "16"])),
                _ => line!(self, "{width}{dst} {op} {width}{src}"),
            }
        }
        self.absorb("r1");
    }

    fn branch(&mut self) {
        let (skip, end) = (self.label(), self.label());
        let cond = self.random.pick(&["==", "!=", "<", "<=", ">", ">=", "s<", "s>=", "&"]);
        let width = self.random.pick(&["r", "w"]);
        line!(self, "r1 = {ACC}\nif {width}1 {cond} {} goto l{skip}", self.random.constant() as i32);
        self.alu();
        line!(self, "goto l{end}\nl{skip}:");
        self.alu();
        line!(self, "l{end}:");
    }

    /// Loads and stores at fixed offsets of the packet.
    fn packet(&mut self) {
        let end = self.label();
        let ((ty, size), off) = (self.size(), self.random.below(60));
        let checked = off + size - u64::from(self.slip());
        line!(self, "r1 = *(u32 *)(r6 + 0)\nr2 = *(u32 *)(r6 + 4)\nr3 = r1\nr3 += {checked}");
        line!(self, "if r3 > r2 goto l{end}");
        if self.random.below(3) == 0 {
            line!(self, "r4 = {ACC}\n*({ty} *)(r1 + {off}) = r4");
        }
        line!(self, "r4 = *({ty} *)(r1 + {off})");
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// A load at an offset that a number decides.
    fn packet_variable(&mut self) {
        let end = self.label();
        let (ty, size) = self.size();
        let checked = size - u64::from(size > 1 && self.slip());
        line!(self, "r4 = {ACC}\nr4 &= {}", self.random.pick(&[7, 15, 31, 63]));
        line!(self, "r1 = *(u32 *)(r6 + 0)\nr2 = *(u32 *)(r6 + 4)\nr1 += r4\nr3 = r1\nr3 += {checked}");
        line!(self, "if r3 > r2 goto l{end}\nr4 = *({ty} *)(r1 + 0)");
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    fn key(&mut self, limit: u64) {
        match self.random.below(2) {
            0 => line!(self, "r1 = {}", self.random.below(limit)),
            _ => line!(self, "r1 = {ACC}\nr1 &= {}", limit - 1),
        }
        line!(self, "*(u32 *)(r10 - 16) = r1\nr2 = r10\nr2 += -16");
    }

    fn array(&mut self) {
        let end = self.label();
        self.key(4);
        line!(self, "r1 = map[0] ll\ncall 1");
        if !self.slip() {
            line!(self, "if r0 == 0 goto l{end}");
        }
        let (ty, size) = self.size();
        let room = 16 - size + u64::from(self.slip());
        match self.random.below(3) {
            0 => {
                let off = self.random.below(room / size + 1) * size;
                line!(self, "r4 = {ACC}\n*({ty} *)(r0 + {off}) = r4\nr4 = *({ty} *)(r0 + {off})");
            }
            1 => {
                line!(self, "r1 = {ACC}\nr1 &= 15\nif r1 > {room} goto l{end}\nr0 += r1\nr4 = *({ty} *)(r0 + 0)");
            }
            _ => {
                let op = self.random.pick(&["add", "xor", "or", "and"]);
                line!(self, "r4 = {ACC}\nr4 = atomic_fetch_{op}((u64 *)(r0 + {}), r4)", self.random.pick(&[0, 8]));
            }
        }
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    fn hash(&mut self) {
        let end = self.label();
        self.key(8);
        match self.random.below(3) {
            0 => line!(self, "r1 = map[1] ll\ncall 3\nr4 = r0"),
            1 => {
                line!(self, "r4 = {ACC}\n*(u64 *)(r10 - 32) = r4\nr3 = r10\nr3 += -32");
                line!(self, "r4 = {}\nr1 = map[1] ll\ncall 2\nr4 = r0", self.random.below(3));
            }
            _ => line!(self, "r1 = map[1] ll\ncall 1\nif r0 == 0 goto l{end}\nr4 = *(u64 *)(r0 + 0)"),
        }
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// An array on the stack under an index.
    fn stack(&mut self) {
        let from = u64::from(self.slip());
        line!(self, "r1 = {ACC}");
        for slot in from..4 {
            line!(self, "*(u64 *)(r10 - {}) = r1", 40 + slot * 8);
        }
        let (ty, size) = self.size();
        line!(self, "r4 = {ACC}\nr4 &= {}", 32 - size);
        line!(self, "r3 = r10\nr3 += -64\nr3 += r4\nr4 = *({ty} *)(r3 + 0)");
        self.absorb("r4");
    }

    fn looping(&mut self) {
        let (again, turns) = (self.label(), 1 + self.random.below(12));
        line!(self, "r7 = {turns}\nl{again}:");
        match self.random.below(3) {
            0 => self.packet_variable(),
            1 => self.branch(),
            _ => self.alu(),
        }
        line!(self, "r7 += -1\nif r7 != 0 goto l{again}");
    }

    /// A call of a subprogram with a number and a pointer to the stack.
    fn call(&mut self) {
        let (sub, end) = (self.label(), self.label());
        line!(self, "r1 = {ACC}\nr2 = r10\nr2 += -24\nr3 = {}\n*(u64 *)(r10 - 24) = r3", self.random.below(100));
        line!(self, "call f{sub}\nr4 = *(u64 *)(r10 - 24)\nr4 += r0");
        self.absorb("r4");
        let cond = self.random.pick(&["==", "s>", "<"]);
        let bad = if self.slip() { 8 } else { 0 };
        let _ = writeln!(
            self.subs,
            "f{sub}:\nr3 = *(u64 *)(r2 + {bad})\nif r1 {cond} r3 goto l{end}\n*(u64 *)(r2 + 0) = r1\nr1 >>= 3\nl{end}:\nr0 = r1\nr0 ^= r3\nexit"
        );
    }

    /// `bpf_loop` with a callback that adds to the frame that called.
    fn callback(&mut self) {
        let sub = self.label();
        line!(self, "r1 = {ACC}\n*(u64 *)(r10 - 24) = r1\nr1 = {}", self.random.below(20));
        line!(self, "r2 = func f{sub} ll\nr3 = r10\nr3 += -24\nr4 = 0\ncall 181\nr4 = *(u64 *)(r10 - 24)\nr4 += r0");
        self.absorb("r4");
        let op = self.random.pick(&["+=", "^=", "*="]);
        let result = if self.slip() { "r0 = 2" } else { "r0 = r1\nr0 >>= 3\nr0 &= 1" };
        let _ =
            writeln!(self.subs, "f{sub}:\nr3 = *(u64 *)(r2 + 0)\nr3 {op} r1\n*(u64 *)(r2 + 0) = r3\n{result}\nexit");
    }

    fn ring(&mut self) {
        let end = self.label();
        line!(self, "r1 = map[2] ll\nr2 = 16\nr3 = 0\ncall 131\nif r0 == 0 goto l{end}");
        let second = if self.slip() { 9 } else { 8 };
        line!(self, "r4 = {ACC}\n*(u64 *)(r0 + 0) = r4\n*(u64 *)(r0 + {second}) = r4");
        if !self.slip() {
            line!(self, "r1 = r0\nr2 = 0\ncall {}", self.random.pick(&[132, 132, 133]));
        }
        line!(self, "l{end}:");
    }

    /// Looks the array up; the value is in `r0`, NULL goes to the label.
    fn value(&mut self, end: u32) {
        self.key(4);
        line!(self, "r1 = map[0] ll\ncall 1\nif r0 == 0 goto l{end}");
    }

    /// An index that comes from two paths: what is right on one may be wrong on the other.
    fn merge(&mut self) {
        let (other, join, end) = (self.label(), self.label(), self.label());
        let wrong = u64::from(self.slip()) * 8;
        let (a, b) = (self.random.below(16), self.random.below(16));
        let cond = self.random.pick(&["==", ">", "s<", "&"]);
        line!(self, "r1 = {ACC}\nr7 = {a}\nif r1 {cond} {} goto l{other}", self.random.constant() as i32);
        line!(self, "r7 = {b}\nl{other}:");
        if self.random.below(2) == 0 {
            line!(self, "r1 = {ACC}\nif r1 == {} goto l{join}\nr7 ^= 3\nl{join}:", self.random.below(9));
        }
        self.value(end);
        line!(self, "r0 += r7\nr4 = *(u8 *)(r0 + {wrong})");
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// A copy is compared, the original is used.
    fn linked(&mut self) {
        let end = self.label();
        let (add, most) = (self.random.below(6), self.random.below(9) + 6);
        let room = 16 - (most - add) + u64::from(self.slip());
        self.value(end);
        line!(self, "r1 = {ACC}\nr1 &= {}\nr2 = r1\nr2 += {add}", self.random.pick(&[31, 63, 0xffff]));
        line!(self, "if r2 > {most} goto l{end}\nr0 += r1\nr4 = *(u8 *)(r0 + {})", room - 1);
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// A number, or a pointer, that goes over the stack between its check and its use.
    fn spilled(&mut self) {
        let end = self.label();
        let (ty, load) = self.random.pick(&[("u32", "u32"), ("u64", "u64"), ("u64", "u32"), ("u64", "u8")]);
        let most = 15 + u64::from(self.slip());
        self.value(end);
        line!(self, "*(u64 *)(r10 - 80) = r0\nr1 = {ACC}\nr1 &= 0xff\nif r1 > {most} goto l{end}");
        line!(self, "*({ty} *)(r10 - 72) = r1");
        if self.random.below(2) == 0 {
            self.alu();
        }
        line!(self, "r2 = *({load} *)(r10 - 72)\nr1 = *(u64 *)(r10 - 80)\nr1 += r2\nr4 = *(u8 *)(r1 + 0)");
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// Bounds of one width or sign, used in another.
    fn narrow(&mut self) {
        let end = self.label();
        self.value(end);
        line!(self, "r1 = {ACC}");
        let low = if self.slip() { "" } else { "r1 &= 0x7fffffff\n" };
        match self.random.below(4) {
            0 => line!(self, "{low}if w1 > 15 goto l{end}"),
            1 => line!(self, "if r1 s> 15 goto l{end}\nif r1 s< 0 goto l{end}"),
            2 => line!(self, "w1 = w1\nif w1 s> 15 goto l{end}\nif w1 s< 0 goto l{end}"),
            _ => line!(self, "r1 <<= 32\nr1 s>>= 32\nif r1 s>= 16 goto l{end}\nif r1 s<= -1 goto l{end}"),
        }
        line!(self, "r0 += r1\nr4 = *(u8 *)(r0 + 0)");
        self.absorb("r4");
        line!(self, "l{end}:");
    }

    /// A loop whose counter is an index, and whose end may be data.
    fn around(&mut self) {
        let (again, end) = (self.label(), self.label());
        let turns = 16 + u64::from(self.slip());
        self.value(end);
        line!(self, "r7 = 0\nr8 = r0\nl{again}:\nr1 = r8\nr1 += r7\nr4 = *(u8 *)(r1 + 0)");
        self.absorb("r4");
        if self.random.below(2) == 0 {
            line!(self, "if r4 > {} goto l{end}", self.random.below(200));
        }
        line!(self, "r7 += 1\nif r7 < {turns} goto l{again}\nl{end}:");
    }

    /// The packet's start moves: what was checked before is stale.
    fn moved(&mut self) {
        let end = self.label();
        line!(self, "r7 = *(u32 *)(r6 + 0)\nr1 = r6\nr2 = {}\ncall 44", self.random.pick(&[-4, 0, 2, 8]));
        let base = if self.slip() { "r1 = r7" } else { "r1 = *(u32 *)(r6 + 0)" };
        line!(self, "r4 = r0\n{base}\nr2 = *(u32 *)(r6 + 4)\nr3 = r1\nr3 += 2\nif r3 > r2 goto l{end}");
        line!(self, "r1 = *(u16 *)(r1 + 0)\nr4 += r1");
        self.absorb("r4");
        line!(self, "l{end}:");
    }
}

/// The text of a seed's program: every `wrong`th chance to be wrong is taken, none for 0.
#[must_use]
pub fn text(seed: u64, wrong: u64) -> String {
    let mut w = Writer { random: Random::new(seed), text: String::new(), subs: String::new(), labels: 0, wrong };
    line!(w, "r6 = r1\nr1 = {}\n{ACC} = r1", w.random.constant() as i32);
    for _ in 0..2 + w.random.below(7) {
        match w.random.below(18) {
            0 => w.alu(),
            1 => w.branch(),
            2 => w.packet(),
            3 => w.packet_variable(),
            4 | 5 => w.array(),
            6 => w.hash(),
            7 => w.stack(),
            8 => w.looping(),
            9 => w.call(),
            10 => w.callback(),
            11 => w.merge(),
            12 => w.linked(),
            13 => w.spilled(),
            14 => w.narrow(),
            15 => w.moved(),
            16 => w.around(),
            _ => w.ring(),
        }
    }
    line!(w, "r0 = {ACC}\nexit");
    w.text + &w.subs
}

/// The program of a seed.
///
/// # Errors
/// Text that does not assemble: a mistake of the generator.
pub fn program(seed: u64, wrong: u64) -> Result<RawProgram, String> {
    let text = text(seed, wrong);
    let code = assemble(&text).map_err(|err| format!("seed {seed}: {err}\n{text}"))?;
    let insns = encode(&code).map_err(|err| format!("seed {seed}: {err}\n{text}"))?;
    Ok(RawProgram {
        name: "random".into(),
        insns,
        maps: maps(),
        btf: None,
        func_info: vec![],
        hook: "xdp".into(),
        gpl: true,
    })
}
