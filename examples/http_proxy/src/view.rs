//! What plugins are shown of a request, made of what came over the wire. Borrowed wherever the wire's bytes will do.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::LazyLock;

/// Path and query of a request target.
#[derive(Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The path as a filter must see it: percent-decoded, without `.`, `..` and empty segments, so that `/%61dmin`
    /// and `//x/../admin` do not slip past a filter of `/admin`. Starts with `/`, except for `*` and authorities.
    pub path: Cow<'a, [u8]>,
    /// What stands behind the first `?`, as it came.
    pub query: &'a [u8],
}

/// Splits a request target in origin form (`/a?b`) or absolute form (`http://host/a?b`).
#[must_use]
pub fn target(raw: &[u8]) -> Target<'_> {
    let raw = without_authority(raw);
    let (path, query) = match raw.iter().position(|&b| b == b'?') {
        Some(at) => (&raw[..at], &raw[at + 1..]),
        None => (raw, &raw[raw.len()..]),
    };
    Target { path: normal(path), query }
}

fn without_authority(raw: &[u8]) -> &[u8] {
    if raw.starts_with(b"/") {
        return raw;
    }
    let Some(scheme) = raw.windows(3).position(|w| w == b"://") else { return raw };
    let rest = &raw[scheme + 3..];
    match rest.iter().position(|&b| matches!(b, b'/' | b'?')) {
        Some(at) => &rest[at..],
        None => b"/",
    }
}

/// The path in normal form, or as it is where it already is.
fn normal(path: &[u8]) -> Cow<'_, [u8]> {
    let plain = !path.contains(&b'%') && !path.windows(2).any(|w| w == b"//" || w == b"/.");
    if plain || !path.starts_with(b"/") {
        return Cow::Borrowed(path);
    }
    let decoded = percent_decoded(path);
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in decoded.split(|&b| b == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::with_capacity(decoded.len());
    for segment in &kept {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if out.is_empty() || decoded.ends_with(b"/") {
        out.push(b'/');
    }
    Cow::Owned(out)
}

/// `%2f` becomes a slash too: a filter had better refuse too much than let an upstream decode what it did not see.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |b: u8| (b as char).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let pair = text.get(at + 1..at + 3).and_then(|d| Some(digit(d[0])? * 16 + digit(d[1])?));
        match pair.filter(|_| text[at] == b'%') {
            Some(byte) => {
                out.push(byte as u8);
                at += 3;
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

/// The header lines of a raw message head: without its first line, and without the empty one that ends it.
#[must_use]
pub fn header_lines(head: &[u8]) -> &[u8] {
    let start = head.iter().position(|&b| b == b'\n').map_or(head.len(), |at| at + 1);
    let lines = &head[start..];
    let end = [&b"\r\n\r\n"[..], b"\n\n"].into_iter().find_map(|e| lines.ends_with(e).then_some(e.len() / 2));
    match end {
        Some(blank) => &lines[..lines.len() - blank],
        None if matches!(lines, b"\r\n" | b"\n") => &[],
        None => lines,
    }
}

/// A client as `client_ip` shows it: an IPv4 address in network byte order. A /64 of IPv6, which is what one subscriber
/// has, becomes a number in 240.0.0.0/4, where no IPv4 client can be; the hash is keyed per process, so that nobody can
/// aim for another's number.
#[must_use]
pub fn client_ip(ip: IpAddr) -> u32 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    match ip.to_canonical() {
        IpAddr::V4(v4) => u32::from_ne_bytes(v4.octets()),
        IpAddr::V6(v6) => {
            let prefix = &v6.segments()[..4];
            let hash = KEY.hash_one(prefix) as u32;
            (hash | 0xf000_0000).to_be()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> String {
        String::from_utf8(target(raw.as_bytes()).path.into_owned()).unwrap()
    }

    #[test]
    fn plain_paths_are_borrowed() {
        for raw in ["/", "/a/b.html", "/a/?q=%2f//..", "*"] {
            assert!(matches!(target(raw.as_bytes()).path, Cow::Borrowed(_)), "{raw}");
        }
        assert_eq!(target(b"/a?b?c"), Target { path: Cow::Borrowed(b"/a"), query: b"b?c" });
        assert_eq!(target(b"/a?").query, b"");
    }

    #[test]
    fn detours_to_a_path_are_seen_as_that_path() {
        for raw in [
            "/%61dmin",
            "//admin",
            "/./admin",
            "/x/../admin",
            "/%2e/admin",
            "/x/%2E%2e/admin",
            "/../../admin",
            "/%2Fadmin",
            "http://host/admin",
            "http://host//x/..//admin",
            "/admin?x",
            "https://u@h:1/%61%64min?",
        ] {
            assert_eq!(path(raw), "/admin", "{raw}");
        }
        assert_eq!(path("/admin/%2e%2e/"), "/");
        assert_eq!(path("/a//b/"), "/a/b/");
        assert_eq!(path("/100%/%zz/%4"), "/100%/%zz/%4", "what is no escape stays");
        assert_eq!(path("http://host"), "/");
        assert_eq!(path("http://host?q"), "");
    }

    #[test]
    fn header_lines_are_what_stands_between_first_and_empty_line() {
        assert_eq!(header_lines(b"GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n"), b"A: b\r\nC: d\r\n");
        assert_eq!(header_lines(b"GET / HTTP/1.1\nA: b\n\n"), b"A: b\n");
        assert_eq!(header_lines(b"GET / HTTP/1.1\r\n\r\n"), b"");
        assert_eq!(header_lines(b""), b"");
    }

    #[test]
    fn ipv4_keeps_its_bytes_and_ipv6_is_one_client_per_64() {
        assert_eq!(client_ip([127, 0, 0, 1].into()).to_ne_bytes(), [127, 0, 0, 1]);
        assert_eq!(client_ip("::ffff:10.0.0.1".parse().unwrap()), client_ip([10, 0, 0, 1].into()));
        let key = |s: &str| client_ip(s.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert!(key("2001:db8::1").to_ne_bytes()[0] >= 240);
    }
}
