//! What the checked interpreter notices: each rule broken once.

use stingless_abi::{MemLen, MemUse, RefClass, TrapKind};
use stingless_verifier::domain::Scalar;
use stingless_verifier::{Access, Operands, Side};

use super::*;

fn trap(setup: &Setup) -> (TrapKind, String) {
    let trap = run_with(&setup.build(EngineKind::Checked), &mut [0; 8], None).expect_err("a rule is broken");
    (trap.kind, trap.message)
}

fn says(text: &str, kind: TrapKind, words: &str) {
    let (found, message) = trap(&Setup::new(text));
    assert!(found == kind && message.contains(words), "{text}\n{found:?}: {message}");
}

#[test]
fn accesses_stay_in_their_region() {
    let ok = Setup::new("r0 = *(u64 *)(r1 + 56)\n exit").build(EngineKind::Checked);
    assert_eq!(run(&ok), Ok(0));
    says("r0 = *(u64 *)(r1 + 57)\n exit", TrapKind::Memory, "byte 57 of the data which has 64");
    says("r0 = *(u8 *)(r1 - 1)\n exit", TrapKind::Memory, "Read of 1 bytes");
    says("*(u32 *)(r1 + 62) = r2\n exit", TrapKind::Memory, "Write of 4 bytes");
    says("r0 = 0\n *(u64 *)(r10 - 4) = r0\n exit", TrapKind::Memory, "leaves a stack frame by 4");
    says("r0 = 0\n *(u64 *)(r10 - 520) = r0\n exit", TrapKind::Memory, "outside");
    says("r0 = *(u64 *)(r2 + 0)\n exit", TrapKind::Memory, "outside");
    says("r0 = 1\n r0 = atomic_fetch_add((u64 *)(r1 + 4), r0)\n exit", TrapKind::Memory, "not aligned");
    let mut read_only = Setup::new("*(u32 *)(r1 + 0) = r2\n exit");
    read_only.rights = Rights::READ;
    assert_eq!(trap(&read_only).0, TrapKind::Obligation);
}

#[test]
fn what_was_not_written_is_not_read() {
    says("r0 = *(u64 *)(r10 - 8)\n exit", TrapKind::Obligation, "not all were written");
    says("*(u32 *)(r10 - 8) = r2\n r0 = *(u64 *)(r10 - 8)\n exit", TrapKind::Obligation, "not all were written");
    says("r0 = r3\n exit", TrapKind::Obligation, "r3 is read before");
    says("r0 = 1\n r0 += r7\n exit", TrapKind::Obligation, "r7 is read before");
    says("call f\n r0 = r1\n exit\n f:\n r0 = 0\n exit", TrapKind::Obligation, "r1 is read before");
    let mut privileged = Setup::new("r0 = *(u64 *)(r10 - 8)\n exit");
    privileged.strict = false;
    assert_eq!(run(&privileged.build(EngineKind::Checked)), Ok(0));
}

/// The claims that hold of `text`, to be spoilt one by one.
fn claims(len: usize) -> Facts {
    let mut facts = Facts::default();
    facts.access = vec![None; len];
    facts.ctx_off = vec![None; len];
    facts.call_map = vec![None; len];
    facts.reached = vec![true; len];
    facts.branch = vec![None; len];
    facts.stack_depth = vec![8];
    facts.longest_path = Some(len as u64);
    facts
}

#[test]
fn false_facts_are_noticed() {
    let text = "r0 = 3\n *(u64 *)(r10 - 8) = r0\n r2 = *(u64 *)(r1 + 0)\n if r0 == 3 goto +1\n r0 = 4\n exit";
    let claim = |spoil: &dyn Fn(&mut Facts)| {
        let mut facts = claims(6);
        facts.access[1] = Some(Access::Stack);
        facts.access[2] = Some(Access::Data);
        facts.branch[3] = Some(true);
        facts.reached[4] = false;
        facts.longest_path = Some(5);
        spoil(&mut facts);
        let program = Setup::new(text).facts(facts).build(EngineKind::Checked);
        run(&program).map_err(|t| (t.kind, t.message))
    };
    assert_eq!(claim(&|_| {}), Ok(3));
    let noticed = |spoil: &dyn Fn(&mut Facts), words: &str| {
        let (kind, message) = claim(spoil).expect_err("the claim is false");
        assert!(kind == TrapKind::Fact && message.contains(words), "{message}");
    };
    noticed(&|f| f.access[1] = Some(Access::Data), "goes to the stack");
    noticed(&|f| f.access[2] = None, "goes to the data");
    noticed(&|f| f.access[2] = Some(Access::MapValue(0)), "goes to the data");
    noticed(&|f| f.access[2] = Some(Access::Ctx), "context offset");
    noticed(&|f| f.branch[3] = Some(false), "taken: false; it was: true");
    noticed(&|f| f.reached[5] = false, "no run comes here");
    noticed(&|f| f.stack_depth[0] = 7, "touches 7 bytes of stack; byte 8");
    noticed(&|f| f.longest_path = Some(4), "more than 4 instructions");
    let three = |num| Operands::claimed(6, &[(1, Side::Src, num), (3, Side::Dst, num)]);
    assert_eq!(claim(&|f| (f.linear, f.precise) = (three(Scalar::constant(3)), three(Scalar::constant(3)))), Ok(3));
    noticed(&|f| f.linear = three(Scalar::constant(4)), "linear pass says that r0 is 0x4; it is 0x3");
    noticed(&|f| f.precise = three(Scalar::from_range(5, 9)), "exploration says that r0");
}

