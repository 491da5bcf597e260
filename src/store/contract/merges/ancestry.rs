//! Who leads to whom, and what was changed on the way.

use super::super::each_repository;
use super::super::rig::{git, open};
use super::paths;
use super::story::Edit::{Gone, Link, Module, Moved, Put, Run};
use super::story::Story;
use crate::store::{Backend, NewObject, ObjectKind};

#[test]
fn touched_is_what_the_branch_did_and_not_what_the_target_did() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = Story::default()
            .then(
                "base",
                &[],
                &[
                    Put("keep", "1\n"),
                    Put("old", "2\n"),
                    Put("gone/deep/x", "3\n"),
                    Put("mode", "4\n"),
                    Put("kind", "5\n"),
                    Module("module", 1),
                    Put("dir", "6\n"),
                ],
            )
            .then(
                "main",
                &["base"],
                &[Put("keep", "main\n"), Put("landed", "1\n")],
            )
            .then(
                "branch",
                &["base"],
                &[
                    Moved("old", "new"),
                    Gone("gone/deep/x"),
                    Run("mode", "4\n"),
                    Link("kind", "keep"),
                    Module("module", 2),
                    Gone("dir"),
                    Put("dir/now", "6\n"),
                ],
            )
            .then("merged", &["branch", "main"], &[Put("keep", "main\n")])
            .then("back", &["branch"], &[Moved("new", "old")])
            .then("alien", &[], &[Put("a/b", "1\n"), Put("c", "2\n")])
            .tell(&dir);
        let repo = open(&dir);
        let touched =
            |base: &str, head: &str| repo.touched(&tips[base], &tips[head]).expect("an answer");
        let all = paths(&[
            "dir",
            "dir/now",
            "gone/deep/x",
            "kind",
            "mode",
            "module",
            "new",
            "old",
        ]);
        assert_eq!(touched("main", "branch"), all);
        assert_eq!(touched("branch", "main"), paths(&["keep", "landed"]));
        assert!(touched("branch", "base").is_empty());
        assert!(touched("branch", "branch").is_empty());
        // What was undone is not touched.
        let mut undone = all.clone();
        undone.retain(|path| path != b"new" && path != b"old");
        assert_eq!(touched("main", "back"), undone);
        assert_eq!(touched("main", "alien"), paths(&["a/b", "c"]));
        // After main was merged in, the branch's own part is the rest.
        let mut own = all.clone();
        own.push(b"landed".to_vec());
        own.sort();
        assert_eq!(touched("main", "merged"), own, "the merge lost `landed`");
        let listed = git(
            &dir,
            &["diff", "--name-only", "--no-renames", "main...branch"],
        );
        assert_eq!(paths(&listed.lines().collect::<Vec<_>>()), all);
        let changed = repo.changed(&tips["main"], &tips["branch"]);
        let listed = git(
            &dir,
            &["diff", "--name-only", "--no-renames", "main", "branch"],
        );
        let expected = paths(&listed.lines().collect::<Vec<_>>());
        assert_eq!(changed.expect("an answer"), expected);
    });
}

#[test]
fn ancestors() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = Story::default()
            .then("one", &[], &[Put("f", "1\n")])
            .then("two", &["one"], &[Put("f", "2\n")])
            .then("side", &["one"], &[Put("g", "1\n")])
            .then("joined", &["two", "side"], &[])
            .then("alien", &[], &[Put("f", "1\n")])
            .tell(&dir);
        let repo = open(&dir);
        for (a, b, expected) in [
            ("one", "two", true),
            ("one", "joined", true),
            ("side", "joined", true),
            ("one", "one", true),
            ("two", "one", false),
            ("two", "side", false),
            ("joined", "two", false),
            ("alien", "joined", false),
            ("joined", "alien", false),
        ] {
            let found = repo.is_ancestor(&tips[a], &tips[b]).expect("an answer");
            assert_eq!(found, expected, "{a} to {b}");
        }
        let absent = NewObject::new(repo.hash(), ObjectKind::Commit, b"nowhere".to_vec()).id;
        assert!(repo.is_ancestor(&absent, &tips["one"]).is_err());
        assert!(repo.is_ancestor(&tips["one"], &absent).is_err());
        assert!(repo.is_ancestor(&absent, &absent).is_err());
        assert!(repo.touched(&absent, &tips["one"]).is_err());
        assert!(repo.changed(&tips["one"], &absent).is_err());
    });
}
