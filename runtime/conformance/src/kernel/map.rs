//! Maps of the live kernel.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use stingless_abi::{MapKind, MapSpec};

use super::btf::map_btf;
use super::prog::load_btf;
use super::sys::{Cmd, Elem, MapCreate, bpf, bpf_fd, name};

/// A map of the live kernel; closed when dropped.
#[derive(Debug)]
pub struct KernelMap {
    fd: OwnedFd,
    spec: MapSpec,
}

/// Bytes of a page, and of a ring's consumer position.
const PAGE: usize = 4096;
/// A ring's record header, and its flags in the length word.
const HEADER: u64 = 8;
const BUSY: u32 = 1 << 31;
const DISCARD: u32 = 1 << 30;

impl KernelMap {
    /// Creates a map.
    ///
    /// # Errors
    /// The system's: a shape it does not allow, no permission.
    pub fn create(spec: &MapSpec) -> io::Result<KernelMap> {
        if spec.special.is_empty() && spec.kind != MapKind::SkStorage {
            return KernelMap::create_with_btf(spec, None);
        }
        let (bytes, ids) = map_btf(spec);
        let btf = load_btf(&bytes)?;
        KernelMap::create_with_btf(&MapSpec { btf: ids, ..spec.clone() }, Some(btf.as_fd()))
    }

    /// Creates a map with types: `btf` is a loaded BTF, in which `spec.btf` are the types of key and value.
    ///
    /// # Errors
    /// As [`KernelMap::create`].
    pub fn create_with_btf(spec: &MapSpec, btf: Option<BorrowedFd<'_>>) -> io::Result<KernelMap> {
        let mut attr = MapCreate {
            map_type: spec.kind as u32,
            key_size: spec.key_size,
            value_size: spec.value_size,
            // Values of sockets have no limit there.
            max_entries: if spec.kind == MapKind::SkStorage { 0 } else { spec.max_entries },
            map_flags: spec.flags,
            map_name: name(&spec.name),
            ..MapCreate::default()
        };
        if let Some(btf) = btf {
            attr.btf_fd = btf.as_raw_fd() as u32;
            (attr.btf_key_type_id, attr.btf_value_type_id) = spec.btf;
        }
        // Of a map of maps: one that has the shape of its maps.
        let inner = spec.inner.as_ref().map(|inner| KernelMap::create(inner)).transpose()?;
        attr.inner_map_fd = inner.as_ref().map_or(0, |inner| inner.fd.as_raw_fd() as u32);
        // SAFETY: the attribute holds no address.
        let fd = unsafe { bpf_fd(Cmd::MapCreate, &mut attr) }?;
        Ok(KernelMap { fd, spec: spec.clone() })
    }

    /// Its shape.
    #[must_use]
    pub fn spec(&self) -> &MapSpec {
        &self.spec
    }

    /// Bytes of a value on this side: per-CPU maps have one value for each possible CPU, each rounded up to 8.
    #[must_use]
    pub fn host_value_size(&self) -> usize {
        let one = self.spec.value_size as usize;
        if self.spec.kind.is_per_slot() { one.next_multiple_of(8) * possible_cpus() } else { one }
    }

