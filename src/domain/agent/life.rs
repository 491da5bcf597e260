//! How a session stands, from what is seen of it. Limits are generous: a session that thinks or
//! compiles says nothing, and nobody loses anything by being called idle.

use crate::model::agent::{Doing, Life};
use crate::model::time::Timestamp;

/// Seen within this time, a session is alive, in seconds. Longer than a record is left alone.
pub(super) const ALIVE_SECS: u64 = 30 * 60;
/// Seen within this time, it is idle, in seconds.
const IDLE_SECS: u64 = 2 * 60 * 60;
/// Not seen for this time, it is gone, in seconds.
pub(super) const GONE_SECS: u64 = 24 * 60 * 60;

/// What is seen of a session.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    /// When it last wrote its record or renewed a lock, by its own clock.
    pub seen: Timestamp,
    /// What it says that it is doing.
    pub doing: Doing,
    /// Its process, on the observer's machine, is proven to be gone.
    pub is_dead: bool,
    /// It holds a lock whose lease has not ended.
    pub holds_live: bool,
}

/// How a session stands at a time.
pub fn life(signs: &Signs, at: Timestamp) -> Life {
    // A clock that is ahead proves nothing; it counts as seen now.
    let quiet = u64::try_from(at.secs_since(signs.seen)).unwrap_or(0);
    match quiet {
        _ if signs.is_dead => Life::Gone,
        0..ALIVE_SECS if signs.doing == Doing::Idle => Life::Idle,
        0..ALIVE_SECS => Life::Alive,
        ALIVE_SECS..IDLE_SECS => Life::Idle,
        IDLE_SECS..GONE_SECS => Life::Stale,
        // Its lease still counts for others, so it is not over.
        GONE_SECS.. if signs.holds_live => Life::Stale,
        GONE_SECS.. => Life::Gone,
    }
}
