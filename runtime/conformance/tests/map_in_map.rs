//! The host changes a map of maps while programs run: each call sees one inner map or another, in every engine.

use std::sync::atomic::{AtomicBool, Ordering};

use stingless::abi::{MapKind, MapSpec};
use stingless::{EngineKind, Map, Packet, Plugin, from_file};
use stingless_conformance::programs::{Host, dir};
use stingless_helpers_linux::Xdp;

fn host(kind: EngineKind) -> (Host, stingless::Collection) {
    let host = Host::new(kind).unwrap();
    let loaded = host.linker.load(&from_file(dir().join("map_in_map.bpf.o")).unwrap()).unwrap();
    (host, loaded)
}

/// What the program returns for the first byte of a packet.
fn call(plugin: &Plugin<Xdp<'_>>, which: u8) -> u64 {
    let mut data = [which; 64];
    let mut ctx = Xdp::new(Packet::new(&mut data));
    plugin.call_raw(&mut ctx, None).expect("no trap")
}

fn hash() -> Map {
    Map::create(&MapSpec::new("another", MapKind::Hash, 4, 8, 8)).unwrap()
}

#[test]
fn the_host_puts_maps_in_and_takes_them_out() {
    for kind in EngineKind::ALL {
        let (_host, loaded) = host(kind);
        let plugin = loaded.plugin::<Xdp<'_>>("nested").unwrap();
        let outer = loaded.map("outer").unwrap();
        assert_eq!(call(&plugin, 2), 0, "nothing there");
        let mine = hash();
        outer.set_map(&2u32.to_le_bytes(), &mine, 0).unwrap();
        assert_eq!(call(&plugin, 2), 0x31_0702, "{}", kind.key());
        assert_eq!(mine.lookup(&5u32.to_le_bytes()).unwrap(), Some(7u64.to_le_bytes().to_vec()));
        outer.delete(&2u32.to_le_bytes()).unwrap();
        assert_eq!(call(&plugin, 2), 0);
        let wrong = Map::create(&MapSpec::new("wrong", MapKind::Hash, 4, 16, 8)).unwrap();
        assert!(outer.set_map(&2u32.to_le_bytes(), &wrong, 0).is_err());
    }
}

#[test]
fn maps_change_under_running_programs() {
    for kind in EngineKind::ALL {
        let (_host, loaded) = host(kind);
        let plugin = loaded.plugin::<Xdp<'_>>("nested").unwrap();
        let (outer, done) = (loaded.map("outer").unwrap(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let changer = scope.spawn(|| {
                let mut changes = 0u32;
                while !done.load(Ordering::Relaxed) && changes < 20_000 {
                    outer.set_map(&0u32.to_le_bytes(), &hash(), 0).unwrap();
                    if changes.is_multiple_of(3) {
                        outer.delete(&0u32.to_le_bytes()).unwrap();
                    }
                    changes += 1;
                }
                changes
            });
            for _ in 0..2_000 {
                let r0 = call(&plugin, 0);
                // What the map in `outer` counts stands above the last byte; the shared array counts from 1 in each call.
                assert!(r0 == 0 || r0 > 0x11_0000 && r0 & 0xff == 2, "{}: {r0:#x}", kind.key());
            }
            done.store(true, Ordering::Relaxed);
            assert!(changer.join().unwrap() > 0);
        });
    }
}

#[test]
fn a_ring_of_a_map_of_maps_gets_records() {
    for kind in EngineKind::ALL {
        let host = Host::new(kind).unwrap();
        let loaded = host.linker.load(&from_file(dir().join("ring_in_map.bpf.o")).unwrap()).unwrap();
        let plugin = loaded.plugin::<Xdp<'_>>("record").unwrap();
        let mut rings = vec![loaded.map("first").unwrap().clone()];
        rings.push(Map::create(&MapSpec::new("second", MapKind::Ringbuf, 0, 0, 8192)).unwrap());
        assert_eq!(call(&plugin, 1), 0, "nothing there");
        loaded.map("rings").unwrap().set_map(&1u32.to_le_bytes(), &rings[1], 0).unwrap();
        for (which, ring) in (0..).zip(&rings) {
            let (mut consumer, mut records) = (ring.ring().unwrap(), Vec::new());
            // More than the ring has room for at once: what was submitted is given back.
            for _ in 0..600 {
                assert_eq!(call(&plugin, which), 7, "{}", kind.key());
                consumer.consume(|record| records.push(record.to_vec()));
            }
            assert_eq!(records, vec![7u64.to_le_bytes().to_vec(); 600]);
        }
    }
}
