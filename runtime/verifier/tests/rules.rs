//! Rules with a program that keeps each and a neighbour that breaks it: stack, context, pointers, references, locks,
//! atomics, tail calls, functions, limits.

mod support;

use stingless_abi::{Limits, MapKind, SpecialField, SpecialKind, Trust};
use stingless_object::{FuncArg, Unit, UnitMap};
use stingless_verifier::verify;
use support::{accept, map, raw_hook, reject, socket_filter_hook, unit, xdp_hook};

fn ring() -> Vec<UnitMap> {
    vec![map(MapKind::Ringbuf, 0, 0, 4096)]
}

/// Reserves 8 bytes into `r0`, then `body`.
fn reserved(body: &str) -> Unit {
    let text = format!("r1 = map[0] ll\n r2 = 8\n r3 = 0\n call 131\n {body}\n r0 = 0\n exit");
    unit(&text, ring(), xdp_hook())
}

#[test]
fn a_reference_is_released_once_on_every_path() {
    let submit = "r1 = r0\n r2 = 0\n call 132";
    accept(reserved(&format!("if r0 == 0 goto out\n *(u64 *)(r0 + 0) = 1\n {submit}\n out:")));
    reject(reserved("if r0 == 0 goto out\n *(u64 *)(r0 + 0) = 1\n out:"), "reference-leak");
    reject(
        reserved(&format!("if r0 == 0 goto out\n r6 = r0\n {submit}\n *(u8 *)(r6 + 0) = 1\n out:")),
        "reference-released",
    );
    reject(reserved(submit), "null-argument");
    reject(reserved("if r0 == 0 goto out\n r1 = r0\n r1 += 1\n r2 = 0\n call 132\n out:"), "reference-wrong");
    // A spilled copy dies too.
    let spilled =
        format!("if r0 == 0 goto out\n *(u64 *)(r10 - 8) = r0\n {submit}\n r6 = *(u64 *)(r10 - 8)\n r7 = r6\n out:");
    reject(reserved(&spilled), "reference-released");
}

fn locked(body: &str) -> Unit {
    let mut value = map(MapKind::Array, 4, 16, 1);
    value.spec.special.push(SpecialField { kind: SpecialKind::SpinLock, off: 0 });
    let text = format!("r6 = map[0][0] ll\n {body}\n r0 = 0\n exit");
    unit(&text, vec![value], xdp_hook())
}

#[test]
fn one_lock_at_a_time_and_no_helper_under_it() {
    accept(locked("r1 = r6\n call 93\n *(u64 *)(r6 + 8) = 1\n r1 = r6\n call 94"));
    reject(locked("r1 = r6\n call 93"), "lock-held");
    reject(locked("r1 = r6\n call 93\n call 7\n r1 = r6\n call 94"), "lock-held");
    reject(locked("r1 = r6\n call 94"), "lock-missing");
    reject(locked("r1 = r6\n r1 += 4\n call 93"), "lock-arg");
    reject(locked("*(u32 *)(r6 + 0) = 1"), "special-field");
}

#[test]
fn stack_bytes_are_written_before_they_are_read() {
    let text = |off: u32| format!("*(u32 *)(r10 - 8) = 1\n r0 = *(u32 *)(r10 - {off})\n exit");
    accept(unit(&text(8), vec![], xdp_hook()));
    reject(unit(&text(4), vec![], xdp_hook()), "uninit-stack");
    let program = unit(&text(4), vec![], xdp_hook());
    assert!(verify(program, Trust::Privileged, &Limits::default()).is_ok(), "Linux-root rules");
    reject(unit("r0 = *(u64 *)(r10 + 0)\n exit", vec![], xdp_hook()), "stack-bounds");
    reject(unit("*(u64 *)(r10 - 9) = 0\n r0 = 0\n exit", vec![], xdp_hook()), "stack-misaligned");
}

#[test]
fn a_pointer_is_spilled_whole() {
    accept(unit("*(u64 *)(r10 - 8) = r1\n r2 = *(u64 *)(r10 - 8)\n r0 = *(u32 *)(r2 + 12)\n exit", vec![], xdp_hook()));
    reject(unit("*(u32 *)(r10 - 8) = r1\n r0 = 0\n exit", vec![], xdp_hook()), "spill-misaligned");
    reject(unit("*(u64 *)(r10 - 8) = r1\n r0 = *(u32 *)(r10 - 8)\n exit", vec![], xdp_hook()), "spill-corrupted");
    let broken = "*(u64 *)(r10 - 8) = r1\n *(u8 *)(r10 - 8) = 0\n r0 = *(u64 *)(r10 - 8)\n exit";
    reject(unit(broken, vec![], xdp_hook()), "uninit-stack");
}

