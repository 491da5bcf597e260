//! The line: who comes first, whose turn it is, and who waits for whom.

use super::words::{World, actor};
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

/// Its clock was a month ahead, and by the clocks of all others it had a month left.
#[test]
fn a_dead_waiter_from_the_future_holds_nobody_up() {
    for is_called in [false, true] {
        let mut world = World::new();
        let now = world.now;
        // Nobody trusts clocks, so that by bob's the lock has not ended.
        world.watch.skew_secs = None;
        world.by("alice").lock("a").ok();
        world.pass("30d").by("bob").lock("a").wait("1h").waits(0);
        if is_called {
            world.by("alice").unlock("a").ok();
        }
        world.now = now.plus_secs(60);
        if !is_called {
            world.by("alice").unlock("a").ok();
        }
        world.by("carol").lock("a").granted(&[How::Acquired]);
    }
}

/// Minutes are what clocks may differ by.
#[test]
fn a_waiter_whose_clock_is_a_little_ahead_keeps_its_place() {
    let mut world = World::new();
    let now = world.now;
    world.by("alice").lock("a").ok();
    world.pass("9m").by("bob").lock("a").wait("1h").waits(0);
    world.now = now.plus_secs(1);
    world.by("alice").unlock("a").ok();
    world.by("carol").lock("a").refused("reserved");
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

#[test]
fn the_time_in_line_is_over_when_it_is_over() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1m").waits(0);
    world.pass("1m").by("alice").unlock("a").ok();
    world.by("carol").lock("a").ok();
}

/// Every release of anything gave a dead waiter its turn again.
#[test]
fn a_missed_turn_is_not_given_again() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("gone").lock("a").wait("24h").waits(0);
    world.by("alice").unlock("a").ok();
    for _ in 0..3 {
        world.pass("31s").by("alice").lock("other").ok();
        world.by("alice").unlock("other").ok();
        world.by("bob").lock("a").ok();
        let next = world.by("bob").unlock("a").ok().reply;
        assert!(
            matches!(&next, Reply::Unlocked { next, .. } if next.is_empty()),
            "{next:?}"
        );
    }
}

#[test]
fn who_missed_its_turn_and_asks_again_keeps_its_place() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let until = world.now.plus_secs(3600);
    world.by("bob").lock("a").wait_until(until).waits(0);
    world.by("carol").lock("a").wait_until(until).waits(1);
    world.by("alice").unlock("a").ok();
    world.pass("31s").by("dave").lock("a").refused("reserved");
    world.by("carol").lock("a").ok();
    assert!(
        world
            .by("bob")
            .lock("a")
            .wait_until(until)
            .waits(0)
            .is_change
    );
    world.by("dave").lock("a").wait_until(until).waits(1);
    world.by("carol").unlock("a").ok();
    world.by("dave").lock("a").wait_until(until).waits(1);
    world.by("bob").lock("a").ok();
}

/// A session that waited for something else kept its place for a key that others waited for longer.
#[test]
fn another_wish_begins_at_the_end_of_the_line() {
    let mut world = World::new();
    world.by("alice").lock("a, b").ok();
    world.by("bob").lock("b").wait("1h").waits(0);
    world.by("carol").lock("a").wait("1h").waits(0);
    world.by("bob").lock("a").wait("1h").waits(1);
    world.by("alice").unlock_all().ok();
    world.by("bob").lock("a").wait("1h").waits(1);
    world.by("carol").lock("a").ok();
}

/// Those who share came and went while somebody waited to have it alone.
#[test]
fn a_crowd_that_shares_keeps_nobody_out() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("carol").lock("a").shared().refused("reserved");
    world.by("carol").lock("a").shared().wait("1h").waits(1);
    // Who has it already is not concerned.
    world
        .by("alice")
        .lock("a")
        .shared()
        .granted(&[How::Refreshed]);
    world.by("alice").unlock("a").ok();
    world.by("bob").lock("a").granted(&[How::Acquired]);
}

/// One that wants several keys was passed by whoever wants one of them.
#[test]
fn many_small_requests_do_not_keep_a_large_one_out() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a, b").wait("1h").waits(0);
    world.by("carol").lock("b").refused("reserved");
    world.by("carol").lock("b").wait("1h").waits(1);
    // Nobody is told that it is its turn when it would be refused.
    world.by("alice").lock("c").ok();
    let reply = world.by("alice").unlock("c").ok().reply;
    assert!(matches!(&reply, Reply::Unlocked { next, .. } if next.is_empty()));
    world.by("alice").unlock("a").ok();
    world.by("bob").lock("a, b").ok();
}

