//! Which task is the next.

use super::asking::*;
use crate::domain::tests::words::World;
use crate::model::id::Id;
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::task::{Ask, Claim, Did, New, Next, Requires, Strategy};
use crate::model::text::Word;

fn words(text: &str) -> std::collections::BTreeSet<Word> {
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

fn urgent(name: &str, priority: u8) -> New {
    New {
        priority: priority.try_into().unwrap(),
        ..new(name)
    }
}

fn keyed(name: &str, keys: &str) -> New {
    New {
        keys: keys
            .split_whitespace()
            .map(|key| key.parse().unwrap())
            .collect(),
        ..new(name)
    }
}

/// Adds tasks a second apart.
fn filled(tasks: Vec<New>) -> World {
    let mut world = World::new();
    for new in tasks {
        world.pass("1s");
        world.task("alice", add(vec![new])).unwrap();
    }
    world
}

#[test]
fn the_most_urgent_comes_first_then_the_overdue_then_the_oldest() {
    let mut world = filled(vec![
        urgent("old", 2),
        urgent("new", 2),
        urgent("least", 4),
        urgent("most", 0),
        urgent("late", 2),
    ]);
    let deadline = world.now.plus_secs(60);
    let due = edit("late", |edit| edit.deadline = Some(deadline));
    world.task("alice", due).unwrap();
    assert_eq!(
        world.clone().handed_out("bob", &Next::default()),
        "most old new late least"
    );
    world.pass("61s");
    assert_eq!(
        world.handed_out("bob", &Next::default()),
        "most late old new least"
    );
}

#[test]
fn tasks_of_one_request_and_one_second_come_in_their_order() {
    // The places of the tasks, and their names, sort otherwise.
    let mut world = World::new();
    let batch = |names: &str| add(names.split(' ').map(new).collect());
    world.task("alice", batch("z9 a1 m5")).unwrap();
    world.task("alice", batch("k b")).unwrap();
    world
        .task("alice", edit("z9", |edit| edit.sort = "bug".parse().ok()))
        .unwrap();
    assert_eq!(world.handed_out("bob", &Next::default()), "z9 a1 m5 k b");
}

#[test]
fn free_keys_come_before_locked_ones_of_the_same_priority() {
    let mut world = filled(vec![
        keyed("locked", "src/a.rs"),
        keyed("free", "src/b.rs"),
        urgent("less", 3),
    ]);
    world.by("carol").lock("src/a.rs").ok();
    assert_eq!(
        world.clone().handed_out("bob", &Next::default()),
        "free locked less"
    );
    let with_locks = Next {
        lock: true,
        ..Next::default()
    };
    let mut other = world.clone();
    assert_eq!(other.handed_out("bob", &with_locks), "free less");
    assert_eq!(
        other.held(),
        "bob/100 src/b.rs, bob/100 task:free, bob/101 task:less, carol src/a.rs"
    );
    // What somebody is in line for is not taken from under them.
    world.by("dave").lock("src/a.rs").wait("1h").done().unwrap();
    world.by("carol").unlock_all().ok();
    assert_eq!(world.handed_out("bob", &with_locks), "free less");
}

#[test]
fn locked_keys_of_many_do_not_hide_the_free_ones() {
    let mut tasks: Vec<New> = (0..90).map(|n| keyed(&format!("n{n}"), "src/")).collect();
    tasks.push(keyed("free", "docs/"));
    let mut world = filled(tasks);
    world.by("carol").lock("src/").ok();
    let with_locks = Next {
        lock: true,
        ..Next::default()
    };
    assert_eq!(world.handed_out("bob", &with_locks), "free");
}

#[test]
fn only_what_fits_is_handed_out() {
    let of_sort = |name: &str, sort: &str| New {
        sort: Some(sort.parse().unwrap()),
        ..new(name)
    };
    let mut world = filled(vec![
        of_sort("epic", "epic"),
        New {
            parent: Some(id("epic")),
            ..of_sort("bug", "bug")
        },
        New {
            labels: words("web urgent"),
            ..new("labelled")
        },
        New {
            requires: Requires {
                capabilities: words("rust"),
                trust: None,
            },
            ..new("rusty")
        },
        New {
            assignee: Some("carol".parse().unwrap()),
            ..new("carols")
        },
        New {
            parent: Some(id("bug")),
            ..new("part")
        },
    ]);
    let cases: Vec<(&str, Next, &str)> = vec![
        ("bob", Next::default(), "bug labelled part"),
        ("carol", Next::default(), "bug labelled carols part"),
        (
            "bob",
            Next {
                capabilities: words("rust sql"),
                ..Next::default()
            },
            "bug labelled rusty part",
        ),
        (
            "bob",
            Next {
                sorts: words("bug epic"),
                ..Next::default()
            },
            "bug",
        ),
        (
            "bob",
            Next {
                labels: words("web"),
                ..Next::default()
            },
            "labelled",
        ),
        (
            "bob",
            Next {
                labels: words("web other"),
                ..Next::default()
            },
            "",
        ),
        (
            "bob",
            Next {
                parent: Some(id("epic")),
                ..Next::default()
            },
            "bug part",
        ),
    ];
    for (by, ask, names) in cases {
        assert_eq!(world.clone().handed_out(by, &ask), names, "{by} {ask:?}");
    }
    world
        .task("alice", add(vec![after("later", "epic")]))
        .unwrap();
    world.handed_out("bob", &Next::default());
    let Err(Refusal::NothingReady { counts }) = world.task("bob", next()) else {
        panic!("something was handed out");
    };
    let counts: Vec<String> = counts.iter().map(|(why, n)| format!("{n} {why}")).collect();
    assert_eq!(
        counts,
        [
            "1 assigned to others",
            "3 claimed",
            "1 need a capability that you have not named",
            "1 of sort epic",
            "1 waiting for other tasks",
        ]
    );
}

#[test]
fn what_an_agent_registered_counts_as_named() {
    let needs = |name: &str, capabilities: &str| New {
        requires: Requires {
            capabilities: words(capabilities),
            trust: None,
        },
        ..new(name)
    };
    let mut world = filled(vec![needs("rust", "rust"), needs("both", "rust sql")]);
    world.is_able("bob", "rust go");
    assert_eq!(world.refused("carol", next()), "nothing_ready");
    assert_eq!(world.refused("carol", claim("rust")), "not_allowed");
    // It is the agent that can do it, also in its next session.
    for by in ["bob", "bob/2"] {
        let told = world.clone().task(by, next()).unwrap();
        assert_eq!(told.tasks[0].id, id("rust"));
    }
    world.task("bob", claim("rust")).unwrap();
    let Err(Refusal::NotAllowed { what }) = world.task("bob", claim("both")) else {
        panic!("bob knows no sql");
    };
    assert!(what.contains("for agents with sql:"), "{what}");
    let named = Ask::Claim(Claim {
        capabilities: words("sql"),
        ..plain_claim("both")
    });
    world.task("bob", named).unwrap();
    // The strategy goes by it too.
    let mut world = filled(vec![new("any"), needs("rust", "rust")]);
    world.is_able("bob", "rust");
    let by_capability = Ask::Next(Next {
        strategy: Strategy::Capability,
        ..Next::default()
    });
    let told = world.task("bob", by_capability).unwrap();
    assert_eq!(told.tasks[0].id, id("rust"));
}

#[test]
fn a_review_is_not_for_who_did_the_work() {
    let review = |name: &str, of: &str| New {
        reviews: Some(id(of)),
        sort: Some("review".parse().unwrap()),
        ..new(name)
    };
    let mut world = filled(vec![new("work"), review("early", "work")]);
    world.task("bob", claim("work")).unwrap();
    assert_eq!(world.refused("bob", next()), "nothing_ready");
    world.task("bob", release("work")).unwrap();
    world.task("carol", claim("work")).unwrap();
    world.task("carol", done("work")).unwrap();
    world
        .task("alice", add(vec![review("late", "work")]))
        .unwrap();
    // Both have worked on it.
    for by in ["bob", "carol", "carol/9"] {
        assert_eq!(world.refused(by, next()), "nothing_ready", "{by}");
        assert_eq!(world.refused(by, claim("early")), "not_allowed", "{by}");
        assert_eq!(world.refused(by, claim("late")), "not_allowed", "{by}");
    }
    assert_eq!(world.stored("late").not_for.len(), 2);
    assert_eq!(world.handed_out("dave", &Next::default()), "early late");
}

#[test]
fn runs_take_turns() {
    let of = |name: &str, run: &str| New {
        run: Some(run.parse().unwrap()),
        ..new(name)
    };
    let mut world = filled(vec![
        of("a1", "a"),
        of("a2", "a"),
        of("a3", "a"),
        of("b1", "b"),
        of("b2", "b"),
        of("c1", "c"),
    ]);
    let turns = Next {
        strategy: Strategy::RoundRobin,
        ..Next::default()
    };
    assert_eq!(world.clone().handed_out("bob", &turns), "a1 b1 c1 a2 b2 a3");
    // Also when each is done before the next is asked for.
    let mut names = String::new();
    for _ in 0..6 {
        let told = world.task("bob", Ask::Next(turns.clone())).unwrap();
        let name = told.tasks[0].id.to_string();
        world.task("bob", done(&name)).unwrap();
        names.push_str(&name);
    }
    assert_eq!(names, "a1b1c1a2b2a3");
}

#[test]
fn the_least_loaded_run_comes_first() {
    let of = |name: &str, run: &str| New {
        run: Some(run.parse().unwrap()),
        ..new(name)
    };
    let mut world = filled(vec![
        of("a1", "a"),
        of("a2", "a"),
        of("a3", "a"),
        of("b1", "b"),
        of("b2", "b"),
    ]);
    let least = Next {
        strategy: Strategy::LeastLoaded,
        ..Next::default()
    };
    world.task("carol", claim("a1")).unwrap();
    assert_eq!(world.handed_out("bob", &least), "b1 a2 b2 a3");
}

#[test]
fn the_task_that_needs_most_of_what_one_can_comes_first() {
    let needs = |name: &str, capabilities: &str| New {
        requires: Requires {
            capabilities: words(capabilities),
            trust: None,
        },
        ..new(name)
    };
    let mut world = filled(vec![
        needs("any", ""),
        needs("rust", "rust"),
        needs("both", "rust sql"),
        needs("other", "go"),
    ]);
    let by_capability = Next {
        strategy: Strategy::Capability,
        capabilities: words("rust sql"),
        ..Next::default()
    };
    assert_eq!(world.handed_out("bob", &by_capability), "both rust any");
}

#[test]
fn a_less_urgent_task_is_asked_back() {
    let preempt = || {
        Ask::Next(Next {
            preempt_for: Some(id("urgent")),
            ..Next::default()
        })
    };
    let mut world = filled(vec![
        urgent("p1", 1),
        urgent("p3", 3),
        urgent("p4", 4),
        New {
            keys: vec!["src/a.rs".parse().unwrap()],
            ..urgent("urgent", 1)
        },
    ]);
    assert_eq!(world.refused("alice", preempt()), "wrong_state");
    for (by, name) in [("bob", "p1"), ("carol", "p3"), ("dave", "p4")] {
        world.task(by, claim(name)).unwrap();
    }
    // First who stands in the way, then the least urgent, then nobody.
    world.by("carol").lock("src/").ok();
    for name in ["p3", "p4"] {
        let told = world.task("alice", preempt()).unwrap();
        assert_eq!((told.did, &told.tasks[0].id), (Did::AskedBack, &id(name)));
    }
    assert_eq!(world.refused("alice", preempt()), "wrong_state");
    let notices = world.by("carol").note().ok().notices;
    assert_eq!(notices[0].happened, Happened::Wanted);
    assert_eq!(notices[0].keys[0].to_string(), "task:p3");
    // The claim is still the holder's, until it gives it back.
    assert_eq!(world.stage("p3"), "claimed by carol, 1 of 3");
    world.task("carol", release("p3")).unwrap();
    assert_eq!(
        world.task("carol", next()).unwrap().tasks[0].id,
        id("urgent")
    );
    assert_eq!(world.refused("alice", preempt()), "not_yours");
}

#[test]
fn names_made_here_differ() {
    let mut world = World::new();
    let many = (0..500).map(|_| New {
        id: None,
        ..new("x")
    });
    let told = world.task("alice", add(many.collect())).unwrap();
    let mut ids: Vec<&Id> = told.tasks.iter().map(|task| &task.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 500);
}
