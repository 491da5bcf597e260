//! The required check, run as GitHub runs it, and the command that it is made of.

use serde_json::{Value, json};

use super::runner::{Ran, Runner};
use super::text;
use crate::support::{Agent, Hub, Sandbox};

struct World {
    sandbox: Sandbox,
    hub: Hub,
    alice: Agent,
    bob: Agent,
}

/// Alice works on `alice/login` and holds what she works on; Bob works on `bob/fix`.
fn world() -> World {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let agent = hub.clone_as(name);
        agent.git(["config", "coord.remote", "origin"]).ok();
        agent.git(["config", "coord.maxAge", "0s"]).ok();
        agent
    });
    alice.coord(["github", "init"]).ok();
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "workflows"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    bob.git(["pull", "--quiet"]).ok();
    alice.git(["switch", "--quiet", "-c", "alice/login"]).ok();
    alice
        .coord([
            "lock",
            "src/auth.rs",
            "docs/",
            "--reason",
            "50% of it, done:\nnew",
        ])
        .ok();
    bob.git(["switch", "--quiet", "-c", "bob/fix"]).ok();
    World {
        sandbox,
        hub,
        alice,
        bob,
    }
}

impl World {
    /// Makes a pull request of a branch that is pushed, and returns its event.
    fn pull(&self, agent: &Agent, number: u32, from: &str) -> Value {
        let head = agent.ask_git(["rev-parse", "HEAD"]);
        let branch = agent.ask_git(["branch", "--show-current"]);
        agent
            .git([
                "push",
                "--quiet",
                "--force",
                "origin",
                &format!("HEAD:refs/pull/{number}/head"),
            ])
            .ok();
        json!({
            "event_name": "pull_request", "repository": "o/r", "base_ref": "main",
            "head_ref": branch, "run_id": "1", "run_attempt": "1", "token": "t",
            "event": {
                "repository": {"default_branch": "main"},
                "pull_request": {"number": number, "head": {"sha": head, "repo": {"full_name": from}}},
            },
        })
    }

    fn check(&self, event: &Value) -> Ran {
        Runner::of(&self.hub, &self.sandbox).run(&text("coord-check.yml"), event)
    }
}

#[test]
fn a_pull_request_that_touches_what_is_held_is_red() {
    let world = world();
    let World { bob, .. } = &world;
    bob.commit("src/b.rs", "mine\n");
    let event = world.pull(bob, 7, "o/r");
    let ran = world.check(&event).ok();
    assert!(ran.log.contains("free: 1 commit, 1 path"), "{}", ran.log);

    // Taken back in the end, and touched all the same: whoever merges has the commit.
    bob.git(["mv", "docs/guide.md", "manual.md"]).ok();
    bob.git(["commit", "--quiet", "-m", "moved"]).ok();
    let moved = bob.ask_git(["rev-parse", "--short=10", "HEAD"]);
    bob.git(["revert", "--no-edit", "HEAD"]).ok();
    bob.commit("src/auth.rs", "his\n");
    let event = world.pull(bob, 7, "o/r");
    let ran = world.check(&event).failed();
    let errors: Vec<&str> = ran
        .log
        .lines()
        .filter(|line| line.starts_with("::error"))
        .collect();
    assert_eq!(errors.len(), 2, "{}", ran.log);
    assert!(
        errors[0].starts_with(
            "::error file=docs/guide.md,title=locked by alice::docs/guide.md: locked by alice"
        ),
        "{}",
        errors[0]
    );
    assert!(errors[0].contains("50%25 of it, done:"), "{}", errors[0]);
    assert!(
        errors[0].ends_with(&format!("(in {moved})")),
        "{}",
        errors[0]
    );
    assert!(
        errors[1].starts_with("::error file=src/auth.rs,"),
        "{}",
        errors[1]
    );
    assert!(
        ran.summary.contains("| refused | docs/guide.md | "),
        "{}",
        ran.summary
    );
    assert!(ran.summary.contains("of bob/fix"), "{}", ran.summary);
    // Its own log would be no place for commands of others.
    assert!(!ran.log.contains("stop-commands"), "{}", ran.log);
}

#[test]
fn the_branch_that_a_lock_is_for_may_change_it() {
    let world = world();
    let World { alice, bob, .. } = &world;
    alice.commit("src/auth.rs", "hers\n");
    let event = world.pull(alice, 8, "o/r");
    world.check(&event).ok();
    // A branch of a fork may have any name.
    let event = world.pull(alice, 9, "eve/r");
    let ran = world.check(&event).failed();
    assert!(ran.log.contains("::error file=src/auth.rs"), "{}", ran.log);
    // What the main branch brought along is nobody's doing.
    alice
        .git(["push", "--quiet", "--no-verify", "origin", "HEAD:main"])
        .ok();
    bob.git(["fetch", "--quiet"]).ok();
    bob.commit("src/b.rs", "mine\n");
    bob.git(["merge", "--quiet", "--no-edit", "origin/main"])
        .ok();
    let event = world.pull(bob, 10, "o/r");
    world.check(&event).ok();
}

