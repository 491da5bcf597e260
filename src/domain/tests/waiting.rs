//! The line: who comes first, whose turn it is, and who waits for whom.

use super::words::{World, actor, key};
use crate::model::refusal::Refusal;
use crate::model::reply::{How, Reply};

#[test]
fn first_come_first_served() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(1);
    let plan = world.by("alice").unlock("a").ok();
    assert!(
        matches!(&plan.reply, Reply::Unlocked { next, .. } if *next == [actor("bob")]),
        "{:?}",
        plan.reply
    );
    // Neither who came later nor who did not wait goes before.
    world.by("dave").lock("a").refused("reserved");
    world.by("carol").lock("a").wait("1h").waits(1);
    world
        .by("bob")
        .lock("a")
        .wait("1h")
        .granted(&[How::Acquired]);
    world.by("bob").unlock("a").ok();
    world.by("dave").lock("a").refused("reserved");
    world.by("carol").lock("a").granted(&[How::Acquired]);
    world.by("carol").unlock("a").ok();
    world.by("dave").lock("a").ok();
}

#[test]
fn a_waiter_that_died_loses_only_its_turn() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(1);
    world.by("alice").unlock("a").ok();
    world.pass("29s").by("carol").lock("a").wait("1h").waits(1);
    world
        .pass("1s")
        .by("carol")
        .lock("a")
        .wait("1h")
        .granted(&[How::Acquired]);
}

#[test]
fn asking_again_while_in_line_changes_nothing() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    let until = world.now.plus_secs(3600);
    let plan = world
        .pass("10s")
        .by("bob")
        .lock("a")
        .wait_until(until)
        .waits(0);
    assert!(!plan.is_change);
}

#[test]
fn all_wanted_keys_have_to_be_free() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("b").ok();
    world.by("carol").lock("a, b").wait("1h").waits(0);
    let plan = world.by("alice").unlock("a").ok();
    assert!(
        matches!(&plan.reply, Reply::Unlocked { next, .. } if next.is_empty()),
        "{:?}",
        plan.reply
    );
    let plan = world.by("bob").unlock("b").ok();
    assert!(
        matches!(&plan.reply, Reply::Unlocked { next, .. } if *next == [actor("carol")]),
        "{:?}",
        plan.reply
    );
    world.by("carol").lock("a, b").granted(&[How::Acquired; 2]);
}

#[test]
fn a_directory_waits_for_its_files_and_they_for_it() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs").ok();
    world.by("bob").lock("src/").wait("1h").waits(0);
    world.by("carol").lock("src/a.rs").wait("1h").waits(1);
    world.by("dave").lock("doc/x").granted(&[How::Acquired]);
    world.by("alice").unlock("src/a.rs").ok();
    world.by("carol").lock("src/a.rs").wait("1h").waits(1);
    world.by("dave").lock("src/other.rs").refused("reserved");
    world.by("bob").lock("src/").granted(&[How::Acquired]);
}

#[test]
fn who_shares_waits_behind_who_does_not_and_then_together() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("carol").lock("a").shared().wait("1h").waits(1);
    world.by("dave").lock("a").shared().wait("1h").waits(1);
    world.by("alice").unlock("a").ok();
    world.by("carol").lock("a").shared().wait("1h").waits(1);
    world.by("bob").lock("a").ok();
    let plan = world.by("bob").unlock("a").ok();
    let Reply::Unlocked { next, .. } = plan.reply else {
        panic!("{:?}", plan.reply)
    };
    assert_eq!(next, [actor("carol"), actor("dave")]);
    world.by("dave").lock("a").shared().ok();
    world.by("carol").lock("a").shared().ok();
}

#[test]
fn leaving_hands_over() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(1);
    world.by("alice").unlock("a").ok();
    world.by("bob").leave().ok();
    world.by("dave").lock("a").refused("reserved");
    world.by("carol").lock("a").ok();
    world.by("bob").leave().no_change();
}

#[track_caller]
fn cycle(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Deadlock { cycle, .. } => cycle
            .iter()
            .map(|actor| actor.agent.to_string())
            .collect::<Vec<_>>()
            .join(" "),
        other => panic!("{other}"),
    }
}

#[test]
fn who_would_close_a_circle_is_told() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("b").ok();
    world.by("carol").lock("c").ok();
    world.by("alice").lock("b").wait("1h").waits(0);
    assert_eq!(
        cycle(&world.by("bob").lock("a").wait("1h").refused("deadlock")),
        "bob alice bob"
    );
    world.by("bob").lock("c").wait("1h").waits(0);
    assert_eq!(
        cycle(&world.by("carol").lock("a").wait("1h").refused("deadlock")),
        "carol alice bob carol"
    );
    world.by("carol").lock("a").refused("lock_held");
    // Giving back what the others wait for helps.
    world.by("carol").unlock("c").ok();
    world.by("carol").lock("a").wait("1h").waits(0);
}

#[test]
fn circles_go_through_directories_and_sharing() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs").shared().ok();
    world.by("bob").lock("src/a.rs").shared().ok();
    world.by("alice").lock("src/").wait("1h").waits(0);
    assert_eq!(
        cycle(
            &world
                .by("bob")
                .lock("src/a.rs")
                .wait("1h")
                .refused("deadlock")
        ),
        "bob alice bob"
    );
}

#[test]
fn a_circle_through_a_lease_that_ended_is_none() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.by("bob").lock("b").ttl("8h").ok();
    world.by("alice").lock("b").wait("8h").waits(0);
    world
        .pass("1h")
        .by("bob")
        .lock("a, x")
        .granted(&[How::Lapsed, How::Acquired]);
}

#[test]
fn the_time_in_line_is_over_when_it_is_over() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1m").waits(0);
    world.pass("1m").by("alice").unlock("a").ok();
    world.by("carol").lock("a").ok();
    let _ = key("a");
}
