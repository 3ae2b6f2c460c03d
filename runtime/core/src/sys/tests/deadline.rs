//! Deadlines: thread CPU time, in loops of every kind.

use std::time::Instant;

use stingless_abi::{CallbackKind, TrapKind};

use super::*;
use crate::sys::clock::thread_cpu_ns;

const ALLOWED: Duration = Duration::from_millis(20);
/// What security.md 9 promises beyond the deadline.
const SLACK: Duration = Duration::from_millis(1);

fn stops(setup: &Setup) {
    for engine in engines() {
        let program = setup.build(engine);
        let start = thread_cpu_ns();
        let trap = run_with(&program, &mut [0; 8], Some(ALLOWED)).expect_err("it never ends");
        let used = Duration::from_nanos(thread_cpu_ns() - start);
        assert_eq!(trap.kind, TrapKind::Deadline, "{engine:?} {trap}");
        assert!(used >= ALLOWED && used <= ALLOWED + SLACK, "{engine:?}: {used:?}");
        assert!(trap.message.contains("20ms"), "{trap}");
    }
}

#[test]
fn an_endless_loop_ends() {
    stops(&Setup::new("r0 = 0\n again:\n r0 += 1\n goto again\n exit"));
}

#[test]
fn a_loop_over_long_functions_ends() {
    let body = "r0 += 1\n r0 *= 3\n".repeat(20_000);
    stops(&Setup::new(&format!("r0 = 0\n again:\n call f\n goto again\n exit\n f:\n r0 = 0\n {body} exit")));
}

#[test]
fn endless_callbacks_end() {
    helper!(for_ever, |cx, args| loop {
        cx.call_back(args[0], [0; 4])?;
    });
    let kinds = &[ArgKind::Callback(CallbackKind::Loop)];
    stops(&Setup::new("r1 = func f ll\n call 1\n exit\n f:\n r0 = 0\n exit").helper(1, kinds, for_ever));
}

/// Time that the thread does not run is not the plugin's.
#[test]
fn sleeping_does_not_count() {
    helper!(sleep, |_cx, args| {
        std::thread::sleep(Duration::from_millis(args[0]));
        Ok(0)
    });
    let text = "r1 = 60\n call 1\n r6 = 30000\n again:\n r6 += -1\n if r6 != 0 goto again\n r0 = 1\n exit";
    for engine in engines() {
        let program = Setup::new(text).helper(1, &[ArgKind::Scalar], sleep).build(engine);
        let start = Instant::now();
        assert_eq!(run_with(&program, &mut [0; 8], Some(Duration::from_millis(50))), Ok(1), "{engine:?}");
        assert!(start.elapsed() >= Duration::from_millis(60));
    }
}

#[test]
fn may_goto_counts_the_same_in_every_engine() {
    let text = "
        r0 = 0
        call f
        r6 = r0
        call f
        r0 += r6
        exit
    f:
        r0 = 0
    again:
        may_goto out
        r0 += 1
        goto again
    out:
        exit";
    let want = u64::from(stingless_abi::limits::MAY_GOTO_BUDGET);
    // The interpreters take seconds for 8M rounds in a debug build: a tenth of them is enough of that code.
    for engine in engines().into_iter().filter(|&e| e != EngineKind::Checked) {
        let program = Setup::new(text).build(engine);
        assert_eq!(run_with(&program, &mut [0; 8], None), Ok(2 * want), "{engine:?}");
    }
}
