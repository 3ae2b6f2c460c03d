//! What an object is linked against, and what its global variables hold then.

use std::collections::BTreeMap;
use std::sync::Arc;

use stingless_abi::{HookDef, ProtoTable};

use super::LinkErrorKind;
use super::kconfig::{self, KconfigValue};
use crate::Object;
use crate::btf::HostTypes;
use crate::maps::{Contents, MapSource};

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
    /// Values of `extern ... __kconfig` variables by name. Those that libbpf knows without a configuration
    /// (`LINUX_KERNEL_VERSION`, `LINUX_HAS_BPF_COOKIE`, `LINUX_HAS_SYSCALL_WRAPPER`) have one from the start.
    pub kconfig: BTreeMap<String, KconfigValue>,
    /// How many elements maps have, by name, whatever the object says: see [`MapDef::sized`](crate::maps::MapDef::sized).
    pub entries: BTreeMap<String, u32>,
    /// Types that CO-RE relocates against, beside the hook's own, which come first. They are asked in order.
    pub types: Vec<Arc<HostTypes>>,
}

impl Env {
    /// An environment without values for variables.
    #[must_use]
    pub fn new(protos: ProtoTable, hook: Arc<HookDef>) -> Env {
        Env {
            protos,
            hook,
            globals: BTreeMap::new(),
            kconfig: kconfig::given(),
            entries: BTreeMap::new(),
            types: Vec::new(),
        }
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
}
