//! The same tree in every clone: nothing that a person sets, keeps or lacks there counts.

use std::path::Path;

use super::super::each_repository;
use super::super::rig::{Kind, append, git, git_dir, open};
use super::Tips;
use super::story::Edit::{Moved, Put};
use super::story::{Story, text};
use super::{by_git, conflict, merge, refusal, tree_of};

/// Settings that change what `git merge` makes of the pairs of [`sensitive`].
const SETTINGS: &str = "\
[merge]
\trenames = false
\tdirectoryRenames = true
\trenameLimit = 1
\tconflictStyle = zdiff3
\tdefault = union
\tverbosity = 0
[diff]
\trenames = false
\trenameLimit = 1
\talgorithm = myers
[core]
\tbigFileThreshold = 1
\tautocrlf = true
";

/// A rename that has to be followed, one into a moved directory, and a file that no rule covers.
fn sensitive(dir: &Path) -> Tips {
    Story::default()
        .then(
            "base",
            &[],
            &[
                Put("f", &text(&[])),
                Put("d/a", &text(&[(2, "a")])),
                Put("x.log", "a\n"),
            ],
        )
        .then("ours", &["base"], &[Moved("f", "g"), Moved("d", "e")])
        .then("followed", &["base"], &[Put("f", &text(&[(12, "last")]))])
        .then("into", &["base"], &[Put("d/new", "new\n")])
        .then("log", &["base"], &[Put("x.log", "a\nours\n")])
        .then("clash", &["base"], &[Put("x.log", "a\ntheirs\n")])
        .tell(dir)
}

fn assert_as_anywhere(dir: &Path, tips: &Tips, followed: crate::model::object_id::ObjectId) {
    assert_eq!(tree_of(merge(dir, tips, "ours", "followed")), followed);
    let into = merge(dir, tips, "ours", "into").expect("an answer");
    assert_eq!(into, conflict(&["d/new", "e/new"]));
    let log = merge(dir, tips, "log", "clash").expect("an answer");
    assert_eq!(log, conflict(&["x.log"]));
}

#[test]
fn what_a_clone_is_set_to_changes_nothing() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = sensitive(&dir);
        let followed = by_git(&dir, &tips, "ours", "followed").expect("a clean merge");
        assert_as_anywhere(&dir, &tips, followed);
        let rules = dir.join("rules");
        std::fs::write(&rules, "* merge=union\n").expect("a writable file");
        let settings = format!("{SETTINGS}\tattributesFile = {}\n", rules.display());
        append(&git_dir(&dir).join("config"), &settings);
        let info = git_dir(&dir).join("info");
        std::fs::create_dir_all(&info).expect("a directory");
        std::fs::write(info.join("attributes"), "*.log merge=union\n").expect("a writable file");
        // Git itself does see them.
        assert!(by_git(&dir, &tips, "ours", "into").is_some());
        assert!(by_git(&dir, &tips, "log", "clash").is_some());
        assert_as_anywhere(&dir, &tips, followed);
        // Nor does a replaced commit count.
        let (one, other) = (tips["followed"].to_string(), tips["into"].to_string());
        git(&dir, &["replace", &one, &other]);
        assert_as_anywhere(&dir, &tips, followed);
        let touched = open(&dir).touched(&tips["ours"], &tips["followed"]);
        assert_eq!(touched.expect("an answer"), super::paths(&["f"]));
    });
}

#[test]
fn a_working_tree_and_its_attributes_are_left_alone() {
    each_repository(|rig| {
        let dir = rig.here_dir();
        let tips = sensitive(&dir);
        std::fs::write(dir.join(".gitattributes"), "* merge=union\n").expect("a writable file");
        std::fs::write(dir.join("x.log"), "mine\n").expect("a writable file");
        let log = merge(&dir, &tips, "log", "clash").expect("an answer");
        assert_eq!(log, conflict(&["x.log"]));
        tree_of(merge(&dir, &tips, "ours", "followed"));
        let mut left: Vec<_> = std::fs::read_dir(&dir)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".git", ".gitattributes", "x.log"]);
        assert!(!git_dir(&dir).join("index").exists());
    });
}

#[test]
fn commits_and_packs_that_come_later_are_seen() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = sensitive(&dir);
        let repo = open(&dir);
        let mut merger = repo.merger(&tips["ours"]).expect("a merger");
        let before = tree_of(merger.merge(&tips["ours"], &tips["followed"]));
        let later = Story::default()
            .then("late", &["into"], &[Put("late", "late\n")])
            .tell(&dir);
        tree_of(merger.merge(&later["log"], &later["late"]));
        git(&dir, &["repack", "-adq"]);
        git(&dir, &["prune-packed"]);
        let after = tree_of(merger.merge(&tips["ours"], &tips["followed"]));
        assert_eq!(before, after);
        merger.end_child();
        let after = tree_of(merger.merge(&tips["ours"], &tips["followed"]));
        assert_eq!(before, after);
    });
}

