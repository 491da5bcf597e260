//! What a relay publishes: the very chain as a branch, and a page that people can read.

use super::world::{PENDING, WORK_AND_REQUESTS, World, impatient};

#[test]
fn the_branch_is_the_chain_and_the_page_changes_only_with_the_state() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice
        .coord(["lock", "src/b.rs", "--reason", "see [this](http://x) | <b>"])
        .ok();
    alice.coord(["task", "add", "Tidy *up*"]).ok();
    world.round().ok();
    assert_eq!(
        world.at("refs/heads/coord/state"),
        world.at("refs/coord/state")
    );
    let page = || world.hub.ask_git(["show", "coord/board:README.md"]);
    assert!(
        page().contains("| src/b.rs | alice (session s1) |"),
        "{}",
        page()
    );
    assert!(
        page().contains("see \\[this\\](http\\://x) \\| \\<b\\>"),
        "{}",
        page()
    );
    assert!(page().contains("Tidy \\*up\\*"), "{}", page());
    let board = world.at("refs/heads/coord/board");
    world.round().ok();
    assert_eq!(world.at("refs/heads/coord/board"), board);
    alice.coord(["unlock", "src/b.rs"]).ok();
    world.round().ok();
    assert!(!page().contains("src/b.rs"), "{}", page());
    assert_eq!(world.hub.ask_git(["rev-parse", "coord/board^"]), board);
}

#[test]
fn whoever_follows_the_branch_follows_it_into_a_new_epoch() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.coord(["sync"]).ok();
    let away = world.restricted("claude-2");
    away.coord(["sync"]).ok();
    for _ in 0..2 {
        alice.coord(["compact"]).ok();
        world.round().ok();
        assert_eq!(
            world.at("refs/heads/coord/state"),
            world.at("refs/coord/state")
        );
        claude.coord(["sync"]).ok();
    }
    assert_eq!(
        world.at("refs/heads/coord/epoch/1"),
        world.at("refs/coord/epoch/1")
    );
    // Two epochs at once.
    away.coord(["sync"]).ok();
    alice.coord(["compact"]).ok();
    alice.coord(["compact"]).ok();
    world.round().ok();
    away.coord(["sync"]).ok();
    impatient(&away);
    away.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(round.stdout.contains("granted lock src/a.rs"), "{round}");
}

#[test]
fn a_branch_that_somebody_else_moved_is_an_alarm_and_is_set_right() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.coord(["sync"]).ok();
    alice
        .git([
            "push",
            "--quiet",
            "--force",
            "origin",
            "main:refs/heads/coord/state",
        ])
        .ok();
    let alarm = claude.coord(["sync"]).code(4);
    assert!(alarm.stderr.contains("does not continue"), "{alarm}");
    let round = world.round().code(4);
    assert!(
        round.stderr.contains("somebody else has moved it"),
        "{round}"
    );
    world.round().ok();
    claude.coord(["sync"]).ok();
}

#[test]
fn a_team_whose_state_is_a_branch_needs_no_second_one() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    let place = ["config", "coord.ref", "refs/heads/coord/state"];
    alice.git(place).ok();
    world.relay.git(place).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    claude.git(place).ok();
    impatient(&claude);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(round.stdout.contains("granted lock src/a.rs"), "{round}");
    assert_eq!(world.at("refs/coord/state"), "");
    alice.coord(["lock", "src/a.rs"]).refused();
}
