//! `why`: what is in the way, of whom, and what would change that.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Failure, RequireLock, View, as_keys};
use crate::domain::task::find;
use crate::domain::why;
pub use crate::domain::why::Reason;
use crate::domain::{State as _, check, feature, locks};
use crate::model::feature::FeatureRecord;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::record;
use crate::model::stamp::Stamp;
use crate::model::task::TaskRecord;
use crate::model::wait::{WAITS, WaitRecord};

use super::locks::Held;
use super::status::Waiter;
use super::task::name;
use super::{Context, keys};

/// Most reasons of one answer.
const REASONS_MAX: usize = 100;

/// Show why something cannot go on: who is in the way, since when, until when, and what helps.
///
/// Takes a path or another key, a task, a feature or the name of a branch; whoever is in the way is asked the same
/// question, so that the end of the chain is in sight.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Why {
    /// A path or key, a task, a feature, or a branch
    #[arg(value_name = "KEY|TASK|FEATURE|BRANCH")]
    pub about: String,
    /// It is the name of a branch, whatever else has that name
    #[arg(long)]
    pub branch: bool,
}

/// What was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// A path or another key.
    Key,
    /// A branch: the paths that its commits change.
    Branch,
    /// A task.
    Task,
    /// A feature.
    Feature,
}

/// The answer of `why`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Because {
    /// What was asked about, canonical.
    pub about: String,
    /// What that is.
    pub sort: Sort,
    /// Whether anything is in the way.
    pub blocked: bool,
    /// What is in the way.
    pub reasons: Vec<Reason>,
    /// Locks of this session that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mine: Vec<Held>,
    /// Who waits for it, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiter>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Why {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Because, Failure> {
        let coord = &context.coord;
        let view = coord.view(Some(coord.settings().age_max))?;
        let stamp = coord.stamp_with_sights();
        if let Some(base) = self.base(coord)? {
            return of_branch(coord, &view, &stamp, &self.about, &base);
        }
        if let Some(feature) = self.feature(context, &view)? {
            return of_feature(coord, &view, &stamp, &feature);
        }
        if let Some(task) = self.task(context, &view)? {
            return of_task(&view, &stamp, &task);
        }
        let read = keys::read(context, std::slice::from_ref(&self.about), false)?;
        of_keys(coord, &view, &stamp, &read.keys)
    }

    /// The task of that name, unless there is a file that is called so.
    fn task(&self, context: &Context<'_>, view: &View<'_>) -> Result<Option<TaskRecord>, Failure> {
        if context.dir.join(&self.about).exists() {
            return Ok(None);
        }
        // What is no name of a task is a key.
        let Ok(id) = name::in_view(view, &self.about) else {
            return Ok(None);
        };
        Ok(find::get(view, &id)?)
    }

    /// The feature of exactly that name, unless there is a file or a task that is called so.
    fn feature(
        &self,
        context: &Context<'_>,
        view: &View<'_>,
    ) -> Result<Option<FeatureRecord>, Failure> {
        let is_file = context.dir.join(&self.about).exists();
        let Some(id) = self.about.parse().ok().filter(|_| !is_file) else {
            return Ok(None);
        };
        if find::get(view, &id)?.is_some() {
            return Ok(None);
        }
        Ok(feature::find::get(view, &id)?)
    }

    /// What the commits of the branch come after, if a branch is meant.
    fn base(&self, coord: &Coord) -> Result<Option<String>, Failure> {
        let name = format!("refs/heads/{}", self.about);
        let is_branch = !self.about.is_empty() && coord.commit_named(&name)?.is_some();
        if !is_branch {
            if self.branch {
                let what = format!("there is no branch `{}`", self.about.escape_debug());
                return Err(Failure::usage(what, "see `git branch`"));
            }
            return Ok(None);
        }
        let upstream = format!("{}@{{upstream}}", self.about);
        let default = ["origin/HEAD", "main", "master"].map(str::to_owned);
        for base in std::iter::once(upstream).chain(default) {
            if base != self.about && coord.commit_named(&base)?.is_some() {
                return Ok(Some(base));
            }
        }
        Ok(Some(String::new()))
    }
}

