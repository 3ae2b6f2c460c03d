//! Any type information: parsed, declared, searched, without a panic and without an endless walk.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stingless_object::btf::Btf;

fuzz_target!(|data: &[u8]| {
    let Ok(btf) = Btf::parse(data) else { return };
    for id in 0..btf.types().len().min(300) as u32 + 2 {
        let _ = (btf.declare(id, "x"), btf.define(id), btf.size_of(id), btf.align_of(id), btf.special_fields(id));
        let _ = (btf.name(id), btf.tags(id, None).count(), btf.member(id, "x"));
    }
});
