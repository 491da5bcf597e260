//! What the end of a task means for those that depend on it.

use super::asking::*;
use crate::domain::task::board::{Board, Brief};
use crate::domain::task::standing::{blockers, circles};
use crate::domain::tests::words::World;
use crate::model::task::{New, Next, OnFail, Task};

fn with(on_fail: OnFail, new: New) -> New {
    New { on_fail, ..new }
}

/// What holds a task up: `a open, b failed`.
fn blocked_by(world: &World, name: &str) -> String {
    let board = Board::read(&world.book).unwrap();
    let brief = Brief::of(&world.stored(name));
    let on = blockers(&world.book, &board, &brief);
    let on = on.iter().map(|on| format!("{} {}", on.id, on.is));
    on.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_task_is_ready_when_all_before_it_are_done() {
    let mut world = World::new();
    world
        .task("alice", add(vec![new("a"), new("b"), after("c", "a b")]))
        .unwrap();
    assert_eq!(blocked_by(&world, "c"), "a open, b open");
    for (name, also, left) in [("a", vec![], "b open"), ("b", vec![id("c")], "")] {
        world.task("bob", claim(name)).unwrap();
        let told = world.task("bob", done(name)).unwrap();
        assert_eq!((&told.also, &told.ready), (&also, &also));
        assert_eq!(blocked_by(&world, "c"), left);
    }
    world.task("bob", claim("c")).unwrap();
}

/// An epic, or a part of one.
fn epic(name: &str, parent: Option<&str>) -> New {
    New {
        sort: Some("epic".parse().unwrap()),
        ..part(name, parent)
    }
}

fn part(name: &str, parent: Option<&str>) -> New {
    New {
        parent: parent.map(id),
        ..new(name)
    }
}

#[test]
fn an_epic_waits_for_its_parts() {
    let mut world = World::new();
    let tasks = vec![
        epic("all", None),
        epic("inner", Some("all")),
        part("a", Some("inner")),
        part("b", Some("all")),
        part("plain", None),
        part("below", Some("plain")),
    ];
    world.task("alice", add(tasks)).unwrap();
    assert_eq!(blocked_by(&world, "all"), "inner open, b open");
    assert_eq!(blocked_by(&world, "inner"), "a open");
    // Only what is called an epic is no more than its parts.
    assert_eq!(blocked_by(&world, "plain"), "");
    assert_eq!(world.refused("bob", claim("inner")), "wrong_state");
    let mut epics = Next::default();
    epics.sorts.insert("epic".parse().unwrap());
    assert_eq!(world.clone().handed_out("bob", &epics), "");
    for (name, also) in [("a", vec!["inner"]), ("b", vec![]), ("inner", vec!["all"])] {
        world.task("bob", claim(name)).unwrap();
        // Whether a part worked out is for whoever ends the epic to judge.
        let end = if name == "a" {
            fail(name, false)
        } else {
            done(name)
        };
        let told = world.task("bob", end).unwrap();
        let also: Vec<_> = also.into_iter().map(id).collect();
        assert_eq!((&told.also, &told.ready), (&also, &also), "{name}");
    }
    assert_eq!(world.handed_out("bob", &epics), "all");
}

#[test]
fn an_epic_is_ready_when_its_last_parts_fail_together() {
    let mut world = World::new();
    let falls = New {
        depends: [id("a")].into(),
        ..part("falls", Some("all"))
    };
    let tasks = vec![
        epic("all", None),
        part("a", Some("all")),
        with(OnFail::Fail, falls),
        with(OnFail::Ignore, after("next", "all")),
    ];
    world.task("alice", add(tasks)).unwrap();
    world.task("bob", claim("a")).unwrap();
    let told = world.task("bob", fail("a", false)).unwrap();
    assert_eq!(told.also, [id("falls"), id("all")]);
    assert_eq!(told.ready, [id("all")]);
}

#[test]
fn a_part_that_waits_for_its_epic_does_not_hold_it_up() {
    let mut world = World::new();
    let tasks = vec![
        epic("all", None),
        part("a", Some("all")),
        part("after", Some("all")),
        epic("one", None),
        epic("two", None),
    ];
    world.task("alice", add(tasks)).unwrap();
    let wait = |world: &mut World, name: &str, on: &str| {
        let depends = edit(name, |edit| {
            edit.add_depends.insert(id(on));
        });
        world.task("alice", depends).unwrap();
    };
    wait(&mut world, "after", "all");
    assert_eq!(blocked_by(&world, "all"), "a open");
    // Nor in a circle of several epics.
    let parts = vec![part("in-one", Some("one")), part("in-two", Some("two"))];
    world.task("alice", add(parts)).unwrap();
    wait(&mut world, "in-one", "two");
    assert_eq!(blocked_by(&world, "one"), "in-one open");
    wait(&mut world, "in-two", "one");
    assert_eq!(blocked_by(&world, "one"), "");
    assert_eq!(blocked_by(&world, "two"), "");
}

#[test]
fn who_has_an_epic_keeps_it_when_it_gets_parts() {
    let mut world = World::new();
    world.task("alice", add(vec![epic("all", None)])).unwrap();
    world.task("bob", claim("all")).unwrap();
    world
        .task("bob", add(vec![part("a", Some("all"))]))
        .unwrap();
    world.task("bob", claim("all")).unwrap();
    world.task("bob", done("all")).unwrap();
}

#[test]
fn a_dependency_that_is_done_already_is_met_at_once() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a")])).unwrap();
    world.task("bob", claim("a")).unwrap();
    world.task("bob", done("a")).unwrap();
    world.task("alice", add(vec![after("b", "a")])).unwrap();
    world.task("bob", claim("b")).unwrap();
}

