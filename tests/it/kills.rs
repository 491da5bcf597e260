//! A command is killed at each of its system calls, its git children included; then whatever comes
//! next finds a whole state and works, with nobody deleting a file by hand.
//!
//! Strace counts calls by name and process, so the sweep goes over each name and each number, and
//! not over one running number. Who dies is the process that comes to that number: mostly the
//! command itself, whose children then are alone; sometimes git under it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::git::knows;
use crate::support::server::{GitDaemon, Server};
use crate::support::strace::Traced;
use crate::support::{Agent, Sandbox};

/// System calls that change nothing that another process could see: dying there is dying at the
/// next one that does.
const INNER: &[&str] = &[
    "arch_prctl",
    "brk",
    "clone3",
    "dup2",
    "exit",
    "exit_group",
    "fcntl",
    "futex",
    "getcwd",
    "geteuid",
    "getpid",
    "getrandom",
    "gettid",
    "getuid",
    "lseek",
    "madvise",
    "mmap",
    "mprotect",
    "munmap",
    "pipe2",
    "poll",
    "pread64",
    "prlimit64",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_getaffinity",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "sysinfo",
    "uname",
];

/// What a sweep did.
#[derive(Debug, Default)]
struct Counts {
    points: usize,
    killed: usize,
    /// Points at which the command had begun to change something.
    begun: usize,
    /// Points that left a lock file of git's.
    stale: usize,
    slowest_next: Duration,
}

/// How many calls of each name a command or one of its children makes.
fn calls(agent: &Agent, args: &[&str]) -> BTreeMap<String, usize> {
    let (outcome, trace) = Traced::coord(agent, &["-f"], args).end();
    outcome.ok();
    let mut calls: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in trace.lines() {
        // `<pid> name(…`; what is resumed, and signals, begin otherwise.
        let call = line
            .split_once(' ')
            .and_then(|(pid, rest)| Some((pid, rest.trim_start().split_once('(')?.0)));
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if let Some(call) = call.filter(|(_, name)| is_name(name)) {
            *calls.entry(call).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, name), count) in calls {
        let most: &mut usize = most.entry(name.to_owned()).or_default();
        *most = count.max(*most);
    }
    most
}

/// Every file below a directory.
fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            let below = if path.is_dir() {
                files(&path)
            } else {
                BTreeSet::new()
            };
            below.into_iter().chain([path]).collect::<BTreeSet<_>>()
        })
        .collect()
}

/// Whether a file is a lock of git's.
fn is_lock(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "lock") && !file.starts_with(".git/coord")
}

/// Kills `args` at every `step`th point in a copy of `template` each, and checks each copy.
fn sweep(what: &str, template: &Agent, args: &[&str], step: usize) {
    let start = Instant::now();
    let copies = template.sandbox().join("copies");
    fs::create_dir(&copies).unwrap();
    let copy = |name: &str| {
        let to = copies.join(name);
        let copied = Command::new("cp")
            .arg("-r")
            .arg(template.path())
            .arg(&to)
            .status();
        assert!(copied.unwrap().success());
        template.moved(to)
    };
    let files_of = |agent: &Agent| -> BTreeSet<PathBuf> {
        let files = files(&agent.path().join(".git")).into_iter();
        files
            .map(|file| file.strip_prefix(agent.path()).unwrap().to_owned())
            .collect()
    };
    let untouched = files_of(template);
    let counted = calls(&copy("counted"), args);
    let points: Vec<(String, usize)> = counted
        .into_iter()
        .filter(|(name, _)| !INNER.contains(&name.as_str()))
        .flat_map(|(name, count)| (1..=count).map(move |nth| (name.clone(), nth)))
        .step_by(step)
        .collect();
    let counts = Mutex::new(Counts::default());
    let queue = Mutex::new(points.into_iter());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, nth)) = queue.lock().unwrap().next() else {
                        return;
                    };
                    let agent = copy(&format!("{name}-{nth}"));
                    let die = format!("inject={name}:signal=SIGKILL:when={nth}");
                    let trace = format!("trace={name}");
                    let options = ["-f", "-e", &trace, "-e", &die];
                    let died = !Traced::coord(&agent, &options, args).end().0.is_ok();
                    let left = files_of(&agent);
                    let is_stale = left.iter().any(|file| is_lock(file));
                    // Where nothing was begun, there is nothing to be half done.
                    let is_begun = left != untouched;
                    let next = check(&agent, &format!("{name} {nth}"), is_begun);
                    fs::remove_dir_all(agent.path()).unwrap();
                    let mut counts = counts.lock().unwrap();
                    counts.points += 1;
                    counts.killed += usize::from(died);
                    counts.begun += usize::from(is_begun);
                    counts.stale += usize::from(is_stale);
                    counts.slowest_next = counts.slowest_next.max(next);
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    println!("{what}: {counts:?} in {:?}", start.elapsed());
    assert!(counts.killed * 2 > counts.points, "{counts:?}");
}

