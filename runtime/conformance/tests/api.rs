//! The host's interface: closures, chains, names, and the errors that a host meets first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use stingless::abi::{MapKind, MapSpec};
use stingless::{
    Caller, Chain, Collection, Config, Engine, EngineKind, Error, HelperError, HelperResult, Linker, Plugin, Raw,
    RawMapDef, RawProgram,
};

fn linker(kind: EngineKind) -> Linker {
    let mut linker = Linker::new(&Engine::new(Config::new().engine(kind)).expect("defaults"));
    linker.hook::<Raw>().expect("raw");
    linker.helpers(&stingless_helpers_linux::BASE).expect("Linux's helpers");
    linker
}

fn program(name: &str, text: &str, maps: Vec<RawMapDef>) -> RawProgram {
    let code = stingless::isa::assemble(text).expect("the test's program");
    let insns = stingless::isa::encode(&code).expect("it has an encoding");
    RawProgram { name: name.into(), insns, maps, btf: None, func_info: Vec::new(), hook: "raw".into(), gpl: false }
}

fn load(linker: &Linker, text: &str) -> Collection {
    let mut loaded = linker.load_raw(&program("test", text, Vec::new())).expect("it links");
    if let Some(refused) = loaded.refused.pop() {
        panic!("{}", refused.error);
    }
    loaded.collection
}

fn plugin(linker: &Linker, text: &str) -> Plugin<Raw> {
    load(linker, text).plugin("test").expect("the hook is raw")
}

fn call(plugin: &Plugin<Raw>) -> Result<u64, String> {
    let mut memory = [0; 8];
    plugin.call(&mut memory.as_mut_slice()).map_err(|trap| trap.to_string())
}

#[test]
fn closures_are_helpers_with_their_own_state() {
    for kind in EngineKind::ALL {
        let count = Arc::new(AtomicU64::new(0));
        let mut linker = linker(kind);
        let counter = count.clone();
        linker
            .helper(5000, "count_by", move |_: &mut Caller<'_>, by: u32| {
                counter.fetch_add(by.into(), Ordering::Relaxed)
            })
            .expect("a free number")
            .helper(5001, "five", |_: &mut Caller<'_>, a: u64, b: u64, c: u64, d: u64, e: i32| {
                a + b + c + d + (e as u64)
            })
            .expect("a free number");
        let plugin_a = plugin(&linker, "r1 = 40\n call 5000\n r1 = 2\n call 5000\n exit");
        assert_eq!(call(&plugin_a), Ok(40), "the value before, {kind:?}");
        assert_eq!(count.load(Ordering::Relaxed), 42);
        let plugin_b = plugin(&linker, "r1 = 1\n r2 = 2\n r3 = 3\n r4 = 4\n r5 = 5\n call 5001\n exit");
        assert_eq!(call(&plugin_b), Ok(15));
        drop(linker);
        assert_eq!(call(&plugin_a), Ok(82), "the program keeps the closure, {kind:?}");
    }
}

#[test]
fn a_failing_closure_traps_and_the_host_goes_on() {
    for kind in EngineKind::ALL {
        let mut linker = linker(kind);
        let fails = |_: &mut Caller<'_>, n: u64| -> HelperResult {
            if n == 1 { Err(HelperError::new("no tenant 1")) } else { Ok(n) }
        };
        linker.helper(5000, "fails", fails).expect("free");
        linker.helper(5001, "panics", |_: &mut Caller<'_>| -> u64 { panic!("a bug of the host") }).expect("free");
        linker.helper(5002, "host_state", |caller: &mut Caller<'_>| *caller.host::<u64>()).expect("free");
        let error = call(&plugin(&linker, "r1 = 1\n call 5000\n exit")).expect_err("it fails");
        assert!(
            error.contains("no tenant 1") && error.contains("`test`") && error.contains("instruction 1"),
            "{error}"
        );
        assert_eq!(call(&plugin(&linker, "r1 = 2\n call 5000\n exit")), Ok(2));
        let error = call(&plugin(&linker, "call 5001\n exit")).expect_err("it panics");
        assert!(error.contains("panic") && error.contains("a bug of the host"), "{error}");
        let error = call(&plugin(&linker, "call 5002\n exit")).expect_err("no state was given");
        assert!(error.contains("u64"), "the missing type is named: {error}");
        linker.host(7u64);
        assert_eq!(call(&plugin(&linker, "call 5002\n exit")), Ok(7));
    }
}

#[test]
fn chains_run_by_priority_until_one_decides() {
    let mut linker = linker(EngineKind::Jit);
    let trace = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = trace.clone();
    linker
        .helper(5000, "seen", move |_: &mut Caller<'_>, n: u64| {
            seen.lock().expect("no holder panics").push(n);
            0u64
        })
        .expect("free");
    let step = |n: u32, verdict: u32| plugin(&linker, &format!("r1 = {n}\n call 5000\n r0 = {verdict}\n exit"));
    let mut chain = Chain::<Raw>::new(|verdict| *verdict == 0);
    assert!(chain.is_empty());
    chain.add(20, step(3, 9)).add(10, step(1, 0)).add(10, step(2, 0)).add(30, step(4, 0));
    chain.add_slot(5, linker.engine().slot(step(0, 0)));
    let mut memory = [0; 8];
    assert_eq!(chain.call(&mut memory.as_mut_slice()).expect("no trap"), Some(9));
    assert_eq!(*trace.lock().expect("no holder panics"), [0, 1, 2, 3], "the fourth comes after the decision");
    assert_eq!(chain.len(), 5);
}

