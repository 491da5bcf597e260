//! Histories of real processes: whether what they were answered could have been answered to them one
//! after the other, and whether the chain has what was acknowledged.
//!
//! `COORD_HISTORIES=100 cargo test --test it histories:: -- --nocapture` does more of them, and shows
//! the counts; `COORD_SEED=N` repeats the wishes and deaths of a run.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::history::{Asked, Call, Locks, order};
use crate::races::oracle::{WISHES, Wish};
use crate::support::shell::program;
use crate::support::state::STATE;
use crate::support::strace::Traced;
use crate::support::{Agent, Outcome, Sandbox};

/// What the callers of one history are told, and when.
pub struct Recorder {
    start: Instant,
    calls: Mutex<Vec<Call<Asked>>>,
    acknowledged: Mutex<Vec<String>>,
}

impl Recorder {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            calls: Mutex::default(),
            acknowledged: Mutex::default(),
        }
    }

    /// Now, in the unit of histories.
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap()
    }

    /// Keeps a call that was made then and has just ended.
    pub fn ended(&self, called: u64, outcome: &Outcome, asked: impl Fn(bool) -> Asked) {
        let returned = self.now();
        let answer = match outcome.code {
            0 => Some(true),
            1 => Some(false),
            // Killed, or it could not say.
            5 | 128.. => None,
            _ => panic!("{outcome}"),
        };
        if answer == Some(true) {
            let told = outcome.json();
            // What was there already has no commit of its own.
            if !told["commit"].is_null() {
                let op = told["op"].as_str().unwrap().to_owned();
                self.acknowledged.lock().unwrap().push(op);
            }
        }
        self.calls.lock().unwrap().push(Call {
            called,
            returned: answer.map(|_| returned),
            what: asked(answer.unwrap_or_default()),
        });
    }

    /// Asserts that the history is right, and that the chain has every acknowledged operation once.
    #[track_caller]
    pub fn settle(self, wishes: &[Wish], agent: &Agent, what: &str) -> usize {
        let mut calls = self.calls.into_inner().unwrap();
        calls.sort_by_key(|call| call.called);
        let locks = Locks {
            excludes: |one: usize, other: usize| wishes[one].excludes(wishes[other]),
        };
        assert!(
            order(&locks, &calls).is_some(),
            "{what}: nothing that happens one after the other is answered like this: {calls:#?}"
        );
        agent.coord(["sync"]).ok();
        let log = agent.coord(["log", "--json", "-n", "5000"]).ok().json();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in log["entries"].as_array().unwrap() {
            *times.entry(op_of(entry)).or_default() += 1;
        }
        for op in self.acknowledged.into_inner().unwrap() {
            assert_eq!(times.get(op.as_str()), Some(&1), "{what}: {op}");
        }
        assert!(times.values().all(|times| *times == 1), "{what}: {times:?}");
        agent.coord(["log", "--verify"]).ok();
        calls.len()
    }
}

fn op_of(entry: &Value) -> &str {
    entry["event"]["op"].as_str().unwrap()
}

/// Each caller locks and unlocks a few times; some of its commands are killed.
fn callers(agents: &[Agent], rounds: usize, seed: u64, recorder: &Recorder) {
    let start = Barrier::new(agents.len());
    thread::scope(|scope| {
        for (index, agent) in agents.iter().enumerate() {
            let start = &start;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed ^ (index as u64 + 1) << 32);
                // After a death the agent goes on in another session: what the dead command still
                // comes to is the old one's.
                let mut session = 0;
                start.wait();
                for _ in 0..rounds {
                    let who = index + session * agents.len();
                    let agent = agent.session(&format!("s{session}"));
                    let wish = random.usize(..WISHES.len());
                    let sentence = (random.u8(..6) == 0).then(|| random.u64(..150_000));
                    let lock = |yes| Asked::Lock { who, wish, yes };
                    let mut args = vec!["lock", "--json", WISHES[wish].key];
                    if WISHES[wish].is_shared {
                        args.push("--shared");
                    }
                    call(&agent, &args, sentence, recorder, lock);
                    let unlock = |yes| Asked::Unlock { who, wish, yes };
                    let args = ["unlock", "--json", WISHES[wish].key];
                    call(&agent, &args, None, recorder, unlock);
                    session += usize::from(sentence.is_some());
                }
            });
        }
    });
}

