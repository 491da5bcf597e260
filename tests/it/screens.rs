//! The main screens, whole.

use crate::support::Sandbox;

#[test]
fn a_day_at_the_terminal() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    insta::assert_snapshot!(alice.coord(None::<&str>), @r"
    exit 0
    --- stdout
    alice (session s1), locks are shared by the worktrees of this clone
    Nobody holds anything.

    git coord lock src/auth.rs       lock a file before you change it
    git coord init --remote origin   share locks with every clone
    git coord help                   all commands
    ");
    let lock = [
        "lock",
        "src/auth.rs",
        "--reason",
        "rewriting the session store",
    ];
    insta::assert_snapshot!(alice.coord(lock), @r"
    exit 0
    --- stdout
    locked src/auth.rs for [duration] (rev 1)
    ");
    insta::assert_snapshot!(alice.coord(None::<&str>), @r"
    exit 0
    --- stdout
    alice (session s1), locks are shared by the worktrees of this clone

    You hold:
      src/auth.rs  for [duration], rev 1: rewriting the session store

    git coord unlock --all   give back what you hold
    git coord push           land your commits while your locks hold
    git coord log            who did what
    ");
    insta::assert_snapshot!(bob.coord(["lock", "src/"]), @r"
    exit 1
    --- stderr
    refused[lock_held]: `src/auth.rs` is locked by alice (session s1) since [time] until [time], on branch `main`, which overlaps `src/`: rewriting the session store
    hint: wait with `git coord lock --wait src/`, work on something else, or, if alice is gone, `git coord lock --steal --rev 1 --reason … src/auth.rs`
    ");
    insta::assert_snapshot!(bob.coord(["lock", "docs/", "--shared"]), @r"
    exit 0
    --- stdout
    locked docs/ for [duration] (rev 2, shared)
    ");
    insta::assert_snapshot!(bob.coord(["status"]), @r"
    exit 0
    --- stdout
    bob (session s1), locks are shared by the worktrees of this clone

    You hold:
      docs/  for [duration], shared, rev 2

    Here:
      alice/s1  alive, seen [duration] ago, branch main, holds 1 lock

    Others hold:
      src/auth.rs  alice (session s1)  for [duration], rev 1: rewriting the session store
    ");
    insta::assert_snapshot!(bob.coord(["locks"]), @r"
    exit 0
    --- stdout
    docs/  you  for [duration], shared, rev 2
    src/auth.rs  alice (session s1)  for [duration], rev 1: rewriting the session store
    ");
    insta::assert_snapshot!(bob.coord(["check", "src/auth.rs"]), @r"
    exit 1
    --- stderr
    refused[lock_held]: `src/auth.rs` is locked by alice (session s1) since [time] until [time], on branch `main`: rewriting the session store
    hint: wait with `git coord lock --wait src/auth.rs`, work on something else, or, if alice is gone, `git coord lock --steal --rev 1 --reason … src/auth.rs`
    ");
    insta::assert_snapshot!(bob.coord(["check", "src/a.rs", "docs/guide.md"]), @r"
    exit 0
    --- stdout
    free: 2 paths
    ");
    insta::assert_snapshot!(alice.coord(["unlock", "src/auth.rs"]), @r"
    exit 0
    --- stdout
    unlocked src/auth.rs
    ");
    insta::assert_snapshot!(alice.coord(["log"]), @r"
    exit 0
    --- stdout
    [oid] [time] unlock src/auth.rs by alice
    [oid] [time] lock docs/ shared by bob for [duration]
    [oid] [time] lock src/auth.rs by alice for [duration]: rewriting the session store
    ");
    insta::assert_snapshot!(alice.coord(["log", "--verify"]), @r"
    exit 0
    --- stdout
    3 of 3 operations come out the same again; 0 not checkable; 0 well signed
    ");
    insta::assert_snapshot!(alice.coord(["whoami"]), @r"
    exit 0
    --- stdout
    agent    alice  (from the variable COORD_AGENT)
    session  s1  (from the variable COORD_SESSION)
    ");
}

#[test]
fn a_lock_that_was_taken_away() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    alice.coord(["lock", "src/auth.rs"]).ok();
    let steal = [
        "lock",
        "--steal",
        "--rev",
        "1",
        "--reason",
        "alice is gone",
        "src/auth.rs",
    ];
    insta::assert_snapshot!(bob.coord(steal), @r"
    exit 0
    --- stdout
    took src/auth.rs for [duration] (rev 2)
    from alice (session s1)
    ");
    insta::assert_snapshot!(alice.coord(None::<&str>), @r"
    exit 0
    --- stdout
    alice (session s1), locks are shared by the worktrees of this clone

    Here:
      bob/s1  alive, seen [duration] ago, branch main, holds 1 lock

    Others hold:
      src/auth.rs  bob (session s1)  for [duration], rev 2: alice is gone

    git coord lock src/auth.rs       lock a file before you change it
    git coord init --remote origin   share locks with every clone
    git coord help                   all commands
    --- stderr
    notice: bob (session s1) took your lock on `src/auth.rs` at [time]: alice is gone
    ");
    insta::assert_snapshot!(alice.coord(["unlock", "src/auth.rs"]), @r"
    exit 1
    --- stderr
    refused[not_held]: not held by this session: `src/auth.rs`
    `src/auth.rs` is locked by bob (session s1) since [time] until [time]: alice is gone
    hint: see what you hold with `git coord locks --mine`
    ");
}

#[test]
fn outside_of_a_repository() {
    insta::assert_snapshot!(Sandbox::new().coord(None::<&str>), @r"
    exit 2
    --- stderr
    error[no_repository]: [sandbox] is not inside a git repository
    hint: run it inside a repository, or make one with `git init`
    ");
}
