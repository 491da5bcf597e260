//! `task wait`.

use serde_json::json;

use super::{added, end};
use crate::support::{Agent, Running, Sandbox};

fn waiting(agent: &Agent, args: &[&str]) -> Running {
    let args = [&["coord", "--json", "task", "wait"], args].concat();
    agent.command("git", args).spawn()
}

fn two(agent: &Agent) -> [String; 2] {
    let one = |title| added(agent, &["add", title]).remove(0);
    [one("first"), one("second")]
}

#[test]
fn who_waits_for_all_is_given_all_results() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    let [first, second] = two(&alice);
    let waits = waiting(&alice, &[&first, &second]);
    end(&bob, &second, &["done", "--result", "{\"n\": 2}"]);
    end(&bob, &first, &["done", "--result", "{\"n\": 1}"]);
    let told = waits.wait().ok().json();
    assert_eq!(
        (&told["as_wanted"], &told["failed"]),
        (&json!(true), &json!([]))
    );
    let results: Vec<_> = told["done"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["result"]["n"])
        .collect();
    assert_eq!(results, [1, 2]);
    // What is over already needs no wait.
    let text = alice.coord(["task", "wait", &first]).ok();
    assert!(text.stdout.contains("{\"n\":1}"), "{text}");
}

#[test]
fn who_waits_is_told_as_soon_as_one_cannot_be_done() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let [first, second] = two(&alice);
    let waits = waiting(&alice, &[&first, &second]);
    end(&alice, &second, &["fail", "--reason", "it cannot be"]);
    let told = waits.wait().refused().json();
    assert_eq!(told["failed"][0]["id"], json!(second));
    assert_eq!(told["failed"][0]["why"], "it cannot be");
    assert_eq!(
        (&told["waiting"], &told["ok"]),
        (&json!([first]), &json!(true))
    );
    alice.coord(["task", "cancel", &first]).ok();
    let told = alice.coord(["task", "wait", &first]).refused();
    assert!(told.stdout.contains("cancelled"), "{told}");
}

#[test]
fn one_of_several_is_enough_when_asked() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let [first, second] = two(&alice);
    let waits = waiting(&alice, &["--any", &first, &second]);
    end(&alice, &first, &["fail", "--reason", "no"]);
    end(&alice, &second, &["done"]);
    let told = waits.wait().ok().json();
    assert_eq!(told["done"][0]["id"], json!(second));
    alice.coord(["task", "wait", "--any", &first]).refused();
}

#[test]
fn a_wait_ends_with_its_time() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let [first, _] = two(&alice);
    let told = alice
        .coord(["--json", "task", "wait", "--timeout", "0s", &first])
        .refused()
        .json();
    assert_eq!(
        (&told["timed_out"], &told["waiting"]),
        (&json!(true), &json!([first]))
    );
    alice
        .coord(["task", "wait", "--timeout", "soon", &first])
        .code(2);
    alice.coord(["task", "wait"]).code(2);
    alice.coord(["task", "wait", "nothing"]).refused();
    alice.coord(["task", "wait", "--run", "nothing"]).code(2);
}

#[test]
fn a_run_is_done_when_a_try_has_won_and_the_rest_is_done() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let ids = added(
        &alice,
        &[
            "scatter", "Best", "--try", "a", "--try", "b", "--run", "best",
        ],
    );
    let waits = waiting(&alice, &["--run", "best"]);
    end(&alice, &ids[1], &["done", "--result", "1"]);
    let told = waits.wait().ok().json();
    assert_eq!(told["done"].as_array().unwrap().len(), 1);
    // Who waits for the one that lost waits for nothing.
    alice.coord(["task", "wait", &ids[2]]).refused();
}

#[test]
fn who_waits_in_another_clone_hears_of_it() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| hub.clone_as(name));
    for agent in [&alice, &bob] {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    let [first, _] = two(&alice);
    let waits = waiting(&alice, &[&first]);
    bob.coord(["sync"]).ok();
    end(&bob, &first, &["done"]);
    waits.wait().ok();
}
