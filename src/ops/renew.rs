//! `renew`: count leases from now.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Failure};
use crate::domain::locks;
use crate::model::key::Key;
use crate::model::request::{Renew as Wanted, Request, Which};
use crate::model::time::Timestamp;

use super::lock::parse;
use super::unlock::which;
use super::{Answer, Context};

/// Count the leases of locks from now.
///
/// Seldom needed: every change of a session renews those of its locks that are past half of their
/// lease.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Renew {
    /// Which locks; all of this session when none is named
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
    /// All locks of this session
    #[arg(long, conflicts_with = "keys")]
    pub all: bool,
    /// A new length for the leases, from 1m to 8h
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<String>,
}

impl Renew {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let (which, notes) = which(context, &self.keys, self.all || self.keys.is_empty())?;
        let ttl_secs = parse(self.ttl.as_deref(), "--ttl")?;
        let done = context
            .coord
            .handle(Request::Renew(Wanted { which, ttl_secs }))?;
        Ok(Answer::done(done, notes))
    }
}

/// Own locks that are past half of their lease.
///
/// # Errors
/// When the state cannot be read.
pub fn due(coord: &Coord, now: Timestamp) -> Result<Vec<Key>, Failure> {
    let keys = coord.sessions().load(coord.actor()).keys;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let view = coord.view(None)?;
    let is_due = |key: &Key| {
        // What cannot be read is for others to report.
        let lock = locks::get(&view, key).ok().flatten();
        lock.is_some_and(|lock| {
            let own = lock.holds.iter().find(|hold| hold.is_of(coord.actor()));
            own.is_some_and(|hold| hold.is_half_gone(now))
        })
    };
    Ok(keys.into_iter().filter(is_due).collect())
}

/// Counts the leases of these locks from now.
///
/// # Errors
/// As [`Coord::handle`].
pub fn keep(coord: &Coord, keys: Vec<Key>) -> Result<(), Failure> {
    let which = Which::Keys(keys);
    let ttl_secs = None;
    coord
        .handle(Request::Renew(Wanted { which, ttl_secs }))
        .map(drop)
}
