//! One delivery: whether it is GitHub's, and whether it is about anything here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;

use super::{Deliveries, Hints, Secret};
use crate::model::forge::Repo;

/// The path at which deliveries are taken.
pub const PATH: &str = "/github/webhook";
/// Largest body, in bytes. GitHub sends up to 25 MB, of pushes with thousands of commits; the next
/// regular look sees what a larger one would have been about.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Longest id of a delivery or name of an event, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Events that may be about something that is shown or asked for here
/// (<https://docs.github.com/webhooks/webhook-events-and-payloads>).
const EVENTS: [&str; 12] = [
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "pull_request",
    "push",
    "repository",
    "repository_dispatch",
    "status",
];

/// What deliveries are judged by, and whom they wake.
pub struct Receiver {
    secret: Secret,
    deliveries: Deliveries,
    /// The repository that this is about; a webhook of an organisation tells of others too.
    repo: Repo,
    hints: Arc<Hints>,
}

/// An answer to GitHub.
type Said = (StatusCode, &'static str);

/// What is read of a body that is GitHub's.
#[derive(Deserialize)]
struct About {
    #[serde(default)]
    repository: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    full_name: String,
}

impl Receiver {
    /// Takes deliveries about a repository that are signed with this secret.
    pub fn new(secret: Secret, deliveries: Deliveries, repo: Repo, hints: Arc<Hints>) -> Self {
        Self {
            secret,
            deliveries,
            repo,
            hints,
        }
    }

    /// Answers one request, whatever it is.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (status, why) = match self.take(request).await {
            Ok(said) | Err(said) => said,
        };
        let mut response = Response::new(Full::new(Bytes::from_static(why.as_bytes())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if !status.is_success() {
            // What is left of the request is not read.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn take<B>(&self, request: Request<B>) -> Result<Said, Said>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        if parts.uri.path() != PATH {
            return Err((StatusCode::NOT_FOUND, "deliveries go to /github/webhook"));
        }
        if parts.method != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "deliveries are posted"));
        }
        let head = Head::of(&parts.headers)?;
        let whole = Limited::new(body, BODY_BYTES_MAX).collect();
        let body = match tokio::time::timeout(ARRIVAL, whole).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(why)) if why.is::<http_body_util::LengthLimitError>() => return Err(TOO_LARGE),
            Ok(Err(_)) => return Err((StatusCode::BAD_REQUEST, "the body is not whole")),
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the body came too slowly")),
        };
        // Before anything of it is read.
        if !self.secret.signed(&body, head.signature) {
            return Err((StatusCode::UNAUTHORIZED, "the signature is not right"));
        }
        if !self.deliveries.take(head.delivery, head.signature) {
            return Err((StatusCode::CONFLICT, "this delivery was taken before"));
        }
        let Ok(about) = serde_json::from_slice::<About>(&body) else {
            return Err((StatusCode::BAD_REQUEST, "the body is no event"));
        };
        if head.event == "ping" {
            return Ok((StatusCode::OK, "here"));
        }
        if !EVENTS.contains(&head.event) {
            return Ok((StatusCode::OK, "nothing here depends on such events"));
        }
        let repo = self.repo.to_string();
        let is_it = |named: &Named| named.full_name.eq_ignore_ascii_case(&repo);
        // A repository that was renamed tells so by its new name.
        if head.event != "repository" && !about.repository.as_ref().is_some_and(is_it) {
            return Ok((StatusCode::OK, "it is about another repository"));
        }
        self.hints.say();
        Ok((StatusCode::ACCEPTED, "it is looked at soon"))
    }
}

const TOO_LARGE: Said = (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");

/// What the headers say that counts.
struct Head<'h> {
    signature: &'h str,
    delivery: &'h str,
    event: &'h str,
}

