//! A command is killed at each of its system calls, or a git under it is, alone or with the command;
//! then whatever comes next finds a whole state and works, with nobody deleting a file by hand.
//!
//! Every run kills at each call that changes a ref, a note or a lock, and at some of those that write
//! objects or only look. `COORD_SWEEP=full cargo test --test it kills:: -- --nocapture` takes every
//! call, for many minutes, and shows the counts.

mod every_command;
mod landing;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::aftermath::{KEY, is_true, is_whole, look, repository, shared, suits_git, works};
use crate::support::calls::{Call, is_full, to_take};
use crate::support::git::knows;
use crate::support::moment::{Copy, Moment};
use crate::support::race::two_at_a_time;
use crate::support::server::{GitDaemon, Server};
use crate::support::strike::{At, Strikes};
use crate::support::{Agent, Hub, Outcome, Sandbox};

/// Where to kill.
struct Point {
    at: At,
    /// Whether the command dies with a git under it.
    with_all: bool,
    call: Call,
}

/// What a sweep did.
#[derive(Debug, Default)]
struct Counts {
    points: usize,
    killed: usize,
    /// Points at which the command had begun to change something.
    begun: usize,
    /// Points that left a lock file of git's.
    stale: usize,
    /// The longest time that the next command took, and where that was.
    slowest_next: (Duration, String),
}

/// What is killed, and what must hold then.
struct Sweep<'a, S> {
    what: &'a str,
    agent: &'a Agent,
    hub: Option<&'a Hub>,
    args: &'a [&'a str],
    gits: &'a [&'static str],
    /// Most points, unless all are wanted.
    most: usize,
    /// What the command may change.
    look: fn(&Copy) -> S,
    /// That what it said is so.
    is_true: fn(&Outcome, &[&str], &S, &S, &str),
    /// That whatever comes next works, and how long the first of that took.
    works: fn(&Copy, &[&str], &str) -> Duration,
}

/// Sweeps `lock` or `unlock` of one key.
fn sweep(what: &str, agent: &Agent, hub: Option<&Hub>, args: &[&str], gits: &[&'static str]) {
    let sweep = Sweep {
        what,
        agent,
        hub,
        args,
        gits,
        most: usize::MAX,
        look,
        is_true,
        works: |copy, _, point| works(copy, point),
    };
    sweep.run();
}

impl<S: Sync> Sweep<'_, S> {
    /// Kills the command at the calls of its processes, each time in a copy of the world, and checks
    /// each copy.
    fn run(self) {
        let Self {
            what,
            agent,
            hub,
            args,
            gits,
            ..
        } = self;
        let start = Instant::now();
        let world = Moment::of(agent, hub);
        let strikes = Strikes::new(agent);
        let fresh = world.copy("fresh");
        let (untouched, before) = (fresh.files(), (self.look)(&fresh));
        let gits = gits
            .iter()
            .flat_map(|git| [(At::Git(git), false), (At::Git(git), true)]);
        let mut points = Vec::new();
        for (number, (at, with_all)) in [(At::Program, false)].into_iter().chain(gits).enumerate() {
            let copy = world.copy(&format!("counted-{number}"));
            let calls = to_take(strikes.calls(&copy, args, at));
            points.extend(calls.into_iter().map(|call| Point { at, with_all, call }));
        }
        if !is_full() && points.len() > self.most {
            // Evenly spread, so that every part of the way has some.
            let step = points.len().div_ceil(self.most);
            points = points.into_iter().step_by(step).collect();
        }
        let counts = Mutex::new(Counts::default());
        two_at_a_time(points, |number, point| {
            let Point { at, with_all, call } = point;
            let copy = world.copy(&number.to_string());
            let Call { name, nth, .. } = &call;
            let trace = format!("trace={name}");
            let kill = format!("inject={name}:signal=SIGKILL:when={nth}");
            let options = ["-e", &trace, "-e", &kill];
            let (outcome, trace) = strikes.run(&copy, args, at, &options, with_all);
            let left = copy.files();
            let shown = format!("{at:?} (and all: {with_all}) at {call}");
            (self.is_true)(&outcome, args, &before, &(self.look)(&copy), &shown);
            let next = (self.works)(&copy, args, &shown);
            // Where nothing was begun, there is nothing to be half done.
            let is_begun = left != untouched;
            if is_begun {
                is_whole(&copy, &shown);
                suits_git(&copy, &shown);
            }
            let mut counts = counts.lock().unwrap();
            counts.points += 1;
            counts.killed += usize::from(trace.contains("killed by SIGKILL"));
            counts.begun += usize::from(is_begun);
            counts.stale += usize::from(left.iter().any(|file| is_lock(file)));
            if next > counts.slowest_next.0 {
                counts.slowest_next = (next, shown);
            }
        });
        let counts = counts.into_inner().unwrap();
        println!("{what}: {counts:?} in {:?}", start.elapsed());
        // Objects have other names each time, and so not every call comes again.
        assert!(counts.killed * 2 > counts.points, "{counts:?}");
        let has_all = self.most == usize::MAX || is_full();
        assert!(
            counts.stale > 0 || !has_all,
            "no lock file was left anywhere"
        );
    }
}

/// Whether a file is a lock of git's, and not one that was moved aside.
fn is_lock(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    name.ends_with(".lock") && !name.starts_with("stale-")
}

const REFTABLE: &[&str] = &["--ref-format=reftable"];

#[test]
fn lock_killed_at_each_system_call() {
    let alice = repository(&[], false);
    sweep("lock, files", &alice, None, &["lock", KEY], &["update-ref"]);
}

#[test]
fn unlock_killed_at_each_system_call() {
    let alice = repository(&[], true);
    sweep(
        "unlock, files",
        &alice,
        None,
        &["unlock", KEY],
        &["update-ref"],
    );
}

#[test]
fn lock_killed_at_each_system_call_on_reftables() {
    if !knows(REFTABLE) {
        return;
    }
    let alice = repository(REFTABLE, false);
    sweep(
        "lock, reftable",
        &alice,
        None,
        &["lock", KEY],
        &["update-ref"],
    );
}

#[test]
fn unlock_killed_at_each_system_call_on_reftables() {
    if !knows(REFTABLE) {
        return;
    }
    let alice = repository(REFTABLE, true);
    sweep(
        "unlock, reftable",
        &alice,
        None,
        &["unlock", KEY],
        &["update-ref"],
    );
}

#[test]
fn remote_lock_killed_on_its_way() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    // A server of its own, which the sweep does not kill.
    let daemon = GitDaemon::start(&sandbox);
    let alice = shared(daemon.clone_as(&hub, "alice"));
    let gits = ["push", "update-ref"];
    sweep("lock, remote", &alice, Some(&hub), &["lock", KEY], &gits);
}

/// Git's receiving end is one of the command's children there, and dies as well.
#[test]
fn remote_lock_killed_on_its_way_into_a_directory() {
    let hub = Sandbox::new().bare("hub");
    let alice = shared(hub.clone_as("alice"));
    let gits = ["receive-pack"];
    sweep("lock, directory", &alice, Some(&hub), &["lock", KEY], &gits);
}
