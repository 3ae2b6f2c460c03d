//! The command line: one table of commands.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use stingless::abi::Trust;
use stingless::{Config, Engine, EngineKind};

use crate::{Failure, Outcome};

/// Stingless: eBPF plugins that cannot sting.
///
/// Exit codes: 0 ok, 1 a program was rejected or trapped, 2 usage or I/O.
#[derive(Debug, Parser)]
#[command(name = "stingless", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify a program and run it.
    Run(RunArgs),
    /// Verify programs and report, without running them.
    Check(CheckArgs),
    /// List the instructions of an object, with C lines.
    Disasm(DisasmArgs),
    /// Print the C header of a hook: verdicts, context, helpers.
    Headers(HeadersArgs),
    /// List the helpers that plugins may call.
    Helpers(ListArgs),
    /// List the hooks that the command line knows.
    Hooks(ListArgs),
}

impl Cli {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        match &self.command {
            Command::Run(args) => crate::run::run(args),
            Command::Check(args) => crate::check::check(args),
            Command::Disasm(args) => crate::show::disasm(args),
            Command::Headers(args) => crate::show::headers(args),
            Command::Helpers(args) => crate::show::helpers(args),
            Command::Hooks(args) => crate::show::hooks(args),
        }
    }
}

/// `--trust`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrustArg {
    /// No pointer leaks, no uninitialised stack.
    #[default]
    Untrusted,
    /// Linux-root rules.
    Privileged,
}

impl From<TrustArg> for Trust {
    fn from(arg: TrustArg) -> Trust {
        match arg {
            TrustArg::Untrusted => Trust::Untrusted,
            TrustArg::Privileged => Trust::Privileged,
        }
    }
}

/// Raw code in place of an object.
#[derive(Debug, Default, Args)]
pub(crate) struct RawArgs {
    /// FILE is 8-byte instruction slots, little-endian.
    #[arg(long)]
    pub(crate) raw: bool,
    /// A map for raw code: `TYPE:KEY:VALUE:MAX[:FLAGS]` (Linux type name or number). Repeatable: the first is map 0.
    #[arg(long = "map", value_name = "SPEC", requires = "raw")]
    pub(crate) maps: Vec<String>,
    /// An element of a raw map before the run: INDEX:KEYHEX:VALUEHEX. Repeatable.
    #[arg(long = "map-init", value_name = "SPEC", requires = "raw")]
    pub(crate) map_init: Vec<String>,
    /// Function info of raw code: lines or blanks between OFFSET:TYPE_ID pairs.
    #[arg(long, value_name = "FILE", requires_all = ["raw", "btf"])]
    pub(crate) func_info: Option<PathBuf>,
    /// Licence of raw code, for GPL-only helpers.
    #[arg(long, value_name = "TEXT", requires = "raw")]
    pub(crate) license: Option<String>,
}

