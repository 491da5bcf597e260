//! A landed commit says how it was checked.

use serde_json::{Value, json};

use super::{program, told};
use crate::support::{Agent, Sandbox};

const CHECK: &str = "0123456789abcdef";

fn handle(agent: &Agent, requests: &[Value]) -> Value {
    let ask = json!({"requests": requests, "check": CHECK});
    told(&program::prepared(agent, &ask).run())
}

/// A run of the check on a tree, by an agent.
fn run(agent: &Agent, tree: &str, outcome: &str, millis: u64) -> [Value; 2] {
    let check = json!({"id": CHECK, "command": "make\u{202e} test"});
    let common = json!({"target": "main", "tree": tree, "check": check, "purpose": {"certify": {"ids": ["topic"]}}});
    let mut ran = common.clone();
    ran["run"] = json!({
        "by": {"agent": agent.name(), "session": "s1"}, "at": "2026-01-02T03:04:05Z",
        "millis": millis, "outcome": outcome, "host": "box",
    });
    [
        json!({"queue": {"start": common}}),
        json!({"queue": {"ran": ran}}),
    ]
}

#[test]
fn a_landed_commit_has_a_note_of_its_checks_in_every_clone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["init", "--remote", "origin"]).ok();
    let bob = hub.clone_as("bob");
    bob.coord(["init", "--remote", "origin"]).ok();
    bob.coord(["sync"]).ok();
    let base = alice.ask_git(["rev-parse", "HEAD"]);
    alice.git(["switch", "--quiet", "--create", "topic"]).ok();
    let sealed = alice.commit("src/new.rs", "new\n");
    alice.git(["switch", "--quiet", "main"]).ok();
    alice
        .git([
            "merge",
            "--quiet",
            "--no-ff",
            "--message",
            "land topic",
            "topic",
        ])
        .ok();
    let landed = alice.ask_git(["rev-parse", "HEAD"]);
    let tree = alice.ask_git(["rev-parse", "HEAD^{tree}"]);
    let add = json!({"queue": {"add": {"target": "main", "id": "topic", "sealed": sealed, "title": "A new\u{1b} file"}}});
    let land = json!({"queue": {"land": {
        "target": "main", "old": base, "new": landed, "tree": tree, "check": CHECK,
        "entries": [{"id": "topic", "sealed": sealed, "paths": ["src/new.rs"]}],
    }}});
    let mut requests = vec![add];
    requests.extend(run(&alice, &tree, "failed", 1_234));
    requests.extend(run(&alice, &tree, "passed", 65_000));
    // Nothing has landed yet, so there is nothing to say.
    let told = handle(&alice, &requests);
    alice
        .git(["notes", "--ref", "coord/checks", "show", &landed])
        .failed();
    assert_eq!(told["expected"], 65_000);
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    handle(&alice, &[land]);
    let log = ["log", "-1", "--format=%N", "--notes=coord/*", "main"];
    let text = "\
Landed: topic (A new\\u{1b} file), by alice (session s1)

Check: make\\u{202e} test (0123456789abcdef)
Verdict: green, after it was red on the same tree
Run: failed after 1s, by alice (session s1) on box, 2026-01-02T03:04:05Z
Run: passed after 1m, by alice (session s1) on box, 2026-01-02T03:04:05Z";
    assert_eq!(alice.ask_git(log), text);
    // Another clone gets them with its next sync, also before it has the commit, and beside what is written there by hand.
    bob.git([
        "notes",
        "--ref",
        "coord/checks",
        "add",
        "--message",
        "by hand",
        &base,
    ])
    .ok();
    bob.coord(["sync"]).ok();
    bob.git(["pull", "--quiet"]).ok();
    assert_eq!(bob.ask_git(log), text);
    assert_eq!(
        bob.ask_git(["notes", "--ref", "coord/checks", "show", &base]),
        "by hand"
    );
}
