//! What the tests share: objects, a hook, a few helpers.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of it")]

pub mod elf;

use std::sync::Arc;

use stingless_abi::{
    CtxField, CtxLayout, Effects, Entry, FieldKind, HelperSet, HookDef, NativeOp, Proto, ProtoTable, Ret, Rights,
};
use stingless_isa::Insn;
use stingless_object::{Env, LinkError, Object, Unit, link};

/// The bytes of an object in `tests/data`.
pub fn bytes(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/{name}.o", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|err| panic!("{path}: {err}"))
}

/// All objects in `tests/data`, in order of their name.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let dir = format!("{}/tests/data", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().unwrap().strip_suffix(".o").map(str::to_owned))
        .collect();
    names.sort();
    names.into_iter().map(|n| (n.clone(), bytes(&n))).collect()
}

pub fn object(name: &str) -> Object {
    Object::parse(&bytes(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
}

/// `xdp` with the context's struct name, which is all that linking reads.
pub fn hook() -> Arc<HookDef> {
    let field = CtxField {
        name: "data".into(),
        off: 0,
        size: 4,
        rights: Rights::READ,
        kind: FieldKind::Scalar { partial: stingless_abi::Partial::Never },
        native: NativeOp::Plain,
        native_off: 0,
    };
    let layout = CtxLayout { name: "xdp_md".into(), size: 24, fields: vec![field].into(), regions: Vec::new().into() };
    Arc::new(HookDef {
        name: "xdp".into(),
        sections: vec!["xdp".into()].into(),
        linux_type: 6,
        types: Default::default(),
        entry: Entry::Ctx(layout),
        verdict: None,
        verdicts: Vec::new().into(),
        helpers: HelperSet::All,
        packet_loads: false,
        btf: Vec::new().into(),
    })
}

fn proto(id: u32, name: &'static str) -> Arc<Proto> {
    Arc::new(Proto {
        id,
        name: name.into(),
        args: Vec::new().into(),
        ret: Ret::ANY,
        c_ret: "long".into(),
        effects: Effects::default(),
        doc: "".into(),
    })
}

pub fn env() -> Env {
    let helpers = [(1, "bpf_map_lookup_elem"), (181, "bpf_loop"), (1 << 24, "host_helper")];
    Env::new(ProtoTable::new(helpers.map(|(id, name)| proto(id, name))), hook())
}

pub fn try_link(object: &Object, program: &str, env: &Env) -> Result<Unit, LinkError> {
    let index = object.program(program).unwrap_or_else(|| panic!("no program {program}"));
    link(object, index, env)
}

pub fn unit(object: &Object, program: &str) -> Unit {
    try_link(object, program, &env()).unwrap_or_else(|err| panic!("{err}"))
}

/// Names of a unit's functions, the entry first.
pub fn funcs(unit: &Unit) -> Vec<&str> {
    unit.code.subprogs().iter().map(|s| s.name.as_str()).collect()
}

pub fn refs(unit: &Unit) -> Vec<stingless_isa::Ref> {
    let target = |i: &Insn| if let Insn::LoadRef { target, .. } = i { Some(*target) } else { None };
    unit.code.insns().iter().filter_map(target).collect()
}
