//! Runs the stages of the proof that need no processes, and tests the tests.
//!
//!     tests/proof/run                    all of it
//!     tests/proof/run gate               what the gate has time for
//!     tests/proof/run simulate FROM N    N seeds of the simulation, from that one on
//!     tests/proof/run search STATES      the model, up to so many states
//!     tests/proof/run planted [BUG]      builds with bugs on purpose: who notices?
//!     tests/proof/run document           writes docs/reliability.md from what was counted last

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod book;
mod document;
#[cfg(test)]
mod history;
#[cfg(test)]
mod others;
mod planted;
mod search;
mod simulation;
mod stage;
mod words;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use search::{Bound, Broken, Search};
use simulation::Counts;
use stage::Stage;

/// Seeds, and steps of each.
const SEEDS: u64 = 20_000;
/// Seeds in the gate.
const GATE_SEEDS: u64 = 2500;
const STEPS: u64 = 300;
/// States of the model that are visited, many of them more than once.
const STATES: usize = 6_000_000;
/// A simulation gives up on more failures than these.
const SHOWN_MAX: usize = 5;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let word = args.first().map_or("all", String::as_str);
    let number = |n: usize, other: u64| {
        args.get(n)
            .and_then(|text| text.parse().ok())
            .unwrap_or(other)
    };
    let stages = match word {
        "simulate" => vec![simulate(number(1, 0), number(2, SEEDS), Duration::MAX)],
        "search" => vec![searched(number(1, STATES as u64) as usize)],
        "planted" => vec![planted::stage(args.get(1).map(String::as_str))],
        "gate" => vec![
            simulate(0, GATE_SEEDS, Duration::MAX),
            searched(STATES),
            planted::in_process(),
        ],
        "all" => vec![
            simulate(0, SEEDS, Duration::MAX),
            searched(STATES),
            planted::stage(None),
        ],
        "soak" => soak(number(1, 8)),
        "document" => {
            document::write();
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("`{other}` is no stage");
            return ExitCode::from(2);
        }
    };
    for stage in &stages {
        println!("{}", stage.tell());
        for what in &stage.violations {
            println!("  {what}");
        }
    }
    match stages.iter().all(|stage| stage.violations.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Simulates seeds on all cores.
fn simulate(from: u64, count: u64, limit: Duration) -> Stage {
    let start = Instant::now();
    let next = AtomicU64::new(from);
    let all = Mutex::new((Counts::default(), Vec::new(), 0));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let is_enough = all.lock().unwrap().1.len() > SHOWN_MAX;
            if seed >= from + count || is_enough || start.elapsed() > limit {
                return;
            }
            let result = simulation::run(seed, STEPS);
            let mut all = all.lock().unwrap();
            all.2 += 1;
            match result {
                Ok(counts) => all.0.add(&counts),
                Err(why) => {
                    all.1
                        .push(format!("tests/proof/run simulate {seed} 1\n  {why}"));
                }
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let (counts, violations, runs) = all.into_inner().unwrap();
    Stage {
        id: "S1",
        name: "simulation",
        unit: "seeds",
        runs,
        faults: counts.faults.values().sum(),
        figures: [
            ("steps", counts.steps),
            ("simulated days", counts.simulated_secs / 86_400),
            ("decisions", counts.decisions),
            ("commits", counts.commits),
            ("decided again", counts.decided_again),
            ("granted", counts.done),
            ("refused", counts.refused),
            ("unknown", counts.unknown),
            ("lost races", counts.lost_races),
            ("found published", counts.found_published),
            ("waiters that got there", counts.got_there),
        ]
        .into(),
        violations,
        secs: start.elapsed().as_secs_f64(),
        ..Stage::default()
    }
}

const BOUND: Bound = Bound {
    commands: 3,
    kills: 1,
    losses: 1,
    states: 6,
};

/// Searches the model, and a few broken ones, in which something has to be found.
fn searched(states: usize) -> Stage {
    let start = Instant::now();
    let bound = BOUND;
    let whole = search::search(
        Search {
            bound,
            broken: Broken::Nothing,
        },
        states,
    );
    let mut violations = whole.wrong;
    let broken = [
        Broken::PushesAnything,
        Broken::SilenceIsYes,
        Broken::SilenceIsNo,
        Broken::ForgetsPublished,
        Broken::RefusesOnOldViews,
    ];
    let mut noticed = 0;
    for broken in broken {
        match search::search(Search { bound, broken }, states)
            .wrong
            .is_empty()
        {
            true => violations.push(format!("nobody notices a model in which {broken:?}")),
            false => noticed += 1,
        }
    }
    Stage {
        id: "S2",
        name: "model search",
        unit: "unique states",
        runs: whole.unique as u64,
        figures: [
            ("transitions", whole.all as u64),
            ("decisions of the program", whole.decisions as u64),
            ("broken models noticed", noticed),
            ("whole", u64::from(whole.is_whole)),
        ]
        .into(),
        violations,
        secs: start.elapsed().as_secs_f64(),
        ..Stage::default()
    }
}

/// Goes on for hours, from where the last one stopped.
fn soak(hours: u64) -> Vec<Stage> {
    let place = stage::dir().join("soak-next-seed");
    let from = std::fs::read_to_string(&place).ok();
    let mut from: u64 = from
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(SEEDS);
    let end = Instant::now() + Duration::from_secs(hours * 3600);
    while Instant::now() < end {
        let stage = simulate(from, SEEDS, end - Instant::now());
        println!("{} (from seed {from})", stage.tell());
        if !stage.violations.is_empty() {
            return vec![stage];
        }
        from += stage.runs;
        let _ = std::fs::write(&place, from.to_string());
    }
    vec![searched(usize::MAX)]
}
