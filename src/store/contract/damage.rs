//! Damaged repositories: an answer with a reason, never a panic, and nothing changed.

use std::path::Path;

use super::each_repository;
use super::rig::{PATIENCE, Rig, git_dir, move_state, place, raw, swap_of, write_one};
use crate::model::object_id::ObjectId;
use crate::store::names::STATE;
use crate::store::{Error, NewObject, ObjectKind, Snapshot};

/// Every file below the git directory with its bytes, without our own lock.
fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut dirs = vec![git_dir(dir)];
    while let Some(next) = dirs.pop() {
        for entry in std::fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if !path.ends_with("coord/lock") {
                let bytes = std::fs::read(&path).expect("a readable file");
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    found
}

fn assert_clean(why: &Error) {
    let text = why.to_string();
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "{text:?}"
    );
}

/// Reads and tries to move the state; neither may work and neither may change a file.
fn assert_refused(rig: &Rig, known: ObjectId, next: ObjectId) {
    let before = files(&rig.here_dir());
    for _ in 0..2 {
        let backend = rig.here();
        let state = backend
            .tip(STATE)
            .and_then(|tip| Snapshot::at(&*backend, tip).map(|_| tip));
        match state {
            Ok(tip) => panic!("{tip:?} was taken for the state"),
            Err(why) => assert_clean(&why),
        }
        for old in [None, Some(known)] {
            let _guard = backend.lock(PATIENCE).expect("the lock");
            match backend.swap(&[swap_of(old, next)]) {
                Ok(swapped) => assert_eq!(swapped, crate::store::Swapped::Lost),
                Err(why) => assert_clean(&why),
            }
        }
    }
    assert_eq!(files(&rig.here_dir()), before);
}

#[test]
fn a_state_ref_file_that_is_empty_or_garbage_is_damage() {
    super::run(
        &[super::Kind::Lib, super::Kind::Program, super::Kind::Sha256],
        |rig| {
            let backend = rig.here();
            let one = write_one(&*backend, None, "1");
            let two = write_one(&*backend, Some(one), "2");
            move_state(&*backend, None, one);
            let file = git_dir(&rig.here_dir()).join(STATE);
            for content in [
                "",
                "garbage\n",
                "\u{1b}[31mred\n",
                "ref: \n",
                "\0\0\0\0",
                &one.to_string()[..12],
            ] {
                std::fs::write(&file, content).expect("a file");
                assert!(backend.tip(STATE).is_err(), "{content:?}");
                assert_refused(rig, one, two);
            }
            // Git itself takes zeros for no ref at all when it moves one; they are no state.
            let zeros = "0".repeat(one.to_string().len());
            std::fs::write(&file, zeros).expect("a file");
            assert!(backend.tip(STATE).is_err());
            std::fs::write(&file, format!("{one}\n")).expect("a file");
            assert_eq!(backend.tip(STATE).expect("it is whole again"), Some(one));
        },
    );
}

#[test]
fn a_state_ref_that_names_a_missing_object_is_no_empty_state() {
    each_repository(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        let two = write_one(&*backend, Some(one), "2");
        let three = write_one(&*backend, None, "3");
        move_state(&*backend, None, one);
        move_state(&*backend, Some(one), two);
        remove(rig, two);
        assert_refused(rig, one, three);
    });
}

/// Deletes an object with its spare copy.
fn remove(rig: &Rig, id: ObjectId) {
    let spare = git_dir(&rig.here_dir()).join("coord/recent");
    std::fs::remove_dir_all(spare).expect("spare copies");
    let hex = id.to_string();
    let dir = git_dir(&rig.here_dir()).join("objects").join(&hex[..2]);
    std::fs::remove_file(dir.join(&hex[2..])).expect("a loose object");
}

#[test]
fn a_state_ref_that_names_a_blob_is_damage() {
    each_repository(|rig| {
        let backend = rig.here();
        let one = write_one(&*backend, None, "1");
        let blob = raw(&*backend, ObjectKind::Blob, b"no commit");
        super::rig::git(&rig.here_dir(), &["update-ref", STATE, &blob.to_string()]);
        assert_refused(rig, one, one);
    });
}

