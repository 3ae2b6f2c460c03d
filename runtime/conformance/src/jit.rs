//! The compiler as an engine of the corpus.

use stingless_abi::{Effects, ProtoTable, TrapKind, VmCtx};
use stingless_isa::Code;
use stingless_jit::{Options, Target, compile_assumed};
use stingless_object::Unit;
use stingless_verifier::Assumed;

use crate::engine::{Engine, HELPERS};
use crate::exec::{Image, vm};
pub use crate::unit::{proto, raw_hook};

/// Machine code for x86-64, with the options given.
#[derive(Debug)]
pub struct Jit {
    name: &'static str,
    options: Options,
}

impl Jit {
    /// The ways to compile that every execution test runs under.
    #[must_use]
    pub fn all() -> Vec<Jit> {
        let mut plain = Options::default();
        plain.deadline_checks = false;
        let mut zeroed = plain.clone();
        zeroed.zero_stack = true;
        vec![
            Jit { name: "jit", options: plain },
            Jit { name: "jit with deadline checks", options: Options::default() },
            Jit { name: "jit with zeroed stack", options: zeroed },
        ]
    }
}

impl Engine for Jit {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, code: &Code, mem: &mut [u8]) -> Result<u64, String> {
        let protos = ProtoTable::new(HELPERS.iter().map(|&(id, _)| proto(id, Effects::default())));
        let unit = Unit::from_code("case", code.clone(), Vec::new(), protos, raw_hook());
        let blob = compile_assumed(&Assumed::new(unit), &self.options).map_err(|e| e.to_string())?;
        let image = Image::new(&blob.0, helper_address);
        let mut vm = vm();
        vm.out_of_budget = refill as *const () as u64;
        vm.budget = 0;
        // SAFETY: programs of the corpus keep to `mem` and to their own stack.
        let r0 = unsafe { image.call([mem.as_mut_ptr() as u64, mem.len() as u64, 0, 0, 0], &mut vm) };
        match TrapKind::from_number(vm.trap) {
            None => Ok(r0),
            Some(kind) => Err(format!("trap {} at {}", kind.key(), vm.at)),
        }
    }
}

fn helper_address(target: Target) -> u64 {
    match target {
        Target::Helper(id) => HELPERS.iter().find(|h| h.0 == id).map_or(0, |h| h.1 as *const () as u64),
        Target::HelperEnv(_) => 0,
        other => panic!("the corpus has no {other:?}"),
    }
}

/// Spoils every register that a callee may, so that the slow path is seen to keep what is in use.
extern "C" fn refill(vm: &mut VmCtx) {
    vm.budget = 0;
    // SAFETY: writes registers that this calling convention lets a callee change.
    unsafe {
        core::arch::asm!(
            "mov eax, 0xbad",
            "mov ecx, 0xbad",
            "mov edx, 0xbad",
            "mov esi, 0xbad",
            "mov edi, 0xbad",
            "mov r8d, 0xbad",
            "mov r9d, 0xbad",
            "mov r10d, 0xbad",
            "mov r11d, 0xbad",
            clobber_abi("C"),
        );
    }
}
