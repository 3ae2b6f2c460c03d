//! Circuits against the semantics, and the solver against trying all numbers.

use stingless_isa::{AluOp, Cond, UnaryOp, Width};

use super::blast::{self, Bits};
use super::gates::{Bit, Gates};
use super::solve::{Answer, solve};

const NO_LIMIT: usize = 1 << 22;

fn inputs(g: &mut Gates, bits: usize) -> Bits {
    (0..bits).map(|_| g.input()).collect()
}

/// The number in some bits, where the gates have these values.
fn number(values: &[bool], bits: &[Bit]) -> u64 {
    bits.iter().rev().fold(0, |acc, b| acc << 1 | u64::from(values[b.gate()] != b.negated()))
}

/// Values of all gates, with two numbers as inputs.
fn run(g: &Gates, (a, x): (&Bits, u64), (b, y): (&Bits, u64)) -> Vec<bool> {
    g.run(|gate| {
        let of = |bits: &Bits, x: u64| bits.iter().position(|b| b.gate() == gate).map(|at| x >> at & 1 != 0);
        of(a, x).or_else(|| of(b, y)).unwrap_or(false)
    })
}

/// `a op b` of numbers with few bits, written down anew.
fn small(op: AluOp, bits: u32, a: u64, b: u64) -> u64 {
    let mask = (1 << bits) - 1;
    let signed = |x: u64| ((x << (64 - bits)) as i64) >> (64 - bits);
    let count = b as u32 & (bits - 1);
    mask & match op {
        AluOp::Add => a.wrapping_add(b),
        AluOp::Sub => a.wrapping_sub(b),
        AluOp::Mul => a.wrapping_mul(b),
        AluOp::Div => a.checked_div(b).unwrap_or(0),
        AluOp::Mod => a.checked_rem(b).unwrap_or(a),
        AluOp::Sdiv if b == 0 => 0,
        AluOp::Sdiv => signed(a).wrapping_div(signed(b)) as u64,
        AluOp::Smod if b == 0 => a,
        AluOp::Smod => signed(a).wrapping_rem(signed(b)) as u64,
        AluOp::Or => a | b,
        AluOp::And => a & b,
        AluOp::Xor => a ^ b,
        AluOp::Lsh => a << count,
        AluOp::Rsh => a >> count,
        AluOp::Arsh => (signed(a) >> count) as u64,
        AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => b,
    }
}

fn small_cond(cond: Cond, bits: u32, a: u64, b: u64) -> bool {
    let signed = |x: u64| ((x << (64 - bits)) as i64) >> (64 - bits);
    match cond {
        Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle => cond.eval(Width::W64, signed(a) as u64, signed(b) as u64),
        Cond::Eq | Cond::Ne | Cond::Gt | Cond::Ge | Cond::Lt | Cond::Le | Cond::Set => cond.eval(Width::W64, a, b),
    }
}

#[test]
fn circuits_compute_every_pair_of_small_numbers() {
    for bits in [2_u32, 4] {
        for op in AluOp::ALL {
            let mut g = Gates::new(NO_LIMIT);
            let (a, b) = (inputs(&mut g, bits as usize), inputs(&mut g, bits as usize));
            let out = blast::alu_at(&mut g, op, &a, &b);
            for (x, y) in (0..1 << bits).flat_map(|x| (0..1 << bits).map(move |y| (x, y))) {
                let values = run(&g, (&a, x), (&b, y));
                assert_eq!(number(&values, &out), small(op, bits, x, y), "{x} {op:?} {y}");
                assert!(g.lemmas().iter().all(|&l| number(&values, &[l]) == 1), "a lemma of {x} {op:?} {y}");
            }
        }
        for cond in Cond::ALL {
            let mut g = Gates::new(NO_LIMIT);
            let (a, b) = (inputs(&mut g, bits as usize), inputs(&mut g, bits as usize));
            let out = blast::cond_at(&mut g, cond, &a, &b);
            for (x, y) in (0..1 << bits).flat_map(|x| (0..1 << bits).map(move |y| (x, y))) {
                let found = number(&run(&g, (&a, x), (&b, y)), &[out]) == 1;
                assert_eq!(found, small_cond(cond, bits, x, y), "{x} {cond:?} {y}");
            }
        }
    }
}

