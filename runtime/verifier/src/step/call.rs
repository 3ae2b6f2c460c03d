//! Calls: helpers, functions, callbacks, tail calls.

use stingless_abi::map::F_INNER_MAP;
use stingless_abi::object::SOCKET;
use stingless_abi::{ArgKind, CallbackKind, MapKind, MemLen, MemUse, ObjectKind, Proto, RefClass, Ret, Trust};
use stingless_isa::{Callee, Reg, Size};

use super::{Machine, Next, Stepped};
use crate::check::{Checker, Fail, bug, words_read};
use crate::domain::Scalar;
use crate::region::{HostObject, Origin, Region};
use crate::state::{Frame, Held, Lock, State};
use crate::value::Value;
use stingless_object::FuncArg;

impl Machine<'_> {
    pub(super) fn call(&mut self, state: &mut State, at: usize, callee: Callee) -> Stepped {
        match callee {
            Callee::Helper(id) => {
                let unit = self.env.unit;
                match unit.protos.get(id) {
                    Some(proto) => self.helper(state, at, proto),
                    None => bug("a helper that is not there was passed"),
                }
            }
            Callee::Local(target) => self.function(state, at, target),
            Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_) => bug("a callee that is not allowed was passed"),
        }
    }

    fn function(&mut self, state: &mut State, at: usize, target: u32) -> Stepped {
        let unit = self.env.unit;
        let subprog = unit.code.subprog_of(target as usize);
        self.collector.called(state.frame().subprog as usize, subprog, at);
        let Some(info) = unit.funcs.get(subprog).filter(|f| f.global) else {
            let mut frame = Frame::new(state.depth(), subprog, at);
            frame.serial = self.serial(subprog);
            for reg in Reg::ARGS {
                frame.regs[reg.index()] = *state.reg(reg);
            }
            if fault!(98) {
                state.lock = None;
            }
            state.push(frame);
            return Ok(Next::Goto(target));
        };
        for (arg, reg) in info.args.iter().zip(Reg::ARGS) {
            if let FuncArg::Mem { size, .. } = arg {
                let ptr = *state.reg(reg);
                // NULL is what was passed, and no other number.
                self.rely(ptr.node);
                if !fault!(117) {
                    self.overwritten(state, &ptr, (i64::from(*size), i64::from(*size)))?;
                }
            }
        }
        if self.env.moves_data.get(subprog).copied().unwrap_or(true) && !fault!(118) {
            state.invalidate_data();
        }
        let r0 = if info.returns_scalar { Value::unknown() } else { Value::UNINIT };
        self.back(state, r0);
        Ok(Next::Fall)
    }

    /// What tells this call of a subprogram from its next one, if it has a `may_goto`.
    fn serial(&mut self, subprog: usize) -> u32 {
        if self.env.counts.get(subprog).copied().unwrap_or(true) { self.fresh_id() } else { 0 }
    }

    fn helper(&mut self, state: &mut State, at: usize, proto: &Proto) -> Stepped {
        let map = map_argument(state, proto);
        self.collector.call(at, map);
        self.rely_on_arguments(state, proto);
        if proto.effects.throws {
            self.rely(state.reg(Reg::R1).node);
            return Ok(Next::End);
        }
        let callback = callback_argument(state, proto);
        let mut forked = None;
        if let Some((start, kind)) = callback
            && self.calls_again(state, proto, kind)
        {
            let entered = self.callback(state, at, proto, (start, kind), map)?;
            forked = Some((start, entered));
        }
        if proto.steps().is_some()
            && let Some(entered) = self.stepped(state, proto)?
        {
            forked = Some((at as u32 + 1, entered));
        }
        self.unset(state, at, proto);
        self.texts(state, at, proto);
        let r0 = self.result(state, at, proto, map)?;
        self.write_memory(state, proto)?;
        self.objects(state, at, proto)?;
        self.effects(state, at, proto)?;
        if proto.effects.tail_call {
            self.collector.tail_call(state.frame().subprog as usize);
            if state.depth() > 1 {
                // A successful tail call returns to the caller of this function.
                let mut left = Box::new(state.clone());
                let Some(frame) = left.pop() else { return bug("a function without a caller") };
                // The other program may have moved the data.
                if !fault!(113) {
                    left.invalidate_data();
                }
                self.back(&mut left, Value::unknown());
                forked = Some((frame.call_site + 1, left));
            }
        }
        self.back(state, r0);
        state.frame_mut().iterations = 0;
        Ok(match forked {
            Some((later, state)) => Next::Fork { now: at as u32 + 1, later, state },
            None => Next::Fall,
        })
    }

    /// Numbers that the proof of an argument relied on.
    fn rely_on_arguments(&mut self, state: &State, proto: &Proto) {
        for (arg, reg) in proto.args.iter().zip(Reg::ARGS) {
            let value = state.reg(reg);
            if let (ArgKind::CallbackCtx, Some(Region::Stack(frame))) = (arg.kind, value.region()) {
                // It is the frame's, whether a callback looks or not.
                self.touched(state, usize::from(frame), value.min_off());
            }
            match arg.kind {
                // NULL or not is what the proof went by.
                ArgKind::ConstScalar
                | ArgKind::Len { .. }
                | ArgKind::Mem { .. }
                | ArgKind::CallbackCtx
                | ArgKind::Buffer
                | ArgKind::Text { .. }
                | ArgKind::MapValueOrNull
                | ArgKind::CtxOrNull => {
                    self.rely(value.node);
                }
                ArgKind::Words { .. } => {
                    self.rely(value.node);
                    if let Some(&count) = Reg::ARGS.get(usize::from(reg.bits())) {
                        self.rely(state.reg(count).node);
                    }
                }
                ArgKind::Anything
                | ArgKind::Optional
                | ArgKind::Scalar
                | ArgKind::Ctx
                | ArgKind::Map(_)
                | ArgKind::MapKey
                | ArgKind::MapValue(_)
                | ArgKind::MapValueOut { .. }
                | ArgKind::ConstStr
                | ArgKind::Callback(_)
                | ArgKind::Acquired(_)
                | ArgKind::HostObject(_)
                | ArgKind::SpinLock
                | ArgKind::Dynptr(_)
                | ArgKind::DynptrClone
                | ArgKind::LastingMem
                | ArgKind::Object { .. } => {}
            }
        }
    }

    /// Which optional arguments were not set: engines pass 0 for them.
    fn unset(&mut self, state: &State, at: usize, proto: &Proto) {
        let optional = proto.args.iter().zip(Reg::ARGS).filter(|(arg, _)| arg.kind == ArgKind::Optional);
        let unset = optional.filter(|&(_, reg)| state.reg(reg).is_uninit());
        self.collector.unset(at, unset.fold(0, |set, (_, reg)| set | 1 << reg.index()));
    }

    /// How much of its texts the helper may read.
    fn texts(&mut self, state: &State, at: usize, proto: &Proto) {
        for (place, (arg, reg)) in (0..).zip(proto.args.iter().zip(Reg::ARGS)) {
            let value = state.reg(reg);
            if matches!(arg.kind, ArgKind::Text { .. }) && value.is_ptr() {
                let bytes = Checker { env: self.env, state, given: 0 }.readable(value);
                self.collector.text(at, place, bytes);
            }
        }
    }

    /// What the helper writes of the memory it is given.
    fn write_memory(&mut self, state: &mut State, proto: &Proto) -> Result<(), Box<Fail>> {
        let mut map = None;
        for (index, (arg, reg)) in proto.args.iter().zip(Reg::ARGS).enumerate() {
            let ptr = *state.reg(reg);
            let range = match arg.kind {
                ArgKind::Map(_) => {
                    map = ptr.region();
                    continue;
                }
                ArgKind::Mem { access, len, .. } => {
                    let bytes = match len {
                        MemLen::Fixed { size, .. } => (i64::from(size), i64::from(size)),
                        MemLen::Next => match Reg::ARGS.get(index + 1) {
                            Some(&next) => (state.reg(next).num.umin() as i64, state.reg(next).num.umax() as i64),
                            None => return bug("memory without a length was passed"),
                        },
                    };
                    (access, bytes)
                }
                ArgKind::Text { .. } => (MemUse::Read, (0, 0)),
                ArgKind::Buffer => {
                    let size = buffer_size(state, index)?;
                    (MemUse::Write, (size, size))
                }
                ArgKind::Words { most } => match Reg::ARGS.get(index + 1) {
                    Some(&count) => (MemUse::Read, (0, words_read(state.reg(count), most))),
                    None => return bug("words without their number were passed"),
                },
                ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } | ArgKind::MapValueOrNull => {
                    let Some(Region::MapPtr(map)) = map else { return bug("a value without its map was passed") };
                    let spec = self.env.unit.maps.get(map as usize).map(|m| &m.spec);
                    let access = arg.kind.value_use(spec.map(|s| s.kind)).unwrap_or(MemUse::Read);
                    let bytes = spec.map_or(0, |s| i64::from(s.value_size));
                    (access, (bytes, bytes))
                }
                ArgKind::MapKey => {
                    let Some(Region::MapPtr(map)) = map else { return bug("a key without its map was passed") };
                    let bytes = self.env.unit.maps.get(map as usize).map_or(0, |m| i64::from(m.spec.key_size));
                    (MemUse::Read, (bytes, bytes))
                }
                ArgKind::Anything
                | ArgKind::Optional
                | ArgKind::Scalar
                | ArgKind::ConstScalar
                | ArgKind::Ctx
                | ArgKind::Len { .. }
                | ArgKind::ConstStr
                | ArgKind::Callback(_)
                | ArgKind::CallbackCtx
                | ArgKind::Acquired(_)
                | ArgKind::HostObject(_)
                | ArgKind::SpinLock
                | ArgKind::CtxOrNull
                | ArgKind::Dynptr(_)
                | ArgKind::DynptrClone
                | ArgKind::LastingMem
                | ArgKind::Object { .. } => continue,
            };
            match range.0 {
                MemUse::Write | MemUse::ReadWrite => self.overwritten(state, &ptr, range.1)?,
                MemUse::Read => {
                    if let Some(Region::Stack(frame)) = ptr.region() {
                        self.touched(state, usize::from(frame), ptr.min_off());
                    }
                }
            }
        }
        Ok(())
    }

    /// Releases, locks, moved data.
    fn effects(&mut self, state: &mut State, at: usize, proto: &Proto) -> Result<(), Box<Fail>> {
        if let Some(arg) = proto.effects.releases {
            let Some(reg) = Reg::ARGS.get(usize::from(arg)) else { return bug("a prototype releases no argument") };
            let reference = state.reg(*reg).reference;
            // As in Linux: who may see addresses may look at what is left, a number.
            let left = if self.env.trust == Trust::Privileged { Value::unknown() } else { Value::UNINIT };
            if !state.release(reference, left) {
                return bug("a reference that is not held was passed");
            }
        }
        if let Some(takes) = proto.effects.lock {
            let lock = proto
                .args
                .iter()
                .zip(Reg::ARGS)
                .find(|(a, _)| matches!(a.kind, ArgKind::SpinLock))
                .map(|(_, reg)| *state.reg(reg));
            let Some((Some(Region::MapValue(map)), id)) = lock.map(|v| (v.region(), v.id)) else {
                return bug("a prototype locks no argument");
            };
            state.lock = takes.then_some(Lock { map, id, insn: at as u32 });
        }
        if let Some(section) = proto.effects.section {
            let Some(after) = state.sections.after(section) else {
                return bug("a helper is called outside of its section");
            };
            state.sections = after;
        }
        if proto.effects.invalidates_packet {
            state.invalidate_data();
        }
        Ok(())
    }

    /// What the helper returns.
    fn result(&mut self, state: &mut State, at: usize, proto: &Proto, map: Option<u32>) -> Result<Value, Box<Fail>> {
        Ok(match proto.ret {
            Ret::Void => Value::UNINIT,
            Ret::Scalar { min, max } => Value::scalar(Scalar::from_signed_range(min, max)),
            Ret::MapValueOrNull => {
                let Some(map) = map else { return bug("a helper returns a value of no map") };
                if self.env.unit.maps.get(map as usize).is_some_and(|m| m.spec.kind.holds_sockets()) {
                    return Ok(self.acquired(state, at, RefClass::Host(SOCKET), None));
                }
                if self.env.unit.maps.get(map as usize).is_some_and(|m| m.spec.kind.holds_maps()) {
                    let Some(inner) = self.env.unit.inner_of(map) else { return bug("a map of maps of no shape") };
                    let inner = if fault!(97) { map } else { inner };
                    let nullable = !fault!(96);
                    return Ok(Value { id: self.fresh_id(), nullable, ..Value::ptr(Region::MapPtr(inner)) });
                }
                let nullable = !self.key_is_there(state, proto, map);
                Value { id: self.fresh_id(), nullable, ..Value::ptr(Region::MapValue(map)) }
            }
            Ret::MapValueMaybe => {
                let Some(map) = map else { return bug("a helper returns a value of no map") };
                if self.env.unit.maps.get(map as usize).is_some_and(|m| m.spec.kind.holds_maps()) {
                    return bug("a map of maps has values per CPU");
                }
                Value { id: self.fresh_id(), nullable: true, ..Value::ptr(Region::MapValue(map)) }
            }
            Ret::AcquiredOrNull { class, size_arg } => {
                let size = match size_arg {
                    Some(arg) => {
                        let size = Reg::ARGS.get(usize::from(arg)).and_then(|&r| state.reg(r).as_constant());
                        let Some(size) = size.and_then(|s| u32::try_from(s).ok()) else {
                            return bug("the size of a record is not known");
                        };
                        Some(size)
                    }
                    None => None,
                };
                self.acquired(state, at, class, size)
            }
            Ret::ViewOrNull { size_arg, writable } => self.view(state, proto, (size_arg, writable))?,
            Ret::HostOrNull { class, same } => {
                let of = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::HostObject(_)));
                let Some(parent) = of.map(|(_, reg)| *state.reg(reg)) else { return bug("a part of no object") };
                let Some(Region::Host(from)) = parent.region() else { return bug("a part of what is no object") };
                let origin = if same && from.origin != Origin::Lent { Origin::Same } else { Origin::Lent };
                let (id, reference) = (self.fresh_id(), if same { parent.reference } else { 0 });
                let nullable = !fault!(82);
                Value { id, reference, nullable, ..Value::ptr(Region::Host(HostObject { class, origin })) }
            }
            // The other outcome has a state of its own.
            Ret::ElementOrNull { .. } => Value::constant(0),
        })
    }

    /// A reference that the program now holds, if it is not NULL.
    fn acquired(&mut self, state: &mut State, at: usize, class: RefClass, size: Option<u32>) -> Value {
        let (id, reference) = (self.fresh_id(), self.fresh_id());
        state.held.push(Held { id: reference, class, insn: at as u32 });
        Value { id, reference, nullable: true, ..Value::ptr(Region::of_class(class, size)) }
    }

    /// Whether the key argument is a constant that an array has.
    fn key_is_there(&mut self, state: &State, proto: &Proto, map: u32) -> bool {
        let Some(spec) = self.env.unit.maps.get(map as usize).map(|m| &m.spec) else {
            return false;
        };
        let arrays = matches!(spec.kind, MapKind::Array | MapKind::PercpuArray) || fault!(120);
        // Inner maps of such an array's shape may have fewer elements.
        if !arrays || spec.key_size != 4 || spec.flags & F_INNER_MAP != 0 {
            return false;
        }
        let key = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::MapKey));
        let Some((_, reg)) = key else { return false };
        let ptr = state.reg(reg);
        let (Some(Region::Stack(frame)), Some(off)) = (ptr.region(), ptr.fixed_off()) else {
            return false;
        };
        let Some(frame) = state.frame_at(usize::from(frame)).filter(|_| off % 4 == 0) else {
            return false;
        };
        let (value, _) = frame.stack.read(off, Size::W);
        if value.as_constant().is_none_or(|c| c >= u64::from(spec.max_entries) + u64::from(fault!(69))) {
            return false;
        }
        let nodes: Vec<u32> = frame.stack.nodes_in(off, 4).collect();
        for node in nodes {
            self.rely(node);
        }
        true
    }

    /// Whether the helper may call back once more: a constant number of iterations is counted.
    fn calls_again(&mut self, state: &State, proto: &Proto, kind: CallbackKind) -> bool {
        let count = match kind {
            CallbackKind::Loop => proto.args.first().map(|_| *state.reg(Reg::R1)),
            CallbackKind::ForEachMapElem | CallbackKind::UserRing => None,
        };
        let Some(count) = count.filter(Value::is_scalar) else {
            return true;
        };
        if u64::from(state.frame().iterations) < if fault!(60) { 1.min(count.num.umax()) } else { count.num.umax() } {
            return true;
        }
        self.rely(count.node);
        false
    }

    /// The state in which the helper calls back.
    fn callback(
        &mut self,
        state: &State,
        at: usize,
        proto: &Proto,
        (start, kind): (u32, CallbackKind),
        map: Option<u32>,
    ) -> Result<Box<State>, Box<Fail>> {
        let subprog = self.env.unit.code.subprog_of(start as usize);
        self.collector.called(state.frame().subprog as usize, subprog, at);
        self.collector.converges();
        let context = proto
            .args
            .iter()
            .zip(Reg::ARGS)
            .find(|(a, _)| matches!(a.kind, ArgKind::CallbackCtx))
            .map_or(Value::constant(0), |(_, reg)| *state.reg(reg));
        let mut entered = Box::new(state.clone());
        // What the helper writes, moves and takes back, it may have written, moved and taken before it calls.
        self.write_memory(&mut entered, proto)?;
        self.objects(&mut entered, at, proto)?;
        self.effects(&mut entered, at, proto)?;
        let frame = entered.frame_mut();
        frame.iterations = frame.iterations.saturating_add(1);
        let mut frame = Frame::new(state.depth(), subprog, at);
        frame.callback = Some(kind);
        frame.serial = self.serial(subprog);
        match kind {
            CallbackKind::Loop => {
                frame.regs[1] = if fault!(102) { Value::constant(0) } else { Value::unknown() };
                frame.regs[2] = context;
            }
            CallbackKind::ForEachMapElem => {
                let Some(map) = map else { return bug("a callback on the elements of no map") };
                frame.regs[1] = Value::ptr(Region::MapPtr(map));
                frame.regs[2] = Value { id: self.fresh_id(), ..Value::ptr(Region::MapKey(map)) };
                frame.regs[3] = Value { id: self.fresh_id(), ..Value::ptr(Region::MapValue(map)) };
                frame.regs[4] = context;
            }
            CallbackKind::UserRing => {
                frame.lent = self.fresh_id();
                frame.regs[1] = Value { id: frame.lent, ..Value::ptr(Region::Dynptr(ObjectKind::DynptrLocal)) };
                frame.regs[2] = context;
            }
        }
        entered.push(frame);
        Ok(entered)
    }
}

/// The length of the buffer in an argument: the constant in the next one.
fn buffer_size(state: &State, index: usize) -> Result<i64, Box<Fail>> {
    match Reg::ARGS.get(index + 1).and_then(|&next| state.reg(next).as_constant()) {
        Some(size) => Ok(size as i64),
        None => bug("a buffer without a length was passed"),
    }
}

/// The map that a helper is given.
fn map_argument(state: &State, proto: &Proto) -> Option<u32> {
    let (_, reg) = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::Map(_)))?;
    match state.reg(reg).region() {
        Some(Region::MapPtr(map)) => Some(map),
        Some(_) | None => None,
    }
}

/// The function that a helper calls back.
pub(crate) fn callback_argument(state: &State, proto: &Proto) -> Option<(u32, CallbackKind)> {
    proto.args.iter().zip(Reg::ARGS).find_map(|(arg, reg)| match (arg.kind, state.reg(reg).region()) {
        (ArgKind::Callback(kind), Some(Region::Func(start))) => Some((start, kind)),
        (_, _) => None,
    })
}
