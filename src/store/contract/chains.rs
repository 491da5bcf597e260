//! Following an authority's chain: forward, never back.

use super::each;
use super::rig::{Edits, edits, write_on, write_one};
use crate::model::object_id::ObjectId;
use crate::store::{
    Advance, Backend, EpochLink, Error, NewObject, ObjectKind, Snapshot, advance, contains, history,
};

/// Commits on top of each other, the oldest first.
fn chain(backend: &dyn Backend, on: Option<ObjectId>, length: usize) -> Vec<ObjectId> {
    let mut made: Vec<ObjectId> = Vec::new();
    for n in 0..length {
        let parent = made.last().copied().or(on);
        made.push(write_one(backend, parent, &n.to_string()));
    }
    made
}

/// The first commit of an epoch that continues `tip`: its records and `more`.
fn new_epoch(backend: &dyn Backend, tip: ObjectId, more: &Edits) -> ObjectId {
    let root = write_on(backend, Some(tip), more);
    let tree = Snapshot::at(backend, Some(root)).expect("a state").root();
    link_to(backend, tip, tree.expect("a tree"))
}

fn link_to(backend: &dyn Backend, tip: ObjectId, tree: ObjectId) -> ObjectId {
    let link = EpochLink { closed: 1, tip };
    let mut commit = super::rig::about("epoch 2")(tree, None);
    commit.message = format!("epoch 2\n\n{}\n", link.trailer());
    super::rig::raw(backend, ObjectKind::Commit, &commit.to_bytes())
}

/// What counts the epochs is all that may differ.
fn counted() -> Edits {
    edits(&[("format.json", Some("{\"v\":1,\"epoch\":2}"))])
}

