//! A commit that a ref or the pin names, and what is behind it.

use crate::coord::Coord;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::time::{Timestamp, span};
use crate::store::{Error, history};

/// A commit that a ref or the pin names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) id: ObjectId,
    pub(super) seen: Seen,
}

/// What is behind an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A state of git-coord.
    State {
        rev: u64,
        at: Timestamp,
        subject: String,
    },
    /// Nothing: the object is not here.
    Missing,
    /// Something that cannot be read.
    Damaged(String),
    /// A commit that no operation made.
    Alien(String),
}

impl Tip {
    /// Looks at what is behind an id.
    pub(super) fn of(coord: &Coord, id: ObjectId) -> Self {
        let seen = match history(coord.repo(), Some(id)).next() {
            Some(Ok((_, commit))) => match Event::rev_of(commit.body()) {
                Ok(rev) => Seen::State {
                    rev,
                    at: commit.at.into(),
                    subject: commit.subject().to_owned(),
                },
                Err(_) => Seen::Alien(commit.subject().to_owned()),
            },
            Some(Err(Error::Missing { .. })) | None => Seen::Missing,
            Some(Err(why)) => Seen::Damaged(why.to_string()),
        };
        Self { id, seen }
    }
}

/// A tip for people.
pub(super) fn describe(tip: &Tip, now: Timestamp) -> String {
    let id = tip.id;
    match &tip.seen {
        Seen::State { rev, at, subject } => {
            format!("{id}, number {rev}, {}: {subject}", age(*at, now))
        }
        Seen::Missing => format!("{id}, which is not here"),
        Seen::Damaged(why) => format!("{id}, which cannot be read: {why}"),
        Seen::Alien(subject) => format!("{id}, a commit that no operation made: {subject}"),
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    match now.secs_since(at) {
        ago @ 0.. => format!("{} ago", span(ago.unsigned_abs())),
        ahead => format!("{} in the future", span(ahead.unsigned_abs())),
    }
}
