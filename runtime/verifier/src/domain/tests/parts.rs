//! Known bits and arcs on their own, at 4 bits: most operations are not only sound but the best there is.

use super::small::{arcs, each, tnums};
use super::*;
use crate::domain::Arc;

type Arc4 = Arc<4>;

fn bits_of(t: Tnum) -> u16 {
    (0..16).filter(|&x| t.contains(x)).map(|x| 1 << x).sum()
}

fn set_of(a: Arc4) -> u16 {
    (0..16).filter(|&x| a.contains(x)).map(|x| 1 << x).sum()
}

/// The smallest `Tnum` with these members.
fn best_bits(set: u16) -> Tnum {
    let and = each(set).fold(u64::MAX, |all, x| all & x);
    let or = each(set).fold(0, |all, x| all | x);
    Tnum::new(and, or & !and).unwrap()
}

/// The length of the smallest arc with these members.
fn best_span(set: u16) -> u64 {
    arcs::<4>().filter(|a| set & !set_of(*a) == 0).map(Arc4::span).min().unwrap()
}

fn map2(a: u16, b: u16, f: impl Fn(u64, u64) -> u64) -> u16 {
    each(a).flat_map(|x| each(b).map(move |y| (x, y))).fold(0, |set, (x, y)| set | 1 << (f(x, y) & 15))
}

#[test]
fn bits_are_what_they_say() {
    assert_eq!(tnums().count(), 81);
    assert_eq!(Tnum::new(1, 1), None);
    for t in tnums() {
        let set = bits_of(t);
        assert_eq!((t.value(), t.max()), (each(set).min().unwrap(), each(set).max().unwrap()));
        assert_eq!(best_bits(set), t);
        assert_eq!(t.mask(), t.max() ^ t.value());
        for x in 0..16 {
            let after = (x..16).chain(0..x).find(|&y| t.contains(y));
            let before = (0..=x).rev().chain((x..16).rev()).find(|&y| t.contains(y));
            assert_eq!((Some(t.at_or_after(x)), Some(t.at_or_before(x))), (after, before), "{t:?} {x}");
        }
        for count in 0..4 {
            assert_eq!(t.lsh(count).truncate(15), best_bits(map2(set, 1, |x, _| x << count)));
            assert_eq!(t.rsh(count), best_bits(map2(set, 1, |x, _| x >> count)));
            let arsh = t.arsh(4, count).truncate(15);
            assert_eq!(arsh, best_bits(map2(set, 1, |x, _| (sext(x, 4) >> count) as u64)));
        }
        assert_eq!(t.not().truncate(15), best_bits(map2(set, 1, |x, _| !x)));
    }
}

#[test]
fn operations_on_bits_are_the_best() {
    let (mut products, mut best_products) = (0, 0);
    for (a, b) in tnums().flat_map(|a| tnums().map(move |b| (a, b))) {
        let (m, n) = (bits_of(a), bits_of(b));
        assert_eq!(a.add(b).truncate(15), best_bits(map2(m, n, u64::wrapping_add)), "{a:?} + {b:?}");
        assert_eq!(a.sub(b).truncate(15), best_bits(map2(m, n, u64::wrapping_sub)), "{a:?} - {b:?}");
        assert_eq!(a.and(b), best_bits(map2(m, n, |x, y| x & y)), "{a:?} & {b:?}");
        assert_eq!(a.or(b), best_bits(map2(m, n, |x, y| x | y)), "{a:?} | {b:?}");
        assert_eq!(a.xor(b), best_bits(map2(m, n, |x, y| x ^ y)), "{a:?} ^ {b:?}");
        assert_eq!(a.union(b), best_bits(m | n), "{a:?} or {b:?}");
        assert_eq!(a.intersect(b).map_or(0, bits_of), m & n, "{a:?} and {b:?}");
        assert_eq!(a.is_subset_of(b), m & !n == 0, "{a:?} in {b:?}");
        let product = a.mul(b).truncate(15);
        let best = best_bits(map2(m, n, u64::wrapping_mul));
        assert!(best.is_subset_of(product), "{a:?} * {b:?} gives {product:?}");
        products += bits_of(product).count_ones();
        best_products += bits_of(best).count_ones();
        for select in 0..16 {
            let mixed = a.replace(select, b);
            assert_eq!(mixed.truncate(select), b.truncate(select));
            assert_eq!(mixed.truncate(!select), a.truncate(!select));
        }
    }
    assert_eq!((products, best_products), (48_783, 47_731), "members of all products, and of the best ones");
}

