//! Taking a lock on purpose.

use super::words::{World, blockers, key};
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;

#[test]
fn it_is_bound_to_the_revision_that_was_seen() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let seen = world.hold("a", "alice").rev;
    world.by("alice").renew("a").ok();
    let now = world.hold("a", "alice").rev;
    let refusal = world.by("bob").steal("a", seen).refused("rev_changed");
    assert_eq!(
        refusal,
        Refusal::RevChanged {
            key: key("a"),
            named: seen,
            now
        }
    );
    let plan = world.by("bob").steal("a", now).ok();
    let Reply::Stolen { lock, from } = plan.reply else {
        panic!("{:?}", plan.reply)
    };
    assert!(lock.rev > now);
    assert_eq!(from.len(), 1);
    assert_eq!(world.held(), "bob a");
    let notice = &world.by("alice").note().ok().notices[0];
    assert_eq!(
        (notice.happened, &notice.keys[..]),
        (Happened::Stolen, &[key("a")][..])
    );
    assert_eq!(notice.reason.as_ref().unwrap().as_str(), "it is mine now");
}

#[test]
fn of_several_who_share_one_loses() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    world.by("bob").lock("a").shared().ok();
    let rev = world.hold("a", "alice").rev;
    world.by("carol").steal("a", rev).ok();
    assert_eq!(world.held(), "bob a shared, carol a shared");
}

#[test]
fn there_has_to_be_a_lock() {
    let mut world = World::new();
    world.by("alice").lock("src/").ok();
    world.by("bob").steal("src/a.rs", 1).refused("not_held");
}

/// Stealing made a shared lock exclusive beside others that overlap it.
#[test]
fn stealing_leaves_no_two_holders_of_what_overlaps() {
    let mut world = World::new();
    world.by("alice").lock("src/").shared().ok();
    world.by("bob").lock("src/a.rs").shared().ok();
    let rev = world.hold("src/", "alice").rev;
    world.by("carol").steal("src/", rev).ok();
    assert_eq!(world.held(), "bob src/a.rs shared, carol src/ shared");

    // The victim holds another lock across the stolen one.
    let mut world = World::new();
    world.by("alice").lock("src/").shared().ok();
    world.by("alice").lock("src/a.rs").ok();
    let rev = world.hold("src/a.rs", "alice").rev;
    let refusal = world.by("bob").steal("src/a.rs", rev).refused("lock_held");
    assert_eq!(blockers(&refusal), "alice src/");
    let rev = world.hold("src/", "alice").rev;
    let refusal = world.by("bob").steal("src/", rev).refused("lock_held");
    assert_eq!(blockers(&refusal), "alice src/a.rs");

    // Alone it is exclusive, as an own lock is.
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    let rev = world.hold("a", "alice").rev;
    world.by("bob").steal("a", rev).ok();
    assert_eq!(world.held(), "bob a");
}