#[test]
fn context_fields_take_their_accesses() {
    accept(unit("r0 = *(u32 *)(r1 + 12)\n exit", vec![], xdp_hook()));
    accept(unit("r0 = *(u8 *)(r1 + 13)\n exit", vec![], xdp_hook()));
    accept(unit("r1 += 8\n r0 = *(u32 *)(r1 + 4)\n exit", vec![], xdp_hook()));
    reject(unit("*(u32 *)(r1 + 12) = 1\n r0 = 0\n exit", vec![], xdp_hook()), "ctx-denied");
    reject(unit("r0 = *(u64 *)(r1 + 12)\n exit", vec![], xdp_hook()), "ctx-access");
    reject(unit("r0 = *(s32 *)(r1 + 0)\n exit", vec![], xdp_hook()), "ctx-access");
}

#[test]
fn packet_loads_need_a_packet() {
    accept(unit("r6 = r1\n r0 = *(u8 *)skb[14]\n exit", vec![], socket_filter_hook()));
    reject(unit("r6 = r1\n r0 = *(u8 *)skb[14]\n exit", vec![], xdp_hook()), "unsupported-instruction");
    reject(unit("r6 = r1\n r0 = *(u8 *)skb[14]\n r0 = r1\n exit", vec![], socket_filter_hook()), "uninit-register");
}

#[test]
fn atomics_are_aligned_and_in_memory_that_takes_them() {
    let text = |off: u32| format!("r2 = map[0][0] ll\n r3 = 1\n lock *(u64 *)(r2 + {off}) += r3\n r0 = 0\n exit");
    accept(unit(&text(8), vec![map(MapKind::Array, 4, 16, 1)], xdp_hook()));
    reject(unit(&text(4), vec![map(MapKind::Array, 4, 16, 1)], xdp_hook()), "misaligned");
    let input = "r0 = 0\n if r2 < 8 goto out\n r3 = 1\n lock *(u64 *)(r1 + 0) += r3\n out:\n exit";
    reject(unit(input, vec![], raw_hook()), "wrong-pointer");
}

#[test]
fn data_that_moved_is_stale() {
    let text = |again: &str| {
        format!(
            "r6 = r1\n r7 = *(u32 *)(r6 + 0)\n r2 = 0\n call 44\n {again}\n r8 = *(u32 *)(r6 + 4)\n r2 = r7\n r0 = 0\n
             r2 += 4\n if r2 > r8 goto out\n r0 = *(u8 *)(r7 + 0)\n out:\n exit"
        )
    };
    accept(unit(&text("r7 = *(u32 *)(r6 + 0)"), vec![], xdp_hook()));
    reject(unit(&text(""), vec![], xdp_hook()), "packet-stale");
}

#[test]
fn tail_calls_leave_or_fall_through() {
    let arrays = || vec![map(MapKind::ProgArray, 4, 4, 4)];
    accept(unit("r2 = map[0] ll\n r3 = 0\n call 12\n r0 = 1\n exit", arrays(), xdp_hook()));
    reject(unit("r2 = map[0] ll\n r3 = 0\n call 12\n exit", arrays(), xdp_hook()), "no-return-value");
    // What a function wrote before a successful tail call, its caller finds.
    let text = |later: u32| {
        format!(
            "r6 = r10\n r6 += -8\n *(u64 *)(r10 - 8) = 0\n r2 = r6\n call f\n r1 = *(u64 *)(r10 - 8)\n r2 = r10\n r2 += -16\n
             *(u64 *)(r10 - 16) = 0\n r2 += r1\n r0 = *(u8 *)(r2 + 0)\n exit\n
             f:\n r6 = r2\n *(u64 *)(r6 + 0) = {later}\n r2 = map[0] ll\n r3 = 0\n call 12\n *(u64 *)(r6 + 0) = 0\n r0 = 0\n exit"
        )
    };
    accept(unit(&text(7), arrays(), xdp_hook()));
    reject(unit(&text(64), arrays(), xdp_hook()), "stack-bounds");
}

fn global(text: &str, args: Vec<FuncArg>) -> Unit {
    let mut unit = unit(text, vec![], xdp_hook());
    unit.funcs[1].global = true;
    unit.funcs[1].returns_scalar = true;
    unit.funcs[1].args = args;
    unit
}

#[test]
fn global_functions_are_proved_from_their_arguments_alone() {
    let mem = |nullable| vec![FuncArg::Mem { size: 8, nullable }];
    let call = |body: &str| format!("*(u64 *)(r10 - 8) = 1\n r1 = r10\n r1 += -8\n call f\n exit\n f:\n {body}\n exit");
    accept(global(&call("r0 = *(u64 *)(r1 + 0)"), mem(false)));
    reject(global(&call("r0 = *(u64 *)(r1 + 0)"), mem(true)), "null-deref");
    reject(global(&call("r0 = *(u64 *)(r1 + 1)"), mem(false)), "mem-bounds");
    let null = "r1 = 0\n call f\n exit\n f:\n r0 = 0\n exit";
    accept(global(null, mem(true)));
    reject(global(null, mem(false)), "function-arg");
}

