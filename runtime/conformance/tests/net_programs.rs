//! Programs in the style of cilium, katran, xdp-tools and bcc, by clang at several levels: accepted here and by the live
//! kernel. `STINGLESS_NET_DIR` tries other objects.

use std::path::{Path, PathBuf};

use stingless::from_file;
use stingless_abi::{Limits, Trust};
use stingless_conformance::kernel::{Caps, KernelProgram, available, with_caps};
use stingless_conformance::programs::Host;
use stingless_object::Env;
use stingless_verifier::verify;

fn objects() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/net");
    let dir = std::env::var_os("STINGLESS_NET_DIR").map_or(own, PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "o"))
        .collect();
    files.sort();
    files
}

fn hook(section: &str) -> &str {
    if section == "socket" { "socket_filter" } else { section }
}

/// Programs that Linux 6.18 refuses and we prove: nested callbacks converge; offsets into the checked part of a packet
/// need no check of their own; a register shifted right by 61 fits three bits.
const BEYOND_LINUX: [&str; 3] = [": nested", ": dispatch", ": many_values"];
/// Programs that are refused, by Linux as well: at -O1, a string in a register that one path leaves unset.
const REFUSED: [(&str, &str); 1] = [("text.O1", "substring")];

fn judge(name: &str, ours: &Result<(), String>, kernel: Option<&Result<(), String>>) -> Option<String> {
    let known = REFUSED.iter().any(|(file, program)| name.starts_with(file) && name.ends_with(program));
    match (ours, kernel) {
        (Err(ours), _) if !known => Some(format!("{name}: {ours}   kernel: {kernel:?}")),
        (Ok(()), _) if known => Some(format!("{name}: accepted: a row of REFUSED that is no longer needed")),
        (Ok(()), Some(Err(theirs))) if !BEYOND_LINUX.iter().any(|p| name.ends_with(p)) => {
            Some(format!("{name}: accepted here, the kernel says {theirs}"))
        }
        (Ok(()) | Err(_), _) => None,
    }
}

/// Each program of each object: what we say of it, and the live kernel as root.
#[test]
fn programs_of_the_trade_are_accepted() {
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    let live = available();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in objects() {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let object = from_file(&path).unwrap();
        for at in 0..object.programs().len() {
            let name = format!("{file}: {}", object.programs()[at].name);
            let hook = host.linker.hook_named(hook(&object.programs()[at].section)).unwrap().clone();
            let kernel = live.then(|| {
                let env = Env::new(host.linker.protos(), hook);
                let load = || KernelProgram::load(&object, at, &env).map(drop).map_err(|e| e.to_string());
                with_caps(Caps::Full, load).unwrap()
            });
            let ours = host.linker.unit(&object, at).map_err(|e| e.to_string()).and_then(|unit| {
                verify(unit, Trust::Untrusted, &Limits::default()).map(drop).map_err(|e| e.to_string())
            });
            count += 1;
            wrong.extend(judge(&name, &ours, kernel.as_ref()));
        }
    }
    println!("{count} programs");
    assert!(wrong.is_empty(), "{} of {count}:\n  {}", wrong.len(), wrong.join("\n  "));
}
