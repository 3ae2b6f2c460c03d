//! Functions: where they start and end, what they refer to, and their instructions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stingless_isa::{Callee, DecodeErrorKind, Insn, Ref, Slots, decode_slots};

use crate::btf::{Btf, CoreRelo, Ext, FuncRecord, Kind, LineRecord, TypeId, func_at};
use crate::elf::{Elf, Symbol, SymbolKind};
use crate::error::{ObjectError, ObjectErrorKind, budget, within};
use crate::maps::Maps;
use crate::reloc::{RawTarget, Site, Target, Why, is_code, sites};

/// A function of the object, the entry of a program or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Func {
    pub(crate) name: Arc<str>,
    /// ELF index of its section.
    pub(crate) section: u32,
    /// First slot in the section.
    pub(crate) start: u32,
    /// One past the last slot.
    pub(crate) end: u32,
    /// Seen by other objects (`STB_GLOBAL`, `STB_WEAK`).
    pub(crate) global: bool,
    pub(crate) weak: bool,
    pub(crate) hidden: bool,
    /// Its BTF `Func`, 0 where there is none.
    pub(crate) ty: TypeId,
    /// Instructions, with `Symbol(i)` for `targets[i]`.
    pub(crate) body: Result<Slots, Fault>,
    pub(crate) targets: Vec<Target>,
    /// Line records; offsets are slots in the section.
    pub(crate) lines: Vec<LineRecord>,
    /// CO-RE records; offsets are slots in the section.
    pub(crate) relos: Vec<CoreRelo>,
}

/// Why a function has no instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Slot in its section.
    pub(crate) slot: u32,
    pub(crate) kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Decode(DecodeErrorKind),
    /// A relocation of something that is neither a call nor a 64-bit immediate.
    Relocation,
}

/// A function's extent, before its instructions are looked at.
struct Extent<'a> {
    name: &'a str,
    start: u32,
    end: u32,
    global: bool,
    weak: bool,
    hidden: bool,
}

/// All functions of an object, in order of section and start.
pub(crate) fn functions(elf: &Elf<'_>, maps: &Maps, btf: Option<&Btf>, ext: &Ext) -> Result<Vec<Func>, ObjectError> {
    let all_sites = all_sites(elf, maps)?;
    let code_targets = all_sites.values().flatten().filter_map(|s| match s.target {
        RawTarget::Code { section, slot, .. } => Some((section, slot)),
        RawTarget::Known(_) => None,
    });
    let called: BTreeSet<(u32, u32)> = code_targets.collect();
    let mut funcs = Vec::new();
    for &index in all_sites.keys() {
        funcs.extend(extents(elf, index, &called)?.into_iter().map(|e| (index, e)));
        within("functions", funcs.len() as u64, budget::SYMBOLS as u64)
            .map_err(|k| ObjectError::new(elf.sections[index as usize].name, 0, k))?;
    }
    let starts: BTreeMap<(u32, u32), u32> = funcs.iter().map(|(s, e)| (*s, e.start)).zip(0..).collect();
    let types = func_types(btf);
    let builder = Builder { elf, btf, ext, types: &types, starts: &starts };
    let mut out = Vec::with_capacity(funcs.len());
    let mut insns = 0;
    for (section, extent) in funcs {
        let func = builder.func(section, extent, &all_sites[&section]);
        insns += func.body.as_ref().map_or(0, |slots| slots.insns.len() as u64);
        let (at, name) = (u64::from(func.start) * 8, elf.sections[section as usize].name);
        within("instructions", insns, budget::INSNS as u64).map_err(|k| ObjectError::new(name, at, k))?;
        out.push(func);
    }
    Ok(out)
}

/// The references of each section of code.
fn all_sites(elf: &Elf<'_>, maps: &Maps) -> Result<BTreeMap<u32, Vec<Site>>, ObjectError> {
    let mut out = BTreeMap::new();
    let mut bytes = 0;
    for (section, index) in elf.sections.iter().zip(0..) {
        if !is_code(section) {
            continue;
        }
        let err = |kind| ObjectError::new(section.name, 0, kind);
        if section.compressed {
            return Err(err(ObjectErrorKind::Unsupported { what: "a compressed section" }));
        }
        if !section.data.len().is_multiple_of(8) {
            return Err(err(ObjectErrorKind::CodeLength { bytes: section.size }));
        }
        // Hostile sections overlap.
        bytes += section.size;
        within("bytes of code", bytes, budget::FILE as u64).map_err(err)?;
        out.insert(index, sites(elf, index, maps)?);
    }
    Ok(out)
}

/// BTF functions by name.
pub(crate) fn func_types(btf: Option<&Btf>) -> BTreeMap<&str, TypeId> {
    let Some(btf) = btf else { return BTreeMap::new() };
    let funcs = (0..).zip(btf.types()).filter(|(_, t)| matches!(t.kind, Kind::Func { .. }));
    funcs.map(|(id, t)| (btf.string(t.name), id)).collect()
}

