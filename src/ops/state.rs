//! `state`: small JSON values that agents share.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::coord::Failure;
use crate::domain::{State as _, value};
use crate::model::id::Actor;
use crate::model::record;
use crate::model::refusal::Refusal;
use crate::model::request::Request;
use crate::model::time::Timestamp;
use crate::model::value::{Ask, Change, VALUES, ValueName, ValueRecord};

use super::{Answer, Context, length, words};

/// How often a watcher of a remote asks it.
const REMOTE_PAUSE: Duration = Duration::from_secs(2);
/// How often a watcher of a local authority looks at least.
const LOCAL_PAUSE: Duration = Duration::from_secs(1);

/// Share small JSON values under names, with compare-and-swap.
///
/// A name is words joined with `/`, such as `build/last`. A value is any JSON of at most 16 KiB;
/// what is no JSON is taken as a text. Every value has a revision: `--rev N` refuses the change when
/// it has another one by now, and 0 means that there must be none yet.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do with values.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Show a value
    Get {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Put a value in place
    Set {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// Any JSON; what is none is taken as a text
        #[arg(value_name = "VALUE")]
        value: String,
        /// On which condition
        #[command(flatten)]
        #[serde(flatten)]
        how: How,
    },
    /// Change an object by a JSON merge patch: `null` removes a member
    Update {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// The patch (RFC 7396)
        #[arg(value_name = "PATCH")]
        patch: String,
        /// On which condition
        #[command(flatten)]
        #[serde(flatten)]
        how: How,
    },
    /// Put a value in place only if it is still at the revision that was seen
    Cas {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// The revision that was seen; 0 if there was none
        #[arg(value_name = "REV")]
        rev: u64,
        /// Any JSON; what is none is taken as a text
        #[arg(value_name = "VALUE")]
        value: String,
        /// Let this rule of the secret scan pass; recorded
        #[arg(long, value_name = "RULE")]
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow_secret: Vec<String>,
    },
    /// Add to a whole number; an absent one is 0
    Incr {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// How much
        #[arg(value_name = "BY", default_value_t = 1, allow_negative_numbers = true)]
        by: i64,
    },
    /// Add an item to a list; an absent one is empty
    Append {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// Any JSON; what is none is taken as a text
        #[arg(value_name = "ITEM")]
        item: String,
        /// On which condition
        #[command(flatten)]
        #[serde(flatten)]
        how: How,
    },
    /// List values
    List {
        /// Only names that begin so
        #[arg(value_name = "PREFIX", default_value = "")]
        prefix: String,
    },
    /// Wait until a value changes, and show it
    Watch {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// The revision that was seen [default: the one it has now]
        #[arg(long, value_name = "N")]
        rev: Option<u64>,
        /// Give up after this time [default: 5m]
        #[arg(long = "for", value_name = "TIME")]
        #[serde(rename = "for")]
        for_time: Option<String>,
    },
    /// Remove a value
    Delete {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// On which condition
        #[command(flatten)]
        #[serde(flatten)]
        how: How,
    },
}

/// On which condition a value is changed.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct How {
    /// Only if it is at this revision; 0 if there must be none
    #[arg(long, value_name = "N")]
    pub rev: Option<u64>,
    /// Let this rule of the secret scan pass; recorded
    #[arg(long, value_name = "RULE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_secret: Vec<String>,
}

/// One value: the answer of `state get` and `state watch`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shown {
    /// Its name.
    pub name: ValueName,
    /// What it is; none when it was removed while it was watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Its revision.
    pub rev: u64,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

/// The answer of `state list`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Values {
    /// In the order of their names.
    pub values: Vec<Shown>,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

impl Shown {
    fn of(record: ValueRecord) -> Self {
        Self {
            name: record.body.name,
            value: Some(record.body.value),
            rev: record.head.rev,
            at: Some(record.head.at),
            by: Some(record.head.by),
        }
    }
}

