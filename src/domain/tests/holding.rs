//! Taking, refreshing, widening, narrowing and giving back.

use super::words::{World, blockers, key};
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::{How, Reply};

/// What the second of two is told, when the first holds a key and the second asks for another.
#[test]
fn what_overlaps_is_held_by_one_unless_both_share() {
    let overlapping = [
        ("src/a.rs", "src/a.rs"),
        ("src/", "src/a.rs"),
        ("src/a.rs", "src/"),
        (".", "src/deep/er/a.rs"),
        ("src/a.rs", "."),
        ("src/*.rs", "src/a.rs"),
        ("src/a.rs", "src/**/*.rs"),
        ("src/", "src/**/*.rs"),
        ("api:GET /v1/users", "api:GET /v1/users"),
    ];
    let apart = [
        ("src/a.rs", "src/b.rs"),
        ("src/", "srcs/"),
        ("src/*.rs", "src/a.sql"),
        ("api:GET /v1/users", "api:GET /v1/teams"),
        ("db:schema:users", "event:users"),
        ("src/a.rs", "db:schema:users"),
    ];
    for (held, wanted) in overlapping {
        for (first, second, is_fine) in [
            (false, false, false),
            (false, true, false),
            (true, false, false),
            (true, true, true),
        ] {
            let mut world = World::new();
            let ask = world.by("alice").lock(held);
            if first { ask.shared() } else { ask }.ok();
            let ask = world.by("bob").lock(wanted);
            let ask = if second { ask.shared() } else { ask };
            if is_fine {
                ask.granted(&[How::Acquired]);
            } else {
                assert_eq!(blockers(&ask.refused("lock_held")), format!("alice {held}"));
            }
        }
    }
    for (held, wanted) in apart {
        let mut world = World::new();
        world.by("alice").lock(held).ok();
        world.by("bob").lock(wanted).granted(&[How::Acquired]);
    }
}

#[test]
fn several_keys_are_all_or_nothing() {
    let mut world = World::new();
    world.by("alice").lock("b").ok();
    let refusal = world.by("bob").lock("a, b, c").refused("lock_held");
    assert_eq!(blockers(&refusal), "alice b");
    world.by("bob").lock("a, b, c").wait("5m").waits(0);
    assert_eq!(world.held(), "alice b");
    world.by("alice").unlock("b").ok();
    let locks = world.by("bob").lock("c, a, b").granted(&[How::Acquired; 3]);
    let order: Vec<String> = locks.iter().map(|lock| lock.key.to_string()).collect();
    assert_eq!(
        order,
        ["c", "a", "b"],
        "the answer is in the order of the question"
    );
}

#[test]
fn nothing_that_clearing_the_way_did_leaks_into_a_refusal_or_a_wait() {
    let mut world = World::new();
    world.by("gone").lock("a").ttl("1m").ok();
    world.pass("2h").by("alice").lock("b").ok();
    world.by("bob").lock("a, b").refused("lock_held");
    world.by("bob").lock("a, b").wait("5m").waits(0);
    assert_eq!(world.held(), "alice b, gone a");
}

#[test]
fn every_lock_in_the_way_is_named() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs, db:schema:users").ok();
    world.by("carol").lock("src/b.rs").ok();
    let refusal = world
        .by("bob")
        .lock("src/, db:schema:users")
        .refused("lock_held");
    assert_eq!(
        blockers(&refusal),
        "alice db:schema:users, alice src/a.rs, carol src/b.rs"
    );
    let Refusal::LockHeld { conflicts } = &refusal else {
        panic!("{refusal}")
    };
    let hold = world.hold("src/a.rs", "alice");
    let first = conflicts
        .iter()
        .find(|conflict| conflict.held == key("src/a.rs"))
        .unwrap();
    assert_eq!(
        (&first.wanted, first.since, first.until, first.rev),
        (&key("src/"), hold.since, hold.until(), hold.rev)
    );
}

#[test]
fn again_is_a_refresh_that_keeps_what_it_does_not_say() {
    let mut world = World::new();
    world
        .by("alice")
        .lock("a")
        .ttl("1h")
        .reason("first")
        .work("topic", "7")
        .ok();
    let before = world.hold("a", "alice");
    world
        .pass("10m")
        .by("alice")
        .lock("a")
        .granted(&[How::Refreshed]);
    let after = world.hold("a", "alice");
    assert_eq!((after.since, after.renewed), (before.since, world.now));
    assert_eq!(
        after.until(),
        world.now.plus_secs(3600),
        "from now, and with the lease it had"
    );
    assert_eq!(
        (&after.reason, &after.branch, &after.task),
        (&before.reason, &before.branch, &before.task)
    );
    assert!(after.rev > before.rev);
    world.by("alice").lock("a").ttl("2m").reason("second").ok();
    let again = world.hold("a", "alice");
    assert_eq!(again.until(), world.now.plus_secs(120));
    assert_eq!(again.reason.as_ref().unwrap().as_str(), "second");
    assert_eq!(again.task, before.task);
}

#[test]
fn what_an_own_directory_covers_is_said_to_be_covered() {
    let mut world = World::new();
    world.by("alice").lock("src/").ok();
    let plan = world.by("alice").lock("src/a.rs, src/deep/").no_change();
    let Reply::Locked { locks, replaced } = plan.reply else {
        panic!("{:?}", plan.reply)
    };
    assert!(replaced.is_empty());
    for lock in locks {
        assert_eq!((lock.key, lock.how), (key("src/"), How::Covered));
    }
    // Also when both are asked for at once, in any order.
    let mut world = World::new();
    world
        .by("alice")
        .lock("src/a.rs, src/")
        .granted(&[How::Covered, How::Acquired]);
    assert_eq!(world.held(), "alice src/");
    // A shared directory does not cover an exclusive wish.
    let mut world = World::new();
    world.by("alice").lock("src/").shared().ok();
    world.by("alice").lock("src/a.rs").granted(&[How::Acquired]);
    assert_eq!(world.held(), "alice src/ shared, alice src/a.rs");
}

