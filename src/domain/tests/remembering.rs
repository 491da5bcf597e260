//! Keeping things in mind.

use std::collections::BTreeMap;

use super::words::{Done, World, keys};
use crate::domain::memory;
use crate::model::id::Id;
use crate::model::limits::LONG_BYTES_MAX;
use crate::model::memory::{Ask, Did, Forget, MemoryRecord, Outcome, Remember, Sort, Told, Used};
use crate::model::reply::Reply;
use crate::model::request::Request;

fn remember(summary: &str, change: impl FnOnce(&mut Remember)) -> Request {
    let mut ask = Remember {
        sort: Sort::Error,
        summary: summary.parse().unwrap(),
        details: None,
        outcome: Outcome::Neutral,
        lessons: Vec::new(),
        tags: Default::default(),
        files: Vec::new(),
        commit: None,
        importance: Default::default(),
        allow_secrets: Default::default(),
    };
    change(&mut ask);
    Request::Memory(Ask::Remember(Box::new(ask)))
}

fn told(done: Done) -> Told {
    match done.reply {
        Reply::Memory(told) => *told,
        other => panic!("{other:?}"),
    }
}

fn one(done: Done) -> (Did, MemoryRecord) {
    let mut told = told(done);
    assert_eq!(told.memories.len(), 1);
    (told.did, told.memories.remove(0))
}

#[test]
fn the_same_within_an_hour_is_one_memory_that_lost_nothing() {
    let mut world = World::new();
    world.pass("50m");
    let first = remember("Push fails: lock is held", |ask| {
        ask.details = Some("on main".parse().unwrap());
        ask.lessons = vec!["wait".parse().unwrap()];
        ask.tags = ["push".parse().unwrap()].into();
        ask.files = keys("src/a.rs");
        ask.commit = Some("1".repeat(40).parse().unwrap());
    });
    let (did, before) = one(world.by("alice").ask(first).ok());
    assert_eq!((did, before.times), (Did::Remembered, 1));
    world.pass("59m");
    let again = remember("push fails, lock is held!", |ask| {
        ask.details = Some("on next".parse().unwrap());
        ask.lessons = vec!["wait".parse().unwrap(), "retry".parse().unwrap()];
        ask.tags = ["retry".parse().unwrap()].into();
        ask.files = keys("src/a.rs, src/b.rs");
        ask.commit = Some("2".repeat(40).parse().unwrap());
        ask.importance = 5.try_into().unwrap();
    });
    let (did, after) = one(world.by("alice/2").ask(again).ok());
    assert_eq!((did, &after.id, after.times), (Did::Merged, &before.id, 2));
    assert_eq!(after.summary, before.summary);
    let details = after.details.as_ref().unwrap().as_str();
    assert_eq!(details, "on main\n\npush fails, lock is held!\n\non next");
    let lists = (
        after.lessons.len(),
        after.tags.len(),
        after.files.len(),
        after.commits.len(),
    );
    assert_eq!(lists, (2, 2, 2, 2));
    assert_eq!((after.importance.get(), after.since), (5, before.since));
    // What is known already is not repeated.
    let same = remember("Push fails: lock is held", |ask| {
        ask.details = Some("on main".parse().unwrap());
    });
    let (_, third) = one(world.by("alice").ask(same).ok());
    assert_eq!(third.details, after.details);
}

#[test]
fn what_differs_is_kept_apart() {
    let mut world = World::new();
    let (_, base) = one(world.by("alice").ask(remember("It fails", |_| {})).ok());
    let other: [(&str, Request); 5] = [
        ("bob", remember("It fails", |_| {})),
        (
            "alice",
            remember("It fails", |ask| ask.sort = Sort::Discovery),
        ),
        (
            "alice",
            remember("It fails", |ask| ask.outcome = Outcome::Negative),
        ),
        ("alice", remember("It still fails", |_| {})),
        ("alice", remember("???", |_| {})),
    ];
    for (by, request) in other {
        let (did, memory) = one(world.by(by).ask(request).ok());
        assert!(did == Did::Remembered && memory.id != base.id);
    }
    // Not the same question marks.
    let (did, _) = one(world.by("alice").ask(remember("!!!", |_| {})).ok());
    assert_eq!(did, Did::Remembered);
    world.pass("61m");
    let (did, later) = one(world.by("alice").ask(remember("It fails", |_| {})).ok());
    assert!(did == Did::Remembered && later.id != base.id);
}

#[test]
fn what_does_not_fit_together_is_kept_apart() {
    let mut world = World::new();
    let long = |letter: &str| {
        let text = letter.repeat(LONG_BYTES_MAX - 10);
        remember("It fails", |ask| ask.details = Some(text.parse().unwrap()))
    };
    let (_, first) = one(world.by("alice").ask(long("a")).ok());
    let (did, second) = one(world.by("alice").ask(long("b")).ok());
    assert!(did == Did::Remembered && second.id != first.id);
}

#[test]
fn forgetting_is_all_or_nothing() {
    let mut world = World::new();
    let ids: Vec<Id> = ["a", "b"]
        .iter()
        .map(|text| {
            one(world.by("alice").ask(remember(text, |_| {})).ok())
                .1
                .id
                .clone()
        })
        .collect();
    let forget = |ids: Vec<Id>| Request::Memory(Ask::Forget(Forget { ids }));
    let unknown: Id = "none".parse().unwrap();
    world
        .by("bob")
        .ask(forget(vec![ids[0].clone(), unknown]))
        .refused("not_found");
    assert!(memory::get(&world.book, &ids[0]).unwrap().is_some());
    let told = told(world.by("bob").ask(forget(ids.clone())).ok());
    assert_eq!((told.did, told.memories.len()), (Did::Forgotten, 2));
    assert!(memory::get(&world.book, &ids[0]).unwrap().is_none());
}

#[test]
fn use_is_counted_and_changes_nothing_else() {
    let mut world = World::new();
    let (_, before) = one(world.by("alice").ask(remember("a", |_| {})).ok());
    let uses = |ids: &[(&Id, u32)]| -> Request {
        let uses: BTreeMap<Id, u32> = ids.iter().map(|(id, n)| ((*id).clone(), *n)).collect();
        Request::Memory(Ask::Used(Used { uses }))
    };
    let gone: Id = "none".parse().unwrap();
    world.by("bob").ask(uses(&[(&gone, 2)])).no_change();
    world
        .by("bob")
        .ask(uses(&[(&before.id, 3), (&gone, 2)]))
        .ok();
    let after = memory::get(&world.book, &before.id).unwrap().unwrap();
    assert_eq!((after.uses, &after.head), (3, &before.head));
}

#[test]
fn secrets_are_refused() {
    let mut world = World::new();
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let with = remember("a", |ask| ask.details = Some(token.parse().unwrap()));
    world.by("alice").ask(with).refused("secret");
}
