//! The hooks `http/request` and `http/response`: what a plugin sees of HTTP, and what it may decide.

use stingless::{Bytes, Ctx, Verdict};

/// Methods as numbers: what `method` of both contexts holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Method {
    /// Any other method.
    Other = 0,
    /// `GET`.
    Get = 1,
    /// `HEAD`.
    Head = 2,
    /// `POST`.
    Post = 3,
    /// `PUT`.
    Put = 4,
    /// `DELETE`.
    Delete = 5,
    /// `CONNECT`.
    Connect = 6,
    /// `OPTIONS`.
    Options = 7,
    /// `TRACE`.
    Trace = 8,
    /// `PATCH`.
    Patch = 9,
}

impl Method {
    /// The method of a request line. Names are case-sensitive (RFC 9110, 9.1).
    #[must_use]
    pub fn from_name(name: &str) -> Method {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }
}

/// What an `http/request` plugin sees, before the request goes to the upstream.
///
/// The verdict says whether the request goes on ([`Verdict::Pass`]), is forbidden or is one too many.
#[repr(C)]
#[derive(Debug, Ctx)]
#[ctx(hook = "http/request", sections = ["http/request", "http/request/*"], verdict = Verdict,
      helpers = [stingless_helpers_linux::BASE, stingless_helpers_text::TEXT, crate::HTTP])]
pub struct Request<'a> {
    /// The client's IPv4 address in network byte order; of an IPv6 client, a number that the host makes of it.
    #[ctx(read)]
    pub client_ip: u32,
    /// A [`Method`].
    #[ctx(read)]
    pub method: u32,
    /// Status to answer with if the verdict is not `PASS`; 0: what the host has for the verdict.
    #[ctx(read, write)]
    pub status: u32,
    /// A number for plugins' own use: later plugins, and those of the response, see what was stored.
    #[ctx(read, write)]
    pub mark: u32,
    /// The path, without query.
    #[ctx(data)]
    pub path: Bytes<'a>,
    /// The query behind the question mark; empty where there is none.
    #[ctx(data)]
    pub query: Bytes<'a>,
    /// The header lines, `Name: value`, each with its line end.
    #[ctx(data)]
    pub headers: Bytes<'a>,
}

/// What an `http/response` plugin sees, before the response goes to the client.
///
/// Any verdict but [`Verdict::Pass`] replaces the response by an error.
#[repr(C)]
#[derive(Debug, Ctx)]
#[ctx(hook = "http/response", sections = ["http/response", "http/response/*"], verdict = Verdict,
      helpers = [stingless_helpers_linux::BASE, stingless_helpers_text::TEXT, crate::HTTP])]
pub struct Response<'a> {
    /// The client's IPv4 address in network byte order; of an IPv6 client, a number that the host makes of it.
    #[ctx(read)]
    pub client_ip: u32,
    /// A [`Method`].
    #[ctx(read)]
    pub method: u32,
    /// Status of the response; what is stored here replaces it.
    #[ctx(read, write)]
    pub status: u32,
    /// What the request's plugins stored.
    #[ctx(read, write)]
    pub mark: u32,
    /// The request's path, without query.
    #[ctx(data)]
    pub path: Bytes<'a>,
    /// The response's header lines, `Name: value`, each with its line end.
    #[ctx(data)]
    pub headers: Bytes<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_see_eight_byte_pairs_for_lent_bytes() {
        let def = Request::def().hook;
        let layout = def.ctx().unwrap();
        let offset = |name: &str| layout.fields.iter().find(|f| f.name == name).map(|f| f.off);
        assert_eq!(layout.name, "stingless_request");
        assert_eq!(
            [offset("client_ip"), offset("mark"), offset("path"), offset("path_end")],
            [Some(0), Some(12), Some(16), Some(24)]
        );
        assert_eq!([offset("headers"), offset("headers_end")], [Some(48), Some(56)]);
        assert_eq!(layout.size, 64);
    }

    #[test]
    fn methods_are_case_sensitive() {
        assert_eq!(Method::from_name("GET"), Method::Get);
        assert_eq!(Method::from_name("get"), Method::Other);
    }
}
