//! Requests never enter the branch that work lands on.

use super::world::{PENDING, WORK, WORK_AND_REQUESTS, World, requests};
use crate::support::Agent;

/// The commits of a branch on the hub that carry requests.
fn requests_on(world: &World, branch: &str) -> String {
    world
        .hub
        .ask_git(["log", "--format=%s", "--grep=^Coord-Request: ", branch])
}

/// A branch with a request, work, a request and work, as an agent makes it that has only that branch.
fn mixed(world: &World) -> Agent {
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    claude.commit("src/a.rs", "fn one() {}\n");
    claude.coord(["task", "add", "A thing"]).code(PENDING);
    claude.commit("src/a.rs", "fn two() {}\n");
    claude.coord(["task", "add", "Another thing"]).code(PENDING);
    claude.git(["push", "--quiet"]).ok();
    world.round().ok();
    claude.coord(["sync"]).ok();
    claude
}

#[test]
fn the_queue_lands_what_an_agent_without_rights_puts_in_line() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let relay = world.watching(&world.relay);
    claude.coord(["lock", "src/a.rs"]).ok();
    claude.commit("src/a.rs", "fn better() {}\n");
    let early = claude.coord(["queue", "add"]).code(2);
    assert!(early.stderr.contains("push the branch first"), "{early}");
    claude.git(["push", "--quiet"]).ok();
    claude.coord(["queue", "add"]).ok();
    drop(relay);
    let ran = alice.coord(["queue", "run", "--check", "true"]).ok();
    assert_eq!(
        world.hub.ask_git(["show", "main:src/a.rs"]),
        "fn better() {}",
        "{ran}"
    );
    assert_eq!(requests_on(&world, "main"), "");
    world.round().ok();
    // It has landed, and gave back what guarded it.
    assert!(!claude.coord(["locks"]).ok().stdout.contains("src/a.rs"));
}

#[test]
fn requests_on_top_of_a_branch_are_left_off_and_do_not_make_it_stale() {
    let world = World::taking(WORK);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.commit("src/a.rs", "fn better() {}\n");
    // The request to get in line is itself a commit of the branch, and so is the next one.
    claude.coord(["queue", "add"]).code(PENDING);
    claude.coord(["task", "add", "A thing"]).code(PENDING);
    claude.git(["push", "--quiet"]).ok();
    let round = world.round().ok();
    assert_eq!(round.stdout.matches("granted").count(), 2, "{round}");
    let ran = alice.coord(["queue", "run", "--check", "true"]).ok();
    assert_eq!(
        world.hub.ask_git(["show", "main:src/a.rs"]),
        "fn better() {}",
        "{ran}"
    );
    assert_eq!(requests_on(&world, "main"), "");
    assert_eq!(requests_on(&world, "claude/claude-1").lines().count(), 2);
}

#[test]
fn a_branch_with_requests_between_its_commits_is_refused_until_they_are_taken_out() {
    let world = World::taking(WORK);
    let claude = mixed(&world);
    let refused = claude.coord(["queue", "add"]).refused();
    assert!(
        refused
            .stderr
            .contains("git rebase --force-rebase --no-keep-empty"),
        "{refused}"
    );
    assert_eq!(requests(&claude, "unsent").len(), 0);
    // Somebody with rights is told the same.
    let bob = world.direct("bob");
    bob.coord(["sync"]).ok();
    bob.git(["checkout", "--quiet", "claude/claude-1"]).ok();
    bob.coord(["queue", "add"]).refused();
    let refused = bob
        .coord(["push", "origin", "claude/claude-1:main"])
        .refused();
    assert!(
        refused
            .stderr
            .contains("git rebase --force-rebase --no-keep-empty"),
        "{refused}"
    );
    claude
        .git([
            "rebase",
            "--quiet",
            "--force-rebase",
            "--no-keep-empty",
            "origin/main",
        ])
        .ok();
    claude.git(["push", "--quiet", "--force"]).ok();
    claude.coord(["queue", "add"]).code(PENDING);
    claude.git(["push", "--quiet"]).ok();
    world.round().ok();
    bob.coord(["queue", "run", "--check", "true"]).ok();
    assert_eq!(world.hub.ask_git(["show", "main:src/a.rs"]), "fn two() {}");
    assert_eq!(requests_on(&world, "main"), "");
}

#[test]
fn a_request_that_was_rebased_is_not_decided_again() {
    let world = World::taking(WORK);
    let claude = mixed(&world);
    let granted = requests(&claude, "granted");
    claude
        .git([
            "rebase",
            "--quiet",
            "--keep-empty",
            "--force-rebase",
            "origin/main",
        ])
        .ok();
    claude.git(["push", "--quiet", "--force"]).ok();
    assert_eq!(requests_on(&world, "claude/claude-1").lines().count(), 3);
    let round = world.round().ok();
    assert!(round.stdout.contains("no new requests"), "{round}");
    assert_eq!(requests(&claude, "granted"), granted);
    assert_eq!(
        claude
            .coord(["task", "list"])
            .ok()
            .stdout
            .matches("thing")
            .count(),
        2
    );
}

#[test]
fn squashing_and_rebasing_drop_requests() {
    let world = World::taking(WORK);
    let claude = mixed(&world);
    let bob = world.direct("bob");
    // As a host squashes: one commit, with all the messages in its own.
    bob.git(["checkout", "--quiet", "-b", "squashed", "origin/main"])
        .ok();
    bob.git(["merge", "--quiet", "--squash", "origin/claude/claude-1"])
        .ok();
    let all = bob.ask_git(["log", "--format=%B", "main..origin/claude/claude-1"]);
    bob.git(["commit", "--quiet", "-m", &format!("All of it\n\n{all}")])
        .ok();
    bob.git(["push", "--quiet", "origin", "squashed:main"]).ok();
    assert_eq!(world.hub.ask_git(["show", "main:src/a.rs"]), "fn two() {}");
    // What it quotes is no request: the commit changes something.
    bob.git(["push", "--quiet", "origin", "squashed:claude/quoted"])
        .ok();
    let round = world.round();
    assert!(!round.stdout.contains("turned down"), "{round}");
    // As a host rebases: each commit again, and none that is empty.
    world
        .hub
        .git(["update-ref", "refs/heads/main", "main~1"])
        .ok();
    claude
        .git(["checkout", "--quiet", "-b", "claude/rebased"])
        .ok();
    claude
        .git([
            "rebase",
            "--quiet",
            "--no-keep-empty",
            "--force-rebase",
            "origin/main",
        ])
        .ok();
    let subjects = claude.ask_git(["log", "--format=%s", "origin/main.."]);
    assert_eq!(subjects, "change src/a.rs\nchange src/a.rs");
}