#[test]
fn arcs_are_what_they_say() {
    assert_eq!(arcs::<4>().count(), 241);
    for a in arcs::<4>() {
        let set = set_of(a);
        assert_eq!(u64::from(set.count_ones()), a.span() + 1);
        assert!(a.contains(a.base()) && a.contains(a.end()));
        assert_eq!(a.is_full(), set == u16::MAX);
        assert_eq!(Arc4::between(a.base(), a.end()), a);
        assert_eq!(Arc4::new(a.base() + 16, a.span() + 32), a);
        let (zero, sign) = (set & 0x8001 == 0x8001 && !a.is_full(), set & 0x0180 == 0x0180);
        assert_eq!(a.crosses_zero(), zero && a.base() != 0, "{a:?}");
        assert_eq!(a.crosses_sign(), sign && a.base() != 8, "{a:?}");
        assert_eq!(set_of(a.neg()), map2(set, 1, |x, _| x.wrapping_neg()));
        assert_eq!(set_of(a.not()), map2(set, 1, |x, _| !x));
    }
    for x in 0..32 {
        assert_eq!(set_of(Arc4::point(x)), 1 << (x & 15));
        assert_eq!(Arc4::signed(x), sext(x, 4));
    }
    assert_eq!(Arc4::of_integers(-3, 4), Arc4::between(13, 4));
    assert_eq!(Arc4::of_integers(100, 114), Arc4::between(4, 2));
    assert_eq!(Arc4::of_integers(100, 115), Arc4::FULL);
    assert_eq!(Arc4::of_integers(100, 116), Arc4::FULL);
    assert_eq!(Arc::<64>::MASK, u64::MAX);
}

#[test]
fn operations_on_arcs_are_the_best() {
    let (mut products, mut best_products) = (0, 0);
    for (a, b) in arcs::<4>().flat_map(|a| arcs::<4>().map(move |b| (a, b))) {
        let (m, n) = (set_of(a), set_of(b));
        assert_eq!(set_of(a.add(b)), map2(m, n, u64::wrapping_add), "{a:?} + {b:?}");
        assert_eq!(set_of(a.sub(b)), map2(m, n, u64::wrapping_sub), "{a:?} - {b:?}");
        assert_eq!(a.is_subset_of(b), m & !n == 0, "{a:?} in {b:?}");
        let both = a.intersect(b);
        assert_eq!(both.map_or(0, set_of) & (m & n), m & n, "{a:?} and {b:?}");
        assert_eq!(both.map(Arc4::span), (m & n != 0).then(|| best_span(m & n)), "{a:?} and {b:?}");
        let hull = a.hull(b);
        assert_eq!((m | n) & !set_of(hull), 0, "{a:?} or {b:?}");
        assert_eq!(hull.span(), best_span(m | n), "{a:?} or {b:?}");
        assert_eq!(hull, b.hull(a), "{a:?} or {b:?}");
        let product = a.mul(b);
        let exact = map2(m, n, u64::wrapping_mul);
        assert_eq!(exact & !set_of(product), 0, "{a:?} * {b:?} gives {product:?}");
        products += product.span() + 1;
        best_products += best_span(exact) + 1;
    }
    assert_eq!((products, best_products), (890_996, 855_124), "members of all products, and of the best ones");
}

#[test]
fn widening_ends() {
    for (a, b) in arcs::<4>().flat_map(|a| arcs::<4>().map(move |b| (a, b))) {
        let wide = a.widen(b);
        assert!(a.is_subset_of(wide) && b.is_subset_of(wide), "{a:?} widen {b:?} gives {wide:?}");
        assert!(!b.is_subset_of(a) || wide == a, "{a:?} widen {b:?} gives {wide:?}");
    }
    assert_eq!(Arc::<64>::between(1, 3).widen(Arc::between(1, 4)), Arc::between(1, 7));
    assert_eq!(Arc::<64>::between(1, 3).widen(Arc::between(0, 3)), Arc::between(0, 3));
    assert_eq!(Arc::<64>::between(8, 9).widen(Arc::between(7, 9)), Arc::between(0, 9));
    assert_eq!(Arc::<64>::of_integers(-3, 3).widen(Arc::of_integers(-5, 3)), Arc::of_integers(-8, 3));
    assert_eq!(Arc::<64>::of_integers(-9, -3).widen(Arc::of_integers(-9, -2)), Arc::of_integers(-9, -1));
    // Over the signed seam there is only one step, to the end of the unsigned line; over both, to everything.
    let high = 1 << 63;
    assert_eq!(Arc::<64>::between(9, high).widen(Arc::between(9, high + 1)), Arc::between(9, u64::MAX));
    assert_eq!(Arc::<64>::between(9, high).widen(Arc::between(8, high)), Arc::between(0, high));
    assert_eq!(Arc::<64>::between(9, 7).widen(Arc::between(8, 7)), Arc::FULL);
    // A loop counter: every chain is short, whatever comes round.
    let mut random = Random(0x5eed_0005);
    for _ in 0..500 {
        let mut now: Number<64, 32> = Number::constant(random.edge());
        let mut steps = 0;
        for _ in 0..2_000 {
            let next = Number::widen(&now, &Number::constant(random.edge()));
            assert!(now.arc().is_subset_of(next.arc()) || now.arc().span() <= next.arc().span());
            steps += u32::from(next != now);
            now = next;
        }
        assert!(steps <= 130, "{steps} steps");
    }
}
