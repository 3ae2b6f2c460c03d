//! Any accepted program: it breaks no obligation and no fact, and every engine gives the same value, memory and maps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stingless::EngineKind;
use stingless_abi::TrapKind;
use stingless_fuzz::{MEMORY, program, run};

fuzz_target!(|data: &[u8]| {
    let (memory, rest) = data.split_at(data.len().min(16));
    let Some(program) = program(rest) else { return };
    // A clock or a pointer's bits are nobody's fault: programs that ask for the time are not compared.
    let timed = program.insns.chunks_exact(8).any(|s| s[0] == 0x85 && [5, 125].contains(&s[4]));
    let mut bytes = [0; MEMORY];
    bytes.iter_mut().zip(memory.iter().cycle()).for_each(|(b, m)| *b = *m);
    let Some(want) = run(EngineKind::Checked, &program, &bytes) else { return };
    for kind in [EngineKind::Interp, EngineKind::Jit] {
        let found = run(kind, &program, &bytes).expect("what one engine's load accepts, each accepts");
        let late = [&want.0, &found.0].contains(&&Err(TrapKind::Deadline));
        assert!(timed || late || found == want, "{}: {found:x?}, want {want:x?}", kind.key());
    }
});
