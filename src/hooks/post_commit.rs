//! After a commit: locks live on, and a check that was passed over is remembered.

use crate::coord::{Change, Coord, Failure, as_keys};
use crate::env;
use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::request::Note;
use crate::ops::check::{can_matter, judge};
use crate::ops::msg;
use crate::ops::renew::{due, keep};

use super::{Heard, background};

/// Most paths that one note names.
const PATHS_MAX: usize = 20;

pub(super) fn answer(coord: &Coord) -> Result<Heard, Failure> {
    let mut notes = Vec::new();
    // Each on its own: damage that stops the one must not stop the other.
    if can_matter(coord)? {
        notes.extend(notice_bypass(coord)?);
    }
    keep_alive(coord)?;
    notes.extend(msg::tell(coord, msg::Moment::Committed)?);
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
    keep(coord, due)
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
