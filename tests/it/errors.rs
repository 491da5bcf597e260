//! File calls that fail: each of those of a command once, and from there on for good. What the command
//! says then is true, nothing is granted over what it could not read, and once the calls work again
//! everything does.
//!
//! A disk without room is in `disk_full`. `COORD_SWEEP=full` takes every call.

use std::sync::Mutex;
use std::time::Instant;

use crate::aftermath::{KEY, is_true, is_whole, look, repository, shared, works};
use crate::support::calls::{Call, is_full, to_take};
use crate::support::moment::{Copy, Moment};
use crate::support::race::two_at_a_time;
use crate::support::strike::{At, Strikes};
use crate::support::{Agent, Hub, Outcome, Sandbox};

/// What bob holds in every world here.
const BOBS: &str = "src/b.rs";

/// What each file call can fail with on a machine that is short of something.
fn errors(at: At, call: &Call) -> &'static [&'static str] {
    let is_write = ["write", "pwrite64", "writev"].contains(&call.name.as_str());
    if is_write && at != At::Program && !call.shown.contains("</") {
        // A git that was not heard goes on waiting for more, and no pipe fails like that.
        return &[];
    }
    match call.name.as_str() {
        "open" | "openat" => &["EIO", "EACCES", "EMFILE"],
        "read" | "pread64" | "getdents64" | "fstat" | "statx" | "newfstatat" => &["EIO"],
        "write" | "pwrite64" | "writev" | "fsync" | "ftruncate" => &["EIO"],
        "rename" | "link" | "unlink" | "mkdir" => &["EIO", "EACCES"],
        "flock" => &["ENOLCK"],
        "pipe2" => &["EMFILE"],
        "clone3" | "vfork" | "clone" => &["EAGAIN"],
        _ => &[],
    }
}

/// One call that fails, and perhaps all of its name after it.
struct Fault {
    at: At,
    call: Call,
    error: &'static str,
    is_lasting: bool,
}

#[derive(Debug, Default)]
struct Counts {
    faults: usize,
    done: usize,
    refused: usize,
    failed: usize,
}

/// Runs `args` with each fault, each time in a copy of the world.
fn sweep(what: &str, agent: &Agent, hub: Option<&Hub>, args: &[&str], gits: &[&'static str]) {
    let start = Instant::now();
    let world = Moment::of(agent, hub);
    let strikes = Strikes::new(agent);
    let before = look(&world.copy("fresh"));
    let gits = gits.iter().copied().map(At::Git);
    let mut faults = Vec::new();
    for (number, at) in [At::Program].into_iter().chain(gits).enumerate() {
        let copy = world.copy(&format!("counted-{number}"));
        for call in to_take(strikes.calls(&copy, args, at)) {
            for error in errors(at, &call) {
                faults.extend([false, true].map(|is_lasting| Fault {
                    at,
                    call: call.clone(),
                    error,
                    is_lasting,
                }));
            }
        }
    }
    if !is_full() {
        // Of one call it is enough to see one of them; every sort comes in turn.
        faults = faults.into_iter().step_by(3).collect();
    }
    let counts = Mutex::new(Counts::default());
    two_at_a_time(faults, |number, fault| {
        let copy = world.copy(&number.to_string());
        let Fault {
            at, call, error, ..
        } = &fault;
        let Call { name, nth, .. } = call;
        let on = if fault.is_lasting { "+" } else { "" };
        let trace = format!("trace={name}");
        let fail = format!("inject={name}:error={error}:when={nth}{on}");
        let options = ["-e", &trace, "-e", &fail];
        let (outcome, _) = strikes.run(&copy, args, *at, &options, false);
        let shown = format!("{error}{on} for {at:?} at {call}");
        check(&copy, &outcome, args, &shown);
        is_true(&outcome, args, &before, &look(&copy), &shown);
        works(&copy, &shown);
        is_whole(&copy, &shown);
        let mut counts = counts.lock().unwrap();
        counts.faults += 1;
        match outcome.code {
            0 => counts.done += 1,
            1 => counts.refused += 1,
            _ => counts.failed += 1,
        }
    });
    let counts = counts.into_inner().unwrap();
    println!("{what}: {counts:?} in {:?}", start.elapsed());
    assert!(counts.failed > 0, "{counts:?}");
}

/// Whatever failed, the command ended with one of its own answers.
#[track_caller]
fn check(copy: &Copy, outcome: &Outcome, args: &[&str], at: &str) {
    // Before it begins, the loader says what it could not open.
    let never_began = outcome.code == 127 || outcome.stderr.contains("strace");
    let is_answer = [0, 1, 2, 3, 4, 5].contains(&outcome.code);
    assert!(is_answer || never_began, "{at}: {outcome}");
    assert!(!outcome.stderr.contains("panicked"), "{at}: {outcome}");
    if args.contains(&BOBS) {
        assert!(!outcome.is_ok(), "granted over bob, {at}: {outcome}");
    }
    let bobs = copy.moved(copy.authority());
    let bobs = bobs.git(["cat-file", "-e", "refs/coord/state:locks/path/src/b.rs="]);
    assert!(bobs.is_ok(), "bob's lock is gone, {at}: {outcome}");
}

#[test]
fn lock_while_calls_fail() {
    let alice = repository(&[], false);
    sweep("lock", &alice, None, &["lock", KEY], &["update-ref"]);
}

#[test]
fn unlock_while_calls_fail() {
    let alice = repository(&[], true);
    sweep("unlock", &alice, None, &["unlock", KEY], &["update-ref"]);
}

#[test]
fn what_is_held_is_not_granted_while_calls_fail() {
    let alice = repository(&[], false);
    sweep("lock, held", &alice, None, &["lock", BOBS], &[]);
}

#[test]
fn remote_lock_while_calls_fail() {
    let hub = Sandbox::new().bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.beside("bob").coord(["lock", BOBS]).ok();
    let alice = shared(alice);
    let gits = ["push", "receive-pack"];
    sweep("lock, remote", &alice, Some(&hub), &["lock", KEY], &gits);
}
