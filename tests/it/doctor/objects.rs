//! Objects of the chain that were lost or damaged on disk.

use std::fs;
use std::path::PathBuf;

use super::{
    FORMATS, STATE, check, doctor, formats, found, held, locked, refs, refuses_to_work, tip, works,
};
use crate::support::git::knows;
use crate::support::{Sandbox, Shell};

/// The file of a loose object.
fn file(shell: &Shell, id: &str) -> PathBuf {
    let objects = shell.ask_git([
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "objects",
    ]);
    PathBuf::from(objects).join(&id[..2]).join(&id[2..])
}

/// Removes a loose object, and the spare copies, from which it would be put back unasked.
#[track_caller]
pub(super) fn lose(shell: &Shell, id: &str) {
    fs::remove_file(file(shell, id)).unwrap();
    forget_spares(shell);
}

fn forget_spares(shell: &Shell) {
    let _ = fs::remove_dir_all(shell.path().join(".git/coord/recent"));
}

/// Every tree and record of the newest state.
#[track_caller]
fn of_state(shell: &Shell) -> Vec<String> {
    let root = shell.ask_git(["rev-parse", &format!("{STATE}^{{tree}}")]);
    let listed = shell.ask_git(["ls-tree", "-r", "-t", "--object-only", STATE]);
    std::iter::once(root)
        .chain(listed.lines().map(str::to_owned))
        .collect()
}

#[test]
fn lost_trees_and_records_are_made_again() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let before = (tip(&alice), held(&alice));
        for id in of_state(&alice) {
            lose(&alice, &id);
        }
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        let _ = alice.coord(["status"]).code(4);
        let report = doctor(&alice, &[]);
        found(&report, "objects", "problem", "missing");
        found(&report, "state-ref", "ok", &before.0);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!(check(&report, "objects")["fix"], "done");
        assert_eq!((tip(&alice), held(&alice)), before);
        alice.git(["fsck", "--strict"]).ok();
        works(&alice);
    }
}

/// A file that is there keeps git from writing the object again.
#[test]
fn damaged_trees_and_records_are_made_again() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let before = (tip(&alice), held(&alice));
        for id in of_state(&alice) {
            let file = file(&alice, &id);
            fs::remove_file(&file).unwrap();
            fs::write(&file, "").unwrap();
        }
        forget_spares(&alice);
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!((tip(&alice), held(&alice)), before);
        alice.git(["fsck", "--strict"]).ok();
        works(&alice);
    }
}

/// Nothing here can make the newest commit again. Going on from the one before it would give up
/// an operation that was acknowledged, so that is left to a person.
#[test]
fn a_lost_commit_is_not_passed_over_unasked() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let older = alice.ask_git(["rev-parse", &format!("{STATE}~1")]);
        lose(&alice, &tip(&alice));
        refuses_to_work(&alice);
        let before = refs(&alice);
        let report = doctor(&alice, &["--fix"]);
        found(
            &report,
            "state-ref",
            "problem",
            &format!("--accept {older}"),
        );
        assert_eq!(refs(&alice), before);
        refuses_to_work(&alice);
        let report = doctor(&alice, &["--fix", "--accept", &older]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!(tip(&alice), older);
        assert_eq!(held(&alice), ["src/a.rs"]);
        works(&alice);
    }
}

#[test]
fn what_is_lost_is_fetched_from_the_remote() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare_with("hub", init);
        let alice = hub.clone_as("alice");
        alice.git(["config", "coord.remote", "origin"]).ok();
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.coord(["lock", "src/b.rs"]).ok();
        let before = (tip(&alice), held(&alice));
        for id in of_state(&alice) {
            lose(&alice, &id);
        }
        for name in [STATE, &format!("{STATE}~1")].map(|name| alice.ask_git(["rev-parse", name])) {
            lose(&alice, &name);
        }
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!((tip(&alice), held(&alice)), before);
        works(&alice);
    }
}

/// The index of a damaged pack goes on listing an object that is written again: a file of its own comes
/// first, and with the git program a new pack does.
#[test]
fn an_object_that_a_damaged_pack_lists_is_made_again() {
    for init in FORMATS {
        if !knows(init) {
            continue;
        }
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        alice.git(["repack", "-a", "-d", "--quiet"]).ok();
        let dir = alice.path().join(".git/objects/pack");
        let names = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let pack = names
            .into_iter()
            .find(|path| path.extension().unwrap() == "pack")
            .unwrap();
        let root = alice.ask_git(["rev-parse", &format!("{STATE}^{{tree}}")]);
        let listed = alice.ask_git(["verify-pack", "-v", pack.to_str().unwrap()]);
        let line = listed.lines().find(|line| line.starts_with(&root)).unwrap();
        let offset: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
        let mut bytes = fs::read(&pack).unwrap();
        bytes[offset + 2..offset + 10].fill(0);
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bytes).unwrap();
        forget_spares(&alice);
        let before = refs(&alice);
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(check(&report, "objects")["fix"], "done", "{report:#}");
        assert_eq!(refs(&alice), before);
        works(&alice);
    }
}
