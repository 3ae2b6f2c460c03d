//! A live map: its shape, its storage, and the operations of the host, which dispatch on the storage.

use std::ops::ControlFlow;

use stingless_abi::map::{BPF_ANY, BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST, F_RDONLY, F_WRONLY, F_ZERO_SEED};
use stingless_abi::{MapKind, MapSpec, SpecialKind};

use super::error::MapError;
use super::fault::{ENOTSUPP, Fault};
use super::fifo::{Bloom, Fifo};
use super::hash::Hasher;
use super::keys::Keys;
use super::layout::{ArrayLayout, MAGIC, TableLayout, VERSION};
use super::nested::Nested;
use super::progs::{ProgArray, ProgTarget};
use super::raw::{ArrayRegion, Backing, Region, RingRegion, Source, TableRegion};
use super::ring::Ring;
use super::table::{KEY_WORDS_MAX, Put, Table, with_key};
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{Arc, AtomicBool, AtomicU32};
use crate::sys::mapping::PAGE;
use crate::sys::{epoch, os};

/// Where the elements are.
#[derive(Debug)]
pub(crate) enum Storage {
    /// Array, plain or per CPU.
    Array(ArrayRegion),
    /// Hash, LRU hash, plain or per CPU.
    Table(Table),
    /// Ring buffer.
    Ring(Ring),
    /// Prog array.
    Progs(ProgArray),
    /// Queue or stack.
    Fifo(Fifo),
    /// Bloom filter.
    Bloom(Bloom),
    /// Map of maps.
    Nested(Nested),
}

/// What handles and programs share. Programs hold its address (`runtime_addr`).
#[derive(Debug)]
pub(crate) struct MapCore {
    pub(super) name: Arc<str>,
    pub(super) spec: MapSpec,
    pub(super) storage: Storage,
    /// What its keys are, where it is a table.
    pub(super) keys: Keys,
    /// Of the spec, for the paths of programs.
    pub(super) per_slot: bool,
    /// As above.
    pub(super) prog_writes: bool,
    frozen: AtomicBool,
    /// Handles of the host ([`Map`](super::Map)); programs are not counted.
    pub(super) handles: AtomicU32,
}

impl MapCore {
    pub(crate) fn create(spec: &MapSpec) -> Result<MapCore, MapError> {
        spec.check().map_err(MapError::Shape)?;
        let name: Arc<str> = spec.name.as_str().into();
        let storage = Storage::create(spec, &name)?;
        Ok(MapCore {
            name,
            spec: spec.clone(),
            storage,
            keys: Keys::new(spec),
            per_slot: spec.kind.is_per_slot(),
            prog_writes: spec.prog_writes(),
            frozen: AtomicBool::new(false),
            handles: AtomicU32::new(0),
        })
    }

    pub(crate) fn spec(&self) -> &MapSpec {
        &self.spec
    }

    /// Bytes of the value that the host reads and writes: all execution slots' values of a per-CPU map, each rounded
    /// up to 8.
    pub(crate) fn host_value_size(&self) -> usize {
        let one = self.spec.value_size as usize;
        if self.spec.kind.is_per_slot() { one.next_multiple_of(8) * epoch::slot_count() as usize } else { one }
    }

    /// Bytes of memory that the map may come to use.
    pub(crate) fn bytes(&self) -> usize {
        match &self.storage {
            Storage::Array(array) => array.region().bytes(),
            Storage::Table(table) => table.region().region().bytes(),
            Storage::Ring(ring) => RingRegion::bytes_for(ring.region().size() as u32),
            Storage::Progs(progs) => ProgArray::bytes_for(progs.entries()),
            Storage::Fifo(_) => fifo_bytes(&self.spec),
            Storage::Bloom(_) => Bloom::words(&self.spec) * 8,
            Storage::Nested(_) => Nested::bytes_for(&self.spec),
        }
    }

