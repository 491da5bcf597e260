//! Attributes come from the target's tree; drivers that are somebody's own are not run.

use super::super::each_repository;
use super::super::rig::{append, git_dir, open};
use super::story::Edit::{Gone, Put};
use super::story::{Story, text};
use super::{conflict, merge, refusal, tree_of};
use crate::store::merge::Room;
use crate::store::{Backend, Merged, ObjectKind, Version};

const LOG: &str = "d/e/x.log";

/// Both append to one file, whose rule is given.
fn appended(rules: &[(&str, &str)]) -> Story {
    let all: Vec<_> = rules.iter().map(|(at, rule)| Put(at, rule)).collect();
    Story::default()
        .then("start", &[], &[Put(LOG, "a\n"), Put("d/f", "f\n")])
        .then("base", &["start"], &all)
        .then("ours", &["base"], &[Put(LOG, "a\nours\n")])
        .then("theirs", &["base"], &[Put(LOG, "a\ntheirs\n")])
        .then("else", &["base"], &[Put("d/f", "else\n")])
}

#[test]
fn union_is_honoured_in_a_bare_clone() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        for (at, rule) in [
            (".gitattributes", "*.log merge=union\n"),
            ("d/.gitattributes", "e/*.log merge=union\n"),
            ("d/e/.gitattributes", "x.log merge=union\n"),
        ] {
            // A rule that is nearer counts more.
            let tips = appended(&[(".gitattributes", "*.log -merge\n"), (at, rule)]).tell(&dir);
            let tree = tree_of(merge(&dir, &tips, "ours", "theirs"));
            assert_log(&dir, &tree.to_string(), "a\nours\ntheirs");
        }
    });
}

fn assert_log(dir: &std::path::Path, tree: &str, expected: &str) {
    let found = super::super::rig::git(dir, &["show", &format!("{tree}:{LOG}")]);
    assert_eq!(found, expected);
}

/// What a branch declares for itself counts only once it has landed.
#[test]
fn attributes_are_the_targets_and_not_the_branchs() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let rule = Put(".gitattributes", "*.log merge=union\n");
        let tips = appended(&[]).then("ruled", &["theirs"], &[rule]).tell(&dir);
        let clash = conflict(&[LOG]);
        let merged = merge(&dir, &tips, "ours", "ruled").expect("an answer");
        assert_eq!(merged, clash);
        let repo = open(&dir);
        let mut merger = repo.merger(&tips["ruled"]).expect("a merger");
        tree_of(merger.merge(&tips["ours"], &tips["ruled"]));
        // Named by its tree as well.
        let tree = repo.tree_of(&tips["ruled"]).expect("a tree");
        let mut merger = repo.merger(&tree).expect("a merger");
        tree_of(merger.merge(&tips["ours"], &tips["ruled"]));
    });
}

#[test]
fn binary_and_no_merge_are_conflicts() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        for rule in ["*.log binary\n", "*.log merge=binary\n", "*.log -merge\n"] {
            let tips = appended(&[(".gitattributes", rule)]).tell(&dir);
            let merged = merge(&dir, &tips, "ours", "theirs").expect("an answer");
            assert_eq!(merged, conflict(&[LOG]), "{rule}");
        }
    });
}

