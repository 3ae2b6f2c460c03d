//! The proxy under real requests.

use std::sync::Arc;
use std::time::Duration;

use http_proxy::demo::{Scale, Screen, Workshop, run};
use http_proxy::filter::{Filters, Settings};
use http_proxy::httpd::{Reply, Server, serve};
use http_proxy::load::{Client, Plan, Progress, Tally, drive};
use http_proxy::metrics::{Outcome, status_counts};
use http_proxy::proxy::{Proxy, loopback};

async fn upstream() -> Server {
    serve(loopback(), Arc::new(|head| Reply::text(200, format!("{}\n", head.target)))).await.unwrap()
}

async fn send(proxy: &Proxy, clients: Vec<Client>) -> Vec<Tally> {
    let plan = Plan { to: proxy.addr, clients, at_once: 16, within: Duration::from_secs(30) };
    drive(plan, Progress::default()).await
}

fn client(d: u8, path: &str, requests: u64) -> Client {
    Client::get([127, 0, 0, d].into(), path, requests)
}

/// A few hundred requests, a swap, a refusal: everything that `make demo` claims.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_holds_in_small() {
    let summary = run(&Screen::silent(), &Scale::small()).await.unwrap();
    assert!(summary.failures.is_empty(), "{:#?}", summary.failures);
    assert_eq!(summary.total.lost, 0);
    assert!(summary.total.of(429) > 0 && summary.total.of(403) == 40);
}

/// Two versions in turns, while clients send as fast as they can: no request is lost, and buckets keep their counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_swaps_under_load_lose_nothing() {
    let workshop = Workshop::open(false).unwrap();
    let upstream = upstream().await;
    let (send_reload, mut reloads) = tokio::sync::mpsc::unbounded_channel();
    let settings = Settings { rate: Some(0), ..Settings::new(workshop.live()) };
    let report = move |_: &str, result: Result<(), &stingless::Error>| {
        let _ = send_reload.send(result.map_err(ToString::to_string));
    };
    let filters = Arc::new(Filters::load(&settings, Arc::new(report)).unwrap());
    let proxy = Proxy::start(loopback(), upstream.addr, filters.clone()).await.unwrap();

    let swaps = async {
        for version in ["rate_limit_v2", "rate_limit"].into_iter().cycle().take(10) {
            workshop.install(version, "rate_limit").unwrap();
            let reload = tokio::time::timeout(Duration::from_secs(10), reloads.recv()).await;
            reload.expect("noticed in time").expect("reported").unwrap_or_else(|e| panic!("{e}"));
        }
    };
    let clients = (1..=4).map(|d| client(d, "/api", 400)).collect();
    let (tallies, ()) = tokio::join!(send(&proxy, clients), swaps);

    for tally in &tallies {
        assert_eq!((tally.of(200), tally.lost), (400, 0), "{:?} {:?}", tally.statuses, tally.reasons);
    }
    let buckets = filters.map("rate_limit", "buckets").unwrap().typed::<u32, [u64; 3]>().unwrap();
    for d in 1..=4 {
        let [_, passed, limited] = buckets.get(&u32::from_ne_bytes([127, 0, 0, d])).unwrap();
        assert_eq!((passed, limited), (400, 0), "one map through all versions");
    }
    proxy.stop(Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_and_statuses_are_counted() {
    let workshop = Workshop::open(false).unwrap();
    let upstream = upstream().await;
    let settings = Settings { burst: Some(10), rate: Some(1), watch: false, ..Settings::new(workshop.live()) };
    let filters = Arc::new(Filters::load(&settings, Arc::new(|_, _| {})).unwrap());
    let proxy = Proxy::start(loopback(), upstream.addr, filters).await.unwrap();
    // A denied HEAD: an answer with a body would be taken for the next one's.
    let head = client(3, "/admin", 5).method("HEAD");
    let tallies = send(&proxy, vec![client(1, "/a", 30), client(2, "//x/..//admin", 7), head]).await;
    assert_eq!((tallies[0].answered(), tallies[1].of(403)), (30, 7), "{tallies:?}");
    assert_eq!((tallies[2].of(403), tallies[2].lost), (5, 0), "{tallies:?}");
    let passed = tallies[0].of(200);
    assert!((10..=12).contains(&passed), "{passed}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(proxy.traffic.of(Outcome::Passed), passed);
    assert_eq!(proxy.traffic.of(Outcome::Limited), 30 - passed);
    assert_eq!(proxy.traffic.of(Outcome::Denied), 7 + 5);
    assert_eq!(status_counts(&proxy.filters).get("2xx"), Some(&passed));
    proxy.stop(Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_upstream_is_a_502_and_a_failure() {
    let gone = tokio::net::TcpListener::bind(loopback()).await.unwrap().local_addr().unwrap();
    let proxy = Proxy::start(loopback(), gone, Arc::new(Filters::none())).await.unwrap();
    let tallies = send(&proxy, vec![client(1, "/", 3)]).await;
    assert_eq!(tallies[0].of(502), 3, "{tallies:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(proxy.traffic.of(Outcome::Failed), 3);
    proxy.stop(Duration::from_secs(1)).await;
}

#[test]
fn a_missing_or_bad_plugin_is_named() {
    let workshop = Workshop::open(false).unwrap();
    let load = |plugin: &str| {
        let settings = Settings { plugins: vec![plugin.into()], ..Settings::new(workshop.live()) };
        Filters::load(&settings, Arc::new(|_, _| {})).err().expect("must fail").to_string()
    };
    assert!(load("nothing").contains("nothing.bpf.o"), "{}", load("nothing"));
    workshop.install("bad_limit", "rate_limit").unwrap();
    assert!(load("rate_limit").contains("rate_limit.bpf.o"), "{}", load("rate_limit"));
}
