//! Programs of the corpus in the live kernel, and how outcomes are judged.

use std::collections::BTreeMap;

use stingless::Object;
use stingless::abi::{HookDef, MapKind};
use stingless_object::Env;

use super::run::summed;
use super::{Expect, Host, Outcome, Run, RunOut};
use crate::kernel::{KernelMap, KernelProgram, TestRun};

/// Socket filters see the packet behind its Ethernet header, which a test run wants to have.
const ETHERNET: usize = 14;

/// Loads an object into the live kernel and runs it as its source says. Fields of the context are those that the
/// source names.
///
/// # Errors
/// What the system refuses, in words.
pub fn run_live(host: &Host, object: &Object, expect: &Expect) -> Result<Outcome, String> {
    let hook = host.linker.hook_named(&expect.hook).map_err(|err| err.to_string())?;
    let mut env = Env::new(host.linker.protos(), hook.clone());
    env.globals.extend(expect.globals.iter().cloned());
    let at = expect.program.as_deref().map_or(Some(0), |name| object.program(name)).ok_or("no such program")?;
    let loaded = KernelProgram::load(object, at, &env).map_err(|err| err.to_string())?;
    for (name, elements) in &expect.init {
        let map = loaded.map(name).ok_or_else(|| format!("no map `{name}`"))?;
        for (key, value) in elements {
            map.update(key, value, 0).map_err(|err| format!("map `{name}`: {err}"))?;
        }
    }
    for (name, samples) in &expect.pushes {
        let map = loaded.map(name).ok_or_else(|| format!("no map `{name}`"))?;
        map.push_samples(samples).map_err(|err| format!("map `{name}`: {err}"))?;
    }
    let runs = expect.runs.iter().map(|run| run_once(hook, &loaded, run));
    let mut out = Outcome { runs: runs.collect::<Result<_, _>>()?, ..Outcome::default() };
    for map in &loaded.maps {
        let name = map.spec().name.clone();
        let err = |err| format!("map `{name}`: {err}");
        match map.spec().kind {
            MapKind::Ringbuf => drop(out.rings.insert(name.clone(), map.take_records().map_err(err)?)),
            MapKind::ProgArray => {}
            kind if kind.is_handles() || map.spec().key_size == 0 => {}
            _ => drop(out.maps.insert(name.clone(), elements(map).map_err(err)?)),
        }
    }
    Ok(out)
}

fn elements(map: &KernelMap) -> std::io::Result<Vec<super::Element>> {
    let per_slot = map.spec().kind.is_per_slot().then_some(map.spec().value_size);
    let mut all: Vec<super::Element> = map.entries()?.into_iter().map(|(k, v)| (k, summed(v, per_slot))).collect();
    all.sort();
    Ok(all)
}

fn run_once(hook: &HookDef, loaded: &KernelProgram, run: &Run) -> Result<RunOut, String> {
    let layout = hook.ctx().ok_or("a hook without a context")?;
    let field = |name: &str| {
        let found = layout.fields.iter().find(|f| f.name == name).ok_or_else(|| format!("no field `{name}`"))?;
        Ok::<_, String>(found.off as usize..(found.off + found.size) as usize)
    };
    // Linux wants all of `struct __sk_buff`, also of what a socket filter does not see.
    let whole = if hook.name == "socket_filter" { 192 } else { 0 };
    let mut ctx = if run.ctx.is_empty() { Vec::new() } else { vec![0; (layout.size as usize).max(whole)] };
    for (name, value) in &run.ctx {
        let place = &mut ctx[field(name)?];
        // Of an array, the first of it.
        let len = place.len().min(8);
        place[..len].copy_from_slice(&value.to_le_bytes()[..len]);
    }
    let skip = if hook.name == "socket_filter" { ETHERNET } else { 0 };
    let data = [&vec![0; skip], &run.data[..]].concat();
    let out = TestRun { data: &data, ctx: &ctx }.run(&loaded.prog).map_err(|err| format!("test run: {err}"))?;
    let mut fields = BTreeMap::new();
    for (name, _) in run.ctx.iter().chain(&run.ctx_out) {
        if let Some(bytes) = out.ctx.get(field(name)?) {
            fields.insert(name.clone(), bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)));
        }
    }
    Ok(RunOut { r0: out.retval.into(), data: out.data.get(skip..).unwrap_or_default().to_vec(), ctx: fields })
}

/// What is wrong with an outcome, in words; empty if nothing is.
pub type Judged = Vec<String>;

/// Compares an outcome with what the source says.
#[must_use]
pub fn judge(expect: &Expect, out: &Outcome) -> Judged {
    let mut wrong = Vec::new();
    let wide = expect.hook == "raw";
    for (at, (want, found)) in expect.runs.iter().zip(&out.runs).enumerate() {
        let (a, b) = if wide { (want.r0, found.r0) } else { (want.r0 & 0xffff_ffff, found.r0 & 0xffff_ffff) };
        if a != b {
            wrong.push(format!("run {at}: r0 is {b:#x}, want {a:#x}"));
        }
        if let Some(data) = want.out.as_ref().filter(|d| **d != found.data) {
            wrong.push(format!("run {at}: data is {:02x?}, want {data:02x?}", found.data));
        }
        for (name, value) in &want.ctx_out {
            if found.ctx.get(name).is_some_and(|v| v != value) {
                wrong.push(format!("run {at}: `{name}` is {:?}, want {value}", found.ctx.get(name)));
            }
        }
    }
    for (name, want) in &expect.maps {
        let found = out.maps.get(name);
        if found != Some(want) {
            wrong.push(format!("map `{name}` holds {found:02x?}, want {want:02x?}"));
        }
    }
    for (name, want) in &expect.rings {
        let found = out.rings.get(name);
        if found != Some(want) {
            wrong.push(format!("ring `{name}` holds {found:02x?}, want {want:02x?}"));
        }
    }
    wrong
}
