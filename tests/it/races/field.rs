//! One repository that many processes fight over, and what must hold after each fight.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::git::knows;
use crate::support::{Agent, Outcome, Repo, Sandbox};

use super::oracle::{WISHES, Wish};

/// The latest moment of a death after the start: a racer of many takes about as long.
const LATEST_DEATH_MICROS: u64 = 150_000;

/// How the coordination state is stored.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// Loose and packed refs, objects read by libgit2.
    Files,
    /// The same, everything by the git program.
    Program,
    /// Refs in reftables.
    Reftable,
    /// Longer object ids.
    Sha256,
}

impl Format {
    fn init(self) -> &'static [&'static str] {
        match self {
            Self::Files | Self::Program => &[],
            Self::Reftable => &["--ref-format=reftable"],
            Self::Sha256 => &["--object-format=sha256"],
        }
    }

    /// Those of them that the git here knows.
    pub fn known(formats: &[Self]) -> impl Iterator<Item = Self> {
        formats
            .iter()
            .copied()
            .filter(|format| knows(format.init()))
    }
}

/// What became of one racer.
pub struct Racer {
    /// Which one.
    pub index: usize,
    /// Its exit code and words.
    pub outcome: Outcome,
}

/// A repository and its racers.
pub struct Field {
    pub repo: Repo,
    racers: Vec<Agent>,
    /// Seeded, so that a failure names the race that it came from.
    pub random: fastrand::Rng,
    seed: u64,
    /// The commit up to which the log was looked at.
    seen: String,
    pub counts: Counts,
    /// Held by what must not run beside `git fsck`, which is no match for a ref that moves.
    pub quiet: Arc<Mutex<()>>,
    _sandbox: Sandbox,
}

/// What was done, for the test's output.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub rounds: usize,
    pub processes: usize,
    pub killed: usize,
    pub granted: usize,
    /// Killed processes whose operation is in the chain all the same.
    pub unacknowledged: usize,
    /// The longest that a command took right after a round.
    pub slowest_next: Duration,
}

impl Counts {
    /// Adds what was done elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.processes += other.processes;
        self.killed += other.killed;
        self.granted += other.granted;
        self.unacknowledged += other.unacknowledged;
        self.slowest_next = self.slowest_next.max(other.slowest_next);
    }
}

impl Field {
    pub fn new(format: Format, racers: usize, seed: u64) -> Self {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("repo", format.init());
        if matches!(format, Format::Program) {
            repo.git(["config", "coord.backend", "git"]).ok();
        }
        if !matches!(format, Format::Files) {
            // One format is raced as it is by default; the others need not wait for the disk.
            repo.git(["config", "coord.fsync", "false"]).ok();
        }
        let racers = (0..racers)
            .map(|index| repo.agent(&format!("a{index}")))
            .collect();
        Self {
            repo,
            racers,
            random: fastrand::Rng::with_seed(seed),
            seed,
            seen: String::new(),
            counts: Counts::default(),
            quiet: Arc::default(),
            _sandbox: sandbox,
        }
    }

    /// The directory that this round is about. Each round has its own, so that nobody has to give
    /// anything back.
    fn below(&self) -> String {
        format!("round-{}/", self.counts.rounds)
    }

    /// Starts a process for each racer at once, kills some, and returns what became of all.
    ///
    /// A death sentence is a delay, and whether what the process started dies with it.
    pub fn race(
        &mut self,
        wishes: &[Wish],
        sentences: &BTreeMap<usize, (Duration, bool)>,
    ) -> Vec<Racer> {
        self.counts.rounds += 1;
        self.counts.processes += wishes.len();
        self.counts.killed += sentences.len();
        let below = self.below();
        let racers: Vec<_> = wishes.iter().zip(&self.racers).enumerate().collect();
        let outcomes = thread::scope(|scope| {
            let running: Vec<_> = racers
                .iter()
                .map(|(index, (wish, agent))| {
                    let sentence = sentences.get(index).copied();
                    let key = format!("{below}{}", wish.key);
                    scope.spawn(move || run(agent, &key, wish.is_shared, sentence))
                })
                .collect();
            running
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect::<Vec<_>>()
        });
        outcomes
            .into_iter()
            .enumerate()
            .map(|(index, outcome)| Racer { index, outcome })
            .collect()
    }