#[test]
fn limits_hold_at_n_and_not_at_n_plus_one() {
    let chain = |n: u32| {
        let mut text = String::from("r0 = 0\n call f1\n exit\n");
        for i in 1..n {
            let call = if i + 1 < n { format!("call f{}\n ", i + 1) } else { String::new() };
            text += &format!("f{i}:\n r0 = 0\n {call}exit\n");
        }
        unit(&text, vec![], xdp_hook())
    };
    accept(chain(8));
    reject(chain(9), "too-many-frames");
    let stack = |a: u32, b: u32| {
        let text =
            format!("*(u64 *)(r10 - {a}) = 0\n call f\n r0 = 0\n exit\n f:\n *(u64 *)(r10 - {b}) = 0\n r0 = 0\n exit");
        unit(&text, vec![], xdp_hook())
    };
    accept(stack(256, 256));
    reject(stack(256, 264), "stack-too-deep");
    let long = |n: usize| unit(&format!("{}exit", "r0 = 0\n".repeat(n - 1)), vec![], xdp_hook());
    let tenant = Limits::unprivileged();
    assert!(verify(long(4096), Trust::Untrusted, &tenant).is_ok());
    assert_eq!(verify(long(4097), Trust::Untrusted, &tenant).map(|_| ()).unwrap_err().kind, "program-too-large");
    let maps = |n: usize| unit("r0 = 0\n exit", (0..n).map(|_| map(MapKind::Array, 4, 8, 1)).collect(), xdp_hook());
    accept(maps(64));
    reject(maps(65), "too-many-maps");
}

#[test]
fn addresses_do_not_leave() {
    reject(unit("r0 = r10\n exit", vec![], xdp_hook()), "pointer-leak");
    reject(unit("r0 = 0\n if r1 > 5 goto out\n r0 = 1\n out:\n exit", vec![], xdp_hook()), "pointer-compare");
    reject(unit("r0 = r10\n r0 &= 7\n exit", vec![], xdp_hook()), "pointer-arithmetic");
    accept(unit("r0 = 0\n if r1 == 0 goto out\n r0 = 1\n out:\n exit", vec![], xdp_hook()));
}

/// Clang tests pointers that an inlined function returned: `data + 14 != NULL`. Linux takes that from root, and real
/// programs are full of it. It tells nothing of where the packet is.
#[test]
fn a_pointer_behind_the_start_of_the_packet_is_compared_with_null() {
    let text = |add: &str, last: &str| {
        format!(
            "r2 = *(u32 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 4)\n r4 = *(u32 *)(r1 + 12)\n r4 &= 60\n r0 = 0\n r2 += {add}\n
             if r2 == 0 goto out\n r5 = r2\n r5 += 8\n if r5 > r3 goto out\n r0 = *(u64 *)(r2 + {last})\n out:\n exit"
        )
    };
    accept(unit(&text("14", "0"), vec![], xdp_hook()));
    accept(unit(&text("r4", "0"), vec![], xdp_hook()));
    reject(unit(&text("14", "1"), vec![], xdp_hook()), "packet-bounds");
    reject(unit(&text("-14", "0"), vec![], xdp_hook()), "pointer-compare");
}

/// Clang repeats `if p > end` where two ways met: on the way where it held, nothing else was set. (Linux: BEYOND_PKT_END.)
#[test]
fn a_pointer_is_compared_with_the_packets_end_again() {
    let text = |first: &str, add: &str, again: &str| {
        format!(
            "r2 = *(u32 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 4)\n r0 = 0\n r2 += 14\n if r2 {first} r3 goto join\n r5 = 7\n join:\n
             r2 += {add}\n if r2 {again} r3 goto out\n r0 = r5\n out:\n exit"
        )
    };
    accept(unit(&text(">", "0", ">"), vec![], xdp_hook()));
    accept(unit(&text(">", "1", ">"), vec![], xdp_hook()));
    accept(unit(&text(">", "0", ">="), vec![], xdp_hook()));
    accept(unit(&text(">=", "0", ">="), vec![], xdp_hook()));
    accept(unit(&text(">=", "1", ">"), vec![], xdp_hook()));
    reject(unit(&text(">=", "0", ">"), vec![], xdp_hook()), "uninit-register");
    reject(unit(&text(">", "-1", ">"), vec![], xdp_hook()), "uninit-register");
    accept(unit(&text(">", "-1", ">="), vec![], xdp_hook()));
    reject(unit(&text(">", "-2", ">="), vec![], xdp_hook()), "uninit-register");
}

/// A packet's bytes given to a global function as memory stayed good there after the function had cut the packet off.
#[test]
fn packet_memory_given_to_a_function_that_moves_the_packet_goes_stale() {
    let text = |body: &str| {
        format!(
            "r2 = *(u32 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 4)\n r4 = r2\n r4 += 8\n if r4 > r3 goto out\n call f\n r0 = 0\n exit\n
             out:\n r0 = 0\n exit\n f:\n r6 = r2\n {body}\n r0 = *(u64 *)(r6 + 0)\n exit"
        )
    };
    let args = || vec![FuncArg::Ctx, FuncArg::Mem { size: 8, nullable: false }];
    accept(global(&text("r2 = 8"), args()));
    reject(global(&text("r2 = 8\n call 44"), args()), "packet-stale");
}
