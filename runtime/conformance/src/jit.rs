//! The compiler as an engine of the corpus, and a bench for tests of its own: a program, what it refers to, how to compile it.

use std::collections::HashMap;
use std::sync::Arc;

use stingless_abi::{Effects, HookDef, Proto, ProtoTable, TrapKind, VmCtx};
use stingless_isa::Code;
use stingless_jit::{CodeBlob, CompileError, Options, Target, compile_assumed, compile_assumed_with};
use stingless_object::Unit;
use stingless_verifier::{Assumed, Facts};

use crate::engine::{Engine, HELPERS};
use crate::exec::{Image, vm};
pub use crate::unit::{proto, raw_hook};

/// A program to compile and run without a proof.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The instructions.
    pub code: Code,
    /// The hook.
    pub hook: Arc<HookDef>,
    /// How to compile.
    pub options: Options,
    /// Facts that nobody proved.
    pub facts: Option<Facts>,
    protos: Vec<Arc<Proto>>,
    values: HashMap<Target, u64>,
}

impl Bench {
    /// A program under the `raw` hook, without deadline checks.
    #[must_use]
    pub fn new(code: Code) -> Bench {
        let mut options = Options::default();
        options.deadline_checks = false;
        Bench { code, hook: raw_hook(), options, facts: None, protos: Vec::new(), values: HashMap::new() }
    }

    /// As [`Bench::new`], of text in LLVM's syntax.
    ///
    /// # Panics
    /// Where the text is no program.
    #[must_use]
    pub fn asm(text: &str) -> Bench {
        Bench::new(stingless_isa::assemble(text).unwrap_or_else(|e| panic!("{e}\n{text}")))
    }

    /// Adds a helper.
    #[must_use]
    pub fn helper(mut self, id: u32, effects: Effects, address: u64) -> Bench {
        self.protos.push(proto(id, effects));
        self.value(Target::Helper(id), address)
    }

    /// Adds what a literal holds.
    #[must_use]
    pub fn value(mut self, target: Target, value: u64) -> Bench {
        self.values.insert(target, value);
        self
    }

    /// Turns deadline checks on.
    #[must_use]
    pub fn checked(mut self) -> Bench {
        self.options.deadline_checks = true;
        self
    }

    /// Compiles.
    ///
    /// # Errors
    /// The compiler's.
    pub fn compile(&self) -> Result<CodeBlob, CompileError> {
        let protos = ProtoTable::new(self.protos.iter().cloned());
        let unit = Unit::from_code("bench", self.code.clone(), Vec::new(), protos, self.hook.clone());
        let assumed = Assumed::new(unit);
        let blob = match &self.facts {
            None => compile_assumed(&assumed, &self.options)?,
            Some(facts) => compile_assumed_with(&assumed, facts, &self.options)?,
        };
        Ok(blob.0)
    }

    /// Compiles and maps.
    ///
    /// # Panics
    /// Where the program does not compile, or refers to something that has no value.
    #[must_use]
    pub fn image(&self) -> Image {
        let blob = self.compile().unwrap_or_else(|e| panic!("{e}"));
        Image::new(&blob, |t| *self.values.get(&t).unwrap_or_else(|| panic!("no value for {t:?}")))
    }
}

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
        let mut bench = Bench::new(code.clone());
        bench.options = self.options.clone();
        for (id, helper) in HELPERS {
            bench = bench.helper(id, Effects::default(), helper as *const () as u64);
        }
        bench.compile().map_err(|e| e.to_string())?;
        let mut vm = vm();
        vm.out_of_budget = spoiling_refill as *const () as u64;
        vm.budget = 0;
        // SAFETY: programs of the corpus keep to `mem` and to their own stack.
        let r0 = unsafe { bench.image().call([mem.as_mut_ptr() as u64, mem.len() as u64, 0, 0, 0], &mut vm) };
        match TrapKind::from_number(vm.trap) {
            None => Ok(r0),
            Some(kind) => Err(format!("trap {} at {}", kind.key(), vm.at)),
        }
    }
}

/// `vm.out_of_budget` that gives no budget, so that the slow path runs each time, and spoils every register that a callee
/// may, so that the slow path is seen to keep what is in use.
pub extern "C" fn spoiling_refill(vm: &mut VmCtx) {
    vm.budget = 0;
    vm.slot += 1;
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
