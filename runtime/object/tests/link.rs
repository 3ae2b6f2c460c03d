//! Programs of objects, linked: what each reference becomes.

mod common;

use common::{env, funcs, object, refs, try_link, unit};
use stingless_abi::{MapKind, SpecialKind, map};
use stingless_isa::{Callee, Insn, Ref};
use stingless_object::{FuncArg, KconfigValue, LinkErrorKind, Object, Poison, PoisonKind, link};

#[test]
fn one_program_with_an_array_and_a_constant() {
    let object = object("simple");
    assert_eq!(object.license(), "Dual MIT/GPL");
    assert_eq!(object.programs().len(), 1);
    assert_eq!((&*object.programs()[0].name, &*object.programs()[0].section), ("count", "xdp"));
    let names: Vec<_> = object.maps().iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["hits", ".rodata"]);

    let unit = unit(&object, "count");
    assert!(unit.gpl && unit.poison.is_empty());
    assert_eq!(refs(&unit), [Ref::Map(0), Ref::MapValue { map: 1, off: 0 }]);
    let hits = &unit.maps[0];
    assert_eq!((hits.spec.kind, hits.spec.key_size, hits.spec.value_size), (MapKind::Array, 4, 8));
    assert_eq!((hits.spec.max_entries, hits.origin, &hits.frozen), (4, 0, &None));
    let rodata = &unit.maps[1];
    assert_eq!((rodata.spec.value_size, rodata.spec.flags), (8, map::F_RDONLY_PROG));
    assert_eq!(rodata.frozen.as_deref(), Some(&7u64.to_le_bytes()[..]));
    let line = unit.line_of(0).expect("clang -g writes line records");
    assert!(line.file.ends_with("simple.bpf.c"), "{line:?}");
    assert!(unit.lines.iter().any(|l| l.text.contains("bpf_map_lookup_elem(&hits, &key)")), "{:?}", unit.lines);
}

#[test]
fn static_functions_follow_in_the_order_they_are_met() {
    let object = object("functions");
    let unit = unit(&object, "statics");
    assert_eq!(funcs(&unit), ["statics", "middle", "leaf"]);
    let locals: Vec<u32> = unit.code.insns().iter().filter_map(Insn::callee_start).collect();
    let [middle, leaf] = [1, 2].map(|i| unit.code.subprogs()[i].start);
    assert_eq!(locals, [middle, middle, leaf, leaf]);
    assert_eq!(unit.maps.len(), 1, "only `.bss` is named");
    assert!(unit.funcs.iter().all(|f| !f.global && f.args.is_empty()));
}

#[test]
fn global_functions_have_argument_types() {
    let object = object("functions");
    let unit = unit(&object, "globals");
    assert_eq!(funcs(&unit), ["globals", "nothing", "shared", "kept", "chosen", "leaf"]);
    let info = |name: &str| unit.funcs.iter().find(|f| f.name == name).unwrap();
    let mem = |nullable| FuncArg::Mem { size: 16, nullable };
    assert_eq!(info("shared").args, [FuncArg::Ctx, mem(true), mem(false), FuncArg::Scalar]);
    assert!(info("shared").global && info("shared").returns_scalar);
    assert!(info("nothing").global && !info("nothing").returns_scalar);
    let chosen = &info("chosen").args;
    assert_eq!(chosen[0], FuncArg::Ctx, "tagged");
    assert!(matches!(&chosen[1], FuncArg::Unsupported(why) if why.contains("struct pair")), "{chosen:?}");
    assert!(matches!(&chosen[2], FuncArg::Unsupported(why) if why.contains("void")), "{chosen:?}");
    assert!(!info("kept").global, "hidden functions are static");
    assert!(!info("globals").global, "the entry is no subprogram");
}

#[test]
fn callbacks_are_references_to_functions() {
    let object = object("functions");
    let unit = unit(&object, "callbacks");
    assert_eq!(funcs(&unit), ["callbacks", "step"]);
    assert_eq!(refs(&unit), [Ref::Func(unit.code.subprogs()[1].start)]);
    assert!(unit.code.insns().contains(&Insn::Call(Callee::Helper(181))));

    let unit = common::unit(&object, "optional");
    assert_eq!(funcs(&unit), ["optional", "exported_step"]);
    assert!(!unit.funcs[1].global, "a helper calls it, with the helper's arguments");
}