#[test]
fn a_branch_that_was_pushed_anew_is_for_a_newer_run() {
    let world = world();
    let World { bob, .. } = &world;
    bob.commit("src/b.rs", "one\n");
    let event = world.pull(bob, 7, "o/r");
    bob.git(["commit", "--quiet", "--amend", "-m", "another"])
        .ok();
    world.pull(bob, 7, "o/r");
    let ran = world.check(&event).failed();
    assert!(ran.log.contains("pushed anew"), "{}", ran.log);
}

#[test]
fn claims_are_compared_with_what_a_branch_touches() {
    let world = world();
    let World { alice, bob, .. } = &world;
    let register = |agent: &Agent, id: &str, claim: &str| {
        agent
            .coord(["feature", "register", id, "--claim", claim])
            .ok();
    };
    register(alice, "login", "src/b.rs");
    bob.commit("src/b.rs", "mine\n");
    bob.commit("src/a.rs", "mine\n");
    let review = |more: &[&str]| {
        let args = [
            "check",
            "--range",
            "origin/main..HEAD",
            "--for-branch",
            "bob/fix",
        ];
        bob.coord([&args[..], more].concat())
    };
    // Who has announced nothing is told.
    insta::assert_snapshot!(review(&[]), @r"
    exit 0
    --- stdout
    warning src/b.rs in [oid]: feature login of alice claims `src/b.rs`
    free: 2 commits, 2 paths; 1 warning
    ");
    // Who has announced something else is refused.
    register(bob, "fix", "src/a.rs");
    insta::assert_snapshot!(review(&[]), @r"
    exit 1
    --- stdout
    refused src/b.rs in [oid]: feature login of alice claims `src/b.rs`
    warning src/b.rs in [oid]: not among the claims of feature fix
    refused: 2 commits, 2 paths; 1 finding in the way, 1 warning
    ");
    let answer = review(&["--json"]).refused().json();
    assert_eq!(answer["answer"], "review");
    assert_eq!(answer["errors"], 1);
    assert_eq!(answer["findings"][0]["is"], "claimed");
    assert_eq!(answer["features"], json!(["fix"]));
    register(bob, "fix", "src/b.rs");
    review(&[]).ok();
    // Somebody stops the line.
    alice
        .coord(["lock", "feature:fix:pause", "--reason", "wait"])
        .ok();
    let answer = review(&["--json"]).refused().json();
    assert_eq!(answer["findings"][0]["is"], "paused");
}

#[test]
fn a_lock_that_is_required_has_to_be_for_the_branch() {
    let world = world();
    let World { alice, bob, .. } = &world;
    bob.git(["config", "coord.requireLock", "require src/**"])
        .ok();
    alice
        .git(["config", "coord.requireLock", "require src/**"])
        .ok();
    bob.commit("src/b.rs", "mine\n");
    let args = ["check", "--range", "origin/main..HEAD", "--format", "text"];
    let here = [&args[..], &["--for-branch", "bob/fix"]].concat();
    bob.git(["push", "--quiet", "--no-verify", "origin", "bob/fix"])
        .ok();
    alice.git(["fetch", "--quiet", "origin"]).ok();
    let as_alice = |branch: &str| {
        let range = "origin/main..origin/bob/fix";
        alice.coord(["check", "--range", range, "--for-branch", branch, "--json"])
    };
    let answer = as_alice("bob/fix").refused().json();
    assert_eq!(answer["findings"][0]["is"], "unlocked");
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(here).ok();
    assert_eq!(as_alice("bob/fix").ok().json()["errors"], 0);
    let answer = as_alice("bob/other").refused().json();
    assert_eq!(answer["findings"][0]["is"], "held");
}

/// GitHub's own merge queue waits for every required check on a commit of its own.
#[test]
fn a_merge_group_is_not_left_without_an_answer() {
    let world = world();
    let workflow = super::runner::read(&text("coord-check.yml"));
    assert_eq!(
        workflow["on"]["merge_group"]["types"],
        json!(["checks_requested"])
    );
    let event = json!({
        "event_name": "merge_group", "repository": "o/r", "run_id": "1", "run_attempt": "1", "token": "t",
        "event": {
            "repository": {"default_branch": "main"},
            "merge_group": {"head_sha": "1".repeat(40), "base_ref": "refs/heads/main"},
        },
    });
    world.check(&event).ok();
}
