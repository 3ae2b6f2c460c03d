//! A small HTTP/1.1 server: the demo's upstream and the metrics endpoint. Bodies of requests are read and dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Heads longer than this are refused.
const MAX_HEAD: usize = 64 << 10;
/// A connection that sends nothing for this long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// A request without its body.
#[derive(Debug)]
pub struct Head {
    /// Method, as sent.
    pub method: String,
    /// Request target, as sent.
    pub target: String,
    body: usize,
    close: bool,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

impl Reply {
    /// Plain text.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Reply {
        Reply { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// What answers.
pub type Handler = dyn Fn(&Head) -> Reply + Send + Sync;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on `addr`; port 0 takes a free one.
///
/// # Errors
/// The address cannot be had.
pub async fn serve(addr: SocketAddr, handler: Arc<Handler>) -> io::Result<Server> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            // Out of descriptors, or a client that is gone already: both pass.
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            let handler = handler.clone();
            connections.spawn(async move {
                // A connection's error is its client's.
                let _ = connection(stream, &*handler).await;
            });
        }
    });
    Ok(Server { addr, task })
}

async fn connection(mut stream: TcpStream, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    while let Some(head) = read_head(&mut stream, &mut buffer).await? {
        let Some(head) = head else {
            return write_reply(&mut stream, &Reply::text(400, "bad request\n"), true, false).await;
        };
        drop_body(&mut stream, &mut buffer, head.body).await?;
        let reply = handler(&head);
        write_reply(&mut stream, &reply, head.close, head.method == "HEAD").await?;
        if head.close {
            break;
        }
    }
    Ok(())
}

/// The next head; `Some(None)` where it is none, `None` at the end of the connection.
async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Option<Head>>> {
    loop {
        if let Some(end) = end_of_head(buffer) {
            let head = parse(&buffer[..end]);
            buffer.drain(..end);
            return Ok(Some(head));
        }
        if buffer.len() > MAX_HEAD {
            return Ok(Some(None));
        }
        if read_more(stream, buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Bytes that came in addition; 0 at the end of the connection, or when nothing comes for [`IDLE`].
async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
    timeout(IDLE, stream.read_buf(buffer)).await.unwrap_or(Ok(0))
}

/// Length of a head with its empty line, once that is there.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
}

/// The value of a header, by its name in either case.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn parse(bytes: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut words = text.split("\r\n").next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") || header(text, "transfer-encoding").is_some() {
        return None;
    }
    let body = match header(text, "content-length") {
        Some(n) => n.parse().ok()?,
        None => 0,
    };
    let asked = header(text, "connection").unwrap_or(if version == "HTTP/1.0" { "close" } else { "keep-alive" });
    Some(Head { method: method.into(), target: target.into(), body, close: asked.eq_ignore_ascii_case("close") })
}

async fn drop_body(stream: &mut TcpStream, buffer: &mut Vec<u8>, mut left: usize) -> io::Result<()> {
    loop {
        let here = left.min(buffer.len());
        buffer.drain(..here);
        left -= here;
        if left == 0 {
            return Ok(());
        }
        if read_more(stream, buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

async fn write_reply(stream: &mut TcpStream, reply: &Reply, close: bool, head_only: bool) -> io::Result<()> {
    let Reply { status, content_type, body } = reply;
    let connection = if close { "close" } else { "keep-alive" };
    let mut out = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n",
        reason(*status),
        body.len()
    );
    if !head_only {
        out.push_str(body);
    }
    stream.write_all(out.as_bytes()).await
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_parsed_or_refused() {
        let head = parse(b"POST /a?b HTTP/1.1\r\nHost: x\r\nCONTENT-LENGTH: 3\r\n\r\n").unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str(), head.body, head.close), ("POST", "/a?b", 3, false));
        assert!(parse(b"GET / HTTP/1.0\r\n\r\n").unwrap().close);
        for bad in [
            "GET /\r\n\r\n",
            "GET / x HTTP/1.1\r\n\r\n",
            "GET / HTTP/2\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        ] {
            assert!(parse(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }
}
