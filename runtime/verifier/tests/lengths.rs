//! Memory whose length is a number that says how much there is: a data region's end minus its start, the length of the
//! input memory, or a number that was compared with the end.

mod support;

use stingless_abi::{Limits, MapKind, Trust};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::verify;
use support::{accept, map, raw_hook, reject, unit, xdp_hook};

fn ring() -> Vec<UnitMap> {
    vec![map(MapKind::Ringbuf, 0, 0, 4096)]
}

/// `r6` = start and `r7` = end of the packet; then `body`, which sets `r2` and `r3`; then `bpf_ringbuf_output`.
fn output(body: &str) -> Unit {
    let text = format!(
        "r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n r9 = r1\n {body}\n r1 = map[0] ll\n r4 = 0\n call 130\n out:\n
         r0 = 2\n exit"
    );
    unit(&text, ring(), xdp_hook())
}

const BOUND: &str = "if r3 > 4096 goto out";

#[test]
fn end_minus_start_is_the_length_of_the_data() {
    accept(output(&format!("r2 = r6\n r3 = r7\n r3 -= r6\n {BOUND}")));
    reject(output(&format!("r2 = r6\n r3 = r7\n r3 -= r6\n {BOUND}\n r3 += 1")), "packet-bounds");
    reject(output("r2 = r6\n r3 = r7\n r3 -= r6"), "unbounded-length");
}

#[test]
fn a_part_of_the_data_is_shorter_by_what_was_skipped() {
    let part = |skip: i32, less: i32| {
        output(&format!(
            "r2 = r6\n r2 += {skip}\n r3 = r7\n r3 -= r6\n {BOUND}\n if r3 < {less} goto out\n r3 += -{less}"
        ))
    };
    accept(part(4, 4));
    accept(part(4, 5));
    reject(part(5, 4), "packet-bounds");
    reject(output(&format!("r2 = r6\n r2 += -1\n r3 = r7\n r3 -= r6\n {BOUND}\n r3 += 1")), "packet-bounds");
}

#[test]
fn another_number_is_not_the_length() {
    let number = "r3 = *(u32 *)(r9 + 12)";
    reject(output(&format!("r2 = r6\n {number}\n {BOUND}")), "packet-bounds");
    // The length of the data, and a number that is only as large: what ties the two is proved by refinement.
    let as_large = |more: u32| {
        output(&format!("r2 = r6\n r8 = r7\n r8 -= r6\n r8 += {more}\n {number}\n {BOUND}\n if r3 > r8 goto out"))
    };
    assert_eq!(accept(as_large(0)).refinements().len(), 1);
    reject(as_large(1), "packet-bounds");
    accept(output(&format!("r2 = r6\n {number}\n {BOUND}\n r8 = r6\n r8 += r3\n if r8 > r7 goto out")));
    reject(
        output(&format!("r2 = r6\n {number}\n {BOUND}\n r8 = r6\n r8 += r3\n if r8 > r7 goto out\n r3 += 1")),
        "packet-bounds",
    );
}

#[test]
fn differences_that_would_tell_an_address_stay_refused() {
    for body in ["r3 = r7\n r3 -= r9", "r3 = r10\n r3 -= r6", "r3 = r7\n w3 -= w9", "r3 = r10\n r3 -= r10"] {
        reject(output(&format!("r2 = r6\n {body}\n {BOUND}")), "pointer-arithmetic");
    }
}

