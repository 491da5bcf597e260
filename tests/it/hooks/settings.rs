//! Hooks that are settings, run by a git that knows them (2.54 and newer).

use std::path::Path;

use super::{AUTH, age_lock, log, with_program};
use crate::support::git::{CONFIG_HOOKS, EVENT_SWITCHES, as_git};
use crate::support::wait::until;
use crate::support::{Agent, Hub, Outcome, Sandbox, Shell};

/// A clone of a hub, with hooks.
struct World {
    sandbox: Sandbox,
    hub: Hub,
    alice: Agent,
    bob: Agent,
}

fn world() -> Option<World> {
    let sandbox = Sandbox::with_git(CONFIG_HOOKS)?;
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["hooks", "install"]).ok();
    let bob = alice.beside("bob");
    Some(World {
        sandbox,
        hub,
        alice,
        bob,
    })
}

/// How each hook is installed and whether it fires, each once.
fn ways(shell: &Shell) -> Vec<(String, bool)> {
    let listed = shell.coord(["hooks", "list", "--json"]).ok().json();
    let way = |hook: &serde_json::Value| {
        let by = hook["by"].as_str().unwrap_or("nobody").to_owned();
        (by, hook["fires"].as_bool().unwrap())
    };
    let mut ways: Vec<_> = listed["hooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(way)
        .collect();
    ways.dedup();
    ways
}

fn commit(shell: &Shell, file: &str) -> Outcome {
    let count = shell.ask_git(["rev-list", "--count", "HEAD"]);
    shell.write(file, &format!("change {count}\n"));
    shell.git(["add", file]).ok();
    shell.git(["commit", "--quiet", "-m", "change"])
}

fn unasked(shell: &Shell, file: &str) -> Outcome {
    shell.write(file, "unasked\n");
    shell.git(["add", file]).ok();
    shell.git(["commit", "--quiet", "--no-verify", "-m", "unasked"])
}

#[test]
fn they_are_settings_of_the_clone_and_nothing_else() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    let alice = sandbox.repo("project").agent("alice");
    let config = alice.read(".git/config");
    insta::assert_snapshot!(alice.coord(["hooks", "install"]).ok(), @r"
    exit 0
    --- stdout
    pre-commit          fires (config)
    pre-push            fires (config)
    prepare-commit-msg  fires (config)
    post-commit         fires (config)
    post-checkout       fires (config)
    post-merge          fires (config)
    --- stderr
    set hook.git-coord-pre-commit
    set hook.git-coord-pre-push
    set hook.git-coord-prepare-commit-msg
    set hook.git-coord-post-commit
    set hook.git-coord-post-checkout
    set hook.git-coord-post-merge
    ");
    assert!(!alice.path().join(".git/hooks/pre-commit").exists());
    // Git itself has them.
    let listed = alice.ask_git(["hook", "list", "prepare-commit-msg"]);
    assert_eq!(listed, "git-coord-prepare-commit-msg");
    assert_eq!(ways(&alice.without_program()), [("config".into(), false)]);
    let again = alice.coord(["hooks", "install", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(alice.read(".git/config"), config);
    alice.git(["hook", "list", "prepare-commit-msg"]).failed();
    let again = alice.coord(["hooks", "uninstall", "--json"]).ok().json();
    assert_eq!(again["changed"], serde_json::Value::Null);
}

#[test]
fn a_commit_on_a_held_path_is_refused_here_and_in_worktrees() {
    let Some(World { alice, bob, .. }) = world() else {
        return;
    };
    assert_eq!(ways(&alice), [("config".into(), true)]);
    bob.coord(["lock", "src/auth.rs"]).ok();
    let topic = alice.worktree("topic");
    for agent in [&alice, &topic] {
        let refused = commit(agent, "src/auth.rs").refused();
        let held = "`src/auth.rs` is locked by bob";
        assert_eq!(refused.stderr.matches(held).count(), 1, "{refused}");
        // Git gives the hook an index of its own for a part of what is staged.
        agent.write("src/a.rs", "mine\n");
        let args = ["commit", "--quiet", "-m", "a part", "src/a.rs"];
        agent.git(args).ok();
        agent.git(["commit", "-am", "the rest"]).refused();
    }
    let below = Shell::clone(&alice).at(alice.path().join("src"));
    below.git(["commit", "-am", "from below"]).refused();
    // The holder's own commit passes.
    bob.git(["commit", "--quiet", "-am", "his"]).ok();
}

#[test]
fn a_push_is_judged_by_every_ref_on_standard_input() {
    let Some(World {
        hub, alice, bob, ..
    }) = world()
    else {
        return;
    };
    let main = hub.ask_git(["rev-parse", "main"]);
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.git(["switch", "--quiet", "-c", "good"]).ok();
    alice.commit("src/a.rs", "one\n");
    alice.git(["switch", "--quiet", "-c", "bad", "main"]).ok();
    unasked(&alice, "src/auth.rs").ok();
    let refused = alice.git(["push", "origin", "good", "bad"]).failed();
    let held = "`src/auth.rs` is locked by bob";
    assert_eq!(refused.stderr.matches(held).count(), 1, "{refused}");
    assert_eq!(
        hub.ask_git(["for-each-ref", "refs/heads"]),
        format!("{main} commit\trefs/heads/main")
    );
    alice.git(["push", "--quiet", "origin", "good"]).ok();
    let passed_over = ["push", "--quiet", "--no-verify", "origin", "bad"];
    alice.git(passed_over).ok();
}

#[test]
fn a_commit_has_trailers_renews_and_tells_of_a_bypass() {
    let Some(World { alice, bob, .. }) = world() else {
        return;
    };
    alice.coord(["lock", "src/auth.rs", "--ttl", "10m"]).ok();
    age_lock(&alice, AUTH);
    let aged = alice.ask_git(["rev-parse", "refs/coord/state"]);
    commit(&alice, "src/auth.rs").ok();
    insta::assert_snapshot!(alice.ask_git(["log", "-1", "--format=%B"]), @r"
    change

    Coord-Lock: src/auth.rs
    Coord-Agent: alice
    ");
    assert_ne!(alice.ask_git(["rev-parse", "refs/coord/state"]), aged);
    bob.coord(["lock", "src/b.rs"]).ok();
    let made = unasked(&alice, "src/b.rs").ok();
    assert_eq!(
        made.stderr.matches("changes paths that bob").count(),
        1,
        "{made}"
    );
    alice.coord(["lock", "README.md"]).ok();
    assert_eq!(log(&alice).matches("passed over the hooks").count(), 1);
}

#[test]
fn checkouts_and_merges_refresh_the_view() {
    let Some(World {
        sandbox,
        hub,
        alice,
        ..
    }) = world()
    else {
        return;
    };
    let carol = hub.clone_as("carol");
    for agent in [&alice, &carol] {
        agent.git(["config", "coord.remote", "origin"]).ok();
        agent.coord(["locks"]).ok();
    }
    carol.commit("src/b.rs", "hers\n");
    carol.git(["push", "--quiet", "origin", "main"]).ok();
    let tip = |agent: &Agent| agent.git(["rev-parse", "refs/coord/state"]).stdout;
    for (key, args) in [
        ("one", &["switch", "--quiet", "-c", "topic"][..]),
        ("two", &["pull", "--quiet", "origin", "main"]),
    ] {
        carol.coord(["lock", key]).ok();
        let confirmed = alice.path().join(".git/coord/confirmed");
        let touch = ["-d", "1 minute ago", confirmed.to_str().unwrap()];
        sandbox.command("touch", touch).run().ok();
        alice.git(args).ok();
        until("the view is fresh", || {
            (tip(&alice) == tip(&carol)).then_some(())
        });
    }
}

/// Every event says that it ran, with its arguments and what it read.
fn write_scripts(agent: &Agent, dir: &str) {
    for event in [
        "pre-commit",
        "pre-push",
        "prepare-commit-msg",
        "post-commit",
    ] {
        let script = format!(
            "#!/bin/sh\necho \"{event} $*\" >> ../seen\n[ {event} != pre-push ] || cat >> ../seen\n"
        );
        agent.write_program(&format!("{dir}/{event}"), &script);
    }
}

fn seen(sandbox: &Sandbox) -> String {
    let file = sandbox.path().join("seen");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    text
}

#[test]
fn a_script_that_is_there_stays_and_runs_too() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    write_scripts(&alice, ".git/hooks");
    let script = alice.read(".git/hooks/pre-commit");
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(alice.read(".git/hooks/pre-commit"), script);
    let bob = alice.beside("bob");
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    commit(&alice, "src/a.rs").ok();
    let expected = "pre-commit \nprepare-commit-msg .git/COMMIT_EDITMSG message\npost-commit \n";
    assert_eq!(seen(&sandbox), expected);
    let trailers = alice.ask_git(["log", "-1", "--format=%(trailers)"]);
    assert!(trailers.contains("Coord-Lock: src/a.rs"), "{trailers}");
    // Both hear of a commit that ours refuses, and both read the same input.
    commit(&alice, "src/auth.rs").refused();
    assert_eq!(seen(&sandbox), "pre-commit \n");
    unasked(&alice, "src/auth.rs").ok();
    seen(&sandbox);
    alice.git(["push", "origin", "main"]).failed();
    let (old, new) = ("origin/main", "HEAD");
    let [old, new] = [old, new].map(|name| alice.ask_git(["rev-parse", name]));
    let line = format!("refs/heads/main {new} refs/heads/main {old}\n");
    let url = hub.path().display();
    assert_eq!(seen(&sandbox), format!("pre-push origin {url}\n{line}"));
    // What the script refuses stays refused as well.
    bob.coord(["unlock", "--all"]).ok();
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\necho no >&2\nexit 3\n");
    let refused = commit(&alice, "src/b.rs").failed();
    assert_eq!(refused.stderr, "no\n");
}

/// Git runs settings before the script, so what that one stages comes after the check.
#[test]
fn what_a_script_stages_after_the_check_is_noticed() {
    let Some(World { alice, bob, .. }) = world() else {
        return;
    };
    bob.coord(["lock", "src/auth.rs"]).ok();
    let formatter = "#!/bin/sh\necho formatted > src/auth.rs\ngit add src/auth.rs\n";
    alice.write_program(".git/hooks/pre-commit", formatter);
    let made = commit(&alice, "src/a.rs").ok();
    assert!(made.stderr.contains("changes paths that bob"), "{made}");
    alice.git(["push", "origin", "main"]).failed();
}

#[test]
fn scripts_of_ours_give_way_and_what_they_kept_comes_back() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    let alice = sandbox.repo("project").agent("alice");
    write_scripts(&alice, ".git/hooks");
    let script = alice.read(".git/hooks/pre-commit");
    let older = as_git(&alice, "2.53.0");
    older.coord(["hooks", "install"]).ok();
    assert_eq!(ways(&alice), [("script".into(), true)]);
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(ways(&alice), [("config".into(), true)]);
    assert_eq!(alice.read(".git/hooks/pre-commit"), script);
    assert!(!alice.path().join(".git/hooks/post-merge").exists());
    alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
    let refused = commit(&alice, "src/auth.rs").refused();
    assert_eq!(
        refused.stderr.matches("is locked by bob").count(),
        1,
        "{refused}"
    );
}

#[test]
fn a_tool_that_owns_the_hooks_needs_no_lines_and_goes_on() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    for (name, folder) in [("husky", ".husky/_"), ("folder", "tools/hooks")] {
        let alice = sandbox.repo(name).agent("alice");
        write_scripts(&alice, folder);
        alice.git(["config", "core.hooksPath", folder]).ok();
        let done = alice.coord(["hooks", "install", "--json"]).ok().json();
        assert_eq!(done["snippet"], serde_json::Value::Null);
        assert_eq!(alice.ask_git(["config", "core.hooksPath"]), folder);
        assert_eq!(ways(&alice), [("config".into(), true)]);
        alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
        commit(&alice, "src/auth.rs").refused();
        assert_eq!(seen(&sandbox), "pre-commit \n", "{name}");
        alice.git(["reset", "--quiet", "--hard"]).ok();
        commit(&alice, "src/a.rs").ok();
        assert!(seen(&sandbox).ends_with("post-commit \n"), "{name}");
        let report = alice.coord(["doctor", "--json"]).ok().json();
        let mut checks = report["checks"].as_array().unwrap().iter();
        let hooks = checks.find(|check| check["id"] == "hooks").unwrap();
        assert_eq!(hooks["state"], "ok", "{hooks}");
        alice.coord(["hooks", "uninstall"]).ok();
        assert_eq!(ways(&alice), [("nobody".into(), false)]);
        commit(&alice, "src/auth.rs").ok();
        seen(&sandbox);
    }
}

/// Lines that were written for an older git made a newer one ask twice, and nobody said so.
#[test]
fn a_tool_whose_lines_name_us_is_told_of() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    let alice = sandbox.repo("project").agent("alice");
    alice.write(
        "lefthook.yml",
        "pre-commit:\n  run: git-coord hook pre-commit {0}\n",
    );
    // The tool is there, and its own lines are what git runs.
    alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\n# the tool\n");
    assert_eq!(ways(&alice)[0], ("lefthook".into(), true));
    let done = alice.coord(["hooks", "install", "--json"]).ok().json();
    let note = done["notes"][0].as_str().unwrap();
    assert!(
        note.contains("lefthook names git-coord") && note.contains("asked twice"),
        "{note}"
    );
    assert_eq!(ways(&alice), [("config".into(), true)]);
    let undone = alice.coord(["hooks", "uninstall", "--json"]).ok().json();
    let note = undone["notes"][0].as_str().unwrap();
    assert!(note.contains("lefthook still names git-coord"), "{note}");
    assert_eq!(ways(&alice)[0], ("lefthook".into(), true));
}

