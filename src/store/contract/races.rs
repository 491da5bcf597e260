//! Writers at the same time, each with its own handle as a process of its own would have.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use super::each_repository;
use super::rig::{
    Edits, Rig, about, assert_sound, edits, open, publish, swap_of, text_at, texts, write_one,
};
use crate::model::object_id::ObjectId;
use crate::store::names::STATE;
use crate::store::{Backend, Draft, Error, Pushed, Snapshot, Swapped, history};

/// Two records that every change raises together.
const COUNT: &str = "values/count.json";
const TWIN: &str = "locks/path/src/twin=";

/// One more, and a record that names who counted.
pub(super) fn count_up(snapshot: &Snapshot<'_>, who: &str) -> Edits {
    let count: usize = text_at(snapshot, COUNT).parse().unwrap_or(0);
    let next = (count + 1).to_string();
    let mine = format!("tasks/{}/{who}.json", count % 7);
    edits(&[
        (COUNT, Some(&next)),
        (TWIN, Some(&next)),
        (&mine, Some("{}")),
    ])
}

/// Runs `work` in that many threads at once and gathers what they report.
pub(super) fn in_threads<T: Send>(count: usize, work: impl Fn(usize) -> Vec<T> + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..count)
            .map(|n| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(n)
                })
            })
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().expect("a thread without a panic"))
            .collect()
    })
}

/// Every reported success is in the chain exactly once, and nothing else is.
pub(super) fn assert_nothing_lost(
    backend: &dyn Backend,
    tip: Option<ObjectId>,
    reported: &[ObjectId],
) {
    let chain: Vec<ObjectId> = history(backend, tip)
        .map(|step| step.expect("a readable chain").0)
        .collect();
    let unique: BTreeSet<_> = reported.iter().collect();
    assert_eq!(unique.len(), reported.len(), "a success was reported twice");
    assert_eq!(chain.iter().collect::<BTreeSet<_>>(), unique);
    let state = texts(backend, tip);
    assert_eq!(state[COUNT], reported.len().to_string());
    assert_eq!(state[TWIN], state[COUNT]);
}

/// `count` changes by each of `threads` writers of one clone.
pub(super) fn race(dir: &Path, threads: usize, count: usize) -> Vec<ObjectId> {
    in_threads(threads, |n| {
        let backend = open(dir);
        let who = format!("w{n}");
        (0..count)
            .map(|_| publish(&backend, |snapshot| count_up(snapshot, &who)))
            .collect()
    })
}

#[test]
fn of_all_local_writers_none_is_lost_and_none_wins_twice() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let reported = race(&dir, 4, 8);
        let backend = open(&dir);
        let tip = backend.tip(STATE).expect("an answer");
        assert_nothing_lost(&backend, tip, &reported);
        assert_sound(&dir);
    });
}

#[test]
fn exactly_one_creates_the_state() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let winners = in_threads(4, |n| {
            let backend = open(&dir);
            let mine = write_one(&backend, None, &n.to_string());
            let _guard = backend.lock(super::rig::PATIENCE).expect("the lock");
            match backend.swap(&[swap_of(None, mine)]).expect("an answer") {
                Swapped::Moved => vec![mine],
                Swapped::Lost => vec![],
            }
        });
        assert_eq!(winners.len(), 1);
        let tip = open(&dir).tip(STATE).expect("an answer");
        assert_eq!(tip, Some(winners[0]));
    });
}

#[test]
fn a_reader_beside_writers_always_sees_one_whole_state() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        publish(&open(&dir), |snapshot| count_up(snapshot, "first"));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let backend = open(&dir);
                let (mut seen, mut reads) = (0, 0);
                while !is_over.load(Ordering::Acquire) {
                    let tip = backend.tip(STATE).expect("a readable ref");
                    let snapshot = Snapshot::at(&backend, tip).expect("a readable state");
                    let count = text_at(&snapshot, COUNT);
                    assert_eq!(text_at(&snapshot, TWIN), count);
                    let count: usize = count.parse().expect("a number");
                    assert!(count >= seen, "the state went back");
                    (seen, reads) = (count, reads + 1);
                }
                reads
            });
            race(&dir, 2, 8);
            is_over.store(true, Ordering::Release);
            assert!(reader.join().expect("a reader without a panic") > 0);
        });
    });
}

/// One change through the remote; no lock is taken, the lease alone decides.
fn publish_there(backend: &dyn Backend, who: &str) -> ObjectId {
    loop {
        let tip = backend.fetch("origin", STATE).expect("a reachable hub");
        let snapshot = Snapshot::at(backend, tip).expect("a readable state");
        let mut draft = Draft::on(&snapshot);
        let id = draft
            .commit(&count_up(&snapshot, who), about("count"), false)
            .expect("a commit");
        draft.write().expect("written objects");
        match backend
            .push("origin", &[swap_of(tip, id)])
            .expect("an answer")
        {
            Pushed::Moved => return id,
            Pushed::Rejected(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn race_there(rig: &Rig, threads: usize, count: usize) -> Vec<ObjectId> {
    rig.hub_dir();
    let dirs = [rig.here_dir(), rig.there_dir()];
    in_threads(threads, |n| {
        let backend = open(&dirs[n % 2]);
        let who = format!("w{n}");
        (0..count).map(|_| publish_there(&backend, &who)).collect()
    })
}

#[test]
fn through_a_hub_the_lease_alone_decides_every_race() {
    each_repository(|rig| {
        let reported = race_there(rig, 2, 4);
        let backend = rig.here();
        let tip = backend.fetch("origin", STATE).expect("a reachable hub");
        assert_eq!(tip, rig.hub_tip(STATE));
        assert_nothing_lost(&*backend, tip, &reported);
        assert_sound(&rig.hub_dir());
    });
}

/// Two commands of one clone that refresh their view at the same time met on the quarantine
/// ref, and git refused one of them.
#[test]
fn fetches_of_one_clone_do_not_fail_each_other() {
    each_repository(|rig| {
        rig.hub_dir();
        let dir = rig.here_dir();
        let rival = rig.there_dir();
        let fetched = in_threads(3, |n| {
            if n == 0 {
                let backend = open(&rival);
                for _ in 0..3 {
                    publish_there(&backend, "rival");
                }
                return vec![];
            }
            let backend = open(&dir);
            (0..4)
                .map(|_| backend.fetch("origin", STATE))
                .collect::<Vec<Result<_, Error>>>()
        });
        for answer in fetched {
            assert!(answer.is_ok(), "{answer:?}");
        }
    });
}