/// Constants fold: a side that is known gives the same as one that is not.
#[test]
fn circuits_with_a_known_side_compute_the_same() {
    for op in AluOp::ALL {
        for y in 0..16 {
            let mut g = Gates::new(NO_LIMIT);
            let a = inputs(&mut g, 4);
            let b = blast::constant(y, 4);
            let (right, left) = (blast::alu_at(&mut g, op, &a, &b), blast::alu_at(&mut g, op, &b, &a));
            for x in 0..16 {
                let values = run(&g, (&a, x), (&Vec::new(), 0));
                assert_eq!(number(&values, &right), small(op, 4, x, y), "{x} {op:?} {y}");
                assert_eq!(number(&values, &left), small(op, 4, y, x), "{y} {op:?} {x}");
            }
        }
    }
}

/// Numbers where carries, signs and counts change.
const EDGES: [u64; 18] = [
    0,
    1,
    2,
    7,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0x7fff,
    0x8000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
];

fn edges() -> Vec<u64> {
    let mut state = 1_u64;
    let random = std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> (state >> 58 & 31)
    });
    EDGES.into_iter().chain(EDGES.map(|x| !x)).chain(random.take(12)).collect()
}

#[test]
fn circuits_of_registers_are_the_instructions() {
    let edges = edges();
    for width in [Width::W32, Width::W64] {
        for op in AluOp::ALL {
            let mut g = Gates::new(NO_LIMIT);
            let (a, b) = (inputs(&mut g, 64), inputs(&mut g, 64));
            let out = blast::alu(&mut g, op, width, &a, &b);
            let few =
                if matches!(op, AluOp::Div | AluOp::Mod | AluOp::Sdiv | AluOp::Smod | AluOp::Mul) { 16 } else { 4 };
            for (i, &x) in edges.iter().enumerate() {
                for &y in edges.iter().skip(i * 5 % few).step_by(few) {
                    let values = run(&g, (&a, x), (&b, y));
                    let found = number(&values, &out);
                    assert!(g.lemmas().iter().all(|&l| number(&values, &[l]) == 1), "a lemma of {x} {op:?} {y}");
                    assert_eq!(found, op.eval(width, x, y), "{x:#x} {op:?} {y:#x} {width:?}");
                }
            }
        }
        for op in UnaryOp::ALL {
            let mut g = Gates::new(NO_LIMIT);
            let a = inputs(&mut g, 64);
            let out = blast::unary(&mut g, op, width, &a);
            for &x in &edges {
                assert_eq!(number(&run(&g, (&a, x), (&Vec::new(), 0)), &out), op.eval(width, x), "{op:?} {x:#x}");
            }
        }
        for cond in Cond::ALL {
            let mut g = Gates::new(NO_LIMIT);
            let (a, b) = (inputs(&mut g, 64), inputs(&mut g, 64));
            let out = blast::cond(&mut g, cond, width, &a, &b);
            for &x in &edges {
                for &y in edges.iter().step_by(5) {
                    let found = number(&run(&g, (&a, x), (&b, y)), &[out]) == 1;
                    assert_eq!(found, cond.eval(width, x, y), "{x:#x} {cond:?} {y:#x} {width:?}");
                }
            }
        }
    }
}

#[test]
fn arcs_hold_what_is_met_counting_up() {
    for (base, span) in (0..16).flat_map(|b| (0..16).map(move |s| (b, s))) {
        let mut g = Gates::new(NO_LIMIT);
        let a = inputs(&mut g, 4);
        let out = blast::in_arc(&mut g, &a, base, span);
        for x in 0..16_u64 {
            let found = number(&run(&g, (&a, x), (&Vec::new(), 0)), &[out]) == 1;
            assert_eq!(found, x.wrapping_sub(base) & 15 <= span, "{x} from {base} on, {span}");
        }
    }
}

