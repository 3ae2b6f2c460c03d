//! The first rules: registers, input memory, map values.

mod support;

use stingless_abi::MapKind;
use support::{accept, map, raw_hook, reject, unit};

#[test]
fn a_constant_is_returned() {
    let v = accept(unit("r0 = 1\n exit", vec![], raw_hook()));
    assert_eq!(v.facts().longest_path, Some(2));
    reject(unit("exit", vec![], raw_hook()), "no-return-value");
    reject(unit("r0 = r5\n exit", vec![], raw_hook()), "uninit-register");
}

#[test]
fn input_memory_is_read_after_its_length_was_checked() {
    let text = |c: &str| format!("r0 = 0\n if r2 < {c} goto out\n r0 = *(u64 *)(r1 + 0)\n out:\n exit");
    accept(unit(&text("8"), vec![], raw_hook()));
    reject(unit(&text("7"), vec![], raw_hook()), "packet-bounds");
}
