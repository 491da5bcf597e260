//! `sync`: fetch the state and see what others did.

use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::failure::Class;
use crate::coord::{About, Coord, Failure, Reach};
use crate::domain::State;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::queue;
use crate::model::request::Request;
use crate::store::past;

use super::log::Entry;
use super::{Answer, Context, length};

/// Most operations that one answer lists; `log` has them all.
const CHANGES_MAX: usize = 200;
/// How often a watcher looks whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a watcher of a local authority looks at least.
const LOCAL_PAUSE: Duration = Duration::from_secs(1);
/// The shortest pause between two fetches of a watcher.
const REMOTE_PAUSE_MIN: Duration = Duration::from_millis(200);

/// Fetch the state, and show what others did since this session last looked.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    /// Follow: show each operation of others when it is seen, until interrupted
    #[arg(long)]
    pub watch: bool,
    /// With --watch, end after so many operations
    #[arg(long, short = 'n', value_name = "N", requires = "watch")]
    pub count: Option<usize>,
    /// With --watch, end after this time, such as `10m`
    #[arg(long = "for", value_name = "TIME", requires = "watch")]
    #[serde(rename = "for")]
    pub for_time: Option<String>,
}

/// The answer of `sync`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Synced {
    /// Where compare-and-swap decides: `local`, or the name of a remote.
    pub authority: String,
    /// The number of the state.
    pub rev: u64,
    /// Its commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// What others did, oldest first.
    pub changes: Vec<Entry>,
    /// Whether there is more, and older, that is not listed.
    pub more: bool,
}

impl Sync {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        if self.watch {
            return self.follow(context);
        }
        Ok(Answer::Synced(news(&context.coord, Duration::ZERO)?))
    }

    fn follow(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let stop = context.stop()?;
        let start = Instant::now();
        let time = self.for_time.as_deref();
        let time = time.map(|time| length::any(time, "--for")).transpose()?;
        let is_over = |seen: usize| {
            stop.is_asked()
                || self.count.is_some_and(|count| seen >= count)
                || time.is_some_and(|time| start.elapsed() >= time)
        };
        let mut seen = 0;
        let mut age_max = Duration::ZERO;
        let mut is_first = true;
        loop {
            match news(coord, age_max) {
                Ok(news) => {
                    for change in news.changes {
                        if self.count.is_some_and(|count| seen >= count) {
                            break;
                        }
                        seen += 1;
                        (context.stream)(&Answer::Change(Box::new(change)));
                    }
                }
                // A remote that was there before may be back soon.
                Err(failure) if !is_first && failure.class() == Class::Unreachable => {
                    (context.progress)(&failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
            is_first = false;
            let pause = match coord.settings().remote {
                None => LOCAL_PAUSE,
                Some(_) => coord.settings().age_max.max(REMOTE_PAUSE_MIN),
            };
            // Many watchers of one remote must not ask all at the same moment.
            let pause = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
            age_max = pause / 2;
            let before = coord.view(None)?.tip();
            let paused = Instant::now();
            while !is_over(seen) && paused.elapsed() < pause {
                let left = pause.saturating_sub(paused.elapsed());
                coord.wait_for_change(before, LOOK_EVERY.min(left));
                // Another command of this clone may have brought news.
                if coord.view(None)?.tip() != before {
                    break;
                }
            }
            if is_over(seen) {
                return Ok(Answer::Watched { seen });
            }
        }
    }
}

/// What others did since this session last looked, on a view of at most the given age.
fn news(coord: &Coord, age_max: Duration) -> Result<Synced, Failure> {
    let sessions = coord.sessions();
    let mark = sessions.load(coord.actor()).synced;
    let looked_at = match mark {
        Some(tip) => Some(tip),
        None => coord.view(None)?.tip(),
    };
    let view = coord.view(Some(age_max))?;
    let mut changes = Vec::new();
    let mut more = false;
    for state in past(coord.repo(), view.tip()) {
        let (commit, parsed) = state?;
        if Some(commit) == looked_at {
            break;
        }
        let event = Event::parse(parsed.body()).ok();
        if event
            .as_ref()
            .is_some_and(|event| event.by == *coord.actor())
        {
            continue;
        }
        more = changes.len() == CHANGES_MAX;
        if more {
            break;
        }
        changes.push(Entry {
            commit,
            subject: parsed.subject().to_owned(),
            event,
        });
    }
    changes.reverse();
    if changes.iter().any(is_handoff) {
        // A view beside the state; it can be made again at any time.
        let _ = coord.render_notes(About::Handoffs, Reach::Brought);
    }
    // Another command may have brought the state first, and none but this one brings the notes.
    let is_first = mark.is_none();
    if changes.iter().any(is_landing) || is_first && !view.under(queue::VERDICTS)?.is_empty() {
        let _ = coord.render_notes(About::Checks, Reach::Brought);
    }
    if view.tip() != mark {
        sessions.update(coord.actor(), |session| session.synced = view.tip());
    }
    Ok(Synced {
        authority: coord.settings().authority().to_owned(),
        rev: view.rev(),
        commit: view.tip(),
        changes,
        more,
    })
}

/// Whether commits landed through the queue, which is a note on them too.
fn is_landing(change: &Entry) -> bool {
    let event = change.event.as_ref();
    event.is_some_and(|event| matches!(event.request, Request::Queue(queue::Ask::Land(_))))
}

/// Whether somebody left work, which is a note on its commit too.
fn is_handoff(change: &Entry) -> bool {
    let event = change.event.as_ref();
    event.is_some_and(|event| matches!(event.request.inner(), Request::Handoff(_)))
}
