//! The remote: whether it answers, and whether its state continues what this clone has seen.

use crate::coord::{Coord, Failure, follow, pin, view};
use crate::env;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Error, Pushed, RefSwap};

use super::anchor::{self, Anchor};
use super::finding::Judged;
use super::relation::{Relation, relate};
use super::tip::{Seen, Tip, describe};
use super::{GUARD_WAIT, honest, records, restore};

/// What the remote has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// There is no remote authority.
    Local,
    /// It does not answer.
    Unreached(String),
    /// It answers, and its state could not be brought here.
    Unfetched(String),
    /// It has no state.
    Nothing,
    /// Its state, in quarantine here, and how it stands to what this clone trusts.
    At(Tip, Relation),
}

pub(super) fn gather(coord: &Coord, anchor: &Anchor) -> Offered {
    let Some(remote) = &coord.settings().remote else {
        return Offered::Local;
    };
    let repo = coord.repo();
    let args = [
        "ls-remote",
        "--end-of-options",
        remote,
        &coord.settings().remote_ref,
    ];
    match repo.git().run(&args, None, Some(coord.settings().timeout)) {
        Ok(output) if output.success() => {}
        Ok(output) if output.timed_out => {
            let secs = coord.settings().timeout.as_secs();
            return Offered::Unreached(format!("no answer within {secs} s"));
        }
        Ok(output) => return Offered::Unreached(output.stderr),
        Err(why) => return Offered::Unreached(why.to_string()),
    }
    let id = match repo.fetch(remote, &coord.settings().remote_ref) {
        Ok(Some(id)) => id,
        Ok(None) => return Offered::Nothing,
        Err(why) => return Offered::Unfetched(why.to_string()),
    };
    let relation = match anchor.trusted() {
        Some(ours) => {
            // Brings the closed chains that the relation can only be told with.
            let bring = |name: &str| repo.fetch(remote, name);
            let _ = follow::judge(coord, Some(ours.id), Some(id), &bring);
            relate(coord, ours.id, id)
        }
        None => Relation::Continues,
    };
    Offered::At(Tip::of(coord, id), relation)
}

pub(super) fn judge_reach(coord: &Coord, offered: &Offered) -> Judged {
    let name = coord.settings().remote.as_deref().unwrap_or_default();
    match offered {
        Offered::Local => match coord.repo().config().get("coord.remote") {
            Some(wanted) if !wanted.is_empty() => Judged::problem(format!(
                "`coord.remote` is `{wanted}`, and there is no such remote"
            ))
            .advice("git remote add, or `git coord init --remote NAME`"),
            _ => Judged::ok("none is asked: this clone decides for its worktrees"),
        },
        Offered::Unreached(why) => Judged::problem(format!("`{name}` does not answer: {why}"))
            .advice(format!("try `git ls-remote {name}`")),
        Offered::Unfetched(_) | Offered::Nothing | Offered::At(..) => {
            let place = &coord.settings().remote_ref;
            Judged::ok(format!("`{name}` answers; the state is its {place}"))
        }
    }
}

pub(super) fn judge_state(coord: &Coord, anchor: &Anchor, offered: &Offered) -> Judged {
    let ours = anchor.trusted();
    let judged = judge_offered(ours, offered);
    match (offered, ours) {
        // What no operation made is nobody's loss: the remote may be followed back.
        (Offered::At(tip, Relation::Shortened(_)), Some(ours)) if is_relieved(coord, ours, tip) => {
            judged
                .advice(
                    "what the remote dropped was made by no operation: `git coord doctor --fix` \
                     follows it",
                )
                .fixable()
        }
        (Offered::At(tip, Relation::Continues), _) if records::is_damaged(coord, tip.id) => {
            Judged::problem("records in the remote's state are damaged")
                .details([describe(tip, env::now())])
                .advice("git coord doctor --fix --restore-remote, if no operation made them")
        }
        _ => judged,
    }
}

