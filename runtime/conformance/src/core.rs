//! The engines of the product as engines of the corpus: interpreter, checked interpreter, published machine code.

use std::time::Duration;

use stingless::{EngineKind, HelperFn, run_assumed};
use stingless_abi::Effects;
use stingless_isa::Code;
use stingless_object::Unit;
use stingless_verifier::Assumed;

use crate::engine::{Engine, HELPERS, Helper};
use crate::unit::{proto, raw_hook};

/// One of core's engines.
#[derive(Debug)]
pub struct Core {
    /// Name in reports.
    pub name: &'static str,
    /// The engine.
    pub kind: EngineKind,
    /// Bound of a run; with one, compiled code carries deadline checks.
    pub deadline: Option<Duration>,
}

impl Core {
    /// Every engine that this machine has, with deadlines on and off.
    #[must_use]
    pub fn all() -> Vec<Core> {
        let deadline = Some(Duration::from_secs(60));
        let mut all = vec![
            Core { name: "interp", kind: EngineKind::Interp, deadline: None },
            Core { name: "checked", kind: EngineKind::Checked, deadline },
        ];
        if cfg!(target_arch = "x86_64") {
            all.push(Core { name: "jit", kind: EngineKind::Jit, deadline: None });
            all.push(Core { name: "jit with deadline checks", kind: EngineKind::Jit, deadline });
        }
        all
    }
}

impl Engine for Core {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, code: &Code, mem: &mut [u8]) -> Result<u64, String> {
        let protos = stingless_abi::ProtoTable::new(HELPERS.iter().map(|&(id, _)| proto(id, Effects::default())));
        let unit = Unit::from_code("case", code.clone(), Vec::new(), protos, raw_hook());
        let helpers = HELPERS.map(|(id, helper)| (id, as_core(helper)));
        // SAFETY: the programs of the suite touch `mem` and their stack alone; the suite's helper touches nothing.
        unsafe { run_assumed(self.kind, Assumed::new(unit), &helpers, mem, self.deadline) }.map_err(|e| e.to_string())
    }
}

/// The suite's helpers take the call's context as an untyped pointer that they do not touch.
fn as_core(helper: Helper) -> HelperFn {
    // SAFETY: both types have the same ABI: five 64-bit integers and a pointer in, one 64-bit integer out.
    unsafe { std::mem::transmute::<Helper, HelperFn>(helper) }
}