#[test]
fn a_missing_or_broken_program_lets_git_go_on_with_one_line() {
    let Some(World {
        hub, alice, bob, ..
    }) = world()
    else {
        return;
    };
    bob.coord(["lock", "src/auth.rs"]).ok();
    let broken = with_program(&alice, "git-coord", "#!/bin/sh\nexit 2\n");
    for (shell, why) in [
        (alice.without_program(), "git-coord is not on PATH"),
        (broken, "git-coord ended with code 2"),
    ] {
        let line = format!("git-coord: {why}, so locks were not checked\n");
        assert_eq!(commit(&shell, "src/auth.rs").ok().stderr, line);
        // More refs than a pipe holds, and nobody reads them.
        let head = shell.ask_git(["rev-parse", "HEAD"]);
        let name = |n| format!("create refs/heads/{}/{n} {head}\n", &head[..20]);
        let many: String = (0..1000).map(name).collect();
        shell
            .command("git", ["update-ref", "--stdin"])
            .input(many)
            .run()
            .ok();
        let refspec = "refs/heads/*:refs/heads/*";
        let pushed = shell.git(["push", "--quiet", "origin", refspec]).ok();
        assert_eq!(pushed.stderr, line);
        assert_eq!(hub.ask_git(["rev-parse", "main"]), head);
        shell
            .git(["switch", "--quiet", "-c", &format!("x{}", &head[..9])])
            .ok();
        shell.git(["switch", "--quiet", "main"]).ok();
        shell.git(["config", "coord.failClosed", "true"]).ok();
        let refused = commit(&shell, "src/auth.rs").refused();
        assert!(
            refused.stderr.contains("coord.failClosed is set"),
            "{refused}"
        );
        shell.git(["push", "origin", "main:closed"]).failed();
        shell.git(["config", "--unset", "coord.failClosed"]).ok();
        shell.git(["reset", "--quiet", "--hard"]).ok();
    }
}

