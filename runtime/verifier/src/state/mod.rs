//! What is known at one point of one path.

mod object;
mod stack;

pub(crate) use object::Object;
pub(crate) use stack::{Byte, Slot, Stack, Touched};

use std::rc::Rc;

use stingless_abi::{CallbackKind, RefClass, Section};
use stingless_isa::Reg;

use crate::domain::Scalar;
use crate::region::{Origin, Region};
use crate::value::Value;

/// One frame of the call chain.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// `r0` to `r10`.
    pub(crate) regs: [Value; Reg::COUNT],
    /// The frame's stack.
    pub(crate) stack: Stack,
    /// The call instruction that made the frame; unused in the outermost one.
    pub(crate) call_site: u32,
    /// Index of the subprogram.
    pub(crate) subprog: u32,
    /// Set in a callback's frame.
    pub(crate) callback: Option<CallbackKind>,
    /// How often the helper that is being called has called back.
    pub(crate) iterations: u32,
    /// Tells one call of a helper that calls back from the next one at the same place.
    pub(crate) instance: u32,
    /// Tells the frame of one call from that of the next one at the same place; unused in the outermost one.
    pub(crate) serial: u32,
    /// How often a `may_goto` of the frame went on: each frame has a count of its own.
    pub(crate) turns: u32,
    /// Objects on the frame's stack that only helpers touch.
    pub(crate) objects: Vec<Object>,
}

impl Frame {
    /// A fresh frame number `depth` of a call chain: nothing but `r10` is set.
    pub(crate) fn new(depth: usize, subprog: usize, call_site: usize) -> Frame {
        let mut regs = [Value::UNINIT; Reg::COUNT];
        regs[Reg::FP.index()] = Value::ptr(Region::Stack(depth as u8));
        Frame {
            regs,
            stack: Stack::default(),
            call_site: call_site as u32,
            subprog: subprog as u32,
            callback: None,
            iterations: 0,
            instance: 0,
            serial: 0,
            turns: 0,
            objects: Vec::new(),
        }
    }
}

/// `base + variable part named var + bytes` lies within the region: learned from a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// A region with a learned range; or a data region's end, see [`State::learn_beyond`].
    pub(crate) region: Region,
    /// The id of the variable part; 0 for none.
    pub(crate) var: u32,
    /// Bytes; 0 says that the variable part itself lies within, which is known of none but the empty one without a name.
    pub(crate) bytes: u32,
}

/// A reference that must be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its id.
    pub(crate) id: u32,
    /// Its class.
    pub(crate) class: RefClass,
    /// The instruction that acquired it.
    pub(crate) insn: u32,
}

/// A spin lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// Map of the value that the lock is in.
    pub(crate) map: u32,
    /// The id of the value's pointer.
    pub(crate) id: u32,
    /// The instruction that took it.
    pub(crate) insn: u32,
}

/// The sections that the program is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections {
    /// A read-side section.
    pub(crate) read: bool,
    /// How many times preemption was switched off.
    pub(crate) preempt: u8,
}

impl Sections {
    /// The sections after a helper; `None` if it may not be called in these.
    pub(crate) fn after(self, section: Section) -> Option<Sections> {
        match section {
            Section::ReadEnter => (!self.read).then_some(Sections { read: true, ..self }),
            Section::ReadLeave => self.read.then_some(Sections { read: false, ..self }),
            Section::PreemptOff => self.preempt.checked_add(1).map(|preempt| Sections { preempt, ..self }),
            Section::PreemptOn => self.preempt.checked_sub(1).map(|preempt| Sections { preempt, ..self }),
        }
    }
}

/// The most [`Reach`]es that are remembered.
const MAX_REACHES: usize = 64;

/// What is known at one point of one path.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The call chain, the current frame last. Never empty.
    frames: Vec<Rc<Frame>>,
    /// What comparisons taught of regions with a learned range.
    pub(crate) reaches: Vec<Reach>,
    /// References to be released.
    pub(crate) held: Vec<Held>,
    /// The lock that is held.
    pub(crate) lock: Option<Lock>,
    /// The sections that must be left.
    pub(crate) sections: Sections,
    /// The link of the numbers that are the length of [`Region::Linked`]; 0 for none.
    pub(crate) length_id: u32,
}

impl State {
    /// A state with one frame.
    pub(crate) fn new(frame: Frame) -> State {
        State {
            frames: vec![Rc::new(frame)],
            reaches: Vec::new(),
            held: Vec::new(),
            lock: None,
            sections: Sections::default(),
            length_id: 0,
        }
    }

    /// The current frame.
    pub(crate) fn frame(&self) -> &Frame {
        // There is always a frame: `pop` refuses to take the last one.
        &self.frames[self.frames.len() - 1]
    }

