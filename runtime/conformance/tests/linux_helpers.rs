//! Prototypes of the Linux profile against the live kernel's: which helpers a hook has, and what each argument may be.
//!
//! For every helper of a hook one program calls it rightly, and for each argument one calls it wrongly; both sides judge.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stingless::abi::{ArgKind, HelperSet, HookDef, Limits, MapKind, MapSpec, MemLen, Proto, RefClass, Ret, Trust};
use stingless_conformance::kernel::{Caps, KernelMap, KernelProg, available, with_caps};
use stingless_conformance::programs::Host;
use stingless_isa::assemble;
use stingless_object::{Unit, UnitMap};
use stingless_verifier::verify;

const HOOKS: [&str; 3] = ["xdp", "tc", "socket_filter"];

/// What Linux's hooks have and ours do not: pointers into the kernel, tasks, and what needs a kernel to be of use.
const LACKING: &[u32] = &[141, 148, 149, 153, 154, 156, 157, 158, 169, 170, 171, 172, 175, 180, 191, 194, 209];
const LOOKUP: u32 = 1;
const UPDATE: u32 = 2;
/// The last helper that Linux has.
const LAST: u32 = 209;

fn hook(host: &Host, name: &str) -> std::sync::Arc<HookDef> {
    host.linker.hook_named(name).unwrap().clone()
}

fn unit(host: &Host, name: &str, text: &str, maps: &[MapSpec]) -> Unit {
    let code = assemble(text).unwrap_or_else(|err| panic!("{err}:\n{text}"));
    let maps = maps.iter().zip(0..).map(|(spec, origin)| UnitMap { spec: spec.clone(), origin, frozen: None });
    let mut unit = Unit::from_code("probe", code, maps.collect(), host.linker.protos(), hook(host, name));
    unit.gpl = true;
    unit
}

/// The live kernel as root.
fn theirs(unit: &Unit, maps: &[MapSpec]) -> Result<(), String> {
    let maps: Vec<KernelMap> = maps.iter().map(|spec| KernelMap::create(spec).unwrap()).collect();
    let refs: Vec<&KernelMap> = maps.iter().collect();
    let load = || KernelProg::load_unit(unit, "GPL", &refs).map(drop).map_err(|e| e.to_string());
    with_caps(Caps::Full, load).unwrap()
}

fn ours(unit: &Unit) -> Result<(), String> {
    verify(unit.clone(), Trust::Privileged, &Limits::default()).map(drop).map_err(|e| e.to_string())
}

