//! Verdicts of the committed plugins, called directly with contexts.

use std::path::PathBuf;

use stingless::{Bytes, Collection, Config, Engine, EngineKind, Linker, Verdict};
use stingless_helpers_net::http::{Method, Request, Response};

fn object(plugin: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../plugins/{plugin}.bpf.o"))
}

fn load(kind: EngineKind, plugin: &str, globals: &[(&str, u64)]) -> stingless::Result<Collection> {
    let engine = Engine::new(Config::new().engine(kind))?;
    let mut linker = Linker::new(&engine);
    linker.hook::<Request<'_>>()?.hook::<Response<'_>>()?;
    for (name, value) in globals {
        linker.global(name, value.to_ne_bytes());
    }
    linker.load(&stingless::from_file(object(plugin))?)
}

fn request<'a>(client: u8, method: Method, path: &'a str, headers: &'a str) -> Request<'a> {
    Request {
        client_ip: u32::from_ne_bytes([10, 0, 0, client]),
        method: method as u32,
        status: 0,
        mark: 0,
        path: path.into(),
        query: Bytes::new(b""),
        headers: headers.into(),
    }
}

fn verdict(plugins: &Collection, program: &str, mut request: Request<'_>) -> Verdict {
    let plugin = plugins.plugin::<Request<'_>>(program).unwrap_or_else(|e| panic!("{e}"));
    plugin.call(&mut request).unwrap_or_else(|trap| panic!("{trap}"))
}

fn each_engine(test: impl Fn(EngineKind)) {
    EngineKind::ALL.into_iter().for_each(test);
}

fn loaded(kind: EngineKind, plugin: &str, globals: &[(&str, u64)]) -> Collection {
    load(kind, plugin, globals).unwrap_or_else(|e| panic!("{kind:?}: {e}"))
}

#[test]
fn the_filter_keeps_admin_for_those_with_the_header() {
    const KEY: &str = "Host: x\r\nx-admin-key:  open sesame\r\nAccept: */*\r\n";
    each_engine(|kind| {
        let plugins = loaded(kind, "filter", &[]);
        let of = |path, headers| verdict(&plugins, "filter", request(1, Method::Get, path, headers));
        for path in ["/", "", "/adm", "/admi", "/administrator", "/api/admin", "/Admin"] {
            assert_eq!(of(path, "Host: x\r\n"), Verdict::Pass, "{kind:?} {path}");
        }
        for path in ["/admin", "/admin/", "/admin/users", "/admin;x"] {
            assert_eq!(of(path, "Host: x\r\n"), Verdict::Deny, "{kind:?} {path}");
            assert_eq!(of(path, ""), Verdict::Deny, "{kind:?} {path}");
            assert_eq!(of(path, "X-Admin-Key: Open Sesame\r\n"), Verdict::Deny, "values match exactly");
            assert_eq!(of(path, KEY), Verdict::Pass, "{kind:?} {path}");
        }
    });
}

#[test]
fn the_limiter_gives_each_client_its_burst_and_then_its_rate() {
    each_engine(|kind| {
        // One token a second: at most one comes back while the test runs.
        let plugins = loaded(kind, "rate_limit", &[("rate", 1), ("burst", 5)]);
        for client in [1, 2] {
            let verdicts: Vec<Verdict> =
                (0..8).map(|_| verdict(&plugins, "limit", request(client, Method::Get, "/", ""))).collect();
            let passed = verdicts.iter().filter(|v| **v == Verdict::Pass).count();
            assert_eq!(passed, 5, "{kind:?}: {verdicts:?}");
            assert!(verdicts[5..].iter().all(|v| *v == Verdict::Limit), "{kind:?}: {verdicts:?}");
        }
        let buckets = plugins.map("buckets").unwrap().typed::<u32, [u64; 3]>().unwrap();
        let [_, passed, limited] = buckets.get(&u32::from_ne_bytes([10, 0, 0, 1])).unwrap();
        assert_eq!((passed, limited, buckets.iter().unwrap().count()), (5, 3, 2));
    });
}

#[test]
fn tokens_come_back_with_time() {
    let plugins = loaded(EngineKind::Jit, "rate_limit", &[("rate", 50), ("burst", 1)]);
    let call = || verdict(&plugins, "limit", request(1, Method::Get, "/", ""));
    assert_eq!(call(), Verdict::Pass);
    std::thread::sleep(std::time::Duration::from_millis(25));
    assert_eq!(call(), Verdict::Pass, "20 ms make a token");
}

