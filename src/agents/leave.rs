//! When a session is about to forget, stops, or ends: what somebody needs to go on is kept.

use crate::coord::{Failure, Offer, Session};
use crate::env;

use super::background::{self, Job};
use super::contract::{Answer, Kind};
use super::{Here, prompt};

/// How seldom a checkpoint is made where the agent merely stops, in seconds.
const PAUSE_SECS: i64 = 10 * 60;

/// What it remembers is about to be cut short.
pub(super) fn compacted(here: &Here<'_>) -> Result<Answer, Failure> {
    let Some(session) = known(here)? else {
        return Ok(Answer::Nothing);
    };
    remind(here, &session);
    if session.is_unsaved || !session.keys.is_empty() {
        background::hand(here.coord(), here.program, None, Job::Save)?;
    }
    let listens = here.program.listens(&here.call.event, Kind::Compact);
    Ok(match listens.then(|| prompt::offer(here)).flatten() {
        Some(offer) => Answer::Context(format!("git-coord: {offer}")),
        None => Answer::Nothing,
    })
}

/// It has done what it was to do, for now; this happens after every turn.
pub(super) fn stopped(here: &Here<'_>) -> Result<Answer, Failure> {
    let Some(session) = known(here)? else {
        return Ok(Answer::Nothing);
    };
    let is_new = remind(here, &session);
    let is_due = session.saved.is_none_or(|saved| {
        let age = env::now().secs_since(saved);
        !(0..PAUSE_SECS).contains(&age)
    });
    if session.is_unsaved && is_due {
        background::hand(here.coord(), here.program, None, Job::Save)?;
    }
    Ok(match is_new {
        true => Answer::Notice(format!("git-coord: {}", prompt::OFFER)),
        false => Answer::Nothing,
    })
}

pub(super) fn ended(here: &Here<'_>) -> Result<Answer, Failure> {
    if here.coord().is_used()? {
        background::hand(here.coord(), here.program, None, Job::Leave)?;
    }
    Ok(Answer::Nothing)
}

/// What this clone knows of the session; nothing where git-coord is not used.
fn known(here: &Here<'_>) -> Result<Option<Session>, Failure> {
    let coord = here.coord();
    let is_used = coord.is_used()?;
    Ok(is_used.then(|| coord.sessions().load(coord.actor())))
}

/// Sees to it that a session with something to hand over is told so once. Says whether that is new.
fn remind(here: &Here<'_>, session: &Session) -> bool {
    let has_some = !session.keys.is_empty() || !session.touched.is_empty();
    if !has_some || session.offer != Offer::None {
        return false;
    }
    let coord = here.coord();
    coord
        .sessions()
        .update(coord.actor(), |session| session.offer = Offer::Due);
    true
}
