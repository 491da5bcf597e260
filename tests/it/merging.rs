//! Merging without a working tree agrees with git on whole histories, and every clone agrees with
//! every other.

use std::path::PathBuf;

use chrono::DateTime;
use git_coord::model::object_id::ObjectId;
use git_coord::store::{Git, MergeCommit, Merged, Person, Repo, Version};

use crate::support::git::knows;
use crate::support::{Sandbox, Shell};

#[path = "../bench/history.rs"]
mod history;

const SHAPE: history::Shape = history::Shape {
    files: 30,
    lines: 40,
    parallel: 5,
    steps: 220,
    is_sha256: false,
    has_attributes: true,
};

/// A bare repository with a history, and the pairs that were merged in it.
struct Told {
    shell: Shell,
    dir: PathBuf,
    pairs: Vec<[ObjectId; 2]>,
    main: ObjectId,
}

/// Git before 2.41 has no way to take attributes from a tree, to be compared with.
fn has_attr_source() -> bool {
    Version::of(&Git::here()).unwrap() >= Some(Version::ATTR_SOURCE)
}

fn tell(sandbox: &Sandbox, name: &str, init: &[&str], seed: u64) -> Told {
    let shape = history::Shape {
        is_sha256: init.contains(&"--object-format=sha256"),
        has_attributes: has_attr_source(),
        ..SHAPE
    };
    let made = [&["init", "--quiet", "--bare"], init, &[name]].concat();
    let _ = sandbox.git(made).ok();
    let dir = sandbox.sandbox().join(name);
    let shell = (**sandbox).clone().at(&dir);
    let import = shell.command("git", ["fast-import", "--quiet"]);
    let _ = import.input(history::stream(seed, shape)).run().ok();
    let two = ["--min-parents=2", "--max-parents=2"];
    let listed = shell.ask_git(["rev-list", "--parents", "--branches", two[0], two[1]]);
    let pair = |line: &str| {
        let ids: Vec<ObjectId> = line.split(' ').map(|id| id.parse().unwrap()).collect();
        [ids[1], ids[2]]
    };
    Told {
        pairs: listed.lines().map(pair).collect(),
        main: shell.ask_git(["rev-parse", "main"]).parse().unwrap(),
        shell,
        dir,
    }
}

/// What git makes of one pair by itself: a tree, or none for a conflict.
fn by_git(told: &Told, [ours, theirs]: &[ObjectId; 2]) -> Option<ObjectId> {
    let mut args = vec!["merge-tree".into(), "--write-tree".into()];
    if has_attr_source() {
        args.insert(0, format!("--attr-source={}", told.main));
    }
    args.extend([ours.to_string(), theirs.to_string()]);
    let outcome = told.shell.git(args);
    match outcome.code {
        0 => Some(outcome.stdout.trim_end().parse().unwrap()),
        1 => None,
        _ => panic!("{outcome}"),
    }
}

#[test]
fn every_merge_of_a_history_is_what_git_makes_of_it() {
    let sandbox = Sandbox::new();
    let kinds: [(&[&str], u64); 4] = [
        (&[], 1),
        (&[], 2),
        (&["--object-format=sha256"], 3),
        (&["--ref-format=reftable"], 4),
    ];
    for (init, seed) in kinds {
        if !knows(init) {
            continue;
        }
        let told = tell(&sandbox, &format!("seed-{seed}"), init, seed);
        let repo = Repo::discover(&told.dir).unwrap();
        let mut merger = repo.merger(&told.main).unwrap();
        let (mut clean, mut conflicts) = (0, 0);
        let mut at_once = merger.probe_all(&told.pairs).into_iter();
        for pair in &told.pairs {
            let [ours, theirs] = pair;
            let merged = merger.merge(ours, theirs).unwrap();
            assert_eq!(at_once.next().unwrap().unwrap(), merged);
            let tree = match merged {
                Merged::Clean { tree } => Some(tree),
                Merged::Conflict { paths } => {
                    assert!(!paths.is_empty());
                    None
                }
            };
            assert_eq!(
                tree,
                by_git(&told, pair),
                "seed {seed}: {ours} with {theirs}"
            );
            *(if tree.is_some() {
                &mut clean
            } else {
                &mut conflicts
            }) += 1;
        }
        println!("seed {seed}: {clean} clean, {conflicts} with conflicts");
        // A history without both would prove little.
        assert!(clean >= 20 && conflicts >= 10, "{clean}, {conflicts}");
    }
}

/// The heads land one after the other, each on what the ones before made.
fn plan(told: &Told, heads: &[ObjectId]) -> Vec<ObjectId> {
    let repo = Repo::discover(&told.dir).unwrap();
    let mut merger = repo.merger(&told.main).unwrap();
    let mut chain = vec![told.main];
    for (n, head) in heads.iter().enumerate() {
        let on = chain[chain.len() - 1];
        let Merged::Clean { tree } = merger.merge(&on, head).unwrap() else {
            continue;
        };
        let commit = MergeCommit {
            tree,
            parents: vec![on, *head],
            person: Person::new("queue", "queue@example.org"),
            at: DateTime::from_timestamp(1_700_000_000 + n as i64, 0).unwrap(),
            message: format!("Merge entry {n}\n"),
        };
        chain.push(repo.merge_commit(&commit).unwrap());
    }
    chain
}

#[test]
fn a_plan_comes_out_the_same_in_every_clone() {
    let sandbox = Sandbox::new();
    let told = tell(&sandbox, "one", &[], 5);
    let listed = told
        .shell
        .ask_git(["for-each-ref", "--format=%(objectname)"]);
    let heads: Vec<ObjectId> = listed.lines().map(|id| id.parse().unwrap()).collect();
    let planned = plan(&told, &heads);
    assert!(planned.len() > 5, "{planned:?}");
    let args = ["clone", "--quiet", "--bare", "one", "other"];
    let _ = sandbox.git(args).ok();
    let other = sandbox.sandbox().join("other");
    let shell = (*sandbox).clone().at(&other);
    for (key, value) in [
        ("coord.backend", "git"),
        ("merge.directoryRenames", "true"),
        ("merge.renames", "false"),
        ("merge.renameLimit", "1"),
        ("merge.default", "union"),
        ("i18n.commitEncoding", "latin1"),
        ("user.name", "somebody else"),
    ] {
        let _ = shell.git(["config", key, value]).ok();
    }
    shell.write("info/attributes", "* merge=union\n");
    let there = Told {
        shell,
        dir: other,
        pairs: Vec::new(),
        main: told.main,
    };
    assert_eq!(plan(&there, &heads), planned);
    let last = planned[planned.len() - 1].to_string();
    let _ = there
        .shell
        .git(["update-ref", "refs/heads/planned", &last])
        .ok();
    let _ = there.shell.git(["fsck", "--strict", "--no-dangling"]).ok();
}
