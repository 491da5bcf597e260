//! The record of a session that waits for keys. A session waits for one set at a time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, OpId};
use super::key::Key;
use super::lock::Mode;
use super::place::{Place, PlaceError, encode_component};
use super::record::Record;
use super::time::Timestamp;

/// Directory of all waiting records.
pub const WAITS: &str = "waits";

/// An intent to lock, in order of arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitRecord {
    /// Format version.
    pub v: u32,
    /// Always `wait`.
    pub kind: String,
    /// The operation that wrote it.
    pub op: OpId,
    /// The number of the state that it was first written in: the place in the queue.
    pub rev: u64,
    /// When, by the writer's wall clock.
    pub at: Timestamp,
    /// Who waits.
    pub by: Actor,
    /// All that is wanted, all or nothing.
    pub keys: Vec<Key>,
    /// In which mode.
    pub mode: Mode,
    /// When the session gives up, by its own wall clock; it counts for nobody after that.
    pub until: Timestamp,
    /// When a release made all of its keys free: nobody later goes first for a short grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Timestamp>,
}

impl WaitRecord {
    /// Where an actor's intent is kept.
    ///
    /// # Errors
    /// Never for the names that [`Actor`] admits.
    pub fn place(actor: &Actor) -> Result<Place, PlaceError> {
        let agent = encode_component(actor.agent.as_str().as_bytes());
        let session = encode_component(actor.session.as_str().as_bytes());
        Place::new(&format!("{WAITS}/{agent}/{session}.json"))
    }
}

impl Record for WaitRecord {
    const KIND: &'static str = "wait";

    fn head(&self) -> (u32, &str) {
        (self.v, &self.kind)
    }
}
