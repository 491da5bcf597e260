//! The workflow that answers requests and brings GitHub and the state together.

use serde_json::{Value, json};

use super::runner::{Ran, Runner};
use super::text;
use crate::github::stand_in::StandIn;
use crate::github::stand_in::hosted::BOT_TOKEN;
use crate::support::{Agent, Hub, Sandbox};

struct World {
    sandbox: Sandbox,
    hub: Hub,
    page: StandIn,
    claude: Agent,
}

/// A repository with the workflows, and an agent that asks on a branch; `team` is its `.coordconfig`.
fn world(team: &str) -> World {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["github", "init"]).ok();
    alice.write(".coordconfig", team);
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "set up"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    alice
        .coord(["init", "--remote", "origin", "--no-hooks"])
        .ok();
    alice.coord(["lock", "docs/"]).ok();
    let claude = hub.clone_as("claude");
    for (key, value) in [
        ("coord.remote", "origin"),
        ("coord.maxAge", "0s"),
        ("coord.transport", "branch"),
        ("coord.requestWait", "0s"),
    ] {
        claude.git(["config", key, value]).ok();
    }
    World {
        page: StandIn::start(),
        sandbox,
        hub,
        claude,
    }
}

impl World {
    fn run(&self, name: &str, event: Value) -> Ran {
        let github = json!({
            "event_name": name, "repository": "octo/shop", "run_id": "1", "run_attempt": "1",
            "token": BOT_TOKEN, "event": event,
        });
        Runner::of(&self.hub, &self.sandbox)
            .with("GITHUB_REPOSITORY", "octo/shop")
            .with("GITHUB_API_URL", &self.page.url())
            .run(&text("coord-sync.yml"), &github)
    }
}

fn push() -> Value {
    json!({"repository": {"default_branch": "main"}})
}

#[test]
fn a_push_to_an_agent_s_branch_is_answered() {
    let world = world("[coord]\n\trelayRule = coord/requests/* {1}\n");
    // It asks on the state as a relay has published it.
    world.run("push", push()).ok();
    world.claude.coord(["lock", "src/a.rs"]).code(6);
    let ran = world.run("push", push()).ok();
    assert!(
        ran.log.contains("granted lock src/a.rs to claude"),
        "{}",
        ran.log
    );
    let locks = world.claude.coord(["locks"]).ok().stdout;
    assert!(locks.contains("src/a.rs  you"), "{locks}");
    assert!(!world.page.calls().is_empty());
    // Again, and nothing is left to do.
    let ran = world.run("schedule", json!({"schedule": "7 * * * *"})).ok();
    assert!(ran.log.contains("no new requests"), "{}", ran.log);
}

#[test]
fn where_nobody_asks_on_branches_the_pages_are_kept_all_the_same() {
    let world = world("[coord]\n\tmaxAge = 1m\n");
    let ran = world.run("issues", push()).ok();
    assert!(!ran.log.contains("# Answer requests"), "{}", ran.log);
    assert!(
        ran.log.contains("# Bring GitHub and the state together"),
        "{}",
        ran.log
    );
    assert!(!world.page.calls().is_empty());
}

#[test]
fn the_pages_are_kept_also_when_requests_cannot_be_answered() {
    let world = world("[coord]\n\trelayRule = nonsense\n");
    let ran = world.run("push", push()).failed();
    assert!(ran.log.contains("coord.relayRule"), "{}", ran.log);
    assert!(!world.page.calls().is_empty(), "{}", ran.log);
}

#[test]
fn a_pull_request_of_a_fork_waits_for_the_next_run() {
    let world = world("");
    let event = |from: &str| {
        json!({
            "repository": {"default_branch": "main"},
            "pull_request": {"head": {"repo": {"full_name": from}}},
        })
    };
    assert!(world.run("pull_request", event("eve/shop")).is_skipped);
    assert!(world.page.calls().is_empty());
    world.run("pull_request", event("octo/shop")).ok();
}