/// The switch that hides the hooks folder says nothing about settings: hooks of the user's ran at
/// each step of our own bookkeeping, and could refuse it.
#[test]
fn hooks_of_others_that_are_settings_are_not_run_by_our_own_git() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    // It refuses, too.
    let spied_file = sandbox.path().join("spied");
    let command = format!("echo $* >> {}; exit 1 #", spied_file.display());
    let events = [
        "reference-transaction",
        "pre-push",
        "pre-auto-gc",
        "post-index-change",
    ];
    for (name, format) in [("plain", &[][..]), ("sha256", &["--object-format=sha256"])] {
        let hub = sandbox.bare_with(&format!("{name}-hub"), format);
        let alice = hub.clone_as(name);
        alice.git(["config", "hook.spy.command", &command]).ok();
        for event in events {
            let args = ["config", "--add", "hook.spy.event", event];
            alice.git(args).ok();
        }
        // A person's own change is refused.
        alice.git(["update-ref", "refs/heads/x", "HEAD"]).failed();
        assert!(spied(&sandbox).contains("prepar"), "{name}");
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.write("src/b.rs", "changed\n");
        alice.coord(["check", "--staged"]).ok();
        alice
            .coord(["init", "--no-hooks", "--remote", "origin"])
            .ok();
        alice.coord(["lock", "src/b.rs"]).ok();
        alice.coord(["sync"]).ok();
        alice.coord(["doctor", "--probe"]).ok();
        alice.coord(["compact"]).ok();
        alice.coord(["unlock", "--all"]).ok();
        assert_eq!(spied(&sandbox), "", "{name}");
    }
}

