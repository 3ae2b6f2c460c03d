//! Each budget at n and at n + 1, and objects that no compiler writes.

mod common;

use std::time::{Duration, Instant};

use common::elf::{CODE, DATA, Elf, GLOBAL_FUNC, GLOBAL_OBJECT, LOCAL_FUNC, SECTION};
use common::{funcs, try_link, unit};
use stingless_isa::{Insn, RawInsn};
use stingless_object::btf::{Btf, BtfErrorKind};
use stingless_object::{LinkErrorKind, Object, ObjectErrorKind, PoisonKind, budget};

fn slots(insns: &[(u8, u8, u8, i32)]) -> Vec<u8> {
    insns.iter().flat_map(|&(opcode, dst, src, imm)| RawInsn { opcode, dst, src, off: 0, imm }.to_bytes()).collect()
}

const ZERO: (u8, u8, u8, i32) = (0xb7, 0, 0, 0);
const EXIT: (u8, u8, u8, i32) = (0x95, 0, 0, 0);
const LDDW: (u8, u8, u8, i32) = (0x18, 1, 0, 0);
const SECOND: (u8, u8, u8, i32) = (0, 0, 0, 0);
const CALL: (u8, u8, u8, i32) = (0x85, 0, 1, -1);

/// An object whose only program is these instructions.
fn program(insns: &[(u8, u8, u8, i32)]) -> (Elf, u32) {
    let mut elf = Elf::new();
    let section = elf.section("xdp", CODE, &slots(insns));
    elf.symbol("prog", GLOBAL_FUNC, section, 0, 0);
    (elf, section)
}

fn too_many(elf: Elf) -> (&'static str, u64, u64) {
    match Object::parse(&elf.finish()).unwrap_err().kind {
        ObjectErrorKind::Budget { what, limit, found } => (what, limit, found),
        kind => panic!("{kind}"),
    }
}

#[test]
fn sections() {
    let with = |count: usize| {
        let (mut elf, _) = program(&[ZERO, EXIT]);
        // Section 0, the code, the symbols and the strings are there already.
        for _ in 4..count {
            elf.again(0, 1, 0, (64, 0));
        }
        elf
    };
    assert!(Object::parse(&with(budget::SECTIONS).finish()).is_ok());
    assert_eq!(too_many(with(budget::SECTIONS + 1)), ("sections", 4096, 4097));
}

#[test]
fn symbols() {
    let with = |count: usize| {
        let (mut elf, section) = program(&[ZERO, EXIT]);
        for _ in 2..count {
            elf.symbol_named(1, GLOBAL_OBJECT, section, 0, 0);
        }
        elf
    };
    assert!(Object::parse(&with(budget::SYMBOLS).finish()).is_ok());
    assert_eq!(too_many(with(budget::SYMBOLS + 1)), ("symbols", 65_536, 65_537));
}

#[test]
fn instructions() {
    let with = |count: usize| {
        let mut insns = vec![ZERO; count - 1];
        insns.push(EXIT);
        program(&insns).0
    };
    let object = Object::parse(&with(budget::INSNS).finish()).unwrap();
    assert_eq!(unit(&object, "prog").code.len(), budget::INSNS);
    assert_eq!(too_many(with(budget::INSNS + 1)), ("instructions", 1_000_000, 1_000_001));
}

#[test]
fn global_data() {
    let with = |size: u64| {
        let (mut elf, _) = program(&[ZERO, EXIT]);
        let name = elf.string(".bss");
        elf.again(name, 8, DATA, (64, size));
        elf
    };
    assert!(Object::parse(&with(budget::DATA).finish()).is_ok());
    assert_eq!(too_many(with(budget::DATA + 1)), ("bytes of global variables", 64 << 20, (64 << 20) + 1));
}

