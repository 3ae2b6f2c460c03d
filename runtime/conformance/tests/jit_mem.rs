//! Loads, stores, atomics, packet and context accesses in machine code.
#![cfg(target_arch = "x86_64")]

use stingless_conformance::exec::{Image, vm};
use stingless_conformance::jit::Bench;
use stingless_conformance::unit::{Packet, packet_hook};
use stingless_isa::{AtomicOp, Code, Insn, Operand, Reg, Size};
use stingless_jit::CompileError;
use stingless_verifier::{Access, Facts};

const SIZES: [Size; 4] = [Size::B, Size::H, Size::W, Size::DW];
const OFFSETS: [i16; 8] = [0, 1, -8, 127, 128, -129, i16::MAX - 7, i16::MIN];
const VALUES: [u64; 6] = [0, 1, 0x8081_8283_8485_8687, 0x7f7f_7f7f_7f7f_7f7f, u64::MAX, 0xffff_ffff_0000_0000];

fn reg(n: u8) -> Reg {
    Reg::new(n).unwrap()
}

fn mov(dst: u8, src: u8) -> Insn {
    let (op, width) = (stingless_isa::AluOp::Mov, stingless_isa::Width::W64);
    Insn::Alu { op, width, dst: reg(dst), src: Operand::Reg(reg(src)) }
}

fn image(insns: Vec<Insn>) -> Image {
    Bench::new(Code::new(insns).unwrap()).image()
}

fn call(image: &Image, args: [u64; 5]) -> u64 {
    // SAFETY: every caller passes the memory that its program touches.
    unsafe { image.call(args, &mut vm()) }
}

/// 64 KiB with a middle that all 16-bit displacements stay around.
fn arena() -> (Vec<u8>, usize) {
    ((0..0x1_0010u32).map(|n| (n * 37 + n / 256) as u8).collect(), 0x8000)
}

fn read(bytes: &[u8], at: usize, size: Size) -> u64 {
    let mut word = [0; 8];
    let n = size.bytes() as usize;
    word[..n].copy_from_slice(&bytes[at..at + n]);
    u64::from_le_bytes(word)
}

#[test]
fn loads_of_every_size_from_every_register() {
    let (bytes, middle) = arena();
    let base_at = bytes.as_ptr() as u64 + middle as u64;
    for (size, signed) in SIZES.into_iter().flat_map(|s| [(s, false), (s, true)]).filter(|&f| f != (Size::DW, true)) {
        for (dst, base) in (0..100u8).map(|n| (n / 10, n % 10)) {
            for off in OFFSETS {
                let form = Insn::Load { size, signed, dst: reg(dst), base: reg(base), off };
                let acquire = Insn::LoadAcquire { size, dst: reg(dst), base: reg(base), off };
                let raw = read(&bytes, (middle as i64 + i64::from(off)) as usize, size);
                let want = if signed { size.sign_extend(raw) } else { raw };
                for insn in [Some(form), (!signed).then_some(acquire)].into_iter().flatten() {
                    let found = call(&image(vec![mov(base, 1), insn, mov(0, dst), Insn::Exit]), [base_at, 0, 0, 0, 0]);
                    assert_eq!(found, want, "{insn:?}");
                }
            }
        }
    }
}

#[test]
fn stores_of_every_size_through_every_register() {
    let (clean, middle) = arena();
    for size in SIZES {
        for (src, base) in (0..100u8).map(|n| (n / 10, n % 10)).filter(|(s, b)| s != b) {
            for off in OFFSETS {
                store_once(size, src, base, off, &clean, middle);
            }
        }
    }
}

