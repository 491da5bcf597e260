//! What an agent without rights sees: the same commands, with answers that come from a relay.

use crate::support::wait::until;

use super::world::{PENDING, WORK, WORK_AND_REQUESTS, World, impatient, requests};

#[test]
fn the_same_commands_work_where_only_a_branch_may_be_pushed() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let _relay = world.watching(&world.relay);
    let locked = claude.coord(["lock", "src/a.rs", "--reason", "a fix"]).ok();
    assert!(
        locked.stdout.contains("locked src/a.rs for 30m"),
        "{locked}"
    );
    // The work stays clean.
    assert_eq!(
        claude.ask_git(["rev-parse", "HEAD"]),
        claude.ask_git(["rev-parse", "origin/main"])
    );
    let refused = alice.coord(["lock", "src/a.rs"]).refused();
    assert!(refused.stderr.contains("claude-1"), "{refused}");
    // What is refused on the state as seen sends nothing.
    let before = world.at("refs/heads/coord/requests/claude-1");
    let refused = claude.coord(["lock", "src/b.rs"]).refused();
    assert!(refused.stderr.contains("alice"), "{refused}");
    assert_eq!(world.at("refs/heads/coord/requests/claude-1"), before);
    let added = claude
        .coord(["task", "add", "A small thing", "--json"])
        .ok();
    let id = added.json()["tasks"][0]["id"].as_str().unwrap().to_owned();
    claude.coord(["task", "claim", &id]).ok();
    claude.coord(["task", "done", &id]).ok();
    let locks = claude.coord(["locks"]).ok();
    assert!(locks.stdout.contains("src/a.rs  you"), "{locks}");
    claude.write("src/b.rs", "fn changed() {}\n");
    claude.git(["add", "src/b.rs"]).ok();
    claude.coord(["check", "--staged"]).refused();
    // Nothing is deleted on the remote by giving back.
    claude.coord(["unlock", "--all"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["log", "--verify"]).ok();
    claude.coord(["log", "--verify"]).ok();
}

#[test]
fn a_request_on_the_work_branch_goes_with_its_next_push() {
    let world = World::taking(WORK);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let pending = claude.coord(["lock", "src/a.rs"]).code(PENDING);
    assert!(
        pending
            .stderr
            .contains("`claude/claude-1`, which was not pushed yet"),
        "{pending}"
    );
    // What was asked before counts for what is asked next.
    claude.coord(["lock", "src/c.rs"]).code(PENDING);
    claude.coord(["lock", "src/b.rs"]).refused();
    claude.write("src/a.rs", "fn better() {}\n");
    claude.git(["commit", "--quiet", "-am", "Better"]).ok();
    assert_eq!(requests(&claude, "unsent").len(), 2);
    world.round().ok();
    claude.coord(["locks"]).ok();
    claude.git(["push", "--quiet"]).ok();
    assert_eq!(requests(&claude, "pending").len(), 2);
    let relayed = world.round().ok();
    assert_eq!(
        relayed.stdout.matches("granted lock").count(),
        2,
        "{relayed}"
    );
    let told = claude.coord(["sync"]).ok();
    assert!(told.stderr.contains("lock src/a.rs: granted"), "{told}");
    let again = claude.coord(["sync"]).ok();
    assert!(!again.stderr.contains("granted"), "{again}");
    assert_eq!(requests(&claude, "granted").len(), 2);
    let locks = claude.coord(["locks", "--mine"]).ok();
    assert!(
        locks.stdout.contains("src/a.rs") && locks.stdout.contains("src/c.rs"),
        "{locks}"
    );
    // The same round again does nothing.
    let again = world.round().ok();
    assert!(again.stdout.contains("no new requests"), "{again}");
}

#[test]
fn a_request_on_the_work_branch_can_be_pushed_at_once() {
    let world = World::taking(WORK);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let _relay = world.watching(&world.relay);
    claude.git(["config", "coord.requestNow", "true"]).ok();
    claude.coord(["lock", "src/a.rs"]).ok();
    claude.git(["config", "coord.requestNow", "false"]).ok();
    claude.coord(["lock", "src/c.rs"]).code(PENDING);
    claude.coord(["request", "send"]).ok();
    let id = requests(&claude, "pending").pop();
    if let Some(id) = id {
        let shown = claude.coord(["request", "show", &id, "--wait"]).ok();
        assert!(shown.stdout.contains("granted"), "{shown}");
    }
    claude.coord(["unlock", "src/c.rs"]).code(PENDING);
}

