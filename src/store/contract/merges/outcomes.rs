//! Clean or not, where, and the tree: as git has it.

use super::super::each_repository;
use super::super::rig::{Rig, assert_sound, git, open};
use super::story::Edit::{Gone, Link, Module, Moved, Put, Run};
use super::story::{Edit, Story, text};
use super::{by_git, conflict, merge, paths, refusal, tree_of};
use crate::store::Merged;

/// A name, what both sides do to one base, and the paths in conflict: none for a clean merge.
type Case<'a> = (&'a str, Vec<Edit<'a>>, Vec<Edit<'a>>, &'a [&'a str]);

/// Each case is in branches of its own: `<case>-ours` and `<case>-theirs`.
fn check(rig: &Rig, base: &[Edit<'_>], cases: &[Case<'_>]) {
    let dir = rig.hub_dir();
    let mut story = Story::default().then("base", &[], base);
    for (name, ours, theirs, _) in cases {
        story = story.then(&format!("{name}-ours"), &["base"], ours).then(
            &format!("{name}-theirs"),
            &["base"],
            theirs,
        );
    }
    let tips = story.tell(&dir);
    let repo = open(&dir);
    let mut merger = repo.merger(&tips["base"]).expect("a merger");
    for (name, _, _, paths) in cases {
        let [ours, theirs] = ["ours", "theirs"].map(|side| format!("{name}-{side}"));
        for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
            let merged = merger.merge(&tips[one], &tips[other]).expect("an answer");
            let expected = match by_git(&dir, &tips, one, other) {
                Some(tree) => Merged::Clean { tree },
                None => conflict(paths),
            };
            assert_eq!(merged, expected, "{one} with {other}");
            let is_clean = matches!(merged, Merged::Clean { .. });
            assert_eq!(is_clean, paths.is_empty(), "{one} with {other}");
        }
    }
    assert_sound(&dir);
}

#[test]
fn files_that_both_sides_changed() {
    let (base, first, last) = (text(&[]), text(&[(1, "one")]), text(&[(12, "two")]));
    let other = text(&[(1, "other")]);
    let cases: &[Case<'_>] = &[
        ("apart", vec![Put("f", &first)], vec![Put("f", &last)], &[]),
        ("same", vec![Put("f", &first)], vec![Put("f", &first)], &[]),
        (
            "clash",
            vec![Put("f", &first)],
            vec![Put("f", &other)],
            &["f"],
        ),
        ("new", vec![Put("n", "1\n")], vec![Put("n", "2\n")], &["n"]),
        ("other", vec![Put("n", "1\n")], vec![Put("m", "2\n")], &[]),
        ("gone", vec![Gone("f")], vec![Put("f", &last)], &["f"]),
        ("both-gone", vec![Gone("f")], vec![Gone("f")], &[]),
        (
            "binary",
            vec![Put("b", "\0a")],
            vec![Put("b", "\0b")],
            &["b"],
        ),
        // A directory stands where the other side has put a file.
        (
            "in-the-way",
            vec![Put("p", "1\n")],
            vec![Put("p/q", "2\n")],
            &["p"],
        ),
        (
            "made-dir",
            vec![Gone("f"), Put("f/g", "1\n")],
            vec![Put("f", &last)],
            &["f"],
        ),
    ];
    let base = [Put("f", &base), Put("d/g", "g\n"), Put("b", "\0")];
    each_repository(|rig| check(rig, &base, cases));
}

#[test]
fn renames() {
    let (base, first, last) = (text(&[]), text(&[(1, "one")]), text(&[(12, "two")]));
    let other = text(&[(1, "other")]);
    let (a, b) = ("first of d\n".repeat(9), "second of d\n".repeat(9));
    let cases: &[Case<'_>] = &[
        (
            "followed",
            vec![Moved("f", "g")],
            vec![Put("f", &last)],
            &[],
        ),
        (
            "in-two",
            vec![Moved("f", "g")],
            vec![Moved("f", "h")],
            &["f", "g", "h"],
        ),
        (
            "into-one",
            vec![Moved("f", "n")],
            vec![Moved("d/a", "n")],
            &["n"],
        ),
        ("gone", vec![Moved("f", "g")], vec![Gone("f")], &["f", "g"]),
        (
            "both-changed",
            vec![Gone("f"), Put("g", &first)],
            vec![Put("f", &other)],
            &["g"],
        ),
        // By default git asks before it puts a new file into the directory's new place.
        (
            "directory",
            vec![Moved("d", "e")],
            vec![Put("d/new", "new\n")],
            &["d/new", "e/new"],
        ),
        (
            "directory-old",
            vec![Moved("d", "e")],
            vec![Put("d/a", "first of d\n"), Put("d/b", &b)],
            &[],
        ),
    ];
    let base = [Put("f", &base), Put("d/a", &a), Put("d/b", &b)];
    each_repository(|rig| check(rig, &base, cases));
}

