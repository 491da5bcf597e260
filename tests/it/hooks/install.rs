//! Installing scripts beside what is there, and leaving no trace. Settings are in `settings`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::alice_and_bob;
use crate::support::git::as_git;
use crate::support::{Agent, Sandbox, Shell};

const EVENTS: [&str; 6] = [
    "pre-commit",
    "pre-push",
    "prepare-commit-msg",
    "post-commit",
    "post-checkout",
    "post-merge",
];

/// Every file of a directory with its permissions and content.
fn files(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    let read = |entry: std::fs::DirEntry| {
        let mode = entry.metadata().unwrap().permissions().mode();
        let name = entry.file_name().into_string().unwrap();
        (name, (mode, std::fs::read(entry.path()).unwrap()))
    };
    entries.map(read).collect()
}

fn fires(shell: &Shell) -> Vec<bool> {
    let listed = shell.coord(["hooks", "list", "--json"]).ok().json();
    let hooks = listed["hooks"].as_array().unwrap();
    hooks
        .iter()
        .map(|hook| hook["fires"].as_bool().unwrap())
        .collect()
}

fn held_by_bob(alice: &Agent) {
    alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
}

#[test]
fn twice_is_once_and_uninstalling_leaves_nothing() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    let dir = alice.path().join(".git/hooks");
    let config = alice.read(".git/config");
    let before = files(&dir);
    assert_eq!(fires(&alice), [false; 6]);
    insta::assert_snapshot!(alice.coord(["hooks", "install"]).ok(), @r"
    exit 0
    --- stdout
    pre-commit          fires (script)
    pre-push            fires (script)
    prepare-commit-msg  fires (script)
    post-commit         fires (script)
    post-checkout       fires (script)
    post-merge          fires (script)
    --- stderr
    wrote the script pre-commit
    wrote the script pre-push
    wrote the script prepare-commit-msg
    wrote the script post-commit
    wrote the script post-checkout
    wrote the script post-merge
    ");
    assert_eq!(fires(&alice), [true; 6]);
    assert_eq!(fires(&alice.without_program()), [false; 6]);
    let installed = files(&dir);
    let again = alice.coord(["hooks", "install", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
    assert_eq!(files(&dir), installed);
    assert_eq!(alice.read(".git/config"), config, "no setting is needed");
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(files(&dir), before);
    let again = alice.coord(["hooks", "uninstall", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
}

#[test]
fn hooks_that_were_there_run_first_with_the_same_arguments_and_input() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let dir = alice.path().join(".git/hooks");
    for event in EVENTS {
        let script = format!(
            "#!/bin/sh\necho \"{event} $# $*\" >> ../seen\n[ {event} != pre-push ] || cat >> ../seen\n"
        );
        alice.write_program(&format!(".git/hooks/{event}"), &script);
    }
    // Odd, but it was like that: it has to come back like that.
    let odd = std::fs::Permissions::from_mode(0o710);
    std::fs::set_permissions(dir.join("pre-push"), odd).unwrap();
    let before = files(&dir);
    alice.coord(["hooks", "install"]).ok();
    let seen = || {
        let text = sandbox.read("seen");
        std::fs::remove_file(sandbox.path().join("seen")).unwrap();
        text
    };
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    let id = alice.commit("src/a.rs", "one\n");
    let first = alice.ask_git(["rev-parse", "HEAD^"]);
    let expected = format!(
        "post-checkout 3 {first} {first} 1\npre-commit 0 \n\
         prepare-commit-msg 2 .git/COMMIT_EDITMSG message\npost-commit 0 \n"
    );
    assert_eq!(seen(), expected);
    // Both hear of the push: the old one writes it down, ours finds the path that bob holds.
    alice.beside("bob").coord(["lock", "src/a.rs"]).ok();
    let refused = alice.git(["push", "origin", "topic"]).failed();
    assert!(
        refused.stderr.contains("`src/a.rs` is locked by bob"),
        "{refused}"
    );
    let hub = hub.path().display().to_string();
    let zeros = "0".repeat(40);
    let line = format!("refs/heads/topic {id} refs/heads/topic {zeros}");
    assert_eq!(seen(), format!("pre-push 2 origin {hub}\n{line}\n"));
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(files(&dir), before);
}

#[test]
fn what_an_older_hook_refuses_stays_refused() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\necho no >&2\nexit 3\n");
    // Git passes over a hook that cannot be executed, and so does the chain.
    alice.write(".git/hooks/post-commit", "#!/bin/sh\ntouch never\n");
    alice.coord(["hooks", "install"]).ok();
    alice.write("src/a.rs", "one\n");
    let refused = alice.git(["commit", "-am", "x"]).failed();
    assert_eq!(refused.stderr, "no\n");
    alice
        .git(["commit", "--quiet", "--no-verify", "-am", "x"])
        .ok();
    assert!(!alice.path().join("never").exists());
    let listed = alice.coord(["hooks", "list"]).ok().stdout;
    assert!(
        listed.contains("fires (script), after pre-commit.pre-git-coord"),
        "{listed}"
    );
}

#[test]
fn worktrees_share_the_hooks() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    let topic = alice.worktree("topic");
    topic.coord(["hooks", "install"]).ok();
    assert!(alice.path().join(".git/hooks/pre-commit").exists());
    for agent in [&alice, &topic] {
        held_by_bob(agent);
        agent.git(["commit", "-am", "x"]).refused();
        assert_eq!(fires(agent), [true; 6]);
    }
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(fires(&topic), [false; 6]);
}

#[test]
fn a_tool_that_writes_over_the_hook_loses_nothing() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\n# first\n");
    alice.coord(["hooks", "install"]).ok();
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\n# second\n");
    assert_eq!(fires(&alice), [false, true, true, true, true, true]);
    let blocked = alice.coord(["hooks", "install", "--json"]).ok().json();
    let note = blocked["notes"][0].as_str().unwrap();
    assert!(note.contains("pre-commit.pre-git-coord"), "{note}");
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/hooks/pre-commit"), "#!/bin/sh\n# second\n");
    assert_eq!(
        alice.read(".git/hooks/pre-commit.pre-git-coord"),
        "#!/bin/sh\n# first\n"
    );
}

