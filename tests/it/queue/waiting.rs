//! Entries that wait: each says for what, and what to do about it.

use super::{
    Check, add, alice, branch, entries, first_parents, holds, ids, more, printed, queued, run,
    stands,
};
use crate::support::{Agent, Sandbox};

/// Makes a branch with one change, and puts it in line with its own check green.
#[track_caller]
fn proven(agent: &Agent, name: &str, file: &str, text: &str) {
    branch(agent, name, file, text);
    let add = ["queue", "add", name, "--isolate", "--check", "true"];
    agent.coord(add).ok();
}

#[test]
fn a_conflict_defers_then_needs_a_rebase_and_then_lands() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    proven(&alice, "other", "docs/other.md", "x\n");
    proven(&alice, "first", "src/a.rs", "fn a() { first() }\n");
    proven(&alice, "second", "src/a.rs", "fn a() { second() }\n");
    proven(&alice, "third", "docs/third.md", "x\n");
    let behind = ["conflicts with `first`", "ahead", "`src/a.rs`"];
    stands(&alice, "second", "deferred", &behind);
    let ran = run(&alice, "true");
    // Nobody else waits for it.
    assert_eq!(ids(&ran["landed"]), ["other", "first", "third"], "{ran:#}");
    assert!(ids(&ran["evicted"]).is_empty());
    let words = [
        "conflicts with `main` in `src/a.rs`",
        "`git coord queue retry second`",
    ];
    stands(&alice, "second", "needs-rebase", &words);
    // A retry without another commit changes nothing.
    alice.coord(["queue", "retry", "second"]).ok();
    stands(&alice, "second", "needs-rebase", &[]);
    alice.git(["switch", "--quiet", "second"]).ok();
    alice.git(["merge", "--quiet", "main"]).failed();
    alice.commit("src/a.rs", "fn a() { first(); second() }\n");
    alice.git(["switch", "--quiet", "main"]).ok();
    stands(
        &alice,
        "second",
        "stale",
        &["`git coord queue retry second`"],
    );
    alice.coord(["queue", "retry", "second"]).ok();
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["second"]);
    assert_eq!(alice.read("src/a.rs"), "fn a() { first(); second() }\n");
    holds(&alice, "main");
}

#[test]
fn a_deferred_entry_lands_when_the_one_ahead_has_left() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    proven(&alice, "first", "src/a.rs", "fn a() { first() }\n");
    proven(&alice, "second", "src/a.rs", "fn a() { second() }\n");
    stands(&alice, "second", "deferred", &["`first`"]);
    alice.coord(["queue", "rm", "first", "-m", "not now"]).ok();
    stands(
        &alice,
        "first",
        "cancelled",
        &["not now", "`git coord queue retry first`"],
    );
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["second"]);
    alice.coord(["queue", "retry", "first"]).ok();
    stands(&alice, "first", "needs-rebase", &[]);
    holds(&alice, "main");
}

#[test]
fn a_branch_that_moved_is_stale_and_does_not_land() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    queued(&alice, "one", "one", "1");
    let newer = more(&alice, "one", "one", "2");
    stands(&alice, "one", "stale", &["moved to", &newer[..10]]);
    assert!(ids(&run(&alice, "true")["landed"]).is_empty());
    assert_eq!(first_parents(&alice, "main").len(), 1);
    alice.coord(["queue", "retry", "one"]).ok();
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["one"]);
    assert_eq!(alice.read("one"), "2");
    holds(&alice, "main");
}

#[test]
fn two_features_that_claim_one_key_land_one_after_the_other() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    for (agent, id, file) in [
        (&alice, "left", "src/left.rs"),
        (&bob, "right", "src/right.rs"),
    ] {
        branch(agent, &format!("feat/{id}"), file, "x\n");
        let register = ["feature", "register", id, "--claim", "src/", "--branch"];
        let branch = format!("feat/{id}");
        agent.coord([&register[..], &[&branch]].concat()).ok();
        add(agent, id);
    }
    let ran = run(&alice, "true");
    assert_eq!(ids(&ran["landed"]), ["left", "right"], "{ran:#}");
    let listed = ["feature", "list", "--all", "--json"];
    let listed = alice.coord(listed).ok().json();
    for feature in listed["features"].as_array().unwrap() {
        assert_eq!(feature["status"], "landed", "{listed:#}");
    }
    holds(&alice, "main");
}

