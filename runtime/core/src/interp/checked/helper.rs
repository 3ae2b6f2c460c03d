//! Obligations of helper calls, read from the prototype.

use stingless_abi::object::SOCKET;
use stingless_abi::{
    ArgKind, MapKind, MapKinds, MemLen, MemUse, ObjectLayout, Proto, RefClass, Ret, Rights, SpecialKind, TrapKind,
};
use stingless_isa::Reg;
use stingless_verifier::obligation::{Argument, Obligation, of_helper};

use crate::interp::checked::region::Kind;
use crate::interp::checked::taint::Pending;
use crate::interp::checked::{Checked, broken, facts, map_at};
use crate::interp::{Site, Stop};

/// A call being checked.
struct Call<'p> {
    site: Site<'p>,
    proto: &'p Proto,
    args: [u64; 5],
    /// The map that keys and values belong to, by index into the program's maps.
    map: Option<usize>,
}

impl Checked {
    /// Everything that must hold before the call.
    pub(crate) fn check_call(&mut self, site: Site<'_>, proto: &Proto, args: [u64; 5]) -> Result<(), Stop> {
        // The helper's own accesses are not the instruction's.
        self.pending = Pending::default();
        for obligation in of_helper(proto) {
            let Obligation::Argument(argument) = obligation else {
                return Err(broken(format!("{} asks for more than its arguments: {obligation:?}", proto.name)));
            };
            let map = argument.map.and_then(|reg| map_at(site.program, args[reg.index() - 1]));
            let call = Call { site, proto, args, map };
            self.check_arg(&call, &argument).map_err(|stop| name_arg(stop, proto, argument.index.into()))?;
        }
        Ok(())
    }

    /// Arguments that are numbers hold no pointer; all hold something.
    fn check_reg(&self, site: Site<'_>, argument: &Argument) -> Result<(), Stop> {
        let (regs, ptrs) = self.frames.last().map_or((0, 0), |f| (f.regs, f.ptrs));
        let bit = 1 << argument.reg.index();
        if argument.kind == ArgKind::Optional && facts::passed_as_zero(site, argument.reg) {
            return Ok(());
        }
        if regs & bit == 0 {
            return Err(broken(format!("{} holds no value", argument.reg)));
        }
        let number = matches!(
            argument.kind,
            ArgKind::Anything | ArgKind::Optional | ArgKind::Scalar | ArgKind::ConstScalar | ArgKind::Len { .. }
        );
        if number && ptrs & bit != 0 { Err(broken("a pointer, where a number is expected")) } else { Ok(()) }
    }

