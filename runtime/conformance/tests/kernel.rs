//! The oracle itself: it loads and runs programs, sees what they leave in maps, and can give up capabilities.

use stingless_abi::{MapKind, MapSpec};
use stingless_conformance::kernel::{Caps, KernelMap, KernelProg, Source, TestRun, available, with_caps};
use stingless_isa::{assemble, encode};

const XDP: u32 = 6;

fn load(text: &str, maps: &[&KernelMap]) -> Result<KernelProg, String> {
    let code = assemble(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let insns = encode(&code).unwrap_or_else(|e| panic!("{e}"));
    let source = Source { name: "test", section: "", prog_type: XDP, insns: &insns, license: "GPL", funcs: None };
    KernelProg::load(source, maps).map_err(|e| e.to_string())
}

#[test]
fn a_program_runs_and_its_map_is_seen() {
    if !available() {
        return;
    }
    let map = KernelMap::create(&MapSpec::new("m", MapKind::Array, 4, 8, 2)).unwrap();
    let text = "r1 = 0\n*(u32 *)(r10 - 4) = r1\nr2 = r10\nr2 += -4\nr1 = map[0] ll\ncall 1\nif r0 == 0 goto +2\n\
                r1 = 7\n*(u64 *)(r0 + 0) = r1\nr0 = 42\nexit";
    let prog = load(text, &[&map]).unwrap();
    assert!(prog.verified_insns().unwrap() >= 11, "{}", prog.log);
    let out = TestRun { data: &[5; 64], ctx: &[] }.run(&prog).unwrap();
    assert_eq!((out.retval, out.data), (42, vec![5; 64]));
    let want = vec![(vec![0; 4], 7u64.to_le_bytes().to_vec()), (1u32.to_le_bytes().to_vec(), vec![0; 8])];
    assert_eq!(map.entries().unwrap(), want);
}

#[test]
fn a_thread_without_perfmon_may_not_leak_pointers() {
    if !available() {
        return;
    }
    let leak = "r0 = r10\nexit";
    assert!(load(leak, &[]).is_ok());
    let err = with_caps(Caps::NoPerfmon, || load(leak, &[]).map(drop)).unwrap().unwrap_err();
    assert!(err.contains("R0 leaks addr"), "{err}");
    assert!(load(leak, &[]).is_ok(), "other threads keep what they may");
}
