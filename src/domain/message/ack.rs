//! Taking note of messages.

use crate::model::limits::{BATCH_MAX, LIST_MAX};
use crate::model::message::{Ack, Acked, Did, MessageRecord, To, Told};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::expect;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ack) -> Result<Decided, Refusal> {
    if ask.messages.len() > BATCH_MAX {
        return Err(Refusal::Limit {
            what: "messages in one request".into(),
            most: BATCH_MAX,
        });
    }
    let me = desk.me().clone();
    let mut messages = Vec::new();
    for named in &ask.messages {
        let message = expect(&desk.staged, named)?;
        // Whoever reads what is asked of a role has it, or acts for who does.
        if !message.to.is_for(&me, |_| true) {
            let to = &message.to;
            return Err(match to {
                To::Session(owner) => Refusal::NotYours {
                    what: "message".into(),
                    name: message.id.to_string(),
                    owner: owner.clone(),
                },
                _ => Refusal::NotAllowed {
                    what: format!(
                        "message `{}` is to {to}, who alone can take note",
                        message.id
                    ),
                },
            });
        }
        messages.push(mark(desk, message)?);
    }
    let ids: Vec<&str> = ask.messages.iter().map(|one| one.id.as_str()).collect();
    let shown = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let more = match ids.len().saturating_sub(3) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let told = Told {
        did: Did::Acked,
        messages,
    };
    Ok(Decided {
        reply: Reply::Message(Box::new(told)),
        subject: format!("msg ack {shown}{more} by {}", me.agent),
        is_change: !desk.staged.is_empty(),
    })
}

/// Marks one message; once is enough.
pub(super) fn mark(desk: &mut Desk<'_>, message: MessageRecord) -> Result<MessageRecord, Refusal> {
    let me = desk.me().clone();
    if message.is_acked_for(&me) {
        return Ok(message);
    }
    let mut body = message.body;
    if body.acks.len() >= LIST_MAX {
        return Err(Refusal::Limit {
            what: format!("acknowledgements of message `{}`", body.id),
            most: LIST_MAX,
        });
    }
    body.acks.push(Acked {
        by: me,
        at: desk.stamp.at,
    });
    let place = body.to.place(&body.id);
    let record: MessageRecord = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    desk.staged.put(&place, &record)?;
    Ok(record)
}
