//! A lock on `feature:<id>:pause` stops the line.

use crate::support::{Agent, Sandbox};

use super::words::feature;

fn on_feature_branch(sandbox: &Sandbox) -> (Agent, Agent) {
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    alice.coord(["hooks", "install"]).ok();
    alice.git(["switch", "--quiet", "-c", "feat/login"]).ok();
    feature(&alice, "register login -c src/").ok();
    (alice, bob)
}

#[test]
fn commits_on_the_branch_of_a_paused_feature_are_refused() {
    let sandbox = Sandbox::new();
    let (alice, bob) = on_feature_branch(&sandbox);
    let pause = [
        "lock",
        "feature:login:pause",
        "--reason",
        "the build is red",
    ];
    bob.coord(pause).ok();
    alice.write("src/a.rs", "fn mine() {}\n");
    alice.git(["add", "."]).ok();
    let refused = alice.git(["commit", "--quiet", "-m", "change"]).refused();
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    refused[lock_held]: `feature:login:pause` is locked by bob (session s1) since [time] until [time], on branch `feat/login`: the build is red
    hint: the feature is paused: keep your changes until bob unlocks feature:login:pause, or work on something else; if bob is gone, `git coord lock --steal --rev 2 --reason … feature:login:pause`, then `git coord unlock feature:login:pause`
    ");
    let refused = alice.coord(["check", "--staged", "--json"]).refused();
    assert_eq!(refused.json()["code"], "lock_held");
    // Who holds the pause is not stopped, and other branches are not paused.
    bob.git(["commit", "--quiet", "-m", "change"]).ok();
    alice.git(["switch", "--quiet", "-c", "other"]).ok();
    alice.commit("src/b.rs", "fn other() {}\n");
    alice.git(["switch", "--quiet", "feat/login"]).ok();
    bob.coord(["unlock", "--all"]).ok();
    alice.commit("src/c.rs", "fn on() {}\n");
    // All features at once; what is over is not paused.
    bob.coord(["lock", "feature:*"]).ok();
    alice.write("src/d.rs", "fn d() {}\n");
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "change"]).refused();
    feature(&alice, "done login").ok();
    alice.git(["commit", "--quiet", "-m", "change"]).ok();
}

#[test]
fn a_pause_of_another_session_of_the_same_agent_stops_too() {
    let sandbox = Sandbox::new();
    let (alice, _) = on_feature_branch(&sandbox);
    alice
        .session("night")
        .coord(["lock", "feature:login:pause"])
        .ok();
    alice.write("src/a.rs", "fn mine() {}\n");
    alice.git(["add", "."]).ok();
    let refused = alice.git(["commit", "--quiet", "-m", "change"]).refused();
    assert!(
        refused.stderr.contains("refused[other_session]"),
        "{refused}"
    );
}

#[test]
fn pushes_of_the_branch_of_a_paused_feature_are_refused() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let bob = alice.beside("bob");
    alice.coord(["hooks", "install"]).ok();
    alice.git(["switch", "--quiet", "-c", "feat/login"]).ok();
    feature(&alice, "register login -c src/").ok();
    let tip = alice.commit("src/a.rs", "fn mine() {}\n");
    bob.coord(["lock", "feature:login:pause", "--reason", "wait"])
        .ok();
    let refused = alice.git(["push", "--quiet", "origin", "HEAD"]).failed();
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    refused[lock_held]: `feature:login:pause` is locked by bob (session s1) since [time] until [time], on branch `feat/login`: wait
    hint: the feature is paused: keep your changes until bob unlocks feature:login:pause, or work on something else; if bob is gone, `git coord lock --steal --rev 2 --reason … feature:login:pause`, then `git coord unlock feature:login:pause`
    error: failed to push some refs to '[sandbox]/hub.git'
    ");
    // Whatever it is pushed as, and whatever is pushed as it.
    for spec in ["feat/login:main", "HEAD:main", "main:feat/login"] {
        let refused = alice.git(["push", "--quiet", "origin", spec]).failed();
        assert!(
            refused
                .stderr
                .contains("refused[lock_held]: `feature:login"),
            "{spec}: {refused}"
        );
    }
    let refused = alice.coord(["push", "origin", "HEAD:main"]).failed();
    assert!(refused.stderr.contains("feature:login:pause"), "{refused}");
    // Other work goes on, and so does who holds the pause.
    alice.git(["push", "--quiet", "origin", "main:other"]).ok();
    bob.git(["push", "--quiet", "origin", "HEAD"]).ok();
    assert_eq!(hub.ask_git(["rev-parse", "feat/login"]), tip);
    let more = ["commit", "--quiet", "--no-verify", "--allow-empty"];
    alice.git(more.into_iter().chain(["-m", "more"])).ok();
    alice.git(["push", "--quiet", "origin", "HEAD"]).failed();
    bob.coord(["unlock", "--all"]).ok();
    alice.git(["push", "--quiet", "origin", "HEAD"]).ok();
}

