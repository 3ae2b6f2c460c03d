//! Objects from files.

use std::path::Path;

use stingless_object::Object;
use stingless_object::btf::HostTypes;

use crate::error::{Error, Result};

/// Reads an object file.
///
/// # Errors
/// The file cannot be read, or is no BPF object; both name it.
pub fn from_file(path: impl AsRef<Path>) -> Result<Object> {
    let path = path.as_ref();
    let bytes = read(path)?;
    Object::parse(&bytes).map_err(|source| Error::Object { file: Some(path.to_owned()), source: Box::new(source) })
}

/// Reads types for CO-RE from a file: raw BTF (`/sys/kernel/btf/vmlinux`), or an ELF file with a section `.BTF`, such as
/// another object. See [`Linker::types`](crate::Linker::types).
///
/// # Errors
/// The file cannot be read, or has no types; both name it.
pub fn types_from_file(path: impl AsRef<Path>) -> Result<HostTypes> {
    let path = path.as_ref();
    let bytes = read(path)?;
    HostTypes::parse(&bytes).map_err(|source| Error::Object { file: Some(path.to_owned()), source: Box::new(source) })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}