impl State {
    /// Whether it may take as long as others like, or as checks do.
    pub(super) fn waits(&self) -> bool {
        matches!(&self.what, What::Watch { .. })
    }

    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match &self.what {
            What::Get { name } => get(context, &named(name)?).map(Answer::value),
            What::List { prefix } => list(context, prefix).map(Answer::Values),
            What::Watch {
                name,
                rev,
                for_time,
            } => watch(context, &named(name)?, *rev, for_time.as_deref()).map(Answer::value),
            What::Set { name, value, how } => change(context, name, Change::Set(json(value)), how),
            What::Update { name, patch, how } => {
                let patch = serde_json::from_str(patch).map_err(|why| {
                    let what = format!("the patch is no JSON: {why}");
                    Failure::usage(what, "write it as `'{\"member\": 1, \"other\": null}'`")
                })?;
                change(context, name, Change::Merge(patch), how)
            }
            What::Cas {
                name,
                rev,
                value,
                allow_secret,
            } => {
                let how = How {
                    rev: Some(*rev),
                    allow_secret: allow_secret.clone(),
                };
                change(context, name, Change::Set(json(value)), &how)
            }
            What::Incr { name, by } => change(context, name, Change::Incr(*by), &How::default()),
            What::Append { name, item, how } => {
                change(context, name, Change::Append(json(item)), how)
            }
            What::Delete { name, how } => change(context, name, Change::Delete, how),
        }
    }
}

fn named(name: &str) -> Result<ValueName, Failure> {
    name.parse()
        .map_err(|why: crate::model::value::BadValueName| {
            Failure::usage(why.to_string(), "such as `build/last`")
        })
}

/// What was typed, as JSON: a text needs no quotes.
fn json(typed: &str) -> Json {
    serde_json::from_str(typed).unwrap_or_else(|_| Json::String(typed.to_owned()))
}

fn change(context: &Context<'_>, name: &str, change: Change, how: &How) -> Result<Answer, Failure> {
    let ask = Ask {
        name: named(name)?,
        rev: how.rev,
        change,
        allow_secrets: words::read(&how.allow_secret, "--allow-secret")?,
    };
    let done = context.coord.handle(Request::Value(ask))?;
    Ok(Answer::done(done, Vec::new()))
}

fn get(context: &Context<'_>, name: &ValueName) -> Result<Shown, Failure> {
    let coord = &context.coord;
    let view = coord.view(Some(coord.settings().age_max))?;
    let found = value::get(&view, name)?.ok_or_else(|| Refusal::NotFound {
        what: "value".into(),
        name: name.to_string(),
    })?;
    Ok(Shown::of(found))
}

fn list(context: &Context<'_>, prefix: &str) -> Result<Values, Failure> {
    let coord = &context.coord;
    let view = coord.view(Some(coord.settings().age_max))?;
    let (mut values, mut damaged) = (Vec::new(), Vec::new());
    for (place, bytes) in view.under(VALUES)? {
        match bytes.and_then(|bytes| record::parse::<ValueRecord>(&place, &bytes)) {
            Ok(found) if found.name.as_str().starts_with(prefix) => values.push(Shown::of(found)),
            Ok(_) => {}
            Err(damage) => damaged.push(damage.to_string()),
        }
    }
    values.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Values {
        values,
        damaged,
        view_age_secs: view.age.map(|age| age.as_secs()),
    })
}

fn watch(
    context: &Context<'_>,
    name: &ValueName,
    seen: Option<u64>,
    for_time: Option<&str>,
) -> Result<Shown, Failure> {
    let coord = &context.coord;
    let limit = length::wait(for_time.unwrap_or("5m"), "--for")?;
    let start = Instant::now();
    let mut seen = seen;
    let mut age_max = coord.settings().age_max;
    loop {
        let view = coord.view(Some(age_max))?;
        let found = value::get(&view, name)?;
        let rev = found.as_ref().map_or(0, |record| record.head.rev);
        let before = *seen.get_or_insert(rev);
        if rev != before {
            return Ok(match found {
                Some(record) => Shown::of(record),
                None => Shown {
                    name: name.clone(),
                    value: None,
                    rev,
                    at: None,
                    by: None,
                },
            });
        }
        let left = match context.is_given_up() {
            true => Duration::ZERO,
            false => limit.saturating_sub(start.elapsed()),
        };
        if left.is_zero() {
            return Err(Refusal::WrongState {
                what: "value".into(),
                name: name.to_string(),
                is: format!("still at revision {rev}"),
                needs: "another one".into(),
            }
            .into());
        }
        let pause = match coord.settings().remote {
            None => LOCAL_PAUSE,
            Some(_) => REMOTE_PAUSE.mul_f64(0.75 + fastrand::f64() / 2.0),
        };
        age_max = pause / 2;
        coord.wait_for_change(view.tip(), pause.min(left));
    }
}
