//! One connection to the API, and how a call is made on it.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, USER_AGENT};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::answer::{Answer, next};
use super::{Place, Token, Trouble};
use crate::coord::Failure;
use crate::env;

/// The revision of the API that is spoken.
const REVISION: &str = "2022-11-28";
/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer that is read, in bytes.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often a look is tried.
const LOOKS_MAX: u32 = 3;
/// How long the first repetition waits; later ones longer.
const PAUSE: Duration = Duration::from_millis(200);
/// A limit that ends so soon is waited for.
const LIMIT_WAIT_SECS: u64 = 20;
/// What GitHub asks to wait after a secondary limit that names no time, in seconds.
const SECONDARY_SECS: u64 = 60;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Makes something.
    Post,
    /// Changes something.
    Patch,
    /// Sets something.
    Put,
    /// Takes something away.
    Delete,
}

/// The API of one repository, for one token.
pub struct Client {
    place: Place,
    token: Token,
    crab: Octocrab,
    runtime: Runtime,
    calls: Cell<Calls>,
}

/// How many calls were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Looks that were answered in full.
    pub reads: u32,
    /// Looks that were answered with "as before", which count against no limit.
    pub unchanged: u32,
    /// Changes.
    pub writes: u32,
}

impl Client {
    /// A client that has not made a call yet.
    ///
    /// # Errors
    /// When the app's key is none, or this machine has no certificates to trust.
    pub(super) fn new(place: Place, token: Token) -> Result<Self, Failure> {
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::usage(
                format!("the client of {}: {why}", place.host()),
                "see `git coord help github`",
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|why| wrong(&why))?;
        // Octocrab starts a task of its own.
        let within = runtime.enter();
        let header = |name: &'static str| HeaderName::from_static(name);
        // Looks are repeated here, changes never: whether one happened is seen by looking.
        let builder = Octocrab::builder()
            .add_retry_config(RetryConfig::None)
            .set_connect_timeout(Some(CALL_TIMEOUT))
            .set_read_timeout(Some(CALL_TIMEOUT))
            .set_write_timeout(Some(CALL_TIMEOUT))
            .add_header(header("x-github-api-version"), REVISION.into())
            .base_uri(place.api.as_str())
            .map_err(|why| wrong(&why))?;
        let crab = match &token {
            Token::Plain(token, _) => builder.personal_token(token.clone()).build(),
            Token::App {
                id,
                key,
                installation,
            } => builder
                .app_from_rsa_pem((*id).into(), key)
                .and_then(|builder| builder.build())
                .and_then(|app| app.installation((*installation).into())),
        };
        let crab = crab.map_err(|why| wrong(&why))?;
        drop(within);
        Ok(Self {
            place,
            token,
            crab,
            runtime,
            calls: Cell::default(),
        })
    }

    /// Which repository, and where.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// As whom.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// How many calls were made so far.
    pub fn calls(&self) -> Calls {
        self.calls.get()
    }

    /// A path below the repository's own.
    pub fn path(&self, below: &str) -> String {
        format!("/repos/{}{below}", self.place.repo)
    }

    /// Looks at something; with a mark, only whether it has changed since. A look is tried again when
    /// it was not answered, and when a limit ends soon.
    ///
    /// # Errors
    /// What went wrong in the end.
    pub fn get(&self, path: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        let mut pause = PAUSE;
        let mut tries = 0;
        loop {
            tries += 1;
            let result = self.runtime.block_on(self.look(path, etag));
            let wait = match &result {
                Err(Trouble::Unreached(_) | Trouble::Broken { .. }) => pause,
                Err(Trouble::Limited { secs, .. }) if *secs <= LIMIT_WAIT_SECS => {
                    Duration::from_secs(*secs)
                }
                _ => return result,
            };
            if tries == LOOKS_MAX {
                return result;
            }
            // Those who failed together should not come back together.
            std::thread::sleep(wait.mul_f64(1.0 + fastrand::f64() / 4.0));
            pause *= 3;
        }
    }

