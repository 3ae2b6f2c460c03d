//! The checked interpreter's memory: a list of live regions. Every access lies within one, has the right, reads what was
//! written; every fact that the proof exported is tested where it speaks.
//!
//! A broken rule is a trap: `memory` outside of all regions, `obligation` where a rule of an instruction or helper call is
//! broken, `fact` where the proof said something that is not so (always a bug of the verifier).

mod facts;
mod helper;
mod object;
mod region;
mod regs;
mod taint;

use stingless_abi::{CallbackKind, Entry, MemUse, Proto, RefClass, Rights, TrapKind};
use stingless_isa::{Insn, Reg, Size};

use crate::interp::memory::{Memory, not_aligned};
use crate::interp::stack::FrameMem;
use crate::interp::{Site, Start, Stop};
use crate::sys::raw::{Raw, Rmw};
use crate::vm::Program;

use facts::Activation;
use region::{Frame, Kind, Object, Regions};
use taint::Pending;

/// An obligation that is broken.
fn broken(message: impl Into<String>) -> Stop {
    Stop::new(TrapKind::Obligation, message)
}

/// Memory that is looked up before it is touched.
#[derive(Debug)]
pub(crate) struct Checked {
    raw: Raw,
    regions: Regions,
    frames: Vec<Frame>,
    /// References held: address and class.
    held: Vec<(u64, RefClass)>,
    /// Objects on the stack that were ever made.
    objects_made: u64,
    /// Dynptrs that helpers lent to the callbacks that run, the innermost last.
    lent: Vec<Object>,
    activations: Vec<Activation>,
    /// Uninitialised stack and registers must not be read.
    strict: bool,
    /// Arguments of the host's call.
    args: [u64; 5],
    /// What the access of the current instruction does to tags.
    pending: Pending,
}

impl Checked {
    pub(crate) fn new(raw: Raw, program: &Program, args: [u64; 5]) -> Checked {
        let strict = program.settings().strict;
        let (regions, frames, pending) = (Regions::default(), Vec::new(), Pending::default());
        Checked {
            raw,
            regions,
            frames,
            held: Vec::new(),
            objects_made: 0,
            lent: Vec::new(),
            activations: Vec::new(),
            strict,
            args,
            pending,
        }
    }

    /// Checks an access of `len` bytes, and notes what it writes.
    fn touch(&mut self, site: Site<'_>, addr: u64, len: u64, how: MemUse) -> Result<Kind, Stop> {
        if let Some(at) = self.frames.iter().rposition(|f| f.holds(addr)) {
            self.touch_stack(site, at, addr, len, how)?;
            return Ok(Kind::Stack);
        }
        let (start, region) = self.regions.find(addr, len).ok_or_else(|| self.outside(addr, len, how))?;
        let ok = match how {
            MemUse::Read => region.rights.read,
            MemUse::Write => region.rights.write,
            MemUse::ReadWrite => region.rights.read && region.rights.write,
        };
        if !ok {
            return Err(broken(format!("{how:?} of {len} bytes of {}: no such right", region.kind.name())));
        }
        if let Kind::MapValue(map) = region.kind {
            special_fields(site, map, addr - start, len)?;
        }
        Ok(region.kind)
    }

    fn touch_stack(&mut self, site: Site<'_>, at: usize, addr: u64, len: u64, how: MemUse) -> Result<(), Stop> {
        self.off_objects(site, at, addr, len, how)?;
        let frame = &mut self.frames[at];
        let depth = frame.top - addr;
        if len > depth {
            let over = len - depth;
            return Err(Stop::new(TrapKind::Memory, format!("{how:?} of {len} bytes leaves a stack frame by {over}")));
        }
        facts::stack_depth(site, frame, depth)?;
        let range = (frame.bytes - depth) as usize..(frame.bytes - depth + len) as usize;
        if self.strict && how != MemUse::Write && frame.init[range.clone()].contains(&false) {
            return Err(broken(format!("read of {len} bytes at r10 - {depth}: not all were written")));
        }
        // All of a pointer that was stored may be loaded again; any other read would make a number of it.
        let spilled = &mut frame.spilled[range.clone()];
        let fills = self.pending.fills.take();
        let whole = fills.is_some() && len == 8 && addr.is_multiple_of(8) && !spilled.contains(&false);
        if self.strict && how != MemUse::Write && spilled.contains(&true) && !whole {
            return Err(broken(format!("read of {len} bytes at r10 - {depth}: a stored pointer is read as a number")));
        }
        if how != MemUse::Read {
            spilled.fill(self.pending.stores_pointer);
            frame.init[range].fill(true);
        }
        if let Some(dst) = fills {
            self.tag(dst, whole);
        }
        Ok(())
    }

