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

use super::{Check, branch, entries, holds, ids, queued, run, shared};
use crate::support::race::two_at_a_time;
use crate::support::server::{GitDaemon, Server};
use crate::support::state::STATE;
use crate::support::wait::{until, until_by};
use crate::support::{Agent, Hub, Running, Sandbox, race};

/// How many race.
const LANDERS: usize = 16;
/// How many clones they share. In one, who is dead is known at once; another one has to wait for the
/// lease of a run.
const CLONES: [usize; 2] = [1, 4];
/// How often each of them starts anew in one world.
const STARTS: usize = 4;
/// How many entries there are in one world.
const ENTRIES: usize = 12;
/// The longest time that a lander is left alone. Most die much sooner, so that on a fast machine and on
/// a slow one there are some for every step.
const LIFE_MILLIS: f64 = 8_000.0;
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
    /// Entries that had landed when the last lander had died.
    landed_in_races: AtomicUsize,
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

/// Notes each time that the target moves without the state: a landing by half, if only for a moment.
const BY_HALF: &str = "#!/bin/sh
[ \"$1\" = committed ] || exit 0
refs=$(cat)
case $refs in
  *refs/heads/main*) case $refs in *refs/coord/state*) ;; *) echo \"$refs\" >> by-half ;; esac ;;
esac
";

/// Adds an entry; every second one is proven already, and waits for whoever lands it.
fn submit(agent: &Agent, index: usize) {
    let name = format!("entry-{index}");
    branch(agent, &name, &format!("file-{index}"), "x");
    let isolate = ["--isolate", "--check", "true"];
    let isolate = if index.is_multiple_of(2) {
        &isolate[..]
    } else {
        &[]
    };
    let add = [&["queue", "add", &name][..], isolate].concat();
    agent.coord(add).ok();
}

/// Lets landers race in one world and kills them, then has the others finish.
fn world(clones: usize, seed: u64, counts: &Counts) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    hub.write_program("hooks/reference-transaction", BY_HALF);
    // A server of its own, which nobody kills.
    let daemon = GitDaemon::start(&sandbox);
    let clones: Vec<Agent> = (0..clones)
        .map(|index| {
            let clone = daemon.clone_as(&hub, &format!("clone-{index}"));
            clone.coord(["init", "--remote", "origin"]).ok();
            clone
        })
        .collect();
    let submitter = daemon.clone_as(&hub, "submitter");
    submitter.coord(["init", "--remote", "origin"]).ok();
    for index in 0..ENTRIES / 2 {
        submit(&submitter, index);
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            for index in ENTRIES / 2..ENTRIES {
                submit(&submitter, index);
            }
        });
        for index in 0..LANDERS {
            let clone = &clones[index % clones.len()];
            let mut random = fastrand::Rng::with_seed(seed.wrapping_add(index as u64));
            scope.spawn(move || {
                for _ in 0..STARTS {
                    let mut running = lander(clone, index);
                    let life = LIFE_MILLIS * random.f64().powi(3);
                    let life = Duration::from_millis(life as u64);
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
    let landed = entries(&last);
    let landed = landed.values().filter(|one| one["stage"] == "landed");
    counts
        .landed_in_races
        .fetch_add(landed.count(), Ordering::Relaxed);
    // What was running in a clone is taken over there at once.
    let finish = race(clones.len(), |index| {
        let args = ["queue", "run", "--check", "true", "--jobs", "1"];
        clones[index].prepared(args)
    });
    for outcome in finish {
        outcome.ok();
    }
    last.coord(["sync"]).ok();
    last.git(["fetch", "--quiet"]).ok();
    holds(&last, "origin/main");
    let by_half = fs::read_to_string(hub.path().join("by-half"));
    assert!(by_half.is_err(), "seed {seed}: {by_half:?}");
    // Nobody pushes by hand here: what had to be found on the target had landed by half.
    let log = last.ask_git(["log", "--format=%s", STATE]);
    let found = log.lines().find(|line| line.starts_with("queue found"));
    assert_eq!(found, None, "seed {seed}");
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
    let worlds = trials.div_ceil(LANDERS * STARTS);
    two_at_a_time(vec![(); worlds], |number, ()| {
        let seed = seed.wrapping_add(number as u64 * 1_000);
        world(CLONES[number % CLONES.len()], seed, &counts);
    });
    println!("{counts:?} in {worlds} worlds, {:?}", begun.elapsed());
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
    bob.coord(land).code(1);
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

/// Starts a runner that goes on until it is killed.
fn watching(agent: &Agent, check: &str) -> Running {
    let args = ["queue", "run", "--watch", "--check", check, "--jobs", "1"];
    agent.prepared(args).spawn()
}

#[track_caller]
fn until_landed(hub: &Hub, id: &str, runner: &Running) {
    let entry = format!("Coord-Entry: {id}");
    until(&format!("{id} lands: {}", runner.stderr()), || {
        assert!(!runner.has_ended(), "{}", runner.stderr());
        let landed = hub.ask_git(["log", "--format=%B", "main"]);
        landed.contains(&entry).then_some(())
    });
}

#[test]
fn who_watches_outlives_a_network_that_is_away_for_a_while() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let daemon = GitDaemon::start(&sandbox);
    let alice = daemon.clone_as(&hub, "alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    queued(&alice, "one", "one", "1");
    let runner = watching(&alice, "true");
    until_landed(&hub, "one", &runner);
    let away = daemon.stop();
    // Bob's way to the hub is another one.
    let bob = shared(&hub, "bob");
    queued(&bob, "two", "two", "2");
    away.until_missed();
    let _back = away.start(&sandbox);
    until_landed(&hub, "two", &runner);
    drop(runner);
    bob.coord(["sync"]).ok();
    bob.git(["fetch", "--quiet"]).ok();
    holds(&bob, "origin/main");
}

/// The lock of such a run kept everybody from its tree, and was renewed for ever.
#[test]
fn a_check_that_ends_while_the_network_is_away_is_not_run_again() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let daemon = GitDaemon::start(&sandbox);
    let alice = daemon.clone_as(&hub, "alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    queued(&alice, "one", "one", "1");
    let go = sandbox.path().join("go");
    let wait = format!("while ! test -e '{}'; do sleep 0.01; done", go.display());
    let check = Check::new(&alice, &wait);
    let runner = watching(&alice, &check.command);
    until("the check runs", || {
        (!check.runs().is_empty()).then_some(())
    });
    let away = daemon.stop();
    fs::write(go, "").unwrap();
    away.until_missed();
    let _back = away.start(&sandbox);
    until_landed(&hub, "one", &runner);
    assert!(check.counts().values().all(|count| *count == 1));
}
