//! Programs that no object describes: instruction slots, maps in order, one hook.

use std::sync::Arc;

use stingless_abi::{MapKind, MapSpec};
use stingless_object::{RawMap, RawSpec, Unit};

use crate::collection::LoadedEach;
use crate::error::{Error, Result};
use crate::linker::Linker;
use crate::load::Load;
use crate::maps::Map;

/// A program as bytes, for tools and tests.
#[derive(Clone, Debug)]
pub struct RawProgram {
    /// Name, for reports.
    pub name: String,
    /// Little-endian 8-byte slots. A 64-bit immediate with `src_reg` 1 or 2 names a map by its index in `maps`.
    pub insns: Vec<u8>,
    /// Maps, in order. In the collection, map `i` has the name that its shape gives it.
    pub maps: Vec<RawMapDef>,
    /// Bytes of a `.BTF` section.
    pub btf: Option<Vec<u8>>,
    /// (slot, BTF id) of each subprogram.
    pub func_info: Vec<(u32, u32)>,
    /// Name of the hook.
    pub hook: String,
    /// GPL-only helpers may be called.
    pub gpl: bool,
}

/// A map of a [`RawProgram`], with what it holds from the start.
#[derive(Clone, Debug)]
pub struct RawMapDef {
    /// Shape.
    pub spec: MapSpec,
    /// Elements.
    pub init: Vec<(Vec<u8>, Vec<u8>)>,
    /// The host never writes again.
    pub freeze: bool,
    /// Slots of a prog array that hold this program itself.
    pub own_slots: Vec<u32>,
}

impl RawMapDef {
    fn create(&self) -> Result<Map> {
        let map = Map::create(&self.spec)?;
        for (key, value) in &self.init {
            let want = map.host_value_size();
            // One value for a per-slot map is every slot's.
            let value = if value.len() < want && self.spec.kind.is_per_slot() {
                let padded = value.len().next_multiple_of(8);
                let mut one = value.clone();
                one.resize(padded, 0);
                one.repeat(want / padded.max(1))
            } else {
                value.clone()
            };
            map.update(key, &value, 0)?;
        }
        if self.freeze {
            map.freeze()?;
        }
        Ok(map)
    }

    /// Contents that neither host nor programs can change: reads of them fold to constants.
    fn frozen(&self, map: &Map) -> Option<Arc<[u8]>> {
        let constant = self.freeze && !self.spec.prog_writes() && self.spec.kind == MapKind::Array;
        if !constant || self.spec.max_entries != 1 {
            return None;
        }
        let value = map.lookup(&[0; 4]).ok()??;
        Some(value.into())
    }
}

/// A unit of raw code, its maps, and the slots of prog arrays that hold it: (map, index).
type Linked = (Unit, Vec<Map>, Vec<(usize, u32)>);

impl Linker {
    /// Links, verifies and compiles raw code.
    ///
    /// # Errors
    /// [`Error::Map`] for a map that cannot be had, [`Error::Raw`] for slots that are no program, [`Error::NotFound`]
    /// for an unknown hook. A program that is refused is in the result.
    pub fn load_raw(&self, program: &RawProgram) -> Result<LoadedEach> {
        let (unit, maps, own_slots) = self.link_raw(program)?;
        Load::new(self).unit(unit, maps, own_slots).each()
    }

    /// Links raw code, without verifying it.
    ///
    /// # Errors
    /// What cannot be decoded, and maps that cannot be created.
    pub fn unit_raw(&self, program: &RawProgram) -> Result<Unit> {
        Ok(self.link_raw(program)?.0)
    }

    fn link_raw(&self, program: &RawProgram) -> Result<Linked> {
        let mut maps = Vec::new();
        let mut raw_maps = Vec::new();
        let mut own_slots = Vec::new();
        let quota = self.engine.limits().map_bytes as u64;
        let mut bytes = 0u64;
        for (at, def) in program.maps.iter().enumerate() {
            bytes = bytes.saturating_add(Map::bytes_for(&def.spec)? as u64);
            if bytes > quota {
                return Err(Error::Limit { limit: "map_bytes", max: quota, found: bytes });
            }
            let map = def.create()?;
            raw_maps.push(RawMap { spec: def.spec.clone(), frozen: def.frozen(&map) });
            own_slots.extend(def.own_slots.iter().map(|&slot| (at, slot)));
            maps.push(map);
        }
        let spec = RawSpec {
            name: program.name.clone(),
            insns: program.insns.clone(),
            maps: raw_maps,
            btf: program.btf.clone(),
            func_info: program.func_info.clone(),
            hook: self.hook_named(&program.hook)?.clone(),
            protos: self.protos(),
            gpl: program.gpl,
        };
        let unit =
            spec.link().map_err(|source| Error::Raw { program: program.name.clone(), source: Box::new(source) })?;
        Ok((unit, maps, own_slots))
    }
}
