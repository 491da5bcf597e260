//! `sync`: what others did.

use serde_json::Value;

use crate::support::wait::until;
use crate::support::{Agent, Hub, Running, Sandbox};

fn member(hub: &Hub, name: &str) -> Agent {
    let agent = hub.clone_as(name);
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

/// The subjects of what is new.
fn news(agent: &Agent) -> Vec<String> {
    let news = agent.coord(["sync", "--json"]).ok().json();
    subjects(news["changes"].as_array().unwrap())
}

fn subjects<'v>(changes: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    let subject = |change: &Value| change["subject"].as_str().unwrap().to_owned();
    changes.into_iter().map(subject).collect()
}

#[test]
fn it_shows_what_others_did_and_each_thing_once() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    assert_eq!(news(&bob), [""; 0]);
    alice
        .coord(["lock", "src/a.rs", "--reason", "tidy up"])
        .ok();
    alice.coord(["unlock", "src/a.rs"]).ok();
    insta::assert_snapshot!(bob.coord(["sync"]), @r"
    exit 0
    --- stdout
    [oid] [time] lock src/a.rs by alice for [duration]: tidy up
    [oid] [time] unlock src/a.rs by alice
    ");
    insta::assert_snapshot!(bob.coord(["sync"]), @r"
    exit 0
    --- stdout
    nothing new
    ");
    // What one did oneself is no news, and what another command has fetched still is.
    bob.coord(["lock", "docs/guide.md"]).ok();
    alice.coord(["lock", "README.md"]).ok();
    bob.coord(["lock", "README.md"]).refused();
    assert_eq!(news(&bob), ["lock README.md by alice for 30m"]);
    // Another session has its own place.
    alice.coord(["unlock", "--all"]).ok();
    assert_eq!(news(&bob).len(), 1);
    assert_eq!(news(&bob.session("s2")), [""; 0]);
}

#[test]
fn it_goes_on_through_a_new_epoch() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(["sync"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["compact"]).ok();
    alice.coord(["unlock", "src/a.rs"]).ok();
    let expected = [
        "lock src/a.rs by alice for 30m",
        "begin epoch 2 by alice",
        "unlock src/a.rs by alice",
    ];
    assert_eq!(news(&bob), expected);
}

#[test]
fn it_shows_the_others_of_a_local_authority_too() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(["sync"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(news(&bob), ["lock src/a.rs by alice for 30m"]);
}

#[test]
fn an_unreachable_remote_is_said() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let bob = member(&hub, "bob");
    bob.git(["remote", "set-url", "origin", "/nowhere/at/all"])
        .ok();
    bob.coord(["sync"]).code(3);
    bob.coord(["sync", "--watch", "--count", "1"]).code(3);
}

fn watch(agent: &Agent, args: &[&str]) -> Running {
    let args = [&["sync", "--watch", "--json"], args].concat();
    agent.command(env!("CARGO_BIN_EXE_git-coord"), args).spawn()
}

#[test]
fn a_watcher_sees_each_operation_on_a_line_of_its_own() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    bob.git(["config", "coord.maxAge", "0"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["sync"]).ok();
    let watching = watch(&bob, &["--count", "3"]);
    for key in ["1", "2", "3"] {
        alice.coord(["lock", key]).ok();
        assert!(
            watching.prints(&format!("lock {key} by alice")),
            "{}",
            watching.stderr()
        );
    }
    let printed = watching.wait().ok().stdout;
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(subjects(&lines).len(), 3);
    assert!(
        lines
            .iter()
            .all(|line| line["answer"] == "change" && line["ok"] == true)
    );
}

#[test]
fn a_watcher_of_a_local_authority_sees_its_neighbours() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(["sync"]).ok();
    let watching = watch(&bob, &["--count", "1"]);
    alice.coord(["lock", "src/a.rs"]).ok();
    assert!(
        watching
            .wait()
            .ok()
            .stdout
            .contains("lock src/a.rs by alice")
    );
}

#[test]
fn a_watcher_ends_in_order_when_it_is_told_to() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    bob.coord(["sync"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    for signal in ["INT", "TERM"] {
        let reader = bob.session(signal);
        reader.coord(["sync"]).ok();
        let watching = watch(&reader, &[]);
        alice.coord(["lock", signal]).ok();
        bob.coord(["sync"]).ok();
        // It listens before it looks, so it is ready when it has shown something.
        assert!(watching.prints("by alice"), "{}", watching.stderr());
        let pid = watching.id().to_string();
        bob.command("kill", [&format!("-{signal}"), &pid])
            .run()
            .ok();
        watching.wait().ok();
    }
    // The time is over: that is no error.
    watch(&bob, &["--for", "0s"]).wait().ok();
    bob.coord(["sync", "--count", "1"]).code(2);
}

#[test]
fn a_watcher_ends_when_nobody_reads_any_more() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(["sync"]).ok();
    let program = env!("CARGO_BIN_EXE_git-coord");
    let line = format!("set -o pipefail; {program} sync --watch | head -n 1");
    let watching = bob.command("bash", ["-c", &line]).spawn();
    let mut keys = 0;
    until("the watcher ends", || {
        keys += 1;
        alice.coord(["lock", &format!("src/{keys}.rs")]).ok();
        watching.has_ended().then_some(())
    });
    watching.wait().ok();
}