/// Only what is kept is in the clone, and what a killed process left beside it goes.
#[test]
fn merges_leave_nothing_behind() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = sensitive(&dir);
        let room = dir.join("coord/merging");
        let made = || -> Vec<String> {
            let entries = std::fs::read_dir(&room).into_iter().flatten();
            let names = entries.map(|entry| entry.expect("an entry").file_name());
            let names = names.map(|name| name.to_string_lossy().into_owned());
            names.filter(|name| name.starts_with("made-")).collect()
        };
        let loose = || git(&dir, &["count-objects"]);
        let before = loose();
        let repo = open(&dir);
        let mut merger = repo.merger(&tips["ours"]).expect("a merger");
        let probed = merger.probe(&tips["ours"], &tips["followed"]);
        let log = merger.merge(&tips["log"], &tips["clash"]);
        assert_eq!(log.expect("an answer"), conflict(&["x.log"]));
        assert_eq!(loose(), before);
        let kept = merger.merge(&tips["ours"], &tips["followed"]);
        let (probed, kept) = (tree_of(probed), tree_of(kept));
        assert_eq!(probed, kept);
        // A further merger does not touch what is in use.
        drop(repo.merger(&tips["ours"]).expect("a merger"));
        assert_eq!(made().len(), 2, "{:?}", made());
        drop(merger);
        assert!(made().is_empty(), "{:?}", made());
        let listed = git(&dir, &["ls-tree", "-r", &kept.to_string()]);
        let blobs = listed
            .lines()
            .filter_map(|line| line.split([' ', '\t']).nth(2));
        for blob in blobs.chain([kept.to_string().as_str()]) {
            git(&dir, &["cat-file", "-e", blob]);
        }
        std::fs::create_dir_all(room.join("made-dead/objects")).expect("a directory");
        std::fs::write(room.join("made-dead.lock"), "").expect("a file");
        drop(repo.merger(&tips["ours"]).expect("a merger"));
        assert!(made().is_empty(), "{:?}", made());
    });
}

#[test]
fn a_shallow_clone_refuses_what_it_cannot_see() {
    each_repository(|rig| {
        let hub = rig.hub_dir();
        let tips = Story::default()
            .then("root", &[], &[Put("f", &text(&[]))])
            .then("base", &["root"], &[Put("g", "g\n")])
            .then("ours", &["base"], &[Put("f", &text(&[(1, "one")]))])
            .then("theirs", &["base"], &[Put("f", &text(&[(12, "two")]))])
            .tell(&hub);
        git(&hub, &["branch", "-D", "root", "base"]);
        let dir = hub.with_file_name("shallow");
        let url = format!("file://{}", hub.display());
        let clone = |depth: &str| {
            let _ = std::fs::remove_dir_all(&dir);
            let args = ["clone", "-q", "--bare", "--no-single-branch", depth, &url];
            git(
                rig.hub_dir().parent().expect("a parent"),
                &[&args[..], &["shallow"]].concat(),
            );
        };
        clone("--depth=1");
        let why = refusal(merge(&dir, &tips, "ours", "theirs"));
        assert!(why.contains("git fetch --unshallow"), "{why}");
        let touched = open(&dir).touched(&tips["ours"], &tips["theirs"]);
        assert!(matches!(
            touched,
            Err(crate::store::Error::Unmergeable { .. })
        ));
        // Where the base is in sight, what lies behind it does not count.
        clone("--depth=2");
        assert!(git_dir(&dir).join("shallow").exists());
        let tree = tree_of(merge(&dir, &tips, "ours", "theirs"));
        assert_eq!(Some(tree), by_git(&hub, &tips, "ours", "theirs"));
    });
}

#[test]
fn a_partial_clone_fetches_what_it_lacks() {
    each_repository(|rig| {
        if rig.kind == Kind::Sha256 {
            // Git 2.47 cannot make one: it takes the default format for the filtered clone.
            return;
        }
        let hub = rig.hub_dir();
        let tips = sensitive(&hub);
        git(&hub, &["config", "uploadpack.allowFilter", "true"]);
        git(&hub, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let dir = hub.with_file_name("partial");
        let url = format!("file://{}", hub.display());
        let args = [
            "clone",
            "-q",
            "--bare",
            "--filter=blob:none",
            &url,
            "partial",
        ];
        git(hub.parent().expect("a parent"), &args);
        let tree = tree_of(merge(&dir, &tips, "ours", "followed"));
        assert_eq!(Some(tree), by_git(&hub, &tips, "ours", "followed"));
    });
}
