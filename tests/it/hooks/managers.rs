//! Beside tools that own the hooks, each played by a few lines that do what the tool does, with a
//! git that has no other way.

use crate::support::git::as_git;
use crate::support::{Agent, Sandbox};

fn alice(sandbox: &Sandbox) -> Agent {
    let alice = sandbox.repo("project").agent("alice");
    alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    alice
}

fn snippet(agent: &Agent) -> String {
    let answer = agent.coord(["hooks", "install", "--json"]).ok().json();
    answer["snippet"]["text"].as_str().unwrap().to_owned()
}

/// Follows a snippet of files: each `# name` is followed by the line for it.
fn follow(agent: &Agent, snippet: &str) {
    let mut file = String::new();
    for line in snippet.lines() {
        match line.strip_prefix("# ") {
            Some(name) => name.clone_into(&mut file),
            None => agent.write_program(&file, &format!("#!/bin/sh\n{line}\n")),
        }
    }
}

fn by(agent: &Agent) -> (String, bool) {
    let listed = agent.coord(["hooks", "list", "--json"]).ok().json();
    let hook = &listed["hooks"][0];
    let by = hook["by"].as_str().unwrap_or("nobody").to_owned();
    (by, hook["fires"].as_bool().unwrap())
}

fn has_own_hooks(agent: &Agent) -> bool {
    agent.path().join(".git/hooks/pre-commit").exists()
}

/// What husky writes: a hook that runs the file of the same name one level up.
const RUNNER: &str = "#!/bin/sh\nfile=$(dirname \"$(dirname \"$0\")\")/$(basename \"$0\")\n\
    [ ! -f \"$file\" ] || exec sh -e \"$file\" \"$@\"\n";

#[test]
fn husky() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    alice.git(["config", "core.hooksPath", ".husky/_"]).ok();
    for event in [
        "pre-commit",
        "pre-push",
        "post-commit",
        "prepare-commit-msg",
    ] {
        alice.write_program(&format!(".husky/_/{event}"), RUNNER);
    }
    insta::assert_snapshot!(alice.coord(["hooks", "install"]).ok(), @r#"
    exit 0
    --- stdout
    pre-commit          it is not installed
    pre-push            it is not installed
    prepare-commit-msg  it is not installed
    post-commit         it is not installed
    post-checkout       it is not installed
    post-merge          it is not installed

    # .husky/pre-commit
    if command -v git-coord >/dev/null; then git-coord hook pre-commit "$@"; fi
    # .husky/pre-push
    if command -v git-coord >/dev/null; then git-coord hook pre-push "$@"; fi
    # .husky/prepare-commit-msg
    if command -v git-coord >/dev/null; then git-coord hook prepare-commit-msg "$@"; fi
    # .husky/post-commit
    if command -v git-coord >/dev/null; then git-coord hook post-commit "$@"; fi
    # .husky/post-checkout
    if command -v git-coord >/dev/null; then git-coord hook post-checkout "$@"; fi
    # .husky/post-merge
    if command -v git-coord >/dev/null; then git-coord hook post-merge "$@"; fi
    --- stderr
    note: hooks here belong to husky, so nothing was installed; add these lines:
    "#);
    assert!(!has_own_hooks(&alice));
    assert_eq!(alice.ask_git(["config", "core.hooksPath"]), ".husky/_");
    assert_eq!(by(&alice), ("nobody".into(), false));
    follow(&alice, &snippet(&alice));
    assert_eq!(by(&alice), ("husky".into(), true));
    alice.git(["commit", "-am", "x"]).refused();
    // A machine without git-coord is not kept from its work.
    let bare = alice.without_program();
    bare.git(["commit", "--quiet", "-am", "x"]).ok();
    let done = alice.coord(["hooks", "install", "--json"]).ok().json();
    assert_eq!(
        done["snippet"],
        serde_json::Value::Null,
        "nothing is left to do"
    );
}

#[test]
fn husky_that_is_not_active_yet() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    alice.write(".husky/pre-commit", "npm test\n");
    assert!(snippet(&alice).contains("# .husky/pre-commit\n"));
    assert!(!has_own_hooks(&alice));
}

