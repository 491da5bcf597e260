//! Several tries at the same thing.

use super::asking::*;
use crate::domain::tests::words::World;
use crate::model::limits::LIST_MAX;
use crate::model::notice::Happened;
use crate::model::task::{Did, New, OnFail, Task};

fn rival(name: &str, others: &str) -> New {
    New {
        rivals: others.split_whitespace().map(id).collect(),
        ..new(name)
    }
}

/// Three tries, what waits for all of them, and what fails with one of them.
fn world() -> World {
    let mut world = World::new();
    let whole = New {
        on_fail: OnFail::Ignore,
        ..after("whole", "a b c")
    };
    let fails = New {
        on_fail: OnFail::Fail,
        ..after("fails", "b")
    };
    let tries = [rival("a", "b c"), rival("b", "a c"), rival("c", "a b")];
    let tasks = tries.into_iter().chain([whole, fails, after("held", "c")]);
    world.task("alice", add(tasks.collect())).unwrap();
    world
}

#[test]
fn the_first_that_is_done_cancels_the_others_in_the_same_step() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.task("carol", claim("b")).unwrap();
    world.task("carol", start("b")).unwrap();
    let told = world.task("bob", done("a")).unwrap();
    assert_eq!((told.did, told.tasks.len()), (Did::Done, 1));
    let mut also: Vec<String> = told.also.iter().map(ToString::to_string).collect();
    also.sort();
    assert_eq!(also, ["b", "c", "fails", "whole"]);
    for (name, stage) in [
        ("a", "done, 1 of 3"),
        ("b", "cancelled, 1 of 3"),
        ("c", "cancelled, 0 of 3"),
        ("fails", "failed, 0 of 3"),
        ("held", "open, 0 of 3"),
    ] {
        assert_eq!(world.stage(name), stage, "{name}");
    }
    assert_eq!(
        world.stored("b").why.clone().unwrap().as_str(),
        "a was done first"
    );
    assert_eq!(world.stored("whole").met.len(), 3);
    assert_eq!(world.held(), "", "no claim is left");
    // Who was at it is told, and cannot end it any more.
    assert_eq!(world.refused("carol", done("b")), "wrong_state");
    let told = world.run(
        &crate::domain::tests::words::actor("carol"),
        &claim_of("whole"),
        &[],
    );
    let notices = told.unwrap().notices;
    assert_eq!(notices[0].happened, Happened::Over);
    assert_eq!(notices[0].keys, [Task::key(&id("b"))]);
}

fn claim_of(name: &str) -> crate::model::request::Request {
    crate::model::request::Request::Task(claim(name))
}

#[test]
fn a_try_that_fails_leaves_the_others_alone() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.task("bob", fail("a", false)).unwrap();
    assert_eq!(world.stage("b"), "open, 0 of 3");
    world.task("bob", claim("b")).unwrap();
    world.task("bob", done("b")).unwrap();
    // What is over stays as it is.
    assert_eq!(world.stage("a"), "failed, 1 of 3");
    assert_eq!(world.stage("c"), "cancelled, 0 of 3");
    // One that lost can be tried again, and then beats nobody who has won.
    world.task("alice", retry("c")).unwrap();
    world.task("bob", claim("c")).unwrap();
    world.task("bob", done("c")).unwrap();
    assert_eq!(world.stage("b"), "done, 1 of 3");
}

#[test]
fn who_is_at_several_tries_gives_all_of_them_back_with_the_one_that_wins() {
    let mut world = world();
    for name in ["a", "b"] {
        world.task("bob", claim(name)).unwrap();
    }
    let told = world.task("bob", done("a")).unwrap();
    let released: Vec<String> = told.released.iter().map(ToString::to_string).collect();
    assert_eq!(released, ["task:a", "task:b"]);
    assert_eq!(world.held(), "");
}

#[test]
fn rivals_have_to_be_there_and_are_bounded() {
    let mut world = World::new();
    assert_eq!(
        world.refused("alice", add(vec![rival("a", "b")])),
        "not_found"
    );
    let many: Vec<String> = (0..=LIST_MAX).map(|n| format!("t{n}")).collect();
    assert_eq!(
        world.refused("alice", add(vec![rival("a", &many.join(" "))])),
        "limit"
    );
    // One that names itself is not cancelled by its own end.
    world.task("alice", add(vec![rival("a", "a")])).unwrap();
    world.task("bob", claim("a")).unwrap();
    world.task("bob", done("a")).unwrap();
    assert_eq!(world.stage("a"), "done, 1 of 3");
}

#[test]
fn a_rival_that_cannot_be_read_keeps_nobody_from_winning() {
    let mut world = world();
    world.is_honest = false;
    world.task("bob", claim("a")).unwrap();
    let place = Task::place(&id("b"), false);
    world.book.places.insert(place.clone(), b"{".to_vec());
    world.task("bob", done("a")).unwrap();
    assert_eq!(world.stage("c"), "cancelled, 0 of 3");
    assert_eq!(world.book.places[&place], b"{");
}