/// What must hold after a death; returns the time of the first command after it.
#[track_caller]
fn check(agent: &Agent, point: &str, is_begun: bool) -> Duration {
    let start = Instant::now();
    let next = agent.coord(["lock", "src/a.rs"]);
    let took = start.elapsed();
    assert!(next.is_ok(), "after {point}: {next}");
    let unlock = agent.coord(["unlock", "--all"]);
    assert!(unlock.is_ok(), "after {point}: {unlock}");
    if is_begun {
        let verify = agent.coord(["log", "--verify"]);
        assert!(verify.is_ok(), "after {point}: {verify}");
        // Git's own commands work as well: a person's, and its housekeeping.
        for args in [
            &["fsck", "--no-progress", "--no-dangling"][..],
            &["commit", "--quiet", "--allow-empty", "--message=work"],
            &["pack-refs", "--all"],
        ] {
            let outcome = agent.git(args);
            assert!(outcome.is_ok(), "after {point}: {outcome}");
        }
    }
    took
}

/// A repository in which one lock of bob's and, for `unlock`, one of alice's is there.
fn template(init: &[&str], is_locked: bool) -> (Sandbox, Agent) {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo_with("repo", init);
    let alice = repo.agent("alice");
    repo.agent("bob").coord(["lock", "src/b.rs"]).ok();
    if is_locked {
        alice.coord(["lock", "src/a.rs"]).ok();
    }
    (sandbox, alice)
}

const REFTABLE: &[&str] = &["--ref-format=reftable"];

#[test]
fn lock_killed_at_each_system_call() {
    let (_sandbox, alice) = template(&[], false);
    sweep("lock, files", &alice, &["lock", "src/a.rs"], 1);
}

#[test]
fn unlock_killed_at_each_system_call() {
    let (_sandbox, alice) = template(&[], true);
    sweep("unlock, files", &alice, &["unlock", "src/a.rs"], 1);
}

#[test]
fn lock_killed_at_each_system_call_on_reftables() {
    if !knows(REFTABLE) {
        return;
    }
    let (_sandbox, alice) = template(REFTABLE, false);
    sweep("lock, reftable", &alice, &["lock", "src/a.rs"], 3);
}

#[test]
fn unlock_killed_at_each_system_call_on_reftables() {
    if !knows(REFTABLE) {
        return;
    }
    let (_sandbox, alice) = template(REFTABLE, true);
    sweep("unlock, reftable", &alice, &["unlock", "src/a.rs"], 3);
}

#[test]
fn remote_lock_killed_on_its_way() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    // A server of its own, which the sweep does not kill.
    let daemon = GitDaemon::start(&sandbox);
    let alice = daemon.clone_as(&hub, "alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    // A view that is too old for a refusal, so that the next command also fetches.
    alice.git(["config", "coord.maxAge", "0s"]).ok();
    alice.beside("carol").coord(["lock", "src/c.rs"]).ok();
    sweep("lock, remote", &alice, &["lock", "src/a.rs"], 5);
}
