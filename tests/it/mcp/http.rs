//! The server over HTTP: who gets in, as whom, and what it bears.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::wire::REVISION;
use crate::support::race::at_once;
use crate::support::wait::{DEADLINE, until};
use crate::support::{Agent, Running, Sandbox};

/// A server on the loopback.
struct Site {
    running: Running,
    address: String,
}

impl Site {
    #[track_caller]
    fn open(agent: &Agent, more: &[&str]) -> Self {
        let args = [&["mcp", "--http", "127.0.0.1:0"], more].concat();
        let running = agent.prepared(args).spawn();
        assert!(running.prints("; tokens are in"), "{}", running.stderr());
        let said = running.stderr();
        let address = said.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        Self { running, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Sends a request with these header lines, and returns the status and all of the answer.
    fn send(&self, head: &str, headers: &[&str], body: &str) -> (u16, String) {
        exchange(self.connect(), head, headers, body)
    }

    fn client(&self, token: &str) -> Client<'_> {
        let mut client = Client {
            site: self,
            token: format!("Authorization: Bearer {token}"),
            session: String::new(),
        };
        let hello = json!({ "protocolVersion": REVISION, "capabilities": {},
            "clientInfo": { "name": "c", "version": "1" } });
        let (status, answer) = client.post(&json!(
            { "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello }));
        assert_eq!(status, 200, "{answer}");
        let lines = answer.lines();
        let session = lines
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id"));
        client.session = format!("Mcp-Session-Id: {}", session.unwrap().1);
        let (status, answer) =
            client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        assert_eq!(status, 202, "{answer}");
        client
    }
}

/// A client with a token.
struct Client<'s> {
    site: &'s Site,
    token: String,
    session: String,
}

impl Client<'_> {
    fn post(&self, message: &Value) -> (u16, String) {
        let mut headers = vec!["Host: localhost", self.token.as_str(), JSON, ACCEPT];
        if !self.session.is_empty() {
            headers.push(&self.session);
        }
        self.site.send("POST /mcp", &headers, &message.to_string())
    }

    #[track_caller]
    fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let (status, answer) = self.post(&message);
        assert_eq!(status, 200, "{answer}");
        let data = answer
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let messages = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let mut results = messages.filter(|message| message["id"] == 1);
        let result = results.next().unwrap_or_else(|| panic!("{answer}"));
        result["result"]["structuredContent"].clone()
    }
}

const JSON: &str = "Content-Type: application/json";
const ACCEPT: &str = "Accept: application/json, text/event-stream";

fn exchange(
    mut stream: impl Read + Write,
    head: &str,
    headers: &[&str],
    body: &str,
) -> (u16, String) {
    let length = body.len();
    let headers = headers.join("\r\n");
    let request = format!(
        "{head} HTTP/1.1\r\n{headers}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    // One that is refused early is not read to its end.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).replace("\r\n", "\n");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), answer)
}

fn token_for(agent: &Agent, who: &str) -> String {
    let token = agent.coord(["mcp", "--token-for", who]).ok().stdout;
    token.trim().to_owned()
}

#[test]
fn nobody_gets_in_without_a_token_or_by_another_name() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let site = Site::open(&alice, &[]);
    let file = alice.path().join(".git/coord/mcp-tokens");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = std::fs::read_to_string(&file).unwrap();
    let right = format!("Authorization: Bearer {}", token.trim());
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let host = "Host: localhost";
    for (head, headers, expected) in [
        ("POST /mcp", vec![host, JSON, ACCEPT], 401),
        ("POST /other", vec![host, JSON, ACCEPT], 401),
        ("GET /mcp", vec![host, ACCEPT], 401),
        (
            "OPTIONS /mcp",
            vec![host, "Origin: http://evil.example"],
            403,
        ),
        (
            "POST /mcp",
            vec![host, JSON, ACCEPT, "Authorization: Bearer wrong"],
            401,
        ),
        (
            "POST /mcp",
            vec!["Host: evil.example", JSON, ACCEPT, &right],
            403,
        ),
        (
            "POST /mcp",
            vec![host, "Origin: http://localhost:1", JSON, ACCEPT, &right],
            403,
        ),
        ("POST /other", vec![host, JSON, ACCEPT, &right], 404),
        (
            "POST /mcp",
            vec![host, "Content-Type: text/plain", ACCEPT, &right],
            415,
        ),
        ("POST /mcp", vec![host, JSON, &right], 406),
    ] {
        let (status, answer) = site.send(head, &headers, list);
        assert_eq!(status, expected, "{head} {headers:?}: {answer}");
        assert!(!answer.contains("lock"), "{answer}");
        assert!(
            !answer.to_lowercase().contains("access-control-allow"),
            "{answer}"
        );
    }
    let large = "x".repeat(2 * 1024 * 1024);
    let (status, answer) = site.send("POST /mcp", &[host, JSON, ACCEPT, &right], &large);
    assert!(status == 413 || answer.is_empty(), "{answer}");
    let client = site.client(token.trim());
    assert_eq!(client.call("status", json!({}))["ok"], true);
}

/// Some programs, the protocol's own conformance tests among them, name the server that they talk to
/// as the origin.
#[test]
fn a_client_that_names_the_server_as_its_origin_was_refused() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let right = format!("Authorization: Bearer {}", token_for(&alice, "claude/one"));
    let site = Site::open(&alice, &[]);
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params":
        { "protocolVersion": REVISION, "capabilities": {},
          "clientInfo": { "name": "c", "version": "1" } } })
    .to_string();
    for (origin, token, expected) in [
        ("Origin: http://localhost", &*right, 200),
        ("Origin: http://localhost", "X-None: 1", 401),
        ("Origin: http://127.0.0.1", &*right, 403),
        ("Origin: http://localhost.evil.example", &*right, 403),
    ] {
        let headers = ["Host: localhost", origin, JSON, ACCEPT, token];
        let (status, answer) = site.send("POST /mcp", &headers, &hello);
        assert_eq!(status, expected, "{origin} {token}: {answer}");
    }
}