/// Every hook has the helpers that Linux gives its type, and no other.
#[test]
fn each_hook_has_linuxs_helpers() {
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    let mut wrong = Vec::new();
    for name in HOOKS {
        let hook = hook(&host, name);
        let HelperSet::Only(allowed) = &hook.helpers else { panic!("{name} allows every helper") };
        let own: BTreeSet<u32> = allowed.iter().copied().filter(|&id| id <= LAST).collect();
        assert!(own.len() >= 35, "{name} has {} helpers", own.len());
        if !available() {
            continue;
        }
        for id in 1..=LAST {
            let unit = unit(&host, name, &format!("call {id}\nr0 = 0\nexit\n"), &[]);
            let refusal = theirs(&unit, &[]).err().unwrap_or_default();
            let has = !["cannot use helper", "unknown func", "invalid func"].iter().any(|w| refusal.contains(w));
            match (own.contains(&id), has) {
                (true, false) => wrong.push(format!("{name}: Linux has no helper {id}: {refusal}")),
                (false, true) if !LACKING.contains(&id) => wrong.push(format!("{name}: helper {id} is lacking")),
                (true, true) if LACKING.contains(&id) => wrong.push(format!("{name}: helper {id} is not lacking")),
                (_, _) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// A shape that is right for a kind.
fn shape(kind: MapKind) -> MapSpec {
    let (key, value) = match kind {
        MapKind::Ringbuf => (0, 0),
        MapKind::Queue | MapKind::Stack | MapKind::BloomFilter => (0, 8),
        MapKind::LpmTrie => (8, 8),
        kind if kind.is_handles() || kind == MapKind::ProgArray => (4, 4),
        _ => (4, 8),
    };
    let mut spec = MapSpec::new("m0", kind, key, value, if kind == MapKind::Ringbuf { 4096 } else { 4 });
    if matches!(kind, MapKind::LpmTrie | MapKind::SkStorage) {
        spec.flags = stingless::abi::map::F_NO_PREALLOC;
    }
    spec
}

/// What stands in an argument's register: right, or wrong in one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Right,
    /// A number where a pointer belongs, a pointer where a number does.
    Other,
    /// Half of the memory is there.
    Short,
    /// The length has no bound, or is 0.
    Loose,
}

/// Text that fills a register; `None` where the argument cannot be wrong in this way.
fn fill(arg: ArgKind, reg: usize, way: Way) -> Option<String> {
    let stack = |off: i32| format!("r{reg} = r10\nr{reg} += {off}\n");
    Some(match (arg, way) {
        (ArgKind::Ctx | ArgKind::CtxOrNull, Way::Right) => format!("r{reg} = r6\n"),
        (ArgKind::Ctx | ArgKind::CtxOrNull, Way::Other) => stack(-64),
        (ArgKind::Ctx | ArgKind::CtxOrNull, Way::Short) => format!("r{reg} = r6\nr{reg} += 4\n"),
        (ArgKind::Map(_), Way::Right) => format!("r{reg} = map[0] ll\n"),
        (ArgKind::Map(_) | ArgKind::MapKey | ArgKind::MapValue(_) | ArgKind::MapValueOut { .. }, Way::Other) => {
            format!("r{reg} = 7\n")
        }
        (ArgKind::MapValueOrNull, Way::Right) => stack(-64),
        (ArgKind::MapValueOrNull, Way::Other) => format!("r{reg} = 7\n"),
        (ArgKind::MapValueOrNull, Way::Short) => stack(-2),
        (ArgKind::MapKey | ArgKind::MapValue(_) | ArgKind::MapValueOut { .. }, Way::Right) => stack(-64),
        (ArgKind::MapKey | ArgKind::MapValue(_) | ArgKind::MapValueOut { .. }, Way::Short) => stack(-2),
        (ArgKind::Mem { .. }, Way::Right) => stack(-64),
        (ArgKind::Mem { .. }, Way::Other) => format!("r{reg} = 7\n"),
        (ArgKind::Mem { len: MemLen::Fixed { .. }, .. }, Way::Short) => stack(-2),
        (ArgKind::Mem { len: MemLen::Next, .. }, Way::Short) => stack(-4),
        (ArgKind::Len { .. }, Way::Right) => format!("r{reg} = 64\n"),
        (ArgKind::Len { .. }, Way::Short) => format!("r{reg} = 65\n"),
        (ArgKind::Len { .. }, Way::Loose) => format!("r{reg} = *(u64 *)(r10 - 8)\n"),
        (ArgKind::Len { zero_ok: false }, Way::Other) => format!("r{reg} = 0\n"),
        (ArgKind::Anything | ArgKind::Optional | ArgKind::Scalar, Way::Right) => format!("r{reg} = 0\n"),
        (_, _) => return None,
    })
}

/// A program that calls a helper, one argument of it (0-based) in one way. Memory is 64 bytes of stack; `r6` is the context.
fn program(proto: &Proto, wrong: Option<(usize, Way)>) -> Option<String> {
    let mut text = String::from("r6 = r1\nr2 = 0\n");
    for off in (8..=64).step_by(8) {
        let _ = writeln!(text, "*(u64 *)(r10 - {off}) = r2");
    }
    for (at, arg) in proto.args.iter().enumerate() {
        let way = wrong.filter(|(which, _)| *which == at).map_or(Way::Right, |(_, way)| way);
        text.push_str(&fill(arg.kind, at + 1, way)?);
    }
    let _ = writeln!(text, "call {}", proto.id);
    if let Ret::AcquiredOrNull { class: RefClass::Host(_), .. } = proto.ret {
        text.push_str("if r0 == 0 goto +2\nr1 = r0\ncall 86\n");
    }
    text.push_str("r0 = 0\nexit\n");
    Some(text)
}

/// Kinds of map that a helper is tried with: each that it takes, and one that it does not.
fn kinds(proto: &Proto) -> Vec<Option<MapKind>> {
    let taken = proto.args.iter().find_map(|a| match a.kind {
        ArgKind::Map(kinds) => Some(kinds),
        _ => None,
    });
    match taken {
        Some(_) => {
            // Maps of maps need one to be made of: the tests of maps try them.
            let nested = [MapKind::ArrayOfMaps, MapKind::HashOfMaps];
            // Values of maps of sockets are sockets, and those found are given back: `rules/sockmap.rules`.
            let sockets = |kind: MapKind| kind.holds_sockets() && [LOOKUP, UPDATE].contains(&proto.id);
            let kinds = MapKind::rows().iter().map(|row| row.kind);
            kinds.filter(|kind| !nested.contains(kind) && !sockets(*kind)).map(Some).collect()
        }
        None => vec![None],
    }
}

/// Where one row cannot say what Linux says, or need not.
fn is_known(name: &str) -> bool {
    // A number of length 0 for memory that need not be there; the one row of a helper that takes the context in `tc` alone.
    name.ends_with("csum_diff 0 Other")
        || name.ends_with("csum_diff 2 Other")
        || name.contains("bpf_get_cgroup_classid")
}

/// Every argument of every helper: both sides accept the right call and refuse the wrong ones.
#[test]
fn arguments_are_judged_as_by_the_live_kernel() {
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0, 0);
    for name in HOOKS {
        let hook = hook(&host, name);
        let HelperSet::Only(allowed) = &hook.helpers else { panic!("{name} allows every helper") };
        for proto in host.linker.protos().iter().filter(|p| p.id <= LAST && allowed.contains(&p.id)) {
            for kind in kinds(proto) {
                let maps: Vec<MapSpec> = kind.map(shape).into_iter().collect();
                let mut judge = |wrong_arg: Option<(usize, Way)>| {
                    let Some(text) = program(proto, wrong_arg) else { return };
                    let unit = unit(&host, name, &text, &maps);
                    let way = wrong_arg.map_or("right".to_owned(), |(at, way)| format!("{at} {way:?}"));
                    let title = format!("{name} {} {} {way}", proto.name, kind.map_or("", |k| k.row().name));
                    let own = ours(&unit);
                    let taken = kind.is_none_or(|k| {
                        proto.args.iter().any(|a| matches!(a.kind, ArgKind::Map(kinds) if kinds.has(k)))
                    });
                    // What stands for a missing map, callback or record is not tried here.
                    if wrong_arg.is_none() && taken && own.is_err() {
                        wrong.push(format!("{title}: refused here: {own:?}"));
                    }
                    if own.is_ok() {
                        accepted += 1
                    } else {
                        refused += 1
                    }
                    if !available() || is_known(&title) {
                        return;
                    }
                    let live = theirs(&unit, &maps);
                    if own.is_ok() != live.is_ok() {
                        wrong.push(format!("{title}: {own:?}, kernel: {live:?}"));
                    }
                };
                judge(None);
                if kind.is_none_or(|k| proto.args.iter().any(|a| matches!(a.kind, ArgKind::Map(kinds) if kinds.has(k))))
                {
                    for at in 0..proto.args.len() {
                        [Way::Other, Way::Short, Way::Loose].iter().for_each(|&way| judge(Some((at, way))));
                    }
                }
            }
        }
    }
    println!("{accepted} calls accepted, {refused} refused");
    assert!(accepted > 150 && refused > 300, "{accepted} {refused}");
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// No row returns what a wrong row would: numbers have their range, pointers their kind.
#[test]
fn rows_say_what_they_return() {
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    for proto in host.linker.protos().iter() {
        assert!(proto.doc.len() > 10, "{} is not described", proto.name);
        if let Ret::Scalar { min, max } = proto.ret {
            assert!(min <= max, "{}", proto.name);
        }
    }
}

/// Fields that ours do not have: a packet's socket.
const NO_FIELD: std::ops::Range<u32> = 168..176;

/// Every load and store of every size at every offset of the contexts: allowed here where the live kernel allows it.
#[test]
fn contexts_are_accessed_as_in_the_live_kernel() {
    if !available() {
        return;
    }
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    let mut wrong = Vec::new();
    for (name, size) in [("xdp", 32), ("tc", 200), ("socket_filter", 200)] {
        for off in (0..size).filter(|off| !NO_FIELD.contains(off)) {
            for bits in [8, 16, 32, 64].into_iter().filter(|bits| off % (bits / 8) == 0) {
                for text in [format!("r0 = *(u{bits} *)(r1 + {off})"), format!("*(u{bits} *)(r1 + {off}) = r0")] {
                    let unit = unit(&host, name, &format!("r0 = 0\n{text}\nr0 = 0\nexit\n"), &[]);
                    let (own, live) = (ours(&unit), theirs(&unit, &[]));
                    // Linux shows the interface that a frame leaves by to programs of interface maps alone.
                    let egress = name == "xdp" && off == 20;
                    if own.is_ok() != live.is_ok() && !egress {
                        wrong.push(format!("{name}: {text}: {own:?}, kernel: {live:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
}
