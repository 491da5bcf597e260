//! The lock that all local writers of a clone share.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::each_repository;
use super::rig::{PATIENCE, open};
use crate::store::Backend;

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn one_handle_at_a_time_holds_the_lock() {
    each_repository(|rig| {
        let (one, two) = (rig.here(), rig.here());
        let guard = one.try_lock().expect("an answer");
        assert!(guard.is_some());
        assert!(two.try_lock().expect("an answer").is_none());
        drop(guard);
        assert!(two.try_lock().expect("an answer").is_some());
    });
}

#[test]
fn a_waiting_thread_gets_the_lock_when_it_is_free() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let holder = open(&dir);
        let guard = holder.lock(PATIENCE).expect("the lock");
        let (sender, events) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let waiter = open(&dir);
                assert!(waiter.try_lock().expect("an answer").is_none());
                sender.send("waiting").expect("a listener");
                let _guard = waiter.lock(PATIENCE).expect("the lock");
                sender.send("locked").expect("a listener");
            });
            assert_eq!(events.recv(), Ok("waiting"));
            assert_eq!(
                events.recv_timeout(SHORT),
                Err(mpsc::RecvTimeoutError::Timeout)
            );
            drop(guard);
            assert_eq!(events.recv_timeout(PATIENCE), Ok("locked"));
        });
    });
}

#[test]
fn waiting_ends_at_the_deadline() {
    each_repository(|rig| {
        let (holder, waiter) = (rig.here(), rig.here());
        let _guard = holder.lock(PATIENCE).expect("the lock");
        let start = Instant::now();
        let why = waiter.lock(SHORT).expect_err("it is held");
        assert!(start.elapsed() >= SHORT && start.elapsed() < PATIENCE);
        assert!(
            why.to_string().contains("another git-coord command"),
            "{why}"
        );
    });
}

/// The thread of a wait that was given up won the lock later and then freed it, although the
/// same handle had taken it again meanwhile.
#[test]
fn a_wait_that_was_given_up_does_not_free_a_later_lock() {
    each_repository(|rig| {
        let (holder, waiter, third) = (rig.here(), rig.here(), rig.here());
        let guard = holder.lock(PATIENCE).expect("the lock");
        for _ in 0..3 {
            assert!(waiter.lock(SHORT).is_err());
        }
        drop(guard);
        let _again = waiter.lock(PATIENCE).expect("the lock");
        let start = Instant::now();
        while start.elapsed() < SHORT * 3 {
            assert!(third.try_lock().expect("an answer").is_none());
        }
    });
}

/// The kernel's lock belongs to the open file, so a second one of the same handle was granted
/// and ended with the first of the two.
#[test]
fn a_handle_does_not_get_the_lock_that_it_already_holds() {
    each_repository(|rig| {
        let (holder, other) = (rig.here(), rig.here());
        let guard = holder.lock(PATIENCE).expect("the lock");
        assert!(holder.try_lock().expect("an answer").is_none());
        assert!(holder.lock(SHORT).is_err());
        assert!(other.try_lock().expect("an answer").is_none());
        drop(guard);
        assert!(holder.try_lock().expect("an answer").is_some());
    });
}

#[test]
fn the_lock_file_is_never_deleted() {
    each_repository(|rig| {
        let file = super::rig::git_dir(&rig.here_dir()).join("coord/lock");
        drop(rig.here().lock(PATIENCE).expect("the lock"));
        assert!(file.exists());
    });
}

#[test]
fn reading_needs_no_lock_and_makes_no_file() {
    each_repository(|rig| {
        let backend = rig.here();
        backend.tip(crate::store::names::STATE).expect("an answer");
        assert!(!super::rig::git_dir(&rig.here_dir()).join("coord").exists());
    });
}
