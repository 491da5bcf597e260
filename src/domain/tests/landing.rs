//! Landing, adopting, and the other operations on a whole state.

use super::words::{World, blockers, key};
use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Adopt, Request};

#[test]
fn own_locks_that_cover_are_released_or_renewed() {
    let mut world = World::new();
    world.by("alice").lock("src/, doc/a, doc/b").ok();
    world
        .pass("1m")
        .by("alice")
        .land("src/x.rs, doc/a")
        .keep()
        .ok();
    assert_eq!(world.hold("src/", "alice").renewed, world.now);
    assert_ne!(world.hold("doc/b", "alice").renewed, world.now);
    let plan = world.by("alice").land("src/x.rs, doc/a, free").ok();
    let Reply::Landed { released, .. } = plan.reply else {
        panic!("{:?}", plan.reply)
    };
    assert_eq!(released, [key("doc/a"), key("src/")]);
    assert_eq!(world.held(), "alice doc/b");
}

#[test]
fn a_landing_is_an_event_even_when_no_lock_is_concerned() {
    let mut world = World::new();
    let plan = world.by("alice").land("src/x.rs").ok();
    assert!(plan.is_change);
}

#[test]
fn the_locks_of_others_stop_it_also_shared_ones() {
    for is_shared in [false, true] {
        let mut world = World::new();
        let ask = world.by("bob").lock("src/");
        if is_shared { ask.shared() } else { ask }.ttl("1m").ok();
        assert_eq!(
            blockers(
                &world
                    .by("alice")
                    .land("free, src/x.rs")
                    .refused("lock_held")
            ),
            "bob src/"
        );
        world.pass("1h").by("alice").land("free, src/x.rs").ok();
    }
}

#[test]
fn where_locks_are_required_they_have_to_be_exclusive_and_ones_own() {
    let mut world = World::new();
    let missing = |refusal: Refusal| match refusal {
        Refusal::LockRequired { paths } => paths,
        other => panic!("{other}"),
    };
    world.by("alice").land("doc/x").require("src/").ok();
    let refusal = world
        .by("alice")
        .land("doc/x, src/x, src/y")
        .require("src/")
        .refused("lock_required");
    assert_eq!(missing(refusal), [key("src/x"), key("src/y")]);
    world.by("alice").lock("src/x").ok();
    world.by("alice").lock("src/y").shared().ok();
    let refusal = world
        .by("alice")
        .land("doc/x, src/x, src/y")
        .require("src/")
        .refused("lock_required");
    assert_eq!(missing(refusal), [key("src/y")]);
    world.by("alice").lock("src/").ok();
    world
        .by("alice")
        .land("doc/x, src/x, src/y")
        .require("src/")
        .ok();
}

fn adopt(from: &World) -> Request {
    Request::Adopt(Adopt {
        from: "2".repeat(40).parse::<ObjectId>().unwrap(),
        locks: from.book.locks(),
        records: Vec::new(),
    })
}

#[test]
fn adopting_takes_free_places_only() {
    let mut local = World::new();
    local.by("alice").lock("a, b").ok();
    local.by("carol").lock("src/").ok();
    let mut shared = World::new();
    shared.by("bob").lock("a, src/x.rs").ok();
    let plan = shared.by("alice").ask(adopt(&local)).ok();
    let Reply::Adopted {
        locks, conflicts, ..
    } = plan.reply
    else {
        panic!("{:?}", plan.reply)
    };
    assert_eq!(locks, [key("b")]);
    let blocked: Vec<_> = conflicts
        .iter()
        .map(|conflict| conflict.wanted.to_string())
        .collect();
    assert_eq!(blocked, ["a", "src/"]);
    assert_eq!(shared.held(), "alice b, bob a, bob src/x.rs");
    assert_eq!(
        shared.hold("b", "alice").rev,
        shared.book.rev,
        "a number of this chain"
    );
    // A second time there is nothing left to do.
    shared.by("alice").ask(adopt(&local)).no_change();
}

#[test]
fn a_new_epoch_has_the_same_records() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let before = world.held();
    let plan = world.by("bob").compact().ok();
    assert!(matches!(plan.reply, Reply::Compacted { epoch: 2 }));
    assert_eq!(plan.edits.len(), 1);
    assert_eq!(world.held(), before);
    assert!(matches!(
        world.by("bob").compact().ok().reply,
        Reply::Compacted { epoch: 3 }
    ));
}

#[test]
fn every_record_names_its_operation() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let first = world.book.lock("a").unwrap();
    assert_eq!((first.op, first.rev), (OpId::new(ulid::Ulid(1)), 1));
    world.by("alice").renew("a").ok();
    assert_eq!(world.book.lock("a").unwrap().op, OpId::new(ulid::Ulid(2)));
}

/// A shared lock of the clone was neither adopted nor reported where somebody shared the same key.
#[test]
fn adopting_shares_what_is_shared() {
    let mut local = World::new();
    local.by("alice").lock("a").shared().ok();
    let mut shared = World::new();
    shared.by("bob").lock("a").shared().ok();
    let bobs = shared.hold("a", "bob");
    shared.by("alice").ask(adopt(&local)).ok();
    assert_eq!(shared.held(), "alice a shared, bob a shared");
    assert_eq!(shared.hold("a", "bob"), bobs);
    shared.by("alice").ask(adopt(&local)).no_change();
}

/// A lock on a file below counted for a file of the directory's name, and was released with it.
#[test]
fn a_lock_covers_only_what_it_guards() {
    let mut world = World::new();
    world.by("alice").lock("lib/a").ok();
    world
        .by("alice")
        .land("lib")
        .require("lib")
        .refused("lock_required");
    world.by("alice").land("lib").ok();
    assert_eq!(world.held(), "alice lib/a");
}

#[test]
fn own_shared_locks_are_released_with_what_they_cover() {
    let mut world = World::new();
    world.by("alice").lock("src/").shared().ok();
    world.by("bob").lock("src/").shared().ok();
    world.by("alice").land("src/a").refused("lock_held");
    world.by("bob").unlock("src/").ok();
    world.by("alice").land("src/a").ok();
    assert_eq!(world.held(), "");
}
