//! Collecting what is over: it leaves the live tree, and is found in the history.

use crate::support::{Agent, Sandbox};

fn open_and_done(alice: &Agent) {
    for id in ["done", "open"] {
        alice.coord(["task", "add", id, "--id", id]).ok();
    }
    alice.coord(["task", "comment", "done", "a remark"]).ok();
    alice.coord(["task", "claim", "done"]).ok();
    alice
        .coord(["task", "done", "done", "--result", "{\"n\":1}"])
        .ok();
}

#[test]
fn what_is_over_is_collected_and_still_found() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    open_and_done(&alice);
    let kept = alice.coord(["--json", "gc"]).ok().json();
    assert_eq!(
        (&kept["collected"], &kept["commits"]),
        (&serde_json::json!({}), &0.into())
    );
    let would = alice
        .coord(["--json", "gc", "--dry-run", "--older", "0s"])
        .ok()
        .json();
    // Without any time to keep, the session of who asks counts as over as well.
    let counts = serde_json::json!({"comment": 1, "session": 1, "task": 1});
    assert_eq!(
        (&would["collected"], &would["commits"]),
        (&counts, &0.into())
    );
    assert!(
        alice
            .git(["cat-file", "-e", "refs/coord/state:tasks/ended"])
            .is_ok()
    );
    let did = alice.coord(["--json", "gc", "--older", "0s"]).ok().json();
    assert_eq!((&did["collected"], &did["commits"]), (&counts, &1.into()));
    assert!(
        !alice
            .git(["cat-file", "-e", "refs/coord/state:tasks/ended"])
            .is_ok()
    );
    let shown = alice.coord(["--json", "task", "show", "done"]).ok().json();
    assert_eq!(shown["task"]["result"]["n"], 1);
    assert!(shown["collected"].is_string(), "{shown}");
    assert_eq!(shown["comments"][0]["text"], "a remark");
    alice.coord(["compact"]).ok();
    alice.coord(["task", "show", "done"]).ok();
    let none = alice
        .coord(["--json", "task", "show", "none"])
        .refused()
        .json();
    assert_eq!(none["code"], "not_found");
    alice.coord(["task", "show", "open"]).ok();
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn an_accepted_handoff_is_collected_and_still_found() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let written = alice.coord(["--json", "handoff", "write", "half of it"]);
    let id = written.ok().json()["handoff"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    alice.beside("bob").coord(["handoff", "accept", &id]).ok();
    let did = alice.coord(["--json", "gc", "--older", "0s"]).ok().json();
    assert_eq!(did["collected"]["handoff"], 1, "{did}");
    let listed = alice.coord(["--json", "handoff", "list"]).ok().json();
    assert_eq!(listed["handoffs"], serde_json::json!([]));
    let shown = alice.coord(["handoff", "show", &id]).ok().stdout;
    assert!(
        shown.contains("half of it") && shown.contains("collected by"),
        "{shown}"
    );
    // A beginning could be that of others as well.
    alice.coord(["handoff", "show", &id[..4]]).refused();
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_clone_that_was_away_catches_up() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| hub.clone_as(name));
    for agent in [&alice, &bob] {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    open_and_done(&alice);
    bob.coord(["sync"]).ok();
    alice.coord(["gc", "--older", "0s"]).ok();
    for _ in 0..2 {
        alice.coord(["compact"]).ok();
        alice.coord(["lock", "a.rs"]).ok();
    }
    bob.coord(["sync"]).ok();
    bob.coord(["task", "show", "done"]).ok();
    bob.coord(["task", "claim", "open"]).ok();
}

#[test]
fn what_is_over_goes_by_itself_a_little_at_a_time() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice.git(["config", "coord.keepTasks", "0s"]).ok();
    alice.coord(["task", "add", "open", "--id", "open"]).ok();
    // Some twenty in each of a few directories, as many as a round of the counter meets soon.
    let lines: String = (0..600)
        .map(|n| format!("{{\"id\":\"t{n}\",\"title\":\"t\"}}\n"))
        .collect();
    alice.write("tasks.jsonl", &lines);
    alice
        .coord(["task", "import", "--keep-ids", "tasks.jsonl"])
        .ok();
    let all: Vec<String> = (0..600).map(|n| format!("t{n}")).collect();
    for some in all.chunks(200) {
        let args = [&["task".to_owned(), "cancel".to_owned()], some].concat();
        alice.coord(args).ok();
    }
    let over = || {
        let list = [
            "ls-tree",
            "-r",
            "--name-only",
            "refs/coord/state",
            "tasks/ended/",
        ];
        alice.ask_git(list).lines().count()
    };
    let before = over();
    for _ in 0..200 {
        alice.coord(["state", "incr", "count"]).ok();
    }
    assert!(before == 600 && over() < before, "{before} {}", over());
    alice.coord(["log", "--verify"]).ok();
}
