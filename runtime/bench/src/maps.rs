//! Maps from the host.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Mutex;

use stingless::Map;
use stingless_abi::{MapKind, MapSpec};

use crate::clock::{Lane, Table, keep};

const ELEMENTS: u32 = 1024;

fn map(kind: MapKind) -> Map {
    let map = Map::create(&MapSpec::new("bench", kind, 4, 8, ELEMENTS)).expect("a small map");
    for key in 0..ELEMENTS {
        map.update(&key.to_ne_bytes(), &u64::from(key).to_ne_bytes(), 0).expect("room for each");
    }
    map
}

/// Lookups and updates of one element after another, by bytes and by type.
pub(crate) fn host() {
    let mut table = Table::new("maps from the host: one operation (native: a HashMap in a Mutex)");
    let kinds = [(MapKind::Array, "array"), (MapKind::Hash, "hash"), (MapKind::LruHash, "LRU hash")];
    for (kind, name) in kinds {
        let (bytes, typed) = (map(kind), map(kind));
        let typed = typed.typed::<u32, u64>().expect("keys of 4 bytes, values of 8");
        let peer: Mutex<HashMap<u32, u64>> = Mutex::new((0..ELEMENTS).map(|k| (k, k.into())).collect());
        let mut keys = (0..ELEMENTS).cycle();
        let mut key = || keys.next().unwrap_or(0);
        let (mut out, mut k2) = ([0; 8], (0..ELEMENTS).cycle());
        let mut k3 = (0..ELEMENTS).cycle();
        let lanes = vec![
            Lane::new("native", || keep(peer.lock().map(|p| p.get(&key()).copied()).ok())),
            Lane::new("bytes", || {
                let key = k2.next().unwrap_or(0).to_ne_bytes();
                let _ = black_box(bytes.lookup_into(&key, &mut out));
            }),
            Lane::new("typed", || keep(typed.get(&k3.next().unwrap_or(0)))),
        ];
        table.row(&format!("{name}: lookup"), lanes);
        let mut keys = (0..ELEMENTS).cycle();
        let mut key = || keys.next().unwrap_or(0);
        let mut k2 = (0..ELEMENTS).cycle();
        let lanes = vec![
            Lane::new("native", || keep(peer.lock().map(|mut p| p.insert(key(), 7)).ok())),
            Lane::new("bytes", || {
                let key = k2.next().unwrap_or(0).to_ne_bytes();
                let _ = black_box(bytes.update(&key, &[7; 8], 0));
            }),
        ];
        table.row(&format!("{name}: update"), lanes);
    }
}
