use super::*;
use crate::testing::unit;

fn live(text: &str) -> Liveness {
    let unit = unit(text);
    let cfg = Cfg::build(&unit).unwrap_or_else(|e| panic!("{e}\n{text}"));
    Liveness::compute(&unit, &cfg)
}

const R: fn(usize) -> u16 = |i| 1 << i;

#[test]
fn registers_live_until_their_last_read() {
    let live = live("r6 = r1\n r0 = 0\n if r6 == 0 goto +1\n r0 = r6\n exit");
    let rows: Vec<u16> = (0..5).map(|at| live.live_regs(at)).collect();
    assert_eq!(rows, [R(1), R(6), R(0) | R(6), R(6), R(0)]);
}

#[test]
fn helpers_read_as_many_arguments_as_they_take() {
    let live = live("r1 = 0\n r2 = 0\n r3 = 0\n call 1\n exit");
    assert_eq!(live.live_regs(3), R(1) | R(2));
    assert_eq!(live.live_regs(0), 0);
}

#[test]
fn static_calls_read_what_the_callee_reads() {
    let live = live("r6 = 1\n r1 = 2\n r2 = 3\n call f\n r0 += r6\n exit\nf: r0 = r2\n exit");
    assert_eq!(live.live_regs(3), R(2) | R(6));
    assert_eq!(live.live_regs(0), 0);
    let unit = unit("r6 = 1\n r1 = 2\n call f\n r0 += r6\n exit\nf: r0 = r1\n exit");
    let live = Liveness::compute(&unit, &Cfg::build(&unit).unwrap());
    assert_eq!(live.live_regs_under(&unit, 2), R(6));
}

/// The shape that clang gives a lookup: the key is dead before it is written, and after the call.
#[test]
fn a_key_on_the_stack_lives_from_its_store_to_the_lookup() {
    let live = live(
        "r1 = 7
    *(u32 *)(r10 - 4) = r1
    r2 = r10
    r2 += -4
    r1 = map[0] ll
    call 1
    if r0 == 0 goto +1
    r0 = 1
    exit",
    );
    let rows: Vec<u64> = (0..8).map(|at| live.live_slots(at)).collect();
    assert_eq!(rows, [0, 0, 1, 1, 1, 1, 0, 0]);
}

#[test]
fn an_unknown_map_has_keys_of_any_length() {
    let live =
        live("r6 = map[0] ll\n if r1 == 0 goto +2\n r6 = map[1] ll\n r2 = r10\n r2 += -16\n r1 = r6\n call 1\n exit");
    // The branch skips nothing but the second map, so `r2` may also be a number.
    assert_eq!(live.live_slots(0) & !0b11, 0);
}

#[test]
fn what_a_helper_writes_is_dead_before() {
    let live = live(
        "r1 = r10
    r1 += -32
    r2 = 16
    r3 = 10
    r4 = r10
    r4 += -8
    call 105
    r0 = *(u64 *)(r10 - 8)
    exit",
    );
    assert_eq!(live.live_slots(0), 0b1100);
    assert_eq!(live.live_slots(7), 0b1);
}

#[test]
fn a_length_that_is_not_known_reaches_up_to_the_frame_pointer() {
    let live = live(
        "r2 = r1
    r1 = r10
    r1 += -24
    r3 = 0
    r4 = 0
    call 105
    exit",
    );
    assert_eq!(live.live_slots(0), 0b111);
}

#[test]
fn a_store_in_part_keeps_the_rest() {
    let live = live(
        "*(u8 *)(r10 - 8) = 1\n *(u32 *)(r10 - 16) = 2\n *(u32 *)(r10 - 12) = 3
    r0 = *(u64 *)(r10 - 8)\n r1 = *(u64 *)(r10 - 16)\n exit",
    );
    assert_eq!(live.live_slots(0), 0b01, "both halves of the second slot are written");
    assert_eq!(live.live_slots(2), 0b11, "one half of it is still to come");
}

#[test]
fn a_pointer_given_to_a_callee_keeps_the_frame_alive_until_it_returns() {
    let text = "r1 = r10\n r1 += -8\n call f\n r0 = 0\n exit\nf: *(u64 *)(r1 + 0) = 1\n r0 = 0\n exit";
    let live = live(text);
    assert_eq!(live.live_slots_under(2), u64::MAX);
    assert_eq!(live.live_slots(3), 0);
    assert_eq!(live.live_slots(5), 0, "the callee's own frame");
}

#[test]
fn a_callees_unused_argument_keeps_nothing_alive() {
    let live = live("r2 = r10\n call f\n exit\nf: r0 = r1\n exit");
    assert_eq!(live.live_slots(1), 0);
}

#[test]
fn a_pointer_that_a_callee_stores_elsewhere_keeps_all_slots_alive() {
    let live = live("r2 = r10\n r1 = 0\n call f\n r0 = 0\n exit\nf: *(u64 *)(r1 + 0) = r2\n r0 = 0\n exit");
    assert_eq!(live.live_slots(4), u64::MAX);
}

#[test]
fn a_spilled_stack_pointer_may_come_back_through_any_load() {
    let live = live("r2 = r10\n *(u64 *)(r10 - 8) = r2\n r3 = *(u64 *)(r10 - 8)\n r0 = *(u64 *)(r3 - 64)\n exit");
    assert_eq!(live.live_slots(3), u64::MAX);
    assert_eq!(live.live_slots(4), 0);
}

#[test]
fn a_spilled_argument_is_not_a_stack_pointer_of_this_frame() {
    let live = live("r2 = r10\n *(u64 *)(r10 - 8) = r1\n r3 = *(u64 *)(r10 - 8)\n r0 = *(u64 *)(r3 + 0)\n exit");
    assert_eq!(live.live_slots(3), 0);
    assert_eq!(live.live_slots(2), 1);
}

#[test]
fn the_context_of_a_loop_keeps_the_frame_alive_under_it() {
    let live = live(
        "r1 = 4
    r2 = func body ll
    r3 = r10
    r3 += -8
    r4 = 0
    call 181
    r0 = 0
    exit
.type body,@function
body:
    *(u64 *)(r2 + 0) = 1
    r0 = 0
    exit",
    );
    assert_eq!(live.live_slots_under(5), u64::MAX);
    assert_eq!(live.live_slots(6), 0);
}

#[test]
fn a_loop_keeps_what_its_next_turn_reads() {
    let live = live(
        "*(u64 *)(r10 - 8) = 0
again:
    r1 = *(u64 *)(r10 - 8)
    r1 += 1
    *(u64 *)(r10 - 8) = r1
    if r1 < 4 goto again
    r0 = 0
    exit",
    );
    let rows: Vec<u64> = (0..6).map(|at| live.live_slots(at)).collect();
    assert_eq!(rows, [0, 1, 0, 0, 1, 0]);
}

mod random;
mod verdicts;
