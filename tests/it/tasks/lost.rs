//! Claims whose holder died.

use super::words::{json, stands, task};
use crate::support::{Agent, Running, Sandbox};

/// A program under `git coord run` that takes the next task and stays.
fn worker(agent: &Agent) -> Running {
    let script = "git coord task next >/dev/null && echo ready && exec sleep 600";
    let args = ["run", "--", "sh", "-c", script];
    let running = agent.command(env!("CARGO_BIN_EXE_git-coord"), args).spawn();
    assert!(running.prints("ready"), "{}", running.stderr());
    running
}

#[test]
fn a_worker_that_is_killed_gives_its_task_back_until_the_last_attempt() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    task(&alice, "add Hard --id hard --max-attempts 2").ok();
    task(
        &alice,
        "add After --id after --depends-on hard --on-fail ignore",
    )
    .ok();
    for attempt in 1..=2 {
        let mut running = worker(&alice);
        assert_eq!(stands(&bob, "hard"), ("claimed".into(), attempt));
        // Alive: not a moment before.
        task(&bob, "claim hard").refused();
        running.kill();
        drop(running);
    }
    // Nobody has written it down yet, and everybody sees it.
    assert_eq!(stands(&bob, "hard"), ("dead".into(), 2));
    let told = json(&bob, "next");
    assert_eq!(told["tasks"][0]["id"], "after");
    assert_eq!(told["also"], serde_json::json!(["hard", "after"]));
    let shown = json(&bob, "show hard");
    assert_eq!(shown["task"]["stage"], "dead");
    assert_eq!(shown["task"]["why"], "attempt 2 of 2 came to nothing");
    task(&bob, "retry hard").ok();
    task(&bob, "claim hard").ok();
    bob.coord(["log", "--verify"]).ok();
}

#[test]
fn a_worker_that_ends_in_order_leaves_its_task_open_and_unspent() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    task(&alice, "add Hard --id hard").ok();
    alice
        .coord(["run", "--", "git", "coord", "task", "next"])
        .ok();
    assert_eq!(stands(&alice, "hard"), ("ready".into(), 0));
}

/// Makes a clone believe that it has seen everything that it watches since it was started.
fn seen_for_ever(agent: &Agent) {
    let file = ".git/coord/sights.json";
    let mut sights: serde_json::Value = serde_json::from_str(&agent.read(file)).unwrap();
    let seen = sights["seen"].as_array_mut().unwrap();
    assert!(!seen.is_empty(), "nothing is watched");
    for sight in seen {
        sight[3] = 0.into();
    }
    agent.write(file, &sights.to_string());
}

#[test]
fn a_claim_that_was_seen_unchanged_for_longer_than_its_lease_is_open() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    for agent in [&alice, &bob] {
        agent.coord(["init", "--remote", "origin"]).ok();
        // No clock is trusted: only what was seen.
        agent.git(["config", "coord.skew", "never"]).ok();
    }
    task(&alice, "add Hard --id hard --ttl 1m").ok();
    task(&alice, "claim hard").ok();
    task(&bob, "next").refused();
    seen_for_ever(&bob);
    let told = json(&bob, "next");
    assert_eq!(told["tasks"][0]["id"], "hard");
    assert_eq!(told["locks"][0]["how"], "lapsed");
    assert_eq!(stands(&bob, "hard"), ("claimed".into(), 2));
    let refused = task(&alice, "done hard --json").refused().json();
    assert_eq!(refused["code"], "not_yours");
    assert_eq!(refused["notices"][0]["happened"], "lapsed");
    alice.coord(["log", "--verify"]).ok();
    bob.coord(["log", "--verify"]).ok();
}
