//! `lock --wait`: the line, its order, its dead, and circles of waiters.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use crate::support::git::knows;
use crate::support::wait::until;
use crate::support::{Agent, Running, Sandbox};

/// Starts waiting for a key, and returns when the line has the agent.
#[track_caller]
fn waiting(agent: &Agent, key: &str) -> Running {
    waiting_for(agent, &[key])
}

/// The same for several keys.
#[track_caller]
fn waiting_for(agent: &Agent, keys: &[&str]) -> Running {
    let words = [&["coord", "lock", "--wait"], keys].concat();
    let waiting = agent.command("git", words).spawn();
    until("the agent stands in the line", || {
        let line = agent.git(["ls-tree", "-r", "--name-only", "refs/coord/state", "waits/"]);
        line.stdout.contains(agent.name()).then_some(())
    });
    waiting
}

/// An agent in its own clone that shares the hub's state.
fn shared(agent: Agent) -> Agent {
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

/// Passes a lock down the line and asserts that it goes in the order of arrival.
fn pass_down(holder: &Agent, line: &[Agent]) {
    holder.coord(["lock", "src/a.rs"]).ok();
    let waiters: Vec<_> = line
        .iter()
        .map(|agent| waiting(agent, "src/a.rs"))
        .collect();
    let mut before = holder;
    for (agent, waiter) in line.iter().zip(waiters) {
        let start = Instant::now();
        before.coord(["unlock", "src/a.rs"]).ok();
        waiter.wait().ok();
        println!("handed over to {} in {:?}", agent.name(), start.elapsed());
        before = agent;
    }
    before.coord(["log", "--verify"]).ok();
}

#[test]
fn waiters_of_one_clone_are_served_in_order() {
    for init in [&[][..], &["--ref-format=reftable"]] {
        if !knows(init) {
            continue;
        }
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("repo", init);
        let [holder, a, b, c] = ["holder", "a", "b", "c"].map(|name| repo.agent(name));
        pass_down(&holder, &[a, b, c]);
    }
}

#[test]
fn waiters_of_several_clones_are_served_in_order() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [holder, a, b] = ["holder", "a", "b"].map(|name| shared(hub.clone_as(name)));
    // Two in one clone, so that both ways of hearing of a release meet.
    let c = b.beside("c");
    pass_down(&holder, &[a, b, c]);
}

#[test]
fn a_waiter_in_another_clone_hears_of_a_release() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| shared(hub.clone_as(name)));
    alice.coord(["lock", "src/a.rs"]).ok();
    let waiting = waiting(&bob, "src/a.rs");
    // Nothing in bob's clone tells of it: somebody has to ask the hub.
    alice.coord(["unlock", "src/a.rs"]).ok();
    waiting.wait().ok();
}

#[test]
fn a_killed_waiter_behind_the_first_holds_nobody_up() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [holder, first, dead] = ["holder", "first", "dead"].map(|name| repo.agent(name));
    holder.coord(["lock", "src/a.rs"]).ok();
    let first_waits = waiting(&first, "src/a.rs");
    let mut dies = waiting(&dead, "src/a.rs");
    dies.kill();
    holder.coord(["unlock", "src/a.rs"]).ok();
    first_waits.wait().ok();
}

#[test]
fn whoever_closes_a_circle_of_waiters_is_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/b.rs"]).ok();
    let alice_waits = waiting(&alice, "src/b.rs");
    let told = bob.coord(["lock", "src/a.rs", "--wait"]).refused();
    insta::assert_snapshot!(told, @r"
    exit 1
    --- stderr
    refused[deadlock]: waiting would be a deadlock: bob (session s1) waits for alice (session s1) waits for bob (session s1)
    hint: give back what the others wait for with `git coord unlock src/b.rs`, then ask for all of it at once
    ");
    let told = bob
        .coord(["lock", "src/a.rs", "--wait", "--json"])
        .refused()
        .json();
    assert_eq!(told["code"], "deadlock");
    // The one who was there first goes on waiting, and gets it.
    bob.coord(["unlock", "src/b.rs"]).ok();
    alice_waits.wait().ok();
}

#[test]
fn a_wait_that_is_over_is_refused_and_leaves_the_line() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| repo.agent(name));
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/a.rs", "--wait=1s"]).refused();
    alice.coord(["unlock", "src/a.rs"]).ok();
    // Nobody's turn is kept for the one who left.
    carol.coord(["lock", "src/a.rs"]).ok();
}

/// When the time was over while the question was on its way, the answer was `lock_held` with no
/// lock, although only those who came before were in the way.
#[test]
fn a_wait_that_ends_behind_others_in_line_names_them() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| repo.agent(name));
    alice.coord(["lock", "src/a.rs"]).ok();
    // One of the two is free, and kept for him.
    let bob_waits = waiting_for(&bob, &["src/a.rs", "src/b.rs"]);
    // Another writer of the clone is slow, until carol's time is over and her question is not.
    let writer = File::open(repo.path().join(".git/coord/lock")).unwrap();
    writer.lock().unwrap();
    let carol_waits = carol
        .command("git", ["coord", "lock", "src/b.rs", "--wait=2s", "--json"])
        .spawn();
    until("carol's request stands in the queue", || {
        let queue = fs::read_dir(repo.path().join(".git/coord/queue")).ok()?;
        let asks = queue.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
        let mut of_carol = asks.filter(|ask| ask.contains("carol"));
        of_carol.next()
    });
    let asked = Instant::now();
    until("carol's time is over", || {
        (asked.elapsed() > Duration::from_secs(2)).then_some(())
    });
    writer.unlock().unwrap();
    let told = carol_waits.wait().refused().json();
    assert_eq!(told["code"], "reserved", "{told}");
    assert_eq!(told["ahead"][0]["by"]["agent"], "bob", "{told}");
    assert_eq!(told["ahead"][0]["wanted"], "src/b.rs", "{told}");
    // She is out of the line: whoever comes after bob need not wait for her.
    alice.coord(["unlock", "--all"]).ok();
    bob_waits.wait().ok();
    bob.coord(["unlock", "--all"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
}
