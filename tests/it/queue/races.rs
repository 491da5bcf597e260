//! Landers that race on one remote and die at random moments: nothing is lost, nothing lands twice or
//! by half, and whoever is left finishes.
//!
//! Every run strikes 200 times. `COORD_TRIALS=1000 cargo test --test it queue::races -- --nocapture`
//! does more, and shows the counts; `COORD_SEED=N` repeats the moments of a run.

use std::env;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, entries, holds, ids, queued, run, shared};
use crate::support::server::{GitDaemon, Server};
use crate::support::wait::{until, until_by};
use crate::support::{Agent, Running, Sandbox, race};

/// How many race.
const LANDERS: usize = 16;
/// How many clones they share.
const CLONES: usize = 4;
/// How often each of them starts anew in one world.
const STARTS: usize = 4;
/// How many entries there are in one world.
const ENTRIES: usize = 8;
/// A lander that is left alone ends within this time, so it is a moment of every step.
const LIFE_MILLIS: u64 = 900;
const TRIALS: usize = 200;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    let value = env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap())
}

#[derive(Debug, Default)]
struct Counts {
    starts: AtomicUsize,
    killed: AtomicUsize,
}

/// One lander of a clone: every second one checks, and the others only land.
fn lander(clone: &Agent, index: usize) -> Running {
    let agent = clone.beside(&format!("lander-{index}"));
    if index.is_multiple_of(2) {
        let args = ["queue", "run", "--check", "true", "--jobs", "1"];
        agent.prepared(args).spawn()
    } else {
        agent.prepared(["queue", "land"]).spawn()
    }
}

/// Lets landers race in one world and kills them, then has the others finish.
fn world(seed: u64, counts: &Counts) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    // A server of its own, which nobody kills.
    let daemon = GitDaemon::start(&sandbox);
    let clones: Vec<Agent> = (0..CLONES)
        .map(|index| {
            let clone = daemon.clone_as(&hub, &format!("clone-{index}"));
            clone.coord(["init", "--remote", "origin"]).ok();
            clone
        })
        .collect();
    let submitter = daemon.clone_as(&hub, "submitter");
    submitter.coord(["init", "--remote", "origin"]).ok();
    queued(&submitter, "entry-0", "file-0", "x");
    thread::scope(|scope| {
        scope.spawn(|| {
            for index in 1..ENTRIES {
                queued(
                    &submitter,
                    &format!("entry-{index}"),
                    &format!("file-{index}"),
                    "x",
                );
            }
        });
        for index in 0..LANDERS {
            let clone = &clones[index % CLONES];
            let mut random = fastrand::Rng::with_seed(seed.wrapping_add(index as u64));
            scope.spawn(move || {
                for _ in 0..STARTS {
                    let mut running = lander(clone, index);
                    let life = Duration::from_millis(random.u64(..LIFE_MILLIS));
                    let ended =
                        until_by(Instant::now() + life, || running.has_ended().then_some(()));
                    counts.starts.fetch_add(1, Ordering::Relaxed);
                    if ended.is_none() {
                        counts.killed.fetch_add(1, Ordering::Relaxed);
                        running.kill();
                    }
                }
            });
        }
    });
    // Whatever they left is true already.
    let last = shared(&hub, "last");
    last.coord(["sync"]).ok();
    last.git(["fetch", "--quiet"]).ok();
    holds(&last, "origin/main");
    // What was running in a clone is taken over there at once.
    let finish = race(CLONES, |index| {
        let args = ["queue", "run", "--check", "true", "--jobs", "1"];
        clones[index].prepared(args)
    });
    for outcome in finish {
        outcome.ok();
    }
    last.coord(["sync"]).ok();
    last.git(["fetch", "--quiet"]).ok();
    holds(&last, "origin/main");
    let entries = entries(&last);
    assert_eq!(entries.len(), ENTRIES, "seed {seed}");
    for (id, entry) in &entries {
        assert_eq!(entry["stage"], "landed", "seed {seed}: {id}");
    }
}

#[test]
fn landers_that_race_and_die_lose_nothing() {
    let trials = number("COORD_TRIALS", TRIALS as u64) as usize;
    let seed = number("COORD_SEED", fastrand::u64(..));
    println!("COORD_SEED={seed}");
    let counts = Counts::default();
    let begun = Instant::now();
    let mut round = 0;
    while counts.starts.load(Ordering::Relaxed) < trials {
        world(seed.wrapping_add(round * 1_000), &counts);
        round += 1;
    }
    println!("{counts:?} in {round} worlds, {:?}", begun.elapsed());
    let killed = counts.killed.load(Ordering::Relaxed);
    assert!(killed * 5 > trials, "few were hit: {counts:?}");
}

/// A check that waits until a file is there, and a runner that dies while it runs.
fn dies_while_it_checks(agent: &Agent) -> Check {
    let go = agent.sandbox().join("go");
    let check = Check::new(
        agent,
        &format!("while ! test -e '{}'; do sleep 0.01; done", go.display()),
    );
    let args = ["queue", "run", "--check", &check.command, "--jobs", "1"];
    let mut running = agent.prepared(args).spawn();
    until("the check runs", || {
        (!check.runs().is_empty()).then_some(())
    });
    running.kill();
    drop(running);
    fs::write(go, "").unwrap();
    check
}

#[test]
fn a_runner_that_was_killed_is_taken_over_at_once_in_its_clone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    queued(&alice, "one", "one", "1");
    let check = dies_while_it_checks(&alice);
    let ran = run(&alice.beside("bob"), &check.command);
    assert_eq!(ids(&ran["landed"]), ["one"], "{ran:#}");
    alice.git(["fetch", "--quiet"]).ok();
    holds(&alice, "origin/main");
}

#[test]
fn a_runner_that_was_killed_elsewhere_is_taken_over_when_its_lease_has_ended() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| shared(&hub, name));
    queued(&alice, "one", "one", "1");
    let check = dies_while_it_checks(&alice);
    // Bob cannot know that it is dead: he waits, and says for what.
    bob.coord(["sync"]).ok();
    super::stands(&bob, "one", "checking", &["its own check is running"]);
    let land = ["queue", "land"];
    bob.coord(land).code(2);
    // He has seen the lease unchanged for longer than it lasts.
    let file = ".git/coord/sights.json";
    let mut sights: serde_json::Value = serde_json::from_str(&bob.read(file)).unwrap();
    let seen = sights["seen"].as_array_mut().unwrap();
    assert!(!seen.is_empty(), "nothing is watched");
    for sight in seen {
        sight[3] = 0.into();
    }
    bob.write(file, &sights.to_string());
    let ran = run(&bob, &check.command);
    assert_eq!(ids(&ran["landed"]), ["one"], "{ran:#}");
    bob.git(["fetch", "--quiet"]).ok();
    holds(&bob, "origin/main");
}
