//! `renew`: count leases from now.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::{Renew as Wanted, Request};

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