fn rewritten(backend: &dyn Backend, trusted: ObjectId, offered: Option<ObjectId>) -> String {
    match advance(backend, Some(trusted), offered) {
        Err(Error::Rewritten {
            trusted: kept,
            offered: named,
            why,
        }) => {
            assert_eq!((kept, named), (trusted, offered));
            why
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_tip_is_no_advance() {
    each(|rig| {
        let backend = rig.here();
        let tip = write_one(&*backend, None, "1");
        let judged = |id| advance(&*backend, id, id).expect("a judgement");
        assert_eq!(judged(Some(tip)), Advance::Same);
        assert_eq!(judged(None), Advance::Same);
    });
}

#[test]
fn a_longer_chain_is_forward() {
    each(|rig| {
        let backend = rig.here();
        let ids = chain(&*backend, None, 5);
        let judged = advance(&*backend, Some(ids[1]), Some(ids[4])).expect("a judgement");
        assert_eq!(judged, Advance::Forward(3));
        assert!(advance(&*backend, None, Some(ids[4])).is_ok());
    });
}

#[test]
fn a_first_tip_that_cannot_be_read_is_not_adopted() {
    each(|rig| {
        let backend = rig.here();
        let absent = NewObject::new(backend.hash(), ObjectKind::Commit, b"nowhere".into()).id;
        assert!(advance(&*backend, None, Some(absent)).is_err());
        let blob = super::rig::raw(&*backend, ObjectKind::Blob, b"no commit");
        assert!(advance(&*backend, None, Some(blob)).is_err());
    });
}

#[test]
fn every_way_back_is_an_alarm() {
    each(|rig| {
        let backend = rig.here();
        let ids = chain(&*backend, None, 4);
        let branch = chain(&*backend, Some(ids[1]), 3);
        let foreign = chain(&*backend, None, 6);
        let set_back = rewritten(&*backend, ids[3], Some(ids[1]));
        assert!(set_back.contains("older"), "{set_back}");
        let diverged = rewritten(&*backend, ids[3], branch.last().copied());
        assert!(diverged.contains("does not continue"), "{diverged}");
        rewritten(&*backend, ids[3], foreign.last().copied());
        rewritten(&*backend, ids[3], Some(foreign[0]));
        rewritten(&*backend, ids[3], None);
    });
}

#[test]
fn an_epoch_link_continues_the_chain() {
    each(|rig| {
        let backend = rig.here();
        let ids = chain(&*backend, None, 3);
        let root = new_epoch(&*backend, ids[2], &counted());
        let tip = write_one(&*backend, Some(root), "after");
        for trusted in [ids[2], ids[0]] {
            let judged = advance(&*backend, Some(trusted), Some(tip));
            assert_eq!(judged.expect("a judgement"), Advance::NewEpoch);
            assert!(contains(&*backend, Some(tip), trusted).expect("an answer"));
        }
        let judged = advance(&*backend, Some(root), Some(tip));
        assert_eq!(judged.expect("a judgement"), Advance::Forward(1));
        // Back into the closed epoch is back.
        rewritten(&*backend, tip, Some(ids[2]));
        let other = chain(&*backend, None, 2);
        rewritten(&*backend, other[1], Some(tip));
    });
}

#[test]
fn an_epoch_that_begins_with_other_records_is_an_alarm() {
    each(|rig| {
        let backend = rig.here();
        let tip = write_one(&*backend, None, "kept");
        let changed = edits(&[("values/x.json", Some("changed"))]);
        let root = new_epoch(&*backend, tip, &changed);
        let why = rewritten(&*backend, tip, Some(root));
        assert!(why.contains("records"), "{why}");
    });
}

#[test]
fn an_epoch_whose_old_chain_is_not_here_contains_its_own_commits_only() {
    each(|rig| {
        let here = rig.here();
        let foreign = write_one(&*here, None, "foreign");
        let tree = Snapshot::at(&*here, Some(foreign)).expect("a state").root();
        let absent = NewObject::new(here.hash(), ObjectKind::Commit, b"elsewhere".into()).id;
        let root = link_to(&*here, absent, tree.expect("a tree"));
        let tip = write_one(&*here, Some(root), "after");
        for (wanted, expected) in [(tip, true), (root, true), (absent, false), (foreign, false)] {
            let found = contains(&*here, Some(tip), wanted).expect("an answer");
            assert_eq!(found, expected, "{wanted}");
        }
    });
}

/// Nothing can vouch for the link before the closed chain is here; the view fetches it then.
#[test]
fn a_new_epoch_beyond_the_last_tip_seen_is_accepted_with_the_closed_chain() {
    each(|rig| {
        let (here, there) = (rig.here(), rig.there());
        // The same history in both clones, and two more commits in only one of them.
        let seen = write_one(&*there, None, "seen");
        copy_commit(&*there, &*here, seen);
        let unseen = chain(&*there, Some(seen), 2);
        let root = new_epoch(&*there, unseen[1], &counted());
        copy_commit(&*there, &*here, root);
        rewritten(&*here, seen, Some(root));
        for id in &unseen {
            copy_commit(&*there, &*here, *id);
        }
        let judged = advance(&*here, Some(seen), Some(root));
        assert_eq!(judged.expect("a judgement"), Advance::NewEpoch);
    });
}

/// Carries a commit and the trees and records below it, without its parents.
fn copy_commit(from: &dyn Backend, to: &dyn Backend, id: ObjectId) {
    let carry = |id, kind| {
        let data = from.read(&id, kind, 1 << 20).expect("a readable object");
        assert_eq!(super::rig::raw(to, kind, &data), id);
    };
    let snapshot = Snapshot::at(from, Some(id)).expect("a state");
    carry(id, ObjectKind::Commit);
    carry(snapshot.root().expect("a tree"), ObjectKind::Tree);
    let records = super::rig::texts(from, Some(id));
    let records: Vec<_> = records
        .iter()
        .map(|(at, text)| (at.as_str(), Some(text.as_str())))
        .collect();
    // Made from the same records, the trees between are the same ones.
    write_on(to, None, &edits(&records));
}

#[test]
fn history_runs_from_the_tip_to_the_first_of_the_epoch() {
    each(|rig| {
        let backend = rig.here();
        let old = chain(&*backend, None, 2);
        let root = new_epoch(&*backend, old[1], &counted());
        let ids = chain(&*backend, Some(root), 3);
        let seen: Vec<ObjectId> = history(&*backend, ids.last().copied())
            .map(|step| step.expect("a commit").0)
            .collect();
        assert_eq!(seen, [ids[2], ids[1], ids[0], root]);
        assert_eq!(history(&*backend, None).count(), 0);
    });
}

#[test]
fn history_ends_at_what_cannot_be_read() {
    each(|rig| {
        let backend = rig.here();
        let tip = write_one(&*backend, None, "1");
        let tree = Snapshot::at(&*backend, Some(tip)).expect("a state").root();
        let absent = NewObject::new(backend.hash(), ObjectKind::Commit, b"nowhere".into()).id;
        let orphan = super::rig::about("orphan")(tree.expect("a tree"), Some(absent));
        let orphan = super::rig::raw(&*backend, ObjectKind::Commit, &orphan.to_bytes());
        let steps: Vec<bool> = history(&*backend, Some(orphan))
            .map(|step| step.is_ok())
            .collect();
        assert_eq!(steps, [true, false]);
        assert!(contains(&*backend, Some(orphan), tip).is_err());
    });
}
