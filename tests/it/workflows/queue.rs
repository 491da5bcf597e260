//! The workflow that runs the merge queue.

use serde_json::json;

use super::runner::Runner;
use super::text;
use crate::support::Sandbox;

#[test]
fn what_is_green_lands() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["github", "init"]).ok();
    alice.write(".coordconfig", "[coord]\n\tcheck = test -e src/new.rs\n");
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "set up"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    alice.git(["switch", "--quiet", "-c", "alice/new"]).ok();
    alice.coord(["lock", "src/new.rs"]).ok();
    let sealed = alice.commit("src/new.rs", "new\n");
    alice.git(["push", "--quiet", "origin", "alice/new"]).ok();
    alice.coord(["queue", "add"]).ok();
    let runner = Runner::of(&hub, &sandbox);
    let event = json!({
        "event_name": "schedule", "repository": "o/r", "run_id": "1", "run_attempt": "1",
        "token": "t", "event": {"schedule": "13,43 * * * *"},
    });
    let ran = runner.run(&text("coord-queue.yml"), &event).ok();
    assert!(ran.log.contains("1 landed, 0 put out"), "{}", ran.log);
    let is_there = hub.git(["merge-base", "--is-ancestor", &sealed, "main"]);
    assert!(is_there.is_ok());
    alice.coord(["sync"]).ok();
    let locks = alice.coord(["locks"]).ok().stdout;
    assert_eq!(locks, "no locks\n");
}

/// A check is the code of whoever is in line: what may push is neither in its environment nor in the clone.
#[test]
fn a_check_finds_no_token_in_its_environment_or_in_the_clone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["github", "init"]).ok();
    let check =
        "test -e src/new.rs && ! { env; git config --list; } | grep -i -e hush -e extraheader";
    let set = ["config", "--file", ".coordconfig", "coord.check", check];
    alice.git(set).ok();
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "set up"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    alice.git(["switch", "--quiet", "-c", "alice/new"]).ok();
    alice.commit("src/new.rs", "new\n");
    alice.git(["push", "--quiet", "origin", "alice/new"]).ok();
    alice.coord(["queue", "add"]).ok();
    let runner = Runner::of(&hub, &sandbox).with("GITHUB_SERVER_URL", "https://github.example");
    let event = json!({
        "event_name": "schedule", "repository": "o/r", "run_id": "1", "run_attempt": "1",
        "token": "hush", "event": {},
    });
    let ran = runner.run(&text("coord-queue.yml"), &event).ok();
    assert!(ran.log.contains("1 landed, 0 put out"), "{}", ran.log);
}
