//! Tests of the domain, by quantifying: every abstract number of a small width, every member, against `eval`.

mod large;
mod parts;
mod patterns;
mod scalars;
mod small;
mod widths;

use super::{Number, Tnum};
use stingless_isa::{AluOp, Cond, Width};

/// `AluOp::eval` at a width of `n` bits, or of `n / 2` for [`Width::W32`]. `widths` holds it against the original at 64.
fn eval_alu(op: AluOp, n: u32, width: Width, a: u64, b: u64) -> u64 {
    let bits = bits(n, width);
    let mask = u64::MAX >> (64 - bits);
    let (a, b) = (a & mask, b & mask);
    let (sa, sb) = (i128::from(sext(a, bits)), i128::from(sext(b, bits)));
    let count = (b & (u64::from(bits) - 1)) as u32;
    let result = match op {
        AluOp::Add => a.wrapping_add(b),
        AluOp::Sub => a.wrapping_sub(b),
        AluOp::Mul => a.wrapping_mul(b),
        AluOp::Div => a.checked_div(b).unwrap_or(0),
        AluOp::Sdiv => sa.checked_div(sb).unwrap_or(0) as u64,
        AluOp::Mod => a.checked_rem(b).unwrap_or(a),
        AluOp::Smod => sa.checked_rem(sb).unwrap_or(sa) as u64,
        AluOp::Or => a | b,
        AluOp::And => a & b,
        AluOp::Xor => a ^ b,
        AluOp::Lsh => a << count,
        AluOp::Rsh => a >> count,
        AluOp::Arsh => (sa >> count) as u64,
        AluOp::Mov => b,
        AluOp::Movsx8 => sext(b, n / 8) as u64,
        AluOp::Movsx16 => sext(b, n / 4) as u64,
        AluOp::Movsx32 => sext(b, n / 2) as u64,
    };
    result & mask
}

/// `Cond::eval` at a width of `n` bits, or of `n / 2` for [`Width::W32`].
fn eval_cond(cond: Cond, n: u32, width: Width, a: u64, b: u64) -> bool {
    let up = 64 - bits(n, width);
    cond.eval(Width::W64, a << up, b << up)
}

/// Whether this is a run at the full counts (`make soak`).
fn full() -> bool {
    std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1")
}

/// The bits that `width` stands for in numbers of `n` bits.
fn bits(n: u32, width: Width) -> u32 {
    match width {
        Width::W64 => n,
        Width::W32 => n / 2,
    }
}

fn sext(x: u64, bits: u32) -> i64 {
    (x << (64 - bits)) as i64 >> (64 - bits)
}

/// A xorshift generator: the same numbers on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Numbers of all magnitudes, often next to a power of two.
    fn edge(&mut self) -> u64 {
        let near = (1u64 << self.below(64)).wrapping_add(self.next() % 5).wrapping_sub(2);
        match self.below(4) {
            0 => self.next(),
            1 => self.next() >> self.below(64),
            2 => near,
            _ => near.wrapping_neg(),
        }
    }

    /// An abstract number around `x`, and how it came to be: arcs, bits, halves and their intersections.
    fn around<const N: u32, const H: u32>(&mut self, x: u64) -> Number<N, H> {
        let mask = u64::MAX >> (64 - N);
        let half = u64::MAX >> (64 - H);
        let x = x & mask;
        let mut number = Number::unknown();
        if self.below(3) != 0 {
            let (below, above) = (self.edge() >> self.below(64), self.edge() >> self.below(64));
            let arc = (below & mask).checked_add(above & mask).filter(|&span| span < mask);
            if arc.is_some() {
                number = Number::from_range(x.wrapping_sub(below), x.wrapping_add(above));
            }
        }
        if self.below(2) == 0 {
            let unknown = (self.edge() | self.edge()) & mask;
            let known = Tnum::new(x & !unknown, unknown).unwrap();
            number = number.intersect(&Number::from_tnum(known)).unwrap();
        }
        if self.below(2) == 0 {
            let (below, above) = (self.edge() & half, self.edge() & half);
            if below + above < half {
                number = number.within(Width::W32, x.wrapping_sub(below), x.wrapping_add(above)).unwrap();
            }
        }
        number
    }
}