/// Raw BTF of types given as words, with an integer of four bytes as type 1.
fn btf(types: &[Vec<u32>]) -> Result<Btf, BtfErrorKind> {
    let int = vec![1, 1 << 24, 4, 32];
    let types: Vec<u8> = [int].iter().chain(types).flatten().flat_map(|w| w.to_le_bytes()).collect();
    let strings = b"\0int\0";
    let header = [0x0001_eb9f, 24, 0, types.len() as u32, types.len() as u32, strings.len() as u32];
    let mut bytes: Vec<u8> = header.iter().flat_map(|w| w.to_le_bytes()).collect();
    bytes.extend_from_slice(&types);
    bytes.extend_from_slice(strings);
    Btf::parse(&bytes).map_err(|err| err.kind)
}

#[test]
fn types() {
    let consts = |count: usize| vec![vec![0, 10 << 24, 1]; count];
    assert!(btf(&consts(budget::TYPES - 1)).is_ok());
    let err = btf(&consts(budget::TYPES)).unwrap_err();
    assert_eq!(err, BtfErrorKind::Budget { what: "types", limit: 65_536, found: 65_537 });
}

#[test]
fn type_depth() {
    // Each `const` is of the one before.
    let chain = |depth: u32| (1..depth).map(|id| vec![0, 10 << 24, id]).collect::<Vec<_>>();
    assert_eq!(btf(&chain(budget::TYPE_DEPTH)).unwrap().size_of(32), Some(4));
    assert_eq!(btf(&chain(budget::TYPE_DEPTH + 1)).unwrap_err(), BtfErrorKind::TooDeep { id: 33 });
    // Pointers nest as deep as they like, and may form circles.
    let pointers: Vec<_> = (1..1000).map(|id| vec![0, 2 << 24, id % 999 + 1]).collect();
    let pointers = btf(&pointers).unwrap();
    assert!(pointers.declare(500, "p").ends_with("*p"));
}

#[test]
fn types_that_contain_themselves() {
    let member = |ty: u32| vec![0, 4 << 24 | 1, 4, 0, ty, 0];
    assert_eq!(btf(&[member(2)]).unwrap_err(), BtfErrorKind::Recursive { id: 2 });
    assert!(matches!(btf(&[vec![0, 8 << 24, 3], vec![0, 8 << 24, 2]]).unwrap_err(), BtfErrorKind::Recursive { .. }));
    assert_eq!(btf(&[member(9)]).unwrap_err(), BtfErrorKind::BadReference { id: 2, target: 9 });
    let array = vec![0, 3 << 24, 0, 1, 1, 1 << 30];
    assert_eq!(btf(&[array]).unwrap_err(), BtfErrorKind::BadSize { id: 2 });
    let outside = vec![0, 4 << 24 | 1, 4, 0, 1, 8];
    assert_eq!(btf(&[outside]).unwrap_err(), BtfErrorKind::MemberOutside { id: 2, member: 0 });
}

#[test]
fn declarations_of_hostile_types_are_cut_short() {
    // f2(f1, f1), f3(f2, f2) ...: two to the power of their number.
    let mut types = vec![vec![0, 13 << 24, 1]];
    for id in 2..60 {
        types.push(vec![0, 13 << 24 | 2, 1, 0, id, 0, id]);
    }
    let text = btf(&types).unwrap().declare(60, "f");
    assert!(text.len() < 1 << 20 && text.contains("/* ... */"));
}

#[test]
fn code_without_symbols_is_a_program_with_what_it_calls() {
    let mut elf = Elf::new();
    elf.section("prog", CODE, &slots(&[(0x85, 0, 1, 2), (0x85, 0, 1, 3), EXIT, ZERO, EXIT, ZERO, EXIT]));
    let object = Object::parse(&elf.finish()).unwrap();
    let unit = unit(&object, "prog");
    assert_eq!(funcs(&unit), ["prog", "", ""]);
}

