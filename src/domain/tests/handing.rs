//! Handing work over.

use super::words::{Done, World, actor, key, keys};
use crate::domain::handoff;
use crate::model::handoff::{Accept, Ask, Content, Did, HandoffRecord, Told, Write};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Stamp, Watch};
use crate::model::stored::Stored;
use crate::model::task::{Claimed, Stage, Task, TaskRecord};

fn write(change: impl FnOnce(&mut Write)) -> Request {
    let mut ask = Write {
        content: Content::of("how it stands\nin detail".parse().unwrap()),
        keep_locks: false,
        allow_secrets: Default::default(),
    };
    change(&mut ask);
    Request::Handoff(Ask::Write(Box::new(ask)))
}

fn accept(id: &Id) -> Request {
    let host = Some("desk".parse().unwrap());
    let id = id.clone();
    Request::Handoff(Ask::Accept(Accept { id, host }))
}

fn told(done: Done) -> Told {
    match done.reply {
        Reply::Handoff(told) => *told,
        other => panic!("{other:?}"),
    }
}

fn written(world: &mut World, by: &str) -> HandoffRecord {
    told(world.by(by).ask(write(|_| {})).ok()).handoff
}

/// A task that somebody has claimed, as its own decision leaves it.
fn claimed(world: &mut World, id: &str, by: &str, stage: Stage) -> Id {
    let id: Id = id.parse().unwrap();
    world.by(by).lock(&format!("task:{id}")).ok();
    let stamp = Stamp {
        at: world.now,
        by: actor(by),
        op: crate::model::id::OpId::new(ulid::Ulid(1)),
        watch: Watch::default(),
        here: None,
    };
    let body = serde_json::json!({
        "id": id, "title": "t", "sort": "task", "attempts_max": 3, "attempts": 1,
        "added_by": actor(by), "added_at": world.now, "stage": stage,
        "claimed": Claimed { by: actor(by), at: world.now, wanted_back: None },
    });
    let body: Task = serde_json::from_value(body).unwrap();
    let record = Stored::new(&stamp, world.book.rev, body);
    let bytes = serde_json::to_vec(&record).unwrap();
    world.book.places.insert(Task::place(&id, false), bytes);
    id
}

fn task(world: &World, id: &Id) -> TaskRecord {
    let place = Task::place(id, false);
    crate::model::record::parse(&place, &world.book.places[&place]).unwrap()
}

#[test]
fn locks_and_claims_go_over_in_one_step() {
    let mut world = World::new();
    world
        .by("alice")
        .lock("src/a.rs, api:GET /v1")
        .work("b", "t")
        .ok();
    world.by("alice").lock("docs/").shared().ok();
    world.by("carol").lock("docs/").shared().ok();
    let id = claimed(&mut world, "t-1", "alice", Stage::Running);
    let handoff = written(&mut world, "alice");
    assert_eq!(
        handoff.locks,
        keys("api:GET /v1, task:t-1, docs/, src/a.rs")
    );
    let told = told(world.by("bob").ask(accept(&handoff.id)).ok());
    assert_eq!(
        (told.did, told.locks.len(), told.gone.len()),
        (Did::Accepted, 4, 0)
    );
    assert_eq!(told.tasks, std::slice::from_ref(&id));
    assert_eq!(told.handoff.accepted.as_ref().unwrap().by, actor("bob"));
    assert_eq!(
        world.held(),
        "bob api:GET /v1, bob docs/ shared, bob src/a.rs, bob task:t-1, carol docs/ shared"
    );
    let hold = world.hold("src/a.rs", "bob");
    assert_eq!(hold.branch.unwrap().as_str(), "b");
    assert_eq!(hold.host.unwrap().as_str(), "desk");
    assert_eq!((hold.since, hold.renewed), (world.now, world.now));
    let task = task(&world, &id);
    assert_eq!(
        (task.stage, &task.claimed.as_ref().unwrap().by),
        (Stage::Running, &actor("bob"))
    );
    // The earlier session is told, and cannot renew what is no longer its own.
    let notices = world.by("alice").note().ok().notices;
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].happened, notices[0].keys.len()),
        (Happened::Handover, 4)
    );
    world.by("alice").renew("src/a.rs").refused("not_held");
}

