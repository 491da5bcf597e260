//! States: records at places, and the trees that git sees.

use super::each;
use super::rig::{
    about, assert_sound, edits, git, move_state, place, raw, text_at, texts, write_on,
};
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::object_id::ObjectId;
use crate::store::names::STATE;
use crate::store::{Backend, Draft, Error, ObjectKind, Snapshot};

const A: &str = "locks/path/src/a.rs=";
const B: &str = "locks/path/src/b.rs=";
const TASK: &str = "tasks/3f/x.json";

#[test]
fn the_state_before_the_first_commit_is_empty() {
    each(|rig| {
        let backend = rig.here();
        let empty = Snapshot::at(&*backend, None).expect("an empty state");
        assert_eq!(empty.get(&place(A)).expect("an answer"), None);
        assert!(empty.under("").expect("an answer").is_empty());
        assert!(empty.places("locks").expect("an answer").is_empty());
        assert_eq!((empty.tip(), empty.root()), (None, None));
    });
}

#[test]
fn records_are_added_replaced_and_removed() {
    each(|rig| {
        let backend = rig.here();
        let add = edits(&[(A, Some("a")), (B, Some("b")), (TASK, Some("t"))]);
        let one = write_on(&*backend, None, &add);
        let two = write_on(&*backend, Some(one), &edits(&[(A, Some("a2")), (B, None)]));
        let before = Snapshot::at(&*backend, Some(one)).expect("a state");
        let after = Snapshot::at(&*backend, Some(two)).expect("a state");
        assert_eq!([A, B, TASK].map(|at| text_at(&before, at)), ["a", "b", "t"]);
        assert_eq!([A, B, TASK].map(|at| text_at(&after, at)), ["a2", "", "t"]);
        let below = after.under("locks/path").expect("an answer");
        assert_eq!(below.len(), 1);
        assert_eq!(below[0].0, place(A));
        let parent = after.commit().and_then(|commit| commit.parent);
        assert_eq!(parent, Some(one));
    });
}

#[test]
fn a_listing_is_bounded_by_whole_names() {
    each(|rig| {
        let backend = rig.here();
        let all = [
            ("locks/path/src/a=", Some("1")),
            ("locks/path/src-old/a=", Some("2")),
            ("locks/path/src=", Some("3")),
        ];
        let tip = write_on(&*backend, None, &edits(&all));
        let snapshot = Snapshot::at(&*backend, Some(tip)).expect("a state");
        let names = |dir: &str| -> Vec<String> {
            let found = snapshot.places(dir).expect("an answer");
            found.iter().map(|(at, _)| at.as_str().to_owned()).collect()
        };
        assert_eq!(names("locks/path/src"), ["locks/path/src/a="]);
        assert_eq!(names("locks/path/sr"), [""; 0]);
        assert_eq!(
            names("locks/path/src="),
            [""; 0],
            "a record is no directory"
        );
        assert_eq!(
            names("locks"),
            [
                "locks/path/src-old/a=",
                "locks/path/src/a=",
                "locks/path/src="
            ]
        );
    });
}

#[test]
fn directories_that_become_empty_disappear() {
    each(|rig| {
        let backend = rig.here();
        let one = write_on(
            &*backend,
            None,
            &edits(&[(A, Some("a")), (TASK, Some("t"))]),
        );
        let two = write_on(&*backend, Some(one), &edits(&[(A, None)]));
        let snapshot = Snapshot::at(&*backend, Some(two)).expect("a state");
        let alone = write_on(&*backend, None, &edits(&[(TASK, Some("t"))]));
        let expected = Snapshot::at(&*backend, Some(alone)).expect("a state");
        assert_eq!(snapshot.root(), expected.root());
        // All gone: the root alone may be empty.
        let three = write_on(&*backend, Some(two), &edits(&[(TASK, None)]));
        assert!(texts(&*backend, Some(three)).is_empty());
        let four = write_on(&*backend, Some(three), &edits(&[(A, Some("again"))]));
        assert_eq!(texts(&*backend, Some(four))[A], "again");
    });
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    each(|rig| {
        let backend = rig.here();
        let one = write_on(&*backend, None, &edits(&[(A, Some("a"))]));
        let snapshot = Snapshot::at(&*backend, Some(one)).expect("a state");
        let draft = Draft::on(&snapshot);
        let root = draft.preview(&edits(&[(B, None), (TASK, None)]));
        assert_eq!(root.expect("a tree"), snapshot.root().expect("a tree"));
    });
}

#[test]
fn a_record_never_replaces_a_directory_nor_the_reverse() {
    each(|rig| {
        let backend = rig.here();
        let one = write_on(&*backend, None, &edits(&[("a/b", Some("1"))]));
        let snapshot = Snapshot::at(&*backend, Some(one)).expect("a state");
        for at in ["a", "a/b/c"] {
            let made = Draft::on(&snapshot).preview(&edits(&[(at, Some("2"))]));
            assert!(matches!(made, Err(Error::Damaged { .. })), "{made:?}");
        }
        let both = edits(&[("x", Some("1")), ("x-", Some("2")), ("x/y", Some("3"))]);
        let made = Draft::on(&snapshot).preview(&both);
        assert!(matches!(made, Err(Error::Damaged { .. })), "{made:?}");
        assert!(snapshot.get(&place("a")).is_err(), "it is a directory");
        assert_eq!(text_at(&snapshot, "a/b/c"), "");
    });
}