#[test]
fn relocations_that_make_no_sense_are_poison() {
    let (mut elf, code) = program(&[LDDW, SECOND, LDDW, SECOND, CALL, LDDW, SECOND, CALL, LDDW, SECOND, EXIT]);
    let data = elf.section(".data", DATA, &[1; 16]);
    let other = elf.section("license", DATA, b"GPL\0");
    let outside = elf.symbol("outside", GLOBAL_OBJECT, data, 0, 16);
    let license = elf.symbol("license_text", GLOBAL_OBJECT, other, 0, 4);
    let far = elf.symbol("", SECTION, data, 17, 0);
    let absolute = elf.symbol("absolute", GLOBAL_OBJECT, 0xfff1, 0, 0);
    let inside = elf.symbol("inside", LOCAL_FUNC, code, 0, 0);
    let rels = [
        (0, 1, license),
        (16, 1, far),
        (32, 10, outside),
        (40, 1, absolute),
        (56, 1, inside),
        (64, 1, outside),
        (64, 1, far),
    ];
    elf.rels(code, &rels);
    let object = Object::parse(&elf.finish()).unwrap();
    let unit = unit(&object, "prog");
    let why: Vec<_> = unit
        .poison
        .iter()
        .map(|p| if let PoisonKind::Unsupported(why) = &p.kind { why.as_str() } else { panic!("{p:?}") })
        .collect();
    let want = [
        "its section holds neither code, maps nor global variables",
        "offset 17 is outside its section, which has 16 bytes",
        "it is called, but is not code",
        "it is in no section",
        "relocation type 1 does not apply to opcode 0x85",
        "two relocations apply to one instruction",
    ];
    assert_eq!(why, want);
    assert!(unit.code.insns()[..6].iter().all(|i| matches!(i, Insn::Poison(_))));
}

#[test]
fn references_by_number_are_poison() {
    // A map by descriptor, a value of one, a kernel function by BTF id: nothing that an object could mean.
    let insns = [(0x18, 1, 1, 0), SECOND, (0x18, 1, 2, 0), SECOND, (0x85, 0, 2, 7), EXIT];
    let object = Object::parse(&program(&insns).0.finish()).unwrap();
    let unit = unit(&object, "prog");
    assert!(unit.code.insns()[..3].iter().all(|i| matches!(i, Insn::Poison(_))));
    assert!(unit.maps.is_empty());
}

#[test]
fn a_fault_concerns_the_programs_that_reach_it() {
    let mut elf = Elf::new();
    let text = elf.section(".text", CODE, &slots(&[(0xff, 0, 0, 0), EXIT, ZERO, ZERO]));
    let code = elf.section("xdp", CODE, &slots(&[ZERO, EXIT, CALL, EXIT, CALL, EXIT, ZERO, EXIT]));
    let broken = elf.symbol("broken", GLOBAL_FUNC, text, 0, 16);
    let endless = elf.symbol("endless", GLOBAL_FUNC, text, 16, 16);
    for (name, at) in [("good", 0), ("first", 16), ("second", 32), ("third", 48)] {
        elf.symbol(name, GLOBAL_FUNC, code, at, 16);
    }
    elf.rels(code, &[(16, 10, broken), (32, 10, endless), (48, 1, broken)]);
    let object = Object::parse(&elf.finish()).unwrap();
    unit(&object, "good");
    let error = |name| try_link(&object, name, &common::env()).unwrap_err();
    assert!(matches!(error("first").kind, LinkErrorKind::Decode(_)));
    assert_eq!((&*error("first").at.unwrap().function, error("first").at.unwrap().slot), ("broken", 0));
    assert!(matches!(error("second").kind, LinkErrorKind::Code(_)));
    assert_eq!(error("second").at.unwrap().slot, 3);
    assert_eq!(error("third").kind, LinkErrorKind::Relocation);
}

#[test]
fn overlapping_sections_cost_little() {
    let start = Instant::now();
    let (mut elf, _) = program(&vec![EXIT; 1 << 20]);
    let name = elf.string("xdp");
    for _ in 0..4000 {
        elf.again(name, 1, CODE, (64, 8 << 20));
    }
    assert_eq!(too_many(elf).0, "bytes of code");

    // Many names in one long string.
    let (mut elf, section) = program(&[ZERO, EXIT]);
    let long = elf.string(&"x".repeat(1 << 16));
    for i in 0..60_000 {
        elf.symbol_named(long + (1 << 16) - 4096 + i % 8, GLOBAL_FUNC, section, 0, 0);
    }
    assert_eq!(too_many(elf).0, "bytes of symbol names");
    assert!(start.elapsed() < Duration::from_secs(10));
}