    fn outside(&self, addr: u64, len: u64, how: MemUse) -> Stop {
        let near = match self.regions.below(addr) {
            Some((start, region)) => {
                format!("byte {} of {} which has {}", addr - start, region.kind.name(), region.end - start)
            }
            None => "below every region".to_owned(),
        };
        Stop::new(
            TrapKind::Memory,
            format!("{how:?} of {len} bytes outside of the memory given to the program ({near})"),
        )
    }

    /// Checks a memory instruction's access.
    fn access(&mut self, site: Site<'_>, addr: u64, size: Size, how: MemUse) -> Result<(), Stop> {
        let kind = self.touch(site, addr, size.bytes().into(), how)?;
        if let Some(dst) = self.pending.fills.take() {
            self.tag(dst, false);
        }
        if let (Kind::MapValue(_), Some((start, _))) = (kind, self.regions.find(addr, size.bytes().into())) {
            facts::value_off(site, addr - start)?;
        }
        facts::access(site, kind)
    }

    /// Lists the data regions again: at the start, and when a helper has moved them.
    fn list_data(&mut self, program: &Program) {
        self.regions.remove(|kind| kind == Kind::Data);
        match &program.unit().hook.entry {
            Entry::Mem { rights } => self.regions.add(self.args[0], self.args[1], Kind::Data, *rights),
            Entry::Ctx(layout) => {
                for (start, end, rights) in region::data_of(layout, |off| self.raw.load(self.args[0] + off, Size::DW)) {
                    self.regions.add(start, end.saturating_sub(start), Kind::Data, rights);
                }
                for (native, size) in region::objects_of(layout) {
                    let object = self.raw.load(self.args[0] + native, Size::DW);
                    if object != 0 {
                        self.regions.add(object, size, Kind::Object(0), Rights::READ);
                    }
                }
            }
        }
    }

    /// Lists what `Ref::MapValue` reaches: the first value of each map that has values in place.
    fn list_maps(&mut self, program: &Program) {
        for (map, live) in program.unit().maps.iter().zip(program.maps()) {
            let rights = Rights { read: map.spec.prog_reads(), write: map.spec.prog_writes() };
            if live.value_base() != 0 {
                let kind = Kind::MapValue(live.address());
                self.regions.add(live.value_base(), map.spec.value_size.into(), kind, rights);
            }
        }
    }

    /// Adds a value that a lookup or an iteration reached.
    fn list_value(&mut self, program: &Program, (map, live): (usize, u64), addr: u64) {
        let spec = &program.unit().maps[map].spec;
        let rights = Rights { read: spec.prog_reads(), write: spec.prog_writes() };
        let kind = Kind::MapValue(live);
        self.regions.add(addr, spec.value_size.into(), kind, rights);
    }
}

/// Index of the program's map whose live object is at `address`; of a map in a map of maps, that of their shape.
fn map_at(program: &Program, address: u64) -> Option<usize> {
    let maps = program.maps();
    let own = maps.iter().position(|m| m.address() == address);
    own.or_else(|| {
        let outer = maps.iter().position(|m| m.has_inner(address))?;
        Some(program.unit().inner_of(u32::try_from(outer).ok()?)? as usize)
    })
}