#[test]
fn a_request_that_waits_can_be_taken_back() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    impatient(&claude);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let id = requests(&claude, "pending").remove(0);
    claude.coord(["request", "show", &id]).code(PENDING);
    claude.coord(["request", "cancel", &id[18..]]).code(PENDING);
    let relayed = world.round().ok();
    assert!(
        relayed.stdout.contains("taken back lock src/a.rs"),
        "{relayed}"
    );
    assert_eq!(requests(&claude, "cancelled").join(" "), id);
    assert!(claude.coord(["locks"]).ok().stdout.contains("src/b.rs"));
    let locks = claude.coord(["locks", "--mine"]).ok();
    assert_eq!(locks.stdout, "no locks\n");
    claude.coord(["request", "cancel", &id]).refused();
}

#[test]
fn a_request_that_was_not_pushed_is_taken_off_its_branch() {
    let world = World::taking(WORK);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let head = claude.ask_git(["rev-parse", "HEAD"]);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let id = requests(&claude, "unsent").remove(0);
    claude.coord(["request", "cancel", &id]).ok();
    assert_eq!(claude.ask_git(["rev-parse", "HEAD"]), head);
    assert_eq!(
        claude.coord(["request", "list"]).ok().stdout,
        "no requests\n"
    );
}

#[test]
fn two_clones_of_an_agent_share_its_branch_of_requests() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let one = world.restricted("claude-1");
    impatient(&one);
    one.coord(["lock", "src/a.rs"]).code(PENDING);
    let other = world.restricted("claude-2");
    impatient(&other);
    let other = other.beside("claude-1").session("s2");
    other.coord(["lock", "src/c.rs"]).code(PENDING);
    one.coord(["lock", "src/d.rs"]).code(PENDING);
    let relayed = world.round().ok();
    assert_eq!(
        relayed.stdout.matches("granted lock").count(),
        3,
        "{relayed}"
    );
}

#[test]
fn waiting_in_line_ends_with_the_grant() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let _relay = world.watching(&world.relay);
    let waiting = claude.prepared(["lock", "src/a.rs", "--wait=5m"]).spawn();
    until("claude-1 is in line", || {
        let place = "refs/coord/state:waits/claude-1/s1.json";
        world
            .hub
            .git(["cat-file", "-e", place])
            .is_ok()
            .then_some(())
    });
    alice.coord(["unlock", "src/a.rs"]).ok();
    let locked = waiting.wait().ok();
    assert!(locked.stdout.contains("locked src/a.rs"), "{locked}");
}

#[test]
fn what_moves_branches_is_for_those_with_rights() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.commit("src/a.rs", "fn better() {}\n");
    for args in [
        &["push", "origin", "HEAD:main"][..],
        &["compact"],
        &["gc"],
        &["agent", "trust", "claude-1", "4"],
        &["relay"],
    ] {
        let outcome = claude.coord(args);
        assert_eq!(outcome.code, 2, "{outcome}");
    }
    assert!(requests(&claude, "pending").is_empty());
}

#[test]
fn gits_hooks_judge_by_what_the_relay_has_published() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.coord(["hooks", "install"]).ok();
    claude.coord(["sync"]).ok();
    claude.commit("src/c.rs", "fn c() {}\n");
    claude.git(["push", "--quiet"]).ok();
    claude.write("src/b.rs", "fn changed() {}\n");
    claude.git(["add", "src/b.rs"]).ok();
    let refused = claude.git(["commit", "--quiet", "-m", "b"]).failed();
    assert!(refused.stderr.contains("alice"), "{refused}");
    claude
        .git(["commit", "--quiet", "-m", "b", "--no-verify"])
        .ok();
    let refused = claude.git(["push", "--quiet"]).failed();
    assert!(refused.stderr.contains("alice"), "{refused}");
}
