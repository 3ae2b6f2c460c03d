//! Publishing: bytes of machine code become a sealed read+execute mapping. There is never a writable one.
//!
//! The code goes by `pwrite` into a `memfd`, which is sealed against writing and resizing, reopened read-only through
//! `/proc/self/fd` and mapped shared: `mprotect` to writable then fails with `EACCES` and writes to `/proc/self/mem` with
//! `EIO`. A private mapping, or one through a writable descriptor, would allow both.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::ptr::{NonNull, null_mut, without_provenance_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stingless_jit::{CodeBlob, Target, direct_call};

const PAGE: usize = 4096;
/// Alignment of each program's text in the image.
const ALIGN: usize = 64;
/// Bytes between and after programs: `int3`.
const PADDING: u8 = 0xcc;
/// How far from the host's text a place is looked for: in reach of `call rel32`, with room to spare.
const NEAR: usize = 1 << 30;

/// Machine code of one or more programs, mapped read+execute until the last user drops it.
#[derive(Debug)]
pub(crate) struct Image {
    base: NonNull<u8>,
    len: usize,
    entries: Box<[(u32, u32)]>,
}

// SAFETY: the mapping is immutable (read+execute, sealed); the rest is plain data.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

impl Image {
    /// Addresses of the host entry and of the tail entry of the program that was added as number `index`.
    pub(crate) fn entries(&self, index: usize) -> (u64, u64) {
        let (entry, tail) = self.entries[index];
        let base = self.base.as_ptr().expose_provenance() as u64;
        (base + u64::from(entry), base + u64::from(tail))
    }

    /// Bytes of the mapping.
    #[cfg_attr(not(test), expect(dead_code, reason = "code quotas read it once they are counted per plugin"))]
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // SAFETY: this `Image` owns the mapping of `len` bytes at `base`; programs that run in it keep it alive.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// Collects the blobs of a collection and publishes them in one sealed memfd.
#[derive(Debug, Default)]
pub(crate) struct ImageBuilder {
    text: Vec<u8>,
    entries: Vec<(u32, u32)>,
    /// Literals that hold an address of the text itself: (where, offset in the image).
    text_refs: Vec<(usize, usize)>,
    /// Calls through literals: (where, address that is called).
    calls: Vec<(usize, u64)>,
}

impl ImageBuilder {
    /// Adds a program's code and fills in its literals; gives its number in the image.
    ///
    /// # Errors
    /// A target that `resolve` does not know, or a literal or entry outside of the text.
    pub(crate) fn add(&mut self, mut blob: CodeBlob, resolve: &dyn Fn(Target) -> Option<u64>) -> io::Result<usize> {
        let start = self.text.len().next_multiple_of(ALIGN);
        let len = blob.text.len();
        for reloc in &blob.relocs {
            let at = reloc.at as usize;
            let literal = blob.text.get_mut(at..at.saturating_add(8)).ok_or_else(|| bad("a literal", at, len))?;
            if let Target::Text { off } = reloc.target {
                if off as usize >= len {
                    return Err(bad("a function's address", off as usize, len));
                }
                self.text_refs.push((start + at, start + off as usize));
                continue;
            }
            let value = resolve(reloc.target).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    format!("the code refers to {:?}, which is not there", reloc.target),
                )
            })?;
            literal.copy_from_slice(&value.to_le_bytes());
        }
        for call in &blob.calls {
            let at = call.at as usize;
            if blob.text.get(at..at.saturating_add(6)).is_none() {
                return Err(bad("a call", at, len));
            }
            // Calls of what stands in the text itself are direct already.
            if let Some(address) = resolve(call.target) {
                self.calls.push((start + at, address));
            }
        }
        for entry in [blob.entry, blob.tail_entry] {
            if entry as usize >= len {
                return Err(bad("an entry", entry as usize, len));
            }
        }
        let offset = u32::try_from(start + len).map_err(|_| bad("the image's end", start + len, u32::MAX as usize))?
            - len as u32;
        self.text.resize(start, PADDING);
        self.text.append(&mut blob.text);
        self.entries.push((offset + blob.entry, offset + blob.tail_entry));
        Ok(self.entries.len() - 1)
    }

    /// Publishes everything added.
    ///
    /// # Errors
    /// Any system call that failed, `/proc` missing included; then nothing is mapped.
    pub(crate) fn publish(mut self) -> io::Result<Arc<Image>> {
        let len = self.text.len().max(1).next_multiple_of(PAGE);
        self.text.resize(len, PADDING);
        let place = Reservation::near_text(len)?;
        for &(at, target) in &self.text_refs {
            let address = (place.base.as_ptr().addr() + target) as u64;
            self.text[at..at + 8].copy_from_slice(&address.to_le_bytes());
        }
        for &(at, target) in &self.calls {
            // Out of reach, the call stays one through its literal.
            if let Some(direct) = direct_call((place.base.as_ptr().addr() + at) as u64, target) {
                self.text[at..at + 6].copy_from_slice(&direct);
            }
        }
        let memory = sealed_memfd(&self.text)?;
        let base = place.map(&memory)?;
        Ok(Arc::new(Image { base, len, entries: self.entries.into() }))
    }
}

