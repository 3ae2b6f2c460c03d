//! What loading costs, step by step: read the object, link a program, prove it, compile it.

use std::path::{Path, PathBuf};

use stingless::{EngineKind, Linker, Object};
use stingless_abi::{Limits, Trust};
use stingless_jit::Options;
use stingless_object::Unit;
use stingless_verifier::verify;

use crate::clock::{Lane, Table, keep};
use crate::engines;

fn linker() -> stingless::Result<Linker> {
    let mut linker = engines::linker(EngineKind::Jit)?;
    linker.hook::<stingless_helpers_linux::Xdp<'_>>()?.hook::<stingless_helpers_net::http::Request<'_>>()?;
    linker.hook::<stingless_helpers_net::http::Response<'_>>()?.helpers(&stingless_helpers_text::TEXT)?;
    Ok(linker)
}

/// Every program of the committed plugins and of the benchmark's own objects, then straight code of three lengths.
pub(crate) fn steps() {
    let mut table = Table::new("load time (a program that needs another host's helpers is left out)");
    let linker = linker().expect("hooks and helpers of the house");
    for path in objects() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let Ok(object) = Object::parse(&bytes) else { continue };
        for (at, program) in object.programs().iter().enumerate() {
            let Ok(unit) = linker.unit(&object, at) else { continue };
            let row = format!("{}:{}", name.trim_end_matches(".bpf.o"), program.name);
            let parse = Lane::new("parse", || keep(Object::parse(&bytes)));
            let link = Lane::new("link", || keep(linker.unit(&object, at)));
            program_row(&mut table, &row, &unit, vec![parse, link]);
        }
    }
    for adds in [100, 4000, 64_000] {
        let code = stingless_isa::assemble(&format!("r0 = 1\n{}exit", "r0 += r0\n".repeat(adds)));
        let code = code.expect("valid assembly");
        let hook = linker.hook_named("raw").expect("it was registered").clone();
        let unit = Unit::from_code("straight", code, Vec::new(), linker.protos(), hook);
        let nothing = vec![Lane::missing("parse"), Lane::missing("link")];
        program_row(&mut table, &format!("straight code, {adds} additions"), &unit, nothing);
    }
}

fn program_row<'a>(table: &mut Table, name: &str, unit: &'a Unit, mut lanes: Vec<Lane<'a>>) {
    let trust = Trust::Untrusted;
    let Ok(verified) = verify(unit.clone(), trust, &Limits::default()) else { return println!("{name}: refused here") };
    // A clone of the unit is part of it: a proof consumes its unit.
    lanes.push(Lane::new("verify", move || keep(verify(unit.clone(), trust, &Limits::default()))));
    lanes.push(Lane::new("compile", move || keep(stingless_jit::compile(&verified, &Options::default()))));
    let slots = unit.code.slot_of(unit.code.len() - 1) + 1;
    table.plain(&format!("{name} [{slots}]"), lanes);
}

fn objects() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dirs = [here.join("../../plugins"), here.join("c")];
    let entries = dirs.iter().filter_map(|d| std::fs::read_dir(d).ok()).flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(".bpf.o")).collect();
    all.sort();
    all
}
