//! Compares `docs/api/CRATE.txt` with what rustdoc says of the crate; `bless` as first argument rewrites it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Crates that hosts name, with the name that rustdoc gives its file.
const CRATES: [(&str, &str); 5] = [
    ("stingless", "stingless"),
    ("stingless-abi", "stingless_abi"),
    ("stingless-helpers-linux", "stingless_helpers_linux"),
    ("stingless-helpers-net", "stingless_helpers_net"),
    ("stingless-helpers-text", "stingless_helpers_text"),
];

fn api(package: &str, file: &str) -> Result<String, String> {
    // The format of rustdoc's JSON is unstable; what it says is not.
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let target = PathBuf::from(target).join("api");
    let status = Command::new("cargo")
        .args(["rustdoc", "--quiet", "--lib", "-p", package, "--target-dir"])
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    if !status.map_err(|e| e.to_string())?.success() {
        return Err(format!("cargo rustdoc -p {package} failed"));
    }
    let api = public_api::Builder::from_rustdoc_json(target.join(format!("doc/{file}.json")))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .map_err(|e| e.to_string())?;
    Ok(api.to_string())
}

fn main() -> ExitCode {
    let bless = std::env::args().nth(1).is_some_and(|a| a == "bless");
    let mut stale = false;
    for (package, file) in CRATES {
        let path = format!("docs/api/{package}.txt");
        let want = match api(package, file) {
            Ok(api) => api,
            Err(e) => {
                eprintln!("{package}: {e}");
                return ExitCode::FAILURE;
            }
        };
        if bless {
            if let Err(e) = std::fs::create_dir_all("docs/api").and_then(|()| std::fs::write(&path, &want)) {
                eprintln!("{path}: {e}");
                return ExitCode::FAILURE;
            }
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        for line in want.lines().filter(|l| !have.lines().any(|h| h == *l)) {
            println!("{path}: new: {line}");
            stale = true;
        }
        for line in have.lines().filter(|l| !want.lines().any(|w| w == *l)) {
            println!("{path}: gone: {line}");
            stale = true;
        }
    }
    if stale {
        println!("the public API is not what docs/api says: run `make bless` and review the diff");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
