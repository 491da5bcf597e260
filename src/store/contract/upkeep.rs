//! Git's own housekeeping, and people at work, beside the writers.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::each_repository;
use super::races::{assert_nothing_lost, count_up, in_threads, race};
use super::rig::{
    about, assert_sound, edits, git, git_dir, move_state, open, publish, swap_of, texts, try_git,
    write_one,
};
use crate::model::object_id::ObjectId;
use crate::store::names::STATE;
use crate::store::{Backend, Draft, Pushed, Snapshot, Swapped};

/// Runs `beside` over and over until the race is over, and looks for what was lost.
fn race_beside(dir: &Path, beside: impl Fn() + Sync, race: impl FnOnce() -> Vec<ObjectId>) {
    let is_over = AtomicBool::new(false);
    let reported = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                beside();
            }
        });
        // A racer that panics must not leave the other thread running.
        let raced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(race));
        is_over.store(true, Ordering::Release);
        raced.unwrap_or_else(|why| std::panic::resume_unwind(why))
    });
    let backend = open(dir);
    let tip = backend.tip(STATE).expect("a readable ref");
    assert_nothing_lost(&backend, tip, &reported);
    for state in &reported {
        assert!(!texts(&backend, Some(*state)).is_empty());
    }
    assert_sound(dir);
}

#[test]
fn nothing_is_lost_beside_pack_refs_and_gc() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let beside = || {
            // Either may lose a race for a lock file; that is theirs to repeat.
            try_git(&dir, &["pack-refs", "--all", "--prune"]);
            try_git(&dir, &["pack-refs", "--all", "--prune"]);
            try_git(&dir, &["gc", "--quiet"]);
        };
        race_beside(&dir, beside, || race(&dir, 2, 10));
    });
}

#[test]
fn nothing_is_lost_beside_a_persons_own_work() {
    each_repository(|rig| {
        let (dir, hub) = (rig.here_dir(), rig.hub_dir());
        let commits = std::sync::atomic::AtomicUsize::new(0);
        let beside = || {
            git(
                &dir,
                &["commit", "--quiet", "--allow-empty", "--message=work"],
            );
            git(&dir, &["branch", "--force", "topic"]);
            git(&dir, &["push", "--quiet", "origin", "HEAD:refs/heads/work"]);
            git(
                &dir,
                &["fetch", "--quiet", "origin", "refs/heads/*:refs/seen/*"],
            );
            commits.fetch_add(1, Ordering::Relaxed);
        };
        race_beside(&dir, beside, || race(&dir, 2, 8));
        let made = git(&dir, &["rev-list", "--count", "HEAD"]);
        assert_eq!(made, commits.into_inner().to_string(), "a person's commit");
        assert_sound(&hub);
    });
}

/// `git prune --expire=now` takes what no ref names yet: what a writer has written and is about
/// to publish.
#[test]
fn nothing_is_lost_beside_immediate_pruning() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let beside = || {
            try_git(&dir, &["prune", "--expire=now"]);
        };
        race_beside(&dir, beside, || race(&dir, 2, 10));
    });
}

#[test]
fn nothing_is_lost_beside_gc_that_prunes_at_once() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let beside = || {
            try_git(&dir, &["gc", "--quiet", "--prune=now"]);
        };
        race_beside(&dir, beside, || race(&dir, 2, 8));
    });
}

#[test]
fn objects_pruned_between_writing_and_moving_are_written_again() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let backend = rig.here();
        let snapshot = Snapshot::at(&*backend, None).expect("a state");
        let mut draft = Draft::on(&snapshot);
        let change = edits(&[("locks/path/src/a.rs=", Some("a"))]);
        let id = draft.commit(&change, about("a"), false).expect("a commit");
        draft.write().expect("written objects");
        delete_loose_objects(&dir);
        let _guard = backend.lock(super::rig::PATIENCE).expect("the lock");
        let swapped = draft.swap(&[swap_of(None, id)]).expect("an answer");
        assert_eq!(swapped, Swapped::Moved);
        assert_eq!(texts(&*rig.here(), Some(id)).len(), 1);
        assert_sound(&dir);
    });
}

/// What a prune that began before the ref moved deletes after it moved.
#[test]
fn objects_pruned_after_moving_are_put_back_when_missed() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        delete_loose_objects(&dir);
        assert_eq!(texts(&*rig.here(), Some(one))["values/x.json"], "1");
        assert_sound(&dir);
    });
}

/// A push of git's own cannot ask for them, so it is tried again.
#[test]
fn a_push_puts_back_what_was_pruned() {
    each_repository(|rig| {
        let (dir, backend) = (rig.here_dir(), rig.here());
        rig.hub_dir();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        delete_loose_objects(&dir);
        let push = || backend.push("origin", &[swap_of(None, one)]);
        let mut pushed = push().expect("an answer");
        if matches!(pushed, Pushed::Unknown(_)) {
            pushed = push().expect("an answer");
        }
        assert_eq!(pushed, Pushed::Moved);
        assert_eq!(rig.hub_tip(STATE), Some(one));
    });
}

fn delete_loose_objects(dir: &Path) {
    let list = |dir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).expect("a directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.collect()
    };
    let is_fan_out = |dir: &PathBuf| dir.file_name().is_some_and(|name| name.len() == 2);
    let dirs = list(&git_dir(dir).join("objects")).into_iter();
    for file in dirs.filter(is_fan_out).flat_map(|dir| list(&dir)) {
        std::fs::remove_file(file).expect("a loose object");
    }
}

#[test]
fn worktrees_of_one_clone_race_for_the_same_state() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        git(
            &dir,
            &["commit", "--quiet", "--allow-empty", "--message=work"],
        );
        git(&dir, &["worktree", "add", "--quiet", "../linked"]);
        let linked = dir.with_file_name("linked");
        let reported = in_threads(2, |n| {
            let backend = open(if n == 0 { &dir } else { &linked });
            (0..10)
                .map(|_| publish(&backend, |snapshot| count_up(snapshot, "w")))
                .collect()
        });
        for seen_from in [&dir, &linked] {
            let backend = open(seen_from);
            let tip = backend.tip(STATE).expect("an answer");
            assert_nothing_lost(&backend, tip, &reported);
        }
    });
}
