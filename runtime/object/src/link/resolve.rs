//! References to what they mean: maps, helpers, functions, numbers, or poison.

use std::sync::Arc;

use stingless_isa::{Callee, Insn, Ref};

use super::{LinkErrorKind, Linker, names_function};
use crate::btf::CoreRelo;
use crate::func::Func;
use crate::relo::{Exhausted, WORK};
use crate::reloc::Target;
use crate::unit::{Poison, PoisonKind, UnitMap};

/// Longest name in a reason, in bytes.
const MAX_NAME: usize = 128;

/// What makes two poisoned instructions share a reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PoisonKey {
    Target {
        target: Target,
        call: bool,
    },
    /// A CO-RE record: type, access string, kind; and the reason, which may depend on the instruction.
    Core(u32, u32, u32, Arc<str>),
    /// A map by number.
    BareMap,
    /// A kernel function by number.
    BareFunction(i32),
}

/// What a 64-bit immediate loads.
enum Value {
    Ref(Ref),
    Number(u64),
    Poison(Insn),
}

impl Linker<'_> {
    /// The instruction as it stands in the unit, `base` instructions further.
    pub(super) fn resolve(&mut self, func: &Func, insn: Insn, base: u32) -> Result<Insn, LinkErrorKind> {
        let mut insn = match insn {
            Insn::Call(Callee::Symbol(i)) => self.call(func.targets[i as usize]),
            Insn::LoadRef { dst, target: Ref::Symbol(i) } => match self.load(func.targets[i as usize])? {
                Value::Ref(target) => Insn::LoadRef { dst, target },
                Value::Number(value) => Insn::LoadImm { dst, value },
                Value::Poison(insn) => insn,
            },
            Insn::LoadRef { target: Ref::Map(_) | Ref::MapValue { .. }, .. } => {
                let kind = || PoisonKind::Unsupported("a map that is named by number instead of a relocation".into());
                self.poison(PoisonKey::BareMap, String::new(), kind)
            }
            Insn::Call(Callee::Kfunc(id)) => {
                self.poison(PoisonKey::BareFunction(id), format!("BTF id {id}"), || PoisonKind::UnknownFunction)
            }
            other => other,
        };
        if names_function(&insn) {
            return Ok(insn);
        }
        if let Some(target) = insn.index_mut() {
            *target += base;
        }
        Ok(insn)
    }

    fn call(&mut self, target: Target) -> Insn {
        match target {
            Target::Func(func) => {
                self.function(func);
                Insn::Call(Callee::Local(func))
            }
            Target::Extern { symbol, weak } => match self.helper(symbol) {
                Some(id) => Insn::Call(Callee::Helper(id)),
                None if weak => self.poison_target(target, true, PoisonKind::Weak),
                None => self.poison_target(target, true, PoisonKind::UnknownFunction),
            },
            Target::Unsupported { why, .. } => {
                self.poison_target(target, true, PoisonKind::Unsupported(why.to_string()))
            }
            Target::Map(_) | Target::Data { .. } | Target::Kconfig { .. } => {
                self.poison_target(target, true, PoisonKind::Unsupported("it is called, but is not code".into()))
            }
        }
    }

    fn load(&mut self, target: Target) -> Result<Value, LinkErrorKind> {
        Ok(match target {
            Target::Func(func) => {
                self.function(func);
                Value::Ref(Ref::Func(func))
            }
            Target::Map(map) => Value::Ref(Ref::Map(self.map(map)?)),
            Target::Data { map, offset } => Value::Ref(Ref::MapValue { map: self.map(map)?, off: offset }),
            Target::Kconfig { var, offset } => {
                let var = &self.object.kconfig_vars[var as usize];
                let known = var.weak || self.env.kconfig.contains_key(&var.name);
                match self.object.kconfig.filter(|_| known) {
                    Some(map) => Value::Ref(Ref::MapValue { map: self.map(map)?, off: var.offset + offset }),
                    None => Value::Poison(self.poison_target(target, false, PoisonKind::UnknownVariable)),
                }
            }
            // An address is only tested for null: helpers have no address, so known ones get 1.
            Target::Extern { symbol, .. } if self.helper(symbol).is_some() => Value::Number(1),
            Target::Extern { weak: true, .. } => Value::Number(0),
            Target::Extern { symbol, .. } => {
                let function = self.object.symbol_is_function(symbol);
                let kind = if function { PoisonKind::UnknownFunction } else { PoisonKind::UnknownVariable };
                Value::Poison(self.poison_target(target, false, kind))
            }
            Target::Unsupported { why, .. } => {
                Value::Poison(self.poison_target(target, false, PoisonKind::Unsupported(why.to_string())))
            }
        })
    }

    fn helper(&mut self, symbol: u32) -> Option<u32> {
        let find = || self.env.protos.by_name(self.object.symbol_name(symbol)).map(|p| p.id);
        *self.helpers.entry(symbol).or_insert_with(find)
    }

    /// The unit's index of a map of the object.
    fn map(&mut self, map: u32) -> Result<u32, LinkErrorKind> {
        if let Some(&index) = self.map_index.get(&map) {
            return Ok(index);
        }
        let def = &self.object.maps()[map as usize];
        let Some(spec) = def.sized(&self.env.entries) else {
            return Err(LinkErrorKind::MapKind { map: def.name.clone(), kind: def.kind });
        };
        spec.check().map_err(LinkErrorKind::MapShape)?;
        // Also where nothing is frozen: values that do not fit are an error, here as when the map is made.
        let contents = self.object.contents(map as usize, self.env)?;
        let zeros = || vec![0; spec.value_size as usize].into();
        let frozen = def.frozen.then(|| contents.unwrap_or_else(zeros));
        let index = self.maps.len() as u32;
        // What lookups in it give stands behind it: see `Unit::inner_of`.
        let inner = spec.inner.as_ref().map(|inner| UnitMap { spec: (**inner).clone(), origin: map, frozen: None });
        self.maps.push(UnitMap { spec, origin: map, frozen });
        self.maps.extend(inner);
        self.map_index.insert(map, index);
        Ok(index)
    }

    fn poison(&mut self, key: PoisonKey, symbol: String, kind: impl FnOnce() -> PoisonKind) -> Insn {
        let next = self.poison.len() as u32;
        let index = *self.poison_index.entry(key).or_insert(next);
        if index == next {
            self.poison.push(Poison { symbol, kind: kind() });
        }
        Insn::Poison(index)
    }

    fn poison_target(&mut self, target: Target, call: bool, kind: PoisonKind) -> Insn {
        let object = self.object;
        let name = match target {
            Target::Extern { symbol, .. } | Target::Unsupported { symbol, .. } => object.symbol_name(symbol),
            Target::Kconfig { var, .. } => &object.kconfig_vars[var as usize].name,
            Target::Map(map) | Target::Data { map, .. } => &object.maps()[map as usize].name,
            Target::Func(func) => &object.funcs[func as usize].name,
        };
        let name = name[..name.floor_char_boundary(MAX_NAME)].to_owned();
        self.poison(PoisonKey::Target { target, call }, name, || kind)
    }

    /// The instruction as the host's types want it, or poison.
    pub(super) fn core_relocated(&mut self, relo: &CoreRelo, insn: Insn) -> Result<Insn, LinkErrorKind> {
        match self.relocator.relocate(relo, insn) {
            Ok(Ok(insn)) => Ok(insn),
            Ok(Err(why)) => {
                let symbol = self.object.btf().map_or_else(String::new, |b| relo.describe(b));
                let key = PoisonKey::Core(relo.ty, relo.access, relo.kind, why.clone());
                Ok(self.poison(key, symbol, || PoisonKind::CoRe(why.to_string())))
            }
            Err(Exhausted) => Err(LinkErrorKind::CoreWork { limit: WORK }),
        }
    }
}