#[test]
fn a_token_is_an_agent() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let (claude, codex) = (
        token_for(&alice, "claude/one"),
        token_for(&alice, "codex/two"),
    );
    let site = Site::open(&alice, &[]);
    let (one, two) = (site.client(&claude), site.client(&codex));
    assert_eq!(
        one.call("lock", json!({ "keys": ["src/a.rs"] }))["ok"],
        true
    );
    let refused = two.call("lock", json!({ "keys": ["src/a.rs"] }));
    assert_eq!(
        refused["conflicts"][0]["by"]["agent"], "claude",
        "{refused:#}"
    );
    // A session of the protocol is of use only together with the token that began it.
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for session in [one.session.clone(), "Mcp-Session-Id: none".to_owned()] {
        let borrowed = Client {
            site: &site,
            token: two.token.clone(),
            session,
        };
        assert_eq!(borrowed.post(&list).0, 404);
    }
    // Tokens without a session are sessions of their own, whatever the server was started as.
    let (third, fourth) = (token_for(&alice, "gemini"), token_for(&alice, "gemini"));
    let who = |token: &str| {
        let who = site
            .client(token)
            .call("coord", json!({ "operation": "whoami" }));
        let name = |field: &str| who[field].as_str().unwrap().to_owned();
        (name("agent"), name("session"))
    };
    assert_eq!(who(&third).0, "gemini");
    assert_ne!(who(&third).1, who(&fourth).1);
    assert_ne!(who(&third).1, "s1");
    // One whose line is gone is nobody.
    std::fs::write(alice.path().join(".git/coord/mcp-tokens"), "").unwrap();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(one.post(&message).0, 401);
    alice.coord(["mcp", "--token-for", "no/such/name"]).code(2);
}

#[test]
fn a_socket_is_for_its_owner() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let path = sandbox.path().join("mcp.sock");
    let open = || {
        let running = alice
            .prepared(["mcp", "--socket", path.to_str().unwrap()])
            .spawn();
        assert!(running.prints("serving /mcp on"), "{}", running.stderr());
        running
    };
    let mut running = open();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params":
        { "protocolVersion": REVISION, "capabilities": {},
          "clientInfo": { "name": "c", "version": "1" } } });
    let say = || {
        let stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let headers = ["Host: localhost", JSON, ACCEPT];
        exchange(stream, "POST /mcp", &headers, &hello.to_string())
    };
    assert_eq!(say().0, 200);
    // A second one does not take the place of one that is at work; a dead one is replaced.
    let path_text = path.to_str().unwrap();
    alice.coord(["mcp", "--socket", path_text]).failed();
    running.kill();
    assert!(path.exists());
    let _again = open();
    assert_eq!(say().0, 200);
}

