//! Loops, pruning, precision, callbacks.

mod support;

use stingless_abi::MapKind;
use support::{accept, map, raw_hook, reject, unit, xdp_hook};

#[test]
fn a_bounded_loop_is_unrolled() {
    let v = accept(unit("r0 = 0\n r1 = 0\n l:\n r0 += 2\n r1 += 1\n if r1 < 10 goto l\n exit", vec![], raw_hook()));
    assert_eq!(v.facts().longest_path, Some(2 + 10 * 3 + 1));
    reject(unit("r0 = 0\n r2 = 0\n l:\n r0 += r2\n if r0 < 10 goto l\n exit", vec![], raw_hook()), "infinite-loop");
    reject(unit("l:\n call 7\n if r0 != 5 goto l\n r0 = 0\n exit", vec![], raw_hook()), "infinite-loop");
}

#[test]
fn a_loop_without_end_runs_into_the_budget() {
    reject(unit("r0 = 0\n l:\n r0 += 1\n if r0 != 0 goto l\n exit", vec![], raw_hook()), "budget");
}

#[test]
fn many_diamonds_are_pruned() {
    let mut text = String::from("r6 = 0\n");
    for i in 0..200 {
        text += &format!("call 7\n if r0 == 0 goto a{i}\n r6 += 1\n a{i}:\n");
    }
    text += "r0 = 0\n exit";
    let v = accept(unit(&text, vec![], raw_hook()));
    assert!(v.stats().insns_processed < 20_000, "{:?}", v.stats());
}

/// CVE-2023-2163: the path with `r6 = 64` must not be pruned by one on which `r6` did not matter.
#[test]
fn precision_reaches_numbers_through_branches() {
    let text = "
        r1 = map[0] ll
        r2 = r10
        r2 += -4
        *(u32 *)(r10 - 4) = 0
        call 1
        if r0 == 0 goto out
        r9 = r0
        r6 = 0
        r7 = 0
        call 7
        if r0 > 1 goto a
        r7 = 1
    a:
        call 7
        if r0 > 1 goto b
        r6 = 64
    b:
        if r7 == 0 goto c
        r8 = 0
        goto d
    c:
        r8 = r6
    d:
        r9 += r8
        r0 = *(u8 *)(r9 + 0)
        exit
    out:
        r0 = 0
        exit";
    reject(unit(text, vec![map(MapKind::Hash, 4, 8, 4)], raw_hook()), "map-value-bounds");
    accept(unit(&text.replace("r6 = 64", "r6 = 7"), vec![map(MapKind::Hash, 4, 8, 4)], raw_hook()));
}

/// Zeros on the stack count where a proof relied on them, and nowhere else.
#[test]
fn precision_reaches_zeros_on_the_stack() {
    let start = "
        r1 = map[0] ll
        r2 = r10
        r2 += -4
        *(u32 *)(r10 - 4) = 0
        call 1
        if r0 == 0 goto out
        r9 = r0
        r6 = 0
        r7 = 0
        call 7
        *(u64 *)(r10 - 16) = 0
        *(u8 *)(r10 - 16) = r0
        call 7
        if r0 > 1 goto a
        r7 = 1
    a:
        call 7
        if r0 > 1 goto b
        r1 = 1
        r2 = 2
        r3 = 3
        r4 = 4
        r5 = 5
        r1 = 1
        r2 = 2\n";
    let end = "
        r8 = *(u8 *)(r10 - 12)
        r9 += r8
        r0 = *(u8 *)(r9 + 0)
        exit
    out:
        r0 = 0
        exit";
    // Enough is walked for a state to be kept at c. A zero that was stored before the ways meet, and a number that is stored after.
    let before = "goto c\n b:\n *(u8 *)(r10 - 12) = 64\n c:\n if r7 == 0 goto d\n d:";
    let after = "goto c\n b:\n r6 = 64\n c:\n if r7 == 0 goto d\n d:\n *(u8 *)(r10 - 12) = r6";
    for middle in [before, after] {
        let text = format!("{start}{middle}{end}");
        reject(unit(&text, vec![map(MapKind::Hash, 4, 8, 4)], raw_hook()), "map-value-bounds");
        accept(unit(&text.replace("64\n", "7\n"), vec![map(MapKind::Hash, 4, 8, 4)], raw_hook()));
    }
}

