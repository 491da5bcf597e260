//! Values: what agents share under names.

use serde_json::{Value, json};

use crate::support::{Agent, Sandbox, race};

fn get(agent: &Agent, name: &str) -> Value {
    agent.coord(["--json", "state", "get", name]).ok().json()
}

#[test]
fn a_value_is_set_read_changed_and_removed() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice
        .coord(["state", "set", "build/last", r#"{"ok": true, "n": 1}"#])
        .ok();
    alice
        .coord([
            "state",
            "update",
            "build/last",
            r#"{"ok": null, "who": "alice"}"#,
        ])
        .ok();
    let got = get(&alice, "build/last");
    assert_eq!(got["value"], json!({"n": 1, "who": "alice"}));
    assert_eq!(
        (&got["by"]["agent"], &got["rev"]),
        (&json!("alice"), &json!(2))
    );
    alice.coord(["state", "set", "note", "no JSON at all"]).ok();
    assert_eq!(
        alice.coord(["state", "get", "note"]).ok().stdout,
        "\"no JSON at all\"\n"
    );
    alice.coord(["state", "append", "list", "1"]).ok();
    alice.coord(["state", "append", "list", r#""two""#]).ok();
    assert_eq!(get(&alice, "list")["value"], json!([1, "two"]));
    alice.coord(["state", "incr", "count"]).ok();
    alice.coord(["state", "incr", "count", "-3"]).ok();
    assert_eq!(get(&alice, "count")["value"], json!(-2));
    let all = alice.coord(["--json", "state", "list"]).ok().json();
    let names: Vec<&str> = all["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["build/last", "count", "list", "note"]);
    let some = alice
        .coord(["--json", "state", "list", "build/"])
        .ok()
        .json();
    assert_eq!(some["values"].as_array().unwrap().len(), 1);
    alice.coord(["state", "delete", "note"]).ok();
    let gone = alice
        .coord(["--json", "state", "get", "note"])
        .refused()
        .json();
    assert_eq!(gone["code"], "not_found");
    let again = alice
        .coord(["--json", "state", "delete", "note"])
        .refused()
        .json();
    assert_eq!(again["code"], "not_found");
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_value_is_changed_only_at_the_revision_that_was_seen() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let first = alice
        .coord(["--json", "state", "cas", "leader", "0", "alice"])
        .ok()
        .json();
    let rev = first["value_rev"].as_u64().unwrap();
    let late = alice
        .coord(["--json", "state", "cas", "leader", "0", "bob"])
        .refused()
        .json();
    assert_eq!(
        (&late["code"], &late["now"]),
        (&json!("changed"), &json!(rev))
    );
    alice
        .coord(["state", "cas", "leader", &rev.to_string(), "carol"])
        .ok();
    let stale = alice
        .coord(["--json", "state", "delete", "leader", "--rev", "1"])
        .refused()
        .json();
    assert_eq!(stale["code"], "changed");
    assert_eq!(get(&alice, "leader")["value"], "carol");
}

#[test]
fn of_many_who_claim_a_name_at_once_one_has_it_and_every_count_counts() {
    const RACERS: usize = 12;
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let agents: Vec<Agent> = (0..RACERS).map(|n| repo.agent(&format!("a{n}"))).collect();
    let claimed = race(RACERS, |n| {
        agents[n].prepared(["state", "cas", "leader", "0", &n.to_string()])
    });
    assert_eq!(claimed.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let counted = race(RACERS, |n| agents[n].prepared(["state", "incr", "count"]));
    counted.into_iter().for_each(|outcome| drop(outcome.ok()));
    assert_eq!(get(&agents[0], "count")["value"], json!(RACERS));
    agents[0].coord(["log", "--verify"]).ok();
}

#[test]
fn what_cannot_be_stored_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice.coord(["state", "set", "a", "[1]"]).ok();
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let long = format!("\"{}\"", "x".repeat(20_000));
    let key = "key: -----BEGIN RSA PRIVATE KEY-----\nMIIE";
    for (args, code) in [
        (["state", "set", "a", &deep], "limit"),
        (["state", "set", "a", &long], "limit"),
        (["state", "set", "a", key], "secret"),
        (["state", "incr", "a", "1"], "wrong_state"),
        (["state", "append", "b", key], "secret"),
    ] {
        let no = alice
            .prepared(["--json"].iter().chain(&args))
            .run()
            .refused()
            .json();
        assert_eq!(no["code"], code, "{args:?}");
        assert!(!no.to_string().contains("MIIE"));
    }
    for args in [["set", "a b", "1"], ["set", "", "1"], ["update", "a", "{"]] {
        alice.coord(["state"].iter().chain(&args)).code(2);
    }
    assert_eq!(get(&alice, "a")["value"], json!([1]));
    alice.coord(["doctor"]).ok();
}

#[test]
fn a_value_set_in_one_clone_is_awaited_in_another() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| hub.clone_as(name));
    for agent in [&alice, &bob] {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    alice.coord(["state", "set", "phase", "build"]).ok();
    let seen = get(&bob, "phase");
    assert_eq!(seen["value"], "build");
    let rev = seen["rev"].to_string();
    let watch = [
        "--json", "state", "watch", "phase", "--rev", &rev, "--for", "1m",
    ];
    let waiting = bob.prepared(watch).spawn();
    alice.coord(["state", "set", "phase", "test"]).ok();
    assert_eq!(waiting.wait().ok().json()["value"], "test");
    let over = ["--json", "state", "watch", "phase", "--for", "1s"];
    assert_eq!(bob.coord(over).refused().json()["code"], "wrong_state");
}
