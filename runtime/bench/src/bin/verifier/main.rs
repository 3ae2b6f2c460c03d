//! The verifier beside its peers in the same run, on the same programs: `make bench-verifier`.
//!
//! Arguments: a name or a group (`own`, `large`, `gen`, `shared`, `straight`, `hostile`) selects programs; `--json` prints every
//! figure for machines; `--no-prevail` leaves that peer out, which takes most of the time; `--rounds=N`.

mod alloc;
mod bars;
mod corpus;
mod hostile;
mod judges;
mod peer;
mod table;

use std::time::Instant;

use corpus::Case;
use judges::{Kernel, Verdict};

#[global_allocator]
static ALLOCATOR: alloc::Counted = alloc::Counted;

/// A program and what everybody says of it.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) ours: Verdict,
    pub(crate) kernel: Verdict,
    pub(crate) prevail: Verdict,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == judges::CHILD) {
        return peer::child(&args[1..]);
    }
    let has = |name: &str| args.iter().any(|a| a == name);
    let rounds = args.iter().find_map(|a| a.strip_prefix("--rounds=")?.parse().ok()).unwrap_or(9);
    let only = args.iter().find(|a| !a.starts_with("--")).map_or("", String::as_str);
    let json = has("--json");
    let live = stingless_conformance::kernel::available();
    if !live && !json {
        println!("NOTE: bpf() is not permitted: no comparison with the live kernel");
    }
    let cases = corpus::all(only);
    if !json {
        table::head();
    }
    let mut rows = Vec::new();
    for case in cases {
        let row = judge(case, rounds, live, !has("--no-prevail"));
        if json {
            table::json(&row);
        } else {
            table::line(&row);
        }
        rows.push(row);
    }
    if !json {
        bars::print(&rows);
    }
}

/// Lets everybody judge a program, turn by turn: what disturbs one disturbs all.
fn judge(case: Case, rounds: usize, live: bool, peers: bool) -> Row {
    let [mut ours, mut kernel, mut prevail] = [(); 3].map(|()| Verdict::default());
    let maps = if live { Kernel::new(&case, &mut kernel) } else { None };
    let start = Instant::now();
    for round in 0..rounds {
        // What takes long is less disturbed, and patience ends.
        if round >= 3 && start.elapsed().as_millis() > 1500 {
            break;
        }
        judges::ours(&case, &mut ours);
        if let Some(maps) = &maps {
            maps.round(&case, &mut kernel);
        }
    }
    if peers {
        judges::prevail(&case, &mut prevail);
    }
    Row { case, ours, kernel, prevail }
}
