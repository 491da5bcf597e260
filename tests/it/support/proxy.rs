//! A proxy before `git daemon` that loses exactly what a test wants lost.
//!
//! To the client, `CutBefore` and `DropAnswer` look alike; only the server knows which it was. That
//! is the whole point: a program must not conclude from a lost connection what happened.

mod connection;

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use super::Hub;
use super::server::{GitDaemon, Server};

/// What the proxy does with connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Carries everything.
    #[default]
    Pass,
    /// Cuts a push before any of it reaches the server, which therefore applies nothing.
    CutBefore,
    /// Carries a push, lets the server finish, swallows its answer and closes.
    DropAnswer,
    /// Takes connections, fetches too, and never answers them.
    Hang,
}

/// How many connections of each kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections to `git-upload-pack`: clones, fetches, `ls-remote`.
    pub fetches: usize,
    /// Connections to `git-receive-pack`, whether or not anything was then pushed.
    pub pushes: usize,
}

/// Connections in the life of one proxy. Each costs two threads at most.
const CONNECTIONS_MAX: usize = 500;

/// A running proxy; dropping it cuts all connections and waits for its threads.
pub struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    behaviour: Behaviour,
    once: bool,
    seen: Seen,
    closing: bool,
    /// Every connection so far, so that closing the proxy can end those that wait.
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// Puts a proxy before a daemon.
    pub fn before(daemon: &GitDaemon) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, upstream) = (Arc::clone(&state), daemon.port());
        let acceptor = thread::spawn(move || accept(&listener, upstream, &shared));
        Self {
            port,
            state,
            acceptor: Some(acceptor),
        }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Behaves like this from the next connection or push on.
    pub fn set(&self, behaviour: Behaviour) {
        let mut state = lock(&self.state);
        (state.behaviour, state.once) = (behaviour, false);
    }

    /// Behaves like this for the next push, and then passes everything again.
    pub fn once(&self, behaviour: Behaviour) {
        assert_ne!(
            behaviour,
            Behaviour::Hang,
            "a hang happens before it is known to be a push"
        );
        let mut state = lock(&self.state);
        (state.behaviour, state.once) = (behaviour, true);
    }

    /// Counts the connections so far.
    pub fn seen(&self) -> Seen {
        lock(&self.state).seen
    }
}

impl Server for Proxy {
    fn url(&self, hub: &Hub) -> String {
        format!("git://127.0.0.1:{}/{}", self.port, hub.name())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        lock(&self.state).closing = true;
        // Wakes the acceptor, which then sees that it is over.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        for stream in &lock(&self.state).streams {
            // One that is closed already needs nothing.
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

fn accept(listener: &TcpListener, upstream: u16, state: &Arc<Mutex<State>>) {
    let mut connections = Vec::new();
    // Past the limit nobody is let in, and the client's deadline ends the test.
    for client in listener.incoming().take(CONNECTIONS_MAX) {
        if lock(state).closing {
            break;
        }
        let Ok(client) = client else { continue };
        let state = Arc::clone(state);
        // A connection that breaks is what this proxy is for.
        connections.push(thread::spawn(move || {
            drop(connection::carry(&client, upstream, &state))
        }));
    }
    for connection in connections {
        let _ = connection.join();
    }
}
