//! Numbers as bits: what instructions compute, as gates. The semantics are those of [`AluOp::eval`], [`UnaryOp::eval`]
//! and [`Cond::eval`]; the tests compare each circuit with them.
//!
//! The circuits work at any width, so that the tests can go through all numbers of a small one.

use stingless_isa::{AluOp, Cond, UnaryOp, Width};

use super::gates::{Bit, Gates};

/// A number, lowest bit first.
pub(super) type Bits = Vec<Bit>;

/// A constant of so many bits.
pub(super) fn constant(x: u64, bits: usize) -> Bits {
    (0..bits).map(|i| Bit::of(x >> i & 1 != 0)).collect()
}

/// `bits`, extended to 64 with zeros.
pub(super) fn zero_extended(bits: &[Bit]) -> Bits {
    let mut out = bits.to_vec();
    out.resize(64, Bit::ZERO);
    out
}

/// `bits`, extended to a width with the sign.
pub(super) fn sign_extended(bits: &[Bit], width: usize) -> Bits {
    let mut out = bits.to_vec();
    out.resize(width, bits.last().copied().unwrap_or(Bit::ZERO));
    out
}

/// `a + b + carry`.
fn sum(g: &mut Gates, a: &[Bit], b: &[Bit], mut carry: Bit) -> (Bits, Bit) {
    let mut out = Vec::with_capacity(a.len());
    for (&x, &y) in a.iter().zip(b) {
        let half = g.xor(x, y);
        out.push(g.xor(half, carry));
        let (both, through) = (g.and(x, y), g.and(half, carry));
        carry = g.or(both, through);
    }
    (out, carry)
}

