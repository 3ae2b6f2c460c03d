//! No bytes make the parser or the linker panic, hang, or give two answers.

mod common;

use std::sync::Arc;

use common::{all, bytes, env};
use stingless_object::btf::HostTypes;
use stingless_object::{Object, link};

/// xorshift64*: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Parses and links everything: what comes out does not matter, that it comes out does.
fn exercise(bytes: &[u8]) -> bool {
    let Ok(object) = Object::parse(bytes) else { return false };
    let mut env = env();
    // Types that are searched by name, too: those of the same hostile bytes.
    env.types.extend(HostTypes::parse(bytes).ok().map(Arc::new));
    for program in 0..object.programs().len() {
        if let Err(err) = link(&object, program, &env) {
            let _ = err.to_string();
        }
    }
    if let Some(btf) = object.btf() {
        for id in 0..btf.types().len() as u32 {
            let _ = (btf.define(id).len(), btf.declare(id, "x").len());
        }
    }
    true
}

/// Values that sizes and offsets are tried with.
const EDGES: [u64; 12] = [0, 1, 7, 8, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, u64::MAX, 1 << 53];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 | 3 => {
                let width = [2, 4, 8][random.below(3)];
                let edge = EDGES[random.below(EDGES.len())].to_le_bytes();
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&edge[..end - at]);
            }
            4 => {
                let (from, len) = (random.below(bytes.len()), random.below(64));
                let len = len.min(bytes.len() - from).min(bytes.len() - at);
                bytes.copy_within(from..from + len, at);
            }
            _ => bytes.truncate(at.max(64)),
        }
    }
}

#[test]
fn mutants() {
    let objects = all();
    let mut random = Random(0x5713_61e5_5bee_5eed);
    let mut parsed = 0;
    for _ in 0..20_000 {
        let mut bytes = objects[random.below(objects.len())].1.clone();
        mutate(&mut bytes, &mut random);
        parsed += u32::from(exercise(&bytes));
        if random.below(8) == 0 {
            assert_eq!(Object::parse(&bytes), Object::parse(&bytes), "the same bytes, two answers");
        }
    }
    assert!(parsed > 2_000, "too few mutants get past the headers to mean anything: {parsed}");
}

#[test]
fn truncations() {
    for name in ["simple", "legacy"] {
        let bytes = bytes(name);
        for len in 0..bytes.len() {
            // The section table stands at the end: without it there is no object.
            assert!(Object::parse(&bytes[..len]).is_err(), "{name} cut at {len}");
        }
        assert!(exercise(&bytes));
    }
}

#[test]
fn each_byte_flipped() {
    let whole = bytes("legacy");
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            exercise(&bytes);
        }
    }
}
