//! Memory mappings that hold map regions.

use std::io;
use std::ptr::NonNull;

/// Bytes of a page on the platforms we run on (Linux x86-64, arm64 with 4 KiB pages).
pub(crate) const PAGE: usize = 4096;

/// A readable and writable mapping, zeroed at first, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a `Mapping` is an address range that it owns; it gives out raw addresses only, and whoever dereferences them
// says why that is sound, threads included.
unsafe impl Send for Mapping {}
// SAFETY: as above; no method of `&Mapping` touches the memory.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Private anonymous memory of at least `len` bytes; pages are taken when first touched.
    pub(crate) fn anonymous(len: usize) -> io::Result<Mapping> {
        let len = round_to_page(len)?;
        map(
            std::ptr::null_mut(),
            len,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
        .map(|base| Mapping { base, len })
    }

    /// A ring: `head` bytes, then `data` bytes that are mapped twice in a row, so that what runs over the end of the
    /// first copy continues at the start. Both are multiples of [`PAGE`].
    pub(crate) fn ring(head: usize, data: usize) -> io::Result<Mapping> {
        if !head.is_multiple_of(PAGE) || !data.is_multiple_of(PAGE) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let file_len = head.checked_add(data).ok_or_else(too_big)?;
        let len = file_len.checked_add(data).ok_or_else(too_big)?;
        let file = memfd(file_len)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let base = map(std::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0)?;
        // Owns the reserved range from here on, so an error below unmaps it.
        let mapping = Mapping { base, len };
        for (at, bytes, offset) in [(0, file_len, 0), (file_len, data, head)] {
            // SAFETY: `at + bytes <= len`: the two pieces tile the range that was reserved above.
            let hint = unsafe { base.as_ptr().add(at) };
            let prot = libc::PROT_READ | libc::PROT_WRITE;
            map(hint.cast(), bytes, prot, libc::MAP_SHARED | libc::MAP_FIXED, file.as_raw_fd(), offset)?;
        }
        Ok(mapping)
    }

    /// Address of the first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Bytes, a multiple of [`PAGE`].
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by this value and is unmapped once; users borrow the owner.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

fn too_big() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOMEM)
}

fn round_to_page(len: usize) -> io::Result<usize> {
    len.max(1).checked_next_multiple_of(PAGE).ok_or_else(too_big)
}

fn map(hint: *mut libc::c_void, len: usize, prot: i32, flags: i32, fd: i32, offset: usize) -> io::Result<NonNull<u8>> {
    let offset = libc::off_t::try_from(offset).map_err(|_| too_big())?;
    // SAFETY: without MAP_FIXED the kernel picks unused addresses; with it, `hint` lies in a range that the caller
    // reserved for this purpose.
    let addr = unsafe { libc::mmap(hint, len, prot, flags, fd, offset) };
    if addr == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(addr.cast()).ok_or_else(too_big)
}

fn memfd(len: usize) -> io::Result<OwnedFd> {
    // SAFETY: the name is a NUL-terminated literal.
    let fd = unsafe { libc::memfd_create(c"stingless-ring".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fd` was just created and nobody else owns it.
    let file = unsafe { OwnedFd::from_raw_fd(fd) };
    let len = libc::off_t::try_from(len).map_err(|_| too_big())?;
    // SAFETY: plain system call on our own descriptor.
    if unsafe { libc::ftruncate(file.as_raw_fd(), len) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(file)
}