fn call(
    agent: &Agent,
    args: &[&str],
    sentence: Option<u64>,
    recorder: &Recorder,
    asked: impl Fn(bool) -> Asked,
) {
    let called = recorder.now();
    let mut running = agent
        .command(program(), args)
        .within(Duration::from_secs(180))
        .spawn();
    if let Some(micros) = sentence {
        // Not to wait for anything: the moment of death is drawn by lot.
        thread::sleep(Duration::from_micros(micros));
        running.kill();
    }
    recorder.ended(called, &running.wait(), asked);
}

fn seed() -> u64 {
    let given = env::var("COORD_SEED")
        .ok()
        .map(|text| text.parse().unwrap());
    given.unwrap_or_else(|| fastrand::u64(..))
}

fn count() -> usize {
    let given = env::var("COORD_HISTORIES").ok();
    given.map_or(1, |text| text.parse().unwrap())
}

#[test]
fn what_processes_of_one_clone_are_answered_has_an_order() {
    let mut calls = 0;
    for _ in 0..2 * count() {
        let seed = seed();
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("repo");
        repo.git(["config", "coord.fsync", "false"]).ok();
        let agents: Vec<Agent> = (0..6).map(|n| repo.agent(&format!("a{n}"))).collect();
        let recorder = Recorder::new();
        callers(&agents, 6, seed, &recorder);
        calls += recorder.settle(&WISHES, &repo.agent("next"), &format!("seed {seed}"));
    }
    println!("{calls} calls in one clone");
}

#[test]
fn what_processes_of_many_clones_are_answered_has_an_order() {
    let mut calls = 0;
    for _ in 0..count() {
        let seed = seed();
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let clones: Vec<Agent> = (0..3).map(|n| hub.clone_as(&format!("c{n}"))).collect();
        let agents: Vec<Agent> = (0..6)
            .map(|n| {
                let agent = clones[n % 3].beside(&format!("a{n}"));
                agent.git(["config", "coord.remote", "origin"]).ok();
                // A no may be as old as that, so that with nothing it has an order too.
                agent.git(["config", "coord.maxAge", "0s"]).ok();
                agent
            })
            .collect();
        let recorder = Recorder::new();
        callers(&agents, 3, seed, &recorder);
        calls += recorder.settle(&WISHES, &agents[0], &format!("seed {seed}"));
    }
    println!("{calls} calls in three clones");
}

/// A ref that a person has set while a command was deciding is not written over.
#[test]
fn a_state_that_was_set_meanwhile_is_not_written_over() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    alice.coord(["lock", "README.md"]).ok();
    let before = repo.ask_git(["rev-parse", STATE]);
    alice.coord(["lock", "src/b.rs"]).ok();
    let after = repo.ask_git(["rev-parse", STATE]);
    repo.git(["update-ref", STATE, &before]).ok();
    // It has read the ref and is about to flush what it has made of that.
    std::fs::write(
        repo.path().join(".git/coord/pin"),
        format!("{before} {before}\n"),
    )
    .unwrap();
    let stop = [
        "-e",
        "trace=fsync",
        "-e",
        "inject=fsync:signal=SIGSTOP:when=1",
    ];
    let stopped = Traced::coord(&bob, &stop, &["lock", "src/a.rs"]).stopped();
    let stopped = stopped.expect("it flushes");
    repo.git(["update-ref", STATE, &after]).ok();
    stopped.go_on().wait().ok();
    let is_kept = ["merge-base", "--is-ancestor", &after, STATE];
    repo.git(is_kept).ok();
    alice.coord(["log", "--verify"]).ok();
}
