//! Maps: the state that plugins and host share.
//!
//! A [`Map`] is a handle: cheap to clone, usable from every thread. Semantics, flags and error numbers are Linux's.
//! `docs/maps.md` draws the memory layout.

mod alloc;
mod core;
mod error;
mod fault;
mod fifo;
mod hash;
mod keys;
mod layout;
pub(crate) mod lock;
mod nested;
mod progs;
#[allow(unsafe_code, reason = "checked windows into shared memory, and the doors of programs")]
mod raw;
mod ring;
mod table;
#[cfg(test)]
mod tests;
mod typed;
mod user_ring;

use std::fmt;

use stingless_abi::MapSpec;

pub(crate) use self::core::MapCore;
pub use self::error::MapError;
#[allow(unused_imports, reason = "for the linker, which comes next")]
pub(crate) use self::progs::ProgTarget;
pub use self::ring::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, RingConsumer};
pub use self::typed::{Plain, TypedMap};
pub use self::user_ring::{UserRing, UserSample};
use crate::sync::Arc;
use crate::sync::Ordering::{AcqRel, Relaxed};

/// A live map.
pub struct Map {
    core: Arc<MapCore>,
}

impl Map {
    /// Makes an empty map.
    ///
    /// # Errors
    /// [`MapError::Shape`] for a shape that the kind does not allow, [`MapError::TooBig`] and [`MapError::NoMemory`].
    pub fn create(spec: &MapSpec) -> Result<Map, MapError> {
        MapCore::create(spec).map(|core| Map::from_core(Arc::new(core)))
    }

    /// A handle to what a program holds.
    pub(crate) fn from_core(core: Arc<MapCore>) -> Map {
        core.handles.fetch_add(1, Relaxed);
        Map { core }
    }

    /// What a program holds: keeps the memory alive, yet is no handle of the host (prog arrays are cleared when the
    /// last of those goes, so that programs and prog arrays do not keep each other alive).
    pub(crate) fn core(&self) -> &Arc<MapCore> {
        &self.core
    }

    /// The shape.
    #[must_use]
    pub fn spec(&self) -> &MapSpec {
        self.core.spec()
    }

    /// Bytes of a value as this side reads and writes it: `value_size`, or for per-CPU maps the values of all execution
    /// slots one after the other, each rounded up to 8.
    #[must_use]
    pub fn host_value_size(&self) -> usize {
        self.core.host_value_size()
    }

    /// The value of a key, copied.
    ///
    /// # Errors
    /// [`MapError::Size`] for a key of another size, [`MapError::Denied`] for write-only maps.
    pub fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, MapError> {
        let mut value = vec![0; self.core.host_value_size()];
        Ok(self.core.lookup_into(key, &mut value)?.then_some(value))
    }

    /// The value of a key, copied under its spin lock (`BPF_F_LOCK`): what programs change under that lock is seen before the
    /// change or after it.
    ///
    /// # Errors
    /// As [`Map::lookup`]; [`MapError::Flags`] for values without a lock, [`MapError::Busy`] when it is held for about a second.
    pub fn lookup_locked(&self, key: &[u8]) -> Result<Option<Vec<u8>>, MapError> {
        let mut value = vec![0; self.core.host_value_size()];
        Ok(self.core.lookup_locked(key, &mut value)?.then_some(value))
    }

    /// Copies the value of a key to `out`; `false` when there is none.
    ///
    /// # Errors
    /// As [`Map::lookup`], and [`MapError::Size`] when `out` has not [`Map::host_value_size`] bytes.
    pub fn lookup_into(&self, key: &[u8], out: &mut [u8]) -> Result<bool, MapError> {
        self.core.lookup_into(key, out)
    }

    /// Creates or replaces an element: `flags` is `BPF_ANY`, `BPF_NOEXIST` or `BPF_EXIST`. Arrays are changed in place.
    ///
    /// # Errors
    /// [`MapError::Exists`], [`MapError::NotFound`], [`MapError::Full`], [`MapError::Index`], [`MapError::Flags`],
    /// [`MapError::Size`], [`MapError::Denied`].
    pub fn update(&self, key: &[u8], value: &[u8], flags: u64) -> Result<(), MapError> {
        self.core.update(key, value, flags)
    }

    /// Takes the next value of a queue or a stack; `None` when there is none. [`Map::update`] with an empty key pushes,
    /// [`Map::lookup`] with one looks at the next value.
    ///
    /// # Errors
    /// [`MapError::Operation`] for other kinds, [`MapError::Denied`].
    pub fn pop(&self) -> Result<Option<Vec<u8>>, MapError> {
        self.core.pop()
    }

