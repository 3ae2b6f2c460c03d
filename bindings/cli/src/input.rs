//! Files on the command line: objects, C sources, raw code.

use std::path::{Path, PathBuf};
use std::process::Command;

use stingless::{KconfigValue, Linker, LoadedEach, Object, ProgramDef, Unit};

use crate::args::{LinkArgs, RawArgs};
use crate::{Failure, raw};

/// `stingless/bpf.h`, carried along so that a source compiles wherever the command is installed.
pub(crate) const BPF_H: &str = include_str!("../../../plugins/include/stingless/bpf.h");

/// Names under which clang is looked for; 16 is the first that knows `-mcpu=v3` objects as they are wanted here.
const CLANGS: &[&str] = &["clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16"];

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.is_dir() {
        return Err(Failure(format!("{}: a folder; give the files in it", path.display())));
    }
    std::fs::read(path).map_err(|e| Failure(format!("{}: {e}", path.display())))
}

/// What a file is that is no object, where that says more than what is wrong in it.
fn no_object(path: &Path, bytes: &[u8]) -> Option<String> {
    let why = match bytes {
        [] => "the file is empty",
        [0x7f, b'E', b'L', b'F', ..] if bytes.len() < ELF_HEADER => {
            return Some(format!(
                "{}: cut off: {} bytes, the header of an ELF file alone has {ELF_HEADER}",
                path.display(),
                bytes.len()
            ));
        }
        [0x7f, b'E', b'L', b'F', ..] => return None,
        _ => "not an ELF file: give an object (`clang -target bpf -g -O2 -c`), a .c source, or raw code with --raw",
    };
    Some(format!("{}: {why}", path.display()))
}

/// Bytes of the header of a 64-bit ELF file.
const ELF_HEADER: usize = 64;

/// Whether a file is a C source.
fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "c")
}

/// An object, compiled first if the file is a C source.
pub(crate) fn object(path: &Path) -> Result<Object, Failure> {
    let bytes = if is_source(path) { compile(path)? } else { read(path)? };
    match no_object(path, &bytes) {
        Some(why) => Err(Failure(why)),
        None => Object::parse(&bytes).map_err(|e| Failure(format!("{}: {e}", path.display()))),
    }
}

/// Loads what FILE and the options of `run` and `check` name; `hook` overrides what sections say, and is `raw` for raw code
/// unless given.
pub(crate) fn load(
    linker: &Linker,
    file: &Path,
    hook: Option<&str>,
    args: &RawArgs,
    link: &LinkArgs,
) -> Result<LoadedEach, Failure> {
    let in_file = |e: stingless::Error| Failure::from(e.in_file(file));
    if args.raw {
        return linker
            .load_raw(&raw::program(file, args, link.btf.as_deref(), hook.unwrap_or("raw"))?)
            .map_err(in_file);
    }
    let object = object(file)?;
    if object.programs().is_empty() {
        // Nothing is refused where there is nothing: that the section was forgotten would go unnoticed.
        return Err(Failure(format!(
            "{}: no program: one is a function in a section of its hook, as in `SEC(\"xdp\") int prog(struct xdp_md *ctx)`",
            file.display()
        )));
    }
    match hook {
        Some(hook) => linker.load_each_as(&object, hook).map_err(in_file),
        None => linker.load_each(&object).map_err(in_file),
    }
}

/// Gives a linker the types and values that the options name. With --raw, --btf is of the code itself.
pub(crate) fn configure(linker: &mut Linker, args: &LinkArgs, is_raw: bool) -> Result<(), Failure> {
    if let Some(path) = args.btf.as_deref().filter(|_| !is_raw) {
        linker.types(stingless::types_from_file(path)?);
    }
    if let Some(path) = &args.kconfig_file {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let values = KconfigValue::config(&text).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        values.into_iter().for_each(|(name, value)| _ = linker.kconfig(&name, value));
    }
    for pair in &args.map_entries {
        let (name, entries) =
            pair.split_once('=').and_then(|(name, n)| Some((name, n.parse().ok()?))).ok_or_else(|| {
                Failure(format!("--map-entries {pair}: must be NAME=ENTRIES, a name and a number of elements"))
            })?;
        linker.max_entries(name, entries);
    }
    for pair in &args.kconfig {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure(format!("--kconfig {pair}: must be NAME=VALUE")))?;
        let value = value.parse().map_err(|e| Failure(format!("--kconfig {pair}: {e}")))?;
        linker.kconfig(name, value);
    }
    Ok(())
}

