//! `git daemon`: git's own protocol over bare TCP, with no login at all.

use std::net::TcpListener;

use super::daemon::{start, start_on_port};
use super::{Server, git_program};
use crate::support::wait::until;
use crate::support::{Hub, Running, Sandbox};

/// Serves every hub of a sandbox for reading and writing.
pub struct GitDaemon {
    port: u16,
    _running: Running,
}

/// A daemon that was stopped, whose port waits for it.
#[must_use = "it can be started again"]
pub struct Away {
    port: u16,
}

impl GitDaemon {
    /// Starts the daemon.
    #[track_caller]
    pub fn start(sandbox: &Sandbox) -> Self {
        let (running, port) = start_on_port(READY, |port| start_on(sandbox, port));
        Self {
            port,
            _running: running,
        }
    }

    /// Stops it, and with it every connection: the network is away.
    pub fn stop(self) -> Away {
        Away { port: self.port }
    }

    /// The port that it listens on, for a proxy to go before.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Away {
    /// Waits until somebody has asked for it in vain.
    #[track_caller]
    pub fn until_missed(&self) {
        let there = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        there.set_nonblocking(true).unwrap();
        until("somebody asks for the server", || there.accept().ok());
    }

    /// Starts the daemon again where it was.
    #[track_caller]
    pub fn start(self, sandbox: &Sandbox) -> GitDaemon {
        // A program that was just started had perhaps all that was open here, for a moment.
        let running = until("the daemon is back", || {
            let running = start_on(sandbox, self.port);
            running.prints(READY).then_some(running)
        });
        GitDaemon {
            port: self.port,
            _running: running,
        }
    }
}

/// The line that tells when it is ready; a verbose one.
const READY: &str = "Ready to rumble";

fn start_on(sandbox: &Sandbox, port: u16) -> Running {
    let daemon = git_program(sandbox, "git-daemon");
    let root = sandbox.path().to_str().unwrap();
    let args = [
        "--enable=receive-pack",
        "--export-all",
        "--listen=127.0.0.1",
        // What is left of earlier connections does not keep the port.
        "--reuseaddr",
        "--verbose",
        "--log-destination=stderr",
        &format!("--port={port}"),
        &format!("--base-path={root}"),
        root,
    ];
    start(sandbox, &daemon, &args.map(String::from))
}

impl Server for GitDaemon {
    fn url(&self, hub: &Hub) -> String {
        format!("git://127.0.0.1:{}/{}", self.port, hub.name())
    }
}
