//! The licence that a plugin states, and whether GPL-only helpers accept it.

use crate::elf::Elf;
use crate::error::{ObjectError, ObjectErrorKind};

/// Licences that Linux's `license_is_gpl_compatible` accepts.
const GPL_COMPATIBLE: [&str; 6] =
    ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"];

/// Longest licence, Linux's bound.
const MAX: usize = 127;

/// Whether a licence is compatible with the GPL, by Linux's list.
#[must_use]
pub fn is_gpl_compatible(license: &str) -> bool {
    GPL_COMPATIBLE.contains(&license)
}

/// The text of section `license`, empty where there is none.
pub(crate) fn license(elf: &Elf<'_>) -> Result<String, ObjectError> {
    let Some((_, section)) = elf.section("license").filter(|(_, s)| !s.exec) else { return Ok(String::new()) };
    let bytes = section.data.split(|&b| b == 0).next().unwrap_or(&[]);
    match core::str::from_utf8(bytes) {
        Ok(text) if text.len() <= MAX => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(ObjectError::new(section.name, 0, ObjectErrorKind::Name { what: "the licence" })),
    }
}
