//! Why a feature does not go on: who has paused it, what comes before it, and who holds what it claims.

use std::collections::BTreeSet;

use crate::model::feature::{FeatureRecord, Percent, WithLock};
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::stamp::Stamp;

use super::super::feature::plan::{self, After, Plan, Step, Why};
use super::super::feature::{overlap, pause};
use super::super::staged::State;
use super::{DEPTH_MAX, Reason};

/// What is in the way of a feature that is not over.
///
/// # Errors
/// When a record that matters cannot be read.
pub fn of(
    state: &dyn State,
    stamp: &Stamp,
    feature: &FeatureRecord,
    above: Percent,
) -> Result<Vec<Reason>, Refusal> {
    if feature.status.is_over() {
        let end = feature
            .ended_at
            .map(|end| format!(" since {end}"))
            .unwrap_or_default();
        let text = format!("it is {}{end}", feature.status.as_str());
        let help = "register another".to_owned();
        return Ok(vec![Reason::plain("over", text, help)]);
    }
    let plan = plan::of(state, stamp, above)?;
    let mut seen = BTreeSet::from([feature.id.clone()]);
    let mut reasons = in_plan(&plan, &feature.id, &mut seen, 0);
    let overlaps = overlap::of(state, stamp, feature, above)?;
    reasons.extend(overlaps.locks.iter().map(with_lock));
    Ok(reasons)
}

/// What is in the way of one step of the plan, and of what it comes after.
fn in_plan(plan: &Plan, id: &Id, seen: &mut BTreeSet<Id>, depth: usize) -> Vec<Reason> {
    let Some(step) = plan.order.iter().find(|step| step.id == *id) else {
        return Vec::new();
    };
    let mut reasons: Vec<Reason> = step.paused_by.iter().map(super::paused).collect();
    for stuck in &step.stuck {
        let text = format!("it depends on feature {}, {}", stuck.id, stuck.is);
        let help = format!("git coord feature update {id} --not-after {}", stuck.id);
        reasons.push(Reason::plain("dependency", text, help));
    }
    for after in &step.after {
        let Some(other) = plan.order.iter().find(|other| other.id == after.id) else {
            continue;
        };
        let mut reason = comes_after(after, other);
        if depth < DEPTH_MAX && seen.insert(after.id.clone()) {
            reason.because = in_plan(plan, &after.id, seen, depth + 1);
        }
        reasons.push(reason);
    }
    reasons
}

/// Who has paused a feature.
///
/// # Errors
/// When a lock that may pause it cannot be read.
pub fn pauses(state: &dyn State, stamp: &Stamp, id: &Id) -> Result<Vec<Reason>, Refusal> {
    let pause = pause::of(state, stamp, id)?;
    Ok(pause.by.iter().map(super::paused).collect())
}

/// What stops commits on a branch.
///
/// # Errors
/// When a record that may matter cannot be read.
pub fn pauses_of_branch(
    state: &dyn State,
    stamp: &Stamp,
    branch: &str,
) -> Result<Vec<Reason>, Refusal> {
    let pause = pause::of_branches(state, stamp, &[branch])?;
    Ok(pause.by.iter().map(super::paused).collect())
}

/// Another feature that comes first.
fn comes_after(after: &After, other: &Step) -> Reason {
    let is = other.status.as_str();
    let what = match after.waits {
        true => format!("it waits for feature {}, {is}", after.id),
        false => format!("it lands after feature {}, {is}", after.id),
    };
    let (code, why) = match (after.why, after.keys.first()) {
        (Why::Overlaps, Some(meeting)) => {
            let more = match after.keys.len() + after.more {
                0 | 1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            (
                "claimed",
                format!(": both change `{}`{more}", meeting.theirs),
            )
        }
        _ => ("dependency", ": it depends on it".to_owned()),
    };
    Reason {
        who: Some(other.owner.clone()),
        ..Reason::plain(
            code,
            format!("{what}{why}"),
            format!("feature {} has landed, or claims less", after.id),
        )
    }
}

fn with_lock(with: &WithLock) -> Reason {
    let text = format!("`{}` is locked by {}", with.key, with.by);
    let unblock = "they unlock it, or their lease ends".to_owned();
    Reason {
        who: Some(with.by.clone()),
        since: Some(with.since),
        until: Some(with.until),
        reason: with.reason.as_ref().map(|why| why.as_str().to_owned()),
        ..Reason::plain("lock_held", text, unblock)
    }
}
