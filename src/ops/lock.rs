//! `lock`: take locks, wait in line for them, or take one from its holder.

use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Coord, Done, Failure};
use crate::env;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::refusal::Conflict;
use crate::model::reply::Reply;
use crate::model::request::{Leave, Lock as Wanted, Request, Steal};
use crate::model::text::Text;
use crate::model::time::Ttl;

use super::{Answer, Context, keys, length};

/// Pauses between looks at the line: short where a look costs a millisecond, longer where it costs
/// the remote a request.
pub(super) const LOCAL_PAUSE: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(500));
/// Who is far behind in line looks less often by itself: a release calls whoever is next.
const BEHIND_PAUSE: Duration = Duration::from_millis(50);
const BEHIND_MAX: u32 = 60;
pub(super) const REMOTE_PAUSE: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_secs(5));

/// Lock paths, directories, globs or logical keys, all or none.
///
/// A path ending in `/`, or an existing directory, is a directory lock that covers everything below.
/// Logical keys such as `api:GET /v1/users` or `db:schema:users` name what is not a file. Locking
/// again refreshes the lease. Nothing is needed beforehand: it works in any git repository.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lock {
    /// What to lock: `src/auth.rs`, `src/`, `'src/**/*.sql'`, `api:GET /v1/users`, `.`
    #[arg(required = true, value_name = "KEY")]
    pub keys: Vec<String>,
    /// Let others hold it too, as long as they share: nobody changes it meanwhile
    #[arg(long)]
    pub shared: bool,
    /// Length of the lease, from 1m to 8h [default: 30m]
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<String>,
    /// Why, for those who find it locked
    #[arg(long, short, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Wait in line instead of being refused, for 5m unless a time is given
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "5m")]
    pub wait: Option<String>,
    /// The task that it is for
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The branch that the work is on [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Take over what another session of the same agent holds
    #[arg(long)]
    pub takeover: bool,
    /// Give up own wider locks that cover the keys
    #[arg(long)]
    pub narrow: bool,
    /// Refuse logical keys that are not in their canonical form
    #[arg(long)]
    pub strict: bool,
    /// Take one lock from its holder, who is told; needs --rev and --reason
    #[arg(long, requires = "rev", requires = "reason", conflicts_with_all = ["wait", "shared", "takeover", "narrow"])]
    pub steal: bool,
    /// The revision that was seen, from `git coord locks --json`; another one refuses the steal
    #[arg(long, value_name = "N", requires = "steal")]
    pub rev: Option<u64>,
}

impl Lock {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let resolved = keys::read(context, &self.keys, self.strict)?;
        let ttl_secs: Option<Ttl> = parse(self.ttl.as_deref(), "--ttl")?;
        let reason: Option<Text> = parse(self.reason.as_deref(), "--reason")?;
        let host: Option<Text> = parse(Some(&env::host()), "the host's name")?;
        if self.steal {
            let [key] = resolved.keys.as_slice() else {
                return Err(Failure::usage(
                    "--steal takes one key",
                    "take them one by one",
                ));
            };
            let (Some(rev), Some(reason)) = (self.rev, reason) else {
                return Err(Failure::usage(
                    "--steal needs --rev and --reason",
                    "see `git coord locks --json`",
                ));
            };
            let steal = Steal {
                key: key.clone(),
                rev,
                reason,
                ttl_secs,
                host,
            };
            let done = context.coord.handle(Request::Steal(steal))?;
            return Ok(Answer::done(done, resolved.notes));
        }
        let branch = match &self.branch {
            Some(branch) => Some(branch.clone()),
            None => context.coord.current_branch(),
        };
        let wait = self
            .wait
            .as_deref()
            .map(|wait| length::wait(wait, "--wait"))
            .transpose()?;
        let wanted = Wanted {
            keys: resolved.keys,
            mode: if self.shared {
                Mode::Shared
            } else {
                Mode::Exclusive
            },
            ttl_secs,
            reason,
            branch: parse(branch.as_deref(), "--branch")?,
            task: parse(self.task.as_deref(), "--task")?,
            host,
            takeover: self.takeover,
            narrow: self.narrow,
            wait_until: wait.map(|wait| env::now().plus_secs(wait.as_secs())),
        };
        let done = match wait {
            Some(wait) => in_line(context, wanted, wait)?,
            None => context.coord.handle(Request::Lock(wanted))?,
        };
        Ok(Answer::done(done, resolved.notes))
    }
}