/// For each operation and small numbers: the solver finds the operands of a result exactly where there are some.
#[test]
fn the_solver_finds_what_trying_all_finds() {
    for op in AluOp::ALL {
        for wanted in 0..16_u64 {
            let mut g = Gates::new(NO_LIMIT);
            let (a, b) = (inputs(&mut g, 4), inputs(&mut g, 4));
            let out = blast::alu_at(&mut g, op, &a, &b);
            // a op b == wanted, a <= b, b != 0
            let is = blast::equal(&mut g, &out, &blast::constant(wanted, 4));
            let le = blast::cond_at(&mut g, Cond::Le, &a, &b);
            let some = blast::cond_at(&mut g, Cond::Ne, &b, &blast::constant(0, 4));
            let pairs = (0..16_u64).flat_map(|x| (x.max(1)..16).map(move |y| (x, y)));
            let there = pairs.into_iter().any(|(x, y)| small(op, 4, x, y) == wanted);
            match solve(&g, &[is, le, some], 100_000).0 {
                Answer::Yes(values) => {
                    let value = |bits: &Bits| {
                        bits.iter().rev().fold(0, |acc, b| acc << 1 | u64::from(values[b.gate()].unwrap_or(false)))
                    };
                    assert!(there, "{op:?} {wanted}");
                    assert_eq!(small(op, 4, value(&a), value(&b)), wanted, "{op:?}");
                    assert!(value(&a) <= value(&b) && value(&b) != 0);
                }
                Answer::No => assert!(!there, "{op:?} {wanted}"),
                Answer::Unknown => panic!("{op:?} {wanted}: no answer"),
            }
        }
    }
}

#[test]
fn what_takes_too_long_has_no_answer() {
    let mut g = Gates::new(NO_LIMIT);
    let (a, b, c) = (inputs(&mut g, 32), inputs(&mut g, 32), inputs(&mut g, 32));
    // Multiplication is distributive, which takes a solver of clauses for ever.
    let (ab, ac) = (blast::alu_at(&mut g, AluOp::Mul, &a, &b), blast::alu_at(&mut g, AluOp::Mul, &a, &c));
    let (left, sum) = (blast::add(&mut g, &ab, &ac), blast::add(&mut g, &b, &c));
    let right = blast::alu_at(&mut g, AluOp::Mul, &a, &sum);
    let differ = blast::cond_at(&mut g, Cond::Ne, &left, &right);
    let (answer, cost) = solve(&g, &[differ], 200);
    assert_eq!(answer, Answer::Unknown);
    assert!((200..2_000).contains(&cost), "{cost}");
    // The same work for the same question.
    assert_eq!(solve(&g, &[differ], 200).1, cost);
    // Gates that did not fit leave nothing that could be believed.
    let mut g = Gates::new(100);
    let (a, b) = (inputs(&mut g, 64), inputs(&mut g, 64));
    let less = blast::below(&mut g, &a, &b);
    assert!(g.is_full());
    assert_eq!(solve(&g, &[less, less.not()], 100).0, Answer::Unknown);
}

/// Facts of 64-bit arithmetic that ranges cannot tell.
#[test]
fn relations_of_registers_are_proved() {
    let mut g = Gates::new(NO_LIMIT);
    let (x, n) = (inputs(&mut g, 64), inputs(&mut g, 64));
    let low = blast::alu(&mut g, AluOp::And, Width::W64, &x, &blast::constant(7, 64));
    let rest = blast::sub(&mut g, &blast::constant(8, 64), &low);
    let all = blast::add(&mut g, &low, &rest);
    let more = blast::cond(&mut g, Cond::Gt, Width::W64, &all, &blast::constant(8, 64));
    assert_eq!(solve(&g, &[more], 1_000).0, Answer::No);
    // x % n < n for n that is not 0, at 32 bits.
    let rest = blast::alu(&mut g, AluOp::Mod, Width::W32, &x, &n);
    let some = blast::cond(&mut g, Cond::Ne, Width::W32, &n, &blast::constant(0, 64));
    let high = blast::cond(&mut g, Cond::Ge, Width::W32, &rest, &n);
    let with = |bits: &[Bit]| [bits, g.lemmas()].concat();
    assert_eq!(solve(&g, &with(&[some, high]), 5_000).0, Answer::No);
    assert!(matches!(solve(&g, &with(&[high]), 5_000).0, Answer::Yes(_)), "without the test for 0 it is none");
}
