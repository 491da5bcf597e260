//! Branches of agents that only push: what they change becomes theirs.

use serde_json::Value;

use crate::support::{Agent, Hub, Outcome, Sandbox};

struct World {
    hub: Hub,
    relay: Agent,
    /// Pushes, and does nothing else.
    alice: Agent,
    bob: Agent,
    _sandbox: Sandbox,
}

const BRANCH: &str = "agent/alice/login";

fn world(manner: &str) -> World {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let member = |name: &str| {
        let agent = hub.clone_as(name);
        agent.git(["config", "coord.remote", "origin"]).ok();
        agent.git(["config", "coord.maxAge", "0s"]).ok();
        agent
    };
    let (relay, bob) = (member("relay"), member("bob"));
    relay.git(["config", "coord.branchLocks", manner]).ok();
    let alice = hub.clone_as("alice");
    alice.git(["switch", "--quiet", "-c", BRANCH]).ok();
    bob.coord(["lock", "docs/"]).ok();
    World {
        hub,
        relay,
        alice,
        bob,
        _sandbox: sandbox,
    }
}

impl World {
    fn push(&self) {
        self.alice
            .git(["push", "--quiet", "--force", "origin", BRANCH])
            .ok();
    }

    fn round(&self) -> Outcome {
        self.relay.coord(["relay"]).ok()
    }

