//! Whether every object of the chain is here.

use std::collections::BTreeMap;

use crate::coord::Coord;
use crate::model::object_id::ObjectId;
use crate::store::{Inspected, inspect};

use super::anchor::Anchor;
use super::finding::Judged;
use super::tip::{Seen, Tip};

/// The chain of the trusted tip, as far as it can be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub(super) inspected: Inspected,
    /// Everything that is not here or cannot be read, with the reason.
    pub(super) lost: BTreeMap<ObjectId, String>,
    /// Commits below which a shallow clone has nothing.
    pub(super) shallow: Vec<ObjectId>,
}

pub(super) fn gather(coord: &Coord, anchor: &Anchor) -> Chain {
    let Some(tip) = anchor.trusted() else {
        return Chain::default();
    };
    look(coord, tip.id)
}

/// Looks through the chain of a tip.
pub(super) fn look(coord: &Coord, tip: ObjectId) -> Chain {
    let file = coord.repo().layout().common_dir.join("shallow");
    let shallow: Vec<ObjectId> = std::fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect();
    let inspected = inspect(coord.repo(), tip, &|id| shallow.contains(id));
    let mut lost = inspected.unreadable.clone();
    lost.extend(absent(coord, &inspected));
    Chain {
        inspected,
        lost,
        shallow,
    }
}

/// The records that are not here: one question to git for all of them.
fn absent(coord: &Coord, inspected: &Inspected) -> Vec<(ObjectId, String)> {
    if inspected.blobs.is_empty() {
        return Vec::new();
    }
    let asked: String = inspected.blobs.iter().map(|id| format!("{id}\n")).collect();
    let args = [
        "cat-file",
        "--batch-check=%(objectname) %(objecttype)",
        "--buffer",
    ];
    let Ok(answer) = coord.repo().git().run(&args, Some(asked.as_bytes()), None) else {
        return Vec::new();
    };
    let missing = |line: &str| {
        let id = line.strip_suffix(" missing")?.parse().ok()?;
        Some((id, format!("object {id} is missing from this repository")))
    };
    answer.text().lines().filter_map(missing).collect()
}

pub(super) fn judge(chain: &Chain) -> Judged {
    let count = chain.inspected.blobs.len() + chain.inspected.commits.len();
    if chain.lost.is_empty() {
        return match count {
            0 => Judged::ok("none yet"),
            _ => Judged::ok(format!(
                "every commit, tree and record of {} states is here",
                chain.inspected.commits.len()
            )),
        };
    }
    Judged::problem(format!(
        "{} objects of the chain are missing or cannot be read",
        chain.lost.len()
    ))
    .details(chain.lost.iter().map(named))
    .advice(
        "`git coord doctor --fix` fetches them again or makes them again from the log; a copy \
         of this repository's `objects` folder would do as well",
    )
    .fixable()
}

/// Git's own words do not always say which object they are about.
fn named((id, why): (&ObjectId, &String)) -> String {
    let is_named = why.contains(&id.to_string());
    if is_named {
        why.clone()
    } else {
        format!("object {id}: {why}")
    }
}

/// The state with the highest number of all commits that are left here, named by a ref or not: the
/// last resort when neither the ref nor the pin leads anywhere.
pub(super) fn newest_left(coord: &Coord) -> Option<Tip> {
    let args = [
        "cat-file",
        "--batch-all-objects",
        "--unordered",
        "--batch-check=%(objecttype) %(objectname)",
        "--buffer",
    ];
    let listed = coord.repo().git().run(&args, None, None).ok()?.text();
    let commits = listed
        .lines()
        .filter_map(|line| line.strip_prefix("commit ")?.parse().ok());
    let states = commits.filter_map(|id| {
        let tip = Tip::of(coord, id);
        match tip.seen {
            Seen::State { rev, .. } => Some((rev, tip)),
            Seen::Missing | Seen::Damaged(_) | Seen::Alien(_) => None,
        }
    });
    states.max_by_key(|(rev, _)| *rev).map(|(_, tip)| tip)
}
