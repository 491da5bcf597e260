//! Renewing and giving back, and how much one can have.

use super::words::{World, blockers, key};
use crate::model::refusal::Refusal;
use crate::model::reply::How;

#[test]
fn only_what_is_held_is_given_back_or_renewed() {
    let mut world = World::new();
    world.by("alice").lock("a, b").ok();
    world.by("bob").unlock("a").refused("not_held");
    assert_eq!(
        blockers(&world.by("bob").renew("a").refused("not_held")),
        "alice a"
    );
    let refusal = world.by("alice").unlock("a, x").refused("not_held");
    assert!(
        matches!(&refusal, Refusal::NotHeld { keys, .. } if *keys == [key("x")]),
        "{refusal}"
    );
    world.by("alice").unlock("a, a").ok();
    world.by("alice").unlock("a").refused("not_held");
    world.by("alice").renew("a").refused("not_held");
    assert_eq!(world.held(), "alice b");
    world.by("alice").unlock_all().ok();
    world.by("alice").unlock_all().no_change();
}

#[test]
fn one_of_several_who_share_gives_only_its_own_back() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    world.by("bob").lock("a").shared().ok();
    let bobs = world.hold("a", "bob");
    world.by("alice").unlock("a").ok();
    assert_eq!(world.held(), "bob a shared");
    assert_eq!(
        world.hold("a", "bob"),
        bobs,
        "its revision is what others watch"
    );
}

#[test]
fn revisions_grow_across_release() {
    let mut world = World::new();
    let mut last = 0;
    for name in ["alice", "bob", "alice"] {
        let locks = world.by(name).lock("a").granted(&[How::Acquired]);
        assert!(locks[0].rev > last);
        last = locks[0].rev;
        world.by(name).unlock("a").ok();
    }
}

#[test]
fn a_change_renews_what_is_past_half_of_its_lease() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1h").ok();
    world.pass("1m").by("alice").lock("b").ttl("1h").ok();
    let taken = world.now;
    // A second before half of the first lease nothing is renewed along.
    assert!(
        world
            .pass("28m 59s")
            .by("alice")
            .holding("a, b")
            .note()
            .ok()
            .also
            .is_empty()
    );
    assert_eq!(
        world
            .pass("1s")
            .by("alice")
            .holding("a, b, never")
            .note()
            .ok()
            .also,
        [key("a")]
    );
    assert_eq!(world.hold("a", "alice").renewed, world.now);
    assert_eq!(world.hold("b", "alice").renewed, taken);
    // What was given back or taken does not come back.
    world.by("alice").unlock("b").ok();
    world.pass("55m").by("bob").lock("b").ok();
    assert_eq!(
        world.by("alice").holding("a, b").lock("c").ok().also,
        [key("a")]
    );
    assert_eq!(world.held(), "alice a, alice c, bob b");
}

#[test]
fn renewing_counts_from_now_and_may_change_the_lease() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1h").ok();
    world.pass("50m").by("alice").renew("a").ok();
    assert_eq!(world.hold("a", "alice").until(), world.now.plus_secs(3600));
    world.by("alice").renew("a").ttl("2m").ok();
    assert_eq!(world.hold("a", "alice").until(), world.now.plus_secs(120));
}

#[test]
fn too_much_is_refused_cleanly() {
    let mut world = World::new();
    let many = |count: usize| {
        (0..count)
            .map(|n| format!("k{n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    world.by("alice").lock(&many(257)).refused("limit");
    world.by("alice").lock(&many(256)).ok();
    for n in 0..64 {
        world.by(&format!("bob/{n}")).lock("popular").shared().ok();
    }
    world.by("carol").lock("popular").shared().refused("limit");
    world
        .by("bob/7")
        .lock("popular")
        .shared()
        .granted(&[How::Refreshed]);
}

/// A lease that was renewed while the clock was ahead was not renewed along until then.
#[test]
fn a_clock_that_was_set_back_does_not_let_a_lease_end() {
    let mut world = World::new();
    let mut ahead = world.clone();
    ahead.pass("1h").by("alice").lock("a").ok();
    world.book = ahead.book;
    assert_eq!(world.by("alice").holding("a").note().ok().also, [key("a")]);
    assert_eq!(world.hold("a", "alice").renewed, world.now);
}