impl<'h> Head<'h> {
    fn of(headers: &'h HeaderMap) -> Result<Self, Said> {
        let kind = only(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") || headers.contains_key(CONTENT_ENCODING)
        {
            return Err((
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "set the webhook's content type to application/json",
            ));
        }
        let Some(signature) = only(headers, "x-hub-signature-256") else {
            return Err((
                StatusCode::UNAUTHORIZED,
                "one X-Hub-Signature-256 is needed: give the webhook its secret",
            ));
        };
        let name = |header| only(headers, header).filter(|name| is_name(name));
        let (Some(delivery), Some(event)) = (name("x-github-delivery"), name("x-github-event"))
        else {
            return Err((
                StatusCode::BAD_REQUEST,
                "X-GitHub-Delivery and X-GitHub-Event are needed",
            ));
        };
        let length = only(headers, CONTENT_LENGTH.as_str());
        let length = length.and_then(|length| length.parse::<usize>().ok());
        if length.is_some_and(|length| length > BODY_BYTES_MAX) {
            return Err(TOO_LARGE);
        }
        Ok(Self {
            signature,
            delivery,
            event,
        })
    }
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).into_iter();
    match (all.next(), all.next()) {
        (Some(one), None) => one.to_str().ok(),
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::Full;
    use hyper::Request;

    use super::super::{Deliveries, Hints, Secret};
    use super::{BODY_BYTES_MAX, Receiver};

    const SECRET: &[u8] = b"a-secret-of-both-sides";
    const JSON: (&str, &str) = ("content-type", "application/json");

    struct Site {
        receiver: Receiver,
        hints: Arc<Hints>,
    }

    impl Site {
        fn new() -> Self {
            let hints = Arc::new(Hints::default());
            let receiver = Receiver::new(
                Secret::of(SECRET, "here").unwrap(),
                Deliveries::forgotten(),
                "octo/Shop".parse().unwrap(),
                Arc::clone(&hints),
            );
            Self { receiver, hints }
        }

        /// What is answered, and whether somebody is told to look.
        fn said(&self, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, bool) {
            let (method, path) = line.split_once(' ').unwrap();
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
            let answer = self.receiver.answer(request.body(body).unwrap());
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let status = runtime.block_on(answer).status().as_u16();
            (status, self.hints.wait(Duration::ZERO))
        }
    }

    fn sign(body: &str) -> String {
        Secret::of(SECRET, "here").unwrap().sign(body.as_bytes())
    }

    #[test]
    fn only_what_is_signed_and_about_this_repository_is_a_hint() {
        let site = Site::new();
        let ours = r#"{"action":"created","repository":{"full_name":"Octo/shop"}}"#;
        let post = "POST /github/webhook?x=1";
        for (number, (event, body, is)) in [
            ("issue_comment", ours, (202, true)),
            ("ping", "{}", (200, false)),
            ("star", ours, (200, false)),
            (
                "issues",
                r#"{"repository":{"full_name":"octo/other"}}"#,
                (200, false),
            ),
            ("issues", r#"{"action":"opened"}"#, (200, false)),
            (
                "repository",
                r#"{"action":"renamed","repository":{"full_name":"octo/new"}}"#,
                (202, true),
            ),
            ("issues", "no JSON", (400, false)),
            ("issues", "[", (400, false)),
        ]
        .into_iter()
        .enumerate()
        {
            // The same bytes under another event would be a replay.
            let body = format!("{body}{}", " ".repeat(number));
            let (id, signature) = (format!("d-{number}"), sign(&body));
            let headers = [
                JSON,
                ("x-github-event", event),
                ("x-github-delivery", &id),
                ("x-hub-signature-256", &signature),
            ];
            assert_eq!(site.said(post, &headers, &body), is, "{event} {body}");
            assert_eq!(site.said(post, &headers, &body), (409, false), "a replay");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        let site = Site::new();
        let body = r#"{"repository":{"full_name":"octo/shop"}}"#;
        let right = sign(body);
        let other = sign("other");
        let (event, id) = (("x-github-event", "issues"), ("x-github-delivery", "d-1"));
        let signature = ("x-hub-signature-256", right.as_str());
        let post = "POST /github/webhook";
        let form = ("content-type", "application/x-www-form-urlencoded");
        let large = (BODY_BYTES_MAX + 1).to_string();
        for (line, headers, status) in [
            ("GET /github/webhook", vec![JSON, event, id, signature], 405),
            ("PUT /github/webhook", vec![JSON, event, id, signature], 405),
            ("POST /", vec![JSON, event, id, signature], 404),
            (
                "POST /github/webhook/",
                vec![JSON, event, id, signature],
                404,
            ),
            (post, vec![form, event, id, signature], 415),
            (post, vec![event, id, signature], 415),
            (
                post,
                vec![JSON, ("content-encoding", "gzip"), event, id, signature],
                415,
            ),
            (post, vec![JSON, event, id], 401),
            (
                post,
                vec![JSON, event, id, ("x-hub-signature", &right)],
                401,
            ),
            (post, vec![JSON, event, id, signature, signature], 401),
            (
                post,
                vec![JSON, event, id, ("x-hub-signature-256", &other)],
                401,
            ),
            (post, vec![JSON, event, signature], 400),
            (post, vec![JSON, id, signature], 400),
            (
                post,
                vec![JSON, event, ("x-github-delivery", "a b"), signature],
                400,
            ),
            (post, vec![JSON, event, id, id, signature], 400),
            (
                post,
                vec![JSON, event, id, signature, ("content-length", &large)],
                413,
            ),
        ] {
            assert_eq!(
                site.said(line, &headers, body),
                (status, false),
                "{headers:?}"
            );
        }
        let vast = "x".repeat(BODY_BYTES_MAX + 1);
        let vast_signature = sign(&vast);
        let headers = [JSON, event, id, ("x-hub-signature-256", &vast_signature)];
        assert_eq!(site.said(post, &headers, &vast), (413, false));
        // None of that has used the delivery up.
        let charset = ("content-type", "Application/JSON; charset=utf-8");
        let headers = [charset, event, id, signature];
        assert_eq!(site.said(post, &headers, body), (202, true));
    }
}
