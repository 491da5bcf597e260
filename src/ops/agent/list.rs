//! Who is here, and who could be asked.

use std::str::FromStr;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::domain::agent::checkpoint;
use crate::domain::{State, locks, trust};
use crate::model::agent::{AGENTS, Checkpoints, Life, Point, Presence, Taken};
use crate::model::id::{Actor, AgentName};
use crate::model::record;
use crate::model::refusal::Refusal;
use crate::model::text::Word;

use super::super::Context;
use super::super::words;
use super::{Seen, sessions};

/// Show the sessions that are here, and what each is doing.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// Those that are gone as well
    #[arg(long)]
    pub all: bool,
    /// Only those that stand like this: alive, idle, stale or gone
    #[arg(long, value_name = "LIFE")]
    pub status: Option<String>,
}

/// Find others who could be asked: alive or idle, with what it takes.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Discover {
    /// Only those that have this capability; all of them when repeated
    #[arg(long, value_name = "WORD")]
    pub capability: Vec<String>,
    /// Only those that stand like this: alive, idle, stale or gone
    #[arg(long, value_name = "LIFE")]
    pub status: Option<String>,
}

/// Show all that is known of an agent: its sessions, trust and checkpoints.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Show {
    /// The agent, or one session of it [default: this one]
    #[arg(value_name = "AGENT[/SESSION]")]
    pub agent: Option<String>,
}

/// The answer of `agent list` and `agent discover`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// By their names.
    pub sessions: Vec<Seen>,
    /// How many more are gone.
    pub gone: usize,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// The answer of `agent show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shown {
    /// The agent.
    pub agent: AgentName,
    /// How far it is trusted, 0 to 4.
    pub trust: u8,
    /// Its sessions.
    pub sessions: Vec<Seen>,
    /// What its sessions left, newest first.
    pub checkpoints: Vec<Left>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// The last checkpoint of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Left {
    /// Whose.
    pub of: Actor,
    /// What it says.
    pub point: Point,
    /// Somebody went on from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
}

impl List {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let life = wanted(self.status.as_deref())?;
        let is_all = self.all || life == Some(Life::Gone);
        listed(context, |seen| {
            (is_all || seen.life != Life::Gone) && life.is_none_or(|life| life == seen.life)
        })
    }
}

impl Discover {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let life = wanted(self.status.as_deref())?;
        let needs = words::read(&self.capability, "--capability")?;
        listed(context, |seen| {
            let fits = match life {
                Some(life) => seen.life == life,
                None => seen.life <= Life::Idle,
            };
            !seen.mine && fits && needs.is_subset(&seen.session.capabilities)
        })
    }
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Shown, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let me = coord.actor();
        let (agent, session) = match self.agent.as_deref() {
            None => (me.agent.clone(), Some(me.session.clone())),
            Some(typed) if typed.contains('/') => {
                let who = super::session(typed)?;
                (who.agent, Some(who.session))
            }
            Some(typed) => (name(typed)?, None),
        };
        let is_asked = |who: &Actor| session.as_ref().is_none_or(|one| *one == who.session);
        let (locks, _) = locks::all(&view)?;
        let stamp = coord.stamp_with_sights();
        let (mut found, _) = sessions(&view, &Presence::dir(&agent), &locks, &stamp)?;
        found.retain(|seen| is_asked(&seen.who));
        let mut checkpoints = left_by(&view, &agent)?;
        checkpoints.retain(|left| is_asked(&left.of));
        if self.agent.is_some() && found.is_empty() && checkpoints.is_empty() {
            let name = self.agent.clone().unwrap_or_default();
            return Err(Refusal::NotFound {
                what: "agent".into(),
                name,
            }
            .into());
        }
        Ok(Shown {
            trust: trust::of(&view, &agent)?,
            agent,
            sessions: found,
            checkpoints,
            view_age_secs: view.age.map(|age| age.as_secs()),
        })
    }
}

fn listed(context: &Context<'_>, wants: impl Fn(&Seen) -> bool) -> Result<Listed, Failure> {
    let coord = &context.coord;
    let view = coord.view(None)?;
    let (locks, _) = locks::all(&view)?;
    let stamp = coord.stamp_with_sights();
    let (mut found, damaged) = sessions(&view, AGENTS, &locks, &stamp)?;
    let is_hidden = |seen: &&Seen| seen.life == Life::Gone && !wants(seen);
    let gone = found.iter().filter(is_hidden).count();
    found.retain(wants);
    Ok(Listed {
        sessions: found,
        gone,
        damaged: damaged.iter().map(ToString::to_string).collect(),
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}

/// The last checkpoints of an agent's sessions, newest first. What cannot be read is for `doctor`.
pub(super) fn left_by(view: &View<'_>, agent: &AgentName) -> Result<Vec<Left>, Failure> {
    let mut found = Vec::new();
    for (place, bytes) in view.under(&Checkpoints::dir(agent))? {
        let Some(record) = bytes.ok().and_then(|bytes| {
            record::parse::<crate::model::agent::CheckpointsRecord>(&place, &bytes).ok()
        }) else {
            continue;
        };
        let Ok(Some(mut record)) = checkpoint::get(view, &record.of) else {
            continue;
        };
        if let Some(point) = record.body.points.pop() {
            found.push((
                record.head.rev,
                Left {
                    of: record.body.of,
                    point,
                    taken: record.body.taken,
                },
            ));
        }
    }
    found.sort_by_key(|(rev, left)| (std::cmp::Reverse(left.point.at), std::cmp::Reverse(*rev)));
    Ok(found.into_iter().map(|(_, left)| left).collect())
}

/// Reads an agent's name.
pub(super) fn name(typed: &str) -> Result<AgentName, Failure> {
    typed.parse().map_err(|why| {
        Failure::usage(
            format!("AGENT: {why}"),
            "see who is here with `git coord agent list --all`",
        )
    })
}

fn wanted(typed: Option<&str>) -> Result<Option<Life>, Failure> {
    let lives = [Life::Alive, Life::Idle, Life::Stale, Life::Gone];
    let Some(typed) = typed else {
        return Ok(None);
    };
    let word = Word::from_str(typed).ok();
    let is_named = |life: &Life| {
        word.as_ref()
            .is_some_and(|word| word.as_str() == life.as_str())
    };
    lives.into_iter().find(is_named).map(Some).ok_or_else(|| {
        Failure::usage(
            format!(
                "--status: `{}` says nothing of a session",
                typed.escape_debug()
            ),
            "say alive, idle, stale or gone",
        )
    })
}
