//! The `prevail` crate on one program, in a process of its own with bounded time and memory.

use prevail::crab::ebpf_domain::DomainContext;
use prevail::crab::var_registry::VariableRegistry;
use prevail::elf_loader::ElfObject;
use prevail::fwd_analyzer;
use prevail::ir::program::Program;
use prevail::ir::unmarshal;
use prevail::linux::linux_platform::{LinuxPlatform, conformance_groups};
use prevail::memsize;
use prevail::spec::config::EbpfVerifierOptions;

use crate::judges::cpu;

/// CPU seconds and bytes that it may take.
const SECONDS: u64 = 20;
const BYTES: u64 = 8 << 30;
/// Rounds, unless one takes longer than a second.
const ROUNDS: usize = 5;

fn limit(what: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the limit is read from a local of the right type.
    unsafe { libc::setrlimit(what, &limit) };
}

/// Judges a program of a file. Prints verdict, CPU seconds, kilobytes, and why.
pub(crate) fn child(args: &[String]) {
    let [path, section, function] = args else { return eprintln!("a file, a section and a function") };
    limit(libc::RLIMIT_CPU, SECONDS);
    limit(libc::RLIMIT_AS, BYTES);
    // What the time or memory limit ends has said so much.
    println!("refused {SECONDS} 0 more than {SECONDS} s or {} GB", BYTES >> 30);
    match judge(path, section, function) {
        Ok((refused, seconds)) => {
            let (verdict, why) = refused.map_or(("accepted", String::new()), |why| ("refused", why));
            println!("{verdict} {seconds} {} {why}", memsize::resident_set_size_kb());
        }
        Err(why) => println!("cannot {}", why.replace('\n', " ")),
    }
}

type Judged = (Option<String>, f64);

fn judge(path: &str, section: &str, function: &str) -> Result<Judged, String> {
    let options = EbpfVerifierOptions { mock_map_fds: true, ..EbpfVerifierOptions::default() };
    let mut platform = LinuxPlatform::new();
    platform.conformance_groups = conformance_groups::DEFAULT_GROUPS | conformance_groups::PACKET;
    let mut elf = ElfObject::new(path, options).map_err(|e| e.to_string())?;
    let programs = elf.get_programs(section, function, &mut platform).map_err(|e| e.to_string())?;
    let raw = programs.first().ok_or("no such program")?;
    platform.map_descriptors = raw.info.map_descriptors.clone();
    platform.set_program_type(&raw.info.program_type);
    let mut best: Option<Judged> = None;
    for _ in 0..ROUNDS {
        let mut raw = raw.clone();
        let start = cpu();
        let code = unmarshal::unmarshal(&raw.prog, &mut Vec::new(), &raw.info, &platform, &options);
        let code = code.map_err(|e| e.to_string())?;
        let program = Program::from_sequence(&code, &mut raw.info, &platform, &options).map_err(|e| e.to_string())?;
        let context = DomainContext {
            program_info: &raw.info,
            program: &program,
            runtime: &options.runtime,
            options: &options,
            platform: &platform,
        };
        let result = fwd_analyzer::analyze(&program, &context, &mut VariableRegistry::new());
        let seconds = (cpu() - start).as_secs_f64();
        let why = || result.find_first_error().map_or("no reason".to_owned(), |e| format!("{e:?}"));
        let refused = result.failed.then(|| why().replace('\n', " "));
        if best.as_ref().is_none_or(|b| seconds < b.1) {
            best = Some((refused, seconds));
        }
        if seconds > 1.0 {
            break;
        }
    }
    best.ok_or_else(|| "no round".to_owned())
}
