//! What needs no execution: shape of the blob, limits, errors, facts that contradict a program.

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{CtxError, CtxField, CtxLayout, Effects, Entry, FieldKind, HelperSet, HookDef, NativeOp, Partial};
use stingless_abi::{Proto, ProtoTable, Ret, Rights};
use stingless_isa::Size;
use stingless_object::Unit;
use stingless_verifier::{Access, Facts};

use crate::program::Program;
use crate::{CodeBlob, CompileError, Options, Target, direct_call, lower, x64};

const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

fn unit(text: &str) -> Unit {
    let field = CtxField {
        name: Cow::Borrowed("mark"),
        off: 8,
        size: 4,
        rights: Rights::READ,
        kind: FieldKind::Scalar { partial: Partial::Loads },
        native: NativeOp::Plain,
        native_off: 32,
    };
    let layout =
        CtxLayout { name: Cow::Borrowed("md"), size: 16, fields: Cow::Owned(vec![field]), regions: Cow::Borrowed(&[]) };
    let hook = HookDef {
        name: Cow::Borrowed("test"),
        sections: Cow::Borrowed(&[]),
        linux_type: 0,
        types: Default::default(),
        entry: Entry::Ctx(layout),
        verdict: None,
        verdicts: Cow::Borrowed(&[]),
        helpers: HelperSet::All,
        packet_loads: false,
        btf: Arc::from([]),
    };
    let row = |id, effects| {
        let (name, c_ret, doc) = (Cow::Owned(format!("h{id}")), Cow::Borrowed("u64"), Cow::Borrowed(""));
        Arc::new(Proto { id, name, args: Cow::Borrowed(&[]), ret: Ret::ANY, c_ret, effects, doc })
    };
    let protos = ProtoTable::new([
        row(1, Effects::default()),
        row(2, Effects { may_trap: true, ..Effects::default() }),
        row(12, Effects { tail_call: true, ..Effects::default() }),
    ]);
    let code = stingless_isa::assemble(text).unwrap_or_else(|e| panic!("{e}"));
    Unit::from_code("test", code, Vec::new(), protos, Arc::new(hook))
}

fn plain() -> Options {
    Options { deadline_checks: false, ..Options::default() }
}

fn assumed(text: &str, options: &Options) -> Result<CodeBlob, CompileError> {
    lower::lower::<x64::X64>(&Program { unit: &unit(text), facts: None, assumed: true, options })
}

/// As a proved program, with these facts.
fn proved(text: &str, facts: &Facts, options: &Options) -> Result<CodeBlob, CompileError> {
    lower::lower::<x64::X64>(&Program { unit: &unit(text), facts: Some(facts), assumed: false, options })
}

/// Facts of a program in which each instruction is reached and touches what `access` says.
fn facts(access: &[Option<Access>], stack: &[u32]) -> Facts {
    let mut facts = Facts::default();
    facts.access = access.to_vec();
    facts.ctx_off = vec![None; access.len()];
    facts.reached = vec![true; access.len()];
    facts.branch = vec![None; access.len()];
    facts.stack_depth = stack.to_vec();
    facts
}

