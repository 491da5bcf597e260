//! Putting the state ref back to a chain that this clone trusts. Nothing is thrown away: the tip
//! that stood there is kept under a ref of its own.

use crate::coord::{Coord, Failure, pin};
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Error, Guard, RefSwap, Swapped, names};

use super::anchor::{self, RefFact};
use super::relation::{Relation, relate};
use super::tip::{Seen, Tip};
use super::{GUARD_WAIT, honest, rebuild, records};

/// Repairs the state ref: to `accept` when a person decided so, else to the trusted tip.
pub(super) fn state(coord: &Coord, accept: Option<&str>) -> Result<Option<String>, Failure> {
    let accepted = accept.map(|text| accepted(coord, text)).transpose()?;
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let anchor = anchor::gather(coord);
    let wanted = match accepted.or_else(|| anchor.trusted().map(|tip| tip.id)) {
        Some(wanted) => Some(wanted),
        None => of_remote(coord)?,
    };
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let mut wanted = Tip::of(coord, wanted);
    if matches!(wanted.seen, Seen::Missing | Seen::Damaged(_)) {
        wanted = find_again(coord, &guard, &wanted)?;
    }
    if let Seen::Alien(_) = wanted.seen {
        let Some(below) = honest::below(coord, wanted.id)?.tip else {
            return Err(Error::damaged(
                format!("commit {}", wanted.id),
                "no operation made it, nor anything below it",
            )
            .into());
        };
        wanted = Tip::of(coord, below);
    }
    if anchor::gather(coord).is_at(wanted.id) {
        // Another command was quicker.
        return Ok(None);
    }
    let kept = point_to(coord, &guard, wanted.id)?;
    let what = format!("the state is {} again", wanted.id);
    Ok(Some(match kept {
        Some(name) => format!("{what}; what stood there is kept as {name}"),
        None => what,
    }))
}

/// Sets the ref back below commits that no operation made, when records in them are damaged.
pub(super) fn honest(coord: &Coord) -> Result<Option<String>, Failure> {
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let Some(tip) = anchor::gather(coord).now() else {
        return Ok(None);
    };
    if !records::is_damaged(coord, tip) {
        return Ok(None);
    }
    let Some(target) = records::way_back(coord, tip) else {
        return Ok(None);
    };
    let kept = point_to(coord, &guard, target)?;
    Ok(kept.map(|name| {
        format!("the state is {target} again; what no operation had made is kept as {name}")
    }))
}

/// Reads the commit that a person decided to trust.
fn accepted(coord: &Coord, text: &str) -> Result<ObjectId, Failure> {
    let hint = "name a commit of the state that is in this clone";
    let Some(id) = coord.commit_named(text)? else {
        let what = format!("--accept: `{}` is no commit here", text.escape_debug());
        return Err(Failure::usage(what, hint));
    };
    match Tip::of(coord, id).seen {
        Seen::State { .. } => Ok(id),
        Seen::Missing | Seen::Damaged(_) | Seen::Alien(_) => {
            let what = format!("--accept: {id} is no state of git-coord");
            Err(Failure::usage(what, hint))
        }
    }
}

/// The remote's state, for a clone that has lost all trace of its own.
fn of_remote(coord: &Coord) -> Result<Option<ObjectId>, Failure> {
    let Some(remote) = &coord.settings().remote else {
        return Ok(None);
    };
    // Git fetches nothing beside a ref that it cannot read. Without it, and without a pin, this
    // clone is as new, and any command would take the remote's state.
    if let RefFact::Broken(_) = anchor::ref_fact(coord) {
        clear_broken(coord)?;
    }
    Ok(coord.repo().fetch(remote, &coord.settings().remote_ref)?)
}

/// A trusted tip that is not here any more, brought back from the remote. An older state is no
/// substitute: it would give up what was acknowledged.
fn find_again(coord: &Coord, guard: &Guard, lost: &Tip) -> Result<Tip, Failure> {
    if rebuild::refetch(coord, guard)? {
        let again = Tip::of(coord, lost.id);
        if matches!(again.seen, Seen::State { .. }) {
            return Ok(again);
        }
    }
    Err(Error::Missing { id: lost.id }.into())
}

/// Moves the ref to `target` and pins it. What stood there is kept under the returned name, if it
/// is a commit that is here and not part of the target's past. The guard is held.
pub(super) fn point_to(
    coord: &Coord,
    _: &Guard,
    target: ObjectId,
) -> Result<Option<String>, Failure> {
    let repo = coord.repo();
    let mut now = anchor::ref_fact(coord);
    if let RefFact::Broken(_) = now {
        clear_broken(coord)?;
        // Under a loose ref there may be an older packed one.
        now = anchor::ref_fact(coord);
    }
    let old = match now {
        RefFact::Absent => None,
        RefFact::At(tip) => Some(tip),
        RefFact::Broken(what) => return Err(Error::damaged(names::STATE, what).into()),
    };
    let kept = match &old {
        Some(tip) if tip.id != target => keep(coord, tip, target)?,
        _ => None,
    };
    let old = old.map(|tip| tip.id);
    if old != Some(target) {
        let swap = RefSwap {
            name: names::STATE.into(),
            old,
            new: target,
        };
        if repo.swap(&[swap])? == Swapped::Lost {
            return Err(Failure::Busy { attempts: 1 });
        }
    }
    pin::store(&repo.coord_dir(), &target);
    Ok(kept)
}

/// Keeps a tip under the next free number.
pub(super) fn keep(coord: &Coord, tip: &Tip, target: ObjectId) -> Result<Option<String>, Failure> {
    let is_here = matches!(tip.seen, Seen::State { .. } | Seen::Alien(_));
    if !is_here || relate(coord, tip.id, target) == Relation::Continues {
        return Ok(None);
    }
    let known = anchor::rescued(coord);
    if let Some((name, _)) = known.iter().find(|(_, id)| *id == tip.id) {
        return Ok(Some(name.clone()));
    }
    let number = |name: &str| name.strip_prefix(names::RESCUED)?.parse::<u64>().ok();
    let last = known.iter().filter_map(|(name, _)| number(name)).max();
    let name = format!("{}{}", names::RESCUED, last.unwrap_or(0) + 1);
    let swap = RefSwap {
        name: name.clone(),
        old: None,
        new: tip.id,
    };
    match coord.repo().swap(&[swap])? {
        Swapped::Moved => Ok(Some(name)),
        Swapped::Lost => Err(Failure::Busy { attempts: 1 }),
    }
}

/// Takes a ref that is no id out of git's way. Git refuses to replace it.
fn clear_broken(coord: &Coord) -> Result<(), Failure> {
    let repo = coord.repo();
    let git = repo.git();
    let is_symbolic = git
        .run(&["symbolic-ref", "--quiet", names::STATE], None, None)?
        .success();
    if is_symbolic {
        git.expect(&["symbolic-ref", "--delete", names::STATE], None)?;
        return Ok(());
    }
    let file = repo.layout().common_dir.join(names::STATE);
    let kept = repo
        .coord_dir()
        .join(format!("damaged-ref-{}", crate::env::fresh_op()));
    std::fs::rename(&file, kept).map_err(Error::io("moving aside", file))?;
    Ok(())
}
