//! What to paste. Only where the report knows that it is what is missing.

use stingless_abi::{ArgKind, Entry, ObjectAction, Proto, Ret};
use stingless_isa::{Insn, Ref, Reg, Size};

use super::causes::Scene;
use super::replay::{How, Vid};
use super::{Kind, ctext};
use crate::usage::Usage;

/// Instructions after an addition that are looked at for its use.
const MAX_AHEAD: usize = 8;

impl Scene<'_> {
    /// A suggestion, if one fits.
    pub(super) fn advice(&self) -> Option<String> {
        match self.kind {
            Kind::NullDeref | Kind::NullArgument | Kind::NullArithmetic => self.null_check(),
            Kind::MapValueBounds
            | Kind::MemBounds
            | Kind::StackBounds
            | Kind::UnboundedOffset
            | Kind::UnboundedLength
            | Kind::StackVariable => self.bound_check(),
            Kind::PacketBounds => self.end_check(),
            Kind::ReferenceLeak if self.blame.made.is_some() => self.destroy(),
            Kind::ReferenceLeak => self.release(),
            Kind::PacketStale => {
                Some("load the pointers from the context again after that call, and check them again".into())
            }
            Kind::UninitStack => Some("initialise the variable where it is declared: `= {}`".into()),
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
        let name = self.plain_name(root).or_else(|| self.pointer_at_fault())?;
        let check = format!("check it before its use: `if (!{name}) return 0;`");
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
    fn bound_check(&self) -> Option<String> {
        if let Some((memory, len)) = self.memory_argument() {
            return self.length_check(memory, len);
        }
        if let Some((pointer, number)) = self.added() {
            let (index, scale) = self.replay.scaled(number);
            let room = self.room(pointer)? - self.access_after()?;
            let most = room.checked_div_euclid(scale).filter(|&m| m >= 0)?;
            let name = self.index_name(index)?;
            return Some(format!(
                "check both ends, or make it unsigned: `if ({name} < 0 || {name} > {most}) return 0;`"
            ));
        }
        let indexed = self.indexed()?;
        let size = self.access()?;
        let room =
            self.room(indexed.pointer)? - indexed.fixed - i64::from(self.displacement()) - i64::from(size.bytes());
        let most = room.checked_div_euclid(indexed.scale).filter(|&m| room >= 0 && m >= 0)?;
        let name = self.index_name(indexed.index)?;
        Some(format!("check it before its use: `if ({name} > {most}) return 0;`"))
    }

    fn index_name(&self, index: Vid) -> Option<String> {
        let line = self.unit.line_of(self.at);
        let here = line.and_then(|l| ctext::index(&l.text)).map(str::to_owned);
        here.or_else(|| self.plain_name(self.replay.root(index)))
    }

    fn length_check(&self, memory: usize, len: usize) -> Option<String> {
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
        Some(if zero_ok {
            format!("check it before the call: `if ({name} > {room}) return 0;`, with an unsigned `{name}`")
        } else {
            format!("check it before the call: `if ({name} < 1 || {name} > {room}) return 0;`")
        })
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
                Ret::AcquiredOrNull { size_arg: None, .. } | Ret::Void | Ret::Scalar { .. } => None,
            },
            How::Alu { op: stingless_isa::AluOp::Add, left, right, .. } => match self.replay.value(right).how {
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

    fn displacement(&self) -> i16 {
        accessed(&self.unit.code.insns()[self.at]).map_or(0, |(_, off, _)| off)
    }

    /// `if (data + 14 > data_end) return 0;` or, for memory with a length, `if (len < 14) return 0;`
    fn end_check(&self) -> Option<String> {
        let bytes = i64::from(self.displacement()) + i64::from(self.access()?.bytes());
        let (pointer, fixed, index) = match self.indexed() {
            Some(i) => (i.pointer, i.fixed, Some((i.index, i.scale))),
            None => {
                let (pointer, fixed) = self.offset(self.culprit()?);
                (pointer, fixed, None)
            }
        };
        let bytes = bytes + fixed;
        let root = self.replay.root(pointer);
        let term = match index {
            Some((index, 1)) => format!("{} + ", self.index_name(index)?),
            Some((index, scale)) => format!("{scale} * {} + ", self.index_name(index)?),
            None => String::new(),
        };
        if let (Entry::Mem { .. }, How::Entry(Reg::R1)) = (&self.unit.hook.entry, self.replay.value(root).how) {
            let len = self.parameter(0, Reg::R2).unwrap_or_else(|| "len".to_owned());
            return Some(format!("check the length before the access: `if ({len} < {term}{bytes}) return 0;`"));
        }
        let name = self.plain_name(root)?;
        let end = self.end_name();
        Some(format!(
            "check the end before the access: `if ((char *){name} + {term}{bytes} > (char *){end}) return 0;`"
        ))
    }

    /// A pointer without the constants added to it.
    fn offset(&self, mut vid: Vid) -> (Vid, i64) {
        let mut fixed = 0i64;
        while let How::Alu { op, left, right, .. } = self.replay.value(vid).how {
            match (op, self.replay.value(right).how) {
                (stingless_isa::AluOp::Add, How::Const(c)) => fixed = fixed.wrapping_add(c),
                (stingless_isa::AluOp::Sub, How::Const(c)) => fixed = fixed.wrapping_sub(c),
                (_, _) => break,
            }
            vid = left;
        }
        (vid, fixed)
    }

    /// What the program calls the end of the data.
    fn end_name(&self) -> String {
        let names = self.unit.lines.iter().filter_map(|l| ctext::assigned(&l.text, Some(l.column)));
        names.map(str::to_owned).find(|n| n.contains("end")).unwrap_or_else(|| "data_end".to_owned())
    }

    /// `bpf_ringbuf_discard(e, 0);`
    fn release(&self) -> Option<String> {
        let (_, vid) = self.leaked()?;
        let How::Helper(id) = self.replay.value(vid).how else { return None };
        let Ret::AcquiredOrNull { class, .. } = self.unit.protos.get(id)?.ret else { return None };
        let gives_back = |p: &Proto| {
            let arg = p.effects.releases.and_then(|index| p.args.get(usize::from(index)));
            arg.is_some_and(|a| a.kind == ArgKind::Acquired(class))
        };
        let mut releases: Vec<&Proto> = self.unit.protos.iter().map(|p| &**p).filter(|p| gives_back(p)).collect();
        releases.sort_by_key(|p| !p.name.contains("discard"));
        let helper = releases.first()?;
        let name = self.plain_name(vid).unwrap_or_else(|| "it".to_owned());
        let rest = ", 0".repeat(helper.args.len().saturating_sub(1));
        Some(format!("give it back before leaving: `{}({name}{rest});`", helper.name))
    }

    /// The helper that ends the object on the stack that is still there.
    fn destroy(&self) -> Option<String> {
        let made = self.blame.made? as usize;
        let maker = self.helper_at(made)?;
        let kind = maker.args.iter().find_map(|a| match a.kind {
            ArgKind::Object { kind, action: ObjectAction::Make } => Some(kind),
            _ => None,
        })?;
        let wanted = ArgKind::Object { kind, action: ObjectAction::Destroy };
        let mut ends: Vec<&Proto> = self.unit.protos.iter().map(|p| &**p).collect();
        ends.retain(|p| p.args.first().is_some_and(|a| a.kind == wanted));
        ends.sort_by_key(|p| !p.name.contains("discard"));
        let end = ends.first()?;
        let names = self.unit.line_of(made).and_then(|l| ctext::arguments(&l.text, &maker.name));
        let name = names.and_then(|n| n.into_iter().find(|n| n.starts_with('&'))).unwrap_or("it");
        let rest = ", 0".repeat(end.args.len().saturating_sub(1));
        let or = if kind.row().iterator { ", or let `bpf_for` do it" } else { "" };
        Some(format!("destroy it before leaving: `{}({name}{rest});`{or}", end.name))
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
fn accessed(insn: &Insn) -> Option<(Reg, i16, Size)> {
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
