//! The end of a feature, its way through the queue, and when it leaves the live tree.

use crate::domain::State;
use crate::domain::feature::{find, finish as steps};
use crate::domain::tests::words::{World, actor};
use crate::model::feature::{FEATURES, Finish, Register, Status};
use crate::model::gc::{Gc, Keep};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::asking::{finish, id, register};

#[test]
fn a_feature_ends_once_with_what_is_known_of_its_end() {
    let mut world = World::new();
    world.features(&["alice login src/a.rs", "alice logout"]);
    let landed = Finish {
        landed_as: Some("1".repeat(40).parse().unwrap()),
        ..finish("login", Status::Landed)
    };
    let told = world.feature("alice", landed).unwrap();
    assert!(told.overlaps.is_none());
    assert_eq!(told.feature.ended_at, Some(world.now));
    assert!(told.feature.landed_as.is_some());
    let cancelled = Finish {
        why: Some("not wanted".parse().unwrap()),
        ..finish("logout", Status::Cancelled)
    };
    let feature = world.feature("alice", cancelled).unwrap().feature;
    assert_eq!(feature.status, Status::Cancelled);
    assert!(feature.why.is_some());
    for odd in [Status::Active, Status::Queued] {
        world.features(&["alice other"]);
        assert!(matches!(
            world.feature("alice", finish("other", odd)),
            Err(Refusal::NotAllowed { .. })
        ));
    }
}

#[test]
fn what_is_queued_is_ended_by_the_queue_alone() {
    let mut world = World::new();
    world.features(&["alice login src/a.rs"]);
    let step = |world: &mut World, step: fn(&mut crate::domain::decide::Desk<'_>) -> bool| {
        let stamp = world.stamp_of("queue");
        let mut desk = crate::domain::decide::Desk::on(&world.book, &stamp);
        let is_done = step(&mut desk);
        let edits = desk.staged.into_edits().unwrap();
        for (place, bytes) in edits {
            world.book.places.insert(place, bytes.unwrap());
        }
        world.book.rev += 1;
        is_done
    };
    assert!(step(&mut world, |desk| steps::enqueue(desk, &id("login"))
        .is_ok()));
    assert_eq!(world.known("login").status, Status::Queued);
    for status in [Status::Landed, Status::Cancelled] {
        assert!(matches!(
            world.feature("alice", finish("login", status)),
            Err(Refusal::WrongState { .. })
        ));
    }
    // Work on it goes on all the same.
    let more = register("login", "src/a.rs, src/b.rs");
    world.feature("alice", more).unwrap();
    assert_eq!(world.known("login").status, Status::Queued);
    assert!(step(&mut world, |desk| steps::take_back(
        desk,
        &id("login")
    )
    .is_ok()));
    assert_eq!(world.known("login").status, Status::Active);
    assert!(step(&mut world, |desk| {
        steps::enqueue(desk, &id("login")).is_ok() && steps::land(desk, &id("login"), None).is_ok()
    }));
    assert_eq!(world.known("login").status, Status::Landed);
    assert!(!step(&mut world, |desk| {
        steps::take_back(desk, &id("login")).is_ok()
            || steps::cancel(desk, &id("login"), None).is_ok()
    }));
}

fn gc(world: &mut World, fan: Option<String>) -> usize {
    let keep = Keep {
        handoffs_secs: u64::MAX,
        answers_secs: u64::MAX,
        tasks_secs: 3600,
        messages_secs: 3600,
        sessions_secs: 3600,
    };
    let done = world.run(&actor("janitor"), &Request::Gc(Gc { keep, fan }), &[]);
    match done.unwrap().reply {
        Reply::Collected(told) => told.collected.get("feature").copied().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_over_is_collected_after_its_time_unless_another_comes_after_it() {
    let mut world = World::new();
    world.features(&["alice login", "alice base", "alice open"]);
    let after = Register {
        depends_on: [id("base")].into(),
        ..register("open", "")
    };
    world.feature("alice", after).unwrap();
    for name in ["login", "base"] {
        world
            .feature("alice", finish(name, Status::Landed))
            .unwrap();
    }
    world.pass("59m");
    assert_eq!(gc(&mut world, None), 0);
    world.pass("1m");
    let (own, other) = (id("login").fan(), id("base").fan());
    assert_ne!(own, other);
    assert_eq!(gc(&mut world, Some(other)), 0);
    assert_eq!(gc(&mut world, Some(own)), 1);
    assert_eq!(find::get(&world.book, &id("login")), Ok(None));
    assert_eq!(gc(&mut world, None), 0);
    world
        .feature("alice", finish("open", Status::Cancelled))
        .unwrap();
    world.pass("1h");
    assert_eq!(gc(&mut world, None), 2);
    assert!(world.book.under(FEATURES).unwrap().is_empty());
}
