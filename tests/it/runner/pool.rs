//! The working trees of a machine: one runner each, used again, and made anew when broken.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Check, Pulse, alice, program, told};
use crate::support::{Agent, Sandbox};

/// What checks of every runner print their directory with.
const WHERE: &str = "pwd";

fn dir_of(told: &Value) -> PathBuf {
    told["dir"].as_str().unwrap().into()
}

#[test]
fn doctor_knows_what_is_left() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let dir = dir_of(&Check::of(&alice, &[WHERE]).ends("passed"));
    let kept = "1 working trees for checks are kept";
    let doctor = |args: &[&str]| alice.coord([&["doctor"], args].concat()).ok().stdout;
    assert!(doctor(&[]).contains(kept));
    fs::remove_dir_all(&dir).unwrap();
    // Git keeps what it knows of it: it was told to.
    alice.git(["worktree", "prune"]).ok();
    let gone = "of a working tree for checks that is gone";
    assert!(doctor(&[]).contains(gone));
    assert!(doctor(&["--fix"]).contains("removed 1"));
    assert_eq!(alice.ask_git(["worktree", "list"]).lines().count(), 1);
    Check::of(&alice, &[WHERE]).ends("passed");
    assert!(doctor(&[]).contains(kept));
}

/// Empties the pool.
#[track_caller]
fn clear(alice: &Agent) -> Value {
    told(&program::prepared(alice, &json!({"clear": true})).run())
}

#[test]
fn it_is_outside_of_the_repository_and_used_again() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.commit(".gitignore", "cache/\n");
    let first = Check::of(
        &alice,
        &["mkdir cache; echo built > cache/it; touch litter; echo x >> src/a.rs"],
    )
    .ends("passed");
    let dir = dir_of(&first);
    assert!(
        dir.starts_with(sandbox.path().join("home/.cache/git-coord")),
        "{}",
        dir.display()
    );
    alice.commit("src/c.rs", "new\n");
    let next = Check::of(
        &alice,
        &["test ! -e litter && test -f src/c.rs && git diff --exit-code HEAD && cat cache/it"],
    )
    .ends("passed");
    assert_eq!(dir, dir_of(&next));
    // Git leaves it alone, and says why.
    let listed = alice.ask_git(["worktree", "list", "--porcelain"]);
    assert!(
        listed.contains("locked git-coord runs checks here, on "),
        "{listed}"
    );
    let cleared = clear(&alice);
    assert_eq!(cleared, json!({"removed": [dir], "in_use": []}));
    assert!(!dir.exists());
    assert_eq!(alice.ask_git(["worktree", "list"]).lines().count(), 1);
}

#[test]
fn two_runners_never_share_a_tree() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let mut pulse = Pulse::new(&alice, "pulse");
    let go = Pulse::new(&alice, "go");
    let script = format!(
        "exec 9>{}; echo up >&9; read -r go < {}",
        pulse.path(),
        go.path()
    );
    drop(go.file);
    let running = Check::of(&alice, &[&script]).spawn();
    pulse.hears("up");
    let second = Check::of(&alice, &[WHERE]).ends("passed");
    let cleared = clear(&alice);
    fs::write(&go.path, "go\n").unwrap();
    let first = told(&running.wait().ok());
    assert_eq!(first["outcome"], "passed");
    assert_eq!((&first["slot"], &second["slot"]), (&1.into(), &2.into()));
    assert_ne!(dir_of(&first), dir_of(&second));
    assert_eq!(
        cleared,
        json!({"removed": [dir_of(&second)], "in_use": [dir_of(&first)]})
    );
    assert_eq!(clear(&alice)["removed"], json!([dir_of(&first)]));
}

#[test]
fn what_a_killed_runner_left_is_used_by_the_next() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let mut pulse = Pulse::new(&alice, "pulse");
    // Out of its group, where nothing ends it with its runner.
    let script = format!(
        "exec 9>{}; echo half > src/a.rs; git switch --quiet --create mine; touch $(git rev-parse --git-path index.lock)
         setsid sh -c 'echo up >&9; exec sleep 1000'",
        pulse.path()
    );
    let mut running = Check::of(&alice, &[&script]).spawn();
    pulse.hears("up");
    running.kill_alone();
    running.until_ended();
    let mine = alice.ask_git(["rev-parse", "mine"]);
    alice.commit("src/c.rs", "new\n");
    let next = Check::of(&alice, &["git diff --exit-code HEAD && test -f src/c.rs"]).ends("passed");
    assert_eq!(next["slot"], 1);
    assert!(pulse.is_dead());
    // A branch that a check had made stays where it was.
    assert_eq!(alice.ask_git(["rev-parse", "mine"]), mine);
}

#[test]
fn a_broken_one_is_made_anew() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let check = Check::of(&alice, &["git diff --exit-code HEAD && test -f src/a.rs"]);
    let dir = dir_of(&check.ends("passed"));
    let git_dir = alice
        .path()
        .join(".git/worktrees")
        .join(dir.file_name().unwrap());
    let breaks: [(&str, &dyn Fn()); 6] = [
        ("deleted", &|| fs::remove_dir_all(&dir).unwrap()),
        ("forgotten by git", &|| {
            fs::remove_dir_all(&git_dir).unwrap()
        }),
        ("no longer git's", &|| {
            fs::remove_file(dir.join(".git")).unwrap()
        }),
        ("a repository of its own", &|| {
            fs::remove_file(dir.join(".git")).unwrap();
            alice.git(["init", "--quiet", dir.to_str().unwrap()]).ok();
        }),
        ("with a damaged index", &|| {
            fs::write(git_dir.join("index"), "damage").unwrap()
        }),
        ("a file", &|| {
            fs::remove_dir_all(&dir).unwrap();
            fs::write(&dir, "").unwrap();
        }),
    ];
    for (what, break_it) in breaks {
        break_it();
        let told = check.run();
        assert_eq!(told["outcome"], "passed", "{what}: {told:#}");
        assert_eq!(dir_of(&told), dir, "{what}");
    }
    // Nothing of it is left twice.
    assert_eq!(alice.ask_git(["worktree", "list"]).lines().count(), 2);
}

#[test]
fn it_may_be_anywhere_but_in_the_repository() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let check = Check::of(&alice, &[WHERE]);
    let set = |dir: &Path| {
        alice
            .git(["config", "coord.pool", dir.to_str().unwrap()])
            .ok()
    };
    set(&sandbox.path().join("pool"));
    assert!(dir_of(&check.ends("passed")).starts_with(sandbox.path().join("pool")));
    set(Path::new("~/pool"));
    assert!(dir_of(&check.ends("passed")).starts_with(sandbox.path().join("home/pool")));
    set(Path::new("pool"));
    check.refused("no absolute path");
    for inside in [
        alice.path().join("below/it"),
        alice.path().join(".git/pool"),
    ] {
        set(&inside);
        check.refused("into this one");
        assert!(!inside.exists());
    }
    std::os::unix::fs::symlink(alice.path(), sandbox.path().join("door")).unwrap();
    set(&sandbox.path().join("door/pool"));
    check.refused("into this one");
}

#[test]
fn old_logs_are_kept_within_bounds() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let logs = alice.path().join(".git/coord/checks");
    fs::create_dir_all(&logs).unwrap();
    for n in 0..250 {
        fs::write(logs.join(format!("20000101T000000-{n}.log")), "").unwrap();
    }
    Check::of(&alice, &[WHERE]).ends("passed");
    assert_eq!(fs::read_dir(&logs).unwrap().count(), 200);
}
