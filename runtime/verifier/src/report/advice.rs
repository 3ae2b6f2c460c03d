//! What to paste. Only where the report knows that it is what is missing.

use stingless_abi::{ArgKind, Ret};
use stingless_isa::{AluOp, Insn, Ref, Reg, Size};

use super::causes::Scene;
use super::replay::{How, Vid};
use super::{Kind, ctext};
use crate::usage::Usage;

/// Instructions after an addition that are looked at for its use.
const MAX_AHEAD: usize = 8;

impl Scene<'_> {
    /// A suggestion, if one fits.
    pub(super) fn advice(&self, cause: Option<&str>) -> Option<String> {
        match self.kind {
            Kind::NullDeref | Kind::NullArgument | Kind::NullArithmetic => self.null_check(),
            Kind::MapValueBounds
            | Kind::MemBounds
            | Kind::StackBounds
            | Kind::UnboundedOffset
            | Kind::UnboundedLength
            | Kind::StackVariable => self.bound_check(cause),
            Kind::PacketBounds => self.end_check(cause),
            Kind::ReferenceLeak if self.blame.made.is_some() => self.destroy(),
            Kind::ReferenceLeak => self.release(),
            Kind::PacketStale => {
                Some("load the pointers from the context again after that call, and check them again".into())
            }
            Kind::UninitStack => Some(self.clear()),
            Kind::NoReturnValue => Some("return a value on every path: `return 0;`".into()),
            Kind::ReturnRange => self.verdicts(),
            _ => None,
        }
    }

    /// `if (!v) return 0;`
    fn null_check(&self) -> Option<String> {
        let root = self.replay.root(self.culprit()?);
        // Where it is known to be NULL, the check is there, the wrong way round.
        if self.replay.value(root).how == How::Const(0) || self.found_null(root) {
            return None;
        }
        let Some(name) = self.plain_name(root).or_else(|| self.pointer_at_fault()) else {
            return Some("check for NULL what the call returned, before its use".to_owned());
        };
        let check = format!("check it before its use: `if (!{name}) {}`", self.leave());
        let argument = matches!(self.replay.value(root).how, How::Entry(_));
        Some(if argument { check + ", or declare the argument `__arg_nonnull`" } else { check })
    }

    pub(super) fn plain_name(&self, vid: Vid) -> Option<String> {
        self.name(vid).map(|n| n.trim_matches('`').to_owned())
    }

    /// The pointer that the failing line names.
    fn pointer_at_fault(&self) -> Option<String> {
        let line = self.unit.line_of(self.at)?;
        ctext::pointer(&line.text, line.column).map(str::to_owned)
    }

    /// `if (i > 40) return 0;`
    fn bound_check(&self, cause: Option<&str>) -> Option<String> {
        // Ranges as messages show them: only numbers below 0 have a minus.
        let negative = cause.is_some_and(|c| c.contains('-') || c.contains("any number"));
        if let Some((memory, len)) = self.memory_argument() {
            return self.length_check(memory, len, negative);
        }
        if let Some((pointer, number)) = self.added() {
            let (index, scale) = self.replay.scaled(number);
            let room = self.room(pointer)? - self.access_after()?;
            let most = room.checked_div_euclid(scale).filter(|&m| m >= 0)?;
            let name = self.index_name(index)?;
            if let Some(advice) = self.once(&name, most) {
                return Some(advice);
            }
            let name = ctext::operand(&name);
            return Some(format!(
                "check both ends, or make it unsigned: `if ({name} < 0 || {name} > {most}) {}`",
                self.leave()
            ));
        }
        let indexed = self.indexed()?;
        let size = self.access()?;
        let first = indexed.fixed + i64::from(self.displacement());
        let room = self.room(indexed.pointer)? - first - i64::from(size.bytes());
        let most = room.checked_div_euclid(indexed.scale).filter(|&m| room >= 0 && m >= 0)?;
        let name = self.index_name(indexed.index)?;
        if let Some(advice) = self.once(&name, most) {
            return Some(advice);
        }
        let name = ctext::operand(&name);
        // Where the access begins before the memory for small numbers, those are the ones to refuse.
        let least = match -(first.div_euclid(indexed.scale)) {
            least if least > 0 => format!("{name} < {least} || "),
            _ if negative && first >= 0 && !self.is_frame(indexed.pointer) => format!("{name} < 0 || "),
            _ => String::new(),
        };
        Some(format!("check it before its use: `if ({least}{name} > {most}) {}`", self.leave()))
    }

    fn is_frame(&self, pointer: Vid) -> bool {
        matches!(self.replay.value(pointer).how, How::Frame(..))
    }

    /// What is read anew at its use is another number than the one that was checked.
    fn once(&self, name: &str, most: i64) -> Option<String> {
        let checked = |at: usize| self.unit.line_of(at).is_some_and(|l| l.text.contains(name));
        let memory = name.contains("->") || name.contains('[');
        let again = memory && self.replay.compared.iter().any(|c| checked(self.replay.path[c.step] as usize));
        again.then(|| {
            format!("read it once, and use what was checked: `__u64 i = {name}; if (i > {most}) {}`", self.leave())
        })
    }

    /// What the program calls an index: as the line at fault says it, else by where it was made.
    pub(super) fn index_text(&self, index: Vid) -> String {
        self.index_name(index).map_or_else(|| "a number".to_owned(), |n| format!("`{n}`"))
    }

    /// `__builtin_memset(&e, 0, sizeof(e));`
    fn clear(&self) -> String {
        let line = self.unit.line_of(self.at);
        let helper = self.helper().zip(self.blame.argument);
        let argument = helper.and_then(|(proto, at)| {
            ctext::arguments(&line?.text, &proto.name)?.get(usize::from(at)).map(|s| (*s).to_owned())
        });
        let name = argument.as_deref().and_then(|a| a.strip_prefix('&'));
        match name.filter(|n| n.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            Some(name) => {
                format!(
                    "clear it before it is filled in, padding included: `__builtin_memset(&{name}, 0, sizeof({name}));`"
                )
            }
            None => "initialise the variable where it is declared: `= {}`".to_owned(),
        }
    }

    /// What to call an index in a check. Of `i + 2` in brackets only `i`, where the compiler made the 2 a part of the
    /// access: the check is of the number that is left.
    pub(super) fn index_name(&self, index: Vid) -> Option<String> {
        let line = self.unit.line_of(self.at);
        let Some(text) = line.and_then(|l| ctext::index(&l.text)) else {
            return self.plain_name(self.replay.root(index));
        };
        let Some(place) = ctext::without_constant(text) else { return Some(text.to_owned()) };
        let (vid, _) = self.replay.scaled(index);
        let added = match self.replay.value(vid).how {
            How::Alu { op: AluOp::Add | AluOp::Sub, right, .. } => {
                matches!(self.replay.value(right).how, How::Const(_))
            }
            _ => false,
        };
        Some(if added { text.to_owned() } else { place.to_owned() })
    }

    fn length_check(&self, memory: usize, len: usize, negative: bool) -> Option<String> {
        let pointer = self.replay.reg(*Reg::ARGS.get(memory)?);
        let length = self.replay.reg(*Reg::ARGS.get(len)?);
        let room = self.room(pointer)?;
        if let How::Const(_) = self.replay.value(length).how {
            return Some(format!("there are {room} bytes from there on: pass that many at most"));
        }
        let line = self.unit.line_of(self.at);
        let helper = self.helper()?;
        let written = line.and_then(|l| ctext::arguments(&l.text, &helper.name)?.get(len).map(|s| (*s).to_owned()));
        let name = written.or_else(|| self.plain_name(self.replay.root(length)))?;
        let zero_ok = matches!(helper.args.get(len).map(|a| a.kind), Some(ArgKind::Len { zero_ok: true }));
        let name = ctext::operand(&name);
        let least = match (zero_ok, negative) {
            (true, false) => String::new(),
            (true, true) => format!("{name} < 0 || "),
            (false, _) => format!("{name} < 1 || "),
        };
        Some(format!("check it before the call: `if ({least}{name} > {room}) {}`", self.leave()))
    }

    /// Bytes from a pointer to the end of what it points to, where the path tells.
    fn room(&self, pointer: Vid) -> Option<i64> {
        let made = self.replay.value(pointer);
        match made.how {
            How::Frame(_, off) => Some(-off),
            How::Ref(Ref::MapValue { map, off }) => {
                Some(i64::from(self.unit.maps.get(map as usize)?.spec.value_size) - i64::from(off))
            }
            How::Helper(id) => match self.unit.protos.get(id)?.ret {
                Ret::MapValueOrNull | Ret::MapValueMaybe => self.map_argument(made.step, id),
                Ret::AcquiredOrNull { size_arg: Some(arg), .. } | Ret::ViewOrNull { size_arg: arg, .. } => {
                    match self.replay.value(self.replay.arguments(made.step)?[usize::from(arg)]).how {
                        How::Const(size) => Some(size),
                        _ => None,
                    }
                }
                Ret::ElementOrNull { size } => Some(size.into()),
                Ret::AcquiredOrNull { size_arg: None, .. }
                | Ret::HostOrNull { .. }
                | Ret::Void
                | Ret::Scalar { .. } => None,
            },
            How::Alu { op: AluOp::Add, left, right, .. } => match self.replay.value(right).how {
                How::Const(c) => Some(self.room(left)? - c),
                _ => None,
            },
            _ => None,
        }
    }

    /// Value size of the map that a helper was called with.
    fn map_argument(&self, step: usize, id: u32) -> Option<i64> {
        let args = self.replay.arguments(step)?;
        let index = self.unit.protos.get(id)?.args.iter().position(|a| matches!(a.kind, ArgKind::Map(_)))?;
        match self.replay.value(args[index]).how {
            How::Ref(Ref::Map(map)) => Some(self.unit.maps.get(map as usize)?.spec.value_size.into()),
            _ => None,
        }
    }

    /// Size of the failing access.
    pub(super) fn access(&self) -> Option<Size> {
        accessed(&self.unit.code.insns()[self.at]).map(|(_, _, size)| size)
    }

    /// For an addition to a pointer: how far behind the sum the access that follows ends, in bytes.
    fn access_after(&self) -> Option<i64> {
        let sum = self.blame.reg?;
        let rest = self.unit.code.insns().get(self.at + 1..)?;
        for insn in rest.iter().take(MAX_AHEAD) {
            if let Some((_, off, size)) = accessed(insn).filter(|&(base, _, _)| base == sum) {
                return Some(i64::from(off) + i64::from(size.bytes()));
            }
            let rewritten = Usage::of(insn, &self.unit.protos).writes & 1 << sum.index() != 0;
            if rewritten || insn.target().is_some() || !insn.falls_through() {
                return None;
            }
        }
        None
    }

    pub(super) fn displacement(&self) -> i16 {
        accessed(&self.unit.code.insns()[self.at]).map_or(0, |(_, off, _)| off)
    }

    fn verdicts(&self) -> Option<String> {
        let names: Vec<String> = self.unit.hook.verdicts.iter().map(|(v, name)| format!("{name} ({v})")).collect();
        if names.is_empty() {
            let range = self.unit.hook.verdict?;
            return Some(format!("return a value in {}..={}", range.min, range.max));
        }
        Some(format!("return one of {}", names.join(", ")))
    }
}

/// Base, displacement and size of an instruction's access to memory.
pub(super) fn accessed(insn: &Insn) -> Option<(Reg, i16, Size)> {
    match *insn {
        Insn::Load { size, base, off, .. }
        | Insn::Store { size, base, off, .. }
        | Insn::Atomic { size, base, off, .. }
        | Insn::LoadAcquire { size, base, off, .. }
        | Insn::StoreRelease { size, base, off, .. } => Some((base, off, size)),
        Insn::Alu { .. }
        | Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => None,
    }
}