#[test]
fn a_blob_is_in_order() {
    let text = "r6 = r1\nr1 = map[3] ll\nr2 = func back ll\ncall 2\nr1 = map[3] ll\ncall 2\ncall 1\n\
                if r0 == 0 goto out\ncall sub\nout:\nexit\nsub:\nr0 = 0\nexit\n.type back,@function\nback:\nr0 = 1\nexit";
    let blob = assumed(text, &Options::default()).unwrap();
    assert!(blob.offsets.is_sorted() && blob.offsets.len() == 14);
    assert!(blob.sites.is_sorted_by_key(|s| s.at) && blob.calls.is_sorted_by_key(|c| c.at));
    let targets: Vec<Target> = blob.relocs.iter().map(|r| r.target).collect();
    assert_eq!(targets, [Target::Map(3), Target::Helper(2), Target::Helper(1)], "one literal each");
    for reloc in &blob.relocs {
        assert_eq!(reloc.at % 8, 0);
        assert_eq!(blob.text[reloc.at as usize..][..8], [0; 8]);
    }
    let starts: Vec<usize> = (0..blob.text.len() - 3).filter(|&at| blob.text[at..at + 4] == ENDBR64).collect();
    assert_eq!(starts.len(), 3, "tail entry, callback, entry");
    assert_eq!((starts[0], starts[2]), (blob.tail_entry as usize, blob.entry as usize));
    assert!(starts.iter().all(|s| s % 16 == 0));
    for call in &blob.calls {
        assert_eq!(blob.text[call.at as usize..][..2], [0xff, 0x15]);
        assert!(blob.sites.iter().any(|s| s.at == call.at + 6), "its return address is a site");
    }
    let again = assumed(text, &Options::default()).unwrap();
    assert_eq!((blob.text, blob.relocs), (again.text, again.relocs), "same bytes each time");
}

#[test]
fn direct_calls_reach_2_gib() {
    let at = 0x5555_0000_0000;
    assert_eq!(direct_call(at, at + 6), Some([0x67, 0xe8, 0, 0, 0, 0]));
    assert_eq!(direct_call(at, at + 6 + i32::MAX as u64), Some([0x67, 0xe8, 0xff, 0xff, 0xff, 0x7f]));
    assert_eq!(direct_call(at, at + 7 + i32::MAX as u64), None);
    assert_eq!(direct_call(at, at + 6 - (1 << 31)), Some([0x67, 0xe8, 0, 0, 0, 0x80]));
    assert_eq!(direct_call(at, at + 5 - (1 << 31)), None);
}

#[test]
fn native_stack_is_limited_at_n_and_n_plus_1() {
    let text = "*(u64 *)(r10 - 8) = 1\ncall sub\nexit\nsub:\n*(u64 *)(r10 - 8) = 1\ncall 1\nexit";
    let bytes = assumed(text, &plain()).unwrap().stack_bytes;
    let limited = |limit| {
        let mut options = plain();
        options.limits.native_stack = limit;
        assumed(text, &options).map(|b| b.stack_bytes)
    };
    assert_eq!(limited(bytes), Ok(bytes));
    assert_eq!(limited(bytes - 1), Err(CompileError::NativeStack { bytes: bytes.into(), limit: bytes - 1 }));
    assert!((1024..1324).contains(&bytes), "two frames of 512, not {bytes}");
    let mut options = plain();
    options.limits.native_stack = 1 << 20;
    let tail = "call sub\nexit\nsub:\ncall 12\nexit";
    let with = |calls| {
        let mut options = options.clone();
        options.limits.tail_calls = calls;
        assumed(tail, &options).unwrap().stack_bytes
    };
    assert_eq!(with(33) - with(0), 33 * (with(1) - with(0)), "each tail call leaves the caller's frame behind");
    assert_eq!(with(1) - with(0), 16, "a return address and the alignment");
}

#[test]
fn recursion_counts_as_deep_as_frames_are_allowed() {
    let text = "if r1 == 0 goto out\nr1 -= 1\ncall self\nout:\nr0 = 0\nexit\nself:\nif r1 == 0 goto end\nr1 -= 1\ncall self\nend:\nexit";
    let mut options = plain();
    let deep = assumed(text, &options).unwrap().stack_bytes;
    options.limits.frames = 4;
    let less = assumed(text, &options).unwrap().stack_bytes;
    assert_eq!(deep - less, 4 * 16);
}

