//! The reverse proxy: pingora does HTTP, plugins decide.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::ServerApp;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::l4::listener::Listener;
use pingora::proxy::{HttpProxy, ProxyHttp, Session, http_proxy};
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType, Result};
use stingless::{Bytes, Verdict};
use stingless_helpers_net::http::{Method, Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::filter::{Decision, Filters};
use crate::metrics::{Outcome, Traffic};
use crate::view;

/// What pingora calls for each request.
struct Gate {
    upstream: SocketAddr,
    filters: Arc<Filters>,
    traffic: Arc<Traffic>,
}

/// What is kept of a request until it ends.
#[derive(Default)]
struct Exchange {
    client_ip: u32,
    method: u32,
    mark: u32,
    path: Vec<u8>,
    outcome: Outcome,
}

#[async_trait]
impl ProxyHttp for Gate {
    type CTX = Exchange;

    fn new_ctx(&self) -> Exchange {
        Exchange::default()
    }

    async fn request_filter(&self, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
        match self.ask_about_request(session, exchange) {
            Decision::Pass => Ok(false),
            Decision::Answer { verdict, status } => {
                exchange.outcome = match verdict {
                    Some(Verdict::Limit) => Outcome::Limited,
                    Some(Verdict::Deny | Verdict::Pass) => Outcome::Denied,
                    None => Outcome::Trapped,
                };
                answer(session, status).await?;
                Ok(true)
            }
        }
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Exchange) -> Result<Box<HttpPeer>> {
        let mut peer = HttpPeer::new(self.upstream, false, String::new());
        peer.options.connection_timeout = Some(Duration::from_secs(3));
        peer.options.read_timeout = Some(Duration::from_secs(30));
        Ok(Box::new(peer))
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        _: &mut Exchange,
    ) -> Result<()> {
        // What the client says of its address is not passed on: this proxy is the first one.
        match client(session) {
            Some(ip) => request.insert_header("X-Forwarded-For", ip.ip().to_string())?,
            None => drop(request.remove_header("X-Forwarded-For")),
        }
        Ok(())
    }

    async fn response_filter(
        &self,
        _: &mut Session,
        response: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        // 1xx answers are not the response yet.
        if !self.filters.sees_responses() || response.status.is_informational() {
            return Ok(());
        }
        match self.ask_about_response(response, exchange)? {
            Decision::Pass => Ok(()),
            Decision::Answer { verdict, .. } => {
                exchange.outcome = if verdict.is_some() { Outcome::Denied } else { Outcome::Trapped };
                Error::e_explain(ErrorType::HTTPStatus(502), "a plugin refused the upstream's response")
            }
        }
    }

    fn suppress_error_log(&self, _: &Session, exchange: &Exchange, _: &Error) -> bool {
        exchange.outcome != Outcome::Failed
    }

    async fn logging(&self, session: &mut Session, error: Option<&Error>, exchange: &mut Exchange) {
        let whole = error.is_none() && session.response_written().is_some();
        if exchange.outcome == Outcome::Failed && whole {
            exchange.outcome = Outcome::Passed;
        }
        self.traffic.ended(exchange.outcome);
    }
}

impl Gate {
    /// Shows the plugins the request where it lies: target and header lines are borrowed from the connection's buffer.
    fn ask_about_request(&self, session: &Session, exchange: &mut Exchange) -> Decision {
        let request = session.req_header();
        let target = view::target(request.raw_path());
        let head = match session.as_downstream().as_http1() {
            Some(h1) => h1.get_headers_raw_bytes(),
            None => session.as_downstream().to_h1_raw(),
        };
        exchange.client_ip = client(session).map_or(0, |addr| view::client_ip(addr.ip()));
        exchange.method = Method::from_name(request.method.as_str()) as u32;
        let mut seen = Request {
            client_ip: exchange.client_ip,
            method: exchange.method,
            status: 0,
            mark: 0,
            path: Bytes::new(&target.path),
            query: Bytes::new(target.query),
            headers: Bytes::new(view::header_lines(&head)),
        };
        let decision = self.filters.on_request(&mut seen);
        exchange.mark = seen.mark;
        if self.filters.sees_responses() {
            exchange.path = target.path.into_owned();
        }
        decision
    }

    fn ask_about_response(&self, response: &mut ResponseHeader, exchange: &mut Exchange) -> Result<Decision> {
        let mut lines = Vec::with_capacity(256);
        for (name, value) in &response.headers {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.extend_from_slice(b"\r\n");
        }
        let status = u32::from(response.status.as_u16());
        let mut seen = Response {
            client_ip: exchange.client_ip,
            method: exchange.method,
            status,
            mark: exchange.mark,
            path: Bytes::new(&exchange.path),
            headers: Bytes::new(&lines),
        };
        let decision = self.filters.on_response(&mut seen);
        // A status that HTTP does not have leaves the upstream's in place.
        if let Some(new) = u16::try_from(seen.status).ok().filter(|s| seen.status != status && (200..600).contains(s)) {
            response.set_status(new)?;
        }
        Ok(decision)
    }
}

fn client(session: &Session) -> Option<SocketAddr> {
    session.client_addr().and_then(|a| a.as_inet()).copied()
}

/// A short answer of the proxy's own. The connection stays open: a limited client comes back.
async fn answer(session: &mut Session, status: u16) -> Result<()> {
    let text = match status {
        403 => "forbidden\n",
        429 => "too many requests\n",
        503 => "a plugin failed\n",
        _ => "refused\n",
    };
    let mut header = ResponseHeader::build(status, Some(3))?;
    header.insert_header("Content-Type", "text/plain; charset=utf-8")?;
    header.insert_header("Content-Length", text.len())?;
    if status == 429 {
        header.insert_header("Retry-After", "1")?;
    }
    let no_body = session.req_header().method.as_str() == "HEAD";
    session.write_response_header(Box::new(header), no_body).await?;
    if !no_body {
        session.write_response_body(Some(text.into()), true).await?;
    }
    Ok(())
}

/// A proxy that runs.
pub struct Proxy {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its plugins.
    pub filters: Arc<Filters>,
    /// Its counters.
    pub traffic: Arc<Traffic>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on `listen` (port 0: a free one) and passes on to `upstream`.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn start(listen: SocketAddr, upstream: SocketAddr, filters: Arc<Filters>) -> io::Result<Proxy> {
        let listener = TcpListener::bind(listen).await?;
        let addr = listener.local_addr()?;
        let traffic = Arc::new(Traffic::default());
        let gate = Gate { upstream, filters: filters.clone(), traffic: traffic.clone() };
        let app = Arc::new(http_proxy(&Arc::new(ServerConf::default()), gate));
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(Listener::from(listener), app, traffic.clone(), stopped));
        Ok(Proxy { addr, filters, traffic, stop, accepting })
    }

    /// Takes no more connections, gives those that are open `grace` to finish, and ends.
    pub async fn stop(self, grace: Duration) {
        // Both fail only if accepting has ended already.
        let _ = self.stop.send(true);
        let abort = self.accepting.abort_handle();
        let _ = tokio::time::timeout(grace, self.accepting).await;
        abort.abort();
    }
}

/// Accepts until told to stop, then waits for the connections that are open; dropping the future closes those.
async fn accept(listener: Listener, app: Arc<HttpProxy<Gate>>, traffic: Arc<Traffic>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        // Out of descriptors, or a client that is gone already: both pass.
        let Ok(mut stream) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let (app, traffic, stop) = (app.clone(), traffic.clone(), stop.clone());
        connections.spawn(async move {
            // Without it answers only wait a little longer.
            let _ = stream.set_nodelay();
            traffic.connections.fetch_add(1, Ordering::Relaxed);
            app.process_new(Box::new(stream), &stop).await;
            traffic.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Loopback with a free port.
#[must_use]
pub fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