    /// Asserts what must hold after a round, and returns who holds something now.
    #[track_caller]
    pub fn settle(&mut self, wishes: &[Wish], racers: &[Racer]) -> Vec<usize> {
        let seed = self.seed;
        let start = Instant::now();
        let next = self.repo.agent("next");
        // The next command, whoever was killed in the middle of whatever.
        next.coord(["lock", "next.txt"]).ok();
        self.counts.slowest_next = self.counts.slowest_next.max(start.elapsed());
        next.coord(["unlock", "next.txt"]).ok();

        // Every acknowledged operation is in the chain exactly once, and no operation is twice.
        let log = next.coord(["log", "--json", "-n", "200"]).ok().json();
        let entries = log["entries"].as_array().unwrap();
        let fresh = entries
            .iter()
            .take_while(|entry| entry["commit"] != self.seen.as_str());
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in fresh {
            *times
                .entry(entry["event"]["op"].as_str().unwrap())
                .or_default() += 1;
        }
        self.seen = entries[0]["commit"].as_str().unwrap().to_owned();
        assert!(
            times.values().all(|times| *times == 1),
            "seed {seed}: {times:?}"
        );
        for racer in racers.iter().filter(|racer| racer.outcome.is_ok()) {
            let answer = racer.outcome.json();
            let op = answer["op"].as_str().unwrap();
            assert!(times.contains_key(op), "seed {seed}: {op} is lost");
            self.counts.granted += 1;
        }

        // Who holds something, by the program's own list; no two of them exclude each other.
        let locks = next
            .coord(["locks", "--json", "--key", &self.below()])
            .ok()
            .json();
        let holders = holders(&locks);
        let asked = |index: &usize| wishes[*index];
        for (nth, one) in holders.iter().enumerate() {
            for other in &holders[nth + 1..] {
                let (one, other) = (asked(one), asked(other));
                assert!(
                    !one.excludes(other),
                    "seed {seed}: {one:?} and {other:?} are both held"
                );
            }
        }
        for racer in racers {
            let holds = holders.contains(&racer.index);
            match racer.outcome.code {
                0 => assert!(holds, "seed {seed}: a{} lost its lock", racer.index),
                1 => assert!(!holds, "seed {seed}: a{} was refused", racer.index),
                137 => self.counts.unacknowledged += usize::from(holds),
                _ => panic!("seed {seed}: a{} answered {}", racer.index, racer.outcome),
            }
        }

        next.coord(["log", "--verify"]).ok();
        let _quiet = self.quiet.lock();
        self.repo
            .git(["fsck", "--no-progress", "--no-dangling"])
            .ok();
        holders
    }

    /// A wish for each of `count` racers.
    pub fn mixed_wishes(&mut self, count: usize) -> Vec<Wish> {
        (0..count)
            .map(|_| WISHES[self.random.usize(..WISHES.len())])
            .collect()
    }

    /// A fifth of the racers, each with the moment of its death.
    pub fn sentences(&mut self, count: usize) -> BTreeMap<usize, (Duration, bool)> {
        (0..count.div_ceil(5))
            .map(|_| {
                let delay = Duration::from_micros(self.random.u64(..LATEST_DEATH_MICROS));
                (self.random.usize(..count), (delay, self.random.bool()))
            })
            .collect()
    }
}

#[track_caller]
fn run(agent: &Agent, key: &str, is_shared: bool, sentence: Option<(Duration, bool)>) -> Outcome {
    let mut args = vec!["lock", "--json", key];
    if is_shared {
        args.push("--shared");
    }
    let mut running = agent
        .command(crate::support::shell::program(), args)
        .spawn();
    if let Some((delay, with_children)) = sentence {
        // Not to wait for anything: the moment of death is drawn by lot.
        thread::sleep(delay);
        if with_children {
            running.kill();
        } else {
            running.kill_alone();
        }
    }
    running.wait()
}

fn holders(locks: &Value) -> Vec<usize> {
    let locks = locks["locks"].as_array().unwrap();
    let mut holders: Vec<usize> = locks
        .iter()
        .map(|lock| {
            let agent = lock["by"]["agent"].as_str().unwrap();
            agent[1..].parse().unwrap()
        })
        .collect();
    holders.sort_unstable();
    holders.dedup();
    holders
}