/// Two programs at one socket are two sessions.
#[test]
fn clients_of_a_socket_were_one_session() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let path = sandbox.path().join("mcp.sock");
    let args = ["mcp", "--socket", path.to_str().unwrap()];
    let running = alice.prepared(args).spawn();
    assert!(running.prints("serving /mcp on"), "{}", running.stderr());
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "lock", "arguments": { "keys": ["src/a.rs"] },
        "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "c", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {} } } });
    // A program of its own each time, with no session of the protocol.
    let ask = || {
        let asked = alice.command(
            "curl",
            [
                "--silent",
                "--unix-socket",
                path.to_str().unwrap(),
                "http://localhost/mcp",
                "--header",
                JSON,
                "--header",
                ACCEPT,
                "--header",
                "MCP-Protocol-Version: 2026-07-28",
                "--header",
                "Mcp-Method: tools/call",
                "--header",
                "Mcp-Name: lock",
                "--data",
                &call.to_string(),
            ],
        );
        asked.run().ok().stdout
    };
    let taken = ask();
    assert!(taken.contains("acquired"), "{taken}");
    let again = ask();
    assert!(again.contains("other_session"), "{again}");
}

#[test]
fn only_the_loopback_is_served_without_a_word() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let outcome = alice.coord(["mcp", "--http", "0.0.0.0:0"]).code(2);
    assert!(outcome.stderr.contains("not of the loopback"), "{outcome}");
}

#[test]
fn one_who_sends_nothing_keeps_nobody_waiting() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let token = token_for(&alice, "claude/one");
    let site = Site::open(&alice, &[]);
    let mut silent: Vec<TcpStream> = (0..50).map(|_| site.connect()).collect();
    for stream in &mut silent {
        stream
            .write_all(b"POST /mcp HTTP/1.1\r\nHost: loc")
            .unwrap();
    }
    let client = site.client(&token);
    assert_eq!(client.call("status", json!({}))["ok"], true);
    // They are shown out when their time is over.
    let mut first = silent.remove(0);
    first
        .set_read_timeout(Some(Duration::from_secs(40)))
        .unwrap();
    let mut rest = Vec::new();
    let _ = first.read_to_end(&mut rest);
}

/// Many clients of one server, each its own agent: every lock has one holder, and every call an
/// answer.
#[test]
fn parallel_clients_share_one_server() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let tokens: Vec<String> = (0..12)
        .map(|n| token_for(&alice, &format!("agent-{n}/s")))
        .collect();
    let site = Site::open(&alice, &[]);
    let clients: Vec<Client<'_>> = tokens.iter().map(|token| site.client(token)).collect();
    let held = std::sync::Mutex::new(std::collections::BTreeSet::new());
    let turns = at_once(clients, |client: Client<'_>| {
        let mut granted = 0;
        for turn in 0..8 {
            let key = format!("k{}", turn % 2);
            let answer = client.call("lock", json!({ "keys": [key] }));
            if answer["ok"] == true {
                assert!(held.lock().unwrap().insert(key.clone()), "held twice");
                granted += 1;
                // Long enough for everybody else to ask for it too.
                let mine = client.call("coord", json!({ "operation": "locks" }));
                assert!(mine.to_string().contains(&key), "{mine:#}");
                assert!(held.lock().unwrap().remove(&key));
                let back = client.call("unlock", json!({ "keys": [key] }));
                assert_eq!(back["ok"], true, "{back:#}");
            } else {
                assert_eq!(answer["code"], "lock_held", "{answer:#}");
            }
        }
        granted
    });
    assert!(turns.iter().sum::<usize>() >= 8, "{turns:?}");
    alice.coord(["log", "--verify"]).ok();
    until("the server goes on", || {
        (!site.running.has_ended()).then_some(())
    });
}