fn store_once(size: Size, src: u8, base: u8, off: i16, clean: &[u8], middle: usize) {
    let value = VALUES[2];
    let register = Operand::Reg(reg(src));
    let forms = [
        (Insn::Store { size, base: reg(base), off, src: register }, value),
        (Insn::StoreRelease { size, base: reg(base), off, src: reg(src) }, value),
        (Insn::Store { size, base: reg(base), off, src: Operand::Imm(-2) }, -2i64 as u64),
        (Insn::Store { size, base: reg(base), off, src: Operand::Imm(0x1234_5678) }, 0x1234_5678),
    ];
    for (insn, value) in forms {
        // r1 and r2 may be the very registers in question: through the stack.
        let save =
            |n: u8| Insn::Store { size: Size::DW, base: Reg::FP, off: -8 * i16::from(n), src: Operand::Reg(reg(n)) };
        let fill =
            |dst: u8, n: i16| Insn::Load { size: Size::DW, signed: false, dst: reg(dst), base: Reg::FP, off: -8 * n };
        let program = vec![save(1), save(2), fill(base, 1), fill(src, 2), insn, Insn::Exit];
        let mut bytes = clean[middle - 0x10..middle + 0x10].to_vec();
        let at = 0x10usize;
        // The arena is moved under the displacement, so that each store touches the same few bytes.
        let base_at = (bytes.as_mut_ptr() as u64 + at as u64).wrapping_sub(i64::from(off) as u64);
        call(&image(program), [base_at, value, 0, 0, 0]);
        let mut want = clean[middle - 0x10..middle + 0x10].to_vec();
        let n = size.bytes() as usize;
        want[at..at + n].copy_from_slice(&value.to_le_bytes()[..n]);
        assert_eq!(bytes, want, "{insn:?}");
    }
}

#[test]
fn atomics_against_their_semantics() {
    for (op, size) in AtomicOp::ALL.into_iter().flat_map(|op| [(op, Size::W), (op, Size::DW)]) {
        for (src, base) in (0..100u8).map(|n| (n / 10, n % 10)) {
            if base == 0 && op == AtomicOp::Cmpxchg {
                continue; // compares with an address: a program that no verifier accepts
            }
            for (mem, operand) in VALUES.into_iter().flat_map(|m| VALUES.map(|v| (m, v))) {
                atomic_once(op, size, (src, base), mem, operand);
            }
        }
    }
}

/// Runs one atomic on `cell[0]`; `cell[2]` takes `r0` afterwards, the result is the source register.
fn atomic_once(op: AtomicOp, size: Size, (src, base): (u8, u8), mem: u64, operand: u64) {
    let insn = Insn::Atomic { op, size, base: reg(base), off: -8, src: reg(src) };
    // r0 is the expected value of cmpxchg, which holds for every other memory value here.
    let expected = if operand & 1 == 0 { mem } else { !mem };
    let image = image(atomic_program(insn, src, base));
    let mut cell = [mem, 0, 0];
    let at = cell.as_mut_ptr() as u64 + 8;
    let src_after = call(&image, [at, operand, expected, 0, 0]);
    let held = if src == base { at } else { operand };
    let r0 = match (src, base) {
        (_, 0) => at,
        (0, _) => operand,
        _ => expected,
    };
    let what = format!("{insn:?} on {mem:#x} with {held:#x}, r0 {r0:#x}");
    let old = size.truncate(mem);
    let new = op.eval(size, mem, held, r0);
    assert_eq!(cell[0], if size == Size::W { mem >> 32 << 32 | new } else { new }, "{what}");
    let (want_src, want_r0) = match op {
        AtomicOp::Cmpxchg => (if src == 0 { old } else { held }, old),
        _ if op.fetches() => (old, if src == 0 { old } else { r0 }),
        _ => (held, r0),
    };
    assert_eq!((src_after, cell[2]), (want_src, want_r0), "{what}: source and r0 afterwards");
}

