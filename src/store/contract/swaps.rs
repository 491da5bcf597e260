//! Moving local refs from exactly one value to another.

use super::rig::{PATIENCE, git_dir, move_state, swap_of, texts, try_git, write_one};
use super::{each, each_repository};
use crate::store::names::{self, STATE};
use crate::store::{Backend, NewObject, ObjectKind, RefSwap, Swapped};

fn swap(backend: &dyn Backend, swaps: &[RefSwap]) -> Swapped {
    let _guard = backend.lock(PATIENCE).expect("the lock");
    backend.swap(swaps).expect("an answer")
}

#[test]
fn an_absent_ref_is_none() {
    each(|rig| assert_eq!(rig.here().tip(STATE).expect("an answer"), None));
}

#[test]
fn a_ref_is_created_only_when_absent() {
    each(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        let two = write_one(&*backend, None, "2");
        assert_eq!(swap(&*backend, &[swap_of(None, one)]), Swapped::Moved);
        assert_eq!(swap(&*backend, &[swap_of(None, two)]), Swapped::Lost);
        for handle in [backend, rig.here()] {
            assert_eq!(handle.tip(STATE).expect("an answer"), Some(one));
        }
    });
}

#[test]
fn a_ref_moves_only_from_the_exact_value() {
    each(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        let two = write_one(&*backend, Some(one), "2");
        let three = write_one(&*backend, Some(two), "3");
        // It is not there yet, so it is not at `one`.
        assert_eq!(swap(&*backend, &[swap_of(Some(one), two)]), Swapped::Lost);
        assert_eq!(backend.tip(STATE).expect("an answer"), None);
        move_state(&*backend, None, one);
        move_state(&*backend, Some(one), two);
        assert_eq!(swap(&*backend, &[swap_of(Some(one), three)]), Swapped::Lost);
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(two));
        // The handle that lost goes on.
        move_state(&*backend, Some(two), three);
        assert_eq!(texts(&*backend, Some(three))["values/x.json"], "3");
    });
}

#[test]
fn two_refs_move_together() {
    each(|rig| {
        let backend = rig.here();
        let old = write_one(&*backend, None, "old");
        let new = write_one(&*backend, None, "new epoch");
        move_state(&*backend, None, old);
        let keep = RefSwap {
            name: names::epoch(1),
            old: None,
            new: old,
        };
        let both = [keep, swap_of(Some(old), new)];
        assert_eq!(swap(&*backend, &both), Swapped::Moved);
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(new));
        let kept = backend.tip(&names::epoch(1)).expect("an answer");
        assert_eq!(kept, Some(old));
    });
}

#[test]
fn when_one_of_two_refs_does_not_fit_neither_moves() {
    each(|rig| {
        let backend = rig.here();
        let old = write_one(&*backend, None, "old");
        let new = write_one(&*backend, None, "new");
        move_state(&*backend, None, old);
        let keep = |expected| RefSwap {
            name: names::epoch(1),
            old: expected,
            new: old,
        };
        let wrong_state = [keep(None), swap_of(Some(new), new)];
        let wrong_epoch = [keep(Some(new)), swap_of(Some(old), new)];
        for swaps in [wrong_state, wrong_epoch] {
            assert_eq!(swap(&*backend, &swaps), Swapped::Lost);
            assert_eq!(backend.tip(STATE).expect("an answer"), Some(old));
            let kept = backend.tip(&names::epoch(1)).expect("an answer");
            assert_eq!(kept, None);
        }
    });
}

#[test]
fn a_handle_sees_what_others_moved() {
    each(|rig| {
        let (one, two) = (rig.here(), rig.here());
        let mut tip = None;
        for n in 0..6 {
            let (mover, watcher) = if n % 2 == 0 {
                (&one, &two)
            } else {
                (&two, &one)
            };
            let next = write_one(&**mover, tip, &n.to_string());
            move_state(&**mover, tip, next);
            assert_eq!(watcher.tip(STATE).expect("an answer"), Some(next));
            if !rig.is_memory() && n == 3 {
                super::rig::git(&rig.here_dir(), &["pack-refs", "--all", "--prune"]);
                assert_eq!(watcher.tip(STATE).expect("an answer"), Some(next));
            }
            tip = Some(next);
        }
    });
}

