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

/// Where the sections of types lie in an object: `.BTF` and `.BTF.ext` begin with a magic number, and say how long they are.
fn typed(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let word = |at: usize| bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let starts = (0..bytes.len()).step_by(4).filter(|&at| bytes[at..].starts_with(&[0x9f, 0xeb, 1, 0]));
    // Offset and length of the last part: strings of the one; relocations, or lines where there are none, of the other.
    let end = |at: usize| {
        let header = word(at + 4);
        let last = header / 8 * 8 - 8;
        (at + header + word(at + last) + word(at + last + 4)).min(bytes.len())
    };
    starts.map(|at| at..end(at)).collect()
}

/// A change within the types: a word of another one, a small number, or any.
fn bend(bytes: &mut [u8], within: &[std::ops::Range<usize>], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let range = within[random.below(within.len())].clone();
        // The header of a section that does not parse hides all the rest.
        let at = (range.start + 32 + random.below(range.len().saturating_sub(36).max(1))) & !3;
        let Some(word) = bytes.get(at..at + 4).map(<[u8]>::to_vec) else { continue };
        let old = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        let new = match random.below(6) {
            0 => old ^ 1 << random.below(32),
            1 => old.wrapping_add(1),
            2 => old.wrapping_sub(1),
            3 => random.below(64) as u32,
            4 => EDGES[random.below(EDGES.len())] as u32,
            _ => {
                let from = range.start + random.below(range.len().saturating_sub(4).max(1)) / 4 * 4;
                bytes.get(from..from + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            }
        };
        bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
}

/// CO-RE with types that lie on both sides: whatever relocations ask and whatever types answer, linking ends, says the same
/// twice, and what it could not resolve is poison or an error. (Target `core` of `make fuzz` starts from the same objects.)
#[test]
fn relocations_against_hostile_types() {
    let soak = std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1");
    let pairs = [("relo", "relo_host"), ("core", "relo_host"), ("relo", "core"), ("core", "core")];
    let mut random = Random(0xc0de_c0de_5bee_5eed);
    let (mut linked, mut poisoned, mut refused) = (0, 0, 0);
    for round in 0..if soak { 200_000 } else { 1_500 } {
        let (own, host) = pairs[random.below(pairs.len())];
        let (mut own, mut host) = (bytes(own), bytes(host));
        for (side, bytes) in [&mut own, &mut host].into_iter().enumerate() {
            if round % 3 != side {
                let within = typed(bytes);
                bend(bytes, &within, &mut random);
            }
        }
        let (Ok(object), Ok(types)) = (Object::parse(&own), HostTypes::parse(&host)) else { continue };
        let mut env = env();
        env.types.push(Arc::new(types));
        for program in 0..object.programs().len() {
            match link(&object, program, &env) {
                Ok(unit) => {
                    let again = link(&object, program, &env).expect("the same, twice");
                    assert_eq!((&unit.code, &unit.poison), (&again.code, &again.poison), "two answers");
                    linked += 1;
                    poisoned += u32::from(!unit.poison.is_empty());
                }
                Err(err) => {
                    let _ = err.to_string();
                    refused += 1;
                }
            }
        }
    }
    println!("{linked} programs linked, {poisoned} with poison, {refused} refused");
    assert!(linked > 3_000 && poisoned > 300, "{linked} programs, {poisoned} with poison: too tame, or too wild");
}