/// Asks again until the keys are granted or the time is over. What counts is the grant that is
/// finally read, never the fact of having waited.
fn in_line(context: &Context<'_>, mut wanted: Wanted, wait: Duration) -> Result<Done, Failure> {
    let coord = &context.coord;
    let start = Instant::now();
    let (mut pause, pause_max) = if coord.settings().remote.is_some() {
        REMOTE_PAUSE
    } else {
        LOCAL_PAUSE
    };
    let mut told = String::new();
    loop {
        // Before the question, so that no change is missed between it and the wait. One's own
        // entry in the line counts as a change and costs one more look.
        let seen = coord.tip()?;
        let done = match coord.handle(Request::Lock(wanted.clone())) {
            Err(refused @ Failure::Refused(_)) if !told.is_empty() => {
                // The time is over, or waiting on would be a deadlock: others may pass.
                coord.handle(Request::Leave(Leave {}))?;
                return Err(refused);
            }
            answer => answer?,
        };
        let Reply::Waiting { ahead, conflicts } = &done.reply else {
            return Ok(done);
        };
        let news = waiting_for(*ahead, conflicts);
        if news != told {
            (context.progress)(&news);
            told = news;
        }
        if context.is_given_up() {
            // A lock that is granted now would be held by nobody who knows of it.
            coord.handle(Request::Leave(Leave {}))?;
            return Err(Failure::usage(
                "nobody waits for the lock any more",
                "ask for it again",
            ));
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            // Once more from the place in line, for a plain yes or no: what is in the way may be a
            // lock, or only those who came before.
            wanted.wait_until = None;
            continue;
        }
        let behind = BEHIND_PAUSE * u32::try_from(*ahead).unwrap_or(u32::MAX).min(BEHIND_MAX);
        let jittered = (pause + behind).mul_f64(0.75 + fastrand::f64() / 2.0);
        coord.wait_for_turn(seen, jittered.min(left));
        pause = (pause * 2).min(pause_max);
    }
}

fn waiting_for(ahead: usize, conflicts: &[Conflict]) -> String {
    let held: Vec<String> = conflicts
        .iter()
        .take(3)
        .map(|c| format!("`{}` (held by {})", c.held, c.by.agent))
        .collect();
    let line = match ahead {
        0 => String::new(),
        ahead => format!(", {ahead} before you"),
    };
    format!(
        "waiting for {}{line}",
        if held.is_empty() {
            "its turn".into()
        } else {
            held.join(", ")
        }
    )
}

/// Reads an optional text value; the option's name goes into the error.
pub(super) fn parse<T>(text: Option<&str>, option: &str) -> Result<Option<T>, Failure>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let wrong =
        |why: T::Err| Failure::usage(format!("{option}: {why}"), "see `git coord help lock`");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// Takes locks for an edit that is about to be made, without waiting.
///
/// # Errors
/// As [`Coord::handle`]: refused when somebody else was faster.
pub fn for_edit(coord: &Coord, keys: Vec<Key>) -> Result<Done, Failure> {
    let session = coord.sessions().load(coord.actor());
    let text = |text: String| text.parse::<Text>().ok();
    coord.handle(Request::Lock(Wanted {
        keys,
        mode: Mode::Exclusive,
        ttl_secs: None,
        reason: text("about to be edited".into()),
        branch: coord.current_branch().and_then(text),
        task: session.claimed_task().and_then(|id| text(id.to_string())),
        host: text(env::host()),
        takeover: false,
        narrow: false,
        wait_until: None,
    }))
}
