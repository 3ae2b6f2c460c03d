//! Objects of a host that plugins borrow: every path gives back what it took, or the plugin is refused; a trap gives back
//! what was held.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use stingless::{Bytes, Config, Engine, EngineKind, Handle, HelperResult, Lent, Linker, RawMapDef, RawProgram};
use stingless_isa::{assemble, encode};

const CONNECTION: u32 = 7;
const FILE: u32 = 8;

static OPEN: AtomicUsize = AtomicUsize::new(0);
/// Tests that count what is open run one after another.
static ALONE: Mutex<()> = Mutex::new(());

/// A connection of the test's host.
struct Connection {
    bytes: u64,
}

impl Connection {
    fn open(bytes: u64) -> Arc<Connection> {
        OPEN.fetch_add(1, Ordering::SeqCst);
        Arc::new(Connection { bytes })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

stingless::bpf_call_1! {
    /// Lends connection `which`; there are three.
    #[id = 2000]
    #[effects(no_trap)]
    pub fn conn_get(caller, which: u64) -> Lent<CONNECTION> {
        if which < 3 { caller.lend(Connection::open(100 + which)) } else { Lent::NULL }
    }
}

stingless::bpf_call_1! {
    /// Takes a connection back.
    #[id = 2001]
    #[effects(no_trap, releases_arg1)]
    pub fn conn_put(caller, conn: Handle<CONNECTION>) -> () {
        let taken = caller.take_back::<Connection, CONNECTION>(conn);
        assert!(taken.is_some(), "a connection");
    }
}

stingless::bpf_call_1! {
    /// Bytes that went over a connection.
    #[id = 2002]
    #[effects(no_trap)]
    pub fn conn_bytes(caller, conn: Handle<CONNECTION>) -> u64 {
        caller.lent::<Connection, CONNECTION>(conn).map_or(0, |c| c.bytes)
    }
}

stingless::bpf_call_1! {
    /// Takes a file back.
    #[id = 2003]
    #[effects(no_trap, releases_arg1)]
    pub fn file_put(caller, file: Handle<FILE>) -> () {
        caller.take_back::<(), FILE>(file);
    }
}

stingless::bpf_call_1! {
    /// Fails where told to.
    #[id = 2004]
    pub fn fails(caller, how: u64) -> HelperResult {
        if how == 0 { Ok(0) } else { Err(caller.error("told to")) }
    }
}

/// What the test's host passes.
#[repr(C)]
#[derive(Debug, stingless::Ctx)]
#[ctx(hook = "test/handles", verdict = u64,
      helpers = [stingless_helpers_linux::BASE, conn_get, conn_put, conn_bytes, file_put, fails])]
pub struct Request<'a> {
    /// Which connection.
    #[ctx(read)]
    pub which: u32,
    /// Text.
    #[ctx(data)]
    pub text: Bytes<'a>,
}

fn load(kind: EngineKind, text: &str) -> Result<stingless::Collection, String> {
    let mut linker = Linker::new(&Engine::new(Config::new().engine(kind)).unwrap());
    linker.hook::<Request<'static>>().unwrap();
    let mut ring = stingless::abi::MapSpec::new("progs", stingless::abi::MapKind::ProgArray, 4, 4, 1);
    ring.flags = 0;
    let map = RawMapDef { spec: ring, init: Vec::new(), freeze: false, own_slots: Vec::new() };
    let raw = RawProgram {
        name: "p".into(),
        insns: encode(&assemble(text).unwrap()).unwrap(),
        maps: vec![map],
        btf: None,
        func_info: Vec::new(),
        hook: "test/handles".into(),
        gpl: true,
    };
    let loaded = linker.load_raw(&raw).map_err(|e| e.to_string())?;
    match loaded.refused.first() {
        Some(refused) => Err(refused.error.to_string()),
        None => Ok(loaded.collection),
    }
}

/// Gets a connection into r6, then `body`.
fn got(body: &str) -> String {
    format!("r7 = r1\n r1 = *(u32 *)(r1 + 0)\n call 2000\n {body}\n out:\n r0 = 0\n exit")
}

