//! Records that cannot be read, and fields that nobody here knows.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::steps::{run, steps};
use super::words::{World, actor, key};
use crate::model::place::Place;
use crate::model::reply::How;
use crate::model::wait::WaitRecord;

/// What may stand where a record belongs.
fn damages(good: &[u8]) -> Vec<Vec<u8>> {
    let with = |name: &str, value: Value| {
        let mut record: Value = serde_json::from_slice(good).unwrap();
        record[name] = value;
        serde_json::to_vec(&record).unwrap()
    };
    vec![
        Vec::new(),
        b"not JSON".to_vec(),
        [good, b"{}"].concat(),
        with("v", json!(2)),
        with("v", json!("one")),
        with("kind", json!("task")),
        with("op", json!("short")),
        good.iter()
            .map(|byte| if *byte == b'{' { b'[' } else { *byte })
            .collect(),
        vec![b' '; 70_000],
    ]
}

#[test]
fn damage_in_the_way_refuses_and_stays_as_it_is() {
    let mut world = World::new();
    world.by("alice").lock("src/a.rs").ok();
    let place = key("src/a.rs").place();
    for bytes in damages(&world.book.places[&place].clone()) {
        world.book.places.insert(place.clone(), bytes);
        for wanted in ["src/a.rs", "src/", ".", "src/*.rs", "free, src/"] {
            world.by("bob").lock(wanted).refused("damaged");
            world.by("bob").lock(wanted).wait("1h").refused("damaged");
            world.by("alice").lock(wanted).refused("damaged");
        }
        world.by("alice").unlock("src/a.rs").refused("damaged");
        world.by("alice").renew("src/a.rs").refused("damaged");
        world.by("bob").steal("src/a.rs", 1).refused("damaged");
        world.by("bob").land("src/a.rs").refused("damaged");
        // Elsewhere it does not matter.
        world.by("bob").lock("src/b.rs, doc/").ok();
        world.by("bob").land("src/b.rs").ok();
        world.by("alice").holding("src/a.rs").note().ok();
        world.by("alice").unlock_all().no_change();
        world.by("bob").unlock_all().ok();
    }
    world.book.places.remove(&place);
    world.book.unreadable.insert(place);
    world.by("bob").lock("src/").refused("damaged");
    world.by("bob").lock("src/b.rs").ok();
}

#[test]
fn an_exclusive_lock_of_several_is_damage() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    world.by("bob").lock("a").shared().ok();
    let bytes = world.book.places.get_mut(&key("a").place()).unwrap();
    *bytes = String::from_utf8(bytes.clone())
        .unwrap()
        .replace("\"shared\"", "\"exclusive\"")
        .into_bytes();
    world.is_honest = false;
    for name in ["alice", "carol"] {
        world.by(name).lock("a").refused("damaged");
    }
}

#[test]
fn a_record_in_the_place_of_another_is_damage() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let bytes = world.book.places[&key("a").place()].clone();
    world.book.places.insert(key("b").place(), bytes);
    world.by("bob").lock("b").refused("damaged");
}

/// A session's own intent, damaged or of a newer program, was written over.
#[test]
fn an_intent_that_cannot_be_read_holds_nobody_up_and_stays() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("bob").lock("a").wait("1h").waits(0);
    let place = WaitRecord::place(&actor("bob")).unwrap();
    let good = world.book.places[&place].clone();
    world.by("alice").unlock("a").ok();
    for bytes in damages(&good) {
        world.book.places.insert(place.clone(), bytes.clone());
        world.by("carol").lock("a").ok();
        world.by("bob").lock("a").wait("1h").refused("damaged");
        world.by("bob").leave().no_change();
        world.by("carol").unlock("a").ok();
        world.by("bob").lock("a").ok();
        world.by("bob").unlock("a").ok();
        assert_eq!(world.book.places[&place], bytes);
    }
    // In another's place it counts for nobody.
    world.book.places.remove(&place);
    world
        .book
        .places
        .insert(WaitRecord::place(&actor("dave")).unwrap(), good);
    world.by("carol").lock("a").ok();
}

