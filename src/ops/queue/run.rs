//! `queue run` and `queue land`.

use std::collections::BTreeSet;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::train::{Host, Landed};
use crate::coord::{About, Failure, Reach};
use crate::domain::queue::moves::Move;
use crate::model::agent::Ask as AgentAsk;
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::request::Request;
use crate::runner::{Cleared, Drive, Driven, Pool, Spec, jobs_default};

use super::super::run::in_fresh_session;
use super::look::{Listed, check_of};
use super::{Answer, Context, Target, refused};

/// Check what is in line, and land what is green, until nothing is left to do.
///
/// Checks come from the command line or from `coord.check` in the target branch's `.coordconfig`,
/// never from an entry. They run in working trees of a pool beside the repository, with a clean
/// environment. Any number of these may run at the same time, on any machine: no tree is checked
/// twice, and what one leaves unfinished another goes on with.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// What has to pass; several are run one after the other [default: coord.check of the target]
    #[arg(long, value_name = "CMD")]
    pub check: Vec<String>,
    /// How many checks run beside each other [default: one for two cores and 4 GiB]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
    /// Go on when nothing is left to do, until stopped
    #[arg(long, conflicts_with = "once")]
    pub watch: bool,
    /// Stop when nothing is left to do (the default)
    #[arg(long)]
    pub once: bool,
    /// Say this to the server's hooks, as `git push -o` does [default: push.pushOption]
    #[arg(short = 'o', long = "push-option", value_name = "OPTION")]
    pub push_options: Vec<String>,
    /// Remove the working trees that checks ran in, and do nothing else
    #[arg(long, conflicts_with_all = ["check", "jobs", "watch", "once"])]
    pub clear_pool: bool,
}

/// Land what is certified already, and run nothing.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Land {
    /// Which line
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// The check that counts [default: coord.check of the target, else the one that was run last]
    #[arg(long, value_name = "CMD")]
    pub check: Vec<String>,
    /// Say this to the server's hooks, as `git push -o` does [default: push.pushOption]
    #[arg(short = 'o', long = "push-option", value_name = "OPTION")]
    pub push_options: Vec<String>,
}

/// The answer of `queue run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ran {
    /// What was done.
    #[serde(flatten)]
    pub done: Driven,
    /// What still waits, and for what.
    pub left: Listed,
}

/// The answer of `queue run --clear-pool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Emptied {
    /// Removed working trees.
    pub removed: Vec<String>,
    /// Those that are in use.
    pub in_use: Vec<String>,
}

impl Run {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if self.clear_pool {
            let Cleared { removed, in_use } = Pool::of(&context.coord)?.clear()?;
            let shown = |paths: Vec<std::path::PathBuf>| {
                let paths = paths.iter().map(|path| path.display().to_string());
                paths.collect()
            };
            return Ok(Answer::PoolCleared(Emptied {
                removed: shown(removed),
                in_use: shown(in_use),
            }));
        }
        let done = self.drive(context, None)?;
        let left = super::look::Why {
            id: None,
            target: self.target.clone(),
            fetch: false,
        };
        Ok(Answer::QueueRan(Box::new(Ran {
            done,
            left: left.run(context)?,
        })))
    }

    /// Runs the loop in a session of its own, which is known to be gone as soon as this process is.
    pub(super) fn drive(
        &self,
        context: &Context<'_>,
        only: Option<&Id>,
    ) -> Result<Driven, Failure> {
        if !self.check.is_empty() {
            // What is run here is for the target's `.coordconfig` and this machine to say.
            context.at_a_shell("naming a command to run")?;
        }
        if self.target.target.is_some() {
            // A branch that anybody can push may have a `.coordconfig` with any command in it.
            context.at_a_shell("naming the branch whose checks are run")?;
        }
        let target = self.target.branch(context)?;
        let stop = context.stop()?;
        let coord = in_fresh_session(context, "queue")?;
        let me = coord.actor().clone();
        let alive = coord.sessions().keep_alive(&me).map_err(|why| {
            let what = format!("the file that shows that {me} is alive: {why}");
            Failure::usage(what, "see `git coord doctor`")
        })?;
        // A submitter lands nothing.
        let host = match only {
            Some(_) => None,
            None => super::host::of(&coord, &coord.queue_tip(&target)?)?,
        };
        let done = Drive {
            coord: &coord,
            target: &target,
            host: host.as_ref().map(|host| host as &dyn Host),
            check: &self.check,
            jobs: self.jobs.unwrap_or_else(jobs_default).max(1),
            watch: self.watch,
            only,
            options: &self.push_options,
            stop: &|| stop.is_asked(),
            events: context.checks,
            say: &|line| (context.progress)(line),
        }
        .run();
        // Its locks are given back already; what is left of the session goes too.
        let _ = coord.handle(Request::Agent(AgentAsk::Unregister {}));
        drop(alive);
        coord.sessions().forget(&me);
        done
    }
}

impl Land {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let target = self.target.branch(context)?;
        let tip = coord.queue_tip(&target)?;
        let check = match self.check.as_slice() {
            [] => check_of(coord, &target, &tip)?,
            given => Spec::of(coord.repo(), &tip, given)?.id().clone(),
        };
        let host = super::host::of(coord, &tip)?;
        let snapshot = coord.queue(&target, &check, false)?;
        let plan = snapshot.plan()?;
        for one in snapshot.moves(&plan, 0, &BTreeSet::new())? {
            if let Move::Land(count) = one {
                let asked = host.as_ref().map(|host| host as &dyn Host);
                let landed = snapshot.land(&plan, count, &self.push_options, asked);
                let landed = landed.map_err(|why| {
                    let ids = plan.train.iter().take(count).map(|link| link.id.clone());
                    let ids: Vec<Id> = ids.collect();
                    refused::about(coord.queue(&target, &check, false), &ids, why)
                })?;
                let done = match landed {
                    Landed::Done(done, _) => *done,
                    Landed::Otherwise { done, id, why } => {
                        return Ok(Answer::done(*done, vec![format!("{id}: {why}")]));
                    }
                    Landed::NotYet { id, why } => return Err(not_yet(&target, id, why)),
                };
                let noted = coord.render_notes(About::Checks, Reach::Shared);
                let later =
                    noted.map_err(|why| format!("the notes of the checks come later: {why}"));
                return Ok(Answer::done(done, later.err().into_iter().collect()));
            }
        }
        let refusal = Refusal::WrongState {
            what: "line".into(),
            name: target.to_string(),
            is: "without anything certified".into(),
            needs: "a green check".into(),
        };
        let waiting: Vec<Id> = plan.line.iter().map(|placed| placed.id.clone()).collect();
        Err(refused::about(Ok(snapshot), &waiting, refusal.into()))
    }
}

/// The refusal for what the host does not take now.
fn not_yet(target: &Branch, id: Option<Id>, why: String) -> Failure {
    let (what, name) = match id {
        Some(id) => ("queue entry", id.to_string()),
        None => ("line", target.to_string()),
    };
    let refusal = Refusal::WrongState {
        what: what.into(),
        name,
        is: format!("not taken by the host: {why}"),
        needs: "the host's consent".into(),
    };
    refusal.into()
}