#[test]
fn a_failure_holds_fails_or_is_ignored_as_each_dependant_says() {
    for (how, stage) in [
        ("fail", "failed"),
        ("cancel", "cancelled"),
        ("dead", "dead"),
    ] {
        let mut world = World::new();
        let tasks = vec![
            New {
                attempts_max: Some(1),
                ..new("a")
            },
            with(OnFail::Hold, after("holds", "a")),
            with(OnFail::Fail, after("fails", "a")),
            with(OnFail::Fail, after("fails-too", "fails")),
            with(OnFail::Hold, after("held", "fails-too")),
            with(OnFail::Ignore, after("ignores", "a")),
        ];
        world.task("alice", add(tasks)).unwrap();
        let told = match how {
            "cancel" => world.task("alice", cancel("a", false)),
            _ => {
                world.task("bob", claim("a")).unwrap();
                world.task("bob", fail("a", how == "dead"))
            }
        };
        let also: Vec<String> = told.unwrap().also.iter().map(ToString::to_string).collect();
        assert_eq!(also, ["fails", "fails-too", "ignores"], "{how}");
        assert_eq!(world.stored("a").stage.as_str(), stage);
        assert_eq!(blocked_by(&world, "holds"), format!("a {stage}"));
        assert_eq!(world.stage("fails"), "failed, 0 of 3");
        let why = world.stored("fails").why.clone().unwrap();
        assert_eq!(why.as_str(), format!("it depends on a, which is {stage}"));
        assert_eq!(blocked_by(&world, "held"), "fails-too failed");
        world.task("bob", claim("ignores")).unwrap();
        assert_eq!(world.refused("bob", claim("holds")), "wrong_state");
        // A second chance for the first is one for those that were held by it.
        world.task("bob", retry("a")).unwrap();
        assert_eq!(world.stage("a"), "open, 0 of 1");
        assert_eq!(blocked_by(&world, "holds"), "a open");
        world.task("bob", claim("a")).unwrap();
        assert_eq!(world.task("bob", done("a")).unwrap().also, [id("holds")]);
    }
}

