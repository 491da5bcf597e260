//! Where closed chains are kept, here and on the remote: `refs/coord/epoch/<n>`.
//!
//! The number of an epoch can be taken by another chain, which was given up when the state was set
//! back before the end of that epoch. It is set aside under a name of its own, never lost.

use crate::model::object_id::ObjectId;
use crate::store::{
    Backend, Commit, Draft, EpochLink, Error, ObjectKind, RefSwap, Repo, contains, names,
};

use super::Coord;

/// The chains that the commits of a draft close. Several commands can share it, so the first commit
/// of an epoch may stand anywhere in it.
pub(super) fn in_draft(draft: &Draft<'_>) -> Result<Vec<EpochLink>, Error> {
    let objects = draft.objects().iter();
    let commits = objects.filter(|object| object.kind == ObjectKind::Commit);
    let mut links = Vec::new();
    for object in commits {
        links.extend(Commit::parse(&object.id, &object.data)?.epoch_link());
    }
    Ok(links)
}

/// What makes this clone keep a closed chain. A writer that died half-way through may have left the
/// ref at an earlier state of the same chain.
pub(super) fn kept_here(repo: &Repo, link: &EpochLink) -> Result<Vec<RefSwap>, Error> {
    let name = names::epoch(link.closed);
    let old = repo.tip(&name)?;
    let aside = |left| names::rescued_epoch(link.closed, &left);
    let mut swaps = moved(repo, name, old, link, aside)?;
    if let Some(aside) = swaps.get(1)
        && repo.tip(&aside.name)?.is_some()
    {
        swaps.truncate(1);
    }
    Ok(swaps)
}

/// What makes the remote keep it, where its number is free.
pub(super) fn kept_there(coord: &Coord, link: &EpochLink) -> RefSwap {
    RefSwap {
        name: names::epoch_beside(&coord.settings.remote_ref, link.closed),
        old: None,
        new: link.tip,
    }
}

/// The same where its number may be taken: by what stands there, which is fetched to see it and to
/// set it aside. None when all numbers are free.
pub(super) fn kept_instead(
    coord: &Coord,
    remote: &str,
    links: &[EpochLink],
) -> Result<Option<Vec<RefSwap>>, Error> {
    let state = &coord.settings.remote_ref;
    let mut swaps = Vec::new();
    let mut is_taken = false;
    for link in links {
        let name = names::epoch_beside(state, link.closed);
        let old = coord.repo.fetch(remote, &name)?;
        is_taken |= old.is_some();
        let aside = |left| names::rescued_epoch_beside(state, link.closed, &left);
        swaps.extend(moved(&coord.repo, name, old, link, aside)?);
    }
    Ok(is_taken.then_some(swaps))
}

/// What to do where the host does not let them make room.
pub(super) fn with_advice(coord: &Coord, remote: &str, links: &[EpochLink], why: String) -> String {
    let state = &coord.settings.remote_ref;
    let name = |link: &EpochLink| format!(":{}", names::epoch_beside(state, link.closed));
    let names: Vec<String> = links.iter().map(name).collect();
    format!(
        "{why}\n  a chain that was given up stands in the way there and cannot be set aside; take \
         it away with `git push {remote} {}`",
        names.join(" ")
    )
}

/// Moves a ref to the end of a closed chain; a second swap sets aside what is not part of it.
fn moved(
    repo: &Repo,
    name: String,
    old: Option<ObjectId>,
    link: &EpochLink,
    aside: impl FnOnce(ObjectId) -> String,
) -> Result<Vec<RefSwap>, Error> {
    let new = link.tip;
    let mut swaps = vec![RefSwap { name, old, new }];
    if let Some(left) = old
        && !contains(repo, Some(new), left)?
    {
        swaps.push(RefSwap {
            name: aside(left),
            old: None,
            new: left,
        });
    }
    Ok(swaps)
}
