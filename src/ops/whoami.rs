//! `whoami`: who acts here, and which rule decided.

use std::collections::BTreeMap;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{AgentName, SessionName};

use super::Context;

/// Show who acts here, and which rule decided.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Whoami {
    /// Also show every `coord.*` setting in force
    #[arg(long)]
    pub settings: bool,
}

/// The answer of `whoami`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Who {
    /// The agent.
    pub agent: AgentName,
    /// Where its name came from.
    pub agent_from: String,
    /// Its session.
    pub session: SessionName,
    /// Where that name came from.
    pub session_from: String,
    /// The settings in force, as they were asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl Whoami {
    pub(super) fn run(&self, context: &Context<'_>) -> Who {
        let identity = context.coord.identity();
        let config = context.coord.repo().config();
        let settings = config.iter().filter(|(key, _)| key.starts_with("coord."));
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Who {
            agent: identity.actor.agent.clone(),
            agent_from: identity.agent_rule.clone(),
            session: identity.actor.session.clone(),
            session_from: identity.session_rule.clone(),
            settings: match self.settings {
                true => settings.map(owned).collect(),
                false => BTreeMap::new(),
            },
        }
    }
}
