//! `BPF_PROG_TEST_RUN`.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use super::prog::KernelProg;
use super::sys::{Cmd, TestRun as Attr, bpf};

/// One run of a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestRun<'a> {
    /// The packet.
    pub data: &'a [u8],
    /// The context's plain fields: a `struct xdp_md` or `struct __sk_buff`; empty for none.
    pub ctx: &'a [u8],
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRunResult {
    /// The low 32 bits of `r0`.
    pub retval: u32,
    /// The packet afterwards.
    pub data: Vec<u8>,
    /// The context afterwards, as long as the one given.
    pub ctx: Vec<u8>,
}

/// More than any packet that fits one page.
const ROOM: usize = 8192;

impl TestRun<'_> {
    /// Runs the program once.
    ///
    /// # Errors
    /// The system's: a packet shorter than an Ethernet header, fields of the context that a test run may not set.
    pub fn run(&self, prog: &KernelProg) -> io::Result<TestRunResult> {
        let mut data = vec![0; ROOM];
        let mut ctx = vec![0; self.ctx.len()];
        let mut attr = Attr {
            prog_fd: prog.as_fd().as_raw_fd() as u32,
            data_size_in: self.data.len() as u32,
            data_in: self.data.as_ptr() as u64,
            data_size_out: ROOM as u32,
            data_out: data.as_mut_ptr() as u64,
            ..Attr::default()
        };
        if !self.ctx.is_empty() {
            (attr.ctx_in, attr.ctx_size_in) = (self.ctx.as_ptr() as u64, self.ctx.len() as u32);
            (attr.ctx_out, attr.ctx_size_out) = (ctx.as_mut_ptr() as u64, ctx.len() as u32);
        }
        // SAFETY: every address is that of a live buffer of the length beside it; the system writes to `data` and `ctx`.
        unsafe { bpf(Cmd::ProgTestRun, &mut attr) }?;
        data.truncate(attr.data_size_out as usize);
        Ok(TestRunResult { retval: attr.retval, data, ctx })
    }
}
