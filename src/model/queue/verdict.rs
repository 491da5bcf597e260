//! What checks said about trees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::id::Actor;
use super::super::object_id::ObjectId;
use super::super::place::Place;
use super::super::stored::{Body, Stored};
use super::super::text::{Long, Text};
use super::super::time::Timestamp;
use super::{CheckId, VERDICTS};

/// Most runs of one check on one tree that are kept.
pub const RUNS_MAX: usize = 8;

/// A stored verdict.
pub type VerdictRecord = Stored<Verdict>;

/// How one run ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check said yes.
    Passed,
    /// The check said no.
    Failed,
    /// The check was ended because it took too long, which counts as a no.
    TimedOut,
}

/// One run of a check. What was said is never changed, only added to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Who ran it.
    pub by: Actor,
    /// When it ended, by the runner's wall clock.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code of the check, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The end of what a red one printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Long>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

/// Everything that is known about one tree by one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The tree.
    pub tree: ObjectId,
    /// The check.
    pub check: CheckId,
    /// What was run, for people.
    pub command: Text,
    /// The runs, oldest first. Somebody who asks for new ones empties it; the history has them.
    pub runs: Vec<Run>,
}

impl Body for Verdict {
    const KIND: &'static str = "verdict";
}

/// What the runs of one check on one tree come to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was not run yet.
    #[default]
    Unknown,
    /// It was red once: once more, before anybody is judged by it.
    RedOnce,
    /// It was red twice, and never green.
    Red,
    /// It was red and then green on the same tree. It counts as green, and is to be looked at.
    Flaky,
    /// It was green.
    Green,
}

impl Standing {
    /// Whether what has this tree may land.
    pub fn is_green(self) -> bool {
        matches!(self, Self::Green | Self::Flaky)
    }

    /// Whether it was red and not green since.
    pub fn is_reddish(self) -> bool {
        matches!(self, Self::Red | Self::RedOnce)
    }
}

impl Verdict {
    /// Where it is stored.
    pub fn place(tree: &ObjectId, check: &CheckId) -> Place {
        let tree = tree.to_string();
        Place::new(&format!("{VERDICTS}/{}/{tree}-{check}.json", &tree[..2]))
            .expect("because digits are safe on every disk")
    }

    /// What it comes to. A later green clears an earlier red: a check that can pass on this tree has
    /// passed on it.
    pub fn standing(&self) -> Standing {
        let runs = self.runs.iter();
        let (green, red): (Vec<&Run>, Vec<&Run>) =
            runs.partition(|run| run.outcome == Outcome::Passed);
        match (green.len(), red.len()) {
            (0, 0) => Standing::Unknown,
            (0, 1) => Standing::RedOnce,
            (0, _) => Standing::Red,
            (_, 0) => Standing::Green,
            (_, _) => Standing::Flaky,
        }
    }
}