#[test]
fn false_offsets_of_map_values_are_noticed() {
    let claim = |range| {
        let mut facts = claims(4);
        facts.access[1] = Some(Access::MapValue(0));
        facts.value_off = vec![None, Some(range), None, None];
        let (spec, map) = Plain::array(2);
        let text = "r3 = map[0][4] ll\n r4 = *(u32 *)(r3 + 0)\n r0 = 5\n exit";
        run(&Setup::new(text).map(spec, map).facts(facts).build(EngineKind::Checked)).map_err(|t| (t.kind, t.message))
    };
    assert_eq!(claim((4, 4)), Ok(5));
    for range in [(0, 3), (5, 8)] {
        let (kind, message) = claim(range).expect_err("the claim is false");
        assert!(kind == TrapKind::Fact && message.contains("it goes to 4"), "{message}");
    }
}

const MEM_LEN: &[ArgKind] =
    &[ArgKind::Mem { access: MemUse::Read, len: MemLen::Next, nullable: false }, ArgKind::Len { zero_ok: false }];

#[test]
fn helper_arguments_keep_their_obligations() {
    let call = |before: &str, kinds: &[ArgKind]| {
        let (spec, map) = Plain::array(2);
        Setup::new(&format!("{before}\n call 1\n r0 = 9\n exit")).helper(1, kinds, add).map(spec, map)
    };
    let ok = |before: &str, kinds: &[ArgKind]| {
        assert_eq!(run(&call(before, kinds).build(EngineKind::Checked)), Ok(9), "{before}")
    };
    let bad = |before: &str, kinds: &[ArgKind], words: &str| {
        let (kind, message) = trap(&call(before, kinds));
        assert!(
            matches!(kind, TrapKind::Obligation | TrapKind::Memory) && message.contains(words),
            "{before}: {message}"
        );
        assert!(message.starts_with("argument `a"), "{message}");
    };
    ok("r2 = 64", MEM_LEN);
    bad("r2 = 65", MEM_LEN, "Read of 65 bytes outside");
    bad("r2 = 0", MEM_LEN, "length 0");
    bad("r1 = r10\n r1 += -8\n r2 = 8", MEM_LEN, "not all were written");
    ok("r3 = 0\n *(u64 *)(r10 - 8) = r3\n r1 = r10\n r1 += -8\n r2 = 8", MEM_LEN);
    bad("r1 = 5", &[ArgKind::Scalar, ArgKind::Scalar, ArgKind::Scalar], "r3 holds no value");
    bad("r1 = 5", &[ArgKind::Map(MapKind::Array.bit())], "not a map");
    ok("r1 = map[0] ll", &[ArgKind::Map(MapKind::Array.bit())]);
    bad("r1 = map[0] ll", &[ArgKind::Map(MapKind::Hash.bit())], "of kind array");
    bad(
        "r1 = map[0] ll\n r2 = r10\n r2 += -4",
        &[ArgKind::Map(MapKind::Array.bit()), ArgKind::MapKey],
        "not all were written",
    );
    ok(
        "r1 = map[0] ll\n r2 = r10\n r2 += -16",
        &[ArgKind::Map(MapKind::Array.bit()), ArgKind::MapValue(MemUse::Write)],
    );
    bad(
        "r1 = map[0] ll\n r2 = r10\n r2 += -8",
        &[ArgKind::Map(MapKind::Array.bit()), ArgKind::MapValue(MemUse::Write)],
        "leaves a stack frame by 8",
    );
    bad("r1 += 4", &[ArgKind::Ctx], "not the context");
    bad("r1 += 4", &[ArgKind::Acquired(RefClass::RingbufRecord)], "that the program holds");
    bad("r1 = map[0][0] ll", &[ArgKind::SpinLock], "not the lock");
    bad("r1 = map[0][0] ll", &[ArgKind::ConstStr], "not a string in frozen memory");
    let aligned = ArgKind::Mem { access: MemUse::Read, len: MemLen::Fixed { size: 4, align: 4 }, nullable: true };
    bad("r1 += 2", &[aligned], "not aligned to 4");
    ok("r1 = 0", &[aligned]);
}

