//! Merge commits: the same in every clone, and what git itself would write.

use std::process::Command;

use chrono::DateTime;

use super::super::each_repository;
use super::super::rig::{assert_sound, git, git_dir, open};
use super::story::Edit::Put;
use super::story::Story;
use super::{merge, tree_of};
use crate::store::{Backend, MergeCommit, Person};

#[test]
fn every_clone_and_git_itself_write_the_same_commit() {
    each_repository(|rig| {
        let (here, hub) = (rig.here_dir(), rig.hub_dir());
        let story = Story::default()
            .then("base", &[], &[Put("f", "f\n")])
            .then("ours", &["base"], &[Put("g", "g\n")])
            .then("theirs", &["base"], &[Put("h", "h\n")])
            .then("third", &["base"], &[Put("i", "i\n")]);
        let tips = story.tell(&here);
        assert_eq!(tips, story.tell(&hub));
        let tree = tree_of(merge(&here, &tips, "ours", "theirs"));
        assert_eq!(tree, tree_of(merge(&hub, &tips, "ours", "theirs")));
        let mut commit = MergeCommit {
            tree,
            parents: vec![tips["ours"], tips["theirs"]],
            person: Person::new("Zoë the <queue>\n", "queue@example.org"),
            at: DateTime::from_timestamp(1_700_000_123, 999_999_999).expect("a valid time"),
            message: "Merge branch 'theirs'\n\nOne line, und öne more.\n".into(),
        };
        let one = open(&here).merge_commit(&commit).expect("a commit");
        assert_eq!(one, open(&hub).merge_commit(&commit).expect("a commit"));
        // Again is fine.
        assert_eq!(one, open(&hub).merge_commit(&commit).expect("a commit"));
        let by_git = |dir| {
            let output = Command::new("git")
                .args(["commit-tree", &tree.to_string()])
                .args([
                    "-p",
                    "ours",
                    "-p",
                    "theirs",
                    "-m",
                    commit.message.trim_end(),
                ])
                .current_dir(dir)
                .env("GIT_AUTHOR_NAME", "Zoë the queue")
                .env("GIT_AUTHOR_EMAIL", "queue@example.org")
                .env("GIT_AUTHOR_DATE", "1700000123 +0000")
                .env("GIT_COMMITTER_NAME", "Zoë the queue")
                .env("GIT_COMMITTER_EMAIL", "queue@example.org")
                .env("GIT_COMMITTER_DATE", "1700000123 +0000")
                .output()
                .expect("git is installed");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        assert_eq!(one.to_string(), by_git(&here));
        commit.parents.push(tips["third"]);
        let of_three = open(&here).merge_commit(&commit).expect("a commit");
        let parents = git(
            &here,
            &["rev-list", "--parents", "-n1", &of_three.to_string()],
        );
        assert_eq!(parents.split(' ').count(), 4);
        git(
            &here,
            &["update-ref", "refs/heads/made", &of_three.to_string()],
        );
        assert_sound(&here);
    });
}

#[test]
fn what_is_to_be_named_can_be_flushed() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let tips = Story::default()
            .then("base", &[], &[Put("f", "f\n")])
            .then("ours", &["base"], &[Put("g", "g\n")])
            .then("theirs", &["base"], &[Put("h", "h\n")])
            .tell(&dir);
        git(&dir, &["config", "coord.fsync", "true"]);
        let repo = open(&dir);
        let commit = |tree| MergeCommit {
            tree,
            parents: vec![tips["ours"], tips["theirs"]],
            person: Person::new("q", "q@example.org"),
            at: DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time"),
            message: "merge\n".into(),
        };
        let tree = tree_of(merge(&dir, &tips, "ours", "theirs"));
        let whole = repo.merge_commit(&commit(tree)).expect("a commit");
        repo.harden(&whole, Some(&tips["ours"]))
            .expect("it is whole");
        repo.harden(&whole, None).expect("it is whole");
        // It looks at all that is new, so that what is not there is found out in time.
        let hex = tree.to_string();
        let file = git_dir(&dir)
            .join("objects")
            .join(&hex[..2])
            .join(&hex[2..]);
        std::fs::remove_file(file).expect("it was loose");
        assert!(open(&dir).harden(&whole, Some(&tips["ours"])).is_err());
        assert_eq!(repo.hash().id_bytes() * 2, hex.len());
    });
}
