//! `task next` and `task claim`.

use std::time::{Duration, Instant};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Done, Failure};
use crate::domain::decide;
use crate::domain::task::claims::Claims;
use crate::env;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::task::{Ask, Claim as WantedClaim, Did, Next as Wanted, Strategy};
use crate::model::text::Text;

use super::super::lock::{LOCAL_PAUSE, REMOTE_PAUSE};
use super::super::{feature, length};
use super::{Answer, Context, name, typed};

/// How many times in a row a request may find tasks that are dead and nothing else.
const DEAD_MAX: usize = 1_000;

/// Take the best task that is ready, in one step.
///
/// The most urgent comes first, the overdue first among those, then tasks whose keys are free, then
/// the oldest. What is assigned to others, needs a capability that you have neither registered nor
/// named here, reviews your own work, or belongs to a paused feature is passed over; an epic is handed
/// out only with `--sort epic`. Exit code 1 says that nothing is ready, and why.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Next {
    /// How it is chosen: by priority, run after run in turns, where least is under way, or what
    /// needs most of your capabilities [default: priority]
    #[arg(long, value_name = "HOW",
        value_parser = ["priority", "round-robin", "least-loaded", "capability"])]
    pub strategy: Option<String>,
    /// Something that you can do, beside what `git coord agent register` said
    #[arg(long, short, value_name = "WORD")]
    pub capability: Vec<String>,
    /// Only tasks of this sort
    #[arg(long, value_name = "WORD")]
    pub sort: Vec<String>,
    /// Only tasks with this label; several: with all of them
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// Only parts of this one
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// Only tasks of this feature
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// Take the locks on its keys in the same step, all or nothing
    #[arg(long)]
    pub lock: bool,
    /// Length of the lease, from 1m to 8h, when the task says none [default: 30m]
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<String>,
    /// The branch that the work is on [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Wait until something is ready, for 5m unless a time is given
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "5m")]
    pub wait: Option<String>,
    /// Take nothing, but ask the holder of a less urgent task to give it back for this one
    #[arg(long, value_name = "ID", conflicts_with_all = ["wait", "lock"])]
    pub preempt: Option<String>,
}

impl Next {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let one = |text: &Option<String>| -> Result<_, Failure> {
            text.as_deref()
                .map(|text| name::of(context, text))
                .transpose()
        };
        let wanted = Wanted {
            strategy: match self.strategy.as_deref() {
                Some("round-robin") => Strategy::RoundRobin,
                Some("least-loaded") => Strategy::LeastLoaded,
                Some("capability") => Strategy::Capability,
                _ => Strategy::Priority,
            },
            capabilities: typed::words(&self.capability, "--capability")?,
            sorts: typed::words(&self.sort, "--sort")?,
            labels: typed::words(&self.label, "--label")?,
            parent: one(&self.parent)?,
            feature: feature::name::optional(context, self.feature.as_deref())?,
            lock: self.lock,
            ttl_secs: typed::optional(self.ttl.as_deref(), "--ttl")?,
            branch: branch(context, self.branch.as_deref())?,
            host: typed::optional(Some(&env::host()), "the host's name")?,
            preempt_for: one(&self.preempt)?,
        };
        let wait = self.wait.as_deref();
        let wait = wait.map(|wait| length::wait(wait, "--wait")).transpose()?;
        let request = Request::Task(Ask::Next(wanted));
        let done = match wait {
            Some(wait) => patiently(context, &request, wait)?,
            None => past_the_dead(context, &request)?,
        };
        Ok(Answer::done(done, Vec::new()))
    }
}

/// Take a certain task.
///
/// Claiming again renews the lease. The task is given back when the lease ends without a sign of
/// life, with the attempt counted, or at once with `git coord task release`.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// Which task
    #[arg(value_name = "ID")]
    pub id: String,
    /// Something that you can do, beside what `git coord agent register` said
    #[arg(long, short, value_name = "WORD")]
    pub capability: Vec<String>,
    /// Take the locks on its keys in the same step, all or nothing
    #[arg(long)]
    pub lock: bool,
    /// Length of the lease, from 1m to 8h, when the task says none [default: 30m]
    #[arg(long, value_name = "TIME")]
    pub ttl: Option<String>,
    /// The branch that the work is on [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Take over what another session of the same agent has
    #[arg(long)]
    pub takeover: bool,
}

