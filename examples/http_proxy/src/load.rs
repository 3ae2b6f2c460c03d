//! A bounded load driver: a fixed number of requests from each of several clients, within a fixed time. It knows what
//! each response must be, so that a lost, cut or mixed-up one does not pass for an answer.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep_until, timeout};

use crate::httpd::{end_of_head, header};
use crate::stats::Latencies;

/// One client: its own address, one connection, one request at a time.
#[derive(Clone, Debug)]
pub struct Client {
    /// The address it connects from; Linux has all of 127.0.0.0/8 on loopback.
    pub from: Ipv4Addr,
    /// Method.
    pub method: &'static str,
    /// Path; a query with a number of its own is added to each request.
    pub path: String,
    /// More header lines, each with CRLF.
    pub headers: String,
    /// How many requests.
    pub requests: u64,
    /// Time between the starts of two requests; zero: the next one follows the answer.
    pub pace: Duration,
}

impl Client {
    /// A client that sends `GET path` as fast as it is answered.
    #[must_use]
    pub fn get(from: Ipv4Addr, path: &str, requests: u64) -> Client {
        Client { from, method: "GET", path: path.into(), headers: String::new(), requests, pace: Duration::ZERO }
    }

    /// The same at a fixed pace.
    #[must_use]
    pub fn every(mut self, pace: Duration) -> Client {
        self.pace = pace;
        self
    }

    /// The same with one more header line.
    #[must_use]
    pub fn header(mut self, line: &str) -> Client {
        self.headers = format!("{}{line}\r\n", self.headers);
        self
    }