#[test]
fn a_draft_is_seen_by_nobody_until_it_is_written() {
    each(|rig| {
        let backend = rig.here();
        let base = write_on(&*backend, None, &edits(&[(A, Some("a"))]));
        let snapshot = Snapshot::at(&*backend, Some(base)).expect("a state");
        let mut draft = Draft::on(&snapshot);
        assert_eq!(draft.tip(), None);
        let one = draft.commit(&edits(&[(B, Some("b"))]), about("1"), false);
        let two = draft.commit(&edits(&[(TASK, Some("t"))]), about("2"), false);
        let (one, two) = (one.expect("a commit"), two.expect("a commit"));
        assert_eq!((draft.base(), draft.tip()), (Some(base), Some(two)));
        assert_eq!(text_at(draft.snapshot(), B), "b");
        assert_eq!(text_at(&snapshot, B), "", "a snapshot never changes");
        assert!(Snapshot::at(&*rig.here(), Some(two)).is_err());
        draft.write().expect("written objects");
        assert_eq!(texts(&*rig.here(), Some(two)).len(), 3);
        assert_eq!(texts(&*rig.here(), Some(one)).len(), 2);
    });
}

#[test]
fn an_oversized_record_is_refused_before_it_is_written() {
    each(|rig| {
        let backend = rig.here();
        let snapshot = Snapshot::at(&*backend, None).expect("a state");
        let mut draft = Draft::on(&snapshot);
        let most = "x".repeat(RECORD_BYTES_MAX);
        let fits = draft.commit(&edits(&[(A, Some(&most))]), about("fits"), false);
        assert!(fits.is_ok(), "{fits:?}");
        let over = format!("{most}x");
        let too_large = draft.commit(&edits(&[(B, Some(&over))]), about("over"), false);
        match too_large {
            Err(Error::Damaged { what, .. }) => assert_eq!(what, B),
            other => panic!("{other:?}"),
        }
    });
}

/// A tree whose second entry is a record that is too large to be read.
fn with_oversized(backend: &dyn Backend) -> ObjectId {
    let good = write_on(
        backend,
        None,
        &edits(&[("a=", Some("1")), ("c=", Some("3"))]),
    );
    let snapshot = Snapshot::at(backend, Some(good)).expect("a state");
    let places = snapshot.places("").expect("an answer");
    let large = raw(backend, ObjectKind::Blob, &[b'x'; RECORD_BYTES_MAX + 1]);
    let line =
        |name: &str, id: &ObjectId| [b"100644 ", name.as_bytes(), b"\0", id.as_bytes()].concat();
    let tree = [
        line("a=", &places[0].1),
        line("b=", &large),
        line("c=", &places[1].1),
    ];
    let tree = raw(backend, ObjectKind::Tree, &tree.concat());
    let commit = about("a foreign hand")(tree, Some(good));
    raw(backend, ObjectKind::Commit, &commit.to_bytes())
}

#[test]
fn an_oversized_record_is_reported_at_its_place_and_kept() {
    each(|rig| {
        let backend = rig.here();
        let tip = with_oversized(&*backend);
        let snapshot = Snapshot::at(&*backend, Some(tip)).expect("a state");
        let found = snapshot.under("").expect("readable trees");
        let good: Vec<bool> = found.iter().map(|(_, bytes)| bytes.is_ok()).collect();
        assert_eq!(good, [true, false, true]);
        match snapshot.get(&place("b=")) {
            Err(Error::Damaged { what, .. }) => assert_eq!(what, "b="),
            other => panic!("{other:?}"),
        }
        // A change beside it leaves it as it is.
        let next = write_on(&*backend, Some(tip), &edits(&[("a=", Some("2"))]));
        let after = Snapshot::at(&*backend, Some(next)).expect("a state");
        let id = |of: &Snapshot<'_>| of.places("").expect("an answer")[1].1;
        assert_eq!(id(&after), id(&snapshot));
    });
}

/// A mode that no operation writes was turned into a plain file's by the next change beside it.
#[test]
fn foreign_modes_survive_a_change_beside_them() {
    super::each_repository(|rig| {
        let backend = rig.here();
        let blob = raw(&*backend, ObjectKind::Blob, b"target");
        let line = |mode: &str, name: &str| {
            [
                mode.as_bytes(),
                b" ",
                name.as_bytes(),
                b"\0",
                blob.as_bytes(),
            ]
            .concat()
        };
        let tree = [line("100755", "a="), line("120000", "b=")].concat();
        let tree = raw(&*backend, ObjectKind::Tree, &tree);
        let foreign = about("a foreign hand")(tree, None);
        let tip = raw(&*backend, ObjectKind::Commit, &foreign.to_bytes());
        let next = write_on(&*backend, Some(tip), &edits(&[("c=", Some("3"))]));
        let listed = git(&rig.here_dir(), &["ls-tree", &next.to_string()]);
        let modes: Vec<&str> = listed.lines().map(|line| &line[..6]).collect();
        assert_eq!(modes, ["100755", "120000", "100644"]);
    });
}

#[test]
fn git_lists_the_same_places() {
    super::each_repository(|rig| {
        let backend = rig.here();
        let all = [
            A,
            B,
            TASK,
            "format.json",
            "locks/path/src=",
            "locks/path/src-x=",
        ];
        let all: Vec<_> = all.iter().map(|at| (*at, Some("{}"))).collect();
        let tip = write_on(&*backend, None, &edits(&all));
        move_state(&*backend, None, tip);
        let listed = git(
            &rig.here_dir(),
            &["ls-tree", "-r", "--format=%(path) %(objectname)", STATE],
        );
        let snapshot = Snapshot::at(&*backend, Some(tip)).expect("a state");
        let places = snapshot.places("").expect("an answer");
        let ours: Vec<String> = places
            .iter()
            .map(|(at, id)| format!("{} {id}", at.as_str()))
            .collect();
        assert_eq!(listed.lines().collect::<Vec<_>>(), ours);
        assert_sound(&rig.here_dir());
    });
}
