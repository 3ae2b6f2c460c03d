//! Any slots: what decodes, encodes to the same bytes, and its listing assembles to the same program.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stingless_isa::{assemble, decode, disasm, encode};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = assemble(text);
    }
    let Ok(code) = decode(data) else { return };
    let bytes = encode(&code).expect("what was decoded");
    assert_eq!(decode(&bytes).as_ref(), Ok(&code));
    assert_eq!(bytes, data, "no two encodings of one program");
    let text = disasm(&code);
    let again = assemble(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(encode(&again).as_ref(), Ok(&bytes), "{text}");
});
