//! The merge queue from end to end: branches are sealed, checked and landed by the built program, and
//! whatever happens on the way, what is said to have landed has landed, as it was checked.

mod landing;
mod places;
mod races;
mod refused;
mod verdicts;
mod waiting;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::state::{STATE, record};
use crate::support::{Agent, Hub, Outcome, Sandbox, Shell};

/// Alice in a repository that decides for itself.
fn alice(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

/// Somebody in a clone whose remote decides.
#[track_caller]
fn shared(hub: &Hub, name: &str) -> Agent {
    let agent = hub.clone_as(name);
    agent.coord(["init", "--remote", "origin"]).ok();
    agent
}

/// Makes a branch with one change, and goes back to `main`. Returns the commit.
#[track_caller]
pub fn branch(agent: &Agent, name: &str, file: &str, text: &str) -> String {
    agent
        .git(["switch", "--quiet", "--create", name, "main"])
        .ok();
    let commit = agent.commit(file, text);
    agent.git(["switch", "--quiet", "main"]).ok();
    commit
}

/// Commits one more change to a branch, and goes back to `main`.
#[track_caller]
fn more(agent: &Agent, name: &str, file: &str, text: &str) -> String {
    agent.git(["switch", "--quiet", name]).ok();
    let commit = agent.commit(file, text);
    agent.git(["switch", "--quiet", "main"]).ok();
    commit
}

/// Puts a branch in line.
#[track_caller]
fn add(agent: &Agent, name: &str) -> Value {
    let added = agent.coord(["queue", "add", name, "--json"]).ok().json();
    assert_eq!(added["did"], "added", "{added:#}");
    added
}

/// Makes a branch with one change, and puts it in line.
#[track_caller]
fn queued(agent: &Agent, name: &str, file: &str, text: &str) -> String {
    let commit = branch(agent, name, file, text);
    add(agent, name);
    commit
}

/// Lets a runner go on until nothing is left to do.
#[track_caller]
fn run(agent: &Shell, check: &str) -> Value {
    let args = ["queue", "run", "--check", check, "--jobs", "1", "--json"];
    agent.coord(args).ok().json()
}

/// How an entry stands, in one word, and the line that says why.
#[track_caller]
fn why(agent: &Shell, id: &str) -> (String, String) {
    let listed = agent.coord(["queue", "why", id, "--fetch", "--json"]);
    let listed = listed.ok().json();
    let entry = &listed["entries"][0];
    let word = |name: &str| entry[name].as_str().unwrap().to_owned();
    (
        word("state"),
        format!("{}; {}", word("because"), word("next")),
    )
}

/// Asserts how an entry stands and that the line that says why has these words.
#[track_caller]
fn stands(agent: &Shell, id: &str, state: &str, words: &[&str]) {
    let (is, line) = why(agent, id);
    assert_eq!(is, state, "{line}");
    for word in words {
        assert!(line.contains(word), "{word:?} is not in {line:?}");
    }
    // The same text comes for a person.
    let shown = agent.coord(["queue", "why", id]).ok().stdout;
    assert!(shown.contains(&line), "{line:?} is not in {shown:?}");
}

/// The ids in a list of an answer.
fn ids(answer: &Value) -> Vec<&str> {
    let ids = answer.as_array().into_iter().flatten();
    ids.map(|id| id.as_str().unwrap()).collect()
}

/// The subjects of the target's own commits, oldest first.
fn first_parents(shell: &Shell, tip: &str) -> Vec<String> {
    let log = ["log", "--reverse", "--first-parent", "--format=%s", tip];
    shell.ask_git(log).lines().map(str::to_owned).collect()
}

/// A check that is a script outside of every tree, and what it wrote about its runs.
struct Check {
    command: String,
    runs: PathBuf,
}

impl Check {
    /// `script` decides; each run is noted before.
    fn new(sandbox: &Shell, script: &str) -> Self {
        let (file, runs) = (
            sandbox.sandbox().join("check.sh"),
            sandbox.sandbox().join("runs"),
        );
        let note = "echo \"$(git rev-parse HEAD^{tree}) $GIT_COORD_ENTRIES\"";
        let script = format!("{note} >> '{}'\n{script}\n", runs.display());
        fs::write(&file, script).unwrap();
        Self {
            command: format!("sh '{}'", file.display()),
            runs,
        }
    }

    /// The tree of each run, and the entries that it was for.
    fn runs(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(&self.runs).unwrap_or_default();
        let lines = text.lines().map(|line| line.split_once(' ').unwrap());
        lines
            .map(|(tree, ids)| (tree.to_owned(), ids.to_owned()))
            .collect()
    }

    /// How often each tree was checked.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (tree, _) in self.runs() {
            *counts.entry(tree).or_default() += 1;
        }
        counts
    }
}

/// The entries of `main` as they are stored, by their names.
fn entries(agent: &Shell) -> BTreeMap<String, Value> {
    let places = ["ls-tree", "-r", "--name-only", STATE, "queue/main/"];
    let places = agent.ask_git(places);
    let records = places.lines().map(|place| record(agent, place));
    records
        .map(|entry| (entry["id"].as_str().unwrap().to_owned(), entry))
        .collect()
}

/// Asserts what holds whatever happened: an entry is landed if and only if its commit is on the
/// target, it landed as a tree that was green, nothing landed twice, and the chain is whole.
#[track_caller]
pub fn holds(agent: &Shell, tip: &str) {
    let log = agent.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(log["findings"].as_array().unwrap().len(), 0, "{log:#}");
    let verdicts = ["ls-tree", "-r", "--name-only", STATE, "verdicts/"];
    let verdicts = agent.ask_git(verdicts);
    for (id, entry) in entries(agent) {
        let sealed = entry["sealed"].as_str().unwrap();
        let is_there = agent.git(["merge-base", "--is-ancestor", sealed, tip]);
        let is_landed = entry["stage"] == "landed";
        assert_eq!(is_there.is_ok(), is_landed, "{id}: {entry:#}");
        let merges = format!("--grep=^Coord-Entry: {id}$");
        let merges = agent.ask_git(["log", "--first-parent", "--format=%H", &merges, tip]);
        assert!(merges.lines().count() <= 1, "{id} landed twice: {merges}");
        if !is_landed {
            continue;
        }
        let commit = entry["landed"]["commit"].as_str().unwrap();
        let tree = agent.ask_git(["rev-parse", &format!("{commit}^{{tree}}")]);
        let of_tree = verdicts
            .lines()
            .filter(|place| place.contains(&tree))
            .map(|place| record(agent, place));
        let passed = of_tree
            .flat_map(|verdict| verdict["runs"].as_array().unwrap().clone())
            .any(|run| run["outcome"] == "passed");
        assert!(passed, "{id} landed as {tree}, which no check has passed");
    }
}

/// What a command printed on both streams.
fn printed(outcome: &Outcome) -> String {
    format!("{}{}", outcome.stdout, outcome.stderr)
}
