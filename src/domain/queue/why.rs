//! Why an entry is where it is: who or what is in the way, and what to do next, in one line.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Entry, Line, Stage, Standing};
use crate::model::text::shown;

use super::plan::{Hindrance, Placed, Plan, Status};

/// Most paths that one line names.
const PATHS_SHOWN_MAX: usize = 3;

/// How an entry stands, in one word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its commits are on the target.
    Landed,
    /// It was put out.
    Failed,
    /// It is no longer wanted.
    Cancelled,
    /// Its branch has moved off the sealed commit.
    Stale,
    /// The line is stopped, for everybody or for its feature.
    Paused,
    /// Somebody else holds a lock on what it changes.
    Locked,
    /// It changes what another feature has claimed and it has not.
    Drift,
    /// It waits for another entry or a feature.
    Waiting,
    /// It conflicts with the target.
    NeedsRebase,
    /// It conflicts with an entry ahead.
    Deferred,
    /// It cannot be merged here.
    Unmergeable,
    /// Its check is yet to be run.
    Unchecked,
    /// Its check is running.
    Checking,
    /// It was red once, and is run again on the same tree.
    Suspect,
    /// The target itself is red.
    BlockedByBase,
    /// Its own check is green; it is certified with others next.
    Proven,
    /// It is being certified with others.
    Certifying,
}

/// Why an entry is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// In one word.
    pub state: State,
    /// What is in the way.
    pub because: String,
    /// What to do next, or what will happen by itself.
    pub next: String,
}

/// An entry and why it is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stands {
    /// Its name.
    pub id: Id,
    /// Why it is where it is.
    #[serde(flatten)]
    pub why: Why,
}

impl fmt::Display for Why {
    /// The one line that is the same wherever it is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.because, self.next)
    }
}

impl Why {
    fn new(state: State, because: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            state,
            because: because.into(),
            next: next.into(),
        }
    }
}

/// Why an entry that is over is over.
pub fn ended(entry: &Entry) -> Option<Why> {
    let id = &entry.id;
    let said = entry.why.as_ref().map(|why| shown(why.as_str()));
    match entry.stage {
        Stage::Queued => None,
        Stage::Landed => {
            let how = entry.landed.as_ref().map_or_else(String::new, |landed| {
                format!(" with {}, by {}", landed.commit.short(), landed.by.agent)
            });
            let because = format!("it landed on `{}`{how}", entry.target);
            Some(Why::new(State::Landed, because, "nothing is left to do"))
        }
        Stage::Failed => Some(Why::new(
            State::Failed,
            said.unwrap_or_else(|| "its check is red".into()),
            format!(
                "mend the branch, then `git coord queue retry {id}`; `--rerun` if the check was at \
                 fault"
            ),
        )),
        Stage::Cancelled => Some(Why::new(
            State::Cancelled,
            said.unwrap_or_else(|| "it was taken out of the line".into()),
            format!("`git coord queue retry {id}` puts it back"),
        )),
    }
}

/// Why an entry that waits does so, by the plan.
pub fn waiting(
    placed: &Placed,
    plan: &Plan,
    line: &Line,
    is_running: &dyn Fn(&ObjectId) -> bool,
) -> Why {
    let (id, target) = (&placed.id, &line.target);
    if let Some(paused) = &line.paused
        && placed.status != Status::Present
    {
        let because = format!(
            "{} stopped the line: {}",
            paused.by.agent,
            shown(paused.why.as_str())
        );
        let next = format!(
            "{} lets it go on with `git coord queue resume --target {target}`, as does trust 3",
            paused.by.agent
        );
        return Why::new(State::Paused, because, next);
    }
    match &placed.status {
        Status::Present => Why::new(
            State::Landed,
            format!("its commits are on `{target}` already"),
            "the next `git coord queue run` notes it",
        ),
        Status::Hindered(hindrance) => hindered(id.as_str(), hindrance),
        Status::After(other) => Why::new(
            State::Waiting,
            format!("it comes after `{other}`, which is not on the train yet"),
            format!("see `git coord queue why {other}`"),
        ),
        Status::NeedsRebase(paths) => Why::new(
            State::NeedsRebase,
            format!("it conflicts with `{target}` in {}", some(paths)),
            format!(
                "merge `{target}` into the branch or rebase it, then `git coord queue retry {id}`"
            ),
        ),
        Status::Deferred { behind, paths } => Why::new(
            State::Deferred,
            format!(
                "it conflicts with `{behind}`, which is ahead, in {}",
                some(paths)
            ),
            format!("it is tried again when `{behind}` has landed or left"),
        ),
        Status::Unproven(alone) => {
            let runs = is_running(&alone.point.tree);
            let base_is_red = alone.before.is_reddish();
            match alone.standing {
                _ if runs => Why::new(State::Checking, "its own check is running", "wait for it"),
                Standing::Red | Standing::RedOnce if base_is_red => Why::new(
                    State::BlockedByBase,
                    "its check is red, and so is that of what it is merged onto",
                    format!(
                        "mend `{target}` first, or if the check itself was at fault, `git coord \
                         queue retry {id} --rerun`; nobody is put out for that"
                    ),
                ),
                Standing::Red => Why::new(
                    State::Suspect,
                    "its check is red, twice; that of what it is merged onto is not known yet",
                    "the next `git coord queue run` finds out",
                ),
                Standing::RedOnce => Why::new(
                    State::Suspect,
                    "its check was red once",
                    "the next `git coord queue run` runs it again on the same tree",
                ),
                Standing::Unknown | Standing::Flaky | Standing::Green => Why::new(
                    State::Unchecked,
                    "its own check was not run on this target yet",
                    "the next `git coord queue run` runs it",
                ),
            }
        }
        Status::Proven => Why::new(
            State::Proven,
            "its own check is green, and the train is full",
            "it boards when those ahead have landed",
        ),
        Status::Aboard(before) => aboard(*before, plan, is_running),
    }
}

