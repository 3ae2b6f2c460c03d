//! `--raw`: code and maps given on the command line.

use std::path::Path;

use stingless::abi::{MapKind, MapSpec};
use stingless::{RawMapDef, RawProgram};

use crate::args::RawArgs;
use crate::input::read;
use crate::{Failure, hex};

/// The program that FILE and the options describe.
pub(crate) fn program(file: &Path, args: &RawArgs, btf: Option<&Path>, hook: &str) -> Result<RawProgram, Failure> {
    let mut maps = Vec::new();
    for (at, text) in args.maps.iter().enumerate() {
        maps.push(map(at, text)?);
    }
    for text in &args.map_init {
        let [index, key, value] = parts("--map-init", text, "INDEX:KEYHEX:VALUEHEX")?;
        let at = hex::number("--map-init", index)? as usize;
        let count = maps.len();
        let map: &mut RawMapDef =
            maps.get_mut(at).ok_or_else(|| Failure(format!("--map-init {text}: map {at} of {count} maps")))?;
        map.init.push((hex::decode("--map-init", key)?, hex::decode("--map-init", value)?));
    }
    let func_info = match &args.func_info {
        Some(path) => pairs(&String::from_utf8_lossy(&read(path)?))?,
        None => Vec::new(),
    };
    let name = file.file_stem().map_or_else(|| "raw".to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(RawProgram {
        name,
        insns: read(file)?,
        maps,
        btf: btf.map(read).transpose()?,
        func_info,
        hook: hook.to_owned(),
        gpl: args.license.as_deref().is_some_and(is_gpl),
    })
}

/// Whether a licence string counts as GPL-compatible.
pub(crate) fn is_gpl(license: &str) -> bool {
    stingless::is_gpl_compatible(license)
}

fn parts<'t, const N: usize>(option: &str, text: &'t str, form: &str) -> Result<[&'t str; N], Failure> {
    let parts: Vec<&str> = text.split(':').collect();
    parts.try_into().map_err(|_| Failure(format!("{option} {text}: must be {form}")))
}

/// `TYPE:KEY:VALUE:MAX[:FLAGS]`.
fn map(at: usize, text: &str) -> Result<RawMapDef, Failure> {
    let with_flags = if text.split(':').count() == 4 { format!("{text}:0") } else { text.to_owned() };
    let [kind, key, value, max, flags] = parts("--map", &with_flags, "TYPE:KEY:VALUE:MAX[:FLAGS]")?;
    let number = |what: &str, t: &str| -> Result<u32, Failure> {
        let n = hex::number(&format!("--map {text}: {what}"), t)?;
        u32::try_from(n).map_err(|_| Failure(format!("--map {text}: {what} {n} is above 32 bits")))
    };
    let mut spec = MapSpec::new(
        map_name(at),
        self::kind(kind).ok_or_else(|| Failure(format!("--map {text}: no map type `{kind}` here")))?,
        number("key size", key)?,
        number("value size", value)?,
        number("capacity", max)?,
    );
    spec.flags = number("flags", flags)?;
    Ok(RawMapDef { spec, init: Vec::new(), freeze: false, own_slots: Vec::new() })
}

/// A Linux type name or number.
pub(crate) fn kind(text: &str) -> Option<MapKind> {
    match text.parse() {
        Ok(number) => MapKind::from_number(number),
        Err(_) => MapKind::from_name(text),
    }
}

/// Name of map `at` of a raw program.
pub(crate) fn map_name(at: usize) -> String {
    format!("map{at}")
}

/// Numbers in pairs, separated by anything that is no digit.
fn pairs(text: &str) -> Result<Vec<(u32, u32)>, Failure> {
    let numbers: Result<Vec<u32>, _> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|t| !t.is_empty()).map(str::parse).collect();
    let numbers = numbers.map_err(|e| Failure(format!("--func-info: {e}")))?;
    if !numbers.len().is_multiple_of(2) {
        return Err(Failure(format!("--func-info: {} numbers are no pairs", numbers.len())));
    }
    Ok(numbers.chunks(2).map(|p| (p[0], p[1])).collect())
}
