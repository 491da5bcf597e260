//! `request`: what this agent has asked on a branch, and what came of it.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::coord::request::{Standing, Stands};
use crate::model::id::OpId;
use crate::model::relay::Ask;
use crate::model::request::Request as Wanted;

use super::{Answer, Context, length};

/// How long `--wait` waits unless told otherwise.
const WAIT: Duration = Duration::from_secs(5 * 60);
/// The first pause between two looks, and the longest.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// See what was asked on a branch, for a relay to decide, and what came of it.
///
/// Where the state may not be pushed, a change becomes an empty commit on a branch, and is done when a
/// relay has answered it: until then nothing is held. See `git coord help relay`.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do about requests.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[command(defer = true)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// List the requests of this agent, oldest first
    List {
        /// Only those without an answer
        #[arg(long)]
        #[serde(default)]
        open: bool,
    },
    /// Show one request and its answer
    Show {
        /// The request; the end of its id is enough
        #[arg(value_name = "ID")]
        id: String,
        /// Wait for the answer, at most so long [default: 5m]
        #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "", require_equals = true)]
        #[serde(default)]
        wait: Option<String>,
    },
    /// Take a request back that has no answer
    Cancel {
        /// The request; the end of its id is enough
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Push requests that wait for the next push of their branch, with all else on it
    Send {},
}

/// The requests that were asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Oldest first.
    pub requests: Vec<Standing>,
    /// Whether one request was asked about.
    #[serde(skip)]
    is_one: bool,
}

impl Listed {
    /// Whether one request was asked about and has no answer yet.
    pub fn is_waiting(&self) -> bool {
        self.is_one && self.requests.iter().any(is_open)
    }
}

impl Request {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let is_one = matches!(self.what, What::Show { .. });
        let listed = |requests| Ok(Answer::Requests(Listed { requests, is_one }));
        match &self.what {
            What::List { open } => {
                let _ = coord.view(Some(coord.settings().age_max))?;
                let mut all = coord.requests()?;
                all.retain(|one| !open || is_open(one));
                listed(all)
            }
            What::Show { id, wait } => {
                let wait = match wait.as_deref() {
                    None => Duration::ZERO,
                    Some("") => WAIT,
                    Some(typed) => length::wait(typed, "--wait")?,
                };
                listed(vec![self.wait(context, id, wait)?])
            }
            What::Cancel { id } => {
                let one = find(context, id)?;
                if coord.withdraw(one.id)? {
                    let is = Stands::Cancelled;
                    return listed(vec![Standing { is, ..one }]);
                }
                let id = one.id;
                let done = coord.handle(Wanted::Relay(Ask::Cancel { id }))?;
                Ok(Answer::done(done, Vec::new()))
            }
            What::Send {} => {
                let sent = coord.send_requests()?;
                let mut all = coord.requests()?;
                all.retain(|one| sent.contains(&one.id));
                listed(all)
            }
        }
    }

    fn wait(&self, context: &Context<'_>, id: &str, wait: Duration) -> Result<Standing, Failure> {
        let coord = &context.coord;
        let start = Instant::now();
        let mut pause = PAUSE;
        let mut age_max = coord.settings().age_max;
        loop {
            let _ = coord.view(Some(age_max))?;
            let one = find(context, id)?;
            let left = wait.saturating_sub(start.elapsed());
            if !is_open(&one) || left.is_zero() {
                return Ok(one);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE_MAX);
            age_max = Duration::ZERO;
        }
    }
}

fn is_open(one: &Standing) -> bool {
    matches!(one.is, Stands::Unsent | Stands::Pending)
}

/// The request whose id ends so. Ids begin with the time, so the ends are what differs.
fn find(context: &Context<'_>, typed: &str) -> Result<Standing, Failure> {
    let wanted = typed.to_ascii_uppercase();
    let all = context.coord.requests()?;
    let is_it = |id: &OpId| !wanted.is_empty() && id.to_string().ends_with(&wanted);
    let mut found: Vec<Standing> = all.into_iter().filter(|one| is_it(&one.id)).collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::usage(
            format!("this agent has no request `{}`", typed.escape_debug()),
            "see `git coord request list`",
        )),
        _ => {
            let ids: Vec<String> = found.iter().map(|one| one.id.to_string()).collect();
            Err(Failure::usage(
                format!(
                    "`{}` is the end of {}",
                    typed.escape_debug(),
                    ids.join(", ")
                ),
                "type more of it",
            ))
        }
    }
}
