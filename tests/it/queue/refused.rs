//! A refusal about entries has the line that `queue why` prints, in text and in JSON.

use serde_json::Value;

use super::{alice, more, queued, run, why};
use crate::support::{Agent, Sandbox};

/// Asserts that the refusal of these words says of these entries what `queue why` says of them.
#[track_caller]
fn says_why(agent: &Agent, words: &[&str], ids: &[&str]) -> Value {
    let lines: Vec<(String, String)> = ids.iter().map(|id| why(agent, id)).collect();
    let told = agent.coord(words).refused();
    for (id, (_, line)) in ids.iter().zip(&lines) {
        let line = format!("`{id}`: {line}");
        assert!(told.stderr.contains(&line), "{line:?} is not in {told}");
    }
    let with_json = words.iter().chain(&["--json"]);
    let told = agent.coord(with_json).refused().json();
    let entries = told["entries"].as_array().expect("it names entries");
    assert_eq!(entries.len(), ids.len(), "{told:#}");
    for (entry, (id, (state, line))) in entries.iter().zip(ids.iter().zip(lines)) {
        let word = |name: &str| entry[name].as_str().unwrap();
        assert_eq!((word("id"), word("state")), (*id, state.as_str()));
        assert_eq!(format!("{}; {}", word("because"), word("next")), line);
    }
    told
}

#[test]
fn a_refusal_has_the_line_of_queue_why() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let bob = alice.beside("bob");
    queued(&alice, "one", "a", "1");
    queued(&alice, "two", "b", "1");
    let told = says_why(&alice, &["queue", "land"], &["one", "two"]);
    assert_eq!(told["code"], "wrong_state");
    // Of one who may not; and of a name that is taken.
    more(&alice, "two", "c", "1");
    let told = says_why(&bob, &["queue", "rm", "two"], &["two"]);
    assert_eq!(told["code"], "not_yours");
    says_why(&bob, &["queue", "retry", "two"], &["two"]);
    let told = says_why(&alice, &["queue", "add", "one", "--id", "two"], &["two"]);
    assert_eq!(told["code"], "exists");
    let again = ["queue", "retry", "one", "--rerun"];
    let told = says_why(&alice, &again, &["one"]);
    assert_eq!(told["code"], "wrong_state");
    run(&alice, "true");
    let told = says_why(&alice, &["queue", "rm", "one"], &["one"]);
    assert_eq!(told["entries"][0]["state"], "landed");
    let told = says_why(&alice, &["queue", "land"], &["two"]);
    assert_eq!(told["entries"][0]["state"], "stale");
}

#[test]
fn a_refusal_about_no_entry_has_the_usual_hint() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let refused = alice.coord(["queue", "land"]).refused();
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    refused[wrong_state]: line `main` is without anything certified, and that needs a green check
    hint: see what waits, and for what, with `git coord queue why`
    ");
}
