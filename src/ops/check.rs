//! `check`: may these paths be changed?

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::failure::Class;
use crate::coord::{Coord, Failure, RequireLock, View, as_keys};
use crate::domain::check;
use crate::domain::feature::pause;
use crate::domain::locks::LOCKS;
use crate::model::feature::PAUSES;
use crate::model::key::Key;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::time::span;

use super::review::Format;
use super::{Answer, Context, keys};

/// Ask whether paths may be changed: exit 0 if they are free or yours, 1 if somebody else holds one.
///
/// With `--for-branch` or `--format` it is a review of the commits of a branch: all that they touch of
/// others, each with the first commit that does, and what the branch's feature has not announced.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Check {
    /// The paths, or any other keys
    #[arg(required_unless_present_any = ["staged", "range"], value_name = "PATH")]
    pub paths: Vec<String>,
    /// What is staged for the next commit, both sides of a rename
    #[arg(long, conflicts_with_all = ["paths", "range"])]
    pub staged: bool,
    /// What the commits of a range change
    #[arg(long, value_name = "A..B", conflicts_with = "paths")]
    pub range: Option<String>,
    /// What is held for this branch, and for its feature, is its own
    #[arg(long, value_name = "BRANCH", requires = "range")]
    pub for_branch: Option<String>,
    /// How a review is told: as text, or as GitHub's workflows show it
    #[arg(long, value_name = "FORMAT", requires = "range")]
    pub format: Option<Format>,
    /// As a linter that is run after an edit: exit 0 also where nobody can tell
    #[arg(long)]
    pub lint: bool,
}

/// The answer of `check` when nothing is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// How many paths were looked at.
    pub paths: usize,
    /// Own locks that cover some of them.
    pub own: Vec<Key>,
    /// Paths that should have a lock of their own and have none (`coord.requireLock = warn`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncovered: Vec<Key>,
    /// Seconds since the authority confirmed the view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// What typed keys were read as, where that is not plain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Check {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let answer = match &self.range {
            Some(range) if self.for_branch.is_some() || self.format.is_some() => self
                .review(context, range)
                .map(|reviewed| Answer::Review(Box::new(reviewed))),
            _ => self.look(context).map(Answer::Check),
        };
        match answer {
            // What a linter finds is given to a model to repair, and this is nothing of that kind.
            Err(why) if self.lint && why.class() != Class::Refused => Ok(Answer::Check(Checked {
                paths: 0,
                own: Vec::new(),
                uncovered: Vec::new(),
                view_age_secs: None,
                notes: vec![format!("locks were not checked: {why}")],
            })),
            other => other,
        }
    }

    fn look(&self, context: &Context<'_>) -> Result<Checked, Failure> {
        let coord = &context.coord;
        let mut notes = Vec::new();
        if self.staged {
            let branch = coord.current_branch();
            halt(coord, branch.as_slice(), Some(coord.settings().age_max))?;
        }
        let paths = if self.staged {
            as_keys(coord.staged_paths()?)?
        } else if let Some(range) = &self.range {
            as_keys(coord.range_paths(range)?)?
        } else {
            let resolved = keys::read(context, &self.paths, false)?;
            notes = resolved.notes;
            resolved.keys
        };
        let mut checked = judge(coord, &paths, Some(coord.settings().age_max))?;
        checked.notes = notes;
        Ok(checked)
    }
}

/// Stops work on branches while somebody else has paused a feature that is made on one of them.
///
/// # Errors
/// The refusal, as for a locked path.
pub fn halt(
    coord: &Coord,
    branches: &[String],
    age_max: Option<std::time::Duration>,
) -> Result<(), Failure> {
    let view = coord.view(None)?;
    if !view.snapshot().has(PAUSES)? {
        return Ok(());
    }
    let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
    let pauses = |view: &View<'_>| -> Result<Vec<Conflict>, Failure> {
        Ok(pause::of_branches(view, &coord.stamp_with_sights(), &branches)?.by)
    };
    let mut conflicts = pauses(&view)?;
    // Only a no is worth the network.
    if !conflicts.is_empty() && coord.settings().remote.is_some() && age_max.is_some() {
        conflicts = pauses(&coord.view(age_max)?)?;
    }
    refuse(coord, conflicts)
}

/// The refusal for what others hold, if they hold any of it.
fn refuse(coord: &Coord, conflicts: Vec<Conflict>) -> Result<(), Failure> {
    coord.note_sights(&conflicts);
    if conflicts.is_empty() {
        return Ok(());
    }
    Err(Refusal::held(conflicts, coord.actor()).into())
}

/// Judges a change of `paths` on a view of at most the given age.
///
/// # Errors
/// The refusal when somebody else holds one of them, or a required lock is missing.
pub fn judge(
    coord: &Coord,
    paths: &[Key],
    age_max: Option<std::time::Duration>,
) -> Result<Checked, Failure> {
    let mut view = coord.view(None)?;
    let mut verdict = verdict(coord, &view, paths)?;
    let is_old = view
        .age
        .is_none_or(|age| age_max.is_some_and(|max| age > max));
    // An old view may say no wrongly as well as yes; asking anew costs the network, so a plain yes
    // from a path check is left with its age.
    if coord.settings().remote.is_some() && is_old && age_max.is_some() {
        view = coord.view(age_max)?;
        verdict = self::verdict(coord, &view, paths)?;
    }
    refuse(coord, verdict.conflicts)?;
    let (required, advised): (Vec<Key>, Vec<Key>) = verdict
        .uncovered
        .into_iter()
        .partition(|path| coord.settings().rule_for(path) == RequireLock::Require);
    if !required.is_empty() {
        return Err(Refusal::LockRequired { paths: required }.into());
    }
    Ok(Checked {
        paths: paths.len(),
        own: verdict.own,
        uncovered: advised,
        view_age_secs: view.age.map(|age| age.as_secs()),
        notes: Vec::new(),
    })
}

fn verdict(coord: &Coord, view: &View<'_>, paths: &[Key]) -> Result<check::Verdict, Failure> {
    let require: Vec<Key> = paths
        .iter()
        .filter(|path| coord.settings().rule_for(path) != RequireLock::Off)
        .cloned()
        .collect();
    let verdict = check::paths(view, &coord.stamp(), paths, &require)?;
    if verdict.conflicts.is_empty() {
        return Ok(verdict);
    }
    // Something is in the way: now it is worth knowing what this clone has observed.
    Ok(check::paths(
        view,
        &coord.stamp_with_sights(),
        paths,
        &require,
    )?)
}

/// Whether any path at all could be refused. Most repositories have no lock most of the time, and
/// hooks need no look at what is changed then.
///
/// # Errors
/// When the state cannot be read.
pub fn can_matter(coord: &Coord) -> Result<bool, Failure> {
    if !coord.settings().require_lock.is_empty() {
        return Ok(true);
    }
    Ok(coord.view(None)?.snapshot().has(LOCKS)?)
}

/// How old the view is that hooks judge on, in words.
pub fn seen(coord: &Coord) -> String {
    let remote = coord.settings().authority();
    match coord.view_age() {
        Some(age) => format!("as `{remote}` had it {} ago", span(age.as_secs())),
        None => format!("not known, `{remote}` was never reached"),
    }
}