    /// Who holds what, but for what Bob does.
    fn held(&self) -> Vec<(String, String)> {
        let locks = self.bob.coord(["locks", "--json"]).ok().json();
        let all = locks["locks"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let all = all.map(|lock| (text(&lock["key"]), text(&lock["by"]["agent"])));
        all.filter(|(_, by)| by != "bob").collect()
    }

    fn keys(&self) -> Vec<String> {
        self.held().into_iter().map(|(key, _)| key).collect()
    }
}

#[test]
fn what_a_branch_changes_is_its_agent_s() {
    let world = world("locks");
    let World { alice, bob, .. } = &world;
    alice.commit("src/new.rs", "new\n");
    alice.git(["mv", "src/a.rs", "src/z.rs"]).ok();
    alice.git(["commit", "--quiet", "-m", "moved"]).ok();
    world.push();
    let first = world.round();
    assert!(
        first
            .stdout
            .contains("agent/alice/login of alice takes src/a.rs, src/new.rs, src/z.rs"),
        "{first}"
    );
    assert_eq!(world.keys(), ["src/a.rs", "src/new.rs", "src/z.rs"]);
    let refused = bob.coord(["lock", "src/a.rs"]).refused();
    assert!(
        refused.stderr.contains("on branch `agent/alice/login`"),
        "{refused}"
    );
    let locks = bob.coord(["locks", "--json"]).ok().json();
    let lock = locks["locks"].as_array().unwrap();
    let lock = lock.iter().find(|lock| lock["key"] == "src/a.rs").unwrap();
    assert_eq!(lock["task"], "login", "{lock:#}");
    // Again, and nothing is left to do.
    let tip = world.hub.ask_git(["rev-parse", "refs/coord/state"]);
    let again = world.round();
    assert!(again.stdout.starts_with("no new requests"), "{again}");
    assert_eq!(world.hub.ask_git(["rev-parse", "refs/coord/state"]), tip);
    // The branch that it is may go on changing it.
    alice.git(["config", "coord.remote", "origin"]).ok();
    let range = format!("origin/main..{BRANCH}");
    alice
        .coord(["check", "--range", &range, "--for-branch", BRANCH])
        .ok();
    let verified = bob.coord(["log", "--verify"]).ok();
    assert!(!verified.stdout.contains("wrong"), "{verified}");
}

#[test]
fn a_branch_is_followed_when_it_is_reset_merged_or_deleted() {
    let world = world("locks");
    let World { alice, .. } = &world;
    alice.commit("src/a.rs", "one\n");
    alice.commit("src/b.rs", "one\n");
    world.push();
    world.round();
    assert_eq!(world.keys(), ["src/a.rs", "src/b.rs"]);
    // Pushed anew, with less.
    alice.git(["reset", "--quiet", "--hard", "HEAD~1"]).ok();
    world.push();
    let round = world.round();
    assert!(round.stdout.contains("gives back src/b.rs"), "{round}");
    assert_eq!(world.keys(), ["src/a.rs"]);
    // Merged.
    alice.git(["push", "--quiet", "origin", "HEAD:main"]).ok();
    world.round();
    assert_eq!(world.held(), []);
    // New work, and then the branch is deleted.
    alice.commit("src/b.rs", "two\n");
    world.push();
    world.round();
    assert_eq!(world.keys(), ["src/b.rs"]);
    alice
        .git(["push", "--quiet", "--delete", "origin", BRANCH])
        .ok();
    world.round();
    assert_eq!(world.held(), []);
}

#[test]
fn what_others_hold_stays_theirs() {
    let world = world("locks");
    let World { alice, .. } = &world;
    alice.commit("src/a.rs", "one\n");
    alice.commit("docs/guide.md", "one\n");
    world.push();
    let round = world.round();
    assert!(
        round
            .stdout
            .contains("takes src/a.rs, leaves to others docs/guide.md"),
        "{round}"
    );
    assert_eq!(world.keys(), ["src/a.rs"]);
    let again = world.round();
    assert!(again.stdout.starts_with("no new requests"), "{again}");
}

#[test]
fn old_work_is_nobody_s_any_more() {
    let world = world("locks");
    let World { alice, .. } = &world;
    alice.write("src/a.rs", "old\n");
    let commit = ["commit", "--quiet", "-a", "-m", "old"];
    alice
        .command("git", commit)
        .env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
        .run()
        .ok();
    world.push();
    world.round();
    assert_eq!(world.held(), []);
}

#[test]
fn claims_keep_nobody_out_and_are_told() {
    let world = world("advisory");
    let World { alice, bob, .. } = &world;
    alice.commit("src/a.rs", "one\n");
    world.push();
    let round = world.round();
    assert!(round.stdout.contains("takes src/a.rs"), "{round}");
    assert_eq!(world.held(), []);
    bob.coord(["lock", "src/a.rs"]).ok();
    bob.commit("src/a.rs", "his\n");
    let review = bob
        .coord([
            "check",
            "--range",
            "origin/main..HEAD",
            "--for-branch",
            "bob/x",
        ])
        .ok();
    assert!(review.stdout.contains("warning src/a.rs"), "{review}");
    assert!(review.stdout.contains("of alice claims"), "{review}");
    let again = world.round();
    assert!(again.stdout.starts_with("no new requests"), "{again}");
    let status = || {
        bob.coord(["sync"]).ok();
        let all = bob
            .coord(["feature", "list", "--all", "--json"])
            .ok()
            .json();
        let all = all["features"].as_array().unwrap().clone();
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(), "active");
    alice.git(["push", "--quiet", "origin", "HEAD:main"]).ok();
    world.round();
    assert_eq!(status(), "landed");
}

#[test]
fn nothing_is_followed_unless_somebody_says_so() {
    let world = world("off");
    world.alice.commit("src/a.rs", "one\n");
    world.push();
    let refused = world.relay.coord(["relay"]).code(2);
    assert!(refused.stderr.contains("no rule says"), "{refused}");
    // The main branch says it, and whose branches they are.
    let sandbox = &world.bob;
    sandbox.write(
        ".coordconfig",
        "[coord]\n\tbranchLocks = locks\n\tbranchRule = agent/* robot\n",
    );
    sandbox.git(["add", "."]).ok();
    sandbox.git(["commit", "--quiet", "-m", "follow"]).ok();
    sandbox.git(["push", "--quiet", "origin", "main"]).ok();
    world
        .relay
        .git(["config", "--unset", "coord.branchLocks"])
        .ok();
    world.round();
    assert_eq!(world.held(), [("src/a.rs".to_owned(), "robot".to_owned())]);
}

#[test]
fn no_branch_takes_locks_as_a_person_of_the_pages() {
    let world = world("locks");
    let branch = "agent/gh-ada/login";
    world.alice.git(["switch", "--quiet", "-c", branch]).ok();
    world.alice.commit("src/login.rs", "fn login() {}\n");
    world.alice.git(["push", "--quiet", "origin", branch]).ok();
    world.round();
    assert!(world.held().is_empty(), "{:?}", world.held());
}

#[test]
fn a_branch_that_changes_too_much_to_be_followed_keeps_what_it_has() {
    let world = world("locks");
    world.alice.commit("src/login.rs", "fn login() {}\n");
    world.push();
    world.round();
    assert_eq!(world.keys(), ["src/login.rs"]);
    for file in 0..301 {
        world.alice.write(&format!("many/{file}"), "x\n");
    }
    world.alice.git(["add", "many"]).ok();
    world.alice.git(["commit", "--quiet", "-m", "many"]).ok();
    world.push();
    let round = world.relay.coord(["relay"]).code(4);
    assert!(
        format!("{}{}", round.stdout, round.stderr).contains("too many to follow"),
        "{round}"
    );
    assert_eq!(world.keys(), ["src/login.rs"]);
}
