//! A clone that worked alone joins a remote, and brings everything along.

use serde_json::Value;

use crate::support::{Agent, Hub, Sandbox, Shell};

fn state(shell: &Shell) -> String {
    shell.ask_git(["rev-parse", "refs/coord/state"])
}

fn join(agent: &Agent, more: &[&str]) -> Value {
    let args = [
        &["--json", "init", "--no-hooks", "--remote", "origin"],
        more,
    ]
    .concat();
    agent.coord(args).ok().json()
}

fn ids(agent: &Agent, list: &[&str]) -> Vec<String> {
    let listed = agent.coord([&["--json", "task", "list"], list].concat());
    let listed = listed.ok().json();
    let tasks = listed["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn says(agent: &Agent, args: &[&str], text: &str) {
    let said = agent.coord(args).ok().stdout;
    assert!(said.contains(text), "{said}");
}

/// Alice has a remote state, bob one of his own with a bit of everything.
fn apart() -> (Sandbox, Hub, Agent, Agent) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    alice
        .coord(["task", "add", "theirs", "--id", "theirs"])
        .ok();
    join(&alice, &[]);
    for args in [
        &["task", "add", "first", "--id", "first"][..],
        &[
            "task",
            "add",
            "second",
            "--id",
            "second",
            "--depends-on",
            "first",
        ],
        &["task", "add", "over", "--id", "over"],
        &["task", "claim", "over"],
        &["task", "done", "over", "--result", "{\"n\":1}"],
        &["task", "comment", "first", "mind the gap"],
        &["task", "claim", "first"],
        &["task", "start", "first"],
        &["msg", "send", "alice", "hello"],
        &["handoff", "write", "half of it"],
        &["remember", "the cache is stale", "--kind", "discovery"],
        &["state", "set", "build/last", "7"],
        &["agent", "register", "--capability", "rust"],
        &["agent", "checkpoint", "--notes", "as far as the parser"],
    ] {
        bob.coord(args).ok();
    }
    (sandbox, hub, alice, bob)
}

#[test]
fn a_clone_brings_everything_along() {
    let (_sandbox, hub, alice, bob) = apart();
    let before = state(&hub);
    let would = join(&bob, &["--dry-run"]);
    assert_eq!(state(&hub), before);
    let done = bob.coord(["init", "--no-hooks", "--remote", "origin"]);
    insta::assert_snapshot!(done, @r"
    exit 0
    --- stdout
    state: follow the one of `origin`; the one of this clone is kept as refs/coord/local/1
    taken along: the checkpoints of 1 session, 1 comment, 1 handoff, 1 memory, 1 message, 1 session, 3 tasks, 1 value
    lock: task:first is taken along
    config: coord.remote = origin
    locks are shared through `origin`
    ");
    alice.coord(["sync"]).ok();
    for agent in [&alice, &bob] {
        assert_eq!(ids(agent, &["--ended"]), ["over"]);
        let mut open = ids(agent, &[]);
        open.sort();
        assert_eq!(open, ["first", "second", "theirs"]);
        let first = agent.coord(["task", "show", "first"]).ok().stdout;
        for text in ["running", "bob", "mind the gap"] {
            assert!(first.contains(text), "{first}");
        }
        let blocked = agent.coord(["--json", "task", "blocked"]).ok().json();
        assert_eq!(blocked["tasks"][0]["blocked_by"][0]["id"], "first");
        let value = agent.coord(["--json", "state", "get", "build/last"]).ok();
        assert_eq!(value.json()["value"], 7);
        says(agent, &["recall", "stale cache"], "the cache is stale");
        says(agent, &["handoff", "list"], "half of it");
        says(agent, &["agent", "show", "bob"], "rust");
        says(agent, &["agent", "show", "bob"], "as far as the parser");
        let report = agent.coord(["log", "--verify", "--json"]).ok().json();
        assert_eq!(report["confirmed"], report["commits"], "{report}");
    }
    assert_eq!(would["state"]["records"]["task"], 3, "{would}");
    says(&alice, &["msg", "inbox"], "hello");
    // It goes on where it was: the claim counts, and its end opens what waited for it.
    alice.coord(["task", "claim", "first"]).refused();
    bob.coord(["task", "done", "first"]).ok();
    alice.coord(["task", "next", "--label", "none"]).refused();
    alice.coord(["sync"]).ok();
    alice.coord(["task", "claim", "second"]).ok();
    // Everything came in one publication.
    let span = format!("{before}..{}", state(&hub));
    let names = hub.ask_git(["log", "--format=%s", "--reverse", &span]);
    assert!(
        names.starts_with("adopt 1 locks and 10 records by bob\n"),
        "{names}"
    );
    bob.coord(["sync"]).ok();
    assert_eq!(join(&bob, &[])["state"]["how"], "current");
}

#[test]
fn what_collides_stops_the_join_and_is_named() {
    let (_sandbox, hub, alice, bob) = apart();
    for args in [
        &["task", "add", "another second", "--id", "second"][..],
        &["state", "set", "build/last", "8"],
    ] {
        alice.coord(args).ok();
    }
    let before = (state(&hub), state(&bob), bob.ask_git(["config", "--list"]));
    for dry in [&["--dry-run"][..], &[]] {
        let args = [&["init", "--no-hooks", "--remote", "origin"], dry].concat();
        let stopped = bob.coord(args).code(1);
        if dry.is_empty() {
            insta::assert_snapshot!(stopped, @r"
            exit 1
            --- stdout
            collision: task `second` is here, by bob (session s1) at [time], and another one in `origin`, by alice (session s1) at [time]
            collision: value `build/last` is here, by bob (session s1) at [time], and another one in `origin`, by alice (session s1) at [time]
            nothing was taken along, and this clone goes on as before.
            change or end what collides on one side, or take only locks along:
              git coord init --remote origin --leave-behind
            ");
        }
        let after = (state(&hub), state(&bob), bob.ask_git(["config", "--list"]));
        assert_eq!(before, after);
        bob.git(["rev-parse", "--verify", "refs/coord/local/1"])
            .failed();
    }
    // The clone goes on as before; what is in the way can be put out of it.
    bob.coord(["state", "delete", "build/last"]).ok();
    let args = ["--json", "init", "--no-hooks", "--remote", "origin"];
    let left = bob.coord(args).code(1).json();
    assert_eq!(left["state"]["how"], "collides");
    let left = left["state"]["collisions"].as_array().unwrap().clone();
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["kind"], &left[0]["name"]),
        (&"task".into(), &"second".into())
    );
    // Or it stays behind.
    let done = join(&bob, &["--leave-behind"]);
    assert_eq!(done["state"]["how"], "adopted");
    assert_eq!(done["state"]["left"], 9, "{done}");
    assert_eq!(ids(&bob, &[]), ["theirs", "second"]);
    bob.git(["cat-file", "-e", "refs/coord/local/1:handoffs"])
        .ok();
}

