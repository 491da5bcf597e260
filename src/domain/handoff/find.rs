//! Finding handoffs.

use crate::model::handoff::{HANDOFFS, Handoff, HandoffRecord};
use crate::model::id::Id;
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;

use super::super::staged::State;

/// The handoff of this name.
///
/// # Errors
/// When what stands there cannot be read, or is another handoff.
pub fn get(state: &dyn State, id: &Id) -> Result<Option<HandoffRecord>, Damage> {
    let place = Handoff::place(id);
    state
        .get(&place)?
        .map(|bytes| read(&place, &bytes))
        .transpose()
}

/// The handoff of this name, which has to be there.
///
/// # Errors
/// [`Refusal::NotFound`], or damage.
pub fn expect(state: &dyn State, id: &Id) -> Result<HandoffRecord, Refusal> {
    get(state, id)?.ok_or_else(|| Refusal::NotFound {
        what: "handoff".into(),
        name: id.to_string(),
    })
}

/// All handoffs, newest first, and what could not be read among them.
///
/// # Errors
/// When their directory cannot be read.
pub fn all(state: &dyn State) -> Result<(Vec<HandoffRecord>, Vec<Damage>), Damage> {
    let mut handoffs = Vec::new();
    let mut damaged = Vec::new();
    for (place, bytes) in state.under(HANDOFFS)? {
        match bytes.and_then(|bytes| read(&place, &bytes)) {
            Ok(handoff) => handoffs.push(handoff),
            Err(damage) => damaged.push(damage),
        }
    }
    handoffs.sort_by(|one, other| {
        let order = other.written_rev.cmp(&one.written_rev);
        order.then_with(|| one.id.cmp(&other.id))
    });
    Ok((handoffs, damaged))
}

/// The newest of those that fit, of a list that has the newest first.
pub fn newest(
    handoffs: &[HandoffRecord],
    fits: impl Fn(&HandoffRecord) -> bool,
) -> Option<&HandoffRecord> {
    handoffs.iter().find(|handoff| fits(handoff))
}

/// Reads a handoff and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is no handoff, or another one.
pub fn read(place: &Place, bytes: &[u8]) -> Result<HandoffRecord, Damage> {
    let handoff: HandoffRecord = record::parse(place, bytes)?;
    if Handoff::place(&handoff.id) != *place {
        let why = format!("it is handoff `{}`, which belongs elsewhere", handoff.id);
        return Err(Damage::new(place, why));
    }
    Ok(handoff)
}
