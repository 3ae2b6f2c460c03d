//! Files of several programs, each built at several levels: `programs/apps`.

use std::path::PathBuf;

use super::{Expect, dir};

/// A built file.
#[derive(Clone, Debug)]
pub struct App {
    /// Name of the file and of the level: `hashes.O2.v3`.
    pub name: String,
    /// The object.
    pub object: PathBuf,
    /// Its programs.
    pub programs: Vec<Expect>,
}

/// Every file at every level, by name.
///
/// # Errors
/// A source that says nothing, or has no object.
pub fn apps() -> Result<Vec<App>, String> {
    let dir = dir().join("apps");
    let names = |end: &str| {
        let files = std::fs::read_dir(&dir).map_err(|err| err.to_string())?;
        let names = files.filter_map(|f| Some(f.ok()?.file_name().to_str()?.strip_suffix(end)?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok::<_, String>(names)
    };
    let objects = names(".bpf.o")?;
    let mut out = Vec::new();
    for stem in names(".bpf.c")? {
        let source = dir.join(format!("{stem}.bpf.c"));
        let text = std::fs::read_to_string(&source).map_err(|err| format!("{stem}: {err}"))?;
        let programs = Expect::parse_each(&text).map_err(|err| format!("{stem}: {err}"))?;
        let said =
            text.lines().filter(|l| l.starts_with("SEC(") && !l.contains(".maps") && !l.contains("license")).count();
        if said != programs.len() {
            return Err(format!("{stem}: {said} programs, {} of them say what they do", programs.len()));
        }
        let built = objects.iter().filter(|o| o.split('.').next() == Some(&stem));
        let found = built.map(|name| App {
            name: name.clone(),
            object: dir.join(format!("{name}.bpf.o")),
            programs: programs.clone(),
        });
        let before = out.len();
        out.extend(found);
        if out.len() == before {
            return Err(format!("{stem}: no object, run programs/apps/build.sh"));
        }
    }
    Ok(out)
}
