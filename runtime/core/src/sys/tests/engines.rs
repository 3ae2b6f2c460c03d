//! The same program gives the same 64 bits in every engine.

use super::*;

/// A small generator of numbers: the tests are the same on every run.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len() as u64) as usize]
    }
}

/// One random line over r0..r5, r7, sixteen stack words below r10 and eight words of memory at r9.
fn line(seed: &mut Seed, label: &mut u32) -> String {
    let reg = |seed: &mut Seed| [0, 1, 2, 3, 4, 5, 7][seed.next(7) as usize];
    let (a, b) = (reg(seed), reg(seed));
    let w = seed.pick(&["r", "w"]);
    let imm = [0, 1, -1, 31, 64, i64::from(i32::MIN), i64::from(i32::MAX), 0x1234_5678][seed.next(8) as usize];
    let slot = -8 * (1 + seed.next(16) as i64);
    let word = 8 * seed.next(8);
    let size = seed.pick(&["u8", "u16", "u32", "u64"]);
    match seed.next(9) {
        0 => format!(
            "{w}{a} {} {w}{b}",
            seed.pick(&["+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>=", "s>>="])
        ),
        1 => format!("{w}{a} {} {imm}", seed.pick(&["+=", "-=", "*=", "/=", "%=", "|=", "&=", "^="])),
        2 => format!("{w}{a} {} {w}{b}", seed.pick(&["s/=", "s%=", "="])),
        3 => format!("r{a} = {} r{a}", seed.pick(&["be16", "be32", "be64", "le16", "bswap32", "bswap64"])),
        4 => format!("*({size} *)(r10 {slot}) = r{a}"),
        5 => format!("r{a} = *({} *)(r10 {slot})", seed.pick(&["u8", "u16", "u32", "u64", "s8", "s16", "s32"])),
        6 => format!("*({size} *)(r9 + {word}) = r{a}"),
        7 => format!("r{a} = atomic_fetch_{}((u64 *)(r10 {slot}), r{a})", seed.pick(&["add", "or", "and", "xor"])),
        _ => {
            *label += 1;
            let cond = seed.pick(&["==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&"]);
            format!("if {w}{a} {cond} {w}{b} goto l{label}\n r{a} = -r{a}\n l{label}:")
        }
    }
}

fn program(seed: &mut Seed) -> String {
    let mut text = String::from("r9 = r1\n");
    for reg in [0, 1, 2, 3, 4, 5, 7] {
        text += &format!("r{reg} = {:#x} ll\n", seed.0.rotate_left(reg * 9));
    }
    for slot in 1..=16 {
        text += &format!("*(u64 *)(r10 - {}) = r{}\n", slot * 8, slot % 6);
    }
    let mut label = 0;
    for _ in 0..60 {
        text += &line(seed, &mut label);
        text.push('\n');
    }
    text += "r0 ^= r1\n r0 += r2\n r0 ^= r3\n r0 += r4\n r0 ^= r5\n r0 += r7\n exit";
    text
}

#[test]
fn random_programs_agree_in_value_and_memory() {
    let mut seed = Seed(0x5717_61e5);
    for round in 0..1500 {
        let text = program(&mut seed);
        let setup = Setup::new(&text);
        let results: Vec<_> = engines()
            .into_iter()
            .map(|engine| {
                let mut mem = [round; 8];
                (run_with(&setup.build(engine), &mut mem, None), mem)
            })
            .collect();
        assert!(results[0].0.is_ok(), "{:?}\n{text}", results[0]);
        for (engine, result) in engines().iter().zip(&results) {
            assert_eq!(result, &results[0], "{engine:?} differs\n{text}");
        }
    }
}

/// A program that the verifier accepts breaks no obligation and no fact in the checked interpreter, on any input, and
/// gives the same value and memory in every engine.
#[test]
fn proved_programs_break_nothing() {
    let mut seed = Seed(0x0dd_ba11);
    let mut proved = 0;
    for round in 0..400 {
        let text = format!("if r2 >= 64 goto +2\n r0 = 1\n exit\n {}", program(&mut seed));
        let setup = Setup::new(&text);
        let Ok(verified) = setup.prove() else { continue };
        proved += 1;
        let programs: Vec<_> = engines().iter().map(|&e| setup.bind(e, Proof::Verified(verified.clone()))).collect();
        for words in [8, 7, 9] {
            let results: Vec<_> = programs
                .iter()
                .map(|program| {
                    let mut mem = vec![seed.0 ^ round; words];
                    (run_with(program, &mut mem, None), mem)
                })
                .collect();
            assert!(results[0].0.is_ok(), "{:?}\n{text}", results[0]);
            for (engine, result) in engines().iter().zip(&results) {
                assert_eq!(result, &results[0], "{engine:?} differs\n{text}");
            }
        }
    }
    assert!(proved >= 100, "only {proved} of 400 programs are proved: this tests nothing");
}

#[test]
fn packet_loads_are_network_order_and_end_the_function_outside() {
    let load = |insn: &str| Setup::new(&format!("r6 = r1\n r7 = 4\n {insn}\n r0 += 1\n exit"));
    for engine in [EngineKind::Interp, EngineKind::Checked] {
        let run = |insn: &str| {
            let mut mem = [u64::from_le_bytes([1, 2, 3, 4, 0x85, 6, 7, 8])];
            run_with(&load(insn).build(engine), &mut mem, None)
        };
        assert_eq!(run("r0 = *(u32 *)skb[0]"), Ok(0x0102_0305));
        assert_eq!(run("r0 = *(u16 *)skb[6]"), Ok(0x0709));
        assert_eq!(run("r0 = *(u8 *)skb[r7 + 0]"), Ok(0x86));
        assert_eq!(run("r0 = *(u32 *)skb[r7 + 0]"), Ok(0x8506_0709));
        assert_eq!(run("r0 = *(u32 *)skb[r7 + 1]"), Ok(0), "one byte too far");
        assert_eq!(run("r0 = *(u8 *)skb[r7 + -5]"), Ok(0), "before the packet");
    }
}

#[test]
fn map_values_are_addressed_in_place() {
    for engine in engines() {
        let (spec, map) = Plain::array(4);
        let text = "r1 = map[0][8] ll\n r2 = 5\n *(u64 *)(r1 + 8) = r2\n lock *(u64 *)(r1 + 8) += r2\n r0 = *(u64 *)(r1 + 8)\n exit";
        let program = Setup::new(text).map(spec, map.clone()).build(engine);
        assert_eq!((run(&program), map.word(2)), (Ok(10), 10), "{engine:?}");
    }
}

#[test]
fn a_thread_without_a_slot_is_told() {
    use crate::sys::epoch::slot_count;
    let program = Setup::new("r0 = 1\n exit").build(EngineKind::Interp);
    let slots = slot_count() as usize;
    let (ready, go) = (std::sync::Barrier::new(slots + 2), std::sync::Barrier::new(slots + 2));
    let refused = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..=slots {
            scope.spawn(|| {
                let outcome = run(&program);
                if let Err(trap) = outcome {
                    assert_eq!(trap.kind, stingless_abi::TrapKind::Resources);
                    refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
                ready.wait();
                go.wait();
            });
        }
        ready.wait();
        go.wait();
    });
    // This process's tests share the table (nextest runs one test a process): all slots served, one thread too many.
    assert!(refused.into_inner() >= 1);
}
