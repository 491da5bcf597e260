//! Sessions as others see them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::agent::{Signs, all, life};
use crate::domain::{State, lease};
use crate::model::agent::{Life, Presence, PresenceRecord};
use crate::model::id::{Actor, Id};
use crate::model::lock::LockRecord;
use crate::model::record::Damage;
use crate::model::stamp::Stamp;
use crate::model::time::Timestamp;

/// A session, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// Who.
    pub who: Actor,
    /// Whether that is this session.
    pub mine: bool,
    /// How it stands, as it is seen from here.
    pub life: Life,
    /// When it was last seen, by its own clock.
    pub seen: Timestamp,
    /// What it says of itself.
    #[serde(flatten)]
    pub session: Presence,
    /// How many locks it holds.
    pub locks: usize,
    /// The tasks that it has claimed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Id>,
}

/// What the locks say of one session.
#[derive(Default)]
struct Holds {
    locks: usize,
    claims: Vec<Id>,
    renewed: Option<Timestamp>,
    is_live: bool,
}

/// The sessions below a directory of records, and what could not be read.
///
/// # Errors
/// When the directory cannot be read.
pub fn sessions(
    state: &dyn State,
    dir: &str,
    locks: &[LockRecord],
    stamp: &Stamp,
) -> Result<(Vec<Seen>, Vec<Damage>), Damage> {
    let (records, damaged) = all(state, dir)?;
    let mut holds: BTreeMap<(&str, &str), Holds> = BTreeMap::new();
    for session in &records {
        let by = &session.head.by;
        holds.insert((by.agent.as_str(), by.session.as_str()), Holds::default());
    }
    for lock in locks {
        for hold in &lock.holds {
            let holder = (hold.agent.as_str(), hold.session.as_str());
            let Some(known) = holds.get_mut(&holder) else {
                continue;
            };
            known.locks += 1;
            known.claims.extend(lock.key.claimed_task());
            known.renewed = known.renewed.max(Some(hold.renewed));
            // One is enough.
            known.is_live = known.is_live || lease::ended(&lock.key, hold, stamp).is_none();
        }
    }
    let seen = records.iter().map(|record| {
        let by = &record.head.by;
        let holds = holds.remove(&(by.agent.as_str(), by.session.as_str()));
        seen(record, holds.unwrap_or_default(), stamp)
    });
    Ok((seen.collect(), damaged))
}

fn seen(record: &PresenceRecord, holds: Holds, stamp: &Stamp) -> Seen {
    let who = record.head.by.clone();
    let seen = holds
        .renewed
        .map_or(record.head.at, |renewed| record.head.at.max(renewed));
    let signs = Signs {
        seen,
        doing: record.doing,
        is_dead: stamp.watch.dead.contains(&who),
        holds_live: holds.is_live,
    };
    Seen {
        mine: who == stamp.by,
        life: life(&signs, stamp.at),
        seen,
        session: record.body.clone(),
        locks: holds.locks,
        claims: holds.claims,
        who,
    }
}
