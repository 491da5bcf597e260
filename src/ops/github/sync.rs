//! `github sync`: one round from the state to the page, and back.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::coord::failure::Class;
use crate::domain::mirror::{Facts, Whys};
use crate::github::{self, Client, Memory, Outward, Reader};
use crate::model::branch::Branch;

use super::super::rounds::Rounds;
use super::super::{Answer, Context, queue};
use super::inward::Inward;

/// How often a watcher looks unless told otherwise.
const PAUSE_SECS: u64 = 60;

/// Make GitHub's pages show what the state says.
///
/// Looks at the state and at the pages, and makes the difference: labels, one comment, and a status of
/// each pull request whose branch somebody works on. A second run changes nothing. What could not be done
/// is said, and done by the next one. With coord.githubIssues, issues with that label are tasks.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    /// Show the calls that would be made, and make none
    #[arg(long, conflicts_with = "watch")]
    pub dry_run: bool,
    /// Go on looking until interrupted
    #[arg(long)]
    pub watch: bool,
    /// With --watch, look this often [default: 1m]
    #[arg(long, value_name = "TIME", requires = "watch")]
    pub every: Option<String>,
    /// With --watch, end after this time, such as `10m`
    #[arg(long = "for", value_name = "TIME", requires = "watch")]
    #[serde(rename = "for")]
    pub for_time: Option<String>,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Synced {
    /// The changes that were made, or would be, in their order.
    pub changes: Vec<String>,
    /// Whether they were not made.
    pub dry_run: bool,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What could not be done, and is tried again by the next round.
    pub troubles: Vec<String>,
    /// How many calls it took.
    pub calls: Calls,
}

/// How many calls a round took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Calls {
    /// Looks that were answered in full.
    pub reads: u32,
    /// Looks that GitHub answered with "as before"; they count against no limit.
    pub unchanged: u32,
    /// Changes.
    pub writes: u32,
}

impl Sync {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let client = github::open(&context.coord)?;
        let memory = Memory::open(&context.coord, &client);
        if !self.watch {
            return round(context, &client, &memory, self.dry_run).map(Answer::GithubSynced);
        }
        let rounds = Rounds::new(self.every.as_deref(), self.for_time.as_deref(), PAUSE_SECS)?;
        let mut seen = 0;
        rounds.follow(context, |is_first| {
            match round(context, &client, &memory, false) {
                Ok(synced) => {
                    seen += synced.changes.len();
                    if !synced.changes.is_empty() || !synced.troubles.is_empty() {
                        (context.stream)(&Answer::GithubSynced(synced));
                    }
                }
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

/// One round. Two of one clone do not get into each other's way; those of different clones see what the
/// other has done, at the latest in the round after.
pub(super) fn round(
    context: &Context<'_>,
    client: &Client,
    memory: &Memory,
    is_dry: bool,
) -> Result<Synced, Failure> {
    let _alone = memory.alone().ok_or_else(|| {
        Failure::usage(
            "another sync of this clone is at work and does not end",
            "wait for it, or end it",
        )
    })?;
    let before = client.calls();
    let mut troubles = Vec::new();
    let config = context.coord.repo().config();
    let issues = config
        .get("coord.githubissues")
        .filter(|label| !label.is_empty());
    let failed = |trouble: github::Trouble| trouble.into_failure(client.place().host());
    let taken = Inward {
        context,
        reader: &Reader::new(client, memory),
        repo: &client.place().repo,
        me: &github::who(client, memory).map_err(failed)?,
        issues,
        is_dry,
    }
    .take()?;
    troubles.extend(taken.troubles);
    let view = context.coord.view(Some(context.coord.settings().age_max))?;
    let mut facts = Facts::read(&view, issues.is_some(), Whys::new())?;
    facts.chosen_by = issues.map(str::to_owned);
    facts.whys = whys(context, &facts, &mut troubles);
    troubles.extend(facts.damaged.iter().map(ToString::to_string));
    let outward = Outward {
        client,
        memory,
        facts: &facts,
        told: &taken.told,
        issues,
        is_dry,
    };
    let outcome = outward.round().map_err(failed)?;
    troubles.extend(outcome.troubles);
    let calls = client.calls();
    Ok(Synced {
        changes: taken
            .decided
            .into_iter()
            .chain(outcome.calls.iter().map(ToString::to_string))
            .collect(),
        dry_run: is_dry,
        notes: outcome.notes,
        troubles,
        calls: Calls {
            reads: calls.reads - before.reads,
            unchanged: calls.unchanged - before.unchanged,
            writes: calls.writes - before.writes,
        },
    })
}

/// Why entries are where they are. One that cannot be found out is shown without.
fn whys(context: &Context<'_>, facts: &Facts, troubles: &mut Vec<String>) -> Whys {
    let waiting = facts.entries.iter().filter(|entry| !entry.stage.is_over());
    let mut targets: Vec<&Branch> = waiting.map(|entry| &entry.target).collect();
    targets.sort();
    targets.dedup();
    let mut whys = Whys::new();
    for target in targets {
        match queue::standing(context, target) {
            Ok(all) => {
                let all = all.into_iter();
                whys.extend(all.map(|(id, why)| ((target.clone(), id), why)));
            }
            Err(why) => troubles.push(format!("the merge queue of `{target}`: {why}")),
        }
    }
    whys
}
