//! `gc`: what is over leaves the live tree; the history keeps it.

use std::collections::BTreeMap;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::decide;
use crate::model::gc::{Gc as Wanted, Keep};
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::{Answer, Context, length};

/// Most commits of one command.
const COMMITS_MAX: usize = 1_000;

/// Collect what is over: finished tasks and features, old messages, accepted handoffs, sessions that
/// are gone.
///
/// They leave the live tree, so that they cost nothing any more; the history keeps them, and
/// `git coord task show`, `handoff show` and `log` still find them. Nothing that is under way, and no
/// task or feature that another one still needs, is collected. It happens by itself a little at a
/// time; this does all of it now.
/// Settings: coord.keepTasks, coord.keepMessages, coord.keepHandoffs, coord.keepSessions,
/// coord.keepAnswers.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gc {
    /// Only say what would be collected
    #[arg(long)]
    pub dry_run: bool,
    /// Whatever has been over for so long, such as `1d`, instead of what the settings say
    #[arg(long, value_name = "TIME")]
    pub older: Option<String>,
}

/// The answer of `gc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Collected {
    /// How many records of each kind.
    pub collected: BTreeMap<String, usize>,
    /// In how many commits.
    pub commits: usize,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Whether more is over than was counted: one commit collects so many and no more.
    pub more: bool,
}

impl Gc {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let keep = match self.older.as_deref() {
            None => coord.settings().keep,
            Some(text) => {
                let secs = length::any(text, "--older")?.as_secs();
                Keep {
                    tasks_secs: secs,
                    messages_secs: secs,
                    sessions_secs: secs,
                    handoffs_secs: secs,
                    answers_secs: secs,
                }
            }
        };
        let request = Request::Gc(Wanted { keep, fan: None });
        let mut all = Collected {
            collected: BTreeMap::new(),
            commits: 0,
            dry_run: self.dry_run,
            more: false,
        };
        for _ in 0..COMMITS_MAX {
            let reply = if self.dry_run {
                let view = coord.view(Some(coord.settings().age_max))?;
                decide(&request, &view, &coord.stamp(), &[])?.reply
            } else {
                let done = coord.handle(request.clone())?;
                all.commits += usize::from(done.commit.is_some());
                done.reply
            };
            let Reply::Collected(told) = reply else {
                return Err(Failure::usage("gc: another answer came", "run it again"));
            };
            for (kind, count) in told.collected {
                *all.collected.entry(kind).or_default() += count;
            }
            all.more = told.more;
            if !told.more || self.dry_run {
                break;
            }
        }
        Ok(Answer::Collected(all))
    }
}
