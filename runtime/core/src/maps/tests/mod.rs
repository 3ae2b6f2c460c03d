//! Tests of maps, by subject.

#[allow(unsafe_code, reason = "plays the program")]
mod doors;
mod kinds;
mod model;
mod nested;
#[allow(unsafe_code, reason = "plays the program")]
mod ring;
mod rules;
mod stress;
mod user_ring;

use std::sync::Arc;

use stingless_abi::{MapKind, MapSpec};

use super::{Map, MapCore, MapError};

/// A small generator with a fixed seed (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// The errno of a result, 0 for success.
fn errno<T>(result: Result<T, MapError>) -> i32 {
    result.err().map_or(0, |e| e.errno())
}

fn map(kind: MapKind, key: u32, value: u32, entries: u32) -> Map {
    map_with(kind, key, value, entries, 0)
}

fn map_with(kind: MapKind, key: u32, value: u32, entries: u32, flags: u32) -> Map {
    let mut spec = MapSpec::new("m", kind, key, value, entries);
    spec.flags = flags;
    Map::create(&spec).unwrap()
}

/// What a program does with a map of `u32` keys and `u64` values.
#[derive(Clone)]
struct Program(Arc<MapCore>);

#[allow(unsafe_code, reason = "plays the program")]
impl Program {
    fn new(map: &Map) -> Program {
        Program(map.core().clone())
    }

    fn lookup(&self, key: u32) -> Option<&std::sync::atomic::AtomicU64> {
        // SAFETY: the key is a `u32`, values are at least 8 bytes, and the map lives as long as `self`.
        unsafe {
            let value = self.0.prog_lookup((&raw const key).cast());
            value.cast::<std::sync::atomic::AtomicU64>().as_ref()
        }
    }

    fn get(&self, key: u32) -> Option<u64> {
        self.lookup(key).map(|value| value.load(std::sync::atomic::Ordering::Relaxed))
    }

    fn update(&self, key: u32, value: u64, flags: u64) -> i64 {
        // SAFETY: key and value have the sizes of the map.
        unsafe { self.0.prog_update((&raw const key).cast(), (&raw const value).cast(), flags) }
    }

    fn delete(&self, key: u32) -> i64 {
        // SAFETY: the key has the size of the map's.
        unsafe { self.0.prog_delete((&raw const key).cast()) }
    }
}

/// `n` keys that stand in one bucket of the map.
fn crowd(core: &MapCore, n: usize) -> Vec<u32> {
    let super::core::Storage::Table(table) = &core.storage else { panic!("not a table") };
    (0..).filter(|&key: &u32| table.bucket_of(&[key.into()]) == 0).take(n).collect()
}
