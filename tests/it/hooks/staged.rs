//! Before a commit: what is staged, against the locks of others.

use super::alice_and_bob;
use crate::support::Sandbox;
use crate::support::git::knows;

#[test]
fn a_commit_on_a_held_path_is_refused_with_who_why_until_and_what_helps() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs", "--reason", "new login"])
        .ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    alice.git(["add", "."]).ok();
    let refused = alice.git(["commit", "--quiet", "-m", "change"]).refused();
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    refused[lock_held]: `src/auth.rs` is locked by bob (session s1) since [time] until [time], on branch `main`: new login
    hint: wait with `git coord lock --wait src/auth.rs`, work on something else, or, if bob is gone, `git coord lock --steal --rev 1 --reason … src/auth.rs`
    ");
    // The holder's own commit passes, and so does one elsewhere.
    alice.git(["reset", "--quiet", "--hard"]).ok();
    bob.commit("src/auth.rs", "fn his() {}\n");
    alice.commit("src/a.rs", "fn hers() {}\n");
}

#[test]
fn a_directory_and_a_glob_guard_what_is_below() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/", "*.sql"]).ok();
    for file in ["src/new/deep.rs", "db/one.sql"] {
        alice.write(file, "x\n");
        alice.git(["add", "."]).ok();
        alice.git(["commit", "-m", "change"]).refused();
        alice.git(["reset", "--quiet", "--hard"]).ok();
    }
    alice.commit("db/one.txt", "x\n");
}

#[test]
fn both_sides_of_a_rename_count() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    for (from, to, held) in [
        ("src/auth.rs", "src/login.rs", "src/auth.rs"),
        ("src/a.rs", "lib/a.rs", "lib/"),
    ] {
        bob.coord(["lock", held]).ok();
        std::fs::create_dir_all(alice.path().join("lib")).unwrap();
        alice.git(["mv", from, to]).ok();
        let refused = alice.git(["commit", "-m", "move"]).refused();
        assert!(
            refused
                .stderr
                .contains(&format!("`{held}` is locked by bob")),
            "{refused}"
        );
        bob.coord(["unlock", "--all"]).ok();
        alice.git(["commit", "-m", "move"]).ok();
    }
}

#[test]
fn a_deletion_and_a_change_of_type_count() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["rm", "--quiet", "src/auth.rs"]).ok();
    alice.git(["commit", "-m", "gone"]).refused();
    std::os::unix::fs::symlink("a.rs", alice.path().join("src/auth.rs")).unwrap();
    alice.git(["add", "src/auth.rs"]).ok();
    alice.git(["commit", "-m", "a link now"]).refused();
}

#[test]
fn a_submodule_that_moves_counts() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    let inner = sandbox.repo("inner");
    let first = inner.ask_git(["rev-parse", "HEAD"]);
    let second = inner.commit("more", "1");
    let point_at = |commit: &str| {
        let info = format!("160000,{commit},vendor/inner");
        alice
            .git(["update-index", "--add", "--cacheinfo", &info])
            .ok();
    };
    point_at(&first);
    alice.git(["commit", "-m", "add the submodule"]).ok();
    bob.coord(["lock", "vendor/inner"]).ok();
    point_at(&second);
    alice.git(["commit", "-m", "bump"]).refused();
}

#[test]
fn a_partial_commit_is_judged_by_what_it_takes() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    alice.write("src/a.rs", "fn mine() {}\n");
    alice.git(["add", "."]).ok();
    alice.git(["commit", "-m", "all"]).refused();
    alice
        .git(["commit", "-m", "the held one", "src/auth.rs"])
        .refused();
    alice.git(["commit", "-m", "the free one", "src/a.rs"]).ok();
    // From a directory below, with a file that was never staged.
    alice.write("src/b.rs", "fn mine() {}\n");
    let below = alice.path().join("src");
    let below = (*alice).clone().at(below);
    below.git(["commit", "-m", "the free one", "b.rs"]).ok();
    below.git(["commit", "-am", "the rest"]).refused();
}

