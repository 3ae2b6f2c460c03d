//! Callbacks: nested entries whose traps go through the helper unchanged.

use stingless_abi::{CallbackKind, TrapKind};

use super::*;

const LOOP: &[ArgKind] = &[ArgKind::Scalar, ArgKind::Callback(CallbackKind::Loop), ArgKind::CallbackCtx];

// `bpf_loop` in small: n, callback, context.
helper!(repeat, |cx, args| {
    let guard = Unwound;
    for index in 0..args[0] {
        if cx.call_back(args[1], [index, args[2], 0, 0])? != 0 {
            return Ok(index + 1);
        }
    }
    drop(guard);
    Ok(args[0])
});

/// The helper's frame has a destructor while it calls back: a trap below must not skip it.
struct Unwound;

thread_local! {
    static DROPS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl Drop for Unwound {
    fn drop(&mut self) {
        DROPS.set(DROPS.get() + 1);
    }
}

#[test]
fn callbacks_share_the_callers_stack() {
    let text = "
        r1 = 0
        *(u64 *)(r10 - 8) = r1
        r6 = 40
        r1 = 100
        r2 = func body ll
        r3 = r10
        r3 += -8
        call 1
        r0 += r6
        r1 = *(u64 *)(r10 - 8)
        r0 += r1
        exit
    body:
        r6 = r1
        r3 = *(u64 *)(r2)
        r3 += r1
        *(u64 *)(r2) = r3
        r0 = 0
        if r6 != 9 goto done
        r0 = 1
    done:
        exit";
    for engine in engines() {
        let program = Setup::new(text).helper(1, LOOP, repeat).build(engine);
        // 10 rounds, r6 untouched, and 0 + 1 + .. + 9.
        assert_eq!(run(&program), Ok(10 + 40 + 45), "{engine:?}");
    }
}

#[test]
fn a_trap_in_nested_callbacks_goes_through_unchanged() {
    let text = "
        r1 = 3
        r2 = func outer ll
        r3 = 0
        call 1
        r0 = 77
        exit
    outer:
        r1 = 5
        r2 = func inner ll
        r3 = 0
        call 1
        r0 = 0
        exit
    inner:
        if r1 == 2 goto stop
        r0 = 0
        exit
    stop:
        r1 = 42
        call 2
        r0 = 0
        exit";
    for engine in engines() {
        let program = Setup::new(text).helper(1, LOOP, repeat).helper(2, &[ArgKind::Scalar], fail).build(engine);
        DROPS.set(0);
        let trap = run(&program).expect_err("the innermost callback fails");
        assert_eq!((trap.kind, trap.message.as_str()), (TrapKind::Helper, "no 42"), "{engine:?}");
        assert_eq!(DROPS.get(), 2, "{engine:?}: both helpers were unwound, not skipped");
        let want = program.unit().code.insns().iter().rposition(|i| matches!(i, stingless_isa::Insn::Call(_)));
        let want = want.map(|at| program.unit().code.slot_of(at));
        assert_eq!(trap.insn, want, "{engine:?}: the place is the innermost call's");
    }
}

/// A helper that ignores what became of its callback does not hide the trap: nothing of the plugin runs after it.
#[test]
fn a_helper_cannot_swallow_a_trap() {
    helper!(ignores, |cx, args| {
        let _ = cx.call_back(args[0], [0; 4]);
        Ok(1)
    });
    let text = "r6 = r1\n r1 = func f ll\n call 1\n r0 = 5\n *(u64 *)(r6 + 0) = r0\n exit\n f:\n r1 = 3\n call 2\n r0 = 0\n exit";
    let kinds = &[ArgKind::Callback(CallbackKind::Loop)];
    for engine in engines() {
        let program = Setup::new(text).helper(1, kinds, ignores).helper(2, &[ArgKind::Scalar], fail).build(engine);
        let mut mem = [0];
        let trap = run_with(&program, &mut mem, None).expect_err("the callback failed");
        assert_eq!((trap.message.as_str(), mem), ("no 3", [0]), "{engine:?}");
    }
}

/// A callback that never traps, below a helper that may not: there still is a landing.
#[test]
fn programs_with_callbacks_have_landings() {
    let text = "r1 = 2\n r2 = func f ll\n r3 = 0\n call 1\n exit\n f:\n r1 = 1\n call 2\n r0 = 0\n exit";
    for engine in engines() {
        let quiet = |proto: &mut Proto, _: &mut HelperRow| proto.effects.may_trap = false;
        let setup = Setup::new(text).helper(1, LOOP, repeat).with(quiet);
        let program = setup.helper(2, &[ArgKind::Scalar], fail).with(quiet).build(engine);
        DROPS.set(0);
        assert_eq!(run(&program).map_err(|t| t.kind), Err(TrapKind::Helper), "{engine:?}");
        assert_eq!(DROPS.get(), 1, "{engine:?}");
    }
}

#[test]
fn the_checked_interpreter_tests_what_a_callback_returns() {
    let text = "r1 = 2\n r2 = func f ll\n r3 = 0\n call 1\n exit\n f:\n r0 = 2\n exit";
    let program = Setup::new(text).helper(1, LOOP, repeat).build(EngineKind::Checked);
    let trap = run(&program).expect_err("2 is neither 0 nor 1");
    assert_eq!((trap.kind, trap.message.as_str()), (TrapKind::Obligation, "the callback returns 0x2, must be 0 or 1"));
}