#[test]
fn exactly_one_accepts_and_may_ask_again() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let handoff = written(&mut world, "alice");
    world.by("bob").ask(accept(&handoff.id)).ok();
    world
        .by("carol")
        .ask(accept(&handoff.id))
        .refused("wrong_state");
    world
        .by("bob/2")
        .ask(accept(&handoff.id))
        .refused("wrong_state");
    let again = told(world.by("bob").ask(accept(&handoff.id)).no_change());
    assert_eq!((again.did, again.locks.len()), (Did::Found, 1));
    assert_eq!(world.held(), "bob a");
    world
        .by("bob")
        .ask(accept(&"none".parse().unwrap()))
        .refused("not_found");
}

#[test]
fn a_handoff_with_a_name_is_for_nobody_else() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let to_bob = write(|ask| ask.content.to = Some("bob".parse().unwrap()));
    let id = told(world.by("alice").ask(to_bob).ok()).handoff.id.clone();
    for other in ["carol", "alice", "alice/2"] {
        world.by(other).ask(accept(&id)).refused("not_allowed");
    }
    world.by("bob/7").ask(accept(&id)).ok();
    assert_eq!(world.held(), "bob/7 a");
}

#[test]
fn only_what_was_offered_and_is_still_held_goes_over() {
    let mut world = World::new();
    world.by("alice").lock("gone, kept, taken").ok();
    world.by("alice/2").lock("other").ok();
    let handoff = written(&mut world, "alice");
    world.by("alice").unlock("gone, taken").ok();
    world.by("alice").lock("later").ok();
    world.by("carol").lock("taken").ok();
    let told_bob = told(world.by("bob").ask(accept(&handoff.id)).ok());
    assert_eq!(told_bob.gone, keys("gone, taken"));
    assert_eq!(
        world.held(),
        "alice later, alice/2 other, bob kept, carol taken"
    );
    // A session can keep what it holds.
    let none = write(|ask| ask.keep_locks = true);
    let handoff = told(world.by("alice").ask(none).ok()).handoff;
    assert_eq!(handoff.locks, [] as [Key; 0]);
}

#[test]
fn a_lapsed_hold_goes_over_and_counts_from_now() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    let handoff = written(&mut world, "alice");
    world.pass("5h");
    world.by("bob").ask(accept(&handoff.id)).ok();
    assert_eq!(world.hold("a", "bob").renewed, world.now);
    world.by("carol").lock("a").refused("lock_held");
}

#[test]
fn those_who_wait_go_on_waiting() {
    let mut world = World::new();
    world.by("alice").lock("a").ok();
    world.by("carol").lock("a").wait("1h").waits(0);
    let handoff = written(&mut world, "alice");
    world.by("bob").ask(accept(&handoff.id)).ok();
    assert_eq!(world.held(), "bob a");
    assert_eq!(world.waits().len(), 1);
    world.by("bob").unlock("a").ok();
    world.by("dave").lock("a").refused("reserved");
}

#[test]
fn who_shares_a_lock_already_has_it_once() {
    let mut world = World::new();
    world.by("alice").lock("a").shared().ok();
    world.by("bob").lock("a").shared().ttl("2h").ok();
    let handoff = written(&mut world, "alice");
    world.by("bob").ask(accept(&handoff.id)).ok();
    assert_eq!(world.held(), "bob a shared");
    assert_eq!(world.hold("a", "bob").ttl_secs.secs(), 7200);
}