fn atomic_program(insn: Insn, src: u8, base: u8) -> Vec<Insn> {
    let slot = |n: i16| (Size::DW, Reg::FP, -8 * n);
    let save = |(size, base, off): (Size, Reg, i16), n: u8| Insn::Store { size, base, off, src: Operand::Reg(reg(n)) };
    let fill =
        |dst: u8, (size, base, off): (Size, Reg, i16)| Insn::Load { size, signed: false, dst: reg(dst), base, off };
    vec![
        save(slot(1), 1),
        save(slot(2), 2),
        save(slot(3), 3),
        fill(0, slot(3)),
        fill(src, slot(2)),
        fill(base, slot(1)),
        insn,
        save(slot(4), src),
        fill(1, slot(1)),
        save((Size::DW, reg(1), 8), 0),
        fill(0, slot(4)),
        Insn::Exit,
    ]
}

fn on_packet(text: &str, facts: Option<&[(usize, i32)]>, bytes: &[u8]) -> (Result<u64, CompileError>, u32) {
    let mut bench = Bench::asm(text);
    bench.hook = packet_hook();
    bench.facts = facts.map(|offs| {
        let mut facts = Facts::default();
        facts.access = vec![None; bench.code.len()];
        facts.ctx_off = vec![None; bench.code.len()];
        for &(insn, off) in offs {
            facts.access[insn] = Some(Access::Ctx);
            facts.ctx_off[insn] = Some(off);
        }
        facts
    });
    let ends = bytes.as_ptr_range();
    let mut packet = Packet { mark: 0x1122_3344, hash: 0xfedc_ba98, data: ends.start, data_end: ends.end };
    if let Err(error) = bench.compile() {
        return (Err(error), packet.mark);
    }
    let r0 = call(&bench.image(), [&raw mut packet as u64, 0, 0, 0, 0]);
    (Ok(r0), packet.mark)
}

#[test]
fn packet_loads_check_their_bounds() {
    let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    let load = |text: &str| {
        let program = format!("r6 = r1\nr7 = 5\nr8 = -1\nr9 = 0x700000003 ll\nr0 = 99\n{text}\nr0 += 1\nexit");
        on_packet(&program, None, &bytes).0.unwrap()
    };
    assert_eq!(load("r0 = *(u8 *)skb[8]"), 9 + 1);
    assert_eq!(load("r0 = *(u8 *)skb[9]"), 0, "one past the end ends the function with 0");
    assert_eq!(load("r0 = *(u16 *)skb[7]"), 0x0809 + 1);
    assert_eq!(load("r0 = *(u16 *)skb[8]"), 0);
    assert_eq!(load("r0 = *(u32 *)skb[5]"), 0x0607_0809 + 1);
    assert_eq!(load("r0 = *(u32 *)skb[6]"), 0);
    assert_eq!(load("r0 = *(u32 *)skb[-1]"), 0);
    assert_eq!(load("r0 = *(u32 *)skb[r7]"), 0x0607_0809 + 1);
    assert_eq!(load("r0 = *(u8 *)skb[r7 + 3]"), 9 + 1);
    assert_eq!(load("r0 = *(u8 *)skb[r7 + 4]"), 0);
    assert_eq!(load("r0 = *(u8 *)skb[r7 - 5]"), 1 + 1);
    assert_eq!(load("r0 = *(u8 *)skb[r7 - 6]"), 0);
    assert_eq!(load("r0 = *(u8 *)skb[r8 + 1]"), 1 + 1, "the sum is a 32-bit number");
    assert_eq!(load("r0 = *(u8 *)skb[r8]"), 0);
    assert_eq!(load("r0 = *(u8 *)skb[r8 - 2147483647]"), 0);
    assert_eq!(load("r0 = *(u8 *)skb[r9]"), 4 + 1, "the register's upper half does not count");
}

#[test]
fn packet_loads_need_a_packet() {
    let bench = Bench::asm("r6 = r1\nr0 = *(u8 *)skb[0]\nexit");
    assert_eq!(bench.compile().unwrap_err(), CompileError::NoPacket { slot: 1, hook: "raw".into() });
}

