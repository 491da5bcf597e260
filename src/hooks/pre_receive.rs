//! The gate of a self-hosted remote: what is pushed is judged there once more.
//!
//! The pushed objects are in quarantine: git's variables make them readable here and in every git
//! that is started, and nothing here writes an object or moves a ref.

use std::io::Read;
use std::path::Path;

use crate::coord::as_keys;
use crate::coord::replay::{self, Signatures};
use crate::coord::settings::fail_closed;
use crate::coord::{Change, Coord, Failure, Known, View};
use crate::domain::check;
use crate::domain::feature::pause;
use crate::domain::locks::LOCKS;
use crate::env;
use crate::model::event::Event;
use crate::model::key::Here;
use crate::model::object_id::ObjectId;
use crate::model::refusal::{Conflict, Refusal};
use crate::store::{Backend, Error, advance, history, names, past};

use super::Heard;
use super::pusher::Pusher;

/// Largest list of refs that is read, in bytes.
const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Slack for clients whose clock is ahead, in seconds, where none is set.
const SKEW_SECS: u64 = 600;
/// The name under which the server itself looks; it never owns anything.
const SERVER: &str = "server/pre-receive";

/// One line of git's.
struct Moved<'l> {
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    name: &'l str,
}

/// Why a push does not pass.
enum No {
    /// A rule of the gate is against it.
    Rule { what: String, hint: &'static str },
    /// The locks are against it.
    Held { refusal: Box<Refusal>, note: String },
    /// It could not be judged.
    Failure(Failure),
}

impl<T: Into<Failure>> From<T> for No {
    fn from(why: T) -> Self {
        Self::Failure(why.into())
    }
}

/// Judges one push. What cannot be judged does not pass, unless the server says so.
pub(super) fn answer(dir: &Path) -> Heard {
    let coord = match Coord::open(dir, Some(SERVER)) {
        Ok(coord) => coord,
        Err(why) => return cannot_tell(&why, fail_closed(dir)),
    };
    match judge(&coord) {
        Ok(()) => Heard::default(),
        Err(No::Rule { what, hint }) => Heard {
            is_no: true,
            ..Heard::yes(vec![format!("refused: {what}"), format!("hint: {hint}")])
        },
        Err(No::Held { refusal, note }) => Heard {
            here: Here::Anywhere,
            ..Heard::no((*refusal).into(), vec![note])
        },
        Err(No::Failure(why)) => {
            let is_set = coord.repo().config().get("coord.failclosed").is_some();
            cannot_tell(&why, is_set.then_some(coord.settings().fail_closed))
        }
    }
}

/// Unlike in a clone, nothing passes unless the server's config says so: a gate was asked for.
fn cannot_tell(why: &Failure, fail_closed: Option<bool>) -> Heard {
    if fail_closed == Some(false) {
        return super::cannot_tell(&why.to_string(), false);
    }
    Heard {
        is_no: true,
        ..Heard::yes(vec![format!("refused: locks could not be checked: {why}")])
    }
}

fn judge(coord: &Coord) -> Result<(), No> {
    let mut input = String::new();
    std::io::stdin()
        .take(INPUT_BYTES_MAX)
        .read_to_string(&mut input)
        .map_err(Error::io("reading", "the list of pushed refs"))?;
    let moved: Vec<Moved<'_>> = input.lines().filter_map(parse).collect();
    let state_ref = coord.settings().remote_ref.as_str();
    let mut pusher = Pusher::find(coord.repo().config());
    let mut state = coord.repo().tip(state_ref)?;
    for moved in moved.iter().filter(|moved| moved.name == state_ref) {
        state = Some(judge_state(coord, moved, &mut pusher)?);
    }
    for moved in &moved {
        judge_closed(coord, state, moved)?;
    }
    let view = View::at(coord.repo(), state)?;
    if !view.snapshot().has(LOCKS)? {
        return Ok(());
    }
    let branches = moved
        .iter()
        .filter(|moved| moved.name.starts_with("refs/heads/") && moved.name != state_ref);
    for moved in branches {
        judge_branch(coord, &view, moved, &pusher)?;
    }
    Ok(())
}

/// The state moves forward only, by commits that come out the same when decided again.
fn judge_state(coord: &Coord, moved: &Moved<'_>, pusher: &mut Pusher) -> Result<ObjectId, No> {
    let repo = coord.repo();
    let name = moved.name;
    let hint = "push the state only with `git coord`";
    let Some(new) = moved.new else {
        return Err(refuse(format!("`{name}` is not to be deleted"), hint));
    };
    advance(repo, moved.old, Some(new)).map_err(|why| refuse(format!("`{name}`: {why}"), hint))?;
    let report = replay::verify_range(repo, moved.old, Some(new), Signatures::Ignored)?;
    if let Some(finding) = report.findings.last() {
        let commit = finding.commit.short();
        let what = format!(
            "commit {commit} of `{name}` does not hold: {}",
            finding.what
        );
        return Err(refuse(what, hint));
    }
    if report.not_checkable > 0 {
        return Err(refuse(
            format!("`{name}` has commits under rules that this server does not know"),
            "install the current git-coord on the server",
        ));
    }
    let slack = coord.settings().skew_secs.unwrap_or(SKEW_SECS);
    let latest = env::now().plus_secs(slack);
    let mut left = report.commits;
    let mut next = Some(new);
    while let Some(tip) = next.take() {
        for state in history(repo, Some(tip)) {
            if left == 0 {
                break;
            }
            left -= 1;
            let (id, commit) = state?;
            let event = Event::parse(commit.body()).map_err(|why| refuse(why, hint))?;
            if event.at > latest {
                let what = format!("commit {} of `{name}` is from the future", id.short());
                return Err(refuse(what, "set the clock, then do it again"));
            }
            if let Pusher::Known { name: who, .. } = &*pusher
                && !pusher.is(&event.by.agent)
            {
                return Err(refuse(
                    format!(
                        "{who} may not act as {} (commit {})",
                        event.by.agent,
                        id.short()
                    ),
                    "the server's `coord.pusher.<name>.agent` says who may act as whom",
                ));
            }
            pusher.claim(event.by.agent);
            next = commit.epoch_link().map(|link| link.tip);
        }
    }
    Ok(new)
}

/// What keeps a closed chain does not change, but to the chain that the state itself says it closed:
/// the number can be taken by one that was given up.
fn judge_closed(coord: &Coord, state: Option<ObjectId>, moved: &Moved<'_>) -> Result<(), No> {
    let number = moved.name.strip_prefix(names::EPOCHS);
    let (Some(number), Some(_), Some(new)) = (number, moved.old, moved.new) else {
        return Ok(());
    };
    let number: Option<u64> = number.parse().ok();
    for state in past(coord.repo(), state) {
        let link = state?.1.epoch_link();
        if link.is_some_and(|link| Some(link.closed) == number && link.tip == new) {
            return Ok(());
        }
    }
    Err(refuse(
        format!("`{}` keeps a closed epoch and does not change", moved.name),
        "push the state only with `git coord`",
    ))
}

/// A branch takes no change of what somebody else holds.
fn judge_branch(
    coord: &Coord,
    view: &View<'_>,
    moved: &Moved<'_>,
    pusher: &Pusher,
) -> Result<(), No> {
    let Some(new) = moved.new else { return Ok(()) };
    // What the server's main branch has is no news on any other branch.
    let mut old: Vec<ObjectId> = moved.old.into_iter().collect();
    old.extend(coord.repo().head()?);
    let known = match moved.old {
        Some(_) => Known::Nothing,
        None => Known::AllRefs,
    };
    let changes = coord.commits_between(&[new], &old, known)?;
    let mut conflicts = stopped(coord, view, moved.name, &changes, pusher)?;
    for change in changes {
        conflicts.extend(in_the_way(coord, view, change, pusher)?);
    }
    if conflicts.is_empty() {
        return Ok(());
    }
    conflicts.sort_by(|one, other| (&one.wanted, &one.held).cmp(&(&other.wanted, &other.held)));
    conflicts.dedup();
    Err(No::Held {
        refusal: Box::new(Refusal::LockHeld { conflicts }),
        note: pusher.to_string(),
    })
}

/// Who has paused a feature that is made on the branch, but for the one who pushes.
fn stopped(
    coord: &Coord,
    view: &View<'_>,
    name: &str,
    changes: &[Change],
    pusher: &Pusher,
) -> Result<Vec<Conflict>, Failure> {
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    let mut found = pause::of_branches(view, &coord.stamp(), &[branch])?.by;
    found.retain(|conflict| {
        let agent = &conflict.by.agent;
        // Where nobody is known, who paused it is known by commits that are all of that agent.
        let is_claimed = matches!(pusher, Pusher::Unknown { .. })
            && !changes.is_empty()
            && changes
                .iter()
                .all(|change| change.claimed.as_ref() == Some(agent));
        !pusher.is(agent) && !is_claimed
    });
    Ok(found)
}

fn in_the_way(
    coord: &Coord,
    view: &View<'_>,
    change: Change,
    pusher: &Pusher,
) -> Result<Vec<Conflict>, Failure> {
    let paths = as_keys(change.paths)?;
    let stamp = coord.stamp();
    let mut found = check::paths(view, &stamp, &paths, &[])?.conflicts;
    found.retain(|conflict| {
        let agent = &conflict.by.agent;
        // Where nobody is known, a commit's own word counts for that commit.
        let is_claimed =
            matches!(pusher, Pusher::Unknown { .. }) && change.claimed.as_ref() == Some(agent);
        !pusher.is(agent) && !is_claimed
    });
    Ok(found)
}

fn refuse(what: String, hint: &'static str) -> No {
    No::Rule { what, hint }
}

/// Reads `<old> <new> <ref>`; an id of zeros is none.
fn parse(line: &str) -> Option<Moved<'_>> {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    let [old, new, name] = words.as_slice() else {
        return None;
    };
    Some(Moved {
        old: names::existing(old),
        new: names::existing(new),
        name,
    })
}
