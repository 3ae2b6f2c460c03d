//! Any file: parsed, and each of its programs linked, without a panic and within budgets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stingless::{EngineKind, Object};
use stingless_object::{Env, link};

fuzz_target!(|data: &[u8]| {
    let Ok(object) = Object::parse(data) else { return };
    assert_eq!(
        Object::parse(data).map(|o| format!("{o:?}")).ok(),
        Some(format!("{object:?}")),
        "the same bytes, the same object"
    );
    let linker = stingless_fuzz::linker(EngineKind::Interp);
    let env = Env::new(linker.protos(), linker.hooks()[0].clone());
    for at in 0..object.programs().len() {
        if let Ok(unit) = link(&object, at, &env) {
            let _ = stingless_isa::disasm(&unit.code);
        }
    }
    for at in 0..object.maps().len() {
        let _ = object.contents(at, &env);
    }
});