#[test]
fn a_waiter_that_is_quiet_for_long_is_passed() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ttl("8h").ok();
    let until = world.now.plus_secs(86_400);
    world.by("gone").lock("a").wait_until(until).waits(0);
    world.by("bob").lock("a").wait_until(until).waits(1);
    // One that asks again shows that it is there, in few words.
    let changes = (0..29).filter(|_| {
        world
            .pass("10s")
            .by("bob")
            .lock("a")
            .wait_until(until)
            .waits(1)
            .is_change
    });
    assert_eq!(changes.count(), 1);
    world
        .pass("10s")
        .by("bob")
        .lock("a")
        .wait_until(until)
        .waits(0);
    world.by("carol").lock("a").shared().refused("reserved");
    world.by("bob").leave().ok();
    world.by("carol").lock("a").shared().ok();
}

/// A lease that ends hands nothing over; whoever asked first then got it.
#[test]
fn after_a_lease_that_ended_the_order_is_kept() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.pass("11m");
    let until = world.now.plus_secs(3600);
    world.by("bob").lock("a").wait_until(until).waits(0);
    world.by("carol").lock("a").wait_until(until).waits(1);
    world
        .pass("1s")
        .by("carol")
        .lock("a")
        .wait_until(until)
        .waits(1);
    world.by("dave").lock("a").refused("reserved");
    world.by("bob").lock("a").granted(&[How::Lapsed]);
    // When the first is gone, its turn passes.
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.pass("11m").by("gone").lock("a").wait("8h").waits(0);
    world.by("carol").lock("a").wait("8h").waits(1);
    world.pass("1s").by("carol").lock("a").wait("8h").waits(1);
    world
        .pass("30s")
        .by("carol")
        .lock("a")
        .granted(&[How::Lapsed]);
}

/// The turn was kept for another although the lock had not been lost.
#[test]
fn who_is_called_does_not_keep_a_holder_from_its_own_lock() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.by("bob").lock("b").ok();
    world.by("carol").lock("a, b").wait("8h").waits(0);
    world.pass("20m").by("bob").unlock("b").ok();
    assert_eq!(world.waits()[0].turn, Some(world.now));
    world.by("alice").lock("a").granted(&[How::Refreshed]);
    world.by("alice").lock("b").refused("reserved");
}

/// What a narrowed, shared or ended wider lock left free was nobody's turn.
#[test]
fn what_becomes_free_by_the_way_is_handed_over() {
    let called = |world: &World| world.waits()[0].turn.is_some();
    let mut world = World::new();
    world.by("alice").lock("src/").ok();
    world.by("bob").lock("src/b").wait("1h").waits(0);
    world.by("alice").lock("src/a").narrow().ok();
    assert!(called(&world));

    let mut world = World::new();
    world.by("alice").lock("src/").ok();
    world.by("bob").lock("src/b").shared().wait("1h").waits(0);
    world.by("alice").lock("src/").shared().ok();
    assert!(called(&world));

    let mut world = World::new();
    world.by("alice").lock("src/").ttl("1m").ok();
    world.by("bob").lock("src/b").wait("1h").waits(0);
    world.pass("12m").by("carol").lock("src/a").ok();
    assert!(called(&world));
}

#[test]
fn a_wait_for_something_else_outlives_a_grant() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    world.by("bob").lock("b").ok();
    world.by("carol").lock("a").wait("1h").waits(1);
    world.by("alice").unlock("a").ok();
    world.by("bob").lock("a").wait("1h").ok();
    world.by("bob").unlock_all().ok();
    world.by("carol").lock("a").ok();
    assert!(world.waits().is_empty());
}

#[test]
fn intents_of_long_ago_are_swept() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("8h").ok();
    world.by("gone").lock("a").wait("1m").waits(0);
    world.pass("1h").by("bob").lock("b").ok();
    world.by("bob").unlock("b").ok();
    assert_eq!(world.waits().len(), 1);
    world.pass("2m").by("bob").lock("b").ok();
    world.by("bob").unlock("b").ok();
    assert!(world.waits().is_empty());
}