#[test]
fn what_was_not_claimed_and_another_claims_is_named() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    bob.coord(["feature", "register", "guide", "--claim", "docs/"])
        .ok();
    let branch = branch(&alice, "login", "docs/guide.md", "Sign in.\n");
    assert!(!branch.is_empty());
    let register = [
        "feature", "register", "login", "--branch", "login", "--claim", "src/",
    ];
    alice.coord(register).ok();
    let added = add(&alice, "login");
    assert_eq!(added["drift"][0]["path"], "docs/guide.md", "{added:#}");
    assert_eq!(added["drift"][0]["feature"], "guide");
    let words = [
        "changes `docs/guide.md` without a claim",
        "feature `guide` claims it",
        "`git coord feature update login --claim docs/guide.md`",
    ];
    stands(&alice, "login", "drift", &words);
    assert!(ids(&run(&alice, "true")["landed"]).is_empty());
    // As it says, and it lands.
    let update = ["feature", "update", "login", "--claim", "docs/guide.md"];
    alice.coord(update).ok();
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["login"]);
    holds(&alice, "main");
}

/// For a person, `queue add` said only that the entry was queued.
#[test]
fn claim_drift_is_said_in_text_too() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    bob.coord(["feature", "register", "guide", "--claim", "docs/"])
        .ok();
    branch(&alice, "login", "docs/guide.md", "Sign in.\n");
    more(&alice, "login", "lib/free.rs", "x\n");
    let register = [
        "feature", "register", "login", "--branch", "login", "--claim", "src/",
    ];
    alice.coord(register).ok();
    let added = alice.coord(["queue", "add", "login"]).ok();
    for words in [
        "queued login",
        "claimed lib/free.rs as well",
        "docs/guide.md is not claimed, and feature guide claims docs/",
    ] {
        assert!(printed(&added).contains(words), "{added}");
    }
}

#[test]
fn a_pause_of_a_feature_stops_its_landing_and_no_other() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    branch(&alice, "login", "src/login.rs", "x\n");
    alice
        .coord(["feature", "register", "login", "--branch", "login"])
        .ok();
    add(&alice, "login");
    queued(&alice, "other", "other", "x");
    bob.coord(["lock", "feature:login:pause", "--reason", "wait"])
        .ok();
    let ran = run(&alice, "true");
    assert_eq!(ids(&ran["landed"]), ["other"], "{ran:#}");
    let words = ["bob holds `feature:login:pause`", "ask bob"];
    stands(&alice, "login", "paused", &words);
    bob.coord(["unlock", "--all"]).ok();
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["login"]);
    holds(&alice, "main");
}

#[test]
fn a_lock_of_somebody_else_is_in_the_way_and_one_of_the_submitter_is_given_back() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    alice.coord(["lock", "src/a.rs"]).ok();
    queued(&alice, "mine", "src/a.rs", "fn a() { 1 }\n");
    bob.coord(["lock", "src/"]).refused();
    bob.coord(["lock", "src/b.rs"]).ok();
    queued(&alice, "theirs", "src/b.rs", "fn b() { 1 }\n");
    // Whoever runs the queue: what counts is who submitted.
    let ran = run(&bob, "true");
    assert_eq!(ids(&ran["landed"]), ["mine"], "{ran:#}");
    stands(
        &alice,
        "theirs",
        "locked",
        &["bob holds `src/b.rs`", "ask bob"],
    );
    let locks = alice.coord(["locks", "--json"]).ok().json();
    let keys: Vec<&str> = locks["locks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lock| lock["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["src/b.rs"]);
    bob.coord(["unlock", "src/b.rs"]).ok();
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["theirs"]);
    holds(&alice, "main");
}

