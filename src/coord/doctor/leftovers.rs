//! Small files of this clone that nobody needs any more. None of them does harm.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::coord::{Coord, Failure, View, pool_reason, queue};
use crate::domain::locks;
use crate::env;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Error};

use super::finding::Judged;
use super::{GUARD_WAIT, anchor};

/// How long the notes of a session that holds nothing are kept: it may come back.
const SESSION_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a file may stand that a command removes at its end.
const PASSING: Duration = Duration::from_secs(60 * 60);
/// How the names of such files end.
const PASSING_NAMES: &[&str] = &[".trace", ".tmp", ".pack", ".idx"];

/// A file that can go, and what it is.
type Leftover = (PathBuf, &'static str);

pub(super) fn look(coord: &Coord, tip: Option<ObjectId>) -> Judged {
    let found = gather(coord, tip);
    if found.is_empty() {
        let kept = checked_in(coord).filter(|tree| tree.is_there).count();
        return Judged::ok(match kept {
            0 => "none".to_owned(),
            kept => format!("none; {kept} working trees for checks are kept"),
        });
    }
    let lines = found
        .iter()
        .map(|(path, what)| format!("{what}: {}", path.display()));
    Judged::note(format!("{} files that nobody needs", found.len()))
        .details(lines)
        .fixable()
}

pub(super) fn remove(coord: &Coord) -> Result<Option<String>, Failure> {
    // Under the guard nobody of this clone is in the middle of leaving or answering a request.
    let _guard = coord.repo().lock(GUARD_WAIT)?;
    let tip = anchor::gather(coord).now();
    let found = gather(coord, tip);
    for (path, _) in &found {
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(path)
        } else {
            std::fs::remove_file(path)
        };
        match removed {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("removing", path)(why).into());
            }
            _ => {}
        }
    }
    Ok((!found.is_empty()).then(|| format!("removed {} files", found.len())))
}

fn gather(coord: &Coord, tip: Option<ObjectId>) -> Vec<Leftover> {
    let now = env::file_clock();
    let dir = coord.repo().coord_dir();
    let mut found: Vec<Leftover> = Vec::new();
    for path in files(&dir) {
        let is_old = age(&path, now) >= PASSING;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("stale-") && name.ends_with(".lock") {
            found.push((path, "a lock file that was moved aside"));
        } else if is_old && PASSING_NAMES.iter().any(|end| name.ends_with(end)) {
            found.push((path, "of a command that was killed"));
        }
    }
    for path in files(&queue::dir(&dir)) {
        if !is_locked(&path) && age(&path, now) >= PASSING {
            found.push((path, "a request of a command that was killed"));
        }
    }
    for tree in checked_in(coord).filter(|tree| !tree.is_there) {
        found.push((tree.known_by, "of a working tree for checks that is gone"));
    }
    // What a session holds is in the state; without one that can be read, nothing is given up.
    let Some(held) = held(coord, tip) else {
        return found;
    };
    let sessions = coord.sessions();
    for actor in sessions.all() {
        let path = sessions.file(&actor, "json");
        let notes = sessions.load(&actor);
        let is_idle = !held.iter().any(|(by, _)| *by == actor);
        let is_empty = notes.notes.is_empty() && notes.refused.is_empty();
        if is_idle && is_empty && age(&path, now) >= SESSION_KEPT && actor != *coord.actor() {
            found.push((path, "notes of a session that holds nothing"));
        }
    }
    // While it holds something, the file proves that its locks are free.
    for actor in sessions.dead() {
        if !held.iter().any(|(by, _)| *by == actor) {
            found.push((sessions.file(&actor, "alive"), "of a session that died"));
        }
    }
    found
}

/// A working tree that checks of this machine run in.
struct CheckTree {
    /// What git knows of it.
    known_by: PathBuf,
    /// Whether it is there itself.
    is_there: bool,
}

fn checked_in(coord: &Coord) -> impl Iterator<Item = CheckTree> {
    let reason = pool_reason();
    let all = coord.repo().layout().common_dir.join("worktrees");
    let all = std::fs::read_dir(all).into_iter().flatten().flatten();
    all.map(|entry| entry.path()).filter_map(move |known_by| {
        let read = |name: &str| std::fs::read_to_string(known_by.join(name)).ok();
        let is_ours = read("locked")?.trim_end() == reason;
        let tree = PathBuf::from(read("gitdir")?.trim_end());
        is_ours.then(|| CheckTree {
            is_there: tree.exists(),
            known_by,
        })
    })
}

fn held(coord: &Coord, tip: Option<ObjectId>) -> Option<BTreeSet<(Actor, Key)>> {
    let view = View::at(coord.repo(), tip).ok()?;
    let (all, damaged) = locks::all(&view).ok()?;
    let holds = all.iter().flat_map(|lock| {
        let of = |hold: &crate::model::lock::Hold| (hold.actor(), lock.key.clone());
        lock.holds.iter().map(of).collect::<Vec<_>>()
    });
    damaged.is_empty().then(|| holds.collect())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn age(path: &Path, now: SystemTime) -> Duration {
    let changed = std::fs::metadata(path).and_then(|meta| meta.modified());
    changed.map_or(Duration::ZERO, |at| {
        now.duration_since(at).unwrap_or_default()
    })
}

fn is_locked(path: &Path) -> bool {
    File::open(path)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