    /// Puts a map into a map of maps, which has [`MapSpec::inner`]; it stays alive as long as a running program may use it.
    ///
    /// # Errors
    /// [`MapError::Inner`] for a map of another shape; [`MapError::Operation`] for other kinds; as [`Map::update`].
    pub fn set_map(&self, key: &[u8], inner: &Map, flags: u64) -> Result<(), MapError> {
        self.core.set_map(key, &inner.core, flags)
    }

    /// The map of a key of a map of maps.
    ///
    /// # Errors
    /// [`MapError::Operation`] for other kinds; as [`Map::lookup`].
    pub fn inner_map(&self, key: &[u8]) -> Result<Option<Map>, MapError> {
        Ok(self.core.inner_map(key)?.map(Map::from_core))
    }

    /// Deletes an element.
    ///
    /// # Errors
    /// [`MapError::NotFound`]; [`MapError::Operation`] for arrays; [`MapError::Size`], [`MapError::Denied`].
    pub fn delete(&self, key: &[u8]) -> Result<(), MapError> {
        self.core.delete(key)
    }

    /// The key that follows `key` in the map's own order; the first one for `None` and for a key that is not there.
    ///
    /// # Errors
    /// [`MapError::Size`], [`MapError::Denied`].
    pub fn next_key(&self, key: Option<&[u8]>) -> Result<Option<Vec<u8>>, MapError> {
        self.core.next_key(key)
    }

    /// All keys: those that stay during the call exactly once.
    ///
    /// # Errors
    /// [`MapError::Denied`].
    pub fn keys(&self) -> Result<Vec<Vec<u8>>, MapError> {
        self.core.keys()
    }

    /// Keys and values, each value read when the iterator comes to it; elements that are gone by then are left out.
    ///
    /// # Errors
    /// [`MapError::Denied`].
    pub fn iter(&self) -> Result<impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_, MapError> {
        let keys = self.keys()?;
        Ok(keys.into_iter().filter_map(|key| {
            let value = self.lookup(&key).ok().flatten()?;
            Some((key, value))
        }))
    }

    /// Elements; of an array its capacity, of a prog array its programs, of a ring buffer 0.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends writes of the host, for good. Programs are bound by the `_PROG` flags alone.
    ///
    /// # Errors
    /// [`MapError::Frozen`] the second time, [`MapError::Denied`] for read-only maps.
    pub fn freeze(&self) -> Result<(), MapError> {
        self.core.freeze()
    }

    /// Whether the map is frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.core.is_frozen()
    }

    /// Bytes that the map takes, for quotas; memory is taken page by page when first used.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.core.bytes()
    }

    /// How often a deleted element's memory was reused although a call was running that might still point to it: only
    /// when one call takes so long that all reserve is used up.
    #[must_use]
    pub fn forced_reuses(&self) -> u32 {
        self.core.forced_reuses()
    }

    /// Bytes of memory that a map of this shape would come to use.
    ///
    /// # Errors
    /// As [`Map::create`], without the memory.
    pub fn bytes_for(spec: &MapSpec) -> Result<usize, MapError> {
        MapCore::bytes_for(spec)
    }

    /// Takes the consumer's place of a ring buffer, given back when the consumer is dropped.
    ///
    /// # Errors
    /// [`MapError::Operation`] for other kinds, [`MapError::Busy`] when somebody has the place.
    pub fn ring(&self) -> Result<RingConsumer, MapError> {
        RingConsumer::new(self)
    }

    /// The producers' side of a user ring buffer, whose samples programs drain.
    ///
    /// # Errors
    /// [`MapError::Operation`] for other kinds.
    pub fn user_ring(&self) -> Result<UserRing, MapError> {
        UserRing::new(self)
    }

    /// The map with keys and values as numbers or arrays of numbers.
    ///
    /// # Errors
    /// [`MapError::Size`] when `K` or `V` has another size than the map's keys or values.
    pub fn typed<K: Plain, V: Plain>(&self) -> Result<TypedMap<K, V>, MapError> {
        TypedMap::new(self)
    }
}

impl Clone for Map {
    fn clone(&self) -> Map {
        Map::from_core(self.core.clone())
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if self.core.handles.fetch_sub(1, AcqRel) == 1 {
            self.core.last_handle_gone();
        }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("spec", self.spec()).field("len", &self.len()).finish()
    }
}
