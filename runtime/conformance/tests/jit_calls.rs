//! Calls, traps, callbacks, tail calls and deadlines in machine code.
#![cfg(target_arch = "x86_64")]

use core::arch::naked_asm;

use stingless_abi::{Effects, TrapKind, VmCtx, limits};
use stingless_conformance::exec::{Image, trap_exit, vm};
use stingless_conformance::jit::{Bench, spoiling_refill};
use stingless_isa::{Code, Insn};
use stingless_jit::Target;

const QUIET: Effects = Effects {
    may_trap: false,
    invalidates_packet: false,
    gpl_only: false,
    releases: None,
    tail_call: false,
    lock: None,
    throws: false,
    writes_map: false,
    no_packet: false,
    section: None,
};
const TRAPPING: Effects = Effects { may_trap: true, ..QUIET };
const TAIL: Effects = Effects { tail_call: true, ..QUIET };

fn call(image: &Image, args: [u64; 5], vm: &mut VmCtx) -> u64 {
    // SAFETY: programs here touch their stack and what they are given.
    unsafe { image.call(args, vm) }
}

/// Runs to the end without a trap.
fn run(bench: &Bench, args: [u64; 5]) -> u64 {
    let mut vm = vm();
    let r0 = call(&bench.image(), args, &mut vm);
    assert_eq!((vm.trap, vm.entry_sp), (0, 0));
    r0
}

extern "C" fn digits(r1: u64, r2: u64, r3: u64, r4: u64, r5: u64, vm: &mut VmCtx) -> u64 {
    vm.slot += 1;
    ((((r1 * 10 + r2) * 10 + r3) * 10 + r4) * 10 + r5) * 1000 + vm.env
}

/// Traps where `r1` is not 0.
extern "C" fn picky(r1: u64, _: u64, _: u64, _: u64, _: u64, vm: &mut VmCtx) -> u64 {
    if r1 != 0 {
        // SAFETY: below an entry with a landing, nothing to drop.
        unsafe { trap_exit(vm, TrapKind::Helper as u32) }
    }
    77
}

/// Calls `r1` back with (`i`, `r3`) for i in 0..`r2`; stops at 1; hands a callback's trap on.
extern "C" fn repeat(r1: u64, r2: u64, r3: u64, _: u64, _: u64, vm: &mut VmCtx) -> u64 {
    // SAFETY: programs here pass the address of an entry of theirs.
    let entry: extern "C" fn(u64, u64, u64, u64, u64, *mut VmCtx) -> u64 = unsafe { std::mem::transmute(r1) };
    for i in 0..r2 {
        let stop = entry(i, r3, 0, 0, 0, vm);
        if vm.trap != 0 {
            let kind = vm.trap;
            // SAFETY: as in `picky`.
            unsafe { trap_exit(vm, kind) }
        }
        if stop == 1 {
            return i + 1;
        }
    }
    r2
}

/// The stack pointer at the call.
#[unsafe(naked)]
extern "C" fn stack_pointer() -> u64 {
    naked_asm!("lea rax, [rsp + 8]", "ret")
}

fn address(f: *const ()) -> u64 {
    f as u64
}

/// A program with all helpers: 1 `digits`, 2 `picky`, 3 `repeat`, 4 `stack_pointer`, 12 the tail call.
fn bench(text: &str) -> Bench {
    Bench::asm(text)
        .helper(1, QUIET, address(digits as *const ()))
        .helper(2, TRAPPING, address(picky as *const ()))
        .helper(3, TRAPPING, address(repeat as *const ()))
        .helper(4, QUIET, address(stack_pointer as *const ()))
        .helper(12, TAIL, 0)
}

#[test]
fn helpers_get_five_arguments_and_their_environment() {
    let mut bench = bench(
        "r1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\nr6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\ncall 1\nr0 += r6\nr0 += r9\nexit",
    );
    assert_eq!(run(&bench, [0; 5]), 12_345_000 + 15);
    bench.options.env_helpers.insert(1);
    assert_eq!(run(&bench.value(Target::HelperEnv(1), 42), [0; 5]), 12_345_042 + 15);
}

