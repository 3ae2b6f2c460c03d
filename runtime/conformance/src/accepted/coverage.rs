//! What accepted programs were made of: opcode by kind of pointer, arithmetic and comparisons by width and operand, helper
//! by what its pointer arguments pointed to.

use std::collections::{BTreeMap, BTreeSet};

use stingless_abi::{ArgKind, Proto};
use stingless_isa::{AluOp, AtomicOp, Callee, Cond, Insn, Operand, Size, UnaryOp, Width};
use stingless_verifier::{Access, Verified};

/// A cell: what, and on what.
pub type Cell = (String, &'static str);

/// A cell of three: an opcode that accesses memory, the kind of its pointer, and a helper that is called in the same program.
pub type Triple = (String, &'static str, String);

/// How often accepted programs had what.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<Cell, u64>, BTreeMap<Triple, u64>);

/// Cells that cannot be filled, with the reason, one a line: `what | on what | reason`; `*` stands for anything.
const IMPOSSIBLE: &str = include_str!("impossible.txt");

const KINDS: [&str; 6] = ["stack", "context", "data", "map value", "memory", "mixed"];

fn kind(access: Access) -> &'static str {
    match access {
        Access::Stack => KINDS[0],
        Access::Ctx => KINDS[1],
        Access::Data => KINDS[2],
        Access::MapValue(_) => KINDS[3],
        Access::Mem => KINDS[4],
        Access::Mixed => KINDS[5],
    }
}

fn form(width: Width, src: Operand) -> &'static str {
    match (width, src) {
        (Width::W32, Operand::Reg(_)) => "32, register",
        (Width::W32, Operand::Imm(_)) => "32, immediate",
        (Width::W64, Operand::Reg(_)) => "64, register",
        (Width::W64, Operand::Imm(_)) => "64, immediate",
    }
}

/// What an instruction is, and on what; `None` for those without an operand that matters.
fn cell(insn: &Insn, access: Option<Access>) -> Option<Cell> {
    let what = match insn {
        Insn::Alu { op, width, src, .. } => return Some((format!("{op:?}"), form(*width, *src))),
        Insn::Branch { cond, width, src, .. } => return Some((format!("if {cond:?}"), form(*width, *src))),
        Insn::Unary { op, .. } => return Some((format!("{op:?}"), "a number")),
        Insn::Load { size, signed, .. } => format!("load {}{size:?}", if *signed { "signed " } else { "" }),
        Insn::Store { size, src: Operand::Reg(_), .. } => format!("store {size:?}"),
        Insn::Store { size, src: Operand::Imm(_), .. } => format!("store immediate {size:?}"),
        Insn::Atomic { op, size, .. } => format!("{op:?} {size:?}"),
        Insn::LoadAcquire { size, .. } => format!("load-acquire {size:?}"),
        Insn::StoreRelease { size, .. } => format!("store-release {size:?}"),
        Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => return None,
    };
    Some((what, kind(access?)))
}

impl Coverage {
    /// Counts what runs of an accepted program may come by.
    pub fn add(&mut self, verified: &Verified) {
        let (unit, facts) = (verified.unit(), verified.facts());
        let (mut accesses, mut helpers) = (BTreeSet::new(), BTreeSet::new());
        for (at, insn) in unit.code.insns().iter().enumerate().filter(|(at, _)| facts.reached[*at]) {
            if let Some(cell) = cell(insn, facts.access[at]) {
                if facts.access[at].is_some() {
                    accesses.insert(cell.clone());
                }
                *self.0.entry(cell).or_default() += 1;
            }
            if let Insn::Call(Callee::Helper(id)) = insn
                && let Some(proto) = unit.protos.get(*id)
            {
                helpers.insert(proto.name.to_string());
                *self.0.entry((proto.name.to_string(), "called")).or_default() += 1;
            }
        }
        for ((what, on), helper) in accesses.iter().flat_map(|a| helpers.iter().map(move |h| (a, h))) {
            *self.1.entry((what.clone(), on, helper.clone())).or_default() += 1;
        }
    }

