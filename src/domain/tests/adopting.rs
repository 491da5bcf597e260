//! What a clone that worked alone brings along.

use super::words::{World, actor};
use crate::domain::State;
use crate::domain::adopt::{BROUGHT, collision};
use crate::model::id::OpId;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::{Adopt, Brought, Request};

/// Everything that a world has, or what became of it since it was as `base`.
fn records(of: &World, base: Option<&World>) -> Vec<Brought> {
    let found = BROUGHT.iter().flat_map(|dir| of.book.under(dir).unwrap());
    let found = found.filter(|(place, bytes)| {
        let before = base.and_then(|base| base.book.places.get(place));
        before.map(Vec::as_slice) != bytes.as_deref().ok()
    });
    let brought = found.map(|(place, bytes)| {
        let twins = ["tasks/open", "tasks/ended"];
        let path = place.as_str();
        let base = base.into_iter().flat_map(|base| &base.book.places);
        let mut base = base.filter(|(other, _)| {
            let rest = |path: &str| {
                twins
                    .iter()
                    .find_map(|d| path.strip_prefix(d).map(String::from))
            };
            other.as_str() == path || rest(path).is_some() && rest(path) == rest(other.as_str())
        });
        let before: Option<serde_json::Value> = base
            .next()
            .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap());
        Brought {
            place: path.to_owned(),
            replaces: before
                .map(|record| serde_json::from_value::<OpId>(record["op"].clone()).unwrap()),
            record: serde_json::from_slice(&bytes.unwrap()).unwrap(),
        }
    });
    brought.collect()
}

fn adopt(records: Vec<Brought>) -> Request {
    Request::Adopt(Adopt {
        from: "2".repeat(40).parse::<ObjectId>().unwrap(),
        locks: Vec::new(),
        records,
    })
}

fn ask(world: &mut World, by: &str, request: serde_json::Value) {
    let request: Request = serde_json::from_value(request).unwrap();
    world.run(&actor(by), &request, &[]).unwrap();
}

/// What people do, each in words: `task a`, `done a`, `value x 1`, `message bob`, `status active`.
fn act(world: &mut World, by: &str, deeds: &str) {
    use serde_json::json;
    for deed in deeds.split(", ") {
        let words: Vec<&str> = deed.split(' ').collect();
        let request = match words.as_slice() {
            ["task", id] => json!({"task": {"add": {"tasks": [{"id": id, "title": by}]}}}),
            ["done", id] => {
                ask(world, by, json!({"task": {"claim": {"id": id}}}));
                json!({"task": {"done": {"id": id}}})
            }
            ["comment", id] => json!({"task": {"comment": {"id": id, "text": by}}}),
            ["value", name, value] => {
                json!({"value": {"name": name, "change": {"set": value}}})
            }
            ["message", to] => {
                json!({"message": {"send": {"to": to, "text": by}}})
            }
            ["status", plan] => json!({"agent": {"status": {"plan": plan}}}),
            other => panic!("{other:?}"),
        };
        ask(world, by, request);
    }
}

/// Worlds whose operations have names of their own.
fn apart() -> (World, World) {
    let (mut here, there) = (World::new(), World::new());
    for _ in 0..50 {
        here.by("nobody").unlock_all().no_change();
    }
    (here, there)
}

#[track_caller]
fn brought(world: &mut World, records: Vec<Brought>) -> String {
    let done = world.run(&actor("alice"), &adopt(records), &[]).unwrap();
    let Reply::Adopted { records, .. } = done.reply else {
        panic!("{:?}", done.reply)
    };
    let counts = records
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"));
    counts.collect::<Vec<_>>().join(", ")
}

#[test]
fn all_records_come_along_with_numbers_of_the_other_chain() {
    let (mut here, mut there) = apart();
    act(&mut there, "bob", "task b, value theirs 1");
    act(
        &mut here,
        "alice",
        "task a, comment a, task over, done over, value ours 1, message bob",
    );
    let before = there.book.clone();
    let all = records(&here, None);
    let count = "1 comment, 1 message, 2 task, 1 value";
    assert_eq!(brought(&mut there, all.clone()), count);
    for (place, bytes) in &here.book.places {
        let Some(there) = there
            .book
            .json(place)
            .filter(|_| !before.places.contains_key(place))
        else {
            continue;
        };
        let mut here: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        here["rev"] = (before.rev + 1).into();
        assert_eq!(there, here, "{place}");
    }
    assert!(
        before
            .places
            .keys()
            .all(|place| there.book.places.contains_key(place))
    );
    // Again there is nothing to do.
    assert_eq!(brought(&mut there, all), "");
}

