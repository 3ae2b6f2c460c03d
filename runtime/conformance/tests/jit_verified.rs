//! Proved programs in machine code: what the proof says is used, and makes no difference to the value.
#![cfg(target_arch = "x86_64")]

use stingless_abi::{Effects, Limits, ProtoTable, Trust};
use stingless_conformance::corpus;
use stingless_conformance::data_file::Case;
use stingless_conformance::engine::HELPERS;
use stingless_conformance::exec::{Image, vm};
use stingless_conformance::jit::{proto, raw_hook, spoiling_refill};
use stingless_conformance::unit::{Packet, packet_hook};
use stingless_isa::Code;
use stingless_jit::{Options, Target, compile};
use stingless_object::Unit;
use stingless_verifier::{Verified, verify};

fn prove(code: &Code) -> Option<Verified> {
    let protos = ProtoTable::new(HELPERS.iter().map(|&(id, _)| proto(id, Effects::default())));
    let unit = Unit::from_code("case", code.clone(), Vec::new(), protos, raw_hook());
    verify(unit, Trust::Untrusted, &Limits::default()).ok()
}

/// R0 and memory after a run.
fn run(verified: &Verified, options: &Options, mem: &[u8]) -> (u64, Vec<u8>) {
    let blob = compile(verified, options).unwrap_or_else(|e| panic!("{}: {e}", verified.unit().name));
    let image = Image::new(&blob, |target| match target {
        Target::Helper(id) => HELPERS.iter().find(|h| h.0 == id).map_or(0, |h| h.1 as *const () as u64),
        other => panic!("the corpus has no {other:?}"),
    });
    let mut mem = mem.to_vec();
    let mut vm = vm();
    vm.budget = 0;
    vm.out_of_budget = spoiling_refill as *const () as u64;
    // SAFETY: the program is proved to keep to its memory and stack.
    let r0 = unsafe { image.call([mem.as_mut_ptr() as u64, mem.len() as u64, 0, 0, 0], &mut vm) };
    assert_eq!(vm.trap, 0);
    (r0, mem)
}

fn every_way() -> Vec<Options> {
    let mut all = Vec::new();
    for (deadline_checks, use_facts) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut options = Options::default();
        options.deadline_checks = deadline_checks;
        options.use_facts = use_facts;
        all.push(options);
    }
    all
}

fn agrees(case: &Case) -> bool {
    let Some(verified) = case.code.as_ref().ok().and_then(prove) else { return false };
    let mut first = None;
    for options in every_way() {
        let found = run(&verified, &options, &case.mem);
        assert_eq!(Some(found.0), case.result, "{} with {options:?}", case.name);
        assert_eq!(*first.get_or_insert_with(|| found.clone()), found, "{} with {options:?}", case.name);
    }
    true
}

/// Programs of the suite mostly pass the verifier; those that do run as they did unproved.
#[test]
fn proved_programs_of_the_suite_agree_with_and_without_facts() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::positive(&dir).unwrap();
    let proved = cases.iter().filter(|case| agrees(case)).count();
    println!("{proved} of {} programs are proved", cases.len());
    assert!(proved >= 100, "only {proved} programs are proved: this tests nothing");
}

#[test]
fn facts_leave_out_dead_code_and_make_frames_small() {
    let text = "r1 = 5\nif r1 > 7 goto dead\n*(u64 *)(r10 - 8) = r1\nr0 = *(u64 *)(r10 - 8)\nexit\ndead:\n\
                *(u64 *)(r10 - 256) = r1\nr0 = *(u64 *)(r10 - 256)\nexit";
    let verified = prove(&stingless_isa::assemble(text).unwrap()).expect("a proof");
    let ways = every_way();
    let blobs: Vec<_> = ways.iter().map(|o| compile(&verified, o).unwrap()).collect();
    assert!(blobs[0].text.len() < blobs[2].text.len());
    assert_eq!(blobs[2].stack_bytes - blobs[0].stack_bytes, 512 - 16);
    for options in &ways {
        assert_eq!(run(&verified, options, &[]).0, 5);
    }
}

/// A divisor that is compared with zero first is not compared again, in either width; and with the facts off it is.
#[test]
fn divisors_that_are_not_zero_are_not_checked() {
    for (op, width) in [("/=", "r"), ("%=", "r"), ("/=", "w"), ("s%=", "w")] {
        let known = format!("r0 = 1000\nr3 = r2\nif {width}3 == 0 goto out\n{width}0 {op} {width}3\nout:\nexit");
        // The comparison teaches nothing of what comes behind both ways.
        let unknown = format!("r0 = 1000\nr3 = r2\nif {width}3 == 1 goto out\n{width}0 {op} {width}3\nout:\nexit");
        let size = |text: &str, options: &Options| {
            let verified = prove(&stingless_isa::assemble(text).unwrap()).expect("a proof");
            for len in [0, 1, 7] {
                let want = if len == 0 || text.contains("== 1") && len == 1 {
                    1000
                } else if op == "/=" {
                    1000 / len as u64
                } else {
                    1000 % len as u64
                };
                let by_zero = text.contains("== 1") && len == 0 && op == "/=";
                let found = run(&verified, options, &vec![0; len]).0;
                assert_eq!(found, if by_zero { 0 } else { want }, "{text} with {len} and {options:?}");
            }
            compile(&verified, options).unwrap().text.len()
        };
        let [on, _, off, _] = every_way().try_into().unwrap_or_else(|_| panic!("four ways"));
        assert!(size(&known, &on) < size(&known, &off), "{known}");
        assert_eq!(size(&unknown, &on), size(&unknown, &off), "{unknown}");
    }
}

/// Context fields, a moved context pointer, packet bounds and a packet load, as facts have them.
#[test]
fn context_and_packet_accesses_come_from_the_proof() {
    let text = "r6 = r1\nr7 = r1\nr7 += 8\nr2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 4\n\
                if r4 > r3 goto short\nr5 = *(u32 *)(r2 + 0)\n*(u32 *)(r7 + 0) = r5\nr8 = *(u16 *)(r7 + 10)\n\
                r0 = *(u16 *)skb[2]\nr0 <<= 16\nr0 |= r8\nexit\nshort:\nr0 = 7\nexit";
    let code = stingless_isa::assemble(text).unwrap();
    let unit = Unit::from_code("packet", code, Vec::new(), ProtoTable::default(), packet_hook());
    let verified = verify(unit, Trust::Untrusted, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    for options in every_way() {
        let image = Image::new(&compile(&verified, &options).unwrap(), |target| panic!("no {target:?}"));
        for (bytes, want) in [(&[1u8, 2, 3][..], (7, 5)), (&[1, 2, 3, 4], (0x0304_fedc, 0x0403_0201))] {
            let ends = bytes.as_ptr_range();
            let mut packet = Packet { mark: 5, hash: 0xfedc_ba98, data: ends.start, data_end: ends.end };
            // SAFETY: the program is proved to keep to the context and the packet between its ends.
            let r0 = unsafe { image.call([&raw mut packet as u64, 0, 0, 0, 0], &mut vm()) };
            assert_eq!((r0, packet.mark), want, "{options:?}");
        }
    }
}