#[test]
fn work_done_alone_after_leaving_comes_back_as_what_has_changed() {
    let (_sandbox, _hub, alice, bob) = apart();
    join(&bob, &[]);
    bob.coord(["init", "--no-hooks", "--uninstall"]).ok();
    // Each goes on: with what only one touches, and with what is new.
    bob.coord(["task", "done", "first"]).ok();
    bob.coord(["task", "add", "third", "--id", "third"]).ok();
    alice.coord(["sync"]).ok();
    alice.coord(["task", "claim", "theirs"]).ok();
    alice.coord(["state", "set", "build/last", "9"]).ok();
    let done = join(&bob, &[]);
    // The second is ready since the first is over, and so has changed as well.
    assert_eq!(done["state"]["records"]["task"], 3, "{done}");
    assert_eq!(done["state"]["records"]["value"], Value::Null, "{done}");
    alice.coord(["sync"]).ok();
    for agent in [&alice, &bob] {
        assert_eq!(ids(agent, &["--ready"]), ["second", "third"]);
        let value = agent.coord(["--json", "state", "get", "build/last"]).ok();
        assert_eq!(value.json()["value"], 9);
    }
}

#[test]
fn a_join_that_was_cut_off_brings_everything_when_asked_again() {
    let (_sandbox, hub, alice, bob) = apart();
    let url = hub.path().to_str().unwrap().to_owned();
    bob.git(["remote", "set-url", "--push", "origin", "/nowhere/at/all"])
        .ok();
    bob.coord(["init", "--no-hooks", "--remote", "origin"])
        .code(3);
    bob.git(["remote", "set-url", "--push", "origin", &url])
        .ok();
    let done = join(&bob, &[]);
    assert_eq!(done["state"]["records"]["task"], 3, "{done}");
    alice.coord(["sync"]).ok();
    assert_eq!(ids(&alice, &["--ended"]), ["over"]);
}

#[test]
fn more_than_one_commit_holds_comes_in_one_publication() {
    let (_sandbox, hub, alice, bob) = apart();
    let lines = (0..1_500).map(|n| {
        format!(
            "{{\"title\":\"task {n}\",\"body\":\"{}\"}}\n",
            "x".repeat(300)
        )
    });
    let lines: Vec<String> = lines.collect();
    for part in lines.chunks(500) {
        bob.write("tasks.jsonl", &part.concat());
        bob.coord(["task", "import", "tasks.jsonl"]).ok();
    }
    bob.write("tasks.jsonl", "");
    let done = join(&bob, &[]);
    assert_eq!(done["state"]["records"]["task"], 1_503, "{done}");
    alice.coord(["sync"]).ok();
    assert_eq!(ids(&alice, &["-n", "5000"]).len(), 1_503);
    let commits = hub.ask_git(["log", "--format=%s", "--grep=^adopt", "refs/coord/state"]);
    assert!(commits.lines().count() > 3, "{commits}");
}
