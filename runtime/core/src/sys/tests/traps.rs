//! Traps: from errors and panics, nested, from many threads; what was held is let go.

use std::panic::panic_any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use stingless_abi::TrapKind;

use super::*;
use crate::vm::Release;

helper!(panics, |_cx, args| panic!("boom {}", args[0]));
helper!(throws, |_cx, args| Err(HelperError::throw(args[0])));
helper!(panics_nastily, |_cx, _args| panic_any(Nasty(2)));

/// A payload whose drop panics, with a payload whose drop panics.
struct Nasty(u32);

impl Drop for Nasty {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(Nasty(left));
        }
    }
}

// Runs the program whose address is its environment, and gives what came of it: `r0`, or 1000 + the trap's kind.
helper!(nest, |cx, args| {
    let inner = inner_program(cx.env());
    match run(inner) {
        Ok(r0) => Ok(r0),
        Err(trap) if args[0] == 0 => Ok(1000 + trap.kind as u64),
        Err(trap) => Err(HelperError::from(trap)),
    }
});

fn inner_program<'a>(env: u64) -> &'a Program {
    // SAFETY: `nested` stores the address of a program that the row's `keep` holds.
    unsafe { &*std::ptr::with_exposed_provenance::<Program>(env as usize) }
}

/// A program that calls `nest` (number 5) on `inner`.
fn nested(text: &str, inner: Arc<Program>) -> Setup {
    Setup::new(text).helper(5, &[ArgKind::Scalar], nest).with(|_, row| {
        row.env = Arc::as_ptr(&inner).expose_provenance() as u64;
        row.keep = Some(inner);
    })
}

fn failing(entry: HelperFn) -> Setup {
    Setup::new("r1 = 7\n r2 = 0 ll\n call 1\n r0 = 1\n exit").helper(1, &[ArgKind::Scalar], entry)
}

#[test]
fn errors_panics_and_throws_are_traps_with_words_and_place() {
    for engine in engines() {
        let trap = |entry| run(&failing(entry).build(engine)).expect_err("it traps");
        let failed = trap(fail);
        assert_eq!((failed.kind, failed.message.as_str()), (TrapKind::Helper, "no 7"), "{engine:?}");
        // The call is instruction 2 and, behind a 64-bit immediate, slot 3.
        assert_eq!((failed.insn, failed.program.as_str()), (Some(3), "test"), "{engine:?}");
        assert_eq!(failed.to_string(), "program `test` trapped at instruction 3: helper: no 7");
        let panicked = trap(panics);
        assert_eq!((panicked.kind, panicked.message.as_str()), (TrapKind::Panic, "boom 7"), "{engine:?}");
        assert_eq!(trap(throws).kind, TrapKind::Throw, "{engine:?}");
        let nasty = trap(panics_nastily);
        assert_eq!(nasty.kind, TrapKind::Panic, "{engine:?}");
        assert!(nasty.message.contains("not text"), "{nasty}");
    }
}

/// Nested three deep, each level in another engine: the inner trap is an error or a value to the level above, which
/// goes on with its registers as they were.
#[test]
fn traps_nest_over_every_pair_of_engines() {
    const KEEPS: &str =
        "r6 = 1\n r7 = 2\n r8 = 3\n r9 = 4\n *(u64 *)(r10 - 8) = r6\n r1 = 0\n call 5\n r6 += r7\n r6 += r8
        r6 += r9\n r1 = *(u64 *)(r10 - 8)\n r6 += r1\n r0 += r6\n exit";
    for outer in engines() {
        for middle in engines() {
            for inner in engines() {
                let inner = failing(panics).build(inner);
                let middle = nested("r1 = 1\n call 5\n r0 = 5\n exit", inner).build(middle);
                let trap = run(&middle).expect_err("the helper hands the inner trap on");
                assert_eq!(trap.kind, TrapKind::Helper);
                assert_eq!(trap.message, "program `test` trapped at instruction 3: panic: boom 7");
                let outer = nested(KEEPS, middle).build(outer);
                assert_eq!(run(&outer), Ok(1000 + TrapKind::Helper as u64 + 11));
                assert_eq!(run(&outer), Ok(1000 + TrapKind::Helper as u64 + 11), "and again");
            }
        }
    }
}

/// A plugin that calls itself for ever through a helper ends in an error, and the thread is as good as new.
#[test]
fn endless_nesting_is_an_error() {
    static SELF: Mutex<Option<Arc<Program>>> = Mutex::new(None);
    helper!(again, |_cx, _args| {
        let program = SELF.lock().expect("not poisoned").clone().expect("stored below");
        Ok(run(&program)?)
    });
    for engine in engines() {
        let program = Setup::new("call 1\n exit").helper(1, &[], again).build(engine);
        *SELF.lock().expect("not poisoned") = Some(program.clone());
        let trap = run(&program).expect_err("it cannot go on for ever");
        assert_eq!(trap.kind, TrapKind::Helper);
        assert!(trap.message.contains("nested more than 32 deep"), "{trap}");
        assert_eq!(run(&Setup::new("r0 = 3\n exit").build(engine)), Ok(3));
        *SELF.lock().expect("not poisoned") = None;
    }
}

#[test]
fn many_threads_trap_at_once() {
    for engine in engines() {
        let programs = [failing(fail), failing(panics_quietly)].map(|setup| setup.build(engine));
        std::thread::scope(|scope| {
            for at in 0..8 {
                let programs = &programs;
                scope.spawn(move || {
                    for round in 0..300 {
                        let which = (at + round) % 2;
                        let trap = run(&programs[which]).expect_err("it traps");
                        assert_eq!(trap.kind, [TrapKind::Helper, TrapKind::Panic][which]);
                    }
                });
            }
        });
    }
}

// A panic without the hook's output, which 1,200 of them would drown the test's in.
helper!(panics_quietly, |_cx, _args| std::panic::resume_unwind(Box::new("quiet")));

/// Counts what it takes back.
#[derive(Default)]
struct Taken(AtomicU32, Mutex<Vec<u64>>);

impl Release for Taken {
    fn release(&self, key: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.lock().expect("not poisoned").push(key);
    }

    /// What the program gives back itself is not taken back.
    fn give_back(&self, _: u64, _: bool, _: u64) {}
}

#[test]
fn what_was_held_is_let_go_newest_first() {
    static TAKEN: Mutex<Option<Arc<Taken>>> = Mutex::new(None);
    helper!(take, |cx, args| {
        let owner = TAKEN.lock().expect("not poisoned").clone().expect("stored below");
        cx.hold(args[0], owner);
        Ok(0)
    });
    helper!(give, |cx, args| Ok(u64::from(cx.give_back(args[0], true, 0))));
    for engine in engines() {
        let taken = Arc::new(Taken::default());
        *TAKEN.lock().expect("not poisoned") = Some(taken.clone());
        let text =
            "r1 = 10\n call 2\n r1 = 11\n call 2\n r1 = 12\n call 2\n r1 = 11\n call 3\n r1 = r0\n call 1\n exit";
        let one = &[ArgKind::Scalar];
        let program = Setup::new(text).helper(1, one, fail).helper(2, one, take).helper(3, one, give).build(engine);
        let trap = run(&program).expect_err("it traps");
        assert_eq!(trap.message, "no 1", "{engine:?}: the held reference was known");
        assert_eq!(*taken.1.lock().expect("not poisoned"), [12, 10], "{engine:?}");
        *TAKEN.lock().expect("not poisoned") = None;
    }
}
