//! `compact`: begin a new epoch.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::request::{Compact as Wanted, Request};

use super::{Answer, Context};

/// Begin a new epoch: the same records at the root of a short chain.
///
/// New clones fetch only the new chain. The old one is kept as `refs/coord/epoch/<n>`; delete that
/// ref when its history is no longer wanted.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compact {}

impl Compact {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let done = context.coord.handle(Request::Compact(Wanted {}))?;
        Ok(Answer::done(done, Vec::new()))
    }
}
