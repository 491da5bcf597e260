//! `report`: what became of the work.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::report::{self, Deed, Did, Scope};
use crate::env;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::request::Request;
use crate::model::task::{Ask, Stage};
use crate::model::time::Timestamp;
use crate::store::past;

use super::Context;
use super::lock::parse;
use super::task::{named, survey};

pub use crate::domain::report::{Bar, Report, Row, Spread, Tally};

/// Clocks of others may differ by so much before the log is read no further, in seconds.
const SLACK_SECS: u64 = 24 * 60 * 60;
/// Of about so many tasks that were collected all is known; of older ones, what the log says.
const COLLECTED_MAX: usize = 50_000;

/// Show what became of the work: how much, how well, how fast, and by whom.
///
/// Success is the share of done among what was done, failed and given up. The time to claim is from
/// adding a task to its first claim, the time to finish from there until it was done; of both, half
/// took at most the median, and 95 of 100 at most p95. Tasks that were collected count as well.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Only what happened in this time, such as `8h`, or since one, such as `2026-03-01`
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what is below a task, and how far it is
    #[arg(long, value_name = "ID")]
    pub epic: Option<String>,
    /// Only the tasks of a run, and how far it is
    #[arg(long, value_name = "WORD")]
    pub run: Option<String>,
    /// As a Markdown page
    #[arg(long)]
    pub markdown: bool,
}

/// The answer of `report`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reported {
    /// The numbers.
    #[serde(flatten)]
    pub report: Report,
    /// Records that cannot be read, and so are not counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
    /// Whether it is shown as a Markdown page.
    #[serde(skip)]
    pub markdown: bool,
}

impl Wanted {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Reported, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let now = env::now();
        let since = self.since.as_deref().map(|since| time(since, now));
        let epic = self.epic.as_deref().map(|epic| named(&view, epic));
        let scope = Scope {
            since: since.transpose()?,
            run: parse(self.run.as_deref(), "--run")?,
            epic: epic.transpose()?,
        };
        let mut survey = survey::open(coord, &view)?.with(survey::ended(&view)?);
        let mut collected = survey::Survey::default();
        let mut deeds = Vec::new();
        for state in past(coord.repo(), view.tip()) {
            let (_, commit) = state?;
            // What is no event is for `log --verify` to report.
            let Ok(event) = Event::parse(commit.body()) else {
                continue;
            };
            if scope
                .since
                .is_some_and(|since| event.at.plus_secs(SLACK_SECS) < since)
            {
                break;
            }
            note(&event, commit.subject(), &mut deeds);
            if matches!(event.request, Request::Gc(_)) && collected.tasks.len() < COLLECTED_MAX {
                collected = collected.with(survey::collected(coord, &commit)?);
            }
        }
        survey.add_missing(collected);
        Ok(Reported {
            report: report::of(&survey.tasks, &deeds, &scope, now),
            damaged: survey.damaged,
            view_age_secs: view.age.map(|age| age.as_secs()),
            markdown: self.markdown,
        })
    }
}

/// What an event did to tasks.
fn note(event: &Event, subject: &str, deeds: &mut Vec<Deed>) {
    let Request::Task(ask) = &event.request else {
        return;
    };
    let ended = |id: &Id, stage| vec![(id.clone(), Did::Ended(stage))];
    let found = match ask {
        // Which task was handed out was decided, and not asked for: the line for people says it.
        Ask::Next(_) | Ask::Claim(_) => {
            let mut words = subject.split(' ');
            let is_claim =
                words.next() == Some("task") && matches!(words.next(), Some("next" | "claim"));
            let id = words.next().and_then(|id| id.parse().ok());
            let claimed = id.filter(|_| is_claim).map(|id| (id, Did::Claimed));
            claimed.into_iter().collect()
        }
        Ask::Release(ask) => vec![(ask.id.clone(), Did::Released)],
        Ask::Done(ask) => ended(&ask.id, Stage::Done),
        Ask::Fail(ask) if !ask.retry => ended(&ask.id, Stage::Failed),
        Ask::Cancel(ask) => {
            let ids = ask.ids.iter();
            ids.flat_map(|id| ended(id, Stage::Cancelled)).collect()
        }
        _ => Vec::new(),
    };
    deeds.extend(found.into_iter().map(|(id, did)| Deed {
        at: event.at,
        by: event.by.agent.clone(),
        did,
        id,
    }));
}

/// A time, or a length of time before now.
fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(length) = humantime::parse_duration(text) {
        let back = chrono::TimeDelta::from_std(length).ok();
        let at = back.and_then(|back| now.utc().checked_sub_signed(back));
        return Ok(at.unwrap_or(chrono::DateTime::UNIX_EPOCH).into());
    }
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc().into());
    }
    let day: Option<chrono::NaiveDate> = text.parse().ok();
    let start = day.and_then(|day| day.and_hms_opt(0, 0, 0));
    start.map(|start| start.and_utc().into()).ok_or_else(|| {
        let what = format!("--since: `{}` is no time", text.escape_debug());
        Failure::usage(what, "write it as `--since 8h` or `--since 2026-03-01`")
    })
}