    fn check_arg(&mut self, call: &Call<'_>, arg: &Argument) -> Result<(), Stop> {
        if self.strict {
            self.check_reg(call.site, arg)?;
        }
        let at = usize::from(arg.index);
        let value = call.args[at];
        match arg.kind {
            // The length is checked with its memory; numbers may be anything.
            ArgKind::Anything | ArgKind::Optional | ArgKind::Scalar | ArgKind::ConstScalar | ArgKind::Len { .. } => {
                Ok(())
            }
            ArgKind::Ctx if value == self.args[0] => Ok(()),
            ArgKind::Ctx => Err(broken("not the context")),
            ArgKind::Map(kinds) => check_map(call, value, kinds),
            ArgKind::MapKey => {
                let (key_size, _) = map_sizes(call)?;
                self.touch(call.site, value, key_size, MemUse::Read).map(drop)
            }
            ArgKind::CtxOrNull if value == 0 || value == self.args[0] => Ok(()),
            ArgKind::CtxOrNull => Err(broken("neither the context nor NULL")),
            ArgKind::MapValueOrNull if value == 0 => Ok(()),
            ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } | ArgKind::MapValueOrNull => {
                let (_, value_size) = map_sizes(call)?;
                let kind = call.map.map(|map| call.site.program.unit().maps[map].spec.kind);
                if kind.is_some_and(MapKind::holds_sockets) {
                    return self.host_object(value).map(drop);
                }
                let access = arg.kind.value_use(kind).unwrap_or(MemUse::Read);
                self.touch(call.site, value, value_size, access).map(drop)
            }
            ArgKind::Mem { access, len, nullable } => self.check_mem(call, arg, access, len, nullable),
            ArgKind::ConstStr => self.check_str(call, value),
            ArgKind::Callback(_) => {
                let subs = call.site.program.unit().code.subprogs();
                if subs.iter().any(|s| u64::from(s.start) == value) { Ok(()) } else { Err(broken("not a function")) }
            }
            ArgKind::CallbackCtx if value == 0 || self.frames.iter().any(|f| f.holds(value) || f.top == value) => {
                Ok(())
            }
            ArgKind::CallbackCtx => Err(broken("neither the stack nor NULL")),
            ArgKind::Acquired(class) => self.give_back(call, at, value, class),
            ArgKind::SpinLock => check_lock(self, call, value),
            ArgKind::Object { kind, action } => self.check_object(value, kind, action),
            ArgKind::Dynptr(_) => self.dynptr_at(value).map(drop),
            ArgKind::DynptrClone => self.check_clone(call.proto, call.args, value),
            ArgKind::LastingMem => {
                let len = check_len(call, arg)?;
                self.touch_some(call.site, value, len, MemUse::ReadWrite)
            }
            ArgKind::HostObject(_) => self.host_object(value).map(drop),
            // NULL, where it is none: no byte of it is read.
            ArgKind::Text { .. } if value == 0 => Ok(()),
            ArgKind::Text { len } => {
                let len = call.args.get(usize::from(len)).copied().unwrap_or(0);
                self.touch_some(call.site, value, len, MemUse::Read)
            }
            ArgKind::Buffer if value == 0 => Ok(()),
            ArgKind::Buffer => {
                let len = call.args.get(at + 1).copied().unwrap_or(0);
                self.touch_some(call.site, value, len, MemUse::Write)
            }
        }
    }

    fn check_mem(
        &mut self,
        call: &Call<'_>,
        arg: &Argument,
        access: MemUse,
        len: MemLen,
        nullable: bool,
    ) -> Result<(), Stop> {
        let value = call.args[usize::from(arg.index)];
        let bytes = match len {
            MemLen::Fixed { size, align } => {
                if !nullable || value != 0 {
                    check_align(value, align)?;
                }
                u64::from(size)
            }
            MemLen::Next => check_len(call, arg)?,
        };
        let absent = nullable && value == 0 && (bytes == 0 || matches!(len, MemLen::Fixed { .. }));
        if absent { Ok(()) } else { self.touch_some(call.site, value, bytes, access) }
    }

    /// Memory of a length that may be 0.
    fn touch_some(&mut self, site: Site<'_>, addr: u64, len: u64, how: MemUse) -> Result<(), Stop> {
        if len == 0 { Ok(()) } else { self.touch(site, addr, len, how).map(drop) }
    }

    fn check_str(&self, call: &Call<'_>, addr: u64) -> Result<(), Stop> {
        let (_, region) = self.regions.find(addr, 1).ok_or_else(|| broken("not a string in a map"))?;
        let frozen = match region.kind {
            Kind::MapValue(map) => {
                map_at(call.site.program, map).is_some_and(|m| call.site.program.unit().maps[m].frozen.is_some())
            }
            Kind::Stack | Kind::Data | Kind::Held(_) | Kind::Key | Kind::Object(_) => false,
        };
        if !frozen {
            return Err(broken("not a string in frozen memory"));
        }
        let ends = (addr..region.end).any(|byte| self.raw.load(byte, stingless_isa::Size::B) == 0);
        if ends { Ok(()) } else { Err(broken("the string has no end")) }
    }

    /// A host object that is there begins at `addr`: the address that is held for it, 0 for the context's.
    fn host_object(&self, addr: u64) -> Result<u64, Stop> {
        match self.regions.find(addr, 1) {
            Some((start, region)) if start == addr => match region.kind {
                Kind::Held(RefClass::Host(_)) => Ok(addr),
                Kind::Object(root) => Ok(root),
                Kind::Stack | Kind::Data | Kind::MapValue(_) | Kind::Held(_) | Kind::Key => {
                    Err(broken("not an object of the host"))
                }
            },
            Some(_) | None => Err(broken("not an object of the host that is there")),
        }
    }

    fn give_back(&mut self, call: &Call<'_>, at: usize, addr: u64, class: RefClass) -> Result<(), Stop> {
        let held = self.held.iter().position(|&(at, found)| at == addr && class.takes(found));
        let held = held.ok_or_else(|| broken(format!("not a reference of class {class:?} that the program holds")))?;
        if call.proto.effects.releases == Some(at as u8) {
            self.held.swap_remove(held);
            self.regions.remove_at(addr);
            self.regions.remove(|kind| kind == Kind::Object(addr));
        }
        Ok(())
    }

    /// What the call's result and effects change.
    pub(crate) fn check_return(&mut self, site: Site<'_>, proto: &Proto, args: [u64; 5], r0: u64) -> Result<(), Stop> {
        self.list_views(proto, args);
        if proto.may_move_packet() {
            self.list_data(site.program);
        }
        match proto.ret {
            Ret::Void => Ok(()),
            Ret::Scalar { min, max } if (min..=max).contains(&(r0 as i64)) => Ok(()),
            Ret::Scalar { min, max } => Err(Stop::new(
                TrapKind::Fact,
                format!("{} returned {}, its prototype says {min}..={max}", proto.name, r0 as i64),
            )),
            Ret::MapValueOrNull | Ret::MapValueMaybe if r0 == 0 => Ok(()),
            Ret::MapValueOrNull | Ret::MapValueMaybe => {
                self.tag(Reg::R0, true);
                self.check_value(site, proto, args, r0)
            }
            Ret::ViewOrNull { .. } if r0 == 0 => Ok(()),
            Ret::ViewOrNull { size_arg, .. } => {
                self.tag(Reg::R0, true);
                self.check_view(r0, args[usize::from(size_arg)])
            }
            Ret::ElementOrNull { .. } if r0 == 0 => Ok(()),
            Ret::ElementOrNull { size } => {
                self.tag(Reg::R0, true);
                self.check_element(proto, args, r0, size)
            }
            Ret::AcquiredOrNull { .. } if r0 == 0 => Ok(()),
            Ret::AcquiredOrNull { class, size_arg } => {
                self.tag(Reg::R0, true);
                self.held.push((r0, class));
                let layout = if let RefClass::Host(class) = class { ObjectLayout::of(class) } else { None };
                match (size_arg, layout) {
                    (None, Some(layout)) => {
                        self.regions.add(r0, layout.size.into(), Kind::Held(class), Rights::READ);
                    }
                    (_, _) => {
                        let size = size_arg.map_or(0, |arg| args[arg as usize]);
                        self.regions.add(r0, size, Kind::Held(class), Rights::READ_WRITE);
                    }
                }
                Ok(())
            }
            Ret::HostOrNull { .. } if r0 == 0 => Ok(()),
            Ret::HostOrNull { class, same } => {
                self.tag(Reg::R0, true);
                let of = proto.args.iter().position(|a| matches!(a.kind, ArgKind::HostObject(_)));
                let parent = of.map_or(0, |arg| args[arg]);
                let root = if same { self.host_object(parent)? } else { 0 };
                let size = ObjectLayout::of(class).map_or(0, |l| l.size);
                self.regions.add(r0, size.into(), Kind::Object(root), Rights::READ);
                Ok(())
            }
        }
    }

    /// What a look-up in the call's map found: a value, a map or a socket.
    fn check_value(&mut self, site: Site<'_>, proto: &Proto, args: [u64; 5], r0: u64) -> Result<(), Stop> {
        let arg = proto.args.iter().position(|a| matches!(a.kind, ArgKind::Map(_)));
        let map = arg.and_then(|arg| Some((map_at(site.program, args[arg])?, args[arg])));
        let map = map.ok_or_else(|| broken(format!("{} returns a value of no map", proto.name)))?;
        if site.program.unit().maps[map.0].spec.kind.holds_sockets() {
            let class = RefClass::Host(SOCKET);
            self.held.push((r0, class));
            let size = ObjectLayout::of(SOCKET).map_or(0, |l| l.size);
            self.regions.add(r0, size.into(), Kind::Held(class), Rights::READ);
            return Ok(());
        }
        if site.program.unit().maps[map.0].spec.kind.holds_maps() {
            let inner = site.program.maps()[map.0].has_inner(r0);
            return if inner { Ok(()) } else { Err(broken(format!("{} returns no map", proto.name))) };
        }
        self.list_value(site.program, map, r0);
        Ok(())
    }
}

