//! One program in every engine: ours, proved where the verifier accepts it, and the peers.

use std::cell::RefCell;

use stingless::{AssumedProgram, Config, Engine, EngineKind, Linker, Object, Plugin, Raw, bpf_call_2};
use stingless_helpers_linux::BASE;
use stingless_isa::Code;
use stingless_verifier::Assumed;

use crate::host;

bpf_call_2! {
    /// The trivial helper, through the trampoline of every helper.
    #[id = 60000]
    fn host_fn(_caller, a: u64, b: u64) -> u64 {
        a.wrapping_add(b) ^ 0x55
    }
}

/// A linker with the hook `raw`, the house's helpers and the benchmark's.
pub(crate) fn linker(kind: EngineKind) -> stingless::Result<Linker> {
    let mut linker = Linker::new(&Engine::new(Config::new().engine(kind))?);
    linker.hook::<Raw>()?.helpers(&BASE)?.helpers(&stingless::helpers![host_fn])?;
    linker.helper(60001, "closure", |_: &mut stingless::Caller<'_>, a: u64, b: u64| a.wrapping_add(b) ^ 0x55)?;
    Ok(linker)
}

/// The code of one program of an object, linked and no more, with the helpers of the workloads.
pub(crate) fn code(object: &Object, program: &str) -> Option<Assumed> {
    let mut linker = Linker::new(&Engine::default());
    linker.hook::<Raw>().ok()?;
    for (id, name) in [(1, "host"), (2, "arr_lookup"), (3, "hash_lookup"), (4, "hash_update"), (60000, "host_fn")] {
        linker.helper(id, name, |_: &mut stingless::Caller<'_>, a: u64, b: u64| a ^ b).ok()?;
    }
    linker.unit(object, object.program(program)?).ok().map(Assumed::new)
}

/// A program of ours, ready to be called.
pub(crate) enum Ours {
    /// Proved.
    Proved(Box<Plugin<Raw>>),
    /// As it is: the verifier does not accept it, or its helpers are the workloads'.
    Assumed(Box<AssumedProgram>),
}

impl Ours {
    /// The program in an engine: proved where that can be.
    pub(crate) fn new(kind: EngineKind, object: &Object, program: &str) -> Option<Ours> {
        let loaded = linker(kind).ok().and_then(|l| l.load_each_as(object, "raw").ok());
        if let Some(plugin) = loaded.and_then(|l| l.collection.plugin::<Raw>(program).ok()) {
            return Some(Ours::Proved(Box::new(plugin)));
        }
        let assumed = AssumedProgram::new(kind, code(object, program)?, &host::HELPERS, false);
        assumed.map_err(|e| eprintln!("{program} in {}: {e}", kind.key())).ok().map(|a| Ours::Assumed(Box::new(a)))
    }

    /// Whether it is proved.
    pub(crate) fn is_proved(&self) -> bool {
        matches!(self, Ours::Proved(_))
    }

    /// Runs it once; `None` for a trap.
    pub(crate) fn run(&self, mem: &mut [u8]) -> Option<u64> {
        match self {
            Ours::Proved(plugin) => {
                let mut mem: &mut [u8] = mem;
                plugin.call_raw(&mut mem, plugin.deadline()).ok()
            }
            // SAFETY: the workloads touch the memory that they are given and call their own helpers.
            Ours::Assumed(program) => unsafe { program.run(mem, None) }.ok(),
        }
    }
}

/// A program in rbpf, which passes no length: it is set in front.
pub(crate) struct Rbpf {
    vm: rbpf::EbpfVmRaw<'static>,
    mem: RefCell<&'static mut [u8]>,
    compiled: bool,
}

impl Rbpf {
    /// The program on memory of its own; `None` with a line on why where rbpf refuses it.
    pub(crate) fn new(name: &str, code: &Code, mem: &[u8], jit: bool) -> Option<Rbpf> {
        let said = |e: &dyn std::fmt::Display| eprintln!("{name} in rbpf: {e}");
        let mut bytes = vec![0xb7, 2, 0, 0];
        bytes.extend((mem.len() as i32).to_le_bytes());
        bytes.extend(stingless_isa::encode(code).ok()?);
        let mut vm = rbpf::EbpfVmRaw::new(Some(bytes.leak())).map_err(|e| said(&e)).ok()?;
        for (id, helper) in host::RBPF {
            vm.register_helper(id, helper).ok()?;
        }
        host::areas().into_iter().for_each(|area| vm.register_allowed_memory(area));
        if jit {
            // It panics where it lacks something.
            let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| vm.jit_compile()));
            compiled.ok()?.map_err(|e| said(&e)).ok()?;
        }
        Some(Rbpf { vm, mem: RefCell::new(mem.to_vec().leak()), compiled: jit })
    }

    /// Runs it once.
    pub(crate) fn run(&self) -> Option<u64> {
        let mut mem = self.mem.borrow_mut();
        // SAFETY: rbpf wants the memory for the life of the machine, but uses it during the call alone.
        let mem: &'static mut [u8] = unsafe { &mut *std::ptr::from_mut::<[u8]>(&mut mem) };
        if self.compiled {
            // SAFETY: the workloads touch the memory that they are given and call their own helpers.
            unsafe { self.vm.execute_program_jit(mem) }.ok()
        } else {
            self.vm.execute_program(mem).ok()
        }
    }
}
