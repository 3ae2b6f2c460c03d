//! What can go wrong while a program runs.

use std::borrow::Cow;
use std::fmt;

use stingless_abi::TrapKind;
use stingless_object::LineInfo;

/// A trap is pending in the `VmCtx`; its words are in the call's record. Whoever receives this returns at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trapped(pub(crate) TrapKind);

impl Trapped {
    /// The kind of the pending trap.
    #[must_use]
    pub fn kind(self) -> TrapKind {
        self.0
    }
}

/// Why a helper stops the plugin that called it.
#[derive(Debug)]
pub struct HelperError {
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    /// Bad input.
    Bad(Cow<'static, str>),
    /// The helper throws for the plugin.
    Throw(u64),
    /// The plugin asked for it (`bpf_throw`).
    Exception(u64),
    /// A callback trapped: its trap goes on unchanged.
    Inner(Trapped),
}

impl HelperError {
    /// Stops the plugin with a trap of kind `helper` and this text.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> HelperError {
        HelperError { cause: Cause::Bad(message.into()) }
    }

    /// Stops the plugin as `bpf_throw` does, with this cookie.
    #[must_use]
    pub fn throw(cookie: u64) -> HelperError {
        HelperError { cause: Cause::Throw(cookie) }
    }

    /// Ends the plugin as `bpf_throw` does: its result is the cookie, or what its callback for exceptions makes of it. Only
    /// for helpers with `#[effects(throws)]`.
    #[must_use]
    pub fn exception(cookie: u64) -> HelperError {
        HelperError { cause: Cause::Exception(cookie) }
    }

    /// The cookie, where the plugin ends with it.
    pub(crate) fn cookie(&self) -> Option<u64> {
        match self.cause {
            Cause::Exception(cookie) => Some(cookie),
            Cause::Bad(_) | Cause::Throw(_) | Cause::Inner(_) => None,
        }
    }

    /// Kind and words of the trap to raise; `None` where it is pending already.
    pub(crate) fn into_trap(self) -> Result<(TrapKind, String), Trapped> {
        match self.cause {
            Cause::Bad(message) => Ok((TrapKind::Helper, message.into_owned())),
            Cause::Throw(cookie) | Cause::Exception(cookie) => {
                Ok((TrapKind::Throw, format!("the plugin threw {cookie:#x}")))
            }
            Cause::Inner(trapped) => Err(trapped),
        }
    }
}

impl fmt::Display for HelperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Bad(message) => f.write_str(message),
            Cause::Throw(cookie) | Cause::Exception(cookie) => write!(f, "the plugin threw {cookie:#x}"),
            Cause::Inner(trapped) => write!(f, "a callback trapped: {}", trapped.0.key()),
        }
    }
}

impl From<Trapped> for HelperError {
    fn from(trapped: Trapped) -> Self {
        HelperError { cause: Cause::Inner(trapped) }
    }
}

/// Any error of the host's stops the plugin; its text and those of its sources, joined by `: `, are the trap's.
impl<E: std::error::Error> From<E> for HelperError {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        HelperError::new(text)
    }
}

/// A run stopped before its `exit`. The host goes on; what the plugin held has been let go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trap {
    /// Kind.
    pub kind: TrapKind,
    /// What happened, in words.
    pub message: String,
    /// Name of the program that was running.
    pub program: String,
    /// Where: the slot (8-byte unit, as clang and Linux count) of the instruction; `None` before the first.
    pub insn: Option<u32>,
    /// The C line, where the object has line information.
    pub line: Option<LineInfo>,
}

impl Trap {
    /// A trap of a program as a whole.
    pub(crate) fn of_program(kind: TrapKind, message: impl Into<String>, program: &str) -> Trap {
        Trap { kind, message: message.into(), program: program.to_owned(), insn: None, line: None }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program `{}` trapped", self.program)?;
        if let Some(insn) = self.insn {
            write!(f, " at instruction {insn}")?;
        }
        if let Some(line) = &self.line {
            write!(f, " ({}:{})", line.file, line.line)?;
        }
        write!(f, ": {}: {}", self.kind.key(), self.message)
    }
}

impl std::error::Error for Trap {}