#[test]
fn functions_by_name_are_helpers_or_poison() {
    let object = object("functions");
    let unit = unit(&object, "by_name");
    assert_eq!(unit.section, "custom name, any");
    let numbers: Vec<u64> = unit
        .code
        .insns()
        .iter()
        .filter_map(|i| if let Insn::LoadImm { value, .. } = i { Some(*value) } else { None })
        .collect();
    assert_eq!(numbers, [0, 1], "a missing weak function is null, a helper is not");
    assert!(unit.code.insns().contains(&Insn::Call(Callee::Helper(1 << 24))));
    assert_eq!(unit.poison, [Poison { symbol: "maybe_helper".into(), kind: PoisonKind::Weak }]);

    let unit = common::unit(&object, "missing");
    let unknown = |symbol: &str, kind| Poison { symbol: symbol.into(), kind };
    let want = [
        unknown("absent_helper", PoisonKind::UnknownFunction),
        unknown("absent_variable", PoisonKind::UnknownVariable),
    ];
    assert_eq!(unit.poison, want);
}

#[test]
fn lines_follow_their_instructions() {
    let object = object("functions");
    let unit = unit(&object, "statics");
    assert!(unit.lines.is_sorted_by_key(|l| l.insn));
    let leaf = unit.code.subprogs()[2].start as usize;
    let line = unit.line_of(leaf).unwrap();
    assert!(line.text.contains("counter += a"), "{line:?}");
    assert!(line.line > 0 && line.column > 0);
}

#[test]
fn global_variables_are_maps() {
    let object = object("data");
    let unit = unit(&object, "constants");
    let names: Vec<_> = unit.maps.iter().map(|m| (m.spec.name.as_str(), m.frozen.is_some())).collect();
    assert_eq!(names, [(".rodata", true), (".rodata.tuning", true)]);

    let unit = common::unit(&object, "variables");
    let names: Vec<_> = unit.maps.iter().map(|m| (m.spec.name.as_str(), m.frozen.is_some())).collect();
    let want = [".data", ".bss", ".data.apart", ".bss.apart"].map(|n| (n, false));
    assert_eq!(names, want);
    let zeroed = object.global("zeroed").unwrap();
    assert!(refs(&unit).contains(&Ref::MapValue { map: 1, off: zeroed.offset }));
    let contents = |name| object.contents(object.map(name).unwrap(), &env()).unwrap();
    assert_eq!(contents(".bss"), None);
    assert_eq!(contents(".data").as_deref().map(|b| b[..4].to_vec()), Some(vec![3, 0, 0, 0]));

    let unit = common::unit(&object, "locked");
    let special = &unit.maps[0].spec.special;
    assert_eq!(special.len(), 1, "{special:?}");
    assert_eq!(special[0].kind, SpecialKind::SpinLock);
}

#[test]
fn variables_take_values_before_verification() {
    let object = object("data");
    let mut env = env();
    env.globals.insert("limit".into(), 7u32.to_le_bytes().to_vec());
    env.globals.insert("zeroed".into(), vec![1; 32]);
    env.globals.insert("of another object".into(), vec![]);
    let unit = try_link(&object, "constants", &env).unwrap();
    let at = object.global("limit").unwrap().offset as usize;
    assert_eq!(unit.maps[0].frozen.as_deref().unwrap()[at..at + 4], [7, 0, 0, 0]);
    let bss = object.contents(object.map(".bss").unwrap(), &env).unwrap().unwrap();
    assert_eq!(bss.iter().filter(|&&b| b == 1).count(), 32);

    env.globals.insert("limit".into(), vec![1]);
    let err = try_link(&object, "constants", &env).unwrap_err();
    assert_eq!(err.kind, LinkErrorKind::GlobalSize { name: "limit".into(), want: 4, found: 1 });
    assert!(err.to_string().starts_with("program `constants`: slot "), "{err}");
}

