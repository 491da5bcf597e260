use chrono::DateTime;

use super::each_repository;
use super::rig::{git, open};
use crate::model::object_id::ObjectId;
use crate::store::{MergeCommit, Merged, Person};

#[test]
fn first() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        std::fs::write(dir.join("f"), "1\n2\n3\n4\n5\n6\n").unwrap();
        git(&dir, &["add", "."]);
        git(&dir, &["commit", "-qm", "base"]);
        git(&dir, &["branch", "base"]);
        let side = |name: &str, text: &str| -> ObjectId {
            git(&dir, &["checkout", "-q", "-b", name, "base"]);
            std::fs::write(dir.join("f"), text).unwrap();
            git(&dir, &["commit", "-qam", name]);
            git(&dir, &["rev-parse", "HEAD"]).parse().unwrap()
        };
        let one = side("one", "one\n2\n3\n4\n5\n6\n");
        let two = side("two", "1\n2\n3\n4\n5\ntwo\n");
        let three = side("three", "three\n2\n3\n4\n5\n6\n");
        let repo = open(&dir);
        let mut merger = repo.merger(&one).unwrap();
        let merged = merger.merge(&one, &two).unwrap();
        let Merged::Clean { tree } = merged else {
            panic!()
        };
        assert_eq!(
            git(&dir, &["merge-tree", "--write-tree", "one", "two"]),
            tree.to_string()
        );
        let id = repo
            .merge_commit(&MergeCommit {
                tree,
                parents: vec![one, two],
                person: Person::new("q", "q@x"),
                at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
                message: "merged\n".into(),
            })
            .unwrap();
        assert_eq!(
            merger.merge(&id, &three).unwrap(),
            Merged::Conflict {
                paths: vec![b"f".to_vec()]
            }
        );
        assert_eq!(merger.merge(&id, &two).unwrap(), Merged::Clean { tree });
        assert_eq!(repo.touched(&two, &one).unwrap(), vec![b"f".to_vec()]);
        assert!(repo.is_ancestor(&one, &id).unwrap());
        assert!(!repo.is_ancestor(&id, &one).unwrap());
        git(&dir, &["fsck", "--strict"]);
    });
}
