//! Who asks, and what they may.
//!
//! Whoever can open the control socket may do anything: the file system has decided that. On the network everybody
//! may read what the desk shows, as long as the request names the desk by an address or `localhost` (a name of the
//! outside world that leads here is how a web page of a stranger's would read along: DNS rebinding) or brings the token.
//! A change needs more, always: a JSON body and a header that no form and no other site's script can send, and, where
//! the request names an origin, that it is this one. From another machine it needs the token of `[admin] token` too.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::Desk;
use crate::answer::Refusal;

/// Header that marks a change as meant.
pub const MEANT: &str = "x-copydesk";

/// Lets a request from the network through, or says why not.
pub async fn guard(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let headers = request.headers();
    let has_token = has_token(&desk, headers)?;
    if !has_token && !is_named_by_address(headers) {
        return Err(Refusal::forbidden(
            "ask by the desk's IP address or `localhost`, or bring the token of [admin] token",
        ));
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        may_change(headers)?;
        if !peer.ip().to_canonical().is_loopback() && !has_token {
            return Err(Refusal::forbidden(
                "changes from another machine need `Authorization: Bearer TOKEN`, the token of [admin] token",
            ));
        }
    }
    Ok(next.run(request).await)
}

fn text(headers: &HeaderMap, name: impl axum::http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn may_change(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(MEANT).is_none() {
        return Err(Refusal::forbidden("a change needs the header `X-Copydesk: 1`"));
    }
    let kind = text(headers, CONTENT_TYPE).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
        return Err(Refusal::forbidden("a change needs `Content-Type: application/json`"));
    }
    let Some(origin) = text(headers, ORIGIN) else { return Ok(()) };
    let is_own = origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(headers, HOST));
    if is_own { Ok(()) } else { Err(Refusal::forbidden("a change may not come from another site's page")) }
}

/// Whether the right token came; a wrong one is refused at once.
fn has_token(desk: &Desk, headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(given) = text(headers, AUTHORIZATION) else { return Ok(false) };
    let right = match &desk.setup.token {
        Some(token) => token().map_err(Refusal::unavailable)?,
        None => return Err(Refusal::forbidden("no token is set: set [admin] token, or ask without one")),
    };
    let given = given.strip_prefix("Bearer ").unwrap_or_default();
    if is_same(given.as_bytes(), right.as_bytes()) {
        Ok(true)
    } else {
        Err(Refusal::forbidden("that is not the token of [admin] token"))
    }
}

/// Compares in a time that says nothing of where they differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn is_named_by_address(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, HOST) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, name.parse().expect("a header"))])
    }

    #[test]
    fn only_an_address_names_the_desk() {
        for name in ["127.0.0.1", "127.0.0.1:9464", "[::1]:9464", "localhost:1", "10.1.2.3:80", "LOCALHOST"] {
            assert!(is_named_by_address(&host(name)), "{name}");
        }
        for name in ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
            assert!(!is_named_by_address(&host(name)), "{name}");
        }
        assert!(!is_named_by_address(&HeaderMap::new()));
    }

    #[test]
    fn a_change_is_meant_json_and_of_this_origin() {
        let mut headers = host("127.0.0.1:9464");
        assert!(may_change(&headers).is_err());
        headers.insert(MEANT, "1".parse().expect("a header"));
        assert!(may_change(&headers).is_err());
        headers.insert(CONTENT_TYPE, "application/json; charset=utf-8".parse().expect("a header"));
        assert!(may_change(&headers).is_ok());
        headers.insert(ORIGIN, "http://127.0.0.1:9464".parse().expect("a header"));
        assert!(may_change(&headers).is_ok());
        headers.insert(ORIGIN, "http://evil.example".parse().expect("a header"));
        assert!(may_change(&headers).is_err());
        headers.insert(ORIGIN, "null".parse().expect("a header"));
        assert!(may_change(&headers).is_err());
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(is_same(b"abc", b"abc"));
        assert!(!is_same(b"abc", b"abd") && !is_same(b"abc", b"ab") && !is_same(b"", b"a"));
    }
}
