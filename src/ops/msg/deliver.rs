//! Messages on their way to who reads what hooks print: once each, as their senders meant it.
//!
//! After a commit an agent looks up, and is given what belongs to its context, whole where that is
//! short, and told that there is something else. When it pushes, its work is at an end for now, and
//! what was to wait until then is told; the same when it is given something new to do. Nothing
//! counts as read by this.

use crate::coord::{Coord, Failure};
use crate::model::message::{Delivery, MESSAGES, MessageRecord, Sort};
use crate::model::text::shown;

use super::unread;

/// Most messages that are quoted at once; the rest is counted.
const QUOTED_MAX: usize = 5;
/// Longest quotation, in characters.
const CHARS_MAX: usize = 300;

/// When a hook looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Something was committed.
    Committed,
    /// Something is pushed.
    Pushed,
    /// Whoever works here is given something new to do: what was before is at an end.
    Prompted,
}

/// What there is to say about messages that this session was not told of yet.
///
/// # Errors
/// When the state cannot be read.
pub fn tell(coord: &Coord, moment: Moment) -> Result<Vec<String>, Failure> {
    let view = coord.view(None)?;
    if !view.snapshot().has(MESSAGES)? {
        return Ok(Vec::new());
    }
    let told = coord.sessions().load(coord.actor()).told;
    let mut new = unread(coord, &view)?;
    new.retain(|message| {
        let is_time = match message.delivery {
            // What has to be known at once waits for nothing.
            Delivery::Deferred => moment != Moment::Committed || message.sort == Sort::Alert,
            Delivery::Context | Delivery::Notification => true,
        };
        is_time && !told.contains(&message.id)
    });
    if new.is_empty() {
        return Ok(Vec::new());
    }
    coord.sessions().update(coord.actor(), |session| {
        session
            .told
            .extend(new.iter().map(|message| message.id.clone()));
    });
    let (quoted, counted): (Vec<_>, Vec<_>) = new
        .iter()
        .partition(|message| message.delivery != Delivery::Notification);
    let more = quoted.len().saturating_sub(QUOTED_MAX);
    let mut notes: Vec<String> = quoted.into_iter().take(QUOTED_MAX).map(quote).collect();
    notes.extend(match counted.len() + more {
        0 => None,
        1 => Some("1 message: git coord msg read".into()),
        count => Some(format!("{count} messages: git coord msg read")),
    });
    Ok(notes)
}

/// From whom, and what it says in one line: quoted, never as if git-coord said it.
fn quote(message: &MessageRecord) -> String {
    let text = message.text.as_str().split_whitespace();
    // What is cleaned is longer, and it is that which must fit.
    let text = shown(&text.collect::<Vec<_>>().join(" "));
    let mut said: String = text.chars().take(CHARS_MAX).collect();
    if said.len() < text.len() {
        said.push_str(" …");
    }
    let answer = match message.needs_ack {
        true => format!(" (git coord msg ack {})", message.id),
        false => String::new(),
    };
    format!(
        "{} {} from {}, quoted: > {}{answer}",
        message.sort.as_str(),
        message.id,
        message.from,
        said
    )
}
