//! Publishing a draft where compare-and-swap decides: this clone's ref, or the remote's.

use std::cell::Cell;
use std::time::SystemTime;

use crate::env;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Draft, EpochLink, Pushed, RefSwap, Swapped, contains, names};

use super::{Coord, Failure, closed, follow, pin, view};

/// How a publication ended, when it did not fail.
pub(super) enum Published {
    /// The draft is the state now, or part of its past.
    Done,
    /// Somebody else was first; the view is fresh now.
    Lost,
}

/// The remote that is this repository itself.
pub(super) const HERE: &str = ".";

/// A branch of a remote that moves together with the state.
#[derive(Clone, Debug)]
pub(super) struct Alongside {
    /// The remote's name; the authority itself, if that is a remote.
    pub(super) remote: String,
    /// The branch, under its own lease.
    pub(super) branch: RefSwap,
    /// What the person has to say to the server's hooks, instead of what the config says.
    pub(super) options: Vec<String>,
    /// Whether the branch has moved and the state, which this clone decides, has not followed yet.
    pub(super) is_ahead: Cell<bool>,
}

/// Publishes the draft. The guard is held, and the local ref stands at the draft's base.
pub(super) fn publish(
    coord: &Coord,
    draft: &mut Draft<'_>,
    with: Option<&Alongside>,
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
    let links = closed::in_draft(draft)?;
    for link in &links {
        swaps.extend(closed::kept_here(&coord.repo, link)?);
    }
    let Some(remote) = &coord.settings.remote else {
        if let Some(with) = with.filter(|with| !with.is_ahead.get()) {
            // This clone decides, and its guard is held: nobody can change a lock before the state
            // has moved as well.
            land_first(coord, with)?;
            with.is_ahead.set(true);
        }
        return Ok(match draft.swap(&swaps)? {
            Swapped::Moved => {
                pin::store(&coord.repo.coord_dir(), &new);
                if let Some(with) = with {
                    with.is_ahead.set(false);
                }
                Published::Done
            }
            Swapped::Lost => Published::Lost,
        });
    };
    let state = RefSwap {
        name: coord.settings.remote_ref.clone(),
        old,
        new,
    };
    let asked = env::file_clock();
    match push(coord, remote, state, &links, with)? {
        Pushed::Moved => {
            // The remote has it, so it is done, whatever becomes of it here: what is not kept now is
            // fetched by the next command.
            if adopt_own(coord, asked, &swaps).is_err() {
                view::doubt(coord);
            }
            Ok(Published::Done)
        }
        Pushed::Unreached(why) => Err(Failure::Unreachable {
            remote: remote.clone(),
            why,
        }),
        Pushed::Lacks(lack) => Err(Failure::Lacks {
            remote: remote.clone(),
            lack,
        }),
        Pushed::Rejected(why) => {
            let now = view::refresh(coord, remote)?;
            settle(coord, new, now, old, || Failure::Rejected {
                remote: remote.clone(),
                why,
            })
        }
        #[cfg(feature = "planted")]
        Pushed::Unknown(_) if crate::planted::has(crate::planted::Bug::SilenceIsYes) => {
            let _ = adopt_own(coord, asked, &swaps);
            Ok(Published::Done)
        }
        #[cfg(feature = "planted")]
        Pushed::Unknown(why) if crate::planted::has(crate::planted::Bug::SilenceIsNo) => {
            Err(Failure::Unreachable {
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

/// Pushes the state, the chains that it closes, and what moves along.
fn push(
    coord: &Coord,
    remote: &str,
    state: RefSwap,
    links: &[EpochLink],
    with: Option<&Alongside>,
) -> Result<Pushed, Failure> {
    let old = state.old;
    let send = |kept: Vec<RefSwap>| {
        let mut swaps = vec![state.clone()];
        swaps.extend(kept);
        swaps.extend(with.map(|with| with.branch.clone()));
        match with {
            Some(with) => coord.repo.push_for_person(remote, &swaps, &with.options),
            None => coord.repo.push(remote, &swaps),
        }
    };
    let kept = links.iter().map(|link| closed::kept_there(coord, link));
    let sent = send(kept.collect())?;
    if links.is_empty() || !matches!(sent, Pushed::Rejected(_)) {
        return Ok(sent);
    }
    if view::refresh(coord, remote)? != old {
        return Ok(sent);
    }
    // Nobody was first, so the number of an epoch may be taken.
    let Some(kept) = closed::kept_instead(coord, remote, links)? else {
        return Ok(sent);
    };
    Ok(match send(kept)? {
        Pushed::Rejected(why) => Pushed::Rejected(closed::with_advice(coord, remote, links, why)),
        sent => sent,
    })
}

/// Pushes a branch to a remote that does not hold the state.
fn land_first(coord: &Coord, with: &Alongside) -> Result<(), Failure> {
    let (remote, branch) = (with.remote.clone(), &with.branch);
    let swaps = std::slice::from_ref(branch);
    let pushed = match remote.as_str() {
        HERE => coord.repo.push_here(swaps)?,
        _ => coord.repo.push_for_person(&remote, swaps, &with.options)?,
    };
    if matches!(pushed, Pushed::Unknown(_)) {
        let now = match remote.as_str() {
            HERE => coord.repo.tip(&branch.name),
            _ => coord.repo.fetch(&remote, &branch.name),
        };
        if now.is_ok_and(|now| now == Some(branch.new)) {
            return Ok(());
        }
    }
    confirmed(&remote, pushed)
}

/// What a push comes to that nothing but its own answer tells about.
pub(super) fn confirmed(remote: &str, how: Pushed) -> Result<(), Failure> {
    let remote = remote.to_owned();
    match how {
        Pushed::Moved => Ok(()),
        Pushed::Rejected(why) => Err(Failure::Rejected { remote, why }),
        Pushed::Unreached(why) => Err(Failure::Unreachable { remote, why }),
        Pushed::Lacks(lack) => Err(Failure::Lacks { remote, lack }),
        Pushed::Unknown(why) => Err(Failure::Unknown { remote, why }),
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
fn adopt_own(coord: &Coord, asked: SystemTime, swaps: &[RefSwap]) -> Result<(), Failure> {
    if swaps.len() > 1 {
        // Kept for history's sake; the remote has it.
        let _ = coord.repo.swap(&swaps[1..])?;
    }
    follow::adopt(coord, swaps[0].old, Some(swaps[0].new))?;
    view::confirm_as_of(coord, asked, Some(swaps[0].new));
    Ok(())
}
