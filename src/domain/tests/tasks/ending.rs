//! How tasks end, and who may end them.

use super::asking::*;
use crate::domain::tests::words::World;
use crate::model::notice::Happened;
use crate::model::place::Place;
use crate::model::task::{Ask, Did, New, Task};

fn world() -> World {
    let mut world = World::new();
    world
        .task(
            "alice",
            add(vec![new("a"), after("b", "a"), after("c", "b")]),
        )
        .unwrap();
    world
}

#[test]
fn what_is_over_is_kept_apart() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    let Ask::Done(mut with_result) = done("a") else {
        unreachable!()
    };
    with_result.result = Some(serde_json::json!({ "files": ["src/a.rs"], "n": 1.5 }));
    let told = world.task("bob", Ask::Done(with_result)).unwrap();
    assert_eq!(told.did, Did::Done);
    assert!(
        !world
            .book
            .places
            .contains_key(&Task::place(&id("a"), false))
    );
    assert_eq!(world.stored("a").result.clone().unwrap()["n"], 1.5);
    for ask in [
        claim("a"),
        done("a"),
        fail("a", false),
        cancel("a", false),
        release("a"),
        retry("a"),
        start("a"),
        edit("a", |edit| edit.title = Some("x".parse().unwrap())),
    ] {
        let what = format!("{ask:?}");
        assert_eq!(world.refused("bob", ask), "wrong_state", "{what}");
    }
    world.task("bob", comment("a", "a late remark")).unwrap();
}

#[test]
fn an_unknown_field_survives_the_end() {
    let mut world = world();
    let place = Task::place(&id("a"), false);
    let mut value = world.book.json(&place).unwrap();
    value["from-the-future"] = 7.into();
    let bytes = serde_json::to_vec(&value).unwrap();
    world.book.places.insert(place, bytes);
    world.task("bob", claim("a")).unwrap();
    world.task("bob", done("a")).unwrap();
    let ended = world.book.json(&Task::place(&id("a"), true)).unwrap();
    assert_eq!(ended["from-the-future"], 7);
}

#[test]
fn a_failure_opens_it_again_while_attempts_are_left() {
    let mut world = World::new();
    let twice = New {
        attempts_max: Some(2),
        ..new("a")
    };
    world.task("alice", add(vec![twice])).unwrap();
    world.task("bob", claim("a")).unwrap();
    let told = world.task("bob", fail("a", true)).unwrap();
    assert_eq!(told.did, Did::Reopened);
    assert_eq!(
        (world.stage("a"), world.held()),
        ("open by bob, 1 of 2".into(), String::new())
    );
    world.task("carol", claim("a")).unwrap();
    assert_eq!(world.stage("a"), "claimed by carol, 2 of 2");
    let told = world.task("carol", fail("a", true)).unwrap();
    assert_eq!(
        (told.did, world.stage("a")),
        (Did::Failed, "dead, 2 of 2".into())
    );
    world.task("dave", retry("a")).unwrap();
    assert_eq!(world.stage("a"), "open, 0 of 2");
}

#[test]
fn cancelling_is_for_who_added_it_or_is_trusted() {
    let mut world = world();
    assert_eq!(world.refused("bob", cancel("a", false)), "not_allowed");
    // Any session of the agent that added it.
    world.task("alice/7", cancel("c", false)).unwrap();
    let place = Place::new("trust/bob.json").unwrap();
    world.trust("bob", 2);
    assert_eq!(world.refused("bob", cancel("a", false)), "not_allowed");
    world.book.places.insert(place.clone(), b"{".to_vec());
    assert_eq!(world.refused("bob", cancel("a", false)), "damaged");
    world.trust("bob", 3);
    world.task("bob", cancel("a", false)).unwrap();
}

#[test]
fn cancelling_takes_it_from_its_holder_who_is_told() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.by("bob").lock("src/a.rs").work("main", "a").ok();
    world.by("bob").lock("src/b.rs").ok();
    let Ask::Cancel(mut why) = cancel("a", true) else {
        unreachable!()
    };
    why.why = Some("no longer wanted".parse().unwrap());
    let told = world.task("alice", Ask::Cancel(why)).unwrap();
    let names: Vec<String> = told.tasks.iter().map(|task| task.id.to_string()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(world.held(), "bob src/b.rs");
    assert_eq!(world.refused("bob", done("a")), "wrong_state");
    let notices = world.by("bob").note().ok().notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].happened, Happened::Over);
    assert_eq!(notices[0].keys.len(), 2);
    assert_eq!(
        notices[0].reason.as_ref().unwrap().as_str(),
        "no longer wanted"
    );
}

#[test]
fn cancelling_is_all_or_nothing() {
    let mut world = world();
    world.task("bob", add(vec![after("of-bob", "c")])).unwrap();
    assert_eq!(
        world.refused("alice", cancel("a of-bob", false)),
        "not_allowed"
    );
    assert_eq!(world.refused("alice", cancel("a", true)), "not_allowed");
    assert_eq!(
        world.refused("alice", cancel("a nobody", false)),
        "not_found"
    );
}

#[test]
fn a_result_is_bounded() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    let deep = |levels: usize| {
        let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let with = |result| {
        let Ask::Done(mut ask) = done("a") else {
            unreachable!()
        };
        ask.result = Some(result);
        Ask::Done(ask)
    };
    let long = serde_json::Value::String("x".repeat(16 * 1024));
    assert_eq!(world.refused("bob", with(long)), "limit");
    assert_eq!(world.refused("bob", with(deep(16))), "limit");
    let secret = serde_json::json!({ "key": "-----BEGIN PRIVATE KEY-----" });
    assert_eq!(world.refused("bob", with(secret)), "secret");
    world.task("bob", with(deep(15))).unwrap();
    assert_eq!(world.stored("a").result, Some(deep(15)));
}
