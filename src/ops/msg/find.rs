//! Where messages are found: in the few directories that one session looks in, or by their names.

use std::collections::BTreeSet;

use crate::coord::{Coord, Failure, View};
use crate::domain::message::read;
use crate::domain::{State, agent};
use crate::model::id::Actor;
use crate::model::message::{MESSAGES, MessageRecord, Named, To};
use crate::model::refusal::Refusal;

/// Most names that an unclear beginning is answered with.
const CANDIDATES_MAX: usize = 8;

/// What is there for one session, oldest first, and what could not be read.
pub(super) struct Found {
    pub(super) messages: Vec<MessageRecord>,
    pub(super) damaged: Vec<String>,
}

/// Everything that is for this session: to itself, its agent, what it can do, and all.
pub(super) fn for_session(view: &View<'_>, me: &Actor) -> Result<Found, Failure> {
    let roles = agent::capabilities(view, &me.agent)?;
    let mut found = Found {
        messages: Vec::new(),
        damaged: Vec::new(),
    };
    let places = [To::All, To::Session(me.clone())].into_iter();
    for to in places.chain(roles.iter().cloned().map(To::Role)) {
        look_in(view, &to.dir(), &mut found)?;
    }
    found.messages.retain(|message| {
        let is_own = message.from == *me && matches!(message.to, To::All | To::Role(_));
        !is_own && message.to.is_for(me, |role| roles.contains(role))
    });
    in_order(&mut found.messages);
    Ok(found)
}

/// Every message below a directory.
pub(super) fn look_in(view: &View<'_>, dir: &str, found: &mut Found) -> Result<(), Failure> {
    for (place, bytes) in view.under(dir)? {
        match bytes.and_then(|bytes| read(&place, &bytes)) {
            Ok(message) => found.messages.push(message),
            Err(damage) => found.damaged.push(damage.to_string()),
        }
    }
    Ok(())
}

/// As they were sent.
pub(super) fn in_order(messages: &mut Vec<MessageRecord>) {
    messages.sort_by(|one, other| (one.sent_rev, &one.id).cmp(&(other.sent_rev, &other.id)));
    messages.dedup_by(|one, other| one.id == other.id && one.to == other.to);
}

/// Those for this session that it has not read and that are of use, oldest first.
///
/// # Errors
/// When a directory cannot be read.
pub fn unread(coord: &Coord, view: &View<'_>) -> Result<Vec<MessageRecord>, Failure> {
    let me = coord.actor();
    let mut found = for_session(view, me)?.messages;
    if !found.is_empty() {
        let read = coord.sessions().load(me).read;
        let now = crate::env::now();
        found.retain(|one| !read.contains(&one.id) && !one.is_over(now) && !one.is_acked_for(me));
    }
    Ok(found)
}

/// The message that a name, or the beginning of one, means.
pub(super) fn named(view: &View<'_>, typed: &str) -> Result<MessageRecord, Failure> {
    let mut found = Vec::new();
    for (place, _) in view.snapshot().places(MESSAGES).map_err(Failure::from)? {
        let name = place.as_str().rsplit('/').next().unwrap_or_default();
        let id = name.strip_suffix(".json").unwrap_or(name);
        if id == typed {
            // The whole of a name is never unclear.
            found = vec![place];
            break;
        }
        if id.starts_with(typed) {
            found.push(place);
        }
    }
    if found.len() > 1 {
        let name = |place: &crate::model::place::Place| {
            let name = place.as_str().rsplit('/').next().unwrap_or_default();
            name.trim_end_matches(".json").to_owned()
        };
        let some: Vec<String> = found.iter().take(CANDIDATES_MAX).map(name).collect();
        return Err(Failure::usage(
            format!(
                "`{}` begins the names of {} messages",
                typed.escape_debug(),
                found.len()
            ),
            format!("say more of it: {}", some.join(", ")),
        ));
    }
    let missing = || {
        Failure::from(Refusal::NotFound {
            what: "message".into(),
            name: typed.into(),
        })
    };
    let place = found
        .pop()
        .filter(|_| !typed.is_empty())
        .ok_or_else(missing)?;
    let bytes = view.get(&place)?.ok_or_else(missing)?;
    Ok(read(&place, &bytes)?)
}

/// How a decision finds it.
pub(super) fn name_of(message: &MessageRecord) -> Named {
    Named {
        id: message.id.clone(),
        to: message.to.clone(),
    }
}

/// All messages of the talk that a message is part of: found by looking where those look who take
/// part in it.
pub(super) fn talk(view: &View<'_>, first: &MessageRecord) -> Result<Found, Failure> {
    let mut found = Found {
        messages: Vec::new(),
        damaged: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    let mut dirs = vec![first.to.dir(), To::Session(first.from.clone()).dir()];
    while let Some(dir) = dirs.pop() {
        if !seen.insert(dir.clone()) {
            continue;
        }
        let before = found.messages.len();
        look_in(view, &dir, &mut found)?;
        let added = found.messages.split_off(before);
        for message in added.into_iter().filter(|one| one.thread == first.thread) {
            dirs.push(message.to.dir());
            dirs.push(To::Session(message.from.clone()).dir());
            found.messages.push(message);
        }
    }
    in_order(&mut found.messages);
    Ok(found)
}