#[test]
fn records_live_from_reserve_to_submit() {
    static RECORD: [std::sync::atomic::AtomicU64; 2] = [const { std::sync::atomic::AtomicU64::new(0) }; 2];
    helper!(reserve, |_cx, _args| Ok(RECORD.as_ptr().expose_provenance() as u64));
    let class = RefClass::RingbufRecord;
    let setup = |text: &str| {
        let setup = Setup::new(text).helper(1, &[ArgKind::Scalar], reserve);
        let setup = setup.with(|p, _| p.ret = Ret::AcquiredOrNull { class, size_arg: Some(0) });
        setup.helper(2, &[ArgKind::Acquired(class)], add).with(|p, _| p.effects.releases = Some(0))
    };
    let good = "r1 = 16\n call 1\n r6 = r0\n r7 = 1\n *(u64 *)(r6 + 8) = r7\n r1 = r6\n call 2\n r0 = 4\n exit";
    assert_eq!(run(&setup(good).build(EngineKind::Checked)), Ok(4));
    let late = "r1 = 16\n call 1\n r6 = r0\n r1 = r6\n call 2\n r7 = 1\n *(u64 *)(r6 + 8) = r7\n exit";
    assert_eq!(trap(&setup(late)).0, TrapKind::Memory);
    let twice = "r1 = 16\n call 1\n r6 = r0\n r1 = r6\n call 2\n r1 = r6\n call 2\n exit";
    assert!(trap(&setup(twice)).1.contains("that the program holds"));
    let kept = "r1 = 16\n call 1\n r0 = 0\n exit";
    assert!(trap(&setup(kept)).1.contains("still holds"));
    let over = "r1 = 16\n call 1\n r6 = r0\n r7 = 1\n *(u32 *)(r6 + 14) = r7\n exit";
    assert_eq!(trap(&setup(over)).0, TrapKind::Memory);
}

/// No address becomes a number, meets one, or leaves the stack.
#[test]
fn pointers_do_not_leak() {
    let leak = |text: &str, words: &str| {
        let (spec, map) = Plain::array(2);
        let setup = Setup::new(text).map(spec, map).helper(1, &[ArgKind::Anything], add);
        let (kind, message) = trap(&setup);
        assert!(kind == TrapKind::Obligation && message.contains(words), "{text}\n{message}");
    };
    leak("r0 = r1\n exit", "returns a pointer");
    leak("r0 = r10\n r0 += -8\n exit", "returns a pointer");
    leak("r0 = map[0] ll\n exit", "returns a pointer");
    leak("*(u64 *)(r1 + 0) = r1\n exit", "leaves the stack");
    leak("*(u32 *)(r10 - 4) = r1\n exit", "stored in part");
    leak("*(u64 *)(r10 - 8) = r1\n r0 = *(u32 *)(r10 - 8)\n exit", "read as a number");
    leak("*(u64 *)(r10 - 8) = r1\n r2 = 0\n *(u8 *)(r10 - 8) = r2\n r0 = *(u64 *)(r10 - 8)\n exit", "read as a number");
    leak("w0 = w1\n exit", "not an operation on pointers");
    leak("r1 *= 2\n exit", "not an operation on pointers");
    leak("r1 += r10\n exit", "not an operation on pointers");
    leak("r1 = -r1\n exit", "must be a number");
    leak("if r1 > 5 goto +0\n r0 = 0\n exit", "one side alone");
    leak("if r1 == r2 goto +0\n r0 = 0\n exit", "one side alone");
    leak("r3 = map[0][0] ll\n lock *(u64 *)(r3 + 0) += r1\n r0 = 0\n exit", "must be a number");
    leak("call 1\n r0 = 0\n exit", "a pointer, where a number is expected");
    leak("r10 = 5\n exit", "r10 is written");
    leak("exit", "r0 holds no value");
    let fine = "*(u64 *)(r10 - 8) = r1\n r3 = *(u64 *)(r10 - 8)\n r4 = r3\n r4 += 8\n r4 -= r3\n r0 = *(u64 *)(r3 + 0)\n r0 += r4\n
        if r3 != 0 goto done\n r0 = 9\n done:\n exit";
    assert_eq!(run(&Setup::new(fine).build(EngineKind::Checked)), Ok(8));
}
