//! Those who register at the same time: at least one of two that meet sees the other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::{Agent, Outcome, Sandbox, race};

use super::words::met;

/// Whom each saw when it registered. Every pair of them overlaps, so of each pair the later one, and
/// only that one, saw the other.
fn check(outcomes: &[Outcome]) {
    let seen: BTreeMap<String, BTreeSet<String>> = outcomes
        .iter()
        .map(|outcome| {
            let told = outcome.clone().ok().json();
            let name = told["feature"]["id"].as_str().unwrap().to_owned();
            (name, met(&told["overlaps"]).into_iter().collect())
        })
        .collect();
    assert_eq!(seen.len(), outcomes.len());
    for (one, by_one) in &seen {
        for (other, by_other) in seen.iter().filter(|(other, _)| *other > one) {
            let sights = [by_one.contains(other), by_other.contains(one)];
            assert_eq!(
                sights.iter().filter(|sees| **sees).count(),
                1,
                "{one} and {other}: {sights:?}"
            );
        }
    }
}

fn register(agent: &Agent, n: usize) -> crate::support::Invocation {
    let own = format!("own/{n}");
    let name = format!("f{n}");
    // A directory, a file in it and a pattern: each meets each.
    let shared = ["src/", "src/a/b.rs", "src/**/b.rs"][n % 3];
    let args = [
        "feature", "register", &name, "-c", shared, "-c", &own, "--json",
    ];
    agent.prepared(args).within(Duration::from_secs(120))
}

#[test]
fn of_two_that_register_at_once_the_later_sees_the_earlier_in_one_clone() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let outcomes = race(12, |n| register(&repo.agent(&format!("a{n}")), n));
    check(&outcomes);
    repo.agent("a0").coord(["log", "--verify"]).ok();
}

#[test]
fn of_two_that_register_at_once_the_later_sees_the_earlier_among_clones() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let clones: Vec<Agent> = (0..4)
        .map(|n| {
            let clone = hub.clone_as(&format!("c{n}"));
            clone.coord(["init", "--remote", "origin"]).ok();
            clone
        })
        .collect();
    let outcomes = race(8, |n| register(&clones[n % 4].beside(&format!("a{n}")), n));
    check(&outcomes);
    clones[0].coord(["sync"]).ok();
    clones[0].coord(["log", "--verify"]).ok();
}