    /// The same with another method.
    #[must_use]
    pub fn method(mut self, method: &'static str) -> Client {
        self.method = method;
        self
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests sent.
    pub sent: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without a whole answer of their own, and why the first few were lost.
    pub lost: u64,
    /// The first reasons.
    pub reasons: Vec<String>,
    /// Latencies of whole answers.
    pub latencies: Latencies,
}

impl Tally {
    /// Answers with this status.
    #[must_use]
    pub fn of(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Answers in all.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Adds another run's.
    pub fn merge(&mut self, other: Tally) {
        self.sent += other.sent;
        self.lost += other.lost;
        for (status, n) in other.statuses {
            *self.statuses.entry(status).or_default() += n;
        }
        self.reasons.extend(other.reasons);
        self.reasons.truncate(3);
        self.latencies.merge(other.latencies);
    }

    fn lose(&mut self, n: u64, why: impl Into<String>) {
        self.lost += n;
        if n > 0 && self.reasons.len() < 3 {
            self.reasons.push(why.into());
        }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The proxy.
    pub to: SocketAddr,
    /// Who sends what.
    pub clients: Vec<Client>,
    /// How many clients send at once.
    pub at_once: usize,
    /// When the run is cut; what was not sent by then is lost.
    pub within: Duration,
}

/// Answers so far, for whoever shows progress.
pub type Progress = Arc<AtomicU64>;

/// Sends it all. The result is by client, in the plan's order.
pub async fn drive(plan: Plan, progress: Progress) -> Vec<Tally> {
    let places = Arc::new(Semaphore::new(plan.at_once.max(1)));
    let until = Instant::now() + plan.within;
    let runs: Vec<_> = plan
        .clients
        .into_iter()
        .map(|client| {
            let (places, progress) = (places.clone(), progress.clone());
            tokio::spawn(async move {
                // The semaphore is never closed.
                let _place = places.acquire_owned().await;
                run(plan.to, client, until, &progress).await
            })
        })
        .collect();
    let mut tallies = Vec::with_capacity(runs.len());
    for run in runs {
        tallies.push(run.await.unwrap_or_else(|e| {
            let mut lost = Tally::default();
            lost.lose(1, format!("the driver failed: {e}"));
            lost
        }));
    }
    tallies
}

async fn run(to: SocketAddr, client: Client, until: Instant, progress: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    let start = tokio::time::Instant::now();
    for n in 0..client.requests {
        if !client.pace.is_zero() {
            sleep_until(start + client.pace * u32::try_from(n).unwrap_or(u32::MAX)).await;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            tally.sent += client.requests - n;
            tally.lose(client.requests - n, "not sent within the time of the run");
            break;
        }
        tally.sent += 1;
        let one = exchange(&mut connection, to, &client, n);
        match timeout(left.min(Duration::from_secs(5)), one).await {
            Ok(Ok((status, latency))) => {
                *tally.statuses.entry(status).or_default() += 1;
                tally.latencies.push(latency);
            }
            Ok(Err(e)) => {
                connection = None;
                tally.lose(1, e.to_string());
            }
            Err(_) => {
                connection = None;
                tally.lose(1, "no answer in time");
            }
        }
        progress.fetch_add(1, Ordering::Relaxed);
    }
    tally
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One request and its answer. Connecting is not part of the latency: it happens once per client.
async fn exchange(
    connection: &mut Option<TcpStream>,
    to: SocketAddr,
    client: &Client,
    n: u64,
) -> io::Result<(u16, Duration)> {
    let stream = match connection {
        Some(stream) => stream,
        None => connection.insert(connect(client.from, to).await?),
    };
    let token = format!("{}-{n}", client.from);
    let Client { method, path, headers, .. } = client;
    let body = if *method == "GET" { String::new() } else { "Content-Length: 0\r\n".to_owned() };
    let request = format!("{method} {path}?n={token} HTTP/1.1\r\nHost: demo.example\r\n{headers}{body}\r\n");
    let start = Instant::now();
    stream.write_all(request.as_bytes()).await?;
    let (status, body, close) = answer(stream, *method == "HEAD").await?;
    let latency = start.elapsed();
    if close {
        *connection = None;
    }
    // The upstream echoes the target: an answer meant for another request would show.
    if status == 200 && *method != "HEAD" && !body.ends_with(&format!("?n={token}\n")) {
        return Err(io::Error::other(format!("the answer to {token} is another's: {body:?}")));
    }
    Ok((status, latency))
}

/// The body of `GET path`.
///
/// # Errors
/// No answer, or one of another status than 200.
pub async fn fetch(from: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = connect(Ipv4Addr::LOCALHOST, from).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    match answer(&mut stream, false).await? {
        (200, body, _) => Ok(body),
        (status, body, _) => Err(io::Error::other(format!("{path} gives {status}: {body}"))),
    }
}

/// Status, body, and whether the server closes. The answer to `HEAD` announces a body and has none.
async fn answer(stream: &mut TcpStream, head_only: bool) -> io::Result<(u16, String, bool)> {
    let mut bytes = Vec::with_capacity(1024);
    let head_len = loop {
        if let Some(end) = end_of_head(&bytes) {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended before the answer"));
        }
    };
    let head = std::str::from_utf8(&bytes[..head_len]).map_err(io::Error::other)?.to_owned();
    let bad = |what: &str| io::Error::other(format!("{what} in {head:?}"));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| bad("no status"))?;
    let announced = header(&head, "content-length").and_then(|n| n.parse().ok());
    let len: usize = if head_only { 0 } else { announced.ok_or_else(|| bad("no length"))? };
    while bytes.len() < head_len + len {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended within the answer"));
        }
    }
    if bytes.len() > head_len + len {
        return Err(bad("more bytes than announced"));
    }
    let close = header(&head, "connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
    let body = String::from_utf8(bytes.split_off(head_len)).map_err(io::Error::other)?;
    Ok((status, body, close))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::httpd::{Reply, serve};

    fn local() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    fn from(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, 0, last)
    }

    fn plan(to: SocketAddr, clients: Vec<Client>) -> Plan {
        Plan { to, clients, at_once: 8, within: Duration::from_secs(20) }
    }

    #[tokio::test]
    async fn every_request_is_counted_by_its_status() {
        let server = serve(
            local(),
            Arc::new(|head| {
                let status = if head.target.starts_with("/no") { 404 } else { 200 };
                Reply::text(status, format!("{}\n", head.target))
            }),
        )
        .await
        .unwrap();
        let progress = Progress::default();
        let clients = vec![Client::get(from(2), "/a", 20), Client::get(from(3), "/no", 10).method("POST")];
        let tallies = drive(plan(server.addr, clients), progress.clone()).await;
        assert_eq!((tallies[0].of(200), tallies[0].lost), (20, 0), "{:?}", tallies[0].reasons);
        assert_eq!((tallies[1].of(404), tallies[1].lost), (10, 0), "{:?}", tallies[1].reasons);
        assert_eq!((progress.load(Ordering::Relaxed), tallies[0].latencies.len()), (30, 20));
    }

    #[tokio::test]
    async fn an_answer_to_another_request_is_a_lost_one() {
        let server = serve(local(), Arc::new(|_| Reply::text(200, "/a?n=127.0.0.9-0\n"))).await.unwrap();
        let tallies = drive(plan(server.addr, vec![Client::get(from(2), "/a", 3)]), Progress::default()).await;
        assert_eq!((tallies[0].lost, tallies[0].answered()), (3, 0));
        assert!(tallies[0].reasons[0].contains("another's"), "{:?}", tallies[0].reasons);
    }

    #[tokio::test]
    async fn no_server_means_all_are_lost() {
        let gone = tokio::net::TcpListener::bind(local()).await.unwrap().local_addr().unwrap();
        let tallies = drive(plan(gone, vec![Client::get(from(2), "/", 2)]), Progress::default()).await;
        assert_eq!((tallies[0].lost, tallies[0].sent), (2, 2));
    }
}
