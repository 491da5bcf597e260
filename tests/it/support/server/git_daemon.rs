//! `git daemon`: git's own protocol over bare TCP, with no login at all.

use super::daemon::{start, start_on_port};
use super::{Server, git_program};
use crate::support::{Hub, Running, Sandbox};

/// Serves every hub of a sandbox for reading and writing.
pub struct GitDaemon {
    port: u16,
    _running: Running,
}

impl GitDaemon {
    /// Starts the daemon.
    #[track_caller]
    pub fn start(sandbox: &Sandbox) -> Self {
        let daemon = git_program(sandbox, "git-daemon");
        let root = sandbox.path().to_str().unwrap();
        let (running, port) = start_on_port("Ready to rumble", |port| {
            let args = [
                "--enable=receive-pack",
                "--export-all",
                "--listen=127.0.0.1",
                // The line that tells when it is ready is a verbose one.
                "--verbose",
                "--log-destination=stderr",
                &format!("--port={port}"),
                &format!("--base-path={root}"),
                root,
            ];
            start(sandbox, &daemon, &args.map(String::from))
        });
        Self {
            port,
            _running: running,
        }
    }

    /// The port that it listens on, for a proxy to go before.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Server for GitDaemon {
    fn url(&self, hub: &Hub) -> String {
        format!("git://127.0.0.1:{}/{}", self.port, hub.name())
    }
}
