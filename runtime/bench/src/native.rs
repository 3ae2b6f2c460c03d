//! What clang makes of the sources: objects for plugins, and native code to compare with.

use std::path::{Path, PathBuf};
use std::process::Command;

use libloading::Library;

/// A workload as native code.
pub(crate) type NativeFn = unsafe extern "C" fn(*mut u8, u64) -> u64;

fn scratch() -> std::io::Result<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/workloads");
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// The clang that compiles for BPF too, if there is one.
pub(crate) fn clang() -> Option<String> {
    let named = std::env::var("CLANG").ok();
    let known = ["clang-19", "clang", "clang-18", "clang-17", "clang-16"].map(str::to_owned);
    named.into_iter().chain(known).find(|c| Command::new(c).arg("--version").output().is_ok_and(|o| o.status.success()))
}

fn run(compiler: &str, args: &[&str], out: &Path, sources: &[PathBuf]) -> Result<(), String> {
    let output = Command::new(compiler).args(args).arg("-o").arg(out).args(sources).output();
    let output = output.map_err(|e| format!("{compiler}: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// Compiles a source to a BPF object.
pub(crate) fn bpf(clang: &str, source: &Path) -> Result<Vec<u8>, String> {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let out = scratch().map_err(|e| e.to_string())?.join(format!("{stem}.bpf.o"));
    let args = ["-O2", "-target", "bpf", "-mcpu=v3", "-fno-stack-protector", "-c"];
    run(clang, &args, &out, &[source.to_path_buf()])?;
    std::fs::read(&out).map_err(|e| format!("{}: {e}", out.display()))
}

/// Compiles sources to native code, at the level that hosts are compiled with.
pub(crate) fn library(name: &str, sources: &[PathBuf]) -> Result<Library, String> {
    let compiler = clang().unwrap_or_else(|| "cc".to_owned());
    let out = scratch().map_err(|e| e.to_string())?.join(format!("{name}.so"));
    run(&compiler, &["-O2", "-fPIC", "-fno-plt", "-shared", "-w"], &out, sources)?;
    // SAFETY: what was just compiled has no initialisers.
    unsafe { Library::new(&out) }.map_err(|e| e.to_string())
}

/// A function of a library.
pub(crate) fn function(library: &Library, name: &str) -> Option<NativeFn> {
    // SAFETY: the workloads all have this type.
    unsafe { library.get::<NativeFn>(name.as_bytes()) }.ok().map(|f| *f)
}
