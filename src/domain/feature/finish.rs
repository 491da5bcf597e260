//! The end of a feature, and its steps through the merge queue.
//!
//! Every change of a status is made by one of these functions, whoever asks for it.

use crate::model::feature::{Did, Feature, FeatureRecord, Finish, Status};
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::text::Text;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::{answer, find, wrong_state};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Finish) -> Result<Decided, Refusal> {
    let why = ask.why.iter().map(|why| ("why", why.as_str()));
    secret::check(why, &ask.allow_secrets)?;
    let feature = find::expect(&desk.staged, &ask.id)?;
    desk.expect_own_feature(&feature, ask.takeover)?;
    // What is in the queue would be landed all the same.
    if feature.status != Status::Active {
        let needs = match feature.status {
            Status::Queued => "an active one; take it out of the merge queue first",
            _ => "an active one",
        };
        return Err(wrong_state(&feature, needs));
    }
    let (verb, did, feature) = match ask.status {
        Status::Landed => ("done", Did::Landed, land(desk, &ask.id, ask.landed_as)?),
        Status::Cancelled => {
            let feature = cancel(desk, &ask.id, ask.why.clone())?;
            ("cancel", Did::Cancelled, feature)
        }
        Status::Active | Status::Queued => {
            return Err(Refusal::NotAllowed {
                what: format!(
                    "a feature ends as landed or cancelled, and not as {}",
                    ask.status.as_str()
                ),
            });
        }
    };
    Ok(answer(desk, verb, did, feature, None))
}

/// The feature waits to be landed from now on.
///
/// # Errors
/// When there is no such feature, or it is over.
pub(in crate::domain) fn enqueue(desk: &mut Desk<'_>, id: &Id) -> Result<FeatureRecord, Refusal> {
    shift(desk, id, |feature| feature.status = Status::Queued)
}

/// The feature waits no longer: work on it goes on.
///
/// # Errors
/// When there is no such feature, or it is over.
pub(in crate::domain) fn take_back(desk: &mut Desk<'_>, id: &Id) -> Result<FeatureRecord, Refusal> {
    shift(desk, id, |feature| feature.status = Status::Active)
}

/// The feature is part of its target; its claims count no longer.
///
/// # Errors
/// When there is no such feature, or it is over.
pub(in crate::domain) fn land(
    desk: &mut Desk<'_>,
    id: &Id,
    landed_as: Option<ObjectId>,
) -> Result<FeatureRecord, Refusal> {
    let at = desk.stamp.at;
    shift(desk, id, |feature| {
        feature.status = Status::Landed;
        feature.landed_as = landed_as;
        feature.ended_at = Some(at);
    })
}

/// The feature is no longer wanted; its claims count no longer.
///
/// # Errors
/// When there is no such feature, or it is over.
pub(in crate::domain) fn cancel(
    desk: &mut Desk<'_>,
    id: &Id,
    why: Option<Text>,
) -> Result<FeatureRecord, Refusal> {
    let at = desk.stamp.at;
    shift(desk, id, |feature| {
        feature.status = Status::Cancelled;
        feature.why = why;
        feature.ended_at = Some(at);
    })
}

fn shift(
    desk: &mut Desk<'_>,
    id: &Id,
    change: impl FnOnce(&mut Feature),
) -> Result<FeatureRecord, Refusal> {
    let before = find::expect(&desk.staged, id)?;
    if before.status.is_over() {
        return Err(wrong_state(&before, "one that is active or queued"));
    }
    let mut feature = before.body.clone();
    change(&mut feature);
    if feature == before.body {
        return Ok(before);
    }
    desk.put_feature(feature)
}
