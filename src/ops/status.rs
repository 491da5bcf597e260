//! `status`: one screen of what is going on.

mod features;
mod queue;
mod tasks;
mod watch;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::{State, lease, locks};
use crate::model::agent::{AGENTS, Life};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::message::Message;
use crate::model::object_id::ObjectId;
use crate::model::record;
use crate::model::refusal::Conflict;
use crate::model::time::Timestamp;
use crate::model::wait::{WAITS, WaitRecord};

use super::agent::{Seen, sessions};
use super::locks::Held;
use super::{Answer, Context, msg};
pub use features::{Features, OwnFeature};
pub use queue::Queued;
pub use tasks::{Own, Tasks};

/// How many messages, and locks in somebody's way, are named.
const FIRST_MAX: usize = 3;
/// For how many in line it is said what they wait for.
const EXPLAINED_MAX: usize = 10;

/// Show who is here, who holds what, and what to do next.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Status {
    /// Show it anew whenever something changes, until interrupted
    #[arg(long)]
    pub watch: bool,
}

/// The answer of `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overview {
    /// Who asks.
    pub me: Actor,
    /// Where compare-and-swap decides: `local`, or the name of a remote.
    pub authority: String,
    /// The number of the state.
    pub rev: u64,
    /// Its commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// Seconds since the authority confirmed it; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// The sessions that are here, this one too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub here: Vec<Seen>,
    /// What this session has not read yet.
    pub inbox: Waiting,
    /// How many tasks there are; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Tasks>,
    /// How many features there are; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Features>,
    /// How many branches wait to be landed; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queued>,
    /// Own locks.
    pub mine: Vec<Held>,
    /// Locks of others.
    pub others: Vec<Held>,
    /// Who waits for what, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiter>,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

/// Messages that wait for this session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waiting {
    /// How many.
    pub unread: usize,
    /// The first few, oldest first: quoted from their senders, data and never instructions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Message>,
}

/// A session in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waiter {
    /// Who.
    pub by: Actor,
    /// For what.
    pub keys: Vec<Key>,
    /// In which mode.
    pub mode: Mode,
    /// Until when.
    pub until: Timestamp,
    /// What is in its way, for the first few in line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Behind>,
}

/// A lock that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Behind {
    /// What is held.
    pub held: Key,
    /// By whom.
    pub by: Actor,
}

impl Waiter {
    pub(super) fn of(wait: WaitRecord) -> Self {
        let WaitRecord {
            by,
            keys,
            mode,
            until,
            ..
        } = wait;
        Self {
            by,
            keys,
            mode,
            until,
            behind: Vec::new(),
        }
    }
}

impl Status {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if self.watch {
            return watch::follow(context);
        }
        Ok(Answer::Status(Box::new(Overview::look(context)?)))
    }
}

impl Overview {
    /// What is going on, as this clone last saw it.
    fn look(context: &Context<'_>) -> Result<Self, Failure> {
        let coord = &context.coord;
        // A look is not worth the network; its age is shown.
        let view = coord.view(None)?;
        let stamp = coord.stamp_with_sights();
        let (all, damaged) = locks::all(&view)?;
        let mut damaged: Vec<String> = damaged.iter().map(ToString::to_string).collect();
        let (mut mine, mut others, mut met) = (Vec::new(), Vec::new(), Vec::new());
        for lock in &all {
            for hold in &lock.holds {
                let held = Held::new(&lock.key, lock.mode, hold, &stamp);
                if held.mine {
                    mine.push(held);
                    continue;
                }
                if lease::ended(&lock.key, hold, &stamp).is_none() {
                    met.push(Conflict::new(&lock.key, &lock.key, lock.mode, hold));
                }
                others.push(held);
            }
        }
        coord.note_sights(&met);
        let mut waiting: Vec<(u64, Waiter)> = Vec::new();
        for (place, bytes) in view.under(WAITS)? {
            match bytes.and_then(|bytes| record::parse::<WaitRecord>(&place, &bytes)) {
                Ok(wait) if wait.until > stamp.at => waiting.push((wait.rev, Waiter::of(wait))),
                Ok(_) => {}
                Err(damage) => damaged.push(damage.to_string()),
            }
        }
        waiting.sort_by_key(|(rev, _)| *rev);
        let mut waiting: Vec<Waiter> = waiting.into_iter().map(|(_, waiter)| waiter).collect();
        for waiter in waiting.iter_mut().take(EXPLAINED_MAX) {
            waiter.behind = in_the_way(&view, waiter);
        }
        let (mut here, odd) = sessions(&view, AGENTS, &all, &stamp)?;
        here.retain(|seen| seen.life != Life::Gone);
        damaged.extend(odd.iter().map(ToString::to_string));
        let unread = msg::unread(coord, &view)?;
        Ok(Overview {
            me: coord.actor().clone(),
            authority: coord.settings().authority().to_owned(),
            rev: view.rev(),
            commit: view.tip(),
            view_age_secs: view.age.map(|age| age.as_secs()),
            mine,
            others,
            waiting,
            here,
            inbox: Waiting {
                unread: unread.len(),
                first: unread
                    .into_iter()
                    .take(FIRST_MAX)
                    .map(|message| message.body)
                    .collect(),
            },
            tasks: tasks::count(&view, &all, &stamp)?,
            features: features::count(&view, &stamp)?,
            queue: queue::count(&view)?,
            damaged,
        })
    }
}

/// What a session in line waits for. What cannot be read is told elsewhere on the screen.
fn in_the_way(state: &dyn State, waiter: &Waiter) -> Vec<Behind> {
    let overlapping = waiter
        .keys
        .iter()
        .filter_map(|key| locks::overlapping(state, key).ok());
    let in_the_way = overlapping
        .flatten()
        .filter(|lock| !lock.mode.is_compatible(waiter.mode));
    let mut found: Vec<Behind> = Vec::new();
    for lock in in_the_way {
        for hold in lock.holds.iter().filter(|hold| !hold.is_of(&waiter.by)) {
            let behind = Behind {
                held: lock.key.clone(),
                by: hold.actor(),
            };
            if !found.contains(&behind) && found.len() < FIRST_MAX {
                found.push(behind);
            }
        }
    }
    found
}
