//! Following a chain: what another tip is to the one that this clone trusts, and moving there.

use std::time::SystemTime;

use crate::domain::State;
use crate::model::object_id::ObjectId;
use crate::store::{
    Advance, Backend, EpochLink, Error, RefSwap, Repo, Swapped, advance, names, past,
};

use super::view::{self, View};
use super::{Coord, Failure, closed, pin};

/// As [`advance`], to a tip that is a state with the number that the way to it gives. Descent alone
/// is no proof: whoever may write the ref can put any commit on top, and a pin that had moved to
/// it would take its removal for a shortened chain.
///
/// # Errors
/// As [`advance`], and when the tip is no such state. Nothing is adopted then.
pub(super) fn advance_to_state(
    repo: &Repo,
    trusted: Option<ObjectId>,
    offered: Option<ObjectId>,
) -> Result<Advance, Error> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::FollowsAnything) && offered.is_some() {
        return Ok(match trusted == offered {
            true => Advance::Same,
            false => Advance::Forward(0),
        });
    }
    let judged = advance(repo, trusted, offered)?;
    if let (Advance::Forward(_) | Advance::NewEpoch, Some(id)) = (&judged, offered) {
        let rev = View::at(repo, offered)?.rev();
        // What an older version trusted may be no state itself, and then tells nothing.
        let before = trusted.and_then(|_| View::at(repo, trusted).ok());
        let is_next = before.is_none_or(|before| match judged {
            Advance::Forward(steps) => before.rev().checked_add(steps) == Some(rev),
            Advance::Same | Advance::NewEpoch => before.rev() < rev,
        });
        if !is_next {
            let why = format!("it is no state of git-coord: it cannot have the number {rev}");
            return Err(Error::damaged(format!("commit {id}"), why));
        }
    }
    Ok(judged)
}

/// Makes the tip that was asked for at that time the view, as it was judged. The guard is held.
pub(super) fn follow(
    coord: &Coord,
    asked: SystemTime,
    judged: &Advance,
    ours: Option<ObjectId>,
    offered: Option<ObjectId>,
) -> Result<(), Failure> {
    match judged {
        Advance::Same => {}
        Advance::Forward(_) => adopt(coord, ours, offered)?,
        Advance::NewEpoch => {
            keep_closed(&coord.repo, ours, offered)?;
            adopt(coord, ours, offered)?;
        }
    }
    view::confirm_as_of(coord, asked, offered);
    Ok(())
}

/// Judges an offered tip, bringing closed chains here as long as they are needed to follow the
/// links between epochs.
///
/// `bring` fetches a ref of the remote into quarantine. What it brings is not kept before it is
/// judged: a forged link may name any chain.
///
/// # Errors
/// When the offered tip does not continue ours, or the remote cannot be used.
pub(super) fn judge(
    coord: &Coord,
    ours: Option<ObjectId>,
    offered: Option<ObjectId>,
    bring: &dyn Fn(&str) -> Result<Option<ObjectId>, Error>,
) -> Result<Advance, Error> {
    loop {
        match advance_to_state(&coord.repo, ours, offered) {
            Err(Error::Rewritten {
                trusted,
                offered: Some(offered),
                why,
            }) => {
                let Some(link) = broken_link(&coord.repo, offered)? else {
                    let offered = Some(offered);
                    return Err(Error::Rewritten {
                        trusted,
                        offered,
                        why,
                    });
                };
                // Each time it is an older chain, so this comes to an end.
                let there = names::epoch_beside(&coord.settings.remote_ref, link.closed);
                if bring(&there)? != Some(link.tip) {
                    let why = format!(
                        "it continues a chain of epoch {} that the remote does not have, so it \
                         cannot be seen whether that continues the state of this clone",
                        link.closed
                    );
                    return Err(Error::Rewritten {
                        trusted,
                        offered: Some(offered),
                        why,
                    });
                }
            }
            judged => return judged,
        }
    }
}

/// The link at which the history of a state ends here, because the chain that it names is not here.
fn broken_link(repo: &Repo, tip: ObjectId) -> Result<Option<EpochLink>, Error> {
    let first = past(repo, Some(tip)).last().transpose()?;
    Ok(first.and_then(|(_, first)| first.epoch_link()))
}

/// Moves the local ref to a tip that was checked. The guard is held.
pub(super) fn adopt(
    coord: &Coord,
    ours: Option<ObjectId>,
    checked: Option<ObjectId>,
) -> Result<(), Failure> {
    let Some(new) = checked else { return Ok(()) };
    let swap = RefSwap {
        name: names::STATE.into(),
        old: ours,
        new,
    };
    match coord.repo.swap(&[swap]) {
        // Lost to git itself, say a fetch of the person; the next command checks what stands there.
        Ok(Swapped::Lost) => {}
        // It is a copy of what the remote has, so that nothing is lost with it.
        Ok(Swapped::Moved) | Err(Error::Unkept { .. }) => {
            pin::store(&coord.repo.coord_dir(), &new);
        }
        Err(why) => return Err(why.into()),
    }
    Ok(())
}

/// Keeps the chains that are left when the state goes from `ours` to `offered`: once the state ref
/// has moved on, nothing else holds them.
fn keep_closed(
    repo: &Repo,
    ours: Option<ObjectId>,
    offered: Option<ObjectId>,
) -> Result<(), Error> {
    for state in past(repo, offered) {
        let (id, commit) = state?;
        if Some(id) == ours {
            break;
        }
        if let Some(link) = commit.epoch_link() {
            keep(repo, &link)?;
        }
    }
    Ok(())
}

fn keep(repo: &Repo, link: &EpochLink) -> Result<(), Error> {
    if repo.tip(&names::epoch(link.closed))? != Some(link.tip) {
        // For history's sake alone; the remote has it too.
        let _ = repo.swap(&closed::kept_here(repo, link)?)?;
    }
    Ok(())
}