/// A distance within one region tells no address; but to ranges it is no length either, unless it is end minus start in 64
/// bits.
#[test]
fn distances_within_the_data_are_plain_numbers() {
    for body in ["r3 = r6\n r3 -= r7", "r3 = r6\n r3 -= r6", "r3 = r7\n w3 -= w6", "r6 += 1\n r3 = r7\n r3 -= r6"] {
        let program = || output(&format!("r2 = r6\n {body}\n {BOUND}"));
        let ranges = Limits { refinements: 0, ..Limits::default() };
        let refused = verify(program(), Trust::Untrusted, &ranges).map(|_| ()).map_err(|e| e.kind);
        assert_eq!(refused, Err("packet-bounds"), "{body}");
        // As many bytes are there all the same, which takes a second opinion; one more are not.
        accept(program());
        reject(output(&format!("r2 = r6\n r2 += 1\n {body}\n r3 += 1\n {BOUND}")), "packet-bounds");
        accept(unit(
            &format!("r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n {body}\n r0 = r3\n exit"),
            vec![],
            xdp_hook(),
        ));
    }
    // In the low half alone the upper half is zero.
    let shifted = "r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n w7 -= w6\n r7 >>= 32\n r3 = r10\n r3 += -8\n r3 += r7\n\
                   r0 = 0\n *(u64 *)(r3 + 0) = r0\n exit";
    accept(unit(shifted, vec![], xdp_hook()));
}

#[test]
fn a_length_is_void_once_the_data_moved() {
    let text = format!(
        "r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n r8 = r7\n r8 -= r6\n r9 = r1\n r2 = 8\n call 44\n
         r2 = *(u32 *)(r9 + 0)\n r3 = r8\n {BOUND}\n r1 = map[0] ll\n r4 = 0\n call 130\n out:\n r0 = 2\n exit"
    );
    reject(unit(&text, ring(), xdp_hook()), "packet-bounds");
}

#[test]
fn the_input_memory_goes_to_a_helper_whole() {
    let text = |change: &str| {
        format!("r3 = r2\n {BOUND}\n {change}\n r2 = r1\n r1 = map[0] ll\n r4 = 0\n call 130\n out:\n r0 = 0\n exit")
    };
    accept(unit(&text(""), ring(), raw_hook()));
    reject(unit(&text("r3 += 1"), ring(), raw_hook()), "packet-bounds");
    reject(unit(&text("r1 += 1"), ring(), raw_hook()), "packet-bounds");
    accept(unit(&text("if r3 < 1 goto out\n r3 += -1\n r1 += 1"), ring(), raw_hook()));
}

/// A variable offset that was never compared with the end says nothing, not even of the bytes before it.
#[test]
fn bytes_before_an_offset_that_was_not_compared_are_not_there() {
    let text = |check: &str| {
        format!(
            "r6 = *(u32 *)(r1 + 0)\n r7 = *(u32 *)(r1 + 4)\n r3 = *(u32 *)(r1 + 12)\n r0 = 2\n if r3 > 100 goto out\n
             if r3 < 8 goto out\n r6 += r3\n {check}\n r0 = *(u8 *)(r6 - 8)\n out:\n r0 = 2\n exit"
        )
    };
    reject(unit(&text(""), vec![], xdp_hook()), "packet-bounds");
    accept(unit(&text("if r6 > r7 goto out"), vec![], xdp_hook()));
}

/// What lies behind a checked offset lies behind a bounded step from it, too.
#[test]
fn a_step_behind_a_checked_offset_is_covered() {
    let text = |mask: u32| {
        format!(
            "r0 = 0\n if r2 < 17 goto out\n r3 = *(u8 *)(r1 + 0)\n r4 = *(u8 *)(r1 + 1)\n r4 &= {mask}\n
             r5 = r3\n r5 += 16\n if r5 > r2 goto out\n r1 += r3\n r1 += 1\n r1 += r4\n r0 = *(u64 *)(r1 + 0)\n out:\n exit"
        )
    };
    accept(unit(&text(7), vec![], raw_hook()));
    reject(unit(&text(8), vec![], raw_hook()), "packet-bounds");
}

/// The end of the memory, less a constant, plus a bounded step.
#[test]
fn memory_is_read_backwards_from_its_end() {
    let text = |mask: u32| {
        format!(
            "r0 = 0\n if r2 < 16 goto out\n r4 = *(u8 *)(r1 + 1)\n r4 &= {mask}\n r1 += r2\n r1 += -8\n r1 += r4\n
             r0 = *(u8 *)(r1 + 0)\n out:\n exit"
        )
    };
    accept(unit(&text(7), vec![], raw_hook()));
    reject(unit(&text(15), vec![], raw_hook()), "packet-bounds");
}
