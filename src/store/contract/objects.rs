//! Objects: what was written is read, and nothing else is taken for it.

use super::rig::{Kind, git, raw};
use super::{each, each_repository};
use crate::store::{Error, NewObject, ObjectKind};

const MAX: usize = 1024;

#[test]
fn what_was_written_is_read() {
    each(|rig| {
        let contents: [&[u8]; 4] = [b"", b"{\"v\":1}", b"\0\xff\n", &[b'x'; MAX]];
        for data in contents {
            let id = raw(&*rig.here(), ObjectKind::Blob, data);
            let read = rig.here().read(&id, ObjectKind::Blob, MAX);
            assert_eq!(read.expect("it was just written"), data);
        }
    });
}

#[test]
fn writing_the_same_object_twice_is_fine() {
    each(|rig| {
        let backend = rig.here();
        let first = raw(&*backend, ObjectKind::Blob, b"same");
        assert_eq!(raw(&*backend, ObjectKind::Blob, b"same"), first);
    });
}

#[test]
fn many_objects_at_once_are_all_there() {
    each(|rig| {
        let backend = rig.here();
        let blob = |n: usize| {
            let data = format!("{n}").repeat(n).into_bytes();
            NewObject::new(backend.hash(), ObjectKind::Blob, data)
        };
        let objects: Vec<NewObject> = (0..100).map(blob).collect();
        backend.write(&objects).expect("written objects");
        for object in &objects {
            let read = backend.read(&object.id, ObjectKind::Blob, MAX);
            assert_eq!(read.expect("it was just written"), object.data);
        }
    });
}

#[test]
fn an_object_that_is_not_there_is_missing() {
    each(|rig| {
        let backend = rig.here();
        let id = NewObject::new(backend.hash(), ObjectKind::Blob, b"never written".into()).id;
        for kind in [ObjectKind::Blob, ObjectKind::Tree, ObjectKind::Commit] {
            let read = backend.read(&id, kind, MAX);
            assert!(matches!(read, Err(Error::Missing { id: named }) if named == id));
        }
    });
}

#[test]
fn an_object_that_another_process_writes_later_is_seen() {
    each(|rig| {
        let reader = rig.here();
        let id = NewObject::new(reader.hash(), ObjectKind::Blob, b"late".into()).id;
        assert!(reader.read(&id, ObjectKind::Blob, MAX).is_err());
        raw(&*rig.here(), ObjectKind::Blob, b"late");
        assert!(reader.read(&id, ObjectKind::Blob, MAX).is_ok());
    });
}

#[test]
fn an_object_of_another_kind_is_damage() {
    each(|rig| {
        let backend = rig.here();
        let id = raw(&*backend, ObjectKind::Blob, b"no tree");
        for kind in [ObjectKind::Tree, ObjectKind::Commit] {
            let read = backend.read(&id, kind, MAX);
            assert!(matches!(read, Err(Error::Damaged { .. })), "{read:?}");
        }
        assert!(backend.read(&id, ObjectKind::Blob, MAX).is_ok());
    });
}

#[test]
fn an_object_above_the_limit_is_damage_and_the_reader_goes_on() {
    each(|rig| {
        let backend = rig.here();
        let small = raw(&*backend, ObjectKind::Blob, b"small");
        // Larger than a pipe, so that a child that sends it is stopped in the middle.
        let large = raw(&*backend, ObjectKind::Blob, &[b'x'; 1 << 20]);
        for _ in 0..3 {
            let read = backend.read(&large, ObjectKind::Blob, MAX);
            assert!(matches!(read, Err(Error::Damaged { .. })), "{read:?}");
            let read = backend.read(&small, ObjectKind::Blob, MAX);
            assert_eq!(read.expect("it is small"), b"small");
        }
        let whole = backend.read(&large, ObjectKind::Blob, 1 << 20);
        assert_eq!(whole.expect("it is as large as allowed").len(), 1 << 20);
    });
}

#[test]
fn git_reads_the_same_bytes() {
    each_repository(|rig| {
        let id = raw(&*rig.here(), ObjectKind::Blob, b"{\"v\":1}").to_string();
        let shown = git(&rig.here_dir(), &["cat-file", "blob", &id]);
        assert_eq!(shown, "{\"v\":1}");
    });
}

#[test]
fn packed_objects_are_read_as_well() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let reader = rig.here();
        let id = raw(&*reader, ObjectKind::Blob, b"soon packed");
        git(&dir, &["update-ref", "refs/tags/keep", &id.to_string()]);
        git(&dir, &["gc", "--quiet", "--prune=now"]);
        for backend in [reader, rig.here()] {
            let read = backend.read(&id, ObjectKind::Blob, MAX);
            assert_eq!(read.expect("it is in a pack"), b"soon packed");
        }
    });
}

/// `cat-file` says on standard error what it finds damaged; nobody read that pipe, so it filled
/// up and both sides waited for ever.
#[test]
fn many_damaged_objects_do_not_block_the_reader() {
    super::run(&[Kind::Program, Kind::Sha256], |rig| {
        let backend = rig.here();
        let objects = super::rig::git_dir(&rig.here_dir()).join("objects");
        let ids: Vec<_> = (0..800)
            .map(|n: u32| {
                let data = n.to_string().into_bytes();
                NewObject::new(backend.hash(), ObjectKind::Blob, data).id
            })
            .collect();
        for id in &ids {
            let hex = id.to_string();
            let dir = objects.join(&hex[..2]);
            std::fs::create_dir_all(&dir).expect("a directory");
            std::fs::write(dir.join(&hex[2..]), "no zlib stream").expect("a file");
        }
        for id in &ids {
            assert!(backend.read(id, ObjectKind::Blob, MAX).is_err());
        }
    });
}

/// The program put the replacement in its place; libgit2 does not, nor does another clone.
#[test]
fn an_object_is_itself_whatever_replaces_it_here() {
    each_repository(|rig| {
        let here = rig.here();
        let one = raw(&*here, ObjectKind::Blob, b"one");
        let two = raw(&*here, ObjectKind::Blob, b"two");
        let replace = ["replace", &one.to_string(), &two.to_string()];
        git(&rig.here_dir(), &replace);
        let read = rig.here().read(&one, ObjectKind::Blob, MAX);
        assert_eq!(read.expect("it was just written"), b"one");
    });
}