    /// Bytes of memory that a map of this shape would come to use, for quotas.
    pub(crate) fn bytes_for(spec: &MapSpec) -> Result<usize, MapError> {
        spec.check().map_err(MapError::Shape)?;
        let slots = values(spec);
        let page = |bytes: usize| bytes.next_multiple_of(PAGE);
        match Stored::of(spec.kind) {
            Stored::Array => ArrayLayout::new(spec, slots).map(|layout| page(layout.bytes)),
            Stored::Table => TableLayout::new(spec, slots).map(|layout| page(layout.bytes)),
            Stored::Ring => Ok(RingRegion::bytes_for(spec.max_entries)),
            Stored::Progs => Ok(ProgArray::bytes_for(spec.max_entries)),
            Stored::Fifo => Ok(fifo_bytes(spec)),
            Stored::Bloom => Ok(Bloom::words(spec) * 8),
            Stored::Nested => Ok(Nested::bytes_for(spec)),
        }
    }

    pub(super) fn name_fault(&self, fault: Fault) -> MapError {
        fault.name(&self.name, self.spec.kind, self.spec.max_entries)
    }

    fn check_size(&self, what: &'static str, found: usize, want: usize) -> Result<(), MapError> {
        if found == want { Ok(()) } else { Err(MapError::Size { map: self.name.clone(), what, found, want }) }
    }

    pub(super) fn check_key(&self, key: &[u8]) -> Result<(), MapError> {
        self.check_size("key", key.len(), self.spec.key_size as usize)
    }

    fn denied(&self, op: &'static str, why: &'static str) -> MapError {
        MapError::Denied { map: self.name.clone(), op, why }
    }

    pub(super) fn check_read(&self, op: &'static str) -> Result<(), MapError> {
        if self.spec.flags & F_WRONLY != 0 { Err(self.denied(op, "write-only (BPF_F_WRONLY)")) } else { Ok(()) }
    }

    pub(super) fn check_write(&self, op: &'static str) -> Result<(), MapError> {
        if self.spec.flags & F_RDONLY != 0 {
            return Err(self.denied(op, "read-only (BPF_F_RDONLY)"));
        }
        if self.is_frozen() { Err(self.denied(op, "frozen")) } else { Ok(()) }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.load(Acquire)
    }

    pub(crate) fn freeze(&self) -> Result<(), MapError> {
        if self.spec.flags & F_RDONLY != 0 {
            return Err(self.denied("freeze", "read-only (BPF_F_RDONLY)"));
        }
        if self.frozen.swap(true, Release) { Err(MapError::Frozen { map: self.name.clone() }) } else { Ok(()) }
    }