#[test]
fn what_should_not_get_here_does_not_compile() {
    let error = |text: &str| assumed(text, &plain()).unwrap_err();
    assert_eq!(error("r0 = 1 ll\ncall 99\nexit"), CompileError::UnknownHelper { slot: 2, id: 99 });
    assert_eq!(error("call kfunc[7]\nexit"), CompileError::Unresolved { slot: 0 });
    assert_eq!(error("call symbol[7]\nexit"), CompileError::Unresolved { slot: 0 });
    assert_eq!(error("r1 = symbol[0] ll\nexit"), CompileError::Unresolved { slot: 0 });
    assert_eq!(error("r10 = 1\nexit"), CompileError::WritesFramePointer { slot: 0 });
    assert_eq!(
        error("r10 = atomic_fetch_add((u64 *)(r1 + 0), r10)\nexit"),
        CompileError::WritesFramePointer { slot: 0 }
    );
    let callx = "callx r1\nexit";
    assert!(assumed(callx, &plain()).is_ok());
    assert_eq!(proved(callx, &facts(&[None; 2], &[0]), &plain()).unwrap_err(), CompileError::IndirectCall { slot: 0 });
}

#[test]
fn a_proved_program_needs_its_facts() {
    let text = "r0 = *(u32 *)(r1 + 8)\nexit";
    let missing = |fact| Err(CompileError::MissingFact { slot: 0, fact });
    let compile = |facts: &Facts| proved(text, facts, &plain()).map(|_| ());
    assert_eq!(compile(&Facts::default()), missing("access"));
    let mut facts = facts(&[Some(Access::Ctx), None], &[0]);
    assert_eq!(compile(&facts), missing("ctx_off"));
    facts.ctx_off[0] = Some(8);
    assert_eq!(compile(&facts), Ok(()));
    facts.ctx_off[0] = Some(7);
    assert_eq!(compile(&facts), Err(CompileError::Ctx { slot: 0, off: 7, size: Size::W, error: CtxError::NoField }));
    facts.access[0] = Some(Access::Data);
    assert_eq!(compile(&facts), Ok(()));
}

#[test]
fn frames_are_as_deep_as_proved() {
    let text = "*(u64 *)(r10 - 24) = 1\nr0 = *(u64 *)(r10 - 24)\nexit";
    let compile = |depth, use_facts| {
        let options = Options { use_facts, ..plain() };
        proved(text, &facts(&[Some(Access::Stack), Some(Access::Stack), None], &[depth]), &options)
            .map(|b| b.stack_bytes)
    };
    let (small, whole) = (compile(24, true).unwrap(), compile(24, false).unwrap());
    assert_eq!(whole - small, 512 - 32);
    assert_eq!(compile(16, true), Err(CompileError::OutsideFrame { slot: 0, off: -24, frame: 16 }));
    assert_eq!(compile(16, false), Ok(whole));
}

#[test]
fn dead_code_stops_if_it_is_reached_after_all() {
    let text = "if r1 == 0 goto out\ncall 99\nout:\nr0 = 1\nexit";
    let mut facts = facts(&[None; 4], &[0]);
    facts.branch[0] = Some(true);
    facts.reached[1] = false;
    let compile = |use_facts| proved(text, &facts, &Options { use_facts, ..plain() }).unwrap();
    for blob in [compile(true), compile(false)] {
        assert_eq!(blob.entry, blob.tail_entry, "nothing that needs the VmCtx is left");
        let dead = blob.offsets[1] as usize..blob.offsets[2] as usize;
        assert_eq!(blob.text[dead], [0x0f, 0x0b]);
    }
    let branch = |blob: &CodeBlob| blob.text[blob.offsets[0] as usize..blob.offsets[1] as usize].to_vec();
    assert_eq!(branch(&compile(true))[0], 0xe9, "a decided branch is a jump");
    assert_eq!(branch(&compile(false)).len(), 13, "a comparison and a jump");
}

/// Twice the program is twice the bytes: nothing grows faster than the code.
#[test]
fn long_programs_compile() {
    let line = "r1 += 1\nif r1 > 5 goto +1\nr2 ^= r1\n*(u64 *)(r10 - 8) = r2\n";
    let size = |n: usize| assumed(&format!("r2 = 0\n{}r0 = 0\nexit", line.repeat(n)), &plain()).unwrap().text.len();
    let (one, two) = (size(5_000), size(10_000));
    assert!(two.abs_diff(2 * one) < 128, "{one} and {two}");
}
