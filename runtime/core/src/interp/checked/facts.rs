//! Facts, tested where they speak. What fails here is a bug of the verifier.

use stingless_abi::TrapKind;
use stingless_isa::{Insn, Reg};
use stingless_verifier::{Access, Facts, Operands, Side};

use crate::interp::checked::is_map;
use crate::interp::checked::region::{Frame, Kind};
use crate::interp::{Site, Stop};

/// A fact that does not hold.
fn wrong(message: String) -> Stop {
    Stop::new(TrapKind::Fact, message)
}

fn facts(site: Site<'_>) -> Option<&Facts> {
    site.program.facts()
}

/// `Facts::reached`.
pub(crate) fn reached(site: Site<'_>) -> Result<(), Stop> {
    match facts(site).and_then(|f| f.reached.get(site.at)) {
        Some(false) => Err(wrong("the proof says that no run comes here".to_owned())),
        Some(true) | None => Ok(()),
    }
}

/// `Facts::unset_args`: whether the call passes 0 for what the register holds.
pub(crate) fn passed_as_zero(site: Site<'_>, reg: Reg) -> bool {
    let unset = facts(site).and_then(|f| f.unset_args.get(&(site.at as u32)));
    unset.is_some_and(|regs| regs & 1 << reg.index() != 0)
}

/// `Facts::branch`.
pub(crate) fn branch(site: Site<'_>, taken: bool) -> Result<(), Stop> {
    match facts(site).and_then(|f| *f.branch.get(site.at)?) {
        Some(always) if always != taken => {
            Err(wrong(format!("the proof says that the branch is taken: {always}; it was: {taken}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// `Facts::access`.
pub(crate) fn access(site: Site<'_>, found: Kind) -> Result<(), Stop> {
    let Some(facts) = facts(site) else { return Ok(()) };
    let ok = match facts.access.get(site.at).copied().flatten() {
        None => false,
        // `Mem` is what a global function was given, too: any memory of the caller's.
        Some(Access::Mem | Access::Mixed) => true,
        Some(Access::Stack) => found == Kind::Stack,
        Some(Access::Data) => found == Kind::Data,
        Some(Access::MapValue(want)) => {
            matches!(found, Kind::MapValue(map) if is_map(site.program, map, want as usize))
        }
        Some(Access::Ctx) => false,
    };
    if ok {
        return Ok(());
    }
    let want = facts.access.get(site.at).copied().flatten();
    Err(wrong(format!("the proof says that the access goes to {want:?}; it goes to {}", found.name())))
}

/// `Facts::linear` and `Facts::precise`, each on its own.
pub(crate) fn operands(site: Site<'_>, insn: &Insn, regs: &[u64; Reg::COUNT]) -> Result<(), Stop> {
    let Some(facts) = facts(site) else { return Ok(()) };
    for side in Side::ALL {
        let Some(reg) = side.register(insn) else { continue };
        let found = regs[reg.index()];
        let wrong_in = |table: &Operands| table.get(site.at, side).copied().filter(|num| !num.contains(found));
        for (table, name) in [(&facts.linear, "linear pass"), (&facts.precise, "exploration")] {
            if let Some(num) = wrong_in(table) {
                return Err(wrong(format!("the {name} says that {reg} is {num:?}; it is {found:#x}")));
            }
        }
    }
    Ok(())
}

/// `Facts::value_off`.
pub(crate) fn value_off(site: Site<'_>, found: u64) -> Result<(), Stop> {
    match facts(site).and_then(|f| *f.value_off.get(site.at)?) {
        Some((least, most)) if !(u64::from(least)..=u64::from(most)).contains(&found) => Err(wrong(format!(
            "the proof says that the access goes to offset {least}..={most} of a map value; it goes to {found}"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// `Facts::ctx_off`.
pub(crate) fn ctx_off(site: Site<'_>, found: i64) -> Result<(), Stop> {
    let want = facts(site).and_then(|f| *f.ctx_off.get(site.at)?);
    if want.is_some_and(|want| i64::from(want) == found) {
        return Ok(());
    }
    Err(wrong(format!("the proof says that the access goes to context offset {want:?}; it goes to {found}")))
}

/// `Facts::call_map`.
pub(crate) fn call_map(site: Site<'_>, (found, address): (usize, u64)) -> Result<(), Stop> {
    match facts(site).and_then(|f| *f.call_map.get(site.at)?) {
        Some(want) if !is_map(site.program, address, want as usize) => {
            Err(wrong(format!("the proof says that the call gets map {want}; it gets map {found}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// `Facts::stack_depth`.
pub(crate) fn stack_depth(_: Site<'_>, frame: &Frame, depth: u64) -> Result<(), Stop> {
    match frame.proved_depth {
        Some(proved) if depth > proved.into() => Err(wrong(format!(
            "the proof says that function {} touches {proved} bytes of stack; byte {depth} is touched",
            frame.sub
        ))),
        Some(_) | None => Ok(()),
    }
}

/// One program's run from its entry: for `Facts::longest_path`.
#[derive(Debug)]
pub(crate) struct Activation {
    /// Index of its first frame.
    pub(crate) base: usize,
    /// Instructions so far.
    pub(crate) steps: u64,
}

impl Activation {
    /// Counts an instruction.
    pub(crate) fn step(&mut self, site: Site<'_>) -> Result<(), Stop> {
        self.steps += 1;
        match facts(site).and_then(|f| f.longest_path) {
            Some(longest) if self.steps > longest => {
                Err(wrong(format!("the proof says that no run takes more than {longest} instructions")))
            }
            Some(_) | None => Ok(()),
        }
    }
}
