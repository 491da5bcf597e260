//! A client that speaks the protocol by hand, so that a test sees the very lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::wait::until;
use crate::support::{Outcome, Running, Shell};

/// The last revision that has a handshake.
pub const REVISION: &str = "2025-11-25";

/// A server at the other end of two pipes.
pub struct Wire {
    running: Running,
    requests: u64,
}

impl Wire {
    /// Starts a server and introduces a client to it.
    #[track_caller]
    pub fn open(shell: &Shell, args: &[&str], client: &str) -> Self {
        let mut wire = Self::silent(shell, args);
        let answer = wire.request(
            "initialize",
            json!({
                "protocolVersion": REVISION,
                "capabilities": {},
                "clientInfo": { "name": client, "version": "1" },
            }),
        );
        assert_eq!(answer["result"]["protocolVersion"], REVISION, "{answer}");
        wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        wire
    }

    /// Starts a server, and says nothing yet.
    #[track_caller]
    pub fn silent(shell: &Shell, args: &[&str]) -> Self {
        let args = [&["mcp"], args].concat();
        Self {
            running: shell.prepared(args).open_input().spawn(),
            requests: 0,
        }
    }

    /// Sends one line.
    pub fn say(&mut self, message: &Value) {
        self.running.tell(&format!("{message}\n"));
    }

    /// Sends one line as it stands.
    pub fn say_raw(&mut self, line: &str) {
        self.running.tell(line);
    }

    /// Sends a request, and returns its number.
    pub fn ask(&mut self, method: &str, params: Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.say(&message);
        id
    }

    /// Sends a request and returns the whole answer.
    #[track_caller]
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// The answer to a request, when it is there.
    #[track_caller]
    pub fn answer(&self, id: u64) -> Value {
        until(&format!("an answer to request {id}"), || {
            let said = self.said();
            said.into_iter().find(|message| message["id"] == id)
        })
    }

    /// Everything that was printed so far, whole lines only. Each has to be a message.
    #[track_caller]
    pub fn said(&self) -> Vec<Value> {
        let printed = self.running.stdout();
        let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
        whole
            .lines()
            .map(|line| {
                let message: Value = serde_json::from_str(line)
                    .unwrap_or_else(|why| panic!("{why}: not of the protocol: {line}"));
                assert_eq!(message["jsonrpc"], "2.0", "{line}");
                message
            })
            .collect()
    }

    /// The notifications of one kind so far.
    pub fn notified(&self, method: &str) -> Vec<Value> {
        let mut said = self.said();
        said.retain(|message| message["method"] == method);
        said
    }

    /// Calls a tool, and returns what it answers as data: both forms say the same.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.request(
            "tools/call",
            json!({ "name": tool, "arguments": arguments }),
        );
        let result = &answer["result"];
        let data = result["structuredContent"].clone();
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        let read: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{answer}"));
        assert_eq!(read, data);
        assert_eq!(
            result["isError"].as_bool(),
            data["ok"].as_bool().map(|ok| !ok)
        );
        data
    }

    /// The names of the tools.
    #[track_caller]
    pub fn tools(&mut self) -> BTreeSet<String> {
        let answer = self.request("tools/list", json!({}));
        let tools = answer["result"]["tools"].as_array().unwrap().clone();
        tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Who this connection acts as: agent and session.
    #[track_caller]
    pub fn whoami(&mut self) -> (String, String) {
        let who = self.call("coord", json!({ "operation": "whoami" }));
        let name = |field: &str| who[field].as_str().unwrap().to_owned();
        (name("agent"), name("session"))
    }

    /// Closes the server's input, and waits for its end.
    #[track_caller]
    pub fn close(mut self) -> Outcome {
        self.running.close_input();
        self.running.wait()
    }
}
