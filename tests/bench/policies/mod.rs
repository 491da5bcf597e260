//! Ways to run a merge queue, side by side on the same entries and the same truth.
//!
//! `cargo bench -- simulation [--plot FILE] [REPOSITORY]...`: entries change what the merges of the
//! repositories given have really changed, and what is made up in the same shape.

mod plot;

use std::path::{Path, PathBuf};

use crate::replay::name_of;
use crate::simulation::ours::{Crew, ours};
use crate::simulation::truth::{Files, Odds, Truth};
use crate::simulation::{Outcome, files, rivals};
use crate::world::World;

/// Entries that wait at once.
const ENTRIES: usize = 256;
/// Throws of the dice, each on other entries of the history.
const SEEDS: u64 = 12;
/// Most merges of a history that are looked at, the latest.
const MERGES_MAX: &str = "3000";

/// A way to run a queue: what it is called, what it does, and what it has to reach: its rate beside
/// the serial one, and runs for each landed entry.
struct Policy {
    name: &'static str,
    run: fn(&Truth) -> Outcome,
    aim: Option<(f64, f64)>,
}

const POLICIES: [Policy; 7] = [
    Policy {
        name: "serial",
        run: rivals::serial,
        aim: None,
    },
    Policy {
        name: "batches of 8, halved when red",
        run: |truth| rivals::batch(truth, 8),
        aim: None,
    },
    Policy {
        name: "train, 4 in flight",
        run: |truth| rivals::train(truth, 4),
        aim: None,
    },
    Policy {
        name: "train, 8 in flight",
        run: |truth| rivals::train(truth, 8),
        aim: None,
    },
    Policy {
        name: "git-coord, 4 workers",
        run: |truth| ours(truth, Crew::of(4)),
        aim: Some((3.0, 2.1)),
    },
    Policy {
        name: "git-coord, 8 workers",
        run: |truth| ours(truth, Crew::of(8)),
        aim: Some((4.0, 2.1)),
    },
    Policy {
        name: "git-coord, 4 workers, and submitters check their own",
        run: |truth| {
            ours(
                truth,
                Crew {
                    do_submitters: true,
                    ..Crew::of(4)
                },
            )
        },
        aim: Some((3.0, 0.7)),
    },
];

/// What one policy came to, over all throws.
struct Found {
    policy: &'static Policy,
    sum: Outcome,
    /// Its rate beside the serial one.
    factor: f64,
}

/// All policies on the entries of one history.
struct Study {
    name: String,
    found: Vec<Found>,
}

/// The table, and a plot where one is wanted.
pub fn run(world: &World, args: &[String]) {
    let mut dirs = Vec::new();
    let mut plot = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--plot" => plot = args.next(),
            // Cargo says that it is a benchmark.
            flag if flag.starts_with('-') => {}
            dir => dirs.push(PathBuf::from(dir)),
        }
    }
    println!(
        "| entries of | policy | landed per hour | beside serial | runs per landed | with those of \
         submitters | put out, of them innocent | aim | reached |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut studies = vec![study("made up".into(), &files::made_up(2048, 1))];
    for dir in dirs {
        studies.push(study(name_of(&dir), &changed(world, &dir)));
    }
    if let Some(file) = plot {
        std::fs::write(file, plot::svg(&studies)).expect("the plot can be written");
    }
}

/// What each merge on the first-parent chain of a repository changed, oldest first.
fn changed(world: &World, dir: &Path) -> Vec<Files> {
    let log = [
        "log",
        "--first-parent",
        "-m",
        "--merges",
        "--name-only",
        "--format=%x00",
        "-n",
        MERGES_MAX,
    ];
    let log = world.run(world.git(dir, &log));
    let files = |merge: &str| -> Files {
        let lines = merge.lines().filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let merges = log.split('\0').map(files);
    let mut merges: Vec<Files> = merges.filter(|files| !files.is_empty()).collect();
    merges.reverse();
    assert!(
        merges.len() >= ENTRIES,
        "{} has {} merges, which are too few",
        dir.display(),
        merges.len()
    );
    merges
}

fn study(name: String, history: &[Files]) -> Study {
    let mut sums: Vec<Outcome> = POLICIES.iter().map(|_| Outcome::default()).collect();
    for seed in 0..SEEDS {
        let from = (history.len() - ENTRIES) * seed as usize / (SEEDS as usize - 1);
        let entries = history[from..from + ENTRIES].to_vec();
        let truth = Truth::new(entries, Odds::USUAL, seed);
        for (policy, sum) in POLICIES.iter().zip(&mut sums) {
            let outcome = (policy.run)(&truth);
            assert_eq!(
                outcome.untested + outcome.broken + outcome.stuck,
                0,
                "{name}, seed {seed}, {}: {outcome:?}",
                policy.name
            );
            sum.add(&outcome);
        }
    }
    let shape = files::shape(history);
    println!(
        "| **{name}** | chain {:.1} of 16, {:.0} % free | | | | | | | |",
        shape.chain,
        shape.free * 100.0
    );
    let serial = sums[0].per_hour();
    let found = POLICIES.iter().zip(sums).map(|(policy, sum)| Found {
        policy,
        factor: sum.per_hour() / serial,
        sum,
    });
    let found: Vec<Found> = found.collect();
    found.iter().for_each(Found::print);
    Study { name, found }
}

impl Found {
    fn print(&self) {
        let Self {
            policy,
            sum,
            factor,
        } = self;
        let (aim, mark) = match policy.aim {
            None => (String::new(), ""),
            Some((rate, checks)) => (
                format!("≥ {rate:.1}x, ≤ {checks:.1}"),
                if *factor >= rate && sum.checks_per_landed() <= checks {
                    "yes"
                } else {
                    "**no**"
                },
            ),
        };
        let all = match sum.theirs {
            0 => String::new(),
            _ => format!("{:.2}", sum.all_checks_per_landed()),
        };
        println!(
            "| | {} | {:.1} | {factor:.2}x | {:.2} | {all} | {:.1} %, {:.2} % | {aim} | {mark} |",
            policy.name,
            sum.per_hour(),
            sum.checks_per_landed(),
            sum.share(sum.evicted),
            sum.share(sum.innocent),
        );
    }
}

impl Outcome {
    /// Landed entries in one hour.
    fn per_hour(&self) -> f64 {
        self.landed as f64 * 60.0 / self.minutes.max(1) as f64
    }

    /// Runs by the queue's own runners for one landed entry.
    fn checks_per_landed(&self) -> f64 {
        self.checks as f64 / self.landed.max(1) as f64
    }

    /// All runs for one landed entry.
    fn all_checks_per_landed(&self) -> f64 {
        (self.checks + self.theirs) as f64 / self.landed.max(1) as f64
    }

    fn add(&mut self, other: &Outcome) {
        let sums = [
            (&mut self.landed, other.landed),
            (&mut self.evicted, other.evicted),
            (&mut self.innocent, other.innocent),
            (&mut self.checks, other.checks),
            (&mut self.theirs, other.theirs),
            (&mut self.twice, other.twice),
        ];
        for (sum, count) in sums {
            *sum += count;
        }
        self.minutes += other.minutes;
    }

    /// So many of all entries, in per cent.
    fn share(&self, count: usize) -> f64 {
        count as f64 * 100.0 / (self.landed + self.evicted).max(1) as f64
    }
}
