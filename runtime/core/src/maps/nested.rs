//! Maps of maps: a slot holds a map, which a lookup gives to a program as a map argument.
//!
//! Programs only look up; the host puts maps in. A program keeps what a lookup gave it until it returns, so a map that
//! is taken out stays alive until every call that was running then has ended (`sys::epoch`).

use std::collections::BTreeMap;

use arc_swap::{ArcSwap, ArcSwapOption};
use stingless_abi::map::{BPF_EXIST, BPF_NOEXIST};
use stingless_abi::{MapKind, MapSpec};

use super::core::MapCore;
use super::fault::Fault;
use super::raw::Source;
use crate::sync::{Arc, Mutex, lock};
use crate::sys::epoch::Grace;

type Keyed = BTreeMap<Box<[u8]>, Arc<MapCore>>;

/// Where the maps are.
#[derive(Debug)]
enum Slots {
    Array(Box<[ArcSwapOption<MapCore>]>),
    /// Copied at each change: what programs look up is never locked.
    Hash(ArcSwap<Keyed>, u32),
}

/// The maps in a map.
#[derive(Debug)]
pub(crate) struct Nested {
    slots: Slots,
    /// Maps that were taken out, until no call can use them. Who changes the slots holds the lock.
    retired: Mutex<Vec<(Grace, Arc<MapCore>)>>,
}

impl Nested {
    /// Bytes of an empty one.
    pub(crate) fn bytes_for(spec: &MapSpec) -> usize {
        let one = match spec.kind {
            MapKind::HashOfMaps => size_of::<(Box<[u8]>, Arc<MapCore>)>() + spec.key_size as usize,
            _ => size_of::<ArcSwapOption<MapCore>>(),
        };
        one.saturating_mul(spec.max_entries as usize)
    }

    /// Empty slots; `None` without memory.
    pub(crate) fn new(spec: &MapSpec) -> Option<Nested> {
        let slots = if spec.kind == MapKind::HashOfMaps {
            Slots::Hash(ArcSwap::default(), spec.max_entries)
        } else {
            let mut slots = Vec::new();
            slots.try_reserve_exact(spec.max_entries as usize).ok()?;
            slots.resize_with(spec.max_entries as usize, ArcSwapOption::empty);
            Slots::Array(slots.into())
        };
        Some(Nested { slots, retired: Mutex::default() })
    }

    /// The map of a key.
    pub(crate) fn get(&self, key: Source<'_>) -> Option<Arc<MapCore>> {
        match &self.slots {
            Slots::Array(slots) => slots.get(key.word(0) as u32 as usize)?.load_full(),
            Slots::Hash(maps, _) => maps.load().get(&key.to_boxed()).cloned(),
        }
    }

    /// The address that the map of a key has as a map argument, 0 where there is none: good for as long as the caller's
    /// epoch lasts.
    pub(crate) fn address(&self, key: Source<'_>) -> u64 {
        self.get(key).map_or(0, |map| map.runtime_addr())
    }

    /// The map whose address a program may hold.
    pub(crate) fn at_address(&self, address: u64) -> Option<Arc<MapCore>> {
        let is = |map: &Arc<MapCore>| map.runtime_addr() == address;
        // Held over both: what goes from the one place to the other must not be missed in between.
        let retired = lock(&self.retired);
        let gone = retired.iter().map(|(_, map)| map).find(|map| is(map)).cloned();
        let found = gone.or_else(|| self.maps().into_iter().map(|(_, map)| map).find(is));
        drop(retired);
        found
    }

    /// Keys and maps that there are.
    pub(crate) fn maps(&self) -> Vec<(Box<[u8]>, Arc<MapCore>)> {
        match &self.slots {
            Slots::Array(slots) => {
                let taken = (0u32..).zip(slots).filter_map(|(i, s)| Some((i.to_le_bytes().into(), s.load_full()?)));
                taken.collect()
            }
            Slots::Hash(maps, _) => maps.load().iter().map(|(k, m)| (k.clone(), m.clone())).collect(),
        }
    }

    /// Puts a map in; the caller compared the shapes.
    pub(crate) fn set(&self, key: Source<'_>, map: Arc<MapCore>, flags: u64) -> Result<(), Fault> {
        if flags > BPF_EXIST {
            return Err(Fault::Flags(flags));
        }
        let mut retired = lock(&self.retired);
        let old = match &self.slots {
            Slots::Array(slots) => {
                let index = key.word(0) as u32;
                let slot = slots.get(index as usize).ok_or(Fault::Index(index))?;
                if flags == BPF_NOEXIST {
                    return Err(Fault::Exists);
                }
                slot.swap(Some(map))
            }
            Slots::Hash(maps, most) => {
                let mut next = Keyed::clone(&maps.load());
                let old = next.insert(key.to_boxed(), map);
                match (&old, flags) {
                    (Some(_), BPF_NOEXIST) => return Err(Fault::Exists),
                    (None, BPF_EXIST) => return Err(Fault::NotFound),
                    (None, _) if next.len() > *most as usize => return Err(Fault::Full),
                    (Some(_) | None, _) => {}
                }
                maps.store(Arc::new(next));
                old
            }
        };
        retire(&mut retired, old);
        Ok(())
    }

    /// Takes a map out.
    pub(crate) fn delete(&self, key: Source<'_>) -> Result<(), Fault> {
        let mut retired = lock(&self.retired);
        let old = match &self.slots {
            Slots::Array(slots) => {
                let index = key.word(0) as u32;
                slots.get(index as usize).ok_or(Fault::Index(index))?.swap(None)
            }
            Slots::Hash(maps, _) => {
                let mut next = Keyed::clone(&maps.load());
                let old = next.remove(&key.to_boxed());
                maps.store(Arc::new(next));
                old
            }
        };
        let found = old.is_some();
        retire(&mut retired, old);
        if found { Ok(()) } else { Err(Fault::NotFound) }
    }
}

/// Keeps what was unlinked, and lets go what no call can use any more.
fn retire(retired: &mut Vec<(Grace, Arc<MapCore>)>, old: Option<Arc<MapCore>>) {
    retired.extend(old.map(|map| (Grace::begin(), map)));
    retired.retain(|(grace, _)| !grace.passed());
}
