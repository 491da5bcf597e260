//! Why something cannot go on.

use serde_json::Value;

use crate::support::wait::until;
use crate::support::{Agent, Sandbox};

fn why(agent: &Agent, about: &str) -> Value {
    agent.coord(["--json", "why", about]).ok().json()
}

#[test]
fn who_is_in_the_way_of_who_is_in_the_way_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| repo.agent(name));
    assert_eq!(why(&alice, "src/a.rs")["blocked"], false);
    carol
        .coord(["lock", "db:users", "--reason", "migrating"])
        .ok();
    bob.coord(["lock", "src/", "--task", "t1"]).ok();
    let waiting = bob.prepared(["lock", "db:users", "--wait=1m"]).spawn();
    until("bob is in line", || {
        let status = alice.coord(["--json", "status"]).ok().json();
        status["waiting"].is_array().then_some(())
    });
    let told = why(&alice, "src/a.rs");
    assert_eq!(
        (&told["blocked"], &told["sort"]),
        (&true.into(), &"key".into())
    );
    let reason = &told["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["who"]["agent"]),
        (&"lock_held".into(), &"bob".into())
    );
    let below = &reason["because"][0];
    assert_eq!(
        (&below["who"]["agent"], &below["reason"]),
        (&"carol".into(), &"migrating".into())
    );
    let text = alice.coord(["why", "src/a.rs"]).ok().stdout;
    assert!(
        text.contains("and that one waits:") && text.contains("migrating"),
        "{text}"
    );
    let mine = why(&carol, "db:users");
    assert_eq!(mine["mine"][0]["key"], "db:schema:users");
    assert_eq!(mine["waiting"][0]["by"]["agent"], "bob");
    carol.coord(["unlock", "--all"]).ok();
    waiting.wait().ok();
    assert_eq!(
        why(&alice, "src/a.rs")["reasons"][0]["because"],
        Value::Null
    );
}

#[test]
fn a_branch_is_blocked_by_the_locks_on_what_it_changes() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    alice.commit("README.md", "one\n");
    alice.git(["checkout", "-q", "-b", "topic"]).ok();
    alice.commit("src/a.rs", "fn first() {}\n");
    alice.commit("src/b.rs", "fn second() {}\n");
    assert_eq!(why(&alice, "topic")["blocked"], false);
    bob.coord(["lock", "src/a.rs"]).ok();
    alice
        .git(["config", "coord.requireLock", "require src/b.rs"])
        .ok();
    let told = why(&alice, "topic");
    let codes: Vec<&str> = told["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        (told["sort"].as_str(), codes),
        (Some("branch"), vec!["lock_held", "lock_required"])
    );
    alice.coord(["why", "--branch", "none"]).code(2);
    alice.coord(["why", ""]).code(2);
}

#[test]
fn a_lock_whose_lease_has_ended_is_in_nobodys_way() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    let mut running = bob
        .prepared([
            "run",
            "sh",
            "-c",
            "git coord lock a.rs && echo held && read x",
        ])
        .open_input()
        .spawn();
    assert!(running.prints("held"));
    assert_eq!(why(&alice, "a.rs")["blocked"], true);
    running.kill();
    drop(running.wait());
    assert_eq!(why(&alice, "a.rs")["blocked"], false);
}