/// Git follows more conditions than libgit2, so what binds a hook may be unknown to us.
#[test]
fn a_hook_that_only_git_sees_is_not_run_by_our_own_git_either() {
    let Some(sandbox) = Sandbox::with_git(EVENT_SWITCHES) else {
        return;
    };
    let alice = sandbox.bare("hub").clone_as("alice");
    let command = format!("touch {}", sandbox.path().join("spied").display());
    let hook = format!("[hook \"spy\"]\n\tcommand = {command}\n\tevent = reference-transaction\n");
    alice.write(".git/more", &hook);
    let condition = "includeIf.hasconfig:remote.*.url:**.path";
    alice.git(["config", condition, "more"]).ok();
    alice.git(["branch", "x"]).ok();
    assert!(sandbox.path().join("spied").exists());
    spied(&sandbox);
    alice.coord(["lock", "src/a.rs"]).ok();
    assert!(!sandbox.path().join("spied").exists());
}

fn spied(sandbox: &Sandbox) -> String {
    let file = sandbox.path().join("spied");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    text
}

#[test]
fn a_landing_asks_the_pushers_own_setting() {
    let Some(World {
        sandbox,
        hub,
        alice,
        ..
    }) = world()
    else {
        return;
    };
    let before = hub.ask_git(["rev-parse", "main"]);
    let seen_file = sandbox.path().join("seen");
    let command = format!("cat >> {}; exit 1 #", seen_file.display());
    alice.git(["config", "hook.tests.command", &command]).ok();
    alice.git(["config", "hook.tests.event", "pre-push"]).ok();
    commit(&alice, "src/a.rs").ok();
    let refused = alice.coord(["push"]).refused();
    assert!(refused.stderr.contains("refused_by_hook"), "{refused}");
    assert!(seen(&sandbox).contains("refs/heads/main"));
    assert_eq!(hub.ask_git(["rev-parse", "main"]), before);
    alice.git(["config", "hook.tests.enabled", "false"]).ok();
    alice.coord(["push"]).ok();
    let pushed = alice.ask_git(["rev-parse", "HEAD"]);
    assert_eq!(hub.ask_git(["rev-parse", "main"]), pushed);
}

