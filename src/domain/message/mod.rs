//! Decisions about messages.

mod ack;
mod send;
#[cfg(test)]
mod tests;

use crate::model::message::{Ask, Message, MessageRecord, Named};
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;

use super::decide::{Decided, Desk};
use super::staged::State;

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Send(send) => send::decide(desk, send),
        Ask::Ack(ack) => ack::decide(desk, ack),
    }
}

/// Reads a message and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is none, or belongs elsewhere.
pub fn read(place: &Place, bytes: &[u8]) -> Result<MessageRecord, Damage> {
    let message: MessageRecord = record::parse(place, bytes)?;
    if message.to.place(&message.id) != *place {
        let why = format!("it is message `{}` to {}", message.id, message.to);
        return Err(Damage::new(place, why));
    }
    Ok(message)
}

/// The message that is named, which has to be there.
fn expect(state: &dyn State, named: &Named) -> Result<MessageRecord, Refusal> {
    let place = named.to.place(&named.id);
    match state.get(&place)? {
        Some(bytes) => Ok(read(&place, &bytes)?),
        None => Err(Refusal::NotFound {
            what: "message".into(),
            name: named.id.to_string(),
        }),
    }
}

/// Whether a message has been of no use for so long that it goes.
fn has_served(message: &Message, at: crate::model::time::Timestamp) -> bool {
    let is_long_ago = |then: crate::model::time::Timestamp| then.plus_secs(KEPT_SECS) < at;
    let acked = match &message.to {
        crate::model::message::To::Agent(_) | crate::model::message::To::Session(_) => {
            message.acks.first().map(|acked| acked.at)
        }
        // Others may not have seen it.
        _ => None,
    };
    acked.is_some_and(is_long_ago) || message.expires.is_some_and(is_long_ago)
}

/// Why a message did not arrive: its receiver is over.
pub const GONE: &str = "gone";
/// Why a message did not arrive: nobody took note of it in time.
pub const EXPIRED: &str = "expired";

/// What was acknowledged or has expired stays so long, in seconds.
const KEPT_SECS: u64 = 7 * 24 * 60 * 60;
