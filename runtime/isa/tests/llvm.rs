//! Assembler and encoder against the bytes that llvm-mc made of the same lines.

use stingless_isa::{assemble, decode, disasm, encode};

const GOLDEN: &str = include_str!("llvm.golden");

fn golden() -> (String, Vec<u8>) {
    let (mut text, mut bytes) = (String::new(), Vec::new());
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (hex, asm) = line.split_once('|').unwrap();
        let hex = hex.trim();
        bytes.extend((0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()));
        text += asm;
        text.push('\n');
    }
    (text, bytes)
}

#[test]
fn assembles_to_the_bytes_of_llvm() {
    let (text, bytes) = golden();
    let code = assemble(&text).unwrap();
    let mine = encode(&code).unwrap();
    for (at, (mine, llvm)) in mine.chunks(8).zip(bytes.chunks(8)).enumerate() {
        assert_eq!(
            mine,
            llvm,
            "slot {at}: {}",
            code.insn_at(at as u32).map_or(String::new(), |i| { stingless_isa::disasm_insn(&code, i) })
        );
    }
    assert_eq!(mine.len(), bytes.len());
}

#[test]
fn decodes_the_bytes_of_llvm() {
    let (text, bytes) = golden();
    let code = decode(&bytes).unwrap();
    assert_eq!(code, assemble(&text).unwrap());
    assert_eq!(code, assemble(&disasm(&code)).unwrap());
}
