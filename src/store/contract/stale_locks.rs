//! Lock files of git that a killed writer left: moved aside when they must be ours, else respected.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use super::each_repository;
use super::rig::{PATIENCE, Rig, git, git_dir, move_state, swap_of, write_one};
use crate::model::object_id::ObjectId;
use crate::store::names::{self, STATE};
use crate::store::{Backend, Pushed, Result, Swapped};

/// What git would leave of an update that was killed while it was prepared.
fn leave_lock(rig: &Rig) -> PathBuf {
    let dir = git_dir(&rig.here_dir());
    let path = if rig.is_reftable() {
        dir.join("reftable/tables.list.lock")
    } else {
        dir.join(format!("{STATE}.lock"))
    };
    File::create(&path).expect("a lock file");
    path
}

/// What the guard's file holds when its writer died in the middle.
fn leave_note(rig: &Rig, new: ObjectId) {
    let dir = git_dir(&rig.here_dir()).join("coord");
    std::fs::write(dir.join("lock"), format!("{STATE} {new}\n")).expect("a note");
}

fn kept_aside(rig: &Rig) -> usize {
    let dir = git_dir(&rig.here_dir()).join("coord");
    let entries = std::fs::read_dir(dir).expect("a directory");
    let is_kept = |name: &str| name.starts_with("stale-") && name.ends_with(".lock");
    entries
        .filter(|entry| {
            let entry = entry.as_ref().expect("an entry");
            is_kept(&entry.file_name().to_string_lossy())
        })
        .count()
}

fn swap(backend: &dyn Backend, old: ObjectId, new: ObjectId) -> Result<Swapped> {
    let _guard = backend.lock(PATIENCE)?;
    backend.swap(&[swap_of(Some(old), new)])
}

fn begun(rig: &Rig) -> (Box<dyn Backend>, ObjectId, ObjectId) {
    let backend = rig.here();
    let one = write_one(&*backend, None, "1");
    let two = write_one(&*backend, Some(one), "2");
    move_state(&*backend, None, one);
    (backend, one, two)
}

#[test]
fn a_dead_writers_lock_is_moved_aside() {
    each_repository(|rig| {
        let (backend, one, two) = begun(rig);
        leave_note(rig, two);
        let lock = leave_lock(rig);
        let start = Instant::now();
        let swapped = swap(&*backend, one, two).expect("an answer");
        assert_eq!(swapped, Swapped::Moved);
        assert!(start.elapsed() < Duration::from_secs(1));
        assert!(!lock.exists());
        assert_eq!(kept_aside(rig), 1);
        assert_eq!(rig.here().tip(STATE).expect("an answer"), Some(two));
        // Its note is forgotten: the next lock file is somebody else's.
        let three = write_one(&*backend, Some(two), "3");
        let lock = leave_lock(rig);
        assert!(swap(&*backend, two, three).is_err());
        assert!(lock.exists());
    });
}

#[test]
fn a_lock_without_a_note_is_respected() {
    each_repository(|rig| {
        let (backend, one, two) = begun(rig);
        let lock = leave_lock(rig);
        let why = swap(&*backend, one, two).expect_err("the ref is locked");
        assert!(why.to_string().contains("lock"), "{why}");
        assert!(lock.exists());
        assert_eq!(kept_aside(rig), 0);
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(one));
        std::fs::remove_file(lock).expect("a lock file");
        let swapped = swap(&*backend, one, two).expect("an answer");
        assert_eq!(swapped, Swapped::Moved);
    });
}

#[test]
fn a_lock_that_is_older_than_the_note_is_respected() {
    each_repository(|rig| {
        let (backend, one, two) = begun(rig);
        let lock = leave_lock(rig);
        let before = SystemTime::now() - Duration::from_secs(3600);
        let file = File::options()
            .write(true)
            .open(&lock)
            .expect("a lock file");
        file.set_modified(before).expect("a time");
        leave_note(rig, two);
        assert!(swap(&*backend, one, two).is_err());
        assert!(lock.exists());
        assert_eq!(kept_aside(rig), 0);
    });
}

#[test]
fn a_note_without_a_lock_does_not_delay() {
    each_repository(|rig| {
        let (backend, one, two) = begun(rig);
        leave_note(rig, two);
        let swapped = swap(&*backend, one, two).expect("an answer");
        assert_eq!(swapped, Swapped::Moved);
        assert_eq!(kept_aside(rig), 0);
    });
}

#[test]
fn a_dead_writer_that_had_moved_the_ref_has_won() {
    each_repository(|rig| {
        let (backend, one, two) = begun(rig);
        move_state(&*backend, Some(one), two);
        leave_note(rig, two);
        let rival = write_one(&*backend, Some(one), "rival");
        let swapped = swap(&*backend, one, rival).expect("an answer");
        assert_eq!(swapped, Swapped::Lost);
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(two));
    });
}

/// A fetch that was ended for its deadline could leave its lock, which then made every later one
/// fail.
#[test]
fn a_fetch_that_ends_before_its_time_leaves_no_lock() {
    each_repository(|rig| {
        if rig.is_reftable() {
            return;
        }
        rig.hub_dir();
        let one = write_one(&*rig.here(), None, "1");
        let pushed = rig.here().push("origin", &[swap_of(None, one)]);
        assert_eq!(pushed.expect("a hub"), Pushed::Moved);
        let dir = git_dir(&rig.here_dir());
        let kept = names::fetched("origin", STATE);
        let lock = dir.join(format!("{kept}.lock"));
        std::fs::create_dir_all(lock.parent().expect("a parent")).expect("a directory");
        let serve = format!("touch '{}'; false", lock.display());
        git(
            &rig.here_dir(),
            &["config", "remote.origin.uploadpack", &serve],
        );
        let backend = rig.here();
        let _guard = backend.lock(PATIENCE).expect("the lock");
        assert!(backend.fetch("origin", STATE).is_err());
        assert!(!lock.exists(), "it is out of the way");
        git(
            &rig.here_dir(),
            &["config", "--unset", "remote.origin.uploadpack"],
        );
        assert_eq!(backend.fetch("origin", STATE).expect("a hub"), Some(one));
    });
}
