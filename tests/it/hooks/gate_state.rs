//! A self-hosted remote that refuses states which do not follow from the rules.

use super::gate::{GATE, shared};
use super::{AUTH, forge};
use crate::support::{Agent, Hub, Sandbox};

const STATE: &str = "refs/coord/state";

struct World {
    hub: Hub,
    alice: Agent,
    bob: Agent,
    _sandbox: Sandbox,
}

/// Bob holds `src/auth.rs`; alice's clone has seen it.
fn world() -> World {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    hub.hook("pre-receive", GATE);
    let (alice, bob) = (shared(hub.clone_as("alice")), shared(hub.clone_as("bob")));
    bob.coord(["lock", "src/auth.rs"]).ok();
    alice.coord(["locks"]).ok();
    World {
        hub,
        alice,
        bob,
        _sandbox: sandbox,
    }
}

impl World {
    fn tip(&self) -> String {
        self.hub.ask_git(["rev-parse", STATE])
    }

    /// Pushes something to the state, which has to be refused for this reason.
    #[track_caller]
    fn refused(&self, what: &str, why: &str) {
        let before = self.tip();
        let refspec = format!("{what}:{STATE}");
        let refused = self
            .alice
            .git(["push", "--force", "origin", &refspec])
            .failed();
        assert!(refused.stderr.contains(why), "{refused}");
        assert_eq!(self.tip(), before);
    }
}

#[test]
fn everyday_changes_pass_and_so_does_a_new_epoch() {
    let world = world();
    let (alice, bob) = (&world.alice, &world.bob);
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["unlock", "--all"]).ok();
    alice.coord(["compact"]).ok();
    bob.coord(["lock", "src/b.rs"]).ok();
    let roots = alice.ask_git(["rev-list", "--count", "refs/coord/epoch/1"]);
    assert_eq!(roots, "3");
    bob.coord(["locks"]).ok();
    bob.coord(["log", "--verify"]).ok();
}

/// What keeps a closed chain changes only to the one that the state says it closed, after the server's
/// own people have set the state back.
#[test]
fn a_closed_chain_is_replaced_only_by_the_one_that_the_state_closed() {
    let world = world();
    let World { hub, alice, .. } = &world;
    let back = world.tip();
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["compact"]).ok();
    let epoch = || hub.ask_git(["rev-parse", "refs/coord/epoch/1"]);
    let given_up = epoch();
    hub.git(["update-ref", STATE, &back]).ok();
    alice.coord(["doctor", "--fix", "--accept", &back]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    let refspec = format!("+{STATE}:refs/coord/epoch/1");
    let refused = alice.git(["push", "origin", &refspec]).failed();
    assert!(refused.stderr.contains("does not change"), "{refused}");
    assert_eq!(epoch(), given_up);
    let closed = world.tip();
    alice.coord(["compact"]).ok();
    assert_eq!(epoch(), closed);
    for other in [&given_up, &world.tip()] {
        let refspec = format!("+{other}:refs/coord/epoch/1");
        let refused = alice.git(["push", "origin", &refspec]).failed();
        assert!(refused.stderr.contains("does not change"), "{refused}");
    }
}

#[test]
fn records_that_no_request_leads_to_are_refused() {
    let world = world();
    let forged = forge(
        &world.alice,
        AUTH,
        |lock| lock["holds"][0]["agent"] = "alice".into(),
        |_| {},
    );
    world.refused(
        &forged,
        "does not hold: its records are not what its request leads to",
    );
}

#[test]
fn a_request_that_had_to_be_refused_is_refused() {
    let world = world();
    let forged = forge(
        &world.alice,
        AUTH,
        |_| {},
        |event| {
            event["by"]["session"] = "s2".into();
            event["request"] = serde_json::json!({"unlock": {"which": {"keys": ["src/auth.rs"]}}});
        },
    );
    world.refused(&forged, "does not hold: its author is not bob (session s2)");
    let forged = forge(
        &world.alice,
        AUTH,
        |_| {},
        |event| {
            event["request"] = serde_json::json!({"unlock": {"which": {"keys": ["src/a.rs"]}}});
        },
    );
    world.refused(
        &forged,
        "does not hold: it had to be refused: not held by this session",
    );
}

#[test]
fn a_forgery_below_a_good_commit_is_found() {
    let world = world();
    let alice = &world.alice;
    let forged = forge(
        alice,
        AUTH,
        |lock| lock["holds"][0]["agent"] = "alice".into(),
        |_| {},
    );
    alice.git(["update-ref", STATE, &forged]).ok();
    // A clone that decides for itself builds an honest commit on top.
    alice.git(["config", "--unset", "coord.remote"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    world.refused(STATE, "does not hold");
}

#[test]
fn unknown_rules_and_other_clocks_are_refused() {
    let world = world();
    let unknown = forge(
        &world.alice,
        AUTH,
        |_| {},
        |event| event["rules"] = 99.into(),
    );
    world.refused(&unknown, "rules that this server does not know");
    let later = forge(
        &world.alice,
        AUTH,
        |_| {},
        |event| {
            event["at"] = "2999-01-01T00:00:00Z".into();
            event["request"] = serde_json::json!({"note": {"text": "hello"}});
        },
    );
    world.refused(&later, "is from the future");
}

#[test]
fn the_state_is_neither_deleted_nor_set_back_nor_replaced() {
    let world = world();
    world.refused("", "is not to be deleted");
    let first = world.tip();
    world.bob.coord(["lock", "src/b.rs"]).ok();
    world.refused(&first, "it was set back to an older state");
    world.refused("main", "refs/coord/state");
    // Another chain, honest in itself.
    let sandbox = Sandbox::new();
    let other = sandbox.repo("other").agent("carol");
    other.coord(["lock", "x"]).ok();
    let path = other.path().to_str().unwrap().to_owned();
    world
        .alice
        .git([
            "fetch",
            "--quiet",
            &path,
            &format!("{STATE}:refs/coord/other"),
        ])
        .ok();
    world.refused("refs/coord/other", "it does not continue the state");
}

#[test]
fn a_closed_epoch_does_not_change() {
    let world = world();
    let alice = &world.alice;
    alice.coord(["compact"]).ok();
    let refspec = format!("{STATE}:refs/coord/epoch/1");
    let refused = alice.git(["push", "--force", "origin", &refspec]).failed();
    assert!(refused.stderr.contains("keeps a closed epoch"), "{refused}");
}

#[test]
fn a_root_that_is_no_compaction_begins_no_epoch() {
    let world = world();
    let alice = &world.alice;
    let tip = world.tip();
    // The last commit again, as the root of an epoch that claims to continue the chain.
    let forged = forge(
        alice,
        AUTH,
        |_| {},
        |event| event["request"] = serde_json::json!({"note": {"text": "hello"}}),
    );
    let tree = alice.ask_git(["rev-parse", &format!("{forged}^{{tree}}")]);
    let body = alice.ask_git(["show", "-s", "--format=%b", &forged]);
    let run = alice
        .command("git", ["commit-tree", &tree])
        .env("GIT_AUTHOR_NAME", "bob")
        .env("GIT_AUTHOR_EMAIL", "s1@session.invalid");
    let message = format!("forged\n\n{}\n\nCoord-Epoch: 1 {tip}\n", body.trim_end());
    let root = run.input(message).run().ok().stdout;
    world.refused(root.trim_end(), "a new epoch begins with a compaction");
}