fn aboard(before: usize, plan: &Plan, is_running: &dyn Fn(&ObjectId) -> bool) -> Why {
    let with = match before {
        0 => "it is first on the train".to_owned(),
        1 => "it is on the train, behind one other".to_owned(),
        many => format!("it is on the train, behind {many} others"),
    };
    // A run of any beginning of the train that has it is a run for it.
    let mut later = plan.train.iter().skip(before);
    if later.any(|link| is_running(&link.point.tree)) {
        return Why::new(
            State::Certifying,
            format!("{with}, and the train is being checked"),
            "it lands when that is green",
        );
    }
    let mut later = plan.train.iter().skip(before);
    if later.any(|link| link.standing.is_green()) {
        return Why::new(
            State::Proven,
            format!("{with}; that train is green"),
            "the next `git coord queue run` or `git coord queue land` lands it",
        );
    }
    let red = plan
        .train
        .iter()
        .position(|link| link.standing.is_reddish());
    match red {
        Some(_) if plan.base.is_reddish() => Why::new(
            State::BlockedByBase,
            format!("{with}; the target itself is red"),
            "mend the target first; nobody is put out for that",
        ),
        Some(last) => Why::new(
            State::Certifying,
            format!("{with}; the first {} together are red", last + 1),
            "the next `git coord queue run` finds who makes the difference",
        ),
        None => Why::new(
            State::Proven,
            format!("{with}; its own check is green"),
            "the next `git coord queue run` checks the train and lands it",
        ),
    }
}

fn hindered(id: &str, hindrance: &Hindrance) -> Why {
    match hindrance {
        Hindrance::Stale { now } => Why::new(
            State::Stale,
            format!("its branch has moved to {}", now.short()),
            format!("`git coord queue retry {id}` seals what it has now"),
        ),
        Hindrance::Paused { by } => Why::new(
            State::Paused,
            format!("{} holds `feature:{id}:pause`", by.agent),
            format!("ask {} to give it back", by.agent),
        ),
        Hindrance::Locked { key, by } => Why::new(
            State::Locked,
            format!("{} holds `{key}`, which it changes", by.agent),
            format!("ask {}, or see `git coord why {key}`", by.agent),
        ),
        Hindrance::Drift { path, feature } => Why::new(
            State::Drift,
            format!("it changes `{path}` without a claim, and feature `{feature}` claims it"),
            format!("`git coord feature update {id} --claim {path}`, and it lands in turn"),
        ),
        Hindrance::Absent { id: other, is } => Why::new(
            State::Waiting,
            format!("it comes after `{other}`, which is {is}"),
            format!(
                "see `git coord queue why {other}`; without it, `git coord queue rm {id}` and add it \
                 again"
            ),
        ),
        Hindrance::Missing => Why::new(
            State::Unmergeable,
            "its sealed commit is not in this clone yet",
            format!(
                "`git coord queue why {id} --fetch` brings it; where nobody has it any more, \
                 `git coord queue retry {id}` seals its branch again"
            ),
        ),
        Hindrance::Unmergeable(why) => Why::new(
            State::Unmergeable,
            shown(why),
            format!("mend that, then `git coord queue retry {id}`"),
        ),
    }
}

fn some(paths: &[String]) -> String {
    let mut text = paths
        .iter()
        .take(PATHS_SHOWN_MAX)
        .map(|path| format!("`{}`", shown(path)))
        .collect::<Vec<_>>()
        .join(", ");
    if paths.len() > PATHS_SHOWN_MAX {
        text.push_str(&format!(" and {} more", paths.len() - PATHS_SHOWN_MAX));
    }
    text
}
