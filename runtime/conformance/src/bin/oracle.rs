//! Asks the live kernel: `oracle [--json] FILES.bpf.o..` prints the verdicts of both of our profiles and of the kernel,
//! without `CAP_PERFMON` and as root, the instructions that each processed, and where values differ.

use std::path::Path;
use std::process::ExitCode;

use stingless_abi::Limits;
use stingless_conformance::kernel::available;
use stingless_conformance::oracle::{Bench, Report};

fn main() -> ExitCode {
    let (options, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.starts_with("--"));
    if files.is_empty() || options.iter().any(|o| o != "--json") {
        eprintln!("usage: oracle [--json] FILES.bpf.o..");
        return ExitCode::from(2);
    }
    available();
    let bench = match Bench::new(Limits::default()) {
        Ok(bench) => bench,
        Err(e) => {
            eprintln!("oracle: {e}");
            return ExitCode::FAILURE;
        }
    };
    let (mut report, mut failed) = (Report::default(), false);
    for file in &files {
        let path = Path::new(file);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match bench.load(path) {
            Ok(loaded) => report.rows.extend(loaded.rows(name.trim_end_matches(".bpf.o"))),
            Err(e) => {
                eprintln!("oracle: {file}: {e}");
                failed = true;
            }
        }
    }
    if options.is_empty() {
        print!("{}", report.table());
    } else {
        println!("{:#}", report.json());
    }
    if failed || report.rows.iter().any(|r| !r.values.is_empty()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
