//! Push and fetch between two clones and their hub.

use super::rig::{PATIENCE, Rig, append, git, git_dir, raw, swap_of, texts, write_one};
use super::{each, each_repository};
use crate::model::object_id::ObjectId;
use crate::store::names::{self, STATE};
use crate::store::{Backend, Error, ObjectKind, Pushed, RefSwap};

fn push(backend: &dyn Backend, old: Option<ObjectId>, new: ObjectId) -> Pushed {
    backend
        .push("origin", &[swap_of(old, new)])
        .expect("an answer")
}

fn fetch(backend: &dyn Backend) -> Option<ObjectId> {
    backend.fetch("origin", STATE).expect("a reachable hub")
}

fn is_rejected(pushed: &Pushed) -> bool {
    matches!(pushed, Pushed::Rejected(_))
}

/// Makes sure that there is a hub, also where a test never looks into it.
fn with_hub(check: impl Fn(&Rig)) {
    each(|rig| {
        rig.hub_dir();
        check(rig);
    });
}

#[test]
fn what_one_clone_pushed_the_other_fetches() {
    with_hub(|rig| {
        let (here, there) = (rig.here(), rig.there());
        let one = write_one(&*here, None, "1");
        assert_eq!(push(&*here, None, one), Pushed::Moved);
        assert_eq!(rig.hub_tip(STATE), Some(one));
        assert_eq!(fetch(&*there), Some(one));
        assert_eq!(texts(&*there, Some(one))["values/x.json"], "1");
        let two = write_one(&*there, Some(one), "2");
        assert_eq!(push(&*there, Some(one), two), Pushed::Moved);
        assert_eq!(fetch(&*here), Some(two));
        assert_eq!(texts(&*here, Some(two))["values/x.json"], "2");
    });
}

#[test]
fn an_absent_ref_is_fetched_as_none() {
    with_hub(|rig| assert_eq!(fetch(&*rig.here()), None));
}

#[test]
fn the_second_to_push_is_rejected_and_nothing_moves() {
    with_hub(|rig| {
        let (here, there) = (rig.here(), rig.there());
        let base = write_one(&*here, None, "base");
        assert_eq!(push(&*here, None, base), Pushed::Moved);
        fetch(&*there);
        let ours = write_one(&*here, Some(base), "ours");
        let theirs = write_one(&*there, Some(base), "theirs");
        assert_eq!(push(&*here, Some(base), ours), Pushed::Moved);
        let lost = push(&*there, Some(base), theirs);
        assert!(is_rejected(&lost), "{lost:?}");
        assert_eq!(rig.hub_tip(STATE), Some(ours));
        assert_eq!(fetch(&*there), Some(ours));
    });
}

#[test]
fn a_lease_on_nothing_only_creates() {
    with_hub(|rig| {
        let (here, there) = (rig.here(), rig.there());
        let ours = write_one(&*here, None, "ours");
        let theirs = write_one(&*there, None, "theirs");
        assert_eq!(push(&*here, None, ours), Pushed::Moved);
        let lost = push(&*there, None, theirs);
        assert!(is_rejected(&lost), "{lost:?}");
        // Nor does a lease on a value create what is not there.
        let missing = RefSwap {
            name: names::epoch(1),
            old: Some(ours),
            new: theirs,
        };
        let lost = there.push("origin", &[missing]).expect("an answer");
        assert!(is_rejected(&lost), "{lost:?}");
        assert_eq!(rig.hub_tip(STATE), Some(ours));
        assert_eq!(rig.hub_tip(&names::epoch(1)), None);
    });
}

#[test]
fn the_same_commit_pushed_twice_is_there_once() {
    with_hub(|rig| {
        let here = rig.here();
        let one = write_one(&*here, None, "1");
        assert_eq!(push(&*here, None, one), Pushed::Moved);
        // Git calls this up to date whatever the lease says; both answers are true of the hub.
        let again = push(&*here, None, one);
        assert!(again == Pushed::Moved || is_rejected(&again), "{again:?}");
        assert_eq!(rig.hub_tip(STATE), Some(one));
    });
}

#[test]
fn two_refs_arrive_together_or_not_at_all() {
    with_hub(|rig| {
        let here = rig.here();
        let old = write_one(&*here, None, "old");
        let new = write_one(&*here, None, "new epoch");
        assert_eq!(push(&*here, None, old), Pushed::Moved);
        let keep = |expected| RefSwap {
            name: names::epoch(1),
            old: expected,
            new: old,
        };
        for swaps in [
            [keep(None), swap_of(Some(new), new)],
            [keep(Some(new)), swap_of(Some(old), new)],
        ] {
            let pushed = here.push("origin", &swaps).expect("an answer");
            assert!(is_rejected(&pushed), "{pushed:?}");
            assert_eq!(rig.hub_tip(STATE), Some(old));
            assert_eq!(rig.hub_tip(&names::epoch(1)), None);
        }
        let swaps = [keep(None), swap_of(Some(old), new)];
        let pushed = here.push("origin", &swaps).expect("an answer");
        assert_eq!(pushed, Pushed::Moved);
        assert_eq!(rig.hub_tip(STATE), Some(new));
        assert_eq!(rig.hub_tip(&names::epoch(1)), Some(old));
        let kept = rig.there().fetch("origin", &names::epoch(1));
        assert_eq!(kept.expect("a reachable hub"), Some(old));
    });
}

