//! What is over leaves the live tree, and nothing else does.

use crate::domain::State;
use crate::domain::gc::COLLECTED_MAX;
use crate::domain::task::find;
use crate::domain::tests::words::{World, actor};
use crate::model::gc::{Gc, Keep, Told};
use crate::model::reply::Reply;
use crate::model::request::Request;

use super::asking::{add, after, claim, comment, done, id, new};

fn gc(world: &mut World, keep: &str, fan: Option<String>) -> Told {
    let secs = humantime::parse_duration(keep).unwrap().as_secs();
    let keep = Keep {
        tasks_secs: secs,
        messages_secs: secs,
        sessions_secs: secs,
        handoffs_secs: secs,
        answers_secs: secs,
    };
    let asked = world.run(&actor("janitor"), &Request::Gc(Gc { keep, fan }), &[]);
    match asked.unwrap().reply {
        Reply::Collected(told) => *told,
        other => panic!("{other:?}"),
    }
}

fn finish(world: &mut World, name: &str) {
    world.task("bob", claim(name)).unwrap();
    world.task("bob", done(name)).unwrap();
}

#[test]
fn a_task_that_is_over_goes_after_its_time_with_the_remarks_on_it() {
    let mut world = World::new();
    let tasks = vec![new("a"), new("b")];
    world.task("alice", add(tasks)).unwrap();
    world.task("alice", comment("a", "a remark")).unwrap();
    finish(&mut world, "a");
    world.pass("59m");
    assert_eq!(gc(&mut world, "1h", None), Told::default());
    world.pass("1m");
    let told = gc(&mut world, "1h", None);
    let counts: Vec<_> = told.collected.into_iter().collect();
    assert_eq!(counts, [("comment".to_owned(), 1), ("task".to_owned(), 1)]);
    assert_eq!(find::get(&world.book, &id("a")), Ok(None));
    assert!(find::get(&world.book, &id("b")).unwrap().is_some());
    assert!(world.book.under("comments").unwrap().is_empty());
    assert_eq!(gc(&mut world, "1h", None), Told::default());
}

#[test]
fn a_task_that_another_needs_stays() {
    let mut world = World::new();
    let mut part = new("part");
    part.parent = Some(id("whole"));
    let tasks = vec![new("whole"), part, new("first"), after("second", "first")];
    world.task("alice", add(tasks)).unwrap();
    finish(&mut world, "whole");
    world
        .task("alice", super::asking::cancel("first", false))
        .unwrap();
    world.pass("2h");
    assert_eq!(gc(&mut world, "1h", None), Told::default());
    finish(&mut world, "part");
    world
        .task("alice", super::asking::cancel("second", false))
        .unwrap();
    world.pass("2h");
    assert_eq!(gc(&mut world, "1h", None).collected["task"], 4);
}

#[test]
fn a_part_is_collected_at_a_time_and_a_commit_has_its_limit() {
    let mut world = World::new();
    // So many that looking through all of them after each step would take minutes.
    world.is_honest = false;
    let name = |n: usize| format!("t{n}");
    for batch in 0..5 {
        let tasks = (0..900).map(|n| new(&name(batch * 900 + n)));
        world.task("alice", add(tasks.collect())).unwrap();
        let all: Vec<String> = (0..900).map(|n| name(batch * 900 + n)).collect();
        for some in all.chunks(200) {
            world
                .task("alice", super::asking::cancel(&some.join(" "), false))
                .unwrap();
        }
    }
    world.pass("2h");
    let fan = id("t0").fan();
    let few = gc(&mut world, "1h", Some(fan.clone())).collected["task"];
    assert!((1..100).contains(&few), "{few}");
    assert_eq!(find::get(&world.book, &id("t0")), Ok(None));
    let told = gc(&mut world, "1h", None);
    assert_eq!((told.collected["task"], told.more), (COLLECTED_MAX, true));
    let told = gc(&mut world, "1h", None);
    assert_eq!(
        (told.collected["task"], told.more),
        (4500 - few - COLLECTED_MAX, false)
    );
    assert!(world.book.under("tasks").unwrap().is_empty());
}

#[test]
fn what_comes_from_the_future_stays() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a")])).unwrap();
    world.pass("1d");
    finish(&mut world, "a");
    let later = world.now;
    world.now = crate::model::time::Timestamp::new(
        chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
    );
    assert_eq!(gc(&mut world, "0s", None), Told::default());
    world.now = later;
    assert_eq!(gc(&mut world, "0s", None).collected["task"], 1);
}

#[test]
fn a_handoff_goes_after_it_was_accepted_or_after_its_task() {
    let mut world = World::new();
    world.task("alice", add(vec![new("a")])).unwrap();
    let ask = |world: &mut World, by: &str, ask: serde_json::Value| {
        let request: Request = serde_json::from_value(ask).unwrap();
        let done = world.run(&actor(by), &request, &[]).unwrap();
        let Reply::Handoff(told) = done.reply else {
            panic!("{:?}", done.reply)
        };
        told.handoff.id.to_string()
    };
    let write = |world: &mut World, task: Option<&str>| {
        let write = serde_json::json!({"summary": "half of it", "task": task});
        ask(
            world,
            "alice",
            serde_json::json!({"handoff": {"write": write}}),
        )
    };
    let accepted = write(&mut world, None);
    let open = write(&mut world, None);
    let of_task = write(&mut world, Some("a"));
    let accept = serde_json::json!({"handoff": {"accept": {"id": accepted}}});
    world.pass("30m");
    ask(&mut world, "bob", accept);
    let left = |world: &World| {
        let found = world.book.under("handoffs").unwrap().into_iter();
        let names = found.map(|(place, _)| {
            let name = place.as_str().trim_start_matches("handoffs/");
            name.trim_end_matches(".json").to_owned()
        });
        names.collect::<std::collections::BTreeSet<_>>()
    };
    for (pass, names) in [
        ("59m", vec![&accepted, &open, &of_task]),
        ("1m", vec![&open, &of_task]),
        ("2h", vec![&open, &of_task]),
        ("30m", vec![&of_task]),
    ] {
        world.pass(pass);
        gc(&mut world, "1h", None);
        assert_eq!(left(&world), names.into_iter().cloned().collect(), "{pass}");
    }
    finish(&mut world, "a");
    // What is in no directory of its own for each part waits for its turn.
    gc(&mut world, "1h", Some("01".into()));
    assert_eq!(left(&world).len(), 1);
    gc(&mut world, "1h", Some("40".into()));
    assert_eq!(left(&world).len(), 0);
}
