//! Programs written as text, run in every engine. They live here because running what nobody proved is unsafe.

mod callbacks;
mod checked;
mod ctx;
mod deadline;
mod engines;
mod publish;
mod tail;
mod traps;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ptr::null;
use std::sync::Arc;
use std::time::Duration;

use stingless_abi::{
    Arg, ArgKind, CtxLayout, Effects, Entry, HelperSet, HookDef, Limits, MapKind, MapSpec, Proto, ProtoTable, Ret,
    Rights, Trust, VmCtx,
};
use stingless_isa::assemble;
use stingless_jit::{AssumedBlob, Options};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::{Assumed, Facts, Verified, verify};

use crate::sys::call::CallCx;
use crate::sys::entry::{HelperFn, trampoline};
use crate::sys::publish::publish;
use crate::vm::{Build, EngineKind, HelperError, HelperRow, LiveMap, Program, Proof, Settings, Trap};

/// Engines of this machine.
pub(super) fn engines() -> Vec<EngineKind> {
    let mut all = vec![EngineKind::Interp, EngineKind::Checked];
    if cfg!(target_arch = "x86_64") {
        all.push(EngineKind::Jit);
    }
    all
}

/// A program with all it needs, before it gets an engine.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) text: String,
    pub(super) helpers: Vec<(Proto, HelperRow)>,
    pub(super) maps: Vec<(UnitMap, Arc<dyn LiveMap>)>,
    pub(super) facts: Option<Facts>,
    pub(super) strict: bool,
    pub(super) rights: Rights,
    /// In place of memory and its length.
    pub(super) layout: Option<CtxLayout>,
}

impl Setup {
    pub(super) fn new(text: &str) -> Setup {
        let (helpers, maps) = (Vec::new(), Vec::new());
        Setup {
            text: text.to_owned(),
            helpers,
            maps,
            facts: None,
            strict: true,
            rights: Rights::READ_WRITE,
            layout: None,
        }
    }

    /// Adds a helper with these argument kinds.
    pub(super) fn helper(mut self, id: u32, args: &[ArgKind], entry: HelperFn) -> Setup {
        self.helpers.push((proto(id, args), HelperRow { entry, env: 0, keep: None }));
        self
    }

    /// Changes the last helper.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Proto, &mut HelperRow)) -> Setup {
        let (proto, row) = self.helpers.last_mut().expect("a helper was added");
        change(proto, row);
        self
    }

    pub(super) fn map(mut self, spec: MapSpec, live: Arc<dyn LiveMap>) -> Setup {
        self.maps.push((UnitMap { spec, origin: self.maps.len() as u32, frozen: None }, live));
        self
    }

    pub(super) fn facts(mut self, facts: Facts) -> Setup {
        self.facts = Some(facts);
        self
    }

    fn hook(&self) -> HookDef {
        let rights = self.rights;
        HookDef {
            name: Cow::Borrowed("test"),
            sections: Cow::Borrowed(&[]),
            linux_type: 0,
            types: Default::default(),
            entry: self.layout.clone().map_or(Entry::Mem { rights }, Entry::Ctx),
            verdict: None,
            verdicts: Cow::Borrowed(&[]),
            helpers: HelperSet::All,
            packet_loads: true,
            btf: Arc::from([]),
        }
    }

    fn unit(&self) -> Unit {
        let code = assemble(&self.text).unwrap_or_else(|e| panic!("{e}\n{}", self.text));
        let protos = ProtoTable::new(self.helpers.iter().map(|(proto, _)| Arc::new(proto.clone())));
        let maps = self.maps.iter().map(|(map, _)| map.clone()).collect();
        Unit::from_code("test", code, maps, protos, Arc::new(self.hook()))
    }

    pub(super) fn build(&self, engine: EngineKind) -> Arc<Program> {
        let assumed = Arc::new(Assumed::new(self.unit()));
        let proof = match &self.facts {
            None => Proof::Assumed(assumed),
            Some(facts) => Proof::Claimed(assumed, Arc::new(facts.clone())),
        };
        self.bind(engine, proof)
    }

    /// A proof, where the verifier finds one.
    pub(super) fn prove(&self) -> Result<Arc<Verified>, String> {
        let verified = verify(self.unit(), Trust::Untrusted, &Limits::default());
        verified.map(Arc::new).map_err(|report| report.to_string())
    }

    pub(super) fn bind(&self, engine: EngineKind, proof: Proof) -> Arc<Program> {
        let parts = Build {
            proof,
            maps: self.maps.iter().map(|(_, live)| live.clone()).collect(),
            helpers: self.helpers.iter().map(|(proto, row)| (proto.id, row.clone())).collect::<BTreeMap<_, _>>(),
            settings: Settings { strict: self.strict, ..Settings::default() },
        };
        let program = match engine {
            EngineKind::Interp => Program::interpreted(parts, false),
            EngineKind::Checked => Program::interpreted(parts, true),
            EngineKind::Jit => {
                let mut options = Options::default();
                options.env_helpers = self.helpers.iter().map(|(proto, _)| proto.id).collect();
                let blob = match &parts.proof {
                    Proof::Verified(verified) => stingless_jit::compile(verified, &options),
                    Proof::Assumed(assumed) | Proof::Claimed(assumed, _) => {
                        stingless_jit::compile_assumed(assumed, &options).map(|AssumedBlob(blob)| blob)
                    }
                };
                let blob = blob.expect("it compiles");
                let stack = blob.stack_bytes;
                let image = publish(blob, &|target| parts.resolve(target)).expect("it is published");
                Program::compiled(parts, &image, 0, stack)
            }
        };
        Arc::new(program.expect("everything it refers to is there"))
    }
}

