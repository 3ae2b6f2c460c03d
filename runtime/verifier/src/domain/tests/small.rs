//! Every abstract number of 4 bits (with 2-bit halves), every pair, every member.

use super::*;
use crate::domain::Arc;
use std::collections::HashSet;
use std::sync::LazyLock;

type Small = Number<4, 2>;

/// All reduced numbers and their members as bit sets.
static ALL: LazyLock<Vec<(Small, u16)>> = LazyLock::new(|| {
    let mut seen = HashSet::new();
    for (known, arc, low) in parts() {
        seen.extend(Small::reduced(known, arc, low));
    }
    let mut all: Vec<_> = seen.into_iter().map(|s| (s, members(s))).collect();
    all.sort_by_key(|(s, m)| {
        let (t, a, l) = (s.tnum(), s.arc(), s.low_arc());
        (*m, t.value(), t.mask(), a.base(), a.span(), l.base(), l.span())
    });
    all
});

fn tnums() -> impl Iterator<Item = Tnum> {
    (0..16).flat_map(|value| (0..16).filter_map(move |mask| Tnum::new(value, mask)))
}

fn arcs<const B: u32>() -> impl Iterator<Item = Arc<B>> {
    let full = Arc::<B>::MASK;
    (0..=full).flat_map(move |base| (0..full).map(move |span| Arc::new(base, span))).chain([Arc::FULL])
}

fn parts() -> impl Iterator<Item = (Tnum, Arc<4>, Arc<2>)> {
    tnums().flat_map(|t| arcs().flat_map(move |a| arcs().map(move |l| (t, a, l))))
}

fn members(s: Small) -> u16 {
    (0..16).filter(|&x| s.contains(x)).map(|x| 1 << x).sum()
}

fn in_parts(known: Tnum, arc: Arc<4>, low: Arc<2>) -> u16 {
    (0..16).filter(|&x| known.contains(x) && arc.contains(x) && low.contains(x & 3)).map(|x| 1 << x).sum()
}

fn each(set: u16) -> impl Iterator<Item = u64> {
    (0..16).filter(move |x| set >> x & 1 == 1)
}

/// The second operands of the pairs: all of them in a full run, else a fixed selection of one in twelve.
fn partners() -> impl Iterator<Item = &'static (Small, u16)> {
    let step = if std::env::var_os("STINGLESS_SOAK").is_some() { 1 } else { 12 };
    ALL.iter().enumerate().filter(move |(i, (s, _))| i % step == 0 || s.as_constant().is_some()).map(|(_, n)| n)
}

/// Every number with every partner, on either side.
fn pairs() -> impl Iterator<Item = (&'static (Small, u16), &'static (Small, u16))> {
    ALL.iter().flat_map(|a| partners().flat_map(move |b| [(a, b), (b, a)]))
}

#[test]
fn reduction_keeps_every_member_and_ends_reduced() {
    for (known, arc, low) in parts() {
        let set = in_parts(known, arc, low);
        match Small::reduced(known, arc, low) {
            None => assert_eq!(set, 0, "{known:?} {arc:?} {low:?}"),
            Some(s) => {
                assert_eq!(members(s), set, "{known:?} {arc:?} {low:?} gives {s:?}");
                assert_eq!(s.check_invariants(), Ok(()), "{known:?} {arc:?} {low:?} gives {s:?}");
            }
        }
    }
}

/// The members of `op` on the members of two sets.
fn image(table: &[[u64; 16]; 16], a: u16, b: u16) -> u16 {
    let mut set = 0;
    for x in each(a) {
        for y in each(b) {
            set |= 1 << table[x as usize][y as usize];
        }
    }
    set
}

#[test]
fn alu_has_every_result() {
    for width in [Width::W64, Width::W32] {
        for op in AluOp::ALL.into_iter().filter(|&op| op != AluOp::Movsx8) {
            let table: [[u64; 16]; 16] =
                std::array::from_fn(|x| std::array::from_fn(|y| eval_alu(op, 4, width, x as u64, y as u64)));
            let (mut size, mut exact) = (0u64, 0u64);
            for ((a, m), (b, n)) in pairs() {
                let result = Small::alu(op, width, *a, *b);
                let (found, want) = (members(result), image(&table, *m, *n));
                assert_eq!(want & !found, 0, "{a:?} {op:?} {b:?} ({width:?}) gives {result:?}");
                assert_eq!(result.check_invariants(), Ok(()), "{a:?} {op:?} {b:?} ({width:?}) gives {result:?}");
                size += u64::from(found.count_ones());
                exact += u64::from(want.count_ones());
            }
            println!("{op:?} {width:?} {size} {exact} {:.3}", size as f64 / exact as f64);
        }
    }
}

#[test]
fn branches_keep_every_pair() {
    for width in [Width::W64, Width::W32] {
        for cond in Cond::ALL {
            let rows: [u16; 16] = std::array::from_fn(|x| {
                (0..16).filter(|&y| eval_cond(cond, 4, width, x as u64, y)).map(|y| 1 << y).sum()
            });
            let (mut size, mut exact) = (0u64, 0u64);
            for ((a, m), (b, n)) in pairs() {
                let branch = Small::branch(cond, width, *a, *b);
                for (outcome, way) in [(branch.taken, 0), (branch.fallthrough, !0)] {
                    let (mut left, mut right) = (0u16, 0u16);
                    for x in each(*m) {
                        let ys = (rows[x as usize] ^ way) & n;
                        left |= u16::from(ys != 0) << x;
                        right |= ys;
                    }
                    let (p, q) = outcome.map_or((0, 0), |(p, q)| (members(p), members(q)));
                    assert_eq!(left & !p | right & !q, 0, "{a:?} {cond:?} {b:?} ({width:?}) gives {outcome:?}");
                    if let Some((p, q)) = outcome {
                        assert_eq!((p.check_invariants(), q.check_invariants()), (Ok(()), Ok(())));
                    }
                    size += u64::from(p.count_ones() + q.count_ones());
                    exact += u64::from(left.count_ones() + right.count_ones());
                }
            }
            println!("{cond:?} {width:?} {size} {exact} {:.3}", size as f64 / exact as f64);
        }
    }
}

#[test]
fn sets_of_two_numbers() {
    for ((a, m), (b, n)) in pairs() {
        let join = a.join(b);
        assert_eq!((m | n) & !members(join), 0, "{a:?} join {b:?} gives {join:?}");
        assert_eq!(join.check_invariants(), Ok(()));
        let both = a.intersect(b);
        assert_eq!(both.map_or(0, members) & (m & n), m & n, "{a:?} and {b:?} give {both:?}");
        let size = both.map_or(0, |s| s.arc().span() + 1);
        assert!(size <= (a.arc().span() + 1).min(b.arc().span() + 1), "{a:?} and {b:?} give {both:?}");
        if a.is_subset_of(b) {
            assert_eq!(m & !n, 0, "{a:?} within {b:?}");
        }
        let wide = Small::widen(a, b);
        assert_eq!((m | n) & !members(wide), 0, "{a:?} widen {b:?} gives {wide:?}");
        assert_eq!(wide.check_invariants(), Ok(()));
    }
}
