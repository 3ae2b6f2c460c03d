//! Runs machine code that nobody proved, for tests of the compiler alone: no sealing, no host, and a caller that looks
//! whether the code gives back what it must.
//!
//! Core's publishing is the product's; this stands on its own so that a fault of either is told from one of the other.

use core::arch::naked_asm;
use std::ptr;

use stingless_abi::{VmCtx, vmctx};
use stingless_jit::{CodeBlob, Target};

const _: () = assert!(vmctx::ENTRY_SP == 0 && vmctx::TRAP == 64 && vmctx::X64_VM_REG == 12, "`trap_exit` says so");

/// A program's text, mapped and patched.
#[derive(Debug)]
pub struct Image {
    text: *mut u8,
    len: usize,
    entry: usize,
    tail_entry: usize,
}

impl Image {
    /// Maps the bytes read+execute with all literals filled in by `resolve`; [`Target::Text`] and [`Target::TrapExit`] are
    /// filled in here.
    ///
    /// # Panics
    /// Where the system gives no memory, or the blob contradicts itself.
    #[must_use]
    pub fn new(blob: &CodeBlob, resolve: impl Fn(Target) -> u64) -> Image {
        let len = blob.text.len();
        assert!(len > 0 && (blob.entry as usize) < len && (blob.tail_entry as usize) < len);
        // SAFETY: a fresh anonymous mapping; nothing else is touched.
        let text = unsafe {
            libc::mmap(
                ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(text, libc::MAP_FAILED, "no memory for {len} bytes of code");
        let text: *mut u8 = text.cast();
        let mut bytes = blob.text.clone();
        for reloc in &blob.relocs {
            assert!(reloc.at % 8 == 0, "literals are aligned");
            let value = match reloc.target {
                Target::Text { off } => text as u64 + u64::from(off),
                Target::TrapExit => trap_exit as *const () as u64,
                Target::Map(_) | Target::MapValue { .. } | Target::Helper(_) | Target::HelperEnv(_) => {
                    resolve(reloc.target)
                }
            };
            bytes[reloc.at as usize..][..8].copy_from_slice(&value.to_le_bytes());
        }
        // SAFETY: the mapping has `len` bytes and is writable until the next call, which nothing precedes.
        let sealed = unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), text, len);
            libc::mprotect(text.cast(), len, libc::PROT_READ | libc::PROT_EXEC)
        };
        assert_eq!(sealed, 0, "no execute permission for generated code");
        Image { text, len, entry: blob.entry as usize, tail_entry: blob.tail_entry as usize }
    }

    /// The address that a tail call of this program jumps to.
    #[must_use]
    pub fn tail_entry(&self) -> u64 {
        self.text as u64 + self.tail_entry as u64
    }

    /// Calls the program; afterwards `vm.trap` says whether it ended by itself.
    ///
    /// # Safety
    /// The program, with these arguments, touches only memory that it may touch.
    pub unsafe fn call(&self, args: [u64; 5], vm: &mut VmCtx) -> u64 {
        let mut spoilt = 0u64;
        // SAFETY: `entry` is where the compiler says an entry begins, and was checked to lie in the mapping; the caller
        // answers for what the program does.
        let r0 = unsafe { call_watched(self.text as u64 + self.entry as u64, &raw const args, vm, &raw mut spoilt) };
        assert_eq!(spoilt, 0, "the entry gave back other callee-saved registers than it got");
        r0
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // SAFETY: the mapping that `new` made; no code of it runs while its owner is dropped.
        unsafe { libc::munmap(self.text.cast(), self.len) };
    }
}

/// A `VmCtx` for a run: no host behind it.
#[must_use]
pub fn vm() -> VmCtx {
    VmCtx {
        entry_sp: 0,
        budget: i64::MAX,
        env: 0,
        callback: 0,
        out_of_budget: 0,
        tail_call: 0,
        call: 0,
        tail_calls: 0,
        at: u32::MAX,
        trap: 0,
        slot: 0,
    }
}

/// Calls `entry(args.., vm)` with known values in the callee-saved registers, and stores 1 into `spoilt` where one changed.
///
/// # Safety
/// `entry` has the entry ABI of `stingless_abi::vmctx`; `args` and `spoilt` are valid.
#[unsafe(naked)]
unsafe extern "C" fn call_watched(entry: u64, args: *const [u64; 5], vm: *mut VmCtx, spoilt: *mut u64) -> u64 {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rcx",
        "mov rax, rdi",
        "mov r10, rsi",
        "mov r9, rdx",
        "mov rdi, [r10]",
        "mov rsi, [r10 + 8]",
        "mov rdx, [r10 + 16]",
        "mov rcx, [r10 + 24]",
        "mov r8, [r10 + 32]",
        "mov rbx, 0x1b1b1b1b",
        "mov rbp, 0x2b2b2b2b",
        "mov r12, 0x3c3c3c3c",
        "mov r13, 0x4d4d4d4d",
        "mov r14, 0x5e5e5e5e",
        "mov r15, 0x6f6f6f6f",
        "mov r10, -1",
        "mov r11, -1",
        "call rax",
        "pop rcx",
        "xor rbx, 0x1b1b1b1b",
        "xor rbp, 0x2b2b2b2b",
        "xor r12, 0x3c3c3c3c",
        "xor r13, 0x4d4d4d4d",
        "xor r14, 0x5e5e5e5e",
        "xor r15, 0x6f6f6f6f",
        "or rbx, rbp",
        "or rbx, r12",
        "or rbx, r13",
        "or rbx, r14",
        "or rbx, r15",
        "setne byte ptr [rcx]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Ends the run at the innermost landing, with `kind` pending: what core's does, after `stingless_abi::vmctx`.
///
/// # Safety
/// Called below an entry with a landing, with the `VmCtx` of its call, and with no destructor pending in between.
#[unsafe(naked)]
pub unsafe extern "C" fn trap_exit(vm: *mut VmCtx, kind: u32) -> ! {
    naked_asm!("mov r12, rdi", "mov [r12 + 64], esi", "mov rsp, [r12]", "ret")
}