    pub(super) fn ring(&self) -> Result<&Ring, Fault> {
        match &self.storage {
            Storage::Ring(ring) => Ok(ring),
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_)
            | Storage::Nested(_) => Err(Fault::Operation("ring buffer operations", libc::EINVAL)),
        }
    }

    fn progs(&self) -> Result<&ProgArray, Fault> {
        match &self.storage {
            Storage::Progs(progs) => Ok(progs),
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Ring(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_)
            | Storage::Nested(_) => Err(Fault::Operation("programs", libc::EINVAL)),
        }
    }

    /// Says which hook the programs of this prog array are for (the first to say so decides), as a program does that
    /// uses it.
    pub(crate) fn bind_hook(&self, hook: &Arc<str>) -> Result<(), MapError> {
        let progs = self.progs().map_err(|fault| self.name_fault(fault))?;
        progs.bind(hook).map_err(|want| MapError::Program {
            map: self.name.clone(),
            found: hook.to_string(),
            want: want.to_string(),
        })
    }

    /// Puts a program into a prog array; `flags` is `BPF_ANY`.
    pub(crate) fn set_program(&self, index: u32, target: ProgTarget, flags: u64) -> Result<(), MapError> {
        self.check_write("update")?;
        let progs = self.progs().map_err(|fault| self.name_fault(fault))?;
        if flags == BPF_ANY && index < progs.entries() {
            self.bind_hook(&target.hook)?;
        }
        progs.set(index, target, flags).map_err(|fault| self.name_fault(fault))
    }

    /// The program at an index of a prog array; `None` for empty slots and other kinds.
    pub(crate) fn program(&self, index: u32) -> Option<Arc<ProgTarget>> {
        self.progs().ok()?.get(index)
    }

    fn nested(&self) -> Result<&Nested, MapError> {
        match &self.storage {
            Storage::Nested(maps) => Ok(maps),
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Ring(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_) => Err(self.name_fault(Fault::Operation("maps as values", libc::EINVAL))),
        }
    }

    /// Puts a map into a map of maps.
    pub(crate) fn set_map(&self, key: &[u8], map: &Arc<MapCore>, flags: u64) -> Result<(), MapError> {
        self.check_write("update")?;
        let maps = self.nested()?;
        self.check_key(key)?;
        if let Some((field, found, want)) = self.spec.inner.as_ref().and_then(|inner| inner.differs_inside(map.spec()))
        {
            let (map, inner) = (self.name.clone(), map.name.to_string());
            return Err(MapError::Inner { map, inner, field, found, want });
        }
        maps.set(Source::from(key), map.clone(), flags).map_err(|fault| self.name_fault(fault))
    }

    /// The map of a key of a map of maps.
    pub(crate) fn inner_map(&self, key: &[u8]) -> Result<Option<Arc<MapCore>>, MapError> {
        self.check_read("lookup")?;
        let maps = self.nested()?;
        self.check_key(key)?;
        Ok(maps.get(Source::from(key)))
    }

    /// Whether this is a map of maps from which a program may have this address.
    pub(crate) fn has_inner(&self, address: u64) -> bool {
        self.inner_at(address).is_some()
    }

    /// The map that a program may have from this map of maps, by its address.
    pub(crate) fn inner_at(&self, address: u64) -> Option<Arc<MapCore>> {
        self.nested().ok()?.at_address(address)
    }

    /// Rings take no element operations (Linux `ENOTSUPP`), whatever the sizes given.
    fn check_elements(&self, op: &'static str) -> Result<(), MapError> {
        match &self.storage {
            Storage::Ring(_) => Err(self.name_fault(Fault::Operation(op, ENOTSUPP))),
            Storage::Fifo(_) | Storage::Bloom(_) if matches!(op, "delete" | "next_key") => {
                let errno = if self.spec.kind == MapKind::BloomFilter { libc::EOPNOTSUPP } else { libc::EINVAL };
                Err(self.name_fault(Fault::Operation(op, errno)))
            }
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_)
            | Storage::Nested(_) => Ok(()),
        }
    }

    pub(crate) fn lookup_into(&self, key: &[u8], out: &mut [u8]) -> Result<bool, MapError> {
        self.check_read("lookup")?;
        self.check_elements("lookup")?;
        self.check_key(key)?;
        self.check_size("value", out.len(), self.host_value_size())?;
        let found = self.read_into(key, out)?;
        // Whether a lock is held is nobody's business.
        for (at, byte) in out.iter_mut().enumerate().filter(|_| !self.spec.special.is_empty()) {
            if self.spec.special.iter().any(|f| f.holds(at as u32)) {
                *byte = 0;
            }
        }
        Ok(found)
    }

    fn read_into(&self, key: &[u8], out: &mut [u8]) -> Result<bool, MapError> {
        match &self.storage {
            Storage::Array(array) => {
                let window = array.element(Source::from(key).word(0) as u32);
                Ok(window.map(|window| window.load(out)).is_some())
            }
            Storage::Table(table) => {
                let guard = epoch::enter();
                let found = self.keys.look(Source::from(key), |key| {
                    // A fault ends the search as a find does.
                    with_key!(table, key, |words| table.read(words, out, &guard)).map(|f| f.then_some(())).transpose()
                });
                found.transpose().map(|f| f.is_some()).map_err(|fault| self.name_fault(fault))
            }
            Storage::Progs(progs) => {
                let found = progs.get(Source::from(key).word(0) as u32);
                out.iter_mut().zip(found.iter().flat_map(|target| target.id.to_le_bytes())).for_each(|(o, b)| *o = b);
                Ok(found.is_some())
            }
            Storage::Ring(_) => Ok(false),
            Storage::Fifo(fifo) => Ok(fifo.peek().map(|value| out.copy_from_slice(&value)).is_ok()),
            Storage::Bloom(bloom) => Ok(bloom.peek(&Source::from(&*out)).is_ok()),
            Storage::Nested(_) => Err(self.name_fault(Fault::Operation("lookup of maps as bytes", libc::EINVAL))),
        }
    }

    /// Adds a value to a queue, a stack or a bloom filter.
    pub(super) fn push(&self, value: Source<'_>, flags: u64) -> Result<(), Fault> {
        match &self.storage {
            Storage::Fifo(fifo) => fifo.push(value.to_boxed(), flags),
            Storage::Bloom(bloom) => bloom.push(&value, flags),
            Storage::Array(_) | Storage::Table(_) | Storage::Ring(_) | Storage::Progs(_) | Storage::Nested(_) => {
                Err(Fault::Operation("push", libc::EINVAL))
            }
        }
    }

    /// The next value of a queue or a stack, taken out or copied.
    pub(crate) fn next(&self, take: bool) -> Result<Box<[u8]>, Fault> {
        match &self.storage {
            Storage::Fifo(fifo) if take => fifo.pop(),
            Storage::Fifo(fifo) => fifo.peek(),
            Storage::Bloom(_)
            | Storage::Array(_)
            | Storage::Table(_)
            | Storage::Ring(_)
            | Storage::Progs(_)
            | Storage::Nested(_) => Err(Fault::Operation("pop", libc::EINVAL)),
        }
    }

    /// Takes the next value of a queue or a stack out.
    pub(crate) fn pop(&self) -> Result<Option<Vec<u8>>, MapError> {
        self.check_write("pop")?;
        match self.next(true) {
            Ok(value) => Ok(Some(value.into_vec())),
            Err(Fault::NotFound) => Ok(None),
            Err(fault) => Err(self.name_fault(fault)),
        }
    }

    pub(crate) fn update(&self, key: &[u8], value: &[u8], flags: u64) -> Result<(), MapError> {
        self.check_write("update")?;
        self.check_elements("update")?;
        self.check_key(key)?;
        self.check_size("value", value.len(), self.host_value_size())?;
        if flags & BPF_F_LOCK != 0 && !self.has_lock() {
            return Err(self.name_fault(Fault::Flags(flags)));
        }
        self.store(Source::from(key), Put::Whole(Source::from(value)), flags).map_err(|fault| self.name_fault(fault))
    }

    /// Update, whoever asks for it: access was checked.
    #[inline]
    pub(super) fn store(&self, key: Source<'_>, put: Put<'_>, flags: u64) -> Result<(), Fault> {
        if flags > BPF_EXIST {
            return self.store_locked(key, put, flags);
        }
        let put = put.around(&self.spec.special);
        match &self.storage {
            Storage::Array(array) => {
                let index = key.word(0) as u32;
                let window = array.element(index).ok_or(Fault::Index(index))?;
                if flags == BPF_NOEXIST {
                    return Err(Fault::Exists);
                }
                match put {
                    Put::Whole(source) => window.store(&source),
                    Put::One(n, source) => window.part(n as usize, array.layout().value_bytes).store(&source),
                }
                Ok(())
            }
            Storage::Table(table) => self.keys.update(table, key, put, flags),
            Storage::Fifo(_) | Storage::Bloom(_) => match put {
                Put::Whole(value) | Put::One(_, value) => self.push(value, flags),
            },
            Storage::Progs(_) if flags != BPF_ANY => Err(Fault::Flags(flags)),
            Storage::Progs(progs) => match key.word(0) as u32 {
                index if index >= progs.entries() => Err(Fault::Index(index)),
                _ => Err(Fault::Operation("values as programs", libc::EBADF)),
            },
            Storage::Ring(_) => Err(Fault::Operation("update", ENOTSUPP)),
            Storage::Nested(_) => Err(Fault::Operation("values as maps", libc::EBADF)),
        }
    }

    fn has_lock(&self) -> bool {
        self.spec.special.iter().any(|f| f.kind == SpecialKind::SpinLock)
    }

    /// Update with `BPF_F_LOCK`: a value that is there is written over in place, under its spin lock.
    #[cold]
    fn store_locked(&self, key: Source<'_>, put: Put<'_>, flags: u64) -> Result<(), Fault> {
        let plain = flags & !BPF_F_LOCK;
        // Of an array, programs are told of the index and of the flag to create first; the host is told of the lock.
        if let (Storage::Array(array), true) = (&self.storage, plain <= BPF_EXIST) {
            let index = key.word(0) as u32;
            array.element(index).ok_or(Fault::Index(index))?;
            if plain == BPF_NOEXIST {
                return Err(Fault::Exists);
            }
        }
        let (true, true, Put::Whole(source)) = (plain <= BPF_EXIST, self.has_lock(), put) else {
            return Err(Fault::Flags(flags));
        };
        let around = source.around(&self.spec.special);
        match &self.storage {
            Storage::Array(array) => {
                let index = key.word(0) as u32;
                let window = array.element(index).ok_or(Fault::Index(index))?;
                window.store_locked(&around)
            }
            Storage::Table(table) => {
                let _guard = epoch::enter();
                if with_key!(table, key, |words| table.update_locked(words, around, plain))? {
                    return Ok(());
                }
                self.store(key, put, plain)
            }
            Storage::Progs(_) | Storage::Ring(_) | Storage::Fifo(_) | Storage::Bloom(_) | Storage::Nested(_) => {
                Err(Fault::Flags(flags))
            }
        }
    }

    pub(crate) fn delete(&self, key: &[u8]) -> Result<(), MapError> {
        self.check_write("delete")?;
        self.check_elements("delete")?;
        self.check_key(key)?;
        self.remove(Source::from(key)).map_err(|fault| self.name_fault(fault))
    }

    /// Deletion, whoever asks for it: access was checked.
    #[inline]
    pub(super) fn remove(&self, key: Source<'_>) -> Result<(), Fault> {
        match &self.storage {
            Storage::Array(_) => Err(Fault::Operation("delete", libc::EINVAL)),
            Storage::Table(table) => self.keys.delete(table, key),
            Storage::Fifo(_) | Storage::Bloom(_) => Err(Fault::Operation("delete", libc::EINVAL)),
            Storage::Progs(progs) => progs.delete(key.word(0) as u32),
            Storage::Ring(_) => Err(Fault::Operation("delete", ENOTSUPP)),
            Storage::Nested(maps) => maps.delete(key),
        }
    }

    pub(crate) fn next_key(&self, key: Option<&[u8]>) -> Result<Option<Vec<u8>>, MapError> {
        self.check_read("next_key")?;
        self.check_elements("next_key")?;
        key.map_or(Ok(()), |key| self.check_key(key))?;
        match &self.storage {
            Storage::Array(_) | Storage::Progs(_) => {
                let entries = self.spec.max_entries;
                let next = match key.map(|key| Source::from(key).word(0) as u32) {
                    Some(index) if index < entries => index + 1,
                    Some(_) | None => 0,
                };
                Ok((next < entries).then(|| next.to_le_bytes().to_vec()))
            }
            Storage::Table(table) => Ok(self.next_table_key(table, key)),
            Storage::Ring(_) | Storage::Fifo(_) | Storage::Bloom(_) => Ok(None),
            Storage::Nested(maps) => {
                let keys: Vec<Box<[u8]>> = maps.maps().into_iter().map(|(key, _)| key).collect();
                let at = key.and_then(|key| keys.iter().position(|k| **k == *key)).map_or(0, |at| at + 1);
                Ok(keys.get(at).map(|key| key.to_vec()))
            }
        }
    }

    fn next_table_key(&self, table: &Table, key: Option<&[u8]>) -> Option<Vec<u8>> {
        let guard = epoch::enter();
        let mut next = [0; KEY_WORDS_MAX];
        let next = &mut next[..table.region().layout().key_words];
        let found = match key {
            Some(key) => {
                with_key!(table, Source::from(key), |words| table.next_key(words, next, &guard))
            }
            None => table.first_key(0, next, &guard),
        };
        found.then(|| self.key_bytes(next))
    }

    fn key_bytes(&self, words: &[u64]) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(self.spec.key_size as usize);
        bytes
    }

    /// Every key there is: those that stay during the call once, those that come or go meanwhile or not.
    pub(crate) fn keys(&self) -> Result<Vec<Vec<u8>>, MapError> {
        self.check_read("keys")?;
        match &self.storage {
            Storage::Array(array) => Ok((0..array.layout().entries).map(|i| i.to_le_bytes().to_vec()).collect()),
            Storage::Table(table) => {
                let _guard = epoch::enter();
                let mut keys = Vec::with_capacity(table.len() as usize);
                let mut words = vec![0; table.region().layout().key_words];
                let _ = table.walk(|slot| {
                    if table.copy_key(slot, &mut words) {
                        keys.push(self.key_bytes(&words));
                    }
                    ControlFlow::Continue(())
                });
                Ok(keys)
            }
            Storage::Progs(progs) => Ok(progs.taken().map(|i| i.to_le_bytes().to_vec()).collect()),
            // Their values have no keys.
            Storage::Fifo(_) | Storage::Bloom(_) => Ok(Vec::new()),
            Storage::Ring(_) => Err(self.name_fault(Fault::Operation("keys", ENOTSUPP))),
            Storage::Nested(maps) => Ok(maps.maps().into_iter().map(|(key, _)| key.into_vec()).collect()),
        }
    }

    /// Elements: of an array its capacity, of a prog array the programs, of a ring 0.
    pub(crate) fn len(&self) -> usize {
        match &self.storage {
            Storage::Array(array) => array.layout().entries as usize,
            Storage::Table(table) => table.len() as usize,
            Storage::Progs(progs) => progs.taken().count(),
            Storage::Ring(_) | Storage::Bloom(_) => 0,
            Storage::Fifo(fifo) => fifo.len(),
            Storage::Nested(maps) => maps.maps().len(),
        }
    }

    /// Slots that were reused while a call could still hold a pointer to them.
    pub(crate) fn forced_reuses(&self) -> u32 {
        match &self.storage {
            Storage::Table(table) => table.region().header().forced.load(Relaxed),
            Storage::Array(_)
            | Storage::Ring(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_)
            | Storage::Nested(_) => 0,
        }
    }

    /// Address of element 0's value, for kinds whose values programs address directly.
    pub(crate) fn value_addr(&self) -> Option<u64> {
        match &self.storage {
            Storage::Array(array) if !self.spec.kind.is_per_slot() => {
                array.element(0).map(|window| window.as_ptr().expose_provenance() as u64)
            }
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Ring(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Bloom(_)
            | Storage::Nested(_) => None,
        }
    }

    /// Called when the host let its last handle go.
    pub(super) fn last_handle_gone(&self) {
        if let Storage::Progs(progs) = &self.storage {
            progs.clear();
        }
    }
}