#[test]
fn an_own_driver_is_refused_and_never_run() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let mark = dir.join("ran");
        let driver = format!(
            "[merge \"mine\"]\n\tdriver = touch '{}'\n[merge]\n\tdefault = mine\n",
            mark.display()
        );
        append(&git_dir(&dir).join("config"), &driver);
        for rules in [
            [(".gitattributes", "*.log merge=mine\n")].as_slice(),
            &[
                (".gitattributes", "[attr]own merge=mine\n"),
                ("d/.gitattributes", "*.log own\n"),
            ],
            &[("d/e/.gitattributes", "x.* merge=mine\n")],
        ] {
            let tips = appended(rules)
                .then("both", &["ours"], &[Put("d/f", "ours\n")])
                .then("clash", &["else"], &[Put(LOG, "a\ntheirs\n")])
                .tell(&dir);
            let why = refusal(merge(&dir, &tips, "ours", "theirs"));
            assert!(why.contains(LOG) && why.contains("`mine`"), "{why}");
            // One side alone is taken as it is.
            tree_of(merge(&dir, &tips, "ours", "else"));
            // What conflicts anyway needs no driver to say so.
            let Merged::Conflict { paths } =
                merge(&dir, &tips, "both", "clash").expect("an answer")
            else {
                panic!("it is a conflict")
            };
            assert!(paths.contains(&b"d/f".to_vec()), "{paths:?}");
        }
        // Where the file is not covered, the rule is nobody's concern.
        let tips = appended(&[
            (".gitattributes", "*.lock merge=mine\n"),
            ("d/.gitattributes", "*.log merge=union\n"),
        ])
        .tell(&dir);
        tree_of(merge(&dir, &tips, "ours", "theirs"));
        assert!(!mark.exists(), "the driver has run");
    });
}

#[test]
fn a_pointer_to_a_large_file_is_never_merged_as_text() {
    let pointer = |one: char, size: &str| {
        let oid = String::from(one).repeat(64);
        format!("version https://git-lfs.github.com/spec/v1\n\n\n\noid {oid}\n\n\n\nsize {size}\n")
    };
    let (base, one, two) = (pointer('a', "1"), pointer('b', "1"), pointer('a', "2"));
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let rule = "*.psd filter=lfs diff=lfs merge=lfs -text\n";
        let tips = Story::default()
            .then(
                "base",
                &[],
                &[Put(".gitattributes", rule), Put("x.psd", &base)],
            )
            .then("ours", &["base"], &[Put("x.psd", &one)])
            .then("theirs", &["base"], &[Put("x.psd", &two)])
            .then("else", &["base"], &[Put("f", "f\n")])
            .tell(&dir);
        // As text these lines would merge.
        let merged = merge(&dir, &tips, "ours", "theirs").expect("an answer");
        assert_eq!(merged, conflict(&["x.psd"]));
        tree_of(merge(&dir, &tips, "ours", "else"));
    });
}

/// Tried with whatever git is here, since it reads attributes from files as well.
#[test]
fn a_git_that_takes_no_attributes_from_a_tree_gets_them_as_files() {
    let long = text(&[]);
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = appended(&[
            (".gitattributes", "*.log -merge\n"),
            ("d/e/.gitattributes", "*.log merge=union\n"),
            ("g", &long),
        ])
        .then(
            "mine",
            &["base"],
            &[Put("d/e/.gitattributes", "*.log merge=mine\n")],
        )
        .then(
            "none",
            &["base"],
            &[Gone(".gitattributes"), Gone("d/e/.gitattributes")],
        )
        .tell(&dir);
        let repo = open(&dir);
        let merged = |target: &str| {
            let tree = repo.tree_of(&tips[target]).expect("a tree");
            let room = Room::furnish_for(&repo, &tree, Version(2, 39)).expect("a room");
            let mut merger = repo.merger_in(room, tree);
            merger.merge(&tips["ours"], &tips["theirs"])
        };
        let tree = tree_of(merged("ours"));
        assert_log(&dir, &tree.to_string(), "a\nours\ntheirs");
        assert!(refusal(merged("mine")).contains("`mine`"));
        assert_eq!(merged("none").expect("an answer"), conflict(&[LOG]));
    });
}

#[test]
fn a_git_that_cannot_merge_like_this_is_named() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = appended(&[]).tell(&dir);
        let repo = open(&dir);
        let tree = repo.tree_of(&tips["ours"]).expect("a tree");
        let Err(why) = Room::furnish_for(&repo, &tree, Version(2, 37)) else {
            panic!("it is too old")
        };
        let why = why.to_string();
        assert!(why.contains("needs git 2.39, and this is 2.37"), "{why}");
        // It is of no use to be asked what is not there.
        let read = repo.read(&tips["ours"], ObjectKind::Tree, 10);
        assert!(read.is_err());
    });
}