/// Publishes one program alone.
///
/// # Errors
/// As [`ImageBuilder::add`] and [`ImageBuilder::publish`].
pub(crate) fn publish(blob: CodeBlob, resolve: &dyn Fn(Target) -> Option<u64>) -> io::Result<Arc<Image>> {
    let mut builder = ImageBuilder::default();
    builder.add(blob, resolve)?;
    builder.publish()
}

fn bad(what: &str, at: usize, len: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} at byte {at} lies outside of the code of {len} bytes"))
}

/// A memfd with these bytes, sealed; the descriptor is read-only.
fn sealed_memfd(bytes: &[u8]) -> io::Result<OwnedFd> {
    let writable = File::from(memfd(c"stingless-code")?);
    writable.set_len(bytes.len() as u64)?;
    writable.write_all_at(bytes, 0)?;
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: a plain system call on a descriptor that this function owns.
    if unsafe { libc::fcntl(writable.as_raw_fd(), libc::F_ADD_SEALS, seals) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let path = format!("/proc/self/fd/{}", writable.as_raw_fd());
    let path = CString::new(path).expect("digits and slashes hold no NUL");
    // SAFETY: `path` is a NUL-terminated string that lives across the call.
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fd` was opened just above and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn memfd(name: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // MFD_EXEC came with Linux 6.3; before, the flag is refused and memfds are executable anyway.
    for flags in [flags | libc::MFD_EXEC, flags] {
        // SAFETY: `name` is a NUL-terminated string that lives across the call.
        let fd = unsafe { libc::memfd_create(name.as_ptr(), flags) };
        if fd >= 0 {
            // SAFETY: `fd` was made just above and belongs to nobody else.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        if io::Error::last_os_error().raw_os_error() != Some(libc::EINVAL) {
            break;
        }
    }
    Err(io::Error::last_os_error())
}

/// Address space without access rights, given back unless code is mapped over it.
struct Reservation {
    base: NonNull<u8>,
    len: usize,
}

impl Reservation {
    /// Within [`NEAR`] of this crate's own text where there is room, else anywhere.
    fn near_text(len: usize) -> io::Result<Reservation> {
        /// Where to try next: images are laid downwards from the text, away from the heap above it.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        const TRIES: usize = 64;
        const STEP: usize = 2 << 20;
        let text = Reservation::near_text as fn(usize) -> io::Result<Reservation> as usize & !(PAGE - 1);
        let top = text.saturating_sub(16 << 20);
        let bottom = text.saturating_sub(NEAR).max(1 << 16);
        let mut hint = NEXT.load(Ordering::Relaxed);
        for _ in 0..TRIES {
            if hint > top || hint < bottom.saturating_add(len) {
                hint = top;
            }
            let at = hint.saturating_sub(len) & !(PAGE - 1);
            if at < bottom {
                break;
            }
            if let Some(place) = Reservation::at(at, len) {
                NEXT.store(at, Ordering::Relaxed);
                return Ok(place);
            }
            hint = at.saturating_sub(STEP);
        }
        Reservation::anywhere(len)
    }

    fn at(addr: usize, len: usize) -> Option<Reservation> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: MAP_FIXED_NOREPLACE never replaces a mapping; a kernel that does not know it treats `addr` as a hint.
        let got = unsafe { libc::mmap(without_provenance_mut(addr), len, libc::PROT_NONE, flags, -1, 0) };
        if got == libc::MAP_FAILED {
            return None;
        }
        let place = Reservation { base: NonNull::new(got.cast())?, len };
        (got.addr() == addr).then_some(place)
    }

    fn anywhere(len: usize) -> io::Result<Reservation> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping where the kernel likes.
        let got = unsafe { libc::mmap(null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        match NonNull::new(got.cast()) {
            Some(base) if got != libc::MAP_FAILED => Ok(Reservation { base, len }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Maps the sealed memory over the reservation, read+execute, shared.
    fn map(self, memory: &OwnedFd) -> io::Result<NonNull<u8>> {
        let flags = libc::MAP_SHARED | libc::MAP_FIXED;
        let rights = libc::PROT_READ | libc::PROT_EXEC;
        // SAFETY: MAP_FIXED replaces exactly the reservation, which this value owns and nobody else has seen.
        let got = unsafe { libc::mmap(self.base.as_ptr().cast(), self.len, rights, flags, memory.as_raw_fd(), 0) };
        if got == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = self.base;
        // From here on the `Image` owns the range.
        std::mem::forget(self);
        Ok(base)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: this value owns the range; nothing was mapped over it (`map` forgets the value then).
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use stingless_abi::{Effects, Entry, HelperSet, HookDef, Proto, ProtoTable, Ret, Rights};
    use stingless_jit::{Options, compile_assumed};
    use stingless_object::Unit;
    use stingless_verifier::Assumed;

    fn blob_with_a_call() -> CodeBlob {
        let hook = HookDef {
            name: "raw".into(),
            sections: [].as_slice().into(),
            linux_type: 0,
            types: Default::default(),
            entry: Entry::Mem { rights: Rights::READ },
            verdict: None,
            verdicts: [].as_slice().into(),
            helpers: HelperSet::All,
            packet_loads: false,
            btf: Arc::from([]),
        };
        let helper = Proto {
            id: 1,
            name: "helper".into(),
            args: [].as_slice().into(),
            ret: Ret::ANY,
            c_ret: "u64".into(),
            effects: Effects::default(),
            doc: "".into(),
        };
        let code = stingless_isa::assemble("call 1\nexit").expect("a program");
        let unit = Unit::from_code("t", code, Vec::new(), ProtoTable::new([Arc::new(helper)]), Arc::new(hook));
        compile_assumed(&Assumed::new(unit), &Options::default()).expect("machine code").0
    }

    /// The published bytes of the call's instruction.
    fn published_call(address: u64) -> Vec<u8> {
        let blob = blob_with_a_call();
        let at = blob.calls[0].at as usize;
        let image = publish(blob, &|_| Some(address)).expect("an image");
        assert!(at + 6 <= image.len());
        // SAFETY: the mapping is readable, has `len` bytes and lives as long as `image`; the range was checked above.
        unsafe { std::slice::from_raw_parts(image.base.as_ptr().add(at), 6) }.to_vec()
    }

    #[test]
    fn calls_are_direct_where_the_target_is_in_reach() {
        let near = published_call as *const () as u64;
        assert_eq!(published_call(near)[..2], [0x67, 0xe8]);
        assert_eq!(published_call(near ^ 1 << 45)[..2], [0xff, 0x15], "through the literal");
    }
}
