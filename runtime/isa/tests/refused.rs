//! What decoder and assembler refuse, and what they say.

use stingless_isa::{Callee, Insn, RawInsn, Ref, Reg, assemble, decode, decode_slots};

fn slot(opcode: u8, dst: u8, src: u8, off: i16, imm: i32) -> [u8; 8] {
    RawInsn { opcode, dst, src, off, imm }.to_bytes()
}

fn refused(slots: &[[u8; 8]], want: &str) {
    let bytes: Vec<u8> = slots.concat();
    assert_eq!(decode(&bytes).unwrap_err().to_string(), want);
}

const EXIT: [u8; 8] = [0x95, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn bytes_are_refused_in_dead_code_too() {
    let cases: &[([u8; 8], &str)] = &[
        (slot(0xff, 0, 0, 0, 0), "opcode 0xff is not known"),
        (slot(0x00, 0, 0, 0, 0), "opcode 0x00 is not known"),
        (slot(0x86, 0, 0, 0, 0), "opcode 0x86 is not known"),
        (slot(0xdf, 0, 0, 0, 16), "opcode 0xdf is not known"),
        (slot(0x8f, 0, 0, 0, 0), "opcode 0x8f is not known"),
        (slot(0x99, 0, 0, 0, 0), "opcode 0x99 is not known"),
        (slot(0x38, 0, 0, 0, 0), "opcode 0x38 is not known"),
        (slot(0xb7, 11, 0, 0, 0), "dst_reg is 11, the last register is 10"),
        (slot(0xbf, 0, 15, 0, 0), "src_reg is 15, the last register is 10"),
        (slot(0xb7, 0, 0, 8, 0), "off is 8, which is reserved for this instruction"),
        (slot(0xbc, 0, 1, 32, 0), "off is 32, which is reserved for this instruction"),
        (slot(0xbf, 0, 1, 1, 1), "imm is 1, which is reserved for this instruction"),
        (slot(0x0f, 0, 1, 1, 0), "off is 1, which is reserved for this instruction"),
        (slot(0x3f, 0, 1, 2, 0), "off is 2, which is reserved for this instruction"),
        (slot(0xd4, 0, 0, 0, 8), "imm is 8, which is reserved for this instruction"),
        (slot(0xd7, 0, 2, 0, 16), "src_reg is 2, which is reserved for this instruction"),
        (slot(0xdb, 1, 2, 0, 2), "there is no atomic operation 0x2 on 8 bytes"),
        (slot(0xd3, 1, 2, 0, 0), "there is no atomic operation 0x0 on 1 bytes"),
        (slot(0xcb, 1, 2, 0, 1), "there is no atomic operation 0x1 on 2 bytes"),
        (slot(0x95, 0, 0, 0, 1), "imm is 1, which is reserved for this instruction"),
        (slot(0x85, 0, 0, 1, 1), "off is 1, which is reserved for this instruction"),
        (slot(0x85, 0, 2, 1, 1), "off is 1, which is reserved for this instruction"),
        (slot(0x85, 0, 3, 0, 1), "src_reg 3 of opcode 0x85 is not supported"),
        (slot(0x85, 0, 1, 0, 9), "refers to slot 11, which does not exist"),
        (slot(0x8d, 1, 0, 0, 2), "imm is 2, which is reserved for this instruction"),
        (slot(0x8d, 0, 0, 0, 11), "imm is 11, which is reserved for this instruction"),
        (slot(0xe5, 0, 1, 0, 0), "src_reg is 1, which is reserved for this instruction"),
        (slot(0x05, 0, 0, 1, 0), "refers to slot 3, which does not exist"),
        (slot(0x05, 0, 0, -3, 0), "refers to slot -1, which does not exist"),
        (slot(0x06, 0, 0, 1, 0), "off is 1, which is reserved for this instruction"),
        (slot(0x28, 1, 0, 0, 0), "dst_reg is 1, which is reserved for this instruction"),
        (slot(0x28, 0, 1, 0, 0), "src_reg is 1, which is reserved for this instruction"),
        (slot(0x61, 0, 1, 0, 1), "imm is 1, which is reserved for this instruction"),
        (slot(0x18, 0, 0, 0, 1), "opcode of the second slot of this 64-bit immediate is 149, want 0"),
    ];
    for (bad, want) in cases {
        refused(&[EXIT, *bad, EXIT], &format!("slot 1: {want}"));
    }
}

#[test]
fn wide_immediates_are_checked_in_both_halves() {
    let wide = |src, imm| slot(0x18, 1, src, 0, imm);
    let half = |imm| slot(0, 0, 0, 0, imm);
    refused(&[EXIT, wide(0, 1)], "slot 1: the second slot of this 64-bit immediate is missing");
    refused(&[wide(3, 1), half(0), EXIT], "slot 0: src_reg 3 of opcode 0x18 is not supported");
    refused(&[wide(7, 1), half(0), EXIT], "slot 0: src_reg 7 of opcode 0x18 is not supported");
    let want = "slot 0: imm of the second slot of this 64-bit immediate is 9, want 0";
    refused(&[wide(1, 0), half(9), EXIT], want);
    refused(&[wide(4, 1), half(9), EXIT], want);
    let into = "slot 2: refers to slot 1, the second half of a 64-bit immediate";
    refused(&[wide(0, 0), half(0), slot(0x05, 0, 0, -2, 0)], into);
    refused(&[wide(0, 0), half(0), slot(0x85, 0, 1, 0, -2), EXIT], into);
    refused(&[slot(0x18, 1, 0, 1, 0), half(0), EXIT], "slot 0: off is 1, which is reserved for this instruction");
    let dst = "slot 0: dst_reg of the second slot of this 64-bit immediate is 1, want 0";
    refused(&[wide(0, 0), slot(0, 1, 0, 0, 0), EXIT], dst);
}

#[test]
fn the_shape_of_the_program_is_checked() {
    refused(&[], "slot 0: the program has no instruction");
    assert_eq!(
        decode(&[0x95, 0, 0]).unwrap_err().to_string(),
        "slot 0: 3 bytes are not a whole, countable number of 8-byte slots"
    );
    let mov = slot(0xb7, 0, 0, 0, 0);
    refused(&[EXIT, mov], "slot 1: the function's last instruction is neither exit nor a jump");
    let call = slot(0x85, 0, 1, 0, 1);
    refused(&[call, mov, EXIT], "slot 1: the function's last instruction is neither exit nor a jump");
    refused(&[call, EXIT, slot(0x05, 0, 0, -2, 0)], "slot 2: jumps to slot 1 of another function");
}

#[test]
fn relocated_slots_become_symbols_whatever_they_hold() {
    let bytes = [slot(0x18, 2, 0, 0, 64), [0; 8], slot(0x85, 0, 1, 0, 1_000_000), EXIT].concat();
    let slots = decode_slots(&bytes, |slot| Some(slot + 100)).unwrap();
    assert_eq!(slots.insns[0], Insn::LoadRef { dst: Reg::R2, target: Ref::Symbol(100) });
    assert_eq!(slots.insns[1], Insn::Call(Callee::Symbol(102)));
    assert_eq!([0, 1, 2, 3, 4].map(|slot| slots.insn_at(slot)), [Some(0), None, Some(1), Some(2), None]);
    assert_eq!([0, 1, 2, 3, 4].map(|insn| slots.slot_of(insn)), [Some(0), Some(2), Some(3), Some(4), None]);
}

#[test]
fn text_is_refused_with_line_and_column() {
    let cases = [
        ("", "line 1 column 1: the program has no instruction"),
        ("exit\n  r0 == 1", "line 2 column 6: expected an assignment, found `==`"),
        ("r0 = 4294967295", "line 1 column 6: 4294967295 is not in -2147483648..=2147483647"),
        ("w0 = 4294967296", "line 1 column 6: 4294967296 is not in -2147483648..=4294967295"),
        ("r0 = *(u32 *)(r1 + 32768)", "line 1 column 20: 32768 is not in -32768..=32767"),
        ("r0 = r11", "line 1 column 6: expected a value, found `r11`"),
        ("r0 += w1", "line 1 column 7: expected a register r0 to r10, found `w1`"),
        ("r0 = -r1", "line 1 column 7: there is no form of this instruction with two different registers"),
        ("w0 = (s32)w1", "line 1 column 6: there is no such sign-extending move"),
        ("w0 = *(s8 *)(r1 + 0)", "line 1 column 6: there is no load of that type into that register"),
        ("lock *(u16 *)(r1 + 0) += r2", "line 1 column 6: there is no atomic operation on less than 4 bytes"),
        ("r2 = cmpxchg_64(r1 + 0, r2, r3)", "line 1 column 25: there is no cmpxchg that compares other than r0"),
        ("goto nowhere", "line 1 column 6: label `nowhere` is not defined"),
        ("goto 5", "line 1 column 6: expected a label, or a distance with its sign, found `5`"),
        ("exit\ngoto +7", "line 2 column 6: no instruction starts at slot 9"),
        ("r1 = 5 ll\ngoto -2", "line 2 column 6: no instruction starts at slot 1"),
        ("a: exit\na: exit", "line 2 column 1: label `a` is defined already, on line 1"),
        ("exit exit", "line 1 column 6: expected the end of the line, found `exit`"),
        ("é", "line 1 column 1: expected a word, a number or an operator, found `é`"),
        ("exit ; é\nr0 = 1 ; é", "line 2 column 1: the function's last instruction 1 is neither exit nor a jump"),
        ("*(u64 *)(r1 + 0) = w2", "line 1 column 20: expected a register r0 to r10, found `w2`"),
        ("frobnicate r1", "line 1 column 1: expected an instruction, found `frobnicate`"),
    ];
    for (text, want) in cases {
        assert_eq!(assemble(text).unwrap_err().to_string(), want, "{text}");
    }
}