/// Whether the map at `address` may stand for the unit's map `want`: a map can be the program's own, and in any number of
/// maps of maps besides.
fn is_map(program: &Program, address: u64, want: usize) -> bool {
    let maps = program.maps();
    let shape_of = |outer: usize| program.unit().inner_of(outer as u32) == u32::try_from(want).ok();
    match want.checked_sub(1).filter(|&outer| shape_of(outer)) {
        Some(outer) => maps[outer].has_inner(address),
        None => maps.get(want).is_some_and(|m| m.address() == address),
    }
}

/// Plain accesses stay off locks and timers.
fn special_fields(site: Site<'_>, map: u64, off: u64, len: u64) -> Result<(), Stop> {
    let Some(index) = map_at(site.program, map) else { return Ok(()) };
    let spec = &site.program.unit().maps[index].spec;
    for field in &spec.special {
        let (from, to) = (u64::from(field.off), u64::from(field.off + field.kind.size()));
        if off < to && off + len > from {
            return Err(broken(format!(
                "access of {len} bytes at offset {off} of a value of `{}` touches its {:?}",
                spec.name, field.kind
            )));
        }
    }
    Ok(())
}

impl Memory for Checked {
    fn raw(&self) -> &Raw {
        &self.raw
    }

    fn frame_bytes(&self, program: &Program, sub: usize) -> u32 {
        let proved = program.facts().and_then(|f| f.stack_depth.get(sub)).copied().unwrap_or(0);
        proved.max(stingless_abi::limits::MAX_STACK).next_multiple_of(16)
    }