/// Says which argument of which helper broke its obligation.
fn name_arg(stop: Stop, proto: &Proto, at: usize) -> Stop {
    let name = proto.args.get(at).map_or("", |arg| &arg.name);
    match stop {
        Stop::Raise(raise) => Stop::new(raise.0, format!("argument `{name}` of {}: {}", proto.name, raise.1)),
        Stop::Pending(trapped) => Stop::Pending(trapped),
    }
}

fn check_map(call: &Call<'_>, value: u64, kinds: MapKinds) -> Result<(), Stop> {
    let map = map_at(call.site.program, value).ok_or_else(|| broken("not a map of the program"))?;
    let spec = &call.site.program.unit().maps[map].spec;
    if !kinds.has(spec.kind) {
        return Err(broken(format!("map `{}` is of kind {}", spec.name, spec.kind.row().name)));
    }
    facts::call_map(call.site, (map, value))
}

/// Key and value size of the call's map.
fn map_sizes(call: &Call<'_>) -> Result<(u64, u64), Stop> {
    let map = call.map.ok_or_else(|| broken("no map argument comes before it"))?;
    let spec = &call.site.program.unit().maps[map].spec;
    Ok((spec.key_size.into(), spec.value_size.into()))
}

fn check_align(addr: u64, align: u32) -> Result<(), Stop> {
    if addr.is_multiple_of(u64::from(align.max(1))) {
        return Ok(());
    }
    Err(broken(format!("not aligned to {align} bytes")))
}

/// The length that stands in the next argument.
fn check_len(call: &Call<'_>, arg: &Argument) -> Result<u64, Stop> {
    let (reg, zero_ok) = arg.len.ok_or_else(|| broken("its length has no register"))?;
    let len = call.args[reg.index() - 1];
    if len == 0 && !zero_ok { Err(broken("length 0")) } else { Ok(len) }
}

fn check_lock(checked: &Checked, call: &Call<'_>, addr: u64) -> Result<(), Stop> {
    let found = checked.regions.find(addr, SpecialKind::SpinLock.size().into());
    let Some((start, region)) = found else { return Err(broken("not in a map value")) };
    let Kind::MapValue(map) = region.kind else { return Err(broken("not in a map value")) };
    let special = map_at(call.site.program, map).map(|m| &call.site.program.unit().maps[m].spec.special);
    let is_lock = special.is_some_and(|fields| {
        fields.iter().any(|f| f.kind == SpecialKind::SpinLock && start + u64::from(f.off) == addr)
    });
    if is_lock { Ok(()) } else { Err(broken("not the lock of a map value")) }
}