/// The functions of a section: those of symbols, else the section as a whole; and what is called outside of them.
fn extents<'a>(elf: &Elf<'a>, index: u32, called: &BTreeSet<(u32, u32)>) -> Result<Vec<Extent<'a>>, ObjectError> {
    let section = &elf.sections[index as usize];
    let slots = (section.data.len() / 8) as u32;
    let mut out = Vec::new();
    for symbol in function_symbols(elf, index) {
        let limit = section.size;
        if symbol.value >= limit || symbol.value % 8 != 0 {
            let kind = ObjectErrorKind::Malformed { what: "a function's offset", found: symbol.value, limit };
            return Err(ObjectError::new(section.name, symbol.value, kind));
        }
        let start = (symbol.value / 8) as u32;
        let end = u32::try_from(symbol.size / 8).map_or(slots, |n| n.saturating_add(start).min(slots));
        let (global, weak, hidden) = (symbol.global, symbol.weak, symbol.hidden);
        out.push(Extent { name: symbol.name, start, end, global, weak, hidden });
    }
    if out.is_empty() {
        out.push(Extent { name: section.name, start: 0, end: 0, global: true, weak: false, hidden: false });
    }
    // What is called where no symbol says that a function is: objects of assemblers, stripped ones.
    let symbols = out.len();
    for &(_, slot) in called.range((index, 0)..(index, slots)) {
        let before = out[..symbols].partition_point(|e| e.start <= slot);
        let covered = before > 0 && (out[before - 1].end > slot || out[before - 1].start == slot);
        if !covered {
            out.push(Extent { name: "", start: slot, end: 0, global: false, weak: false, hidden: false });
        }
    }
    out.sort_by_key(|e| e.start);
    let nexts: Vec<u32> = out.iter().skip(1).map(|e| e.start).chain([slots]).collect();
    for (extent, next) in out.iter_mut().zip(nexts) {
        // A function whose size is not known ends where the next one starts.
        extent.end = if extent.end <= extent.start { next } else { extent.end.min(next) };
    }
    Ok(out)
}

/// The symbols that start a function, one per place, in order.
fn function_symbols<'e, 'a>(elf: &'e Elf<'a>, index: u32) -> Vec<&'e Symbol<'a>> {
    let named = |kind| elf.symbols_in(index).filter(move |s| s.kind == kind && !s.name.is_empty());
    let mut symbols: Vec<&Symbol<'a>> = named(SymbolKind::Func).collect();
    if symbols.is_empty() {
        symbols = named(SymbolKind::NoType).filter(|s| s.global).collect();
    }
    symbols.sort_by_key(|s| (s.value, !s.global));
    symbols.dedup_by_key(|s| s.value);
    symbols
}

struct Builder<'a> {
    elf: &'a Elf<'a>,
    btf: Option<&'a Btf>,
    ext: &'a Ext,
    types: &'a BTreeMap<&'a str, TypeId>,
    starts: &'a BTreeMap<(u32, u32), u32>,
}

impl Builder<'_> {
    fn func(&self, index: u32, extent: Extent<'_>, sites: &[Site]) -> Func {
        let section = &self.elf.sections[index as usize];
        let Extent { name, start, end, global, weak, hidden } = extent;
        let first = sites.partition_point(|s| s.slot < start);
        let last = sites.partition_point(|s| s.slot < end);
        let sites = &sites[first..last];
        let code = &section.data[start as usize * 8..end as usize * 8];
        let relative = |slot: u32| sites.binary_search_by_key(&(slot + start), |s| s.slot).ok().map(|i| i as u32);
        let body = decode_slots(code, relative)
            .map_err(|err| Fault { slot: start + err.slot, kind: FaultKind::Decode(err.kind) })
            .and_then(|slots| unrelocated(sites, start, &slots).map_or(Ok(slots), Err));
        let (from, to) = (start * 8, end * 8);
        Func {
            name: name.into(),
            section: index,
            start,
            end,
            global,
            weak,
            hidden,
            ty: self.ty(section.name, name, from.into()),
            body,
            targets: sites.iter().map(|s| self.target(s.target)).collect(),
            lines: within_range(self.ext.lines.get(section.name), from, to, |r: &LineRecord| r.offset)
                .map(|r| LineRecord { offset: r.offset / 8, ..*r })
                .collect(),
            relos: within_range(self.ext.relos.get(section.name), from, to, |r: &CoreRelo| r.offset)
                .map(|r| CoreRelo { offset: r.offset / 8, ..*r })
                .collect(),
        }
    }

    /// A function's BTF type: by its record, else by its name.
    fn ty(&self, section: &str, name: &str, offset: u64) -> TypeId {
        let Some(btf) = self.btf else { return 0 };
        let records: &[FuncRecord] = self.ext.funcs.get(section).map_or(&[], |r| r);
        func_at(records, offset, btf).or_else(|| self.types.get(name).copied()).unwrap_or(0)
    }

    fn target(&self, raw: RawTarget) -> Target {
        match raw {
            RawTarget::Known(target) => target,
            RawTarget::Code { section, slot, symbol } => match self.starts.get(&(section, slot)) {
                Some(&func) => Target::Func(func),
                None => Target::Unsupported { symbol, why: Why::NoFunction { slot } },
            },
        }
    }
}

/// The first reference that no instruction takes up.
fn unrelocated(sites: &[Site], start: u32, slots: &Slots) -> Option<Fault> {
    let taken = |site: &&Site| {
        let insn = slots.insn_at(site.slot - start).and_then(|i| slots.insns.get(i as usize));
        matches!(insn, Some(Insn::Call(Callee::Symbol(_)) | Insn::LoadRef { target: Ref::Symbol(_), .. }))
    };
    sites.iter().find(|s| !taken(s)).map(|s| Fault { slot: s.slot, kind: FaultKind::Relocation })
}

/// The records of a sorted list whose offset is in a range of bytes.
fn within_range<T>(
    records: Option<&Vec<T>>,
    from: u32,
    to: u32,
    offset: impl Fn(&T) -> u32,
) -> impl Iterator<Item = &T> {
    let records = records.map_or(&[][..], |r| r);
    let first = records.partition_point(|r| offset(r) < from);
    let last = records.partition_point(|r| offset(r) < to);
    records[first..last.max(first)].iter()
}