/// A program's name, and what is to be verified of it.
pub(crate) type Linked = (String, stingless::Result<Unit>);

/// The units of what [`load`] loads, not verified.
pub(crate) fn units(
    linker: &Linker,
    file: &Path,
    hook: Option<&str>,
    (args, link): (&RawArgs, &LinkArgs),
) -> Result<Vec<Linked>, Failure> {
    if args.raw {
        let program = raw::program(file, args, link.btf.as_deref(), hook.unwrap_or("raw"))?;
        return Ok(vec![(program.name.clone(), linker.unit_raw(&program))]);
    }
    let object = object(file)?;
    let unit = |(at, program): (usize, &ProgramDef)| {
        // As loading would: a listing takes any hook where the section has none.
        let own = || linker.hooks().iter().find(|h| h.matches(&program.section));
        let unit = match hook.or_else(|| own().map(|h| &*h.name)) {
            Some(hook) => linker.unit_as(&object, at, hook),
            None => Err(stingless::Error::NoHook {
                program: program.name.to_string(),
                section: program.section.to_string(),
                known: linker.hooks().iter().map(|h| h.name.to_string()).collect(),
            }),
        };
        (program.name.to_string(), unit)
    };
    Ok(object.programs().iter().enumerate().map(unit).collect())
}

/// Compiles a source with the clang found.
fn compile(path: &Path) -> Result<Vec<u8>, Failure> {
    let clang = find_clang()?;
    let folder = TempDir::new()?;
    let include = folder.0.join("stingless");
    std::fs::create_dir_all(&include)?;
    std::fs::write(include.join("bpf.h"), BPF_H)?;
    crate::show::write_headers(&include)?;
    let out = folder.0.join("out.o");
    let mut command = Command::new(&clang);
    command.args(["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall"]);
    if let Some(parent) = path.parent() {
        command.arg("-I").arg(parent).arg("-I").arg(parent.join("include"));
    }
    command.arg("-I").arg(&folder.0).arg("-c").arg(path).arg("-o").arg(&out);
    let status = command.status().map_err(|e| Failure(format!("{clang}: {e}")))?;
    if !status.success() {
        return Err(Failure(format!("{}: {clang} failed ({status})", path.display())));
    }
    read(&out)
}

fn find_clang() -> Result<String, Failure> {
    let works = |name: &&&str| {
        let out = Command::new(name).arg("--version").output();
        out.is_ok_and(|o| o.status.success() && version(&String::from_utf8_lossy(&o.stdout)) >= 16)
    };
    CLANGS.iter().find(works).map(|name| (*name).to_owned()).ok_or_else(|| {
        Failure("no clang 16 or newer was found to compile the source (Debian: apt-get install clang-19)".into())
    })
}

/// The major version in `clang version 19.1.7`.
fn version(text: &str) -> u32 {
    text.split("version ").nth(1).and_then(|v| v.split('.').next()).and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// A folder that goes away with the value.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Result<TempDir, Failure> {
        let path = std::env::temp_dir().join(format!("stingless-{}-{:p}", std::process::id(), &()));
        std::fs::create_dir_all(&path)?;
        Ok(TempDir(path))
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // A folder that stays behind in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clang_says_its_version() {
        assert_eq!(version("Debian clang version 19.1.7 (3~deb12u1)"), 19);
        assert_eq!(version("gcc"), 0);
    }
}
