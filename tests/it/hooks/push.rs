//! Before a push: every commit that leaves.

use super::alice_and_bob;
use crate::support::{Agent, Hub, Sandbox};

struct World {
    hub: Hub,
    alice: Agent,
    bob: Agent,
    _sandbox: Sandbox,
}

/// Alice's clone of a hub, with bob in the same clone.
fn world() -> World {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["hooks", "install"]).ok();
    let bob = alice.beside("bob");
    World {
        hub,
        alice,
        bob,
        _sandbox: sandbox,
    }
}

fn commit_unasked(agent: &Agent, file: &str, text: &str) {
    agent.write(file, text);
    agent.git(["add", "."]).ok();
    agent
        .git(["commit", "--quiet", "--no-verify", "-m", "unasked"])
        .ok();
}

#[test]
fn every_commit_that_leaves_is_looked_at() {
    let World {
        hub, alice, bob, ..
    } = world();
    bob.coord(["lock", "src/auth.rs", "--reason", "mine"]).ok();
    let main = hub.ask_git(["rev-parse", "main"]);
    commit_unasked(&alice, "src/a.rs", "one\n");
    commit_unasked(&alice, "src/auth.rs", "two\n");
    // Even though the last one takes the change back, so that the ends do not differ there.
    commit_unasked(&alice, "src/auth.rs", "fn auth() {}\n");
    let refused = alice.git(["push", "origin", "main"]).failed();
    assert!(
        refused.stderr.contains("`src/auth.rs` is locked by bob"),
        "{refused}"
    );
    assert_eq!(hub.ask_git(["rev-parse", "main"]), main);
    bob.coord(["unlock", "--all"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
}

#[test]
fn a_new_branch_answers_for_what_the_remote_has_not() {
    let World { alice, bob, .. } = world();
    commit_unasked(&alice, "src/auth.rs", "one\n");
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    alice.commit("src/a.rs", "one\n");
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    alice.git(["switch", "--quiet", "-c", "bad"]).ok();
    commit_unasked(&alice, "src/auth.rs", "two\n");
    alice.git(["push", "origin", "bad"]).failed();
    alice
        .git(["push", "origin", "bad:refs/heads/other"])
        .failed();
}

#[test]
fn tags_and_deletions_pass() {
    let World { alice, bob, .. } = world();
    alice.git(["push", "--quiet", "origin", "main:old"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    commit_unasked(&alice, "src/auth.rs", "one\n");
    alice.git(["tag", "v1"]).ok();
    alice.git(["push", "--quiet", "origin", "v1"]).ok();
    alice
        .git(["push", "--quiet", "--delete", "origin", "old"])
        .ok();
    alice.git(["push", "origin", "main"]).failed();
}

#[test]
fn a_branch_that_takes_main_in_is_not_blamed_for_it() {
    let World { alice, bob, .. } = world();
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    alice.commit("src/a.rs", "one\n");
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    alice.git(["switch", "--quiet", "main"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    bob.commit("src/auth.rs", "his\n");
    bob.git(["push", "--quiet", "origin", "main"]).ok();
    alice.git(["switch", "--quiet", "topic"]).ok();
    alice.git(["merge", "--quiet", "--no-edit", "main"]).ok();
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
}

#[test]
fn what_was_pushed_to_a_branch_before_counts_when_it_reaches_main() {
    let World { alice, bob, .. } = world();
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    alice.commit("src/auth.rs", "one\n");
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["push", "origin", "topic:main"]).failed();
}

#[test]
fn a_push_to_an_address_is_looked_at_too() {
    let World {
        hub, alice, bob, ..
    } = world();
    bob.coord(["lock", "src/auth.rs"]).ok();
    commit_unasked(&alice, "src/auth.rs", "one\n");
    let url = hub.path().to_str().unwrap();
    alice.git(["push", url, "main"]).failed();
    alice.git(["push", url, "main:fresh"]).failed();
    // A history that the clone does not know is replaced: all that can be said is what is new.
    let sandbox = Sandbox::new();
    let (carol, dave) = alice_and_bob(&sandbox);
    let other = sandbox.bare("other");
    let strange = sandbox.repo("strange");
    strange.commit("x", "1");
    strange
        .git([
            "push",
            "--quiet",
            "--force",
            other.path().to_str().unwrap(),
            "main",
        ])
        .ok();
    carol
        .git(["remote", "add", "other", other.path().to_str().unwrap()])
        .ok();
    dave.coord(["lock", "src/auth.rs"]).ok();
    commit_unasked(&carol, "src/auth.rs", "one\n");
    carol.git(["push", "--force", "other", "main"]).failed();
    dave.coord(["unlock", "--all"]).ok();
    carol
        .git(["push", "--quiet", "--force", "other", "main"])
        .ok();
}