/// Most bytes of a queue's values, each with its place in the queue.
fn fifo_bytes(spec: &MapSpec) -> usize {
    (spec.value_size as usize + size_of::<Box<[u8]>>()).saturating_mul(spec.max_entries as usize)
}

/// Values of an element.
fn values(spec: &MapSpec) -> usize {
    if spec.kind.is_per_slot() { epoch::slot_count() as usize } else { 1 }
}

/// Which storage a kind has.
enum Stored {
    Array,
    Table,
    Progs,
    Ring,
    Fifo,
    Bloom,
    Nested,
}

impl Stored {
    const fn of(kind: MapKind) -> Stored {
        match kind {
            MapKind::Array | MapKind::PercpuArray => Stored::Array,
            MapKind::Hash
            | MapKind::LruHash
            | MapKind::PercpuHash
            | MapKind::LruPercpuHash
            | MapKind::LpmTrie
            | MapKind::PerfEventArray
            | MapKind::CgroupArray
            | MapKind::Devmap
            | MapKind::DevmapHash
            | MapKind::Cpumap
            | MapKind::Xskmap
            | MapKind::Sockmap
            | MapKind::SkStorage
            | MapKind::Sockhash => Stored::Table,
            MapKind::ProgArray => Stored::Progs,
            MapKind::Ringbuf => Stored::Ring,
            MapKind::Queue | MapKind::Stack => Stored::Fifo,
            MapKind::BloomFilter => Stored::Bloom,
            MapKind::ArrayOfMaps | MapKind::HashOfMaps => Stored::Nested,
        }
    }
}

