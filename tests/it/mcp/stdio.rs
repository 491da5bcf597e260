//! The server on the standard streams: its lines, its lists, its end.

use serde_json::json;

use super::wire::{REVISION, Wire};
use crate::support::Sandbox;
use crate::support::race::at_once;

#[test]
fn the_lists_are_as_the_protocol_has_them() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let mut wire = Wire::open(&alice, &[], "a-client");
    assert_eq!(wire.tools().len(), 12);
    let listed = alice.coord(["mcp", "--list"]).ok().stdout;
    assert!(listed.lines().all(|name| wire.tools().contains(name)));
    assert_eq!(listed.lines().count(), 12);
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["task", "add", "one", "--id", "one"]).ok();
    for (uri, field) in [
        ("coord://status", "here"),
        ("coord://locks", "locks"),
        ("coord://tasks/ready", "tasks"),
        ("coord://task/one", "task"),
        ("coord://handoffs/recent", "handoffs"),
        ("coord://agents", "sessions"),
        ("coord://agent/alice", "sessions"),
        ("coord://features/active", "features"),
        ("coord://queue", "entries"),
        ("coord://memory/recent", "memories"),
        ("coord://audit/recent", "entries"),
        ("coord://config", "agent"),
        ("coord://why/src%2Fa.rs", "reasons"),
    ] {
        let answer = wire.request("resources/read", json!({ "uri": uri }));
        let text = answer["result"]["contents"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("{uri}: {answer}"));
        let data: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(data.get(field).is_some(), "{uri}: {data:#}");
    }
    let listed = wire.request("resources/list", json!({}));
    assert_eq!(listed["result"]["resources"].as_array().unwrap().len(), 10);
    for uri in ["coord://nothing", "coord://task/none", "file:///etc/passwd"] {
        let answer = wire.request("resources/read", json!({ "uri": uri }));
        assert_eq!(answer["error"]["code"], -32002, "{uri}: {answer}");
        assert_eq!(answer["error"]["data"]["uri"], uri, "{answer}");
    }
    let prompts = wire.request("prompts/list", json!({}));
    assert_eq!(prompts["result"]["prompts"].as_array().unwrap().len(), 5);
    let wanted = json!({ "name": "edit-safely", "arguments": { "path": "src/a.rs" } });
    let prompt = wire.request("prompts/get", wanted).to_string();
    assert!(prompt.contains("Change `src/a.rs`"), "{prompt}");
    let wanted = json!({ "ref": { "type": "ref/prompt", "name": "edit-safely" },
        "argument": { "name": "path", "value": "src" } });
    let completed = wire.request("completion/complete", wanted);
    assert_eq!(
        completed["result"]["completion"]["values"],
        json!(["src/a.rs"])
    );
    let wanted = json!({ "ref": { "type": "ref/resource", "uri": "coord://task/{id}" },
        "argument": { "name": "id", "value": "" } });
    let completed = wire.request("completion/complete", wanted);
    assert_eq!(completed["result"]["completion"]["values"], json!(["one"]));
    wire.close().ok();
}

#[test]
fn every_revision_with_a_handshake_is_spoken() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", REVISION] {
        let mut wire = Wire::silent(&alice, &[]);
        let hello = json!({ "protocolVersion": revision, "capabilities": {},
            "clientInfo": { "name": "c", "version": "1" } });
        let answer = wire.request("initialize", hello);
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        assert_eq!(wire.call("status", json!({}))["ok"], true);
    }
}

#[test]
fn lines_that_are_none_of_the_protocol_end_nothing() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let mut wire = Wire::open(&alice, &[], "a-client");
    for line in [
        "\n",
        "not json\n",
        "[]\n",
        "{\"jsonrpc\":\"2.0\"}\n",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"none\"}\n",
        "\u{1b}[2J\n",
    ] {
        wire.say_raw(line);
    }
    let deep = format!("{}1{}\n", "[".repeat(5_000), "]".repeat(5_000));
    wire.say_raw(&deep);
    assert_eq!(wire.call("status", json!({}))["ok"], true);
    let unknown = wire.request("tools/call", json!({ "name": "none", "arguments": {} }));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    wire.close().ok();
}

#[test]
fn outside_a_repository_it_says_so_and_ends() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let outcome = alice
        .moved(sandbox.path().join("tmp"))
        .coord(["mcp"])
        .failed();
    assert!(
        outcome.stderr.contains("is not inside a git repository"),
        "{outcome}"
    );
    assert_eq!(outcome.stdout, "");
    let outcome = alice.coord(["mcp", "--tools", "none"]).code(2);
    assert!(outcome.stderr.contains("`none` is no tool"), "{outcome}");
}

/// Servers of many agents in one clone are as exclusive as commands are.
#[test]
fn of_many_servers_one_gets_the_lock() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let agents = (0..6).map(|n| repo.agent(&format!("agent-{n}")));
    let mut wires: Vec<Wire> = agents.map(|agent| Wire::open(&agent, &[], "c")).collect();
    for _ in 0..5 {
        let taken = at_once(wires.iter_mut().collect(), |wire: &mut Wire| {
            wire.call("lock", json!({ "keys": ["src/a.rs"] }))["ok"] == true
        });
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
        for (wire, taken) in wires.iter_mut().zip(taken) {
            if taken {
                assert_eq!(wire.call("unlock", json!({ "all": true }))["ok"], true);
            }
        }
    }
}
