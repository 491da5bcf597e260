//! A hook that cannot ask lets git go on and says so in one line, or refuses if it was told to.

use super::{alice_and_bob, with_program};
use crate::support::{Outcome, Sandbox, Shell};

/// Commits a change of a path that somebody else holds.
fn commit(shell: &Shell) -> Outcome {
    let count = shell.ask_git(["rev-list", "--count", "HEAD"]);
    shell.write("src/auth.rs", &format!("fn number{count}() {{}}\n"));
    shell.git(["commit", "--quiet", "-am", "change"])
}

#[test]
fn a_missing_program() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    let bare = alice.without_program();
    insta::assert_snapshot!(commit(&bare).ok(), @r"
    exit 0
    --- stderr
    git-coord: git-coord is not on PATH, so locks were not checked
    ");
    bare.git(["config", "coord.failClosed", "yes"]).ok();
    insta::assert_snapshot!(commit(&bare).refused(), @r"
    exit 1
    --- stderr
    git-coord: refused: git-coord is not on PATH, so locks could not be checked, and coord.failClosed is set
    ");
    // The team's file counts where the clone says nothing.
    bare.git(["config", "--unset", "coord.failClosed"]).ok();
    bare.write(".coordconfig", "[coord]\n\tfailClosed = true\n");
    commit(&bare).refused();
    bare.git(["config", "coord.failClosed", "false"]).ok();
    commit(&bare).ok();
}

#[test]
fn a_broken_setting() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["config", "coord.maxAge", "soon"]).ok();
    insta::assert_snapshot!(commit(&alice).ok(), @r"
    exit 0
    --- stderr
    git-coord: locks were not checked: `coord.maxage` is `soon`, which is no duration such as `[duration]` or `[duration]`
    ");
    alice.git(["config", "coord.failClosed", "true"]).ok();
    insta::assert_snapshot!(commit(&alice).refused(), @r"
    exit 1
    --- stderr
    git-coord: refused: locks could not be checked, and coord.failClosed forbids to go on: `coord.maxage` is `soon`, which is no duration such as `[duration]` or `[duration]`
    ");
}

#[test]
fn a_broken_team_file() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.write(".coordconfig", "[coord\n");
    let went_on = commit(&alice).ok();
    assert!(
        went_on.stderr.contains("locks were not checked"),
        "{went_on}"
    );
    assert_eq!(went_on.stderr.lines().count(), 1, "{went_on}");
    alice.git(["config", "coord.failClosed", "true"]).ok();
    commit(&alice).refused();
}

#[test]
fn a_program_that_knows_no_hooks() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    let old = with_program(&alice, "git-coord", "#!/bin/sh\nexit 2\n");
    let went_on = commit(&old).ok();
    assert_eq!(
        went_on.stderr,
        "git-coord: git-coord ended with code 2, so locks were not checked\n"
    );
    old.git(["config", "coord.failClosed", "true"]).ok();
    commit(&old).refused();
}

#[test]
fn nothing_that_git_passes_is_wrong_use() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    for args in [
        &["hook"][..],
        &["hook", "--help"],
        &["hook", "pre-rebase", "x"],
        &["hook", "pre-commit", "--no-such-flag", "-x"],
        &["hook", "prepare-commit-msg"],
        &["hook", "prepare-commit-msg", "no/such/file"],
        &["hook", "post-checkout", "1", "2", "3", "4"],
        &["hook", "pre-push"],
    ] {
        alice.coord(args).ok();
    }
    // Outside of a repository as well.
    sandbox.coord(["hook", "pre-commit"]).ok();
}

#[test]
fn a_damaged_lock_in_the_way_is_a_no() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    let forged = super::forge(&alice, super::AUTH, |lock| lock["holds"] = 1.into(), |_| {});
    alice.git(["update-ref", "refs/coord/state", &forged]).ok();
    let refused = commit(&alice).refused();
    assert!(
        refused
            .stderr
            .starts_with("error[broken]: locks/path/src/auth.rs="),
        "{refused}"
    );
    alice.commit("src/a.rs", "fn elsewhere() {}\n");
}
