//! A clone finds out by itself that it may push nothing but branches, and is not misled.

use super::world::{PENDING, WORK, WORK_AND_REQUESTS, World, impatient, requests};

#[test]
fn the_first_change_that_the_server_refuses_tells_how_to_ask() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.unknowing("claude-1");
    // Nothing was said about it: the refusal is an error, with the server's own words.
    let refused = claude.coord(["lock", "src/a.rs"]).code(3);
    assert!(
        refused.stderr.contains("deny updating refs/coord/state"),
        "{refused}"
    );
    claude.git(["config", "coord.transport", "auto"]).ok();
    let _relay = world.watching(&world.relay);
    let locked = claude.coord(["lock", "src/a.rs"]).ok();
    assert!(locked.stdout.contains("locked src/a.rs"), "{locked}");
    let doctor = claude.coord(["doctor"]);
    assert!(
        doctor.stdout.contains("deny updating refs/coord/state"),
        "{doctor}"
    );
    assert!(
        doctor.stdout.contains("coord/requests/claude-1"),
        "{doctor}"
    );
    claude.coord(["unlock", "src/a.rs"]).ok();
}

#[test]
fn a_server_that_takes_no_branch_of_requests_is_asked_on_the_work_branch() {
    let world = World::taking(WORK);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.unknowing("claude-1");
    claude.git(["config", "coord.transport", "auto"]).ok();
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    assert_eq!(requests(&claude, "unsent").len(), 1);
    let doctor = claude.coord(["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("deny updating refs/heads/coord/requests/claude-1"),
        "{doctor}"
    );
}

#[test]
fn whoever_may_push_the_state_goes_on_doing_so() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.git(["config", "coord.transport", "auto"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    // One rule about one change, a lost race and no network are no reason to ask on a branch.
    let hook = world.hub.read("hooks/pre-receive");
    let state = "#!/bin/sh\nwhile read old new ref; do case $ref in refs/coord/state) echo no; exit 1 \
                 ;; esac; done\n";
    world.hub.write_program("hooks/pre-receive", state);
    alice.coord(["lock", "src/c.rs"]).code(3);
    world.hub.write_program("hooks/pre-receive", &hook);
    alice.coord(["lock", "src/c.rs"]).ok();
    let url = alice.ask_git(["config", "remote.origin.url"]);
    alice
        .git(["config", "remote.origin.url", "http://127.0.0.1:9/hub.git"])
        .ok();
    alice.coord(["lock", "src/d.rs"]).code(3);
    alice.git(["config", "remote.origin.url", &url]).ok();
    alice.coord(["lock", "src/d.rs"]).ok();
    assert!(
        alice
            .coord(["request", "list"])
            .ok()
            .stdout
            .contains("no requests")
    );
}

#[test]
fn a_clone_that_has_seen_more_than_the_relay_has_published_is_not_alarmed() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    alice.coord(["lock", "src/c.rs"]).ok();
    let claude = world.unknowing("claude-1");
    claude.git(["config", "coord.transport", "auto"]).ok();
    impatient(&claude);
    claude.coord(["sync"]).ok();
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    claude.coord(["lock", "src/c.rs"]).refused();
    let round = world.round().ok();
    assert!(round.stdout.contains("granted lock src/a.rs"), "{round}");
    claude.coord(["locks"]).ok();
}
