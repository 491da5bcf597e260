//! `check --for-branch`: a review of the commits of a branch, such as a pull request has.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, RequireLock, as_keys};
pub use crate::domain::review::{Finding, Level, What};
use crate::domain::review::{Question, review};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;

use super::Context;
use super::check::Check;

/// Most findings that an answer has; the count has them all.
const FINDINGS_MAX: usize = 1_000;

/// How a review is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A line for each finding
    Text,
    /// Annotations of a GitHub workflow, and its job's summary where GITHUB_STEP_SUMMARY names a file
    Github,
}

/// The answer of `check` when it reviews the commits of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Review {
    /// Which commits.
    pub range: String,
    /// The branch that they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The features that are made on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Id>,
    /// How many commits there are.
    pub commits: usize,
    /// How many different paths they touch.
    pub paths: usize,
    /// How many findings must not land.
    pub errors: usize,
    /// How many others there are.
    pub warnings: usize,
    /// The findings, the worst first; of very many, only these.
    pub findings: Vec<Finding>,
    /// Seconds since the authority confirmed the view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// How it is told.
    #[serde(skip)]
    pub format: Format,
}

impl Check {
    /// Reviews the commits of a range, on a view that is fresh: it is asked once for a whole branch.
    pub(super) fn review(&self, context: &Context<'_>, range: &str) -> Result<Review, Failure> {
        let coord = &context.coord;
        let changes = coord.range_changes(range)?;
        let mut commits: Vec<(ObjectId, Vec<Key>)> = Vec::with_capacity(changes.len());
        // Git tells the newest first.
        for change in changes.into_iter().rev() {
            commits.push((change.commit, as_keys(change.paths)?));
        }
        let view = coord.view(Some(coord.settings().age_max))?;
        let unlocked = |path: &Key| match coord.settings().rule_for(path) {
            RequireLock::Off => None,
            RequireLock::Warn => Some(Level::Warning),
            RequireLock::Require => Some(Level::Error),
        };
        let found = review(
            &view,
            &Question {
                stamp: &coord.stamp_with_sights(),
                branch: self.for_branch.as_deref(),
                commits: &commits,
                unlocked: &unlocked,
            },
        )?;
        let count = |level| {
            let findings = found.findings.iter();
            findings.filter(|one| one.level == level).count()
        };
        Ok(Review {
            range: range.to_owned(),
            branch: self.for_branch.clone(),
            commits: commits.len(),
            paths: found.paths,
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            features: found.features,
            findings: found.findings.into_iter().take(FINDINGS_MAX).collect(),
            view_age_secs: view.age.map(|age| age.as_secs()),
            format: self.format.unwrap_or(Format::Text),
        })
    }
}

impl Review {
    /// Whether the answer is no.
    pub fn is_refused(&self) -> bool {
        self.errors > 0
    }
}
