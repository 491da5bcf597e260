//! `whoami`: who acts here, and which rule decided.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{AgentName, SessionName};

use super::Context;

/// Show who acts here, and which rule decided.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Whoami {}

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
}

impl Whoami {
    pub(super) fn run(&self, context: &Context<'_>) -> Who {
        let identity = context.coord.identity();
        Who {
            agent: identity.actor.agent.clone(),
            agent_from: identity.agent_rule.clone(),
            session: identity.actor.session.clone(),
            session_from: identity.session_rule.clone(),
        }
    }
}