    /// Whether a cell of three is filled.
    #[must_use]
    pub fn has(&self, triple: &Triple) -> bool {
        self.1.contains_key(triple)
    }

    /// How many cells of three are filled; and how many of kind of pointer and helper.
    #[must_use]
    pub fn triples(&self) -> (usize, usize) {
        let pairs: BTreeSet<_> = self.1.keys().map(|(_, on, helper)| (on, helper)).collect();
        (self.1.len(), pairs.len())
    }

    /// Counts a helper's argument that pointed there.
    pub fn argument(&mut self, proto: &Proto, to: &'static str) {
        *self.0.entry((proto.name.to_string(), to)).or_default() += 1;
    }

    /// How many cells are filled.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.0.len()
    }

    /// Cells of a universe that are empty and need not be.
    #[must_use]
    pub fn empty(&self, universe: &BTreeSet<Cell>) -> Vec<Cell> {
        universe.iter().filter(|cell| !self.0.contains_key(*cell) && impossible(cell).is_none()).cloned().collect()
    }

    /// One line for each opcode or helper.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut rows: BTreeMap<&str, String> = BTreeMap::new();
        for ((what, on), n) in &self.0 {
            let row = rows.entry(what).or_insert_with(|| format!("{what:24}"));
            *row += &format!("  {on} {n}");
        }
        rows.into_values().collect()
    }
}

/// Why a cell cannot be filled.
#[must_use]
pub fn impossible(cell: &Cell) -> Option<&'static str> {
    let fits = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    };
    IMPOSSIBLE.lines().filter(|l| !l.starts_with('#')).find_map(|line| {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (what, on, why) = (parts.next()?, parts.next()?, parts.next()?);
        (fits(what, &cell.0) && fits(on, cell.1)).then_some(why)
    })
}

/// The cell of an access through the pointer that `opcodes::accesses_of` gives by number.
#[must_use]
pub fn access_cell(insn: &Insn, pointer: usize) -> Option<Cell> {
    let on = [Access::Stack, Access::Data, Access::MapValue(0), Access::Mem, Access::Mixed, Access::Ctx, Access::Ctx];
    cell(insn, on.get(pointer).copied())
}

/// Why a cell of three cannot be filled, where its helper is called in `tc` or else in `xdp` alone, whose contexts differ.
#[must_use]
pub fn impossible_with((what, on, _): &Triple, tc: bool) -> Option<&'static str> {
    let context = if tc { "context of tc" } else { "context of xdp" };
    impossible(&(what.clone(), if *on == KINDS[1] { context } else { on }))
}

/// Every opcode on every kind of operand, and each of these helpers.
#[must_use]
pub fn universe<'p>(helpers: impl Iterator<Item = &'p Proto>) -> BTreeSet<Cell> {
    let mut all = BTreeSet::new();
    let widths = ["32, register", "32, immediate", "64, register", "64, immediate"];
    let names = AluOp::ALL.iter().map(|op| format!("{op:?}")).chain(Cond::ALL.iter().map(|c| format!("if {c:?}")));
    for name in names {
        all.extend(widths.map(|w| (name.clone(), w)));
    }
    all.extend(UnaryOp::ALL.iter().map(|op| (format!("{op:?}"), "a number")));
    let mut on = |what: String| all.extend(KINDS.map(|k| (what.clone(), k)));
    for size in Size::ALL {
        for what in ["load", "load signed", "store", "store immediate", "load-acquire", "store-release"] {
            on(format!("{what} {size:?}"));
        }
    }
    for op in AtomicOp::ALL {
        for size in [Size::W, Size::DW] {
            on(format!("{op:?} {size:?}"));
        }
    }
    for proto in helpers {
        let name = proto.name.to_string();
        all.insert((name.clone(), "called"));
        // Whether packets may be given depends on the helper, as in Linux: counted, but not asked for.
        if proto.args.iter().any(|a| matches!(a.kind, ArgKind::Mem { .. } | ArgKind::MapKey | ArgKind::MapValue(_))) {
            all.extend(["to stack", "to map value"].map(|to| (name.clone(), to)));
        }
    }
    all
}