#[test]
fn a_deleted_ref_is_fetched_as_none() {
    each_repository(|rig| {
        let (here, hub) = (rig.here(), rig.hub_dir());
        let one = write_one(&*here, None, "1");
        assert_eq!(push(&*here, None, one), Pushed::Moved);
        assert_eq!(fetch(&*here), Some(one));
        git(&hub, &["update-ref", "-d", STATE]);
        assert_eq!(fetch(&*here), None);
    });
}

#[test]
fn a_fetch_touches_nothing_but_the_quarantine() {
    each_repository(|rig| {
        let (here, there) = (rig.here(), rig.there());
        let dir = rig.there_dir();
        rig.hub_dir();
        let one = write_one(&*here, None, "1");
        assert_eq!(push(&*here, None, one), Pushed::Moved);
        let own = write_one(&*there, None, "own");
        super::rig::move_state(&*there, None, own);
        git(
            &rig.here_dir(),
            &["commit", "--quiet", "--allow-empty", "-m", "x"],
        );
        git(&rig.here_dir(), &["tag", "-a", "v1", "-m", "v1"]);
        git(
            &rig.here_dir(),
            &["push", "--quiet", "origin", "HEAD:refs/heads/main", "v1"],
        );
        // As a plain clone has it: a fetch without care would update these.
        append(
            &git_dir(&dir).join("config"),
            "[remote \"origin\"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\
             \tfetch = +refs/coord/*:refs/coord/*\n",
        );
        let backend = rig.there();
        assert_eq!(fetch(&*backend), Some(one));
        assert_eq!(backend.tip(STATE).expect("an answer"), Some(own));
        let refs = git(&dir, &["for-each-ref", "--format=%(refname)"]);
        let outside = |name: &&str| !name.starts_with(names::FETCHED);
        let outside: Vec<&str> = refs.lines().filter(outside).collect();
        assert_eq!(outside, [STATE]);
        assert!(!git_dir(&dir).join("FETCH_HEAD").exists());
    });
}

#[test]
fn a_remote_that_is_gone_is_not_reached() {
    each_repository(|rig| {
        // A clone that has never taken its lock, and one that has.
        for is_first in [true, false] {
            let here = rig.here();
            let one = write_one(&*here, None, "1");
            let pushed = push(&*here, None, one);
            assert!(
                matches!(pushed, Pushed::Unreached(_)),
                "{is_first} {pushed:?}"
            );
            match here.fetch("origin", STATE) {
                Err(Error::Remote { remote, why }) => {
                    assert_eq!(remote, "origin");
                    assert!(
                        !why.is_empty() && !why.contains(|c: char| c.is_control() && c != '\n')
                    );
                }
                other => panic!("{other:?}"),
            }
            drop(here.lock(PATIENCE).expect("the lock"));
        }
        let left = std::fs::read_dir(git_dir(&rig.here_dir()).join("coord"));
        let names = left.expect("a directory").flatten().map(|e| e.file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["lock", "recent"], "no trace of the push stays");
    });
}

#[test]
fn a_foreign_chain_is_fetched_and_then_refused() {
    with_hub(|rig| {
        let (here, there) = (rig.here(), rig.there());
        let ours = write_one(&*here, None, "ours");
        super::rig::move_state(&*here, None, ours);
        let theirs = write_one(&*there, None, "theirs");
        assert_eq!(push(&*there, None, theirs), Pushed::Moved);
        let offered = fetch(&*here);
        let judged = crate::store::advance(&*here, Some(ours), offered);
        assert!(matches!(judged, Err(Error::Rewritten { .. })), "{judged:?}");
        assert_eq!(here.tip(STATE).expect("an answer"), Some(ours));
    });
}

#[test]
fn a_state_on_the_hub_that_is_no_commit_is_an_error_when_read() {
    each_repository(|rig| {
        let (here, hub) = (rig.here(), rig.hub_dir());
        let blob = raw(&*here, ObjectKind::Blob, b"no commit");
        let push = format!("{blob}:{STATE}");
        git(&rig.here_dir(), &["push", "--quiet", "origin", &push]);
        assert_eq!(rig.hub_tip(STATE), Some(blob));
        let there = rig.there();
        let offered = fetch(&*there);
        assert!(crate::store::advance(&*there, None, offered).is_err());
        assert_eq!(there.tip(STATE).expect("an answer"), None);
        drop(hub);
    });
}
