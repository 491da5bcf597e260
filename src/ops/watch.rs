//! `watch`: one line for every change, as it happens.

use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::failure::Class;
use crate::coord::{Failure, View};
use crate::domain::happenings;
use crate::env;
use crate::model::event::Event;
use crate::model::happening::{Cursor, Happening, Told, matches};
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::store::{Commit, changes, past};

use super::{Answer, Context, keys, length};

/// How often a watcher looks whether it is time to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a watcher of a local authority looks at least.
const LOCAL_PAUSE: Duration = Duration::from_secs(1);
/// Pauses between two fetches of a watcher: short after a change, longer the longer none came.
const REMOTE_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Show every change as it happens, one line each, one's own included.
///
/// Kinds are `noun.word`, such as `lock.taken`, `lock.released`, `lock.lost`, `task.added`,
/// `task.claimed`, `task.ready`, `task.done`, `message.sent`, `state.set`, `epoch.begun`. Every line
/// has a cursor: `--since CURSOR` goes on exactly after it, in another process or after a restart, without losing
/// or repeating anything. The id at the beginning of a line, which several lines of one change have,
/// is the cursor of the last of them.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Watch {
    /// Only these kinds: exactly, `task.*`, or `*`
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Only what is about keys that overlap this one
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Only what this agent did, or what happened to it
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Begin after this cursor, or this long ago, such as `2h` [default: now]
    #[arg(long, value_name = "CURSOR|TIME")]
    pub since: Option<String>,
    /// End when nothing is left to show, instead of waiting for more
    #[arg(long)]
    pub no_wait: bool,
    /// End after so many lines
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,
    /// End after this time, such as `10m`
    #[arg(long = "for", value_name = "TIME")]
    #[serde(rename = "for")]
    pub for_time: Option<String>,
}

/// What is shown.
struct Wanted {
    kinds: Vec<String>,
    key: Option<Key>,
    agent: Option<String>,
}

/// Where a watcher has come to.
struct Reader {
    /// The last commit that was read, and how many of its happenings were told; `None` for all.
    at: Option<Cursor>,
    /// Nothing older than this many seconds, while no cursor is known.
    age_max: Option<u64>,
}

impl Watch {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let wanted = self.wanted(context)?;
        let stop = context.stop()?;
        let start = Instant::now();
        let time = self.for_time.as_deref();
        let time = time.map(|time| length::wait(time, "--for")).transpose()?;
        let mut view = coord.view(Some(coord.settings().age_max))?;
        let mut reader = self.reader(context, view.tip())?;
        let mut seen = 0;
        let mut pause = REMOTE_PAUSE.0;
        loop {
            let news = reader.news(context, view.tip())?;
            if !news.is_empty() {
                pause = REMOTE_PAUSE.0;
            }
            for told in news.into_iter().filter(|told| wanted.has(told)) {
                if stop.is_asked() || self.count.is_some_and(|count| seen >= count) {
                    break;
                }
                seen += 1;
                (context.stream)(&Answer::Happened(Box::new(told)));
            }
            let is_over = || {
                stop.is_asked()
                    || self.count.is_some_and(|count| seen >= count)
                    || time.is_some_and(|time| start.elapsed() >= time)
            };
            if self.no_wait || is_over() {
                return Ok(Answer::Watched { seen });
            }
            let is_remote = coord.settings().remote.is_some();
            let wait = if is_remote { pause } else { LOCAL_PAUSE };
            // Many watchers of one remote must not ask all at the same moment.
            let wait = wait.mul_f64(0.75 + fastrand::f64() / 2.0);
            let (before, paused) = (view.tip(), Instant::now());
            while !is_over() && paused.elapsed() < wait && coord.tip()? == before {
                let left = wait.saturating_sub(paused.elapsed());
                coord.wait_for_change(before, LOOK_EVERY.min(left));
            }
            if is_over() {
                return Ok(Answer::Watched { seen });
            }
            pause = (pause * 2).min(REMOTE_PAUSE.1);
            view = match coord.view(is_remote.then_some(wait / 2)) {
                Ok(view) => view,
                // A remote that was there before may be back soon.
                Err(failure) if failure.class() == Class::Unreachable => {
                    (context.progress)(&failure.to_string());
                    coord.view(None)?
                }
                Err(failure) => return Err(failure),
            };
        }
    }

    fn wanted(&self, context: &Context<'_>) -> Result<Wanted, Failure> {
        let key = match &self.key {
            None => None,
            Some(typed) => {
                let read = keys::read(context, std::slice::from_ref(typed), false)?;
                read.keys.into_iter().next()
            }
        };
        Ok(Wanted {
            kinds: self.kind.clone(),
            key,
            agent: self.agent.clone(),
        })
    }

    /// Where to begin.
    fn reader(&self, context: &Context<'_>, tip: Option<ObjectId>) -> Result<Reader, Failure> {
        let now = || tip.map(|commit| Cursor { commit, told: None });
        let Some(since) = &self.since else {
            return Ok(Reader {
                at: now(),
                age_max: None,
            });
        };
        if let Some(commit) = begun(context, tip, since)? {
            let at = Some(Cursor { commit, told: None });
            return Ok(Reader { at, age_max: None });
        }
        if let Ok(age) = humantime::parse_duration(since) {
            return Ok(Reader {
                at: None,
                age_max: Some(age.as_secs()),
            });
        }
        let cursor = Cursor::try_from(since.clone()).map_err(|why| {
            let what = format!("--since: {why}, and no length of time");
            Failure::usage(
                what,
                "give a `cursor` of an earlier line, or a time such as `2h`",
            )
        })?;
        Ok(Reader {
            at: Some(cursor),
            age_max: None,
        })
    }
}

