//! A small GitHub of our own: it keeps labels, issues, pull requests, comments, statuses and check runs,
//! pages what it lists, knows what has changed since it was asked last, counts calls, and fails when told
//! to. What it answers is held to GitHub's own description by `tests/github-contract/run`.

#![allow(dead_code, reason = "it can do more than is tried so far")]

pub mod fault;
pub mod hosted;
mod protected;
mod routes;
mod shapes;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use fault::{Cut, Fault};
use hosted::Hosted;
use routes::Asked;

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GET`, and so on.
    pub method: String,
    /// With its query.
    pub path: String,
    /// What was answered; 0 when the connection was cut instead.
    pub status: u16,
}

/// The server; dropping it ends it.
pub struct StandIn {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What it keeps, and what happens to calls on their way.
#[derive(Default)]
struct State {
    hosted: Hosted,
    faults: Vec<Fault>,
    calls: Vec<Call>,
    /// The address that clients know it by, when something stands before it.
    known_as: Option<String>,
    /// Where each thread is a file that shows it as people see it.
    shown_in: Option<PathBuf>,
}

impl StandIn {
    /// Starts one that hosts an empty repository `octo/shop`.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0", None)
    }

    /// Starts one at an address, that clients know by another one if something stands before it.
    pub fn start_at(address: &str, known_as: Option<String>) -> Self {
        let state = State {
            known_as,
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The address of its API.
    pub fn url(&self) -> String {
        let known_as = lock(&self.state).known_as.clone();
        known_as.unwrap_or_else(|| format!("http://{}", self.address))
    }

    /// Keeps a file for each thread in a directory, named after its number.
    pub fn show_in(&self, dir: &Path) {
        let mut state = lock(&self.state);
        state.shown_in = Some(dir.to_owned());
        state.show();
    }

    /// What it keeps.
    pub fn hosted(&self) -> HostedGuard<'_> {
        HostedGuard(lock(&self.state))
    }

    /// Adds a fault for calls to come.
    pub fn fault(&self, fault: Fault) {
        lock(&self.state).faults.push(fault);
    }

    /// Takes all faults back.
    pub fn heal(&self) {
        lock(&self.state).faults.clear();
    }

    /// The calls since they were taken last.
    pub fn peek(&self) -> Vec<Call> {
        lock(&self.state).calls.clone()
    }

    /// The calls since this was asked last.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut lock(&self.state).calls)
    }

    /// Those of them that change something.
    pub fn writes(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.method != "GET" && call.path != "/graphql");
        calls
    }
}

impl State {
    fn show(&self) {
        for (dir, number) in self.shown_in.iter().flat_map(|dir| {
            let numbers = self.hosted.threads.keys();
            numbers.map(move |number| (dir, number))
        }) {
            let text = self.hosted.seen(*number);
            std::fs::write(dir.join(number.to_string()), text).unwrap();
        }
    }
}

/// What a server keeps, while nobody else changes it.
pub struct HostedGuard<'s>(MutexGuard<'s, State>);

impl std::ops::Deref for HostedGuard<'_> {
    type Target = Hosted;

    fn deref(&self) -> &Hosted {
        &self.0.hosted
    }
}

impl std::ops::DerefMut for HostedGuard<'_> {
    fn deref_mut(&mut self) -> &mut Hosted {
        &mut self.0.hosted
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A test that failed while it looked at it has said why already.
    state.lock().unwrap_or_else(|broken| broken.into_inner())
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let state = Arc::clone(&state);
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&state), address));
            // A connection that breaks is one of the things to be tried.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
    address: SocketAddr,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|_| "half a request")?
        .to_bytes();
    let mut state = lock(&state);
    let url = state.known_as.clone();
    let asked = Asked::new(
        &parts,
        &body,
        url.unwrap_or_else(|| format!("http://{address}")),
    );
    let mut call = Call {
        method: parts.method.to_string(),
        path: asked.whole.clone(),
        status: 0,
    };
    let fault = fault::of(&mut state.faults, &asked);
    if let Some(Fault {
        cut: Some(Cut::Before),
        ..
    }) = fault
    {
        state.calls.push(call);
        return Err("cut before anything was done");
    }
    let answered = match fault.as_ref().and_then(Fault::instead) {
        Some(instead) => instead,
        None => routes::answer(&mut state.hosted, &asked, fault.as_ref()),
    };
    if let Some(Fault {
        cut: Some(Cut::After),
        ..
    }) = fault
    {
        state.calls.push(call);
        return Err("cut after it was done");
    }
    state.show();
    call.status = answered.status;
    state.calls.push(call);
    let mut response = Response::builder().status(answered.status);
    for (name, value) in &answered.headers {
        response = response.header(name, value);
    }
    let body = match answered.body {
        serde_json::Value::Null => Bytes::new(),
        body => {
            response = response.header("content-type", "application/json; charset=utf-8");
            Bytes::from(body.to_string())
        }
    };
    Ok(response.body(Full::new(body)).unwrap())
}
