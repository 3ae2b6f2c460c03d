//! The command `stingless`: verify, run and look into eBPF plugins.
#![forbid(unsafe_code)]

/// Writes a line to standard output; whoever closes the pipe early (`| head`) has had enough.
macro_rules! out {
    ($($arg:tt)*) => { $crate::emit(&format!("{}\n", format_args!($($arg)*))) };
}

/// Writes text to standard output, as [`out!`] does.
macro_rules! outn {
    ($($arg:tt)*) => { $crate::emit(&format!($($arg)*)) };
}

mod args;
mod check;
mod hex;
mod hooks;
mod input;
mod page;
mod raw;
mod report;
mod run;
mod show;
mod spec;

use std::process::ExitCode;

use clap::Parser;

/// How a command ended: the exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 0.
    Ok,
    /// 1: a program was rejected or trapped.
    Refused,
    /// 2: a file could not be read; what could be was answered.
    Unread,
}

/// Ends the process when standard output is gone.
fn emit(text: &str) {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    if let Err(e) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        let code = if e.kind() == std::io::ErrorKind::BrokenPipe { 0 } else { 2 };
        std::process::exit(code);
    }
}

/// Bad usage or I/O: exit code 2.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(e: E) -> Self {
        let mut text = e.to_string();
        let mut source = e.source();
        while let Some(cause) = source {
            let more = cause.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            source = cause.source();
        }
        Failure(text)
    }
}

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    match cli.run() {
        Ok(Outcome::Ok) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Ok(Outcome::Unread) => ExitCode::from(2),
        Err(Failure(text)) => {
            eprintln!("stingless: {text}");
            ExitCode::from(2)
        }
    }
}
