//! `github`: what the state says, shown on the pages of GitHub, and what people ask there.

mod init;
mod inward;
mod labels;
mod status;
mod sync;
pub mod webhook;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;

use super::{Answer, Context};

pub use init::Written;
pub use labels::Listed;
pub use status::Standing;
pub use sync::{Calls, Synced};

/// Show on GitHub what the state says, and take what people ask there.
///
/// Labels, one comment and a status of each pull request are made from the state, which alone counts.
/// The token is that of GITHUB_TOKEN, GH_TOKEN, `gh auth token`, or of an app (coord.githubApp). See
/// `git coord help github`.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Github {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about GitHub. The documentation of each is on its struct.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Init(init::Init),
    Sync(sync::Sync),
    Status(status::Status),
    Webhook(webhook::Webhook),
    Labels(labels::Labels),
}

impl Github {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Init(init) => init
                .run(context)
                .map(|written| Answer::GithubInit(Box::new(written))),
            What::Sync(sync) => sync.run(context),
            What::Labels(labels) => labels.run(context).map(Answer::GithubLabels),
            What::Status(status) => status
                .run(context)
                .map(|standing| Answer::GithubStatus(Box::new(standing))),
            What::Webhook(webhook) => webhook.run(context),
        }
    }
}
