//! Hostile and tricky programs with the verdict that the default profile must give: `../shared/conformance/secpack.jsonl`
//! from the project's root. Where that is absent, the test says so and passes.

mod support;

use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use stingless_abi::{HookDef, MapKind, SpecialField, SpecialKind};
use stingless_isa::{Code, Insn, Ref, decode};
use stingless_object::UnitMap;
use support::{check, map, raw_hook, socket_filter_hook, unit_of, xdp_hook};

/// Programs that are safe and refused nevertheless, and why.
const TOO_STRICT: &[(&str, &str)] = &[];

fn corpus() -> Option<Vec<Value>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = [root.join("../shared/conformance/secpack.jsonl"), root.join("shared/conformance/secpack.jsonl")];
    let text = places.iter().find_map(|p| std::fs::read_to_string(p).ok())?;
    Some(text.lines().map(|l| serde_json::from_str(l).expect("the corpus is JSON")).collect())
}

fn bytes_of(row: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for slot in row["insns"].as_array().expect("insns is a list") {
        let text = slot.as_str().expect("a slot is text");
        let (hex, times) = text.split_once('*').map_or((text, 1), |(h, n)| (h, n.parse().expect("a count")));
        let slot: Vec<u8> = (0..8).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex")).collect();
        for _ in 0..times {
            out.extend_from_slice(&slot);
        }
    }
    out
}

fn map_of(row: &Value) -> Result<UnitMap, String> {
    let number = |key: &str| row[key].as_u64().unwrap_or(0) as u32;
    let kind = row["type"].as_str().and_then(MapKind::from_name).ok_or("unknown map type")?;
    let mut map = map(kind, number("key"), number("value"), number("max"));
    map.spec.flags = number("flags");
    if row["btf_val"].as_u64().is_some_and(|v| v != 0) {
        // The one row with BTF has a `struct bpf_spin_lock` first in its value.
        map.spec.special.push(SpecialField { kind: SpecialKind::SpinLock, off: 0 });
    }
    map.spec.check().map_err(|e| e.to_string())?;
    Ok(map)
}

fn hook_of(row: &Value) -> HookDef {
    match row["prog_type"].as_str() {
        Some("socket_filter") => socket_filter_hook(),
        Some("xdp" | "any") => xdp_hook(),
        _ => raw_hook(),
    }
}

/// Out-of-range references are refused here as a linker refuses them.
fn references_exist(code: &Code, maps: usize) -> bool {
    code.insns().iter().all(|insn| match insn {
        Insn::LoadRef { target: Ref::Map(m) | Ref::MapValue { map: m, .. }, .. } => (*m as usize) < maps,
        _ => true,
    })
}

/// `accept`, `reject` or `map-reject`, and the reason.
fn verdict(row: &Value) -> (&'static str, String) {
    let maps: Result<Vec<UnitMap>, String> =
        row["maps"].as_array().expect("maps is a list").iter().map(map_of).collect();
    let maps = match maps {
        Ok(maps) => maps,
        Err(e) => return ("map-reject", e),
    };
    let code = match decode(&bytes_of(row)) {
        Ok(code) => code,
        Err(e) => return ("reject", format!("decode: {e}")),
    };
    if !references_exist(&code, maps.len()) {
        return ("reject", "a map that does not exist".into());
    }
    let mut unit = unit_of(code, maps, hook_of(row));
    unit.gpl = row["license"].as_str() == Some("GPL");
    match check(unit) {
        Ok(_) => ("accept", String::new()),
        Err(e) => {
            assert!(!e.is_bug(), "{}: {e}", row["name"]);
            ("reject", format!("{} {e}", e.kind))
        }
    }
}

#[test]
fn every_program_of_the_pack_gets_its_verdict() {
    let Some(rows) = corpus() else {
        eprintln!("SKIPPED: ../shared/conformance/secpack.jsonl is not there");
        return;
    };
    let (mut false_accepts, mut too_strict, mut slow) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let name = row["name"].as_str().unwrap_or("?").to_owned();
        let start = Instant::now();
        let (found, why) = verdict(row);
        let expected = row["expect"].as_str().unwrap_or("?");
        if start.elapsed().as_secs() > 20 {
            slow.push(format!("{name}: {:?}", start.elapsed()));
        }
        let alternative = row["policy_alt"].as_str().is_some() || row["policy_alt"].as_bool() == Some(true);
        match (expected, found) {
            (a, b) if a == b => {}
            (_, _) if alternative => eprintln!("the other verdict, sound too: {name}: {found} {why}"),
            ("accept", _) => too_strict.push((name, why)),
            (_, "accept") => false_accepts.push(name),
            (_, _) => eprintln!("refused at another door: {name}: {found} {why}"),
        }
    }
    too_strict.retain(|(name, _)| !TOO_STRICT.iter().any(|t| t.0 == name));
    assert!(false_accepts.is_empty(), "accepted, and must not be: {false_accepts:#?}");
    assert!(too_strict.is_empty(), "refused, and are safe: {too_strict:#?}");
    assert!(slow.is_empty(), "{slow:#?}");
    eprintln!("{} programs, {} refused although safe", rows.len(), TOO_STRICT.len());
}