impl Wanted {
    fn has(&self, told: &Told) -> bool {
        let happening = &told.happening;
        let is_kind =
            self.kinds.is_empty() || self.kinds.iter().any(|kind| matches(kind, &happening.kind));
        let is_about = self.key.as_ref().is_none_or(|key| {
            let keys = &happening.keys;
            keys.iter().any(|other| other.overlaps(key))
        });
        let is_of = self.agent.as_ref().is_none_or(|agent| {
            let whose = happening.whose.iter().chain([&told.by]);
            whose
                .map(|who| who.agent.as_str())
                .any(|name| name == agent)
        });
        is_kind && is_about && is_of
    }
}

impl Reader {
    /// What has happened since, oldest first; the reader stands behind it then.
    fn news(&mut self, context: &Context<'_>, tip: Option<ObjectId>) -> Result<Vec<Told>, Failure> {
        let is_at = |cursor: &Cursor| Some(cursor.commit) == tip && cursor.told.is_none();
        if tip.is_none() || self.at.as_ref().is_some_and(is_at) {
            return Ok(Vec::new());
        }
        let repo = context.coord.repo();
        let now = env::now();
        let mut new: Vec<(ObjectId, Commit, usize)> = Vec::new();
        let mut is_found = self.at.is_none();
        for state in past(repo, tip) {
            let (id, commit) = state?;
            match self.at {
                Some(cursor) if cursor.commit == id => {
                    is_found = true;
                    if let Some(told) = cursor.told {
                        new.push((id, commit, told));
                    }
                    break;
                }
                Some(_) => {}
                None => {
                    let event = Event::parse(commit.body()).ok();
                    let age = event.map(|event| now.secs_since(event.at).max(0).unsigned_abs());
                    if age.zip(self.age_max).is_some_and(|(age, max)| age > max) {
                        break;
                    }
                }
            }
            new.push((id, commit, 0));
        }
        if !is_found {
            return Err(Failure::usage(
                "--since: that cursor is not in the history that this clone has",
                "begin with a time, such as `--since 2h`; what is older may have been given up",
            ));
        }
        let mut news = Vec::new();
        for (id, commit, skip) in new.into_iter().rev() {
            news.extend(told(context, id, &commit)?.into_iter().skip(skip));
        }
        self.at = tip.map(|commit| Cursor { commit, told: None });
        Ok(news)
    }
}

/// The newest commit that begins with what a line shows of one, if this is what was typed.
fn begun(
    context: &Context<'_>,
    tip: Option<ObjectId>,
    typed: &str,
) -> Result<Option<ObjectId>, Failure> {
    let is_shown = |tip: &ObjectId| {
        let lengths = tip.short().len()..tip.to_string().len();
        lengths.contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !tip.is_some_and(|tip| is_shown(&tip)) {
        return Ok(None);
    }
    for state in past(context.coord.repo(), tip) {
        let (id, _) = state?;
        if id.to_string().starts_with(typed) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// What one commit did.
fn told(context: &Context<'_>, id: ObjectId, commit: &Commit) -> Result<Vec<Told>, Failure> {
    // What carries no event that can be read was not written by git-coord.
    let Ok(event) = Event::parse(commit.body()) else {
        return Ok(Vec::new());
    };
    let changed = changes(context.coord.repo(), commit)?;
    let changed: Vec<happenings::Change<'_>> = changed
        .iter()
        .map(|one| {
            (
                one.path.as_str(),
                one.before.as_deref(),
                one.after.as_deref(),
            )
        })
        .collect();
    let mut all: Vec<Happening> = happenings::of(&event, &changed);
    let epics = happenings::touched_epics(&changed);
    // Their own records need not have changed: what is left of them is seen in the state alone.
    if !epics.is_empty()
        && let Ok(view) = View::at(context.coord.repo(), Some(id))
    {
        all.extend(happenings::ready_epics(&view, &epics));
    }
    let count = all.len();
    let place = |(n, happening): (usize, Happening)| Told {
        cursor: Cursor {
            commit: id,
            told: Some(n + 1).filter(|told| *told < count),
        },
        commit: id,
        rev: event.rev,
        at: event.at,
        by: event.by.clone(),
        happening,
        subject: commit.subject().to_owned(),
    };
    Ok(all.into_iter().enumerate().map(place).collect())
}