#[test]
fn a_huge_object_under_the_state_ref_is_not_read_whole() {
    each_repository(|rig| {
        let backend = rig.here();
        let huge = raw(&*backend, ObjectKind::Blob, &vec![b'x'; 20 << 20]);
        let args = ["update-ref", STATE, &huge.to_string()];
        super::rig::git(&rig.here_dir(), &args);
        let tip = rig.here().tip(STATE).expect("a readable ref");
        assert_eq!(tip, Some(huge));
        assert!(Snapshot::at(&*backend, tip).is_err());
    });
}

#[test]
fn commits_and_trees_that_are_no_state_are_damage() {
    super::each(|rig| {
        let backend = rig.here();
        let good = write_one(&*backend, None, "1");
        let tree = Snapshot::at(&*backend, Some(good)).expect("a state").root();
        let tree = tree.expect("a tree");
        let who = "a <a@b> 1 +0000";
        let commits = [
            String::new(),
            "\n\n".into(),
            format!("tree {tree}\n\nno author"),
            format!("tree {tree}\nauthor {who}\n\nno committer"),
            format!("tree xyz\nauthor {who}\ncommitter {who}\n\nbad tree"),
            format!(
                "tree {tree}\nparent {good}\nparent {good}\nauthor {who}\ncommitter {who}\n\nmerge"
            ),
            format!("tree {tree}\nauthor {who}\ncommitter a <a@b> 99999999999999999 +0000\n\nlate"),
        ];
        for commit in commits {
            let id = raw_unchecked(rig, ObjectKind::Commit, commit.as_bytes());
            let state = Snapshot::at(&*backend, Some(id));
            assert!(matches!(state, Err(Error::Damaged { .. })), "{commit:?}");
        }
        for bytes in [&b"100644 a"[..], b"100644 a=\0short", b"\0\0", b" \0"] {
            let tree = raw_unchecked(rig, ObjectKind::Tree, bytes);
            let commit = super::rig::about("x")(tree, None);
            let id = raw_unchecked(rig, ObjectKind::Commit, &commit.to_bytes());
            let state = Snapshot::at(&*backend, Some(id)).expect("a commit");
            assert!(state.under("").is_err() && state.places("").is_err());
            assert!(state.get(&place("b=")).is_err());
        }
    });
}

/// Writes an object that git itself would not make.
fn raw_unchecked(rig: &Rig, kind: ObjectKind, data: &[u8]) -> ObjectId {
    let backend = rig.here();
    if rig.is_memory() {
        return raw(&*backend, kind, data);
    }
    let object = NewObject::new(backend.hash(), kind, data.to_vec());
    let hex = object.id.to_string();
    let dir = git_dir(&rig.here_dir()).join("objects").join(&hex[..2]);
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = std::fs::File::create(dir.join(&hex[2..])).expect("a file");
    let mut zlib = flate2::write::ZlibEncoder::new(file, flate2::Compression::fast());
    let header = format!("{} {}\0", kind.as_str(), data.len());
    use std::io::Write;
    zlib.write_all(&[header.as_bytes(), data].concat())
        .expect("a written file");
    zlib.finish().expect("a written file");
    object.id
}

#[test]
fn a_record_whose_object_is_gone_is_reported_at_its_place() {
    each_repository(|rig| {
        let backend = rig.here();
        let tip = write_one(&*backend, None, "1");
        let snapshot = Snapshot::at(&*backend, Some(tip)).expect("a state");
        let (at, id) = snapshot.places("").expect("an answer").remove(0);
        remove(rig, id);
        let fresh = rig.here();
        let snapshot = Snapshot::at(&*fresh, Some(tip)).expect("a state");
        let found = snapshot.under("").expect("readable trees");
        match &found[0] {
            (named, Err(Error::Damaged { what, .. })) => {
                assert_eq!((named, what.as_str()), (&at, at.as_str()));
            }
            other => panic!("{other:?}"),
        }
    });
}