#[test]
fn the_host_passes_five_arguments() {
    let text = "r0 = r1\nr0 *= 10\nr0 += r2\nr0 *= 10\nr0 += r3\nr0 *= 10\nr0 += r4\nr0 *= 10\nr0 += r5\nexit";
    assert_eq!(run(&bench(text), [1, 2, 3, 4, 5]), 12_345);
    assert_eq!(
        run(&bench(&format!("r6 = 0\nif r6 != 0 goto out\n{text}\nout:\ncall 2\nexit")), [1, 2, 3, 4, 5]),
        12_345
    );
}

/// Frames of every shape, called from entries of both kinds, keep the stack aligned for helpers.
#[test]
fn the_stack_is_aligned_at_every_call() {
    for saves in 0..=4 {
        for body in
            ["", "*(u64 *)(r10 - 8) = 1\n", "may_goto out\nout:\n", "*(u64 *)(r10 - 8) = 1\nmay_goto out\nout:\n"]
        {
            let written: String = (6..6 + saves).map(|r| format!("r{r} = 1\n")).collect();
            let text = format!(
                "{written}r6 = 0\ncall sub\nr6 |= r0\nr1 = func back ll\nr2 = 1\nr3 = 0\n{}r0 = r6\nexit\n\
                 sub:\n{written}{body}call 4\nr0 &= 15\nexit\n.type back,@function\nback:\n{written}{}call 4\nr0 &= 15\nexit",
                if saves % 2 == 0 { "call 3\nr6 |= r0\nr6 &= -2\n" } else { "" },
                body.replace("out", "end"),
            );
            assert_eq!(run(&bench(&text), [0; 5]), 0, "{text}");
            let mut vm = vm();
            vm.budget = 0;
            vm.out_of_budget = address(spoiling_refill as *const ());
            assert_eq!(call(&bench(&text).checked().image(), [0; 5], &mut vm), 0, "{text}");
        }
    }
}

#[test]
fn subprograms_have_frames_of_their_own_and_give_back_r6_to_r9() {
    let text = "r6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\n*(u64 *)(r10 - 8) = 100\nr1 = r10\nr1 += -8\ncall sub\n\
                r0 += r6\nr0 += r7\nr0 += r8\nr0 += r9\nr1 = *(u64 *)(r10 - 8)\nr0 += r1\nexit\n\
                sub:\nr6 = r1\nr7 = 0\nr8 = 0\nr9 = 0\n*(u64 *)(r10 - 8) = 1\nr1 = *(u64 *)(r6 + 0)\nr1 += 1000\n\
                *(u64 *)(r6 + 0) = r1\nr0 = *(u64 *)(r10 - 8)\nexit";
    assert_eq!(run(&bench(text), [0; 5]), 1 + 6 + 7 + 8 + 9 + 1100);
}

/// Deep inside subprograms, below a callback, a helper traps: the run ends, everything is given back, `at` says where.
#[test]
fn traps_end_the_run_at_the_innermost_landing() {
    let text = "r6 = r1\ncall one\nr0 = 1\nexit\none:\nr7 = 7\nr1 = r6\n*(u64 *)(r10 - 8) = 0\ncall two\nr0 += 1\nexit\n\
                two:\nr8 = 8\nr1 = r6\ncall 2\nr0 += 1\nexit";
    let image = bench(text).image();
    for (arg, want) in [(0, (1, 0)), (5, (0, TrapKind::Helper as u32))] {
        let mut vm = vm();
        vm.entry_sp = 0xabc;
        vm.at = 0;
        let r0 = call(&image, [arg, 0, 0, 0, 0], &mut vm);
        let r0 = if vm.trap == 0 { r0 } else { 0 };
        assert_eq!((r0, vm.trap), (want.0, want.1));
        assert_eq!(vm.entry_sp, 0xabc, "the outer entry's landing is back");
        assert_eq!(vm.at, 12, "`call 2`");
    }
}

