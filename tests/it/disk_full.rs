//! A disk without room: what a command says then is true, and when there is room again everything
//! works.
//!
//! Needs no disk of its own and no rights. Strace lets single calls fail, each one that takes room
//! once; and a limit on the size of files lets everything fail that a command and every git under it
//! writes, beyond that many bytes.

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use crate::aftermath::{KEY, Seen, is_true, is_whole, look, repository, shared, works};
use crate::support::calls::{Call, Effect, is_full, to_take};
use crate::support::git::knows;
use crate::support::moment::{Copy, Moment};
use crate::support::race::two_at_a_time;
use crate::support::strike::{At, Strikes};
use crate::support::{Agent, Hub, Outcome, Sandbox};

/// Runs its other arguments while no file can grow beyond the first one, in bytes.
const LIMITED: &str = "trap '' XFSZ; exec prlimit --fsize=\"$@\"";

/// Sizes about those of what is written: a ref, an object, a note, a list of tables, spare copies.
const SIZES: &[usize] = &[
    0, 1, 30, 41, 60, 90, 120, 160, 200, 240, 280, 330, 400, 500, 650, 900, 1300, 1900, 3000,
];

/// A disk that is full.
enum Fault {
    /// For one call of one process.
    Once(At, Call),
    /// For everything beyond so many bytes of a file.
    Beyond(usize),
}

#[derive(Debug, Default)]
struct Counts {
    faults: usize,
    done: usize,
    failed: usize,
}

/// Runs `args` on a disk that is full in each of the ways, each time in a copy of the world, and
/// checks each copy.
fn sweep(what: &str, agent: &Agent, hub: Option<&Hub>, args: &[&str], gits: &[&'static str]) {
    let start = Instant::now();
    let world = Moment::of(agent, hub);
    let strikes = Strikes::new(agent);
    let before = look(&world.copy("fresh"));
    let sizes = SIZES.iter().step_by(if is_full() { 1 } else { 3 });
    let mut faults: Vec<Fault> = sizes.copied().map(Fault::Beyond).collect();
    let gits = gits.iter().copied().map(At::Git);
    for (number, at) in [At::Program].into_iter().chain(gits).enumerate() {
        let copy = world.copy(&format!("counted-{number}"));
        let mut calls = strikes.calls(&copy, args, at);
        calls.retain(takes_room);
        faults.extend(to_take(calls).into_iter().map(|call| Fault::Once(at, call)));
    }
    let counts = Mutex::new(Counts::default());
    two_at_a_time(faults, |number, fault| {
        let copy = world.copy(&number.to_string());
        let (outcome, shown) = match &fault {
            Fault::Once(at, call) => {
                let Call { name, nth, .. } = call;
                let trace = format!("trace={name}");
                let fail = format!("inject={name}:error=ENOSPC:when={nth}");
                let options = ["-e", &trace, "-e", &fail];
                let (outcome, _) = strikes.run(&copy, args, *at, &options, false);
                (outcome, format!("no room for {at:?} at {call}"))
            }
            Fault::Beyond(bytes) => (limited(&copy, *bytes, args), format!("room for {bytes}")),
        };
        check(&copy, &outcome, args, hub.is_some(), &before, &shown);
        let mut counts = counts.lock().unwrap();
        counts.faults += 1;
        counts.done += usize::from(outcome.is_ok());
        counts.failed += usize::from(!outcome.is_ok());
    });
    let counts = counts.into_inner().unwrap();
    println!("{what}: {counts:?} in {:?}", start.elapsed());
    // The ways to be full do reach the command, and some of what fails is not needed.
    assert!(counts.done > 0 && counts.failed > 0, "{counts:?}");
}

/// Runs a command while no file can grow beyond so many bytes.
fn limited(agent: &Agent, bytes: usize, args: &[&str]) -> Outcome {
    let bytes = bytes.to_string();
    let words = ["-c", LIMITED, "sh", &bytes, env!("CARGO_BIN_EXE_git-coord")];
    agent.command("sh", [&words, args].concat()).run()
}

/// Whether a call could find that there is no room.
fn takes_room(call: &Call) -> bool {
    let is_file = match call.name.as_str() {
        "open" | "openat" | "mkdir" | "rename" | "link" | "symlink" | "fsync" => true,
        // To a file, and not through a pipe.
        "write" | "pwrite64" | "writev" => call.shown.contains("</"),
        _ => false,
    };
    is_file && call.effect != Effect::None
}

#[track_caller]
fn check(copy: &Copy, outcome: &Outcome, args: &[&str], is_remote: bool, before: &Seen, at: &str) {
    let may_be: &[i32] = if is_remote { &[0, 3, 4, 5] } else { &[0, 4] };
    assert!(may_be.contains(&outcome.code), "{at}: {outcome}");
    if !outcome.is_ok() {
        assert!(outcome.stderr.contains("error"), "{at}: {outcome}");
    }
    is_true(outcome, args, before, &look(copy), at);
    let left = copy.files().into_iter().find(|file| is_passing(file));
    assert_eq!(left, None, "{at}");
    works(copy, at);
    is_whole(copy, at);
}

/// Whether a file is one that a command removes, however it ends.
fn is_passing(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    let ends = [".tmp", ".new", ".trace", ".push"];
    name.starts_with("tmp_obj_coord") || ends.iter().any(|end| name.ends_with(end))
}

const REFTABLE: &[&str] = &["--ref-format=reftable"];

#[test]
fn lock_without_room() {
    let alice = repository(&[], false);
    sweep("lock, files", &alice, None, &["lock", KEY], &["update-ref"]);
}

#[test]
fn unlock_without_room() {
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
fn lock_without_room_on_reftables() {
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
fn remote_lock_without_room() {
    let hub = Sandbox::new().bare("hub");
    let alice = shared(hub.clone_as("alice"));
    let gits = ["push", "receive-pack", "update-ref"];
    sweep("lock, remote", &alice, Some(&hub), &["lock", KEY], &gits);
}

/// The ref had moved when flushing it failed, and the answer was that nothing was changed.
#[test]
fn a_change_that_cannot_be_flushed_is_not_denied() {
    let alice = repository(&[], false);
    let world = Moment::of(&alice, None);
    let copy = world.copy("copy");
    let before = look(&copy);
    let state = copy.path().join(".git/refs/coord/state");
    let options = [
        "-f",
        "-P",
        state.to_str().unwrap(),
        "-e",
        "inject=fsync:error=ENOSPC",
    ];
    let strikes = Strikes::new(&alice);
    let (outcome, trace) = strikes.run(&copy, &["lock", KEY], At::Program, &options, false);
    assert!(trace.contains("INJECTED"), "{trace}");
    let outcome = outcome.code(4);
    assert!(outcome.stderr.contains("the change was made"), "{outcome}");
    let now = look(&copy);
    assert_ne!(now, before);
    is_true(&outcome, &["lock", KEY], &before, &now, "a flush");
    works(&copy, "a flush");
}
