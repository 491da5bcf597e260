//! Who speaks for an agent: whoever did so first, by the key or else by the committer's address.

use crate::domain::decide::{Decided, Desk};
use crate::model::id::AgentName;
use crate::model::record::Damage;
use crate::model::refusal::Refusal;
use crate::model::relay::{Did, FromCommit, Speaker, SpeakerRecord, Told};
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::not_allowed;

/// Checks that it is the same who spoke for the agent before, and remembers the first one.
pub(super) fn check(
    desk: &mut Desk<'_>,
    agent: &AgentName,
    from: &FromCommit,
) -> Result<(), Refusal> {
    let place = Speaker::place(agent);
    let known: Option<SpeakerRecord> = desk.staged.read(&place)?;
    let Some(known) = known else {
        let body = Speaker {
            agent: agent.clone(),
            committer: from.committer.clone(),
            key: from.key.clone(),
            branch: from.branch.clone(),
        };
        let record = Stored::new(desk.stamp, desk.staged.next_rev(), body);
        return desk.staged.put(&place, &record);
    };
    if known.agent != *agent {
        let why = format!("it is about {}, and belongs elsewhere", known.agent);
        return Err(Damage::new(&place, why).into());
    }
    let is_same = match &known.key {
        Some(_) => known.key == from.key,
        None => known.committer == from.committer,
    };
    if is_same {
        return Ok(());
    }
    let by = |key: &Option<_>, committer: &crate::model::text::Text| match key {
        Some(key) => format!("the key {}", crate::model::text::Text::as_str(key)),
        None => format!("the committer {}", committer.as_str()),
    };
    Err(not_allowed(format!(
        "{agent} is spoken for by {} since {}, and this is {}; `git coord relay --unpin {agent}` \
         lets another one speak",
        by(&known.key, &known.committer),
        known.head.at,
        by(&from.key, &from.committer),
    )))
}

/// Lets the next one be the first again.
pub(super) fn forget(desk: &mut Desk<'_>, agent: &AgentName) -> Result<Decided, Refusal> {
    let place = Speaker::place(agent);
    let is_there = crate::domain::State::get(&desk.staged, &place)?.is_some();
    if is_there {
        desk.staged.remove(&place);
    }
    let told = Told {
        did: Did::Unpinned,
        id: None,
        result: None,
    };
    Ok(Decided {
        reply: Reply::Relay(Box::new(told)),
        subject: format!("relay unpin {agent} by {}", desk.me().agent),
        is_change: is_there,
    })
}
