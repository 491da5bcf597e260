//! A server for deliveries alone.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::Receiver;
use crate::coord::Failure;

/// Most connections at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 32;
/// Most that is read of the headers of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long the headers of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may last, whatever it does.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// The pause after a connection could not be accepted, such as when files have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens at an address of the loopback; port 0 is any that is free.
///
/// # Errors
/// When it is another address, since a proxy that ends TLS belongs before it; or of the operating
/// system.
pub async fn listen(at: SocketAddr) -> Result<TcpListener, Failure> {
    if !at.ip().is_loopback() {
        return Err(Failure::usage(
            format!("{at} is not of the loopback, and deliveries would travel in clear"),
            "put a proxy that ends TLS before a loopback address such as 127.0.0.1:7421",
        ));
    }
    let bound = TcpListener::bind(at).await;
    bound.map_err(|why| Failure::usage(format!("{at}: {why}"), "try another one"))
}

/// Serves deliveries until the process ends.
pub async fn serve(listener: TcpListener, receiver: Arc<Receiver>) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let seat = Arc::clone(&seats).acquire_owned().await;
        let seat = seat.expect("because it is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let receiver = Arc::clone(&receiver);
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let receiver = Arc::clone(&receiver);
                async move { Ok::<_, Infallible>(receiver.answer(request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(HEAD_BYTES_MAX)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            // How a connection ends is its client's affair.
            let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
            drop(seat);
        });
    }
}
