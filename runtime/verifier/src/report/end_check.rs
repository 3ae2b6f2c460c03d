//! The check that is missing before an access to data between a start and an end, or of a length.

use stingless_abi::{CtxField, Entry, FieldKind};
use stingless_isa::{AluOp, Reg, Size};

use super::causes::Scene;
use super::ctext;
use super::replay::{How, Vid};

/// What is accessed: `pointer + scale * index + first`, up to `bytes` from there on without the index.
struct Target {
    pointer: Vid,
    index: Option<(Vid, i64)>,
    first: i64,
    bytes: i64,
}

/// Numbers above this teach nothing when they are added to a pointer into a packet, whatever the sum is compared with.
const MAX_ADDED: i64 = 0xffff;
/// What they are suggested to be bounded by: below it with whatever is added beside.
const BOUND: i64 = 0x7fff;

impl Scene<'_> {
    /// `if (data + 14 > data_end) return 0;` or, for memory with a length, `if (len < 14) return 0;`
    pub(super) fn end_check(&self, cause: Option<&str>) -> Option<String> {
        let target = self.target()?;
        if matches!(self.unit.hook.entry, Entry::Mem { .. }) {
            return self.length_of_input(&target);
        }
        // In front of the data there is nothing to check for.
        if target.first < 0 && target.index.is_none() {
            return None;
        }
        if let Some((index, 1)) = target.index
            && most_of(cause).is_some_and(|most| most >= MAX_ADDED)
            && self.is_end_checked()
        {
            return self.bound_before(index);
        }
        let end = self.end_name(&target);
        let line = self.unit.line_of(self.at);
        let (barrier, leave) = (self.barrier(), self.leave());
        if let Some(past) = line.and_then(|l| ctext::element_end(&l.text, Some(l.column))) {
            let check = format!("{barrier}if ((void *)({past}) > (void *){end}) {leave}");
            return Some(format!("check the end before the access: `{check}`{}", why(&barrier)));
        }
        let term = self.term(&target)?;
        let name = self.plain_name(self.replay.root(target.pointer))?;
        let check = format!("if ((char *){name} + {term}{} > (char *){end}) {leave}", target.bytes);
        Some(format!("check the end before the access: `{barrier}{check}`{}", why(&barrier)))
    }

    fn target(&self) -> Option<Target> {
        let displacement = i64::from(self.displacement());
        let (pointer, fixed, index) = match self.indexed() {
            Some(i) => (i.pointer, i.fixed, Some((i.index, i.scale))),
            None => {
                let (pointer, fixed) = self.offset(self.culprit()?);
                (pointer, fixed, None)
            }
        };
        let first = displacement + fixed;
        Some(Target { pointer, index, first, bytes: first + i64::from(self.access()?.bytes()) })
    }

    /// `8 * i + `
    fn term(&self, target: &Target) -> Option<String> {
        Some(match target.index {
            Some((index, 1)) => format!("{} + ", self.index_name(index)?),
            Some((index, scale)) => format!("{scale} * {} + ", self.index_name(index)?),
            None => String::new(),
        })
    }

    /// For the memory that the program was given: a check of its length.
    fn length_of_input(&self, target: &Target) -> Option<String> {
        if self.replay.value(self.replay.root(target.pointer)).how != How::Entry(Reg::R1) {
            return None;
        }
        let len = self.parameter(0, Reg::R2).unwrap_or_else(|| "len".to_owned());
        let check = |condition: String| {
            Some(format!("check the length before the access: `if ({condition}) {}`", self.leave()))
        };
        let root = target.index.map(|(index, _)| self.replay.root(index));
        if root.is_some_and(|root| self.replay.value(root).how == How::Entry(Reg::R2)) {
            // From the end: as many bytes as the access goes back.
            return if target.first < 0 { check(format!("{len} < {}", -target.first)) } else { None };
        }
        let text = self.unit.line_of(self.at).and_then(|l| ctext::index(&l.text));
        if let Some(text) = text.filter(|_| target.index.is_none() && self.access() == Some(Size::B)) {
            return check(format!("{text} >= {len}"));
        }
        check(format!("{len} < {}{}", self.term(target)?, target.bytes))
    }

    /// Whether the path compared the pointer at fault, as it is, with another one.
    fn is_end_checked(&self) -> bool {
        let Some((own, _)) = self.culprit().map(|vid| self.offset(vid)) else { return false };
        let compared = self.replay.compared.iter();
        compared.into_iter().any(|c| {
            let pointers = self.replay.is_pointer(c.left) && self.replay.is_pointer(c.right);
            pointers && [c.left, c.right].iter().any(|&side| self.offset(side).0 == own)
        })
    }

    /// `if (skip > 65535) return 0;`, before the number is added.
    fn bound_before(&self, index: Vid) -> Option<String> {
        let name = self.plain_name(self.replay.root(index))?;
        let (sum, _) = self.offset(self.culprit()?);
        let line = self.unit.line_of(self.replay.path[self.replay.value(sum).step] as usize)?.line;
        Some(format!("bound it before line {line}: `if ({name} > {BOUND}) {}`", self.leave()))
    }

    /// In a loop clang would take a check of a counter out, and compare lengths in place of pointers.
    fn barrier(&self) -> String {
        let line = self.unit.line_of(self.at).filter(|_| self.cfg.loop_of(self.at).is_some());
        let index = line.and_then(|l| ctext::index(&l.text));
        let plain = |text: &&str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
        index.filter(plain).map_or(String::new(), |i| format!("asm volatile(\"\" : \"+r\"({i})); "))
    }

    /// A pointer without the constants added to it.
    pub(super) fn offset(&self, mut vid: Vid) -> (Vid, i64) {
        let mut fixed = 0i64;
        while let How::Alu { op, left, right, .. } = self.replay.value(vid).how {
            match (op, self.replay.value(right).how) {
                (AluOp::Add, How::Const(c)) => fixed = fixed.wrapping_add(c),
                (AluOp::Sub, How::Const(c)) => fixed = fixed.wrapping_sub(c),
                (_, _) => break,
            }
            vid = left;
        }
        (vid, fixed)
    }

    /// What the program calls the end of the data; else the context's field.
    fn end_name(&self, target: &Target) -> String {
        let meta = self.field_of(target.pointer).map(|f| f.kind);
        let is_meta = matches!(meta, Some(FieldKind::DataMeta { .. }));
        let names = self.unit.lines.iter().filter_map(|l| ctext::assigned(&l.text, Some(l.column)));
        if let Some(name) =
            names.map(str::to_owned).find(|n| n.contains("end") && !n.contains("->")).filter(|_| !is_meta)
        {
            return name;
        }
        // Metadata end where the data start.
        let ends = |f: &&CtxField| match f.kind {
            FieldKind::DataStart { .. } => is_meta,
            FieldKind::DataEnd { .. } => !is_meta,
            FieldKind::Scalar { .. } | FieldKind::DataMeta { .. } | FieldKind::Object { .. } => false,
        };
        let field = self.unit.hook.ctx().and_then(|layout| layout.fields.iter().find(ends));
        let ctx = self.parameter(0, Reg::R1).unwrap_or_else(|| "ctx".to_owned());
        field.map_or_else(|| "data_end".to_owned(), |f| format!("(long){ctx}->{}", f.name))
    }

    /// The field of the context that a pointer was loaded from.
    fn field_of(&self, pointer: Vid) -> Option<&CtxField> {
        let How::Load { off, .. } = self.replay.value(self.replay.root(pointer)).how else { return None };
        self.unit.hook.ctx()?.field_at(off.into())
    }
}

/// The upper end of the range in a cause: `255` of `the offset is 0..=255, 14 bytes are known to be there`.
fn most_of(cause: Option<&str>) -> Option<i64> {
    let rest = cause?.split("..=").nth(1)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn why(barrier: &str) -> &'static str {
    if barrier.is_empty() { "" } else { " (the first part keeps the compiler from taking the check out of the loop)" }
}
