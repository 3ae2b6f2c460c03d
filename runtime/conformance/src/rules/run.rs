//! The programs that keep a rule also run: the same value in every engine and in the live kernel.

use stingless::{EngineKind, Error, RawMapDef, RawProgram};
use stingless_isa::encode;

use super::Rule;
use crate::kernel::{KernelMap, KernelProg, TestRun};
use crate::oracle::Side;
use crate::programs::{Host, Run, call};

/// Packets.
fn inputs() -> [Vec<u8>; 3] {
    let text = |i: u32| (i * 7 % 251) as u8;
    [(0..64).map(text).collect(), vec![0; 14], (0..100).map(|i| 255 - text(i)).collect()]
}

/// Runs the program that passes; what differs, and how many runs were compared with the live kernel.
///
/// # Errors
/// The program does not load.
pub fn run(rule: &Rule, hosts: &[(EngineKind, Host)], live: bool) -> Result<(Vec<String>, usize), String> {
    let mut wrong = Vec::new();
    let mut answers: Vec<Vec<Result<u64, String>>> = Vec::new();
    for (kind, host) in hosts {
        let found = engine(rule, host)?;
        if let Some(first) = answers.first().filter(|first| **first != found) {
            wrong.push(format!("{}: {found:x?}, first {first:x?}", kind.key()));
        }
        answers.push(found);
    }
    let Some(((_, host), ours)) = hosts.first().zip(answers.first()) else { return Ok((wrong, 0)) };
    if let Some(trap) = ours.iter().find_map(|r| r.as_ref().err()) {
        wrong.push(format!("trap: {trap}"));
    }
    let random = ["call 5\n", "call 7\n", "call 8\n", "call 125\n"].iter().any(|c| rule.ok.contains(c));
    if !live || random || rule.hook == "socket_filter" {
        return Ok((wrong, 0));
    }
    let unit = rule.unit(&host.linker, Side::Ok)?;
    let maps: Vec<KernelMap> =
        rule.maps.iter().map(KernelMap::create).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let refs: Vec<&KernelMap> = maps.iter().collect();
    let Ok(prog) = KernelProg::load_unit(&unit, "GPL", &refs) else { return Ok((wrong, 0)) };
    let mut compared = 0;
    for (data, mine) in inputs().iter().zip(ours) {
        let Ok(theirs) = (TestRun { data, ctx: &[] }).run(&prog) else { continue };
        compared += 1;
        if !mine.as_ref().is_ok_and(|r0| *r0 as u32 == theirs.retval) {
            wrong.push(format!("{} bytes: kernel {:#x}, ours {mine:x?}", data.len(), theirs.retval));
        }
    }
    Ok((wrong, compared))
}

fn engine(rule: &Rule, host: &Host) -> Result<Vec<Result<u64, String>>, String> {
    let unit = rule.unit(&host.linker, Side::Ok)?;
    let maps = rule.maps.iter().map(|spec| RawMapDef {
        spec: spec.clone(),
        init: Vec::new(),
        freeze: false,
        own_slots: Vec::new(),
    });
    let raw = RawProgram {
        name: "p".into(),
        insns: encode(&unit.code).map_err(|e| e.to_string())?,
        maps: maps.collect(),
        btf: None,
        func_info: Vec::new(),
        hook: rule.hook.clone(),
        gpl: rule.gpl,
    };
    let loaded = host.linker.load_raw(&raw).map_err(|e| e.to_string())?;
    if let Some(refused) = loaded.refused.first() {
        return Err(refused.error.to_string());
    }
    // The kernel's test runs come from the loop-back device.
    let device = if rule.hook == "xdp" { vec![("ingress_ifindex".to_owned(), 1)] } else { Vec::new() };
    let given = |data| Run { data, ctx: device.clone(), ..Run::default() };
    let one = |data: Vec<u8>| match call(&loaded.collection, &rule.hook, "p", &given(data)) {
        Ok(done) => Ok(done.r0),
        Err(Error::Trap(trap)) => Err(trap.to_string()),
        Err(e) => Err(e.to_string()),
    };
    Ok(inputs().map(one).into_iter().collect())
}
