//! `compact`: begin a new epoch.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::Format;
use crate::model::request::{Compact as Wanted, Request};

use super::{Answer, Context};

/// Begin a new epoch: the same records at the root of a short chain.
///
/// New clones fetch only the new chain. The old one is kept as `refs/coord/epoch/<n>`, here and on
/// the remote, and `git coord log` goes on through it. A clone that has not seen the end of an epoch
/// needs its chain once, to see that the new one continues it; so keep as many as the clone that is
/// longest away may have missed.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compact {
    /// Delete old chains, here and on the remote, except the newest N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub keep: Option<u64>,
}

impl Compact {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        if self.keep == Some(0) {
            return Err(Failure::usage(
                "--keep 0 would leave other clones no way to follow",
                "keep at least one",
            ));
        }
        // Two who ask at the same time mean the same epoch.
        let view = coord.view(Some(coord.settings().age_max))?;
        let closes = Format::of(&view)?.map(|format| format.epoch);
        let done = coord.handle(Request::Compact(Wanted { closes }))?;
        let notes = match self.keep {
            None => Vec::new(),
            // The epoch has begun; that old chains stay a little longer does not undo it.
            Some(keep) => match coord.retire_epochs(keep) {
                Ok(epochs) => epochs
                    .iter()
                    .map(|epoch| format!("the chain of epoch {epoch} is deleted"))
                    .collect(),
                Err(failure) => vec![format!("old chains could not be deleted: {failure}")],
            },
        };
        Ok(Answer::done(done, notes))
    }
}
