//! Requests that came on a branch or a page: decided as those who asked, with the answer in the same
//! commit.
//!
//! Whether the branch may speak for the agent is for the relay to say, which knows the rules; here it
//! is checked that it is the same who spoke for the agent before, that the request is not so old that
//! its answer may be gone, and that there is no answer yet. Who did something on a page is for the host
//! to say; here it is checked that this person may ask for it.

mod decide;
mod pin;
pub mod rights;
mod turn;

use crate::model::id::{AgentName, OpId};
use crate::model::object_id::ObjectId;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::relay::{Answered, AnsweredRecord, Ask, TurnedDown, TurnedDownRecord};

use super::decide::{Decided, Desk};
use super::staged::State;

pub(super) use decide::apply;

/// The answer to a request of an agent, if there is one.
///
/// # Errors
/// When what stands there cannot be read, or is the answer to another request.
pub fn answer(
    state: &dyn State,
    agent: &AgentName,
    id: OpId,
) -> Result<Option<AnsweredRecord>, Damage> {
    let place = Answered::place(agent, id);
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let found: AnsweredRecord = record::parse(&place, &bytes)?;
    if found.id != id || found.head.by.agent != *agent {
        let why = format!("it is the answer to {} of {}", found.id, found.head.by);
        return Err(Damage::new(&place, why));
    }
    Ok(Some(found))
}

/// All answers of an agent, oldest request first. Those that cannot be read are left out.
///
/// # Errors
/// When the directory cannot be read.
pub fn answers(state: &dyn State, agent: &AgentName) -> Result<Vec<AnsweredRecord>, Damage> {
    let found = state.under(&Answered::dir(agent))?.into_iter();
    Ok(found
        .filter_map(|(place, bytes)| record::parse(&place, &bytes.ok()?).ok())
        .collect())
}

/// Why a commit was turned down, if it was.
///
/// # Errors
/// When what stands there cannot be read, or is about another commit.
pub fn turned_down(
    state: &dyn State,
    commit: &ObjectId,
) -> Result<Option<TurnedDownRecord>, Damage> {
    let place = TurnedDown::place(commit);
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let found: TurnedDownRecord = record::parse(&place, &bytes)?;
    if found.commit != *commit {
        let why = format!("it is about {}, and belongs elsewhere", found.commit);
        return Err(Damage::new(&place, why));
    }
    Ok(Some(found))
}

/// All but [`Ask::Apply`], which is no request of one's own.
pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    match ask {
        Ask::Apply(_) => Err(not_allowed(
            "a request that was relayed cannot relay another",
        )),
        Ask::TurnDown(wanted) => turn::down(desk, wanted),
        Ask::Cancel { id } => turn::cancel(desk, *id),
        Ask::Unpin { agent } => pin::forget(desk, agent),
    }
}

fn not_allowed(what: impl Into<String>) -> Refusal {
    Refusal::NotAllowed { what: what.into() }
}