#[test]
fn zeros_on_the_stack_that_nothing_relied_on_do_not_keep_ways_apart() {
    let (mut text, mut reads) = (String::new(), String::new());
    for i in 0..16 {
        let off = 8 * (i + 1);
        text += &format!("*(u64 *)(r10 - {off}) = 0\n *(u8 *)(r10 - {off}) = 1\n");
        reads += &format!("r1 = *(u8 *)(r10 - {})\n r0 += r1\n", off - 4);
    }
    for i in 0..16 {
        text += &format!("call 7\n if r0 == 0 goto a{i}\n *(u8 *)(r10 - {}) = r0\n a{i}:\n", 8 * (i + 1) - 4);
    }
    let v = accept(unit(&format!("{text} r0 = 0\n {reads} r0 = 0\n exit"), vec![], raw_hook()));
    assert!(v.stats().insns_processed < 20_000, "{:?}", v.stats());
}

const LOOP: &str = "
        *(u64 *)(r10 - 8) = 0
        r1 = 100
        r2 = func cb ll
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r0 = *(u64 *)(r10 - 8)
        exit
    cb:
        r1 = *(u64 *)(r2 + 0)
        r1 += 3
        *(u64 *)(r2 + 0) = r1
        r0 = 0
        exit";

#[test]
fn a_callback_converges() {
    let v = accept(unit(LOOP, vec![], xdp_hook()));
    assert_eq!(v.facts().longest_path, None);
    assert!(v.stats().insns_processed < 200, "{:?}", v.stats());
    reject(unit(&LOOP.replace("r0 = 0\n", "r0 = 2\n"), vec![], xdp_hook()), "callback-return");
}

/// What a callback changed is not known afterwards, and that it may never run is known.
#[test]
fn a_callback_runs_any_number_of_times() {
    let text = |first: u32, later: u32| {
        format!(
            "
        *(u64 *)(r10 - 8) = {first}
        *(u64 *)(r10 - 16) = 0
        call 7
        r1 = r0
        r1 &= 1
        r2 = func cb ll
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r1 = *(u64 *)(r10 - 8)
        r2 = r10
        r2 += -16
        r2 += r1
        r0 = *(u8 *)(r2 + 0)
        exit
    cb:
        *(u64 *)(r2 + 0) = {later}
        r0 = 0
        exit"
        )
    };
    accept(unit(&text(0, 7), vec![], xdp_hook()));
    accept(unit(&text(7, 0), vec![], xdp_hook()));
    reject(unit(&text(64, 0), vec![], xdp_hook()), "stack-bounds");
    reject(unit(&text(0, 64), vec![], xdp_hook()), "stack-bounds");
}

/// A loop around `bpf_loop` whose exit needs that the callback never ran must not end at the first round's state.
#[test]
fn a_loop_around_a_callback_is_still_a_loop() {
    let text = "
    l:
        *(u64 *)(r10 - 8) = 0
        r1 = 2
        r2 = func cb ll
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r1 = *(u64 *)(r10 - 8)
        if r1 != 0 goto l
        r0 = 0
        exit
    cb:
        *(u64 *)(r2 + 0) = 1
        r0 = 0
        exit";
    let e = support::check(unit(text, vec![], xdp_hook())).map(|_| ()).unwrap_err();
    assert_eq!(e.class.key(), "loop-or-budget", "{e}");
}

/// A loop over all of the input memory: what was relied on is widened, what was compared with the length stays.
#[test]
fn a_loop_over_the_input_converges() {
    let text = |step: u32| {
        format!(
            "r0 = 0\n if r2 == 0 goto out\n r3 = 0\n l:\n may_goto out\n r5 = r1\n r5 += r3\n r5 = *(u8 *)(r5 + 0)\n
             r0 ^= r5\n r3 += {step}\n if r3 < r2 goto l\n out:\n exit"
        )
    };
    let v = accept(unit(&text(1), vec![], raw_hook()));
    assert!(v.stats().insns_processed < 200, "{:?}", v.stats());
    accept(unit(&text(3), vec![], raw_hook()));
    reject(unit(&text(1).replace("(r5 + 0)", "(r5 + 1)"), vec![], raw_hook()), "packet-bounds");
    reject(unit(&text(1).replace("r3 < r2", "r3 <= r2"), vec![], raw_hook()), "packet-bounds");
}

