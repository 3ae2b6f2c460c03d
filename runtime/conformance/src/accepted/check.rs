//! An accepted program in the checked interpreter.

use stingless::Error;
use stingless::abi::TrapKind;
use stingless_object::Unit;

use super::raw_program;
use crate::programs::{Host, Run, call};
use crate::random::Random;

/// Runs an accepted program on a few inputs of a seed, in the host's engine; how many.
///
/// # Errors
/// A promise of the verifier that is broken: memory, an obligation, a fact; or the program does not load after all.
pub fn check(host: &Host, unit: &Unit, seed: u64) -> Result<u64, String> {
    let Ok(raw) = raw_program(unit) else { return Ok(0) };
    let loaded = host.linker.load_raw(&raw).map_err(|e| e.to_string())?;
    if let Some(refused) = loaded.refused.first() {
        return Err(format!("accepted, then refused: {}", refused.error));
    }
    let mut random = Random::new(!seed);
    let lengths = [64, 14 + random.below(60) as usize, random.below(20) as usize];
    for (round, len) in lengths.into_iter().enumerate() {
        let mask = [0xff, 0x0f, 0xff][round];
        let data = (0..len).map(|_| random.bits() as u8 & mask).collect();
        match call(&loaded.collection, &unit.hook.name, "p", &Run { data, ..Run::default() }) {
            Ok(_) => {}
            Err(Error::Trap(trap)) => {
                if matches!(trap.kind, TrapKind::Memory | TrapKind::Obligation | TrapKind::Fact) {
                    return Err(trap.to_string());
                }
            }
            Err(e) => return Err(e.to_string()),
        }
    }
    Ok(lengths.len() as u64)
}
