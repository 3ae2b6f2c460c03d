//! Speed, with ratios to native code and to peers in the same run. `make bench`; name topics to run only those.

mod calls;
mod clock;
mod engines;
mod host;
mod load;
mod maps;
mod native;
mod workloads;

/// What can be asked for.
const TOPICS: &[(&str, fn())] = &[
    ("call", calls::empty),
    ("helper", calls::helpers),
    ("map", calls::maps),
    ("ring", calls::ring),
    ("host-map", maps::host),
    ("workload", workloads::all),
    ("load", load::steps),
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = TOPICS.iter().map(|t| t.0).collect();
    if let Some(unknown) = asked.iter().find(|a| !names.contains(&a.as_str())) {
        eprintln!("no topic `{unknown}` (there are: {})", names.join(", "));
        std::process::exit(2);
    }
    println!(
        "Lower quartiles of interleaved rounds; (x) compares with the first column. Times move with the machine, ratios less."
    );
    for (_, topic) in TOPICS.iter().filter(|t| asked.is_empty() || asked.iter().any(|a| a == t.0)) {
        topic();
    }
}
