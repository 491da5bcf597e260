//! `github status`: which repository, as whom, and with which rights.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::github::{self, Limit, Rights};
use crate::model::forge::{Login, Repo};

use super::super::Context;

/// Show which repository is asked, as whom, and with which rights.
///
/// Nothing is changed. See `git coord help github`.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Status {}

/// How this clone stands to GitHub.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Standing {
    /// The repository.
    pub repo: Repo,
    /// The address of the API.
    pub api: String,
    /// Where the token is from.
    pub token: String,
    /// Whose it is.
    pub login: Login,
    /// What it may do.
    pub rights: Rights,
    /// How many calls are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
}

impl Status {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Standing, Failure> {
        let client = github::open(&context.coord)?;
        let place = client.place();
        let failed = |trouble: github::Trouble| trouble.into_failure(place.host());
        Ok(Standing {
            repo: place.repo.clone(),
            api: place.api.clone(),
            token: client.token().source(),
            login: github::me(&client).map_err(failed)?,
            rights: github::rights(&client).map_err(failed)?,
            // Some servers have no limits, and say so with 404.
            limit: github::limit(&client).ok(),
        })
    }
}
