//! Calls that wait: their progress, their end before time, and news of resources.

use serde_json::json;

use super::wire::Wire;
use crate::support::wait::until;
use crate::support::{Agent, Sandbox};

/// Alice with her server, and Bob, who has what she will ask for.
fn beside_bob() -> (Agent, Agent, Wire) {
    let repo = Sandbox::new().repo("repo");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    bob.coord(["lock", "src/a.rs"]).ok();
    let wire = Wire::open(&alice, &[], "a-client");
    (alice, bob, wire)
}

/// Asks to stand in line for a key that somebody else has, and returns when it does.
fn stand_in_line(wire: &mut Wire, agent: &Agent) -> u64 {
    let id = wire.ask(
        "tools/call",
        json!({ "name": "lock", "arguments": { "keys": ["src/a.rs"], "wait": "1m" },
            "_meta": { "progressToken": "p1" } }),
    );
    until("the agent stands in the line", || {
        let line = agent.git(["ls-tree", "-r", "--name-only", "refs/coord/state", "waits/"]);
        line.stdout.contains(agent.name()).then_some(())
    });
    id
}

#[test]
fn one_who_waits_is_told_why_and_gets_its_turn() {
    let (alice, bob, mut wire) = beside_bob();
    let waiting = stand_in_line(&mut wire, &alice);
    let news = until("news of what it waits for", || {
        wire.notified("notifications/progress").pop()
    });
    assert_eq!(news["params"]["progressToken"], "p1");
    assert!(
        news["params"]["message"].as_str().unwrap().contains("bob"),
        "{news}"
    );
    // Others are served meanwhile.
    assert_eq!(wire.call("status", json!({}))["ok"], true);
    bob.coord(["unlock", "src/a.rs"]).ok();
    let answer = wire.answer(waiting);
    let taken = &answer["result"]["structuredContent"];
    assert_eq!(taken["locks"][0]["key"], "src/a.rs", "{answer}");
}

#[test]
fn one_who_waits_no_more_leaves_the_line() {
    let (alice, bob, mut wire) = beside_bob();
    let waiting = stand_in_line(&mut wire, &alice);
    wire.say(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": waiting, "reason": "enough" } }),
    );
    until("the line is empty", || {
        let line = alice.git(["ls-tree", "-r", "--name-only", "refs/coord/state", "waits/"]);
        line.stdout.is_empty().then_some(())
    });
    bob.coord(["unlock", "src/a.rs"]).ok();
    // Nobody holds what nobody asked for any more.
    assert_eq!(
        bob.coord(["locks", "--json"]).ok().json()["locks"],
        json!([])
    );
    assert_eq!(wire.call("status", json!({}))["ok"], true);
    wire.close().ok();
}

#[test]
fn a_server_whose_client_is_gone_ends_although_a_call_waits() {
    let (alice, _bob, mut wire) = beside_bob();
    stand_in_line(&mut wire, &alice);
    wire.close().ok();
}

#[test]
fn who_subscribed_hears_of_changes_of_that_and_nothing_else() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let mut wire = Wire::open(&alice, &[], "a-client");
    for uri in ["coord://locks", "coord://memory/recent"] {
        let answer = wire.request("resources/subscribe", json!({ "uri": uri }));
        assert!(answer.get("result").is_some(), "{answer}");
    }
    let unknown = wire.request("resources/subscribe", json!({ "uri": "coord://none" }));
    assert!(unknown.get("error").is_some(), "{unknown}");
    bob.coord(["lock", "src/a.rs"]).ok();
    let updated = || {
        let news = wire.notified("notifications/resources/updated");
        let uris = news
            .iter()
            .map(|news| news["params"]["uri"].as_str().unwrap().to_owned());
        uris.collect::<Vec<_>>()
    };
    until("news of the lock", || {
        (updated() == ["coord://locks"]).then_some(())
    });
    bob.coord(["remember", "something"]).ok();
    until("news of the memory", || {
        (updated() == ["coord://locks", "coord://memory/recent"]).then_some(())
    });
    wire.request("resources/unsubscribe", json!({ "uri": "coord://locks" }));
    bob.coord(["lock", "src/b.rs"]).ok();
    bob.coord(["remember", "something else"]).ok();
    until("news of the other memory", || {
        let updated = wire.notified("notifications/resources/updated");
        (updated.len() == 3).then_some(())
    });
    let last = wire
        .notified("notifications/resources/updated")
        .pop()
        .unwrap();
    assert_eq!(last["params"]["uri"], "coord://memory/recent");
}

/// `watch` gives several answers; as a tool it gives them in one.
#[test]
fn several_answers_come_as_a_list() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    alice.coord(["lock", "src/a.rs"]).ok();
    let mut wire = Wire::open(&alice, &[], "a-client");
    let arguments = json!({ "no_wait": true, "since": "1h" });
    let seen = wire.call(
        "coord",
        json!({ "operation": "watch", "arguments": arguments }),
    );
    assert_eq!(seen["answer"], "watched", "{seen:#}");
    assert!(!seen["streamed"].as_array().unwrap().is_empty(), "{seen:#}");
    // Never more than a hundred, however many there are.
    let many: Vec<String> = (0..120).map(|n| format!("k{n}")).collect();
    let words = ["lock"].into_iter().chain(many.iter().map(String::as_str));
    alice.coord(words).ok();
    let arguments = json!({ "no_wait": true, "since": "1h" });
    let seen = wire.call(
        "coord",
        json!({ "operation": "watch", "arguments": arguments }),
    );
    assert_eq!(seen["streamed"].as_array().unwrap().len(), 100);
}