#[test]
fn helpers_call_back_and_hand_traps_on() {
    let text = "r6 = 0\n*(u64 *)(r10 - 8) = 0\nr3 = r10\nr3 += -8\nr2 = r1\nr1 = func each ll\ncall 3\nr6 = r0\n\
                r1 = *(u64 *)(r10 - 8)\nr0 = r6\nr0 *= 1000\nr0 += r1\nexit\n\
                .type each,@function\neach:\nr6 = *(u64 *)(r2 + 0)\nr6 += r1\n*(u64 *)(r2 + 0) = r6\n\
                r7 = r1\nr1 = 0\nif r7 != 20 goto fine\nr1 = 1\nfine:\ncall 2\nr0 = 0\nif r7 != 10 goto out\nr0 = r6\nr0 &= 1\nout:\nexit";
    let image = bench(text).image();
    let outcome = |n| {
        let mut vm = vm();
        let r0 = call(&image, [n, 0, 0, 0, 0], &mut vm);
        assert_eq!(vm.entry_sp, 0);
        if vm.trap == 0 { Ok(r0) } else { Err((vm.trap, vm.at)) }
    };
    assert_eq!(outcome(0), Ok(0));
    assert_eq!(outcome(5), Ok(5000 + 10));
    assert_eq!(outcome(11), Ok(11_055), "stopped by a 1, at the last one anyway");
    assert_eq!(outcome(15), Ok(11_055), "stopped by a 1");
    let trapping = text.replace("if r7 != 20", "if r7 != 7");
    let image = bench(&trapping).image();
    let mut vm = vm();
    call(&image, [15, 0, 0, 0, 0], &mut vm);
    assert_eq!((vm.trap, vm.entry_sp), (TrapKind::Helper as u32, 0));
}

#[test]
fn unresolved_references_and_unknown_functions_trap_when_reached() {
    let poison = bench("if r1 == 0 goto out\npoison[0]\nout:\nr0 = 3\nexit").image();
    for (arg, trap) in [(0, 0), (1, TrapKind::Poison as u32)] {
        let mut vm = vm();
        call(&poison, [arg, 0, 0, 0, 0], &mut vm);
        assert_eq!((vm.trap, vm.entry_sp), (trap, 0));
    }
    let indirect = bench("r6 = r1\nr1 = 0\ncallx r6\nexit").image();
    for (arg, trap) in [(2, 0), (4, 0), (5, TrapKind::Obligation as u32), (1 << 32 | 2, TrapKind::Obligation as u32)] {
        let mut vm = vm();
        call(&indirect, [arg, 0, 0, 0, 0], &mut vm);
        assert_eq!((vm.trap, vm.entry_sp), (trap, 0), "callx {arg}");
    }
}

/// `vm.out_of_budget` that traps at once.
extern "C" fn out_of_time(vm: &mut VmCtx) {
    // SAFETY: below an entry with a landing, nothing to drop.
    unsafe { trap_exit(vm, TrapKind::Deadline as u32) }
}

/// Where an endless program is stopped, and what of the budget is left.
fn stopped(text: &str, budget: i64) -> (u32, i64) {
    let mut vm = vm();
    vm.budget = budget;
    vm.out_of_budget = address(out_of_time as *const ());
    call(&bench(text).checked().image(), [0; 5], &mut vm);
    assert_eq!((vm.trap, vm.entry_sp), (TrapKind::Deadline as u32, 0), "{text}");
    (vm.at, vm.budget)
}