#[test]
fn kernel_configuration() {
    let object = object("data");
    let mut env = env();
    env.kconfig.insert("CONFIG_PRESENT".into(), KconfigValue::Yes);
    env.kconfig.insert("CONFIG_MODULE".into(), KconfigValue::Module);
    env.kconfig.insert("CONFIG_TEXT".into(), KconfigValue::Text("longer than that".into()));
    env.kconfig.insert("CONFIG_SMALL".into(), KconfigValue::Number(-3i64 as u64));
    let unit = try_link(&object, "config", &env).unwrap();
    let frozen = unit.maps[0].frozen.as_deref().unwrap();
    let load = |n: usize| match refs(&unit)[n] {
        Ref::MapValue { off, .. } => &frozen[off as usize..],
        Ref::Map(_) | Ref::Func(_) | Ref::Symbol(_) => panic!("no value"),
    };
    assert_eq!(unit.maps[0].spec.name, ".kconfig");
    assert!(refs(&unit).iter().enumerate().any(|(i, _)| load(i)[..4] == 0x06_12_00u32.to_le_bytes()));
    assert!(refs(&unit).iter().enumerate().any(|(i, _)| load(i).starts_with(b"longer \0")));
    assert!(refs(&unit).iter().enumerate().any(|(i, _)| load(i)[..2] == (-3i16).to_le_bytes()));
    assert!(unit.poison.is_empty());

    let unit = try_link(&object, "config_missing", &env).unwrap();
    assert_eq!(unit.poison, [Poison { symbol: "CONFIG_MISSING".into(), kind: PoisonKind::UnknownVariable }]);

    env.kconfig.insert("CONFIG_SMALL".into(), KconfigValue::Number(40_000));
    let err = try_link(&object, "config", &env).unwrap_err();
    assert!(matches!(&err.kind, LinkErrorKind::Kconfig { name, .. } if name == "CONFIG_SMALL"), "{err}");
}

#[test]
fn an_unknown_kind_of_map_fails_its_program_alone() {
    let object = object("maps");
    let err = try_link(&object, "fourth", &env()).unwrap_err();
    assert_eq!(err.kind, LinkErrorKind::MapKind { map: "unknown".into(), kind: 33 });
    assert_eq!(&*err.at.unwrap().function, "fourth");
    unit(&object, "first");
    unit(&object, "third");
}

#[test]
fn behind_a_map_of_maps_stands_what_is_in_it() {
    let unit = unit(&object("maps"), "second");
    let shape = |m: &stingless_object::UnitMap| (m.spec.kind, m.spec.key_size, m.spec.value_size, m.spec.max_entries);
    let want = [(MapKind::ArrayOfMaps, 4, 4, 2), (MapKind::Array, 4, 8, 1)];
    assert_eq!(unit.maps.iter().map(shape).collect::<Vec<_>>(), want);
    assert_eq!([0, 1, 2, u32::MAX].map(|map| unit.inner_of(map)), [Some(1), None, None, None]);
}

#[test]
fn objects_without_types() {
    let object = object("legacy");
    assert!(object.btf().is_none());
    let unit = unit(&object, "first");
    assert_eq!((funcs(&unit), unit.gpl), (vec!["first", "find"], false));
    let names: Vec<_> = unit.maps.iter().map(|m| m.spec.name.as_str()).collect();
    assert_eq!(names, ["list", ".data", "table"]);
    assert!(unit.lines.is_empty());

    let object = common::object("plain");
    let unit = common::unit(&object, "swap");
    assert_eq!((unit.section.as_str(), unit.code.subprogs().len()), (".text", 1));
}

#[test]
fn unmatched_relocations_are_poison() {
    let object = object("core");
    let reads = unit(&object, "reads");
    let names: Vec<_> = reads.poison.iter().map(|p| p.symbol.as_str()).collect();
    assert_eq!(names, ["struct task::pid", "struct task::inner::values[2]"]);
    assert!(reads.poison.iter().all(|p| matches!(p.kind, PoisonKind::CoRe(_))));
    assert!(unit(&object, "local").poison.is_empty(), "a local type id is right as it is");
}

#[test]
fn linking_is_pure() {
    for (name, bytes) in common::all() {
        let (Ok(a), Ok(b)) = (Object::parse(&bytes), Object::parse(&bytes)) else { continue };
        assert_eq!(a, b, "{name}");
        for program in 0..a.programs().len() {
            let (x, y) = (link(&a, program, &env()), link(&b, program, &env()));
            assert_eq!(format!("{x:?}"), format!("{y:?}"), "{name} {program}");
        }
    }
}

#[test]
fn a_program_that_is_not_there() {
    let err = link(&object("simple"), 1, &env()).unwrap_err();
    assert_eq!(err.to_string(), "program ``: there is no program 1, the object has 1");
}

#[test]
fn poison_says_why() {
    let object = object("functions");
    let said: Vec<String> = unit(&object, "missing").poison.iter().map(ToString::to_string).collect();
    let want = [
        "`absent_helper`: no helper has this name",
        "`absent_variable`: no variable has this name, and no value was given for it",
    ];
    assert_eq!(said, want);
}