const PUT: &str = "r1 = r6\n call 2001";

#[test]
fn what_is_borrowed_is_given_back() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = "
        r1 = *(u32 *)(r1 + 0)
        call 2000
        if r0 == 0 goto none
        *(u64 *)(r10 - 8) = r0
        r1 = r0
        call 2002
        r6 = r0
        r1 = *(u64 *)(r10 - 8)
        call put
        r0 = r6
        exit
        none:
        r0 = 1
        exit
        put:
        call 2001
        r0 = 0
        exit";
    for kind in EngineKind::ALL {
        let plugin = load(kind, text).unwrap().plugin::<Request<'static>>("p").unwrap();
        for (which, want) in [(0, 100), (2, 102), (3, 1)] {
            let got: u64 = plugin.call(&mut Request { which, text: Bytes::new(b"") }).unwrap();
            assert_eq!((got, OPEN.load(Ordering::SeqCst)), (want, 0), "{kind:?} {which}");
        }
    }
}

#[test]
fn each_way_of_keeping_it_is_refused() {
    let rules: [(&str, String, &str); 11] = [
        ("on no path", "r6 = r0".into(), "E0060"),
        ("without a check", format!("r6 = r0\n {PUT}"), "E0021"),
        (
            "on one path",
            format!("if r0 == 0 goto out\n r6 = r0\n r1 = *(u32 *)(r7 + 0)\n if r1 == 1 goto out\n {PUT}"),
            "E0060",
        ),
        ("twice", format!("if r0 == 0 goto out\n r6 = r0\n {PUT}\n {PUT}"), "E0061"),
        ("used afterwards", format!("if r0 == 0 goto out\n r6 = r0\n {PUT}\n r1 = r6\n call 2002"), "E0061"),
        (
            "at a tail call",
            format!("if r0 == 0 goto out\n r6 = r0\n r1 = r7\n r2 = map[0] ll\n r3 = 0\n call 12\n {PUT}"),
            "E0060",
        ),
        ("to another class", "if r0 == 0 goto out\n r1 = r0\n call 2003".into(), "E0062"),
        ("with an offset", "if r0 == 0 goto out\n r0 += 8\n r1 = r0\n call 2001".into(), "E0050"),
        ("dereferenced", format!("if r0 == 0 goto out\n r6 = r0\n r1 = *(u64 *)(r6 + 0)\n {PUT}"), "E0041"),
        ("returned", "if r0 == 0 goto out\n exit".into(), "E0060"),
        ("made up", "r1 = 5\n call 2001".into(), "a number"),
    ];
    for (name, body, words) in rules {
        let error = load(EngineKind::Interp, &got(&body)).map(drop).expect_err(name);
        assert!(error.contains(words), "{name}: {error}");
    }
    // Of the callback's rounds, none may keep one.
    let looped = |put: &str| {
        format!(
            "r1 = 3\n r2 = func cb ll\n r3 = 0\n r4 = 0\n call 181\n r0 = 0\n exit\n cb:\n r1 = 1\n call 2000\n if r0 == 0 goto out\n r6 = r0\n {put}\n out:\n r0 = 0\n exit"
        )
    };
    assert!(load(EngineKind::Interp, &looped(PUT)).is_ok());
    let error = load(EngineKind::Interp, &looped("")).map(drop).expect_err("a callback keeps it");
    assert!(error.contains("E0060"), "{error}");
}

#[test]
fn a_trap_gives_it_back() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = got(&format!("if r0 == 0 goto out\n r6 = r0\n r1 = 1\n call 2004\n {PUT}"));
    for kind in EngineKind::ALL {
        let plugin = load(kind, &text).unwrap().plugin::<Request<'static>>("p").unwrap();
        let trap = plugin.call(&mut Request { which: 0, text: Bytes::new(b"") }).unwrap_err();
        assert!(trap.message.contains("told to"), "{kind:?}: {trap}");
        assert_eq!(OPEN.load(Ordering::SeqCst), 0, "{kind:?}");
    }
}
