//! `task fan-out`, `pipeline` and `scatter`.

use serde_json::json;

use super::{added, end, shown};
use crate::support::{Agent, Sandbox, race};

#[test]
fn whoever_reduces_is_given_the_results_of_the_parts() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    let ids = added(
        &alice,
        &[
            "fan-out", "Count", "--part", "one", "--part", "two", "--reduce", "sum", "-p", "1",
            "--label", "count",
        ],
    );
    let [whole, one, two, sum] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    assert_eq!(shown(&alice, sum)["is"], "blocked");
    end(&bob, one, &["done", "--result", "{\"lines\": 3}"]);
    assert_eq!(shown(&alice, sum)["is"], "blocked");
    end(&alice, two, &["done", "--result", "{\"lines\": 4}"]);
    let seen = shown(&bob, sum);
    assert_eq!(
        (&seen["is"], &seen["task"]["priority"]),
        (&json!("ready"), &json!(1))
    );
    let mut results: Vec<u64> = seen["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["result"]["lines"].as_u64().unwrap())
        .collect();
    results.sort_unstable();
    assert_eq!(results, [3, 4]);
    let next = bob
        .coord(["--json", "task", "next", "--label", "count"])
        .ok()
        .json();
    assert_eq!(next["tasks"][0]["id"], json!(sum));
    bob.coord(["task", "done", sum, "--result", "7"]).ok();
    let seen = shown(&alice, whole);
    assert_eq!(
        (&seen["is"], &seen["dependencies"][0]["result"]),
        (&json!("ready"), &json!(7))
    );
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_gate_that_does_not_pass_holds_what_comes_after_it() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let ids = added(
        &alice,
        &[
            "pipeline",
            "--stage",
            "build",
            "--gate",
            "tests pass",
            "--stage",
            "ship",
            "--stage",
            "tell",
            "--run",
            "release",
            "--on-fail",
            "fail",
        ],
    );
    let [build, gate, ship, tell] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    let ready = alice.coord(["--json", "task", "ready"]).ok().json();
    assert_eq!(ready["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(shown(&alice, gate)["task"]["sort"], "gate");
    end(&alice, build, &["done"]);
    end(&alice, gate, &["fail", "--reason", "two tests fail"]);
    let held = shown(&alice, ship);
    assert_eq!(held["is"], "blocked");
    assert_eq!(held["blocked_by"], json!([{"id": gate, "is": "failed"}]));
    assert_eq!(shown(&alice, tell)["is"], "blocked");
    // Somebody decides: it is repaired, and checked again.
    alice.coord(["task", "retry", gate]).ok();
    end(&alice, gate, &["done"]);
    assert_eq!(shown(&alice, ship)["is"], "ready");
    // A stage that follows another one without a gate fails with it, as was asked for.
    end(&alice, ship, &["fail", "--reason", "no"]);
    assert_eq!(shown(&alice, tell)["is"], "failed");
    alice
        .coord(["task", "pipeline", "--gate", "first", "--stage", "then"])
        .code(2);
    alice.coord(["task", "pipeline", "--gate", "alone"]).code(2);
}

#[test]
fn the_first_try_that_is_done_takes_the_others_from_whoever_is_at_them() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let [bob, carol] = ["bob", "carol"].map(|name| alice.beside(name));
    let ids = added(
        &alice,
        &[
            "scatter", "Faster", "--try", "cache", "--try", "index", "--try", "wait",
        ],
    );
    let [whole, cache, index, wait] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    carol.coord(["task", "claim", cache]).ok();
    carol.coord(["lock", "src/a.rs", "--task", cache]).ok();
    end(&alice, wait, &["fail", "--reason", "no faster"]);
    assert_eq!(
        shown(&alice, whole)["is"],
        "blocked",
        "others are still at it"
    );
    end(&bob, index, &["done", "--result", "\"x2\""]);
    for (id, is) in [
        (whole, "ready"),
        (cache, "cancelled"),
        (index, "done"),
        (wait, "failed"),
    ] {
        assert_eq!(shown(&alice, id)["is"], is, "{id}");
    }
    assert_eq!(
        shown(&alice, cache)["task"]["why"],
        json!(format!("{index} was done first"))
    );
    // Carol is told, and holds nothing any more.
    let told = carol.coord(["--json", "locks", "--mine"]).ok().json();
    assert_eq!(told["locks"], json!([]));
    assert_eq!(told["notices"][0]["happened"], "over");
    carol.coord(["task", "done", cache]).refused();
    assert_eq!(shown(&alice, index)["is"], "done");
    alice.coord(["log", "--verify"]).ok();
}

fn only_one_wins(agents: &[Agent]) {
    let titles: Vec<String> = (0..agents.len()).map(|n| format!("try {n}")).collect();
    let tries = titles.iter().flat_map(|title| ["--try", title.as_str()]);
    let args: Vec<&str> = ["scatter", "Race"].into_iter().chain(tries).collect();
    let ids = added(&agents[0], &args);
    for (agent, id) in agents.iter().zip(&ids[1..]) {
        agent.coord(["task", "claim", id]).ok();
    }
    let ends = race(agents.len(), |n| {
        agents[n].command("git", ["coord", "task", "done", &ids[n + 1]])
    });
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
    let is = |id: &String| shown(&agents[0], id)["is"].as_str().unwrap().to_owned();
    agents[0].coord(["sync"]).ok();
    let stands: Vec<String> = ids[1..].iter().map(is).collect();
    for (end, is) in ends.iter().zip(&stands) {
        assert_eq!(is, if end.is_ok() { "done" } else { "cancelled" }, "{end}");
        assert!(end.is_ok() || end.code == 1, "{end}");
    }
    agents[0].coord(["log", "--verify"]).ok();
}

#[test]
fn of_tries_that_are_done_at_the_same_time_one_wins() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let names = ["b", "c", "d", "e", "f"];
    let mut agents: Vec<Agent> = names.iter().map(|name| alice.beside(name)).collect();
    agents.push(alice);
    only_one_wins(&agents);
}

#[test]
fn of_tries_in_several_clones_one_wins() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let agents = ["alice", "bob", "carol"].map(|name| hub.clone_as(name));
    for agent in &agents {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    only_one_wins(&agents);
}
