//! `handoff accept`: take work over.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{About, Failure, Reach};
use crate::env;
use crate::model::handoff::{Accept as Wanted, Ask};
use crate::model::request::Request;
use crate::ops::{Answer, Context, given};

use super::resolve;

/// Take over what a handoff offers: its locks and the claims of its tasks, all in one step.
///
/// Only one session can accept it, and only the agent that it is for, if it names one. The earlier
/// session is told. Its leases count from now.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The handoff, or the beginning of its id
    #[arg(value_name = "ID")]
    pub id: String,
}

impl Accept {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let id = resolve(&coord.view(None)?, &self.id)?;
        let host = given::one(Some(&env::host()), "the host's name")?;
        let ask = Ask::Accept(Wanted { id, host });
        let done = coord.handle(Request::Handoff(ask))?;
        // Whoever takes work over may want to see in the log what was said about it.
        if done.commit.is_some() {
            let _ = coord.render_notes(About::Handoffs, Reach::Brought);
        }
        Ok(Answer::done(done, Vec::new()))
    }
}
