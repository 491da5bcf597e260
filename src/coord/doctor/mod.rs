//! `doctor`: numbered checks of everything that git-coord stands on, and the repairs that lose
//! nothing.
//!
//! A check gathers facts and judges them; a repair acts on what the check found, under the
//! clone's guard, and everything is looked at again afterwards: what is reported is how things
//! stand now. None of it relies on [`crate::coord::Coord::open`], which refuses what is to be examined here.

mod agents;
mod anchor;
mod chain;
mod clock;
mod finding;
mod history;
mod honest;
mod hooks;
mod leases;
mod leftovers;
mod objects;
mod probe;
mod program;
mod rebuild;
mod records;
mod relation;
mod remote;
mod restore;
mod settings;
mod stale;
mod state_ref;
#[cfg(test)]
mod state_ref_tests;
mod subject;
mod tip;
mod workflows;

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;

use finding::{Check, Judged};
pub use finding::{Finding, Fix, State};
use subject::Subject;

/// How long a repair waits for a writer of the same clone.
const GUARD_WAIT: Duration = Duration::from_secs(20);

/// What is wanted beside a look.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Repair what can be repaired in this clone.
    pub fix: bool,
    /// Repair the remote's state too.
    pub restore_remote: bool,
    /// Trust this commit as the state.
    pub accept: Option<String>,
    /// Try what the remote accepts.
    pub probe: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// How many checks found a problem.
    pub problems: usize,
    /// How many found something that should be done.
    pub warnings: usize,
    /// How many things were repaired.
    pub fixed: usize,
    /// Every check, in the order of its number.
    pub checks: Vec<Finding>,
}

/// Examines the repository around `dir` for the actor that `given` names, or that is found.
pub fn examine(dir: &Path, given: Option<&str>, ask: &Ask) -> Report {
    let mut checks = look(dir, given, ask);
    if ask.fix {
        let tried = repair(dir, given, ask, &checks);
        if !tried.is_empty() {
            checks = look(dir, given, ask);
        }
        for (check, outcome) in tried {
            let finding = &mut checks[check as usize];
            (finding.fix, finding.fixed) = match outcome {
                Ok(Some(what)) => (Fix::Done, Some(what)),
                // It had been settled meanwhile, by an earlier repair or by another command.
                Ok(None) => continue,
                Err(why) => (Fix::Failed, Some(why)),
            };
        }
    }
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    Report {
        problems: count(State::Problem),
        warnings: count(State::Warning),
        fixed: checks.iter().filter(|check| check.fix == Fix::Done).count(),
        checks,
    }
}

/// Every check once.
fn look(dir: &Path, given: Option<&str>, ask: &Ask) -> Vec<Finding> {
    let mut judged = vec![
        (Check::GitVersion, program::version()),
        (Check::Repository, program::repository(dir)),
    ];
    match Subject::open(dir, given) {
        Ok(subject) => judged.extend(look_inside(&subject, ask)),
        Err(why) => {
            if judged[1].1.state == State::Ok {
                // Git can use it and we cannot: a setting that libgit2 or we cannot read.
                judged[1].1 = Judged::problem(why.to_string())
                    .advice("correct the file that is named; every command needs it");
            }
            let rest = &Check::ALL[judged.len()..];
            let unknown = || Judged::note("not looked at: the repository cannot be opened");
            judged.extend(rest.iter().map(|check| (*check, unknown())));
        }
    }
    judged
        .into_iter()
        .map(|(check, judged)| judged.finding(check))
        .collect()
}

fn look_inside(subject: &Subject, ask: &Ask) -> Vec<(Check, Judged)> {
    let anchor = anchor::gather(subject.coord());
    let seen = objects::gather(subject.coord(), &anchor);
    let tip = anchor.now();
    let offered = remote::gather(subject.coord(), &anchor);
    let mut judged = vec![
        (Check::Formats, program::formats(subject.coord())),
        (Check::Settings, subject.judge_settings()),
        (Check::TeamFile, settings::team_file(subject.coord())),
        (Check::Identity, subject.judge_identity()),
        (Check::StaleLocks, stale::locks(subject.coord())),
        (Check::Writer, stale::writer(subject.coord())),
        (Check::StateRef, state_ref::judge(subject.coord(), &anchor)),
        (Check::Objects, objects::judge(&seen)),
        (Check::Chain, chain::judge(&seen)),
        (Check::Records, records::look(subject.coord(), tip)),
        (Check::Leases, leases::look(subject.coord(), tip)),
        (
            Check::Remote,
            remote::judge_reach(subject.coord(), &offered),
        ),
        (
            Check::RemoteState,
            remote::judge_state(subject.coord(), &anchor, &offered),
        ),
        (
            Check::RemoteAccepts,
            probe::look(subject.coord(), ask.probe, &offered),
        ),
        (Check::ViewAge, clock::view_age(subject.coord())),
        (Check::Clock, clock::look(subject.coord(), &seen, &offered)),
        (Check::Hooks, hooks::look(subject.coord(), tip.is_some())),
        (Check::History, history::look(subject.coord(), &seen)),
        (Check::Leftovers, leftovers::look(subject.coord(), tip)),
        (Check::Agents, agents::look(subject.coord())),
        (Check::Workflows, workflows::look(subject.coord())),
    ];
    if anchor.is_lost() {
        for (check, judged) in &mut judged {
            if matches!(
                check,
                Check::Chain | Check::Records | Check::Leases | Check::History
            ) {
                *judged = Judged::note("not looked at: the state is not here");
            }
        }
    }
    judged
}

/// What a repair did, if there still was something to do; or why it could not.
type Outcome = Result<Option<String>, String>;

/// Repairs, in the order of the checks: a lock file in the way is gone before a ref is moved.
fn repair(dir: &Path, given: Option<&str>, ask: &Ask, found: &[Finding]) -> Vec<(Check, Outcome)> {
    let Ok(subject) = Subject::open(dir, given) else {
        return Vec::new();
    };
    let coord = subject.coord();
    let mut tried = Vec::new();
    for check in Check::ALL {
        let is_wanted = match check {
            Check::StateRef if ask.accept.is_some() => true,
            Check::RemoteState if ask.restore_remote => {
                found[check as usize].state == State::Problem
            }
            _ => found[check as usize].fix == Fix::Possible,
        };
        if !is_wanted {
            continue;
        }
        let outcome: Result<Option<String>, Failure> = match check {
            Check::StaleLocks => stale::move_aside(coord),
            Check::Writer => stale::settle(coord),
            Check::StateRef => restore::state(coord, ask.accept.as_deref()),
            Check::Objects => rebuild::objects(coord),
            Check::Records => restore::honest(coord),
            Check::RemoteState => remote::restore(coord, ask.restore_remote),
            Check::Leftovers => leftovers::remove(coord),
            Check::GitVersion
            | Check::Repository
            | Check::Formats
            | Check::Settings
            | Check::TeamFile
            | Check::Identity
            | Check::Chain
            | Check::Leases
            | Check::Remote
            | Check::RemoteAccepts
            | Check::ViewAge
            | Check::Clock
            | Check::Hooks
            | Check::History
            | Check::Agents
            | Check::Workflows => Ok(None),
        };
        tried.push((check, outcome.map_err(|why| why.to_string())));
    }
    tried
}
