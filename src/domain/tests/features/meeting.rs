//! Whom claims meet, and what follows from how many do.

use crate::domain::tests::words::World;
use crate::model::feature::{Feasibility, Percent, Status};

use super::asking::{finish, register};
use Feasibility::{Full, Partial, Sequential};

/// How one feature meets another: its own side, and the other direction.
fn directions(mine: &str, theirs: &str) -> Option<(Feasibility, Feasibility)> {
    let mut world = World::new();
    world.feature("alice", register("mine", mine)).unwrap();
    world.feature("bob", register("theirs", theirs)).unwrap();
    let (one, other) = (world.overlaps("mine"), world.overlaps("theirs"));
    let with = one.features.first()?;
    let back = other.features.first().unwrap();
    assert_eq!((with.mine, with.theirs), (back.theirs, back.mine));
    let pairs = |keys: &[crate::model::feature::Meeting]| keys.len();
    assert_eq!(pairs(&with.keys), pairs(&back.keys));
    assert_eq!(one.feasibility, with.mine.feasibility);
    Some((with.mine.feasibility, with.theirs.feasibility))
}

#[test]
fn claims_meet_by_the_hierarchy_of_keys_and_each_direction_counts_its_own() {
    for (mine, theirs, expected) in [
        ("src/a.rs", "src/b.rs", None),
        ("src/a.rs", "src/a.rs", Some((Sequential, Sequential))),
        // A directory meets a file in it, a pattern what it matches.
        ("src/", "src/a.rs", Some((Sequential, Sequential))),
        ("src/**/*.rs", "src/x/a.rs", Some((Sequential, Sequential))),
        (
            "api:* /v1/*",
            "api:GET /v1/users",
            Some((Sequential, Sequential)),
        ),
        ("db:schema:users", "db:schema:posts", None),
        // Exactly half is PARTIAL, and more than half is not.
        ("a, b", "b, c", Some((Partial, Partial))),
        ("a, b, c", "b, c, d, e", Some((Sequential, Partial))),
        ("a, b, c, d", "d", Some((Partial, Sequential))),
        // One wide claim meets many.
        ("src/, x, y, z", "src/a, src/b", Some((Partial, Sequential))),
        // A claim that is named twice counts once.
        ("a, b, b, b", "a, c", Some((Partial, Partial))),
        ("", "a", None),
    ] {
        assert_eq!(
            directions(mine, theirs),
            expected,
            "{mine} against {theirs}"
        );
    }
}

#[test]
fn the_whole_is_measured_against_everybody_together() {
    let mut world = World::new();
    world.features(&["alice mine a, b, c, d", "bob one a", "carol two b"]);
    let overlaps = world.overlaps("mine");
    assert_eq!(overlaps.feasibility, Partial);
    assert_eq!((overlaps.shared, overlaps.claims), (2, 4));
    world.features(&["dave three c, a"]);
    let overlaps = world.overlaps("mine");
    assert_eq!((overlaps.feasibility, overlaps.shared), (Sequential, 3));
    assert_eq!(overlaps.features.len(), 3);
    assert!(
        overlaps
            .features
            .iter()
            .all(|with| with.mine.feasibility == Partial)
    );
}

#[test]
fn what_is_over_is_met_by_nobody() {
    let mut world = World::new();
    world.features(&["alice mine a", "bob landed a", "carol gone a"]);
    assert_eq!(world.overlaps("mine").features.len(), 2);
    world
        .feature("bob", finish("landed", Status::Landed))
        .unwrap();
    world
        .feature("carol", finish("gone", Status::Cancelled))
        .unwrap();
    assert_eq!(world.overlaps("mine").feasibility, Full);
}

#[test]
fn locks_of_others_are_met_and_ones_own_are_not() {
    let mut world = World::new();
    world.features(&["alice mine src/a.rs, src/b.rs, docs/"]);
    world.by("alice").lock("src/a.rs").ok();
    world.by("alice/2").lock("src/b.rs").ok();
    assert_eq!(world.overlaps("mine").feasibility, Full);
    world.by("bob").lock("docs/x.md").shared().ok();
    let overlaps = world.overlaps("mine");
    assert_eq!((overlaps.feasibility, overlaps.shared), (Partial, 1));
    assert_eq!(overlaps.locks[0].claims[0].to_string(), "docs/");
    // A lease that has ended is no lock.
    world.pass("12h");
    assert_eq!(world.overlaps("mine").feasibility, Full);
}

#[test]
fn the_answer_of_registering_says_what_was_met_in_that_state() {
    let mut world = World::new();
    let first = world.feature("alice", register("one", "src/")).unwrap();
    assert_eq!(first.overlaps.unwrap().feasibility, Full);
    let second = world.feature("bob", register("two", "src/a.rs")).unwrap();
    let overlaps = second.overlaps.unwrap();
    assert_eq!(overlaps.feasibility, Sequential);
    assert_eq!(overlaps.features[0].id.as_str(), "one");
    let relaxed = crate::model::feature::Register {
        sequential_above: Percent::try_from(100).unwrap(),
        ..register("two", "src/a.rs")
    };
    let overlaps = world.feature("bob", relaxed).unwrap().overlaps.unwrap();
    assert_eq!(overlaps.feasibility, Partial);
}

#[test]
fn what_cannot_be_read_is_told_and_stops_nobody() {
    let mut world = World::new();
    world.features(&["alice mine src/a.rs"]);
    let place = crate::model::place::Place::new("features/broken.json").unwrap();
    world.book.places.insert(place, b"{}".to_vec());
    let told = world.feature("bob", register("other", "src/a.rs")).unwrap();
    let overlaps = told.overlaps.unwrap();
    assert_eq!(overlaps.features.len(), 1);
    assert!(
        overlaps.damaged[0].starts_with("features/broken.json"),
        "{overlaps:?}"
    );
}