#[test]
fn what_somebody_switched_off_stays_off_and_is_said() {
    let Some(World { alice, bob, .. }) = world() else {
        return;
    };
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice
        .git(["config", "hook.git-coord-pre-commit.enabled", "no"])
        .ok();
    alice.coord(["hooks", "install"]).ok();
    let listed = alice.coord(["hooks", "list"]).ok().stdout;
    let line = "does not fire (config): `hook.git-coord-pre-commit.enabled` is false";
    assert!(listed.contains(line), "{listed}");
    // As it says; what was passed over is noticed all the same.
    let made = commit(&alice, "src/auth.rs").ok();
    assert!(made.stderr.contains("changes paths that bob"), "{made}");
    alice.coord(["hooks", "uninstall"]).ok();
    assert!(!alice.read(".git/config").contains("git-coord"));
}

/// Without a command git would stop at every commit.
#[test]
fn an_interrupted_installation_stops_nobody_and_is_finished() {
    let Some(World { alice, bob, .. }) = world() else {
        return;
    };
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice
        .git(["config", "--unset", "hook.git-coord-pre-commit.event"])
        .ok();
    commit(&alice, "src/a.rs").ok();
    let listed = alice.coord(["hooks", "list"]).ok().stdout;
    assert!(
        listed.contains("does not fire (config): it is bound to no event"),
        "{listed}"
    );
    alice.coord(["hooks", "install"]).ok();
    assert_eq!(ways(&alice), [("config".into(), true)]);
    commit(&alice, "src/auth.rs").refused();
}

/// A config that could not be written was taken for one that has nothing to be removed.
#[test]
fn an_uninstallation_that_fails_says_so() {
    let Some(World { alice, .. }) = world() else {
        return;
    };
    alice.write(".git/config.lock", "");
    let failed = alice.coord(["hooks", "uninstall"]).failed();
    assert!(
        failed.stderr.contains("could not lock config file"),
        "{failed}"
    );
    std::fs::remove_file(alice.path().join(".git/config.lock")).unwrap();
    alice.coord(["hooks", "uninstall"]).ok();
    assert_eq!(ways(&alice), [("nobody".into(), false)]);
}

#[test]
fn init_sets_them_and_takes_them_back() {
    let Some(sandbox) = Sandbox::with_git(CONFIG_HOOKS) else {
        return;
    };
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let config = alice.read(".git/config");
    alice.coord(["init", "--remote", "origin"]).ok();
    assert_eq!(ways(&alice), [("config".into(), true)]);
    let bob = hub.clone_as("bob");
    bob.git(["config", "coord.remote", "origin"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.coord(["sync"]).ok();
    commit(&alice, "src/auth.rs").refused();
    alice.coord(["init", "--uninstall"]).ok();
    let left = alice.read(".git/config");
    assert_eq!(left, config);
    assert!(!Path::exists(&alice.path().join(".git/hooks/pre-commit")));
}