#[test]
fn an_interrupted_installation_is_finished_or_taken_back() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    let old = "#!/bin/sh\n# old\n";
    // Ended after the old hook was moved, and before ours was there.
    alice.write_program(".git/hooks/pre-commit.pre-git-coord", old);
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/hooks/pre-commit"), old);
    std::fs::rename(
        alice.path().join(".git/hooks/pre-commit"),
        alice.path().join(".git/hooks/pre-commit.pre-git-coord"),
    )
    .unwrap();
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(fires(&alice), [true; 6]);
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/hooks/pre-commit"), old);
}

#[test]
fn our_own_git_asks_nobody_and_a_chained_hook_still_hears() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\ntouch ../heard\n");
    alice.coord(["hooks", "install"]).ok();
    held_by_bob(&alice);
    let commit = alice.command("git", ["commit", "--quiet", "-am", "x"]);
    commit.env("GIT_COORD_INTERNAL", "1").run().ok();
    assert!(sandbox.path().join("heard").exists());
    // As from a hook in the config, which no script stands before.
    alice.write("src/auth.rs", "fn again() {}\n");
    alice.git(["add", "."]).ok();
    alice.coord(["hook", "pre-commit"]).refused();
    let hook = alice.command("git-coord", ["hook", "pre-commit"]);
    hook.env("GIT_COORD_INTERNAL", "1").run().ok();
}

#[test]
fn a_newer_git_gets_settings_and_its_shell_line_works() {
    let sandbox = Sandbox::with_script_hooks();
    let (alice, bob) = alice_and_bob(&sandbox);
    let config = alice.read(".git/config");
    // Scripts of an older git are in place; the newer one needs them no more.
    let newer = as_git(&alice, "2.54.0");
    newer.coord(["hooks", "install"]).ok();
    assert!(!alice.path().join(".git/hooks/pre-commit").exists());
    let ask = |key: &str| alice.ask_git(["config", "--get-all", key]);
    for event in EVENTS {
        assert_eq!(ask(&format!("hook.git-coord-{event}.event")), event);
    }
    let written = alice.read(".git/config");
    let again = newer.coord(["hooks", "install", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
    assert_eq!(alice.read(".git/config"), written);
    assert_eq!(fires(&newer), [true; 6]);
    assert_eq!(fires(&alice), [false; 6], "an older git does not run them");

    // As git runs it: a shell gets the line with the arguments behind it.
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.write("src/auth.rs", "fn mine() {}\n");
    alice.git(["add", "."]).ok();
    let line = |event: &str| format!("{} \"$@\"", ask(&format!("hook.git-coord-{event}.command")));
    let run =
        |shell: &Shell, event: &str| shell.command("sh", ["-c", &line(event), "hook", "origin"]);
    run(&alice, "pre-commit").run().refused();
    bob.coord(["unlock", "src/auth.rs"]).ok();
    bob.coord(["lock", "elsewhere"]).ok();
    let head = alice.ask_git(["rev-parse", "HEAD"]);
    let zeros = "0".repeat(40);
    let input = format!("refs/heads/main {head} refs/heads/main {zeros}\n");
    run(&alice, "pre-push").input(input).run().ok();
    let bare = alice.without_program();
    let went_on = run(&bare, "pre-commit").run().ok();
    assert!(
        went_on.stderr.contains("git-coord is not on PATH"),
        "{went_on}"
    );
    bare.git(["config", "coord.failClosed", "true"]).ok();
    run(&bare, "pre-commit").run().refused();
    bare.git(["config", "--unset", "coord.failClosed"]).ok();

    newer
        .git(["config", "hook.git-coord-pre-push.enabled", "false"])
        .ok();
    assert_eq!(fires(&newer), [true, false, true, true, true, true]);
    newer.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/config").trim_end(), config.trim_end());
}

#[test]
fn an_older_git_after_a_newer_one_gets_scripts_again() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = sandbox.repo("project").agent("alice");
    as_git(&alice, "2.60.1").coord(["hooks", "install"]).ok();
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(fires(&alice), [true; 6]);
    assert!(!alice.read(".git/config").contains("hook"));
    held_by_bob(&alice);
    alice.git(["commit", "-am", "x"]).refused();
}
