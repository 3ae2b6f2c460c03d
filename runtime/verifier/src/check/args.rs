//! Arguments of helpers.

use stingless_abi::object::SOCK_COMMON;
use stingless_abi::{ArgKind, MapKinds, MemLen, MemUse, ObjectAction, ObjectKind, Proto, RefClass, SpecialKind};
use stingless_isa::Reg;

use super::access::is_aligned;
use super::{Check, Checker, Fail, Span, bug, fail, fail_because, needing};
use crate::domain::Scalar;
use crate::obligation::{Argument, Mode};
use crate::refine::Need;
use crate::region::{Origin, Region};
use crate::report::Kind;
use crate::value::{Value, range_text};

impl Checker<'_> {
    pub(super) fn argument(&self, arg: &Argument) -> Check {
        let value = self.state.reg(arg.reg);
        if value.is_uninit() && arg.kind == ArgKind::Optional {
            return Ok(());
        }
        if value.is_uninit() {
            return fail(
                Kind::UninitRegister,
                format!("argument {} ({}) was never set on this path", arg.index + 1, arg.reg),
            );
        }
        match arg.kind {
            ArgKind::Anything | ArgKind::Optional if value.is_ptr() && !self.privileged() => {
                fail(Kind::PointerLeak, format!("argument {} is {}, a number is expected", arg.index + 1, value.noun()))
            }
            ArgKind::Anything | ArgKind::Optional => Ok(()),
            ArgKind::Scalar => self.scalar(arg, value),
            ArgKind::ConstScalar => self.constant(arg, value),
            ArgKind::Ctx => self.ctx_arg(arg, value),
            ArgKind::Map(kinds) => self.map_arg(arg, value, kinds),
            ArgKind::MapKey => self.keyed(arg, value, true),
            ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } => self.keyed(arg, value, false),
            ArgKind::MapValueOrNull if value.as_constant() == Some(0) => Ok(()),
            ArgKind::MapValueOrNull => self.keyed(arg, &Value { nullable: false, ..*value }, false),
            ArgKind::Mem { access, len, nullable } => self.mem(arg, value, access, len, nullable),
            ArgKind::Len { zero_ok } => self.length(arg.reg, zero_ok).map(drop),
            ArgKind::ConstStr => self.const_str(arg, value),
            ArgKind::Callback(_) => match value.region() {
                Some(Region::Func(_)) => Ok(()),
                Some(_) | None => self.wrong(arg, value, "a function of this program"),
            },
            ArgKind::CallbackCtx => match value.region() {
                Some(Region::Stack(_)) => self.within_frame(arg, value),
                None if value.as_constant() == Some(0) => Ok(()),
                Some(_) | None => self.wrong(arg, value, "a pointer to the stack, or NULL"),
            },
            ArgKind::Acquired(class) => self.acquired(arg, value, class),
            ArgKind::SpinLock => self.spin_lock(arg, value),
            ArgKind::CtxOrNull if value.as_constant() == Some(0) => Ok(()),
            ArgKind::CtxOrNull => self.ctx_arg(arg, value),
            ArgKind::Object { kind, action } => self.object(arg, value, kind, action),
            ArgKind::Dynptr(_) => self.dynptr(arg, value),
            ArgKind::DynptrClone => self.object(arg, value, ObjectKind::DynptrLocal, ObjectAction::Make),
            ArgKind::LastingMem => self.lasting(arg, value),
            ArgKind::Buffer => self.buffer(arg, value),
            ArgKind::HostObject(class) => self.host_object_arg(arg, value, class),
            ArgKind::Text { .. } => self.text(arg, value),
        }
    }

    /// Helpers that take no packet memory get none.
    pub(crate) fn packet_arguments(&self, proto: &Proto) -> Check {
        // Hooks of the host's own lend what they call data to any helper.
        if !proto.effects.no_packet || self.env.unit.hook.linux_type == 0 {
            return Ok(());
        }
        for (index, (arg, reg)) in proto.args.iter().zip(Reg::ARGS).enumerate() {
            let memory = matches!(
                arg.kind,
                ArgKind::Mem { .. }
                    | ArgKind::MapKey
                    | ArgKind::MapValue(_)
                    | ArgKind::MapValueOut { .. }
                    | ArgKind::MapValueOrNull
            );
            let value = self.state.reg(reg);
            if memory && matches!(value.region(), Some(Region::Data(_) | Region::DataMeta(_))) {
                return fail(
                    Kind::HelperArg,
                    format!("argument {} is {}: `{}` takes no packet memory", index + 1, value.noun(), proto.name),
                );
            }
        }
        Ok(())
    }

    /// What a callback is handed on points into the frame, or to its top: nothing else is the stack.
    fn within_frame(&self, arg: &Argument, value: &Value) -> Check {
        let limit = i128::from(self.env.limits.stack);
        if value.min_off() >= -limit && value.max_off() <= 0 {
            return Ok(());
        }
        fail_because(
            Kind::StackBounds,
            format!("argument {} points outside of the {limit} bytes of the stack", arg.index + 1),
            format!("its offset from r10 is {}..={}", value.min_off(), value.max_off()),
        )
    }

    pub(super) fn wrong(&self, arg: &Argument, value: &Value, expected: &str) -> Check {
        if value.nullable {
            return fail(
                Kind::NullArgument,
                format!("argument {} is {} that may be NULL, {expected} is expected", arg.index + 1, value.noun()),
            );
        }
        let kind = match value.region() {
            Some(Region::Stale) => Kind::PacketStale,
            Some(Region::Gone) => Kind::ReferenceReleased,
            Some(_) | None => Kind::HelperArg,
        };
        fail(kind, format!("argument {} is {}, {expected} is expected", arg.index + 1, value.noun()))
    }

    fn scalar(&self, arg: &Argument, value: &Value) -> Check {
        if value.is_scalar() { Ok(()) } else { self.wrong(arg, value, "a number") }
    }

    fn constant(&self, arg: &Argument, value: &Value) -> Check {
        self.scalar(arg, value)?;
        if value.as_constant().is_some_and(|c| c < 1 << 30) {
            return Ok(());
        }
        fail_because(
            Kind::HelperConst,
            format!("argument {} must be a constant below {}", arg.index + 1, 1 << 30),
            format!("it is {}", range_text(&value.num)),
        )
    }

    fn ctx_arg(&self, arg: &Argument, value: &Value) -> Check {
        if value.region() != Some(Region::Ctx) || value.nullable {
            return self.wrong(arg, value, "the context");
        }
        if value.fixed_off() != Some(0) {
            return fail(
                Kind::CtxModified,
                format!("argument {} is the context pointer with an offset", arg.index + 1),
            );
        }
        Ok(())
    }

    fn map_arg(&self, arg: &Argument, value: &Value, kinds: MapKinds) -> Check {
        // What a lookup in a map of maps gave may be NULL.
        let Some(Region::MapPtr(map)) = value.region().filter(|_| !value.nullable) else {
            return self.wrong(arg, value, "a map");
        };
        let Some(map) = self.env.unit.maps.get(map as usize) else {
            return bug("a map that is not there");
        };
        if kinds.has(map.spec.kind) {
            return Ok(());
        }
        fail(
            Kind::MapKindArg,
            format!("map `{}` is of kind {}, which this helper does not take", map.spec.name, map.spec.kind.row().name),
        )
    }

    /// A key or a value of the map argument.
    fn keyed(&self, arg: &Argument, value: &Value, key: bool) -> Check {
        let Some(map_reg) = arg.map else {
            return bug("a prototype has a key before its map");
        };
        let Some(Region::MapPtr(map)) = self.state.reg(map_reg).region() else {
            return bug("a key is checked before its map");
        };
        let Some(map) = self.env.unit.maps.get(map as usize) else {
            return bug("a map that is not there");
        };
        if !key && map.spec.kind.holds_sockets() {
            return self.host_object_arg(arg, value, SOCK_COMMON);
        }
        let bytes = if key { map.spec.key_size } else { map.spec.value_size };
        let access = arg.kind.value_use(Some(map.spec.kind)).unwrap_or(MemUse::Read);
        self.memory(arg, value, access, i64::from(bytes))
    }

    fn mem(&self, arg: &Argument, value: &Value, access: MemUse, len: MemLen, nullable: bool) -> Check {
        let bytes = match (len, arg.len) {
            (MemLen::Fixed { size, align }, _) => {
                if value.is_ptr() && !self.base_aligned(value, align) {
                    return fail(
                        Kind::Misaligned,
                        format!("argument {} must be aligned to {align} bytes", arg.index + 1),
                    );
                }
                i64::from(size)
            }
            (MemLen::Next, Some((reg, zero_ok))) => self.length(reg, zero_ok)?,
            (MemLen::Next, None) => return bug("a prototype has memory without its length"),
        };
        let null = !fault!(79) && (value.as_constant() == Some(0) || value.nullable);
        if null && !(nullable && (len != MemLen::Next || bytes == 0)) {
            return fail(Kind::NullArgument, format!("argument {} is or may be NULL", arg.index + 1));
        }
        if value.as_constant() == Some(0) {
            return Ok(());
        }
        let value = Value { nullable: false, ..*value };
        match arg.len {
            // What is left to prove are the rights: the bytes are there, down to the region's start.
            Some((reg, _)) if len == MemLen::Next && self.as_long_as(&value, self.state.reg(reg)) => {
                self.memory(arg, &Value { off: 0, ..value }, access, 0)
            }
            Some(_) if len == MemLen::Next && self.is_given(arg, &value) => {
                let start = Value { off: 0, num: Scalar::constant(0), ..value };
                self.memory(arg, &start, access, 0)
            }
            Some((reg, zero_ok)) if len == MemLen::Next => {
                let check = self.memory(arg, &value, access, bytes);
                check.map_err(|mut fail| {
                    fail.need = self.extent_need(arg, &value, fail.need, (reg, zero_ok));
                    fail
                })
            }
            Some(_) | None => self.memory(arg, &value, access, bytes),
        }
    }

    /// Whether it was proved by refinement that as many bytes are there as the length says. (On the stack it matters what
    /// they are.)
    fn is_given(&self, arg: &Argument, value: &Value) -> bool {
        self.given & 1 << arg.reg.index() != 0 && !matches!(value.region(), Some(Region::Stack(_)))
    }

    /// What would make a pointer and its length fit, where the greatest length did not.
    fn extent_need(&self, arg: &Argument, ptr: &Value, need: Option<Need>, len: (Reg, bool)) -> Option<Need> {
        let (region, count) = (ptr.region()?, self.state.reg(len.0));
        let open = count.num.as_constant().is_none();
        let limit = match region {
            Region::Data(_) | Region::Linked => {
                return Some(Need::Extent { reg: arg.reg, len: len.0, limit: None }).filter(|_| open).or(need);
            }
            Region::Stack(_) => 0,
            // Where in the value it goes matters.
            Region::MapValue(map) if !self.env.unit.maps.get(map as usize)?.spec.special.is_empty() => return need,
            Region::MapValue(map) => self.env.unit.maps.get(map as usize)?.spec.value_size,
            Region::MapKey(map) => self.env.unit.maps.get(map as usize)?.spec.key_size,
            Region::Mem(bytes) | Region::ArgMem(bytes) | Region::ArgData(bytes) | Region::Element(bytes) => bytes,
            Region::View(view) => view.bytes,
            Region::DataMeta(_)
            | Region::Ctx
            | Region::DataEnd(_)
            | Region::MapPtr(_)
            | Region::Host(_)
            | Region::Func(_)
            | Region::Stale
            | Region::Gone => return need,
        };
        match ptr.fixed_off() {
            Some(off) if open => {
                let (first, last) = (i64::from(!len.1), i64::from(limit) - off);
                (first <= last).then_some(Need::Number { reg: len.0, first, last })
            }
            None if open && !matches!(region, Region::Stack(_)) => {
                Some(Need::Extent { reg: arg.reg, len: len.0, limit: Some(limit) })
            }
            Some(_) | None => need,
        }
    }

    /// Whether `len` bytes from `ptr` on lie in a region with a learned range because of what `len` *is*, whatever its
    /// bounds: the region's own length, or a number that was added to the region's start and compared with its end.
    ///
    /// With `len` = link + a and `ptr` = base + b, the region holds base + link + reach; so b + a <= reach will do. `len`
    /// is below 2^29 and the link's number, where something was learned of it, is far from wrapping: these are integers.
    fn as_long_as(&self, ptr: &Value, len: &Value) -> bool {
        let Some(region) = ptr.region().filter(|r| r.has_learned_range()) else {
            return false;
        };
        if ptr.num.as_constant() != Some(0) || ptr.off < 0 || len.id == 0 {
            return false;
        }
        let whole = region == Region::Linked && len.id == self.state.length_id;
        let reach = if whole { Some(0) } else { self.state.reach(region, len.id) };
        reach.is_some_and(|r| fault!(111) || i64::from(ptr.off) + i64::from(len.off) <= i64::from(r))
    }

    fn base_aligned(&self, value: &Value, align: u32) -> bool {
        match value.region() {
            Some(Region::Stack(_) | Region::MapValue(_) | Region::Mem(_)) => is_aligned(value, align),
            Some(_) | None => align <= 1,
        }
    }

    /// A map value and its length.
    fn lasting(&self, arg: &Argument, value: &Value) -> Check {
        let Some(Region::MapValue(_)) = value.region().filter(|_| !value.nullable) else {
            return self.wrong(arg, value, "a pointer to a map value");
        };
        let Some((reg, zero_ok)) = arg.len else { return bug("a prototype has memory without its length") };
        let bytes = self.length(reg, zero_ok)?;
        self.memory(arg, value, MemUse::ReadWrite, bytes)
    }

    /// Memory of as many bytes as the constant in the next argument says, or NULL.
    fn buffer(&self, arg: &Argument, value: &Value) -> Check {
        if value.as_constant() == Some(0) {
            return Ok(());
        }
        let next = Reg::ARGS.get(usize::from(arg.index) + 1).map(|&reg| (reg, self.state.reg(reg)));
        let Some((reg, size)) = next else { return bug("a prototype has a buffer without its length") };
        let Some(bytes) = size.as_constant().filter(|&c| c < 1 << 30) else {
            return fail_because(
                Kind::HelperConst,
                format!("the length of argument {}, in {reg}, must be a constant below {}", arg.index + 1, 1 << 30),
                format!("it is {}", range_text(&size.num)),
            );
        };
        self.memory(arg, value, MemUse::Write, bytes as i64)
    }

    /// `bytes` bytes that a helper reads or writes, at most.
    pub(super) fn memory(&self, arg: &Argument, value: &Value, access: MemUse, bytes: i64) -> Check {
        match value.region() {
            Some(
                Region::Stack(_)
                | Region::Data(_)
                | Region::DataMeta(_)
                | Region::Linked
                | Region::MapValue(_)
                | Region::MapKey(_)
                | Region::Mem(_)
                | Region::ArgMem(_)
                | Region::ArgData(_)
                | Region::Element(_)
                | Region::View(_),
            ) => {}
            Some(_) | None => return self.wrong(arg, value, "a pointer to memory"),
        }
        // A length of 0 still needs a pointer into its region: 0 bytes at a place that is inside or at its end.
        let span = Span::of_helper(bytes);
        match access {
            MemUse::Read => self.access(value, span, Mode::Read, arg.reg),
            MemUse::Write => self.access(value, span, Mode::Write, arg.reg),
            MemUse::ReadWrite => {
                self.access(value, span, Mode::Read, arg.reg)?;
                self.access(value, span, Mode::Write, arg.reg)
            }
        }
    }

    /// The greatest length that a register may hold.
    fn length(&self, reg: Reg, zero_ok: bool) -> Result<i64, Box<super::Fail>> {
        let need = || Some(Need::Number { reg, first: i64::from(!zero_ok), last: (1 << 29) - 1 });
        needing(self.bounded(reg, zero_ok), need)
    }

    fn bounded(&self, reg: Reg, zero_ok: bool) -> Result<i64, Box<super::Fail>> {
        let value = self.state.reg(reg);
        if !value.is_scalar() {
            return fail(Kind::HelperArg, format!("the length in {reg} is {}", value.noun()));
        }
        let known = || format!("{reg} is {}", range_text(&value.num));
        if fault!(68) && value.num.smin() < 0 {
            return Ok(1);
        }
        if value.num.smin() < 0 {
            return fail_because(Kind::UnboundedLength, format!("the length in {reg} may be negative"), known());
        }
        if value.num.umax() >= 1 << 29 {
            return fail_because(Kind::UnboundedLength, format!("the length in {reg} has no bound"), known());
        }
        if value.num.umin() == 0 && !zero_ok {
            return fail_because(Kind::UnboundedLength, format!("the length in {reg} may be 0"), known());
        }
        Ok(if fault!(67) { value.num.umin() as i64 } else { value.num.umax() as i64 })
    }

    fn const_str(&self, arg: &Argument, value: &Value) -> Check {
        let Some(Region::MapValue(map)) = value.region() else {
            return self.wrong(arg, value, "a constant string");
        };
        let frozen =
            self.env.unit.maps.get(map as usize).filter(|m| m.spec.max_entries == 1).and_then(|m| m.frozen.as_ref());
        let (Some(bytes), Some(off), false) = (frozen, value.fixed_off(), value.nullable) else {
            return self.wrong(arg, value, "a constant string in read-only data");
        };
        let text = usize::try_from(off).ok().and_then(|off| bytes.get(off..));
        if text.is_some_and(|t| t.contains(&0)) {
            return Ok(());
        }
        fail(Kind::HelperArg, format!("argument {} is a string without a final NUL", arg.index + 1))
    }

    fn acquired(&self, arg: &Argument, value: &Value, class: RefClass) -> Check {
        let Some(held) = self.state.held.iter().find(|h| value.reference != 0 && h.id == value.reference) else {
            // Memory of another kind was never the helper's to take back.
            if value.region().is_some_and(|r| matches!(r, Region::Mem(_) | Region::Host(_))) {
                return fail(
                    Kind::ReferenceWrong,
                    format!("argument {} is {}, which was not acquired", arg.index + 1, value.noun()),
                );
            }
            return self.wrong(arg, value, "an acquired reference");
        };
        if value.nullable {
            return fail(Kind::NullArgument, format!("argument {} may be NULL", arg.index + 1));
        }
        // What another one lends is not given back, and neither is a part.
        let given = match value.region() {
            Some(Region::Host(object)) => object.origin != Origin::Lent && class.takes(RefClass::Host(object.class)),
            Some(_) | None => true,
        };
        if !class.takes(held.class) || !given {
            return fail(
                Kind::ReferenceWrong,
                format!("argument {} is a reference of another kind than the helper releases", arg.index + 1),
            );
        }
        if value.fixed_off() != Some(0) && !fault!(74) {
            return fail(
                Kind::ReferenceWrong,
                format!("argument {} does not point to the start of its record", arg.index + 1),
            );
        }
        Ok(())
    }

    /// A host object that is there.
    fn host_object_arg(&self, arg: &Argument, value: &Value, class: u32) -> Check {
        let wanted = RefClass::Host(class);
        match value.region() {
            Some(Region::Host(object))
                if !value.nullable && (fault!(84) || wanted.takes(RefClass::Host(object.class))) =>
            {
                Ok(())
            }
            Some(_) | None => self.wrong(arg, value, Region::of_class(wanted, None).noun()),
        }
    }

    fn spin_lock(&self, arg: &Argument, value: &Value) -> Check {
        let Some(Region::MapValue(map)) = value.region() else {
            let wrong = self.wrong(arg, value, "a pointer to a spin lock in a map value");
            // No lock, where memory of another kind is no argument.
            let lock = |kind| if kind == Kind::HelperArg { Kind::LockArg } else { kind };
            return wrong.map_err(|f| Box::new(Fail { kind: lock(f.kind), ..*f }));
        };
        if value.nullable {
            return fail(Kind::NullArgument, format!("argument {} may be NULL", arg.index + 1));
        }
        let field = self
            .env
            .unit
            .maps
            .get(map as usize)
            .and_then(|m| m.spec.special.iter().find(|f| f.kind == SpecialKind::SpinLock));
        if field.is_none() || value.fixed_off() != field.map(|f| i64::from(f.off)) {
            return fail(Kind::LockArg, format!("argument {} does not point to a spin lock", arg.index + 1));
        }
        Ok(())
    }
}
