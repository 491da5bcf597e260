//! `task wait`: for those who have others do the work.

use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::failure::Class;
use crate::coord::{Failure, View};
use crate::domain::task::find;
use crate::model::id::Id;
use crate::model::limits::BATCH_MAX;
use crate::model::refusal::Refusal;
use crate::model::task::{EPIC, Stage, TaskRecord};
use crate::model::text::Word;
use crate::ops::Context;
use crate::ops::lock::parse;

use super::{name, survey};

/// How long is waited unless a time is given.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Pauses between looks: short where a look costs a millisecond, longer where it costs the remote a
/// request.
const LOCAL_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
const REMOTE_PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Wait until tasks are done, and show what came of them.
///
/// Exit 0 when all are done. Exit 1 as soon as one has failed, was cancelled or was given up, which
/// is named, and when the time is over. A try that lost against another one that is done is none of
/// these.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wait {
    /// The tasks
    #[arg(value_name = "ID", required_unless_present = "run")]
    pub ids: Vec<String>,
    /// All tasks of a run, but for its epics
    #[arg(long, value_name = "WORD", conflicts_with = "ids")]
    pub run: Option<String>,
    /// Until one of them is done; exit 1 when all are over and none is
    #[arg(long, conflicts_with = "all")]
    pub any: bool,
    /// Until all of them are done (this is the default)
    #[arg(long)]
    pub all: bool,
    /// For how long [default: 1h]
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

/// The answer of `task wait`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waited {
    /// Those that are done, with their results.
    pub done: Vec<TaskRecord>,
    /// Those that failed, were cancelled or were given up.
    pub failed: Vec<TaskRecord>,
    /// Those that are not over.
    pub waiting: Vec<Id>,
    /// Whether the time was over first.
    pub timed_out: bool,
    /// Whether it is as it was waited for.
    pub as_wanted: bool,
}

impl Wait {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Waited, Failure> {
        let coord = &context.coord;
        let timeout = self.timeout.as_deref().map(length).transpose()?;
        let timeout = timeout.unwrap_or(TIMEOUT);
        let start = Instant::now();
        let ids = self.ids(context, &coord.view(Some(coord.settings().age_max))?)?;
        let (mut pause, pause_max) = match coord.settings().remote {
            Some(_) => REMOTE_PAUSE,
            None => LOCAL_PAUSE,
        };
        let mut age_max = coord.settings().age_max;
        let mut told = usize::MAX;
        loop {
            let left = match context.is_given_up() {
                true => Duration::ZERO,
                false => timeout.saturating_sub(start.elapsed()),
            };
            // Before the look, so that no change is missed between it and the wait.
            let seen = coord.tip()?;
            match coord.view(Some(age_max)) {
                Ok(view) => {
                    let waited = look(&view, &ids, self.any, left.is_zero())?;
                    if waited.timed_out || is_settled(&waited, self.any) {
                        return Ok(waited);
                    }
                    if waited.waiting.len() != told {
                        told = waited.waiting.len();
                        (context.progress)(&format!("waiting for {told} of {}", ids.len()));
                    }
                }
                // A remote that was there before may be back soon.
                Err(failure)
                    if told != usize::MAX
                        && !left.is_zero()
                        && failure.class() == Class::Unreachable =>
                {
                    (context.progress)(&failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
            let jittered = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
            coord.wait_for_change(seen, jittered.min(left));
            age_max = age_max.min(jittered / 2);
            pause = (pause * 2).min(pause_max);
        }
    }

    fn ids(&self, context: &Context<'_>, view: &View<'_>) -> Result<Vec<Id>, Failure> {
        let mut found: Vec<Id> = Vec::new();
        if let Some(run) = parse::<Word>(self.run.as_deref(), "--run")? {
            let survey = survey::open(&context.coord, view)?.with(survey::ended(view)?);
            let of_run = survey
                .tasks
                .into_iter()
                .map(|(task, _)| task)
                .filter(|task| task.run.as_ref() == Some(&run) && task.sort.as_str() != EPIC);
            found.extend(of_run.map(|task| task.id));
            if found.is_empty() {
                let what = format!("no task is of the run `{run}`");
                return Err(Failure::usage(what, "see `git coord task list`"));
            }
        }
        for typed in &self.ids {
            let id = name::in_view(view, typed)?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
        if found.len() > BATCH_MAX {
            return Err(Failure::Refused(Box::new(Refusal::Limit {
                what: "tasks to wait for".into(),
                most: BATCH_MAX,
            })));
        }
        Ok(found)
    }
}

fn is_settled(waited: &Waited, any: bool) -> bool {
    let is_decided = if any { &waited.done } else { &waited.failed };
    waited.waiting.is_empty() || !is_decided.is_empty()
}

/// How the tasks stand in a view.
fn look(view: &View<'_>, ids: &[Id], any: bool, is_late: bool) -> Result<Waited, Failure> {
    let mut waited = Waited {
        done: Vec::new(),
        failed: Vec::new(),
        waiting: Vec::new(),
        timed_out: false,
        as_wanted: false,
    };
    let mut lost = Vec::new();
    for id in ids {
        let task = name::expect(view, id)?;
        match task.stage {
            Stage::Done => waited.done.push(task),
            Stage::Cancelled if is_beaten(view, &task) => lost.push(task),
            stage if stage.is_over() => waited.failed.push(task),
            _ => waited.waiting.push(id.clone()),
        }
    }
    // Who waits only for a try that lost waits for something that will not be.
    if waited.done.is_empty() && waited.waiting.is_empty() {
        waited.failed.append(&mut lost);
    }
    waited.as_wanted = match any {
        true => !waited.done.is_empty(),
        false => waited.waiting.is_empty() && waited.failed.is_empty(),
    };
    waited.timed_out = is_late && !is_settled(&waited, any);
    Ok(waited)
}

/// Whether a task was cancelled because a rival of it is done.
fn is_beaten(view: &View<'_>, task: &TaskRecord) -> bool {
    let is_done =
        |id: &Id| matches!(find::get(view, id), Ok(Some(task)) if task.stage == Stage::Done);
    task.rivals.iter().any(is_done)
}

fn length(text: &str) -> Result<Duration, Failure> {
    humantime::parse_duration(text).map_err(|_| {
        let what = format!("--timeout: `{}` is no length of time", text.escape_debug());
        Failure::usage(what, "write it as `--timeout 10m`")
    })
}