    /// The current frame, to change.
    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        let top = self.frames.len() - 1;
        Rc::make_mut(&mut self.frames[top])
    }

    /// The frames, outermost first.
    pub(crate) fn frames(&self) -> &[Rc<Frame>] {
        &self.frames
    }

    /// A frame by its place in the chain.
    pub(crate) fn frame_at(&self, depth: usize) -> Option<&Frame> {
        self.frames.get(depth).map(|f| &**f)
    }

    /// A frame by its place in the chain, to change.
    pub(crate) fn frame_at_mut(&mut self, depth: usize) -> Option<&mut Frame> {
        self.frames.get_mut(depth).map(Rc::make_mut)
    }

    /// How many frames.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Enters a frame.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push(Rc::new(frame));
    }

    /// Leaves the current frame; `None` if it is the outermost one.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        if self.frames.len() < 2 {
            return None;
        }
        self.frames.pop().map(Rc::unwrap_or_clone)
    }

    /// A register of the current frame.
    pub(crate) fn reg(&self, reg: Reg) -> &Value {
        &self.frame().regs[reg.index()]
    }

    /// Sets a register of the current frame.
    pub(crate) fn set(&mut self, reg: Reg, value: Value) {
        self.frame_mut().regs[reg.index()] = value;
    }

    /// What callers lose across a call: `r1` to `r5`.
    pub(crate) fn clear_args(&mut self) {
        let frame = self.frame_mut();
        for reg in Reg::ARGS {
            frame.regs[reg.index()] = Value::UNINIT;
        }
    }

    /// Applies `f` to every register and spilled value of every frame that `wants` selects.
    ///
    /// Frames without a selected value are not copied.
    pub(crate) fn update_all(&mut self, wants: impl Fn(&Value) -> bool, mut f: impl FnMut(&mut Value)) {
        for frame in &mut self.frames {
            if !frame.regs.iter().any(&wants) && !frame.stack.values().any(&wants) {
                continue;
            }
            let frame = Rc::make_mut(frame);
            for value in frame.regs.iter_mut().chain(frame.stack.values_mut()).filter(|v| wants(v)) {
                f(value);
            }
        }
    }

    /// Every register and spilled value of every frame.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.frames.iter().flat_map(|f| f.regs.iter().chain(f.stack.values()))
    }

    /// Remembers that `bytes` more than the variable part `var` lie in the region.
    pub(crate) fn learn(&mut self, region: Region, var: u32, bytes: u32) {
        if bytes == 0 && var == 0 {
            return;
        }
        if let Some(known) = self.reaches.iter_mut().find(|r| r.region == region && r.var == var) {
            known.bytes = known.bytes.max(bytes);
            return;
        }
        if self.reaches.len() == MAX_REACHES {
            // Forgetting is always sound.
            self.reaches.remove(0);
        }
        self.reaches.push(Reach { region, var, bytes });
    }

    /// How many bytes from the variable part `var` on are known to lie in the region; `None` where nothing is known of
    /// it, not even that it lies within.
    pub(crate) fn reach(&self, region: Region, var: u32) -> Option<u32> {
        let known = self.reaches.iter().find(|r| r.region == region && r.var == var).map(|r| r.bytes);
        if var == 0 { known.or(Some(0)) } else { known }
    }

    /// Remembers that the byte before variable part `var` plus `bytes` lies behind the end of data region `n`: the mirror
    /// of [`State::learn`], kept as the region's end with the bytes counted down, so that more is always more.
    pub(crate) fn learn_beyond(&mut self, n: u8, var: u32, bytes: u32) {
        self.learn(Region::DataEnd(n), var, u32::MAX - bytes);
    }

    /// The least known number of bytes that, from variable part `var` on, do not fit before the end of data region `n`.
    pub(crate) fn beyond(&self, n: u8, var: u32) -> Option<u32> {
        self.reach(Region::DataEnd(n), var).filter(|&b| b != 0).map(|b| u32::MAX - b)
    }

    /// The pointer of an or-NULL result, and all its copies, turned out to be NULL or not.
    ///
    /// A reference that is NULL need not be released.
    pub(crate) fn resolve_null(&mut self, id: u32, is_null: bool) {
        if is_null {
            let references: Vec<u32> = self
                .values()
                .filter(|v| v.is_ptr() && v.nullable && v.id == id && v.reference != 0)
                // What was derived from another one is that one's to give up.
                .filter(|v| !matches!(v.region(), Some(Region::Host(o)) if o.origin != Origin::Acquired && !fault!(83)))
                .map(|v| v.reference)
                .collect();
            // What pointers into a dynptr's memory depend on is the dynptr's to give up.
            self.held.retain(|h| matches!(h.class, RefClass::Object(_)) || !references.contains(&h.id));
        }
        self.update_all(
            |v| v.is_ptr() && v.nullable && (fault!(35) || v.id == id),
            |v| {
                if is_null {
                    *v = Value::constant(0);
                } else {
                    v.nullable = false;
                }
            },
        );
    }

    /// Gives up a reference: every copy of its pointer becomes `left`, which is no pointer. `false` if it is not held.
    pub(crate) fn release(&mut self, reference: u32, left: Value) -> bool {
        let Some(at) = self.held.iter().position(|h| h.id == reference) else {
            return false;
        };
        self.held.remove(at);
        let derived = |v: &Value| matches!(v.region(), Some(Region::Host(o)) if o.origin == Origin::Same);
        self.update_all(|v| !fault!(34) && v.reference == reference && !(fault!(81) && derived(v)), |v| *v = left);
        true
    }

    /// A helper moved the data: pointers into it are stale, and what was learned of it is void.
    pub(crate) fn invalidate_data(&mut self) {
        self.update_all(
            |v| {
                let kept = fault!(33)
                    || fault!(95) && matches!(v.region(), Some(Region::View(_)))
                    || fault!(108) && matches!(v.region(), Some(Region::ArgData(_)));
                !kept && v.region().is_some_and(Region::moves)
            },
            |v| *v = Value { nullable: false, id: 0, off: 0, num: Scalar::constant(0), ..Value::ptr(Region::Stale) },
        );
        self.reaches.retain(|r| fault!(106) || !r.region.moves());
    }
}
