//! In which order features land, and which can be made side by side.

use crate::domain::feature::plan::Plan;
use crate::domain::tests::words::World;
use crate::model::feature::{Register, Status, Update};

use super::asking::{finish, id, register, update};

/// The plan in short: `1.1 a | 1.2 b<a | 2.1 c` are lane and step, and what is waited for; `b~a` lands
/// after it only.
fn short(plan: &Plan) -> String {
    let steps = plan.order.iter().map(|step| {
        let after: Vec<String> = step
            .after
            .iter()
            .map(|after| format!("{}{}", if after.waits { "<" } else { "~" }, after.id))
            .collect();
        format!("{}.{} {}{}", step.lane, step.step, step.id, after.concat())
    });
    steps.collect::<Vec<_>>().join(" | ")
}

fn after(name: &str, claims: &str, on: &str) -> Register {
    Register {
        depends_on: on.split(' ').map(id).collect(),
        ..register(name, claims)
    }
}

fn priority(name: &str, number: u8) -> crate::model::feature::Ask {
    update(name, |update: &mut Update| {
        update.priority = Some(number.try_into().unwrap());
    })
}

#[test]
fn lanes_share_nothing_and_steps_wait() {
    let mut world = World::new();
    assert_eq!(world.plan(), Plan::default());
    world.features(&[
        "alice a src/a.rs",
        "bob b docs/",
        "carol c src/",
        "dave d docs/x.md, w1, w2",
        "eve e w1, q, r",
    ]);
    // All of `c` is shared; of `d`, with all of `b`, a third, as of `e`.
    let plan = world.plan();
    assert_eq!(short(&plan), "1.1 a | 2.1 b | 1.2 c<a | 2.1 d~b | 2.1 e~d");
    let names = |lists: &[Vec<crate::model::id::Id>]| -> Vec<String> {
        let names = |list: &Vec<_>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        lists.iter().map(|list| names(list).join(" ")).collect()
    };
    assert_eq!(names(&plan.lanes), ["a c", "b d e"]);
    assert_eq!(names(&plan.steps), ["a b d e", "c"]);
    let ready: Vec<_> = plan.order.iter().filter(|step| step.ready).collect();
    assert_eq!(ready.len(), 4);
}

#[test]
fn the_urgent_land_first_and_dependencies_inherit() {
    let mut world = World::new();
    world.features(&["alice a x", "bob b x", "carol c y"]);
    assert_eq!(short(&world.plan()), "1.1 a | 1.2 b<a | 2.1 c");
    world.feature("bob", priority("b", 0)).unwrap();
    assert_eq!(short(&world.plan()), "1.1 b | 1.2 a<b | 2.1 c");
    // What the most urgent depends on is as urgent.
    world.feature("bob", after("b", "x", "c")).unwrap();
    let plan = world.plan();
    assert_eq!(short(&plan), "1.1 c | 1.2 b<c | 1.3 a<b");
    let counts_as: Vec<u8> = plan.order.iter().map(|step| step.counts_as.get()).collect();
    assert_eq!(counts_as, [0, 0, 2]);
}

#[test]
fn the_plan_is_the_same_whatever_was_registered_first_in_one_second() {
    let mut plans = std::collections::BTreeSet::new();
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"]] {
        let mut world = World::new();
        for name in order {
            world.feature("alice", register(name, "x")).unwrap();
        }
        plans.insert(short(&world.plan()));
    }
    assert_eq!(
        plans.into_iter().collect::<Vec<_>>(),
        ["1.1 a | 1.2 b<a | 1.3 c<a<b"]
    );
}

#[test]
fn what_will_not_land_and_what_is_paused_is_said() {
    let mut world = World::new();
    world.features(&["alice a", "alice b"]);
    world.feature("alice", after("c", "", "a b")).unwrap();
    world.feature("alice", finish("a", Status::Landed)).unwrap();
    world
        .feature("alice", finish("b", Status::Cancelled))
        .unwrap();
    world.by("bob").lock("feature:c:pause").ok();
    let plan = world.plan();
    let [step] = plan.order.as_slice() else {
        panic!("{plan:?}");
    };
    let stuck: Vec<_> = step
        .stuck
        .iter()
        .map(|one| (one.id.as_str(), &*one.is))
        .collect();
    assert_eq!(stuck, [("b", "cancelled")]);
    assert_eq!(step.paused_by.len(), 1);
    assert!(!step.ready);
}
