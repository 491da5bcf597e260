//! What must hold when something has struck a command: what it said is true, and whatever comes
//! next works.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::moment::Copy;
use crate::support::state::STATE;
use crate::support::{Agent, Outcome, Sandbox};

/// What alice's commands are about, and where its record is.
pub const KEY: &str = "src/a.rs";
const PLACE: &str = "refs/coord/state:locks/path/src/a.rs=";

/// Words that promise that the state stands where it stood.
const PROMISE: &str = "nothing was changed";

/// A repository in which one lock of bob's and, for `unlock`, one of alice's is there.
pub fn repository(init: &[&str], is_locked: bool) -> Agent {
    let repo = Sandbox::new().repo_with("repo", init);
    let alice = repo.agent("alice");
    repo.agent("bob").coord(["lock", "src/b.rs"]).ok();
    if is_locked {
        alice.coord(["lock", KEY]).ok();
    }
    alice
}

/// Makes the remote decide for a clone, in which carol holds something.
pub fn shared(clone: Agent) -> Agent {
    clone.git(["config", "coord.remote", "origin"]).ok();
    // A view that is too old for a refusal, so that the next command also fetches.
    clone.git(["config", "coord.maxAge", "0s"]).ok();
    clone.beside("carol").coord(["lock", "src/c.rs"]).ok();
    clone
}

/// The state as the repository that decides has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    tip: String,
    is_held: bool,
}

/// Looks at the state without asking the program under test.
#[track_caller]
pub fn look(copy: &Copy) -> Seen {
    let there = copy.moved(copy.authority());
    Seen {
        tip: there.ask_git(["rev-parse", STATE]),
        is_held: there.git(["cat-file", "-e", PLACE]).is_ok(),
    }
}

/// Checks that what `lock KEY` or `unlock KEY` said is so.
#[track_caller]
pub fn is_true(outcome: &Outcome, args: &[&str], before: &Seen, now: &Seen, point: &str) {
    if outcome.is_ok() {
        let is_wanted = args[0] == "lock";
        assert_eq!(now.is_held, is_wanted, "after {point}: {outcome}");
    }
    if outcome.stderr.contains(PROMISE) {
        assert_eq!(now, before, "after {point}: {outcome}");
    }
}

/// Checks that whatever comes next works; returns the time of the first command.
#[track_caller]
pub fn works(copy: &Copy, point: &str) -> Duration {
    let start = Instant::now();
    let next = copy.coord(["lock", KEY]);
    let took = start.elapsed();
    assert!(next.is_ok(), "after {point}: {next}");
    assert!(look(copy).is_held, "after {point}: {next}");
    let unlock = copy.coord(["unlock", "--all"]);
    assert!(unlock.is_ok(), "after {point}: {unlock}");
    assert!(!look(copy).is_held, "after {point}: {unlock}");
    took
}

/// Checks that nothing is half done.
#[track_caller]
pub fn is_whole(copy: &Copy, point: &str) {
    let verify = copy.coord(["log", "--verify"]);
    assert!(verify.is_ok(), "after {point}: {verify}");
    let repositories: [Option<PathBuf>; 2] = [Some(copy.path().into()), copy.hub()];
    for dir in repositories.into_iter().flatten() {
        let fsck = ["fsck", "--no-progress", "--no-dangling"];
        let fsck = copy.moved(dir).git(fsck);
        assert!(fsck.is_ok(), "after {point}: {fsck}");
    }
}

/// Checks that git's own commands work as well: a person's, and its housekeeping.
#[track_caller]
pub fn suits_git(copy: &Copy, point: &str) {
    for args in [
        &["commit", "--quiet", "--allow-empty", "--message=work"][..],
        &["pack-refs", "--all"],
    ] {
        let outcome = copy.git(args);
        assert!(outcome.is_ok(), "after {point}: {outcome}");
    }
}
