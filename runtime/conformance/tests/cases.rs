//! The rules of the verifier beside Linux's: `cases/*.cases`. `STINGLESS_CASE=text` judges those whose name has it.

use stingless::EngineKind;
use stingless_conformance::cases;
use stingless_conformance::kernel::available;
use stingless_conformance::programs::Host;

#[test]
fn cases_are_linuxs_or_differ_for_a_reason() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let live = available();
    let wanted = std::env::var("STINGLESS_CASE").unwrap_or_default();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in cases::all().into_iter().filter(|case| case.name.contains(&wanted)) {
        if std::env::var_os("STINGLESS_CASES_SHOW").is_some() {
            println!("@@{}@@{}", case.name, case.verdicts(&host).join("@@"));
        }
        count += 1;
        wrong.extend(case.judge(&host, live));
    }
    println!("{count} cases");
    assert!(wrong.is_empty(), "{} complaints about {count} cases:\n  {}", wrong.len(), wrong.join("\n  "));
    assert!(count > 0, "no case has `{wanted}` in its name");
}
