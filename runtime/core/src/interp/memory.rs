//! How the interpreter reaches memory, and where the checked one looks on.

use stingless_abi::limits::MAX_STACK;
use stingless_abi::{CallbackKind, Proto};
use stingless_isa::{Insn, Reg, Size};

use crate::interp::stack::FrameMem;
use crate::interp::{Site, Start, Stop};
use crate::sys::raw::{Raw, Rmw};
use crate::vm::Program;

/// Memory, and eyes: `Trusted` has none. Every method but the accesses does nothing by default.
pub(crate) trait Memory {
    /// The accesses themselves, for native contexts.
    fn raw(&self) -> &Raw;

    /// Stack bytes that a frame of subprogram `sub` gets.
    fn frame_bytes(&self, program: &Program, sub: usize) -> u32;

    /// A load of plugin memory.
    fn load(&mut self, site: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop>;

    /// A store to plugin memory.
    fn store(&mut self, site: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop>;

    /// An atomic read-modify-write; gives the old value.
    fn rmw(&mut self, site: Site<'_>, addr: u64, rmw: Rmw) -> Result<u64, Stop>;

    /// A load-acquire.
    fn load_acquire(&mut self, site: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop>;

    /// A store-release.
    fn store_release(&mut self, site: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop>;

    /// An activation begins with this frame.
    fn begin(&mut self, _site: Site<'_>, _start: Start, _frame: FrameMem, _args: [u64; 5]) -> Result<(), Stop> {
        Ok(())
    }

    /// A local call enters this frame.
    fn enter(&mut self, _site: Site<'_>, _frame: FrameMem) -> Result<(), Stop> {
        Ok(())
    }

    /// A frame is left (`None` never comes).
    fn leave(&mut self, _frame: Option<FrameMem>) {}

    /// An instruction is about to run.
    fn insn(&mut self, _site: Site<'_>, _insn: &Insn, _regs: &[u64; Reg::COUNT]) -> Result<(), Stop> {
        Ok(())
    }

    /// A conditional branch was decided.
    fn branch(&mut self, _site: Site<'_>, _taken: bool) -> Result<(), Stop> {
        Ok(())
    }

    /// An access goes through the context's layout, to this virtual offset.
    fn ctx_access(&mut self, _site: Site<'_>, _off: i64) -> Result<(), Stop> {
        Ok(())
    }

    /// A helper is about to be called.
    fn before_call(&mut self, _site: Site<'_>, _proto: Option<&Proto>, _args: [u64; 5]) -> Result<(), Stop> {
        Ok(())
    }

    /// A helper has returned.
    fn after_call(&mut self, _site: Site<'_>, _proto: Option<&Proto>, _args: [u64; 5], _r0: u64) -> Result<(), Stop> {
        Ok(())
    }

    /// The activation ends with `exit`; `nested` when a callback does.
    fn exit(&mut self, _site: Site<'_>, _start: Start, _r0: u64) -> Result<(), Stop> {
        Ok(())
    }

    /// A callback of this kind starts with these arguments.
    fn callback(&mut self, _site: Site<'_>, _kind: CallbackKind, _args: [u64; 5]) -> Result<(), Stop> {
        Ok(())
    }
}

/// Memory of a proved program: every access goes ahead.
#[derive(Debug)]
pub(crate) struct Trusted {
    raw: Raw,
}

impl Trusted {
    pub(crate) fn new(raw: Raw) -> Trusted {
        Trusted { raw }
    }
}

/// A read-modify-write or ordered access of an address that is not aligned: no machine does it atomically.
pub(crate) fn not_aligned(addr: u64, size: Size) -> Stop {
    Stop::new(
        stingless_abi::TrapKind::Memory,
        format!("atomic access of {} bytes is not aligned (address ends in {:#x})", size.bytes(), addr & 0xf),
    )
}

impl Memory for Trusted {
    fn raw(&self) -> &Raw {
        &self.raw
    }

    fn frame_bytes(&self, program: &Program, sub: usize) -> u32 {
        // Without facts, as much as any program may use.
        program.facts().and_then(|f| f.stack_depth.get(sub)).map_or(MAX_STACK, |&depth| depth.next_multiple_of(16))
    }

    fn load(&mut self, _: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop> {
        Ok(self.raw.load(addr, size))
    }

    fn store(&mut self, _: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop> {
        self.raw.store(addr, size, value);
        Ok(())
    }

    fn rmw(&mut self, _: Site<'_>, addr: u64, rmw: Rmw) -> Result<u64, Stop> {
        self.raw.rmw(addr, rmw).ok_or_else(|| not_aligned(addr, rmw.size))
    }

    fn load_acquire(&mut self, _: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop> {
        self.raw.load_acquire(addr, size).ok_or_else(|| not_aligned(addr, size))
    }

    fn store_release(&mut self, _: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop> {
        self.raw.store_release(addr, size, value).ok_or_else(|| not_aligned(addr, size))
    }
}
