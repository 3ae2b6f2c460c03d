//! What a call costs: of a plugin, of a helper, of a map from a plugin.

use std::collections::HashMap;
use std::hint::black_box;

use stingless::{EngineKind, Object, Plugin, Raw};

use crate::clock::{Lane, Table, keep};
use crate::engines::{Rbpf, code, linker};

const OBJECT: &[u8] = include_bytes!("../c/calls.bpf.o");

extern "C" fn native_empty(_: *mut u8, len: u64) -> u64 {
    len
}

extern "C" fn native_helper(a: u64, b: u64) -> u64 {
    a.wrapping_add(b) ^ 0x55
}

/// A program of ours in one engine.
fn plugin(object: &Object, kind: EngineKind, name: &str) -> Plugin<Raw> {
    let linker = linker(kind).expect("hooks and helpers that are the benchmark's own");
    let loaded = linker.load(object).unwrap_or_else(|e| panic!("calls.bpf.o: {e}"));
    loaded.plugin(name).unwrap_or_else(|e| panic!("calls.bpf.o: {e}"))
}

fn call(plugin: &Plugin<Raw>, mem: &mut [u8]) {
    let mut mem: &mut [u8] = mem;
    black_box(plugin.call_raw(&mut mem, plugin.deadline())).expect("a proved program of the benchmark's own");
}

fn ours<'a>(object: &'a Object, name: &'a str) -> [Lane<'a>; 2] {
    [(EngineKind::Jit, "jit"), (EngineKind::Interp, "interp")].map(|(kind, lane)| {
        let plugin = plugin(object, kind, name);
        let mut mem = [0; 64];
        Lane::new(lane, move || call(&plugin, &mut mem))
    })
}

fn rbpf_lanes<'a>(object: &Object, name: &str) -> Vec<Lane<'a>> {
    let assumed = code(object, name);
    let lane = |jit, lane| {
        let vm = assumed.as_ref().and_then(|a| Rbpf::new(name, &a.unit().code, &[0; 64], jit));
        Lane::of(lane, vm.map(|vm| move || keep(vm.run())))
    };
    vec![lane(true, "rbpf jit"), lane(false, "rbpf interp")]
}

/// Calls of an empty program.
pub(crate) fn empty() {
    let object = Object::parse(OBJECT).expect("a committed object");
    let mut table = Table::new("host -> plugin: one call of an empty program");
    let function: extern "C" fn(*mut u8, u64) -> u64 = native_empty;
    let mut lanes = vec![Lane::new("native, indirect", move || {
        let mut mem = [0; 64];
        black_box(black_box(function)(black_box(mem.as_mut_ptr()), 64));
    })];
    lanes.extend(ours(&object, "empty"));
    let bare = plugin(&object, EngineKind::Jit, "empty");
    lanes.push(Lane::new("jit, no deadline", move || {
        let mut mem = [0; 64];
        let mut mem: &mut [u8] = &mut mem;
        let _ = black_box(bare.call_raw(&mut mem, None));
    }));
    lanes.extend(rbpf_lanes(&object, "empty"));
    table.row("empty", lanes);
}

/// 1,000 calls of a helper that adds.
pub(crate) fn helpers() {
    let object = Object::parse(OBJECT).expect("a committed object");
    let mut table = Table::new("plugin -> host: 1,000 calls of a helper that adds two numbers");
    for name in ["helper", "helper_closure"] {
        let function: extern "C" fn(u64, u64) -> u64 = native_helper;
        let mut lanes = vec![Lane::new("native, indirect", move || {
            let function = black_box(function);
            black_box((0..1000).fold(64, |sum, i| function(sum, i)));
        })];
        lanes.extend(ours(&object, name));
        // rbpf knows one kind of helper, without errors, panics or an environment.
        if name == "helper" {
            lanes.extend(rbpf_lanes(&object, name));
        }
        table.row(name, lanes);
    }
}

/// 1,000 lookups in maps, each followed by an addition to the value, or updates.
pub(crate) fn maps() {
    let object = Object::parse(OBJECT).expect("a committed object");
    let mut table = Table::new("maps from a plugin: 1,000 turns (native: Vec, HashMap with its default hash)");
    let key = |i: u32| ((i * 7) & 255).wrapping_mul(2_654_435_761);
    let mut array = vec![0u64; 256];
    let mut lanes = vec![Lane::new("native", move || {
        let array = black_box(&mut array);
        let add = |i: u32| {
            let value = &mut array[((i * 7) & 255) as usize];
            let old = *value;
            *value = old.wrapping_add(i.into());
            old
        };
        black_box((0..1000).map(add).fold(0, u64::wrapping_add));
    })];
    lanes.extend(ours(&object, "array_add"));
    table.row("array: lookup, add", lanes);

    let mut hash: HashMap<u32, u64> = (0..256).map(|i| (key(i), 0)).collect();
    let mut lanes = vec![Lane::new("native", move || {
        let hash = black_box(&mut hash);
        let add = |i: u32| hash.get_mut(&key(i)).map_or(0, |v| std::mem::replace(v, v.wrapping_add(i.into())));
        black_box((0..1000).map(add).fold(0, u64::wrapping_add));
    })];
    lanes.extend(filled("hash_add", &object));
    table.row("hash: lookup, add", lanes);

    let mut hash: HashMap<u32, u64> = (0..256).map(|i| (key(i), 0)).collect();
    let mut lanes = vec![Lane::new("native", move || {
        let hash = black_box(&mut hash);
        (0..1000).for_each(|i| keep(hash.insert(key(i), i.into())));
    })];
    lanes.extend(filled("hash_update", &object));
    table.row("hash: update", lanes);
}

/// Ours, with the hash map's 256 elements in it.
fn filled<'a>(name: &'a str, object: &'a Object) -> [Lane<'a>; 2] {
    [(EngineKind::Jit, "jit"), (EngineKind::Interp, "interp")].map(|(kind, lane)| {
        let plugin = plugin(object, kind, name);
        let collection = plugin.collection();
        let hash = collection.map("hash").expect("a map of calls.bpf.c");
        for i in 0..256u32 {
            let key = i.wrapping_mul(2_654_435_761).to_ne_bytes();
            hash.update(&key, &[0; 8], 0).expect("room for 1,024 elements");
        }
        let mut mem = [0; 64];
        Lane::new(lane, move || call(&plugin, &mut mem))
    })
}

/// 64 records through a ring buffer: reserved and submitted by a plugin, consumed by the host.
pub(crate) fn ring() {
    let object = Object::parse(OBJECT).expect("a committed object");
    let mut table = Table::new("ring buffer: 64 records of 16 bytes, to the host (native: std::sync::mpsc)");
    let (send, receive) = std::sync::mpsc::channel::<[u64; 2]>();
    let mut lanes = vec![Lane::new("native", move || {
        (0..64).for_each(|i| send.send([i, 64]).expect("the receiver is there"));
        (0..64).for_each(|_| keep(receive.recv()));
    })];
    for (kind, lane) in [(EngineKind::Jit, "jit"), (EngineKind::Interp, "interp")] {
        let plugin = plugin(&object, kind, "ring_submit");
        let ring = plugin.collection().map("ring").and_then(|m| Ok(m.ring()?));
        let mut ring = ring.unwrap_or_else(|e| panic!("the ring of calls.bpf.c: {e}"));
        let mut mem = [0; 64];
        lanes.push(Lane::new(lane, move || {
            call(&plugin, &mut mem);
            assert_eq!(ring.consume(|record| keep(record[0])), 64);
        }));
    }
    table.row("reserve, submit, consume", lanes);
}
