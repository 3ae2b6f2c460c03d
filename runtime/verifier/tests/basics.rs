//! The first rules: registers, input memory, map values, packets, the context.

mod support;

use stingless_abi::MapKind;
use support::{accept, map, raw_hook, reject, unit, verdict_hook, xdp_hook};

/// Looks up key 0 of map 0 into `r0`.
const LOOKUP: &str = "*(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n r1 = map[0] ll\n call 1\n";

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

#[test]
fn input_memory_is_read_at_an_offset_that_was_compared_with_the_length() {
    let text = |last: &str| {
        format!(
            "r0 = 0\n if r2 < 8 goto out\n r3 = *(u32 *)(r1 + 0)\n r4 = r3\n r4 += 4\n if r4 > r2 goto out\n
             r1 += r3\n r0 = *(u8 *)(r1 + {last})\n out:\n exit"
        )
    };
    accept(unit(&text("3"), vec![], raw_hook()));
    reject(unit(&text("4"), vec![], raw_hook()), "packet-bounds");
}

#[test]
fn a_map_value_is_used_after_a_null_check() {
    let maps = || vec![map(MapKind::Hash, 4, 8, 4)];
    accept(unit(
        &format!("{LOOKUP} if r0 == 0 goto out\n *(u64 *)(r0 + 0) = 1\n r0 = 0\n out:\n exit"),
        maps(),
        raw_hook(),
    ));
    reject(unit(&format!("{LOOKUP} *(u64 *)(r0 + 0) = 1\n r0 = 0\n exit"), maps(), raw_hook()), "null-deref");
    let e = reject(
        unit(
            &format!("{LOOKUP} if r0 == 0 goto out\n *(u64 *)(r0 + 1) = 1\n out:\n r0 = 0\n exit"),
            maps(),
            raw_hook(),
        ),
        "map-value-bounds",
    );
    assert!(e.primary.message.contains("has 8 bytes, the access may end at 9"), "{e}");
}

#[test]
fn an_array_has_its_constant_keys() {
    let text = format!("{LOOKUP} r0 = *(u64 *)(r0 + 0)\n exit");
    accept(unit(&text, vec![map(MapKind::Array, 4, 8, 1)], raw_hook()));
    let other = text.replace("= 0\n", "= 1\n");
    reject(unit(&other, vec![map(MapKind::Array, 4, 8, 1)], raw_hook()), "null-deref");
}

#[test]
fn packet_bytes_are_read_below_the_end() {
    let text = |n: &str| {
        format!(
            "r2 = *(u32 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 4)\n r0 = 0\n r4 = r2\n r4 += {n}\n if r4 > r3 goto out\n
             r0 = *(u8 *)(r2 + 13)\n out:\n exit"
        )
    };
    accept(unit(&text("14"), vec![], xdp_hook()));
    reject(unit(&text("13"), vec![], xdp_hook()), "packet-bounds");
}

#[test]
fn the_verdict_is_in_its_range() {
    accept(unit("r0 = 3\n exit", vec![], verdict_hook()));
    reject(unit("r0 = 4\n exit", vec![], verdict_hook()), "return-range");
}