#[test]
fn modes_links_and_submodules() {
    let (base, first, last) = (text(&[]), text(&[(1, "one")]), text(&[(12, "two")]));
    let cases: &[Case<'_>] = &[
        ("mode", vec![Run("f", &base)], vec![Put("f", &last)], &[]),
        (
            "two-modes",
            vec![Run("n", "1\n")],
            vec![Put("n", "1\n")],
            &["n"],
        ),
        (
            "one-link",
            vec![Link("l", "g")],
            vec![Put("f", &first)],
            &[],
        ),
        (
            "two-links",
            vec![Link("l", "g")],
            vec![Link("l", "h")],
            &["l"],
        ),
        (
            "link-file",
            vec![Link("f", "l")],
            vec![Put("f", &last)],
            &["f"],
        ),
        (
            "one-module",
            vec![Module("m", 2)],
            vec![Put("f", &first)],
            &[],
        ),
        (
            "same-module",
            vec![Module("m", 2)],
            vec![Module("m", 2)],
            &[],
        ),
        (
            "two-modules",
            vec![Module("m", 2)],
            vec![Module("m", 3)],
            &["m"],
        ),
        ("no-module", vec![Gone("m")], vec![Module("m", 3)], &["m"]),
    ];
    let base = [Put("f", &base), Link("l", "f"), Module("m", 1)];
    each_repository(|rig| check(rig, &base, cases));
}

#[test]
fn paths_that_are_no_text() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let name = r#""d\377 \t\"/\303(""#;
        let tips = Story::default()
            .then("base", &[], &[Put(name, "1\n")])
            .then("ours", &["base"], &[Put(name, "2\n")])
            .then("theirs", &["base"], &[Put(name, "3\n")])
            .tell(&dir);
        let expected = Merged::Conflict {
            paths: vec![b"d\xff \t\"/\xc3(".to_vec()],
        };
        let merged = merge(&dir, &tips, "ours", "theirs").expect("an answer");
        assert_eq!(merged, expected);
        let touched = open(&dir).touched(&tips["ours"], &tips["theirs"]);
        assert_eq!(touched.expect("an answer"), [b"d\xff \t\"/\xc3(".to_vec()]);
    });
}

/// Two merges of one pair, in both orders, are the bases of the next one.
#[test]
fn a_criss_cross_is_merged_over_all_its_bases() {
    let (base, first, last) = (text(&[]), text(&[(1, "one")]), text(&[(12, "two")]));
    let both = text(&[(1, "one"), (12, "two")]);
    let middle = text(&[(1, "one"), (6, "middle"), (12, "two")]);
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = Story::default()
            .then("base", &[], &[Put("f", &base)])
            .then("a", &["base"], &[Put("f", &first)])
            .then("b", &["base"], &[Put("f", &last)])
            .then("ab", &["a", "b"], &[Put("f", &both)])
            .then("ba", &["b", "a"], &[Put("f", &both), Put("g", "g\n")])
            .then("on", &["ab"], &[Put("f", &middle)])
            .then("clash", &["ba"], &[Put("f", &text(&[(6, "else")]))])
            .tell(&dir);
        let bases = git(&dir, &["merge-base", "--all", "on", "ba"]);
        assert_eq!(bases.lines().count(), 2);
        let tree = tree_of(merge(&dir, &tips, "on", "ba"));
        assert_eq!(Some(tree), by_git(&dir, &tips, "on", "ba"));
        let merged = merge(&dir, &tips, "on", "clash").expect("an answer");
        assert_eq!(merged, conflict(&["f"]));
        // Against either base alone, each side changed something.
        let touched = open(&dir).touched(&tips["on"], &tips["ba"]);
        assert_eq!(touched.expect("an answer"), paths(&["f", "g"]));
    });
}

#[test]
fn what_is_contained_already_and_what_is_unrelated() {
    each_repository(|rig| {
        let dir = rig.hub_dir();
        let tips = Story::default()
            .then("one", &[], &[Put("f", "1\n")])
            .then("two", &["one"], &[Put("f", "2\n")])
            .then("alien", &[], &[Put("g", "g\n")])
            .tell(&dir);
        let repo = open(&dir);
        let mut merger = repo.merger(&tips["one"]).expect("a merger");
        let two = repo.tree_of(&tips["two"]).expect("a tree");
        for (ours, theirs) in [("one", "two"), ("two", "one"), ("two", "two")] {
            assert_eq!(tree_of(merger.merge(&tips[ours], &tips[theirs])), two);
        }
        let why = refusal(merger.merge(&tips["two"], &tips["alien"]));
        assert!(why.contains("no commit in common"), "{why}");
        // Of many, each has its own answer, also behind one over which the child ends.
        let pair = |ours: &str, theirs: &str| [tips[ours], tips[theirs]];
        let mut pairs = vec![pair("one", "two"), pair("alien", "two"), pair("two", "one")];
        pairs.extend(vec![pair("two", "two"); 200]);
        for (n, merged) in merger.probe_all(&pairs).into_iter().enumerate() {
            match n {
                1 => drop(refusal(merged)),
                _ => assert_eq!(tree_of(merged), two, "{n}"),
            }
        }
        assert!(merger.probe_all(&[]).is_empty());
        // The child ended over that; the next merge starts another.
        assert_eq!(tree_of(merger.merge(&tips["one"], &tips["two"])), two);
        let absent = crate::store::NewObject::new(
            crate::store::Backend::hash(&repo),
            crate::store::ObjectKind::Commit,
            b"nowhere".to_vec(),
        );
        let failed = merger.merge(&tips["one"], &absent.id);
        assert!(failed.is_err(), "{failed:?}");
        assert_eq!(tree_of(merger.merge(&tips["one"], &tips["two"])), two);
    });
}
