//! After a commit: locks live on, and a check that was passed over is remembered.

use crate::coord::{Change, Coord, Failure, as_keys};
use crate::domain::locks;
use crate::env;
use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::request::{Note, Renew, Request, Which};
use crate::model::time::Timestamp;
use crate::ops::check::judge;

use super::{Heard, background, delivery, look};

/// Most paths that one note names.
const PATHS_MAX: usize = 20;

pub(super) fn answer(coord: &Coord) -> Result<Heard, Failure> {
    let mut notes = Vec::new();
    // Each on its own: damage that stops the one must not stop the other.
    if look::can_matter(coord)? {
        notes.extend(notice_bypass(coord)?);
    }
    keep_alive(coord)?;
    notes.extend(delivery::tell(coord, delivery::Moment::Committed)?);
    Ok(Heard::yes(notes))
}

/// Renews what is past half of its lease: here at once, on a remote without keeping anybody waiting.
fn keep_alive(coord: &Coord) -> Result<(), Failure> {
    let due = due(coord, env::now())?;
    if due.is_empty() {
        return Ok(());
    }
    if coord.settings().remote.is_some() {
        return background::start(coord, background::RENEW);
    }
    renew(coord, due)
}

pub(super) fn renew(coord: &Coord, keys: Vec<Key>) -> Result<(), Failure> {
    let which = Which::Keys(keys);
    let ttl_secs = None;
    coord
        .handle(Request::Renew(Renew { which, ttl_secs }))
        .map(drop)
}

/// Own locks that are past half of their lease.
pub(super) fn due(coord: &Coord, now: Timestamp) -> Result<Vec<Key>, Failure> {
    let keys = coord.sessions().load(coord.actor()).keys;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let view = coord.view(None)?;
    let is_due = |key: &Key| {
        // What cannot be read is for others to report.
        let lock = locks::get(&view, key).ok().flatten();
        lock.is_some_and(|lock| {
            let own = lock.holds.iter().find(|hold| hold.is_of(coord.actor()));
            own.is_some_and(|hold| hold.is_half_gone(now))
        })
    };
    Ok(keys.into_iter().filter(is_due).collect())
}

/// Judges the commit that was just made the way pre-commit judges what is staged. A "no" means that
/// it was not asked, or not heard.
fn notice_bypass(coord: &Coord) -> Result<Option<String>, Failure> {
    let Some(head) = coord.repo().head()? else {
        return Ok(None);
    };
    let Some(Change { commit, paths, .. }) = coord.change_of(head)? else {
        return Ok(None);
    };
    let refusal = match judge(coord, &as_keys(paths)?, None) {
        Err(Failure::Refused(refusal)) => refusal,
        other => return other.map(|_| None),
    };
    let (what, paths) = match *refusal {
        Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => {
            let mut holders: Vec<String> = conflicts.iter().map(|c| c.by.to_string()).collect();
            holders.sort();
            holders.dedup();
            let paths: Vec<Key> = conflicts.into_iter().map(|c| c.wanted).collect();
            (format!("paths that {} holds", holders.join(", ")), paths)
        }
        Refusal::LockRequired { paths } => ("paths that need a lock, without one".into(), paths),
        _ => return Ok(None),
    };
    remember(coord, commit, &what, paths);
    Ok(Some(format!(
        "commit {} changes {what}; no hook refused it, so this is noted in the log",
        commit.short()
    )))
}

/// Keeps the fact for the log: the session's next change takes it along.
fn remember(
    coord: &Coord,
    commit: crate::model::object_id::ObjectId,
    what: &str,
    mut paths: Vec<Key>,
) {
    paths.sort();
    paths.dedup();
    paths.truncate(PATHS_MAX);
    let text = format!("commit {commit} passed over the hooks: it changes {what}");
    let Ok(text) = text.parse() else { return };
    let note = Note {
        text,
        commit: Some(commit),
        paths,
    };
    coord.sessions().update(coord.actor(), |session| {
        if !session.notes.contains(&note) {
            session.notes.push(note);
        }
    });
}
