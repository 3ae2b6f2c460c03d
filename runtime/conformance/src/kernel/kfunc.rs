//! Functions of the live kernel that programs call by name: their numbers are types of its own BTF.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use stingless_abi::FIRST_NAMED_ID;
use stingless_isa::{Callee, Insn};
use stingless_object::Unit;

const PATH: &str = "/sys/kernel/btf/vmlinux";
const FUNC: u32 = 12;
const DECL_TAG: u32 = 17;
/// What marks a function that programs call.
const TAG: &[u8] = b"bpf_kfunc";
/// Source register of a call by name.
const PSEUDO_KFUNC_CALL: u8 = 2;

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// Bytes that follow a type's three words.
fn more(kind: u32, vlen: usize) -> Option<usize> {
    Some(match kind {
        // Integers, variables, tags on a member.
        1 | 14 | 17 => 4,
        2 | 7 | 8 | 9 | 10 | 11 | 12 | 16 | 18 => 0,
        3 => 12,
        4 | 5 | 15 | 19 => 12 * vlen,
        6 | 13 => 8 * vlen,
        _ => return None,
    })
}

/// The functions of a kernel.
#[derive(Default)]
struct Functions {
    /// Number of each, by name.
    numbers: HashMap<String, i32>,
    /// Numbers of those that programs call.
    called: Vec<i32>,
}

/// Every function in raw BTF.
fn functions(btf: &[u8]) -> Option<Functions> {
    let (header, types, types_len, strings) = (word(btf, 4)?, word(btf, 8)?, word(btf, 12)?, word(btf, 16)?);
    let mut at = (header + types) as usize;
    let end = at + types_len as usize;
    let strings = btf.get((header + strings) as usize..)?;
    let mut found = Functions::default();
    let mut id = 1;
    while at < end {
        let (name, info, of) = (word(btf, at)? as usize, word(btf, at + 4)?, word(btf, at + 8)?);
        let kind = info >> 24 & 0x1f;
        let text = strings.get(name..)?.split(|&b| b == 0).next()?;
        if kind == FUNC {
            found.numbers.insert(String::from_utf8_lossy(text).into_owned(), id);
        }
        if kind == DECL_TAG && text == TAG {
            found.called.push(of as i32);
        }
        at += 12 + more(kind, (info & 0xffff) as usize)?;
        id += 1;
    }
    Some(found)
}

fn all() -> &'static Functions {
    static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
    FUNCTIONS.get_or_init(|| std::fs::read(PATH).ok().and_then(|b| functions(&b)).unwrap_or_default())
}

/// The live kernel's number of a function; `None` where it has none of that name, or does not say.
fn number(name: &str) -> Option<i32> {
    all().numbers.get(name).copied()
}

/// Names of all functions that the live kernel lets programs call, of whatever type they are; in order.
#[must_use]
pub fn kfuncs() -> Vec<&'static str> {
    let called: HashSet<i32> = all().called.iter().copied().collect();
    let names = all().numbers.iter().filter(|(_, number)| called.contains(number));
    let mut names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Rewrites calls by name in encoded instructions as the live kernel takes them.
///
/// # Errors
/// The name that the live kernel does not know.
pub(super) fn resolve(unit: &Unit, insns: &mut [u8]) -> Result<(), String> {
    for (at, insn) in unit.code.insns().iter().enumerate() {
        let Insn::Call(Callee::Helper(id)) = *insn else { continue };
        if id < FIRST_NAMED_ID {
            continue;
        }
        let name = unit.protos.get(id).map_or("", |p| &p.name);
        let number = number(name).ok_or_else(|| format!("the live kernel has no function `{name}`"))?;
        let slot = unit.code.slot_of(at) as usize * 8;
        let Some(raw) = insns.get_mut(slot..slot + 8) else { return Err("an instruction is lost".into()) };
        raw[1] = PSEUDO_KFUNC_CALL << 4;
        raw[4..].copy_from_slice(&number.to_le_bytes());
    }
    Ok(())
}
