//! What the tests of features ask again and again.

use serde_json::Value;

use crate::support::{Agent, Outcome};

/// Runs `git coord feature …`.
#[track_caller]
pub fn feature(agent: &Agent, words: &str) -> Outcome {
    let args = ["feature"].into_iter().chain(words.split_whitespace());
    agent.coord(args.collect::<Vec<_>>())
}

/// The same with `--json`.
#[track_caller]
pub fn json(agent: &Agent, words: &str) -> Value {
    feature(agent, &format!("{words} --json")).ok().json()
}

/// The names of the features that an answer says its claims meet.
pub fn met(overlaps: &Value) -> Vec<String> {
    let features = overlaps["features"].as_array().into_iter().flatten();
    features
        .map(|with| with["id"].as_str().unwrap().to_owned())
        .collect()
}