/// Eight bytes at a time, with a second number that runs ahead of the first.
#[test]
fn a_loop_over_words_of_the_input_converges() {
    let text = |ahead: u32| {
        format!(
            "r0 = 0\n r3 = 0\n l:\n r4 = r3\n r4 += {ahead}\n if r4 > r2 goto out\n may_goto out\n r5 = r1\n r5 += r3\n
             r5 = *(u64 *)(r5 + 0)\n r0 ^= r5\n r3 += 8\n goto l\n out:\n exit"
        )
    };
    accept(unit(&text(8), vec![], raw_hook()));
    reject(unit(&text(7), vec![], raw_hook()), "packet-bounds");
}

#[test]
fn may_goto_converges() {
    let text = "r0 = 0\n l:\n may_goto out\n r0 += 1\n goto l\n out:\n exit";
    let v = accept(unit(text, vec![], raw_hook()));
    assert_eq!(v.facts().longest_path, None);
}

/// A substring search that counts equal bytes: six branches a turn, 40 turns. States must be kept on the short ends of
/// the forks as well, or all 2^20 ways between two kept states are walked.
#[test]
fn a_loop_whose_body_forks_much_is_walked_soon() {
    let mut text = String::from(
        "r2 = *(u32 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 4)\n r6 = 0\n again:\n r4 = r2\n r4 += 6\n if r4 > r3 goto out\n r5 = 0\n",
    );
    for at in 0..6 {
        text += &format!("r7 = *(u8 *)(r2 + {at})\n if r7 != {} goto s{at}\n r5 += 1\n s{at}:\n", 97 + at);
    }
    text += "if r5 == 6 goto out\n r2 += 1\n r6 += 1\n if r6 < 40 goto again\n out:\n r0 = 0\n exit";
    let verified = accept(unit(&text, vec![], xdp_hook()));
    assert!(verified.stats().insns_processed < 50_000, "{:?}", verified.stats());
}

/// A helper that fills memory, or moves the packet, and calls back may do the one before the other.
#[test]
fn a_callback_finds_what_its_helper_changed() {
    let text = |slot: i32| {
        format!(
            "
        *(u64 *)(r10 - 8) = 0
        *(u64 *)(r10 - 16) = 0
        r1 = r10
        r1 += -8
        r2 = 8
        r3 = func cb ll
        r4 = r10
        call 16777216
        r0 = 0
        exit
    cb:
        r1 = *(u64 *)(r2 - {slot})
        r2 += -16
        r2 += r1
        r0 = *(u8 *)(r2 + 0)
        r0 = 0
        exit"
        )
    };
    accept(unit(&text(16), vec![], xdp_hook()));
    reject(unit(&text(8), vec![], xdp_hook()), "unbounded-offset");
    let text = |call: &str| {
        format!(
            "
        r0 = 0
        r6 = r1
        r2 = *(u32 *)(r1 + 0)
        r3 = *(u32 *)(r1 + 4)
        r4 = r2
        r4 += 4
        if r4 > r3 goto out
        *(u64 *)(r10 - 8) = r2
        {call}
    out:
        r0 = 0
        exit
    cb:
        r1 = *(u64 *)(r2 - 8)
        r0 = *(u8 *)(r1 + 0)
        r0 = 0
        exit"
        )
    };
    accept(unit(&text("r1 = 2\n r2 = func cb ll\n r3 = r10\n r4 = 0\n call 181"), vec![], xdp_hook()));
    let moved = "r1 = r6\n r2 = func cb ll\n r3 = r10\n call 16777217";
    reject(unit(&text(moved), vec![], xdp_hook()), "packet-stale");
}

