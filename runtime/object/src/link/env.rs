//! What an object is linked against, and what its global variables hold then.

use std::collections::BTreeMap;
use std::sync::Arc;

use stingless_abi::{HookDef, ProtoTable};

use super::LinkErrorKind;
use crate::Object;
use crate::btf::{Btf, HostTypes, Kind};
use crate::maps::{Contents, KconfigVar, MapSource};

/// What an object is linked against.
#[derive(Clone, Debug)]
pub struct Env {
    /// Helpers, by number and name.
    pub protos: ProtoTable,
    /// The hook that the program is for.
    pub hook: Arc<HookDef>,
    /// Values of global variables by name, in the bytes of the plugin's type; those that an object does not have are
    /// ignored.
    pub globals: BTreeMap<String, Vec<u8>>,
    /// Values of `extern ... __kconfig` variables by name. `LINUX_KERNEL_VERSION` has one from the start.
    pub kconfig: BTreeMap<String, KconfigValue>,
    /// Types that CO-RE relocates against, beside the hook's own, which come first. They are asked in order.
    pub types: Vec<Arc<HostTypes>>,
}

/// A kernel configuration value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KconfigValue {
    /// `y`.
    Yes,
    /// `m`.
    Module,
    /// `n`.
    No,
    /// A number.
    Number(u64),
    /// A string, without quotes.
    Text(String),
}

/// Linux 6.18, the version whose semantics helpers and maps have: `KERNEL_VERSION(6, 18, 0)`.
const KERNEL_VERSION: u64 = 0x06_12_00;

impl Env {
    /// An environment without values for variables.
    #[must_use]
    pub fn new(protos: ProtoTable, hook: Arc<HookDef>) -> Env {
        let version = ("LINUX_KERNEL_VERSION".to_owned(), KconfigValue::Number(KERNEL_VERSION));
        Env { protos, hook, globals: BTreeMap::new(), kconfig: BTreeMap::from([version]), types: Vec::new() }
    }
}

impl Object {
    /// The bytes that a map's first value starts with, given values of variables; `None` for zeros or an empty map.
    ///
    /// # Errors
    /// A value that does not fit its variable.
    pub fn contents(&self, map: usize, env: &Env) -> Result<Option<Arc<[u8]>>, LinkErrorKind> {
        let Some(def) = self.maps().get(map) else { return Ok(None) };
        let bytes = match &def.contents {
            Contents::Bytes(bytes) => Some(bytes.clone()),
            Contents::Empty => None,
        };
        match def.source {
            MapSource::Kconfig => self.kconfig_bytes(env).map(Some),
            MapSource::Btf | MapSource::Legacy => Ok(bytes),
            MapSource::Data => {
                let size = def.spec.as_ref().map_or(0, |s| s.value_size as usize);
                Ok(self.overridden(map, size, bytes.as_deref(), env)?.or(bytes))
            }
        }
    }

    /// A data section with the environment's values in it, if there are any for it.
    fn overridden(
        &self,
        map: usize,
        size: usize,
        bytes: Option<&[u8]>,
        env: &Env,
    ) -> Result<Option<Arc<[u8]>>, LinkErrorKind> {
        let mut out: Option<Vec<u8>> = None;
        if env.globals.is_empty() {
            return Ok(None);
        }
        for global in self.globals().iter().filter(|g| g.map as usize == map) {
            let Some(value) = env.globals.get(&global.name) else { continue };
            if value.len() != global.size as usize {
                let (name, want, found) = (global.name.clone(), global.size, value.len());
                return Err(LinkErrorKind::GlobalSize { name, want, found });
            }
            let start = global.offset as usize;
            let out = out.get_or_insert_with(|| bytes.map_or_else(|| vec![0; size], <[u8]>::to_vec));
            // Parsing checked that variables lie in their section.
            if let Some(place) = out.get_mut(start..start + value.len()) {
                place.copy_from_slice(value);
            }
        }
        Ok(out.map(Into::into))
    }

    fn kconfig_bytes(&self, env: &Env) -> Result<Arc<[u8]>, LinkErrorKind> {
        let size = self.kconfig_vars.last().map_or(0, |v| v.offset + v.size);
        let mut out = vec![0; size as usize];
        let Some(btf) = self.btf() else { return Ok(out.into()) };
        for var in &self.kconfig_vars {
            let Some(value) = env.kconfig.get(&var.name) else { continue };
            let place = &mut out[var.offset as usize..(var.offset + var.size) as usize];
            fill(btf, var, value, place).ok_or_else(|| LinkErrorKind::Kconfig {
                name: var.name.clone(),
                ty: btf.declare(var.ty, ""),
                value: format!("{value:?}"),
            })?;
        }
        Ok(out.into())
    }
}

/// Stores a value as libbpf does, `None` where the type cannot hold it.
fn fill(btf: &Btf, var: &KconfigVar, value: &KconfigValue, place: &mut [u8]) -> Option<()> {
    let number = match (btf.resolved(var.ty), value) {
        (Kind::Array { elem, .. }, KconfigValue::Text(text)) if btf.size_of(*elem) == Some(1) => {
            // The last byte stays 0.
            let len = text.len().min(place.len().checked_sub(1)?);
            place[..len].copy_from_slice(&text.as_bytes()[..len]);
            return Some(());
        }
        (Kind::Int { is_bool: true, .. }, KconfigValue::Yes) => 1,
        (Kind::Int { is_bool: true, .. }, KconfigValue::No) => 0,
        (Kind::Int { is_bool: true, .. }, _) => return None,
        (Kind::Int { size: 1, .. }, KconfigValue::Yes) => b'y'.into(),
        (Kind::Int { size: 1, .. }, KconfigValue::Module) => b'm'.into(),
        (Kind::Int { size: 1, .. }, KconfigValue::No) => b'n'.into(),
        (Kind::Enum { .. }, KconfigValue::No) => 0,
        (Kind::Enum { .. }, KconfigValue::Yes) => 1,
        (Kind::Enum { .. }, KconfigValue::Module) => 2,
        (Kind::Int { size, signed, .. }, KconfigValue::Number(n)) if fits(*n, *size, *signed) => *n,
        _ => return None,
    };
    let bytes = number.to_le_bytes();
    place.copy_from_slice(bytes.get(..place.len())?);
    Some(())
}

/// Whether an integer of `size` bytes holds a number; negative ones are given sign-extended.
fn fits(n: u64, size: u32, signed: bool) -> bool {
    match (size, signed) {
        (0, _) | (9.., _) => false,
        (8, _) => true,
        (_, false) => n >> (size * 8) == 0,
        (_, true) => matches!((n as i64) >> (size * 8 - 1), 0 | -1),
    }
}
