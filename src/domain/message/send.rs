//! Sending a message, which may answer another.

use crate::model::message::{Did, INBOX_MAX, Message, MessageRecord, Send, Told};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::super::staged::State;
use super::{ack, expect, has_served, read};

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Send) -> Result<Decided, Refusal> {
    secret::check([("text", ask.text.as_str())], &ask.allow_secrets)?;
    let me = desk.me().clone();
    let answered = match &ask.reply_to {
        Some(named) => Some(expect(&desk.staged, named)?),
        None => None,
    };
    make_room(desk, ask)?;
    let mut n = 0;
    let id = desk.fresh_id(&mut n, |id| {
        Ok(desk.staged.get(&ask.to.place(id))?.is_some())
    })?;
    let thread = answered.as_ref().map(|answered| answered.thread.clone());
    let body = Message {
        thread: thread.unwrap_or_else(|| id.clone()),
        from: me.clone(),
        to: ask.to.clone(),
        sent: desk.stamp.at,
        sort: ask.sort,
        delivery: ask.delivery,
        text: ask.text.clone(),
        needs_ack: ask.needs_ack,
        expires: ask.expires,
        reply_to: answered.as_ref().map(|answered| answered.id.clone()),
        task: ask.task.clone(),
        acks: Vec::new(),
        id,
    };
    let place = body.to.place(&body.id);
    let record: MessageRecord = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    desk.staged.put(&place, &record)?;
    // Who answers has taken note.
    if let Some(answered) = answered.filter(|answered| answered.needs_ack && answered.from != me) {
        ack::mark(desk, answered)?;
    }
    let line = ask.text.as_str().lines().next().unwrap_or_default();
    let subject = format!("msg {} to {} by {}: {line}", record.id, ask.to, me.agent);
    let told = Told {
        did: Did::Sent,
        messages: vec![record],
    };
    Ok(Decided::change(Reply::Message(Box::new(told)), subject))
}

/// Before a message is added where the receiver looks: what has served goes.
fn make_room(desk: &mut Desk<'_>, ask: &Send) -> Result<(), Refusal> {
    let mut count = 0;
    for (place, bytes) in desk.staged.under(&ask.to.dir())? {
        let message = bytes.and_then(|bytes| read(&place, &bytes));
        if message.is_ok_and(|message| has_served(&message, desk.stamp.at)) {
            desk.staged.remove(&place);
        } else {
            count += 1;
        }
    }
    if count >= INBOX_MAX {
        return Err(Refusal::Limit {
            what: format!("messages that wait for {}", ask.to),
            most: INBOX_MAX,
        });
    }
    Ok(())
}