#[test]
fn a_task_that_somebody_else_has_taken_is_not_done_twice() {
    let mut world = World::new();
    let id = claimed(&mut world, "t-1", "alice", Stage::Claimed);
    world.by("alice").lock("a").ok();
    let with_task = write(|ask| ask.content.task = Some("t-1".parse().unwrap()));
    let handoff = told(world.by("alice").ask(with_task).ok()).handoff;
    world.by("alice").unlock("task:t-1").ok();
    let mut free = world.clone();
    // Nobody has it: it is claimed as any task is.
    let told_bob = told(free.by("bob").ask(accept(&handoff.id)).ok());
    assert_eq!(
        (&told_bob.tasks[..], told_bob.gone.len()),
        (&[id.clone()][..], 0)
    );
    assert_eq!(free.held(), "bob a, bob task:t-1");
    let taken = task(&free, &id);
    assert_eq!(
        (taken.stage, &taken.claimed.as_ref().unwrap().by),
        (Stage::Claimed, &actor("bob"))
    );
    // Carol has it: nothing goes over until her lease has ended.
    let claim = serde_json::json!({"task": {"claim": {"id": "t-1"}}});
    let claim: Request = serde_json::from_value(claim).unwrap();
    world.by("carol").ask(claim).ok();
    let refusal = world
        .by("bob")
        .ask(accept(&handoff.id))
        .refused("not_yours");
    assert!(matches!(&refusal, Refusal::NotYours { owner, .. } if *owner == actor("carol")));
    assert_eq!(world.held(), "alice a, carol task:t-1");
    world.pass("2h");
    world.by("bob").ask(accept(&handoff.id)).ok();
    assert_eq!(world.held(), "bob a, bob task:t-1");
}

#[test]
fn nobody_reviews_own_work_because_it_was_handed_over() {
    let mut world = World::new();
    let id = claimed(&mut world, "t-1", "alice", Stage::Running);
    let place = Task::place(&id, false);
    let mut record = task(&world, &id);
    record.body.not_for.insert("bob".parse().unwrap());
    world
        .book
        .places
        .insert(place, serde_json::to_vec(&record).unwrap());
    let handoff = written(&mut world, "alice");
    world
        .by("bob")
        .ask(accept(&handoff.id))
        .refused("not_allowed");
    world.by("carol").ask(accept(&handoff.id)).ok();
    assert!(
        task(&world, &id)
            .workers
            .contains(&"carol".parse().unwrap())
    );
}

#[test]
fn secrets_are_refused_before_anything_else() {
    let mut world = World::new();
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let with = |allowed: &[&str]| {
        write(|ask| {
            ask.content
                .next_steps
                .push(format!("use {token}").parse().unwrap());
            ask.allow_secrets = allowed.iter().map(|rule| rule.parse().unwrap()).collect();
        })
    };
    let refusal = world.by("alice").ask(with(&[])).refused("secret");
    assert_eq!(
        refusal,
        Refusal::Secret {
            rule: "github-token".into(),
            field: "next_steps".into(),
            at: 4
        }
    );
    world.by("alice").ask(with(&["github-token"])).ok();
}

#[test]
fn the_newest_is_by_the_state_and_not_by_the_clock() {
    let mut world = World::new();
    let first = written(&mut world, "alice");
    world.now = world.now.plus_secs(0);
    let second = written(&mut world, "bob");
    // A change of the first does not make it newer.
    world.by("carol").ask(accept(&first.id)).ok();
    let (all, damaged) = handoff::all(&world.book).unwrap();
    let ids: Vec<&Id> = all.iter().map(|one| &one.id).collect();
    assert_eq!(ids, [&second.id, &first.id]);
    assert!(damaged.is_empty());
    let by_alice = handoff::newest(&all, |one| one.from == actor("alice"));
    assert_eq!(by_alice.unwrap().id, first.id);
    assert_eq!(by_alice.unwrap().written_rev, first.written_rev);
    assert!(handoff::newest(&all, |one| one.locks.contains(&key("x"))).is_none());
}
