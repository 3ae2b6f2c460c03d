//! What ranges do not prove and a solver does, each beside a neighbour that is really unsafe.

mod support;

use stingless_abi::{Limits, MapKind, Trust};
use stingless_object::Unit;
use stingless_verifier::{Verified, verify};
use support::{accept, map, raw_hook, reject, unit, verdict_hook, xdp_hook};

/// `r0` points to a map value of 16 bytes, `r6` and `r7` are any numbers; then `body`, and the end.
fn with_value(body: &str) -> Unit {
    let text = format!(
        "r6 = *(u32 *)(r1 + 12)\n r7 = *(u32 *)(r1 + 16)\n *(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n r1 = map[0] ll\n
         call 1\n if r0 == 0 goto out\n {body}\n out:\n r0 = 0\n exit"
    );
    unit(&text, vec![map(MapKind::Hash, 4, 16, 8)], xdp_hook())
}

/// It is accepted because of what a solver proved.
#[track_caller]
fn proved(unit: Unit) -> Verified {
    let off = Limits { refinements: 0, ..Limits::default() };
    assert!(verify(unit.clone(), Trust::Untrusted, &off).is_err(), "ranges suffice");
    let verified = accept(unit);
    let told = verified.refinements();
    assert!(!told.is_empty() && told.iter().all(|n| n.message.starts_with("proved by refinement: ")), "{told:?}");
    verified
}

#[test]
fn two_parts_of_a_whole() {
    let text = |whole: u32| {
        with_value(&format!("r6 &= 15\n r7 = {whole}\n r7 -= r6\n r0 += r6\n r0 += r7\n *(u8 *)(r0 + 0) = 1"))
    };
    proved(text(15));
    reject(text(16), "map-value-bounds");
}

#[test]
fn a_sum_that_was_compared() {
    let text = |most: u32| {
        with_value(&format!("r8 = r6\n r8 += r7\n if r8 > {most} goto out\n r0 += r6\n r0 += r7\n *(u8 *)(r0 + 0) = 1"))
    };
    proved(text(15));
    reject(text(16), "unbounded-offset");
}

#[test]
fn a_sum_that_may_wrap_proves_nothing() {
    let text =
        |add: &str| with_value(&format!("r8 = r6\n {add}\n if r8 > 15 goto out\n r0 += r6\n *(u8 *)(r0 + 0) = 1"));
    proved(text("r8 += r7"));
    // At 32 bits the sum of two numbers of 32 bits wraps.
    reject(text("w8 += w7"), "unbounded-offset");
}

#[test]
fn of_two_branches_one_rules_the_other_out() {
    // r8 is 4 or 100; where it is 100, r6 is not 1.
    let text = |second: u32| {
        with_value(&format!(
            "r8 = 4\n if r6 == 1 goto small\n r8 = 100\n small:\n r7 = r6\n r7 *= 3\n if r7 != {second} goto out\n
             r0 += r8\n *(u8 *)(r0 + 0) = 1"
        ))
    };
    proved(text(3));
    reject(text(6), "map-value-bounds");
}

#[test]
fn a_remainder_and_its_divisor() {
    let text = |limit: u32, test: &str| {
        with_value(&format!(
            "r6 &= 255\n r7 &= 31\n if r7 > {limit} goto out\n {test}\n r6 %= r7\n r0 += r6\n *(u8 *)(r0 + 0) = 1"
        ))
    };
    // Of 17, the remainder is 16 at most.
    accept(text(16, "if r7 == 0 goto out"));
    reject(text(17, "if r7 == 0 goto out"), "map-value-bounds");
    reject(text(16, ""), "map-value-bounds");
}

#[test]
fn a_pointer_and_a_length_that_fit_together() {
    let text = |size: u32| {
        let body = format!(
            "r6 &= 31\n r7 &= 31\n r8 = r6\n r8 += r7\n if r8 > {size} goto out\n r2 = r0\n r2 += r6\n r3 = r7\n
             r1 = map[1] ll\n r4 = 0\n call 130"
        );
        let text = format!(
            "r6 = *(u32 *)(r1 + 12)\n r7 = *(u32 *)(r1 + 16)\n *(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n
             r1 = map[0] ll\n call 1\n if r0 == 0 goto out\n {body}\n out:\n r0 = 0\n exit"
        );
        unit(&text, vec![map(MapKind::Hash, 4, 16, 8), map(MapKind::Ringbuf, 0, 0, 4096)], xdp_hook())
    };
    proved(text(16));
    reject(text(17), "map-value-bounds");
}

#[test]
fn an_offset_into_input_memory_that_was_compared_in_parts() {
    // off + len <= length, then the last byte of it.
    let text = |least: u32| {
        let text = format!(
            "r6 = r1\n r7 = r2\n call 7\n r8 = r0\n r8 &= 255\n call 7\n r0 &= 255\n r9 = r8\n r9 += r0\n
             if r9 > r7 goto out\n if r0 < {least} goto out\n r6 += r8\n r0 = *(u8 *)(r6 + 0)\n exit\n out:\n r0 = 0\n exit"
        );
        unit(&text, vec![], raw_hook())
    };
    proved(text(1));
    reject(text(0), "packet-bounds");
}

#[test]
fn a_return_value_by_its_low_half() {
    let text = |more: u32| {
        let text = format!(
            "r6 = *(u32 *)(r1 + 12)\n r6 &= 3\n r0 = 3\n r0 -= r6\n r0 += r6\n r0 += {more}\n r0 -= {more}\n
             r0 += {more}\n exit"
        );
        unit(&text, vec![], verdict_hook())
    };
    proved(text(0));
    reject(text(1), "return-range");
}

