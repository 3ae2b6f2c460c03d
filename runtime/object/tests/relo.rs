//! CO-RE: one object's accesses against another object's types. What must come out stands in the other object's C file,
//! worked out by clang.

mod common;

use std::sync::Arc;

use common::{bytes, env, object, try_link};
use stingless_isa::{AluOp, Insn, Operand, Size};
use stingless_object::btf::{HostTypes, Kind};
use stingless_object::{Contents, Env, PoisonKind, Unit};

fn host(name: &str) -> HostTypes {
    HostTypes::parse(&bytes(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
}

fn against(types: HostTypes) -> Env {
    let mut env = env();
    env.types.push(Arc::new(types));
    env
}

fn relocated(program: &str) -> Unit {
    try_link(&object("relo"), program, &against(host("relo_host"))).unwrap_or_else(|err| panic!("{err}"))
}

/// The `want_NAME` constants of the host's object.
fn wanted() -> Vec<(String, i64)> {
    let object = object("relo_host");
    let want = |g: &stingless_object::GlobalDef| {
        let Contents::Bytes(bytes) = &object.maps()[g.map as usize].contents else { return None };
        let value = bytes.get(g.offset as usize..)?.first_chunk().map(|b| i64::from_le_bytes(*b))?;
        Some((g.name.strip_prefix("want_")?.to_owned(), value))
    };
    object.globals().iter().filter_map(want).collect()
}

/// What straight code of moves, sums and products leaves in `r0`.
fn result(unit: &Unit) -> Option<i64> {
    let mut regs = [0i64; 11];
    for insn in unit.code.insns() {
        match *insn {
            Insn::LoadImm { dst, value } => regs[dst.index()] = value as i64,
            Insn::Alu { op, dst, src, .. } => {
                let right = match src {
                    Operand::Imm(n) => n.into(),
                    Operand::Reg(r) => regs[r.index()],
                };
                let left = &mut regs[dst.index()];
                match op {
                    AluOp::Mov => *left = right,
                    AluOp::Add => *left += right,
                    AluOp::Mul => *left *= right,
                    _ => return None,
                }
            }
            Insn::Load { off, .. } => return Some(off.into()),
            Insn::Exit => return Some(regs[0]),
            _ => return None,
        }
    }
    None
}

#[test]
fn answers_are_those_of_the_host() {
    let wanted = wanted();
    assert!(wanted.len() > 60, "{}", wanted.len());
    for (name, want) in wanted {
        let program = name.strip_suffix("_load").map_or(name.clone(), |n| format!("load_{n}"));
        let unit = relocated(&program);
        assert_eq!(result(&unit), Some(want), "{program}: {:?} {:?}", unit.poison, unit.code.insns());
    }
}

/// The reason of a program's only poison.
fn reason(program: &str) -> String {
    let unit = relocated(program);
    assert_eq!(unit.poison.len(), 1, "{program}: {:?}", unit.code.insns());
    assert!(matches!(unit.poison[0].kind, PoisonKind::CoRe(_)));
    unit.poison[0].to_string()
}

#[test]
fn what_the_host_lacks_is_poison_that_says_why() {
    let cases = [
        ("gone_offset", "`struct task::gone`: the host's `struct task` has no field `gone`"),
        ("gone_size", "`struct task::gone`: the host's `struct task` has no field `gone`"),
        ("gone_signed", "`struct task::gone`: the host's `struct task` has no field `gone`"),
        ("load_gone", "`struct task::gone`: the host's `struct task` has no field `gone`"),
        (
            "other_offset",
            "`struct task::other`: the host's `struct task` has `other` of type `char *`, which is not compatible with \
             the plugin's `int`",
        ),
        ("lost_value", "`enum color::LOST`: the host's `enum color` has no value `LOST`"),
    ];
    for (program, want) in cases {
        assert_eq!(reason(program), want);
    }
}

#[test]
fn types_of_one_name_must_agree() {
    let why = reason("differs_offset");
    assert!(why.contains("`struct twice::differs`: the host's types do not agree: `struct twice` (type "), "{why}");
    assert!(why.contains("gives 8, `struct twice___two` (type ") && why.contains("gives 12"), "{why}");
}

#[test]
fn accesses_follow_the_size_of_unsigned_fields_and_of_no_others() {
    let loads = |program: &str| {
        let unit = relocated(program);
        let load = |i: &Insn| match *i {
            Insn::Load { size, .. } | Insn::Store { size, .. } => Some(size),
            _ => None,
        };
        unit.code.insns().iter().find_map(load)
    };
    assert_eq!(loads("load_small"), Some(Size::DW));
    assert_eq!(loads("store_small"), Some(Size::DW));
    assert_eq!(loads("load_pid"), Some(Size::W));
    assert_eq!(loads("load_parent"), Some(Size::DW));
    assert_eq!(loads("load_negative"), None);
    let why = reason("load_negative");
    assert!(why.contains("the field has 8 bytes in the host and 4 in the plugin"), "{why}");
}

#[test]
fn ids_of_types() {
    let host = host("relo_host");
    let id = host.btf().find("task", |k| matches!(k, Kind::Struct(_)));
    assert_eq!(result(&relocated("task_id")), id.map(i64::from));
    let object = object("relo");
    let own = object.btf().unwrap().find("task", |k| matches!(k, Kind::Struct(_)));
    assert_eq!(result(&relocated("task_local_id")), own.map(i64::from));
}

#[test]
fn without_types_only_existence_has_an_answer() {
    let object = object("relo");
    for (program, want) in
        [("pid_exists", 0), ("task_exists", 0), ("task_bytes", 0), ("green_exists", 0), ("task_id", 0)]
    {
        assert_eq!(result(&common::unit(&object, program)), Some(want), "{program}");
    }
    let said = |env: &Env| try_link(&object, "pid_offset", env).unwrap().poison[0].to_string();
    assert_eq!(said(&env()), "`struct task::pid`: the host has no types to look it up in");
}

#[test]
fn its_own_types_answer_every_question() {
    let object = object("relo");
    let own = against(host("relo"));
    for at in 0..object.programs().len() {
        let unit = stingless_object::link(&object, at, &own).unwrap();
        // `task` and its flavour are two types of one name.
        let differ = ["task_bytes", "task_id"].contains(&&*unit.name);
        assert_eq!(unit.poison.len(), usize::from(differ), "{}: {:?}", unit.name, unit.poison);
    }
    for (program, want) in [("pid_offset", 0), ("load_small", 0x40), ("gone_exists", 1), ("high_value", 0x8000_0000)] {
        assert_eq!(result(&try_link(&object, program, &own).unwrap()), Some(want), "{program}");
    }
}

#[test]
fn the_hook_is_asked_before_other_types() {
    let object = object("relo");
    let mut env = against(host("relo_host"));
    let mut hook = (*env.hook).clone();
    hook.btf = Arc::from(section("core"));
    env.hook = Arc::new(hook);
    let unit = try_link(&object, "pid_offset", &env).unwrap();
    assert_eq!(result(&unit), Some(0), "{:?}: `struct task` of `core.o` starts with it", unit.poison);
    assert_eq!(result(&try_link(&object, "b_offset", &env).unwrap()), Some(8), "the hook has no `struct bits`");
}

/// The bytes of `.BTF` in an object.
fn section(name: &str) -> Vec<u8> {
    let bytes = bytes(name);
    let magic = [0x9f, 0xeb, 1, 0, 24];
    let at = bytes.windows(5).position(|w| w == magic).unwrap();
    bytes[at..].to_vec()
}

#[test]
fn types_from_files() {
    let raw = HostTypes::parse(&section("relo_host")).unwrap();
    assert_eq!(raw.btf(), host("relo_host").btf());
    assert_eq!(
        HostTypes::parse(&bytes("legacy")).unwrap_err().to_string(),
        "offset 0x0 of the file: no section `.BTF`"
    );
    assert!(HostTypes::parse(b"\x7fELF").is_err() && HostTypes::parse(&[]).is_err());
}