#[test]
fn fields_of_a_newer_program_survive_and_ours_do_not_come_back() {
    let mut world = World::new();
    world
        .by("alice")
        .lock("a")
        .shared()
        .ttl("1h")
        .work("topic", "7")
        .ok();
    let place = key("a").place();
    let mut record = world.book.json(&place).unwrap();
    record["colour"] = json!({"deep": [1, 2]});
    record["holds"][0]["mood"] = json!("calm");
    record["by"]["device"] = json!("of alice");
    world
        .book
        .places
        .insert(place.clone(), serde_json::to_vec(&record).unwrap());
    world.by("bob").lock("a").shared().ok();
    world.pass("31m").by("alice").holding("a").lock("b").ok();
    let now = world.book.json(&place).unwrap();
    assert_eq!(now["colour"], json!({"deep": [1, 2]}));
    let holds = now["holds"].as_array().unwrap();
    let moods: Vec<_> = holds
        .iter()
        .map(|hold| (hold["agent"].clone(), hold.get("mood").cloned()))
        .collect();
    assert!(
        moods.contains(&(json!("alice"), Some(json!("calm"))))
            && moods.contains(&(json!("bob"), None)),
        "{moods:?}"
    );
    // What was known of one writer is not said of another.
    assert_eq!(now["by"]["agent"], "alice");
    assert_eq!(now["by"].get("device"), None);
    // The turn of a waiter is gone when it is.
    world.by("carol").lock("b").wait("1h").waits(0);
    world.by("alice").unlock("b").ok();
    world.pass("31s").by("dave").lock("b").ok();
    world.by("carol").lock("b").wait("1h").waits(0);
    let wait = world
        .book
        .json(&WaitRecord::place(&actor("carol")).unwrap())
        .unwrap();
    assert_eq!(wait.get("turn"), None);
}

/// The answer was `damaged`, although nothing was.
#[test]
fn a_record_that_would_be_too_large_is_a_limit() {
    let mut world = World::new();
    let long = |n: usize| format!("{n}-{}", "k".repeat(900));
    let many: Vec<String> = (0..80).map(long).collect();
    world.by("alice").lock(&many[0]).ok();
    world
        .by("bob")
        .lock(&many.join(", "))
        .wait("1h")
        .refused("limit");
    // A notice of that many names some of them.
    let mut world = World::new();
    world.by("alice").lock(&many.join(", ")).ttl("1m").ok();
    world
        .pass("1h")
        .by("bob")
        .lock(&many.join(", "))
        .granted(&[How::Lapsed; 80]);
    let notices = world.by("alice").note().ok().notices;
    assert!((20..80).contains(&notices[0].keys.len()));
}

#[test]
fn the_last_possible_numbers_are_no_panic() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.book.rev = u64::MAX;
    world.by("alice").lock("b").refused("damaged");
    world.book.rev = 7;
    let format = Place::new("format.json").unwrap();
    world.book.places.insert(
        format.clone(),
        br#"{"v":1,"kind":"format","epoch":18446744073709551615}"#.to_vec(),
    );
    world.by("alice").compact().refused("limit");
    world.book.places.remove(&format);
    world.by("alice").lock("b").refused("damaged");
}

/// Bytes that are nearly a record of ours.
fn mangled() -> impl Strategy<Value = (usize, usize, Value)> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(u64::MAX)),
        Just(json!(-1)),
        Just(json!("")),
        Just(json!("+262142-12-31T23:59:59Z")),
        Just(json!("0000-01-01T00:00:00Z")),
        Just(json!("shared")),
        Just(json!("exclusive")),
        Just(json!([])),
        Just(json!({"agent": "bob", "session": "1"})),
        Just(json!(["src/", "src/", "."])),
        Just(json!("src/")),
        Just(json!(28_800)),
    ];
    (any::<usize>(), any::<usize>(), value)
}

/// Sets the nth field of a record, counted in depth.
fn set_nth(value: &mut Value, n: &mut usize, to: &Value) -> bool {
    let children: Vec<&mut Value> = match value {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return false,
    };
    for child in children {
        if *n == 0 {
            *child = to.clone();
            return true;
        }
        *n -= 1;
        if set_nth(child, n, to) {
            return true;
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::with_cases(100) })]

    /// Whatever hands have made of the records, an answer comes, a refusal changes nothing, and a
    /// decision is the same when it is made again.
    #[test]
    fn no_record_makes_a_decision_panic(
        before in steps(30),
        mangled in proptest::collection::vec(mangled(), 1..8),
        after in steps(15),
    ) {
        let mut world = World::new();
        run(&mut world, before, |_, _, _, _, _| {});
        world.is_honest = false;
        let places: Vec<Place> = world.book.places.keys().cloned().collect();
        for (place, mut field, value) in mangled {
            let Some(place) = places.get(place % places.len().max(1)) else { continue };
            let mut record = world.book.json(place).unwrap();
            field %= 24;
            set_nth(&mut record, &mut field, &value);
            world.book.places.insert(place.clone(), serde_json::to_vec(&record).unwrap());
        }
        run(&mut world, after, |before, after, _, _, answer| {
            if answer.is_err() {
                assert_eq!(before.book, after.book);
            }
        });
    }
}
