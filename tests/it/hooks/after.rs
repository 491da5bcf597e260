//! Trailers, renewal, and the check that somebody passed over.

use super::{AUTH, age_lock, alice_and_bob, log};
use crate::support::wait::until;
use crate::support::{Sandbox, Shell};

fn message(shell: &Shell) -> String {
    shell.ask_git(["log", "-1", "--format=%B"])
}

fn rev(shell: &Shell) -> u64 {
    let listed = shell.coord(["locks", "--json"]).ok().json();
    listed["locks"][0]["rev"].as_u64().unwrap()
}

#[test]
fn a_commit_names_the_agent_and_the_locks_that_cover_it() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    alice.commit("src/b.rs", "fn one() {}\n");
    assert_eq!(message(&alice), "change src/b.rs");
    bob.coord(["lock", "docs/"]).ok();
    alice
        .coord(["lock", "src/auth.rs", "src/a.rs", "README.md"])
        .ok();
    alice.commit("src/b.rs", "fn two() {}\n");
    assert_eq!(message(&alice), "change src/b.rs", "no lock covers it");
    alice.write("src/auth.rs", "fn one() {}\n");
    alice.write("src/a.rs", "fn one() {}\n");
    alice.git(["commit", "--quiet", "-am", "change both"]).ok();
    insta::assert_snapshot!(message(&alice), @r"
    change both

    Coord-Lock: src/a.rs
    Coord-Lock: src/auth.rs
    Coord-Agent: alice
    ");
    // Amending adds nothing twice, neither with the old message nor with more locks in play.
    alice
        .git(["commit", "--quiet", "--amend", "--no-edit"])
        .ok();
    alice.write("README.md", "more\n");
    alice
        .git(["commit", "--quiet", "-a", "--amend", "--no-edit"])
        .ok();
    insta::assert_snapshot!(message(&alice), @r"
    change both

    Coord-Lock: src/a.rs
    Coord-Lock: src/auth.rs
    Coord-Agent: alice
    Coord-Lock: README.md
    ");
    let read = ["log", "-1", "--format=%(trailers:key=Coord-Lock,valueonly)"];
    assert_eq!(alice.ask_git(read), "src/a.rs\nsrc/auth.rs\nREADME.md");
}

#[test]
fn an_editor_that_is_left_without_a_word_still_ends_the_commit() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.write("src/a.rs", "fn one() {}\n");
    let before = alice.ask_git(["rev-parse", "HEAD"]);
    for args in [
        &["commit", "-a"][..],
        &["commit", "-a", "--verbose"],
        &["-c", "core.commentChar=;", "commit", "-a", "--verbose"],
    ] {
        let commit = alice.command("git", args).env("GIT_EDITOR", "true");
        commit.run().failed();
        assert_eq!(alice.ask_git(["rev-parse", "HEAD"]), before);
    }
}

#[test]
fn merges_and_squashes_carry_no_trailers() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    alice.coord(["lock", "src/"]).ok();
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    alice.commit("src/a.rs", "fn topic() {}\n");
    alice.git(["switch", "--quiet", "main"]).ok();
    alice.commit("src/b.rs", "fn main_side() {}\n");
    alice.git(["merge", "--quiet", "--no-edit", "topic"]).ok();
    assert!(!message(&alice).contains("Coord-"));
}

#[test]
fn a_bypass_is_told_at_once_and_noted_with_the_next_change() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    let made = alice
        .git(["commit", "--quiet", "--no-verify", "-am", "x"])
        .ok();
    let commit = alice.ask_git(["rev-parse", "HEAD"]);
    let told = format!("git-coord: commit {} changes paths that bob", &commit[..10]);
    assert!(made.stderr.contains(&told), "{made}");
    assert!(
        !log(&alice).contains(&commit),
        "only a change writes the log"
    );
    alice.coord(["lock", "src/b.rs"]).ok();
    let listed = alice.coord(["log", "--json"]).ok().json();
    let note = &listed["entries"][1]["event"]["request"]["note"];
    assert_eq!(note["commit"], commit.as_str(), "{listed}");
    assert_eq!(note["paths"][0], "src/auth.rs", "{listed}");
    // Once: the next change has nothing to add.
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(log(&alice).matches("passed over the hooks").count(), 1);
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_worktree_notes_its_own_commit_while_the_main_one_is_detached() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["checkout", "--quiet", "--detach"]).ok();
    let beside = alice.worktree("beside");
    beside.write("src/auth.rs", "fn mine() {}\n");
    let args = ["commit", "--quiet", "--no-verify", "-am", "x"];
    let made = beside.git(args).ok();
    let commit = beside.ask_git(["rev-parse", "HEAD"]);
    assert!(made.stderr.contains(&commit[..10]), "{made}");
}

#[test]
fn a_bypassed_requirement_is_noted_too() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    alice.git(["config", "coord.requireLock", "require"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    alice
        .git(["commit", "--quiet", "--no-verify", "-am", "x"])
        .ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    assert!(log(&alice).contains("paths that need a lock"));
}

#[test]
fn a_commit_renews_a_lease_that_is_half_gone() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    alice.coord(["lock", "src/auth.rs", "--ttl", "10m"]).ok();
    let young = rev(&alice);
    alice.commit("src/a.rs", "fn one() {}\n");
    assert_eq!(rev(&alice), young, "the lease is young");
    age_lock(&alice, AUTH);
    alice.commit("src/a.rs", "fn two() {}\n");
    assert_ne!(rev(&alice), young);
    let length = alice.ask_git(["rev-list", "--count", "refs/coord/state"]);
    alice.commit("src/a.rs", "fn three() {}\n");
    assert_eq!(
        alice.ask_git(["rev-list", "--count", "refs/coord/state"]),
        length
    );
}

#[test]
fn a_shared_lease_is_renewed_in_the_background_and_not_before_it_is_half_gone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["hooks", "install"]).ok();
    alice.coord(["lock", "src/auth.rs", "--ttl", "10m"]).ok();
    let tip = |shell: &Shell| shell.ask_git(["rev-parse", "refs/coord/state"]);
    let first = tip(&hub);
    alice.commit("src/a.rs", "fn one() {}\n");
    assert_eq!(tip(&hub), first);
    let aged = age_lock(&alice, AUTH);
    alice
        .git([
            "push",
            "--quiet",
            "--no-verify",
            "origin",
            "refs/coord/state",
        ])
        .ok();
    // The push of the renewal is held, and the commit returns all the same.
    let gate = hub.hold_next_push();
    alice.commit("src/a.rs", "fn two() {}\n");
    gate.wait_for_push();
    assert_eq!(tip(&hub), aged);
    gate.open();
    until("the renewal arrives", || (tip(&hub) != aged).then_some(()));
    until("the clone has it too", || {
        (tip(&hub) == tip(&alice)).then_some(())
    });
    let log = alice.ask_git(["log", "--format=%s", "refs/coord/state"]);
    assert_eq!(log.lines().next(), Some("renew src/auth.rs by alice"));
}
