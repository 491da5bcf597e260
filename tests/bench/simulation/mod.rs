//! The merge queue in a world where everything is known: which entry breaks what, and how often a
//! check lies. Several ways to run a queue are given the same entries and the same truth.
//!
//! Ours is the real one: every step is a request to [`git_coord::domain::decide`], and what comes
//! next is what [`git_coord::domain::queue::moves`] says. The others are written out in `rivals`.
//! A test asserts what must never happen; the benchmark compares the rates.

pub mod files;
pub mod ledger;
pub mod ours;
pub mod repository;
pub mod rivals;
pub mod truth;

use std::collections::BTreeMap;

use truth::{Tree, Truth};

/// How long one check takes, in minutes.
pub const CHECK_MINUTES: u64 = 10;

/// What came of one queue.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Minutes until nothing was left to do.
    pub minutes: u64,
    /// Entries that landed.
    pub landed: usize,
    /// Entries that were put out.
    pub evicted: usize,
    /// Those of them that break nothing where they were judged.
    pub innocent: usize,
    /// Entries that neither landed nor were put out.
    pub stuck: usize,
    /// Runs of the check by the queue's own runners.
    pub checks: usize,
    /// Runs by submitters.
    pub theirs: usize,
    /// Trees that landed without a green run on them.
    pub untested: usize,
    /// Trees that landed and are broken.
    pub broken: usize,
    /// Runs on a tree whose outcome was known, other than the one that tells a flake.
    pub twice: usize,
}

/// What was run, and how it ended: the judge of what a policy did.
pub struct Runs<'t> {
    truth: &'t Truth,
    by_tree: BTreeMap<Tree, Vec<bool>>,
    /// So many runs were for nothing.
    pub twice: usize,
}

impl<'t> Runs<'t> {
    /// Nothing was run yet.
    pub fn new(truth: &'t Truth) -> Self {
        Self {
            truth,
            by_tree: BTreeMap::new(),
            twice: 0,
        }
    }

    /// Runs the check on a tree. Says whether it is green.
    pub fn run(&mut self, tree: &Tree) -> bool {
        let before = self.by_tree.entry(tree.clone()).or_default();
        if before.len() > 1 || before.contains(&true) {
            self.twice += 1;
        }
        let is_green = self.truth.check(tree, before.len());
        before.push(is_green);
        is_green
    }

    /// Whether the check was green on this very tree.
    pub fn has_passed(&self, tree: &Tree) -> bool {
        self.by_tree
            .get(tree)
            .is_some_and(|runs| runs.contains(&true))
    }
}
