//! Starting a server so that it listens when the test goes on and ends when the test does.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;

use crate::support::{Running, Shell};

/// Runs a server on a leash: when the test process ends, in whatever way, so does the server.
///
/// The test holds the other end of standard input. A test that is dropped kills the group by
/// itself; one that is killed (Ctrl-C) cannot, but its end of the pipe closes all the same.
/// A server that ends by itself takes the leash with it, which closes its output.
const LEASH: &str = "{ \"$@\"; kill -KILL 0; } & read -r end; kill -KILL 0";

/// Free ports that are tried before the test fails.
const TRIES_MAX: usize = 5;

/// Ports that this process has used, which are not used again.
static USED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Starts a server on a leash, in the background.
#[track_caller]
pub fn start(shell: &Shell, program: &Path, args: &[String]) -> Running {
    let mut leashed: Vec<OsString> = ["-c", LEASH, "leash"].map(OsString::from).into();
    leashed.push(program.into());
    leashed.extend(args.iter().map(OsString::from));
    shell.command("sh", leashed).open_input().spawn()
}

/// Starts a server on a free port, and returns when it has printed `ready`.
///
/// A port is free only until somebody else takes it, so a server that ends without being ready is
/// tried again on another one. What it prints tells that it is this server that listens; that the
/// port answers would not.
#[track_caller]
pub fn start_on_port(ready: &str, start: impl Fn(u16) -> Running) -> (Running, u16) {
    let mut last_words = String::new();
    for _ in 0..TRIES_MAX {
        let port = free_port();
        let running = start(port);
        if running.prints(ready) {
            return (running, port);
        }
        last_words = running.stderr();
    }
    panic!("no server after {TRIES_MAX} ports; the last one said:\n{last_words}");
}

/// Returns a port that was free a moment ago and that no other test here was given.
fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        if USED.lock().unwrap().insert(port) {
            return port;
        }
    }
}
