//! The demo: real requests through the proxy, limited and blocked by plugins, one of which is swapped under load.
//!
//! Every claim that is printed is checked; what does not hold makes the demo fail.

mod screen;
mod steps;
mod workshop;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::filter::{Filters, Settings, explain};
use crate::httpd::{Reply, Server, serve};
use crate::load::{Plan, Progress, Tally, drive};
use crate::metrics::render;
use crate::proxy::{Proxy, loopback};
use crate::stats::Latencies;

pub use screen::Screen;
pub use workshop::Workshop;

/// Tokens a second of the demo's rate limiter.
pub const RATE: u64 = 100;
/// Size of its bucket.
pub const BURST: u64 = 50;

/// How much traffic there is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Rounds of measuring, each without and with plugins.
    pub rounds: u8,
    /// Clients of a round, with 20 requests each.
    pub measured: u8,
    /// Requests of the greedy client.
    pub greedy: u64,
    /// Length of the phase with mixed traffic, and of each third of the swap under load.
    pub phase: Duration,
    /// Whether plugins are compiled from their sources where clang is here.
    pub compile: bool,
}

impl Scale {
    /// What `make demo` runs: some 20 seconds.
    #[must_use]
    pub fn full() -> Scale {
        Scale { rounds: 4, measured: 200, greedy: 2000, phase: Duration::from_secs(2), compile: true }
    }

    /// What the test suite runs: a few seconds.
    #[must_use]
    pub fn small() -> Scale {
        Scale { rounds: 1, measured: 10, greedy: 150, phase: Duration::from_millis(500), compile: false }
    }
}

/// What the demo found.
#[derive(Debug, Default)]
pub struct Summary {
    /// All requests and answers.
    pub total: Tally,
    /// Those that went through the plugins.
    pub filtered: Tally,
    /// Latencies without plugins.
    pub without: Latencies,
    /// Latencies with plugins.
    pub with: Latencies,
    /// From the replacement of the file to the new version in service.
    pub swap: Duration,
    /// Claims that did not hold.
    pub failures: Vec<String>,
}

impl Summary {
    /// Notes a claim.
    fn check(&mut self, holds: bool, claim: impl Into<String>) {
        if !holds {
            self.failures.push(claim.into());
        }
    }
}

/// A reload: name of the plugin, and why it was refused.
type Reload = (String, Result<(), String>);

/// Upstream, proxies and plugins of a run.
struct World {
    workshop: Workshop,
    upstream: Server,
    metrics: Server,
    bare: Proxy,
    proxy: Proxy,
    reloads: mpsc::UnboundedReceiver<Reload>,
}

impl World {
    async fn build(scale: &Scale) -> Result<World, Box<dyn std::error::Error>> {
        let workshop = Workshop::open(scale.compile)?;
        let upstream = serve(loopback(), Arc::new(|head| Reply::text(200, format!("{}\n", head.target)))).await?;
        let (send, reloads) = mpsc::unbounded_channel();
        let settings = Settings { rate: Some(RATE), burst: Some(BURST), ..Settings::new(workshop.live()) };
        let report = move |plugin: &str, result: Result<(), &stingless::Error>| {
            // Nobody listens any more once the demo ends.
            let _ = send.send((plugin.to_owned(), result.map_err(explain)));
        };
        let filters = Filters::load(&settings, Arc::new(report))?;
        let proxy = Proxy::start(loopback(), upstream.addr, Arc::new(filters)).await?;
        let bare = Proxy::start(loopback(), upstream.addr, Arc::new(Filters::none())).await?;
        let (traffic, filters) = (proxy.traffic.clone(), proxy.filters.clone());
        let metrics = serve(loopback(), Arc::new(move |_| Reply::text(200, render(&traffic, &filters)))).await?;
        Ok(World { workshop, upstream, metrics, bare, proxy, reloads })
    }

    async fn stop(self) {
        self.proxy.stop(Duration::from_secs(1)).await;
        self.bare.stop(Duration::from_secs(1)).await;
    }
}

/// An address of loopback.
fn local(c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, c, d)
}

/// Runs a plan while showing how far it is.
async fn show(screen: &Screen, plan: Plan) -> Vec<Tally> {
    let progress = Progress::default();
    let total = plan.clients.iter().map(|c| c.requests).sum();
    let _follow = screen.follow(progress.clone(), total);
    drive(plan, progress).await
}

/// Runs the demo.
///
/// # Errors
/// Something could not even be started. Claims that do not hold are in the summary.
pub async fn run(screen: &Screen, scale: &Scale) -> Result<Summary, Box<dyn std::error::Error>> {
    screen.step("starting an upstream, a proxy without plugins, and one with three of them");
    let mut world = World::build(scale).await?;
    let mut summary = Summary::default();
    steps::introduce(screen, &world);
    steps::measure(screen, scale, &world, &mut summary).await;
    steps::mix(screen, scale, &world, &mut summary).await;
    steps::swap(screen, scale, &mut world, &mut summary).await?;
    steps::second_version(screen, &world, &mut summary).await;
    steps::metrics(screen, &world, &mut summary).await?;
    steps::conclude(screen, &world, &mut summary);
    world.stop().await;
    Ok(summary)
}

/// The time in words: `1.23 ms`.
fn human(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    if us >= 1000.0 { format!("{:.2} ms", us / 1000.0) } else { format!("{us:.0} us") }
}

/// An error of the demo itself.
fn other(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}