/// Judges what the remote has against what this clone trusts.
fn judge_offered(ours: Option<&Tip>, offered: &Offered) -> Judged {
    const ADVICE: &str = "this clone can put its own state there again: `git coord doctor --fix \
                          --restore-remote`; to take the remote's instead: `git coord doctor \
                          --fix --accept COMMIT`";
    let now = env::now();
    let wrong = |what: String, theirs: String| {
        let ours = ours.map_or_else(|| "none".into(), |tip| describe(tip, now));
        Judged::problem(what)
            .details([format!("there: {theirs}"), format!("here: {ours}")])
            .advice(ADVICE)
    };
    let (tip, relation) = match offered {
        Offered::Local => return Judged::ok("this clone is the authority"),
        Offered::Unreached(_) => return Judged::note("not known: the remote does not answer"),
        Offered::Unfetched(why) => {
            return Judged::problem(format!("it could not be fetched: {why}"));
        }
        Offered::Nothing if ours.is_none() => return Judged::ok("none yet"),
        Offered::Nothing => {
            return wrong("the state is gone from the remote".into(), "none".into());
        }
        Offered::At(tip, relation) => (tip, relation),
    };
    let text = describe(tip, now);
    match relation {
        Relation::Continues if matches!(tip.seen, Seen::State { .. }) => Judged::ok(text),
        Relation::Continues => wrong("its newest commit is no state".into(), text),
        Relation::Shortened(by) => wrong(format!("it was set back by {by}"), text),
        Relation::Forked(common) => {
            wrong(format!("it was rewritten after {}", common.short()), text)
        }
        Relation::Foreign => wrong("it is a foreign chain".into(), text),
        Relation::Unknown(why) => wrong(format!("it cannot be compared: {why}"), text),
    }
}

fn is_relieved(coord: &Coord, ours: &Tip, theirs: &Tip) -> bool {
    honest::below(coord, ours.id)
        .is_ok_and(|below| below.tip == Some(theirs.id) && below.dropped > 0)
}

/// Follows the remote back below what no operation made; or, when a person said so, puts this
/// clone's state there again, by a push that is leased on the exact value that is wrong.
pub(super) fn restore(coord: &Coord, is_push: bool) -> Result<Option<String>, Failure> {
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let anchor = anchor::gather(coord);
    let offered = gather(coord, &anchor);
    let theirs = match &offered {
        Offered::Local | Offered::Unreached(_) | Offered::Unfetched(_) => return Ok(None),
        Offered::Nothing => None,
        Offered::At(tip, _) => Some(tip),
    };
    let Some(ours) = anchor.trusted() else {
        return Ok(None);
    };
    if let (Some(theirs), Offered::At(_, Relation::Shortened(_))) = (theirs, &offered)
        && is_relieved(coord, ours, theirs)
    {
        let kept = restore::point_to(coord, &guard, theirs.id)?;
        view::confirm(coord, Some(theirs.id));
        return Ok(kept.map(|name| format!("followed it; what was dropped is kept as {name}")));
    }
    if !is_push {
        return Ok(None);
    }
    let Some(target) = target(coord, ours, theirs, &offered)? else {
        return Ok(None);
    };
    push(coord, theirs.map(|tip| tip.id), target)?;
    let kept = match theirs {
        Some(theirs) => restore::keep(coord, theirs, target)?,
        None => None,
    };
    restore::point_to(coord, &guard, target)?;
    pin::store(&coord.repo().coord_dir(), &target);
    view::confirm(coord, Some(target));
    let what = format!("the remote's state is {target} again");
    Ok(Some(match kept {
        Some(name) => format!("{what}; what stood there is kept here as {name}"),
        None => what,
    }))
}

/// What belongs at the remote, if it is not there.
fn target(
    coord: &Coord,
    ours: &Tip,
    theirs: Option<&Tip>,
    offered: &Offered,
) -> Result<Option<ObjectId>, Failure> {
    let continues = matches!(offered, Offered::At(_, Relation::Continues));
    if let (Some(theirs), true) = (theirs, continues) {
        let is_state = matches!(theirs.seen, Seen::State { .. });
        if is_state && !records::is_damaged(coord, theirs.id) {
            return Ok(None);
        }
        let below = honest::below(coord, theirs.id)?;
        return Ok(below.tip.filter(|_| below.dropped > 0));
    }
    match ours.seen {
        Seen::State { .. } => Ok(Some(ours.id)),
        Seen::Missing | Seen::Damaged(_) | Seen::Alien(_) => Err(Error::damaged(
            format!("commit {}", ours.id),
            "this clone's own state cannot be read, so it restores nothing",
        )
        .into()),
    }
}

fn push(coord: &Coord, wrong: Option<ObjectId>, right: ObjectId) -> Result<(), Failure> {
    let remote = coord.settings().remote.clone().unwrap_or_default();
    let swap = RefSwap {
        name: coord.settings().remote_ref.clone(),
        old: wrong,
        new: right,
    };
    match coord.repo().push(&remote, &[swap])? {
        Pushed::Moved => Ok(()),
        Pushed::Rejected(why) => Err(Failure::Rejected { remote, why }),
        Pushed::Unreached(why) => Err(Failure::Unreachable { remote, why }),
        Pushed::Lacks(lack) => Err(Failure::Lacks { remote, lack }),
        Pushed::Unknown(why) => Err(Failure::Unknown { remote, why }),
    }
}
