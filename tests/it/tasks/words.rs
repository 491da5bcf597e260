//! What the tests of tasks ask again and again.

use serde_json::Value;

use crate::support::{Agent, Outcome};

/// Runs `git coord task …`.
#[track_caller]
pub fn task(agent: &Agent, words: &str) -> Outcome {
    let args = ["task"].into_iter().chain(words.split_whitespace());
    agent.coord(args.collect::<Vec<_>>())
}

/// The same with `--json`.
#[track_caller]
pub fn json(agent: &Agent, words: &str) -> Value {
    task(agent, &format!("{words} --json")).ok().json()
}

/// The names in a list, in its order.
#[track_caller]
pub fn names(agent: &Agent, words: &str) -> String {
    let listed = json(agent, words);
    let names = listed["tasks"].as_array().unwrap().iter();
    let names = names.map(|task| task["id"].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

/// How a task stands, and its attempts.
#[track_caller]
pub fn stands(agent: &Agent, name: &str) -> (String, u64) {
    let shown = json(agent, &format!("show {name}"));
    let is = shown["is"].as_str().unwrap().to_owned();
    (is, shown["task"]["attempts"].as_u64().unwrap())
}
