//! Servers on free ports of the loopback, in a temporary directory, that end when they are dropped.

mod git;
mod http;
mod lfs;
mod postgres;
mod redis;

pub use git::{GitServers, Transport};
pub use http::post;
pub use lfs::LfsServer;
pub use postgres::{Postgres, Session};
pub use redis::{Connection, Redis};

use std::io::{BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::patience::MOST;

/// Ends the server when standard input ends, whichever way this program does.
const LEASH: &str = "signal=$1; shift; \"$@\" & server=$!; read -r end; kill -$signal $server; \
    (sleep 5; kill -KILL 0) & wait $server; kill -KILL 0";

/// How long a server may take to answer for the first time.
const READY: Duration = Duration::from_secs(30);

/// A server that runs.
pub struct Leash {
    child: Child,
    input: Option<ChildStdin>,
}

impl Leash {
    /// Starts a server; `signal` is the one that ends it in order.
    pub fn start(command: &Command, signal: &str) -> Result<Self, String> {
        let mut leashed = Command::new("sh");
        leashed.args(["-c", LEASH, "leash", signal]);
        leashed.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leashed.env(name, value),
                None => leashed.env_remove(name),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            leashed.current_dir(dir);
        }
        leashed
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = leashed
            .process_group(0)
            .spawn()
            .map_err(|why| why.to_string())?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    /// The processes of the server, without the shell that holds it.
    pub fn processes(&self) -> Vec<u32> {
        let mut all = children(self.child.id());
        let mut at = 0;
        while at < all.len() {
            all.extend(children(all[at]));
            at += 1;
        }
        all
    }

    /// Memory of the server's processes in bytes; what they share is counted once.
    pub fn memory(&self) -> f64 {
        self.processes().into_iter().map(memory).sum()
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The part of memory that is a process's own or its share of what it shares, in bytes.
pub fn memory(id: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let size = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    size.unwrap_or_default() * 1024.0
}

fn children(id: u32) -> Vec<u32> {
    let mut text = String::new();
    let file = std::fs::File::open(format!("/proc/{id}/task/{id}/children"));
    let _ = file.and_then(|mut file| file.read_to_string(&mut text));
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Asks again and again until there is an answer.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(why) if start.elapsed() > READY => return Err(format!("{what}: {why}")),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// A connection on which small messages go at once, and an answer is not waited for without end.
pub fn connect(port: u16) -> Result<BufReader<TcpStream>, String> {
    let text = |why: std::io::Error| why.to_string();
    let stream = TcpStream::connect(("127.0.0.1", port)).map_err(text)?;
    stream.set_nodelay(true).map_err(text)?;
    stream.set_read_timeout(Some(MOST)).map_err(text)?;
    Ok(BufReader::new(stream))
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| why.to_string())?;
    Ok(listener.local_addr().map_err(|why| why.to_string())?.port())
}

/// Finds a program on the search path or where Debian keeps servers.
pub fn program(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("`{name}` is not installed"))
}