/// A helper that takes a record back, as a pointer or as a dynptr, and calls back may have taken it before.
#[test]
fn a_callback_does_not_find_what_its_helper_took_back() {
    let ring = || vec![map(MapKind::Ringbuf, 0, 0, 4096)];
    let text = |call: &str| {
        format!(
            "
        r1 = map[0] ll
        r2 = 8
        r3 = 0
        call 131
        if r0 == 0 goto out
        r6 = r0
        *(u64 *)(r10 - 8) = r0
        r1 = {call}
        r1 = r6
        r2 = 0
        call 132
    out:
        r0 = 0
        exit
    cb:
        r1 = *(u64 *)(r2 - 8)
        *(u64 *)(r1 + 0) = 1
        r0 = 0
        exit"
        )
    };
    accept(unit(&text("1\n r2 = func cb ll\n r3 = r10\n r4 = 0\n call 181"), ring(), xdp_hook()));
    let taken = text("r6\n r2 = func cb ll\n r3 = r10\n call 16777218")
        .replace("r1 = r6\n        r2 = 0\n        call 132\n", "");
    reject(unit(&taken, ring(), xdp_hook()), "reference-released");
    let text = |call: &str| {
        format!(
            "
        r1 = map[0] ll
        r2 = 8
        r3 = 0
        r4 = r10
        r4 += -16
        call 198
        r1 = r10
        r1 += -16
        r2 = 0
        r3 = 8
        call 203
        *(u64 *)(r10 - 24) = r0
        r1 = {call}
        r0 = 0
        exit
    cb:
        r1 = *(u64 *)(r2 - 24)
        if r1 == 0 goto none
        *(u64 *)(r1 + 0) = 1
    none:
        r0 = 0
        exit"
        )
    };
    let submit = "r1 = r10\n r1 += -16\n r2 = 0\n call 199";
    let kept = format!("1\n r2 = func cb ll\n r3 = r10\n r4 = 0\n call 181\n {submit}");
    accept(unit(&text(&kept), ring(), xdp_hook()));
    let taken = "r10\n r1 += -16\n r2 = func cb ll\n r3 = r10\n call 16777219";
    reject(unit(&text(taken), ring(), xdp_hook()), "reference-released");
}

/// A program in which two ways meet: on the first that is walked, `first` was done to `r6` or `r7`, two numbers of which
/// nothing was known; then `rest` ends with an access to 48 bytes at `r9`.
fn met(first: &str, rest: &str) -> stingless_object::Unit {
    let text = format!(
        "
        r1 = map[0] ll
        r2 = r10
        r2 += -4
        *(u32 *)(r10 - 4) = 0
        call 1
        if r0 == 0 goto out
        r9 = r0
        r6 = *(u64 *)(r9 + 0)
        r7 = *(u64 *)(r9 + 8)
        call 7
        if r0 == 0 goto met
        {first}
    met:
        {rest}
        r0 = *(u8 *)(r9 + 0)
    out:
        r0 = 0
        exit"
    );
    unit(&text, vec![map(MapKind::Hash, 4, 48, 1)], raw_hook())
}

/// What the bounds of a number do not depend on need not be compared; what they do depend on must be.
#[test]
fn marks_stop_where_bounds_come_from_nothing_but_the_instruction() {
    // A mask that says all, and one that does not.
    accept(met("r6 &= 7", "r6 &= 31\n r9 += r6"));
    reject(met("r6 &= 7", "r6 &= 255\n r9 += r6"), "map-value-bounds");
    // The same for shifts, remainders and 32-bit operations.
    accept(met("r6 &= 7", "r6 >>= 59\n r9 += r6"));
    reject(met("r6 &= 7", "r6 >>= 1\n r9 += r6"), "unbounded-offset");
    accept(met("r6 &= 7", "r6 %= 48\n r9 += r6"));
    reject(met("r6 &= 7", "r6 %= 4096\n r9 += r6"), "map-value-bounds");
    reject(met("r6 &= 7", "w6 += 1\n r9 += r6"), "unbounded-offset");
    // Comparisons: "at most 20" bounds any number, its signed sister does not.
    accept(met("r6 &= 127", "if r6 > 20 goto out\n r9 += r6"));
    reject(met("r6 &= 127", "if r6 s> 20 goto out\n r9 += r6"), "unbounded-offset");
    // What is learned of an equal number hangs on both, though nothing is known of either.
    reject(met("r7 = r6", "if r6 > 20 goto out\n r9 += r7"), "unbounded-offset");
    reject(met("r6 = r7", "if r6 > 20 goto out\n r9 += r7"), "unbounded-offset");
    // The other side of a comparison.
    reject(met("r6 &= 15", "if r7 > r6 goto out\n r9 += r7"), "unbounded-offset");
}

#[test]
fn a_branch_that_a_mask_decides_does_not_keep_ways_apart() {
    let mut text = String::from("call 7\n r6 = r0\n");
    for i in 0..60 {
        text += &format!("call 7\n if r0 == 0 goto a{i}\n r6 += r0\n a{i}:\n");
    }
    text += "r1 = r6\n r1 &= 7\n if r1 > 7 goto bad\n r0 = 0\n exit\n bad:\n r0 = *(u8 *)(r1 + 0)\n exit";
    let v = accept(unit(&text, vec![], raw_hook()));
    assert!(v.stats().insns_processed < 1_500, "{:?}", v.stats());
}
