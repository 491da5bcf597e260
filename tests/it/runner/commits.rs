//! Whatever a commit has, the check sees that and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Check, alice};
use crate::support::git::{CONFIG_HOOKS, knows};
use crate::support::{Sandbox, Shell};

/// Commits everything that is here.
#[track_caller]
fn commit_all(shell: &Shell) -> String {
    shell.git(["add", "--all"]).ok();
    shell.git(["commit", "--quiet", "--message", "all"]).ok();
    shell.ask_git(["rev-parse", "HEAD"])
}

#[test]
fn links_and_executable_files_are_as_committed() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write_program("run.sh", "#!/bin/sh\necho ran\n");
    symlink("run.sh", alice.path().join("link")).unwrap();
    symlink("nowhere", alice.path().join("dead")).unwrap();
    alice.write("a b/ä\nö", "strange\n");
    commit_all(&alice);
    let script = "test -x run.sh && test \"$(readlink link)\" = run.sh && test -L dead && ./link && test \"$(cat a*/*)\" = strange";
    Check::of(&alice, &[script]).ends("passed");
    // A link becomes a directory, and a directory a file.
    fs::remove_file(alice.path().join("link")).unwrap();
    alice.write("link/below", "");
    fs::remove_dir_all(alice.path().join("a b")).unwrap();
    alice.write("a b", "");
    commit_all(&alice);
    Check::of(
        &alice,
        &["test -f link/below && test ! -L link && test -f 'a b' && git diff --exit-code HEAD"],
    )
    .ends("passed");
}

#[test]
fn every_kind_of_repository_is_checked() {
    let kinds: [&[&str]; 3] = [&["--object-format=sha256"], &["--ref-format=reftable"], &[]];
    for init in kinds.into_iter().filter(|init| knows(init)) {
        let sandbox = Sandbox::new();
        let alice = sandbox.repo_with("project", init).agent("alice");
        alice.commit(".coordconfig", "[coord]\n\tcheck = test -f src/a.rs\n");
        let tip = alice.ask_git(["rev-parse", "HEAD"]);
        for _ in 0..2 {
            Check::at(&alice, &tip, &[]).ends("passed");
        }
        // From another working tree of the clone, and from a bare one.
        let there = alice.worktree("topic");
        Check::at(&there, &tip, &[]).ends("passed");
        let hub = sandbox.bare_with("hub", init);
        let head = hub.ask_git(["rev-parse", "HEAD"]);
        Check::at(&hub, &head, &["test -f src/a.rs"]).ends("passed");
    }
}

#[test]
fn a_sparse_clone_checks_the_whole_commit() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.git(["sparse-checkout", "set", "docs"]).ok();
    assert!(!alice.path().join("src/a.rs").exists());
    for _ in 0..2 {
        Check::of(&alice, &["test -f src/a.rs && test -f docs/guide.md"]).ends("passed");
    }
}

#[test]
fn hooks_of_the_person_do_not_run() {
    // Newer ones have hooks that are settings.
    let with_settings = Sandbox::with_git(CONFIG_HOOKS);
    for sandbox in [Some(Sandbox::new()), with_settings].into_iter().flatten() {
        let alice = alice(&sandbox);
        let ran = sandbox.path().join("ran");
        let hook = format!("#!/bin/sh\necho \"$0\" >> {}\n", ran.display());
        for name in [
            "post-checkout",
            "post-index-change",
            "reference-transaction",
        ] {
            alice.write_program(&format!(".git/hooks/{name}"), &hook);
            let command = format!("echo {name} >> {}", ran.display());
            alice
                .git(["config", &format!("hook.{name}-own.command"), &command])
                .ok();
            alice
                .git(["config", &format!("hook.{name}-own.event"), name])
                .ok();
        }
        // They would run.
        alice.git(["checkout", "--quiet", "--detach"]).ok();
        assert!(ran.exists());
        fs::remove_file(&ran).unwrap();
        for _ in 0..2 {
            Check::of(&alice, &["test -f src/a.rs"]).ends("passed");
            assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
        }
    }
}

#[test]
fn submodules_are_there_or_the_reason_is_said() {
    let sandbox = Sandbox::new();
    let part = sandbox.repo("part").agent("part");
    let alice = alice(&sandbox);
    let url = part.path().to_str().unwrap();
    let allow = ["-c", "protocol.file.allow=always"];
    let add = [&allow[..], &["submodule", "--quiet", "add", url, "part"]].concat();
    alice.git(add).ok();
    let with = commit_all(&alice);
    // By git's own default no submodule comes from a local path.
    Check::of(&alice, &["true"]).refused("transport 'file' not allowed");
    alice
        .git(["config", "--global", "protocol.file.allow", "always"])
        .ok();
    let inside = "test -f part/src/a.rs && test \"$(git status --porcelain)\" = ''";
    Check::of(
        &alice,
        &[inside, "echo x >> part/src/a.rs; touch part/litter"],
    )
    .ends("passed");
    Check::of(&alice, &[inside, "test ! -e part/litter"]).ends("passed");
    // It moves on, and away.
    part.commit("src/new.rs", "");
    alice
        .git([&allow[..], &["submodule", "--quiet", "update", "--remote"]].concat())
        .ok();
    commit_all(&alice);
    Check::of(&alice, &[inside, "test -f part/src/new.rs"]).ends("passed");
    alice.git(["rm", "--quiet", "part"]).ok();
    commit_all(&alice);
    Check::of(&alice, &["test ! -e part"]).ends("passed");
    Check::at(&alice, &with, &[inside]).ends("passed");
}

#[test]
fn files_in_lfs_are_refused_where_nothing_brings_them() {
    let sandbox = Sandbox::new();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 3\n",
        "a".repeat(64)
    );
    // One that is git-lfs by name, for what depends on its being there.
    let programs = sandbox.path().join("programs");
    let alice = alice(&sandbox);
    // Written about, and not used.
    alice.write("docs/lfs.txt", &pointer);
    commit_all(&alice);
    Check::of(&alice, &["true"]).ends("passed");
    alice.write(
        "big/.gitattributes",
        "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    );
    commit_all(&alice);
    Check::of(&alice, &["true"]).ends("passed");
    alice.write("big/it.bin", &pointer);
    commit_all(&alice);
    if alice.path_dirs().all(|dir| !dir.join("git-lfs").exists()) {
        Check::of(&alice, &["true"]).refused("git-lfs is not installed");
    }
    alice
        .moved(programs.clone())
        .write_program("git-lfs", "#!/bin/sh\n");
    let with = alice.finding(&programs);
    Check::of(&with, &["true"]).refused("git-lfs is not set up");
    let smudge = |command: &str| alice.git(["config", "filter.lfs.smudge", command]).ok();
    smudge("cat");
    Check::of(&with, &["true"]).refused("has left it out");
    smudge("echo contents");
    alice.git(["config", "filter.lfs.clean", "cat"]).ok();
    fs::remove_dir_all(sandbox.path().join("home/.cache")).unwrap();
    Check::of(&with, &["test \"$(cat big/it.bin)\" = contents"]).ends("passed");
    smudge("false; false");
    alice.git(["config", "filter.lfs.required", "true"]).ok();
    fs::remove_dir_all(sandbox.path().join("home/.cache")).unwrap();
    Check::of(&with, &["true"]).refused("lfs");
}
