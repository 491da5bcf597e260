//! Going on where a session stopped.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::domain::agent::checkpoint;
use crate::domain::locks;
use crate::model::agent as said;
use crate::model::agent::{Ask, Life, Point, Presence, Taken};
use crate::model::id::Actor;
use crate::model::refusal::Refusal;
use crate::model::request::Request;

use super::super::{Answer, Context};
use super::list::{left_by, name};
use super::sessions;

/// Show the last checkpoint of a session, or go on from it.
///
/// With --take its task and its locks become those of this session, and its checkpoint too. That
/// is refused while the session is alive: its leases have to have ended, or its process to be
/// proven dead.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Restore {
    /// Whose; the newest one of the agent when no session is named [default: this agent]
    #[arg(value_name = "AGENT[/SESSION]")]
    pub from: Option<String>,
    /// Take over its task and locks
    #[arg(long)]
    pub take: bool,
    /// Also from another session of the same agent of which nothing proves that it is over
    #[arg(long, requires = "take")]
    pub takeover: bool,
}

/// The answer of `agent restore` without --take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// Whose it is.
    pub of: Actor,
    /// How that session stands; absent when it has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// The last checkpoint.
    pub point: Point,
    /// Those before it, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Point>,
    /// Somebody went on from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Restore {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        // Whom a change is about is looked up on a view that is fresh enough to refuse on.
        let age_max = self.take.then_some(coord.settings().age_max);
        let view = coord.view(age_max)?;
        let from = self.which(context, &view)?;
        if self.take {
            let ask = said::Restore {
                from,
                takeover: self.takeover,
            };
            let done = coord.handle(Request::Agent(Ask::Restore(ask)))?;
            return Ok(Answer::done(done, Vec::new()));
        }
        let found = checkpoint::get(&view, &from)?.map(|record| record.body);
        let Some((mut points, taken)) = found.map(|found| (found.points, found.taken)) else {
            return Err(nothing(&format!("{}/{}", from.agent, from.session)));
        };
        let Some(point) = points.pop() else {
            return Err(nothing(&format!("{}/{}", from.agent, from.session)));
        };
        points.reverse();
        let (locks, _) = locks::all(&view)?;
        let stamp = coord.stamp_with_sights();
        let (seen, _) = sessions(&view, &Presence::dir(&from.agent), &locks, &stamp)?;
        let life = seen.iter().find(|seen| seen.who == from);
        Ok(Answer::Checkpoint(Box::new(Found {
            life: life.map(|seen| seen.life),
            of: from,
            point,
            earlier: points,
            taken,
            view_age_secs: view.age.map(|age| age.as_secs()),
        })))
    }

    /// The session that is named; of an agent, the one with the newest checkpoint that nobody went
    /// on from yet.
    fn which(&self, context: &Context<'_>, view: &View<'_>) -> Result<Actor, Failure> {
        let me = context.coord.actor();
        let agent = match self.from.as_deref() {
            Some(typed) if typed.contains('/') => return super::session(typed),
            Some(typed) => name(typed)?,
            None => me.agent.clone(),
        };
        let mut left = left_by(view, &agent)?;
        left.retain(|left| !(self.take && left.of == *me));
        left.sort_by_key(|left| left.taken.is_some());
        match left.into_iter().next() {
            Some(left) => Ok(left.of),
            None => Err(nothing(agent.as_str())),
        }
    }
}

fn nothing(name: &str) -> Failure {
    Refusal::NotFound {
        what: "checkpoint".into(),
        name: name.into(),
    }
    .into()
}
