//! Many tasks at once: read from files, drawn, made from patterns, waited for, reported.

mod drawing;
mod import;
mod patterns;
mod report;
mod wait;

use serde_json::Value;

use crate::support::{Agent, Outcome};

/// The ids of the tasks that an answer is about, in its order.
fn ids(answer: &Outcome) -> Vec<String> {
    let tasks = answer.json()["tasks"].as_array().unwrap().clone();
    let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
    tasks.iter().map(id).collect()
}

/// Adds tasks with a command and returns their ids.
#[track_caller]
fn added(agent: &Agent, args: &[&str]) -> Vec<String> {
    ids(&agent.coord([&["--json", "task"], args].concat()).ok())
}

/// All of one task.
#[track_caller]
fn shown(agent: &Agent, id: &str) -> Value {
    agent.coord(["--json", "task", "show", id]).ok().json()
}

/// Claims a task and ends it.
#[track_caller]
fn end(agent: &Agent, id: &str, how: &[&str]) {
    agent.coord(["task", "claim", id]).ok();
    agent
        .coord([&["task", how[0], id], &how[1..]].concat())
        .ok();
}
