//! Tail calls.

use std::sync::Mutex;

use stingless_abi::TrapKind;
use stingless_abi::limits::MAX_TAIL_CALLS;

use super::*;

/// A prog array.
#[derive(Default)]
struct Progs(Mutex<Vec<Option<Arc<Program>>>>);

impl LiveMap for Progs {
    fn address(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }

    fn value_base(&self) -> u64 {
        0
    }

    fn tail_target(&self, index: u32) -> Option<Arc<Program>> {
        self.0.lock().expect("not poisoned").get(index as usize)?.clone()
    }
}

helper!(never, |_cx, _args| Err(HelperError::new("engines make tail calls themselves")));

fn with_array(text: &str, progs: &Arc<Progs>) -> Setup {
    let kinds = &[ArgKind::Ctx, ArgKind::Map(MapKind::ProgArray.bit()), ArgKind::Scalar];
    let spec = MapSpec::new("progs", MapKind::ProgArray, 4, 4, 4);
    let setup = Setup::new(text).map(spec, progs.clone()).helper(12, kinds, never);
    setup.with(|proto, _| proto.effects.tail_call = true).helper(1, &[ArgKind::Scalar], fail)
}

/// 33 tail calls succeed, the 34th falls through with r0 = 0.
#[test]
fn a_run_makes_at_most_33() {
    let text = "
        r6 = r1
        r7 = *(u64 *)(r6 + 0)
        r7 += 1
        *(u64 *)(r6 + 0) = r7
        r2 = map[0] ll
        r3 = 0
        call 12
        r0 += r7
        exit";
    for engine in engines() {
        let progs = Arc::new(Progs::default());
        let program = with_array(text, &progs).build(engine);
        progs.0.lock().expect("not poisoned").push(Some(program.clone()));
        for _ in 0..2 {
            assert_eq!(run(&program), Ok(u64::from(MAX_TAIL_CALLS) + 1), "{engine:?}: the count is per run");
        }
        progs.0.lock().expect("not poisoned").clear();
    }
}

#[test]
fn from_a_subprogram_it_returns_to_that_subprograms_caller() {
    let text = "
        r6 = 100
        r7 = r1
        call sub
        r0 += r6
        r6 = *(u64 *)(r7 + 8)
        r0 += r6
        exit
    sub:
        r6 = 5000
        r2 = map[0] ll
        r3 = 1
        call 12
        r0 = 900
        exit";
    for engine in engines() {
        let progs = Arc::new(Progs::default());
        let target = Setup::new("r6 = 7\n *(u64 *)(r1 + 8) = r6\n r0 = 20\n exit").build(engine);
        progs.0.lock().expect("not poisoned").extend([None, Some(target)]);
        let program = with_array(text, &progs).build(engine);
        assert_eq!(run(&program), Ok(100 + 20 + 7), "{engine:?}");
        progs.0.lock().expect("not poisoned")[1] = None;
        assert_eq!(run(&program), Ok(100 + 900), "{engine:?}: an empty slot falls through");
    }
}

#[test]
fn empty_slots_and_far_indices_fall_through_and_targets_trap_by_name() {
    let text = "r2 = map[0] ll\n r3 = r2\n r3 = *(u64 *)(r1 + 0)\n call 12\n r0 += 3\n exit";
    for engine in engines() {
        let progs = Arc::new(Progs::default());
        let program = with_array(text, &progs).build(engine);
        let mut index = [0x1_0000_0001];
        assert_eq!(run_with(&program, &mut [7], None), Ok(3), "{engine:?}");
        assert_eq!(run_with(&program, &mut index, None), Ok(3), "{engine:?}");
        let target = Setup::new("r1 = 5\n call 1\n exit").helper(1, &[ArgKind::Scalar], fail).build(engine);
        progs.0.lock().expect("not poisoned").extend([None, Some(target)]);
        // The index is its low 32 bits, as in Linux.
        let trap = run_with(&program, &mut index, None).expect_err("the target fails");
        assert_eq!((trap.kind, trap.insn), (TrapKind::Helper, Some(1)), "{engine:?}");
    }
}