#[test]
fn an_odd_name_is_not_mistaken_for_another() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    bob.coord(["lock", "odd"]).ok();
    // Git's `-z` list has this name with its line break; a lock on `odd` is not about it.
    alice.commit("\nodd", "x\n");
}

#[test]
fn a_merge_answers_for_its_own_changes_only() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    // Bob lands his work and still holds the path.
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    alice.commit("src/a.rs", "fn topic() {}\n");
    alice.git(["switch", "--quiet", "main"]).ok();
    bob.write("src/auth.rs", "fn his() {}\n");
    bob.commit("src/a.rs", "fn main_side() {}\n");
    bob.commit("src/auth.rs", "fn his() {}\n");
    alice.git(["switch", "--quiet", "topic"]).ok();
    alice.git(["merge", "main"]).failed();
    alice.write("src/a.rs", "fn both() {}\n");
    alice.git(["add", "src/a.rs"]).ok();
    alice.git(["commit", "--quiet", "--no-edit"]).ok();

    // A resolution that changes what bob holds is a change of its own.
    alice.git(["reset", "--quiet", "--hard", "HEAD^1"]).ok();
    alice.git(["merge", "main"]).failed();
    alice.write("src/a.rs", "fn both() {}\n");
    alice.write("src/auth.rs", "fn hers() {}\n");
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--no-edit"]).refused();
}

#[test]
fn a_required_lock_is_demanded_by_pattern() {
    let sandbox = Sandbox::new();
    let (alice, _) = alice_and_bob(&sandbox);
    alice
        .git(["config", "--add", "coord.requireLock", "warn"])
        .ok();
    alice
        .git(["config", "--add", "coord.requireLock", "require src/**"])
        .ok();
    alice
        .git(["config", "--add", "coord.requireLock", "off docs/**"])
        .ok();
    let commit = |file: &str| {
        alice.write(file, "changed\n");
        alice.git(["add", "."]).ok();
        alice.git(["commit", "--quiet", "-m", "change"])
    };
    let refused = commit("src/a.rs").refused();
    assert!(
        refused.stderr.contains("a lock is required for `src/a.rs`"),
        "{refused}"
    );
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.git(["commit", "--quiet", "-m", "change"]).ok();
    let warned = commit("README.md").ok();
    assert!(
        warned
            .stderr
            .contains("`README.md` is changed without a lock"),
        "{warned}"
    );
    let silent = commit("docs/guide.md").ok();
    assert_eq!(silent.stderr, "");
}

#[test]
fn nothing_locked_costs_no_git() {
    let sandbox = Sandbox::new();
    let (alice, bob) = alice_and_bob(&sandbox);
    let trace = alice.sandbox().join("trace");
    let children = || {
        let run = alice.command(env!("CARGO_BIN_EXE_git-coord"), ["hook", "pre-commit"]);
        run.env("GIT_TRACE", &trace).run().ok();
        let text = std::fs::read_to_string(&trace).unwrap_or_default();
        let _ = std::fs::remove_file(&trace);
        text.lines()
            .filter(|line| line.contains("trace: built-in:"))
            .count()
    };
    assert_eq!(children(), 0);
    bob.coord(["lock", "src/auth.rs"]).ok();
    assert_eq!(children(), 1);
    bob.coord(["unlock", "--all"]).ok();
    assert_eq!(children(), 0);
}

#[test]
fn other_ref_formats_and_hashes_are_guarded_alike() {
    let sandbox = Sandbox::new();
    for option in ["--ref-format=reftable", "--object-format=sha256"] {
        if !knows(&[option]) {
            continue;
        }
        let alice = sandbox.repo_with(&option[2..5], &[option]).agent("alice");
        alice.coord(["hooks", "install"]).ok();
        alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
        alice.write("src/auth.rs", "fn mine() {}\n");
        alice.git(["commit", "-am", "change"]).refused();
        alice
            .git(["commit", "--quiet", "--no-verify", "-am", "change"])
            .ok();
        alice.coord(["lock", "src/b.rs"]).ok();
        assert!(
            super::log(&alice).contains("passed over the hooks"),
            "{option}"
        );
    }
}