/// The answer named the end of a lease that was nearly over, or was renewed along right after.
#[test]
fn a_covering_lock_past_half_of_its_lease_is_renewed() {
    let mut world = World::new();
    world.by("alice").lock("src/").ttl("1h").ok();
    let before = world.hold("src/", "alice");
    let early = world.pass("29m").by("alice").lock("src/a.rs").no_change();
    let Reply::Locked { locks, .. } = early.reply else {
        panic!("{:?}", early.reply)
    };
    assert_eq!((locks[0].rev, locks[0].until), (before.rev, before.until()));
    let locks = world
        .pass("1m")
        .by("alice")
        .holding("src/")
        .lock("src/a.rs, src/b.rs")
        .granted(&[How::Covered; 2]);
    let after = world.hold("src/", "alice");
    assert_eq!(after.until(), world.now.plus_secs(3600));
    for lock in locks {
        assert_eq!((lock.rev, lock.until), (after.rev, after.until()));
    }
}

#[test]
fn another_session_of_the_same_agent_is_another_holder() {
    let mut world = World::new();
    world.by("alice/2").lock("src/a.rs").ok();
    assert_eq!(
        blockers(&world.by("alice").lock("src/").refused("other_session")),
        "alice src/a.rs"
    );
    world.by("bob").lock("src/b.rs").ok();
    world.by("alice").lock("src/").refused("lock_held");
    world
        .by("alice")
        .lock("src/")
        .takeover()
        .refused("lock_held");
    world.by("bob").unlock_all().ok();
    world.by("bob").lock("src/").takeover().refused("lock_held");
    world
        .by("alice")
        .lock("src/")
        .takeover()
        .granted(&[How::TakenOver]);
    assert_eq!(world.held(), "alice src/");
    let plan = world.by("alice/2").note().ok();
    assert_eq!(plan.notices[0].happened, Happened::Takeover);
    assert_eq!(plan.notices[0].keys, [key("src/a.rs")]);
}

#[test]
fn files_become_a_directory_and_back_in_one_commit() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs, src/b.rs, doc/c").ok();
    let rev = world.book.rev;
    let plan = world.by("alice").lock("src/").ok();
    let Reply::Locked { replaced, .. } = plan.reply else {
        panic!("{:?}", plan.reply)
    };
    assert_eq!(replaced, [key("src/a.rs"), key("src/b.rs")]);
    assert_eq!(world.held(), "alice doc/c, alice src/");
    world
        .by("alice")
        .lock("src/a.rs, src/b.rs")
        .narrow()
        .granted(&[How::Acquired, How::Acquired]);
    assert_eq!(world.held(), "alice doc/c, alice src/a.rs, alice src/b.rs");
    assert_eq!(world.book.rev, rev + 2);
    // Somebody else below is in the way, and then nothing changes.
    world.by("bob").lock("src/z.rs").ok();
    world.by("alice").lock("src/").refused("lock_held");
    assert_eq!(
        world.held(),
        "alice doc/c, alice src/a.rs, alice src/b.rs, bob src/z.rs"
    );
}

/// A request for a directory and a file in it gave the directory up again.
#[test]
fn narrowing_keeps_what_the_same_request_asks_for() {
    let mut world = World::new();
    world
        .by("alice")
        .lock("src/, src/a.rs")
        .narrow()
        .granted(&[How::Acquired, How::Covered]);
    assert_eq!(world.held(), "alice src/");
    world
        .by("alice")
        .lock("src/, src/a.rs")
        .narrow()
        .granted(&[How::Refreshed, How::Covered]);
    assert_eq!(world.held(), "alice src/");
}

/// The answer was that the shared directory covers it, and the exclusive lock stayed.
#[test]
fn sharing_again_below_an_own_shared_directory_ends_the_exclusive_lock() {
    let mut world = World::new();
    world.by("alice").lock("src/").shared().ok();
    world.by("alice").lock("src/a.rs").ok();
    world
        .by("bob")
        .lock("src/a.rs")
        .shared()
        .refused("lock_held");
    let done = world.by("alice").lock("src/a.rs").shared().ok();
    let Reply::Locked { locks, replaced } = done.reply else {
        panic!("{:?}", done.reply)
    };
    assert_eq!((&locks[0].key, locks[0].how), (&key("src/"), How::Covered));
    assert_eq!(replaced, [key("src/a.rs")]);
    world.by("bob").lock("src/a.rs").shared().ok();
}

#[test]
fn the_mode_of_an_own_lock_changes_in_one_commit() {
    let mut world = World::new();
    world.by("alice").lock("a").reason("why").ok();
    world
        .by("alice")
        .lock("a")
        .shared()
        .granted(&[How::Refreshed]);
    assert_eq!(world.held(), "alice a shared");
    world.by("bob").lock("a").shared().ok();
    assert_eq!(
        blockers(&world.by("alice").lock("a").refused("lock_held")),
        "bob a"
    );
    world.by("bob").unlock("a").ok();
    world.by("alice").lock("a").granted(&[How::Refreshed]);
    assert_eq!(world.held(), "alice a");
    assert_eq!(world.hold("a", "alice").reason.unwrap().as_str(), "why");
}
