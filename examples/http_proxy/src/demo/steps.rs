//! The steps of the demo, in their order.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{BURST, RATE, Reload, Scale, Screen, Summary, World, human, local, other, show};
use crate::load::{Client, Plan, Tally, fetch};
use crate::metrics::route_counts;

/// Header that opens `/admin`, as `plugins/filter.bpf.c` has it.
const KEY: &str = "X-Admin-Key: open sesame";
/// The client that knows it, and rests after the first phase: its bucket must not change by a swap.
const ADMIN: u8 = 78;
const GREEDY: u8 = 66;

pub(super) fn introduce(screen: &Screen, world: &World) {
    let origin = if world.workshop.compiled { "compiled with clang just now" } else { "as committed: no clang >= 16" };
    screen.line(format!("          upstream http://{}", world.upstream.addr));
    screen.line(format!("          proxy    http://{}", world.proxy.addr));
    screen.line(format!("          metrics  http://{}/metrics", world.metrics.addr));
    screen.line(format!("          plugins  filter, rate_limit ({RATE}/s, {BURST} at once), routes: proved, {origin}"));
}

/// No round of measuring begins later than this.
const MEASURING: Duration = Duration::from_secs(6);

/// The same requests without and with plugins, in turns, so that both see the same machine.
pub(super) async fn measure(screen: &Screen, scale: &Scale, world: &World, summary: &mut Summary) {
    screen.step("measuring without and with plugins, in turns");
    let start = Instant::now();
    for round in 0..scale.rounds {
        // Two passes a round: a slow machine measures less, not longer.
        if round > 0 && start.elapsed() > MEASURING {
            break;
        }
        for with in [false, true] {
            let to = if with { world.proxy.addr } else { world.bare.addr };
            let clients = (1..=scale.measured).map(|d| Client::get(local(100 + round, d), "/measured", 20)).collect();
            let plan = Plan { to, clients, at_once: 8, within: Duration::from_secs(15) };
            let mut tally = Tally::default();
            show(screen, plan).await.into_iter().for_each(|t| tally.merge(t));
            summary.check(tally.of(200) == tally.sent, format!("measuring: {:?} of {}", tally.statuses, tally.sent));
            let latencies = if with { &mut summary.with } else { &mut summary.without };
            latencies.merge(tally.latencies.clone());
            if with {
                summary.filtered.merge(tally.clone());
            }
            summary.total.merge(tally);
        }
    }
    screen.line(format!("          {} requests each way", summary.with.len()));
}

/// Requests at `per_second` for the time of a phase.
fn paced(client: Client, per_second: u64, phase: Duration) -> Client {
    let requests = (phase.as_millis() as u64 * per_second / 1000).max(1);
    Client { requests, ..client }.every(Duration::from_nanos(1_000_000_000 / per_second))
}

fn well_behaved(phase: Duration) -> Vec<Client> {
    let paths = ["/", "/api/items", "/api/users", "/static/app.css", "/api/items/7", "/search"];
    let get = |(i, path)| paced(Client::get(local(0, 10 + i as u8), path, 0), 40, phase);
    paths.into_iter().enumerate().map(get).collect()
}

/// Well-behaved clients, a greedy one, one that tries doors, and one with the key.
pub(super) async fn mix(screen: &Screen, scale: &Scale, world: &World, summary: &mut Summary) {
    screen.step("mixed traffic: six well-behaved clients, a greedy one, an intruder, an administrator");
    let mut clients = well_behaved(scale.phase);
    clients.push(Client::get(local(0, GREEDY), "/api/items", scale.greedy));
    clients.push(Client::get(local(0, 77), "/%61dmin/users", 40));
    clients.push(Client::get(local(0, ADMIN), "/admin/users", 40).header(KEY));
    let plan = Plan { to: world.proxy.addr, clients: clients.clone(), at_once: 16, within: scale.phase * 2 + DRAIN };
    let start = Instant::now();
    let tallies = show(screen, plan).await;
    let tokens = BURST + (start.elapsed().as_secs_f64() * RATE as f64).ceil() as u64 + 1;
    screen.line("          client        sends                     passed   429   403  lost");
    for (client, tally) in clients.iter().zip(&tallies) {
        screen.line(format!(
            "          {:13} {:4} {:18} {:8} {:5} {:5} {:5}",
            client.from.to_string(),
            client.method,
            client.path,
            tally.of(200),
            tally.of(429),
            tally.of(403),
            tally.lost
        ));
        let claim = |what: &str| format!("mixed traffic: {} {what}: {:?}", client.from, tally.statuses);
        match client.from.octets()[3] {
            GREEDY => {
                summary.check((BURST..=tokens).contains(&tally.of(200)), claim("has its burst and its rate"));
                summary.check(tally.of(200) + tally.of(429) == tally.sent && tally.of(429) > 0, claim("is limited"));
            }
            77 => summary.check(tally.of(403) == tally.sent, claim("is kept out")),
            _ => summary.check(tally.of(200) == tally.sent, claim("passes")),
        }
    }
    note(summary, tallies);
}

