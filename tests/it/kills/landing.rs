//! A landing is killed: it has landed or not, and whoever runs the queue next brings it to its end.

use std::time::{Duration, Instant};

use super::Sweep;
use crate::queue::{branch, holds};
use crate::support::calls::Call;
use crate::support::moment::{Copy, Moment};
use crate::support::server::{GitDaemon, Server};
use crate::support::state::STATE;
use crate::support::strike::{At, Strikes};
use crate::support::wait::until;
use crate::support::{Agent, Hub, Outcome, Sandbox};

/// Most points of one sweep in every run.
const POINTS_MAX: usize = 24;

const LAND: &[&str] = &["queue", "land"];
const ENTRY: &str = "refs/coord/state:queue/main/one.json";
const LOCK: &str = "refs/coord/state:locks/path/one=";

/// What a landing moves.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    state: String,
    main: String,
    is_landed: bool,
    is_locked: bool,
}

fn look(copy: &Copy) -> Seen {
    let there = copy.moved(copy.authority());
    Seen {
        state: there.ask_git(["rev-parse", STATE]),
        main: there.ask_git(["rev-parse", "main"]),
        is_landed: there
            .ask_git(["show", ENTRY])
            .contains(r#""stage":"landed""#),
        is_locked: there.git(["cat-file", "-e", LOCK]).is_ok(),
    }
}

fn is_true(outcome: &Outcome, _: &[&str], before: &Seen, now: &Seen, point: &str) {
    let has_moved = now.main != before.main;
    if outcome.is_ok() {
        assert!(now.is_landed, "after {point}: {outcome}");
    }
    // What is said to have landed is there, and its lock is free in the same moment.
    assert!(has_moved || !now.is_landed, "after {point}: {now:?}");
    assert_eq!(now.is_locked, !now.is_landed, "after {point}: {now:?}");
    if outcome.stderr.contains("nothing was changed") {
        assert_eq!(now, before, "after {point}: {outcome}");
    }
}

/// As [`is_true`], and where a remote decides, both have moved or neither.
fn is_true_at_once(outcome: &Outcome, args: &[&str], before: &Seen, now: &Seen, point: &str) {
    is_true(outcome, args, before, now, point);
    assert_eq!(
        now.main != before.main,
        now.is_landed,
        "after {point}: {now:?}"
    );
}

fn works(copy: &Copy, _: &[&str], point: &str) -> Duration {
    let start = Instant::now();
    let args = ["queue", "run", "--check", "true", "--jobs", "1"];
    let next = copy.coord(args);
    let took = start.elapsed();
    assert!(next.is_ok(), "after {point}: {next}");
    let now = look(copy);
    assert!(now.is_landed && !now.is_locked, "after {point}: {next}");
    if copy.hub().is_some() {
        // A git that outlived the command may still be at that very ref.
        until("a fetch works", || {
            copy.git(["fetch", "--quiet"]).is_ok().then_some(())
        });
        holds(copy, "origin/main");
    } else {
        holds(copy, "main");
    }
    took
}

/// Puts an entry in line that is certified, and whose submitter holds a lock on what it changes.
fn certified(alice: &Agent) {
    branch(alice, "one", "one", "1");
    alice.coord(["lock", "one"]).ok();
    let add = ["queue", "add", "one", "--isolate", "--check", "true"];
    alice.coord(add).ok();
}

/// The same through a server of its own, which a sweep does not kill.
fn behind_a_daemon() -> (GitDaemon, Hub, Agent) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let daemon = GitDaemon::start(&sandbox);
    let alice = daemon.clone_as(&hub, "alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    certified(&alice);
    (daemon, hub, alice)
}

#[test]
fn landing_killed_at_its_system_calls() {
    let alice = Sandbox::new().repo("repo").agent("alice");
    certified(&alice);
    let sweep = Sweep {
        what: "land, files",
        agent: &alice,
        hub: None,
        args: LAND,
        gits: &["push", "receive-pack", "update-ref"],
        most: POINTS_MAX,
        look,
        is_true,
        works,
    };
    sweep.run();
}

#[test]
fn remote_landing_killed_on_its_way() {
    let (_daemon, hub, alice) = behind_a_daemon();
    let sweep = Sweep {
        what: "land, remote",
        agent: &alice,
        hub: Some(&hub),
        args: LAND,
        gits: &["push"],
        most: POINTS_MAX,
        look,
        is_true: is_true_at_once,
        works,
    };
    sweep.run();
}

/// Git takes that lock here after the remote has said yes; a later fetch of anybody fell over it.
#[test]
fn a_killed_push_leaves_no_lock_on_the_ref_that_tracks_the_target() {
    let (_daemon, hub, alice) = behind_a_daemon();
    let world = Moment::of(&alice, Some(&hub));
    let (strikes, at) = (Strikes::new(&alice), At::Git("push"));
    let calls = strikes.calls(&world.copy("counted"), LAND, at);
    let is_it = |call: &&Call| {
        call.name.starts_with("rename") && call.shown.contains("remotes/origin/main.lock")
    };
    let Call { name, nth, .. } = calls.iter().find(is_it).expect("git sets that ref");
    let kill = format!("inject={name}:signal=SIGKILL:when={nth}");
    let options = ["-e", &format!("trace={name}"), "-e", &kill];
    for with_all in [true, false] {
        let copy = world.copy(&format!("struck-{with_all}"));
        let (_, trace) = strikes.run(&copy, LAND, at, &options, with_all);
        assert!(trace.contains("killed by SIGKILL"), "{trace}");
        let lock = copy.path().join(".git/refs/remotes/origin/main.lock");
        // Who saw git die clears up at once.
        assert_eq!(lock.exists(), with_all);
        works(&copy, LAND, "the kill");
        assert!(!lock.exists());
    }
}
