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

/// Notes that show how landed commits were checked; a view as well.
pub const CHECK_NOTES: &str = "refs/notes/coord/checks";

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

/// The ref on a remote for a closed chain whose number another one has taken there.
pub fn rescued_epoch_beside(state: &str, number: u64, tip: &ObjectId) -> String {
    let epoch = epoch_beside(state, number);
    let dir = state.rsplit_once('/').map_or("refs/coord", |(dir, _)| dir);
    let last = epoch.strip_prefix(dir).unwrap_or(&epoch);
    let last = last.trim_start_matches('/').replace('/', "-");
    format!("{dir}/rescued/{last}-{}", tip.short())
}

/// The quarantine ref for a ref of a remote. Its whole name is in it, so that fetching one does not
/// prune another.
pub fn fetched(remote: &str, name: &str) -> String {
    let name = name.strip_prefix("refs/").unwrap_or(name);
    format!("{FETCHED}{remote}/{name}")
}

/// The quarantine ref for a branch that a relay looks at. Apart from the others, since those that
/// land bring and prune their own.
pub fn relayed(remote: &str, branch: &str) -> String {
    format!("{FETCHED}{remote}/relay/{branch}")
}

/// An object id as git prints it where there may be none: zeros are none.
pub fn existing(hex: &str) -> Option<ObjectId> {
    hex.parse()
        .ok()
        .filter(|_| hex.bytes().any(|digit| digit != b'0'))
}

#[cfg(test)]
mod tests {
    use super::{epoch_beside, rescued_epoch, rescued_epoch_beside};

    #[test]
    fn closed_chains_are_kept_beside_their_state() {
        let tip = "a".repeat(40).parse().expect("an id");
        for (state, epoch, rescued) in [
            (
                "refs/coord/state",
                "refs/coord/epoch/3",
                rescued_epoch(3, &tip),
            ),
            (
                "refs/heads/coord/state",
                "refs/heads/coord/epoch/3",
                "refs/heads/coord/rescued/epoch-3-aaaaaaaaaa".into(),
            ),
            (
                "refs/coord/web",
                "refs/coord/epoch-web/3",
                "refs/coord/rescued/epoch-web-3-aaaaaaaaaa".into(),
            ),
        ] {
            assert_eq!(epoch_beside(state, 3), epoch);
            assert_eq!(rescued_epoch_beside(state, 3, &tip), rescued);
        }
    }
}
