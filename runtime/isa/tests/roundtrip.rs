//! Every instruction there is, through encoder, decoder, disassembler and assembler; and every slot there is.

use stingless_isa::*;

const IMMS: [i32; 6] = [0, 1, -1, 0x1234_5678, i32::MIN, i32::MAX];
const OFFS: [i16; 5] = [0, 8, -8, i16::MIN, i16::MAX];

/// An instruction with something to jump to (2) and something to call (3).
fn program(insn: Insn) -> Result<Code, CodeError> {
    Code::new(vec![insn, Insn::LoadImm { dst: Reg::R0, value: 7 }, Insn::Exit, Insn::Exit])
}

fn operands() -> impl Iterator<Item = Operand> {
    Reg::all().map(Operand::Reg).chain(IMMS.map(Operand::Imm))
}

fn alu() -> Vec<Insn> {
    let mut out = Vec::new();
    for width in Width::ALL {
        for dst in Reg::all() {
            for src in operands() {
                out.extend(AluOp::ALL.map(|op| Insn::Alu { op, width, dst, src }));
                for cond in Cond::ALL {
                    out.extend([0, 2].map(|target| Insn::Branch { cond, width, dst, src, target }));
                }
            }
            out.extend(UnaryOp::ALL.map(|op| Insn::Unary { op, width, dst }));
        }
    }
    out
}

fn memory() -> Vec<Insn> {
    let mut out = Vec::new();
    for size in Size::ALL {
        for off in OFFS {
            for base in Reg::all() {
                for src in Reg::all() {
                    out.extend([false, true].map(|signed| Insn::Load { size, signed, dst: src, base, off }));
                    out.push(Insn::LoadAcquire { size, dst: src, base, off });
                    out.push(Insn::StoreRelease { size, base, off, src });
                    out.extend(AtomicOp::ALL.map(|op| Insn::Atomic { op, size, base, off, src }));
                }
                out.extend(operands().map(|src| Insn::Store { size, base, off, src }));
            }
        }
        for off in IMMS {
            out.push(Insn::PacketLoad { size, index: None, off });
            out.extend(Reg::all().map(|index| Insn::PacketLoad { size, index: Some(index), off }));
        }
    }
    out
}

fn other() -> Vec<Insn> {
    let mut out = vec![Insn::Exit, Insn::Call(Callee::Local(3))];
    out.extend([0, 1, 2].map(|target| Insn::MayGoto { target }));
    out.extend([0, 1, 2].map(|target| Insn::Jump { target, long: false }));
    out.extend([0, 1, 2].map(|target| Insn::Jump { target, long: true }));
    for dst in Reg::all() {
        out.extend([0, 1, u64::MAX, 1 << 63, 0x0123_4567_89ab_cdef].map(|value| Insn::LoadImm { dst, value }));
        out.push(Insn::LoadRef { dst, target: Ref::Func(3) });
        out.push(Insn::Call(Callee::Reg(dst)));
        for map in [0, 1, u32::MAX] {
            out.push(Insn::LoadRef { dst, target: Ref::Map(map) });
            out.push(Insn::LoadRef { dst, target: Ref::MapValue { map, off: !map } });
        }
    }
    for imm in IMMS {
        out.push(Insn::Call(Callee::Helper(imm as u32)));
        out.push(Insn::Call(Callee::Kfunc(imm)));
    }
    out
}

