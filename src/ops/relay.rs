//! `relay`: decide what agents ask on branches.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::coord::failure::Class;
use crate::model::relay::Ask;
use crate::model::request::Request;

use super::rounds::Rounds;
use super::{Answer, Context};

/// How often a watcher looks for requests unless told otherwise.
const PAUSE_SECS: u64 = 10;

/// Decide what agents ask that may push nothing but a branch, and publish the state for them.
///
/// Such agents write requests into empty commits on their branches. A relay runs where the state may
/// be pushed: it finds these commits, checks that the branch may speak for the agent
/// (coord.relayRule), decides each once and as that agent, and publishes the state as the branch
/// `coord/state` and a page for people as `coord/board`. It may be ended at any time, and several may
/// run. See `git coord help relay`.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    /// Look once, which is what it does unless told otherwise
    #[arg(long, conflicts_with = "watch")]
    pub once: bool,
    /// Go on looking until interrupted
    #[arg(long)]
    pub watch: bool,
    /// With --watch, look this often [default: 10s]
    #[arg(long, value_name = "TIME", requires = "watch")]
    pub every: Option<String>,
    /// With --watch, end after this time, such as `10m`
    #[arg(long = "for", value_name = "TIME", requires = "watch")]
    #[serde(rename = "for")]
    pub for_time: Option<String>,
    /// Forget who speaks for this agent: the next one who does is remembered instead
    #[arg(long, value_name = "AGENT", conflicts_with_all = ["once", "watch"])]
    pub unpin: Option<String>,
}

impl Relay {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if let Some(typed) = &self.unpin {
            let agent = typed.parse().map_err(|why| {
                Failure::usage(format!("--unpin: {why}"), "name the agent, as the rules do")
            })?;
            let done = context.coord.handle(Request::Relay(Ask::Unpin { agent }))?;
            return Ok(Answer::done(done, Vec::new()));
        }
        if self.watch {
            return self.follow(context);
        }
        Ok(Answer::Relayed(context.coord.relay()?))
    }

    fn follow(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let rounds = Rounds::new(self.every.as_deref(), self.for_time.as_deref(), PAUSE_SECS)?;
        let mut seen = 0;
        rounds.follow(context, |is_first| {
            match context.coord.relay() {
                Ok(round) => {
                    seen += round.answers.len();
                    if round.is_news() {
                        (context.stream)(&Answer::Relayed(round));
                    }
                }
                // It was there before and may be back soon; others may have been faster for a while.
                Err(failure) if !is_first && failure.class() == Class::Unreachable => {
                    (context.progress)(&failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
            Ok(())
        })?;
        Ok(Answer::Watched { seen })
    }
}