/// Memory for a program: 8-byte words.
pub(super) fn run_with(program: &Program, mem: &mut [u64], deadline: Option<Duration>) -> Result<u64, Trap> {
    let (addr, len) = (mem.as_mut_ptr().expose_provenance() as u64, size_of_val(mem) as u64);
    // SAFETY: the memory is borrowed for the call; the programs of these tests touch it, their stack and their maps alone.
    unsafe { program.run([addr, len, 0, 0, 0], null(), deadline) }
}

pub(super) fn run(program: &Program) -> Result<u64, Trap> {
    run_with(program, &mut [0; 8], Some(Duration::from_secs(20)))
}

fn proto(id: u32, kinds: &[ArgKind]) -> Proto {
    let arg = |(at, &kind): (usize, &ArgKind)| Arg { name: format!("a{at}").into(), c_type: "__u64".into(), kind };
    Proto {
        id,
        name: format!("helper{id}").into(),
        args: kinds.iter().enumerate().map(arg).collect::<Vec<_>>().into(),
        ret: Ret::ANY,
        c_ret: "__u64".into(),
        effects: Effects { may_trap: true, ..Effects::default() },
        doc: "".into(),
    }
}

/// Defines an `extern "C"` helper over the trampoline.
macro_rules! helper {
    ($name:ident, |$cx:ident, $args:ident| $body:expr) => {
        /// # Safety
        /// Called by engines alone, with the `vm` of the call in progress.
        pub(super) unsafe extern "C" fn $name(r1: u64, r2: u64, r3: u64, r4: u64, r5: u64, vm: *mut VmCtx) -> u64 {
            let $args = [r1, r2, r3, r4, r5];
            // SAFETY: the engine passes its own `vm`, and this frame has nothing with a destructor.
            unsafe { trampoline(vm, |$cx: &mut CallCx<'_>| -> Result<u64, HelperError> { $body }) }
        }
    };
}
pub(super) use helper;

helper!(add, |_cx, args| Ok(args[0].wrapping_add(args[1])));
helper!(fail, |_cx, args| Err(HelperError::new(format!("no {}", args[0]))));

/// A map with memory of its own.
#[derive(Debug)]
pub(super) struct Plain {
    words: Vec<std::sync::atomic::AtomicU64>,
}

impl Plain {
    /// An array of one value of `words` words, with its spec.
    pub(super) fn array(words: usize) -> (MapSpec, Arc<Plain>) {
        let spec = MapSpec::new("plain", MapKind::Array, 4, words as u32 * 8, 1);
        let words = (0..words).map(|_| std::sync::atomic::AtomicU64::new(0)).collect();
        (spec, Arc::new(Plain { words }))
    }

    pub(super) fn word(&self, at: usize) -> u64 {
        self.words[at].load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl LiveMap for Plain {
    fn address(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }

    fn value_base(&self) -> u64 {
        self.words.as_ptr().expose_provenance() as u64
    }

    fn tail_target(&self, _: u32) -> Option<Arc<Program>> {
        None
    }
}
