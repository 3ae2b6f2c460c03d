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

pub(super) fn tnums() -> impl Iterator<Item = Tnum> {
    (0..16).flat_map(|value| (0..16).filter_map(move |mask| Tnum::new(value, mask)))
}

pub(super) fn arcs<const B: u32>() -> impl Iterator<Item = Arc<B>> {
    let full = Arc::<B>::MASK;
    (0..=full).flat_map(move |base| (0..full).map(move |span| Arc::new(base, span))).chain([Arc::FULL])
}

fn parts() -> impl Iterator<Item = (Tnum, Arc<4>, Arc<2>)> {
    tnums().flat_map(|t| arcs().flat_map(move |a| arcs().map(move |l| (t, a, l))))
}

/// The members of each part on its own, by its two fields: looked up where pairs are many.
static SETS: LazyLock<[[u16; 256]; 3]> = LazyLock::new(|| {
    let mut sets = [[0; 256]; 3];
    let set = |has: &dyn Fn(u64) -> bool| (0..16).filter(|&x| has(x)).map(|x| 1 << x).sum();
    for t in tnums() {
        sets[0][at(t.value(), t.mask())] = set(&|x| t.contains(x));
    }
    for a in arcs::<4>() {
        sets[1][at(a.base(), a.span())] = set(&|x| a.contains(x));
    }
    for l in arcs::<2>() {
        sets[2][at(l.base(), l.span())] = set(&|x| l.contains(x & 3));
    }
    sets
});

fn at(a: u64, b: u64) -> usize {
    (a << 4 | b) as usize
}

/// The same as asking each number: `reduction_keeps_every_member_and_ends_reduced` does that.
fn members(s: Small) -> u16 {
    in_parts(s.tnum(), s.arc(), s.low_arc())
}

fn in_parts(known: Tnum, arc: Arc<4>, low: Arc<2>) -> u16 {
    SETS[0][at(known.value(), known.mask())] & SETS[1][at(arc.base(), arc.span())] & SETS[2][at(low.base(), low.span())]
}

pub(super) fn each(set: u16) -> impl Iterator<Item = u64> {
    (0..16).filter(move |x| set >> x & 1 == 1)
}

/// Of the second operands one in so many, and the constants.
const FEW: usize = 24;
/// The same for a first look: what a change costs is seen soon.
const FEWER: usize = 480;

/// The second operands of the pairs: all of them in a full run, else a fixed selection.
fn partners(step: usize) -> impl Iterator<Item = &'static (Small, u16)> {
    let step = if full() { 1 } else { step };
    ALL.iter().enumerate().filter(move |(i, (s, _))| i % step == 0 || s.as_constant().is_some()).map(|(_, n)| n)
}

/// Every number with every partner, on either side.
fn pairs(step: usize) -> impl Iterator<Item = (&'static (Small, u16), &'static (Small, u16))> {
    ALL.iter().flat_map(move |a| partners(step).flat_map(move |b| [(a, b), (b, a)]))
}

#[test]
fn reduction_keeps_every_member_and_ends_reduced() {
    for (known, arc, low) in parts() {
        let set = in_parts(known, arc, low);
        match Small::reduced(known, arc, low) {
            None => assert_eq!(set, 0, "{known:?} {arc:?} {low:?}"),
            Some(s) => {
                assert_eq!(members(s), set, "{known:?} {arc:?} {low:?} gives {s:?}");
                assert_eq!((0..16).filter(|&x| s.contains(x)).map(|x| 1 << x).sum::<u16>(), set, "{s:?}");
                assert_eq!(s.check_invariants(), Ok(()), "{known:?} {arc:?} {low:?} gives {s:?}");
            }
        }
    }
}

/// The results for one left operand and all sets of right ones.
fn images(f: impl Fn(u64) -> u64) -> Vec<u16> {
    let mut all = vec![0; 1 << 16];
    for set in 1..1_usize << 16 {
        all[set] = all[set & (set - 1)] | 1 << f(set.trailing_zeros().into());
    }
    all
}

/// Members of all results over the pairs of a short run, for 64 and for 32 bits: what precision costs if it changes.
/// A smaller number is progress and belongs here.
const ALU_SIZES: [(AluOp, u64, u64); 16] = [
    (AluOp::Add, 4_353_680, 1_217_986),
    (AluOp::Sub, 4_357_316, 1_217_986),
    (AluOp::Mul, 4_061_450, 1_043_134),
    (AluOp::Div, 2_606_999, 1_082_678),
    (AluOp::Sdiv, 3_587_631, 1_090_992),
    (AluOp::Mod, 3_695_154, 1_038_034),
    (AluOp::Smod, 3_072_787, 989_320),
    (AluOp::Or, 2_250_176, 952_340),
    (AluOp::And, 2_250_368, 930_968),
    (AluOp::Xor, 4_223_501, 1_231_834),
    (AluOp::Lsh, 4_807_677, 1_136_349),
    (AluOp::Rsh, 4_189_616, 1_113_968),
    (AluOp::Arsh, 3_278_866, 1_017_712),
    (AluOp::Mov, 1_653_540, 870_844),
    (AluOp::Movsx16, 573_944, 573_944),
    (AluOp::Movsx32, 953_352, 953_352),
];

