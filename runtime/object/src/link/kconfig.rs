//! `extern ... __kconfig` variables: the kernel's configuration, as far as a host has one.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use super::{Env, LinkErrorKind};
use crate::Object;
use crate::btf::{Btf, Kind, TypeId};
use crate::maps::KconfigVar;

/// A kernel configuration value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KconfigValue {
    /// `y`.
    Yes,
    /// `m`.
    Module,
    /// `n`.
    No,
    /// A number.
    Number(u64),
    /// A string, without quotes.
    Text(String),
}

/// Linux 6.18, the version whose semantics helpers and maps have: `KERNEL_VERSION(6, 18, 0)`.
const KERNEL_VERSION: u64 = 0x06_12_00;

/// What libbpf answers without a configuration. This runtime has no kprobes: neither their cookies nor wrapped system calls.
const GIVEN: [(&str, u64); 3] =
    [("LINUX_KERNEL_VERSION", KERNEL_VERSION), ("LINUX_HAS_BPF_COOKIE", 0), ("LINUX_HAS_SYSCALL_WRAPPER", 0)];

pub(super) fn given() -> BTreeMap<String, KconfigValue> {
    GIVEN.iter().map(|&(name, value)| (name.to_owned(), KconfigValue::Number(value))).collect()
}

/// A text that is no configuration value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KconfigError {
    /// The line of a configuration, from 1; `None` for a value alone.
    pub line: Option<u32>,
    /// The text.
    pub text: String,
}

impl core::fmt::Display for KconfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "`{}` is no configuration value: want y, m, n, a number or a text in quotes", self.text)
    }
}

impl std::error::Error for KconfigError {}

impl FromStr for KconfigValue {
    type Err = KconfigError;

    /// Reads a value as a kernel's `.config` writes it: `y`, `m`, `n`, `"text"`, or a number (`0x` for hexadecimal, a leading
    /// 0 for octal).
    fn from_str(text: &str) -> Result<KconfigValue, KconfigError> {
        let bad = || KconfigError { line: None, text: text.chars().take(128).collect() };
        match text {
            "y" => return Ok(KconfigValue::Yes),
            "m" => return Ok(KconfigValue::Module),
            "n" => return Ok(KconfigValue::No),
            _ => {}
        }
        if let Some(open) = text.strip_prefix('"') {
            return open.strip_suffix('"').map(|t| KconfigValue::Text(t.to_owned())).ok_or_else(bad);
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
        let (digits, radix) = match hex {
            Some(rest) => (rest, 16),
            None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
            None => (digits, 10),
        };
        // No second sign.
        let number = Some(digits).filter(|d| d.chars().all(|c| c.is_digit(radix)));
        let number = number.and_then(|d| u64::from_str_radix(d, radix).ok()).ok_or_else(bad)?;
        Ok(KconfigValue::Number(if negative { number.wrapping_neg() } else { number }))
    }
}

impl KconfigValue {
    /// Reads a kernel's `.config`: lines `CONFIG_NAME=value`; all other lines are skipped, as libbpf does.
    ///
    /// # Errors
    /// The first line whose value cannot be read.
    pub fn config(text: &str) -> Result<Vec<(String, KconfigValue)>, KconfigError> {
        let mut out = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let Some((name, value)) = line.trim_end().split_once('=').filter(|(n, _)| n.starts_with("CONFIG_")) else {
                continue;
            };
            let value = value.parse().map_err(|e| KconfigError { line: Some(number), ..e })?;
            out.push((name.to_owned(), value));
        }
        Ok(out)
    }
}

impl Object {
    /// The bytes of all `__kconfig` variables; those without a value are zeros.
    pub(super) fn kconfig_bytes(&self, env: &Env) -> Result<Arc<[u8]>, LinkErrorKind> {
        let size = self.kconfig_vars.last().map_or(0, |v| v.offset + v.size);
        let mut out = vec![0; size as usize];
        let Some(btf) = self.btf() else { return Ok(out.into()) };
        for var in &self.kconfig_vars {
            let Some(value) = env.kconfig.get(&var.name) else { continue };
            let place = &mut out[var.offset as usize..(var.offset + var.size) as usize];
            fill(btf, var, value, place).ok_or_else(|| LinkErrorKind::Kconfig {
                name: var.name.clone(),
                ty: btf.declare(var.ty, ""),
                value: format!("{value:?}"),
            })?;
        }
        Ok(out.into())
    }
}

/// Kinds of variable that libbpf knows.
enum Slot {
    Bool,
    Char,
    Tristate,
    Int { size: u32, signed: bool },
    Text,
}

