//! Lock files that nobody holds any more, and the note of a writer that was killed.

use std::time::Duration;

use crate::coord::{Coord, Failure};
use crate::env;
use crate::model::time::span;
use crate::store::{Backend, LockFile, lock_files};

use super::GUARD_WAIT;
use super::finding::Judged;

/// Git holds a lock for less than a second; one of this age belongs to nobody.
const STALE_AFTER: Duration = Duration::from_secs(60);

pub(super) fn locks(coord: &Coord) -> Judged {
    let now = env::file_clock();
    let found = lock_files(coord.repo().layout());
    let aged = found
        .iter()
        .map(|file| (file.path.display().to_string(), file.age(now)));
    judge(&aged.collect::<Vec<_>>())
}

fn judge(found: &[(String, Duration)]) -> Judged {
    let is_stale = |(_, age): &&(String, Duration)| *age >= STALE_AFTER;
    let stale: Vec<_> = found.iter().filter(is_stale).collect();
    match (stale.is_empty(), found.is_empty()) {
        (true, true) => Judged::ok("none"),
        (true, false) => Judged::note(format!(
            "{} of a writer at work, or killed less than {} ago",
            found.len(),
            span(STALE_AFTER.as_secs())
        )),
        (false, _) => {
            let lines = stale
                .iter()
                .map(|(path, age)| format!("{path}, {} old", span(age.as_secs())));
            Judged::problem(format!(
                "{} left by a killed program: no ref that it is on can be written",
                stale.len()
            ))
            .details(lines)
            .fixable()
        }
    }
}

/// Moves stale lock files aside. The guard is held, so no git-coord process is at one, and each
/// has to be the very file that was found.
pub(super) fn move_aside(coord: &Coord) -> Result<Option<String>, Failure> {
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let now = env::file_clock();
    let stale = |file: &LockFile| file.age(now) >= STALE_AFTER;
    let mut moved = 0;
    for file in lock_files(coord.repo().layout())
        .iter()
        .filter(|f| stale(f))
    {
        moved += usize::from(coord.repo().move_lock_aside(&guard, file)?);
    }
    let dir = coord.repo().coord_dir();
    Ok((moved > 0).then(|| format!("moved {moved} aside, into {}", dir.display())))
}

/// Looks for the note without waiting for a living writer, and without making any file.
pub(super) fn writer(coord: &Coord) -> Judged {
    if !coord.repo().coord_dir().join("lock").exists() {
        return Judged::ok("none");
    }
    let note = coord.repo().try_lock().and_then(|guard| match guard {
        Some(guard) => coord.repo().interrupted(&guard),
        None => Ok(None),
    });
    match note {
        Ok(None) => Judged::ok("none"),
        Ok(Some(intent)) => Judged::note(format!(
            "a command was killed while it moved {}; the next one that writes settles it",
            intent.note.trim_end()
        ))
        .fixable(),
        Err(why) => {
            Judged::problem(why.to_string()).advice("make the file readable and writable for you")
        }
    }
}

pub(super) fn settle(coord: &Coord) -> Result<Option<String>, Failure> {
    let guard = coord.repo().lock(GUARD_WAIT)?;
    let note = coord.repo().settle(&guard)?;
    Ok(note.map(|_| "settled what it had begun".into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::judge;
    use crate::coord::doctor::finding::State;

    #[test]
    fn only_an_old_lock_file_is_stale() {
        let file = |secs| ("x.lock".to_owned(), Duration::from_secs(secs));
        assert_eq!(judge(&[]).state, State::Ok);
        assert_eq!(judge(&[file(59)]).state, State::Note);
        let judged = judge(&[file(59), file(60)]);
        assert_eq!((judged.state, judged.details.len()), (State::Problem, 1));
        assert!(judged.is_fixable);
    }
}