/// What was installed before the tool came, and does not fire any more, was taken for enough.
#[test]
fn husky_after_us_is_told_its_lines() {
    let sandbox = Sandbox::with_script_hooks();
    for version in ["2.53.0", "2.54.0"] {
        let alice = sandbox.repo(version).agent("alice");
        as_git(&alice, version).coord(["hooks", "install"]).ok();
        alice.git(["config", "core.hooksPath", ".husky/_"]).ok();
        alice.write_program(".husky/_/pre-commit", RUNNER);
        assert!(!by(&alice).1, "{version}");
        let lines = snippet(&alice);
        assert!(lines.starts_with("# .husky/pre-commit\n"), "{lines}");
        follow(&alice, &lines);
        assert_eq!(by(&alice), ("husky".into(), true), "{version}");
    }
}

#[test]
fn a_folder_of_somebodys_own() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    let folder = sandbox.path().join("company");
    alice
        .git([
            "config",
            "--global",
            "core.hooksPath",
            folder.to_str().unwrap(),
        ])
        .ok();
    follow(&alice, &snippet(&alice));
    assert!(!has_own_hooks(&alice));
    assert_eq!(by(&alice), ("core.hooksPath".into(), true));
    alice.git(["commit", "-am", "x"]).refused();
    // Set to where hooks are anyway, it is no obstacle.
    alice.git(["config", "core.hooksPath", ".git/hooks"]).ok();
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(by(&alice), ("script".into(), true));
    alice.git(["commit", "-am", "x"]).refused();
}

#[test]
fn lefthook() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    alice.write("lefthook.yml", "pre-commit:\n  commands: {}\n");
    insta::assert_snapshot!(snippet(&alice), @r"
    # lefthook.yml
    pre-commit:
      commands:
        git-coord:
          run: git-coord hook pre-commit {0}
    pre-push:
      commands:
        git-coord:
          run: git-coord hook pre-push {0}
          use_stdin: true
    prepare-commit-msg:
      commands:
        git-coord:
          run: git-coord hook prepare-commit-msg {0}
    post-commit:
      commands:
        git-coord:
          run: git-coord hook post-commit {0}
    post-checkout:
      commands:
        git-coord:
          run: git-coord hook post-checkout {0}
    post-merge:
      commands:
        git-coord:
          run: git-coord hook post-merge {0}
    ");
    assert!(!has_own_hooks(&alice));
    alice.write("lefthook.yml", &snippet(&alice));
    assert_eq!(by(&alice).0, "lefthook");
}

/// What `pre-commit install` writes, as far as it matters: the older hook runs with the same
/// arguments and input, then the framework's own checks.
const FRAMEWORK: &str = "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n\
    old=$(dirname \"$0\")/pre-commit.legacy\n[ ! -x \"$old\" ] || \"$old\" \"$@\" || exit 1\n\
    echo framework >> ../seen\n";

/// What `pre-commit install` does: a hook that is not its own is kept as `.legacy`.
fn install_framework(alice: &Agent) {
    let hook = alice.path().join(".git/hooks/pre-commit");
    if hook.exists() {
        std::fs::rename(&hook, hook.with_extension("legacy")).unwrap();
    }
    alice.write_program(".git/hooks/pre-commit", FRAMEWORK);
    alice.write(".pre-commit-config.yaml", "repos: []\n");
}

#[test]
fn the_pre_commit_framework_before_us() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    install_framework(&alice);
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(by(&alice), ("script".into(), true));
    alice.git(["commit", "-am", "x"]).refused();
    assert_eq!(sandbox.read("seen"), "framework\n");
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/hooks/pre-commit"), FRAMEWORK);
}

#[test]
fn the_pre_commit_framework_after_us() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = alice(&sandbox);
    alice.coord(["hooks", "install"]).ok();
    install_framework(&alice);
    assert_eq!(by(&alice), ("pre-commit framework".into(), true));
    alice.git(["commit", "-am", "x"]).refused();
    let again = alice.coord(["hooks", "install", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
    alice.coord(["hooks", "uninstall"]).ok();
    assert!(!alice.path().join(".git/hooks/pre-commit.legacy").exists());
    assert_eq!(alice.read(".git/hooks/pre-commit"), FRAMEWORK);
    alice.git(["commit", "--quiet", "-am", "x"]).ok();
}