impl Storage {
    fn create(spec: &MapSpec, name: &Arc<str>) -> Result<Storage, MapError> {
        let slots = values(spec);
        let no_memory = |bytes| move |_| MapError::NoMemory { map: name.clone(), bytes };
        match Stored::of(spec.kind) {
            Stored::Array => {
                let layout = ArrayLayout::new(spec, slots)?;
                let array = ArrayRegion::new(Backing::Private, layout).map_err(no_memory(layout.bytes))?;
                write_header(array.region(), spec, [0, 0]);
                Ok(Storage::Array(array))
            }
            Stored::Table => {
                let layout = TableLayout::new(spec, slots)?;
                let seed = if spec.flags & F_ZERO_SEED == 0 { os::random_key().map_err(no_memory(0))? } else { [0, 0] };
                let region = TableRegion::new(Backing::Private, layout).map_err(no_memory(layout.bytes))?;
                write_header(region.region(), spec, seed);
                let hasher = Hasher::new(seed, spec.key_size);
                let lru = matches!(spec.kind, MapKind::LruHash | MapKind::LruPercpuHash);
                Ok(Storage::Table(Table::new(region, hasher, spec.max_entries, lru, spec.kind.is_per_slot())))
            }
            Stored::Ring => {
                let region = RingRegion::new(spec.max_entries).map_err(no_memory(spec.max_entries as usize))?;
                write_header(region.region(), spec, [0, 0]);
                Ok(Storage::Ring(Ring::new(region)))
            }
            Stored::Fifo => Ok(Storage::Fifo(Fifo::new(spec))),
            Stored::Bloom => {
                let seed = if spec.flags & F_ZERO_SEED == 0 { os::random_key().map_err(no_memory(0))? } else { [0, 0] };
                Ok(Storage::Bloom(Bloom::new(spec, seed)))
            }
            Stored::Nested => Nested::new(spec)
                .map(Storage::Nested)
                .ok_or_else(|| MapError::NoMemory { map: name.clone(), bytes: Nested::bytes_for(spec) }),
            Stored::Progs => ProgArray::new(spec.max_entries)
                .map(Storage::Progs)
                .ok_or_else(|| MapError::NoMemory { map: name.clone(), bytes: ProgArray::bytes_for(spec.max_entries) }),
        }
    }
}

/// Fills a new region's header; the magic comes last.
fn write_header(region: &Region, spec: &MapSpec, seed: [u64; 2]) {
    let header = region.header();
    header.version.store(VERSION, Relaxed);
    header.kind.store(spec.kind as u32, Relaxed);
    header.key_size.store(spec.key_size, Relaxed);
    header.value_size.store(spec.value_size, Relaxed);
    header.max_entries.store(spec.max_entries, Relaxed);
    header.flags.store(spec.flags, Relaxed);
    header.seed[0].store(seed[0], Relaxed);
    header.seed[1].store(seed[1], Relaxed);
    header.region_bytes.store(region.bytes() as u64, Relaxed);
    header.magic.store(MAGIC, Release);
}