impl Claim {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let wanted = WantedClaim {
            id: name::of(context, &self.id)?,
            capabilities: typed::words(&self.capability, "--capability")?,
            lock: self.lock,
            ttl_secs: typed::optional(self.ttl.as_deref(), "--ttl")?,
            branch: branch(context, self.branch.as_deref())?,
            host: typed::optional(Some(&env::host()), "the host's name")?,
            takeover: self.takeover,
        };
        let request = Request::Task(Ask::Claim(wanted));
        let done = past_the_dead(context, &request)?;
        Ok(Answer::done(done, Vec::new()))
    }
}

fn branch(context: &Context<'_>, named: Option<&str>) -> Result<Option<Text>, Failure> {
    let branch = match named {
        Some(branch) => Some(branch.to_owned()),
        None => context.coord.current_branch(),
    };
    typed::optional(branch.as_deref(), "--branch")
}

/// Asks, and asks again when all that came of it is that tasks were given up.
fn past_the_dead(context: &Context<'_>, request: &Request) -> Result<Done, Failure> {
    let mut dead = Vec::new();
    for _ in 0..DEAD_MAX {
        let mut done = match context.coord.handle(request.clone()) {
            Err(refused @ Failure::Refused(_)) => {
                watch_claims(context, &refused)?;
                return Err(refused);
            }
            other => other?,
        };
        let Reply::Task(told) = &mut done.reply else {
            return Ok(done);
        };
        if told.did != Did::Died {
            told.also.splice(0..0, dead);
            return Ok(done);
        }
        dead.extend(told.tasks.iter().map(|task| task.id.clone()));
        dead.append(&mut told.also);
    }
    Err(Failure::usage(
        "there are more dead tasks than one command looks past",
        "ask again",
    ))
}

/// Notes since when claims of others are seen as they are, for judging their leases later.
fn watch_claims(context: &Context<'_>, refused: &Failure) -> Result<(), Failure> {
    let Failure::Refused(refusal) = refused else {
        return Ok(());
    };
    if !matches!(
        &**refusal,
        Refusal::NothingReady { .. } | Refusal::NotYours { .. }
    ) {
        return Ok(());
    }
    let view = context.coord.view(None)?;
    let claims = Claims::read(&view)?;
    let others = claims.all().flat_map(|lock| {
        let holds = lock.holds.iter();
        let holds = holds.filter(|hold| !hold.is_of(context.coord.actor()));
        holds.map(|hold| Conflict::new(&lock.key, &lock.key, lock.mode, hold))
    });
    let others: Vec<Conflict> = others.collect();
    context.coord.note_sights(&others);
    Ok(())
}

/// Asks again when the state has changed, until something is ready or the time is over. Whether it
/// is worth asking is seen here first: a refusal is remembered, and waiting would leave many.
fn patiently(context: &Context<'_>, request: &Request, wait: Duration) -> Result<Done, Failure> {
    let coord = &context.coord;
    let start = Instant::now();
    let is_remote = coord.settings().remote.is_some();
    let (mut pause, pause_max) = match is_remote {
        true => REMOTE_PAUSE,
        false => LOCAL_PAUSE,
    };
    let mut has_told = false;
    loop {
        // Before the question, so that no change is missed between it and the wait.
        let seen = coord.tip()?;
        let left = match context.is_given_up() {
            true => Duration::ZERO,
            false => wait.saturating_sub(start.elapsed()),
        };
        if left.is_zero() {
            return past_the_dead(context, request);
        }
        let age_max = is_remote.then_some(pause);
        let is_ready = {
            let view = coord.view(age_max)?;
            let decided = decide(request, &view, &coord.stamp_with_sights(), &[]);
            !matches!(decided, Err(Refusal::NothingReady { .. }))
        };
        if is_ready {
            match past_the_dead(context, request) {
                // Somebody else was faster.
                Err(Failure::Refused(refusal))
                    if matches!(*refusal, Refusal::NothingReady { .. }) => {}
                answer => return answer,
            }
        }
        if !has_told {
            (context.progress)("waiting for a task that is ready");
            has_told = true;
        }
        let jittered = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
        coord.wait_for_change(seen, jittered.min(left));
        pause = (pause * 2).min(pause_max);
    }
}
