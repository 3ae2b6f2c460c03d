//! Generators of programs of which many are accepted: mutants of what clang made, programs of fragments, and calls of every
//! helper by its prototype. With them, what was covered.

mod calls;
mod check;
mod coverage;
mod mutants;
mod opcodes;

pub use calls::{Call, Given, call_of};
pub use check::check;
pub use coverage::{Cell, Coverage, Triple, access_cell, impossible, impossible_with, universe};
pub use mutants::{Body, bodies, mutant};
pub use opcodes::{access_then, accesses_of, opcode, opcodes};

use stingless::abi::MapSpec;
use stingless::{RawMapDef, RawProgram};
use stingless_isa::encode;
use stingless_object::Unit;

/// The program of a unit, for a linker: maps that never change are filled and frozen.
///
/// # Errors
/// An instruction that has no encoding.
pub fn raw_program(unit: &Unit) -> Result<RawProgram, String> {
    let maps = unit.maps.iter().map(|m| RawMapDef {
        // Types are left behind with the object.
        spec: MapSpec { btf: (0, 0), ..m.spec.clone() },
        init: m.frozen.iter().map(|bytes| (vec![0; 4], bytes.to_vec())).collect(),
        freeze: m.frozen.is_some(),
        own_slots: Vec::new(),
    });
    Ok(RawProgram {
        name: "p".into(),
        insns: encode(&unit.code).map_err(|e| e.to_string())?,
        maps: maps.collect(),
        btf: None,
        func_info: Vec::new(),
        hook: unit.hook.name.to_string(),
        gpl: true,
    })
}