/// What a run may take beyond its phases.
const DRAIN: Duration = Duration::from_secs(10);

fn note(summary: &mut Summary, tallies: Vec<Tally>) {
    for tally in tallies {
        summary.total.merge(tally.clone());
        summary.filtered.merge(tally);
    }
}

/// Client -> when the bucket is full again, requests passed, requests limited.
type Buckets = BTreeMap<Ipv4Addr, [u64; 3]>;

fn buckets(world: &World) -> io::Result<Buckets> {
    let map = world.proxy.filters.map("rate_limit", "buckets").ok_or_else(|| other("no map `buckets`"))?;
    let map = map.typed::<u32, [u64; 3]>().map_err(io::Error::other)?;
    let entries = map.iter().map_err(io::Error::other)?;
    Ok(entries.map(|(ip, bucket)| (Ipv4Addr::from(ip.to_ne_bytes()), bucket)).collect())
}

/// A new version, then a bad one, while requests are under way.
pub(super) async fn swap(screen: &Screen, scale: &Scale, world: &mut World, summary: &mut Summary) -> io::Result<()> {
    screen.step("swapping rate_limit under load");
    let mut clients = well_behaved(scale.phase * 3);
    clients.push(paced(Client::get(local(0, GREEDY), "/api/items", 0), 1000, scale.phase * 3));
    let plan = Plan { to: world.proxy.addr, clients, at_once: 16, within: scale.phase * 6 + DRAIN };
    let showing = screen.clone();
    let load = tokio::spawn(async move { show(&showing, plan).await });
    tokio::time::sleep(scale.phase).await;
    replace(screen, world, summary).await?;
    tokio::time::sleep(scale.phase).await;
    refuse(screen, world, summary).await?;
    let tallies = load.await.map_err(io::Error::other)?;
    let (greedy, others) = tallies.split_last().ok_or_else(|| other("no clients"))?;
    let lost: u64 = tallies.iter().map(|t| t.lost).sum();
    let sent: u64 = tallies.iter().map(|t| t.sent).sum();
    screen.line(format!("          {sent} requests during swap and refusal, {lost} lost"));
    summary.check(lost == 0, format!("swap: {lost} requests lost: {:?}", reasons(&tallies)));
    let undisturbed = others.iter().all(|t| t.of(200) == t.sent);
    summary.check(undisturbed, "swap: well-behaved clients pass all the time");
    summary.check(greedy.of(429) > 0, "swap: the greedy client stays limited");
    note(summary, tallies);
    Ok(())
}

fn reasons(tallies: &[Tally]) -> Vec<&String> {
    tallies.iter().flat_map(|t| &t.reasons).take(3).collect()
}

async fn replace(screen: &Screen, world: &mut World, summary: &mut Summary) -> io::Result<()> {
    let before = buckets(world)?;
    let start = Instant::now();
    world.workshop.install("rate_limit_v2", "rate_limit")?;
    let (_, result) = reload(world).await?;
    summary.swap = start.elapsed();
    let after = buckets(world)?;
    if let Err(why) = result {
        summary.check(false, format!("swap: version 2 is taken: {why}"));
        return Ok(());
    }
    screen.line(format!("          version 2 seen, proved, compiled and in service in {}", human(summary.swap)));
    screen.line(format!("          map `buckets` before: {} clients, after: {}", before.len(), after.len()));
    for client in [local(0, 10), local(0, GREEDY), local(0, ADMIN)] {
        let row =
            |b: &Buckets| b.get(&client).map(|[_, passed, limited]| format!("{passed:6} passed {limited:6} limited"));
        let text = |b: &Buckets| row(b).unwrap_or_else(|| "missing".into());
        screen.line(format!("            {client:<12} {}   ->  {}", text(&before), text(&after)));
    }
    let grown = before
        .iter()
        .all(|(client, [_, passed, limited])| after.get(client).is_some_and(|[_, p, l]| p >= passed && l >= limited));
    summary.check(grown && !before.is_empty(), "swap: every client's bucket is carried over");
    let admin = local(0, ADMIN);
    let same = before.contains_key(&admin) && before.get(&admin) == after.get(&admin);
    summary.check(same, "swap: the bucket of a client at rest is the same to the last bit");
    Ok(())
}

