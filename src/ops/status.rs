//! `status`: one screen of what is going on.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::{State, lease, locks};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::object_id::ObjectId;
use crate::model::record;
use crate::model::refusal::Conflict;
use crate::model::time::Timestamp;
use crate::model::wait::{WAITS, WaitRecord};

use super::Context;
use super::locks::Held;

/// Show who is here, who holds what, and what to do next.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Status {}

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
        }
    }
}

impl Status {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Overview, Failure> {
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
        Ok(Overview {
            me: coord.actor().clone(),
            authority: coord.settings().authority().to_owned(),
            rev: view.rev(),
            commit: view.tip(),
            view_age_secs: view.age.map(|age| age.as_secs()),
            mine,
            others,
            waiting: waiting.into_iter().map(|(_, waiter)| waiter).collect(),
            damaged,
        })
    }
}
