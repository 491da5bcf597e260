//! `log`: who did what, and whether they were entitled to.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, replay};
use crate::env;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::store::past;

use super::{Answer, Context, length};

/// Show who did what, newest first; or decide the whole history again.
///
/// The log is the chain itself: `git log refs/coord/state` reads it too.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Only what one agent did
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Only what touches keys with this text in them
    #[arg(long, value_name = "TEXT")]
    pub key: Option<String>,
    /// Only one kind of operation, such as `lock` or `steal`
    #[arg(long, value_name = "NAME")]
    pub op: Option<String>,
    /// Only what is younger than this, such as `2h`
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// At most so many entries [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,
    /// Decide every operation again and report what its author was not entitled to
    #[arg(long, conflicts_with_all = ["agent", "key", "op", "since", "count"])]
    pub verify: bool,
}

/// The answer of `log`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Entries {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Whether there are more that match.
    pub more: bool,
}

/// One operation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Entry {
    /// Its commit.
    pub commit: ObjectId,
    /// Its line for people.
    pub subject: String,
    /// All of it; absent when the commit carries no event that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
}

const COUNT_DEFAULT: usize = 50;

impl Log {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if self.verify {
            return replay::verify(&context.coord).map(Answer::Verified);
        }
        let since = self.since.as_deref();
        let since = since
            .map(|since| length::any(since, "--since"))
            .transpose()?;
        let now = env::now();
        let count = self.count.unwrap_or(COUNT_DEFAULT);
        let mut entries = Vec::new();
        let view = context.coord.view(None)?;
        for state in past(context.coord.repo(), view.tip()) {
            let (commit, parsed) = state?;
            let event = Event::parse(parsed.body()).ok();
            let is_wanted = event.as_ref().is_none_or(|event| {
                let age = now.secs_since(event.at).max(0).unsigned_abs();
                self.agent
                    .as_ref()
                    .is_none_or(|agent| event.by.agent.as_str() == agent)
                    && since.is_none_or(|since| age <= since.as_secs())
                    && self.op.as_ref().is_none_or(|op| name(event) == *op)
                    && self.key.as_ref().is_none_or(|key| touches(event, key))
            });
            if !is_wanted {
                continue;
            }
            if entries.len() == count {
                return Ok(Answer::Log(Entries {
                    entries,
                    more: true,
                }));
            }
            entries.push(Entry {
                commit,
                subject: parsed.subject().to_owned(),
                event,
            });
        }
        Ok(Answer::Log(Entries {
            entries,
            more: false,
        }))
    }
}

/// The name of an event's operation, as in JSON.
fn name(event: &Event) -> String {
    let request = serde_json::to_value(event.request.inner()).unwrap_or_default();
    request
        .as_object()
        .and_then(|request| request.keys().next().cloned())
        .unwrap_or_default()
}

/// Whether a text occurs in what an event asked for.
fn touches(event: &Event, key: &str) -> bool {
    serde_json::to_string(&event.request).is_ok_and(|request| request.contains(key))
}