/// What the types can say and the instruction set cannot.
fn exists(insn: &Insn) -> bool {
    match *insn {
        Insn::Alu { op, width, src, .. } => op.exists(width, matches!(src, Operand::Reg(_))),
        Insn::Unary { op, width, .. } => op.class_width().is_none_or(|only| only == width),
        Insn::Load { size, signed, .. } => !(signed && size == Size::DW),
        Insn::Atomic { size, .. } => size >= Size::W,
        Insn::PacketLoad { size, .. } => size != Size::DW,
        Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::Store { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => true,
    }
}

#[test]
fn every_instruction_survives_every_way() {
    let (mut good, mut bad) = (0, 0);
    for insn in alu().into_iter().chain(memory()).chain(other()) {
        let code = program(insn).unwrap();
        if !exists(&insn) {
            let err = encode(&code).unwrap_err();
            assert!(matches!(err, EncodeError { slot: 0, kind: EncodeErrorKind::NoForm { .. } }), "{insn:?}: {err}");
            bad += 1;
            continue;
        }
        let bytes = encode(&code).unwrap();
        assert_eq!(decode(&bytes).as_ref(), Ok(&code), "{insn:?}");
        let text = disasm(&code);
        assert_eq!(assemble(&text).as_ref(), Ok(&code), "{insn:?}\n{text}");
        let lines: String = (0..code.len()).map(|at| disasm_insn(&code, at) + "\n").collect();
        assert_eq!(assemble(&lines).as_ref(), Ok(&code), "{insn:?}\n{lines}");
        good += 1;
    }
    assert!(good > 30_000 && bad > 1_000, "{good} good, {bad} bad");
}

#[test]
fn what_linking_left_open_is_text_but_no_bytes() {
    for insn in
        [Insn::Poison(3), Insn::Call(Callee::Symbol(4)), Insn::LoadRef { dst: Reg::R3, target: Ref::Symbol(u32::MAX) }]
    {
        let code = Code::new(vec![Insn::Jump { target: 2, long: false }, insn, Insn::Exit]).unwrap();
        assert_eq!(assemble(&disasm(&code)), Ok(code.clone()));
        assert_eq!(encode(&code).unwrap_err().slot, 1);
    }
}

#[test]
fn names_of_subprograms_survive_text() {
    let call = Insn::Call(Callee::Local(2));
    let insns = vec![call, Insn::Exit, Insn::Exit, Insn::Exit, Insn::Jump { target: 4, long: true }];
    let starts = [(0, "main"), (2, "helper.1$a"), (3, ""), (4, "unused")].map(|(at, name)| (at, name.to_owned()));
    let code = Code::with_subprogs(insns, starts.to_vec()).unwrap();
    let text = disasm(&code);
    assert_eq!(assemble(&text), Ok(code), "{text}");
}

#[test]
fn a_jump_too_long_for_its_offset_is_refused() {
    let program = |last: u32, long| {
        let mut insns = vec![Insn::Jump { target: last, long }];
        insns.resize(last as usize + 1, Insn::Exit);
        encode(&Code::new(insns).unwrap())
    };
    assert!(program(32768, false).is_ok());
    let err = program(32769, false).unwrap_err();
    assert_eq!(err.to_string(), "slot 0: slot 32769 is 32768 slots away, more than this instruction can jump");
    assert!(program(32769, true).is_ok());
}

/// The bytes that code decoded from `slot` is written with: some forms have two spellings.
fn canonical(mut slot: RawInsn) -> RawInsn {
    match (slot.opcode, slot.src) {
        (0x18, 5 | 6) => slot.src -= 4,
        (0x8d, _) if slot.dst == 0 => (slot.dst, slot.imm) = (slot.imm as u8, 0),
        _ => {}
    }
    slot
}

#[test]
fn every_slot_is_refused_or_written_back_as_it_was() {
    let exit = RawInsn { opcode: 0x95, ..RawInsn::default() };
    let wide = RawInsn { opcode: 0x18, ..RawInsn::default() };
    let mut accepted = 0;
    for opcode in 0..=255 {
        let rest = if opcode == 0x18 {
            [RawInsn::default(), exit, exit, exit]
        } else {
            [wide, RawInsn::default(), exit, exit]
        };
        for dst in [0, 1, 10, 11] {
            for src in [0, 1, 2, 3, 4, 5, 6, 7, 10, 11] {
                for off in [0, 1, 2, 8, 16, 32, -1] {
                    for imm in [0, 1, 2, 3, 8, 10, 16, 32, 64, -1, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110] {
                        let slot = RawInsn { opcode, dst, src, off, imm };
                        let slots = |first| [[first].as_slice(), &rest].concat();
                        let bytes: Vec<u8> = slots(slot).iter().flat_map(|raw| raw.to_bytes()).collect();
                        let Ok(code) = decode(&bytes) else { continue };
                        let want: Vec<u8> = slots(canonical(slot)).iter().flat_map(|raw| raw.to_bytes()).collect();
                        assert_eq!(encode(&code).as_ref(), Ok(&want), "{slot:x?}");
                        accepted += 1;
                    }
                }
            }
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

/// xorshift64*, so that a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next() as usize % of.len()]
    }
}

/// A slot that is plausible: a known opcode more often than not, small fields.
fn plausible(random: &mut Random, opcodes: &[u8]) -> [u8; 8] {
    let raw = RawInsn {
        opcode: if random.next().is_multiple_of(16) { random.next() as u8 } else { random.pick(opcodes) },
        dst: (random.next() % 12) as u8,
        src: if random.next().is_multiple_of(2) { 0 } else { (random.next() % 12) as u8 },
        off: if random.next().is_multiple_of(2) { 0 } else { (random.next() % 9) as i16 - 4 },
        imm: if random.next().is_multiple_of(2) { 0 } else { (random.next() % 9) as i32 - 4 },
    };
    raw.to_bytes()
}

#[test]
fn random_bytes_never_panic_and_what_decodes_survives() {
    let mut random = Random(0x5714_61e5_5bee_0001);
    let opcodes: Vec<u8> = (0..=255)
        .filter(|&opcode| {
            let slot = RawInsn { opcode, ..RawInsn::default() }.to_bytes();
            !decode_slots(&[slot, [0; 8]].concat()[..if opcode == 0x18 { 16 } else { 8 }], |_| None)
                .is_err_and(|err| matches!(err.kind, DecodeErrorKind::UnknownOpcode { .. }))
        })
        .collect();
    let mut accepted = 0;
    for _ in 0..60_000 {
        let len = random.next() as usize % 6 + 1;
        let mut bytes: Vec<u8> = (0..len).flat_map(|_| plausible(&mut random, &opcodes)).collect();
        bytes.extend(RawInsn { opcode: 0x95, ..RawInsn::default() }.to_bytes());
        let _ = decode_slots(&bytes, |slot| (slot % 2 == 0).then_some(slot));
        if let Ok(code) = decode(&bytes) {
            accepted += 1;
            let again = encode(&code).unwrap();
            assert_eq!(decode(&again).as_ref(), Ok(&code));
            assert_eq!(assemble(&disasm(&code)).as_ref(), Ok(&code));
        }
        let noise: Vec<u8> = (0..random.next() % 40).map(|_| random.next() as u8).collect();
        let _ = decode(&noise);
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn random_text_never_panics() {
    let words = [
        "r0",
        "w1",
        "r10",
        "r11",
        "=",
        "+=",
        "s",
        ">",
        "goto",
        "if",
        "+",
        "-",
        "1",
        "0xffffffffffffffff",
        "ll",
        "(",
        ")",
        "[",
        "]",
        "*",
        "u8",
        "s32",
        "map",
        "lock",
        "call",
        "label",
        ":",
        "\n",
        "exit",
        "\n",
        ";",
        "é",
        "xchg_64",
        "func",
        ",",
        "@",
        ".type",
        "function",
        "skb",
        "be16",
        "99999999999999999999",
        "pc",
    ];
    let mut random = Random(0xdecade);
    for _ in 0..60_000 {
        let text: String = (0..random.next() % 12).map(|_| random.pick(&words).to_owned() + " ").collect();
        let _ = assemble(&text);
    }
}
