//! The reverse proxy as a program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use http_proxy::filter::{Filters, OnTrap, Settings, explain};
use http_proxy::httpd::{Reply, serve};
use http_proxy::metrics::render;
use http_proxy::proxy::Proxy;
use tokio::signal::unix::{SignalKind, signal};

/// A reverse proxy whose plugins are proved safe before they run, and replaced while it runs.
#[derive(Parser)]
struct Options {
    /// Where clients connect.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where requests go.
    #[arg(long)]
    upstream: SocketAddr,
    /// Folder of the plugins' objects, watched for changes.
    #[arg(long, default_value = "plugins")]
    plugins: PathBuf,
    /// Plugins to load, in the order in which they run: NAME is NAME.bpf.o in that folder.
    #[arg(long, value_delimiter = ',', default_value = "filter,rate_limit,routes")]
    load: Vec<String>,
    /// Where /metrics is served, in Prometheus' text format.
    #[arg(long, default_value = "127.0.0.1:9090")]
    metrics: SocketAddr,
    /// What happens to a request when a plugin traps: `closed` answers 503, `open` goes on without that plugin.
    #[arg(long, value_enum, default_value_t = Policy::Closed)]
    on_trap: Policy,
    /// CPU time in milliseconds that one plugin may take for one message.
    #[arg(long, default_value_t = 5)]
    deadline_ms: u64,
    /// Requests a second that each client may send, instead of the plugin's own number.
    #[arg(long)]
    rate: Option<u64>,
    /// Requests that a client may send at once, instead of the plugin's own number.
    #[arg(long)]
    burst: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Policy {
    Closed,
    Open,
}

impl Options {
    fn settings(&self) -> Settings {
        Settings {
            plugins: self.load.clone(),
            on_trap: match self.on_trap {
                Policy::Closed => OnTrap::Closed,
                Policy::Open => OnTrap::Open,
            },
            deadline: Duration::from_millis(self.deadline_ms),
            rate: self.rate,
            burst: self.burst,
            ..Settings::new(&self.plugins)
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let report = |plugin: &str, result: Result<(), &stingless::Error>| match result {
        Ok(()) => println!("{plugin}: new version in service"),
        Err(e) => eprintln!("{plugin}: refused, the old version keeps serving\n{}", explain(e)),
    };
    let filters = Filters::load(&options.settings(), Arc::new(report)).map_err(|e| explain(&e))?;
    let proxy = Proxy::start(options.listen, options.upstream, Arc::new(filters)).await?;
    let (traffic, filters) = (proxy.traffic.clone(), proxy.filters.clone());
    let metrics = serve(
        options.metrics,
        Arc::new(move |head| match head.target.as_str() {
            "/metrics" => {
                Reply { status: 200, content_type: "text/plain; version=0.0.4", body: render(&traffic, &filters) }
            }
            _ => Reply::text(404, "there is only /metrics\n"),
        }),
    )
    .await?;
    println!("proxy on http://{}, passing to http://{}", proxy.addr, options.upstream);
    println!("metrics on http://{}/metrics", metrics.addr);
    println!("plugins from {}: {}", options.plugins.display(), options.load.join(", "));
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    println!("stopping");
    proxy.stop(Duration::from_secs(5)).await;
    Ok(())
}