#[test]
fn the_stack_at_a_place_that_two_numbers_make() {
    let text = |whole: u32| {
        let fill = "*(u64 *)(r10 - 8) = 0\n *(u64 *)(r10 - 16) = 0";
        let text = format!(
            "r6 = *(u32 *)(r1 + 12)\n {fill}\n r6 &= 15\n r7 = {whole}\n r7 -= r6\n r2 = r10\n r2 += -16\n r2 += r6\n
             r2 += r7\n r0 = *(u8 *)(r2 + 0)\n exit"
        );
        unit(&text, vec![], xdp_hook())
    };
    proved(text(15));
    reject(text(16), "stack-bounds");
}

/// What ties two numbers on one path does not tie them on another that comes to the same place.
#[test]
fn a_state_that_a_proof_went_through_covers_no_other() {
    let text = |other: &str| {
        with_value(&format!(
            "r6 &= 7\n r8 = r6\n r9 = 8\n r9 -= r6\n if r7 == 5 goto other\n goto join\n other:\n {other}\n join:\n
             r1 = r7\n r1 += 1\n r1 += 2\n r1 += 3\n r1 += 4\n if r7 == 9 goto on\n r1 += 1\n on:\n if r7 == 11 goto more\n
             r1 += 1\n more:\n r1 += 1\n r1 += 2\n r1 += 3\n r0 += r8\n r0 += r9\n *(u64 *)(r0 + 0) = 1"
        ))
    };
    // Tied as before, on both paths.
    proved(text("r1 = 0"));
    // r8 and r9 are each in the ranges that they are in on the first path, and their sum is up to 15.
    let keeps =
        "r3 = r0\n *(u64 *)(r10 - 16) = r0\n call 7\n r8 = r0\n r8 &= 7\n call 7\n r9 = r0\n r9 &= 7\n r9 += 1\n
                 r0 = *(u64 *)(r10 - 16)";
    reject(text(keeps), "map-value-bounds");
}

/// In a loop that is made to converge, a round begins with whatever the loop may bring.
#[test]
fn rounds_of_a_loop_begin_anywhere() {
    let text = |first: &str, step: u32| {
        with_value(&format!(
            "r6 &= 15\n r8 = 15\n r8 -= r6\n r9 = r0\n again:\n may_goto end\n {first}\n r1 = r9\n r1 += r6\n r1 += r8\n
             *(u8 *)(r1 + 0) = 1\n r6 += 1\n r6 &= 15\n r8 -= {step}\n r8 &= 15\n goto again\n end:"
        ))
    };
    // Their sum is 15 in every round, which no round tells the next. That it is in the first tells nothing of the others.
    reject(text("", 1), "map-value-bounds");
    reject(text("", 2), "map-value-bounds");
    // What a round itself makes sure of it may rely on.
    proved(text("r8 = 15\n r8 -= r6", 2));
}

#[test]
fn questions_are_counted_and_can_be_switched_off() {
    let program = || {
        with_value("r6 &= 15\n r7 = 15\n r7 -= r6\n r0 += r6\n r0 += r7\n *(u8 *)(r0 + 0) = 1\n *(u8 *)(r0 + 0) = 2")
    };
    proved(program());
    let limits = |refinements: u32, work: u64| Limits { refinements, work, ..Limits::default() };
    assert!(verify(program(), Trust::Untrusted, &limits(1, 1 << 20)).is_ok());
    let refused = verify(program(), Trust::Untrusted, &limits(0, 1 << 20));
    assert_eq!(refused.map(|_| ()).map_err(|e| e.kind), Err("map-value-bounds"));
    // The work of a question counts: where it runs out, the program is refused as it would be without.
    let refused = verify(program(), Trust::Untrusted, &limits(256, 45));
    assert_eq!(refused.map(|_| ()).map_err(|e| e.kind), Err("map-value-bounds"));
}

#[test]
fn numbers_on_the_stack_and_in_functions_keep_their_ties() {
    let text = |whole: u32| {
        let text = format!(
            "r6 = *(u32 *)(r1 + 12)\n *(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n r1 = map[0] ll\n call 1\n
             if r0 == 0 goto out\n r6 &= 15\n *(u64 *)(r10 - 16) = r6\n r7 = r0\n r1 = r6\n call rest\n r1 = *(u64 *)(r10 - 16)\n
             r7 += r1\n r7 += r0\n *(u8 *)(r7 + 0) = 1\n out:\n r0 = 0\n exit\n
             rest:\n r0 = {whole}\n r0 -= r1\n exit"
        );
        unit(&text, vec![map(MapKind::Hash, 4, 16, 8)], xdp_hook())
    };
    proved(text(15));
    reject(text(16), "map-value-bounds");
}

/// A distance between pointers is a number like others, in all bits or in the low ones.
#[test]
fn a_length_that_was_compared_as_a_number() {
    let text = |minus: &str, least: u32| {
        let text = format!(
            "r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n {minus}\n if r7 < {least} goto out\n r0 = *(u8 *)(r6 + 19)\n
             exit\n out:\n r0 = 0\n exit"
        );
        unit(&text, vec![], xdp_hook())
    };
    for minus in ["r7 -= r6", "w7 -= w6", "r6 += 4\n r7 -= r6\n r6 += -4\n r7 += 4"] {
        proved(text(minus, 20));
        reject(text(minus, 19), "packet-bounds");
    }
}
