//! What can be added, and what cannot.

use super::asking::*;
use crate::domain::tests::words::World;
use crate::model::limits::LIST_MAX;
use crate::model::task::{Did, New};

#[test]
fn a_task_is_open_and_has_a_name() {
    let mut world = World::new();
    let told = world
        .task(
            "alice",
            add(vec![New {
                id: None,
                ..new("x")
            }]),
        )
        .unwrap();
    assert_eq!(told.did, Did::Added);
    let task = &told.tasks[0];
    assert_eq!(task.id.as_str().len(), 8);
    assert_eq!(world.stage(task.id.as_str()), "open, 0 of 3");
    assert_eq!(task.added_by.agent.as_str(), "alice");
    assert_eq!(
        (task.sort.as_str(), task.priority.get()),
        ("task", 2),
        "what is not said is the default"
    );
}

#[test]
fn tasks_may_name_each_other_in_any_order() {
    let mut world = World::new();
    let tasks = vec![after("c", "b a"), after("b", "a"), new("a")];
    let told = world.task("alice", add(tasks)).unwrap();
    let ids: Vec<&str> = told.tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["c", "b", "a"], "in the order of the request");
}

#[test]
fn nothing_is_added_when_one_of_them_is_wrong() {
    let cases: Vec<(Vec<New>, &str)> = vec![
        (vec![new("x"), after("y", "nobody")], "not_found"),
        (
            vec![New {
                parent: Some(id("nobody")),
                ..new("x")
            }],
            "not_found",
        ),
        (
            vec![New {
                reviews: Some(id("nobody")),
                ..new("x")
            }],
            "not_found",
        ),
        (vec![after("x", "x")], "cycle"),
        (
            vec![after("x", "y"), after("y", "z"), after("z", "x")],
            "cycle",
        ),
        (
            vec![
                New {
                    parent: Some(id("y")),
                    ..new("x")
                },
                New {
                    parent: Some(id("x")),
                    ..new("y")
                },
            ],
            "cycle",
        ),
        (vec![new("x"), new("x")], "exists"),
        (vec![new("there")], "exists"),
        (
            vec![New {
                attempts_max: Some(0),
                ..new("x")
            }],
            "limit",
        ),
        (
            vec![New {
                labels: (0..=LIST_MAX)
                    .map(|n| format!("l{n}").parse().unwrap())
                    .collect(),
                ..new("x")
            }],
            "limit",
        ),
        (
            vec![New {
                keys: vec!["task:there".parse().unwrap()],
                ..new("x")
            }],
            "not_allowed",
        ),
        (
            vec![New {
                body: Some("-----BEGIN RSA PRIVATE KEY-----".parse().unwrap()),
                ..new("x")
            }],
            "secret",
        ),
        ((0..1001).map(|n| new(&format!("n{n}"))).collect(), "limit"),
    ];
    let mut world = World::new();
    world.task("alice", add(vec![new("there")])).unwrap();
    for (tasks, code) in cases {
        let what = format!("{:?}", &tasks[..tasks.len().min(3)]);
        assert_eq!(world.refused("alice", add(tasks)), code, "{what}");
    }
}

#[test]
fn the_same_idempotency_key_finds_what_it_made() {
    let mut world = World::new();
    let keyed = |title: &str| New {
        id: None,
        idempotency: Some("change-7 step-1".parse().unwrap()),
        ..new(title)
    };
    let first = world.task("alice", add(vec![keyed("one")])).unwrap();
    let name = first.tasks[0].id.to_string();
    let again = world.task("bob", add(vec![keyed("two")])).unwrap();
    assert_eq!((first.did, again.did), (Did::Added, Did::Found));
    assert_eq!(again.tasks[0], first.tasks[0]);
    world.task("bob", claim(&name)).unwrap();
    world.task("bob", done(&name)).unwrap();
    let over = world.task("carol", add(vec![keyed("three")])).unwrap();
    assert_eq!(over.did, Did::Found, "also when it is over");
}

#[test]
fn a_chain_of_a_thousand_is_no_trouble() {
    let mut world = World::new();
    let chain = (0..1000).map(|n| match n {
        0 => new("n0"),
        n => after(&format!("n{n}"), &format!("n{}", n - 1)),
    });
    world.task("alice", add(chain.collect())).unwrap();
    let close = edit("n0", |edit| {
        edit.add_depends.insert(id("n999"));
    });
    assert_eq!(world.refused("alice", close), "cycle");
}

#[test]
fn edits_are_checked_as_additions_are() {
    let mut world = World::new();
    let tasks = vec![new("a"), after("b", "a"), after("c", "b")];
    world.task("alice", add(tasks)).unwrap();
    let depends = |name: &str, on: &str| {
        edit(name, |edit| {
            edit.add_depends.insert(id(on));
        })
    };
    assert_eq!(world.refused("bob", depends("a", "c")), "cycle");
    assert_eq!(world.refused("bob", depends("a", "a")), "cycle");
    assert_eq!(world.refused("bob", depends("a", "nobody")), "not_found");
    let rev = world.stored("a").head.rev;
    let seen = |rev| {
        edit("a", |edit| {
            edit.rev = Some(rev);
            edit.title = Some("other".parse().unwrap());
        })
    };
    assert_eq!(world.refused("bob", seen(rev + 1)), "changed");
    world.task("bob", seen(rev)).unwrap();
    assert_eq!(world.stored("a").title.as_str(), "other");
    assert_eq!(world.refused("bob", seen(rev)), "changed");
    // Nothing that changes nothing is written.
    let before = world.book.clone();
    world.task("bob", edit("a", |_| ())).unwrap();
    assert_eq!(world.book, before);
    // What is let go of is ready.
    let told = world.task(
        "bob",
        edit("b", |edit| {
            edit.remove_depends.insert(id("a"));
        }),
    );
    assert_eq!(told.unwrap().also, [id("b")]);
}

#[test]
fn remarks_do_not_overwrite_each_other() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a")])).unwrap();
    for text in ["one", "two\nlines", "three"] {
        world.task("bob", comment("a", text)).unwrap();
    }
    let places = world.book.places.keys();
    let remarks = places.filter(|place| place.as_str().starts_with("comments/"));
    assert_eq!(remarks.count(), 3);
    assert_eq!(world.refused("bob", comment("b", "x")), "not_found");
}
