//! Who may speak over HTTP, and as whom.
//!
//! A page in somebody's browser can reach the loopback too, under a name of its choice (DNS
//! rebinding) or across origins. So the name that was asked for must be the loopback's, a request
//! from a page of anywhere else is refused, and nothing is answered without a token.

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};

use super::super::caller::Who;
use super::token::Tokens;

/// Names of the loopback, without a port.
const LOOPBACK: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

/// The rules of one listener.
pub struct Gate {
    tokens: Tokens,
    /// Who speaks without a token, where the socket's permissions say who may at all.
    nobody: Option<Who>,
    /// Names under which it may be reached beside those of the loopback.
    hosts: Vec<String>,
}

impl Gate {
    /// For a listener that anybody on this machine can reach.
    pub fn with_tokens(tokens: Tokens, hosts: Vec<String>) -> Self {
        Self {
            tokens,
            nobody: None,
            hosts,
        }
    }

    /// For a socket that only this user can reach; who shows no token acts as `nobody`.
    pub fn of_socket(tokens: Tokens, nobody: Who) -> Self {
        Self {
            tokens,
            nobody: Some(nobody),
            hosts: Vec::new(),
        }
    }

    /// Lets a request in, or says why not; `peer` is the process that sent it, where that is known.
    ///
    /// # Errors
    /// The status and what to say with it.
    pub fn admit(
        &self,
        headers: &HeaderMap,
        peer: Option<i32>,
    ) -> Result<Who, (StatusCode, &'static str)> {
        if is_from_elsewhere(headers) {
            return Err((StatusCode::FORBIDDEN, "pages have no business here"));
        }
        if !self.is_our_name(headers) {
            return Err((StatusCode::FORBIDDEN, "this host is not known by that name"));
        }
        let mut shown = headers.get_all(AUTHORIZATION).into_iter();
        let token = match (shown.next(), shown.next()) {
            (Some(shown), None) => shown.to_str().ok().and_then(bearer),
            (None, _) => {
                let nobody = self.nobody.as_ref().map(|nobody| nobody.of_peer(peer));
                return nobody.ok_or((StatusCode::UNAUTHORIZED, "a token is needed"));
            }
            _ => None,
        };
        let who = token.and_then(|token| self.tokens.find(token));
        who.ok_or((StatusCode::UNAUTHORIZED, "the token is not known"))
    }

    fn is_our_name(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).into_iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return false;
        };
        let Ok(host) = host.to_str() else {
            return false;
        };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let ours = self.hosts.iter().map(String::as_str);
        LOOPBACK
            .iter()
            .copied()
            .chain(ours)
            .any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Whether a page asks that is not from here. There are none from here, but some programs name the
/// server that they talk to as the origin too.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(ORIGIN).into_iter();
    let origin = match (named.next(), named.next()) {
        (None, _) => return false,
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        _ => return true,
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let site = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    match (site, host) {
        (Some(site), Some(host)) => !site.eq_ignore_ascii_case(host),
        _ => true,
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test says no

    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::super::super::caller::Who;
    use super::{Gate, Tokens};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn status(gate: &Gate, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        gate.admit(&map, None)
            .map_or_else(|(status, _)| status.as_u16(), |_| 200)
    }

    #[test]
    fn only_the_loopback_with_a_token_is_let_in() {
        let tokens = || Tokens::of(&format!("{TOKEN} claude/one\n"));
        let gate = Gate::with_tokens(tokens(), vec!["build.example".into()]);
        let right = format!("Bearer {TOKEN}");
        let right = right.as_str();
        let host = ("host", "127.0.0.1:4000");
        for (headers, expected) in [
            (vec![host, ("authorization", right)], 200),
            (vec![("host", "LOCALHOST"), ("authorization", right)], 200),
            (vec![("host", "[::1]:80"), ("authorization", right)], 200),
            (
                vec![("host", "build.example"), ("authorization", right)],
                200,
            ),
            (vec![host], 401),
            (vec![host, ("authorization", "Bearer wrong")], 401),
            (vec![host, ("authorization", TOKEN)], 401),
            (
                vec![host, ("authorization", right), ("authorization", right)],
                401,
            ),
            (vec![("authorization", right)], 403),
            (
                vec![("host", "evil.example"), ("authorization", right)],
                403,
            ),
            (
                vec![("host", "127.0.0.1.evil.example"), ("authorization", right)],
                403,
            ),
            (
                vec![("host", "127.0.0.1@evil"), ("authorization", right)],
                403,
            ),
            (
                vec![host, ("host", "evil.example"), ("authorization", right)],
                403,
            ),
            (
                vec![
                    host,
                    ("origin", "http://evil.example"),
                    ("authorization", right),
                ],
                403,
            ),
            (
                vec![host, ("origin", "null"), ("authorization", right)],
                403,
            ),
            // Another port is another page.
            (
                vec![
                    host,
                    ("origin", "http://127.0.0.1:4001"),
                    ("authorization", right),
                ],
                403,
            ),
            (
                vec![
                    host,
                    ("origin", "http://127.0.0.1:4000"),
                    ("authorization", right),
                ],
                200,
            ),
            (vec![host, ("origin", "http://127.0.0.1:4000")], 401),
            (
                vec![
                    ("host", "evil.example"),
                    ("origin", "http://evil.example"),
                    ("authorization", right),
                ],
                403,
            ),
            (
                vec![
                    host,
                    ("origin", "http://127.0.0.1:4000"),
                    ("origin", "http://evil.example"),
                    ("authorization", right),
                ],
                403,
            ),
        ] {
            assert_eq!(status(&gate, &headers), expected, "{headers:?}");
        }
        let socket = Gate::of_socket(tokens(), Who::Named("me/one".into()));
        assert_eq!(status(&socket, &[("host", "localhost")]), 200);
        let wrong = [("host", "localhost"), ("authorization", "Bearer wrong")];
        assert_eq!(status(&socket, &wrong), 401);
    }
}