fn slot(btf: &Btf, ty: TypeId) -> Option<Slot> {
    let id = btf.resolve(ty);
    match btf.kind(id) {
        Kind::Int { is_bool: true, size: 1, .. } => Some(Slot::Bool),
        Kind::Int { is_bool: true, .. } => None,
        Kind::Int { size: 1, .. } => Some(Slot::Char),
        Kind::Int { size: size @ (2 | 4 | 8), signed, .. } => Some(Slot::Int { size: *size, signed: *signed }),
        Kind::Enum { size: 4, .. } if btf.name(id) == "libbpf_tristate" => Some(Slot::Tristate),
        Kind::Array { elem, len: 1.., .. } if matches!(slot(btf, *elem)?, Slot::Char) => Some(Slot::Text),
        _ => None,
    }
}

/// Stores a value as libbpf does, `None` where the type cannot hold it.
fn fill(btf: &Btf, var: &KconfigVar, value: &KconfigValue, place: &mut [u8]) -> Option<()> {
    use KconfigValue as V;
    let number = match (slot(btf, var.ty)?, value) {
        (Slot::Text, V::Text(text)) => {
            // The last byte stays 0.
            let len = text.len().min(place.len().checked_sub(1)?);
            place[..len].copy_from_slice(&text.as_bytes()[..len]);
            return Some(());
        }
        (Slot::Bool, V::No | V::Number(0)) | (Slot::Tristate, V::No) => 0,
        (Slot::Bool, V::Yes | V::Number(1)) | (Slot::Tristate, V::Yes) => 1,
        (Slot::Tristate, V::Module) => 2,
        (Slot::Char, V::Yes) => b'y'.into(),
        (Slot::Char, V::Module) => b'm'.into(),
        (Slot::Char, V::No) => b'n'.into(),
        (Slot::Char, V::Number(n)) if fits(*n, 1, is_signed(btf, var.ty)) => *n,
        (Slot::Int { size, signed }, V::Number(n)) if fits(*n, size, signed) => *n,
        (Slot::Bool | Slot::Char | Slot::Tristate | Slot::Int { .. } | Slot::Text, _) => return None,
    };
    let bytes = number.to_le_bytes();
    place.copy_from_slice(bytes.get(..place.len())?);
    Some(())
}

fn is_signed(btf: &Btf, ty: TypeId) -> bool {
    matches!(btf.resolved(ty), Kind::Int { signed: true, .. })
}

/// Whether an integer of `size` bytes holds a number; negative ones are given sign-extended.
fn fits(n: u64, size: u32, signed: bool) -> bool {
    match (size, signed) {
        (0, _) | (9.., _) => false,
        (8, _) => true,
        (_, false) => n >> (size * 8) == 0,
        (_, true) => matches!((n as i64) >> (size * 8 - 1), 0 | -1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_config_writes_them() {
        use KconfigValue as V;
        let good = [
            ("y", V::Yes),
            ("m", V::Module),
            ("n", V::No),
            ("\"\"", V::Text(String::new())),
            ("\"a \"b\"", V::Text("a \"b".into())),
            ("0", V::Number(0)),
            ("250", V::Number(250)),
            ("010", V::Number(8)),
            ("0xfF", V::Number(255)),
            ("-1", V::Number(u64::MAX)),
            ("18446744073709551615", V::Number(u64::MAX)),
        ];
        for (text, want) in good {
            assert_eq!(text.parse(), Ok(want), "{text}");
        }
        for text in ["", "Y", "yes", "\"open", "\"", "1x", "0x", "08", "--1", "+1", "18446744073709551616", "1 "] {
            assert!(text.parse::<V>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_config_is_read_line_by_line() {
        let text = "# a comment\nCONFIG_A=y\n# CONFIG_B is not set\n\nOTHER=?\nCONFIG_C=\"x=y\"\nCONFIG_D=0x10\r\n";
        let want = [
            ("CONFIG_A", KconfigValue::Yes),
            ("CONFIG_C", KconfigValue::Text("x=y".into())),
            ("CONFIG_D", KconfigValue::Number(16)),
        ];
        assert_eq!(KconfigValue::config(text), Ok(want.map(|(n, v)| (n.to_owned(), v)).to_vec()));
        let err = KconfigValue::config("\nCONFIG_A=what\n").unwrap_err();
        let want = "line 2: `what` is no configuration value: want y, m, n, a number or a text in quotes";
        assert_eq!(err.to_string(), want);
    }
}
