//! What a state looks like in a few bits: most kept states are told apart by it, without a walk through their memory.
//!
//! Invariants:
//!
//! 1. Where [`Comparison::covers`](super::Comparison::covers) would say yes, [`Digest::may_cover`] does. It must not say more
//!    than what is compared there of the current frame's live registers: an old pointer is covered by one to the same thing
//!    at the same constant offset, an old number by a number, and one that was never set by anything.
//! 2. Where it would say yes to [`Mode::Exact`], [`Digest::may_equal`] does: kinds, numbers and offsets are then equal.

use crate::domain::Scalar;
use crate::state::State;
use crate::value::Kind;

/// What a state looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Of the call chain.
    chain: u32,
    /// Which live registers hold pointers, and at which offsets; 0 where one was never set, and anything may be in its place.
    pointers: u32,
    /// Of all live registers.
    values: u32,
}

fn mix(key: u32, part: u32) -> u32 {
    (key ^ part).wrapping_mul(0x9e37_79b1).rotate_left(15)
}

fn mix_wide(key: u32, part: u64) -> u32 {
    mix(key, (part ^ part >> 32) as u32)
}

fn mix_number(key: u32, num: &Scalar) -> u32 {
    let (arc, bits) = (num.arc(), num.tnum());
    let wide = arc.base().rotate_left(7) ^ arc.span().rotate_left(29) ^ bits.value() ^ bits.mask().rotate_left(43);
    mix_wide(key, wide)
}

impl Digest {
    /// That of a state, of whose current frame these registers are live; `values` is left out where nothing may be equal.
    pub(crate) fn of(state: &State, live: u16, with_values: bool) -> Digest {
        let chain = state.frames().iter().fold(0, |key, f| mix(mix(key, f.call_site), f.subprog));
        let (mut pointers, mut values) = (0, 0);
        let mut open = fault!(56) || fault!(59);
        let regs = state.frame().regs.iter().take(10).enumerate().filter(|(i, _)| live & 1 << i != 0);
        for (i, value) in regs {
            let tag = |kind: u32| kind << 8 | (i as u32 + 1);
            values = match value.kind {
                Kind::Uninit => {
                    open = true;
                    mix(values, tag(1))
                }
                Kind::Scalar if !with_values => 0,
                Kind::Scalar => mix_number(mix(values, tag(2)), &value.num),
                Kind::Ptr(_) => {
                    pointers = mix(mix(pointers, tag(3 + u32::from(value.nullable))), value.off as u32);
                    mix_number(mix(mix(values, tag(3)), value.off as u32), &value.num)
                }
            };
        }
        Digest { chain, pointers: if open { 0 } else { pointers | 1 }, values }
    }

    /// Whether both have the same call chain.
    pub(crate) fn same_chain(&self, other: &Digest) -> bool {
        self.chain == other.chain
    }

    /// Whether the state that this is of may cover another with the same chain.
    pub(crate) fn may_cover(&self, now: &Digest) -> bool {
        // What holds pointers where the old state has none is covered only by what was never set.
        self.pointers == 0 || now.pointers == 0 || self.pointers == now.pointers
    }

    /// Whether both may be equal.
    pub(crate) fn may_equal(&self, now: &Digest) -> bool {
        self.values == now.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfg::Cfg;
    use crate::liveness::Liveness;
    use crate::precision::Nodes;
    use crate::prune::{Comparison, Mode};
    use crate::region::Region;
    use crate::state::Frame;
    use crate::value::Value;

    /// What registers of the test hold: alike things of every kind.
    fn palette(nodes: &mut Nodes) -> Vec<Value> {
        let stack = |off| Value { off, ..Value::ptr(Region::Stack(0)) };
        let map = |off| Value { off, id: 7, ..Value::ptr(Region::MapValue(0)) };
        let packet = |num| Value { num, id: 9, ..Value::ptr(Region::Data(0)) };
        let mut all = vec![
            Value::UNINIT,
            Value::constant(0),
            Value::constant(5),
            Value::scalar(Scalar::from_range(0, 9)),
            Value { node: nodes.keep(0), ..Value::constant(6) },
            Value { node: nodes.keep(0), ..Value::unknown() },
            stack(-8),
            stack(-16),
            map(0),
            map(8),
            Value { nullable: true, ..map(0) },
            packet(Scalar::from_range(0, 9)),
            packet(Scalar::from_range(0, 20)),
        ];
        all.push(Value { off: 4, ..all[11] });
        all
    }

    fn holding(regs: &[Value; 10]) -> State {
        let mut frame = Frame::new(0, 0, 0);
        frame.regs[..10].copy_from_slice(regs);
        State::new(frame)
    }

    #[test]
    fn what_covers_another_never_looks_as_if_it_could_not() {
        let unit = crate::testing::unit("r0 = 0\n exit");
        let cfg = Cfg::build(&unit).unwrap();
        let live = Liveness::everything(&unit, &cfg);
        let mut nodes = Nodes::new();
        let palette = palette(&mut nodes);
        let mut seed = 1_u64;
        let mut random = |n: usize| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (seed >> 33) as usize % n
        };
        let (mut covered, mut apart, mut equal, mut unequal) = (0, 0, 0, 0);
        for _ in 0..20_000 {
            // Few of them uninitialised: where one is, anything may be in its place.
            let mut old = [(); 10].map(|()| palette[1 + random(palette.len() - 1)]);
            if random(4) == 0 {
                old[random(10)] = Value::UNINIT;
            }
            let mut now = old;
            for _ in 0..random(3) {
                now[random(10)] = palette[random(palette.len())];
            }
            let (a, b) = (holding(&old), holding(&now));
            let (x, y) = (Digest::of(&a, u16::MAX, true), Digest::of(&b, u16::MAX, true));
            assert!(x.same_chain(&y));
            for mode in [Mode::Loose, Mode::Within, Mode::Exact] {
                let covers = Comparison::new(&unit, &live, &nodes, false, mode).covers(&a, &b, 0);
                assert!(!covers || x.may_cover(&y), "{mode:?}: {old:?} {now:?}");
                assert!(!covers || mode != Mode::Exact || x.may_equal(&y), "{old:?} {now:?}");
                covered += u32::from(covers);
                equal += u32::from(covers && mode == Mode::Exact);
            }
            apart += u32::from(!x.may_cover(&y));
            unequal += u32::from(!x.may_equal(&y));
        }
        assert!(covered > 10_000 && equal > 3_000 && apart > 3_000 && unequal > 8_000);
    }
}
