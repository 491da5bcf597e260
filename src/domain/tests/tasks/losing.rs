//! Claims whose holder is gone.

use super::asking::*;
use crate::domain::tests::words::{World, actor};
use crate::model::notice::Happened;
use crate::model::task::{Ask, Claim, Did, New, Next, OnFail};

fn world(attempts: u32) -> World {
    let mut world = World::new();
    let tasks = vec![
        New {
            attempts_max: Some(attempts),
            ..new("a")
        },
        New {
            on_fail: OnFail::Fail,
            ..after("fails", "a")
        },
        New {
            on_fail: OnFail::Ignore,
            ..after("ignores", "a")
        },
    ];
    world.task("alice", add(tasks)).unwrap();
    world
}

/// Lets a claim lapse by each rule that says so.
fn lapse(world: &mut World, rule: &str, holder: &str) {
    match rule {
        "clock" => drop(world.pass("41m")),
        "seen" => {
            world.watch.skew_secs = None;
            world.seen("task:a", holder, "40m");
        }
        "dead" => drop(world.watch.dead.insert(actor(holder))),
        other => panic!("{other} is no rule"),
    }
}

/// The event did not say that the lease had ended, so that decided again it was another task, and the
/// gate of a server would have refused it.
#[test]
fn a_lapsed_claim_of_ones_own_is_taken_again_on_evidence() {
    for rule in ["clock", "seen"] {
        let mut world = world(3);
        world.task("bob", add(vec![new("other")])).unwrap();
        world.task("bob", claim("a")).unwrap();
        lapse(&mut world, rule, "bob");
        // Each decision is made again from its event, and has to come out the same.
        world.task("bob", next()).unwrap();
        assert_eq!(world.stage("a"), "claimed by bob, 2 of 3", "{rule}");
    }
}

#[test]
fn a_lapsed_claim_is_open_to_others_and_counts_as_an_attempt() {
    for rule in ["clock", "seen", "dead"] {
        for ask in [next(), claim("a")] {
            let mut world = world(3);
            world.task("bob", claim("a")).unwrap();
            world.task("bob", start("a")).unwrap();
            assert!(world.task("carol", ask.clone()).is_err());
            lapse(&mut world, rule, "bob");
            world.task("carol", ask).unwrap();
            assert_eq!(world.stage("a"), "claimed by carol, 2 of 3", "{rule}");
            world.watch.dead.clear();
            assert_eq!(world.refused("bob", done("a")), "not_yours");
            let notices = world.by("bob").note().ok().notices;
            let happened = match rule {
                "dead" => Happened::Died,
                _ => Happened::Lapsed,
            };
            assert_eq!(notices[0].happened, happened);
        }
    }
}

#[test]
fn the_last_attempt_that_lapses_is_the_end_of_it() {
    for rule in ["clock", "seen", "dead"] {
        for ask in [next(), claim("a")] {
            let mut world = world(1);
            world.task("bob", claim("a")).unwrap();
            lapse(&mut world, rule, "bob");
            let told = world.task("carol", ask).unwrap();
            // The one that ignores it is ready; `next` says first that the other is dead.
            assert_eq!(told.did, Did::Died, "{rule}");
            assert_eq!(told.tasks[0].id, id("a"));
            assert_eq!(told.also, [id("fails"), id("ignores")]);
            assert_eq!(world.stage("a"), "dead, 1 of 1");
            assert_eq!(world.stage("fails"), "failed, 0 of 3");
            assert_eq!(world.held(), "");
            assert_eq!(
                world.task("carol", next()).unwrap().tasks[0].id,
                id("ignores")
            );
            assert_eq!(world.refused("carol", claim("a")), "wrong_state");
            let notices = world.by("bob").note().ok().notices;
            let happened = match rule {
                "dead" => Happened::Died,
                _ => Happened::Lapsed,
            };
            assert_eq!(notices[0].happened, happened);
        }
    }
}

#[test]
fn work_is_handed_out_in_the_step_that_buries_the_dead() {
    let mut world = world(1);
    world.task("alice", add(vec![new("b")])).unwrap();
    world.task("bob", claim("a")).unwrap();
    world.pass("41m");
    let told = world.task("carol", next()).unwrap();
    assert_eq!((told.did, &told.tasks[0].id), (Did::Claimed, &id("b")));
    assert_eq!(told.also, [id("a"), id("fails"), id("ignores")]);
    assert_eq!(world.stage("a"), "dead, 1 of 1");
}

