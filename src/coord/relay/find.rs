//! Bringing the branches that may have requests, and reading those that are new.

use std::collections::BTreeMap;

use crate::model::branch::Branch;
use crate::model::object_id::ObjectId;
use crate::model::relay::{Rule, TRAILER, TrackRule};
use crate::model::text::Text;
use crate::store::names;

use super::super::request::{self, Carried};
use super::super::{Coord, Failure, local};
use super::{BOARD_BRANCH, Known, STATE_BRANCH};

/// Most requests of one branch that a round looks at, the newest ones.
const REQUESTS_MAX: usize = 2_000;
/// What this clone has looked at.
const FILE: &str = "relay.json";

/// The branches of the remote as they were just fetched, by their names.
pub(super) type Branches = BTreeMap<String, ObjectId>;

/// A request that was found.
pub(super) struct Found {
    pub(super) commit: ObjectId,
    /// Every branch that has it, in the order of their names.
    pub(super) branches: Vec<Branch>,
    pub(super) carried: Carried,
    /// The fingerprint of the key that signed it well.
    pub(super) key: Option<Text>,
}

/// Fetches all branches that a rule is about or that are followed, the main branch, and those that are published.
pub(super) fn fetch<'r>(
    coord: &Coord,
    remote: &str,
    rules: &[Rule],
    followed: impl Iterator<Item = &'r TrackRule>,
) -> Result<Branches, Failure> {
    let mut beginnings: Vec<String> = rules
        .iter()
        .map(|rule| rule.beginning().0.to_owned())
        .collect();
    beginnings.extend(followed.map(|rule| rule.beginning().to_owned()));
    beginnings.extend([
        STATE_BRANCH.into(),
        BOARD_BRANCH.into(),
        coord.main_of(remote),
    ]);
    beginnings.sort();
    beginnings.dedup();
    let fetched = coord.repo.fetch_apart(remote, &beginnings)?;
    let folder = names::relayed(remote, "");
    let named = fetched.into_iter();
    Ok(named
        .filter_map(|(name, tip)| Some((name.strip_prefix(&folder)?.to_owned(), tip)))
        .collect())
}

/// The requests that are on branches that a rule is about and that this clone has not looked at, those
/// of each branch oldest first, and one of each branch before the second of any.
pub(super) fn new(
    coord: &Coord,
    remote: &str,
    rules: &[Rule],
    branches: &Branches,
) -> Result<Vec<Found>, Failure> {
    let known: Known = local::load(&coord.repo.coord_dir().join(FILE));
    let main = branches.get(&coord.main_of(remote));
    let mut found: Vec<(usize, Found)> = Vec::new();
    let mut places: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (name, tip) in about(rules, branches) {
        if known.tips.get(name) == Some(tip) {
            continue;
        }
        // No name of a branch that we could write down is none that may speak.
        let Ok(branch) = name.parse::<Branch>() else {
            continue;
        };
        let seen = known.tips.values().chain(main);
        for (turn, commit) in requests_of(coord, tip, seen)?.into_iter().enumerate() {
            if let Some(place) = places.get(&commit) {
                found[*place].1.branches.push(branch.clone());
                continue;
            }
            let Some(carried) = request::read(&coord.repo, &commit)? else {
                continue;
            };
            let is_signed = carried.commit.as_ref().is_some_and(|commit| commit.signed);
            let key = if is_signed {
                key_of(coord, &commit)?
            } else {
                None
            };
            places.insert(commit, found.len());
            let branches = vec![branch.clone()];
            found.push((
                turn,
                Found {
                    commit,
                    branches,
                    carried,
                    key,
                },
            ));
        }
    }
    // Sorting keeps the order of the names.
    found.sort_by_key(|(turn, _)| *turn);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// Remembers that nothing is left to do on the branches as they were fetched.
pub(super) fn remember(coord: &Coord, rules: &[Rule], branches: &Branches) {
    let tips = about(rules, branches);
    let tips = tips.map(|(name, tip)| (name.clone(), *tip)).collect();
    let file = coord.repo.coord_dir().join(FILE);
    let known = Known { tips };
    if local::load::<Known>(&file) != known {
        local::store(&file, &known);
    }
}

fn about<'b>(
    rules: &[Rule],
    branches: &'b Branches,
) -> impl Iterator<Item = (&'b String, &'b ObjectId)> {
    branches
        .iter()
        .filter(|(name, _)| rules.iter().any(|rule| rule.is_about(name)))
}

/// The commits below a tip that say that they are requests, oldest first.
fn requests_of<'k>(
    coord: &Coord,
    tip: &ObjectId,
    known: impl Iterator<Item = &'k ObjectId>,
) -> Result<Vec<ObjectId>, Failure> {
    let mut wanted = format!("{tip}\n");
    for known in known {
        wanted.push_str(&format!("^{known}\n"));
    }
    let args = [
        "rev-list",
        "--topo-order",
        "--reverse",
        // What was looked at may be gone since.
        "--ignore-missing",
        &format!("--max-count={REQUESTS_MAX}"),
        &format!("--grep=^{TRAILER}"),
        "--stdin",
    ];
    let listed = coord.repo.git().expect(&args, Some(wanted.as_bytes()))?;
    let listed = String::from_utf8_lossy(&listed);
    Ok(listed.lines().filter_map(|id| id.parse().ok()).collect())
}

/// The fingerprint of the key that signed a commit, if git finds the signature good. Whether the key
/// is anybody's we know is for the rules and the pin to say.
fn key_of(coord: &Coord, commit: &ObjectId) -> Result<Option<Text>, Failure> {
    let id = commit.to_string();
    let args = ["show", "--no-patch", "--format=%G?%n%GF", &id];
    let shown = coord.repo.git().run(&args, None, None)?.text();
    let mut lines = shown.lines();
    let is_good = matches!(lines.next(), Some("G" | "U"));
    let key = lines.next().and_then(|key| key.parse().ok());
    Ok(key.filter(|_| is_good))
}