#[test]
fn context_accesses_go_through_the_layout() {
    let bytes = [7u8; 5];
    let run = |text: &str, facts: &[(usize, i32)]| on_packet(text, Some(facts), &bytes);
    let at = bytes.as_ptr() as u64;
    assert_eq!(run("r0 = *(u32 *)(r1 + 0)\nexit", &[(0, 0)]).0, Ok(at), "a 4-byte load gives the whole pointer");
    assert_eq!(run("r0 = *(u32 *)(r1 + 4)\nexit", &[(0, 4)]).0, Ok(at + 5));
    assert_eq!(run("r0 = *(u32 *)(r1 + 8)\nexit", &[(0, 8)]).0, Ok(0x1122_3344));
    assert_eq!(run("r0 = *(u8 *)(r1 + 9)\nexit", &[(0, 9)]).0, Ok(0x33));
    assert_eq!(run("r0 = *(u16 *)(r1 + 18)\nexit", &[(0, 18)]).0, Ok(0xfedc));
    assert_eq!(run("r0 = *(s16 *)(r1 + 18)\nexit", &[(0, 18)]).0, Ok(-0x124i64 as u64));
    assert_eq!(run("r0 = 5\nr0 = *(u32 *)(r1 + 12)\nexit", &[(1, 12)]).0, Ok(0));
    assert_eq!(run("*(u32 *)(r1 + 8) = 5\nr0 = 1\nexit", &[(0, 8)]), (Ok(1), 5));
    assert_eq!(run("*(u8 *)(r1 + 10) = 5\nr0 = 1\nexit", &[(0, 10)]), (Ok(1), 0x1105_3344));
    assert_eq!(run("*(u32 *)(r1 + 12) = 5\nr0 = 1\nexit", &[(0, 12)]), (Ok(1), 0x1122_3344));
    let moved = "r2 = r1\nr2 += 12\nr0 = *(u32 *)(r2 - 4)\nexit";
    assert_eq!(run(moved, &[(2, 8)]).0, Ok(0x1122_3344), "an offset of the base counts");
}

#[test]
fn context_accesses_that_no_layout_takes_do_not_compile() {
    let run = |text: &str, facts: &[(usize, i32)]| on_packet(text, Some(facts), &[]).0;
    assert!(matches!(run("r0 = *(u32 *)(r1 + 20)\nexit", &[(0, 20)]), Err(CompileError::Ctx { slot: 0, off: 20, .. })));
    assert!(matches!(run("*(u32 *)(r1 + 16) = 1\nexit", &[(0, 16)]), Err(CompileError::Ctx { off: 16, .. })));
    assert!(matches!(run("*(u32 *)(r1 + 0) = 1\nexit", &[(0, 0)]), Err(CompileError::Ctx { off: 0, .. })));
    let signed = run("r0 = *(s32 *)(r1 + 0)\nexit", &[(0, 0)]);
    assert_eq!(signed, Err(CompileError::CtxForm { slot: 0, off: 0 }));
    let atomic = run("lock *(u32 *)(r1 + 8) += w2\nexit", &[(0, 8)]);
    assert_eq!(atomic, Err(CompileError::CtxForm { slot: 0, off: 8 }));
}

#[test]
fn a_zeroed_stack_reads_as_zero() {
    let dirty = Bench::asm(
        "r0 = 0\ncall fill\ncall sum\nexit\nfill:\nr1 = r10\nr2 = 64\nagain:\nr1 -= 8\n*(u64 *)(r1 + 0) = -1\nr2 -= 1\nif r2 != 0 goto again\nr0 = 0\nexit\nsum:\nr0 = 0\nr1 = r10\nr2 = 64\nmore:\nr1 -= 8\nr3 = *(u64 *)(r1 + 0)\nr0 |= r3\nr2 -= 1\nif r2 != 0 goto more\nexit",
    );
    let mut zeroed = dirty.clone();
    zeroed.options.zero_stack = true;
    assert_eq!(call(&dirty.image(), [0; 5]), u64::MAX, "else this tests nothing");
    assert_eq!(call(&zeroed.image(), [0; 5]), 0);
}
