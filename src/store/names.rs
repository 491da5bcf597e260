//! Every ref name that git-coord uses, spelled once.

use crate::model::object_id::ObjectId;

/// The chain of states: the authority's copy under a local authority, the last state seen
/// under a remote one.
pub const STATE: &str = "refs/coord/state";
/// Where old chains are kept after a compaction, one ref per epoch number.
pub const EPOCHS: &str = "refs/coord/epoch/";
/// Chains of this clone alone that it left when it joined a remote.
pub const LOCAL: &str = "refs/coord/local/";
/// What a fetch brought from a remote before it was checked; never read as truth.
pub const FETCHED: &str = "refs/coord/fetched/";

/// Notes that show the handoffs at a commit; a view, which is rendered from the state.
pub const HANDOFF_NOTES: &str = "refs/notes/coord/handoffs";

/// Tips that a repair set aside, one ref for each; nothing reads them but people.
pub const RESCUED: &str = "refs/coord/rescued/";

/// The ref that keeps the chain of a closed epoch.
pub fn epoch(number: u64) -> String {
    format!("{EPOCHS}{number}")
}

/// The ref for a closed chain whose number another one has taken.
pub fn rescued_epoch(number: u64, tip: &ObjectId) -> String {
    format!("{RESCUED}epoch-{number}-{}", tip.short())
}

/// The ref that keeps a closed chain on a remote: beside the state, wherever that is placed, so that
/// a host which takes the one takes the other.
pub fn epoch_beside(state: &str, number: u64) -> String {
    match state.rsplit_once('/') {
        Some((dir, "state")) => format!("{dir}/epoch/{number}"),
        Some((dir, name)) => format!("{dir}/epoch-{name}/{number}"),
        None => epoch(number),
    }
}

/// The quarantine ref for a ref of a remote. Its whole name is in it, so that fetching one does not
/// prune another.
pub fn fetched(remote: &str, name: &str) -> String {
    let name = name.strip_prefix("refs/").unwrap_or(name);
    format!("{FETCHED}{remote}/{name}")
}

/// An object id as git prints it where there may be none: zeros are none.
pub fn existing(hex: &str) -> Option<ObjectId> {
    hex.parse()
        .ok()
        .filter(|_| hex.bytes().any(|digit| digit != b'0'))
}
