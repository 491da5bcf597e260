//! `agent`: who is here, what they can do and are doing, and what they leave for each other.

mod change;
mod list;
mod look;
mod restore;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::id::Actor;

use super::{Answer, Context};
pub use change::{Checkpoint, Heartbeat, Kick, Register, Status, Trust, Unregister};
pub use list::{Discover, List, Listed, Show, Shown};
pub use look::{Seen, sessions};
pub use restore::{Found, Restore};

/// See who is here, say who you are and what you are doing, and go on where somebody stopped.
///
/// A session is recorded with its first change, and seen again with later ones: nothing has to be
/// called for that. What it says of itself is for others to read; no lock depends on it.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about agents and sessions.
#[allow(
    missing_docs,
    reason = "text here would replace the text on the structs in the help"
)]
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    List(List),
    Discover(Discover),
    Show(Show),
    Register(Register),
    Heartbeat(Heartbeat),
    Status(Status),
    Checkpoint(Checkpoint),
    Restore(Restore),
    Unregister(Unregister),
    Kick(Kick),
    Trust(Trust),
}

impl Agent {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::List(list) => list.run(context).map(Answer::Agents),
            What::Discover(discover) => discover.run(context).map(Answer::Agents),
            What::Show(show) => show
                .run(context)
                .map(|shown| Answer::Agent(Box::new(shown))),
            What::Register(register) => register.run(context),
            What::Heartbeat(heartbeat) => heartbeat.run(context),
            What::Status(status) => status.run(context),
            What::Checkpoint(checkpoint) => checkpoint.run(context),
            What::Restore(restore) => restore.run(context),
            What::Unregister(unregister) => unregister.run(context),
            What::Kick(kick) => kick.run(context),
            What::Trust(trust) => trust.run(context),
        }
    }
}

/// Reads `AGENT/SESSION`.
fn session(typed: &str) -> Result<Actor, Failure> {
    let wrong = |why: String| {
        Failure::usage(
            format!("AGENT/SESSION: {why}"),
            "see who is here with `git coord agent list --all`",
        )
    };
    let Some((agent, session)) = typed.split_once('/') else {
        return Err(wrong(format!(
            "`{}` names no session",
            typed.escape_debug()
        )));
    };
    Ok(Actor {
        agent: agent.parse().map_err(|why| wrong(format!("{why}")))?,
        session: session.parse().map_err(|why| wrong(format!("{why}")))?,
    })
}