/// `a + b`.
pub(super) fn add(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bits {
    sum(g, a, b, Bit::ZERO).0
}

fn not(a: &[Bit]) -> Bits {
    a.iter().map(|b| b.not()).collect()
}

/// `a - b`.
pub(super) fn sub(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bits {
    sum(g, a, &not(b), Bit::ONE).0
}

fn neg(g: &mut Gates, a: &[Bit]) -> Bits {
    let zero = vec![Bit::ZERO; a.len()];
    sub(g, &zero, a)
}

/// `if s { a } else { b }`.
fn pick(g: &mut Gates, s: Bit, a: &[Bit], b: &[Bit]) -> Bits {
    a.iter().zip(b).map(|(&x, &y)| g.pick(s, x, y)).collect()
}

/// `a < b`, unsigned.
pub(super) fn below(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bit {
    let mut less = Bit::ZERO;
    for (&x, &y) in a.iter().zip(b) {
        // The highest bit that differs decides.
        let differs = g.xor(x, y);
        less = g.pick(differs, y, less);
    }
    less
}

/// `a < b`, signed: as unsigned with the signs turned over.
pub(super) fn signed_below(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bit {
    let turned = |x: &[Bit]| {
        let mut x = x.to_vec();
        if let Some(sign) = x.last_mut() {
            *sign = sign.not();
        }
        x
    };
    below(g, &turned(a), &turned(b))
}

/// `a == b`.
pub(super) fn equal(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bit {
    a.iter().zip(b).fold(Bit::ONE, |all, (&x, &y)| {
        let differs = g.xor(x, y);
        g.and(all, differs.not())
    })
}

fn is_zero(g: &mut Gates, a: &[Bit]) -> Bit {
    a.iter().fold(Bit::ONE, |all, &x| g.and(all, x.not()))
}

fn mul(g: &mut Gates, a: &[Bit], b: &[Bit]) -> Bits {
    // The side with fewer bits that may be set gives the rows.
    let open = |x: &[Bit]| x.iter().filter(|&&b| b != Bit::ZERO).count();
    let (rows, a) = if open(a) < open(b) { (a, b) } else { (b, a) };
    let width = a.len();
    let mut out = vec![Bit::ZERO; width];
    for (shift, &row) in rows.iter().enumerate().filter(|(_, row)| **row != Bit::ZERO) {
        let part: Bits = a[..width - shift].iter().map(|&x| g.and(x, row)).collect();
        let high = add(g, &out[shift..], &part);
        out.truncate(shift);
        out.extend(high);
    }
    out
}

/// Quotient and remainder; by zero, as the instructions have it.
fn divide(g: &mut Gates, a: &[Bit], b: &[Bit]) -> (Bits, Bits) {
    let width = a.len();
    let mut rest = vec![Bit::ZERO; width];
    let mut quotient = vec![Bit::ZERO; width];
    for at in (0..width).rev() {
        // rest * 2 + bit, which may take one bit more.
        let over = rest[width - 1];
        rest.pop();
        rest.insert(0, a[at]);
        let less = below(g, &rest, b);
        let fits = g.or(over, less.not());
        let left = sub(g, &rest, b);
        rest = pick(g, fits, &left, &rest);
        quotient[at] = fits;
    }
    let none = is_zero(g, b);
    let zero = vec![Bit::ZERO; width];
    let less = below(g, &rest, b);
    let lemma = g.or(none, less);
    g.lemma(lemma);
    for part in [&quotient, &rest] {
        let more = below(g, a, part);
        let lemma = g.or(none, more.not());
        g.lemma(lemma);
    }
    (pick(g, none, &zero, &quotient), pick(g, none, a, &rest))
}

/// Signed quotient and remainder: of the absolute values, with the signs put back.
fn divide_signed(g: &mut Gates, a: &[Bit], b: &[Bit]) -> (Bits, Bits) {
    let sign = |x: &[Bit]| x.last().copied().unwrap_or(Bit::ZERO);
    let (minus_a, minus_b) = (neg(g, a), neg(g, b));
    let (abs_a, abs_b) = (pick(g, sign(a), &minus_a, a), pick(g, sign(b), &minus_b, b));
    let (quotient, rest) = divide(g, &abs_a, &abs_b);
    let (minus_quotient, minus_rest) = (neg(g, &quotient), neg(g, &rest));
    let differ = g.xor(sign(a), sign(b));
    (pick(g, differ, &minus_quotient, &quotient), pick(g, sign(a), &minus_rest, &rest))
}

/// A shift by `count`, of which as many bits are looked at as the width takes.
fn shift(g: &mut Gates, op: AluOp, a: &[Bit], count: &[Bit]) -> Bits {
    let width = a.len();
    let fill = if op == AluOp::Arsh { a[width - 1] } else { Bit::ZERO };
    let mut out = a.to_vec();
    for (stage, &on) in count.iter().enumerate().take(width.trailing_zeros() as usize) {
        let by = 1 << stage;
        let moved: Bits = (0..width)
            .map(|i| match op {
                AluOp::Lsh => i.checked_sub(by).map_or(Bit::ZERO, |from| out[from]),
                _ => out.get(i + by).copied().unwrap_or(fill),
            })
            .collect();
        out = pick(g, on, &moved, &out);
    }
    out
}

/// `a op b`, all of one width, a power of two.
pub(super) fn alu_at(g: &mut Gates, op: AluOp, a: &[Bit], b: &[Bit]) -> Bits {
    let extended = |bits: usize| sign_extended(&b[..bits.min(b.len())], b.len());
    match op {
        AluOp::Add => add(g, a, b),
        AluOp::Sub => sub(g, a, b),
        AluOp::Mul => mul(g, a, b),
        AluOp::Div => divide(g, a, b).0,
        AluOp::Mod => divide(g, a, b).1,
        AluOp::Sdiv => divide_signed(g, a, b).0,
        AluOp::Smod => divide_signed(g, a, b).1,
        AluOp::Or => a.iter().zip(b).map(|(&x, &y)| g.or(x, y)).collect(),
        AluOp::And => a.iter().zip(b).map(|(&x, &y)| g.and(x, y)).collect(),
        AluOp::Xor => a.iter().zip(b).map(|(&x, &y)| g.xor(x, y)).collect(),
        AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => shift(g, op, a, b),
        AluOp::Mov => b.to_vec(),
        AluOp::Movsx8 => extended(8),
        AluOp::Movsx16 => extended(16),
        AluOp::Movsx32 => extended(32),
    }
}

/// The bits that an operation of a width looks at.
fn part(width: Width, a: &[Bit]) -> &[Bit] {
    &a[..width.bits() as usize]
}

/// `a op b` of registers.
pub(super) fn alu(g: &mut Gates, op: AluOp, width: Width, a: &[Bit], b: &[Bit]) -> Bits {
    zero_extended(&alu_at(g, op, part(width, a), part(width, b)))
}

/// `op a` of a register.
pub(super) fn unary(g: &mut Gates, op: UnaryOp, width: Width, a: &[Bit]) -> Bits {
    let swapped = |bytes: usize| -> Bits { a[..8 * bytes].chunks(8).rev().flatten().copied().collect() };
    zero_extended(&match op {
        UnaryOp::Neg => neg(g, part(width, a)),
        UnaryOp::Le16 => a[..16].to_vec(),
        UnaryOp::Le32 => a[..32].to_vec(),
        UnaryOp::Le64 => a.to_vec(),
        UnaryOp::Be16 | UnaryOp::Bswap16 => swapped(2),
        UnaryOp::Be32 | UnaryOp::Bswap32 => swapped(4),
        UnaryOp::Be64 | UnaryOp::Bswap64 => swapped(8),
    })
}

/// `a cond b`, both of one width.
pub(super) fn cond_at(g: &mut Gates, cond: Cond, a: &[Bit], b: &[Bit]) -> Bit {
    match cond {
        Cond::Eq => equal(g, a, b),
        Cond::Ne => equal(g, a, b).not(),
        Cond::Lt => below(g, a, b),
        Cond::Ge => below(g, a, b).not(),
        Cond::Gt => below(g, b, a),
        Cond::Le => below(g, b, a).not(),
        Cond::Slt => signed_below(g, a, b),
        Cond::Sge => signed_below(g, a, b).not(),
        Cond::Sgt => signed_below(g, b, a),
        Cond::Sle => signed_below(g, b, a).not(),
        Cond::Set => {
            let common = alu_at(g, AluOp::And, a, b);
            is_zero(g, &common).not()
        }
    }
}

/// `a cond b` of registers.
pub(super) fn cond(g: &mut Gates, cond: Cond, width: Width, a: &[Bit], b: &[Bit]) -> Bit {
    cond_at(g, cond, part(width, a), part(width, b))
}

/// Whether a number is met when counting up `span` from `base`.
pub(super) fn in_arc(g: &mut Gates, a: &[Bit], base: u64, span: u64) -> Bit {
    let width = a.len();
    let from = sub(g, a, &constant(base, width));
    below(g, &constant(span, width), &from).not()
}
