//! The rules of the verifier beside Linux's: `programs/rules/*.rules`. `STINGLESS_RULE=text` judges those whose name has it.

use std::path::Path;

use stingless::EngineKind;
use stingless_conformance::kernel::available;
use stingless_conformance::programs::Host;
use stingless_conformance::rules;

#[test]
fn rules_are_linuxs_or_differ_for_a_reason() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let live = available();
    let wanted = std::env::var("STINGLESS_RULE").unwrap_or_default();
    let (mut wrong, mut count) = (Vec::new(), 0);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/rules");
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        for rule in rules::parse(&std::fs::read_to_string(&file).unwrap()) {
            if rule.name.contains(&wanted) {
                if std::env::var_os("STINGLESS_RULES_SHOW").is_some() {
                    println!("@@{}@@{}", rule.name, rule.verdicts(&host).join("@@"));
                }
                count += 1;
                wrong.extend(rule.judge(&host, live));
            }
        }
    }
    println!("{count} rules");
    assert!(wrong.is_empty(), "{} complaints about {count} rules:\n  {}", wrong.len(), wrong.join("\n  "));
    assert!(count > 0, "no rule has `{wanted}` in its name");
}
