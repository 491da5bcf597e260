//! `locks`: who holds what.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::{lease, locks};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::{Hold, Mode};
use crate::model::refusal::Conflict;
use crate::model::stamp::Stamp;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::Context;

/// Show who holds what, until when and why.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Locks {
    /// Only those of this session
    #[arg(long, conflicts_with = "agent")]
    pub mine: bool,
    /// Only those of one agent
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Only keys that begin with this text
    #[arg(long, value_name = "PREFIX")]
    pub key: Option<String>,
    /// Only those whose lease has ended
    #[arg(long)]
    pub expired: bool,
}

/// One hold on one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// What is locked.
    pub key: Key,
    /// In which mode.
    pub mode: Mode,
    /// By whom.
    pub by: Actor,
    /// Whether that is this session.
    pub mine: bool,
    /// The revision of the hold: its fencing token.
    pub rev: u64,
    /// Since when.
    pub since: Timestamp,
    /// When the lease ends unless renewed.
    pub until: Timestamp,
    /// Whether the lease has ended; the lock goes to the next who asks.
    pub expired: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// On which branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// For which task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Text>,
    /// On which machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}

/// The answer of `locks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// In the order of their keys.
    pub locks: Vec<Held>,
    /// Records that cannot be read: what they lock is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Locks {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let coord = &context.coord;
        let view = coord.view(Some(coord.settings().age_max))?;
        let stamp = coord.stamp_with_sights();
        let (all, damaged) = locks::all(&view)?;
        let mut held = Vec::new();
        let mut met = Vec::new();
        for lock in all {
            for hold in &lock.holds {
                let one = Held::new(&lock.key, lock.mode, hold, &stamp);
                if !one.mine {
                    met.push(Conflict::new(&lock.key, &lock.key, lock.mode, hold));
                }
                if self.wants(&one) {
                    held.push(one);
                }
            }
        }
        coord.note_sights(&met);
        held.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(Listed {
            locks: held,
            damaged: damaged.iter().map(ToString::to_string).collect(),
            view_age_secs: view.age.map(|age| age.as_secs()),
        })
    }

    fn wants(&self, one: &Held) -> bool {
        (!self.mine || one.mine)
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| one.by.agent.as_str() == agent)
            && self
                .key
                .as_ref()
                .is_none_or(|prefix| one.key.to_string().starts_with(prefix))
            && (!self.expired || one.expired)
    }
}

impl Held {
    pub(super) fn new(key: &Key, mode: Mode, hold: &Hold, stamp: &Stamp) -> Self {
        Self {
            key: key.clone(),
            mode,
            by: hold.actor(),
            mine: hold.is_of(&stamp.by),
            rev: hold.rev,
            since: hold.since,
            until: hold.until(),
            expired: lease::ended(key, hold, stamp).is_some(),
            reason: hold.reason.clone(),
            branch: hold.branch.clone(),
            task: hold.task.clone(),
            host: hold.host.clone(),
        }
    }
}
