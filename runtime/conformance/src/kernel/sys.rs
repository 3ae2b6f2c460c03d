//! The `bpf()` system call: its attributes as far as the oracle needs them, after `include/uapi/linux/bpf.h`.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Commands of `bpf()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Cmd {
    MapCreate = 0,
    MapLookup = 1,
    MapUpdate = 2,
    MapDelete = 3,
    MapNextKey = 4,
    ProgLoad = 5,
    ProgTestRun = 10,
    Info = 15,
    BtfLoad = 18,
    MapFreeze = 22,
}

/// An attribute of `bpf()`: plain numbers without padding bytes.
///
/// # Safety
/// The type is `repr(C)`, consists of integers alone and has no padding.
pub(super) unsafe trait Attr {}

macro_rules! attrs {
    ($($(#[$doc:meta])* struct $name:ident, $bytes:literal { $($field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default)]
            #[repr(C)]
            pub(super) struct $name { $(pub(super) $field: $ty,)* }
            const _: () = assert!(size_of::<$name>() == $bytes && 0 $(+ size_of::<$ty>())* == $bytes);
            // SAFETY: integers alone, and the line above says that their sizes add up to the struct's.
            unsafe impl Attr for $name {}
        )*
    };
}

attrs! {
    /// `BPF_MAP_CREATE`.
    struct MapCreate, 64 {
        map_type: u32,
        key_size: u32,
        value_size: u32,
        max_entries: u32,
        map_flags: u32,
        inner_map_fd: u32,
        numa_node: u32,
        map_name: [u8; 16],
        map_ifindex: u32,
        btf_fd: u32,
        btf_key_type_id: u32,
        btf_value_type_id: u32,
        btf_vmlinux_value_type_id: u32,
    }
    /// `BPF_MAP_*_ELEM`, `BPF_MAP_GET_NEXT_KEY`, `BPF_MAP_FREEZE`.
    struct Elem, 32 {
        map_fd: u32,
        pad: u32,
        key: u64,
        value: u64,
        flags: u64,
    }
    /// `BPF_PROG_LOAD`.
    struct ProgLoad, 144 {
        prog_type: u32,
        insn_cnt: u32,
        insns: u64,
        license: u64,
        log_level: u32,
        log_size: u32,
        log_buf: u64,
        kern_version: u32,
        prog_flags: u32,
        prog_name: [u8; 16],
        prog_ifindex: u32,
        expected_attach_type: u32,
        prog_btf_fd: u32,
        func_info_rec_size: u32,
        func_info: u64,
        func_info_cnt: u32,
        line_info_rec_size: u32,
        line_info: u64,
        line_info_cnt: u32,
        attach_btf_id: u32,
        attach_fd: u32,
        core_relo_cnt: u32,
        fd_array: u64,
        core_relos: u64,
        core_relo_rec_size: u32,
        log_true_size: u32,
    }
    /// `BPF_PROG_TEST_RUN`.
    struct TestRun, 80 {
        prog_fd: u32,
        retval: u32,
        data_size_in: u32,
        data_size_out: u32,
        data_in: u64,
        data_out: u64,
        repeat: u32,
        duration: u32,
        ctx_size_in: u32,
        ctx_size_out: u32,
        ctx_in: u64,
        ctx_out: u64,
        flags: u32,
        cpu: u32,
        batch_size: u32,
        pad: u32,
    }
    /// `BPF_OBJ_GET_INFO_BY_FD`.
    struct Info, 16 {
        bpf_fd: u32,
        info_len: u32,
        info: u64,
    }
    /// `BPF_BTF_LOAD`.
    struct BtfLoad, 32 {
        btf: u64,
        btf_log_buf: u64,
        btf_size: u32,
        btf_log_size: u32,
        btf_log_level: u32,
        btf_log_true_size: u32,
    }
}

/// Calls `bpf()`; the system may write to the attribute.
///
/// # Safety
/// Every address in the attribute is 0 or valid for what the command does with it, for as long as the call takes.
///
/// # Errors
/// The system's.
pub(super) unsafe fn bpf<A: Attr>(cmd: Cmd, attr: &mut A) -> io::Result<i64> {
    // SAFETY: `attr` is exclusive and has `size_of::<A>()` bytes without padding; the addresses in it are the caller's.
    let r = unsafe { libc::syscall(libc::SYS_bpf, cmd as i64, std::ptr::from_mut(attr), size_of::<A>()) };
    if r < 0 { Err(io::Error::last_os_error()) } else { Ok(r) }
}

/// Calls `bpf()` for a command that returns a new descriptor.
///
/// # Safety
/// As [`bpf`].
///
/// # Errors
/// The system's.
pub(super) unsafe fn bpf_fd<A: Attr>(cmd: Cmd, attr: &mut A) -> io::Result<OwnedFd> {
    // SAFETY: the caller's promise.
    let fd = unsafe { bpf(cmd, attr) }?;
    // SAFETY: these commands return a descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A name as the system takes it: 15 bytes of `[A-Za-z0-9_.]` and a NUL.
pub(super) fn name(text: &str) -> [u8; 16] {
    let mut out = [0; 16];
    for (place, byte) in out[..15].iter_mut().zip(text.bytes()) {
        *place = if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' { byte } else { b'_' };
    }
    out
}
