//! Circles of sessions that wait for each other.

use super::words::World;
use crate::model::key::Here;
use crate::model::refusal::Refusal;
use crate::model::reply::How;

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

/// A steal closed a circle between two who were in line already, and neither was told.
#[test]
fn a_circle_that_a_steal_closes_is_told_to_the_next_who_asks() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("carol").lock("c").ok();
    let until = world.now.plus_secs(3600);
    world.by("alice").lock("c").wait_until(until).waits(0);
    world.by("bob").lock("a").wait_until(until).waits(0);
    let rev = world.hold("c", "carol").rev;
    world.by("bob").steal("c", rev).ok();
    let refusal = world
        .by("alice")
        .lock("c")
        .wait_until(until)
        .refused("deadlock");
    assert_eq!(cycle(&refusal), "alice bob alice");
    let hint = refusal.hint(&Here::Top);
    assert!(hint.contains("git coord unlock a"), "{hint}");
}

#[test]
fn who_has_been_quiet_for_long_closes_no_circle() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("8h").ok();
    world.by("bob").lock("b").ttl("8h").ok();
    world.by("alice").lock("b").wait("8h").waits(0);
    world.by("bob").lock("a").wait("8h").refused("deadlock");
    world.pass("6m").by("bob").lock("a").wait("8h").waits(0);
}

/// Order alone makes no circle: who is waited for goes before who waits for it.
#[test]
fn nobody_stands_behind_who_waits_for_it() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a, b").wait("1h").waits(0);
    world.by("alice").lock("b").granted(&[How::Acquired]);
    // Also over another one, and by its place in line.
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("carol").lock("c").ok();
    world.by("bob").lock("c, b").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(0);
    world.by("dave").lock("b").refused("reserved");
    world.by("alice").lock("b").granted(&[How::Acquired]);
}
