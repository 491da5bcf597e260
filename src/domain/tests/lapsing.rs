//! When a lease has ended, by each of the rules, and to the second.

use super::words::{World, actor, blockers, key};
use crate::model::notice::Happened;
use crate::model::reply::How;
use crate::model::stamp::Evidence;

#[test]
fn by_the_wall_clock_after_the_slack() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("30m").ok();
    world.pass("40m").by("bob").lock("a").refused("lock_held");
    let plan = { world.pass("1s").by("bob").lock("a").ok() };
    assert!(
        matches!(plan.evidence[..], [Evidence::Clock { skew_secs: 600, .. }]),
        "{:?}",
        plan.evidence
    );
    assert_eq!(world.held(), "bob a");
}

#[test]
fn by_no_clock_where_none_is_trusted() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.watch.skew_secs = None;
    world
        .pass("10000h")
        .by("bob")
        .lock("a")
        .refused("lock_held");
}

#[test]
fn by_what_the_observer_saw() {
    // 30m, a quarter more, and half a minute.
    for (seen, is_over) in [("37m 59s", false), ("38m", true)] {
        let mut world = World::new();
        world.by("alice").lock("a").ttl("30m").ok();
        world.watch.skew_secs = None;
        world.seen("a", "alice", seen);
        let ask = world.by("bob").lock("a");
        if is_over {
            ask.granted(&[How::Lapsed]);
        } else {
            ask.refused("lock_held");
        }
    }
}

#[test]
fn by_the_death_of_its_process() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.watch.dead.insert(actor("alice/2"));
    world.by("bob").lock("a").refused("lock_held");
    world.watch.dead.insert(actor("alice"));
    world.by("bob").lock("a").granted(&[How::Died]);
    // It is not said that a lease had ended which ran.
    let notices = world.by("alice").note().ok().notices;
    assert_eq!(notices[0].happened, Happened::Died);
}

#[test]
fn a_renewal_defeats_a_takeover() {
    let mut world = World::new();
    world.by("alice").lock("a").ttl("1m").ok();
    world.seen("a", "alice", "3h");
    world.pass("3h").by("alice").renew("a").ok();
    // The sight is of a revision that is no more.
    world.by("bob").lock("a").refused("lock_held");
}

#[test]
fn a_record_from_the_future_proves_nothing() {
    let mut world = World::new();
    world.pass("48h").by("alice").lock("a").ttl("1m").ok();
    let mut early = World::new();
    early.book = world.book;
    early.by("bob").lock("a").refused("lock_held");
    // What was watched counts all the same.
    early.seen("a", "alice", "2m");
    early.by("bob").lock("a").granted(&[How::Lapsed]);
}

#[test]
fn the_loser_is_told_once_and_its_late_renewal_is_refused() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs, src/b.rs").ttl("1m").ok();
    world
        .pass("1h")
        .by("bob")
        .lock("src/")
        .reason("mine")
        .granted(&[How::Lapsed]);
    let refusal = world.by("alice").renew("src/a.rs").refused("not_held");
    assert_eq!(
        blockers(&world.by("alice").lock("src/a.rs").refused("lock_held")),
        "bob src/"
    );
    drop(refusal);
    let notices = world.by("alice").lock("doc").ok().notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].happened, &notices[0].by),
        (Happened::Lapsed, &actor("bob"))
    );
    assert_eq!(notices[0].keys, [key("src/a.rs"), key("src/b.rs")]);
    assert_eq!(notices[0].reason.as_ref().unwrap().as_str(), "mine");
    assert!(world.by("alice").note().ok().notices.is_empty());
    assert!(
        !world
            .book
            .places
            .keys()
            .any(|place| place.as_str().starts_with("notices/"))
    );
}

#[test]
fn one_of_several_who_share_may_lapse_alone() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ttl("1m").ok();
    world.by("bob").lock("a").shared().ttl("8h").ok();
    assert_eq!(
        blockers(&world.pass("1h").by("carol").lock("a").refused("lock_held")),
        "bob a"
    );
    assert_eq!(world.held(), "alice a shared, bob a shared");
    world.by("bob").unlock("a").ok();
    world.by("carol").lock("a").granted(&[How::Lapsed]);
}
