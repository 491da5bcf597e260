//! Every shape of repository and every way to point at one.

use std::fs;

use crate::support::{Agent, Sandbox};

/// Whether the agent holds what was just locked, wherever it is asked.
fn takes_and_gives_back(agent: &Agent) {
    agent.coord(["lock", "api:GET /v1/users"]).ok();
    agent
        .beside("other")
        .coord(["lock", "api:GET /v1/users"])
        .refused();
    agent.coord(["unlock", "--all"]).ok();
}

#[test]
fn worktrees_share_one_state() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let there = alice.worktree("topic");
    there.coord(["lock", "src/a.rs"]).ok();
    let bob = alice.beside("bob");
    bob.coord(["lock", "src/a.rs"]).refused();
    // From another directory, and by the same path from below it.
    let src = alice.path().join("src");
    bob.moved(src).coord(["lock", "a.rs"]).refused();
    bob.moved(alice.sandbox().to_path_buf())
        .coord(["-C", "repo/src", "lock", "a.rs"])
        .refused();
    takes_and_gives_back(&there);
    there.coord(["log", "--verify"]).ok();
}

#[test]
fn a_bare_repository_takes_logical_keys() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = sandbox
        .repo("repo")
        .agent("alice")
        .moved(hub.path().to_path_buf());
    takes_and_gives_back(&alice);
}

#[test]
fn git_dir_says_which_repository() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let git_dir = alice.path().join(".git");
    let outcome = alice
        .moved(sandbox.path().to_path_buf())
        .command("git-coord", ["lock", "api:GET /v1/users"])
        .env("GIT_DIR", &git_dir)
        .env("GIT_WORK_TREE", alice.path())
        .run();
    outcome.ok();
    alice
        .beside("bob")
        .coord(["lock", "api:GET /v1/users"])
        .refused();
}

#[test]
fn outside_of_a_repository_is_wrong_use() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice
        .moved(sandbox.path().to_path_buf())
        .coord(["lock", "src/a.rs"])
        .code(2);
}

#[test]
fn a_repository_of_somebody_else_is_refused_in_gits_words() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    // Git's own switch for its own tests: it takes every owner for another.
    let outcome = alice
        .command("git-coord", ["lock", "src/a.rs"])
        .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        .run();
    if rustix::process::geteuid().is_root() {
        let dir = alice.path();
        std::os::unix::fs::chown(dir, Some(4242), Some(4242)).unwrap();
        std::os::unix::fs::chown(dir.join(".git"), Some(4242), Some(4242)).unwrap();
        let outcome = alice.coord(["lock", "src/a.rs"]);
        assert_ne!(outcome.code, 0);
        assert!(outcome.stderr.contains("dubious ownership"), "{outcome}");
    } else {
        outcome.failed();
    }
}

#[test]
fn a_repository_that_cannot_be_written_is_an_error_that_says_so() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice.coord(["lock", "README.md"]).ok();
    // Root may write everywhere, but not where a directory's place is taken by a file.
    let objects = alice.path().join(".git/objects");
    fs::rename(&objects, objects.with_extension("away")).unwrap();
    fs::write(&objects, "").unwrap();
    let outcome = alice.coord(["lock", "src/a.rs"]);
    assert!(matches!(outcome.code, 2 | 4), "{outcome}");
    fs::remove_file(&objects).unwrap();
    fs::rename(objects.with_extension("away"), &objects).unwrap();
    alice.coord(["lock", "src/a.rs"]).ok();
}