#[test]
fn every_loop_pays_for_its_steps() {
    assert_eq!(stopped("r0 = 0\nagain:\nr0 += 1\ngoto again", 1000), (2, -1), "3 to enter, 2 a turn");
    assert_eq!(stopped("r0 = 1\nr1 = 0\nagain:\nr1 += 1\nr1 += 1\nif r0 == 1 goto again\nexit", 1000), (4, -2));
    assert_eq!(stopped("again:\nr0 = 1\nif w0 s> 0 goto again\nexit", 9), (1, -2));
    let back = "goto in\nback:\nr0 = 1\nin:\nr0 = 2\nmay_goto back\ngoto back";
    assert_eq!(stopped(back, 100).0, 4, "may_goto falls through until its count is used up");
    assert_eq!(stopped("call down\nexit\ndown:\nr0 = 0\nr0 = 1\nexit", 1).0, 0, "the entry pays first");
    assert_eq!(stopped("call down\nexit\ndown:\nr0 = 0\nr0 = 1\nexit", 2).0, 2, "then the subprogram");
    let calls = "call a\nexit\na:\ncall b\ncall b\ncall b\nexit\nb:\ncall c\ncall c\ncall c\nexit\nc:\nr0 = 0\nexit";
    assert_eq!(stopped(calls, 2 + 4 + 3 * 4 + 9 * 2 - 1).0, 10, "no loop, but many calls");
    let callback = "r1 = func each ll\nr2 = 1000000\nr3 = 0\ncall 3\nexit\n.type each,@function\neach:\nr0 = 0\nexit";
    assert_eq!(stopped(callback, 1000).0, 5, "callbacks pay at their entry");
}

#[test]
fn programs_within_their_budget_do_not_stop() {
    let text = "r0 = 0\nagain:\nr0 += 1\nif r0 != 10 goto again\nexit";
    let mut vm = vm();
    vm.budget = 4 + 9 * 2;
    vm.out_of_budget = address(out_of_time as *const ());
    assert_eq!(call(&bench(text).checked().image(), [0; 5], &mut vm), 10);
    assert_eq!((vm.trap, vm.budget), (0, 0));
}

#[test]
fn may_goto_counts_as_linux_does() {
    let text = "r0 = 0\nagain:\nmay_goto out\nr0 += 1\ngoto again\nout:\nexit";
    assert_eq!(run(&bench(text), [0; 5]), u64::from(limits::MAY_GOTO_BUDGET));
    let frames = "call sub\nr6 = r0\ncall sub\nr0 += r6\nexit\nsub:\nr0 = 0\nagain:\nmay_goto out\nr0 += 1\ngoto again\nout:\nexit";
    assert_eq!(run(&bench(frames), [0; 5]), 2 * u64::from(limits::MAY_GOTO_BUDGET), "each frame counts for itself");
}

/// `vm.tail_call` for maps that are arrays of addresses: 33 times, then no more.
extern "C" fn tail_call(map: u64, index: u64, vm: &mut VmCtx) -> u64 {
    if index >= 4 || vm.tail_calls >= limits::MAX_TAIL_CALLS {
        return 0;
    }
    // SAFETY: the tests' maps have four elements.
    let target = unsafe { *(map as *const u64).add(index as usize) };
    vm.tail_calls += u32::from(target != 0);
    target
}

/// Runs `first` with (`r1`, map), the map holding the other programs.
fn run_tail(first: &str, others: &[&str], r1: u64) -> (u64, u32) {
    let others: Vec<Image> = others.iter().map(|text| bench(text).image()).collect();
    let mut map = [0; 4];
    for (element, image) in map.iter_mut().zip(&others) {
        *element = image.tail_entry();
    }
    let mut vm = vm();
    vm.tail_call = address(tail_call as *const ());
    let image = bench(first).image();
    let r0 = call(&image, [r1, map.as_mut_ptr() as u64, 0, 0, 0], &mut vm);
    assert_eq!((vm.trap, vm.entry_sp), (0, 0));
    (r0, vm.tail_calls)
}