    /// Changes something, once: what was not answered may have happened all the same, and is looked
    /// for before anybody tries again. Only a limit that ends soon is waited for, since GitHub says
    /// that nothing was done.
    ///
    /// # Errors
    /// What went wrong.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Trouble> {
        let first = self.runtime.block_on(self.change(method, path, body));
        match first {
            Err(Trouble::Limited { secs, .. }) if secs <= LIMIT_WAIT_SECS => {
                std::thread::sleep(Duration::from_secs(secs));
                self.runtime.block_on(self.change(method, path, body))
            }
            result => result,
        }
    }

    async fn look(&self, path: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/vnd.github+json"),
        );
        headers.insert(USER_AGENT, HeaderValue::from_static("git-coord"));
        if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.insert(IF_NONE_MATCH, etag);
        }
        let sent = self.crab._get_with_headers(path, Some(headers));
        let answer = self.take(sent).await;
        let mut calls = self.calls.get();
        match &answer {
            Ok(answer) if answer.is_unchanged() => calls.unchanged += 1,
            _ => calls.reads += 1,
        }
        self.calls.set(calls);
        answer
    }

    async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Trouble> {
        let mut calls = self.calls.get();
        calls.writes += 1;
        self.calls.set(calls);
        match method {
            Method::Post => self.take(self.crab._post(path, body)).await,
            Method::Patch => self.take(self.crab._patch(path, body)).await,
            Method::Put => self.take(self.crab._put(path, body)).await,
            Method::Delete => self.take(self.crab._delete(path, body)).await,
        }
    }

    async fn take<B, E>(
        &self,
        sent: impl Future<Output = octocrab::Result<hyper::Response<B>>>,
    ) -> Result<Answer, Trouble>
    where
        B: hyper::body::Body<Data = Bytes, Error = E>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let unreached = |why: String| Trouble::Unreached(why);
        let whole = async {
            let response = sent.await.map_err(|why| unreached(root(&why)))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, BYTES_MAX).collect().await;
            let body = body.map_err(|why| unreached(why.to_string()))?.to_bytes();
            Ok((parts.status.as_u16(), parts.headers, body))
        };
        let whole = tokio::time::timeout(CALL_TIMEOUT, whole).await;
        let (status, headers, body) =
            whole.map_err(|_| unreached(format!("nothing for {} s", CALL_TIMEOUT.as_secs())))??;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let value: Value = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        if matches!(status, 200..300 | 304) {
            if value.is_null() && !body.is_empty() {
                let why = "the answer is no JSON".into();
                return Err(Trouble::Odd { status, why });
            }
            return Ok(Answer {
                status,
                body: value,
                etag: text("etag").map(str::to_owned),
                next: text("link").and_then(|link| next(link, &self.place.api)),
            });
        }
        let words = words(&value, status);
        if let Some(secs) = limited(status, &text, &words) {
            return Err(Trouble::Limited { secs, why: words });
        }
        Err(Trouble::of(status, &words))
    }
}

/// What GitHub said, with what it said about single fields.
fn words(body: &Value, status: u16) -> String {
    // A proxy on the way has words of its own.
    let said = ["message", "detail"]
        .iter()
        .find_map(|name| body[name].as_str());
    let mut words = said.map_or_else(|| format!("status {status}"), str::to_owned);
    let lists = ["errors", "validation"]
        .iter()
        .filter_map(|name| body[name].as_array());
    for error in lists.flatten().take(5) {
        let more: Vec<&str> = ["resource", "field", "code", "message"]
            .iter()
            .filter_map(|name| error[name].as_str())
            .chain(error.as_str())
            .collect();
        words.push_str(&format!("; {}", more.join(" ")));
    }
    words
}

/// How long no call is taken, if this is about a limit
/// (<https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
fn limited<'h>(
    status: u16,
    header: &impl Fn(&'static str) -> Option<&'h str>,
    words: &str,
) -> Option<u64> {
    if status != 403 && status != 429 {
        return None;
    }
    let number = |name| header(name).and_then(|text| text.trim().parse::<i64>().ok());
    if let Some(secs) = number("retry-after") {
        return Some(secs.max(1).unsigned_abs());
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let reset = number("x-ratelimit-reset")?;
        // A second more, since clocks differ.
        let left = reset - env::now().utc().timestamp() + 1;
        return Some(left.max(1).unsigned_abs());
    }
    let is_secondary = words.to_lowercase().contains("secondary rate limit");
    (status == 429 || is_secondary).then_some(SECONDARY_SECS)
}

/// The innermost reason of an error, which says most, and has neither address nor token.
fn root(why: &dyn std::error::Error) -> String {
    let mut inner = why;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