async fn refuse(screen: &Screen, world: &mut World, summary: &mut Summary) -> io::Result<()> {
    screen.step("still under load: a version with a bug");
    let served = calls(world);
    world.workshop.install("bad_limit", "rate_limit")?;
    let (_, result) = reload(world).await?;
    match result {
        Ok(()) => summary.check(false, "a plugin with a bug is refused"),
        Err(report) => {
            screen.line("          refused, the old version keeps serving:");
            report.lines().for_each(|l| screen.line(format!("            {l}")));
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    summary.check(calls(world) > served, "the old version goes on after a refusal");
    Ok(())
}

/// Calls of the rate limiter so far.
fn calls(world: &World) -> u64 {
    let rows = world.proxy.filters.programs().filter(|r| r.plugin == "rate_limit");
    rows.map(|r| r.counters.timing.count()).sum()
}

async fn reload(world: &mut World) -> io::Result<Reload> {
    let next = tokio::time::timeout(Duration::from_secs(10), world.reloads.recv()).await;
    next.ok().flatten().ok_or_else(|| other("the watcher did not notice the new object within 10 s"))
}

/// What only the second version does shows that it is the one in service.
pub(super) async fn second_version(screen: &Screen, world: &World, summary: &mut Summary) {
    screen.step("version 2 is still the one in service: writes cost 5 tokens, refusals are counted by method");
    let client = Client::get(local(0, 90), "/api/items", 30).method("POST");
    let plan = Plan { to: world.proxy.addr, clients: vec![client], at_once: 1, within: DRAIN };
    let tallies = show(screen, plan).await;
    let (passed, limited) = (tallies[0].of(200), tallies[0].of(429));
    screen.line(format!("          30 POST requests of a new client: {passed} passed, {limited} limited"));
    summary
        .check((BURST / 5..30).contains(&passed) && passed + limited == 30, "version 2 charges 5 tokens for a write");
    let refused = world.proxy.filters.map("rate_limit", "refused").and_then(|m| m.typed::<u32, u64>().ok());
    let posts = refused.and_then(|m| m.get(&3));
    screen.line(format!("          its new map `refused` has {} for POST", posts.unwrap_or(0)));
    summary.check(posts == Some(limited), format!("map `refused` counts POST requests: {posts:?}"));
    note(summary, tallies);
}

/// The counters of proxy, plugins and maps against the driver's.
pub(super) async fn metrics(screen: &Screen, world: &World, summary: &mut Summary) -> io::Result<()> {
    screen.step("/metrics");
    let want = [("passed", 200), ("limited", 429), ("denied", 403)]
        .map(|(name, status)| format!("proxy_requests_total{{outcome=\"{name}\"}} {}", summary.filtered.of(status)));
    let mut page = String::new();
    // A request is counted right after its last byte was sent.
    for _ in 0..20 {
        page = fetch(world.metrics.addr, "/metrics").await?;
        if want.iter().all(|line| page.lines().any(|l| l == line)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shown = [
        "proxy_requests_total",
        "proxy_route_requests_total",
        "stingless_plugin_reloads_total",
        "stingless_map_entries",
    ];
    let said =
        |line: &&str| shown.iter().any(|s| line.starts_with(s)) && !line.ends_with(" 0") && !line.contains("\".");
    page.lines().filter(said).for_each(|line| screen.line(format!("          {line}")));
    for line in want {
        summary.check(page.lines().any(|l| l == line), format!("metrics agree with the driver: {line}"));
    }
    let routed: u64 = route_counts(&world.proxy.filters).values().sum();
    let passed = summary.filtered.of(200);
    summary.check(routed == passed, format!("routes count what passed: {routed} of {passed}"));
    Ok(())
}

/// The summary.
pub(super) fn conclude(screen: &Screen, world: &World, summary: &mut Summary) {
    let Tally { sent, lost, .. } = summary.total;
    let total = &summary.total;
    screen.step("summary");
    screen.line(format!("          requests {sent}, answered {}, lost {lost}", total.answered()));
    screen.line(format!(
        "          passed {}, limited (429) {}, blocked (403) {}",
        total.of(200),
        total.of(429),
        total.of(403)
    ));
    screen.line("          latency            p50        p99");
    for (name, latencies) in [("without plugins", &summary.without), ("with plugins", &summary.with)] {
        let (p50, p99) = (human(latencies.percentile(50.0)), human(latencies.percentile(99.0)));
        screen.line(format!("          {name:15} {p50:>8}   {p99:>8}"));
    }
    for row in world.proxy.filters.programs() {
        let (name, timing) = (format!("{}/{}", row.plugin, row.program), &row.counters.timing);
        let (p50, p99) = (timing.percentile_ns(50.0), timing.percentile_ns(99.0));
        screen.line(format!("          {name:26} p50 {p50} ns, p99 {p99} ns of {} calls", timing.count()));
    }
    let reasons = format!("lost: {:?}", total.reasons);
    let (lost, all, some) = (lost == 0, total.answered() == sent, total.of(429) > 0 && total.of(403) > 0);
    summary.check(lost, reasons);
    summary.check(all, "every request is answered");
    summary.check(some, "some requests are limited and some are blocked");
    let traps: u64 = world.proxy.filters.programs().map(|r| r.counters.traps.load(Ordering::Relaxed)).sum();
    summary.check(traps == 0, format!("{traps} traps"));
}
