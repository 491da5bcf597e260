//! What a session says of itself, and what is done about others.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::model::agent as said;
use crate::model::agent::{Ask, Doing, Level};
use crate::model::id::Id;
use crate::model::request::Request;
use crate::model::text::Text;

use super::super::lock::parse;
use super::super::{Answer, Context, keys, typed, words};

/// Say who this session is: its type, its model, what it can do.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Register {
    /// Which program it is, such as `claude` [default: as its environment tells]
    #[arg(long = "type", value_name = "WORD")]
    #[serde(rename = "type")]
    pub agent_type: Option<String>,
    /// Which model it runs on
    #[arg(long, value_name = "TEXT")]
    pub model: Option<String>,
    /// What it can do, in place of what it said; may be repeated
    #[arg(long, value_name = "WORD")]
    pub capability: Vec<String>,
}

/// Say that this session is here, without a change of anything else.
///
/// Seldom needed: every change says so too. For a session that only reads for a long time.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Heartbeat {}

/// What a session says that it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// It is here
    Active,
    /// It has nothing to do, and would take something
    Idle,
    /// It wants nothing more now
    Busy,
}

/// Say what this session is doing: its task, files, plan, and what it is not sure about.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[group(required = true, multiple = true)]
#[serde(default, deny_unknown_fields)]
pub struct Status {
    /// How it is
    #[arg(value_name = "STATE")]
    pub state: Option<Said>,
    /// What it works on
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// A file that it works on, in place of what it said; may be repeated
    #[arg(long, value_name = "PATH")]
    pub file: Vec<String>,
    /// How it means to go on
    #[arg(long, value_name = "TEXT")]
    pub plan: Option<String>,
    /// Something that it is not sure about, added to the rest; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub unsure: Vec<String>,
    /// Forget first what it said of task, files, plan and doubts
    #[arg(long)]
    pub clear: bool,
    /// Let a text pass that this rule takes for a secret; recorded
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// End this session: its locks, claims, place in line and record go back.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unregister {}

/// End another session that is over: all that it has goes back, and it is told.
///
/// Anybody may when the session's process is proven dead, or when nothing was seen of it for a day
/// and its leases have ended; at other times it needs trust 3.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kick {
    /// Which session
    #[arg(value_name = "AGENT/SESSION")]
    pub who: String,
    /// Why; it is told
    #[arg(long, short, value_name = "TEXT")]
    pub reason: String,
}

/// Say how far an agent is trusted, 0 to 4; 2 where nothing is said.
///
/// The first one to say anything may; after that it needs trust 3, and nobody gives more than he
/// has. Trust 3 is needed to decide about what belongs to others.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Whom
    #[arg(value_name = "AGENT")]
    pub agent: String,
    /// How far
    #[arg(value_name = "LEVEL")]
    pub level: String,
}

/// Leave what somebody needs to go on, should this session end: the last few are kept.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Checkpoint {
    /// On which task [default: the claimed one, or what `agent status` said]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// A file that it works on [default: what `agent status` said]; may be repeated
    #[arg(long, value_name = "PATH")]
    pub file: Vec<String>,
    /// What whoever goes on has to know; `-` for standard input
    #[arg(long, short, value_name = "TEXT")]
    pub notes: Option<String>,
    /// What is to be done next, in order; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub next: Vec<String>,
    /// Let a text pass that this rule takes for a secret; recorded
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Register {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let ask = said::Register {
            agent_type: parse(self.agent_type.as_deref(), "--type")?,
            model: parse(self.model.as_deref(), "--model")?,
            capabilities: words::read(&self.capability, "--capability")?,
        };
        handle(context, Ask::Register(ask), Vec::new())
    }
}

impl Heartbeat {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        handle(context, Ask::Heartbeat {}, Vec::new())
    }
}

impl Status {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let files = keys::read(context, &self.file, false)?;
        let ask = said::Status {
            doing: self.state.map(|state| match state {
                Said::Active => Doing::Active,
                Said::Idle => Doing::Idle,
                Said::Busy => Doing::Busy,
            }),
            task: parse(self.task.as_deref(), "--task")?,
            files: files.keys,
            plan: parse(self.plan.as_deref(), "--plan")?,
            unsure: texts(&self.unsure, "--unsure")?,
            clear: self.clear,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        handle(context, Ask::Status(ask), files.notes)
    }
}

impl Unregister {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let answer = handle(context, Ask::Unregister {}, Vec::new())?;
        context.coord.sessions().forget(context.coord.actor());
        Ok(answer)
    }
}

impl Kick {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let ask = said::Kick {
            who: super::session(&self.who)?,
            reason: needed(&self.reason, "--reason")?,
        };
        handle(context, Ask::Kick(ask), Vec::new())
    }
}

impl Trust {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let level = self.level.parse::<Level>();
        let ask = said::SetTrust {
            agent: super::list::name(&self.agent)?,
            level: level.map_err(|why| Failure::usage(why, "see `git coord help agent`"))?,
        };
        handle(context, Ask::Trust(ask), Vec::new())
    }
}

impl Checkpoint {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let files = keys::read(context, &self.file, false)?;
        let notes = self.notes.as_deref();
        let task: Option<Id> = parse(self.task.as_deref(), "--task")?;
        let me = context.coord.actor();
        let claimed = || context.coord.sessions().load(me).claimed_task();
        let ask = said::Save {
            task: task.or_else(claimed),
            files: files.keys,
            notes: notes
                .map(|notes| typed::long(context, notes, "--notes"))
                .transpose()?,
            next: texts(&self.next, "--next")?,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        handle(context, Ask::Checkpoint(ask), files.notes)
    }
}

fn handle(context: &Context<'_>, ask: Ask, notes: Vec<String>) -> Result<Answer, Failure> {
    let done = context.coord.handle(Request::Agent(ask))?;
    Ok(Answer::done(done, notes))
}

fn needed(text: &str, option: &str) -> Result<Text, Failure> {
    let read = parse(Some(text), option)?;
    read.ok_or_else(|| Failure::usage(format!("{option} is missing"), "give a text"))
}

fn texts(all: &[String], option: &str) -> Result<Vec<Text>, Failure> {
    all.iter().map(|text| needed(text, option)).collect()
}