#[test]
fn a_rate_of_0_is_no_limit_and_a_burst_of_0_lets_nobody_pass() {
    let free = loaded(EngineKind::Jit, "rate_limit", &[("rate", 0)]);
    assert!((0..500).all(|_| verdict(&free, "limit", request(1, Method::Get, "/", "")) == Verdict::Pass));
    let shut = loaded(EngineKind::Jit, "rate_limit", &[("burst", 0)]);
    assert_eq!(verdict(&shut, "limit", request(1, Method::Get, "/", "")), Verdict::Limit);
}

#[test]
fn threads_of_one_client_get_no_token_twice() {
    let plugins = loaded(EngineKind::Jit, "rate_limit", &[("rate", 1), ("burst", 1000)]);
    let call = || verdict(&plugins, "limit", request(1, Method::Get, "/", ""));
    let run = || (0..1000).filter(|_| call() == Verdict::Pass).count();
    let passed: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    // A lost race may refuse a request; it never admits one too many. A second of run time makes one token more.
    assert!((900..=1010).contains(&passed), "{passed}");
}

#[test]
fn the_second_version_charges_writes_and_counts_refusals_by_method() {
    each_engine(|kind| {
        use Method::{Get, Head, Post, Put};
        use Verdict::{Limit, Pass};
        let plugins = loaded(kind, "rate_limit_v2", &[("rate", 1), ("burst", 12), ("write_cost", 5)]);
        let of = |method| verdict(&plugins, "limit", request(1, method, "/", ""));
        assert_eq!([Post, Put, Post].map(of), [Pass, Pass, Limit]);
        assert_eq!([Get, Head, Get].map(of), [Pass, Pass, Limit]);
        let refused = plugins.map("refused").unwrap().typed::<u32, u64>().unwrap();
        assert_eq!((refused.get(&(Post as u32)), refused.get(&(Get as u32))), (Some(1), Some(1)));
    });
}

#[test]
fn routes_are_counted_by_first_segment() {
    each_engine(|kind| {
        let plugins = loaded(kind, "routes", &[]);
        for path in ["/", "/api", "/api/users", "/api/", "/a-very-long-segment/x", "", "/static/a.css"] {
            assert_eq!(verdict(&plugins, "count_request", request(1, Method::Get, path, "")), Verdict::Pass);
        }
        let routes = plugins.map("routes").unwrap().typed::<[u8; 16], u64>().unwrap();
        let count = |name: &str| {
            let mut key = [0; 16];
            key[..name.len()].copy_from_slice(name.as_bytes());
            routes.get(&key)
        };
        assert_eq!([count("/"), count("/api"), count("/static"), count("")], [Some(1), Some(3), Some(1), Some(1)]);
        assert_eq!(count("/a-very-long-seg"), Some(1), "cut");
    });
}

#[test]
fn responses_are_counted_by_class() {
    each_engine(|kind| {
        let plugins = loaded(kind, "routes", &[]);
        let respond = plugins.plugin::<Response<'_>>("count_response").unwrap();
        for status in [200, 204, 404, 503, 999, 42] {
            let (path, headers) = (Bytes::new(b"/"), Bytes::new(b""));
            let mut response = Response { client_ip: 0, method: 1, status, mark: 0, path, headers };
            assert_eq!(respond.call(&mut response).unwrap(), Verdict::Pass);
        }
        let statuses = plugins.map("statuses").unwrap().typed::<u32, u64>().unwrap();
        let counts: Vec<_> = (0..6).map(|class| statuses.get(&class).unwrap()).collect();
        assert_eq!(counts, [2, 0, 2, 0, 1, 1], "0 counts what is no status");
    });
}

#[test]
fn routes_are_bounded_whatever_clients_send() {
    let plugins = loaded(EngineKind::Jit, "routes", &[]);
    for n in 0..1000 {
        let path = format!("/{n}");
        assert_eq!(verdict(&plugins, "count_request", request(1, Method::Get, &path, "")), Verdict::Pass);
    }
    assert_eq!(plugins.map("routes").unwrap().len(), 256);
}

#[test]
fn the_limiter_that_forgets_a_null_check_is_refused_with_its_c_line() {
    let error = load(EngineKind::Jit, "bad_limit", &[]).expect_err("must be refused");
    let report = error.report().expect("the verifier refuses it").to_string();
    assert!(report.contains("NULL"), "{report}");
    assert!(report.contains("bad_limit.bpf.c"), "{report}");
}