/// As `ALU_SIZES`: members of both operands, after both outcomes.
const BRANCH_SIZES: [(Cond, u64, u64); 11] = [
    (Cond::Eq, 4_371_786, 5_360_028),
    (Cond::Ne, 4_371_786, 5_360_028),
    (Cond::Gt, 5_272_920, 5_061_522),
    (Cond::Ge, 5_272_920, 5_061_522),
    (Cond::Lt, 5_272_920, 5_061_522),
    (Cond::Le, 5_272_920, 5_061_522),
    (Cond::Set, 5_462_854, 5_206_716),
    (Cond::Sgt, 5_201_829, 5_042_504),
    (Cond::Sge, 5_201_829, 5_042_504),
    (Cond::Slt, 5_201_829, 5_042_504),
    (Cond::Sle, 5_201_829, 5_042_504),
];

#[test]
fn alu_has_every_result() {
    let first: u64 =
        ALU_SIZES.iter().map(|s| alu_size(s.0, Width::W64, FEWER) + alu_size(s.0, Width::W32, FEWER)).sum();
    assert!(full() || first == 9_498_847, "members of all results over few pairs: {first}");
    for (op, size64, size32) in ALU_SIZES {
        let sizes = [Width::W64, Width::W32].map(|width| alu_size(op, width, FEW));
        assert!(full() || sizes == [size64, size32], "{op:?} has {sizes:?}");
    }
}

/// Checks `op` on all pairs and counts the members of the results.
fn alu_size(op: AluOp, width: Width, step: usize) -> u64 {
    let table: [Vec<u16>; 16] = std::array::from_fn(|x| images(|y| eval_alu(op, 4, width, x as u64, y)));
    let mut size = 0;
    for ((a, m), (b, n)) in pairs(step) {
        let result = Small::alu(op, width, *a, *b);
        let want = each(*m).fold(0, |set, x| set | table[x as usize][usize::from(*n)]);
        let found = members(result);
        assert_eq!(want & !found, 0, "{a:?} {op:?} {b:?} ({width:?}) gives {result:?}");
        assert_eq!(result.check_invariants(), Ok(()), "{a:?} {op:?} {b:?} ({width:?}) gives {result:?}");
        size += u64::from(found.count_ones());
    }
    size
}

#[test]
fn branches_keep_every_pair() {
    let both = |cond| branch_size(cond, Width::W64, FEWER) + branch_size(cond, Width::W32, FEWER);
    let first: u64 = BRANCH_SIZES.iter().map(|s| both(s.0)).sum();
    assert!(full() || first == 13_489_524, "members of all operands over few pairs: {first}");
    for (cond, size64, size32) in BRANCH_SIZES {
        let sizes = [Width::W64, Width::W32].map(|width| branch_size(cond, width, FEW));
        assert!(full() || sizes == [size64, size32], "{cond:?} has {sizes:?}");
    }
}

/// Checks both outcomes of `cond` on all pairs and counts the members that are left.
fn branch_size(cond: Cond, width: Width, step: usize) -> u64 {
    let rows: [u16; 16] =
        std::array::from_fn(|x| (0..16).filter(|&y| eval_cond(cond, 4, width, x as u64, y)).map(|y| 1 << y).sum());
    let mut size = 0;
    for ((a, m), (b, n)) in pairs(step) {
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
        }
    }
    size
}

#[test]
fn sets_of_two_numbers() {
    let mut sizes = [0; 4];
    for ((a, m), (b, n)) in pairs(FEW) {
        let (join, wide, both) = (a.join(b), Small::widen(a, b), a.intersect(b));
        assert_eq!((m | n) & !members(join), 0, "{a:?} join {b:?} gives {join:?}");
        assert_eq!((m | n) & !members(wide), 0, "{a:?} widen {b:?} gives {wide:?}");
        assert_eq!(m & n & !both.map_or(0, members), 0, "{a:?} and {b:?} give {both:?}");
        for s in [Some(join), Some(wide), both].into_iter().flatten() {
            assert_eq!(s.check_invariants(), Ok(()));
        }
        let parts =
            a.arc().is_subset_of(b.arc()) && a.tnum().is_subset_of(b.tnum()) && a.low_arc().is_subset_of(b.low_arc());
        assert_eq!(a.is_subset_of(b), parts, "{a:?} within {b:?}");
        assert!(!parts || m & !n == 0, "{a:?} within {b:?}");
        let counts = [members(join), members(wide), both.map_or(0, members)].map(u16::count_ones);
        sizes = [sizes[0] + counts[0], sizes[1] + counts[1], sizes[2] + counts[2], sizes[3] + u32::from(parts)];
    }
    assert!(full() || sizes == [3_835_084, 4_196_525, 536_243, 18_682], "join, widen, intersect, subsets: {sizes:?}");
}
