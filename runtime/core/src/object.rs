//! Objects from files.

use std::path::Path;

use stingless_object::Object;

use crate::error::{Error, Result};

/// Reads an object file.
///
/// # Errors
/// The file cannot be read, or is no BPF object; both name it.
pub fn from_file(path: impl AsRef<Path>) -> Result<Object> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Object::parse(&bytes).map_err(|source| Error::Object { file: Some(path.to_owned()), source: Box::new(source) })
}
