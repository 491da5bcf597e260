//! A claim is a lock.

use super::asking::*;
use crate::domain::tests::words::{World, actor};
use crate::model::notice::Happened;
use crate::model::task::{Ask, Claim, Did, New, Requires};

fn world() -> World {
    let mut world = World::new();
    let locked = New {
        keys: vec!["src/a.rs".parse().unwrap(), "src/b.rs".parse().unwrap()],
        ..new("a")
    };
    world
        .task("alice", add(vec![locked, new("b"), after("c", "a")]))
        .unwrap();
    world
}

#[test]
fn a_claim_is_a_lock_that_the_session_renews() {
    let mut world = world();
    let told = world.task("bob", claim("a")).unwrap();
    assert_eq!(told.did, Did::Claimed);
    assert_eq!(world.stage("a"), "claimed by bob, 1 of 3");
    assert_eq!(world.held(), "bob task:a");
    let hold = world.hold("task:a", "bob");
    assert_eq!(hold.task.unwrap().as_str(), "a");
    assert_eq!(world.refused("carol", claim("a")), "not_yours");
    assert_eq!(world.refused("carol", done("a")), "not_yours");
    assert_eq!(world.refused("carol", start("a")), "not_yours");
    // Work elsewhere keeps it.
    world.pass("20m");
    world.by("bob").holding("task:a").lock("x").ok();
    world.pass("35m");
    assert_eq!(world.refused("carol", claim("a")), "not_yours");
    // Asking again is a sign of life and no attempt.
    world.task("bob", claim("a")).unwrap();
    assert_eq!(world.stage("a"), "claimed by bob, 1 of 3");
}

#[test]
fn the_locks_of_its_keys_come_with_it_or_nothing_does() {
    let mut world = world();
    let all = || {
        Ask::Claim(Claim {
            lock: true,
            ..plain_claim("a")
        })
    };
    world.by("carol").lock("src/").ok();
    assert_eq!(world.refused("bob", all()), "lock_held");
    assert_eq!(world.held(), "carol src/");
    world.by("carol").unlock_all().ok();
    let told = world.task("bob", all()).unwrap();
    assert_eq!(told.locks.len(), 3);
    assert_eq!(world.held(), "bob src/a.rs, bob src/b.rs, bob task:a");
    // Done gives back what was taken for it, and nothing else.
    world.by("bob").lock("docs/").ok();
    let told = world.task("bob", done("a")).unwrap();
    assert_eq!(told.released.len(), 3);
    assert_eq!(told.also, [id("c")]);
    assert_eq!(world.held(), "bob docs/");
}

#[test]
fn locks_that_are_kept_stay() {
    let mut world = world();
    let mut claim = plain_claim("a");
    claim.lock = true;
    world.task("bob", Ask::Claim(claim)).unwrap();
    let Ask::Done(mut keep) = done("a") else {
        unreachable!()
    };
    keep.keep_locks = true;
    world.task("bob", Ask::Done(keep)).unwrap();
    assert_eq!(world.held(), "bob src/a.rs, bob src/b.rs");
}

#[test]
fn another_session_of_the_agent_takes_over_when_it_says_so() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.task("bob", start("a")).unwrap();
    assert_eq!(world.refused("bob/2", claim("a")), "not_yours");
    let takeover = |name| {
        Ask::Claim(Claim {
            takeover: true,
            ..plain_claim(name)
        })
    };
    assert_eq!(world.refused("carol", takeover("a")), "not_yours");
    world.task("bob/2", takeover("a")).unwrap();
    assert_eq!(world.held(), "bob/2 task:a");
    // It goes on where the other was.
    assert_eq!(world.stage("a"), "running by bob, 1 of 3");
    assert_eq!(world.refused("bob", done("a")), "not_yours");
    let notices = world.by("bob").note().ok().notices;
    assert_eq!(notices[0].happened, Happened::Takeover);
    world.task("bob/2", done("a")).unwrap();
}

#[test]
fn who_may_not_have_it_is_told_why() {
    let mut world = World::new();
    let tasks = vec![
        New {
            assignee: Some("carol".parse().unwrap()),
            ..new("carols")
        },
        New {
            requires: Requires {
                capabilities: ["rust".parse().unwrap()].into(),
                trust: None,
            },
            ..new("rusty")
        },
        New {
            requires: Requires {
                capabilities: Default::default(),
                trust: Some(3),
            },
            ..new("grave")
        },
        new("base"),
        after("blocked", "base"),
    ];
    world.task("alice", add(tasks)).unwrap();
    for (name, code) in [
        ("carols", "not_allowed"),
        ("rusty", "not_allowed"),
        ("grave", "not_allowed"),
        ("blocked", "wrong_state"),
        ("nobody", "not_found"),
    ] {
        assert_eq!(world.refused("bob", claim(name)), code, "{name}");
    }
    world.trust("bob", 3);
    world.task("bob", claim("grave")).unwrap();
    world.task("carol", claim("carols")).unwrap();
    let rusty = Ask::Claim(Claim {
        capabilities: ["rust".parse().unwrap(), "sql".parse().unwrap()].into(),
        ..plain_claim("rusty")
    });
    world.task("bob", rusty).unwrap();
}

#[test]
fn a_claim_goes_back_with_its_attempt() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.task("bob", start("a")).unwrap();
    assert_eq!(world.refused("carol", release("a")), "not_yours");
    world.task("bob", release("a")).unwrap();
    assert_eq!(
        (world.stage("a"), world.held()),
        ("open, 0 of 3".into(), String::new())
    );
    assert_eq!(world.refused("bob", release("a")), "wrong_state");
}

#[test]
fn unlocking_the_claim_gives_the_task_back() {
    for all in [false, true] {
        let mut world = world();
        world.task("bob", claim("a")).unwrap();
        match all {
            true => world.by("bob").unlock_all().ok(),
            false => world.by("bob").unlock("task:a").ok(),
        };
        assert_eq!(world.stage("a"), "open, 0 of 3");
        assert_eq!(world.refused("bob", done("a")), "wrong_state");
        world.task("carol", claim("a")).unwrap();
    }
}

#[test]
fn a_damaged_task_keeps_nobody_from_giving_back_its_lock() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    world.is_honest = false;
    let place = crate::model::task::Task::place(&id("a"), false);
    world.book.places.insert(place, b"{".to_vec());
    world.by("bob").unlock_all().ok();
    assert_eq!(world.held(), "");
    assert_eq!(world.refused("bob", claim("a")), "damaged");
    // Others are handed out as ever.
    assert_eq!(world.task("bob", next()).unwrap().tasks[0].id, id("b"));
}

#[test]
fn the_one_who_asked_is_not_changed_by_a_refusal() {
    let mut world = world();
    world.task("bob", claim("a")).unwrap();
    let me = actor("bob");
    assert_eq!(world.stored("a").claimed.clone().unwrap().by, me);
    assert_eq!(world.refused("bob", claim("c")), "wrong_state");
    assert_eq!(world.refused("bob", retry("a")), "wrong_state");
}
