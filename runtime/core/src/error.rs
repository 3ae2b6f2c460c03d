//! Errors of loading. Each names the thing, the place and both values.

use std::fmt;
use std::path::PathBuf;

use stingless_jit::CompileError;
use stingless_object::{LinkError, ObjectError, RawError};
use stingless_verifier::VerifierError;

use crate::maps::MapError;
use crate::vm::{BuildError, Trap};

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be loaded, linked or looked up.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are no BPF object.
    Object {
        /// The file, where there is one.
        file: Option<PathBuf>,
        /// Why.
        source: Box<ObjectError>,
    },
    /// A program refers to something that is not there.
    Link {
        /// The file, where there is one.
        file: Option<PathBuf>,
        /// Why.
        source: Box<LinkError>,
    },
    /// Slots and maps are no program.
    Raw {
        /// The program.
        program: String,
        /// Why.
        source: Box<RawError>,
    },
    /// A program is refused.
    Verifier {
        /// The file, where there is one.
        file: Option<PathBuf>,
        /// The report.
        report: Box<VerifierError>,
    },
    /// A program could not be compiled.
    Compile {
        /// The program.
        program: String,
        /// Why.
        source: Box<CompileError>,
    },
    /// A program could not be bound to its maps and helpers: a bug of this crate.
    Build(BuildError),
    /// Machine code could not be published.
    Publish(std::io::Error),
    /// A map could not be created or used.
    Map(Box<MapError>),
    /// No registered hook takes programs of this section.
    NoHook {
        /// The program.
        program: String,
        /// Its section.
        section: String,
        /// Hooks that are registered.
        known: Vec<String>,
    },
    /// A program of one hook was asked for as one of another, or given to a prog array of another.
    HookMismatch {
        /// The program.
        program: String,
        /// The hook asked for.
        want: String,
        /// The program's hook.
        found: String,
    },
    /// A prog array does not take a program: it holds programs of another hook, or has no such slot.
    ProgArray {
        /// The program.
        program: String,
        /// Why.
        source: Box<MapError>,
    },
    /// No program or map has this name.
    NotFound {
        /// `program` or `map`.
        what: &'static str,
        /// The name.
        name: String,
        /// Names that are there.
        known: Vec<String>,
    },
    /// Two things claim one name or number.
    Conflict {
        /// What they are.
        what: &'static str,
        /// What both claim.
        claimed: String,
        /// Who holds it.
        holder: String,
    },
    /// A quota is used up.
    Limit {
        /// Field of [`Limits`](stingless_abi::Limits).
        limit: &'static str,
        /// The limit.
        max: u64,
        /// What was needed.
        found: u64,
    },
    /// A setting that cannot be had.
    Setting {
        /// The setting.
        name: String,
        /// What was asked.
        found: String,
        /// What there is.
        want: String,
    },
    /// A reload would change a map's type: the old object keeps serving.
    MapMismatch {
        /// The map.
        map: String,
        /// What differs.
        field: &'static str,
        /// The new object's.
        want: String,
        /// The live map's.
        found: String,
    },
    /// A helper pack could not be loaded.
    Pack {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A run stopped.
    Trap(Box<Trap>),
}

impl Error {
    pub(crate) fn setting(name: &str, found: &str, want: &str) -> Error {
        Error::Setting { name: name.into(), found: found.into(), want: want.into() }
    }

    /// Adds the file's name, where the error has room for one and has none yet.
    #[must_use]
    pub fn in_file(mut self, path: &std::path::Path) -> Error {
        match &mut self {
            Error::Object { file, .. } | Error::Link { file, .. } | Error::Verifier { file, .. } => {
                file.get_or_insert_with(|| path.to_owned());
            }
            _ => {}
        }
        self
    }

    /// The verifier's report, if that is what refused.
    #[must_use]
    pub fn report(&self) -> Option<&VerifierError> {
        match self {
            Error::Verifier { report, .. } => Some(report),
            _ => None,
        }
    }
}

fn place(f: &mut fmt::Formatter<'_>, file: Option<&PathBuf>) -> fmt::Result {
    match file {
        Some(path) => write!(f, "{}: ", path.display()),
        None => Ok(()),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Object { file, source } => {
                place(f, file.as_ref())?;
                write!(f, "{source}")
            }
            Error::Link { file, source } => {
                place(f, file.as_ref())?;
                write!(f, "{source}")
            }
            Error::Raw { program, source } => write!(f, "program `{program}`: {source}"),
            Error::Verifier { file, report } => {
                place(f, file.as_ref())?;
                write!(f, "{report}")
            }
            Error::Compile { program, source } => write!(f, "program `{program}`: {source}"),
            Error::Build(source) => write!(f, "{source}"),
            Error::Publish(source) => write!(f, "machine code could not be mapped: {source}"),
            Error::Map(source) => write!(f, "{source}"),
            Error::NoHook { program, section, known } => {
                write!(f, "program `{program}`: no hook takes section `{section}` (registered hooks: {})", list(known))
            }
            Error::HookMismatch { program, want, found } => {
                write!(f, "program `{program}` is of hook `{found}`, `{want}` was asked for")
            }
            Error::ProgArray { program, source } => write!(f, "program `{program}`: {source}"),
            Error::NotFound { what, name, known } => write!(f, "no {what} named `{name}` (there are: {})", list(known)),
            Error::Conflict { what, claimed, holder } => write!(f, "{what} {claimed} is taken by `{holder}`"),
            Error::Limit { limit, max, found } => write!(f, "limit `{limit}` is {max}, {found} needed"),
            Error::Setting { name, found, want } => write!(f, "setting `{name}` is `{found}`, must be {want}"),
            Error::MapMismatch { map, field, want, found } => {
                write!(f, "map `{map}`: live {field} is {found}, the new object wants {want}")
            }
            Error::Pack { path, message } => write!(f, "helper pack {}: {message}", path.display()),
            Error::Trap(trap) => write!(f, "{trap}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } | Error::Publish(source) => Some(source),
            Error::Object { source, .. } => Some(source),
            Error::Link { source, .. } => Some(source),
            Error::Raw { source, .. } => Some(source),
            Error::Verifier { report, .. } => Some(report),
            Error::Compile { source, .. } => Some(source),
            Error::Build(source) => Some(source),
            Error::Map(source) | Error::ProgArray { source, .. } => Some(source),
            Error::Trap(trap) => Some(trap),
            Error::NoHook { .. }
            | Error::HookMismatch { .. }
            | Error::NotFound { .. }
            | Error::Conflict { .. }
            | Error::Limit { .. }
            | Error::Setting { .. }
            | Error::MapMismatch { .. }
            | Error::Pack { .. } => None,
        }
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error::Trap(Box::new(trap))
    }
}

impl From<MapError> for Error {
    fn from(e: MapError) -> Error {
        Error::Map(Box::new(e))
    }
}
