//! What a relay publishes as branches: the state, the chains that it closed, and the page for people.

use crate::env;
use crate::model::object_id::ObjectId;
use crate::store::{
    Backend, Commit, Error, NewObject, ObjectKind, Person, Pushed, RefSwap, contains, names, past,
};

use super::super::{Coord, Failure, view};
use super::find::Branches;
use super::{BOARD_BRANCH, Relayed, STATE_BRANCH, board};

/// The page on the branch.
const PAGE: &str = "README.md";

/// Moves the branches to what the state is now, in one push where the host can.
pub(super) fn publish(
    coord: &Coord,
    remote: &str,
    branches: &Branches,
    round: &mut Relayed,
) -> Result<(), Failure> {
    let Some(state) = view::trusted(coord)? else {
        return Ok(());
    };
    let mut swaps = Vec::new();
    let mirror = full(STATE_BRANCH);
    let published = branches.get(STATE_BRANCH).copied();
    // Where the state is decided on that very branch there is nothing to publish.
    if coord.settings.remote_ref != mirror && published != Some(state) {
        if let Some(old) = published
            && !contains(&coord.repo, Some(state), old)?
        {
            round.troubles.push(format!(
                "`{STATE_BRANCH}` was at {}, which is no state of this chain: somebody else has \
                 moved it; it is set right",
                old.short()
            ));
        }
        swaps.extend(closed(coord, state, published)?);
        swaps.push(RefSwap {
            name: mirror.clone(),
            old: published,
            new: state,
        });
    }
    if let Some(page) = page(coord, state, branches.get(BOARD_BRANCH).copied())? {
        swaps.push(page);
    }
    if swaps.is_empty() {
        return Ok(());
    }
    let pushed = match coord.repo.push(remote, &swaps)? {
        // A host that moves one ref at a time.
        Pushed::Lacks(_) => one_by_one(coord, remote, &swaps)?,
        pushed => pushed,
    };
    match pushed {
        Pushed::Moved => {
            let moved = |name: &str| swaps.iter().any(|swap| swap.name == name);
            round.published = moved(&mirror);
            round.board = moved(&full(BOARD_BRANCH));
        }
        // Another relay was first, or will be; the next round looks again.
        Pushed::Rejected(why) | Pushed::Unreached(why) | Pushed::Unknown(why) => {
            let first = why.lines().next().unwrap_or_default();
            let why = format!("`{STATE_BRANCH}` and `{BOARD_BRANCH}` could not be pushed: {first}");
            round.troubles.push(why);
        }
        Pushed::Lacks(_) => {}
    }
    Ok(())
}

fn full(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn one_by_one(coord: &Coord, remote: &str, swaps: &[RefSwap]) -> Result<Pushed, Error> {
    for swap in swaps {
        match coord.repo.push(remote, std::slice::from_ref(swap))? {
            Pushed::Moved => {}
            other => return Ok(other),
        }
    }
    Ok(Pushed::Moved)
}

/// The chains that were closed since the state was published last: who follows the branch needs them
/// to see that the new one continues the old.
fn closed(
    coord: &Coord,
    state: ObjectId,
    published: Option<ObjectId>,
) -> Result<Vec<RefSwap>, Error> {
    let Some(published) = published else {
        return Ok(Vec::new());
    };
    let mut swaps = Vec::new();
    for commit in past(&coord.repo, Some(state)) {
        let (id, commit) = commit?;
        if id == published {
            return Ok(swaps);
        }
        if let Some(link) = commit.epoch_link() {
            swaps.push(RefSwap {
                name: names::epoch_beside(&full(STATE_BRANCH), link.closed),
                old: None,
                new: link.tip,
            });
        }
    }
    // It was none of the chain, so nobody followed it.
    Ok(Vec::new())
}

/// A commit with the page as it is now; none when it is there already.
fn page(coord: &Coord, state: ObjectId, old: Option<ObjectId>) -> Result<Option<RefSwap>, Failure> {
    let text = board::of(&view::View::at(&coord.repo, Some(state))?);
    let hash = coord.repo.hash();
    let blob = NewObject::new(hash, ObjectKind::Blob, text.into_bytes());
    let mut entry = format!("100644 {PAGE}\0").into_bytes();
    entry.extend_from_slice(blob.id.as_bytes());
    let tree = NewObject::new(hash, ObjectKind::Tree, entry);
    let before = old.map(|old| coord.repo.tree_of(&old)).transpose()?;
    if before == Some(tree.id) {
        return Ok(None);
    }
    let person = Person::new("git-coord", "relay@git-coord.invalid");
    let commit = Commit {
        tree: tree.id,
        parent: old,
        author: person.clone(),
        committer: person,
        at: env::now().utc(),
        signed: false,
        message: format!("The board at {}\n", state.short()),
    };
    let commit = NewObject::new(hash, ObjectKind::Commit, commit.to_bytes());
    let new = commit.id;
    coord.repo.write(&[blob, tree, commit])?;
    Ok(Some(RefSwap {
        name: full(BOARD_BRANCH),
        old,
        new,
    }))
}