    fn load(&mut self, site: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop> {
        self.access(site, addr, size, MemUse::Read)?;
        Ok(self.raw.load(addr, size))
    }

    fn store(&mut self, site: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop> {
        self.access(site, addr, size, MemUse::Write)?;
        self.raw.store(addr, size, value);
        Ok(())
    }

    fn rmw(&mut self, site: Site<'_>, addr: u64, rmw: Rmw) -> Result<u64, Stop> {
        self.access(site, addr, rmw.size, MemUse::ReadWrite)?;
        self.raw.rmw(addr, rmw).ok_or_else(|| not_aligned(addr, rmw.size))
    }

    fn load_acquire(&mut self, site: Site<'_>, addr: u64, size: Size) -> Result<u64, Stop> {
        self.access(site, addr, size, MemUse::Read)?;
        self.raw.load_acquire(addr, size).ok_or_else(|| not_aligned(addr, size))
    }

    fn store_release(&mut self, site: Site<'_>, addr: u64, size: Size, value: u64) -> Result<(), Stop> {
        self.access(site, addr, size, MemUse::Write)?;
        self.raw.store_release(addr, size, value).ok_or_else(|| not_aligned(addr, size))
    }

    fn begin(&mut self, site: Site<'_>, start: Start, frame: FrameMem, args: [u64; 5]) -> Result<(), Stop> {
        self.activations.push(Activation { base: self.frames.len(), steps: 0 });
        self.frames.push(Frame::new(site, frame, regs::at_start(site.program, start, args)));
        if !matches!(start, Start::Callback(_)) {
            self.list_data(site.program);
            self.list_maps(site.program);
        }
        Ok(())
    }

    fn enter(&mut self, site: Site<'_>, frame: FrameMem) -> Result<(), Stop> {
        let (regs, ptrs) = self.frames.last().map_or((0, 0), |f| (f.regs, f.ptrs));
        let masks = (regs::for_callee(regs), regs::for_callee(ptrs));
        self.frames.push(Frame::new(site, frame, masks));
        Ok(())
    }

    fn leave(&mut self, _: Option<FrameMem>) {
        let Some(left) = self.frames.pop() else { return };
        if let Some(caller) = self.frames.last_mut() {
            caller.regs = regs::after_return(caller.regs, left.regs);
            caller.ptrs = regs::after_return(caller.ptrs, left.ptrs);
        }
        while self.activations.last().is_some_and(|a| a.base >= self.frames.len()) {
            self.activations.pop();
        }
    }

    fn insn(&mut self, site: Site<'_>, insn: &Insn, regs: &[u64; Reg::COUNT]) -> Result<(), Stop> {
        facts::reached(site)?;
        facts::operands(site, insn, regs)?;
        if let Some(activation) = self.activations.last_mut() {
            activation.step(site)?;
        }
        if self.strict {
            self.obligations(site, insn, regs)?;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.regs = frame.regs & !regs::kills(insn) | regs::writes(insn);
            frame.ptrs &= frame.regs;
        }
        Ok(())
    }

    fn branch(&mut self, site: Site<'_>, taken: bool) -> Result<(), Stop> {
        facts::branch(site, taken)
    }

    fn ctx_access(&mut self, site: Site<'_>, off: i64) -> Result<(), Stop> {
        facts::ctx_off(site, off)?;
        self.tag_ctx_load(site, off);
        Ok(())
    }

    fn before_call(&mut self, site: Site<'_>, proto: Option<&Proto>, args: [u64; 5]) -> Result<(), Stop> {
        let Some(proto) = proto else {
            // Only an assumed program's test supplies helpers without a prototype.
            return if site.program.facts().is_none() { Ok(()) } else { Err(broken("the helper has no prototype")) };
        };
        self.check_call(site, proto, args)
    }

    fn after_call(&mut self, site: Site<'_>, proto: Option<&Proto>, args: [u64; 5], r0: u64) -> Result<(), Stop> {
        let has_r0 = proto.is_none_or(|p| p.ret != stingless_abi::Ret::Void);
        if let Some(frame) = self.frames.last_mut() {
            frame.regs = regs::after_helper(frame.regs, has_r0);
            frame.ptrs = regs::after_helper(frame.ptrs, false);
        }
        match proto {
            Some(proto) => self.check_return(site, proto, args, r0),
            None => Ok(()),
        }
    }

    fn exit(&mut self, site: Site<'_>, start: Start, r0: u64) -> Result<(), Stop> {
        match start {
            Start::Callback(kind) => {
                if kind == CallbackKind::UserRing {
                    self.end_loan();
                }
                callback_returns(kind, r0)
            }
            Start::Entry | Start::Tail | Start::Exception => {
                if let Some((_, class)) = self.held.last() {
                    return Err(broken(format!("the program ends and still holds a reference of class {class:?}")));
                }
                if self.strict && self.frames.last().is_some_and(|f| f.regs & 1 == 0) {
                    return Err(broken("the program ends and r0 holds no value"));
                }
                if self.strict && self.frames.last().is_some_and(|f| f.ptrs & 1 != 0) {
                    return Err(broken("the program returns a pointer"));
                }
                verdict(site, r0)
            }
        }
    }

    fn callback(&mut self, site: Site<'_>, kind: CallbackKind, args: [u64; 5]) -> Result<(), Stop> {
        match kind {
            CallbackKind::Loop => Ok(()),
            CallbackKind::UserRing => {
                self.lend(args[0]);
                Ok(())
            }
            CallbackKind::ForEachMapElem => {
                let map =
                    map_at(site.program, args[0]).ok_or_else(|| broken("the callback's map is not the program's"))?;
                let key_size = site.program.unit().maps[map].spec.key_size;
                self.regions.add(args[1], key_size.into(), Kind::Key, Rights::READ);
                self.list_value(site.program, (map, args[0]), args[2]);
                Ok(())
            }
        }
    }
}

fn callback_returns(kind: CallbackKind, r0: u64) -> Result<(), Stop> {
    match kind {
        CallbackKind::Loop | CallbackKind::ForEachMapElem | CallbackKind::UserRing if r0 <= 1 => Ok(()),
        CallbackKind::Loop | CallbackKind::ForEachMapElem | CallbackKind::UserRing => {
            Err(broken(format!("the callback returns {r0:#x}, must be 0 or 1")))
        }
    }
}

fn verdict(site: Site<'_>, r0: u64) -> Result<(), Stop> {
    let Some(range) = site.program.unit().hook.verdict else { return Ok(()) };
    let value = r0 as u32 as i32;
    if value < range.min || value > range.max {
        return Err(broken(format!("r0 is {value} at exit, must be {}..={}", range.min, range.max)));
    }
    Ok(())
}