/// Git tells a new `packed-refs` from the old one by whole seconds, size and inode; a child that
/// was kept open took the old one for the new, and would have moved the ref from a value that
/// was long gone.
#[test]
fn refs_packed_twice_within_a_second_are_seen_as_they_are() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let (mover, watcher) = (rig.here(), rig.here());
        // Made before, so that no new file takes the inode that a packed file leaves.
        let commits: Vec<_> = (0..17)
            .map(|n: u32| write_one(&*watcher, None, &n.to_string()))
            .collect();
        let stray = write_one(&*watcher, None, "stray");
        let pack = || super::rig::git(&dir, &["pack-refs", "--all", "--prune"]);
        move_state(&*watcher, None, commits[0]);
        pack();
        for step in commits.windows(3).step_by(2) {
            // The watcher's child reads the packed file here, and is kept.
            move_state(&*watcher, Some(step[0]), step[1]);
            pack();
            move_state(&*mover, Some(step[1]), step[2]);
            pack();
            assert_eq!(watcher.tip(STATE).expect("an answer"), Some(step[2]));
            let lost = swap(&*watcher, &[swap_of(Some(step[0]), stray)]);
            assert_eq!(lost, Swapped::Lost);
            assert_eq!(watcher.tip(STATE).expect("an answer"), Some(step[2]));
        }
    });
}

#[test]
fn a_swap_to_an_object_that_is_not_there_moves_nothing() {
    each_repository(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        let absent = NewObject::new(backend.hash(), ObjectKind::Commit, b"nowhere".into()).id;
        let _guard = backend.lock(PATIENCE).expect("the lock");
        assert!(backend.swap(&[swap_of(Some(one), absent)]).is_err());
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(one));
        let next = write_one(&*backend, Some(one), "2");
        let swapped = backend.swap(&[swap_of(Some(one), next)]);
        assert_eq!(swapped.expect("an answer"), Swapped::Moved);
    });
}

/// The note of a writer must be gone after every answer: found later, it reads as a death.
#[test]
fn a_swap_leaves_no_note_behind_whatever_its_end() {
    each_repository(|rig| {
        let backend = rig.here();
        let note = git_dir(&rig.here_dir()).join("coord/lock");
        let is_clean = || std::fs::read(&note).expect("the lock file").first() == Some(&b'\n');
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        assert!(is_clean(), "after success");
        assert_eq!(swap(&*backend, &[swap_of(None, one)]), Swapped::Moved);
        assert!(is_clean(), "after success seen by its value");
        let two = write_one(&*backend, None, "2");
        assert_eq!(swap(&*backend, &[swap_of(None, two)]), Swapped::Lost);
        assert!(is_clean(), "after a lost race");
        let absent = NewObject::new(backend.hash(), ObjectKind::Commit, b"nowhere".into()).id;
        {
            let _guard = backend.lock(PATIENCE).expect("the lock");
            assert!(backend.swap(&[swap_of(Some(one), absent)]).is_err());
        }
        assert!(is_clean(), "after a refusal");
        if !rig.is_reftable() {
            let file = git_dir(&rig.here_dir()).join(STATE);
            std::fs::write(file, "garbage\n").expect("a file");
            let _guard = backend.lock(PATIENCE).expect("the lock");
            assert!(backend.swap(&[swap_of(Some(one), two)]).is_err());
            assert!(is_clean(), "after damage");
        }
    });
}

/// The child that moves refs is kept open; when something ended it meanwhile, that is no failure.
#[test]
fn a_ref_mover_that_died_while_idle_is_replaced() {
    each_repository(|rig| {
        let repo = super::rig::open(&rig.here_dir());
        let one = write_one(&repo, None, "1");
        move_state(&repo, None, one);
        repo.end_ref_mover();
        let two = write_one(&repo, Some(one), "2");
        move_state(&repo, Some(one), two);
        assert_eq!(repo.tip(STATE).expect("an answer"), Some(two));
    });
}

#[test]
fn changes_are_the_same_when_they_are_flushed() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        try_git(&dir, &["config", "coord.fsync", "true"]);
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        move_state(&*backend, None, one);
        try_git(&dir, &["pack-refs", "--all"]);
        let two = write_one(&*backend, Some(one), "2");
        move_state(&*backend, Some(one), two);
        assert_eq!(rig.here().tip(STATE).expect("an answer"), Some(two));
        super::rig::assert_sound(&dir);
    });
}