#[test]
fn nothing_is_added_that_fails_at_once() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a")])).unwrap();
    world.task("alice", cancel("a", false)).unwrap();
    for (on_fail, code) in [
        (OnFail::Fail, Some("wrong_state")),
        (OnFail::Hold, None),
        (OnFail::Ignore, None),
    ] {
        let name = format!("{on_fail:?}").to_lowercase();
        let ask = add(vec![with(on_fail, after(&name, "a"))]);
        match code {
            Some(code) => assert_eq!(world.refused("alice", ask), code),
            None => drop(world.task("alice", ask).unwrap()),
        }
    }
    assert_eq!(blocked_by(&world, "hold"), "a cancelled");
    assert_eq!(blocked_by(&world, "ignore"), "");
    // Whoever decides that it does not matter says so.
    let ignore = edit("hold", |edit| edit.on_fail = Some(OnFail::Ignore));
    assert_eq!(world.task("bob", ignore).unwrap().also, [id("hold")]);
    world.task("bob", claim("hold")).unwrap();
}

#[test]
fn a_claimed_dependant_that_fails_is_taken_from_its_holder() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a"), new("b")])).unwrap();
    world.task("bob", claim("b")).unwrap();
    let late = edit("b", |edit| {
        edit.add_depends.insert(id("a"));
        edit.on_fail = Some(OnFail::Fail);
    });
    world.task("alice", late).unwrap();
    world.task("alice", cancel("a", false)).unwrap();
    assert_eq!(world.held(), "");
    assert_eq!(world.stored("b").stage.as_str(), "failed");
    let notices = world.by("bob").note().ok().notices;
    assert_eq!(notices[0].keys[0].to_string(), "task:b");
    assert!(
        notices[0]
            .reason
            .as_ref()
            .unwrap()
            .as_str()
            .contains("depends on a")
    );
}

#[test]
fn many_that_fail_with_one_fail_in_one_step() {
    let mut world = World::new();
    let mut tasks = vec![new("n0")];
    tasks.extend((1..400).map(|n| {
        with(
            OnFail::Fail,
            after(&format!("n{n}"), &format!("n{}", (n - 1) / 2)),
        )
    }));
    world.task("alice", add(tasks)).unwrap();
    let told = world.task("alice", cancel("n0", false)).unwrap();
    assert_eq!(told.also.len(), 399);
    assert_eq!(world.refused("bob", next()), "nothing_ready");
}

/// Puts a record where nobody honest would have left it so.
fn damage(world: &mut World, name: &str, change: impl FnOnce(&mut Task)) {
    world.is_honest = false;
    let mut task = world.stored(name);
    change(&mut task.body);
    let bytes = serde_json::to_vec(&task).unwrap();
    world
        .book
        .places
        .insert(Task::place(&id(name), false), bytes);
}

#[test]
fn a_circle_that_is_there_is_found_and_never_walked_for_ever() {
    let mut world = World::new();
    let tasks = vec![
        new("a"),
        after("b", "a"),
        after("c", "b"),
        after("d", "c"),
        new("free"),
    ];
    world.task("alice", add(tasks)).unwrap();
    damage(&mut world, "a", |task| task.depends = [id("c")].into());
    let board = Board::read(&world.book).unwrap();
    let found = circles(&board);
    let found: Vec<String> = found
        .iter()
        .map(|(one, on)| format!("{one} on {on}"))
        .collect();
    assert_eq!(found, ["a on c", "b on a", "c on b"]);
    assert_eq!(world.task("bob", next()).unwrap().tasks[0].id, id("free"));
    assert_eq!(world.refused("bob", next()), "nothing_ready");
    world.task("alice", add(vec![after("e", "d")])).unwrap();
    let told = world.task("alice", cancel("a", true)).unwrap();
    assert_eq!(told.tasks.len(), 5, "each once");
}

#[test]
fn a_dependency_that_went_missing_blocks_visibly() {
    let mut world = World::new();
    world
        .task("alice", add(vec![new("a"), after("b", "a")]))
        .unwrap();
    world.book.places.remove(&Task::place(&id("a"), false));
    assert_eq!(blocked_by(&world, "b"), "a missing");
    assert_eq!(world.refused("bob", next()), "nothing_ready");
    assert_eq!(world.refused("bob", claim("b")), "wrong_state");
    let let_go = edit("b", |edit| {
        edit.remove_depends.insert(id("a"));
    });
    world.task("alice", let_go).unwrap();
    world.task("bob", claim("b")).unwrap();
}
