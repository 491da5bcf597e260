//! Commands of one clone that meet: one of them carries the others.

use std::fs;

use crate::support::strace::Traced;
use crate::support::wait::until;
use crate::support::{Agent, Sandbox};

/// Waits until a request of a waiting command lies in the clone's queue.
fn until_queued(agent: &Agent, count: usize) {
    let queue = agent.path().join(".git/coord/queue");
    until("a request lies in the queue", || {
        let entries = fs::read_dir(&queue).ok()?;
        let asks = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "ask"));
        (asks.count() >= count).then_some(())
    });
}

/// How often each operation is in the chain.
fn times_in_log(agent: &Agent, op: &str) -> usize {
    let log = agent.coord(["log", "--json", "-n", "1000"]).ok().json();
    let entries = log["entries"].as_array().unwrap();
    entries
        .iter()
        .filter(|entry| entry["event"]["op"] == op)
        .count()
}

#[test]
fn a_command_whose_carrier_died_is_done_once_and_answered() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    let mut deaths = 0;
    for nth in 1.. {
        // Alice's command stops when it has taken the clone's lock, and dies at a later step.
        let die = format!("inject=rename:signal=SIGKILL:when={nth}");
        let options = [
            "-e",
            "trace=flock,rename",
            "-e",
            "inject=flock:signal=SIGSTOP:when=1",
            "-e",
            &die,
        ];
        let key = format!("src/a{nth}.rs");
        let carrier = Traced::coord(&alice, &options, &["lock", &key]);
        let stopped = carrier.stopped().expect("it takes the clone's lock");
        let key = format!("src/b{nth}.rs");
        let carried = bob
            .command("git", ["coord", "lock", &key, "--json"])
            .spawn();
        until_queued(&bob, 1);
        let carrier = stopped.go_on();
        let is_alive = carrier.wait().is_ok();
        let answer = carried.wait().ok().json();
        assert_eq!(answer["locks"][0]["how"], "acquired", "after step {nth}");
        let op = answer["op"].as_str().unwrap();
        assert_eq!(times_in_log(&bob, op), 1, "after step {nth}");
        bob.coord(["log", "--verify"]).ok();
        if is_alive {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 1, "the carrier died {deaths} times");
}
