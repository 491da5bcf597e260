//! Notices that nobody came for.

use super::words::{World, actor};
use crate::domain::State;
use crate::model::notice::{NOTICES, NoticeRecord};
use crate::model::place::Place;

/// For whom there are notices, as the first two levels below their directory.
fn addressees(world: &World) -> Vec<String> {
    let found = world.book.under(NOTICES).unwrap().into_iter();
    let mut places: Vec<String> = found
        .map(|(place, _)| place.components().nth(1).unwrap().to_owned())
        .collect();
    places.dedup();
    places
}

/// Lets one session lose its lock to another, which leaves a notice.
fn loses(world: &mut World, loser: &str, taker: &str) {
    world.by(loser).lock("a").ok();
    let rev = world.hold("a", loser).rev;
    world.by(taker).steal("a", rev).ok();
    world.by(taker).unlock("a").ok();
}

/// They stayed for ever: only the session itself could remove them.
#[test]
fn notices_to_sessions_that_never_return_are_forgotten() {
    let mut world = World::new();
    loses(&mut world, "gone", "bob");
    world.pass("24h");
    loses(&mut world, "alice", "bob");
    assert_eq!(addressees(&world), ["alice", "gone"]);
    // To the second: then whatever leaves a notice removes what is old, for anybody.
    world.pass("6d");
    loses(&mut world, "carol", "dave");
    assert_eq!(addressees(&world), ["alice", "carol", "gone"]);
    world.pass("1s");
    world.by("dave").note().ok();
    world.by("dave").lock("b").ok();
    world.by("dave").unlock("b").ok();
    assert_eq!(addressees(&world), ["alice", "carol", "gone"]);
    loses(&mut world, "carol/2", "dave");
    assert_eq!(addressees(&world), ["alice", "carol"]);
    // Whoever comes back later than that and is the one to clean up still hears of it.
    world.pass("8d");
    world.by("erin").lock("a").ok();
    let rev = world.hold("a", "erin").rev;
    let heard = world.by("alice").steal("a", rev).ok().notices;
    assert_eq!(heard.len(), 1);
    assert_eq!(addressees(&world), ["erin"]);
}

#[test]
fn what_is_no_notice_or_from_the_future_stays() {
    let mut world = World::new();
    world.is_honest = false;
    loses(&mut world, "gone", "bob");
    let dir = NoticeRecord::dir(&actor("gone"));
    let (_, bytes) = world.book.under(&dir).unwrap().remove(0);
    let text = String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    for (name, text) in [
        ("x1.json", text.replace("\"v\":1", "\"v\":9")),
        ("x2.json", text.replace("\"notice\"", "\"lock\"")),
        ("x3.json", "{".into()),
        ("x4.json", text.replace("2023-", "2999-")),
    ] {
        let other = Place::new(&format!("{dir}/{name}")).unwrap();
        world.book.places.insert(other, text.into_bytes());
    }
    world.pass("30d");
    loses(&mut world, "alice", "bob");
    let left = world.book.under(&dir).unwrap();
    let names = left.iter().map(|(place, _)| place.components().last());
    let names: Vec<_> = names.map(Option::unwrap).collect();
    assert_eq!(names, ["x1.json", "x2.json", "x3.json", "x4.json"]);
}
