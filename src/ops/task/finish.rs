//! `task start`, `done`, `fail`, `cancel`, `release` and `retry`.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::coord::Failure;
use crate::model::task::{
    Ask, Cancel as WantedCancel, Done as WantedDone, Fail as WantedFail, Release as WantedRelease,
    Retry as WantedRetry, Start as WantedStart,
};

use super::{Answer, Context, ask, name, typed};

/// Say that work on a claimed task begins.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Say that a claimed task is done, with what came of it.
///
/// The claim goes back, and so do the locks that were taken for the task. What waits for it is ready
/// then.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Done {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// What came of it, as JSON or as a plain text; `@FILE` reads a file, `-` standard input
    #[arg(long, short, value_name = "JSON", allow_hyphen_values = true)]
    pub result: Option<String>,
    /// Keep the locks that were taken for it
    #[arg(long)]
    pub keep_locks: bool,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Say that a claimed task did not work out.
///
/// What depends on it waits visibly, fails too, or goes on, as each of them says (`--on-fail`).
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fail {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT", required = true)]
    pub reason: String,
    /// Open it again for another attempt; without one left it is dead
    #[arg(long)]
    pub retry: bool,
    /// What came of it all the same, as for `done`
    #[arg(long, short, value_name = "JSON", allow_hyphen_values = true)]
    pub result: Option<String>,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Say that tasks are no longer wanted: for who added them, or with trust 3.
///
/// Whoever has one of them loses the claim and is told.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cancel {
    /// Which tasks
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: Option<String>,
    /// Those that wait for them as well
    #[arg(long)]
    pub dependants: bool,
}

/// Give a claim back: the task is open again, and the attempt does not count.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Release {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why, for who takes it next
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Open a failed, cancelled or dead task again, with all its attempts.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
}

impl Start {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let id = name::of(context, &self.id)?;
        ask(context, Ask::Start(WantedStart { id }))
    }
}

impl Done {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedDone {
            id: name::of(context, &self.id)?,
            result: result(context, self.result.as_deref())?,
            keep_locks: self.keep_locks,
            allow_secrets: typed::words(&self.allow_secret, "--allow-secret")?,
        };
        ask(context, Ask::Done(wanted))
    }
}

impl Fail {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedFail {
            id: name::of(context, &self.id)?,
            why: typed::value(&self.reason, "--reason")?,
            retry: self.retry,
            result: result(context, self.result.as_deref())?,
            allow_secrets: typed::words(&self.allow_secret, "--allow-secret")?,
        };
        ask(context, Ask::Fail(wanted))
    }
}

impl Cancel {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedCancel {
            ids: name::of_all(context, &self.ids)?,
            why: typed::optional(self.reason.as_deref(), "--reason")?,
            dependants: self.dependants,
        };
        ask(context, Ask::Cancel(wanted))
    }
}

impl Release {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedRelease {
            id: name::of(context, &self.id)?,
            why: typed::optional(self.reason.as_deref(), "--reason")?,
        };
        ask(context, Ask::Release(wanted))
    }
}

impl Retry {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let id = name::of(context, &self.id)?;
        ask(context, Ask::Retry(WantedRetry { id }))
    }
}

/// What came of it: JSON, and what is none as a text. What begins as JSON and is broken is an error
/// and no text.
fn result(context: &Context<'_>, text: Option<&str>) -> Result<Option<Value>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let text = typed::content(context, text, "--result")?;
    let text = text.trim();
    match serde_json::from_str(text) {
        Ok(value) => Ok(Some(value)),
        Err(why) if text.starts_with(['{', '[', '"']) => Err(Failure::usage(
            format!("--result: it is no JSON: {why}"),
            "a plain text needs no quotes of JSON",
        )),
        Err(_) => Ok(Some(Value::String(text.to_owned()))),
    }
}
