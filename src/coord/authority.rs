//! Publishing a draft where compare-and-swap decides: this clone's ref, or the remote's.

use crate::model::object_id::ObjectId;
use crate::store::{Backend, Draft, EpochLink, Pushed, RefSwap, Swapped, contains, history, names};

use super::{Coord, Failure, pin, view};

/// How often a move is tried while git prunes the objects that it needs.
const SWAPS_MAX: usize = 5;

/// How a publication ended, when it did not fail.
pub(super) enum Published {
    /// The draft is the state now, or part of its past.
    Done,
    /// Somebody else was first; the view is fresh now.
    Lost,
}

/// What moves together with the state in one push.
#[derive(Clone, Debug, Default)]
pub(super) struct Alongside {
    /// Refs of the remote, each under its own lease.
    pub(super) swaps: Vec<RefSwap>,
}

/// Publishes the draft. The guard is held, and the local ref stands at the draft's base.
pub(super) fn publish(
    coord: &Coord,
    draft: &mut Draft<'_>,
    with: &Alongside,
) -> Result<Published, Failure> {
    let Some(new) = draft.tip() else {
        return Ok(Published::Done);
    };
    draft.write()?;
    let old = draft.base();
    let mut swaps = vec![RefSwap {
        name: names::STATE.into(),
        old,
        new,
    }];
    swaps.extend(closed_epoch(coord, new)?);
    let Some(remote) = &coord.settings.remote else {
        return Ok(match swap_whole(coord, draft, &swaps)? {
            Swapped::Moved => {
                pin::store(&coord.repo.coord_dir(), &new);
                Published::Done
            }
            Swapped::Lost => Published::Lost,
        });
    };
    let mut pushed = swaps.clone();
    pushed[0].name.clone_from(&coord.settings.remote_ref);
    pushed.extend(with.swaps.iter().cloned());
    let mut outcome = coord.repo.push(remote, &pushed)?;
    if matches!(outcome, Pushed::Unreached(_)) && draft.mend()? {
        // Git pruned what was to be pushed.
        outcome = coord.repo.push(remote, &pushed)?;
    }
    match outcome {
        Pushed::Moved => {
            adopt_own(coord, draft, &swaps)?;
            Ok(Published::Done)
        }
        Pushed::Unreached(why) => Err(Failure::Unreachable {
            remote: remote.clone(),
            why,
        }),
        Pushed::Rejected(why) => {
            let now = view::refresh(coord, remote)?;
            settle(coord, new, now, old, || Failure::Rejected {
                remote: remote.clone(),
                why,
            })
        }
        Pushed::Unknown(why) => {
            // A push that is still on its way can only land on the very tip that it was leased on,
            // so once the remote has moved on without it, it never will.
            let unknown = || Failure::Unknown {
                remote: remote.clone(),
                why: why.clone(),
            };
            let now = view::refresh(coord, remote).map_err(|_| unknown())?;
            settle(coord, new, now, old, unknown)
        }
    }
}

/// Moves local refs to a state whose objects are all there, whatever git prunes meanwhile. Before
/// the move nothing protects them; after it, only a pruning that had begun before can take them.
fn swap_whole(coord: &Coord, draft: &Draft<'_>, swaps: &[RefSwap]) -> Result<Swapped, Failure> {
    let mut tries = 1..SWAPS_MAX;
    loop {
        match coord.repo.swap(swaps) {
            Err(why) => {
                if !draft.mend()? || tries.next().is_none() {
                    return Err(why.into());
                }
            }
            Ok(Swapped::Moved) => {
                while draft.mend()? && tries.next().is_some() {}
                return Ok(Swapped::Moved);
            }
            Ok(Swapped::Lost) => return Ok(Swapped::Lost),
        }
    }
}

/// Decides by ancestry what became of a push whose answer was no, or did not come.
fn settle(
    coord: &Coord,
    pushed: ObjectId,
    now: Option<ObjectId>,
    before: Option<ObjectId>,
    otherwise: impl FnOnce() -> Failure,
) -> Result<Published, Failure> {
    if contains(&coord.repo, now, pushed)? {
        return Ok(Published::Done);
    }
    if now != before {
        Ok(Published::Lost)
    } else {
        Err(otherwise())
    }
}

/// Moves the local refs after the remote has confirmed them.
fn adopt_own(coord: &Coord, draft: &Draft<'_>, swaps: &[RefSwap]) -> Result<(), Failure> {
    for swap in &swaps[1..] {
        // Kept for history's sake; the remote has it.
        let _ = coord.repo.swap(std::slice::from_ref(swap))?;
    }
    draft.mend()?;
    view::adopt(coord, swaps[0].old, Some(swaps[0].new))?;
    draft.mend()?;
    view::confirm(coord);
    Ok(())
}

/// When the draft begins a new epoch, the ref that keeps the closed chain.
fn closed_epoch(coord: &Coord, new: ObjectId) -> Result<Option<RefSwap>, Failure> {
    // Only the draft's own first commit can be a root; everything below it is history.
    let Some(first) = history(&coord.repo, Some(new)).next().transpose()? else {
        return Ok(None);
    };
    Ok(first
        .1
        .epoch_link()
        .map(|EpochLink { closed, tip }| RefSwap {
            name: names::epoch(closed),
            old: None,
            new: tip,
        }))
}
