//! Programs that no object describes: instruction slots with a list of maps.

use core::fmt;
use std::sync::Arc;

use stingless_abi::{HookDef, MapShapeError, MapSpec, ProtoTable};
use stingless_isa::{Code, DecodeError, Insn, Ref, decode};

use super::{FuncInfo, Unit, UnitMap};
use crate::btf::{Btf, BtfError, Kind, Linkage, TypeId};
use crate::link::info::{called, func_info};

/// A program as bytes, and what it may refer to by number.
#[derive(Clone, Debug)]
pub struct RawSpec {
    /// Name, for reports.
    pub name: String,
    /// Little-endian 8-byte slots. A 64-bit immediate with `src_reg` 1 or 2 names a map by its index in `maps`.
    pub insns: Vec<u8>,
    /// Maps.
    pub maps: Vec<RawMap>,
    /// Bytes of a `.BTF` section, which `func_info` and the maps' `btf` refer to.
    pub btf: Option<Vec<u8>>,
    /// (slot, BTF function) of each subprogram, in order; may be empty.
    pub func_info: Vec<(u32, TypeId)>,
    /// The hook.
    pub hook: Arc<HookDef>,
    /// Helpers.
    pub protos: ProtoTable,
    /// GPL-only helpers may be called.
    pub gpl: bool,
}

/// A map of a raw program.
#[derive(Clone, Debug)]
pub struct RawMap {
    /// Shape. Spin locks and timers are found through `btf`, where that is set.
    pub spec: MapSpec,
    /// Contents that can never change again.
    pub frozen: Option<Arc<[u8]>>,
}

/// Why slots and maps are not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawError {
    /// Slot, 0 for what concerns the program as a whole.
    pub slot: u32,
    /// Why.
    pub kind: RawErrorKind,
}

/// Why slots and maps are not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawErrorKind {
    /// A slot is no instruction, or instructions form no program.
    Decode(DecodeError),
    /// A map that is not in the list.
    MapIndex {
        /// The index.
        index: u32,
        /// Length of the list.
        count: usize,
    },
    /// A map of an impossible shape.
    MapShape(MapShapeError),
    /// Type information.
    Btf(BtfError),
    /// Types of a map that are not there, or not of the map's sizes.
    MapTypes {
        /// The map.
        map: String,
        /// BTF ids of key and value.
        types: (TypeId, TypeId),
    },
    /// A function record without type information, out of order, or of something that is no function.
    FuncInfo {
        /// The type it names.
        ty: TypeId,
    },
}

impl fmt::Display for RawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RawErrorKind as K;
        match &self.kind {
            K::Decode(err) => err.fmt(f),
            K::MapIndex { index, count } => {
                write!(f, "slot {}: refers to map {index}, the program has {count}", self.slot)
            }
            K::MapShape(err) => err.fmt(f),
            K::Btf(err) => write!(f, "type information: {err}"),
            K::MapTypes { map, types: (key, value) } => {
                write!(f, "map `{map}`: types {key} and {value} do not exist, or are not of its key and value size")
            }
            K::FuncInfo { ty } => {
                write!(f, "slot {}: the record of function type {ty} names no function that starts here", self.slot)
            }
        }
    }
}

impl std::error::Error for RawError {}

impl RawErrorKind {
    fn at(self, slot: u32) -> RawError {
        RawError { slot, kind: self }
    }
}