#[test]
fn tail_calls_leave_or_fall_through() {
    let first = "r6 = r1\nr3 = 1\ncall 12\nr0 += 5\nexit";
    assert_eq!(run_tail(first, &["r0 = 1\nexit", "r0 = r1\nr0 += 100\nexit"], 9), (109, 1), "r1 is the context still");
    assert_eq!(run_tail(first, &["r0 = 1\nexit"], 9), (5, 0), "an empty slot: on with r0 = 0");
    let beyond = "r3 = 0x100000001 ll\ncall 12\nr0 = 7\nexit";
    assert_eq!(run_tail(beyond, &["exit", "r0 = 8\nexit"], 0), (8, 1), "the index has 32 bits");
    let keeps =
        "*(u64 *)(r10 - 16) = 11\nr8 = 5\nr9 = r1\nr3 = 3\ncall 12\nr0 = *(u64 *)(r10 - 16)\nr0 += r8\nr0 += r9\nexit";
    assert_eq!(run_tail(keeps, &[], 100), (116, 0), "falling through keeps frame and registers");
}

#[test]
fn tail_calls_from_a_subprogram_return_to_its_caller() {
    let first = "r6 = 60\nr7 = 7\nr8 = 8\nr9 = 9\ncall sub\nr0 += r6\nr0 += r7\nr0 += r8\nr0 += r9\nexit\n\
                 sub:\nr6 = 1\n*(u64 *)(r10 - 8) = 3\nr3 = 0\ncall 12\nr0 = 1000\nexit";
    let target = "r6 = 0\nr7 = 0\nr8 = 0\nr9 = 0\nr0 = r1\nexit";
    assert_eq!(run_tail(first, &[target], 500), (584, 1));
}

#[test]
fn tail_calls_are_counted_and_take_no_stack() {
    // Each link puts its number of turns and the stack pointer of the deepest one into the context's two words.
    let link = "r6 = r1\nr7 = r2\ncall 4\n*(u64 *)(r6 + 8) = r0\nr1 = *(u64 *)(r6 + 0)\nr1 += 1\n*(u64 *)(r6 + 0) = r1\n\
                r2 = *(u64 *)(r6 + 16)\nr1 = r6\nr3 = 0\ncall 12\nr0 = 42\nexit";
    let image = bench(link).image();
    let map = [image.tail_entry(), 0, 0, 0];
    let mut ctx = [0, 0, map.as_ptr() as u64];
    let mut vm = vm();
    vm.tail_call = address(tail_call as *const ());
    assert_eq!(call(&image, [ctx.as_mut_ptr() as u64, 0, 0, 0, 0], &mut vm), 42);
    assert_eq!((ctx[0], vm.tail_calls), (34, 33));
    let deepest = ctx[1];
    vm.tail_calls = 33;
    call(&image, [ctx.as_mut_ptr() as u64, 0, 0, 0, 0], &mut vm);
    assert_eq!(ctx[1], deepest, "the last link stands where the first one stood");
}

/// What the compiler says a chain takes is what it takes: both grow by the same when a subprogram is added.
#[test]
fn stack_bytes_are_those_of_the_machine() {
    let outer = |body: &str| format!("r6 = 1\n*(u64 *)(r10 - 8) = 1\ncall mid\nexit\nmid:\nr6 = 1\nr7 = 2\n{body}");
    let near = bench(&outer("call 4\nexit"));
    let deep = bench(&outer(
        "call sub\nexit\nsub:\nr6 = 1\nr9 = 1\nr8 = 1\n*(u64 *)(r10 - 8) = 1\nmay_goto out\nout:\ncall 4\nexit",
    ));
    let (near_says, deep_says) = (near.compile().unwrap().stack_bytes, deep.compile().unwrap().stack_bytes);
    let (near_sp, deep_sp) = (run(&near, [0; 5]), run(&deep, [0; 5]));
    // The tests' own frames are the same in both runs.
    assert_eq!(u64::from(deep_says - near_says), near_sp - deep_sp);
}

#[test]
fn programs_that_need_no_vm_have_one_entry() {
    let blob = Bench::asm("r0 = r1\nr6 = 1\nexit").compile().unwrap();
    assert_eq!(blob.entry, blob.tail_entry);
    let insns = vec![Insn::Exit; 3];
    assert_eq!(Bench::new(Code::new(insns).unwrap()).compile().unwrap().offsets.len(), 3);
}
