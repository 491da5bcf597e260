//! Every ref name that git-coord uses, spelled once.

use crate::model::object_id::ObjectId;

/// The chain of states: the authority's copy under a local authority, the last state seen
/// under a remote one.
pub const STATE: &str = "refs/coord/state";
/// Where old chains are kept after a compaction, one ref per epoch number.
pub const EPOCHS: &str = "refs/coord/epoch/";
/// What a fetch brought from a remote before it was checked; never read as truth.
pub const FETCHED: &str = "refs/coord/fetched/";

/// The ref that keeps the chain of a closed epoch.
pub fn epoch(number: u64) -> String {
    format!("{EPOCHS}{number}")
}

/// The quarantine ref of one remote.
pub fn fetched(remote: &str) -> String {
    format!("{FETCHED}{remote}")
}

/// An object id as git prints it where there may be none: zeros are none.
pub fn existing(hex: &str) -> Option<ObjectId> {
    hex.parse()
        .ok()
        .filter(|_| hex.bytes().any(|digit| digit != b'0'))
}
