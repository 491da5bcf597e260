//! Streamable HTTP, on the loopback or on a Unix socket.
//!
//! A connection has limited time for its headers and its bodies, there are only so many at once, and
//! nothing is answered before the gate has let a request in.

mod gate;
mod sessions;
mod token;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::server::{Server, Shared, Speaker};
use crate::github::webhook::{PATH as DELIVERIES, Receiver};
pub use gate::Gate;
use sessions::Sessions;
pub use token::Tokens;

/// The path at which the protocol is spoken.
pub const PATH: &str = "/mcp";
/// Most connections at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 512;
/// Largest body of a request, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// The header that names a session.
const SESSION: &str = "mcp-session-id";
/// The pause after a connection could not be accepted, such as when files have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

type Mcp = StreamableHttpService<Server, LocalSessionManager>;
type Body = BoxBody<Bytes, Infallible>;

/// Serves the loopback until the process ends.
pub async fn over_tcp(
    listener: TcpListener,
    shared: Arc<Shared>,
    gate: Gate,
    receiver: Option<Arc<Receiver>>,
) {
    let site = Arc::new(Site {
        receiver,
        ..Site::new(shared, gate)
    });
    loop {
        let seat = site.seat().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and whole.
                let _ = stream.set_nodelay(true);
                site.clone().serve(stream, None, seat);
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves a Unix socket until the process ends.
#[cfg(unix)]
pub async fn over_socket(listener: tokio::net::UnixListener, shared: Arc<Shared>, gate: Gate) {
    let site = Arc::new(Site::new(shared, gate));
    loop {
        let seat = site.seat().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                // Each program at the other end is a client of its own.
                let peer = stream.peer_cred().ok().and_then(|peer| peer.pid());
                site.clone().serve(stream, peer, seat);
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Listens at an address; port 0 is any that is free.
///
/// # Errors
/// Of the operating system.
pub async fn listen(at: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(at).await
}

/// What all connections of one listener share.
struct Site {
    mcp: Mcp,
    gate: Gate,
    sessions: Sessions,
    seats: Arc<Semaphore>,
    /// Takes GitHub's deliveries, if they are wanted.
    receiver: Option<Arc<Receiver>>,
}

impl Site {
    fn new(shared: Arc<Shared>, gate: Gate) -> Self {
        let sessions = Sessions::new();
        let config = StreamableHttpServerConfig::default()
            // The gate has looked at both, also for what is not the protocol's path.
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_max_request_body_bytes(BODY_BYTES_MAX);
        let new = move || Ok(Server::new(Arc::clone(&shared), Speaker::Each));
        Self {
            mcp: StreamableHttpService::new(new, sessions.manager(), config),
            gate,
            sessions,
            seats: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            receiver: None,
        }
    }

    async fn seat(&self) -> tokio::sync::OwnedSemaphorePermit {
        let seat = Arc::clone(&self.seats).acquire_owned().await;
        seat.expect("because it is never closed")
    }

    fn serve(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Option<i32>,
        seat: tokio::sync::OwnedSemaphorePermit,
    ) {
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let site = Arc::clone(&self);
                async move { Ok::<_, Infallible>(site.answer(request, peer).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(ARRIVAL)
                .serve_connection(TokioIo::new(stream), answer);
            // How a connection ends is its client's affair.
            let _ = connection.await;
            drop(seat);
        });
    }

    async fn answer(&self, mut request: Request<Incoming>, peer: Option<i32>) -> Response<Body> {
        // A proxy brings them under a name of its own, and they show a signature instead of a token.
        if let Some(receiver) = &self.receiver
            && request.uri().path() == DELIVERIES
        {
            return receiver.answer(request).await.map(BodyExt::boxed);
        }
        let who = match self.gate.admit(request.headers(), peer) {
            Ok(who) => who,
            Err((status, why)) => return refused(status, why),
        };
        if request.uri().path() != PATH {
            return refused(StatusCode::NOT_FOUND, "there is only /mcp");
        }
        let session = request.headers().get(SESSION).cloned();
        if let Some(id) = &session
            && !self
                .sessions
                .is_of(id.to_str().unwrap_or_default(), &who)
                .await
        {
            return refused(StatusCode::NOT_FOUND, "there is no such session");
        }
        request.extensions_mut().insert(who.clone());
        let (parts, body) = request.into_parts();
        let whole = Limited::new(body, BODY_BYTES_MAX).collect();
        let body = match tokio::time::timeout(ARRIVAL, whole).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
        };
        let request = Request::from_parts(parts, Full::new(body));
        let response = self.mcp.handle(request).await;
        let begun = response
            .headers()
            .get(SESSION)
            .filter(|_| session.is_none());
        if let Some(Ok(id)) = begun.map(|id| id.to_str()) {
            self.sessions.begin(id, who).await;
        }
        response
    }
}

fn refused(status: StatusCode, why: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(why.as_bytes())).boxed());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let scheme = hyper::header::HeaderValue::from_static("Bearer realm=\"git-coord\"");
        headers.insert(hyper::header::WWW_AUTHENTICATE, scheme);
    }
    // What is left of the request is not read.
    let close = hyper::header::HeaderValue::from_static("close");
    headers.insert(hyper::header::CONNECTION, close);
    response
}