fn of_keys(
    coord: &Coord,
    view: &View<'_>,
    stamp: &Stamp,
    keys: &[Key],
) -> Result<Because, Failure> {
    let mut reasons = why::keys(view, stamp, keys, Mode::Exclusive)?;
    let (mut mine, mut waiting) = (Vec::new(), Vec::new());
    for key in keys {
        for lock in locks::overlapping(view, key)? {
            let own = lock.holds.iter().filter(|hold| hold.is_of(&stamp.by));
            mine.extend(own.map(|hold| Held::new(&lock.key, lock.mode, hold, stamp)));
        }
    }
    for (place, bytes) in view.under(WAITS)? {
        let wait = bytes.and_then(|bytes| record::parse::<WaitRecord>(&place, &bytes));
        let Ok(wait) = wait else { continue };
        let wants = wait
            .keys
            .iter()
            .any(|want| keys.iter().any(|key| key.overlaps(want)));
        if wants && wait.until > stamp.at {
            waiting.push((wait.rev, Waiter::of(wait)));
        }
    }
    waiting.sort_by_key(|(rev, _)| *rev);
    if mine.is_empty() {
        reasons.extend(keys.iter().filter_map(|key| required(coord, key)));
    }
    let about: Vec<String> = keys.iter().map(ToString::to_string).collect();
    Ok(Because {
        about: about.join(" "),
        sort: Sort::Key,
        blocked: !reasons.is_empty(),
        reasons,
        mine,
        waiting: waiting.into_iter().map(|(_, waiter)| waiter).collect(),
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}

fn of_task(view: &View<'_>, stamp: &Stamp, task: &TaskRecord) -> Result<Because, Failure> {
    let reasons = why::task::of(view, stamp, task)?;
    Ok(Because {
        about: format!("{}: {}", task.id, task.title.as_str()),
        sort: Sort::Task,
        blocked: !reasons.is_empty(),
        reasons,
        mine: Vec::new(),
        waiting: Vec::new(),
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}

fn of_feature(
    coord: &Coord,
    view: &View<'_>,
    stamp: &Stamp,
    feature: &FeatureRecord,
) -> Result<Because, Failure> {
    let mut reasons = why::feature::of(view, stamp, feature, coord.settings().sequential_above)?;
    reasons.truncate(REASONS_MAX);
    let title = feature.title.as_ref().map(|title| title.as_str());
    let title = title.map_or_else(String::new, |title| format!(": {title}"));
    Ok(Because {
        about: format!("{}{title}", feature.id),
        sort: Sort::Feature,
        blocked: !reasons.is_empty(),
        reasons,
        mine: Vec::new(),
        waiting: Vec::new(),
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}

/// A rule that demands a lock of one's own.
fn required(coord: &Coord, key: &Key) -> Option<Reason> {
    (coord.settings().rule_for(key) == RequireLock::Require).then(|| {
        Reason::plain(
            "lock_required",
            format!("`{key}` may be changed only under a lock of one's own (coord.requireLock)"),
            format!("git coord lock {key}"),
        )
    })
}

fn of_branch(
    coord: &Coord,
    view: &View<'_>,
    stamp: &Stamp,
    branch: &str,
    base: &str,
) -> Result<Because, Failure> {
    let mut revs = vec![format!("refs/heads/{branch}")];
    if !base.is_empty() {
        revs.push(format!("^{base}"));
    }
    let paths = as_keys(coord.paths_of(&revs)?)?;
    let rule = |path: &&Key| coord.settings().rule_for(path) == RequireLock::Require;
    let require: Vec<Key> = paths.iter().filter(rule).cloned().collect();
    let verdict = check::paths(view, stamp, &paths, &require)?;
    let mut in_the_way: Vec<Key> = verdict
        .conflicts
        .iter()
        .map(|one| one.wanted.clone())
        .collect();
    in_the_way.dedup();
    let mut reasons = why::feature::pauses_of_branch(view, stamp, branch)?;
    for path in in_the_way.iter().take(REASONS_MAX) {
        reasons.extend(why::keys(
            view,
            stamp,
            std::slice::from_ref(path),
            Mode::Exclusive,
        )?);
    }
    reasons.extend(
        verdict
            .uncovered
            .iter()
            .filter_map(|path| required(coord, path)),
    );
    reasons.truncate(REASONS_MAX);
    Ok(Because {
        about: branch.to_owned(),
        sort: Sort::Branch,
        blocked: !reasons.is_empty(),
        reasons,
        mine: Vec::new(),
        waiting: Vec::new(),
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}
