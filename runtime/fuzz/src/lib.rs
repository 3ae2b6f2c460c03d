//! What the targets share: a host with the hooks `raw` and `xdp` and two maps, and a way from any bytes to programs that
//! are worth looking at.

use stingless::{Config, Engine, EngineKind, Linker, MapError, Packet, Raw, RawMapDef, RawProgram, Trap};
use stingless_abi::{Limits, MapKind, MapSpec, TrapKind};
use stingless_helpers_linux::{BASE, Xdp};

/// Bytes of memory, or of a packet, that programs run on.
pub const MEMORY: usize = 64;

/// A host of one engine. Limits are low: a fuzzer wants many programs, not long ones.
pub fn linker(kind: EngineKind) -> Linker {
    let limits = Limits { examined_insns: 20_000, work: 200_000, ..Limits::default() };
    let engine = Engine::new(Config::new().engine(kind).limits(limits)).expect("settings that there are");
    let mut linker = Linker::new(&engine);
    let parts = linker.hook::<Raw>().and_then(|l| l.hook::<Xdp<'_>>()).and_then(|l| l.helpers(&BASE));
    parts.expect("hooks and helpers of the house");
    linker.host(stingless_helpers_linux::Trace::new(|_| {}));
    linker
}

/// An array of 4 elements and a hash map with 2, of 8, each with values of 16 bytes.
fn maps() -> Vec<RawMapDef> {
    let map = |name: &str, kind, entries| RawMapDef {
        spec: MapSpec::new(name, kind, 4, 16, entries),
        init: Vec::new(),
        freeze: false,
        own_slots: Vec::new(),
    };
    let mut hash = map("map1", MapKind::Hash, 8);
    hash.init = vec![(vec![0; 4], vec![1; 16]), (vec![1, 0, 0, 0], vec![2; 16])];
    vec![map("map0", MapKind::Array, 4), hash]
}

/// The program of an input. The first byte chooses the hook and how the rest is read: as slots, or as the body of a program
/// that has already got what is interesting, each slot bent until it is an instruction.
pub fn program(data: &[u8]) -> Option<RawProgram> {
    let (&first, rest) = data.split_first()?;
    let insns = if first & 2 == 0 { rest.to_vec() } else { bent(first, rest) };
    let hook = if first & 1 == 0 { "raw" } else { "xdp" };
    Some(RawProgram {
        name: "fuzz".to_owned(),
        insns,
        maps: maps(),
        btf: None,
        func_info: Vec::new(),
        hook: hook.to_owned(),
        gpl: true,
    })
}

/// Opcodes that bodies are made of.
const OPCODES: &[u8] = &[
    0x07, 0x0f, 0x04, 0x0c, 0x17, 0x1f, 0x1c, 0x27, 0x2f, 0x37, 0x3f, 0x3c, 0x47, 0x4f, 0x57, 0x5f, 0x54, 0x67, 0x6f,
    0x64, 0x6c, 0x77, 0x7f, 0x74, 0x87, 0x84, 0x97, 0x9f, 0xa7, 0xaf, 0xb7, 0xbf, 0xb4, 0xbc, 0xc7, 0xcf, 0xc4, 0xd4,
    0xdc, 0xd7, 0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91, 0x62, 0x6a, 0x72, 0x7a, 0x63, 0x6b, 0x73, 0x7b, 0xdb, 0xc3,
    0x05, 0x15, 0x1d, 0x16, 0x1e, 0x25, 0x2d, 0x26, 0x2e, 0x35, 0x3d, 0x45, 0x4d, 0x55, 0x5d, 0x56, 0x65, 0x6d, 0x66,
    0x75, 0x7d, 0x76, 0xa5, 0xad, 0xa6, 0xae, 0xb5, 0xbd, 0xc5, 0xcd, 0xc6, 0xd5, 0xdd, 0xd6, 0x85, 0x85, 0xbf, 0xb7,
];
/// Helpers of bodies: lookup, update, delete, random numbers; none reads a clock.
const HELPERS: [i32; 4] = [1, 2, 3, 7];

fn slot(op: u8, regs: u8, off: i16, imm: i32) -> [u8; 8] {
    let [o0, o1] = off.to_le_bytes();
    let [i0, i1, i2, i3] = imm.to_le_bytes();
    [op, regs, o0, o1, i0, i1, i2, i3]
}

/// `r6` = the context or memory, `r7` = a value of the array, `r9` = the length or 0, others numbers: 0 or the host's.
fn bent(first: u8, data: &[u8]) -> Vec<u8> {
    let mut all = vec![slot(0xbf, 0x16, 0, 0), slot(0xbf, 0x29, 0, 0)];
    if first & 1 == 1 {
        all[1] = slot(0xb7, 0x09, 0, 0);
    }
    all.extend([slot(0x62, 0x0a, -4, 1), slot(0x7a, 0x0a, -16, 5), slot(0x18, 0x11, 0, 0), slot(0, 0, 0, 0)]);
    all.extend([slot(0xbf, 0xa2, 0, 0), slot(0x07, 2, 0, -4), slot(0x85, 0, 0, 1), slot(0x55, 0, 2, 0)]);
    all.extend([slot(0xb7, 0, 0, 0), slot(0x95, 0, 0, 0), slot(0xbf, 0x07, 0, 0), slot(0x79, 0x78, 0, 0)]);
    all.push(slot(0xb7, 0, 0, 0));
    all.extend((1..=5).map(|n| slot(0xbf, 0x80 | n, 0, 0)));
    let body = data.chunks_exact(6).take(60);
    let count = body.len();
    for (at, chunk) in body.enumerate() {
        bend(&mut all, chunk, count - at);
    }
    // The number that the body computed, as far as the hook takes it; or, where that may be an address, none of it.
    match (first & 4, first & 1) {
        (0, 0) => {}
        (0, _) => all.push(slot(0x57, 0, 0, 3)),
        _ => all.push(slot(0xb7, 0, 0, 1)),
    }
    all.push(slot(0x95, 0, 0, 0));
    all.concat().to_vec()
}

/// One slot of a body, or a call with its arguments. `left` chunks follow: jumps stay among them, forwards; a few go back.
fn bend(all: &mut Vec<[u8; 8]>, chunk: &[u8], left: usize) {
    let op = OPCODES[chunk[0] as usize % OPCODES.len()];
    let (dst, src) = (chunk[1] % 10, (chunk[1] >> 4) % 11);
    let imm = match chunk[2] % 4 {
        0 => i32::from(chunk[3] as i8),
        1 => i32::from(chunk[3] % 72),
        2 => i32::from_le_bytes([chunk[3], chunk[4], chunk[5], chunk[2]]),
        _ => 1 << (chunk[3] % 32),
    };
    let is_reg = op & 8 != 0;
    match op & 7 {
        // A map or none, a key and a value on the stack.
        5 if op == 0x85 => {
            let helper = HELPERS[chunk[1] as usize % 4];
            let map = i32::from(chunk[2] & 1);
            let place = |n: u8, off| [slot(0xbf, 0xa0 | n, 0, 0), slot(0x07, n, 0, off)];
            all.extend([slot(0x18, 0x11, 0, map), slot(0, 0, 0, 0)]);
            all.extend(place(2, -4));
            all.extend(place(3, -16));
            all.extend([slot(0xb7, 4, 0, i32::from(chunk[3] % 4)), slot(0x85, 0, 0, helper)]);
            // Addresses of calls are gone; numbers come in their place.
            all.extend((1..=5).map(|n| slot(0xb7, n, 0, imm)));
        }
        5 | 6 => {
            let off = if chunk[4] > 250 { -3 } else { (chunk[4] as usize % left.clamp(1, 8)) as i16 };
            all.push(slot(op, if is_reg { src << 4 | dst } else { dst }, off, if is_reg { 0 } else { imm }));
        }
        4 | 7 => {
            // Byte swaps and signed operations have fields of their own.
            let (kind, imm) = (op & 0xf0, if op & 0xf0 == 0xd0 { [16, 32, 64][chunk[3] as usize % 3] } else { imm });
            let regs = if is_reg && kind != 0xd0 && kind != 0x80 { src << 4 | dst } else { dst };
            all.push(slot(op, regs, 0, if is_reg && kind != 0xd0 || kind == 0x80 { 0 } else { imm }));
        }
        // Loads and stores: stack, values and packets are where things are.
        _ => {
            let base = [6, 7, 10, dst][chunk[2] as usize % 4];
            let off = if base == 10 { -1 - i16::from(chunk[4] % 32) } else { i16::from(chunk[4] % 24) };
            let regs = if op & 7 == 1 { base << 4 | dst } else { src << 4 | base };
            let imm = if op == 0xdb || op == 0xc3 {
                [0, 1, 0x40, 0x50, 0xa0, 0xe1, 0xf1][chunk[3] as usize % 7]
            } else {
                imm
            };
            let regs = if op & 7 == 2 { base } else { regs };
            all.push(slot(op, regs, off, if op & 7 == 1 || op & 7 == 3 && op & 0xe0 != 0xc0 { 0 } else { imm }));
        }
    }
}

/// What a run leaves: `r0` or the trap, memory, maps.
pub type Left = (Result<u64, TrapKind>, Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

/// Loads and runs a program in one engine; `None` where it is refused.
pub fn run(kind: EngineKind, program: &RawProgram, memory: &[u8; MEMORY]) -> Option<Left> {
    let loaded = linker(kind).load_raw(program).ok()?.collection;
    stingless_helpers_linux::seed_random(1);
    let mut buffer = vec![0; 256 + MEMORY + 64];
    buffer[256..256 + MEMORY].copy_from_slice(memory);
    let result = if program.hook == "raw" {
        let plugin = loaded.plugin::<Raw>("fuzz").ok()?;
        let mut memory = &mut buffer[256..256 + MEMORY];
        plugin.call_raw(&mut memory, plugin.deadline())
    } else {
        let plugin = loaded.plugin::<Xdp<'_>>("fuzz").ok()?;
        let mut context = Xdp::new(Packet::with_window(&mut buffer, 256..256 + MEMORY));
        plugin.call_raw(&mut context, plugin.deadline())
    };
    let elements = |name: &str| -> Result<Vec<(Vec<u8>, Vec<u8>)>, MapError> {
        let mut all: Vec<_> = loaded.map(name).expect("a map of every program").iter()?.collect();
        all.sort();
        Ok(all)
    };
    let maps = ["map0", "map1"].iter().flat_map(|m| elements(m).unwrap_or_default()).collect();
    Some((result.map_err(told), buffer, maps))
}

/// The trap's kind; ends the process for what an accepted program can never do.
fn told(trap: Trap) -> TrapKind {
    let bug = matches!(trap.kind, TrapKind::Memory | TrapKind::Obligation | TrapKind::Fact | TrapKind::Poison);
    assert!(!bug, "an accepted program: {trap}");
    trap.kind
}
