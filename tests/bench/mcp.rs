//! The server of agents' tools: one client that calls, and very many.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::measure::{Row, Times, ms};
use crate::world::World;

/// Calls of each kind on the standard streams.
const CALLS: usize = 500;
/// Clients of one HTTP server, and for how long.
const CLIENTS: usize = 200;
const FOR: Duration = Duration::from_secs(30);
/// Keys that they contend for.
const KEYS: usize = 20;

fn hello() -> Value {
    json!({ "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "bench", "version": "1" } })
}

/// A server on two pipes.
pub struct Piped {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Piped {
    /// Starts `git coord mcp`, given as a command.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut piped = Self {
            child,
            input,
            output,
        };
        piped.request("initialize", hello());
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        writeln!(piped.input, "{ready}").expect("it reads");
        piped
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(self.input, "{message}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("it is JSON")
    }

    /// Calls a tool and returns its result.
    pub fn tool(&mut self, tool: &str, arguments: Value) -> Value {
        let call = json!({ "name": tool, "arguments": arguments });
        self.request("tools/call", call)["result"].take()
    }

    fn call(&mut self, tool: &str) -> Duration {
        let start = Instant::now();
        let result = self.tool(tool, json!({ "keys": ["src/d000/f07.rs"] }));
        let time = start.elapsed();
        assert_eq!(result["isError"], false, "{result}");
        time
    }

    /// The server's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Piped {
    /// Its answers are all there; how it ends is not what is measured.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lock and unlock on an open server, and the size of its list of tools.
pub fn calls(world: &World) -> Vec<Row> {
    let dir = world.repo("mcp", 100);
    world.config(&dir, "coord.fsync", "false");
    let mut server = Piped::start(world.coord(&dir, &["mcp"]));
    let listed = server.request("tools/list", json!({}));
    let bytes = listed["result"]["tools"].to_string().len();
    server.call("lock");
    server.call("unlock");
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        times.0.push(server.call("lock"));
        times.1.push(server.call("unlock"));
    }
    drop(server);
    let mut rows: Vec<Row> = [("lock", times.0), ("unlock", times.1)]
        .into_iter()
        .map(|(name, times)| {
            let times = Times::of(times);
            let median = times.median();
            Row::figure(
                &format!("MCP call of `{name}`, open server, fsync off"),
                format!("{} ms ({})", ms(median), times.spread()),
                "≤ 1.5 ms",
                Some(median <= Duration::from_micros(1_500)),
            )
        })
        .collect();
    rows.push(Row::figure(
        "`tools/list` of the tools of every day",
        format!("{bytes} bytes"),
        "≤ 8 kB",
        Some(bytes <= 8_000),
    ));
    rows
}

/// A client of an HTTP server, on one connection.
struct Caller {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Caller {
    fn open(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("it is a socket");
        let mut caller = Self {
            stream: BufReader::new(stream),
            head: format!(
                "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\n\
                 Accept: application/json, text/event-stream\r\n"
            ),
        };
        let message =
            json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello() });
        let (headers, _) = caller.post(&message);
        let session = headers.get("mcp-session-id").expect("it has sessions");
        caller
            .head
            .push_str(&format!("Mcp-Session-Id: {session}\r\n"));
        caller.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        caller
    }

    fn post(&mut self, message: &Value) -> (BTreeMap<String, String>, String) {
        let body = message.to_string();
        let request = format!("{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        let stream = self.stream.get_mut();
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ") {
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
        }
        let mut body = Vec::new();
        if headers.contains_key("transfer-encoding") {
            loop {
                let length = usize::from_str_radix(&self.line(), 16).expect("it is a length");
                let mut chunk = vec![0; length + 2];
                self.stream.read_exact(&mut chunk).expect("it goes on");
                body.extend_from_slice(&chunk[..length]);
                if length == 0 {
                    break;
                }
            }
        } else if let Some(length) = headers.get("content-length") {
            body = vec![0; length.parse().expect("it is a number")];
            self.stream.read_exact(&mut body).expect("it goes on");
        }
        (headers, String::from_utf8_lossy(&body).into_owned())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("it goes on");
        line.trim_end().to_owned()
    }

    /// Whether a call had a positive answer; `None` when it had none at all.
    fn call(&mut self, tool: &str, key: &str) -> Option<bool> {
        let params = json!({ "name": tool, "arguments": { "keys": [key] } });
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let (_, body) = self.post(&message);
        let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut answers = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let answer = answers.find(|answer| answer["id"] == 1)?;
        let told = &answer["result"]["structuredContent"];
        match (told["ok"].as_bool(), told["code"].as_str()) {
            (Some(true), _) => Some(true),
            (Some(false), Some("lock_held")) => Some(false),
            _ => None,
        }
    }
}

/// Resident memory of a process, in KiB.
fn memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.unwrap_or_default()
}

/// Very many clients, each its own agent, on one HTTP server.
pub fn crowd(world: &World) -> Vec<Row> {
    let dir = world.repo("mcp-crowd", 100);
    world.config(&dir, "coord.fsync", "false");
    let tokens: Vec<String> = (0..CLIENTS)
        .map(|n| {
            let agent = format!("agent-{n}/s1");
            world.run(world.coord(&dir, &["mcp", "--token-for", &agent]))
        })
        .collect();
    let mut child = world
        .coord(&dir, &["mcp", "--http", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    stderr.read_line(&mut said).expect("it says where");
    let address = said.split("http://").nth(1).expect("it says where");
    let address = address.split('/').next().expect("it has a host").to_owned();
    let (calls, errors, doubled) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let held: Vec<AtomicBool> = (0..KEYS).map(|_| AtomicBool::new(false)).collect();
    let early = Mutex::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for token in &tokens {
            scope.spawn(|| {
                let mut caller = Caller::open(&address, token);
                while start.elapsed() < FOR {
                    let number = fastrand::usize(..KEYS);
                    let key = format!("crowd/{number}");
                    calls.fetch_add(1, Ordering::Relaxed);
                    match caller.call("lock", &key) {
                        Some(true) => {
                            if held[number].swap(true, Ordering::SeqCst) {
                                doubled.fetch_add(1, Ordering::Relaxed);
                            }
                            held[number].store(false, Ordering::SeqCst);
                            calls.fetch_add(1, Ordering::Relaxed);
                            if caller.call("unlock", &key) != Some(true) {
                                errors.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        Some(false) => {}
                        None => {
                            errors.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        scope.spawn(|| {
            std::thread::sleep(FOR / 3);
            *early.lock().expect("nobody panics") = memory(child.id());
        });
    });
    let late = memory(child.id());
    let early = early.into_inner().expect("nobody panics");
    let _ = child.kill();
    let _ = child.wait();
    let (calls, errors) = (calls.into_inner(), errors.into_inner());
    let doubled = doubled.into_inner();
    vec![
        Row::figure(
            "200 clients of one HTTP server for 30 s: errors, double grants",
            format!("{errors}, {doubled} of {calls} calls"),
            "0, 0",
            Some(errors == 0 && doubled == 0),
        ),
        Row::figure(
            "its memory after 10 s and after 30 s",
            format!("{} and {} MiB", early / 1024, late / 1024),
            "flat (≤ 10 % more)",
            Some(late <= early + early / 10),
        ),
    ]
}
