//! Sending messages.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Failure, View};
use crate::domain::{State, agent};
use crate::env;
use crate::model::agent::Presence;
use crate::model::message as said;
use crate::model::message::{Ask, MessageRecord, To};
use crate::model::request::Request;
use crate::model::time::Timestamp;

use super::super::lock::parse;
use super::super::{Answer, Context, typed, words};
use super::find;

/// How long a message to one agent is of use, unless said otherwise, in seconds.
const ONE_SECS: u64 = 30 * 24 * 60 * 60;
/// The same for what goes to many.
const MANY_SECS: u64 = 7 * 24 * 60 * 60;
/// The longest that can be asked for, in seconds.
const EXPIRES_SECS_MAX: u64 = 365 * 24 * 60 * 60;

/// What a message is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// To be known
    #[default]
    Info,
    /// Something is asked for
    Request,
    /// An answer is asked for
    Question,
    /// To be known at once
    Alert,
}

/// How it is meant to reach its reader.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// Among what an agent is told next
    #[default]
    Context,
    /// As a sign that there is something
    Notification,
    /// At the end of the session's work
    Deferred,
}

/// What can be said of a message beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct How {
    /// What it is
    #[arg(long, value_name = "KIND", default_value = "info")]
    pub kind: Kind,
    /// How it reaches its reader where hooks are installed: `context` is quoted after a commit,
    /// `notification` counted there, `deferred` quoted before a push
    #[arg(long, value_name = "HOW", default_value = "context")]
    pub delivery: Delivery,
    /// Ask for an acknowledgement
    #[arg(long)]
    pub needs_ack: bool,
    /// For how long it is of use, such as `2h` [default: 30d to an agent, 7d to a role or all]
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// The task that it is about
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Let a text pass that this rule takes for a secret; recorded
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Send a message.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// To whom: an agent, AGENT/SESSION, role:CAPABILITY, or all
    #[arg(value_name = "TO")]
    pub to: String,
    /// What it says; `-` for standard input
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The message that it answers
    #[arg(long, value_name = "ID")]
    pub reply_to: Option<String>,
    /// The rest
    #[command(flatten)]
    #[serde(flatten)]
    pub how: How,
}

/// Send a message to all.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Broadcast {
    /// What it says; `-` for standard input
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The rest
    #[command(flatten)]
    #[serde(flatten)]
    pub how: How,
}

/// Answer a message; that acknowledges it.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Which message
    #[arg(value_name = "ID")]
    pub message: String,
    /// What to answer; `-` for standard input
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The rest
    #[command(flatten)]
    #[serde(flatten)]
    pub how: How,
}

impl Send {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let to = self.to.parse::<To>().map_err(|why| {
            let hint = "name an agent, AGENT/SESSION, role:CAPABILITY, or all";
            Failure::usage(format!("TO: {why}"), hint)
        })?;
        let answered = match &self.reply_to {
            Some(typed) => Some(find::named(&fresh(&context.coord)?, typed)?),
            None => None,
        };
        send(context, to, &self.text, answered, &self.how)
    }
}

impl Broadcast {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        send(context, To::All, &self.text, None, &self.how)
    }
}

impl Reply {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let view = fresh(&context.coord)?;
        let answered = find::named(&view, &self.message)?;
        let to = match answered.from == *context.coord.actor() {
            // One's own goes on to whom it was sent.
            true => answered.to.clone(),
            false => back_to(&view, &answered),
        };
        send(context, to, &self.text, Some(answered), &self.how)
    }
}

/// A view that is fresh enough to say no on: what a change is about is looked up there.
fn fresh(coord: &Coord) -> Result<View<'_>, Failure> {
    coord.view(Some(coord.settings().age_max))
}

/// The session that sent it, while it is there; else its agent, whichever session that has now.
fn back_to(view: &View<'_>, answered: &MessageRecord) -> To {
    let from = answered.from.clone();
    match agent::get(view, &from) {
        Ok(Some(_)) => To::Session(from),
        _ => To::Agent(from.agent),
    }
}

fn send(
    context: &Context<'_>,
    to: To,
    text: &str,
    answered: Option<MessageRecord>,
    how: &How,
) -> Result<Answer, Failure> {
    let coord = &context.coord;
    let mut notes = Vec::new();
    if let Some(note) = nobody(coord, &to)? {
        notes.push(note);
    }
    let ask = said::Send {
        text: typed::long(context, text, "TEXT")?,
        sort: match how.kind {
            Kind::Info => said::Sort::Info,
            Kind::Request => said::Sort::Request,
            Kind::Question => said::Sort::Question,
            Kind::Alert => said::Sort::Alert,
        },
        delivery: match how.delivery {
            Delivery::Context => said::Delivery::Context,
            Delivery::Notification => said::Delivery::Notification,
            Delivery::Deferred => said::Delivery::Deferred,
        },
        needs_ack: how.needs_ack,
        expires: Some(expires(how.expires.as_deref(), &to)?),
        reply_to: answered.as_ref().map(find::name_of),
        task: parse(how.task.as_deref(), "--task")?,
        allow_secrets: words::read(&how.allow_secret, "--allow-secret")?,
        to,
    };
    let done = coord.handle(Request::Message(Ask::Send(ask)))?;
    Ok(Answer::done(done, notes))
}

fn expires(typed: Option<&str>, to: &To) -> Result<Timestamp, Failure> {
    let usual = match to {
        To::Agent(_) | To::Session(_) => ONE_SECS,
        To::All | To::Role(_) => MANY_SECS,
    };
    let secs = match typed {
        None => usual,
        Some(text) => {
            let length = humantime::parse_duration(text).ok();
            let secs = length.map(|length| length.as_secs());
            secs.filter(|secs| (1..=EXPIRES_SECS_MAX).contains(secs))
                .ok_or_else(|| {
                    let what =
                        format!("--expires: `{}` is no time up to 365d", text.escape_debug());
                    Failure::usage(what, "write it as `--expires 2h`")
                })?
        }
    };
    Ok(env::now().plus_secs(secs))
}

/// What to tell when nobody of that name was seen: it waits all the same.
fn nobody(coord: &Coord, to: &To) -> Result<Option<String>, Failure> {
    let view = coord.view(None)?;
    Ok(match to {
        To::Session(who) if agent::get(&view, who).is_ok_and(|one| one.is_none()) => Some(format!(
            "{who} is not here; should it not come, see `git coord msg inbox --dead`"
        )),
        To::Agent(agent) if view.under(&Presence::dir(agent))?.is_empty() => Some(format!(
            "{agent} was not seen here yet; it is kept until it comes"
        )),
        _ => None,
    })
}
