//! A pause stops everybody but its holder.

use crate::domain::feature::pause;
use crate::domain::tests::words::World;
use crate::model::feature::Register;
use crate::model::refusal::Refusal;
use crate::model::request::{Land, Landed, Request};
use crate::model::task::{Add, Ask, New, Next};

use super::asking::{id, register};

fn is_on(world: &World, who: &str) -> bool {
    let stamp = world.stamp_of(who);
    pause::of(&world.book, &stamp, &id("login"))
        .unwrap()
        .is_on()
}

fn stops(world: &World, who: &str, branch: &str) -> usize {
    let stamp = world.stamp_of(who);
    let pause = pause::of_branches(&world.book, &stamp, &[branch]).unwrap();
    pause.by.len()
}

/// A feature with a branch and a task, beside a task of no feature that is less urgent.
fn paused(by: &str, key: &str) -> World {
    let mut world = World::new();
    let login = Register {
        branch: Some("feat/login".parse().unwrap()),
        ..register("login", "src/")
    };
    world.feature("alice", login).unwrap();
    let new = |json| serde_json::from_value::<New>(json).unwrap();
    let tasks = vec![
        new(serde_json::json!({"id": "t1", "title": "t1", "feature": "login", "priority": 1})),
        new(serde_json::json!({"id": "t2", "title": "t2"})),
    ];
    let add = Ask::Add(Add {
        tasks,
        allow_secrets: Default::default(),
    });
    world.task("alice", add).unwrap();
    world.by(by).lock(key).ok();
    world
}

fn next(world: &mut World, who: &str) -> Result<String, Refusal> {
    let told = world.task(who, Ask::Next(Next::default()))?;
    Ok(told.tasks[0].id.to_string())
}

#[test]
fn a_pause_stops_all_but_its_holder_and_ends_with_its_lease() {
    for key in ["feature:login:pause", "feature:login:*", "feature:*"] {
        let mut world = paused("bob", key);
        for (who, stopped) in [("alice", true), ("bob", false), ("bob/2", true)] {
            assert_eq!(is_on(&world, who), stopped, "{who}, {key}");
            assert_eq!(stops(&world, who, "feat/login"), usize::from(stopped));
            assert_eq!(stops(&world, who, "main"), 0);
        }
        world.pass("12h");
        assert!(!is_on(&world, "alice"));
    }
    for key in ["feature:logout:pause", "feature:login", "src/"] {
        assert!(!is_on(&paused("bob", key), "alice"), "{key}");
    }
    let mut world = paused("bob", "x");
    world.by("bob").lock("feature:login:pause").shared().ok();
    assert!(is_on(&world, "alice"));
}

#[test]
fn tasks_of_a_paused_feature_are_not_handed_out() {
    let mut world = paused("bob", "feature:login:pause");
    assert_eq!(next(&mut world, "alice").unwrap(), "t2");
    let Err(Refusal::NothingReady { counts }) = next(&mut world, "alice") else {
        panic!("it was handed out");
    };
    assert_eq!(counts.get("of a paused feature"), Some(&1));
    assert_eq!(next(&mut world, "bob").unwrap(), "t1");
}

#[test]
fn tasks_of_a_paused_feature_are_not_claimed() {
    let mut world = paused("bob", "feature:login:pause");
    let claim = |world: &mut World, who: &str, task: &str| {
        let ask = serde_json::json!({"claim": {"id": task}});
        world.task(who, serde_json::from_value(ask).unwrap())
    };
    let Err(Refusal::LockHeld { conflicts }) = claim(&mut world, "alice", "t1") else {
        panic!("it was claimed");
    };
    assert_eq!(conflicts[0].by.agent.as_str(), "bob");
    let refused = claim(&mut world, "bob/2", "t1").unwrap_err();
    assert_eq!(refused.code(), "other_session");
    claim(&mut world, "alice", "t2").unwrap();
    claim(&mut world, "bob", "t1").unwrap();
    // What one is at already, one may hold on to.
    world.by("bob").unlock("feature:login:pause").ok();
    world.by("carol").lock("feature:login:pause").ok();
    claim(&mut world, "bob", "t1").unwrap();
}

#[test]
fn the_branch_of_a_paused_feature_does_not_land() {
    for (target, branch, is_stopped) in [
        ("refs/heads/main", Some("feat/login"), true),
        ("refs/heads/feat/login", None, true),
        ("refs/heads/main", Some("feat/logout"), false),
        ("refs/heads/main", None, false),
    ] {
        let land = Request::Land(Land {
            target: target.parse().unwrap(),
            old: None,
            new: "1".repeat(40).parse().unwrap(),
            paths: Vec::new(),
            locks: Landed::Renew,
            require: Vec::new(),
            branch: branch.map(|name| name.parse().unwrap()),
        });
        let mut world = paused("bob", "feature:login:pause");
        let told = world.by("alice").ask(land.clone()).done();
        assert_eq!(told.is_err(), is_stopped, "{target} {branch:?}");
        assert!(world.by("bob").ask(land.clone()).done().is_ok());
        world.pass("12h");
        // The world decides every change again from its evidence alone.
        assert!(world.by("alice").ask(land).done().is_ok());
    }
}

#[test]
fn a_pause_whose_lease_has_ended_is_kept_as_evidence() {
    let mut world = paused("bob", "feature:login:pause");
    world.pass("12h");
    // The world decides every change again from its evidence alone.
    assert_eq!(next(&mut world, "alice").unwrap(), "t1");
}

#[test]
fn the_task_of_a_feature_names_one_that_is_there() {
    let mut world = World::new();
    let new = serde_json::json!({"id": "t1", "title": "t1", "feature": "nothing"});
    let add = Ask::Add(Add {
        tasks: vec![serde_json::from_value(new).unwrap()],
        allow_secrets: Default::default(),
    });
    assert!(
        matches!(world.task("alice", add), Err(Refusal::NotFound { what, .. }) if what == "feature")
    );
}

#[test]
fn a_pause_that_cannot_be_read_stops_too() {
    let mut world = paused("bob", "feature:login:pause");
    let place = crate::model::feature::Feature::pause(&id("login")).place();
    world.book.places.insert(place, b"{}".to_vec());
    world.is_honest = false;
    assert_eq!(next(&mut world, "alice").unwrap(), "t2");
}
