//! `verify_traced`: the same verdict as `verify`, and what was seen on the way.

mod support;

use stingless_abi::{Limits, MapKind, Trust};
use stingless_object::Unit;
use stingless_verifier::{PathEnd, Trace, verify, verify_traced};
use support::{map, raw_hook, unit};

fn traced(unit: &Unit) -> Trace {
    verify_traced(unit, Trust::Untrusted, &Limits::default())
}

/// What each place holds after the changes of a path up to its last step.
fn known(trace: &Trace, path: usize) -> std::collections::BTreeMap<String, String> {
    let mut out = std::collections::BTreeMap::new();
    for change in trace.paths[path].steps.iter().flat_map(|s| &s.changes) {
        match &change.value {
            Some(value) => out.insert(change.place.clone(), value.clone()),
            None => out.remove(&change.place),
        };
    }
    out
}

const DIAMOND: &str = "r0 = 0\n if r2 > 7 goto big\n r0 = r2\n goto out\nbig: r0 = 9\nout: r0 += 1\n exit";

#[test]
fn an_accepted_program_shows_its_paths_blocks_and_edges() {
    let trace = traced(&unit(DIAMOND, vec![], raw_hook()));
    assert!(trace.error.is_none());
    assert_eq!(trace.paths.iter().map(|p| p.end).collect::<Vec<_>>(), [PathEnd::Returned, PathEnd::Returned]);
    assert_eq!((trace.blocks.len(), trace.walked, trace.stats.insns_processed), (4, 2, 9));
    assert!(trace.edges.iter().all(|e| e.walked == 1 && !e.back), "{:?}", trace.edges);
    let ends: Vec<String> = (0..2).map(|p| known(&trace, p)["r0"].clone()).collect();
    assert!(ends.contains(&"1..=8".to_owned()) && ends.contains(&"10".to_owned()), "{ends:?}");
    assert_eq!(trace.insns.iter().map(|i| i.explored).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 2, 2]);
}

#[test]
fn a_dead_edge_is_never_walked_and_loops_have_a_back_edge() {
    let text = "r0 = 0\nagain: r0 += 1\n if r0 < 5 goto again\n if r0 != 5 goto dead\n exit\ndead: r0 = 7\n exit";
    let trace = traced(&unit(text, vec![], raw_hook()));
    let walked: Vec<(u64, bool)> = trace.edges.iter().map(|e| (e.walked, e.back)).collect();
    assert!(walked.contains(&(4, true)) && walked.contains(&(0, false)), "{walked:?}");
    assert!(trace.blocks.iter().any(|b| b.in_loop.is_some()));
}

#[test]
fn the_failing_path_comes_first_and_ends_where_the_report_points() {
    let text = "*(u32 *)(r10 - 4) = 0\n r6 = r2\n r1 = map[0] ll\n r2 = r10\n r2 += -4\n call 1\n if r6 > 8 goto out\n\
                r0 = *(u64 *)(r0 + 0)\n exit\nout: r0 = 0\n exit";
    let unit = unit(text, vec![map(MapKind::Hash, 4, 8, 4)], raw_hook());
    let trace = traced(&unit);
    let error = verify(unit, Trust::Untrusted, &Limits::default()).expect_err("a missing null check");
    assert_eq!(trace.error.as_deref(), Some(&*error));
    assert_eq!(trace.paths[0].end, PathEnd::Failed);
    let last = trace.paths[0].steps.last().expect("a step");
    assert_eq!(trace.insns[last.insn as usize].slot, error.primary.slot);
    let known = known(&trace, 0);
    assert_eq!((known["r0"].as_str(), known["r6"].as_str()), ("value of `m`, or NULL", "0..=8"));
    assert_eq!(known["stack-4"], "0 (4 bytes)");
}

#[test]
fn what_is_wrong_before_any_path_has_a_report_and_no_graph() {
    let trace = traced(&unit("r0 = 0\n exit\n r0 = 1\n exit", vec![], raw_hook()));
    assert_eq!(trace.error.map(|e| e.kind), Some("unreachable-code"));
    assert!(trace.blocks.is_empty() && trace.paths.is_empty() && trace.insns.len() == 4);
}

#[test]
fn a_long_path_is_cut_in_the_middle() {
    let text = "r0 = 0\nagain: r0 += 1\n if r0 < 4000 goto again\n exit";
    let trace = traced(&unit(text, vec![], raw_hook()));
    let (missing, at) = trace.paths[0].left_out.expect("a cut");
    assert_eq!(trace.paths[0].steps.len() as u64 + missing, trace.stats.insns_processed);
    // What a step before the cut and one behind it know differs by all that was left out.
    assert!(trace.paths[0].steps[at].changes.iter().any(|c| c.place == "r0"));
}

/// The page once called a program accepted that `verify` refuses: only one of the two counted the calls that no path takes.
#[test]
fn calls_that_no_path_takes_are_too_deep_here_and_there() {
    let mut text = "r0 = 0\n if r0 == 0 goto out\n call f1\nout: exit\n".to_owned();
    for depth in 1..8 {
        text += &format!("f{depth}: call f{}\n exit\n", depth + 1);
    }
    text += "f8: r0 = 0\n exit";
    let unit = unit(&text, vec![], raw_hook());
    let error = verify(unit.clone(), Trust::Untrusted, &Limits::default()).expect_err("nine frames");
    assert_eq!(error.kind, "too-many-frames");
    assert_eq!(traced(&unit).error.as_deref(), Some(&*error));
}
