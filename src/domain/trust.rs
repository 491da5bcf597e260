//! How much an agent is trusted: 0 to 4, and 2 unless its record says otherwise.

use crate::model::id::AgentName;
use crate::model::place::{Place, encode_component};
use crate::model::record::Damage;

use super::staged::State;

/// The trust of those of whom nothing is said.
pub const DEFAULT: u8 = 2;
/// The trust from which an agent may decide about the work of others.
pub const DECIDES: u8 = 3;

/// The trust of an agent.
///
/// # Errors
/// When its record cannot be read: nobody is trusted more, or less, because of damage.
pub fn of(state: &dyn State, agent: &AgentName) -> Result<u8, Damage> {
    let name = encode_component(agent.as_str().as_bytes());
    let place = Place::encoded(format!("trust/{name}.json"));
    let Some(bytes) = state.get(&place)? else {
        return Ok(DEFAULT);
    };
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|why| Damage::new(&place, why))?;
    let level = value.get("level").and_then(serde_json::Value::as_u64);
    level
        .and_then(|level| u8::try_from(level).ok())
        .filter(|level| *level <= 4)
        .ok_or_else(|| Damage::new(&place, "it has no level from 0 to 4"))
}
