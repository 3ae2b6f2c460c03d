//! Programs of the live kernel.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::btf::FuncBtf;
use super::map::KernelMap;
use super::sys::{BtfLoad, Cmd, Info, ProgLoad, bpf, bpf_fd, name};

/// What is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name; shortened to 15 bytes.
    pub name: &'a str,
    /// Linux's number of the program type.
    pub prog_type: u32,
    /// Slots; a 64-bit immediate with `src_reg` 1 or 2 names a map by its index.
    pub insns: &'a [u8],
    /// Its section: what libbpf makes of it is told to the system.
    pub section: &'a str,
    /// `GPL`, or another licence.
    pub license: &'a str,
    /// Types of the subprograms.
    pub funcs: Option<&'a FuncBtf>,
}

/// A program of the live kernel; unloaded when dropped.
#[derive(Debug)]
pub struct KernelProg {
    fd: OwnedFd,
    /// The verifier's words, its statistics at least.
    pub log: String,
}

/// The live kernel refuses a program.
#[derive(Debug)]
pub struct LoadError {
    /// The system's error.
    pub error: io::Error,
    /// The verifier's words; empty where it was not asked.
    pub log: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statistics = |l: &&str| ["processed ", "stack depth", "verification time"].iter().any(|s| l.starts_with(s));
        let last = self.log.lines().rev().find(|l| !l.is_empty() && !statistics(l));
        write!(f, "{}: {}", self.error, last.unwrap_or("no log"))
    }
}

impl std::error::Error for LoadError {}

/// Levels of the verifier's words: statistics; the last failing path's instructions.
const STATISTICS: u32 = 4;
const STEPS: u32 = 1;
/// `BPF_F_XDP_HAS_FRAGS`.
const HAS_FRAGS: u32 = 1 << 5;

/// Where programs of a section are attached, as far as the verifier cares: `BPF_XDP_DEVMAP` and `BPF_XDP_CPUMAP`.
fn attach_type(section: &str) -> u32 {
    match section {
        "xdp/devmap" | "xdp.frags/devmap" => 33,
        "xdp/cpumap" | "xdp.frags/cpumap" => 35,
        _ => 0,
    }
}

/// Room for the verifier's words.
const LOG: usize = 1 << 20;
/// Offset of `verified_insns` in `struct bpf_prog_info`, and bytes up to its end.
const VERIFIED_INSNS: usize = 216;

/// Loads raw BTF.
///
/// # Errors
/// The system's.
pub(super) fn load_btf(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut attr = BtfLoad { btf: bytes.as_ptr() as u64, btf_size: bytes.len() as u32, ..BtfLoad::default() };
    // SAFETY: the address and length are those of `bytes`, which the system reads.
    unsafe { bpf_fd(Cmd::BtfLoad, &mut attr) }
}

impl KernelProg {
    /// Loads a program whose map references are indices into `maps`.
    ///
    /// # Errors
    /// The system's, with the verifier's log.
    pub fn load(source: Source<'_>, maps: &[&KernelMap]) -> Result<KernelProg, LoadError> {
        let no_log = |error| LoadError { error, log: String::new() };
        let insns = with_descriptors(source.insns, maps);
        let license = std::ffi::CString::new(source.license).unwrap_or_default();
        let mut log = vec![0u8; LOG];
        let mut attr = ProgLoad {
            prog_type: source.prog_type,
            insn_cnt: (insns.len() / 8) as u32,
            insns: insns.as_ptr() as u64,
            license: license.as_ptr() as u64,
            log_level: STATISTICS,
            log_size: LOG as u32,
            log_buf: log.as_mut_ptr() as u64,
            prog_name: name(source.name),
            prog_flags: if source.section.starts_with("xdp.frags") { HAS_FRAGS } else { 0 },
            expected_attach_type: attach_type(source.section),
            ..ProgLoad::default()
        };
        let btf = source.funcs.map(|f| load_btf(&f.btf)).transpose().map_err(no_log)?;
        if let (Some(funcs), Some(btf)) = (source.funcs, &btf) {
            attr.prog_btf_fd = btf.as_raw_fd() as u32;
            attr.func_info_rec_size = 8;
            attr.func_info_cnt = funcs.records.len() as u32;
            attr.func_info = funcs.records.as_ptr() as u64;
        }
        // SAFETY: every address is that of a live buffer of the length beside it; the system writes to `log` alone.
        let mut loaded = unsafe { bpf_fd(Cmd::ProgLoad, &mut attr) };
        if loaded.as_ref().is_err_and(|e| e.raw_os_error() != Some(libc::E2BIG)) {
            // Once more for its words. What is too complex would have each of a million steps written down.
            attr.log_level = STATISTICS | STEPS;
            // SAFETY: as above.
            loaded = unsafe { bpf_fd(Cmd::ProgLoad, &mut attr) };
        }
        let end = log.iter().position(|&b| b == 0).unwrap_or(log.len());
        let log = String::from_utf8_lossy(&log[..end]).into_owned();
        match loaded {
            Ok(fd) => Ok(KernelProg { fd, log }),
            Err(error) => Err(LoadError { error, log }),
        }
    }

    /// Instructions that the verifier examined.
    ///
    /// # Errors
    /// The system's.
    pub fn verified_insns(&self) -> io::Result<u32> {
        // Words, so that the buffer is aligned as the struct is.
        let mut info = [0u64; (VERIFIED_INSNS + 8) / 8];
        let mut attr = Info {
            bpf_fd: self.fd.as_raw_fd() as u32,
            info_len: size_of_val(&info) as u32,
            info: info.as_mut_ptr() as u64,
        };
        // SAFETY: the address and length are those of `info`; the pointers inside are 0, so nothing else is written.
        unsafe { bpf(Cmd::Info, &mut attr) }?;
        Ok(info[VERIFIED_INSNS / 8] as u32)
    }
}

impl AsFd for KernelProg {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Instructions with map indices replaced by descriptors. An index that is not there becomes descriptor -1.
fn with_descriptors(insns: &[u8], maps: &[&KernelMap]) -> Vec<u8> {
    const LD_IMM64: u8 = 0x18;
    let mut out = insns.to_vec();
    let mut at = 0;
    while at + 8 <= out.len() {
        let wide = out[at] == LD_IMM64;
        let names_map = wide && matches!(out[at + 1] >> 4, 1 | 2);
        if names_map {
            let index = u32::from_le_bytes([out[at + 4], out[at + 5], out[at + 6], out[at + 7]]);
            let fd = maps.get(index as usize).map_or(-1, |m| m.as_fd().as_raw_fd());
            out[at + 4..at + 8].copy_from_slice(&fd.to_le_bytes());
        }
        at += if wide { 16 } else { 8 };
    }
    out
}