/// What objects are linked against, beside hooks and helpers.
#[derive(Debug, Default, Args)]
pub(crate) struct LinkArgs {
    /// Types of the host that CO-RE relocates objects against: raw BTF (/sys/kernel/btf/vmlinux), or an ELF file with .BTF.
    /// The hook's own types come first. With --raw: the raw BTF of the raw code.
    #[arg(long, value_name = "FILE")]
    pub(crate) btf: Option<PathBuf>,
    /// How many elements a map has, whatever the object says: NAME=ENTRIES. Repeatable; maps that say 0 have one for each CPU
    /// (512).
    #[arg(long = "map-entries", value_name = "NAME=N")]
    pub(crate) map_entries: Vec<String>,
    /// Value of a __kconfig variable: NAME=VALUE, with a VALUE as in a kernel's .config (y, m, n, a number, "text").
    /// Repeatable; comes before --kconfig-file.
    #[arg(long, value_name = "K=V")]
    pub(crate) kconfig: Vec<String>,
    /// Values of __kconfig variables, as in a kernel's .config.
    #[arg(long, value_name = "FILE")]
    pub(crate) kconfig_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// An object (.bpf.o), a source (.bpf.c, compiled with the clang found), or raw code with --raw.
    #[arg(required_unless_present_any = ["spec", "spec_worker"], conflicts_with_all = ["spec", "spec_worker"])]
    pub(crate) file: Option<PathBuf>,
    /// Which program of the object; default: the only one.
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    /// Hook: xdp, tc, socket_filter, raw or another of `stingless hooks`; default: what the section says.
    #[arg(long = "type", value_name = "HOOK")]
    pub(crate) hook: Option<String>,
    /// Data (the packet, the memory of `raw`, the path of a request) in hex.
    #[arg(long, value_name = "HEX", conflicts_with = "data_file")]
    pub(crate) data: Option<String>,
    /// Data from a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) data_file: Option<PathBuf>,
    /// A field of the context: NAME=VALUE. Repeatable.
    #[arg(long = "ctx", value_name = "K=V")]
    pub(crate) ctx: Vec<String>,
    /// How many times to run; the time is the average.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,
    /// jit, interp or checked.
    #[arg(long, value_name = "ENGINE", default_value = "jit")]
    pub(crate) engine: String,
    /// Hardening of machine code: 0 (1 and 2 are not available yet).
    #[arg(long, value_name = "0|1|2", default_value_t = 0)]
    pub(crate) harden: u8,
    /// Thread CPU time that a call may take.
    #[arg(long, value_name = "N")]
    pub(crate) deadline_ms: Option<u64>,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) trust: TrustArg,
    #[command(flatten)]
    pub(crate) raw: RawArgs,
    #[command(flatten)]
    pub(crate) link: LinkArgs,
    /// Run each program of a JSON-lines file instead of FILE; prints one JSON line a program.
    #[arg(long, value_name = "FILE")]
    pub(crate) spec: Option<PathBuf>,
    /// Engines for --spec, separated by commas.
    #[arg(long, value_name = "LIST", default_value = "interp,checked,jit")]
    pub(crate) engines: String,
    /// Reads programs from standard input: the process that --spec starts and restarts.
    #[arg(long, hide = true)]
    pub(crate) spec_worker: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Objects (.bpf.o), sources (.bpf.c), or raw code with --raw.
    #[arg(required_unless_present_any = ["spec", "explain"])]
    pub(crate) files: Vec<PathBuf>,
    /// Hook of all programs; default: what their sections say.
    #[arg(long = "type", value_name = "HOOK")]
    pub(crate) hook: Option<String>,
    /// Only the program of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) trust: TrustArg,
    #[command(flatten)]
    pub(crate) raw: RawArgs,
    #[command(flatten)]
    pub(crate) link: LinkArgs,
    /// Check each program of a JSON-lines file; prints one JSON line a program.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub(crate) spec: Option<PathBuf>,
    /// Write one self-contained page to look at: source, states along each path, control flow.
    #[arg(long, value_name = "F.html", conflicts_with = "spec")]
    pub(crate) report: Option<PathBuf>,
    /// Explain a code, E0012 or stingless::E0012, and stop.
    #[arg(long, value_name = "CODE")]
    pub(crate) explain: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DisasmArgs {
    /// An object, a source, or raw code with --raw.
    pub(crate) file: PathBuf,
    /// Only the program of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) program: Option<String>,
    #[command(flatten)]
    pub(crate) raw: RawArgs,
    #[command(flatten)]
    pub(crate) link: LinkArgs,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HeadersArgs {
    /// The hook; default: every hook.
    pub(crate) hook: Option<String>,
    /// Write one file per hook, and bpf.h, into this folder (include it with -I).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An engine of the command line's settings.
pub(crate) fn engine(kind: &str, harden: u8, deadline_ms: Option<u64>, trust: TrustArg) -> Result<Engine, Failure> {
    let mut config = Config::new().engine(EngineKind::from_key(kind)?).harden(harden).trust(trust.into());
    if let Some(ms) = deadline_ms {
        config = config.deadline(Some(Duration::from_millis(ms)));
    }
    Ok(Engine::new(config)?)
}