#[test]
fn an_entry_waits_for_what_it_comes_after() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    branch(&alice, "later", "later", "x");
    branch(&alice, "sooner", "sooner", "x");
    let none = ["queue", "add", "later", "--after", "sooner"];
    alice.coord(none).code(2);
    let slow = ["queue", "add", "sooner", "--priority", "4"];
    alice.coord(slow).ok();
    let first = [
        "queue",
        "add",
        "later",
        "--priority",
        "0",
        "--after",
        "sooner",
    ];
    alice.coord(first).ok();
    let circle = ["queue", "add", "sooner", "--after", "later"];
    alice.coord(circle).refused();
    stands(
        &alice,
        "later",
        "waiting",
        &["after `sooner`", "`git coord queue why sooner`"],
    );
    // It goes before those that are more urgent than itself.
    queued(&alice, "other", "other", "x");
    let ran = run(&alice, "true");
    assert_eq!(ids(&ran["landed"]), ["sooner", "later", "other"], "{ran:#}");
    holds(&alice, "main");
}

#[test]
fn an_entry_does_not_land_without_what_it_comes_after() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    queued(&alice, "broken", "broken", "x");
    branch(&alice, "later", "later", "x");
    alice
        .coord(["queue", "add", "later", "--after", "broken"])
        .ok();
    let check = Check::new(&sandbox, "! test -f broken");
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["evicted"]), ["broken"], "{ran:#}");
    assert!(ids(&ran["landed"]).is_empty(), "{ran:#}");
    stands(
        &alice,
        "later",
        "waiting",
        &["after `broken`, which is failed"],
    );
}

#[test]
fn features_land_in_the_order_of_their_dependencies() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    for (id, after) in [("base", None), ("top", Some("base"))] {
        branch(&alice, id, id, "x");
        let mut register = vec!["feature", "register", id, "--branch", id];
        register.extend(after.iter().flat_map(|after| ["--after", after]));
        alice.coord(register).ok();
    }
    add(&alice, "top");
    stands(
        &alice,
        "top",
        "waiting",
        &["after `base`, which is not in the queue yet"],
    );
    assert!(ids(&run(&alice, "true")["landed"]).is_empty());
    add(&alice, "base");
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["base", "top"]);
    holds(&alice, "main");
}

#[test]
fn an_urgent_entry_goes_first_and_the_log_says_why() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    queued(&alice, "one", "one", "1");
    branch(&alice, "two", "two", "2");
    alice.coord(["queue", "add", "two", "--priority", "0"]).ok();
    branch(&alice, "fire", "fire", "x");
    let urgent = [
        "queue",
        "add",
        "fire",
        "--priority",
        "4",
        "--urgent",
        "it burns",
    ];
    alice.coord(urgent).ok();
    let listed = alice.coord(["queue", "list"]).ok().stdout;
    assert!(listed.starts_with("fire "), "{listed}");
    assert!(listed.contains("urgent: it burns"), "{listed}");
    let ran = run(&alice, "true");
    assert_eq!(ids(&ran["landed"]), ["fire", "two", "one"], "{ran:#}");
    assert_eq!(entries(&alice)["fire"]["urgent"], "it burns");
    holds(&alice, "main");
}

#[test]
fn a_stopped_line_lands_nothing_until_it_goes_on() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    proven(&alice, "one", "one", "1");
    bob.coord(["queue", "pause"]).code(2);
    bob.coord(["queue", "pause", "-m", "the release is cut"])
        .ok();
    let words = ["bob stopped the line: the release is cut", "queue resume"];
    stands(&alice, "one", "paused", &words);
    let ran = run(&alice, "true");
    assert!(
        ids(&ran["landed"]).is_empty() && ran["runs"] == 0,
        "{ran:#}"
    );
    alice.coord(["queue", "land"]).refused();
    // By who stopped it.
    let refused = alice.coord(["queue", "resume"]).refused();
    assert!(printed(&refused).contains("bob"), "{refused}");
    bob.coord(["queue", "resume"]).ok();
    alice.coord(["queue", "land"]).ok();
    holds(&alice, "main");
    let log = alice.coord(["queue", "log"]).ok().stdout;
    for words in [
        "queue pause main by bob",
        "queue resume main by bob",
        "queue land 1",
    ] {
        assert!(log.contains(words), "{log}");
    }
}
