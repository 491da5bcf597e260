//! The merge queue at work on entries of which everything is known: what must never happen does not.
//!
//! How fast it is beside other ways to run a queue is the benchmark's question
//! (`cargo bench -- simulation`), with the same engine.

#[allow(dead_code, reason = "the bench prints the rest")]
#[path = "../bench/simulation/mod.rs"]
mod simulation;

use simulation::ours::{Crew, ours};
use simulation::truth::{Odds, Truth};
use simulation::{Outcome, files, rivals};

const ENTRIES: usize = 48;

fn crews() -> [Crew; 4] {
    let with_submitters = Crew {
        do_submitters: true,
        ..Crew::of(4)
    };
    [Crew::of(1), Crew::of(4), Crew::of(8), with_submitters]
}

fn truth(odds: Odds, seed: u64) -> Truth {
    Truth::new(files::made_up(ENTRIES, seed), odds, seed)
}

/// What holds for every queue.
fn assert_safe(outcome: &Outcome, what: &str) {
    assert_eq!(outcome.untested, 0, "{what}: landed without a green run");
    assert_eq!(outcome.broken, 0, "{what}: what landed is broken");
    assert_eq!(outcome.stuck, 0, "{what}: neither landed nor put out");
    assert_eq!(outcome.twice, 0, "{what}: a tree was run for nothing");
    assert_eq!(outcome.landed + outcome.evicted, ENTRIES, "{what}");
}

#[test]
fn without_flakes_only_who_breaks_something_is_put_out() {
    let odds = Odds {
        flake: 0.0,
        ..Odds::USUAL
    };
    for seed in 0..2 {
        let truth = truth(odds, seed);
        for crew in crews() {
            let outcome = ours(&truth, crew);
            assert_safe(&outcome, &format!("seed {seed}, {crew:?}"));
            assert_eq!(outcome.innocent, 0, "seed {seed}, {crew:?}");
        }
    }
}

#[test]
fn with_flakes_hardly_anybody_else_is() {
    let (mut entries, mut innocent) = (0, 0);
    for seed in 0..4 {
        let truth = truth(Odds::USUAL, seed);
        for crew in crews() {
            let outcome = ours(&truth, crew);
            assert_safe(&outcome, &format!("seed {seed}, {crew:?}"));
            entries += ENTRIES;
            innocent += outcome.innocent;
        }
    }
    // Two per thousand: both runs of one tree have to be flakes.
    assert!(innocent * 500 <= entries, "{innocent} of {entries}");
}

#[test]
fn entries_whose_texts_conflict_land_one_after_the_other() {
    let odds = Odds {
        conflict: 0.3,
        ..Odds::USUAL
    };
    for seed in 0..2 {
        let truth = truth(odds, seed);
        for crew in crews() {
            assert_safe(&ours(&truth, crew), &format!("seed {seed}, {crew:?}"));
        }
    }
}

#[test]
fn when_nothing_is_broken_everything_lands_with_little_more_than_one_run_each() {
    let odds = Odds {
        broken: 0.0,
        same_file: 0.0,
        same_dir: 0.0,
        conflict: 0.0,
        flake: 0.0,
    };
    let outcome = ours(&truth(odds, 1), crews()[1]);
    assert_safe(&outcome, "nothing is broken");
    assert_eq!(outcome.landed, ENTRIES);
    assert!(outcome.checks <= ENTRIES + ENTRIES / 3, "{outcome:?}");
}

#[test]
fn nearly_everything_may_be_broken() {
    let odds = Odds {
        broken: 0.8,
        flake: 0.2,
        ..Odds::USUAL
    };
    for crew in crews() {
        assert_safe(&ours(&truth(odds, 7), crew), &format!("{crew:?}"));
    }
}

/// The engine itself: what is compared has to be fair.
#[test]
fn others_put_out_the_same_entries() {
    let odds = Odds {
        flake: 0.0,
        ..Odds::USUAL
    };
    let truth = truth(odds, 2);
    let serial = rivals::serial(&truth);
    for outcome in [
        rivals::batch(&truth, 8),
        rivals::train(&truth, 4),
        ours(&truth, crews()[1]),
    ] {
        assert_eq!(outcome.innocent + outcome.untested + outcome.broken, 0);
        let more = outcome.landed.abs_diff(serial.landed);
        assert!(more <= 2, "{outcome:?} beside {serial:?}");
    }
}

#[test]
fn made_up_entries_overlap_as_real_ones_do() {
    let shape = files::shape(&files::made_up(2048, 1));
    assert!((3.0..=5.0).contains(&shape.chain), "{shape:?}");
    assert!((0.5..=0.75).contains(&shape.free), "{shape:?}");
}
