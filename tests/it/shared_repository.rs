//! A repository that several people of one machine share.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Agent, Sandbox};

/// Runs a script under a mask that shuts everybody out.
fn closed(agent: &Agent, script: &str) -> String {
    let script = format!("umask 077; {script}");
    agent.command("sh", ["-c", &script]).run().ok().stdout
}

/// Everything in and below a directory, with its mode.
fn modes(dir: &Path, found: &mut Vec<(String, bool, u32)>) {
    let meta = fs::metadata(dir).unwrap();
    let mode = meta.permissions().mode() & 0o777;
    found.push((dir.display().to_string(), meta.is_dir(), mode));
    if meta.is_dir() {
        for entry in fs::read_dir(dir).unwrap() {
            modes(&entry.unwrap().path(), found);
        }
    }
}

/// Directories and files were made with the mask of whoever came first, so that nobody else could
/// lock, or even commit.
#[test]
fn what_one_makes_the_others_of_the_group_can_use() {
    let sandbox = Sandbox::new();
    let alice = sandbox
        .repo_with("project", &["--shared=group"])
        .agent("alice");
    closed(
        &alice,
        "git coord lock src/a.rs docs/ && git coord lock --as bob src/a.rs; git coord unlock --all",
    );
    let mut found = Vec::new();
    for place in ["coord", "objects", "refs/coord"] {
        modes(&alice.path().join(".git").join(place), &mut found);
    }
    assert!(found.len() > 20, "{found:?}");
    for (path, is_dir, mode) in found {
        let wanted = match (is_dir, path.contains("/objects/")) {
            (true, _) => 0o070,
            (false, true) => 0o040,
            (false, false) => 0o060,
        };
        assert_eq!(mode & wanted, wanted, "{path} {mode:o}");
        let is_ours = path.contains("/coord/");
        assert!(!is_ours || mode & 0o007 == 0, "{path} {mode:o}");
    }
}

#[test]
fn other_repositories_keep_to_the_mask() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    closed(&alice, "git coord lock src/a.rs");
    let mut found = Vec::new();
    modes(&alice.path().join(".git/coord"), &mut found);
    assert!(found.len() > 4, "{found:?}");
    for (path, _, mode) in found {
        assert_eq!(mode & 0o077, 0, "{path} {mode:o}");
    }
}

#[test]
fn a_persons_program_keeps_the_persons_mask() {
    let sandbox = Sandbox::new();
    let alice = sandbox
        .repo_with("project", &["--shared=group"])
        .agent("alice");
    let mask = closed(&alice, "git coord run -- sh -c umask");
    assert_eq!(mask.trim_end(), "0077");
}
