//! Deciding the history again: every transition through the same pure functions.

use crate::domain::{Plan, State, decide, knows_rules};
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::request::Request;
use crate::model::stamp::{Evidence, Stamp, Watch};
use crate::store::{Commit, Draft, Repo, past};

use super::commit::person;
use super::view::View;
use super::{Coord, Failure};

/// What the check of a history found.
#[derive(Clone, Debug, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Commits that were looked at.
    pub commits: u64,
    /// Those whose decision came out the same again.
    pub confirmed: u64,
    /// Those written under rules that this program does not know, or on a chain that is not here.
    pub not_checkable: u64,
    /// Those with a good signature.
    pub signed: u64,
    /// What is wrong, newest first.
    pub findings: Vec<Finding>,
}

/// A commit that its author was not entitled to make, or that breaks the chain.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// Which commit.
    pub commit: ObjectId,
    /// What is wrong with it.
    pub what: String,
}

pub(super) enum Checked {
    Confirmed,
    NotCheckable,
    Wrong(String),
}

/// Checks every commit from the state back to the first of its epoch and, through the epoch links,
/// of those before it as far as they are here.
///
/// # Errors
/// When a commit cannot be read at all.
pub fn verify(coord: &Coord) -> Result<Report, Failure> {
    let tip = super::view::trusted(coord)?;
    verify_range(coord.repo(), None, tip, Signatures::Checked)
}

/// Whether signatures are looked at: not everybody has the keys of everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// A commit that carries a signature must have a good one.
    Checked,
    /// They are left alone.
    Ignored,
}

/// Checks the commits after `old` up to and including `new`, also across epoch links. Whether `new`
/// continues `old` at all is for [`crate::store::advance`] to say.
///
/// # Errors
/// When a commit cannot be read at all.
pub fn verify_range(
    repo: &Repo,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    signatures: Signatures,
) -> Result<Report, Failure> {
    let mut report = Report::default();
    for state in past(repo, new) {
        let (id, commit) = state?;
        if Some(id) == old {
            return Ok(report);
        }
        report.commits += 1;
        match check(repo, &commit)? {
            Checked::Confirmed => report.confirmed += 1,
            Checked::NotCheckable => report.not_checkable += 1,
            Checked::Wrong(what) => report.findings.push(Finding { commit: id, what }),
        }
        if commit.signed && signatures == Signatures::Checked {
            let args = ["verify-commit", &id.to_string()];
            if repo.git().run(&args, None, None)?.success() {
                report.signed += 1;
            } else {
                let what = "its signature is not good".into();
                report.findings.push(Finding { commit: id, what });
            }
        }
    }
    Ok(report)
}

/// The state that a commit was decided on: its parent, or the end of the epoch that it continues.
fn decided_on(commit: &Commit) -> Option<ObjectId> {
    commit
        .parent
        .or_else(|| commit.epoch_link().map(|link| link.tip))
}

pub(super) fn check(repo: &Repo, commit: &Commit) -> Result<Checked, Failure> {
    let event = match Event::parse(commit.body()) {
        Ok(event) => event,
        Err(why) => return Ok(Checked::Wrong(format!("it carries no event: {why}"))),
    };
    if !knows_rules(event.rules) {
        return Ok(Checked::NotCheckable);
    }
    if commit.author != person(&event.by) {
        return Ok(Checked::Wrong(format!("its author is not {}", event.by)));
    }
    let begins_epoch = commit.epoch_link().is_some();
    if begins_epoch != matches!(event.request, Request::Compact(_)) {
        return Ok(Checked::Wrong(
            "a new epoch begins with a compaction, and nothing else does".into(),
        ));
    }
    let Ok(view) = View::at(repo, decided_on(commit)) else {
        return Ok(Checked::NotCheckable);
    };
    if view.rev() + 1 != event.rev {
        return Ok(Checked::Wrong(format!(
            "it is number {}, after {}",
            event.rev,
            view.rev()
        )));
    }
    let stamp = stamp_of(&event);
    let plan = match decide(&event.request, &view, &stamp, &event.also) {
        Ok(plan) => plan,
        Err(refusal) => return Ok(Checked::Wrong(format!("it had to be refused: {refusal}"))),
    };
    let tree = Draft::on(view.snapshot()).preview(&plan.edits)?;
    Ok(if tree == commit.tree {
        Checked::Confirmed
    } else {
        Checked::Wrong("its records are not what its request leads to".into())
    })
}

/// Decides one commit again, for its answer.
pub(super) fn again(repo: &Repo, commit: &Commit, event: &Event) -> Result<Plan, Failure> {
    again_on(repo, decided_on(commit), event)
}

/// Decides an event again on the state that it was decided on.
pub(super) fn again_on(
    repo: &Repo,
    before: Option<ObjectId>,
    event: &Event,
) -> Result<Plan, Failure> {
    let view = View::at(repo, before)?;
    Ok(decide(
        &event.request,
        &view,
        &stamp_of(event),
        &event.also,
    )?)
}

/// The stamp under which an event was decided: its own evidence is all that it may know.
fn stamp_of(event: &Event) -> Stamp {
    let mut watch = Watch::default();
    for evidence in &event.evidence {
        match evidence {
            Evidence::Observed {
                key,
                holder,
                rev,
                secs,
            } => {
                watch
                    .seen
                    .insert((key.clone(), holder.clone(), *rev), *secs);
            }
            Evidence::Clock { skew_secs, .. } => watch.skew_secs = Some(*skew_secs),
            Evidence::Dead { holder, .. } => {
                watch.dead.insert(holder.clone());
            }
            Evidence::Ended { holder } => {
                watch.dead.insert(holder.clone());
            }
        }
    }
    Stamp {
        at: event.at,
        by: event.by.clone(),
        op: event.op,
        watch,
        here: event.here.clone(),
    }
}