impl RawSpec {
    /// Makes a unit. The instructions are as they were given: what they do is the verifier's business.
    ///
    /// # Errors
    /// Slots that are no program, maps that are not there or cannot exist, types that do not fit.
    pub fn link(self) -> Result<Unit, RawError> {
        let code = decode(&self.insns).map_err(|err| RawErrorKind::Decode(err.clone()).at(err.slot))?;
        let btf = self.btf.as_deref().map(Btf::parse).transpose().map_err(|err| RawErrorKind::Btf(err).at(0))?;
        let count = self.maps.len();
        for (insn, at) in code.insns().iter().zip(0..) {
            if let Insn::LoadRef { target: Ref::Map(index) | Ref::MapValue { map: index, .. }, .. } = *insn
                && index as usize >= count
            {
                return Err(RawErrorKind::MapIndex { index, count }.at(code.slot_of(at)));
            }
        }
        let mut maps = Vec::with_capacity(count);
        for (map, origin) in self.maps.into_iter().zip(0..) {
            let spec = typed(map.spec, btf.as_ref()).map_err(|kind| kind.at(0))?;
            // The shape of what a map of maps holds stands behind it, for others as well: no map's bytes are theirs.
            let shape = maps.last().is_some_and(|outer: &UnitMap| outer.spec.inner.as_deref() == Some(&spec));
            maps.push(UnitMap { spec, origin, frozen: map.frozen.filter(|_| !shape) });
        }
        let code = named(code, btf.as_ref(), &self.func_info)?;
        let mut unit = Unit::from_code(self.name, code, maps, self.protos, self.hook);
        unit.gpl = self.gpl;
        if let Some(btf) = &btf {
            unit.funcs = infos(&unit, btf, &self.func_info);
        }
        Ok(unit)
    }
}

/// Checks a map's shape and finds its special fields.
fn typed(mut spec: MapSpec, btf: Option<&Btf>) -> Result<MapSpec, RawErrorKind> {
    spec.check().map_err(RawErrorKind::MapShape)?;
    let (key, value) = spec.btf;
    if (key, value) == (0, 0) {
        return Ok(spec);
    }
    let size = |ty: TypeId| btf.and_then(|b| b.size_of(ty));
    // A map without keys or values has no types for them.
    if size(key).unwrap_or(0) != spec.key_size || size(value).unwrap_or(0) != spec.value_size {
        return Err(RawErrorKind::MapTypes { map: spec.name, types: (key, value) });
    }
    if let Some(btf) = btf.filter(|_| spec.special.is_empty()) {
        spec.special = btf.special_fields(value).map_err(|kind| RawErrorKind::Btf(BtfError { offset: 0, kind }))?;
    }
    Ok(spec)
}

/// Checks function records and gives subprograms their names.
fn named(code: Code, btf: Option<&Btf>, records: &[(u32, TypeId)]) -> Result<Code, RawError> {
    let mut starts: Vec<(u32, String)> = code.subprogs().iter().map(|s| (s.start, s.name.clone())).collect();
    let mut before = None;
    for &(slot, ty) in records {
        let bad = || RawErrorKind::FuncInfo { ty }.at(slot);
        let btf = btf.ok_or_else(bad)?;
        let is_func = matches!(btf.get(ty).map(|t| &t.kind), Some(Kind::Func { .. }));
        let start = code.insn_at(slot).and_then(|i| u32::try_from(i).ok()).ok_or_else(bad)?;
        let sub = starts.binary_search_by_key(&start, |s| s.0).map_err(|_| bad())?;
        if !is_func || before.replace(slot).is_some_and(|b| b >= slot) {
            return Err(bad());
        }
        starts[sub].1 = btf.name(ty).to_owned();
    }
    // The same starts as before: this cannot fail.
    Code::with_subprogs(code.insns().to_vec(), starts).or(Ok(code))
}

fn infos(unit: &Unit, btf: &Btf, records: &[(u32, TypeId)]) -> Vec<FuncInfo> {
    let subprogs = unit.code.subprogs();
    let called = called(unit.code.insns());
    let info = |(at, sub): (usize, &stingless_isa::Subprog)| {
        let slot = unit.code.slot_of(sub.start as usize);
        let ty = records.iter().find(|r| r.0 == slot).map_or(0, |r| r.1);
        let linkage = match btf.get(ty).map(|t| &t.kind) {
            Some(Kind::Func { linkage, .. }) => Some(*linkage),
            Some(_) | None => None,
        };
        let global = linkage == Some(Linkage::Global) && at > 0 && called.contains(&sub.start);
        func_info(&sub.name, global, Some(btf), ty, &unit.hook)
    };
    subprogs.iter().enumerate().map(info).collect()
}