#[test]
fn names_and_numbers_are_taken_once() {
    let mut linker = linker(EngineKind::Interp);
    linker.helper(5000, "mine", |_: &mut Caller<'_>| 1u64).expect("free");
    let number = linker.helper(5000, "other", |_: &mut Caller<'_>| 1u64).map(|_| ()).expect_err("5000 is taken");
    assert!(number.to_string().contains("5000") && number.to_string().contains("mine"), "{number}");
    let name = linker.helper(5001, "mine", |_: &mut Caller<'_>| 1u64).map(|_| ()).expect_err("the name is taken");
    assert!(name.to_string().contains("mine") && name.to_string().contains("5000"), "{name}");
    linker.hook::<Raw>().expect("the same hook twice is one hook");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let linker = linker(EngineKind::Interp);
    let collection = load(&linker, "r0 = 0\n exit");
    let error = collection.plugin::<Raw>("tset").expect_err("a typing error");
    assert!(matches!(error, Error::NotFound { what: "program", .. }));
    assert!(error.to_string().contains("tset") && error.to_string().contains("test"), "{error}");
    let error = collection.map("hits").expect_err("no map");
    assert!(error.to_string().contains("hits"), "{error}");
    let error = linker.hook_named("xpd").expect_err("no such hook");
    assert!(error.to_string().contains("raw"), "{error}");
    let mut other = Linker::new(linker.engine());
    other.hook::<stingless_helpers_linux::Xdp<'_>>().expect("xdp");
    let error = load(&linker, "r0 = 0\n exit").plugin::<stingless_helpers_linux::Xdp<'_>>("test").expect_err("raw");
    assert!(error.to_string().contains("raw") && error.to_string().contains("xdp"), "{error}");
    let error = other.load_raw(&program("test", "r0 = 0\n exit", Vec::new())).expect_err("the hook is not registered");
    assert!(error.to_string().contains("raw"), "{error}");
}

#[test]
fn settings_that_cannot_be_had_are_refused_by_name() {
    let error = Engine::new(Config::new().harden(2)).expect_err("not yet");
    assert!(error.to_string().contains("harden") && error.to_string().contains('2'), "{error}");
    let error = EngineKind::from_key("jit-hardened").expect_err("not yet");
    assert!(error.to_string().contains("jit-hardened"), "{error}");
}

#[test]
fn quotas_are_refused_before_memory_is_taken() {
    let spec = MapSpec::new("big", MapKind::Array, 4, 1 << 20, 1 << 20);
    let map = RawMapDef { spec, init: Vec::new(), freeze: false, own_slots: Vec::new() };
    let error = linker(EngineKind::Interp)
        .load_raw(&program("test", "r0 = 0\n exit", vec![map]))
        .expect_err("a map of 1 TiB is above the quota");
    assert!(matches!(error, Error::Limit { limit: "map_bytes", .. }), "{error}");
}

#[test]
fn a_plugin_runs_on_many_threads_at_once() {
    let text = "*(u32 *)(r10 - 4) = 0\n r1 = map[0] ll\n r2 = r10\n r2 += -4\n call 1\n if r0 == 0 goto out\n r1 = 1\n \
                lock *(u64 *)(r0 + 0) += r1\nout: r0 = 0\n exit";
    for kind in EngineKind::ALL {
        let spec = MapSpec::new("count", MapKind::Array, 4, 8, 1);
        let map = RawMapDef { spec, init: Vec::new(), freeze: false, own_slots: Vec::new() };
        let loaded = linker(kind).load_raw(&program("test", text, vec![map])).expect("it links");
        let plugin = loaded.collection.plugin::<Raw>("test").expect("it is proved");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let plugin = plugin.clone();
                scope.spawn(move || (0..500).for_each(|_| assert_eq!(call(&plugin), Ok(0))));
            }
        });
        let count = loaded.collection.map("count").expect("the map").typed::<u32, u64>().expect("its sizes");
        assert_eq!(count.get(&0), Some(2000), "{kind:?}");
    }
}