#[test]
fn a_fenced_push_of_a_paused_feature_is_refused_without_hooks() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let agent = hub.clone_as(name);
        agent.git(["config", "coord.remote", "origin"]).ok();
        // A refusal may come from a view of up to this age.
        agent.git(["config", "coord.maxAge", "0"]).ok();
        agent
    });
    alice.git(["switch", "--quiet", "-c", "feat/login"]).ok();
    feature(&alice, "register login -c src/").ok();
    let tip = alice.commit("src/a.rs", "fn mine() {}\n");
    // Her view is older than the pause.
    bob.coord(["lock", "feature:login:pause"]).ok();
    for spec in ["feat/login", "HEAD:main"] {
        let refused = alice.coord(["push", "origin", spec]).refused();
        assert!(
            refused
                .stderr
                .contains("refused[lock_held]: `feature:login"),
            "{spec}: {refused}"
        );
    }
    bob.coord(["unlock", "--all"]).ok();
    alice.coord(["push", "origin", "feat/login"]).ok();
    assert_eq!(hub.ask_git(["rev-parse", "feat/login"]), tip);
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn tasks_of_a_paused_feature_wait_and_say_why() {
    let sandbox = Sandbox::new();
    let (alice, bob) = on_feature_branch(&sandbox);
    for args in [
        &[
            "task",
            "add",
            "Form",
            "--id",
            "form",
            "--feature",
            "login",
            "-p",
            "0",
        ][..],
        &["task", "add", "Other", "--id", "other"],
    ] {
        alice.coord(args).ok();
    }
    bob.coord(["lock", "feature:login:pause", "--reason", "wait"])
        .ok();
    let next = |agent: &Agent| {
        let told = agent.coord(["task", "next", "--json"]).ok().json();
        told["tasks"][0]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(next(&alice), "other");
    insta::assert_snapshot!(alice.coord(["task", "next"]).refused(), @r"
    exit 1
    --- stderr
    refused[nothing_ready]: no task is ready for you: 1 claimed, 1 of a paused feature
    hint: see who has paused what with `git coord feature plan`, or wait for a task with `git coord task next --wait`
    ");
    insta::assert_snapshot!(alice.coord(["why", "form"]).ok().stdout, @r"
    task form: Form is blocked:
      `feature:login:pause` is locked by bob (session s1), on branch `feat/login`, for 30m: wait
        until bob unlocks `feature:login:pause`, or their lease ends; if they are gone: `git coord lock --steal --rev 4 --reason … feature:login:pause`
    ");
    let claim = ["task", "claim", "form"];
    insta::assert_snapshot!(alice.coord(claim).refused(), @r"
    exit 1
    --- stderr
    refused[lock_held]: `feature:login:pause` is locked by bob (session s1) since [time] until [time], on branch `feat/login`: wait
    hint: the feature is paused: keep your changes until bob unlocks feature:login:pause, or work on something else; if bob is gone, `git coord lock --steal --rev 4 --reason … feature:login:pause`, then `git coord unlock feature:login:pause`
    ");
    bob.coord(["unlock", "--all"]).ok();
    assert_eq!(next(&alice), "form");
    let listed = alice
        .coord(["task", "list", "--feature", "login", "--json"])
        .ok()
        .json();
    assert_eq!(listed["tasks"][0]["id"], "form");
    assert_eq!(listed["tasks"][1], serde_json::Value::Null);
    alice
        .coord(["task", "edit", "other", "--feature", "login"])
        .ok();
    alice.coord(["task", "edit", "form", "--no-feature"]).ok();
    let shown = alice.coord(["task", "show", "other"]).ok().stdout;
    assert!(shown.contains("feature    login"), "{shown}");
}