#[test]
fn a_lock_that_is_gone_is_a_claim_that_is_gone() {
    let mut world = world(1);
    world.task("bob", claim("a")).unwrap();
    world.is_honest = false;
    world
        .book
        .places
        .remove(&crate::model::task::Task::key(&id("a")).place());
    assert_eq!(world.refused("bob", done("a")), "wrong_state");
    let told = world.task("carol", claim("a")).unwrap();
    assert_eq!(told.did, Did::Died);
}

#[test]
fn ones_own_lapsed_claim_is_still_ones_own_until_somebody_takes_it() {
    let mut world = world(1);
    world.task("bob", claim("a")).unwrap();
    world.pass("2h");
    world.task("bob", claim("a")).unwrap();
    assert_eq!(world.stage("a"), "claimed by bob, 1 of 1");
    world.pass("2h");
    world.task("bob", done("a")).unwrap();
}

#[test]
fn the_lease_is_that_of_the_task_or_else_of_the_request() {
    let mut world = World::new();
    let short = New {
        ttl_secs: Some(120.try_into().unwrap()),
        ..new("short")
    };
    world.task("alice", add(vec![short, new("plain")])).unwrap();
    for (name, secs) in [("short", 120), ("plain", 3600)] {
        let ask = Ask::Claim(Claim {
            ttl_secs: Some(3600.try_into().unwrap()),
            ..plain_claim(name)
        });
        world.task("bob", ask).unwrap();
        let hold = world.hold(&format!("task:{name}"), "bob");
        assert_eq!(hold.ttl_secs.secs(), secs, "{name}");
    }
}

#[test]
fn evidence_about_one_claim_does_not_choose_another() {
    // The choice is the same when it is decided again with the evidence that was kept: the world
    // checks that for every step.
    let mut world = World::new();
    let many = (0..40).map(|n| New {
        attempts_max: Some(1 + n % 2),
        keys: vec![format!("src/{n}").parse().unwrap()],
        run: Some(format!("r{}", n % 3).parse().unwrap()),
        priority: u8::try_from(n % 5).unwrap().try_into().unwrap(),
        ..new(&format!("n{n}"))
    });
    world.task("alice", add(many.collect())).unwrap();
    let strategies = [
        crate::model::task::Strategy::Priority,
        crate::model::task::Strategy::RoundRobin,
        crate::model::task::Strategy::LeastLoaded,
        crate::model::task::Strategy::Capability,
    ];
    let mut random = fastrand::Rng::with_seed(7);
    for step in 0..400 {
        let by = format!("a{}/{}", random.u8(0..6), random.u8(0..3));
        let strategy = strategies[random.usize(0..4)];
        let lock = random.bool();
        match random.u8(0..6) {
            0 => drop(world.watch.dead.insert(actor(&by))),
            1 => drop(world.watch.dead.remove(&actor(&by))),
            2 => drop(world.pass("9m")),
            3 if random.u8(0..3) == 0 => {
                let preempt = Next {
                    preempt_for: Some(id(&format!("n{}", random.u8(0..40)))),
                    ..Next::default()
                };
                let _ = world.task(&by, Ask::Next(preempt));
            }
            _ => {
                let ask = Next {
                    strategy,
                    lock,
                    ..Next::default()
                };
                let told = world.task(&by, Ask::Next(ask));
                if let Ok(told) = told.filter_died()
                    && step % 3 == 0
                {
                    let name = told.tasks[0].id.to_string();
                    let _ = world.task(&by, done(&name));
                }
            }
        }
    }
}

trait FilterDied {
    fn filter_died(self) -> Self;
}

impl FilterDied for Result<crate::model::task::Told, crate::model::refusal::Refusal> {
    fn filter_died(self) -> Self {
        self.and_then(|told| match told.did {
            Did::Died => Err(crate::model::refusal::Refusal::NothingReady {
                counts: Default::default(),
            }),
            _ => Ok(told),
        })
    }
}