    fn elem(&self, cmd: Cmd, key: Option<&[u8]>, value: *mut u8, flags: u64) -> io::Result<()> {
        if let Some(key) = key {
            assert_eq!(key.len(), self.spec.key_size as usize, "a key of map `{}`", self.spec.name);
        }
        let mut attr = Elem {
            map_fd: self.fd.as_raw_fd() as u32,
            key: key.map_or(0, |k| k.as_ptr() as u64),
            value: value as u64,
            flags,
            ..Elem::default()
        };
        // SAFETY: the key has the map's key size (checked above), and every caller in this file gives a value, or room for
        // one or for a key, of the size that the command takes.
        unsafe { bpf(cmd, &mut attr) }.map(drop)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// The system's.
    pub fn lookup(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut value = vec![0; self.host_value_size()];
        match self.elem(Cmd::MapLookup, Some(key), value.as_mut_ptr(), 0) {
            Ok(()) => Ok(Some(value)),
            Err(err) if err.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// Creates or replaces an element.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// If the value has another size than [`KernelMap::host_value_size`].
    pub fn update(&self, key: &[u8], value: &[u8], flags: u64) -> io::Result<()> {
        assert_eq!(value.len(), self.host_value_size(), "a value of map `{}`", self.spec.name);
        self.elem(Cmd::MapUpdate, Some(key), value.as_ptr().cast_mut(), flags)
    }

    /// Deletes an element.
    ///
    /// # Errors
    /// The system's.
    pub fn delete(&self, key: &[u8]) -> io::Result<()> {
        self.elem(Cmd::MapDelete, Some(key), std::ptr::null_mut(), 0)
    }

    /// Puts a program into a slot of a prog array.
    ///
    /// # Errors
    /// The system's.
    pub fn set_program(&self, index: u32, prog: BorrowedFd<'_>) -> io::Result<()> {
        self.update(&index.to_ne_bytes(), &prog.as_raw_fd().to_ne_bytes(), 0)
    }

    /// Ends writes from this side.
    ///
    /// # Errors
    /// The system's.
    pub fn freeze(&self) -> io::Result<()> {
        let mut attr = Elem { map_fd: self.fd.as_raw_fd() as u32, ..Elem::default() };
        // SAFETY: the attribute holds no address.
        unsafe { bpf(Cmd::MapFreeze, &mut attr) }.map(drop)
    }

    /// All elements, in the map's own order.
    ///
    /// # Errors
    /// The system's.
    pub fn entries(&self) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut out = Vec::new();
        let mut key: Option<Vec<u8>> = None;
        loop {
            let mut next = vec![0; self.spec.key_size as usize];
            match self.elem(Cmd::MapNextKey, key.as_deref(), next.as_mut_ptr(), 0) {
                Ok(()) => {}
                Err(err) if err.raw_os_error() == Some(libc::ENOENT) => return Ok(out),
                Err(err) => return Err(err),
            }
            if let Some(value) = self.lookup(&next)? {
                out.push((next.clone(), value));
            }
            key = Some(next);
        }
    }

    /// Takes the records of a ring buffer that are complete.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// If the map is no ring buffer.
    pub fn take_records(&self) -> io::Result<Vec<Vec<u8>>> {
        assert_eq!(self.spec.kind, MapKind::Ringbuf);
        let size = self.spec.max_entries as usize;
        let consumer = Window::map(&self.fd, PAGE, true, 0)?;
        let producer = Window::map(&self.fd, PAGE + 2 * size, false, PAGE)?;
        let position = consumer.word(0);
        let mut out = Vec::new();
        let mut at = position.load(Ordering::Relaxed);
        while at < producer.word(0).load(Ordering::Acquire) {
            let place = PAGE + (at as usize & (size - 1));
            let len = producer.half(place).load(Ordering::Acquire);
            if len & BUSY != 0 {
                break;
            }
            let bytes = (len & !DISCARD) as usize;
            if len & DISCARD == 0 {
                out.push(producer.copy(place + HEADER as usize, bytes));
            }
            at += (bytes as u64 + HEADER).next_multiple_of(8);
            position.store(at, Ordering::Release);
        }
        Ok(out)
    }
}

impl AsFd for KernelMap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// How many values a per-CPU map has: `/sys/devices/system/cpu/possible` says `0-3` or `0`.
fn possible_cpus() -> usize {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap_or_default();
    let last = text.trim().rsplit([',', '-']).next().and_then(|n| n.parse::<usize>().ok());
    last.map_or(1, |n| n + 1)
}

/// A shared mapping of a map's memory.
struct Window {
    at: *mut u8,
    len: usize,
}

impl Window {
    fn map(fd: &OwnedFd, len: usize, writable: bool, offset: usize) -> io::Result<Window> {
        let rights = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
        // SAFETY: a new mapping at a place that the system chooses; nothing else is touched.
        let at = unsafe {
            libc::mmap(std::ptr::null_mut(), len, rights, libc::MAP_SHARED, fd.as_raw_fd(), offset as libc::off_t)
        };
        if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Window { at: at.cast(), len }) }
    }

    fn word(&self, off: usize) -> &AtomicU64 {
        assert!(off + 8 <= self.len && off.is_multiple_of(8));
        // SAFETY: in the mapping and aligned (checked above, mappings start at a page); shared memory is touched through
        // atomics alone. Read-only windows are never stored to: their callers only load.
        unsafe { &*self.at.add(off).cast::<AtomicU64>() }
    }

    fn half(&self, off: usize) -> &AtomicU32 {
        assert!(off + 4 <= self.len && off.is_multiple_of(4));
        // SAFETY: as `word`.
        unsafe { &*self.at.add(off).cast::<AtomicU32>() }
    }

    fn copy(&self, off: usize, len: usize) -> Vec<u8> {
        assert!(off + len <= self.len);
        // SAFETY: in the mapping (checked above); a complete record is not written until the consumer position passes it.
        unsafe { std::slice::from_raw_parts(self.at.add(off), len) }.to_vec()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: the mapping that `map` made; no reference into it outlives `self`.
        unsafe { libc::munmap(self.at.cast(), self.len) };
    }
}
