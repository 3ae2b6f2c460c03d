//! Random programs whose safety is a matter of what ties numbers to each other: about as many right ones as wrong ones by a
//! hair. `r9` is the input memory, `r8` its length, `r7` a map value; `r1` to `r4` are numbers, `r6` counts ways.

use std::fmt::Write as _;

use crate::generate::Random;

const NUMBERS: [&str; 4] = ["r1", "r2", "r3", "r4"];

struct Generator {
    random: Random,
    text: String,
    labels: u32,
}

/// The text of the program of a seed.
pub(crate) fn program(seed: u64) -> String {
    let mut g = Generator { random: Random(seed), text: String::new(), labels: 0 };
    g.text += "r9 = r1\nr8 = r2\nr6 = 0\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map[0] ll\ncall 1\nr7 = r0\n";
    g.text += "r0 = 0\nif r7 == 0 goto out\n";
    for slot in 1..4 {
        let _ = writeln!(g.text, "call 7\n*(u64 *)(r10 - {}) = r0", 8 + 8 * slot);
    }
    for (slot, reg) in NUMBERS.iter().take(3).enumerate() {
        let mask = [7, 15, 15, 31, 255][g.random.below(5) as usize];
        let _ = writeln!(g.text, "{reg} = *(u64 *)(r10 - {})\n{reg} &= {mask}", 16 + 8 * slot);
    }
    g.text += "r4 = 3\n";
    for _ in 0..1 + g.random.below(3) {
        g.tie();
        if g.random.below(3) == 0 {
            g.ways();
        }
    }
    for _ in 0..1 + g.random.below(2) {
        g.access();
    }
    g.text += "out:\nr0 = r6\nexit\n";
    if g.text.contains("call rest") {
        g.text += "rest:\nr0 = r1\nr0 -= r2\nexit\n";
    }
    g.text
}

impl Generator {
    fn number(&mut self) -> &'static str {
        NUMBERS[self.random.below(4) as usize]
    }

    /// Two different ones.
    fn pair(&mut self) -> (&'static str, &'static str) {
        let a = self.random.below(4) as usize;
        (NUMBERS[a], NUMBERS[(a + 1 + self.random.below(3) as usize) % 4])
    }

    fn label(&mut self) -> u32 {
        self.labels += 1;
        self.labels
    }

    /// A number that goes with a value of 16 bytes, or nearly.
    fn size(&mut self) -> u64 {
        [7, 8, 12, 14, 15, 15, 16, 17][self.random.below(8) as usize]
    }

    fn emit(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    /// Something that ties two numbers.
    fn tie(&mut self) {
        let ((a, b), size, wide) = (self.pair(), self.size(), self.random.below(4) != 0);
        let low = |r: &str| if wide { r.to_owned() } else { r.replace('r', "w") };
        match self.random.below(9) {
            0 => self.emit(&format!("{a} = {size}\n{a} -= {b}")),
            1 => self.emit(&format!("r0 = {a}\n{} += {}\nif r0 > {size} goto out", low("r0"), low(b))),
            2 => self.emit(&format!("if {} > {} goto out", low(a), low(b))),
            3 => {
                let test = ["", "if @ == 0 goto out\n"][self.random.below(2) as usize].replace('@', b);
                self.emit(&format!("{test}{} %= {}", low(a), low(b)));
            }
            4 => {
                let (l, k) = (self.label(), self.random.below(4));
                let test = self.random.below(4);
                self.emit(&format!("if {b} == {k} goto L{l}\n{a} = {}\nL{l}:\nif {b} != {test} goto out", 8 * size));
            }
            5 => {
                let bits = self.random.bits() & 15;
                self.emit(&format!("{a} = {b}\n{a} ^= {bits}\nif {b} > {size} goto out"));
            }
            6 => {
                let l = self.label();
                self.emit(&format!("if {} >= {} goto L{l}\nr0 = {a}\n{a} = {b}\n{b} = r0\nL{l}:", low(a), low(b)));
            }
            7 => {
                let times = 1 + self.random.below(5);
                self.emit(&format!("r0 = {a}\nr0 *= {times}\nif r0 > {} goto out", 3 * size));
            }
            _ => self.emit(&format!("{} -= {}\nif {a} s< 0 goto out", low(a), low(b))),
        }
    }

    /// Ways that meet again, with or without other numbers in one of them; and room for a state to be kept.
    fn ways(&mut self) {
        let (l, a, bit) = (self.label(), self.number(), 1 << self.random.below(3));
        let other = match self.random.below(4) {
            0 => format!("{a} = {}", self.size()),
            1 => format!("{a} = *(u64 *)(r10 - 16)\n{a} &= 15"),
            _ => "r6 += 1".to_owned(),
        };
        self.emit(&format!("r0 = *(u64 *)(r10 - 24)\nr0 &= {bit}\nif r0 == 0 goto L{l}\n{other}\nL{l}:"));
        let m = self.label();
        self.emit(&format!("r6 += 2\nr6 += 3\nr6 ^= 5\nif r6 == 17 goto L{m}\nr6 += 1\nr6 ^= 3\nL{m}:"));
    }

    /// An access by one or two numbers, of the value, the stack or the input.
    fn access(&mut self) {
        let ((a, b), size) = (self.pair(), [1, 2, 4, 8][self.random.below(4) as usize]);
        let sum = ["", "r5 += @\n", "r5 -= @\n"][self.random.below(3) as usize].replace('@', b);
        let bits = 8 * size;
        match self.random.below(6) {
            0 => {
                let l = self.size();
                self.emit(&format!("r5 = {a}\n{sum}if r5 > {l} goto out\nr0 = r7\nr0 += r5\n*(u{bits} *)(r0 + 0) = 1"));
            }
            1 => {
                let less = size - self.random.below(2);
                self.emit(&format!(
                    "r0 = {a}\nr0 += {b}\nr0 += {less}\nif r0 > r8 goto out\nif {b} > 4096 goto out\nif {a} > 4096 goto out\n\
                     r5 = r9\nr5 += {a}\nr5 += {b}\n*(u{bits} *)(r5 + 0) = 1"
                ));
            }
            2 => self.emit(&format!("r5 = r10\nr5 += -32\nr5 += {a}\n{sum}*(u8 *)(r5 + 0) = 1")),
            3 => {
                let whole = self.size();
                self.emit(&format!(
                    "*(u64 *)(r10 - 40) = {a}\n*(u64 *)(r10 - 48) = {b}\nr2 = {b}\nr1 = {whole}\ncall rest\nr1 = r7\nr1 += r0\n\
                     r2 = *(u64 *)(r10 - 48)\nr1 += r2\n*(u8 *)(r1 + 0) = 1\nr1 = *(u64 *)(r10 - 40)\nr2 = 1\nr3 = 2\nr4 = 3"
                ));
            }
            _ => self.emit(&format!("r5 = r7\nr5 += {a}\n{sum}*(u{bits} *)(r5 + 0) = 1")),
        }
    }
}
