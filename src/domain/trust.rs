//! How far an agent is trusted. Without a record it is as usual.

use crate::model::agent::{Did, SetTrust, TRUST, Told, Trust, TrustRecord};
use crate::model::id::AgentName;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;

use super::decide::{Decided, Desk};
use super::staged::State;

/// Of whom nothing is said.
pub const DEFAULT: u8 = 2;
/// What it takes to decide about what belongs to others.
pub const DECIDES: u8 = 3;

/// How far an agent is trusted, 0 to 4.
///
/// # Errors
/// When what is said about it cannot be read.
pub fn of(state: &dyn State, agent: &AgentName) -> Result<u8, Damage> {
    let place = Trust::place(agent);
    let Some(bytes) = state.get(&place)? else {
        return Ok(DEFAULT);
    };
    let trust: TrustRecord = record::parse(&place, &bytes)?;
    if trust.agent != *agent {
        let why = format!("it is about {}, and belongs elsewhere", trust.agent);
        return Err(Damage::new(&place, why));
    }
    Ok(trust.level.get())
}

/// Says how far an agent is trusted. Whoever is the first to say anything may; after that it takes
/// trust of one's own, and nobody gives more than he has or decides about who has more.
pub(super) fn set(desk: &mut Desk<'_>, ask: &SetTrust) -> Result<Decided, Refusal> {
    let me = desk.me().agent.clone();
    let before = of(&desk.staged, &ask.agent)?;
    let is_first = desk.staged.under(TRUST)?.is_empty();
    let own = of(&desk.staged, &me)?;
    if !is_first && own < DECIDES {
        return Err(Refusal::NotAllowed {
            what: format!("{me} has trust {own}; to say how far others are trusted needs 3"),
        });
    }
    if !is_first && own < before.max(ask.level.get()) {
        return Err(Refusal::NotAllowed {
            what: format!(
                "{me} has trust {own}, and cannot give more or decide about who has more"
            ),
        });
    }
    let body = Trust {
        agent: ask.agent.clone(),
        level: ask.level,
    };
    let place = Trust::place(&ask.agent);
    let record: TrustRecord = Stored::new(desk.stamp, desk.staged.next_rev(), body);
    let is_said = desk.staged.read::<TrustRecord>(&place)?.is_some();
    let is_change = !is_said || before != ask.level.get();
    if is_change {
        desk.staged.put(&place, &record)?;
    }
    let level = ask.level;
    let told = Told {
        trust: Some(level),
        ..Told::new(Did::Trusted, None)
    };
    Ok(Decided {
        reply: Reply::Agent(Box::new(told)),
        subject: format!("agent trust {} {} by {me}", ask.agent, level.get()),
        is_change,
    })
}
