//! Any object against any types: CO-RE relocations end, say the same twice, and leave a program that the verifier judges.
//!
//! An input is the length of the object in four bytes, the object, and the host's types: another object, or bare BTF.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use stingless::{EngineKind, Linker, Object};
use stingless_abi::{Limits, Trust};
use stingless_object::btf::HostTypes;
use stingless_object::{Env, link};

fuzz_target!(|data: &[u8]| {
    static LINKER: OnceLock<Linker> = OnceLock::new();
    let Some((len, rest)) = data.split_first_chunk() else { return };
    let Some((own, host)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { return };
    let (Ok(object), Ok(types)) = (Object::parse(own), HostTypes::parse(host)) else { return };
    let linker = LINKER.get_or_init(|| stingless_fuzz::linker(EngineKind::Interp));
    let mut env = Env::new(linker.protos(), linker.hooks()[0].clone());
    env.types.push(Arc::new(types));
    let limits = Limits { examined_insns: 2_000, work: 20_000, ..Limits::default() };
    for program in 0..object.programs().len() {
        let Ok(unit) = link(&object, program, &env) else { continue };
        let again = link(&object, program, &env).expect("the same, twice");
        assert_eq!((&unit.code, &unit.poison), (&again.code, &again.poison), "two answers");
        if let Err(err) = stingless_verifier::verify(unit, Trust::Untrusted, &limits) {
            assert!(!err.is_bug(), "{err}");
        }
    }
});