#[test]
fn what_has_one_name_and_is_not_the_same_collides_and_nothing_comes() {
    for (ours, name) in [
        ("task same", "task same"),
        ("task same, done same", "task same"),
        ("value x 1", "value x"),
    ] {
        let (mut here, mut there) = apart();
        act(&mut there, "bob", "task same, value x 2");
        act(&mut here, "alice", ours);
        act(&mut here, "alice", "task other");
        let all = records(&here, None);
        let found: Vec<String> = all
            .iter()
            .filter_map(|one| collision(&there.book, one).unwrap())
            .map(|one| {
                assert_eq!((one.ours.by, one.theirs.by), (actor("alice"), actor("bob")));
                format!("{} {}", one.kind, one.name)
            })
            .collect();
        assert_eq!(found, [name], "{ours}");
        let before = there.book.clone();
        let refusal = there.run(&actor("alice"), &adopt(all), &[]).unwrap_err();
        assert_eq!(refusal.code(), "exists");
        assert_eq!(there.book, before);
    }
}

#[test]
fn what_was_changed_on_one_side_only_is_that_ones() {
    let mut base = World::new();
    act(
        &mut base,
        "bob",
        "task a, task b, task c, value x 1, value y 1",
    );
    let (mut here, mut there) = (base.clone(), base.clone());
    for _ in 0..50 {
        here.by("nobody").unlock_all().no_change();
    }
    act(&mut here, "alice", "done a, value x 2");
    act(&mut there, "bob", "done b, value y 3");
    let changed = records(&here, Some(&base));
    assert_eq!(brought(&mut there, changed), "1 task, 1 value");
    for (place, is) in [
        ("values/x=", Some("2")),
        ("values/y=", Some("3")),
        ("tasks/open/", None),
    ] {
        let below = |at: &&crate::model::place::Place| at.as_str().starts_with(place);
        let found: Vec<_> = there.book.places.keys().filter(below).collect();
        match is {
            Some(is) => assert_eq!(there.book.json(found[0]).unwrap()["value"], is),
            None => assert_eq!(found.len(), 1, "a and b are over on both sides"),
        }
    }
    // What both have changed is for people to bring together.
    act(&mut here, "alice", "done b");
    let changed = records(&here, Some(&base));
    let refusal = there
        .run(&actor("alice"), &adopt(changed), &[])
        .unwrap_err();
    assert!(matches!(refusal, Refusal::Exists { name, .. } if name == "b"));
}

#[test]
fn of_two_records_of_one_session_the_newer_is_true() {
    for (is_ours_newer, plan) in [(true, "ours"), (false, "theirs")] {
        let (mut here, mut there) = apart();
        let newer = if is_ours_newer { &mut here } else { &mut there };
        newer.pass("1h");
        act(&mut there, "alice", "status theirs");
        act(&mut here, "alice", "status ours");
        let all = records(&here, None);
        brought(&mut there, all);
        let place = crate::model::agent::Presence::place(&actor("alice"));
        assert_eq!(there.book.json(&place).unwrap()["plan"], plan);
    }
}

#[test]
fn nothing_else_is_brought() {
    let (mut here, mut there) = apart();
    act(&mut here, "alice", "task a, value x 1");
    here.trust("alice", 4);
    let all = records(&here, None);
    let of = |place: &str| {
        all.iter()
            .find(|one| one.place.starts_with(place))
            .unwrap()
            .clone()
    };
    let task = of("tasks/open/");
    let trust = here
        .book
        .places
        .iter()
        .find(|(place, _)| place.as_str().starts_with("trust/"));
    let (place, bytes) = trust.unwrap();
    let elsewhere = |place: &str| Brought {
        place: place.to_owned(),
        ..task.clone()
    };
    for wrong in [
        // Whom others trust, and what no record is.
        Brought {
            place: place.to_string(),
            replaces: None,
            record: serde_json::from_slice(bytes).unwrap(),
        },
        elsewhere("format.json"),
        elsewhere("tasks/open/../../format.json"),
        elsewhere("tasks/turns.json"),
        elsewhere("values/x="),
        // A task in a place that is not its own.
        elsewhere("tasks/open/00/a.json"),
        elsewhere(&task.place.replace("open", "ended")),
        Brought {
            record: serde_json::json!({}),
            ..task.clone()
        },
    ] {
        let before = there.book.clone();
        let request = adopt(vec![of("values/"), wrong.clone()]);
        let refusal = there.run(&actor("alice"), &request, &[]);
        let refusal = refusal.expect_err(&wrong.place);
        let is_no = matches!(
            refusal,
            Refusal::NotAllowed { .. } | Refusal::Damaged { .. }
        );
        assert!(is_no, "{}: {refusal}", wrong.place);
        assert_eq!(there.book, before);
    }
}
