use stingless_isa::{AluOp, Code, Cond, Insn, Operand, Reg, Width};
use stingless_object::Unit;

use super::*;
use crate::testing::unit;

fn cfg(text: &str) -> Cfg {
    Cfg::build(&unit(text)).unwrap_or_else(|e| panic!("{e}"))
}

fn refused(text: &str) -> Box<VerifierError> {
    match Cfg::build(&unit(text)) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(e) => e,
    }
}

#[test]
fn a_diamond_has_four_blocks_and_no_loop() {
    let unit = unit("r0 = 0\n if r1 == 0 goto +1\n r0 = 1\n exit");
    let cfg = Cfg::build(&unit).unwrap();
    let shape: Vec<_> = cfg.blocks().iter().map(|b| (b.start, b.end, b.succs().collect::<Vec<_>>())).collect();
    assert_eq!(shape, [(0, 2, vec![1, 2]), (2, 3, vec![2]), (3, 4, vec![])]);
    assert_eq!(cfg.preds(3).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(cfg.preds(1).collect::<Vec<_>>(), [0]);
    assert_eq!(cfg.preds(0).count(), 0);
    assert_eq!(cfg.succs(&unit, 1), Succs { fall: Some(2), taken: Some(3) });
    assert_eq!(cfg.post_order(0), [2, 1, 0]);
    assert!(cfg.loops().is_empty());
    assert!(cfg.is_prune_point(3) && !cfg.is_prune_point(2));
}

#[test]
fn nested_loops_are_one_component_with_two_headers() {
    let cfg = cfg("r0 = 0
outer:
    r1 = 0
inner:
    r1 += 1
    if r1 < 3 goto inner
    r0 += 1
    if r0 < 3 goto outer
    exit");
    assert_eq!(cfg.loops(), [Loop { entry: 1, subprog: 0, insns: 5, callback: false }]);
    assert!(cfg.is_loop_header(1) && cfg.is_loop_header(2) && !cfg.is_loop_header(4));
    assert!(cfg.is_back_edge(3, true) && !cfg.is_back_edge(3, false) && cfg.is_back_edge(5, true));
    assert_eq!((cfg.loop_of(0), cfg.loop_of(3), cfg.loop_of(6)), (None, Some(0), None));
}

#[test]
fn an_instruction_can_loop_on_itself() {
    let cfg = cfg("r0 = 0\nagain: if r0 == 0 goto again\n exit");
    assert_eq!(cfg.loops(), [Loop { entry: 1, subprog: 0, insns: 1, callback: false }]);
    assert!(cfg.is_back_edge(1, true) && !cfg.is_back_edge(1, false));
}

#[test]
fn falling_through_can_be_the_back_edge() {
    let cfg = cfg("r0 = 0
    goto check
body:
    r0 += 1
check:
    if r0 < 4 goto body
    exit");
    assert!(cfg.is_back_edge(2, false), "the walk enters the loop at its check");
    assert_eq!(cfg.loop_of(2), cfg.loop_of(3));
}

#[test]
fn calls_that_call_back_are_loops_and_forced_checkpoints() {
    let cfg = cfg("r1 = 4
    r2 = func body ll
    r3 = 0
    r4 = 0
    call 181
    exit
.type body,@function
body:
    r0 = 0
    exit");
    assert_eq!(cfg.loops(), [Loop { entry: 4, subprog: 0, insns: 1, callback: true }]);
    assert!(cfg.is_forced_checkpoint(4) && cfg.is_prune_point(4) && cfg.is_prune_point(5));
    assert_eq!(cfg.calls().of(0), [CallEdge { insn: 1, callee: 1, callback: true }]);
}

#[test]
fn may_goto_is_a_forced_checkpoint() {
    let cfg = cfg("r0 = 0\nagain: may_goto out\n goto again\nout: exit");
    assert!(cfg.is_forced_checkpoint(1) && cfg.is_loop_header(1) && cfg.is_back_edge(2, true));
}

#[test]
fn callees_come_before_their_callers() {
    let cfg = cfg("call a\n call c\n exit\na: call b\n exit\nb: call c\n exit\nc: r0 = 0\n exit");
    assert_eq!(cfg.calls().bottom_up(), [3, 2, 1, 0]);
    assert!(cfg.is_prune_point(1), "behind a call");
}

#[test]
fn recursion_names_the_calls() {
    let error = refused("call a\n exit\na: call b\n exit\nb: r0 = 0\n if r0 == 0 goto +1\n call a\n exit");
    assert_eq!((error.kind, error.primary.slot), ("recursion", 6));
    let chain: Vec<_> = error.secondary.iter().map(|n| (n.slot, n.message.as_str())).collect();
    assert_eq!(chain, [(2, "`a` calls `b`")]);
    assert_eq!(error.class.key(), "encoding");
}

#[test]
fn a_callback_that_passes_itself_on_is_recursion() {
    let error = refused("r2 = func a ll\n exit\n.type a,@function\na: r2 = func a ll\n r0 = 0\n exit");
    assert_eq!(error.kind, "recursion");
}

#[test]
fn code_without_a_way_to_it_is_refused() {
    let error = refused("r0 = 0\n goto +1\n r0 = 1\n exit");
    assert_eq!((error.kind, error.primary.slot), ("unreachable-code", 2));
    let error = refused("r0 = 0\n exit\n.type lone,@function\nlone: call a\n exit\na: r0 = 0\n exit");
    assert_eq!((error.kind, error.primary.slot), ("unreachable-code", 2));
    assert_eq!(refused("again: goto again\n exit").primary.slot, 1);
}

#[test]
fn calls_through_registers_are_refused() {
    assert_eq!(refused("callx r3\n exit").kind, "unsupported-instruction");
}

#[test]
fn what_follows_poison_is_not_unreachable() {
    let insns = vec![Insn::Poison(0), Insn::Exit];
    let cfg = Cfg::build(&with_code(Code::new(insns).unwrap())).unwrap();
    assert_eq!(cfg.preds(1).collect::<Vec<_>>(), [0]);
    Cfg::build(&with_code(Code::new(vec![Insn::Poison(0)]).unwrap())).unwrap();
}

fn with_code(code: Code) -> Unit {
    let mut unit = unit("exit");
    unit.code = code;
    unit
}

/// A million branches in one chain, a loop around all of it, and a chain of calls: no recursion, no quadratic step.
#[test]
fn a_million_instructions_take_no_stack_and_little_time() {
    let n = 1_000_000;
    let mut insns: Vec<Insn> = (0..n - 2)
        .map(|at| Insn::Branch {
            cond: Cond::Eq,
            width: Width::W64,
            dst: Reg::R1,
            src: Operand::Imm(0),
            target: at + 2,
        })
        .collect();
    insns[0] = Insn::Alu { op: AluOp::Mov, width: Width::W64, dst: Reg::R0, src: Operand::Imm(0) };
    insns.push(Insn::Branch { cond: Cond::Eq, width: Width::W64, dst: Reg::R1, src: Operand::Imm(0), target: 1 });
    insns.push(Insn::Exit);
    let cfg = Cfg::build(&with_code(Code::new(insns).unwrap())).unwrap();
    assert_eq!(cfg.loops().len(), 1);
    let calls: Vec<Insn> = (0..n / 2)
        .flat_map(|i| [Insn::Call(Callee::Local((2 * i + 2).min(n - 1))), Insn::Exit])
        .chain([Insn::Exit])
        .collect();
    let mut calls = calls;
    calls[n as usize - 1] = Insn::Exit;
    calls[n as usize - 2] = Insn::Alu { op: AluOp::Mov, width: Width::W64, dst: Reg::R0, src: Operand::Imm(0) };
    calls.truncate(n as usize);
    calls[n as usize - 4] = Insn::Call(Callee::Local(n - 2));
    let cfg = Cfg::build(&with_code(Code::new(calls).unwrap())).unwrap();
    assert_eq!(cfg.calls().bottom_up().len() as u32, n / 2);
}
